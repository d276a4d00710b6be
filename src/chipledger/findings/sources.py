"""What the documents that say something come down to: each document that speaks for itself, and below it what repeats it.

Takes documents with their mentions and their lineage; gives a tree for each origin. A document that repeats one
statement and makes another of its own stands in two trees.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chipledger.core.records import DocumentFacts, Mention
from chipledger.findings.kinship import Kind, Link, Source
from chipledger.findings.lineage import Carried, Lineage
from chipledger.findings.project import project_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """A document that says it.

    Attributes:
        source: the document.
        carried: how its statement came into it; None for the origin.
        mentions: what it says.
    """

    source: Source
    carried: Carried | None
    mentions: tuple[Mention, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        names = ("quote", "chip", "count", "line", "page", "start", "end", "prefix", "suffix")
        said = [
            {
                "mention_id": one.id,
                **{name: getattr(one, name) for name in names},
                "purpose": one.purpose.value,
            }
            for one in self.mentions
        ]
        return {
            **self.source.as_dict(),
            "carried": self.carried.as_dict() if self.carried else None,
            "mentions": said,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One origin with everything that repeats it.

    Attributes:
        source: the document that speaks for itself, or a work that is only cited.
        tellers: the documents that say it, the origin first where it is here, the others below what they come from.
        is_dated: whether dates tell that it was first; else it is the first among those known.
    """

    source: Source
    tellers: tuple[Teller, ...]
    is_dated: bool

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields, `kind` first."""
        return {
            "kind": "origin",
            "origin": self.source.as_dict(),
            "is_dated": self.is_dated,
            "chips": sorted({mention.chip for teller in self.tellers for mention in teller.mentions}),
            "documents": len(self.tellers),
            "tellers": [teller.as_dict() for teller in self.tellers],
        }


def origins(
    documents: Iterable[tuple[DocumentFacts, Sequence[Mention]]],
    lineage: Lineage,
    wanted: Callable[[DocumentFacts, Mention], bool],
) -> list[Origin]:
    """What the documents that say something come down to.

    Args:
        documents: each with its mentions.
        lineage: where they come from.
        wanted: which mentions are asked for.

    Returns:
        Origins, those with most documents first.

    >>> def told(name, said):
    ...     one = Mention(document=name, document_id=name, start=0, end=4, quote=said, chip="NVIDIA H20", count=16)
    ...     return DocumentFacts(document=name, document_id=name, project="kite"), [one]
    >>> pages = [told("README.md", "16 H20"), told("README_CN.md", "16卡H20"), told("paper.tex", "16 H20")]
    >>> [(one.source.document, len(one.tellers)) for one in origins(pages, Lineage(pages), lambda *_: True)]
    [('README.md', 2), ('paper.tex', 1)]
    """
    found: dict[Source, dict[Source, tuple[Carried | None, list[Mention]]]] = defaultdict(dict)
    for facts, mentions in documents:
        for mention in mentions:
            if not wanted(facts, mention):
                continue
            own, carried = _source(facts), lineage.carried(facts, mention)
            here = found[carried.origin if carried else lineage.first_version(own)]
            here.setdefault(own, (carried, []))[1].append(mention)
    made = [_origin(source, tellers) for source, tellers in found.items()]
    return sorted(made, key=lambda one: (-len(one.tellers), str(one.source), one.source.document_id))


def _source(facts: DocumentFacts) -> Source:
    return Source(
        document=facts.document,
        document_id=facts.document_id,
        organisation=facts.organisation,
        project=project_of(facts),
        published_on=facts.published_on,
        url=facts.url,
    )


def _origin(source: Source, tellers: dict[Source, tuple[Carried | None, list[Mention]]]) -> Origin:
    made = [
        Teller(source=own, carried=carried, mentions=tuple(mentions))
        for own, (carried, mentions) in tellers.items()
    ]
    links = [one.carried.link for one in made if one.carried]
    return Origin(
        source=source,
        tellers=tuple(_below(source, made)),
        is_dated=bool(links) and all(link.is_dated for link in links if link.of == source),
    )


def _below(source: Source, tellers: list[Teller]) -> list[Teller]:
    """The tellers in the order of the tree: the origin, then each below what it comes from."""
    children: dict[Source, list[Teller]] = defaultdict(list)
    here = {one.source for one in tellers}
    for one in sorted(tellers, key=_order):
        link = one.carried.link if one.carried else None
        parent = link.of if link and link.of in here else source
        children[parent].append(one)
    ordered: list[Teller] = []
    waiting = [source]
    while waiting:
        for one in children.pop(waiting.pop(0), ()):
            ordered.append(one)
            if one.source != source:
                waiting.append(one.source)
    return ordered + [one for left in children.values() for one in left]


def _order(one: Teller) -> tuple[bool, int, str, str]:
    kind = list(Kind).index(one.carried.link.kind) if one.carried else 0
    return one.carried is not None, kind, str(one.source), one.source.document_id


def depth(link: Link, tellers: Sequence[Teller]) -> int:
    """How many links a document is away from its origin, among these.

    Args:
        link: the document's link.
        tellers: the documents of one origin.
    """
    by_source = {one.source: one for one in tellers}
    steps, above = 1, by_source.get(link.of)
    while above and above.carried and steps <= len(tellers):
        steps, above = steps + 1, by_source.get(above.carried.link.of)
    return steps
