"""`chipledger screen`: who a name may be, on which lists on the day, owned by whom; one name or a file of them."""

import gc
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger import __version__
from chipledger.apps.cli.batch import COLUMNS, KEPT_OF_A_REFUSED_NAME, Asked, Results, flat, read_batch
from chipledger.apps.cli.counting import Counting
from chipledger.apps.cli.output import Format, emit, emit_json, harmless
from chipledger.core.errors import InputError
from chipledger.core.records import content_id
from chipledger.findings.screening import Desk, desk
from chipledger.parties.csl import ListFile, read_csl
from chipledger.parties.judgement import Judged, judged
from chipledger.parties.lists import chosen
from chipledger.parties.register import parties, stakes
from chipledger.parties.stake_rows import StakesRead
from chipledger.parties.stakes import joined, parent_stakes, read_stakes

_SHOWN = (
    "band",
    "probability",
    "party",
    "matched",
    "lists",
    "since",
    "documents",
    "affiliates_rule",
    "treated_as_listed",
)
_OF_A_BATCH = ("row", "query", "band", "probability", "party", "lists", "documents", "error")
_TOLD_AT_MOST = 20


def command(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="A name in any script, a handle or an e-mail domain."),
    ] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day in the world; today if not given.")
    ] = None,
    known: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Answer with what was public on that day.")
    ] = None,
    lists: Annotated[
        list[str] | None,
        typer.Option(
            "--list",
            help="A list by id or code, or all; may be repeated. Given none, those that bear on exports of chips.",
        ),
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option(
            help="A file of names: one a line, or a table (.csv, .tsv) with name and if wanted on, id."
        ),
    ] = None,
    csl: Annotated[
        list[Path] | None,
        typer.Option(help="The Consolidated Screening List, JSON or CSV as published; may be repeated."),
    ] = None,
    csl_day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day of that file, which as published does not say it."),
    ] = None,
    ownership: Annotated[
        list[Path] | None,
        typer.Option(help="Stakes: a table (owner, owned, share), GLEIF level 2, BODS 0.4; may be repeated."),
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(help="A ledger with judgements of names, to be minded as they stood on --on."),
    ] = None,
    most: Annotated[int, typer.Option(min=1, max=100, help="Matches of a name at most.")] = 10,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write a batch to FILE.jsonl or FILE.csv; the same command goes on where it was broken off."
        ),
    ] = None,
    format: Annotated[Format, typer.Option(help="table, json, jsonl, csv or none.")] = Format.TABLE,
) -> None:
    """Who a name may be, on which lists on the day, owned by whom: clear, review or hit, with the reasons.

    A match says that names are consistent with one party, nothing of what anybody did. Without --csl only the bundled
    parties are known, some 400. A row of a file that cannot be used is told and the rest is read (exit status 1).

    Example: chipledger screen 科大讯飞 --on 2019-10-09

    Example: chipledger screen --batch names.txt --csl consolidated.json --out screened.jsonl
    """  # fmt: skip
    if (name is None) == (batch is None):
        raise InputError("nothing to screen" if name is None else "a name and a batch at once",
                         expected="a name, or --batch FILE")  # fmt: skip
    if out is not None and batch is None:
        raise InputError("--out is for a batch", expected="--batch FILE")
    wanted = chosen(lists or ())
    day, public = on.date() if on else date.today(), known.date() if known else None
    files = [read_csl(path, wanted, csl_day.date() if csl_day else None) for path in csl or []]
    read = joined(read_stakes(path, known=public) for path in ownership or [])
    decided = _judged(ledger, on.date() if on else None)
    against = desk(
        parties().values(), (entry for file in files for entry in file.entries),
        (*stakes(), *parent_stakes(parties().values())), read, lists=wanted,
        judgements=decided,
    )  # fmt: skip
    gc.freeze()  # what was built stays to the end: the collector need not walk over it, least of all when Python leaves
    if name is not None:
        _one(against, name, day, public, most, format)
        refused = 0
    else:
        run = _run(day, public, wanted, most, decided, [*(csl or []), *(ownership or [])]) if out else ""
        refused = _batch(against, read_batch(Path(str(batch))), day, public, most, out, run, format)
    _tell_of_days(files, day)
    _tell(files, read, against.unclear, refused)


def _judged(ledger: str | None, on: date | None) -> dict[tuple[str, str], Judged]:
    """The judgements that stand in a ledger."""
    if ledger is None:
        return {}
    from chipledger.store.judge import acts  # the database's library is loaded for whoever asks of a ledger
    from chipledger.store.ledger import Ledger

    with Ledger.open(ledger, create=False) as opened:
        return judged(acts(opened), on=on)


def _one(against: Desk, name: str, on: date, known: date | None, most: int, format: Format) -> None:
    told = against.screen(name, on, known, most).as_dict()
    if format is Format.JSON:
        emit_json(told)
        return
    if format is Format.JSONL:
        emit([told], None, format)
        return
    if format is Format.CSV:
        emit(
            flat(told), [column for column in COLUMNS if column not in ("run", "row", "id", "error")], format
        )
        return
    if format is Format.TABLE:
        rows = [row for row in flat(told) if row.get("party_id")]
        shown = [{**row, "band": row["match"]} for row in rows]
        title = f"{harmless(name)} on {on}: {told['band']}"
        none = f"{title}, no such name among {len(against.index.parties)} parties"
        emit(shown, _SHOWN, format, title if shown else none)
        for match in told["matches"][:1]:
            _say(match)


def _say(match: dict[str, Any]) -> None:
    """The reasons of the gravest match, a line each."""
    for reason in match["reasons"]:
        sys.stdout.write(f"  - {harmless(reason)}\n")


def _batch(
    against: Desk,
    asked: list[Asked],
    on: date,
    known: date | None,
    most: int,
    out: Path | None,
    run: str,
    format: Format,
) -> int:
    """Screen the names of a file; gives how many could not be."""
    results = Results(out, run, asked) if out else None
    done = results.done if results else 0
    counts: Counter[str] = Counter()

    def told() -> Iterator[dict[str, Any]]:
        with Counting("screening", len(asked), done) as bar:
            for one in asked[done:]:
                answer = {"run": run, "row": one.row, "id": one.id} | _answer(against, one, on, known, most)
                counts[str(answer["band"] or "not screened")] += 1
                yield answer
                bar.advance()

    if results:
        with results:
            for answer in told():
                results.write(answer)
    elif format is Format.TABLE:
        emit([flat(answer)[0] for answer in told()], _OF_A_BATCH, format, f"{len(asked)} names on {on}")
    elif format is Format.CSV:
        emit((row for answer in told() for row in flat(answer)), COLUMNS, format)
    else:
        emit(told(), None, format)
    said = ", ".join(f"{count} {band}" for band, count in sorted(counts.items()))
    before = f", {done} from before" if done else ""
    print(
        f"chipledger: screened {sum(counts.values())} names{before}: {said or 'nothing left to do'}",
        file=sys.stderr,
    )
    return counts["not screened"]


def _answer(against: Desk, one: Asked, on: date, known: date | None, most: int) -> dict[str, Any]:
    try:
        if one.problem:
            raise InputError(one.problem)
        return against.screen(one.name, one.on or on, known, most).as_dict() | {"error": None}
    except InputError as error:
        return {"query": one.name[:KEPT_OF_A_REFUSED_NAME], "on": (one.on or on).isoformat(), "band": None, "matches": [],
                "error": str(error)}  # fmt: skip


def _run(
    on: date,
    known: date | None,
    lists: frozenset[str],
    most: int,
    decided: Mapping[tuple[str, str], Judged],
    files: list[Path],
) -> str:
    """A short name of the settings, the judgements and the files: what is the same gives the same answers."""
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    acts = sorted(one.id for judged_pair in decided.values() for one in judged_pair.judgements)
    return content_id(__version__, on, known, *sorted(lists), most, *acts, *hashes)


def _tell_of_days(files: list[ListFile], on: date) -> None:
    """What a list file cannot say of the day that was asked for."""
    for file in files:
        if file.as_of is None:
            print("chipledger: the list file does not say of which day it is; with --csl-day more of its entries are dated",
                  file=sys.stderr)  # fmt: skip
        elif file.as_of < on:
            print(
                f"chipledger: the list file is of {file.as_of}: what changed since is not in it",
                file=sys.stderr,
            )
        elif on < file.as_of:
            print(f"chipledger: the list file is of {file.as_of}: who was taken off between {on} and then is not in it",
                  file=sys.stderr)  # fmt: skip


def _tell(
    files: list[ListFile], read: StakesRead, unclear_words: Mapping[str, tuple[str, ...]], refused: int
) -> None:
    """Say on standard error which rows were at fault; any ends with status 1."""
    flaws = [f"list file: {flaw}" for file in files for flaw in file.flaws]
    unclear = [
        f"{word!r} of the stakes may be {' or '.join(ids)}: write the id"
        for word, ids in unclear_words.items()
    ]
    for line in [*flaws[:_TOLD_AT_MOST], *unclear[:_TOLD_AT_MOST], *read.rejects[:_TOLD_AT_MOST]]:
        print(f"chipledger: {harmless(str(line))}", file=sys.stderr)
    rejected = sum(file.rejected for file in files)
    if flaws:
        rows = sum(file.rows for file in files)
        kept = len(flaws) - rejected
        print(
            f"chipledger: {rejected} of {rows} rows of the list files are left out, {kept} kept in part",
            file=sys.stderr,
        )
    if read.rejects:
        print(f"chipledger: {len(read.rejects)} rows of stakes could not be used", file=sys.stderr)
    if flaws or read.rejects or refused:
        raise typer.Exit(1)
