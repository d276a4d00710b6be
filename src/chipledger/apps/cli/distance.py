"""`chipledger rules distance`: a chip's figures beside every line in force on a day.

Takes a chip as printed or a catalogue id; prints for each variant and each line the figure, the line, how far apart they
are and on which side the figure lies; then where paragraphs that are not met would be.
"""

import json
import sys
from datetime import date, datetime
from typing import Any

import typer

from chipledger.apps.cli.named import chips_named
from chipledger.apps.cli.output import Format, emit, stdout
from chipledger.catalogue.chip import Chip
from chipledger.rules.distance import distances, headroom
from chipledger.rules.item import item_of

COLUMNS = (
    "chip",
    "rule",
    "figure",
    "value",
    "asks",
    "difference",
    "per_cent",
    "holds",
    "near",
    "decides_alone",
)
CSV_COLUMNS = (*COLUMNS, "drawn_by", "unit", "line", "reasons", "cite")


def command(
    name: str = typer.Argument(..., metavar="CHIP", help="A chip as printed ('H20') or its id (nvidia-h20)."),
    on: datetime | None = typer.Option(None, formats=["%Y-%m-%d"], help="The day in the world; today if not given."),
    to: str = typer.Option("CN", "--to", help="Destination: only reviews and letters that reach it count."),
    format: Format = typer.Option(Format.TABLE, help="table, json, jsonl or csv."),
) -> None:  # fmt: skip
    """A chip's figures beside every line in force on a day: text, reviews, letters to its maker. Not legal advice.

    Example: chipledger rules distance H20 --on 2024-03-01
    """
    day = on.date() if on else date.today()
    answers = [_answer(chip, day, to) for chip in chips_named(name)]
    if format in (Format.JSON, Format.JSONL):
        found = {"on": day.isoformat(), "chips": answers}
        sys.stdout.write(
            json.dumps(found, ensure_ascii=False, indent=2 if format is Format.JSON else None) + "\n"
        )
        return
    rows = [{"chip": answer["chip"], **line} for answer in answers for line in answer["lines"]]
    emit(rows, CSV_COLUMNS if format is Format.CSV else COLUMNS, format, f"{name} beside the lines of {day}")
    if format is Format.TABLE:
        _print_headroom(answers)


def _answer(chip: Chip, on: date, to: str) -> dict[str, Any]:
    item = item_of(chip)
    return {
        "chip": chip.id,
        "lines": [one.as_dict() for one in distances(item, on, to)],
        "headroom": [one.as_dict() for one in headroom(item, on)],
    }


def _print_headroom(answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        for one in answer["headroom"]:
            stdout().print(f"{answer['chip']}: {one['sentence']}", markup=False)
