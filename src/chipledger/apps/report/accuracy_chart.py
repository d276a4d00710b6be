"""The accuracy chart as SVG: for every published run predicted over measured, by measured time, one panel a stratum.

Takes checked runs; gives Markup of a file of its own. A run above the line is told too slow, below it too quick; the bands are 10 and 25 %.
Whatever rests on a colour is written too: runs without a known layout are hollow.
"""

import math
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from chipledger.apps.report.quotes import visible
from chipledger.apps.report.svg import element
from chipledger.perf.rows import Stratum
from chipledger.perf.validate import Checked, Score

PANEL_PX, HEIGHT_PX, GAP_PX = 360.0, 210.0, 34.0
COLUMNS = 2
LEFT_PX, TOP_PX = 58.0, 74.0
LOWEST, HIGHEST = 0.5, 2.0
BANDS = (0.25, 0.10)
RATIOS = (0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
STYLE = """
.accuracy { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif; }
.accuracy text { font: inherit; fill: #1d1c1a; } .accuracy .ground { fill: #fbfaf7; } .accuracy .frame { fill: none; stroke: #8a857a; }
.accuracy .band { fill: #2f6fae; opacity: 0.1; } .accuracy .even { stroke: #1d1c1a; stroke-width: 1; } .accuracy .grid { stroke: #dedad1; }
.accuracy text.tick { fill: #66625a; font-size: 11px; font-variant-numeric: tabular-nums; } .accuracy .head { font-weight: 600; }
.accuracy .title { font-size: 15px; font-weight: 700; } .accuracy .note { fill: #66625a; }
.accuracy .run { fill: #2f6fae; fill-opacity: 0.75; } .accuracy .run.open { fill: none; stroke: #2f6fae; }
@media (prefers-color-scheme: dark) { .accuracy text { fill: #eae7e0; } .accuracy .ground { fill: #171715; } .accuracy .even { stroke: #eae7e0; }
  .accuracy .grid { stroke: #3a3833; } .accuracy text.tick, .accuracy .note { fill: #a39e93; } .accuracy .run { fill: #6da3d8; }
  .accuracy .run.open { fill: none; stroke: #6da3d8; } }
"""


def chart(checked: Sequence[Checked], total: Score) -> Markup:
    """The chart of all runs.

    Args:
        checked: the runs.
        total: of those with known layout, told in the heading.
    """
    panels = [
        (each.value, found)
        for each in Stratum
        if (found := [one for one in checked if one.question.stratum is each])
    ]
    lines = -(-len(panels) // COLUMNS)
    width = LEFT_PX + COLUMNS * (PANEL_PX + GAP_PX + 20.0)
    height = TOP_PX + max(lines, 1) * (HEIGHT_PX + GAP_PX + 26.0)
    heading = (
        f"{total.rows} runs of {total.groups} groups with known layout: mean error {total.mean:.1%}, "
        f"median {total.median:.1%}, nine of ten within {total.p90:.1%}"
        if total.rows
        else "no run with known layout"
    )
    parts = [
        element("style", Markup(STYLE)),
        element("title", "Predicted over measured time of a step, run by run"),
        element("rect", class_="ground", x=0, y=0, width=width, height=height),
        element("text", "Predicted over measured time of a step", class_="title", x=LEFT_PX, y=28),
        element("text", heading, class_="note", x=LEFT_PX, y=48),
    ]
    for place, (name, found) in enumerate(panels):
        left = LEFT_PX + place % COLUMNS * (PANEL_PX + GAP_PX + 20.0)
        top = TOP_PX + place // COLUMNS * (HEIGHT_PX + GAP_PX + 26.0)
        parts += _panel(name, found, left, top)
    return element(
        "svg", *parts, xmlns="http://www.w3.org/2000/svg", class_="accuracy", role="img",
        viewBox=f"0 0 {width:.0f} {height:.0f}", width=width, height=height,
    )  # fmt: skip


def _panel(name: str, found: Sequence[Checked], left: float, top: float) -> Iterator[Markup]:
    seconds = [one.question.measured for one in found]
    least, most = min(seconds) / 1.3, max(seconds) * 1.3
    mean = sum(abs(one.error) for one in found) / len(found)
    yield element(
        "text", f"{name}: {len(found)} runs, mean error {mean:.1%}", class_="head", x=left, y=top - 7
    )
    for band in BANDS:
        upper, lower = _up(1.0 + band, top), _up(1.0 - band, top)
        yield element("rect", class_="band", x=left, y=upper, width=PANEL_PX, height=lower - upper)
    for ratio in RATIOS:
        at = _up(ratio, top)
        yield element(
            "line",
            class_="even" if ratio == 1.0 else "grid",
            x1=left,
            x2=left + PANEL_PX,
            y1=at,
            y2=at,
        )
        yield element("text", f"{ratio:g}", class_="tick", x=left - 6, y=at + 4, text_anchor="end")
    for power in range(math.ceil(math.log10(least)), math.floor(math.log10(most)) + 1):
        across = _across(10.0**power, least, most, left)
        yield element("line", class_="grid", x1=across, x2=across, y1=top, y2=top + HEIGHT_PX)
        yield element(
            "text", f"{10.0**power:g} s", class_="tick", x=across, y=top + HEIGHT_PX + 15, text_anchor="middle"
        )  # fmt: skip
    yield element("rect", class_="frame", x=left, y=top, width=PANEL_PX, height=HEIGHT_PX)
    for one in found:
        yield _mark(one, _across(one.question.measured, least, most, left), top)


def _mark(one: Checked, across: float, top: float) -> Markup:
    row = one.question.row
    words = visible(
        f"{row.row_id} {row.model or ''} on {row.chips} {row.chip}: {one.predicted:.4g} s told, "
        f"{one.question.measured:.4g} s measured ({one.error:+.1%})"
    )
    ratio = one.predicted / one.question.measured
    return element(
        "circle",
        element("title", words),
        class_="run" if one.question.known_layout else "run open",
        cx=across,
        cy=_up(ratio, top),
        r=3.2,
    )


def _up(ratio: float, top: float) -> float:
    """Where a ratio stands; what lies beyond stands at the edge."""
    inside = min(max(ratio, LOWEST), HIGHEST)
    share = math.log(inside / LOWEST) / math.log(HIGHEST / LOWEST)
    return top + HEIGHT_PX * (1.0 - share)


def _across(seconds: float, least: float, most: float, left: float) -> float:
    return left + PANEL_PX * math.log(seconds / least) / math.log(most / least)
