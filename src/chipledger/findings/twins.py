"""What the versions of one document in two languages say differently: chips and counts that stand in one and not in the other.

Takes documents with their mentions; gives differences with their quotes. Two documents are one in two languages when their names differ in
the language alone (`project.untranslated`). A difference is no contradiction: one side may be newer, or clearer.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from chipledger.core.records import DocumentFacts, Mention
from chipledger.findings.project import home_of, project_of, untranslated

_DATA = frozenset({"json", "jsonl", "csv", "config", "shell", "source", "xml"})  # no page that is translated
Said = tuple[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A chip with a count that one version states more often than the other.

    Attributes:
        project: whose documents they are.
        chip, count: what is stated; None for a chip without a number.
        stands_in, missing_from: the documents.
        times: how often more.
        chip_is_missing: whether the other version does not name the chip at all.
        quotes: the statements in the version that has more.
    """

    project: str
    chip: str
    count: int | None
    stands_in: str
    missing_from: str
    times: int
    chip_is_missing: bool
    quotes: tuple[Mention, ...]

    @property
    def reason(self) -> str:
        """The difference in words.

        >>> said = Mention(document="a.md", start=0, end=1, quote="q", chip="NVIDIA H800")
        >>> Difference(project="p", chip="NVIDIA H800", count=16, stands_in="a.md", missing_from="b.md", times=1,
        ...     chip_is_missing=True, quotes=(said,)).reason
        '16 x NVIDIA H800 stands in a.md; b.md does not name the chip'
        """
        what = f"{self.count} x {self.chip}" if self.count is not None else f"{self.chip} without a number"
        more = f"{self.times} times more in" if self.times > 1 else "in"
        if self.chip_is_missing:
            return f"{what} stands in {self.stands_in}; {self.missing_from} does not name the chip"
        return f"{what} stands {more} {self.stands_in} and not so in {self.missing_from}"

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        names = ("project", "chip", "count", "stands_in", "missing_from", "times", "chip_is_missing")
        places = [
            {"quote": one.quote, "document": one.document, "line": one.line, "commit": one.commit, "purpose": one.purpose.value}
            for one in self.quotes
        ]  # fmt: skip
        return {name: getattr(self, name) for name in names} | {"reason": self.reason, "quotes": places}


def differences(documents: Iterable[tuple[DocumentFacts, Sequence[Mention]]]) -> list[Difference]:
    """The differences between the language versions of documents, the newest version of each.

    Args:
        documents: each with its mentions; `store.read.documents` gives them so.

    Returns:
        Differences by project, documents, chip and count. A document in one language has none.

    >>> def told(name, *counts):
    ...     made = [Mention(document=name, start=at, end=at + 1, quote="q", chip="NVIDIA H20", count=one) for at, one in enumerate(counts)]
    ...     return DocumentFacts(document=name, document_id=name, project="p"), made
    >>> [one.reason for one in differences([told("README.md", 16, 8), told("README_CN.md", 16)])]
    ['8 x NVIDIA H20 stands in README.md and not so in README_CN.md']
    """
    groups: dict[tuple[tuple[str, str], str], dict[str, Sequence[Mention]]] = {}
    called: dict[tuple[str, str], str] = {}
    for facts, mentions in _newest(one for one in documents if one[0].format not in _DATA):
        key = (home_of(facts), untranslated(facts.document))
        called.setdefault(key[0], project_of(facts))
        groups.setdefault(key, {})[facts.document] = mentions
    found = []
    for (home, _), versions in sorted(groups.items()):
        project = called[home]
        for one, other in combinations(sorted(versions), 2):
            found += [*_more(project, one, other, versions), *_more(project, other, one, versions)]
    return found


def _newest(
    documents: Iterable[tuple[DocumentFacts, Sequence[Mention]]],
) -> list[tuple[DocumentFacts, Sequence[Mention]]]:
    kept: dict[tuple[tuple[str, str], str], tuple[DocumentFacts, Sequence[Mention]]] = {}
    for facts, mentions in documents:
        key = (home_of(facts), facts.document)
        if key not in kept or _age(facts, mentions) > _age(*kept[key]):
            kept[key] = (facts, mentions)
    return list(kept.values())


def _age(facts: DocumentFacts, mentions: Sequence[Mention]) -> tuple[date, date, str]:
    last = max((one.last_seen for one in mentions if one.last_seen), default=date.min)
    return last, facts.published_on or date.min, facts.document_id


def _more(
    project: str, one: str, other: str, versions: Mapping[str, Sequence[Mention]]
) -> Iterable[Difference]:
    said = {
        name: Counter((mention.chip, mention.count) for mention in versions[name]) for name in (one, other)
    }
    for (chip, count), times in sorted((said[one] - said[other]).items(), key=_order):
        yield Difference(
            project=project,
            chip=chip,
            count=count,
            stands_in=one,
            missing_from=other,
            times=times,
            chip_is_missing=all(mention.chip != chip for mention in versions[other]),
            quotes=tuple(
                mention for mention in versions[one] if (mention.chip, mention.count) == (chip, count)
            ),
        )


def _order(item: tuple[Said, int]) -> tuple[str, int]:
    (chip, count), _ = item
    return chip, -1 if count is None else count
