"""Where statements went, for the picture: a cross on the chip's line at the day, and how long they had stood.

Takes the lines of removals; gives endings by chip. Those that would hide one another are one with a number in its title.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from chipledger.apps.report.quotes import visible
from chipledger.apps.report.svg import element

_NAMED = 6
_ARM_PX = 4.5
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ending:
    """Statements of one chip that went at about the same time.

    Args:
        since: the day from which the oldest of them stood, or None.
        day: the day on which the first of them went.
        removal_id: of that one.
        title: them all in words.
    """

    since: date | None
    day: date
    removal_id: str
    title: str


def endings(removals: Iterable[Line], days_apart: int) -> dict[str, tuple[Ending, ...]]:
    """The endings of each chip.

    Args:
        removals: the lines of removals.
        days_apart: those of one chip that are closer than this become one.
    """
    by_chip: dict[str, list[list[Line]]] = {}
    dated = [line for line in removals if line["what"] == "chip" and line["removed_on"]]
    for line in sorted(dated, key=lambda line: (line["name"], line["removed_on"], line["id"])):
        groups = by_chip.setdefault(line["name"], [])
        if groups and (_day(line) - _day(groups[-1][0])).days < days_apart:
            groups[-1].append(line)
        else:
            groups.append([line])
    return {chip: tuple(map(_ending, groups)) for chip, groups in by_chip.items()}


def drawn(since_x: float | None, x: float, y: float, ending: Ending) -> Markup:
    """An ending as a part of the picture: a cross, and a line from where its statements began.

    Args:
        since_x: where the oldest of its statements began, in pixels, or None.
        x: its day, in pixels.
        y: the middle of the chip's line, in pixels.
        ending: the ending.
    """
    arm = _ARM_PX
    cross = f"M{x - arm:.1f} {y - arm:.1f}L{x + arm:.1f} {y + arm:.1f}M{x - arm:.1f} {y + arm:.1f}L{x + arm:.1f} {y - arm:.1f}"
    parts = [element("title", ending.title)]
    if since_x is not None:
        parts.append(element("line", class_="stood", x1=since_x, x2=x, y1=y, y2=y))
    return element("a", *parts, element("path", d=cross), href=f"#g-{ending.removal_id}", class_="ending")


def _ending(lines: Sequence[Line]) -> Ending:
    told = [visible(line["in_words"]) for line in lines[:_NAMED]]
    more = [f"and {len(lines) - len(told)} more"] if len(lines) > len(told) else []
    began = min((line["first_seen"] for line in lines if line["first_seen"]), default=None)
    since = date.fromisoformat(began) if began else None
    return Ending(since, _day(lines[0]), lines[0]["id"], "\n".join([*told, *more]))


def _day(line: Line) -> date:
    return date.fromisoformat(line["removed_on"])
