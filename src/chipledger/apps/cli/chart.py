"""`chipledger rules chart`: chips by performance and performance density beside the lines of a day, as one SVG or HTML file."""

from datetime import date, datetime
from pathlib import Path

import typer

from chipledger.apps.cli.named import chips_named
from chipledger.catalogue.chip import Chip
from chipledger.core.errors import InputError
from chipledger.core.files import written_whole


def command(
    out: Path = typer.Option(Path("thresholds.svg"), help="The file to write: .svg, or .html with the points as a table."),
    chips: str = typer.Option("", help="Chips as printed or by id, with commas; those of the catalogue near or above the lines if not given."),
    on: datetime | None = typer.Option(None, formats=["%Y-%m-%d"], help="The day whose lines are drawn; today if not given."),
) -> None:  # fmt: skip
    """Chips by performance and performance density, beside the lines of a day: one file that needs nothing else.

    Example: chipledger rules chart --out thresholds.svg --chips H20,L20,L40S,A100 --on 2024-03-01
    """
    # The report brings the ledger and its database with it; the other views of the rules need neither.
    from chipledger.apps.report.page import chart_page
    from chipledger.apps.report.threshold_chart import chart, worth_showing

    day = on.date() if on else date.today()
    shown = _named(chips) if chips else worth_showing(day)
    is_page = out.suffix.casefold() in (".html", ".htm")
    if not is_page and out.suffix.casefold() != ".svg":
        raise InputError(
            f"cannot tell what to write from {out.name!r}", expected="a name that ends in .svg or .html"
        )
    made = chart(shown, day, alone=not is_page)
    if not made.points:
        raise InputError(
            f"none of {', '.join(one.name for one in shown)} has a public performance and die area",
            remedy="`chipledger chips show` tells what is known of a chip",
        )
    with written_whole(out) as partial:
        partial.write_text(
            chart_page(made, day) if is_page else f"{made.svg}\n", encoding="utf-8", newline="\n"
        )
    typer.echo(str(out))


def _named(chips: str) -> list[Chip]:
    names = [name.strip() for name in chips.split(",") if name.strip()]
    return [chip for name in names for chip in chips_named(name)]
