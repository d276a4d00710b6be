"""What the histories of repositories add to what the documents say now: earlier days, and words that stand no longer.

Takes the lines of `scan --history` as the ledger keeps them; gives documents with their mentions, in the shape in which
`findings.claim` takes them, and the fate of each mention that is gone. What only a proposal ever said is a third party's
word and is left out. A line that says less than another never overrules it: days only move to where both agree.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from chipledger.core.records import DocumentFacts, Mention, Purpose

Line = Mapping[str, Any]
_GONE = {
    "removed": "removed",
    "elsewhere": "no longer at HEAD, but on another branch or tag",
    "rewritten": "gone from every ref",
    "unread": "its newest version could not be read",
}
_TUPLES = ("chips", "techniques")
_OWN_FIELDS = tuple(one.name for one in fields(Mention))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a mention that stands no longer.

    Args:
        standing: removed, elsewhere, rewritten or unread, as `evidence.lifeline` and scans say it.
        first_seen: the day since which it stood.
        last_seen: the last day of a commit at which it stood.
        gone_on: the day on which it was taken away, where a commit says so.
    """

    standing: str
    first_seen: date | None
    last_seen: date | None
    gone_on: date | None

    @property
    def in_words(self) -> str:
        """The fate as a clause.

        >>> Fate(standing="removed", first_seen=date(2024, 11, 5), last_seen=date(2024, 12, 5), gone_on=date(2024, 12, 6)).in_words
        'stood from 2024-11-05 to 2024-12-06, removed'
        """
        until = self.gone_on or self.last_seen
        days = f"stood from {self.first_seen or 'an unknown day'} to {until or 'an unknown day'}"
        return f"{days}, {_GONE.get(self.standing, self.standing)}"


class Past:
    """What histories tell, up to a day.

    Args:
        lines: the lines of every history, as the ledger keeps them.
        seen_by: the day up to which things count; None counts everything.

    Attributes:
        removals: the removals by then, as lines.
        fates: the fate of each mention that had gone by then, by the mention's id.
    """

    def __init__(self, lines: Iterable[Line], seen_by: date | None = None) -> None:
        self._seen_by = seen_by
        self._said: list[tuple[Line, Mention]] = []
        self.removals: list[Line] = []
        self.fates: dict[str, Fate] = {}
        self._oldest: dict[tuple[object, ...], date] = {}
        listed = list(lines)
        for line in listed:
            if line["kind"] == "removal" and self._is_past(_day(line["removed_on"])):
                self.removals.append(line)
        gone_on = {line["lifeline"]: _day(line["removed_on"]) for line in self.removals}
        later = {line["lifeline"] for line in listed if line["kind"] == "removal"} - set(gone_on)
        for line in listed:
            if line["kind"] == "mention" and line["standing"] != "proposed":
                self._take(line, gone_on, later)

    def beside(
        self, documents: Iterable[tuple[DocumentFacts, Sequence[Mention]]]
    ) -> Iterator[tuple[DocumentFacts, Sequence[Mention]]]:
        """The documents with the days on which their words were first seen in history, then what only history says.

        Args:
            documents: each with its mentions; `store.read.documents` gives them so.
        """
        ids: set[str] = set()
        standing: set[tuple[object, ...]] = set()
        names: dict[tuple[str | None, str | None], str] = {}
        for facts, mentions in documents:
            older = [self._older(facts.project, mention) for mention in mentions]
            ids.update(mention.id for mention in mentions)
            standing.update(_key(facts.project, mention) for mention in mentions)
            if facts.path and self._said:
                names[facts.project, facts.path] = facts.document
            yield facts, older
        yield from self._alone(ids, standing, names)

    def _take(self, line: Line, gone_on: Mapping[str, date | None], later: set[str]) -> None:
        first, last = _day(line["first_seen"]), _day(line["last_seen"])
        if not self._is_past(first):
            return
        mention = _mention(line)
        if self._seen_by and last:
            last = min(last, self._seen_by)
        mention = replace(mention, first_seen=first, last_seen=last)
        self._said.append((line, mention))
        if line["standing"] == "stands" or line["lifeline"] in later:
            key = _key(line["project"], mention)
            if first:
                self._oldest[key] = min(first, self._oldest.get(key, first))
            return
        self.fates[mention.id] = Fate(
            standing=line["standing"], first_seen=first, last_seen=last, gone_on=gone_on.get(line["lifeline"])
        )

    def _older(self, project: str | None, mention: Mention) -> Mention:
        first = self._oldest.get(_key(project, mention))
        if first is None or (mention.first_seen and mention.first_seen <= first):
            return mention
        return replace(mention, first_seen=first)

    def _alone(
        self,
        ids: set[str],
        standing: set[tuple[object, ...]],
        names: Mapping[tuple[str | None, str | None], str],
    ) -> Iterator[tuple[DocumentFacts, Sequence[Mention]]]:
        """What no document says, a document for each version that is quoted."""
        found: dict[tuple[str | None, str, str], tuple[DocumentFacts, list[Mention]]] = {}
        for line, mention in self._said:
            stands = mention.id not in self.fates
            if mention.id in ids or (stands and _key(line["project"], mention) in standing):
                continue
            name = names.get((line["project"], mention.path), mention.document)
            facts = DocumentFacts(
                document=name, document_id=mention.document_id, project=line["project"],
                organisation=line["owner"], commit=mention.commit, path=mention.path,
            )  # fmt: skip
            held = found.setdefault((line["project"], name, mention.document_id), (facts, []))
            held[1].append(mention)
        yield from found.values()

    def _is_past(self, day: date | None) -> bool:
        return self._seen_by is None or (day is not None and day <= self._seen_by)


def _key(project: str | None, mention: Mention) -> tuple[object, ...]:
    return project, mention.path, mention.chip, mention.purpose, mention.quote


def _mention(line: Line) -> Mention:
    given = {name: line[name] for name in _OWN_FIELDS}
    given |= {name: tuple(given[name]) for name in _TUPLES} | {"purpose": Purpose(given["purpose"])}
    return Mention(**given | {"first_seen": None, "last_seen": None})


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
