"""`chipledger findings`: who used which chip for what, with the quotes and what the rules said."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import typer

from chipledger.apps.cli.output import Format, emit
from chipledger.core.errors import InputError
from chipledger.findings.choose import chosen, purpose_of
from chipledger.findings.claim import claims
from chipledger.findings.finding import Finding, joined
from chipledger.store import read
from chipledger.store.ledger import Ledger

_COLUMNS = (
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
)
_QUOTE_CHARS = 80


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
        everything = claims(read.documents(opened, seen_by=seen_by))
    fitting = chosen(
        everything, organisation=organisation, chip=chip, purpose=wanted, min_confidence=min_confidence
    )
    found = joined(fitting)
    if format in (Format.TABLE, Format.CSV):
        emit([_row(finding) for finding in found], _COLUMNS, format, "Documented mentions")
    else:
        emit([finding.as_dict() for finding in found], None, format, "")


def _day(on: str) -> date:
    try:
        return date.fromisoformat(on)
    except ValueError:
        raise InputError(f"not a day: {on!r}", where="--on", expected="YYYY-MM-DD") from None


def _row(finding: Finding) -> Mapping[str, Any]:
    claim, first = finding.claim, finding.quotes[0]
    spot = f"p. {first.page}" if first.page else first.line
    more = f" (and {len(finding.quotes) - 1} more)" if len(finding.quotes) > 1 else ""
    return {
        "organisation": claim.organisation or "unnamed",
        "project": claim.project,
        "chip": claim.chip,
        "purpose": claim.purpose.value,
        "count": " / ".join(map(str, claim.counts)) or None,
        "confidence": round(claim.confidence, 2),
        "first_seen": str(claim.first_seen or ""),
        "rules": finding.rules_in_words,
        "quote": _short(first.quote) + more,
        "place": f"{first.document}:{spot}" if spot else first.document,
    }


def _short(quote: str) -> str:
    line = " ".join(quote.split())
    return line if len(line) <= _QUOTE_CHARS else line[: _QUOTE_CHARS - 1] + "…"
