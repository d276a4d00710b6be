"""The routes of one subject as SVG: chip releases, rule days and days of mention over one axis, and below each the open windows.

Takes assessments and a day; gives a drawing that stands in a page or, with its style in it, alone. Nothing rests on colour: an
open window is a full bar, an unknown one a dashed outline, a closed one a thin line, and a route that somebody tells of bears
the word in its name. A mention that is no use (a requirement) is a hollow mark.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from chipledger import __version__
from chipledger.apps.report.instruments import bands, rule_rows
from chipledger.apps.report.page import environment, part
from chipledger.apps.report.quotes import visible
from chipledger.apps.report.svg import element
from chipledger.catalogue.chip import chips
from chipledger.core.truth import Truth, Verdict
from chipledger.routes.kind import Route
from chipledger.routes.view import Assessment, RouteView, Standing

WIDTH_PX = 1150
_NAMES_PX, _RIGHT_PX = 352.0, 1128.0
_TOP_PX, _HEAD_PX, _ROW_PX, _FOOT_PX = 64.0, 46.0, 21.0, 30.0
_BAR_PX = {Verdict.YES: 10.0, Verdict.UNKNOWN: 9.0, Verdict.NO: 2.0}
_CLASS = {Verdict.YES: "open", Verdict.UNKNOWN: "unknown", Verdict.NO: "closed"}
_EARLIEST = date(2016, 1, 1)
_MOST_BLOCKS = 8
_LETTER_PX, _TITLE_CHARS = 6.6, 300


@dataclass(frozen=True, slots=True)
class Axis:
    """Days to pixels."""

    since: date
    until: date

    def x(self, day: date | None) -> float:
        """Where a day begins; what lies outside stands at the end."""
        inside = min(max(day or self.since, self.since), self.until)
        return _NAMES_PX + (inside - self.since).days * (_RIGHT_PX - _NAMES_PX) / max(
            (self.until - self.since).days, 1
        )


@dataclass(frozen=True, slots=True)
class RoutesChart:
    """The drawing, and the assessments that are in it."""

    title: str
    svg: Markup
    shown: tuple[Assessment, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class _Block:
    """Statements on one chip of one day and user: their windows are the same and are drawn once."""

    all: tuple[Assessment, ...]
    rows: tuple[RouteView, ...]

    @property
    def first(self) -> Assessment:
        return self.all[0]


def routes_chart(
    title: str, assessments: Sequence[Assessment], on: date, *, alone: bool = True
) -> RoutesChart:
    """The timeline of a subject's routes.

    Args:
        title: of the drawing.
        assessments: of its sightings; those without a day are not drawn, and of many the first are.
        on: the last day of the axis.
        alone: with its style in it, for a file of its own; a page brings the style itself.
    """
    blocks = _blocks(one for one in assessments if one.sighting.seen_on)
    left_out = sum(len(block.all) for block in blocks[_MOST_BLOCKS:]) + sum(
        not one.sighting.seen_on for one in assessments
    )
    blocks = blocks[:_MOST_BLOCKS]
    shown = tuple(block.first for block in blocks)
    axis = _axis(shown, on)
    height = _TOP_PX + sum(_HEAD_PX + len(block.rows) * _ROW_PX for block in blocks) + _FOOT_PX
    parts = [
        *([element("style", Markup(style()))] if alone else []),
        element("title", title),
        element("rect", class_="ground", x=0, y=0, width=WIDTH_PX, height=height),
        *_grid(axis, height),
        *_rules(shown, axis, on, height),
        *_drawn(blocks, axis),
    ]
    svg = element(
        "svg", *parts, xmlns="http://www.w3.org/2000/svg", class_="routes", role="img",
        viewBox=f"0 0 {WIDTH_PX} {height:.0f}", width=WIDTH_PX, height=height,
    )  # fmt: skip
    return RoutesChart(title, svg, shown, left_out)


def routes_page(made: RoutesChart, lines: Sequence[str]) -> str:
    """The drawing as a page of its own, with its windows as a table.

    Args:
        made: the chart, without its style in it.
        lines: what else is told, above the table.
    """
    return environment().get_template("routes.html").render(
        chart=made, lines=lines, style=part("style.css") + style(), version=__version__, windows=_windows(made.shown)
    )  # fmt: skip


@cache
def style() -> str:
    """The style of the chart."""
    return (files("chipledger.apps.report") / "routes.css").read_text("utf-8")


def _axis(shown: Sequence[Assessment], on: date) -> Axis:
    days = [day for one in shown for day in (_released(one), one.sighting.seen_on) if day]
    first = max(min([*days, on]), min(_EARLIEST, on))
    return Axis(date(first.year, 1, 1), max([on, *days]) + timedelta(days=30))


def _released(one: Assessment) -> date | None:
    days = [
        period.effective_from
        for id in one.sighting.chips
        if id in chips() and (period := chips()[id].released_period)
    ]
    return min((day for day in days if day), default=None)


def _blocks(dated: Iterable[Assessment]) -> list[_Block]:
    groups: dict[object, list[Assessment]] = {}
    for one in dated:
        seen = one.sighting
        groups.setdefault((seen.chips, seen.seen_on, seen.party, seen.destination), []).append(one)
    return [
        _Block(tuple(sorted(found, key=_uses_first)), tuple(_rows(found[0]))) for found in groups.values()
    ]


def _uses_first(one: Assessment) -> bool:
    return not one.sighting.purpose.is_use


def _rows(one: Assessment) -> list[RouteView]:
    """The routes that were not closed throughout, but for the one that is always there."""
    return [
        view
        for view in one.views
        if view.kind.id is not Route.UNKNOWN and view.standing is not Standing.CLOSED
    ]


def _grid(axis: Axis, height: float) -> Iterator[Markup]:
    for year in range(axis.since.year, axis.until.year + 1):
        x = axis.x(date(year, 1, 1))
        yield element("line", class_="year", x1=x, x2=x, y1=_TOP_PX - 12, y2=height - _FOOT_PX + 6)
        yield element("text", str(year), class_="tick", x=x + 3, y=height - 10)


def _rules(shown: Sequence[Assessment], axis: Axis, on: date, height: float) -> Iterator[Markup]:
    """The days on which rules and letters took effect, their references on as many lines as keep them apart."""
    country = shown[0].sighting.destination if shown else "CN"
    ends = [0.0, 0.0, 0.0]
    for band in bands(rule_rows(country, on), on):
        one = band.instrument
        day = one.effective_from or band.spans[0][0]
        if not axis.since <= day <= axis.until:
            continue
        x = axis.x(day)
        lane = next((place for place, end in enumerate(ends) if x > end), len(ends) - 1)
        ends[lane] = x + len(one.reference) * _LETTER_PX + 4
        told = element("title", f"{day}: {one.title} ({one.citation})")
        yield element(
            "line", told, class_="rule", x1=x, x2=x, y1=_TOP_PX - 40 + lane * 13, y2=height - _FOOT_PX + 6
        )
        yield element(
            "text", told, one.reference, class_="reference", x=x + 2, y=_TOP_PX - 42 + lane * 13 + 10
        )


def _drawn(blocks: Sequence[_Block], axis: Axis) -> Iterator[Markup]:
    top = _TOP_PX
    for block in blocks:
        yield from _head(block, top)
        for place, view in enumerate(block.rows):
            yield from _row(view, top + _HEAD_PX + place * _ROW_PX, axis)
        bottom = top + _HEAD_PX + len(block.rows) * _ROW_PX
        yield from _marks(block.first, top + _HEAD_PX - 14, bottom - 8, axis)
        top = bottom


def _head(block: _Block, top: float) -> Iterator[Markup]:
    seen = block.first.sighting
    said = dict.fromkeys(_stated(one) for one in block.all)
    yield element("line", class_="row", x1=0, x2=WIDTH_PX, y1=top + 4, y2=top + 4)
    yield element(
        "text",
        visible(f"{seen.chip}, seen {seen.seen_on}: {', '.join(said)}"),
        class_="head",
        x=8,
        y=top + 22,
    )


def _stated(one: Assessment) -> str:
    count = f" of {one.sighting.count:,}" if one.sighting.count else ""
    return f"{one.sighting.purpose.value.replace('_', ' ')}{count}"


def _row(view: RouteView, top: float, axis: Axis) -> Iterator[Markup]:
    told = view.standing in (Standing.DOCUMENTED, Standing.REPORTED)
    name = f"{view.kind.title} ({view.standing.value})" if told else view.kind.title
    yield element(
        "text", element("title", view.kind.says), name, class_="told" if told else "said", x=16, y=top + 4
    )
    for period, truth in view.timeline:
        x, end = axis.x(period.effective_from), axis.x(period.effective_until)
        yield _bar(
            view,
            truth,
            str(period.effective_from or "before"),
            str(period.effective_until or "on"),
            (x, end),
            top,
        )


def _bar(
    view: RouteView, truth: Truth, since: str, until: str, ends: tuple[float, float], top: float
) -> Markup:
    why = "; ".join(truth.reasons)[:_TITLE_CHARS]
    told = element("title", f"{view.kind.title}: {_IN_WORDS[truth.value]}, {since} until {until}\n{why}")
    thick = _BAR_PX[truth.value]
    return element("rect", told, class_=_CLASS[truth.value], x=ends[0], y=top - thick / 2, width=max(ends[1] - ends[0], 0.5), height=thick)  # fmt: skip


_IN_WORDS = {Verdict.YES: "open", Verdict.NO: "closed", Verdict.UNKNOWN: "unknown"}


def _marks(one: Assessment, top: float, bottom: float, axis: Axis) -> Iterator[Markup]:
    released, seen = _released(one), one.sighting
    if released and released >= axis.since:
        told = element("title", f"{seen.chip}: first sold {released}")
        yield element(
            "line", told, class_="release", x1=axis.x(released), x2=axis.x(released), y1=top - 4, y2=bottom
        )
    x = axis.x(seen.seen_on)
    kind = "seen" if seen.purpose.is_use else "seen context"
    said = element("title", visible(one.says))
    yield element("g", element("path", said, d=_diamond(x, top, 6)), class_=kind)
    for day in one.offer_days:
        if axis.since <= day <= axis.until:
            told = element("title", visible(f"{day}: {seen.chip} offered for rent; to whom is not known"))
            yield element(
                "g", element("path", told, class_="offer", d=_diamond(axis.x(day), top, 4)), class_="seen"
            )


def _diamond(x: float, y: float, r: float) -> str:
    return f"M{x - r:.1f} {y:.1f}L{x:.1f} {y - r:.1f}L{x + r:.1f} {y:.1f}L{x:.1f} {y + r:.1f}Z"


def _windows(shown: Iterable[Assessment]) -> list[dict[str, str]]:
    return [
        {"chip": one.sighting.chip, "purpose": one.sighting.purpose.value.replace("_", " "), "route": view.kind.title,
         "standing": view.standing.value, "since": str(period.effective_from or ""), "until": str(period.effective_until or ""),
         "open": _IN_WORDS[truth.value], "why": "; ".join(truth.reasons)}
        for one in shown
        for view in _rows(one)
        for period, truth in view.timeline
    ]  # fmt: skip
