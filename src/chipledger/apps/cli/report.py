"""`chipledger report`: the ledger as one self-contained HTML page."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from chipledger.apps.report import write_report
from chipledger.apps.report.cost_section import CostSection
from chipledger.core.errors import InputError
from chipledger.findings.study import study as studied
from chipledger.findings.study_clones import Clones
from chipledger.findings.study_page import StudyPages, pages
from chipledger.findings.study_rebuild import rebuild
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
    study: Annotated[
        str | None,
        typer.Option(
            help="A study, such as whack-a-chip: its claims beside what is public, as a section of its own."
        ),
    ] = None,
    study_clones: Annotated[
        Path | None,
        typer.Option(help="With --study: a folder of clones from which its quotes are read anew."),
    ] = None,
) -> None:
    """One self-contained HTML page: rules as bands, chips as lines, mentions as points; every quote with its place.

    Example: chipledger report --ledger chips.sqlite --out report.html --on 2026-11-01
    """
    day = on.date() if on else date.today()
    with Ledger.open(ledger, create=False) as opened:
        section = _cost(cost, cost_chips, cost_tokens, cost_count, day) if cost else None
        claims = _study(study, study_clones) if study else None
        written = write_report(
            opened, out, destination=to, on=day, min_confidence=min_confidence, cost=section, study=claims
        )
    typer.echo(str(written))


def _study(name: str, clones: Path | None) -> StudyPages:
    found = studied(name)
    asked = list(found.claims.values())
    if clones is None:
        return pages(found, asked)
    if not clones.is_dir():
        raise InputError("no such folder", where=str(clones), expected="a folder of clones (--study-clones)")
    return pages(found, asked, rebuild(found, asked, Clones.of_folder(clones, found.files.values())))


def _cost(name: str, chips: str, tokens: str, count: int, on: date) -> CostSection:
    # The performance model needs numpy, which a report without this section does without.
    from chipledger.apps.cli.perf.section import cost_section

    return cost_section(name, chips, tokens, count, on)
