"""Options that several verbs of `chipledger parties` share."""

from datetime import date, datetime
from typing import Annotated

import typer

from chipledger.apps.cli.output import Format

LedgerOption = Annotated[str, typer.Option("--ledger", help="The ledger: a file or postgresql://…")]
DayOption = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day; today if not given.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="table, json, jsonl, csv or none.")]


def day_of(on: datetime | None) -> date:
    """The day that was asked for, today if none was."""
    return on.date() if on else date.today()
