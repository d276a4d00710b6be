"""What a restriction costs as SVG: chips side by side, what techniques win back, and what a threshold buys.

Takes the answers of `perf` (compare, waterfall, policy); gives one drawing each. Nothing rests on colour: every bar is named and numbered, an
interval is a whisker, and a chip that cannot do the job says so in words. Axes of factors are logarithmic, so that twice as slow and twice as
quick are equally far from the middle.
"""

from collections.abc import Sequence
from math import log10

from markupsafe import Markup

from chipledger.apps.report.quotes import visible
from chipledger.apps.report.svg import element
from chipledger.perf.compare import Case
from chipledger.perf.policy import UNITS, Sweep
from chipledger.perf.waterfall import Waterfall

WIDTH_PX = 720
_LEFT, _RIGHT = 170.0, 600.0
_ROW_PX = 34.0
_TOP = 46.0
_BAR_PX = 14.0
_INK, _FILL, _OTHER, _QUIET = "#1a1a1a", "#3b6ea5", "#c9d6e4", "#666"


def compared(model: str, cases: Sequence[Case]) -> Markup:
    """Chip-hours of one job by chip, with 80 % intervals.

    Args:
        model: its name.
        cases: of `compare`.
    """
    done = [one for one in cases if one.best is not None]
    most = max((one.best.run.high_chip_hours for one in done if one.best), default=1.0)
    rows = []
    for place, one in enumerate(cases):
        y = _TOP + place * _ROW_PX
        name = f"{one.chips:,} x {one.cluster}" if one.chips else one.cluster
        rows.append(_name(name, y))
        if one.best is None:
            rows.append(_words(visible(one.reason or "cannot be done")[:84], _LEFT, y, _QUIET))
            continue
        run = one.best.run
        rows += [
            _bar(_LEFT, _at(run.chip_hours, most), y, _FILL),
            _whisker(_at(run.low_chip_hours, most), _at(run.high_chip_hours, most), y),
            _words(
                f"{_short(run.chip_hours)} h, {run.days:.3g} d", _at(run.high_chip_hours, most) + 6, y, _INK
            ),
        ]
    return _drawing(f"{model}: chip-hours of the same run, 80 % intervals", rows, len(cases))


def fallen(model: str, found: Waterfall) -> Markup:
    """What each technique saves on both chips, and what it wins back.

    Args:
        model: its name.
        found: of `waterfall`.
    """
    factors = [one.high for one in found.steps] + [one.other_factor for one in found.steps]
    most = max(max(factors, default=1.0), 2.0)
    rows = []
    for place, one in enumerate(found.steps):
        y = _TOP + place * _ROW_PX
        rows += [
            _name(one.technique.value, y),
            _bar(_log_at(1.0, most), _log_at(one.factor, most), y - 4, _FILL, height=9.0),
            _whisker(_log_at(one.low, most), _log_at(one.high, most), y - 4),
            _bar(_log_at(1.0, most), _log_at(one.other_factor, most), y + 7, _OTHER, height=7.0),
            _words(
                f"wins back x {one.relative:.2f} ({one.low_relative:.2f}–{one.high_relative:.2f})",
                _RIGHT - 40,
                y,
                _INK,
            ),
        ]
    title = f"{model}: chip-hours saved by technique, dark on {found.chip}, light on {found.other}; mean over all orders"
    foot = f"{found.chip} over {found.other}: x {found.bare_ratio:.2f} with none, x {found.full_ratio:.2f} with all"
    return _drawing(title, rows, len(found.steps), foot)


def swept(model: str, found: Sweep) -> Markup:
    """Chip-hours over those of the uncut chip, as a threshold falls.

    Args:
        model: its name.
        found: of `policy`.
    """
    left, right, top, bottom = 70.0, 690.0, 50.0, 280.0
    thresholds = [one.threshold for one in found.points]
    most = max(max(one.high for one in found.points), 1.5)
    low, high = log10(min(thresholds)), log10(max(thresholds))

    def x(value: float) -> float:
        return left if high == low else left + (log10(value) - low) / (high - low) * (right - left)

    def y(value: float) -> float:
        return bottom - (max(value, 0.5) - 0.5) / (most - 0.5) * (bottom - top)

    band = [f"{x(one.threshold):.1f},{y(one.high):.1f}" for one in found.points]
    band += [f"{x(one.threshold):.1f},{y(one.low):.1f}" for one in reversed(found.points)]
    line = " ".join(f"{x(one.threshold):.1f},{y(one.ratio):.1f}" for one in found.points)
    marks = [element("polygon", points=" ".join(band), fill=_OTHER)]
    marks.append(element("polyline", points=line, fill="none", stroke=_FILL, stroke_width="2"))
    marks.append(
        element("line", x1=left, y1=y(1.0), x2=right, y2=y(1.0), stroke=_QUIET, stroke_dasharray="3 3")
    )
    for one in found.points:
        title = f"{one.threshold:,.4g} {UNITS[found.axis]}: x {one.ratio:.2f}, {_short(one.chip_hours)} chip-hours"
        dot = element(
            "circle", element("title", title), cx=x(one.threshold), cy=y(one.ratio), r=3.0, fill=_FILL
        )
        marks += [dot, _words(f"x {one.ratio:.2f}", x(one.threshold) - 14, y(one.ratio) - 12, _INK)]
    for place, one in enumerate(found.points):
        if place % max(1, len(found.points) // 6) == 0 or place == len(found.points) - 1:
            marks.append(_words(f"{one.threshold:,.3g}", x(one.threshold) - 16, bottom + 18, _QUIET))
    title = f"{model} on {found.chips:,} x {found.cluster}: chip-hours over the uncut chip"
    heading = element("text", title, x=10, y=20, font_size="14", font_weight="600", fill=_INK)
    foot = _words(
        f"threshold in {UNITS[found.axis]} (uncut {found.uncut:,.4g}); band: 80 %", left, bottom + 40, _QUIET
    )
    return _framed([heading, *marks, foot], 330.0, title)


def _drawing(title: str, rows: Sequence[Markup], count: int, foot: str = "") -> Markup:
    height = _TOP + count * _ROW_PX + 24.0
    heading = element("text", title, x=10, y=20, font_size="14", font_weight="600", fill=_INK)
    last = [_words(foot, 10.0, height - 14.0, _QUIET)] if foot else []
    return _framed([heading, *rows, *last], height + 6.0, title)


def _framed(marks: Sequence[Markup], height: float, title: str) -> Markup:
    return element(
        "svg", element("title", title), *marks, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH_PX + 120} {height:.0f}",
        width="100%", role="img", font_family="system-ui, sans-serif", font_size="12",
    )  # fmt: skip


def _at(value: float, most: float) -> float:
    return _LEFT + value / most * (_RIGHT - _LEFT)


def _log_at(factor: float, most: float) -> float:
    """Factors below 1 to the left of 1's place, on a logarithmic axis from one half."""
    span = log10(most) - log10(0.5)
    return _LEFT + (log10(max(factor, 0.5)) - log10(0.5)) / span * (_RIGHT - 60 - _LEFT)


def _name(text: str, y: float) -> Markup:
    return element("text", visible(text)[:28], x=_LEFT - 8, y=y + 5, text_anchor="end", fill=_INK)


def _bar(start: float, end: float, y: float, fill: str, height: float = _BAR_PX) -> Markup:
    left, right = min(start, end), max(start, end)
    return element("rect", x=left, y=y - height / 2, width=max(right - left, 1.0), height=height, fill=fill)


def _whisker(low: float, high: float, y: float) -> Markup:
    return element("line", x1=low, y1=y, x2=high, y2=y, stroke=_INK, stroke_width="1.5")


def _words(text: str, x: float, y: float, fill: str) -> Markup:
    return element("text", text, x=x, y=y + 5, fill=fill)


def _short(hours: float) -> str:
    for size, ending in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if hours >= size:
            return f"{hours / size:.3g}{ending}"
    return f"{hours:.3g}"
