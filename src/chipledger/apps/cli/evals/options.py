"""Options that several verbs of `chipledger evals` share."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.output import Format, emit

LedgerOption = Annotated[str, typer.Option("--ledger", help="The ledger: a file or postgresql://…")]
RegisterOption = Annotated[
    Path | None,
    typer.Option("--register", help="A folder with use cases of your own, instead of the bundled ones."),
]
DayOption = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day; today if not given.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="table, json, jsonl, csv or none.")]


def day_of(on: datetime | None) -> date:
    """The day that was asked for, today if none was."""
    return on.date() if on else date.today()


def emit_figures(rows: Sequence[dict[str, Any]], columns: Sequence[str], format: Format, title: str) -> None:
    """Print rows; a table shows the columns named with figures of four digits, the other formats everything in full.

    Args:
        rows: mappings of JSON-ready values.
        columns: of the table.
        format: how to print.
        title: above the table.
    """
    if format is not Format.TABLE:
        emit(rows, None, format, title)
        return
    short = [{name: _short(value) for name, value in row.items()} for row in rows]
    emit(short, columns, format, title)


def _short(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value
