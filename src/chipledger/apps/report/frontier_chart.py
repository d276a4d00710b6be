"""The best domestic chip beside the best that needed no license, through time: a panel for each axis, steps from day to day.

Takes rows of `routes.frontier`; gives one drawing with its style in it. Nothing rests on colour: the domestic line is thick and
full, the exportable one thin and dashed, and each step bears the name of its chip where there is room. Days of rules are marked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from chipledger.apps.report.instruments import bands, rule_rows
from chipledger.apps.report.routes_chart import style
from chipledger.apps.report.svg import element
from chipledger.routes.frontier import Best, Frontier

WIDTH_PX = 1150
_LEFT_PX, _RIGHT_PX, _TOP_PX = 70.0, 1120.0, 66.0
_PANEL_PX, _PLOT_PX, _FOOT_PX = 214.0, 158.0, 28.0
_LETTER_PX, _BOLD_PX, _LINE_PX = 6.6, 7.7, 12.0


@dataclass(frozen=True, slots=True)
class _Step:
    """Days in a row with one best chip."""

    since: date
    until: date
    best: Best | None


def frontier_chart(rows: Sequence[Frontier], on: date, destination: str = "CN") -> Markup:
    """The best of both, a panel for each axis.

    Args:
        rows: of several axes, each in the order of its days.
        on: the last day of the drawing.
        destination: ISO country code, for the days of rules.
    """
    axes = list(dict.fromkeys(row.axis for row in rows))
    since = min((row.effective_from for row in rows), default=on)
    height = _TOP_PX + _PANEL_PX * len(axes) + _FOOT_PX
    parts = [
        element("style", Markup(style())),
        element("title", "The best domestic chip beside the best for which no license was required"),
        element("rect", class_="ground", x=0, y=0, width=WIDTH_PX, height=height),
        element("text", "thick: the best domestic chip; thin and dashed: the best for which no license was required; ?: only recalled", class_="said", x=_LEFT_PX, y=20),
        *_years(since, on, height),
        *_rules(since, on, height, destination),
        *(part for place, axis in enumerate(axes) for part in _panel([row for row in rows if row.axis == axis], (since, on), _TOP_PX + place * _PANEL_PX)),
    ]  # fmt: skip
    return element(
        "svg", *parts, xmlns="http://www.w3.org/2000/svg", class_="routes", role="img",
        viewBox=f"0 0 {WIDTH_PX} {height:.0f}", width=WIDTH_PX, height=height,
    )  # fmt: skip


def _x(day: date, span: tuple[date, date]) -> float:
    return _LEFT_PX + (day - span[0]).days * (_RIGHT_PX - _LEFT_PX) / max((span[1] - span[0]).days, 1)


def _years(since: date, on: date, height: float) -> Iterator[Markup]:
    for year in range(since.year, on.year + 1):
        if date(year, 1, 1) >= since:
            x = _x(date(year, 1, 1), (since, on))
            yield element("line", class_="year", x1=x, x2=x, y1=_TOP_PX, y2=height - _FOOT_PX)
            yield element("text", str(year), class_="tick", x=x + 3, y=height - 9)


def _rules(since: date, on: date, height: float, destination: str) -> Iterator[Markup]:
    ends = [0.0, 0.0, 0.0]
    for band in bands(rule_rows(destination, on), on):
        day = band.instrument.effective_from or band.spans[0][0]
        if not since <= day <= on:
            continue
        x = _x(day, (since, on))
        lane = next((place for place, end in enumerate(ends) if x > end), len(ends) - 1)
        ends[lane] = x + len(band.instrument.reference) * _LETTER_PX + 4
        told = element("title", f"{day}: {band.instrument.title}")
        top = _TOP_PX - 34 + lane * _LINE_PX
        yield element("line", told, class_="rule", x1=x, x2=x, y1=top, y2=height - _FOOT_PX)
        yield element("text", told, band.instrument.reference, class_="reference", x=x + 2, y=top + 8)


def _panel(rows: Sequence[Frontier], span: tuple[date, date], top: float) -> Iterator[Markup]:
    units = {best.unit for row in rows for best in (row.domestic, row.exportable) if best}
    most = max((best.value for row in rows for best in (row.domestic, row.exportable) if best), default=1.0)
    base = top + 24 + _PLOT_PX
    yield element(
        "text",
        f"{rows[0].axis.replace('_', ' ')}, {' '.join(sorted(units))}",
        class_="head",
        x=_LEFT_PX,
        y=top + 14,
    )
    yield element("line", class_="row", x1=_LEFT_PX, x2=_RIGHT_PX, y1=base, y2=base)
    for share in (0.5, 1.0):
        y = base - share * (_PLOT_PX - 16)
        yield element(
            "text", f"{most * share:,.0f}", class_="tick", x=_LEFT_PX - 6, y=y + 4, text_anchor="end"
        )
        yield element("line", class_="row", x1=_LEFT_PX, x2=_RIGHT_PX, y1=y, y2=y)
    taken: list[tuple[float, float, float]] = []
    for name in ("exportable", "domestic"):
        steps = _steps([(row.effective_from, getattr(row, name)) for row in rows], span[1])
        yield from _line(steps, name, span, base, most)
        yield from _names(steps, name, span, base, most, taken)


def _steps(found: Sequence[tuple[date, Best | None]], until: date) -> list[_Step]:
    steps: list[_Step] = []
    for place, (since, best) in enumerate(found):
        end = found[place + 1][0] if place + 1 < len(found) else until
        if steps and steps[-1].best == best:
            steps[-1] = _Step(steps[-1].since, end, best)
        else:
            steps.append(_Step(since, end, best))
    return steps


def _y(best: Best, base: float, most: float) -> float:
    return base - best.value / most * (_PLOT_PX - 16)


def _line(
    steps: Sequence[_Step], name: str, span: tuple[date, date], base: float, most: float
) -> Iterator[Markup]:
    for step in steps:
        if step.best:
            y = _y(step.best, base, most)
            said = f"{step.best.name}: {step.best.value:,.0f} {step.best.unit}{' (only recalled)' if step.best.recalled else ''}"
            told = element("title", f"{name}, {step.since} until {step.until}\n{said}")
            yield element(
                "line",
                told,
                class_=f"best {name}",
                x1=_x(step.since, span),
                x2=_x(step.until, span),
                y1=y,
                y2=y,
            )


def _names(
    steps: Sequence[_Step], name: str, span: tuple[date, date], base: float, most: float,
    taken: list[tuple[float, float, float]],
) -> Iterator[Markup]:  # fmt: skip
    """The name of each step that is long enough, above its line where that is free, else below, else nowhere."""
    for step in sorted(steps, key=lambda step: step.since - step.until):
        if step.best is None:
            continue
        words = f"{step.best.name}{'?' if step.best.recalled else ''}"
        x, wide = _x(step.since, span) + 3, len(words) * (_BOLD_PX if name == "domestic" else _LETTER_PX)
        if x + wide > _RIGHT_PX:
            x = _RIGHT_PX - wide
        for y in (_y(step.best, base, most) - 5, _y(step.best, base, most) + 13):
            if all(x + wide < left or right < x or abs(y - other) > _LINE_PX for left, right, other in taken):
                taken.append((x, x + wide, y))
                yield element("text", words, class_="told" if name == "domestic" else "said", x=x, y=y)
                break
