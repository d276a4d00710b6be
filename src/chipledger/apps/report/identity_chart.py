"""A project over time as SVG: where it was seen under which name, whose authors it named, and what took over its name.

Takes a project; gives Markup of a file of its own, a line a place or organisation. A bar reaches over the days on which something
was seen; a hollow ring is the first day on which an organisation was not shown any more. Where no bar is, nothing is known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from chipledger.apps.report.quotes import visible
from chipledger.apps.report.svg import element
from chipledger.findings.known_project import Project, Turned

NAME_PX, DAYS_PX, ROW_PX, TOP_PX, END_PX = 330.0, 520.0, 24.0, 86.0, 24.0
LEAST_PX = 6.0
MOST_ROWS = 40
NAME_CHARS = 46
STYLE = """
.project { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Noto Sans CJK SC", sans-serif; }
.project text { font: inherit; fill: #1d1c1a; } .project .ground { fill: #fbfaf7; } .project .grid { stroke: #dedad1; }
.project .title { font-size: 15px; font-weight: 700; } .project .note, .project text.tick { fill: #66625a; font-size: 11px; }
.project .place { fill: #2f6fae; } .project .affiliation { fill: #3b7d4f; } .project .squat { fill: #b3432b; }
.project .gone { fill: #fbfaf7; stroke: #3b7d4f; stroke-width: 2; }
@media (prefers-color-scheme: dark) { .project text { fill: #eae7e0; } .project .ground { fill: #171715; } .project .grid { stroke: #3a3833; }
  .project .note, .project text.tick { fill: #a39e93; } .project .place { fill: #6da3d8; } .project .affiliation { fill: #7bbf90; }
  .project .squat { fill: #e08a73; } .project .gone { fill: #171715; stroke: #7bbf90; } }
"""


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    name: str
    first_on: date
    last_on: date
    gone_on: date | None = None


def picture_of(project: Project) -> Markup | None:
    """The picture of a project.

    Args:
        project: with its snapshots, affiliations and rejections.

    Returns:
        The SVG; None where no day is known.
    """
    rows = list(_rows(project))
    if not rows:
        return None
    days = [day for row in rows for day in (row.first_on, row.last_on, row.gone_on) if day]
    first, last = min(days), max(days)
    width, height = NAME_PX + DAYS_PX + END_PX, TOP_PX + ROW_PX * len(rows) + 34.0
    former = f", formerly {', '.join(project.former_names)}" if project.former_names else ""
    parts = [
        element("style", Markup(STYLE)),
        element("title", f"{visible(project.label)}: places, affiliations and squatters over time"),
        element("rect", class_="ground", x=0, y=0, width=width, height=height),
        element("text", visible(f"{project.label}{former}")[:90], class_="title", x=14, y=28),
        element("text", "Bars: days on which it was seen. Rings: first day on which an affiliation was not shown any more. Elsewhere unknown.",
                class_="note", x=14, y=46),
        *_grid(first, last, height),
        *(part for place, row in enumerate(rows) for part in _drawn(row, TOP_PX + ROW_PX * place, first, last)),
    ]  # fmt: skip
    return element("svg", *parts, xmlns="http://www.w3.org/2000/svg", class_="project", role="img",
                   viewBox=f"0 0 {width:.0f} {height:.0f}", width=width, height=height)  # fmt: skip


def _rows(project: Project) -> Iterator[_Row]:
    found: list[_Row] = []
    for snap in project.snapshots:
        if snap.first_on:
            found.append(
                _Row("place", f"{snap.name} at {snap.place}", snap.first_on, snap.last_on or snap.first_on)
            )
    for tie in project.affiliations:
        if tie.first_on:
            count = f" ({tie.author_count} authors)" if tie.author_count and tie.author_count > 1 else ""
            found.append(
                _Row(
                    "affiliation",
                    f"{tie.organisation}{count}",
                    tie.first_on,
                    tie.last_on or tie.first_on,
                    tie.not_shown_from,
                )
            )
    for turned in project.rejections:
        snap = turned.snapshot
        if turned.verdict is Turned.SQUAT and snap.first_on:
            found.append(
                _Row("squat", f"squatter at {snap.place}", snap.first_on, snap.last_on or snap.first_on)
            )
    yield from found[:MOST_ROWS]


def _x(day: date, first: date, last: date) -> float:
    return NAME_PX + DAYS_PX * (day - first).days / max((last - first).days, 1)


def _grid(first: date, last: date, height: float) -> Iterator[Markup]:
    for day in _ticks(first, last):
        x = _x(day, first, last)
        yield element("line", class_="grid", x1=x, x2=x, y1=TOP_PX - 12, y2=height - 14)
        yield element(
            "text",
            str(day),
            class_="tick",
            x=x,
            y=TOP_PX - 18,
            text_anchor="start" if day == first else "end" if day == last else "middle",
        )


def _ticks(first: date, last: date) -> Sequence[date]:
    """The ends and, where there is room, the days between them in quarters."""
    if (last - first).days < 8:
        return sorted({first, last})
    return [first + (last - first) * step // 4 for step in range(4)] + [last]


def _drawn(row: _Row, top: float, first: date, last: date) -> Iterator[Markup]:
    start, end = _x(row.first_on, first, last), _x(row.last_on, first, last)
    name = visible(row.name)
    yield element("text", name if len(name) <= NAME_CHARS else f"{name[: NAME_CHARS - 1]}…", x=14, y=top + 15)
    told = element("title", f"{name}: {row.first_on} to {row.last_on}")
    wide = max(end - start, LEAST_PX)
    yield element(
        "rect",
        told,
        class_=row.kind,
        x=min(start, NAME_PX + DAYS_PX - wide),
        y=top + 5,
        width=wide,
        height=12,
        rx=2,
    )
    if row.gone_on:
        yield element(
            "circle",
            element("title", f"not shown any more from {row.gone_on}"),
            class_="gone",
            cx=_x(row.gone_on, first, last),
            cy=top + 11,
            r=5,
        )
