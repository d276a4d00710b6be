"""One look at one source: scanned into the ledger, and what it states now kept beside what it stated last time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from chipledger.apps.cli.connecting import Wires
from chipledger.apps.cli.history import scan_history
from chipledger.apps.cli.history_said import HistoryLines
from chipledger.apps.cli.mirrors import OWNER, history_of
from chipledger.apps.cli.named import chips_named
from chipledger.apps.cli.scanning import Settings, Tally, scan
from chipledger.apps.cli.targets import plans_of, repositories_of
from chipledger.apps.cli.watch_list import Source, is_address
from chipledger.core.errors import InputError
from chipledger.core.records import DocumentFacts, FailedDocument, Mention
from chipledger.documents.connect.registry import canonical
from chipledger.documents.entry import shown
from chipledger.documents.limits import Limits
from chipledger.documents.repository import label_of
from chipledger.evidence.extract import VERSION
from chipledger.evidence.statement import VERSION as HISTORY_VERSION
from chipledger.findings.news import Look, Page, Told, told_of
from chipledger.store import read
from chipledger.store.ledger import Ledger

_STAND_FOR_SKIPPED = "skip"
_NOT_REACHED = ("list", "fetch")


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
        self.is_whole = True
        self._ages: dict[str, tuple[date, bool]] = {}

    def said(self, facts: DocumentFacts, mentions: Sequence[Mention]) -> None:
        """Keep what one document says."""
        self._keep(facts, mentions, is_fresh=True)

    def stood(self, facts: DocumentFacts, mentions: Sequence[Mention]) -> None:
        """Keep what a document says that the ledger held already."""
        self._keep(facts, mentions, is_fresh=False)

    def _keep(self, facts: DocumentFacts, mentions: Sequence[Mention], *, is_fresh: bool) -> None:
        """Of the versions of a document that was fetched again and again the one is kept that was seen last."""
        age = (facts.checked_on or facts.fetched_on or date.min, is_fresh)
        if age < self._ages.get(facts.document, age):
            return
        self._ages[facts.document] = age
        wanted = (mention for mention in mentions if is_wanted(mention.chips, self._wanted))
        told = tuple(told_of(mention, facts.url) for mention in wanted)
        self.pages[facts.document] = Page(document_id=facts.document_id, told=told)

    def failed(self, failure: FailedDocument) -> None:
        """Keep that one document could not be read."""
        if failure.stage != _STAND_FOR_SKIPPED:
            self.unread[failure.document] = failure.reason
        self.is_whole = self.is_whole and failure.stage not in _NOT_REACHED

    def end(self) -> None:
        """Nothing is left."""


def is_wanted(chips: Sequence[str], wanted: frozenset[str]) -> bool:
    """Whether a statement that may name these chips is to be told.

    >>> is_wanted(["nvidia-h20"], frozenset({"nvidia-h20"})), is_wanted([], frozenset({"nvidia-h20"})), is_wanted([], frozenset())
    (True, False, True)
    """
    return not wanted or not wanted.isdisjoint(chips)


def look_at(
    source: Source, settings: Settings, limits: Limits, ledger: tuple[Ledger, str], wires: Wires, tally: Tally
) -> Look:
    """Look at a source.

    Args:
        source: which.
        settings: how to scan, on which day.
        limits: what a document may ask for.
        ledger: an open ledger, brought up to date by the look, and its address for other processes.
        wires: how what must be fetched is reached.
        tally: counts what was read.

    Raises:
        InputError: the source cannot be reached, is nothing that can be read, or names a chip that nobody knows.
    """
    own = replace(settings, organisation=source.organisation)
    wanted = frozenset(chip.id for name in source.chips for chip in chips_named(name))
    if source.history:
        return _history(source, own, limits, ledger[0], wires, wanted, tally)
    return _head(source, own, limits, ledger, wires, wanted, tally)


def _head(
    source: Source, settings: Settings, limits: Limits, ledger: tuple[Ledger, str], wires: Wires, wanted: frozenset[str],
    tally: Tally,
) -> Look:  # fmt: skip
    if not is_address(source.target) and not Path(source.target).exists():
        raise InputError("no such file or folder", where=shown(source.target), remedy="check the path")
    pages: dict[str, Page] = {}
    unread: dict[str, str] = {}
    target, is_whole = canonical(source.target), True
    is_many = target.lower().startswith(OWNER)
    for planned in plans_of([target], limits, settings.on, wires):
        found = _Gathered(wanted)
        with planned as plan:
            scan(plan, settings, found, tally, ledger, stood=found.keys.append)
        for stored in read.documents_of(ledger[0], found.keys):
            found.stood(stored.facts, stored.mentions)
        is_whole = is_whole and (
            found.is_whole or is_many
        )  # of many, the one that failed is told by its name
        part = f"{plan.target}: " if is_many else ""
        pages |= {f"{part}{name}": page for name, page in found.pages.items()}
        unread |= {
            name if name == plan.target else f"{part}{name}": why for name, why in found.unread.items()
        }
    return Look(on=settings.on.isoformat(), version=VERSION, pages=pages, unread=unread, is_whole=is_whole)


def _history(
    source: Source, settings: Settings, limits: Limits, ledger: Ledger, wires: Wires, wanted: frozenset[str], tally: Tally
) -> Look:  # fmt: skip
    found = _Gathered(wanted)
    pages: dict[str, Page] = {}
    losses: dict[str, dict[str, Any]] = {}
    unread: dict[str, str] = {}
    is_many = source.target.lower().startswith(OWNER)
    for target in repositories_of([canonical(source.target)], limits, settings.on, wires):
        try:
            with history_of(target, limits, settings.on, wires) as git_dir:
                lines = scan_history(git_dir, label_of(target), settings, limits, tally, found.failed, ledger)
        except InputError as error:
            if not is_many:
                raise
            unread[label_of(target)] = error.what
            continue
        part = f"{label_of(target)}: " if is_many else ""
        pages |= {f"{part}{path}": page for path, page in _pages(lines, wanted).items()}
        losses |= {line["id"]: line for line in lines.removals if is_wanted(line["chips"], wanted)}
    return Look(
        on=settings.on.isoformat(), version=HISTORY_VERSION, pages=pages, unread=unread, is_history=True,
        losses=losses,
    )  # fmt: skip


def _pages(lines: HistoryLines, wanted: frozenset[str]) -> dict[str, Page]:
    """What a history states now, by file."""
    told: dict[str, list[Told]] = {}
    for line in lines.statements:
        is_gone = line["standing"] == "removed" or "gone_since" in line
        if not is_gone and is_wanted(line.get("chips", ()), wanted):
            told.setdefault(line["last_path"], []).append(_told(line))
    return {path: Page(document_id="", told=tuple(some)) for path, some in told.items()}


def _told(line: dict[str, Any]) -> Told:
    given = {name: line[name] for name in ("words", "line", "first_seen", "standing", "commit")}
    if line["kind"] == "setting":
        return Told(what="setting", name=line["name"], **given)
    more = {name: line[name] for name in ("quote", "purpose", "count", "page")}
    return Told(what="mention", name=line["chip"], **given, **more)
