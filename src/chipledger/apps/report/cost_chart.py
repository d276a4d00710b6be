"""What a restriction costs as SVG: chips side by side, what techniques win back, and what a threshold buys.

Takes the answers of `perf` (compare, waterfall, policy); gives one drawing each, 720 pixels wide, for a page or a file of its own. Nothing rests
on colour: every bar is named and numbered, that of the other chip is hatched, an interval is a whisker, and a chip that cannot do the job says
so in words. Axes of factors are logarithmic, so that twice as slow and twice as quick are equally far from 1.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from textwrap import wrap

from markupsafe import Markup

from chipledger.apps.report.quotes import visible
from chipledger.apps.report.svg import element
from chipledger.perf.compare import Case
from chipledger.perf.policy import UNITS, Point, Sweep, threshold_told
from chipledger.perf.waterfall import Step, Waterfall

WIDTH_PX = 720.0
_Place = Callable[[float], float]
_LEFT = 168.0
_TOP = 62.0
_NAME_CHARS, _TITLE_CHARS, _NOTE_CHARS = 24, 80, 104
_BETWEEN_WORDS_PX = 50.0
"""Of the middles of two values or ticks side by side, at least."""


def compared(model: str, cases: Sequence[Case], *, alone: bool = True) -> Markup:
    """Chip-hours of one job by chip, with 80 % intervals.

    Args:
        model: its name.
        cases: of `compare`.
        alone: with its style in it, for a file of its own; a page brings the style itself.
    """
    row, right = 40.0, 556.0
    done = [one.best.run for one in cases if one.best is not None]
    most = max((one.high_chip_hours for one in done), default=1.0)
    bottom = _TOP + row * len(cases)

    def at(hours: float) -> float:
        return _LEFT + hours / most * (right - _LEFT)

    parts: list[Markup] = []
    for hours in _round_steps(most) if done else ():
        parts.append(_line("grid", at(hours), _TOP, at(hours), bottom))
        parts.append(_text("tick", _short(hours), at(hours), bottom + 15, "middle"))
    for place, one in enumerate(cases):
        y = _TOP + row * (place + 0.5)
        parts.append(_text("strong", _cut(one.cluster, _NAME_CHARS), _LEFT - 10, y - 1, "end"))
        if one.best is None:
            parts += [
                _text("note", words, _LEFT, y - 2 + 14 * line)
                for line, words in enumerate(
                    wrap(visible(one.reason or "cannot be done"), 86, max_lines=2, placeholder=" …")
                )
            ]
            continue
        run = one.best.run
        parts += [
            _text("tick", f"{one.chips:,} chips", _LEFT - 10, y + 13, "end"),
            _bar("bar", _LEFT, at(run.chip_hours), y, 16.0),
            _whisker(at(run.low_chip_hours), at(run.high_chip_hours), y),
            _text("strong", _short(run.chip_hours), at(run.high_chip_hours) + 8, y - 1),
            _text("tick", f"in {run.days:,.3g} days", at(run.high_chip_hours) + 8, y + 13),
        ]
    parts.append(_line("even", _LEFT, _TOP, _LEFT, bottom))
    return _framed(
        f"{visible(model)}: the same run on different chips",
        "chip-hours, each chip in its own best layout; whiskers: 80 % intervals",
        parts,
        bottom + 30,
        alone,
    )


def fallen(model: str, found: Waterfall, *, alone: bool = True) -> Markup:
    """What each technique saves on both chips, and what it wins back.

    Args:
        model: its name.
        found: of `waterfall`.
        alone: with its style in it.
    """
    row, right = 46.0, 470.0
    top = _TOP + 22
    bottom = top + row * len(found.steps)
    ends = [
        value
        for one in found.steps
        for value in (one.factor, one.other_factor, one.low, one.high)
        if value is not None
    ]
    most, least = max([2.0, *ends]) * 1.04, min([0.9, *ends]) * 0.97

    def at(factor: float) -> float:
        return _LEFT + math.log(factor / least) / math.log(most / least) * (right - _LEFT)

    parts: list[Markup] = [_hatch(), *_key(found)]
    for factor in _doublings(least, most):
        parts.append(_line("grid", at(factor), top, at(factor), bottom))
        parts.append(_text("tick", f"x {factor:g}", at(factor), bottom + 15, "middle"))
    for place, one in enumerate(found.steps):
        parts += _technique(one, top + row * (place + 0.5), at)
    parts.append(_line("even", at(1.0), top, at(1.0), bottom))
    parts.append(_text("note", "relative gain:", 528.0, top - 8))
    foot = (
        f"Chip-hours on {found.chip} over {found.other}: x {found.bare_ratio:.2f}{_span(found.bare_interval)} with none of these, "
        f"x {found.full_ratio:.2f}{_span(found.full_interval)} with all."
        + (
            ""
            if any(one.low is not None for one in found.steps)
            else " No intervals: no constants were drawn."
        )
    )
    lines = wrap(visible(foot), _NOTE_CHARS)
    parts += [_text("note", words, 16.0, bottom + 38 + 15 * line) for line, words in enumerate(lines)]
    return _framed(
        f"{visible(model)}: what each technique saves on either chip",
        "chip-hours without it over with it, mean over all orders of adding them (Shapley); whiskers: 80 % intervals",
        parts,
        bottom + 36 + 15 * len(lines),
        alone,
    )


def swept(model: str, found: Sweep, *, alone: bool = True) -> Markup:
    """Chip-hours over those of the uncut chip, as a threshold falls.

    Args:
        model: its name.
        found: of `policy`.
        alone: with its style in it.
    """
    left, right, top, bottom = 58.0, 690.0, 92.0, 330.0
    across = [one.threshold for one in found.points] + [found.uncut]
    most = max(2.0, *(one.high for one in found.points)) * 1.25
    least = min(0.9, *(one.low for one in found.points)) * 0.95
    first, last = min(across) / 1.08, max(across) * 1.08

    def x(value: float) -> float:
        return left + math.log(value / first) / math.log(last / first) * (right - left)

    def y(ratio: float) -> float:
        return bottom - math.log(ratio / least) / math.log(most / least) * (bottom - top)

    band = [f"{x(one.threshold):.1f},{y(one.high):.1f}" for one in found.points]
    band += [f"{x(one.threshold):.1f},{y(one.low):.1f}" for one in reversed(found.points)]
    parts = [element("polygon", class_="band", points=" ".join(band))]
    for ratio in _doublings(least, most):
        parts.append(_line("even" if ratio == 1 else "grid", left, y(ratio), right, y(ratio)))
        parts.append(_text("tick", f"x {ratio:g}", left - 8, y(ratio) + 4, "end"))
    parts.append(_line("uncut", x(found.uncut), top, x(found.uncut), bottom))
    uncut = f"{found.cluster} uncut: {threshold_told(found.uncut)}"
    parts.append(_text("tick", visible(uncut), x(found.uncut), top - 6, "end"))
    line = " ".join(f"{x(one.threshold):.1f},{y(one.ratio):.1f}" for one in found.points)
    parts.append(element("polyline", class_="line", points=line))
    parts += _dots(found, x, y)
    told = list(_apart([(x(one.threshold), one) for one in found.points]))
    for place, one in told:
        parts.append(_text("tick", threshold_told(one.threshold), place, bottom + 18, "middle"))
        parts.append(_text("strong value", f"x {one.ratio:.2f}", place, y(one.ratio) - 10, "middle"))
    parts.append(_text("note", f"threshold: {UNITS[found.axis]}", right, bottom + 38, "end"))
    return _framed(
        f"{visible(model)}: what a threshold would buy",
        f"chip-hours on {found.chips:,} {visible(found.cluster)} cut down to the threshold, over those of the uncut chip; band: 80 %",
        parts,
        bottom + 52,
        alone,
    )


@cache
def style() -> str:
    """The drawings' style, which a page carries once."""
    return (files("chipledger.apps.report") / "cost.css").read_text(encoding="utf-8")


def _technique(one: Step, y: float, at: _Place) -> Iterator[Markup]:
    yield _text("strong", _cut(one.technique.value, _NAME_CHARS), _LEFT - 10, y + 4, "end")
    end = max(one.factor, one.high or 0.0, 1.0)
    yield _bar("bar", at(1.0), at(one.factor), y - 8, 12.0)
    if one.low is not None and one.high is not None:
        yield _whisker(at(one.low), at(one.high), y - 8)
    yield _text("value", f"{one.factor:.2f}", at(end) + 6, y - 4)
    yield _bar("bar other", at(1.0), at(one.other_factor), y + 8, 12.0)
    yield _text("value", f"{one.other_factor:.2f}", at(max(one.other_factor, 1.0)) + 6, y + 12)
    is_known = one.low_relative is not None and one.high_relative is not None
    span = f" ({one.low_relative:.2f} to {one.high_relative:.2f})" if is_known else ""
    yield _text("strong", f"x {one.relative:.2f}{span}", 528.0, y - 3)
    yield _text("tick", one.verdict.value, 528.0, y + 12)


def _span(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f" ({interval[0]:.2f} to {interval[1]:.2f})"


def _key(found: Waterfall) -> Iterator[Markup]:
    y = _TOP + 4
    yield _bar("bar", _LEFT, _LEFT + 22, y, 12.0)
    yield _text("", _cut(found.chip, 18), _LEFT + 28, y + 4)
    yield _bar("bar other", _LEFT + 150, _LEFT + 172, y, 12.0)
    yield _text("", _cut(found.other, 18), _LEFT + 178, y + 4)


def _dots(found: Sweep, x: _Place, y: _Place) -> Iterator[Markup]:
    for one in found.points:
        words = f"{threshold_told(one.threshold)} {UNITS[found.axis]}: x {one.ratio:.2f} ({one.low:.2f} to {one.high:.2f}), {_short(one.chip_hours)} chip-hours"
        yield element("circle", element("title", words), class_="dot", cx=x(one.threshold), cy=y(one.ratio), r=4.0)  # fmt: skip


def _apart(points: Sequence[tuple[float, Point]]) -> Iterator[tuple[float, Point]]:
    """Those that have room for words, from the right, where the uncut chip is."""
    last = math.inf
    for place, one in sorted(points, key=lambda each: -each[0]):
        if last - place >= _BETWEEN_WORDS_PX:
            last = place
            yield place, one


def _round_steps(most: float) -> Iterator[float]:
    """Three to six round values up to the largest."""
    power = 10.0 ** math.floor(math.log10(most))
    step = next(one * power for one in (0.2, 0.5, 1.0, 2.0) if most / (one * power) <= 7)
    yield from (step * place for place in range(1, int(most / step) + 1))


def _doublings(least: float, most: float) -> Iterator[float]:
    """Halves, 1 and doubles inside; every other one where there are many."""
    powers = range(math.ceil(math.log2(least)), math.floor(math.log2(most)) + 1)
    skip = 1 + len(powers) // 8
    yield from (2.0**power for power in powers if power % skip == 0)


def _framed(title: str, note: str, parts: Sequence[Markup], height: float, alone: bool) -> Markup:
    lines = wrap(title, _TITLE_CHARS, max_lines=1, placeholder=" …")
    return element(
        "svg",
        *([element("style", Markup(style()))] if alone else []),
        element("title", title),
        element("desc", note),
        element("rect", class_="ground", x=0, y=0, width=WIDTH_PX, height=height),
        *(_text("title", words, 16.0, 24.0) for words in lines),
        *(_text("note", words, 16.0, 42.0 + 14 * line) for line, words in enumerate(wrap(note, 112))),
        *parts,
        xmlns="http://www.w3.org/2000/svg", class_="cost", role="img",
        viewBox=f"0 0 {WIDTH_PX:.0f} {height:.0f}", width=WIDTH_PX, height=height,
    )  # fmt: skip


def _hatch() -> Markup:
    stroke = element("line", class_="hatch", x1=0, y1=0, x2=0, y2=6)
    pattern = element(
        "pattern", stroke, id="cost-hatch", width=6, height=6, patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )  # fmt: skip
    return element("defs", pattern)


def _text(kind: str, words: str, x: float, y: float, anchor: str | None = None) -> Markup:
    return element("text", words, class_=kind or None, x=x, y=y, text_anchor=anchor)


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return element("line", class_=kind, x1=x1, y1=y1, x2=x2, y2=y2)


def _bar(kind: str, start: float, end: float, y: float, height: float) -> Markup:
    left, right = min(start, end), max(start, end)
    return element("rect", class_=kind, x=left, y=y - height / 2, width=max(right - left, 1.0), height=height)


def _whisker(low: float, high: float, y: float) -> Markup:
    ends = Markup("").join(_line("whisker", x, y - 4, x, y + 4) for x in (low, high))
    return _line("whisker", low, y, high, y) + ends


def _cut(text: str, most: int) -> str:
    shown = visible(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _short(hours: float) -> str:
    for size, ending in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if hours >= size:
            return f"{hours / size:.3g}{ending}"
    return f"{hours:.3g}"
