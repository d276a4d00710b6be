"""The threshold chart as SVG: performance across, performance density up, both by powers of ten; classes as areas, chips as points.

Takes a day and chips; gives a Chart that stands in a page of the report or, with its style in it, alone. Nothing rests on
colour: areas bear their names, what holds only for parts made for data centres is hatched, and each kind of chip has its shape.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import groupby

from markupsafe import Markup

from chipledger.apps.report.labels import Anchor, Box, Label, around, placed
from chipledger.apps.report.quotes import visible
from chipledger.apps.report.regions import DENSITY, TPP, Cell, Drawing, cells, lines
from chipledger.apps.report.svg import element
from chipledger.catalogue.chip import Chip, chips
from chipledger.rules.classify import classify
from chipledger.rules.item import Quantity, item_of

WIDTH_PX, HEIGHT_PX = 1150, 800
_LEFT, _RIGHT, _TOP, _BOTTOM = 72.0, 1080.0, 52.0, 690.0
_PLOT = Box(_LEFT, _TOP, _RIGHT, _BOTTOM)
_SAME_POINT_PX = 5.0
_BESIDE_PX = 9.0
_MOST_NAMES = 4
_ROOM = 1.35
"""How much of the axis lies beyond the outermost point or line."""
_FAR_BELOW = 4.0
"""A chip that many times below the lowest line is not worth showing unless asked for."""
_PREFIX = re.compile(r"^(GeForce|Tesla|Radeon Instinct|Instinct|Radeon|Data Center GPU)\s+")
_SUFFIX = re.compile(r"\s+(SXM\d?|PCIe|NVL|OAM|\d+GB|Generation|Blackwell Workstation|Grace Hopper|\().*$")


@dataclass(frozen=True, slots=True)
class Axis:
    """A figure to pixels, by powers of ten."""

    least: float
    most: float
    from_px: float
    until_px: float

    def px(self, value: float) -> float:
        """Where a value stands; what lies beyond stands at the end."""
        inside = min(max(value, self.least), self.most)
        share = math.log(inside / self.least) / math.log(self.most / self.least)
        return self.from_px + share * (self.until_px - self.from_px)

    @property
    def ticks(self) -> list[float]:
        """1, 2 and 5 of each power of ten inside."""
        powers = range(math.floor(math.log10(self.least)), math.ceil(math.log10(self.most)) + 1)
        return [
            step * 10.0**power
            for power in powers
            for step in (1, 2, 5)
            if self.least <= step * 10.0**power <= self.most
        ]


@dataclass(frozen=True, slots=True)
class Point:
    """A chip by its two figures."""

    chip: Chip
    tpp: Quantity
    density: Quantity

    @property
    def shape(self) -> str:
        """The name of its mark: made for China, for data centres, or for neither."""
        return (
            "china" if self.chip.china_variant else "center" if self.chip.market == "data centre" else "other"
        )

    @property
    def is_sure(self) -> bool:
        """Whether both figures may decide something."""
        return (
            self.tpp.grade.decides
            and self.density.grade.decides
            and not (self.tpp.floor or self.density.floor)
        )


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing, and what it does not show."""

    svg: Markup
    points: tuple[Point, ...]
    without_density: tuple[Chip, ...]


def chart(shown: Sequence[Chip], on: date, *, alone: bool = True) -> Chart:
    """The threshold chart of a day.

    Args:
        shown: the chips; the first get their labels first.
        on: the day whose text draws the areas.
        alone: with its style in it, for a file of its own; a page brings the style itself.

    >>> from chipledger.catalogue.chip import chip
    >>> made = chart([chip("nvidia-h20")], date(2024, 3, 1))
    >>> "3A090.b" in made.svg, "H20" in made.svg
    (True, True)
    """
    points, without = _points(shown)
    drawn = lines(on)
    horizontal, vertical = (
        _axis(TPP, points, drawn, _LEFT, _RIGHT),
        _axis(DENSITY, points, drawn, _BOTTOM, _TOP),
    )
    heads = list(_area_names(cells(on), horizontal, vertical))
    parts = [
        *([element("style", Markup(style()))] if alone else []),
        element("title", f"Performance and performance density beside the lines of {on}"),
        _patterns(),
        element("rect", class_="ground", x=0, y=0, width=WIDTH_PX, height=HEIGHT_PX),
        *_areas(cells(on), horizontal, vertical),
        *_axes(horizontal, vertical),
        *_rulers(drawn, horizontal, vertical),
        *(element("text", words, class_="area", x=box.left, y=box.bottom - 4) for words, box in heads),
        *_marks(points, horizontal, vertical, [box for _, box in heads], on),
        *_legend(cells(on)),
    ]
    svg = element(
        "svg", *parts, xmlns="http://www.w3.org/2000/svg", class_="thresholds", role="img",
        viewBox=f"0 0 {WIDTH_PX} {HEIGHT_PX}", width=WIDTH_PX, height=HEIGHT_PX,
    )  # fmt: skip
    return Chart(svg, points, without)


def worth_showing(on: date) -> list[Chip]:
    """The chips of the catalogue whose performance may be relied on and lies not far below the lowest line of the day.

    Those made for China come first, then those for data centres.
    """
    lowest = min((line.at for line in lines(on) if line.figure == TPP), default=0.0) / _FAR_BELOW
    kept = [
        one.chip for one in _points(chips().values())[0] if one.tpp.grade.decides and one.tpp.value >= lowest
    ]
    return sorted(kept, key=lambda chip: (not chip.china_variant, chip.market != "data centre", chip.id))


@cache
def style() -> str:
    """The style of the chart, light and dark."""
    return (files("chipledger.apps.report") / "chart.css").read_text(encoding="utf-8")


def _points(shown: Iterable[Chip]) -> tuple[tuple[Point, ...], tuple[Chip, ...]]:
    points, without = [], []
    for chip in dict.fromkeys(shown):
        item = item_of(chip)
        tpp, density = item.total_processing_performance, item.performance_density
        if tpp and density and tpp.value > 0 and density.value > 0:
            points.append(Point(chip, tpp, density))
        else:
            without.append(chip)
    return tuple(points), tuple(without)


def _axis(
    figure: str, points: Sequence[Point], drawn: Sequence[Drawing], from_px: float, until_px: float
) -> Axis:
    """An axis that holds every line and every point, with room."""
    at = [line.at for line in drawn if line.figure == figure] or [1.0]
    values = [one.tpp.value if figure == TPP else one.density.value for one in points]
    return Axis(min([*at, *values]) / _ROOM, max([*at, *values]) * _ROOM, from_px, until_px)


def _patterns() -> Markup:
    hatches = (
        element(
            "pattern",
            element("rect", class_=f"{name} soft", width=7, height=7),
            element("rect", class_=f"{name} full", width=1.6, height=7),
            id=f"hatch-{name}", width=7, height=7, patternUnits="userSpaceOnUse", patternTransform="rotate(45)",
        )
        for name in ("upper", "lower", "only")
    )  # fmt: skip
    return element("defs", *hatches)


def _style_of(control: str, all_controls: Sequence[str]) -> str:
    """The class first in the text is the upper one."""
    return "upper" if control == all_controls[0] else "lower"


def _areas(found: Sequence[Cell], across: Axis, up: Axis) -> Iterator[Markup]:
    order = list(dict.fromkeys(sorted(cell.control for cell in found)))
    keyed = sorted(found, key=lambda cell: (cell.control, cell.is_for_all, cell.also_asks != ()))
    for (control, is_for_all, asks_more), group in groupby(
        keyed, key=lambda cell: (cell.control, cell.is_for_all, cell.also_asks != ())
    ):
        path = "".join(_rectangle(cell, across, up) for cell in group)
        name = _style_of(control, order)
        fill = "url(#hatch-only)" if asks_more else None if is_for_all else f"url(#hatch-{name})"
        yield element("path", d=path, class_=f"cell {name}", fill=fill)


def _rectangle(cell: Cell, across: Axis, up: Axis) -> str:
    left, right = across.px(cell.tpp_from or across.least), across.px(cell.tpp_until or across.most)
    bottom, top = up.px(cell.density_from or up.least), up.px(cell.density_until or up.most)
    return f"M{left:.1f} {top:.1f}H{right:.1f}V{bottom:.1f}H{left:.1f}Z"


def _area_names(found: Sequence[Cell], across: Axis, up: Axis) -> Iterator[tuple[str, Box]]:
    """The name of each class in the top left corner of its largest rectangle."""
    for control in dict.fromkeys(cell.control for cell in found):
        largest = max(
            (cell for cell in found if cell.control == control), key=lambda cell: _size(cell, across, up)
        )
        x = across.px(largest.tpp_from or across.least) + 9
        top = up.px(largest.density_until or up.most) + 7
        words = control + "".join(f", with {one}" for one in largest.also_asks)
        yield words, Box(x, top, x + len(words) * 10, top + 20)


def _size(cell: Cell, across: Axis, up: Axis) -> float:
    width = across.px(cell.tpp_until or across.most) - across.px(cell.tpp_from or across.least)
    return width * (up.px(cell.density_from or up.least) - up.px(cell.density_until or up.most))


def _axes(across: Axis, up: Axis) -> Iterator[Markup]:
    yield element("rect", class_="frame", x=_LEFT, y=_TOP, width=_RIGHT - _LEFT, height=_BOTTOM - _TOP)
    for value in across.ticks:
        yield element(
            "line", class_="tick", x1=across.px(value), x2=across.px(value), y1=_BOTTOM, y2=_BOTTOM + 5
        )
        yield element(
            "text", f"{value:,.0f}", class_="tick", x=across.px(value), y=_BOTTOM + 19, text_anchor="middle"
        )
    for value in up.ticks:
        yield element("line", class_="tick", x1=_LEFT - 5, x2=_LEFT, y1=up.px(value), y2=up.px(value))
        yield element("text", f"{value:g}", class_="tick", x=_LEFT - 9, y=up.px(value) + 4, text_anchor="end")
    yield element(
        "text",
        "total processing performance (TPP)",
        class_="axis",
        x=(_LEFT + _RIGHT) / 2,
        y=_BOTTOM + 40,
        text_anchor="middle",
    )
    x, y = 18.0, (_TOP + _BOTTOM) / 2
    yield element(
        "text", "performance density (TPP per mm²)", class_="axis", x=x, y=y, text_anchor="middle",
        transform=f"rotate(-90 {x:.0f} {y:.0f})",
    )  # fmt: skip


def _rulers(drawn: Sequence[Drawing], across: Axis, up: Axis) -> Iterator[Markup]:
    last = -math.inf
    for line in drawn:
        told = element("title", f"{line.at:,g}: {'; '.join(line.names)}")
        kind = "line" if line.is_of_the_day else "line past"
        if line.figure == TPP:
            x = across.px(line.at)
            yield element("line", told, class_=kind, x1=x, x2=x, y1=_TOP, y2=_BOTTOM)
            if x - last > 40:
                yield element("text", f"{line.at:,g}", class_="value", x=x, y=_TOP - 22, text_anchor="middle")
                yield element("text", _in_brief(line), class_="drawn", x=x, y=_TOP - 8, text_anchor="middle")
                last = x
        else:
            y = up.px(line.at)
            yield element("line", told, class_=kind, x1=_LEFT, x2=_RIGHT, y1=y, y2=y)
            yield element("text", f"{line.at:g}", class_="value", x=_RIGHT + 7, y=y + 4)
            yield element("text", _in_brief(line), class_="drawn", x=_RIGHT + 7, y=y + 18)


def _in_brief(line: Drawing) -> str:
    """What draws a line, short: "a.1" of one entry, "case-by-case" of a review, the year of a text of another day."""
    if not line.is_of_the_day:
        return next(iter(re.findall(r"from (\d{4})", line.names[0])), "")
    return ", ".join(dict.fromkeys(name.partition(" ")[0].removeprefix("3A090.") for name in line.names))


@dataclass(frozen=True, slots=True)
class _Cluster:
    """Chips whose points would hide one another."""

    x: float
    y: float
    points: tuple[Point, ...]

    @property
    def marks(self) -> list[tuple[str, float]]:
        """The shapes of its chips, each once, and where they stand: side by side, the first on the point."""
        shapes = dict.fromkeys(one.shape for one in self.points)
        return [(name, self.x + _BESIDE_PX * place) for place, name in enumerate(shapes)]

    @property
    def words(self) -> str:
        """The names of its chips, the first few of them."""
        names = list(dict.fromkeys(short_name(one.chip) for one in self.points))
        more = len(names) - _MOST_NAMES
        return ", ".join(names[:_MOST_NAMES]) + (f" +{more}" if more > 0 else "")


def short_name(chip: Chip) -> str:
    """A chip's name without maker's line, form and memory.

    >>> from chipledger.catalogue.chip import chip
    >>> [short_name(chip(one)) for one in ("nvidia-a100-sxm-80", "nvidia-rtx-4090d", "amd-mi300x")]
    ['A100', 'RTX 4090 D', 'MI300X']
    """
    return _SUFFIX.sub("", _PREFIX.sub("", visible(chip.name)))


def _marks(points: Sequence[Point], across: Axis, up: Axis, taken: list[Box], on: date) -> Iterator[Markup]:
    clusters = _clusters(points, across, up)
    anchors = [Anchor(one.x, one.y, one.words) for one in clusters]
    taken = [*taken, *(around(x, one.y, 5.0) for one in clusters for _, x in one.marks[1:])]
    labels = placed(anchors, Box(_LEFT + 4, _TOP + 4, _RIGHT - 4, _BOTTOM - 4), taken)
    for label in labels:
        if label and label.has_leader:
            x, y = label.end
            yield element("line", class_="leader", x1=label.anchor.x, y1=label.anchor.y, x2=x, y2=y)
    for cluster, label in zip(clusters, labels, strict=True):
        yield _mark(cluster, label, on)


def _mark(cluster: _Cluster, label: Label | None, on: date) -> Markup:
    """The marks of a cluster; it is unsure where none of its chips is sure, and bold where one was made for China."""
    told = element("title", "\n".join(_told(point, on) for point in cluster.points))
    marks = (element("g", shape(name, x, cluster.y), class_=name) for name, x in cluster.marks)
    words = []
    if label:
        side = "end" if label.is_before else None
        strong = "chip strong" if any(name == "china" for name, _ in cluster.marks) else "chip"
        words.append(element("text", cluster.words, class_=strong, x=label.x, y=label.y, text_anchor=side))
    is_sure = any(point.is_sure for point in cluster.points)
    return element("g", told, *marks, *words, class_="point" if is_sure else "point unsure")


def _told(point: Point, on: date) -> str:
    figures = f"TPP {point.tpp.value:,.0f}, density {point.density.value:.3g}"
    return f"{visible(point.chip.vendor)} {visible(point.chip.name)}: {figures}; {met_in_words(point, on)}"


def met_in_words(point: Point, on: date) -> str:
    """The paragraphs that the chip meets on the day, in words where there are none."""
    found = classify(item_of(point.chip), on)
    return ", ".join(found.ic) or {"no": "no paragraph", "unknown": "not decided"}[found.truth.value.value]


def shape(name: str, x: float, y: float) -> Markup:
    """The mark of a kind of chip: a disc for data centres, a diamond for China, an open square for neither."""
    match name:
        case "china":
            return element(
                "path", d=f"M{x - 6:.1f} {y:.1f}L{x:.1f} {y - 6:.1f}L{x + 6:.1f} {y:.1f}L{x:.1f} {y + 6:.1f}Z"
            )
        case "center":
            return element("circle", cx=x, cy=y, r=4.4)
    return element("rect", x=x - 4, y=y - 4, width=8, height=8)


def _clusters(points: Sequence[Point], across: Axis, up: Axis) -> list[_Cluster]:
    clusters: list[_Cluster] = []
    for one in points:
        x, y = across.px(one.tpp.value), up.px(one.density.value)
        near = next((at for at, other in enumerate(clusters) if _is_same(other, one, x, y)), None)
        if near is None:
            clusters.append(_Cluster(x, y, (one,)))
        else:
            clusters[near] = _Cluster(clusters[near].x, clusters[near].y, (*clusters[near].points, one))
    return clusters


def _is_same(cluster: _Cluster, one: Point, x: float, y: float) -> bool:
    return around(cluster.x, cluster.y, _SAME_POINT_PX / 2).meets(around(x, y, _SAME_POINT_PX / 2))


_SHAPES = (("center", "for data centres"), ("china", "made or cut for China"), ("other", "for neither"))


def _legend(found: Sequence[Cell]) -> Iterator[Markup]:
    x, y = _LEFT, HEIGHT_PX - 38.0
    for name, words in _SHAPES:
        yield element("g", element("g", shape(name, x + 6, y - 4), class_=name), class_="point")
        yield element("text", words, class_="key", x=x + 17, y=y)
        x += 40 + len(words) * 6.4
    yield element("g", element("g", shape("center", x + 6, y - 4), class_="center"), class_="point unsure")
    yield element("text", "a figure only recalled, or a floor", class_="key", x=x + 17, y=y)
    x, y = _LEFT, y + 20
    order = list(dict.fromkeys(sorted(cell.control for cell in found)))
    kinds = dict.fromkeys((cell.control, cell.is_for_all, cell.also_asks != ()) for cell in found)
    for control, is_for_all, asks_more in sorted(kinds):
        name = _style_of(control, order)
        fill = "url(#hatch-only)" if asks_more else None if is_for_all else f"url(#hatch-{name})"
        words = (
            f"{control}, if more is met"
            if asks_more
            else f"{control}" + ("" if is_for_all else ", only for data centres")
        )
        yield element("rect", class_=f"cell {name}", fill=fill, x=x, y=y - 11, width=24, height=13)
        yield element("text", words, class_="key", x=x + 31, y=y)
        x += 52 + len(words) * 6.4
