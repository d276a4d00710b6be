"""`chipledger fetch`: papers, model cards and pages into a folder that keeps them, each fetched once."""

import sys
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.connecting import FetchTally, default_folder, fetched, settings_of
from chipledger.apps.cli.mirrors import OWNER, step_of
from chipledger.apps.cli.mirrors import addresses as listed_addresses
from chipledger.apps.cli.output import Format, emit, harmless
from chipledger.core.errors import InputError
from chipledger.documents.connect.fetching import Step, Terms
from chipledger.documents.connect.registry import Settings, beginning_of, canonical
from chipledger.documents.entry import shown
from chipledger.documents.limits import MIB, Limits
from chipledger.documents.repository import is_url, public
from chipledger.documents.snapshot import Snapshot, SnapshotWriter, writing

_COLUMNS = (
    "became",
    "name",
    "size_bytes",
    "licence",
    "published_on",
    "organisation",
    "fetched_on",
    "last_seen_on",
    "url",
    "reason",
)


class What(StrEnum):
    """Which files of a paper."""

    SOURCE = "source"
    PDF = "pdf"
    BOTH = "both"


class FetchFailOn(StrEnum):
    """What makes the exit status 1."""

    NOTHING = "nothing"
    ERRORS = "errors"


def command(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET...",
            help="arxiv:ID, arxiv:search:WORDS, hf:ORG/NAME, hf:ORG, github:OWNER, s3://BUCKET/PREFIX, cc:CRAWL:ADDRESS, https://PAGE, a git address.",
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(help="The folder that keeps what is fetched; the cache folder if not given."),
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask again for what came today.")] = False,
    what: Annotated[What, typer.Option(help="Of a paper of arXiv: source, pdf or both.")] = What.SOURCE,
    most: Annotated[int, typer.Option(min=1, max=30_000, help="How many papers of a search.")] = 100,
    files: Annotated[
        str, typer.Option(help="Of a repository of the Hub: patterns of files, with commas between.")
    ] = "*.md,config.json",
    endpoint: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=URL", help="Another server: hub=https://hub.corp; again for more."),
    ] = None,
    allow_private: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="A host of yours that may have a private address; again for more."),
    ] = None,
    contact: Annotated[
        str | None, typer.Option(help="An address of yours that servers are told with each request.")
    ] = None,
    max_bytes: Annotated[int, typer.Option(min=1, help="The largest thing fetched, in bytes.")] = 128 * MIB,
    list_: Annotated[
        bool, typer.Option("--list", help="Fetch nothing; print what the folder holds.")
    ] = False,
    format: Annotated[
        Format | None, typer.Option(help="How to print what came: table, json, jsonl, csv or none.")
    ] = None,
    fail_on: Annotated[
        FetchFailOn, typer.Option(help="errors: exit status 1 when something could not be fetched.")
    ] = FetchFailOn.ERRORS,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no totals.")] = False,
) -> None:
    """Fetch public documents into a folder that `chipledger scan` reads, with address, licence and days of each.

    What is held and cannot have changed is not fetched again; a page is asked whether it changed. Stopped or killed, the
    same command goes on where it was.

    Example: chipledger fetch arxiv:2411.02265 hf:Tencent/Tencent-Hunyuan-Large --into kept && chipledger scan kept
    """
    folder = into or default_folder()
    if list_:
        named = [public(canonical(target)) for target in targets or ()]
        emit(
            _held(folder, named), _COLUMNS[1:-1], format or Format.TABLE, f"Fetched into {shown(str(folder))}"
        )
        return
    tell = (lambda line: None) if quiet else _tell
    check(targets or [])
    options = {
        "arxiv.what": "source,pdf" if what is What.BOTH else what.value,
        "arxiv.most": str(most),
        "hub.files": files,
    }
    settings = settings_of(
        tell, allow_private=allow_private, endpoint=endpoint, contact=contact, options=options
    )
    tally = FetchTally()
    terms = Terms(on=date.today(), refresh=refresh, most_bytes=max_bytes)
    with writing(folder) as snapshot:
        rows = _rows(targets or [], snapshot, settings, terms, tally, quiet)
        _print(rows, format or Format.NONE)
    for reason in tally.reasons:
        tell(reason)
    tell(f"{tally.in_words()}; in {folder}")
    if fail_on is FetchFailOn.ERRORS and tally.failures:
        raise typer.Exit(1)


def check(targets: list[str]) -> None:
    """Refuse what cannot be fetched before anything is.

    Raises:
        InputError: no target, or one that no connector knows.
    """
    if not targets:
        raise InputError(
            "nothing to fetch",
            expected="a target such as arxiv:2411.02265",
            remedy="see `chipledger fetch --help`",
        )
    for target in targets:
        if not is_url(target) and beginning_of(canonical(target)) is None:
            raise InputError(
                "nothing here knows how to fetch this", where=shown(target),
                expected="arxiv:ID, arxiv:search:WORDS, hf:ORG/NAME, hf:ORG, github:OWNER, openalex:…, s3://BUCKET/PREFIX, https://PAGE or a git address",
            )  # fmt: skip


def _rows(
    targets: list[str],
    snapshot: SnapshotWriter,
    settings: Settings,
    terms: Terms,
    tally: FetchTally,
    quiet: bool,
) -> Iterator[dict[str, Any]]:
    for target in targets:
        for step in _steps(target, snapshot, settings, terms, tally, quiet):
            reason = step.failure.reason if step.failure else None
            known = step.row.as_dict() if step.row else {"name": step.name, "size_bytes": step.size_bytes}
            yield {"became": step.became, **known, "reason": reason}


def _steps(
    target: str, snapshot: SnapshotWriter, settings: Settings, terms: Terms, tally: FetchTally, quiet: bool
) -> Iterator[Step]:
    """What became of each thing of a target; repositories come by git, those of an owner after what the host says of them."""
    addresses = [target] if is_url(target) else []
    if not addresses:
        yield from fetched(target, snapshot, settings, terms, tally, quiet)
    if target.lower().startswith(OWNER):
        addresses = listed_addresses(target, snapshot, settings)
    for address in addresses:
        step = step_of(address, snapshot, Limits(), terms.on)
        tally.add(step)
        yield step


def _held(folder: Path, targets: list[str]) -> Iterator[dict[str, Any]]:
    with Snapshot(folder) as snapshot:
        rows = (
            (row for target in targets for row in snapshot.fetches(target)) if targets else snapshot.fetches()
        )
        yield from (row.as_dict() for row in rows)


def _print(rows: Iterator[dict[str, Any]], format: Format) -> None:
    """Print rows as they come where the format allows it; with no format they are fetched all the same."""
    if format is Format.NONE:
        for _ in rows:
            pass
        return
    emit(rows, _COLUMNS if format in (Format.TABLE, Format.CSV) else None, format, "Fetched")


def _tell(line: str) -> None:
    print(f"chipledger: {harmless(line)}", file=sys.stderr)
