"""One look at one source: scanned into the ledger, and what it states now kept beside what it stated last time."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from chipledger.apps.cli.history import HistoryLines, repository_of, scan_history
from chipledger.apps.cli.named import chips_named
from chipledger.apps.cli.scanning import Settings, Tally, scan
from chipledger.apps.cli.watch_list import Source, is_address
from chipledger.core.errors import InputError
from chipledger.core.records import DocumentFacts, FailedDocument, Mention
from chipledger.documents.entry import shown
from chipledger.documents.limits import Limits
from chipledger.documents.sources import planned
from chipledger.evidence.extract import VERSION
from chipledger.evidence.statement import VERSION as HISTORY_VERSION
from chipledger.findings.news import Look, Page, Told, told_of
from chipledger.store import read
from chipledger.store.ledger import Ledger

_STAND_FOR_SKIPPED = "skip"


class _Gathered:
    """Gathers what a scan finds, in the place of a printer.

    Args:
        wanted: catalogue ids of the chips to tell of; empty tells of all.
    """

    def __init__(self, wanted: frozenset[str]) -> None:
        self._wanted = wanted
        self.pages: dict[str, Page] = {}
        self.unread: dict[str, str] = {}
        self.keys: list[int] = []

    def said(self, facts: DocumentFacts, mentions: Sequence[Mention]) -> None:
        """Keep what one document says."""
        told = tuple(
            told_of(mention, facts.url) for mention in mentions if is_wanted(mention.chips, self._wanted)
        )
        self.pages[facts.document] = Page(document_id=facts.document_id, told=told)

    def failed(self, failure: FailedDocument) -> None:
        """Keep that one document could not be read."""
        if failure.stage != _STAND_FOR_SKIPPED:
            self.unread[failure.document] = failure.reason

    def end(self) -> None:
        """Nothing is left."""


def is_wanted(chips: Sequence[str], wanted: frozenset[str]) -> bool:
    """Whether a statement that may name these chips is to be told.

    >>> is_wanted(["nvidia-h20"], frozenset({"nvidia-h20"})), is_wanted([], frozenset({"nvidia-h20"})), is_wanted([], frozenset())
    (True, False, True)
    """
    return not wanted or not wanted.isdisjoint(chips)


def look_at(
    source: Source, settings: Settings, limits: Limits, ledger: Ledger, address: str, tally: Tally
) -> Look:
    """Look at a source.

    Args:
        source: which.
        settings: how to scan, on which day.
        limits: what a document may ask for.
        ledger: an open ledger, brought up to date by the look.
        address: of the ledger, for other processes.
        tally: counts what was read.

    Raises:
        InputError: the source cannot be reached, is nothing that can be read, or names a chip that nobody knows.
    """
    own = replace(settings, organisation=source.organisation)
    wanted = frozenset(chip.id for name in source.chips for chip in chips_named(name))
    if source.history:
        return _history(source, own, limits, ledger, wanted, tally)
    return _head(source, own, limits, (ledger, address), wanted, tally)


def _head(
    source: Source, settings: Settings, limits: Limits, ledger: tuple[Ledger, str], wanted: frozenset[str], tally: Tally
) -> Look:  # fmt: skip
    if not is_address(source.target) and not Path(source.target).exists():
        raise InputError("no such file or folder", where=shown(source.target), remedy="check the path")
    found = _Gathered(wanted)
    with planned(source.target, limits) as plan:
        scan(plan, settings, found, tally, ledger, stood=found.keys.append)
    for stored in read.documents_of(ledger[0], found.keys):
        found.said(stored.facts, stored.mentions)
    return Look(on=settings.on.isoformat(), version=VERSION, pages=found.pages, unread=found.unread)


def _history(
    source: Source, settings: Settings, limits: Limits, ledger: Ledger, wanted: frozenset[str], tally: Tally
) -> Look:
    found = _Gathered(wanted)
    with repository_of(source.target, limits) as git_dir:
        lines = scan_history(git_dir, shown(source.target), settings, limits, tally, found.failed, ledger)
    losses = [one.as_dict() for one in lines.removals]
    return Look(
        on=settings.on.isoformat(), version=HISTORY_VERSION, pages=_pages(lines, wanted), is_history=True,
        losses={one["id"]: one for one in losses if is_wanted(one["chips"], wanted)},
    )  # fmt: skip


def _pages(lines: HistoryLines, wanted: frozenset[str]) -> dict[str, Page]:
    """What a history states now, by file."""
    told: dict[str, list[Told]] = {}
    for line in lines.statements:
        if line["standing"] != "removed" and is_wanted(line.get("chips", ()), wanted):
            told.setdefault(line["last_path"], []).append(_told(line))
    return {path: Page(document_id="", told=tuple(some)) for path, some in told.items()}


def _told(line: dict[str, Any]) -> Told:
    given = {name: line[name] for name in ("words", "line", "first_seen", "standing", "commit")}
    if line["kind"] == "setting":
        return Told(what="setting", name=line["name"], **given)
    more = {name: line[name] for name in ("quote", "purpose", "count", "page")}
    return Told(what="mention", name=line["chip"], **given, **more)
