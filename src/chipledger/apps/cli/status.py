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
from itertools import chain
from pathlib import Path
from typing import Any

import typer

from chipledger.apps.cli.named import chips_named
from chipledger.apps.cli.output import Format, emit
from chipledger.core.errors import InputError
from chipledger.core.truth import Truth, Verdict, any_of
from chipledger.rules.explain import explained_status
from chipledger.rules.history import history
from chipledger.rules.item import Item, item_of
from chipledger.rules.status import Status, status
from chipledger.rules.transaction import Action, ItemKind, Transaction

LAYER_COLUMNS = ("layer", "license_required", "paragraphs", "review_policy", "exceptions", "reasons", "cites")
TABLE_COLUMNS = ("layer", "license_required", "paragraphs", "why", "cites")
HISTORY_COLUMNS = (
    "chip", "effective_from", "effective_until", "license_required", "basis", "codified", "enforced", "letters",
    "review_policy",
)  # fmt: skip


class Answer(StrEnum):
    """What is known of a fact that was asked about."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def command(
    name: str | None = typer.Argument(
        None, metavar="CHIP", help="A chip as printed ('H20') or its id (nvidia-h20)."
    ),
    to: str = typer.Option("CN", "--to", help="Destination, two-letter ISO code."),
    on: datetime | None = typer.Option(
        None, formats=["%Y-%m-%d"], help="The day in the world; today if not given."
    ),
    known: datetime | None = typer.Option(
        None, formats=["%Y-%m-%d"], help="Answer with what was public on that day."
    ),
    exporter: str | None = typer.Option(
        None, help="Who sends it; the maker if not given. Letters bind their addressee."
    ),
    end_user: str | None = typer.Option(None, help="The end user's name; approved parties are found by it."),
    end_user_listed: Answer | None = typer.Option(
        None, help="Whether the end user is on the Entity List; not given: one that is not."
    ),
    owned_by_listed: Answer | None = typer.Option(
        None, help="Whether listed parties own half of it or more, together; not given: no."
    ),
    end_user_in: str | None = typer.Option(
        None, help="Where the end user is located (ISO code, ?? for unknown); the destination if not given."
    ),
    headquartered_in: str | None = typer.Option(
        None,
        help="Where the party or its ultimate parent is headquartered (ISO code, ?? for unknown); there if not given.",
    ),
    action: Action = typer.Option(Action.EXPORT, help="What is done with it."),
    item_kind: ItemKind = typer.Option(
        ItemKind.COMMODITY, help="The part, or software or technology for it."
    ),
    package: Answer | None = typer.Option(None, help="Whether the package of paragraph (dd) is filed."),
    purchase_order: Answer | None = typer.Option(None, help="Whether there is a written purchase order."),
    supercomputer: Answer | None = typer.Option(None, help="Whether it is known to be for a supercomputer."),
    over_time: bool = typer.Option(
        False, "--history", help="Every change from the chip's release to the day."
    ),
    explain: bool = typer.Option(False, "--explain", help="The answer as a paragraph for the file."),
    every: bool = typer.Option(
        False, "--all", help="Every chip, country and kind of party since 2022-08-01; needs --out."
    ),
    out: Path | None = typer.Option(None, help="The file for --all: .csv, or .parquet with the extra."),
    format: Format = typer.Option(Format.TABLE, help="table, json, jsonl or csv."),
) -> None:
    """What the rules said of a chip on a day: codified text, enforced policy, letters, practice. Not legal advice.

    Example: chipledger status H20 --to CN --on 2025-05-01

    Example: chipledger status L40 --to SG --headquartered-in CN --on 2026-09-01 --explain
    """
    day = on.date() if on else date.today()
    if every or out:
        _everything(name, every, out, day)
        return
    if name is None:
        raise InputError("no chip is named", expected="a chip such as H20, or --all --out FILE")
    transaction = Transaction(
        destination=to.upper(),
        end_user_in=end_user_in and end_user_in.upper(),
        headquartered_in=headquartered_in and headquartered_in.upper(),
        action=action,
        item_kind=item_kind,
        exporter=exporter,
        end_user=end_user,
        end_user_listed=_truth(end_user_listed),
        owned_half_by_listed=_truth(owned_by_listed),
        supercomputer_end_use=_truth(supercomputer),
        package=_truth(package),
        purchase_order=_truth(purchase_order),
    )
    items = [item_of(one) for one in chips_named(name, day)]
    if over_time:
        rows = [row for item in items for row in _history_rows(item, transaction, day)]
        emit(rows, HISTORY_COLUMNS, format, f"{name} to {to.upper()}, from release to {day}")
        return
    public = known.date() if known else None
    answers = [status(item, transaction, on=day, known=public) for item in items]
    if explain:
        sys.stdout.write("\n\n".join(explained_status(answer) for answer in answers) + "\n")
        return
    _print(name, answers, format)


def _everything(name: str | None, every: bool, out: Path | None, until: date) -> None:
    if name is not None or not every or out is None:
        raise InputError("--all and --out go together, without a chip", expected="status --all --out FILE")
    from chipledger.apps.cli.status_all import write_all

    write_all(out, until)


def _truth(answer: Answer | None) -> Truth | None:
    if answer is None:
        return None
    return Truth.of({Answer.YES: True, Answer.NO: False}.get(answer), "as given")


def _history_rows(item: Item, transaction: Transaction, until: date) -> list[dict[str, Any]]:
    released = item.released.effective_from if item.released else None
    if released and released >= until:
        raise InputError(f"{item.name} was released on {released}", expected="a later --on")
    spans = history(item, transaction, released, until)
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
    if format is Format.TABLE and answer["guidance"]:
        sys.stdout.write("\n".join(f"Beside it, {one}." for one in answer["guidance"]) + "\n")


def _why(fields: dict[str, Any]) -> str:
    review = [f"review: {fields['review_policy'].replace('_', ' ')}"] if fields["review_policy"] else []
    exceptions = [f"exception {_in_words(one)}" for one in fields["exceptions"] if one["state"] != "not_open"]
    return "; ".join([*fields["reasons"], *review, *exceptions])


def _in_words(exception: dict[str, Any]) -> str:
    state = exception["state"].replace("_", " ")
    left = f", provided: {'; '.join(exception['provided'])}" if exception["provided"] else ""
    return f"{exception['name']} ({exception['section']}): {state}{left}"


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
        "transaction": one["transaction"],
        "license_required": _in_practice(layers),
        "layers": layers,
        "guidance": _union("guidance", {answer["chip"]: answer for answer in every}),
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
        united: list[Any] = []
        for entry in chain.from_iterable(values):
            if entry not in united:
                united.append(entry)
        return united
    return " or ".join(dict.fromkeys(value for value in values if value)) or None
