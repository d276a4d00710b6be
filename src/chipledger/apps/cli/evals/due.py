"""`chipledger evals due`: what is to be run again; made for cron, no daemon."""

from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from chipledger.apps.cli.evals.options import DayOption, FormatOption, LedgerOption, RegisterOption, day_of
from chipledger.apps.cli.output import Format, emit
from chipledger.evals.due import due, event_of
from chipledger.evals.register import load_register
from chipledger.store.ledger import Ledger
from chipledger.store.read_evals import measurements

COLUMNS = ("due_on", "use_case", "benchmark", "model", "last_run", "why")


class FailOn(StrEnum):
    """What makes the exit status 1."""

    NOTHING = "nothing"
    DUE = "due"


def command(
    use_case: Annotated[str | None, typer.Argument(metavar="[USE_CASE]", help="Only this use case.")] = None,
    ledger: LedgerOption = "chipledger.sqlite",
    on: DayOption = None,
    model: Annotated[
        list[str] | None, typer.Option(help="A model to watch beside those that have runs; may be repeated.")
    ] = None,
    event: Annotated[
        list[str] | None,
        typer.Option(
            help="KIND:MODEL:DATE, KIND new_model, new_weights, price_drop or new_scaffold; may be repeated."
        ),
    ] = None,
    register: RegisterOption = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="due: exit status 1 when anything is due.")
    ] = FailOn.NOTHING,
    format: FormatOption = Format.TABLE,
) -> None:
    """What is to be run again, and why: by the register's cadence and by events.

    Example: chipledger evals due --ledger evals.sqlite --event new_weights:openai/kite-2:2026-11-20 --fail-on due
    """
    day, events = day_of(on), [event_of(one) for one in event or ()]
    loaded = load_register(register)
    if use_case:
        loaded = replace(loaded, use_cases={use_case: loaded.use_case(use_case)})
    with Ledger.open(ledger, create=False) as opened:
        runs = measurements(opened, measured_by=day)
    found = due(loaded, runs, on=day, models=model or (), events=events)
    rows = [
        {
            "due_on": one.due_on.isoformat(),
            "use_case": one.use_case,
            "benchmark": one.benchmark,
            "model": one.model,
            "last_run": one.last_run.isoformat() if one.last_run else None,
            "why": one.why,
        }
        for one in found
    ]
    emit(rows, COLUMNS, format, f"Due on {day}" if rows else f"Nothing is due on {day}")
    if rows and fail_on is FailOn.DUE:
        raise typer.Exit(1)
