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
from chipledger.findings.ownership import COUNTED_IN_PART, COUNTED_LISTS, Affiliation, affiliates, affiliation
from chipledger.parties.judgement import compared
from chipledger.parties.ownership import circles, graph
from chipledger.parties.stake_rows import StakesRead
from chipledger.parties.stakes import joined, read_stakes

COLUMNS = ("what", "answer")
_TOLD_AT_MOST = 20  # rejects on standard error


def command(
    party: Annotated[str, typer.Argument(help="A party as the stakes name it: a name, an id, an LEI.")],
    ownership: Annotated[
        list[Path],
        typer.Option(
            "--ownership",
            help="Stakes: a table (owner, owned, share), GLEIF level 2, BODS 0.4; may be repeated.",
        ),
    ],
    listed: Annotated[
        list[str] | None,
        typer.Option(
            help="A party of the stakes that is on the Entity List or the MEU List; may be repeated."
        ),
    ] = None,
    perhaps_listed: Annotated[
        list[str] | None,
        typer.Option(help="One on a list of which only a part counts (SDN); may be repeated."),
    ] = None,
    on: DayOption = None,
    known: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Answer with what was public on that day.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Whether listed parties own half of a party or more, together, on a day: certainly, possibly, not or unknown.

    A row that cannot be used is told and the rest is read (exit status 1). Not legal advice.

    Example: chipledger parties owners "Example Chips" --ownership owners.csv --listed "Example Holding" --on 2025-10-15
    """  # fmt: skip
    day, public = day_of(on), known.date() if known else None
    read = joined(read_stakes(path, known=public) for path in ownership)
    found = graph(read.stakes, on=day)
    whom = _named(party, read)
    lists = {
        **{_named(one, read): COUNTED_IN_PART for one in perhaps_listed or []},
        **{_named(one, read): COUNTED_LISTS for one in listed or []},
    }
    answer = affiliation(affiliates(found, lists).of(whom), on=day, known=public)
    gaps = [gap.why for gap in read.gaps if gap.party == whom]
    _print(answer, gaps, read.names, format)
    _tell([*found.faults, *circles(found)], read)


def _named(name: str, read: StakesRead) -> str:
    """The party of the stakes that the name stands for."""
    wanted = compared(name)
    every = {party for one in read.stakes for party in (one.owner, one.owned)} | set(read.names)
    found = {party for party in every if compared(party) == wanted}
    found |= {party for party, names in read.names.items() if wanted in {compared(one) for one in names}}
    if not found:
        raise InputError(f"the stakes name no party {name!r}", expected="a name as the files write it")
    if len(found) > 1:
        raise InputError(f"{name!r} is {' and '.join(sorted(found)[:3])}", remedy="give one of these")
    return found.pop()


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
    return next(iter(names.get(party, ())), party)


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
