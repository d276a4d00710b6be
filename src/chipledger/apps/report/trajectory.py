"""A benchmark's trajectories as SVG: days across, the rate up, a band for the threshold, a line a model with its intervals.

Takes the runs of each model, and figures that others published; gives one drawing. Nothing rests on colour: each model that was run
has its mark and its name at its last point, and a run that crossed wears a ring; a published figure is a small hollow dot, named where it
was the best when it came.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from markupsafe import Markup

from chipledger.apps.report.labels import Anchor, Box, placed
from chipledger.apps.report.quotes import visible
from chipledger.apps.report.svg import element

WIDTH_PX, HEIGHT_PX = 720, 260
MOST_MODELS = 6
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 560.0, 14.0, 226.0
_MARK_PX = 4.5
_WHISKER_PX = 3.0
_FIGURE_PX = 3.0
_NAME_CHARS = 24
_MARKS = ("disc", "square", "diamond", "triangle", "cross", "bar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A rate on a day with its interval.

    Args:
        on: the day.
        rate: between 0 and 1.
        low: lower bound, None where no interval can be had.
        high: upper bound.
        crossed: the run with which the threshold was crossed.
        title: what a pointer over it tells.
    """

    on: date
    rate: float
    low: float | None = None
    high: float | None = None
    crossed: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """The points of one model, oldest first; at least one."""

    model: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    since: date
    until: date

    def x(self, day: date) -> float:
        days = max((self.until - self.since).days, 1)
        return _LEFT + 14 + (day - self.since).days / days * (_RIGHT - _LEFT - 28)


def trajectory(
    lines: Sequence[Line], figures: Sequence[Line], threshold: tuple[float, float, float], title: str
) -> Markup:
    """The drawing of one benchmark.

    Args:
        lines: the runs of each model, those to be named first coming first; no more than MOST_MODELS are drawn.
        figures: what others published of each model.
        threshold: low, value and high.
        title: read out in place of the picture.
    """
    shown = lines[:MOST_MODELS]
    days = [point.on for line in (*shown, *figures) for point in line.points]
    axis = _Axis(min(days), max(days)) if days else _Axis(date(2026, 1, 1), date(2026, 1, 1))
    parts = [
        element("title", title),
        *_grid(axis, bool(days)),
        *_threshold(threshold),
        *(_figure(point, axis) for line in figures for point in line.points),
        *(part for number, line in enumerate(shown) for part in _line(line, _MARKS[number], axis)),
        *_names([*shown, *_best_when_they_came(figures)], axis),
    ]
    return element(
        "svg", *parts, xmlns="http://www.w3.org/2000/svg", class_="trajectory", role="img",
        viewBox=f"0 0 {WIDTH_PX} {HEIGHT_PX}", width=WIDTH_PX, height=HEIGHT_PX,
    )  # fmt: skip


def _best_when_they_came(figures: Sequence[Line]) -> list[Line]:
    """The models whose figure was the best so far, newest first: each with that point alone."""
    best, found = -1.0, list[Line]()
    for _, rate, model, point in sorted(
        ((point.on, -point.rate, line.model, point) for line in figures for point in line.points),
        key=lambda one: one[:3],
    ):
        if -rate > best:
            best = -rate
            found.append(Line(model, (point,)))
    return found[::-1]


def _y(rate: float) -> float:
    return _BOTTOM - min(max(rate, 0.0), 1.0) * (_BOTTOM - _TOP)


def _grid(axis: _Axis, has_days: bool) -> Iterator[Markup]:
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        yield element("line", class_="grid", x1=_LEFT, x2=_RIGHT, y1=_y(share), y2=_y(share))
        yield element("text", f"{share:.0%}", class_="tick", x=_LEFT - 6, y=_y(share) + 4, text_anchor="end")
    if has_days:
        yield element(
            "text", str(axis.since), class_="tick", x=_LEFT + 14, y=_BOTTOM + 18, text_anchor="start"
        )
        if axis.until != axis.since:
            yield element(
                "text", str(axis.until), class_="tick", x=_RIGHT - 14, y=_BOTTOM + 18, text_anchor="end"
            )


def _threshold(threshold: tuple[float, float, float]) -> Iterator[Markup]:
    low, value, high = threshold
    told = element("title", f"threshold {value:g}; its origin leaves room from {low:g} to {high:g}")
    height = max(_y(low) - _y(high), 1.0)
    yield element("rect", told, class_="room", x=_LEFT, y=_y(high), width=_RIGHT - _LEFT, height=height)
    yield element("line", class_="threshold", x1=_LEFT, x2=_RIGHT, y1=_y(value), y2=_y(value))
    yield element("text", "threshold", class_="tick", x=_LEFT + 4, y=_y(value) - 4)


def _line(line: Line, shape: str, axis: _Axis) -> Iterator[Markup]:
    for before, after in pairwise(line.points):
        yield element(
            "line",
            class_="path",
            x1=axis.x(before.on),
            y1=_y(before.rate),
            x2=axis.x(after.on),
            y2=_y(after.rate),
        )
    for point in line.points:
        yield _point(point, shape, axis)


def _figure(point: Point, axis: _Axis) -> Markup:
    dot = element("circle", class_="mark", cx=axis.x(point.on), cy=_y(point.rate), r=_FIGURE_PX)
    return element("g", element("title", point.title), *_whiskers(point, axis), dot, class_="run published")


def _whiskers(point: Point, axis: _Axis) -> Iterator[Markup]:
    if point.low is None or point.high is None:
        return
    x, low, high = axis.x(point.on), _y(point.low), _y(point.high)
    yield element("line", class_="whisker", x1=x, x2=x, y1=low, y2=high)
    for end in (low, high):
        yield element("line", class_="whisker", x1=x - _WHISKER_PX, x2=x + _WHISKER_PX, y1=end, y2=end)


def _point(point: Point, shape: str, axis: _Axis) -> Markup:
    x, y = axis.x(point.on), _y(point.rate)
    ring = [element("circle", class_="ring", cx=x, cy=y, r=_MARK_PX + 4)] if point.crossed else []
    return element(
        "g", element("title", point.title), *_whiskers(point, axis), *ring, _mark(shape, x, y), class_="run"
    )


def _mark(shape: str, x: float, y: float) -> Markup:
    r = _MARK_PX
    match shape:
        case "disc":
            return element("circle", class_="mark", cx=x, cy=y, r=r)
        case "square":
            return element("rect", class_="mark", x=x - r, y=y - r, width=2 * r, height=2 * r)
        case "diamond":
            drawn = f"M{x - r - 1:.1f} {y:.1f}L{x:.1f} {y - r - 1:.1f}L{x + r + 1:.1f} {y:.1f}L{x:.1f} {y + r + 1:.1f}Z"
        case "triangle":
            drawn = f"M{x - r:.1f} {y + r:.1f}L{x:.1f} {y - r:.1f}L{x + r:.1f} {y + r:.1f}Z"
        case "cross":
            drawn = f"M{x - r:.1f} {y - r:.1f}L{x + r:.1f} {y + r:.1f}M{x - r:.1f} {y + r:.1f}L{x + r:.1f} {y - r:.1f}"
        case _:
            drawn = f"M{x - r:.1f} {y:.1f}L{x + r:.1f} {y:.1f}"
    return element("path", class_="mark", d=drawn)


def _names(shown: Sequence[Line], axis: _Axis) -> Iterator[Markup]:
    anchors = [
        Anchor(axis.x(line.points[-1].on), _y(line.points[-1].rate), _short(line.model)) for line in shown
    ]
    for label in placed(anchors, Box(_LEFT, 2, WIDTH_PX - 2, _BOTTOM + 6)):
        if label is None:
            continue
        if label.has_leader:
            x, y = label.end
            yield element("line", class_="leader", x1=label.anchor.x, y1=label.anchor.y, x2=x, y2=y)
        side = "end" if label.is_before else "start"
        yield element("text", label.anchor.words, class_="model", x=label.x, y=label.y, text_anchor=side)


def _short(model: str) -> str:
    """A model's name without its variant, cut where it is long."""
    name = visible(model.partition(" (")[0])
    return name if len(name) <= _NAME_CHARS else name[: _NAME_CHARS - 1] + "…"
