"""`chipledger rules duty`: whether an import duty falls on a chip by its figures, and in which band."""

from datetime import date, datetime
from typing import Any

import typer

from chipledger.apps.cli.named import chips_named
from chipledger.apps.cli.output import Format, emit
from chipledger.catalogue.chip import Chip
from chipledger.rules.duty import duty
from chipledger.rules.item import item_of

COLUMNS = ("chip", "dutiable", "bands", "rate_per_cent", "reasons", "exempt_uses", "cites")
CSV_COLUMNS = (*COLUMNS, "duty", "headings")


def command(
    name: str = typer.Argument(..., metavar="CHIP", help="A chip as printed ('H200') or its id (nvidia-h200-sxm)."),
    on: datetime | None = typer.Option(None, formats=["%Y-%m-%d"], help="The day of the import; today if not given."),
    format: Format = typer.Option(Format.TABLE, help="table, json, jsonl or csv."),
) -> None:  # fmt: skip
    """Whether an import duty falls on a chip by its figures, and in which band; an exempt use is a matter of the import.

    Example: chipledger rules duty H200 --on 2026-02-01
    """
    day = on.date() if on else date.today()
    rows = [row for chip in chips_named(name) for row in _rows(chip, day)]
    columns = (
        None if format in (Format.JSON, Format.JSONL) else CSV_COLUMNS if format is Format.CSV else COLUMNS
    )
    title = (
        f"Import duties on {name} on {day}" if rows else f"No import duty by figures was in effect on {day}"
    )
    emit(rows, columns, format, title)


def _rows(chip: Chip, on: date) -> list[dict[str, Any]]:
    return [{"chip": chip.id, "on": on.isoformat(), **found.as_dict()} for found in duty(item_of(chip), on)]
