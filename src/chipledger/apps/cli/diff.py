"""`chipledger rules diff`: what changed between two days, in the text and for the chips of the catalogue."""

import json
import sys
from typing import Any

import typer

from chipledger.apps.cli.output import Format, emit
from chipledger.core.truth import Verdict
from chipledger.rules.diff import Change, ChipAnswer, ChipChange, Difference, difference, moment

TEXT_COLUMNS = ("change", "part", "name", "before", "after", "cite")
CHIP_COLUMNS = ("chip", "released", "class", "licence", "rests on", "review")
CSV_COLUMNS = ("kind", "change", "part", "name", "before", "after", "cite")


def command(
    before: str = typer.Argument(..., metavar="A", help="A date, or an instrument: its reference (R3) or id."),
    after: str = typer.Argument(..., metavar="B", help="Another."),
    to: str = typer.Option("CN", "--to", help="Destination, two-letter ISO code."),
    format: Format = typer.Option(Format.TABLE, help="table, json, jsonl or csv."),
) -> None:  # fmt: skip
    """What changed between two days or instruments: the text, and which chips changed class or licence answer.

    Example: chipledger rules diff R3 R6 --to CN
    """
    found = difference(moment(before), moment(after), to)
    if format in (Format.JSON, Format.JSONL):
        indent = 2 if format is Format.JSON else None
        sys.stdout.write(json.dumps(found.as_dict(), ensure_ascii=False, indent=indent) + "\n")
    elif format is Format.TABLE:
        _tables(found)
    else:
        rows = [{"kind": "text", **change.as_dict()} for change in found.changes]
        emit([*rows, *map(_chip_row, found.chips)], CSV_COLUMNS, format)


def _tables(found: Difference) -> None:
    between = f"{found.before.given} ({found.before.on}) and {found.after.given} ({found.after.on})"
    rows = [_text_row(change) for change in found.changes]
    emit(rows, TEXT_COLUMNS, Format.TABLE, f"Text that differs between {between}, for {found.destination}")
    title = f"{len(found.chips)} chips whose class or licence answer differs, to {found.destination}"
    emit([_chip_cells(change) for change in found.chips], CHIP_COLUMNS, Format.TABLE, title)


def _text_row(change: Change) -> dict[str, Any]:
    return change.as_dict()


def _chip_cells(change: ChipChange) -> dict[str, Any]:
    was, now = change.before, change.after
    return {
        "chip": change.chip.id,
        "released": change.chip.released,
        "class": _from_to(_class(was), _class(now)),
        "licence": _from_to(was.license_required.value, now.license_required.value),
        "rests on": _from_to(_basis(was), _basis(now)),
        "review": _from_to(_review(was), _review(now)),
    }


def _chip_row(change: ChipChange) -> dict[str, Any]:
    return {"kind": "chip", "change": "changed", "part": "chip", "name": change.chip.id,
            "before": _whole(change.before), "after": _whole(change.after)}  # fmt: skip


def _whole(answer: ChipAnswer) -> str:
    return f"{_class(answer)}; licence {answer.license_required.value}; {'; '.join(answer.basis)}".rstrip(
        "; "
    )


def _class(answer: ChipAnswer) -> str:
    return ", ".join(answer.classified) or {"no": "none", "unknown": "not decided"}[answer.truth.value]


def _basis(answer: ChipAnswer) -> str:
    """What a yes rests on, or the first of the reasons for an unknown."""
    if answer.license_required is Verdict.UNKNOWN:
        return answer.basis[0] + (f" and {len(answer.basis) - 1} more" if len(answer.basis) > 1 else "")
    return "; ".join(answer.basis)


def _review(answer: ChipAnswer) -> str:
    return (answer.review_policy or "").replace("_", " ")


def _from_to(was: str, now: str) -> str:
    return was if was == now else f"{was or 'nothing'} → {now or 'nothing'}"
