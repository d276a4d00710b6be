"""`chipledger rules what-if`: a proposed rule over the whole catalogue: what would change, for which chips, how near they lie."""

import json
import sys
from datetime import date, datetime
from typing import Any

import typer

from chipledger.apps.cli.output import Format, emit, stdout
from chipledger.core.errors import InputError
from chipledger.rules.proposal import ChipUnderProposal, WhatIf, proposal, proposals, what_if

COLUMNS = ("chip", "moves", "licence", "review", "by", "nearest line", "from", "why not told")
CSV_COLUMNS = (
    "chip",
    "released",
    "moves",
    "licence",
    "review",
    "by",
    "nearest line",
    "per cent",
    "from",
    "reasons",
)
LIST_COLUMNS = ("name", "citation", "title", "standing", "introduced_on", "effective_from")


def command(
    file: str = typer.Argument("", metavar="FILE", help="A proposed rule: a YAML file, or the name of a bundled one."),
    to: str = typer.Option("CN", "--to", help="Where end users are, two-letter ISO code."),
    on: datetime | None = typer.Option(None, formats=["%Y-%m-%d"], help="The day whose law it is compared with; today if not given."),
    listed: bool = typer.Option(False, "--list", help="Only list the bundled proposals."),
    every: bool = typer.Option(False, "--every", help="A row for every chip, also where nothing would change."),
    format: Format = typer.Option(Format.TABLE, help="table, json, jsonl or csv."),
) -> None:  # fmt: skip
    """What a proposed rule would change for each chip of the catalogue. A proposal is not law.

    Example: chipledger rules what-if us-safe-chips-act-s3374 --to CN
    """
    if listed:
        emit(map(_listed, proposals()), LIST_COLUMNS, format, "Bundled proposals")
        return
    if not file:
        raise InputError(
            "no proposal is named", expected="a YAML file or a bundled name", remedy="`--list` shows them"
        )
    found = what_if(proposal(file), to, on=on.date() if on else date.today())
    _print(found, every, format)


def _listed(name: str) -> dict[str, Any]:
    one = proposal(name)
    return {
        "name": name,
        "citation": one.citation,
        "title": one.title,
        "standing": one.standing.value,
        "introduced_on": one.introduced_on.isoformat() if one.introduced_on else None,
        "effective_from": one.effective_from.isoformat() if one.effective_from else "on enactment",
    }


def _print(found: WhatIf, every: bool, format: Format) -> None:
    if format in (Format.JSON, Format.JSONL):
        indent = 2 if format is Format.JSON else None
        sys.stdout.write(json.dumps(found.as_dict(), ensure_ascii=False, indent=indent) + "\n")
        return
    shown = [one for one in found.chips if every or not one.moves.is_no]
    rows = [_row(one, found.begins) for one in shown]
    if format is not Format.TABLE:
        emit(rows, CSV_COLUMNS, format)
        return
    emit(rows, COLUMNS, format, _title(found))
    _print_notes(found)


def _title(found: WhatIf) -> str:
    one = found.proposal
    return (
        f"{one.citation}, {one.standing.value}, from {found.begins}, to {found.destination}, beside the law of {found.on}: "
        f"{len(found.moved)} chips would move, of {len(found.undecided)} it cannot be told"
    )


def _print_notes(found: WhatIf) -> None:
    if not found.reached.is_yes:
        stdout().print(
            f"The proposal does not surely reach {found.destination}: {'; '.join(found.reached.reasons)}",
            markup=False,
        )
    stdout().print(f"It would reach: {found.proposal.reach.says}", markup=False)
    for part in found.proposal.left_out:
        stdout().print(f"Not held in the file: {part}", markup=False)


def _row(one: ChipUnderProposal, begins: str) -> dict[str, Any]:
    near = one.nearest
    today, then = one.today.license_required.value, one.license_required.value
    before, after = (_words(policy) for policy in (one.today.review_policy, one.review_policy))
    return {
        "chip": one.chip.id,
        "released": one.chip.released,
        "moves": one.moves.value.value,
        "licence": today if today == then else f"{today} → {then}",
        "review": before if before == after else f"{before or 'nothing'} → {after or 'nothing'}",
        "by": list(one.by) if one.meets.is_yes else None,
        "nearest line": f"{near.line.metric.label} {near.asks} ({near.per_cent:+g} %)" if near else None,
        "per cent": near.per_cent if near else None,
        "from": begins if not one.moves.is_no else None,
        "why not told": one.moves.reasons[0] if one.moves.is_unknown and one.moves.reasons else None,
        "reasons": list(one.moves.reasons),
    }


def _words(policy: str | None) -> str:
    return (policy or "").replace("_", " ")
