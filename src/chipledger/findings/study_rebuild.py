"""A study's quotes read anew: from clones where they can be reached, else from the bundle, saying which.

For each quote the blob at commit:path is read from the repository's objects (nothing is checked out, nothing runs, no
network is asked), its hash is checked, the words are looked for at their place, and today's extractor reads the whole
file again: where chip, purpose, count or setting is another than the bundle says, that is told. The same for words that
were removed and for names that no document of a tree may hold.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chipledger.core.records import FailedDocument, LaunchSetting, Mention
from chipledger.documents.document import Document
from chipledger.documents.entry import Entry
from chipledger.documents.repository import Repository, entries_at
from chipledger.documents.sources import read_entry
from chipledger.evidence.extract import Extraction
from chipledger.evidence.setting import Setting, setting_of
from chipledger.findings.study import Study
from chipledger.findings.study_claim import StudyClaim
from chipledger.findings.study_clones import LIMITS, Clones
from chipledger.findings.study_records import Absence, Change, Named, StudyFile, StudyQuote, Told

MOST_DOCUMENTS = 20_000


class State(StrEnum):
    """What became of a piece of the bundle."""

    REBUILT = "rebuilt from clone"
    BUNDLED = "from the bundle"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A quote, a change or an absence of the bundle, held against a clone.

    Attributes:
        id: of the quote, change or absence; kind: which of them it is.
        place: repository, commit and path.
        state: whether it was read anew, taken from the bundle, or differs.
        why: why it was taken from the bundle, or what differs where; "" where it was read anew.
    """

    id: str
    kind: str
    place: str
    state: State
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {name: getattr(self, name) for name in self.__slots__} | {"state": self.state.value}


def rebuild(found: Study, claims: Iterable[StudyClaim], clones: Clones) -> tuple[Rebuilt, ...]:
    """Every quote, change and absence on which claims stand, held against clones, each once.

    Args:
        found: the study.
        claims: of it.
        clones: of its repositories, as many as there are.
    """
    asked = list(claims)
    evidence = [one for claim in asked for one in claim.evidence]
    quotes = dict.fromkeys(quote.id for claim in asked for quote in found.quotes_of(claim))
    changes = dict.fromkeys(id for one in evidence for id in one.changes)
    absences = dict.fromkeys(id for one in evidence for id in one.absences)
    return (
        *(_quote(found.quotes[id], found.files[found.quotes[id].file], clones) for id in quotes),
        *(_change(found.changes[id], found, clones) for id in changes),
        *(_absence(found.absences[id], found.files[found.absences[id].file], clones) for id in absences),
    )


def tally(found: Iterable[Rebuilt]) -> dict[State, int]:
    """How many of each state, in the order of the states."""
    states = [one.state for one in found]
    return {state: states.count(state) for state in State}


def _quote(quote: StudyQuote, of: StudyFile, clones: Clones) -> Rebuilt:
    def told(state: State, why: str = "") -> Rebuilt:
        return Rebuilt(id=quote.id, kind="quote", place=f"{of.place}:{quote.line}", state=state, why=why)

    document = clones.document(of)
    if isinstance(document, str):
        return told(State.BUNDLED, document)
    faults = [*_faults_of_file(of, document), *_faults_of_words(quote, document)]
    if not faults:
        faults = list(_faults_of_reading(quote, clones.said(of, document)))
    return told(State.DIFFERS, "; ".join(faults)) if faults else told(State.REBUILT)


def _faults_of_file(of: StudyFile, document: Document) -> Iterator[str]:
    if document.document_id != of.sha256:
        yield f"the file's sha256 is {document.document_id[:12]}…, not {of.sha256[:12]}…"
    if document.encoding != of.encoding:
        yield f"it is read as {document.encoding}, not {of.encoding}"


def _faults_of_words(quote: StudyQuote, document: Document) -> Iterator[str]:
    there = document.text[quote.start : quote.end]
    if there != quote.quote:
        yield f"at {quote.start} to {quote.end} stands {there[:60]!r}, not {quote.quote[:60]!r}"
    line = document.text.count("\n", 0, quote.start) + 1
    if line != quote.line:
        yield f"it begins on line {line}, not {quote.line}"


def _faults_of_reading(quote: StudyQuote, said: Extraction) -> Iterator[str]:
    read = read_within(said, quote.start, quote.end)
    if set(read) != set(quote.reads):
        yield f"the extractor reads {_in_words(read)}, not {_in_words(quote.reads)}"
    settings = settings_within(said, quote.start, quote.end)
    if set(settings) != set(quote.settings):
        names, kept = (
            ", ".join(one.name for one in some) or "no setting" for some in (settings, quote.settings)
        )
        yield f"the extractor reads {names}, not {kept}"


def read_within(said: Extraction, start: int, end: int) -> tuple[Named, ...]:
    """The chips that the extractor reads within a stretch of a document.

    Args:
        said: what it reads in the whole of it.
        start, end: of the stretch.
    """
    return tuple(_named(one) for one in said.mentions if one.start < end and one.end > start)


def settings_within(said: Extraction, start: int, end: int) -> tuple[Told, ...]:
    """The launch settings within a stretch of a document.

    Args:
        said: what the extractor reads in the whole of it.
        start, end: of the stretch.
    """
    return tuple(_told(one) for one in said.facts.settings if one.start < end and one.end > start)


def _named(one: Mention) -> Named:
    return Named(chip=one.chip, purpose=one.purpose, count=one.count)


def _told(one: LaunchSetting) -> Told:
    return Told(name=one.name, value=one.value, requested=one.requested)


def _in_words(read: Iterable[Named]) -> str:
    words = [f"{f'{one.count} x ' if one.count else ''}{one.chip} ({one.purpose.value})" for one in read]
    return " and ".join(words) or "no chip"


def _change(change: Change, found: Study, clones: Clones) -> Rebuilt:
    of = found.files[change.after]
    before = _quote(found.quotes[change.quote], found.files[found.quotes[change.quote].file], clones)
    document = clones.document(of)
    state, why = before.state, before.why
    if isinstance(document, str):
        state, why = State.BUNDLED, document
    elif faults := list(_faults_of_file(of, document)):
        state, why = State.DIFFERS, "; ".join(faults)
    elif change.gone in document.text:
        state, why = State.DIFFERS, f"{change.gone!r} still stands in {of.place}"
    return Rebuilt(id=change.id, kind="change", place=of.place, state=state, why=why)


def _absence(absence: Absence, of: StudyFile, clones: Clones) -> Rebuilt:
    def told(state: State, why: str = "") -> Rebuilt:
        place = f"{of.repository}@{of.commit[:7]}"
        return Rebuilt(id=absence.id, kind="absence", place=place, state=state, why=why)

    repository = clones.repository(of)
    if repository is None:
        why = clones.document(of)
        return told(State.BUNDLED, why if isinstance(why, str) else "")
    holder, unread = _holds(repository, absence.names)
    if holder:
        return told(State.DIFFERS, holder)
    return told(State.REBUILT, f"as far as it could be read: without {_few(unread)}" if unread else "")


def _holds(repository: Repository, names: Iterable[str]) -> tuple[str, list[str]]:
    """Which document of a tree holds one of the names, in words, "" for none; and those that could not be read."""
    wanted = re.compile(f"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, names))})(?![A-Za-z0-9])")
    unread: list[str] = []
    for number, entry in enumerate(entries_at(repository, "", LIMITS, dated=False)):
        if number >= MOST_DOCUMENTS:
            return "", [*unread, f"what follows the first {MOST_DOCUMENTS:,} files"]
        document = read_entry(entry, LIMITS) if isinstance(entry, Entry) else entry
        if isinstance(document, Document):
            match = wanted.search(document.text)
            if match and setting_of(document) not in (Setting.VOCABULARY, Setting.DATASET):
                return f"{document.document} names {match[0]}", unread
        elif isinstance(document, FailedDocument) and document.stage != "skip":
            unread.append(document.document)
    return "", unread


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
