"""`chipledger scan`: documents in; their mentions printed, or kept in a ledger."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipledger.apps.cli.connecting import Wires, default_folder, settings_of
from chipledger.apps.cli.engines import ADDRESS_HELP, ENGINE_HELP, check_engine
from chipledger.apps.cli.mentions import printer
from chipledger.apps.cli.output import Format
from chipledger.apps.cli.scanning import Settings, Tally, scan
from chipledger.apps.cli.targets import plans_of, repositories_of
from chipledger.core.collecting import uncollected
from chipledger.core.errors import InputError
from chipledger.documents.column_names import Asked, asked
from chipledger.documents.connect.registry import beginning_of, canonical
from chipledger.documents.entry import shown
from chipledger.documents.limits import Limits
from chipledger.documents.repository import is_url, label_of
from chipledger.documents.sources import STDIN, Plan

if TYPE_CHECKING:  # a scan that keeps nothing starts without the database's library
    from chipledger.store.ledger import Ledger

_DEFAULTS = Limits()
MB = 1_000_000


class Printed(StrEnum):
    """How mentions are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"
    NONE = "none"


class FailOn(StrEnum):
    """What makes the exit status 1."""

    NOTHING = "nothing"
    ERRORS = "errors"


def command(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET...",
            help="A folder, file, archive, git repository or its address, arxiv:ID, hf:ORG/NAME, github:OWNER, s3://BUCKET/PREFIX, cc:CRAWL:ADDRESS, https://PAGE, or - for standard input.",
        ),
    ],
    ledger: Annotated[
        str | None,
        typer.Option(help="Keep what is found: a file or postgresql://…; scan again to bring up to date."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="How many processes work at once.")] = 1,
    engine: Annotated[str, typer.Option(help=ENGINE_HELP)] = "local",
    address: Annotated[str | None, typer.Option(help=ADDRESS_HELP)] = None,
    format: Annotated[
        Printed | None, typer.Option(help="How to print; a table without a ledger, none with one.")
    ] = None,
    organisation: Annotated[
        str | None, typer.Option(help="Whose documents these are, where you know it.")
    ] = None,
    git: Annotated[
        bool, typer.Option("--git/--no-git", help="Read a repository's HEAD, or its files as they lie.")
    ] = True,
    history: Annotated[
        bool,
        typer.Option(
            "--history", help="Read every version in every branch, tag and pull request; tell removals."
        ),
    ] = False,
    rows: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMNS",
            help="Read Parquet and JSON Lines row by row: auto, or text=card,name=modelId,format=markdown.",
        ),
    ] = None,
    snapshots: Annotated[
        Path | None,
        typer.Option(help="The folder that keeps what is fetched; the cache folder if not given."),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Fetch nothing; read what was fetched before.")
    ] = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask again for what came today.")] = False,
    allow_private: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="A host of yours that may have a private address; again for more."),
    ] = None,
    endpoint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=URL", help="Another server: github=https://git.corp/api/v3; again for more."
        ),
    ] = None,
    max_bytes: Annotated[
        int | None,
        typer.Option(
            min=1,
            help=f"Largest document in bytes; {_DEFAULTS.document_bytes} if not given, PDF {_DEFAULTS.pdf_bytes}.",
        ),
    ] = None,
    max_pages: Annotated[int, typer.Option(min=1, help="Most pages of a PDF.")] = _DEFAULTS.pdf_pages,
    max_members: Annotated[
        int, typer.Option(min=1, help="Most members of an archive.")
    ] = _DEFAULTS.archive_members,
    max_seconds: Annotated[
        float, typer.Option(min=0.1, max=86_400, help="Longest time for one document.")
    ] = _DEFAULTS.document_seconds,
    max_memory: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Most memory in MB that one document may take.")
    ] = _DEFAULTS.document_memory_bytes // MB,
    fail_on: Annotated[
        FailOn, typer.Option(help="errors: exit status 1 when a document could not be read.")
    ] = FailOn.NOTHING,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no totals.")] = False,
) -> None:
    """Read documents and print, or keep in a ledger, what they say of AI chips: quoted, counted, dated.

    A document that cannot be read is counted and the next one follows. Stopped with Ctrl-C (exit status 3) or killed,
    a scan with a ledger goes on where it was when the same command is run again.

    Example: chipledger scan ./papers https://github.com/owner/name --ledger chips.sqlite --jobs 2
    """
    check_engine(jobs, engine, address)
    columns = _asked(rows)
    targets = [canonical(target) for target in targets]
    for target in targets:
        _check_target(target)
    settings = Settings(
        on=date.today(), jobs=jobs, engine=engine, address=address, organisation=organisation, reread=format not in (None, Printed.NONE),
        is_quiet=quiet or (format in (Printed.JSONL, Printed.CSV) and sys.stdout.isatty()),
    )  # fmt: skip
    limits = _limits(max_bytes, max_pages, max_members, max_seconds, max_memory)
    chosen = Format((format or (Printed.TABLE if ledger is None else Printed.NONE)).value)
    tell = _teller(quiet)
    wires = Wires(
        folder=snapshots or default_folder(), is_offline=offline, refresh=refresh, keeps_git=snapshots is not None,
        settings=settings_of(tell, allow_private=allow_private, endpoint=endpoint), is_quiet=settings.is_quiet,
        tell=tell,
    )  # fmt: skip
    if history:
        tally = _histories(targets, settings, limits, chosen, ledger, wires)
    else:
        tally = _all(targets, settings, limits, git, columns, chosen, ledger, wires)
    if fail_on is FailOn.ERRORS and tally.failures:
        raise typer.Exit(1)


def _all(
    targets: list[str],
    settings: Settings,
    limits: Limits,
    git: bool,
    rows: Asked | None,
    format: Format,
    address: str | None,
    wires: Wires,
) -> Tally:
    """Scan target after target into one printer, one tally, one ledger."""
    found, tally = printer(format), Tally()
    opened = _opened(address) if address is not None else None
    kept = (opened, address) if opened and address else None
    try:
        for source in plans_of(targets, limits, settings.on, wires, git=git, rows=rows):
            with source as plan:
                for note in plan.notes:
                    wires.tell(note)
                if not plan.count:
                    wires.tell(_nothing_in(plan))
                scan(plan, settings, found, tally, kept)
    finally:
        if opened:
            opened.close()
    found.end()
    _close(tally, wires.tell)
    return tally


def _histories(
    targets: list[str],
    settings: Settings,
    limits: Limits,
    format: Format,
    address: str | None,
    wires: Wires,
) -> Tally:
    """Scan the history of target after target into one printer, one tally, one ledger."""
    from chipledger.apps.cli.history import scan_history
    from chipledger.apps.cli.history_lines import history_printer
    from chipledger.apps.cli.mirrors import history_of

    tally, found = Tally(), history_printer(format)
    opened = _opened(address) if address is not None else None
    try:
        for target in repositories_of(targets, limits, settings.on, wires):
            with history_of(target, limits, settings.on, wires) as git_dir:
                found.said(
                    scan_history(git_dir, label_of(target), settings, limits, tally, found.failed, opened)
                )
    finally:
        if opened:
            opened.close()
    found.end()
    _close(tally, wires.tell)
    return tally


def _asked(rows: str | None) -> Asked | None:
    """The user's words for columns, checked before anything is read."""
    return asked(rows) if rows is not None else None


def _close(tally: Tally, tell: Callable[[str], None]) -> None:
    """Tell the totals, and the first reasons of what could not be read."""
    sys.stdout.flush()
    for reason in tally.reasons:
        tell(reason)
    if tally.failures + tally.cut > len(tally.reasons):
        tell(
            f"… and {tally.failures + tally.cut - len(tally.reasons)} more; --format jsonl prints an error line for each"
        )
    tell(tally.in_words())


@uncollected()
def _opened(address: str) -> "Ledger":
    from chipledger.store.ledger import Ledger

    return Ledger.open(address)


def _teller(quiet: bool) -> Callable[[str], None]:
    return (lambda line: None) if quiet else (lambda line: print(f"chipledger: {line}", file=sys.stderr))


def _nothing_in(plan: Plan) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(plan.skipped.items()))
    return f"no documents in {shown(plan.target)}" + (f" (passed over: {reasons})" if reasons else "")


def _check_target(target: str) -> None:
    """Refuse a target that is not there before any other is read."""
    if target == STDIN or is_url(target) or beginning_of(target):
        return
    try:
        is_there = os.path.lexists(target)
    except ValueError:
        is_there = False
    if not is_there:
        raise InputError("no such file or folder", where=shown(target), remedy="check the path")


def _limits(
    max_bytes: int | None, max_pages: int, max_members: int, max_seconds: float, max_memory: int
) -> Limits:
    limits = replace(
        _DEFAULTS, pdf_pages=max_pages, archive_members=max_members, document_seconds=max_seconds,
        document_memory_bytes=max_memory * MB,
    )  # fmt: skip
    return replace(limits, document_bytes=max_bytes, pdf_bytes=max_bytes) if max_bytes else limits
