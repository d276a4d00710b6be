"""`chipledger timeline`: the rules as a dated list.

Takes a destination and a day; prints every instrument that concerns it with its dates, how it stands on that day and
how well we know it.
"""

from datetime import date, datetime

import typer

from chipledger.apps.cli.output import Format, emit
from chipledger.rules.instrument import Instrument
from chipledger.rules.law import law

COLUMNS = (
    "dated",
    "reference",
    "citation",
    "title",
    "effective_from",
    "effective_until",
    "standing",
    "grade",
)


def command(
    to: str | None = typer.Option(
        None, "--to", help="Only what concerns this destination (ISO code, such as CN)."
    ),
    on: datetime | None = typer.Option(
        None, formats=["%Y-%m-%d"], help="The day of the standing; today if not given."
    ),
    format: Format = typer.Option(Format.TABLE, help="table, json, jsonl or csv."),
) -> None:
    """The rules as a dated list: what was published, when it took effect, how it stands, how well it is known.

    Example: chipledger timeline --to CN --on 2025-05-01
    """
    day = on.date() if on else date.today()
    country = law().groups.destination(to) if to else None
    shown = [one for one in law().chronicle() if country is None or law().concerns(one, country)]
    whither = f" for {law().groups.countries[country]}" if country else ""
    columns = COLUMNS if format in (Format.TABLE, Format.CSV) else None
    emit([_row(one, day) for one in shown], columns, format, f"Rules{whither}, standing on {day}")


def _row(one: Instrument, day: date) -> dict[str, object]:
    standing = one.standing.at(day)
    return {
        "dated": one.dated_on().isoformat(),
        "id": one.id,
        "reference": one.reference,
        "kind": one.kind.value,
        "issuer": one.issuer,
        "citation": one.citation,
        "title": one.title,
        "published_on": one.published_on.isoformat() if one.published_on else None,
        "effective_from": one.effective_from.isoformat() if one.effective_from else None,
        "compliance_from": one.compliance_from.isoformat() if one.compliance_from else None,
        "effective_until": one.effective_until.isoformat() if one.effective_until else None,
        "standing": standing.value if standing else "not yet issued",
        "grade": one.grade.value,
        "did": one.did,
        "destinations": list(one.destinations),
        "note": one.note,
    }
