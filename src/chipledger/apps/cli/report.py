"""`chipledger report`: the ledger as one self-contained HTML page."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from chipledger.apps.report import write_report
from chipledger.apps.report.cost_section import CostSection
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
    cost: Annotated[
        str | None,
        typer.Option(help="A model: what its training would take on several chips, as a section of its own."),
    ] = None,
    cost_chips: Annotated[
        str,
        typer.Option(
            help="With --cost: chips with commas, the restricted one first and the one it is held against last."
        ),
    ] = "H20,H800,H100",
    cost_tokens: Annotated[str, typer.Option(help="With --cost: tokens of the run, such as 7T.")] = "1T",
    cost_count: Annotated[int, typer.Option(min=1, help="With --cost: so many chips of each kind.")] = 1024,
) -> None:
    """One self-contained HTML page: rules as bands, chips as lines, mentions as points; every quote with its place.

    Example: chipledger report --ledger chips.sqlite --out report.html --on 2026-11-01
    """
    day = on.date() if on else date.today()
    with Ledger.open(ledger, create=False) as opened:
        section = _cost(cost, cost_chips, cost_tokens, cost_count, day) if cost else None
        written = write_report(
            opened, out, destination=to, on=day, min_confidence=min_confidence, cost=section
        )
    typer.echo(str(written))


def _cost(name: str, chips: str, tokens: str, count: int, on: date) -> CostSection:
    # The performance model needs numpy, which a report without this section does without.
    from chipledger.apps.cli.perf.section import cost_section

    return cost_section(name, chips, tokens, count, on)
