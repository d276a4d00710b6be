"""`chipledger findings`: who used which chip for what, with the quotes and what the rules said."""

import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import typer
from rich.box import HORIZONTALS
from rich.table import Table

from chipledger.apps.cli.output import Format, as_table, emit, plain, show
from chipledger.apps.cli.removals import removal_row, show_removals
from chipledger.apps.identifying import attribution_of
from chipledger.core.errors import InputError
from chipledger.findings.attribution import Standing
from chipledger.findings.choose import chosen, chosen_removals, purpose_of
from chipledger.findings.claim import Claim, claims, sources_in_words
from chipledger.findings.context import in_context
from chipledger.findings.finding import Finding, joined
from chipledger.findings.model_size import ModelSizes
from chipledger.findings.past import Past
from chipledger.findings.witness import sums, verdict_of
from chipledger.store import read, read_history
from chipledger.store.ledger import Ledger

_CSV = (
    "organisation",
    "project",
    "chip",
    "purpose",
    "count",
    "confidence",
    "first_seen",
    "rules",
    "quote",
    "place",
    "voices",
    "own_voices",
    "carried",
    "fate",
    "kind",
    "gone_on",
    "commit",
    "words_now",
    "days_after",
    "event",
)
_TABLE = ("organisation, project", "chip, purpose", "count", "first_seen", "rules", "quote, place")
_BLOCK = ("organisation", "project", "chip", "purpose", "count", "first_seen", "rules", "quote", "place")
_WORD_CELLS = 16
_MOST_WIDE = {"organisation, project": 24, "chip, purpose": 24, "count": 12}
_SHARES = {"rules": 4, "quote, place": 5}  # of what the other columns leave of the line
_TITLE = "Documented mentions; first seen: stood there by that day, perhaps earlier; day of acquisition unknown; use of a chip is no breach of any rule"


def command(
    ledger: Annotated[str, typer.Option(help="The ledger: a file or postgresql://…")] = "chipledger.sqlite",
    organisation: Annotated[
        str | None, typer.Option(help="Part of the name of the organisation or project.")
    ] = None,
    chip: Annotated[str | None, typer.Option(help="A chip's name (H20) or catalogue id.")] = None,
    purpose: Annotated[str | None, typer.Option(help="pretraining, finetuning, inference, …")] = None,
    on: Annotated[str | None, typer.Option(help="Only what had been seen by this day (YYYY-MM-DD).")] = None,
    min_confidence: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Leave out what is less sure.")
    ] = 0.5,
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.TABLE,
) -> None:
    """Who used which chip for what, with the quotes and what the rules said of the chip until that day.

    A finding is a documented mention. Use of a chip is no breach of any rule; the day of acquisition is unknown.

    Example: chipledger findings --ledger chips.sqlite --chip H20 --purpose inference
    """
    wanted = purpose_of(purpose) if purpose else None
    seen_by = _day(on) if on else None
    with Ledger.open(ledger, create=False) as opened:
        past = Past(read_history.lines(opened), seen_by)
        everything = claims(
            past.beside(read.documents(opened, seen_by=seen_by)), attribution=attribution_of(opened, seen_by)
        )
        sizes = (
            ModelSizes(one.facts for one in read.stored_documents(opened, seen_by=seen_by))
            if format in (Format.JSON, Format.JSONL)
            else None
        )
    fitting = chosen(everything, organisation=organisation, chip=chip, purpose=wanted)
    sure = [claim for claim in fitting if claim.confidence >= min_confidence]
    found, unsure = joined(sure, fates=past.fates), len(fitting) - len(sure)
    gone = chosen_removals(past.removals, organisation=organisation, chip=chip, purpose=wanted)
    if format is Format.TABLE:
        _print(found, unsure, gone)
    elif format is Format.CSV:
        rows = [_row(finding, finding.rules_in_words) for finding in found]
        emit([*rows, *map(removal_row, gone)], _CSV, format)
    else:
        emit([*(_with_arithmetic(finding, sizes) for finding in found), *map(dict, gone)], None, format, "")


def _print(found: Sequence[Finding], unsure: int, gone: Sequence[Mapping[str, Any]]) -> None:
    """The tables, or that there is nothing to put into one; what is left out is told on standard error."""
    rows = [_row(finding, finding.short) for finding in found]
    if rows:
        show(_table(rows), rows, _BLOCK, _TITLE, _WORD_CELLS)
    if gone:
        show_removals(gone)
    if not rows and not gone:
        print("chipledger: nothing in the ledger fits", file=sys.stderr)
    if unsure:
        told = f"{unsure} finding{'' if unsure == 1 else 's'} less sure left out (`findings --min-confidence 0` shows all)"
        print(f"chipledger: {told}", file=sys.stderr)


def _with_arithmetic(finding: Finding, sizes: ModelSizes | None) -> dict[str, Any]:
    """A finding's fields, with what arithmetic says beside each quote."""
    fields = finding.as_dict()
    if sizes is not None:
        for quote, mention in zip(fields["quotes"], finding.claim.mentions, strict=True):
            found = sums([mention], sizes)
            if found:
                quote["arithmetic"] = {
                    "verdict": verdict_of(found).value,
                    "sums": [one.as_dict() for one in found],
                }
    return fields


def _day(on: str) -> date:
    try:
        return date.fromisoformat(on)
    except ValueError:
        raise InputError(f"not a day: {on!r}", where="--on", expected="YYYY-MM-DD") from None


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The rows as a table of the terminal's width, two fields to a cell, most of it for rules and quotes."""
    table = as_table([_stacked(row) for row in rows], _TABLE, _TITLE)
    table.box, table.show_lines, table.collapse_padding, table.expand = HORIZONTALS, True, True, True
    for name, column in zip(_TABLE, table.columns, strict=True):
        column.max_width, column.ratio = _MOST_WIDE.get(name), _SHARES.get(name)
    return table


def _stacked(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the fields that a column names together, one under the other, each on one line."""
    told = {**row, "place": f"{row['place']} ({row['fate']})" if row["fate"] else row["place"]}
    lines = {name: [" ".join(plain(told[field]).split()) for field in name.split(", ")] for name in _TABLE}
    return {name: "\n".join(fields) for name, fields in lines.items()}


def _unnamed(claim: Claim) -> str:
    """Nobody is named as the user; the authors' organisations are told with their days, for what they are worth."""
    parties = claim.background.parties
    more = f" and {len(parties) - 1} more" if len(parties) > 1 else ""
    return f"unnamed; authors of {parties[0]}{more}" if parties else "unnamed"


def _standing(claim: Claim) -> str:
    if claim.background.squats_on:
        return f" (took over the name of {claim.background.squats_on[0]})"
    return f" ({claim.standing.value})" if claim.standing is Standing.UNVERIFIED else ""


def _row(finding: Finding, rules: str) -> Mapping[str, Any]:
    claim = finding.claim
    shown = next((quote for quote in finding.quotes if quote.count is not None), finding.quotes[0])
    spot = f"p. {shown.page}" if shown.page else shown.line
    told = [f"and {len(finding.quotes) - 1} more"] if len(finding.quotes) > 1 else []
    told += [sources_in_words(claim)] if sources_in_words(claim) else []
    more = f" ({'; '.join(told)})" if told else ""
    return {
        "kind": "finding",
        "fate": finding.fate,
        "organisation": claim.organisation or _unnamed(claim),
        "project": claim.project
        + (f" (formerly {', '.join(former)})" if (former := claim.background.former_names) else ""),
        "chip": claim.chip,
        "purpose": claim.purpose.value,
        "count": " / ".join(map(str, claim.counts)) + _standing(claim) or None,
        "confidence": round(claim.confidence, 2),
        "first_seen": str(claim.first_seen or ""),
        "rules": rules,
        "quote": f"{in_context(shown.prefix, shown.quote, shown.suffix)}{more}",
        "place": f"{shown.document}:{spot}" if spot else shown.document,
        "voices": claim.voices,
        "own_voices": claim.own_voices,
        "carried": "; ".join(dict.fromkeys(one.link.in_words for one in claim.carried if one)),
    }
