"""`chipledger evals report`: the runs and decisions of a ledger as one self-contained HTML page."""

from pathlib import Path
from typing import Annotated

import typer

from chipledger.apps.cli.evals.options import DayOption, LedgerOption, RegisterOption, day_of
from chipledger.apps.report.evals_page import write_evals_report
from chipledger.evals.register import load_register
from chipledger.store.ledger import Ledger


def command(
    ledger: LedgerOption = "chipledger.sqlite",
    out: Annotated[Path, typer.Option(help="The HTML file to write; replaced if it exists.")] = Path(
        "chipledger-evals.html"
    ),
    on: DayOption = None,
    register: RegisterOption = None,
) -> None:
    """One self-contained HTML page: trajectories, intervals, thresholds, alarms, decisions, and what nobody measured.

    Example: chipledger evals report --ledger evals.sqlite --out evals.html --on 2026-11-25
    """
    with Ledger.open(ledger, create=False) as opened:
        written = write_evals_report(opened, load_register(register), out, on=day_of(on))
    typer.echo(str(written))
