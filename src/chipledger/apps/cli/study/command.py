"""`chipledger study`: the claims of a study with verdict and evidence, its quotes rebuilt from clones or from the bundle."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.output import as_csv, as_table, emit_json, harmless, show, stdout
from chipledger.apps.cli.study.page import COLUMNS, lines, quote_rows, whole
from chipledger.core.errors import InputError
from chipledger.documents.limits import Limits
from chipledger.documents.repository import cloned
from chipledger.findings.study import NOTICE, Study, study, study_ids
from chipledger.findings.study_claim import StudyClaim
from chipledger.findings.study_clones import Clones
from chipledger.findings.study_page import StudyPages, pages
from chipledger.findings.study_rebuild import State, rebuild
from chipledger.findings.study_records import StudyFile

_LISTED = ("study", "title", "kind", "published_on", "claims", "quotes", "read")
_QUOTES = ("claim", "side", "state", "quote", "place", "shows", "url")


class Format(StrEnum):
    """How a study is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


class FailOn(StrEnum):
    """What makes the exit status 1."""

    DIFFERS = "differs"
    BUNDLED = "bundled"
    """Also what could not be read from a clone."""


def command(
    name: Annotated[str, typer.Argument(help="A study, such as whack-a-chip; `list` lists them.")] = "list",
    claim: Annotated[str | None, typer.Option(help="One claim in full, such as P6.")] = None,
    clones: Annotated[Path | None, typer.Option(help="A folder of clones (owner+name or owner/name): read the quotes anew from them.")] = None,
    fetch: Annotated[bool, typer.Option("--fetch", help="Clone what is needed from its address, all refs, into a folder that is gone afterwards.")] = False,
    fail_on: Annotated[FailOn | None, typer.Option(help="Leave with status 1 where a quote differs from its clone; bundled: also where none was read.")] = None,
    ledger: Annotated[str | None, typer.Option(help="Put what the files read from clones say into this ledger.")] = None,
    format: Annotated[Format, typer.Option(help="How to print; markdown is a page for reading.")] = Format.TABLE,
) -> None:  # fmt: skip
    """What a study claims, what stands for and against each claim, and how far it can be verified; every quote with its place.

    A verdict is on a claim, never on a firm: documented, consistent with, contradicted by, or not verifiable with what is public.

    Example: chipledger study whack-a-chip --claim P6 --clones ./clones
    """
    if name == "list":
        _list(format)
        return
    found = study(name)
    chosen = [found.claim(claim)] if claim else list(found.claims.values())
    with _clones(found, chosen, clones, fetch) as reached:
        rebuilt = rebuild(found, chosen, reached) if reached else None
        if ledger:
            _fill(ledger, found, reached)
    is_whole = claim is not None or format in (Format.JSON, Format.MARKDOWN)
    told = pages(found, chosen, rebuilt, reckon=is_whole)
    _print(told, format, is_one=claim is not None)
    _tell(told)
    if _fails(told, fail_on):
        raise typer.Exit(1)


def _list(format: Format) -> None:
    rows = [_listed(study(id)) for id in study_ids()]
    if format is Format.JSON:
        emit_json(rows)
    elif format is Format.CSV:
        sys.stdout.write(as_csv(rows, _LISTED))
    elif format is Format.MARKDOWN:
        sys.stdout.write("".join(f"- **{row['study']}**: {row['title']}\n" for row in rows))
    else:
        title = "Studies held against what is public; `chipledger study NAME` shows one"
        show(as_table(rows, _LISTED, title), rows, _LISTED, title)


def _listed(one: Study) -> dict[str, Any]:
    head = one.head
    return {"study": head.id, "title": head.title, "kind": head.kind, "published_on": head.published_on.isoformat(),
            "claims": len(one.claims), "quotes": len(one.quotes), "read": head.read}  # fmt: skip


@contextmanager
def _clones(
    found: Study, chosen: Iterable[StudyClaim], folder: Path | None, fetch: bool
) -> Iterator[Clones | None]:
    """The clones to read from; None where the bundle alone is asked."""
    needed = list(_files(found, chosen))
    if folder is not None and not folder.is_dir():
        raise InputError("no such folder", where=str(folder), expected="a folder of clones (--clones)")
    if folder is None and not fetch:
        yield None
        return
    reached: dict[str, Path | None] = {}
    if folder:
        reached |= Clones.of_folder(folder, found.files.values()).git_dirs
    with ExitStack() as stack:
        for one in needed if fetch else ():
            if one.repository not in reached:
                reached |= _fetched(one, stack)
        yield Clones({name: git_dir for name, git_dir in reached.items() if git_dir})


def _fetched(one: StudyFile, stack: ExitStack) -> dict[str, Path | None]:
    """A clone of a file's repository by its name; None, and why on standard error, where it is out of reach."""
    print(f"chipledger: cloning {one.address}", file=sys.stderr)
    try:
        return {one.repository: stack.enter_context(cloned(one.address, Limits(), every_ref=True))}
    except InputError as error:
        print(harmless(f"chipledger: out of reach, so from the bundle: {error}"), file=sys.stderr)
        return {one.repository: None}


def _files(found: Study, chosen: Iterable[StudyClaim]) -> Iterator[StudyFile]:
    for claim in chosen:
        yield from (found.files[quote.file] for quote in found.quotes_of(claim))
        yield from (found.files[found.absences[id].file] for one in claim.evidence for id in one.absences)


def _fill(ledger: str, found: Study, reached: Clones | None) -> None:
    """Store what the files say; a ledger holds what was read, so the bundle's quotes alone are not put in."""
    if reached is None:
        raise InputError("a ledger takes what was read, and the bundle holds quotes alone", where="--ledger",
                         remedy="give --clones FOLDER or --fetch")  # fmt: skip
    from chipledger.apps.cli.study.seed import seed

    print(f"chipledger: {seed(ledger, found, reached)}", file=sys.stderr)


def _print(told: StudyPages, format: Format, *, is_one: bool) -> None:
    if format is Format.JSON:
        emit_json(told.as_dict())
    elif format is Format.MARKDOWN:
        sys.stdout.write("\n".join(harmless(line) for line in whole(told)) + "\n")
    elif format is Format.CSV:
        rows, columns = (
            (quote_rows(told), _QUOTES) if is_one else ([page.row() for page in told.pages], COLUMNS)
        )
        sys.stdout.write(as_csv(rows, columns))
    elif is_one:
        for line in lines(told, told.pages[0]):
            stdout().print(harmless(line), markup=False)
    else:
        head, rows = told.study.head, [page.row() for page in told.pages]
        title = f"{head.title} ({head.published_on}). {head.read[:1].upper()}{head.read[1:]}"
        show(as_table(rows, COLUMNS, title), rows, COLUMNS, title)


def _tell(told: StudyPages) -> None:
    print(f"chipledger: {told.state}; {NOTICE}", file=sys.stderr)
    for one in told.differing:
        print(harmless(f"chipledger: {one.kind} {one.id} differs at {one.place}: {one.why}"), file=sys.stderr)
    reasons = dict.fromkeys(one.why for one in told.rebuilt or () if one.state is State.BUNDLED)
    for why in list(reasons)[:5]:
        print(harmless(f"chipledger: from the bundle: {why}"), file=sys.stderr)


def _fails(told: StudyPages, fail_on: FailOn | None) -> bool:
    states = {one.state for one in told.rebuilt or ()}
    if fail_on is FailOn.BUNDLED and (told.rebuilt is None or State.BUNDLED in states):
        return True
    return fail_on is not None and State.DIFFERS in states
