"""The classes of a day drawn on two axes: in which ranges of performance and density a part falls under which control.

Takes a day; gives Cells, the rectangles that the lines of the text cut, each with the class that the criteria themselves give
for a part in it. Nothing is drawn by hand: a new version of the text draws itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise, product

from chipledger.core.truth import Truth, any_of
from chipledger.rules.control import Control, Paragraph
from chipledger.rules.criteria import comparisons, evaluate
from chipledger.rules.distance import Drawn, rules_for
from chipledger.rules.item import Item, given
from chipledger.rules.law import law

TPP, DENSITY = "total_processing_performance", "performance_density"


@dataclass(frozen=True, slots=True)
class Cell:
    """A rectangle without a line inside, from its lower bounds (inclusive) to its upper ones; None is without end.

    `control` is the class of a part made for data centres; `is_for_all` whether a part made for no data centre is in it too;
    `also_asks` what the text asks besides the two figures.
    """

    tpp_from: float
    tpp_until: float | None
    density_from: float
    density_until: float | None
    control: str
    is_for_all: bool
    also_asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A line across the picture: which figure, where, and what draws it."""

    figure: str
    at: float
    names: tuple[str, ...]
    is_of_the_day: bool


@cache
def cells(on: date) -> tuple[Cell, ...]:
    """The rectangles of a day in which some class holds or may hold.

    >>> sorted({cell.control for cell in cells(date(2024, 3, 1))})
    ['3A090.a', '3A090.b']
    >>> [(cell.control, cell.tpp_from, cell.also_asks != ()) for cell in cells(date(2023, 3, 1))]
    [('3A090', 4800.0, True)]
    """
    texts = [
        (control, version.paragraphs)
        for control in law().controls.values()
        if (version := control.version(on))
    ]
    tpps, densities = _cuts(texts, TPP), _cuts(texts, DENSITY)
    found = (_cell(texts, across, up) for across, up in product(pairwise(tpps), pairwise(densities)))
    return tuple(cell for cell in found if cell)


def lines(on: date) -> tuple[Drawing, ...]:
    """Every line of performance or density: of the day's text and reviews, and of the texts before and after it.

    >>> [(line.at, line.names) for line in lines(date(2026, 2, 1)) if line.figure == TPP and line.is_of_the_day][-1]
    (21000.0, ('case-by-case (91 FR 1684)',))
    """
    of_the_day: dict[tuple[str, float], list[str]] = {}
    for rule in rules_for(Item(), on):
        if rule.drawn_by in (Drawn.TEXT, Drawn.REVIEW):
            for line in comparisons(rule.criteria):
                if line.name in (TPP, DENSITY) and (line.upward or rule.drawn_by is Drawn.REVIEW):
                    of_the_day.setdefault((line.name, line.line), []).append(rule.name)
    others: dict[tuple[str, float], list[str]] = {}
    for name, figure, at in _other_texts(on):
        if (figure, at) not in of_the_day:
            others.setdefault((figure, at), []).append(name)
    drawn = [_drawing(key, names, True) for key, names in of_the_day.items()]
    drawn += [_drawing(key, names, False) for key, names in others.items()]
    return tuple(sorted(drawn, key=lambda one: (one.figure, one.at)))


def _drawing(key: tuple[str, float], names: list[str], is_of_the_day: bool) -> Drawing:
    return Drawing(key[0], key[1], tuple(dict.fromkeys(names)), is_of_the_day)


def _other_texts(on: date) -> Iterator[tuple[str, str, float]]:
    for control in law().controls.values():
        for version in control.versions:
            if version.holds_on(on):
                continue
            for paragraph in version.paragraphs:
                for line in comparisons(paragraph.criteria):
                    if line.name in (TPP, DENSITY) and line.upward:
                        yield f"{paragraph.eccn} from {version.effective_from}", line.name, line.line


def _cuts(texts: list[tuple[Control, tuple[Paragraph, ...]]], figure: str) -> list[float | None]:
    found = {line.line for _, paragraphs in texts for one in paragraphs for line in comparisons(one.criteria)
             if line.name == figure}  # fmt: skip
    return [0.0, *sorted(found), None]


def _cell(
    texts: list[tuple[Control, tuple[Paragraph, ...]]],
    across: tuple[float | None, float | None],
    up: tuple[float | None, float | None],
) -> Cell | None:
    """The class of a part in the rectangle; any point of it stands for all, and its lower corner lies in it."""
    tpp, density = across[0] or 0.0, up[0] or 0.0
    for control, paragraphs in texts:
        made_for = any_of(evaluate(one.criteria, _part(tpp, density, True)) for one in paragraphs)
        if made_for.is_no:
            continue
        for_all = any_of(evaluate(one.criteria, _part(tpp, density, False)) for one in paragraphs)
        asks = _other_lines(paragraphs) if made_for.is_unknown else ()
        return Cell(tpp, across[1], density, up[1], control.eccn, for_all.value is made_for.value, asks)
    return None


def _other_lines(paragraphs: tuple[Paragraph, ...]) -> tuple[str, ...]:
    """What the text asks besides performance and density, in words."""
    drawn = (
        line for one in paragraphs for line in comparisons(one.criteria) if line.name not in (TPP, DENSITY)
    )
    return tuple(
        dict.fromkeys(f"{line.metric.label} at least {line.printed}" for line in drawn if line.upward)
    )


def _part(tpp: float, density: float, is_for_data_centers: bool) -> Item:
    return Item(
        total_processing_performance=given(tpp),
        density=given(density),
        marketed_for_data_center=Truth.of(is_for_data_centers, "as drawn"),
    )
