"""`chipledger status`: what the rules said of a chip for a destination on a day, or over time.

Takes a chip as printed or a catalogue id; prints the four layers (codified text, enforced policy, letters, practice of
the destination) with reasons and cites. A name that fits several variants is answered from those whose figures decide;
the others are named, and where the deciding ones differ the answer is unknown.
"""

import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import typer

from chipledger.apps.cli.output import Format, emit
from chipledger.catalogue.chip import Chip, chip, chips
from chipledger.catalogue.resolve import resolve
from chipledger.core.errors import InputError
from chipledger.core.truth import Truth, Verdict, any_of
from chipledger.rules.history import history
from chipledger.rules.item import Item, item_of
from chipledger.rules.status import Status, status
from chipledger.rules.transaction import Transaction

LAYER_COLUMNS = ("layer", "license_required", "paragraphs", "review_policy", "exceptions", "reasons", "cites")
TABLE_COLUMNS = ("layer", "license_required", "paragraphs", "why", "cites")
HISTORY_COLUMNS = (
    "chip", "effective_from", "effective_until", "license_required", "basis", "codified", "enforced", "letters",
    "review_policy",
)  # fmt: skip


class Answer(StrEnum):
    """What is known of the end user."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def command(
    name: str = typer.Argument(..., metavar="CHIP", help="A chip as printed ('H20') or its id (nvidia-h20)."),
    to: str = typer.Option("CN", "--to", help="Destination, two-letter ISO code."),
    on: datetime | None = typer.Option(
        None, formats=["%Y-%m-%d"], help="The day in the world; today if not given."
    ),
    known: datetime | None = typer.Option(
        None, formats=["%Y-%m-%d"], help="Answer with what was public on that day."
    ),
    end_user_listed: Answer = typer.Option(Answer.NO, help="Whether the end user is on the Entity List."),
    over_time: bool = typer.Option(
        False, "--history", help="Every change from the chip's release to the day."
    ),
    format: Format = typer.Option(Format.TABLE, help="table, json, jsonl or csv."),
) -> None:
    """What the rules said of a chip on a day: codified text, enforced policy, letters, practice. Not legal advice.

    Example: chipledger status H20 --to CN --on 2025-05-01
    """
    day = on.date() if on else date.today()
    items = [item_of(one) for one in _chips_named(name, day)]
    if over_time:
        rows = [row for item in items for row in _history_rows(item, to, day)]
        emit(rows, HISTORY_COLUMNS, format, f"{name} to {to.upper()}, from release to {day}")
        return
    public = known.date() if known else None
    listed = _listed(end_user_listed)
    answers = [
        status(item, Transaction(destination=to, end_user_listed=listed), on=day, known=public)
        for item in items
    ]
    _print(name, answers, format)


def _listed(answer: Answer) -> Truth | None:
    return {Answer.NO: None, Answer.YES: Truth.yes("as given"), Answer.UNKNOWN: Truth.unknown("not known")}[
        answer
    ]


def _chips_named(name: str, on: date) -> list[Chip]:
    if name in chips():
        return [chip(name)]
    found = resolve(name, on)
    if not found.chips:
        near = getattr(found, "near", ()) or found.reasons
        raise InputError(
            f"no chip is known as {name!r}", remedy="; ".join(near) or "`chipledger chips list` shows all"
        )
    return [chip(one) for one in found.chips]


def _history_rows(item: Item, to: str, until: date) -> list[dict[str, Any]]:
    released = item.released.effective_from if item.released else None
    if released and released >= until:
        raise InputError(f"{item.name} was released on {released}", expected="a later --on")
    spans = history(item, to.upper(), released, until)
    return [
        {
            "chip": item.id,
            "effective_from": period.effective_from.isoformat() if period.effective_from else None,
            "effective_until": period.effective_until.isoformat() if period.effective_until else None,
            **state.as_dict(),
        }
        for period, state in spans
    ]


def _print(name: str, answers: Sequence[Status], format: Format) -> None:
    answer = _together(name, answers)
    if format in (Format.JSON, Format.JSONL):
        sys.stdout.write(
            json.dumps(answer, ensure_ascii=False, indent=2 if format is Format.JSON else None) + "\n"
        )
        return
    rows = [{"layer": layer, **fields, "why": _why(fields)} for layer, fields in answer["layers"].items()]
    variants = f" ({', '.join(answer['variants'])})" if len(answers) > 1 else ""
    title = f"{answer['chip']}{variants} to {answer['destination']} on {answer['on']}: licence required {answer['license_required']}"
    emit(rows, TABLE_COLUMNS if format is Format.TABLE else LAYER_COLUMNS, format, title)


def _why(fields: dict[str, Any]) -> str:
    review = [f"review: {fields['review_policy'].replace('_', ' ')}"] if fields["review_policy"] else []
    exceptions = [
        f"exception {one['name']} ({one['section']}): {one['state'].replace('_', ' ')}"
        for one in fields["exceptions"]
    ]
    return "; ".join([*fields["reasons"], *review, *exceptions])


def _together(name: str, answers: Sequence[Status]) -> dict[str, Any]:
    one = answers[0].as_dict()
    if len(answers) == 1:
        return one
    every = [answer.as_dict() for answer in answers]
    layers = {layer: _layer_together(layer, every) for layer in one["layers"]}
    return {
        "chip": name,
        "on": one["on"],
        "destination": one["destination"],
        "license_required": _in_practice(layers),
        "layers": layers,
        "variants": {answer["chip"]: answer["license_required"] for answer in every},
    }


def _in_practice(layers: dict[str, dict[str, Any]]) -> str:
    parts = (Truth(Verdict(layers[layer]["license_required"])) for layer in ("enforced", "letters"))
    return any_of(parts).value.value


def _layer_together(layer: str, every: Sequence[dict[str, Any]]) -> dict[str, Any]:
    parts = {answer["chip"]: answer["layers"][layer] for answer in every}
    decided = {
        chip_id: part for chip_id, part in parts.items() if part["license_required"] != Verdict.UNKNOWN
    }
    aside = [
        f"not decided for {chip_id}: {part['reasons'][0]}"
        for chip_id, part in parts.items()
        if chip_id not in decided
    ]
    if decided and _same([part["license_required"] for part in decided.values()]):
        united = {field: _union(field, decided) for field in next(iter(decided.values()))}
        return {**united, "reasons": [*united["reasons"], *aside]}
    united = {field: _union(field, parts) for field in next(iter(parts.values()))}
    differs = "the variants differ: " + ", ".join(
        f"{chip_id} {part['license_required']}" for chip_id, part in parts.items()
    )
    return {**united, "license_required": Verdict.UNKNOWN.value, "reasons": [differs, *united["reasons"]]}


def _same(values: Sequence[Any]) -> Any:
    return values[0] if all(value == values[0] for value in values) else None


def _union(field: str, parts: dict[str, dict[str, Any]]) -> Any:
    values = [part[field] for part in parts.values()]
    if isinstance(values[0], list):
        return list(dict.fromkeys(entry for value in values for entry in value))
    return " or ".join(dict.fromkeys(value for value in values if value)) or None
