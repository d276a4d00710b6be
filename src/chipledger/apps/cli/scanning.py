"""A scan from target to printer and ledger, with its tally; the command `scan` and the demo both run this."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from chipledger import __version__
from chipledger.apps.cli.folders import holds_projects, project_of
from chipledger.apps.cli.mentions import Printer
from chipledger.apps.cli.progress import ScanProgress
from chipledger.apps.cli.reading import Reader, Said, Standing, asking, prepare
from chipledger.core.records import DocumentFacts, FailedDocument, Mention
from chipledger.documents.connect.registry import beginning_of
from chipledger.documents.entry import Blob, Entry
from chipledger.documents.limits import Limits
from chipledger.documents.line import line_of
from chipledger.documents.repository import is_url
from chipledger.documents.sources import STDIN, Plan
from chipledger.engine.bounds import Bounds
from chipledger.engine.outcome import OUT_OF_MEMORY, Outcome, overdue
from chipledger.engine.run import run
from chipledger.evidence.author import domain_of
from chipledger.evidence.extent import MOST_NAMES
from chipledger.evidence.extract import VERSION

if TYPE_CHECKING:  # a scan that keeps nothing starts without the database's library
    from chipledger.store.ledger import Ledger
    from chipledger.store.write import Writer

PASSED_OVER = "skip"
_REASONS_SHOWN = 5
STORE_SECONDS = 5.0
"""A scan of slow documents is stored at least so often: a kill loses no more of it."""

Item = Entry | FailedDocument


@dataclass(slots=True)
class Tally:
    """What a scan has come to."""

    documents: int = 0
    mentions: int = 0
    unchanged: int = 0
    failures: int = 0
    passed_over: int = 0
    cut: int = 0
    reasons: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def count_failure(self, failure: FailedDocument) -> None:
        """Count a document that could not be read, or that holds no text."""
        if failure.stage == PASSED_OVER:
            self.passed_over += 1
            return
        self.failures += 1
        if len(self.reasons) < _REASONS_SHOWN:
            self.reasons.append(f"{failure.document}: {failure.reason} ({failure.stage})")

    def count_cut(self, document: str) -> None:
        """Count a document that was read only as far as its first names."""
        self.cut += 1
        if len(self.reasons) < _REASONS_SHOWN:
            self.reasons.append(f"{document}: read to its {MOST_NAMES:,}th name of a chip only (extract)")

    def in_words(self) -> str:
        """The totals on one line.

        >>> Tally(documents=3, mentions=1, failures=2, passed_over=1).in_words().rsplit(",", 1)[0]
        '3 documents, 1 mention, 2 failures, 1 passed over'
        """
        counts = [
            _counted(self.documents, "document"),
            f"{self.unchanged:,} of them unchanged" if self.unchanged else "",
            _counted(self.mentions, "mention"),
            _counted(self.failures, "failure"),
            f"{self.passed_over:,} passed over" if self.passed_over else "",
            f"{self.cut:,} read in part" if self.cut else "",
            f"{time.monotonic() - self.began:.1f} s",
        ]
        return ", ".join(count for count in counts if count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to scan.

    Args:
        on: the day of the scan.
        jobs: how many processes.
        engine: which runner.
        organisation: whose documents these are, where the user says so.
        reread: read what the ledger holds again, to print it.
        is_quiet: whether to show no progress.
    """

    on: date
    jobs: int = 1
    engine: str = "local"
    address: str | None = None
    organisation: str | None = None
    reread: bool = False
    is_quiet: bool = False


def scan(
    plan: Plan,
    settings: Settings,
    printer: Printer,
    tally: Tally,
    ledger: "tuple[Ledger, str] | None" = None,
    change: Callable[[Item], Item] | None = None,
    stood: Callable[[int], None] | None = None,
) -> None:
    """Scan one target.

    Args:
        plan: what there is to read.
        settings: how.
        printer: gets what is found.
        tally: counts it.
        ledger: keeps it; an open ledger and the address at which other processes find it.
        change: applied to each entry before it is read, to say what its source does not (its day, its publisher).
        stood: told of each document that the ledger holds already, by its key there.
    """
    tally.passed_over += sum(plan.skipped.values())
    reader = _reader(plan, settings, ledger)
    repositories: dict[str, None] = {}
    entries = map(change, plan.entries()) if change else plan.entries()
    outcomes = run(
        reader, entries, jobs=settings.jobs, engine=settings.engine, weight=_weight, prepare=prepare,
        bounds=bounds_of(plan.limits), may_fork=reader.ledger is None, address=settings.address,
    )  # fmt: skip
    with (
        asking(is_read_here=settings.jobs == 1 and settings.engine == "local" and plan.count > 0),
        ScanProgress(plan.target, plan.count, plan.total_bytes, is_wanted=not settings.is_quiet) as progress,
        _writing(plan.target, settings.on, ledger) as writer,
        closing(outcomes),  # type: ignore[type-var]
    ):
        stored = time.monotonic()
        for outcome in outcomes:
            if isinstance(outcome.item, Entry) and isinstance(outcome.item.place, Blob):
                repositories[outcome.item.place.git_dir] = None
            result = _result(outcome, plan.limits)
            _settle(result, writer, printer, tally)
            if stood and isinstance(result, Standing):
                stood(result.key)
            progress.advance(_weight(outcome.item))
            if writer and time.monotonic() - stored > STORE_SECONDS:
                writer.flush()
                stored = time.monotonic()
    if ledger:
        keep_lines(ledger[0], repositories, settings)


def keep_lines(ledger: "Ledger", git_dirs: Iterable[str], settings: Settings) -> None:
    """Keep what the commits of repositories show, by which projects are told apart.

    Args:
        ledger: an open ledger.
        git_dirs: where their objects lie.
        settings: the day, and whose documents these are where the user says so.
    """
    from chipledger.store.lines import put_lines

    found = (line_of(Path(one), settings.on, domain_of, settings.organisation) for one in git_dirs)
    put_lines(ledger, [line for line in found if line is not None])


def bounds_of(limits: Limits) -> Bounds:
    """What one document may take of a process.

    >>> bounds_of(Limits(document_seconds=5.0)).seconds
    5.0
    """
    return Bounds(limits.document_seconds, limits.document_memory_bytes)


def _reader(plan: Plan, settings: Settings, ledger: "tuple[Ledger, str] | None") -> Reader:
    """The reader of a target; a ledger that holds nothing yet is not asked what it holds."""
    knows = ledger is not None and not settings.reread and _holds_documents(ledger[0])
    return Reader(
        limits=plan.limits,
        on=settings.on,
        organisation=settings.organisation,
        project=project_of(plan.target),
        by_folder=holds_projects(plan.target),
        ledger=ledger[1] if ledger and knows else None,
    )


def _holds_documents(ledger: "Ledger") -> bool:
    from chipledger.store import read

    return read.counts(ledger)["documents"] > 0


@contextmanager
def _writing(target: str, on: date, ledger: "tuple[Ledger, str] | None") -> "Iterator[Writer | None]":
    if ledger is None:
        yield None
        return
    from chipledger.store.write import Scan

    is_path = not (target == STDIN or is_url(target) or beginning_of(target))
    known_as = str(Path(target).resolve()) if is_path else target
    with ledger[0].writing(
        Scan(target=known_as, started=on, tool_version=__version__, extractor_version=VERSION)
    ) as writer:
        yield writer


def _result(
    outcome: Outcome[Item, Said | Standing | FailedDocument], limits: Limits
) -> Said | Standing | FailedDocument:
    if outcome.value is not None:
        return outcome.value
    item, reason = outcome.item, outcome.trouble or "no reason given"
    if isinstance(item, FailedDocument):
        return item
    if reason == overdue(limits.document_seconds):
        reason += " for one document; raise it with --max-seconds"
    elif reason == OUT_OF_MEMORY:
        reason += " beyond the limit for one document; raise it with --max-memory"
    return FailedDocument(document=item.name, stage="extract", reason=reason, commit=item.origin.commit)


def _settle(
    result: Said | Standing | FailedDocument,
    writer: "Writer | None",
    printer: Printer,
    tally: Tally,
) -> None:
    """Print, store and count what became of one document."""
    if isinstance(result, Standing):
        assert writer is not None
        writer.stands(result.key, result.commit, result.checked_on)
        tally.documents += 1
        tally.unchanged += 1
    elif isinstance(result, FailedDocument):
        tally.count_failure(result)
        printer.failed(result)
        if writer:
            writer.fail(result)
    elif isinstance(result, Said):
        if result.is_cut:
            tally.count_cut(result.facts.document)
        _keep(result.facts, list(result.mentions), writer, printer, tally)


def _keep(
    facts: DocumentFacts, mentions: list[Mention], writer: "Writer | None", printer: Printer, tally: Tally
) -> None:
    tally.documents += 1
    tally.mentions += len(mentions)
    printer.said(facts, mentions)
    if writer:
        writer.add(facts, mentions)


def _weight(item: Item) -> int:
    return item.size_bytes if isinstance(item, Entry) else 0


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
