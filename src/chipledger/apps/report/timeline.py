"""The timeline picture as SVG: rules as bands, chips as lines, mentions as points over one axis of days.

Takes bands and chip lines; gives two drawings of one height, the names and the plot, so that a narrow page can keep the
names in place while the plot scrolls. Nothing rests on colour alone: a needed licence is a thick line, none a thin one,
differing variants a hatched one, the unknown a dashed one; each shape of point has its own place above, on or below.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from chipledger.apps.report.endings import Ending, drawn
from chipledger.apps.report.instruments import Band
from chipledger.apps.report.lines import ChipLine, Point, Shape, Stretch
from chipledger.apps.report.quotes import visible
from chipledger.apps.report.summary import Answer
from chipledger.apps.report.svg import element
from chipledger.rules.instrument import Standing

NAMES_PX = 176
PLOT_PX = 976
DAYS_APART_PX = 15

_LEFT, _RIGHT = 8.0, 14.0
_AXIS_PX, _BAND_PX, _BAND_GAP_PX, _HEAD_PX = 26.0, 18.0, 4.0, 30.0
_LANE_PX, _ROW_PX = 14.0, 24.0
_LETTER_PX = 6.1  # of the small type, a little generous
_THICK_PX = {"needed": 9.0, "depends": 9.0, "free": 2.5, "unknown": 2.5}
_END_LABEL_PX = 112.0
_NAME_CHARS, _REASON_CHARS = 24, 300
_HATCHED = frozenset({Standing.NOT_ENFORCED, Standing.STAYED, Standing.UNKNOWN})
_EARLIEST = date(2012, 1, 1)  # a wrong day in a document must not stretch the axis


@dataclass(frozen=True, slots=True)
class Axis:
    """Days to pixels; the first day is a 1 January."""

    since: date
    until: date

    @property
    def px_per_day(self) -> float:
        """Pixels for one day."""
        return (PLOT_PX - _LEFT - _RIGHT) / ((self.until - self.since).days + 1)

    @property
    def days_apart(self) -> int:
        """How many days two points of one shape must be apart to stand side by side."""
        return max(1, round(DAYS_APART_PX / self.px_per_day))

    def x(self, day: date | None) -> float:
        """Where a day begins; what is before or after the axis stands at its end."""
        inside = min(max(day or self.since, self.since), date.fromordinal(self.until.toordinal() + 1))
        return _LEFT + (inside - self.since).days * self.px_per_day


@dataclass(frozen=True, slots=True)
class Picture:
    """The two drawings, and their height in pixels."""

    names: Markup
    plot: Markup
    height_px: int


def axis_of(days: Iterable[date], on: date) -> Axis:
    """The axis that shows these days and ends with the day of the report.

    >>> axis_of([date(2020, 5, 14), date(1980, 1, 1)], date(2026, 11, 1)).since
    datetime.date(2012, 1, 1)
    """
    first = max(min([*days, on]), min(_EARLIEST, on))
    return Axis(date(first.year, 1, 1), on)


def picture(bands: Sequence[Band], lines: Sequence[ChipLine], axis: Axis) -> Picture:
    """The timeline.

    Args:
        bands: of the rules, in the order in which they are drawn.
        lines: of the chips, in the order in which they are drawn.
        axis: of the days.
    """
    tops = _tops(bands, lines)
    bottom = tops[-1] if lines else _bands_bottom(bands) + 8
    height = bottom + _AXIS_PX
    marked = list(zip(lines, tops, strict=False))
    plot = [
        *_grid(axis, bottom),
        *_beginnings(bands, axis, bottom),
        *(part for place, band in enumerate(bands) for part in _band(band, place, axis)),
        *(part for line, top in marked for part in _line(line, top, axis)),
        *(_gone(ending, _middle(line, top), axis) for line, top in marked for ending in line.endings),
        *(_point(point, _middle(line, top), axis) for line, top in marked for point in line.points),
    ]
    return Picture(
        names=_drawing(NAMES_PX, height, "names", _names(bands, marked)),
        plot=_drawing(PLOT_PX, height, "plot", plot),
        height_px=round(height),
    )


def _drawing(width_px: float, height_px: float, style: str, inside: Iterable[Markup]) -> Markup:
    return element(
        "svg", *inside, class_=style, width=width_px, height=height_px,
        viewBox=f"0 0 {width_px:.0f} {height_px:.0f}", preserveAspectRatio="xMinYMin slice",
    )  # fmt: skip


def _bands_bottom(bands: Sequence[Band]) -> float:
    return _AXIS_PX + len(bands) * (_BAND_PX + _BAND_GAP_PX)


def _tops(bands: Sequence[Band], lines: Sequence[ChipLine]) -> list[float]:
    tops = [_bands_bottom(bands) + _HEAD_PX]
    for line in lines:
        tops.append(tops[-1] + _ROW_PX + _LANE_PX * len(_lanes(line)))
    return tops


def _lanes(line: ChipLine) -> set[Shape]:
    return {point.shape for point in line.points} - {Shape.USE}


def _middle(line: ChipLine, top: float) -> float:
    return top + _ROW_PX / 2 + (_LANE_PX if Shape.MENTION in _lanes(line) else 0)


def _names(bands: Sequence[Band], marked: Sequence[tuple[ChipLine, float]]) -> Iterator[Markup]:
    yield element("text", "Rules", class_="head", x=0, y=17)
    for place, band in enumerate(bands):
        baseline = _AXIS_PX + place * (_BAND_PX + _BAND_GAP_PX) + 13
        yield _name(
            f"{band.instrument.reference}  {band.instrument.citation}", band.instrument.title, baseline
        )
    if marked:
        yield element("text", "Chips", class_="head", x=0, y=marked[0][1] - 8)
    for line, top in marked:
        since = f"released {line.released}" if line.released else "day of release not recorded"
        yield _name(visible(line.chip), since, _middle(line, top) + 4)


def _name(words: str, title: str, baseline: float) -> Markup:
    short = words if len(words) <= _NAME_CHARS else words[: _NAME_CHARS - 1] + "…"
    told = element("title", title if short == words else f"{words}: {title}")
    return element("text", told, short, class_="name", x=0, y=baseline)


def _grid(axis: Axis, bottom: float) -> Iterator[Markup]:
    every = 1 + (axis.until.year - axis.since.year) // 14
    for year in range(axis.since.year, axis.until.year + 1):
        x = axis.x(date(year, 1, 1))
        yield element("line", class_="year", x1=x, x2=x, y1=_AXIS_PX - 4, y2=bottom)
        if (year - axis.since.year) % every == 0 and x < PLOT_PX - 46:
            yield element("text", str(year), class_="tick", x=x + 4, y=16)
            if x < PLOT_PX - _END_LABEL_PX:
                yield element("text", str(year), class_="tick", x=x + 4, y=bottom + 17)
    end = axis.x(date.fromordinal(axis.until.toordinal() + 1))
    yield element("line", class_="end", x1=end, x2=end, y1=_AXIS_PX - 4, y2=bottom)
    yield element("text", str(axis.until), class_="tick last", x=end, y=bottom + 17, text_anchor="end")


def _beginnings(bands: Sequence[Band], axis: Axis, bottom: float) -> Iterator[Markup]:
    for place, band in enumerate(bands):
        x = axis.x(band.instrument.effective_from or band.spans[0][0])
        top = _AXIS_PX + place * (_BAND_PX + _BAND_GAP_PX) + _BAND_PX
        yield element("line", class_="begins", x1=x, x2=x, y1=top, y2=bottom)


def _band(band: Band, place: int, axis: Axis) -> Iterator[Markup]:
    top = _AXIS_PX + place * (_BAND_PX + _BAND_GAP_PX)
    one = band.instrument
    parts = []
    for since, until, standing in band.spans:
        said = standing.value.replace("_", " ")
        told = element("title", f"{one.citation}: {one.title}\n{said} from {since} (to {_last(until)})")
        width = max(axis.x(until) - axis.x(since), 2)
        place_px = {"x": axis.x(since), "y": top, "width": width, "height": _BAND_PX, "rx": 2.0}
        parts.append(element("rect", told, class_=f"band {standing.value}", **place_px))
    words = _band_words(band, top + 13, axis)
    yield element("a", *parts, words, href=f"#r-{one.id}", class_="rule")


def _band_words(band: Band, baseline: float, axis: Axis) -> Markup:
    title = band.instrument.title
    start, end = axis.x(band.spans[0][0]), axis.x(band.spans[-1][1])
    needed = len(title) * _LETTER_PX
    if end - start >= needed + 10:
        is_hatched = any(standing in _HATCHED for _, _, standing in band.spans)
        return element(
            "text", title, class_="inside hatched" if is_hatched else "inside", x=start + 6, y=baseline
        )
    if start - needed - 6 > _LEFT:
        return element("text", title, class_="beside", x=start - 6, y=baseline, text_anchor="end")
    return element("text", title, class_="beside", x=end + 6, y=baseline)


def _last(until: date) -> date:
    return date.fromordinal(until.toordinal() - 1)


def _line(line: ChipLine, top: float, axis: Axis) -> Iterator[Markup]:
    middle = _middle(line, top)
    yield element("line", class_="row", x1=0, x2=PLOT_PX, y1=top, y2=top)
    if not line.stretches:
        yield _stretch(
            line, Stretch(None, axis.until, Answer.UNKNOWN, ("not in the catalogue",)), middle, axis
        )
    for stretch in line.stretches:
        yield _stretch(line, stretch, middle, axis)
    if line.released and line.released >= axis.since:
        x = axis.x(line.released)
        told = element("title", f"{line.chip}: released {line.released}")
        yield element("line", told, class_="release", x1=x, x2=x, y1=middle - 7, y2=middle + 7)


def _stretch(line: ChipLine, stretch: Stretch, middle: float, axis: Axis) -> Markup:
    thick = _THICK_PX[stretch.answer.value]
    since = stretch.effective_from or "before"
    why = "; ".join(stretch.basis)
    why = why if len(why) <= _REASON_CHARS else why[:_REASON_CHARS] + "…"
    told = f"{line.chip}: {stretch.answer.of_a_day}\n{since} to {_last(stretch.effective_until)}"
    x, end = axis.x(stretch.effective_from), axis.x(stretch.effective_until)
    return element(
        "rect", element("title", f"{told}\n{why}" if why else told), class_=f"days {stretch.answer.value}",
        x=x, y=middle - thick / 2, width=max(end - x, 0.5), height=thick,
    )  # fmt: skip


def _gone(ending: Ending, middle: float, axis: Axis) -> Markup:
    return drawn(axis.x(ending.since) if ending.since else None, axis.x(ending.day), middle, ending)


_LANES_PX = {Shape.USE: 0.0, Shape.MENTION: -_LANE_PX - 1, Shape.REQUIREMENT: _LANE_PX + 1}


def _point(point: Point, middle: float, axis: Axis) -> Markup:
    x, y = axis.x(point.day), middle + _LANES_PX[point.shape]
    inside = [element("title", point.title), mark(point.shape, x, y, point.count)]
    if point.count > 1:
        inside.append(
            element("text", str(point.count), class_="number", x=x, y=y + 3.5, text_anchor="middle")
        )
    return element("a", *inside, href=f"#q-{point.quote_id}", class_=f"point {point.shape.value}")


def mark(shape: Shape, x: float, y: float, count: int = 1) -> Markup:
    """The mark of a shape: a disc for use, a hollow diamond for a requirement, a small dot for a mention.

    Args:
        shape: what it stands for.
        x: of the middle, in pixels.
        y: of the middle, in pixels.
        count: of findings; several make it wide enough for their number.
    """
    several = count > 1
    match shape:
        case Shape.REQUIREMENT:
            r = 8.5 if several else 5.5
            return element(
                "path", d=f"M{x - r:.1f} {y:.1f}L{x:.1f} {y - r:.1f}L{x + r:.1f} {y:.1f}L{x:.1f} {y + r:.1f}Z"
            )
        case Shape.MENTION:
            return element("circle", cx=x, cy=y, r=8.0 if several else 3.5)
        case Shape.USE:
            return element("circle", cx=x, cy=y, r=(8.0 if count < 100 else 10.5) if several else 5.5)
