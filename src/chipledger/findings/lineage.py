"""Lineage: which documents come from which, so that what is only repeated is never counted as said again.

Takes documents with their mentions, of all projects; gives for each at most one link to the document that it comes
from. A chain of links ends in an origin. A statement is carried over from a link's other end only where that end states
it: what a copy adds is its own. So documents that share a licence, a template or a table of scores stay apart.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chipledger.core.records import DocumentFacts, Mention
from chipledger.findings.kin import Kin, kin_of, statement_of
from chipledger.findings.kinship import Kind, Link, Source, Strength
from chipledger.findings.likeness import link_between, may_rest_on_one_work
from chipledger.findings.namesakes import Namesakes
from chipledger.findings.postings import Postings
from chipledger.findings.project import project_of

_MOST_PAGES = 200  # that cite one work: more of them report on more than that work
_MIRRORED_DOCUMENTS, _MIRRORED_SHARE = 2, 0.6
_KINDS = list(Kind)
_STRENGTHS = list(Strength)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A statement that a document only repeats.

    Attributes:
        link: how the document comes from the one before it.
        origin: where the chain ends.
    """

    link: Link
    origin: Source

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {**self.link.as_dict(), "origin": self.origin.as_dict()}


class Lineage:
    """Where documents come from.

    Args:
        documents: each with its mentions; `store.read.documents` gives them so.

    >>> def told(name, said):
    ...     one = Mention(document=name, document_id=name, start=0, end=4, quote=said, chip="NVIDIA H20", count=16)
    ...     return DocumentFacts(document=name, document_id=name, project="kite"), [one]
    >>> pages = [told("README.md", "16 H20"), told("README_CN.md", "16卡H20"), told("paper.tex", "16 H20")]
    >>> lineage = Lineage(pages)
    >>> [(one.source.document, link.in_words) for one, link in lineage.linked()]
    [('README_CN.md', 'translation of kite README.md')]
    >>> lineage.carried(pages[1][0], pages[1][1][0]).origin.document
    'README.md'
    """

    def __init__(self, documents: Iterable[tuple[DocumentFacts, Sequence[Mention]]]) -> None:
        speaking = [
            (facts, kin_of(facts, mentions)) for facts, mentions in documents if mentions or facts.fingerprint
        ]
        self.kin = _in_order([kin for _, kin in speaking])
        self._number = {
            _key(one.source, one.source.project): number
            for number, one in reversed(list(enumerate(self.kin)))
        }
        self._links: dict[int, Link] = {}
        self._parents: dict[int, int] = {}
        self._cited: dict[int, str] = {}
        self._find()
        self._rest_on_works()
        self._mirrors()

    def linked(self) -> Iterator[tuple[Kin, Link]]:
        """Every document that comes from another, with the link."""
        for number in sorted(self._links):
            yield self.kin[number], self._links[number]

    def link(self, number: int) -> Link | None:
        """How a document comes from another; None for an origin."""
        return self._links.get(number)

    def parent(self, number: int) -> int | None:
        """The document that one comes from, by number; None for an origin and for what rests on a work that is not here."""
        return self._parents.get(number)

    def origin(self, number: int) -> int:
        """The document at which a document's chain ends, by number."""
        while number in self._parents:
            number = self._parents[number]
        return number

    def first_version(self, source: Source) -> Source:
        """The first version of a document that is known: where its chain of versions ends."""
        number = self._number[_key(source, source.project)]
        while number in self._parents and self._links[number].kind is Kind.VERSION:
            number = self._parents[number]
        return self.kin[number].source

    def carried(self, facts: DocumentFacts, mention: Mention) -> Carried | None:
        """How a statement came into its document; None where the document speaks for itself.

        Args:
            facts: of the document.
            mention: the statement.
        """
        start = self._number.get(_key(facts, project_of(facts)))
        if start is None:
            return None
        last, work = self._climb(start, mention)
        link = next((one for one in self._chain(start, last) if one.kind is not Kind.VERSION), None)
        if work:
            return Carried(link=link or self._links[last], origin=Source(document=work))
        return Carried(link=link, origin=self.kin[last].source) if link else None

    def voice(self, facts: DocumentFacts, mention: Mention) -> object:
        """What stands for the document that a statement comes from: statements with the same voice are said once."""
        start = self._number.get(_key(facts, project_of(facts)))
        if start is None:
            return facts.document, facts.document_id
        last, work = self._climb(start, mention)
        return work or last

    def _climb(self, number: int, mention: Mention) -> tuple[int, str | None]:
        """The last document up the chain that states the same, or the work that it rests on."""
        while number in self._parents and self._states(number, self._parents[number], mention):
            number = self._parents[number]
        return number, self._cited.get(number)

    def _chain(self, number: int, last: int) -> Iterator[Link]:
        while number != last:
            yield self._links[number]
            number = self._parents[number]

    def _states(self, number: int, parent: int, mention: Mention) -> bool:
        """Whether the other end of a document's link states what a mention states."""
        there, link = self.kin[parent], self._links[number]
        if there.home == self.kin[number].home and link.kind is not Kind.DERIVATIVE:
            return mention.chip in there.chips
        return link.kind is Kind.COPY or statement_of(mention) in there.said

    def _find(self) -> None:
        """The best link of each document to one before it."""
        postings = Postings(self.kin)
        near = Namesakes(self.kin)
        for number, one in enumerate(self.kin):
            found = []
            for other in dict.fromkeys((*near.before(number), *postings.candidates(number))):
                if link := link_between(self.kin[other], one, postings.weigh):
                    found.append((link, other))
                elif (
                    back := link_between(one, self.kin[other], postings.weigh)
                ) and other not in self._links:
                    self._join(other, number, replace(back, is_dated=False))
            for link, other in sorted(found, key=_best):
                self._add(number, other, link)

    def _add(self, number: int, other: int, link: Link) -> None:
        """Take a document's best link; one more within a project joins what would else be two origins there."""
        if number not in self._links:
            self._join(number, other, link)
        elif self.kin[number].home == self.kin[other].home and other not in self._links:
            self._join(other, number, replace(link, of=self.kin[number].source, is_dated=False))

    def _join(self, number: int, other: int, link: Link) -> None:
        if self.origin(other) != number:  # nothing comes from itself
            self._links[number], self._parents[number] = link, other

    def _rest_on_works(self) -> None:
        """Pages that cite one work which is not here, little else, and state the same: they have one origin, that work."""
        here = {name for one in self.kin for name in one.known_as}
        citing: dict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(self.kin):
            if number not in self._links and one.said and not one.is_repository:
                for work in one.print.cites:
                    citing[work].append(number)
        for work, pages in sorted(citing.items()):
            if work in here or not 1 < len(pages) <= _MOST_PAGES:
                continue
            for number in pages:
                alike = [
                    page
                    for page in pages
                    if page != number and may_rest_on_one_work(self.kin[page], self.kin[number])
                ]
                if alike and number not in self._links:
                    self._rest(number, work, len(alike))

    def _rest(self, number: int, work: str, others: int) -> None:
        told = (f"cites {work}, which is not among the documents", f"states the same of chips as {_counted(others, 'other page')} that cite{'s' if others == 1 else ''} it")  # fmt: skip
        self._cited[number] = work
        self._links[number] = Link(kind=Kind.DERIVATIVE, of=Source(document=work), reasons=told, strength=Strength.MEDIUM)  # fmt: skip

    def _mirrors(self) -> None:
        """Copies are a mirror where most documents of a project stand in one other project."""
        held = Counter(one.home for one in self.kin)
        taken: Counter[tuple[tuple[str, str], tuple[str, str]]] = Counter()
        between = {
            number: (self.kin[parent].home, self.kin[number].home)
            for number, parent in self._parents.items()
            if self._links[number].kind in (Kind.COPY, Kind.NEAR_COPY)
        }
        taken.update(pair for pair in between.values() if pair[0] != pair[1])
        for number, pair in between.items():
            count, whole = taken[pair], held[pair[1]]
            if count >= _MIRRORED_DOCUMENTS and count >= _MIRRORED_SHARE * whole:
                link = self._links[number]
                reason = f"{count} of {whole} documents of its project stand there"
                self._links[number] = replace(link, kind=Kind.MIRROR, reasons=(*link.reasons, reason))


def _in_order(kin: list[Kin]) -> list[Kin]:
    """The documents by their days; the languages of one document stand together, the unmarked one first."""
    days: dict[tuple[tuple[str, str], str], date] = {}
    for one in kin:
        day = one.day or date.max
        days[one.home, one.name] = min(day, days.get((one.home, one.name), date.max))

    def order(one: Kin) -> tuple[date, bool, bool, tuple[str, str], str, date, str]:
        source = one.source
        return (
            days[one.home, one.name], not one.known_as, one.is_marked, one.home, source.document,
            one.day or date.max, source.document_id,
        )  # fmt: skip

    return sorted(kin, key=order)


def _key(of: Source | DocumentFacts, project: str | None) -> tuple[str, str | None, str, str]:
    return (of.organisation or "").casefold(), project, of.document, of.document_id


def _best(found: tuple[Link, int]) -> tuple[int, int, float, int]:
    link, other = found
    return (
        _KINDS.index(link.kind),
        _STRENGTHS.index(link.strength),
        -link.figures.get("clauses_alike", 0.0),
        other,
    )


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
