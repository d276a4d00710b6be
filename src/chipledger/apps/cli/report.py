"""`chipledger report`: the ledger as one self-contained HTML page."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from chipledger.apps.report import write_report
from chipledger.store.ledger import Ledger


def command(
    ledger: Annotated[str, typer.Option(help="The ledger: a file or postgresql://…")] = "chipledger.sqlite",
    out: Annotated[Path, typer.Option(help="The HTML file to write; replaced if it exists.")] = Path(
        "chipledger-report.html"
    ),
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day of the report; today if not given."),
    ] = None,
    to: Annotated[str, typer.Option(help="Destination whose rules are shown, two-letter ISO code.")] = "CN",
    min_confidence: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Leave out what is less sure.")
    ] = 0.5,
) -> None:
    """One self-contained HTML page: rules as bands, chips as lines, mentions as points; every quote with its place.

    Example: chipledger report --ledger chips.sqlite --out report.html --on 2026-11-01
    """
    day = on.date() if on else date.today()
    with Ledger.open(ledger, create=False) as opened:
        written = write_report(opened, out, destination=to, on=day, min_confidence=min_confidence)
    typer.echo(str(written))
