"""`chipledger parties owners`: whether listed parties own half of a party on a day, and what the affiliates rule makes of it."""

import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from chipledger.apps.cli.output import Format, emit, emit_json, harmless
from chipledger.apps.cli.parties.options import DayOption, FormatOption, day_of
from chipledger.core.errors import InputError
from chipledger.core.truth import Verdict
from chipledger.findings.ownership import Affiliation, affiliates, affiliation, lists_of
from chipledger.parties.judgement import compared
from chipledger.parties.ownership import graph
from chipledger.parties.ownership_faults import circles
from chipledger.parties.party import Listing
from chipledger.parties.register import parties, stakes
from chipledger.parties.stake_rows import StakesRead
from chipledger.parties.stakes import identified, joined, parent_stakes, read_stakes

COLUMNS = ("what", "answer")
_TOLD_AT_MOST = 20  # rejects on standard error
_AS_GIVEN = "entity_list"  # where the user says that a party is listed


def command(
    party: Annotated[
        str, typer.Argument(help="A party by name or id, or as the stakes name it: a name, an LEI.")
    ],
    ownership: Annotated[
        list[Path] | None,
        typer.Option(
            help="Stakes beside the bundled ones: a table (owner, owned, share), GLEIF level 2, BODS 0.4; may be repeated."
        ),
    ] = None,
    listed: Annotated[
        list[str] | None,
        typer.Option(
            help="A party of the stakes that is on the Entity List or the MEU List; may be repeated."
        ),
    ] = None,
    perhaps_listed: Annotated[
        list[str] | None,
        typer.Option(
            help="One that is on such a list perhaps, or on one of which a part counts; may be repeated."
        ),
    ] = None,
    on: DayOption = None,
    known: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Answer with what was public on that day.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Whether listed parties own half of a party or more, together, on a day: certainly, possibly, not or unknown.

    The bundled parties stand on the lists of the day. A row that cannot be used is told and the rest is read (exit status
    1). Not legal advice.

    Example: chipledger parties owners "Example Chips" --ownership owners.csv --listed "Example Holding" --on 2025-10-15
    """  # fmt: skip
    day, public = day_of(on), known.date() if known else None
    read = identified(joined(read_stakes(path, known=public) for path in ownership or []), parties())
    found = graph((*read.stakes, *stakes(), *parent_stakes(parties().values())), on=day)
    words = _words(read)
    lists = lists_of(parties(), on=day, known=public, unclear=read.unclear)
    for name, holds in (
        *((one, Verdict.UNKNOWN) for one in perhaps_listed or []),
        *((one, Verdict.YES) for one in listed or []),
    ):
        lists[_named(name, words)] = (Listing(list=_AS_GIVEN, holds=holds),)
    whom = _named(party, words)
    answer = affiliation(affiliates(found, lists).of(whom), on=day, known=public)
    gaps = [gap.why for gap in read.gaps if gap.party == whom]
    _print(answer, gaps, read.names, format)
    unclear = [f"{word!r} may be {' or '.join(ids)}: write the id" for word, ids in read.unclear.items()]
    _tell([*found.faults, *circles(found), *unclear], read)


def _words(read: StakesRead) -> dict[str, set[str]]:
    """What the files and the bundled data call each party, as names are compared."""
    found: dict[str, set[str]] = {}
    for party in {name for one in read.stakes for name in (one.owner, one.owned)} | set(read.names):
        for word in (party, *read.names.get(party, ())):
            found.setdefault(compared(word), set()).add(party)
    for one in parties().values():
        for word in (one.id, *(name.text for name in one.names)):
            found.setdefault(compared(word), set()).add(one.id)
    return found


def _named(name: str, words: Mapping[str, set[str]]) -> str:
    found = [name] if name in parties() else sorted(words.get(compared(name), ()))
    if not found:
        raise InputError(f"no party is named {name!r}", expected="a name as the data or the files write it",
                         remedy="find it with `chipledger screen NAME`")  # fmt: skip
    if len(found) > 1:
        raise InputError(f"{name!r} is {' and '.join(found[:3])}", remedy="give one of these")
    return found[0]


def _print(
    answer: Affiliation, gaps: list[str], names: Mapping[str, tuple[str, ...]], format: Format
) -> None:
    told = {**answer.as_dict(), "gaps": gaps}
    if format is Format.JSON:
        emit_json(told)
        return
    if format in (Format.JSONL, Format.CSV):
        emit([told], None, format)
        return
    coverage = answer.coverage
    chain = " > ".join(f"{_short(step.owner, names)} {_band(step.low, step.high)}" for step in coverage.chain)
    rows = {
        "half held by listed parties": coverage.answer.value,
        "covered parties hold": _band(coverage.low, coverage.high),
        "shares multiplied": _band(coverage.multiplied_low, coverage.multiplied_high),
        "chain": f"{chain} > {_short(coverage.party, names)}" if chain else None,
        "affiliates rule": answer.rule.state.value.replace("_", " "),
        "treated as listed": answer.treated_as_listed.value.value
        + (f" (until checked: {answer.default.value})" if answer.default else ""),
        "red flags": [flag.value.replace("_", " ") for flag in answer.red_flags],
        "why": "; ".join([*answer.reasons, *gaps]),
        "cites": "; ".join(answer.rule.cites),
    }
    emit([{"what": what, "answer": said} for what, said in rows.items() if said], COLUMNS, format,
         f"{_short(coverage.party, names)} on {answer.rule.on}")  # fmt: skip


def _short(party: str, names: Mapping[str, tuple[str, ...]]) -> str:
    ours = parties().get(party)
    return ours.primary if ours else next(iter(names.get(party, ())), party)


def _band(low: float, high: float) -> str:
    if low == 0.0 and high == 1.0:
        return "(share not known)"
    return f"{low * 100:.4g} %" if low == high else f"{low * 100:.4g} to {high * 100:.4g} %"


def _tell(faults: Iterable[object], read: StakesRead) -> None:
    """Say on standard error what is odd in the stakes; a row that could not be used ends with status 1."""
    for line in [*faults, *(f"{count} rows are left out: {what}" for what, count in read.left_out.items())]:
        print(f"chipledger: {harmless(str(line))}", file=sys.stderr)
    for reject in read.rejects[:_TOLD_AT_MOST]:
        print(f"chipledger: {harmless(str(reject))}", file=sys.stderr)
    if read.rejects:
        print(f"chipledger: {len(read.rejects)} rows could not be used", file=sys.stderr)
        raise typer.Exit(1)
