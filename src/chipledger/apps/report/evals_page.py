"""The runs and decisions of a ledger as one HTML file: trajectories, intervals, thresholds, alarms, and what stays open.

Takes an open ledger, a register and the day up to which things count; the same of them always gives the same bytes. Every use
case of the register is there, also those that nobody measured: what was not looked at must not look safe.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from markupsafe import Markup

from chipledger import __version__
from chipledger.apps.report.page import digest, environment, part
from chipledger.apps.report.quotes import visible
from chipledger.apps.report.trajectory import MOST_MODELS, Line, Point, trajectory
from chipledger.core.files import written_whole
from chipledger.evals.alarm import Alarm, alarms
from chipledger.evals.benchmark import Benchmark
from chipledger.evals.chain import Decision, Series, broken_links, rules_so_far
from chipledger.evals.combine import Combined, combined
from chipledger.evals.crosswalk import Crossing, crosswalk
from chipledger.evals.decide import decide, series_of
from chipledger.evals.measurement import Measurement
from chipledger.evals.preregistration import Preregistration
from chipledger.evals.register import Link, Register, UseCase
from chipledger.evals.statistics.clustered import score_interval
from chipledger.evals.verdict import Outcome, Verdict
from chipledger.store.ledger import Ledger
from chipledger.store.read_evals import chain, measurements

DECISIONS_SHOWN = 200
Rules = Mapping[Series, set[str]]  # under which each series was decided before
Shown = TypeVar("Shown", Alarm, Decision)
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Panel:
    """One benchmark of a use case: its chart where there is data, its verdicts, and what it leaves open.

    `verdicts` rest on runs, `figures` on what others published.
    """

    link: Link
    benchmark: Benchmark
    chart: Markup | None
    verdicts: tuple[Verdict, ...]
    figures: tuple[Verdict, ...]
    more_models: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One use case as the page shows it."""

    use_case: UseCase
    outcomes: tuple[Combined, ...]
    panels: tuple[Panel, ...]
    frameworks: tuple[Crossing, ...]

    @property
    def measured(self) -> list[Panel]:
        """The panels with data."""
        return [panel for panel in self.panels if panel.chart]

    @property
    def unmeasured(self) -> list[Panel]:
        """The panels without."""
        return [panel for panel in self.panels if not panel.chart]

    def models(self, outcome: Outcome) -> list[str]:
        """The models of which the use case's benchmarks together say so."""
        return [one.model for one in self.outcomes if one.outcome is outcome]


def write_evals_report(ledger: Ledger, register: Register, out: Path, *, on: date) -> Path:
    """Write what a ledger holds of evaluations as one self-contained HTML file.

    Args:
        ledger: an open ledger.
        register: what is watched.
        out: the file to write; replaced if it exists.
        on: only what was measured and decided by this day counts.

    Returns:
        The path of the file.

    Raises:
        InputError: the file cannot be written.
    """
    text = page(ledger, register, on=on)
    with written_whole(out) as partial:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    return out


def page(ledger: Ledger, register: Register, *, on: date) -> str:
    """The page as text; see `write_evals_report`."""
    runs = measurements(ledger, measured_by=on)
    whole = [(one, kept) for one, kept in chain(ledger) if one.verdict["on"] <= on.isoformat()]
    rules = rules_so_far(one for one, _ in whole)
    entries = [_entry(use_case, register, runs, rules, on) for use_case in register.use_cases.values()]
    entries.sort(key=lambda one: (not one.measured, one.use_case.id))
    style = part("style.css") + part("evals.css")
    return environment().get_template("evals.html").render(
        on=on,
        entries=entries,
        outcomes=_count(entries),
        crossed=Outcome.CROSSED,
        below=Outcome.BELOW,
        indeterminate=Outcome.INDETERMINATE,
        alarms=_newest(alarms(one for one, _ in whole)),
        decisions=_newest([one for one, _ in whole])[:DECISIONS_SHOWN],
        more_decisions=max(len(whole) - DECISIONS_SHOWN, 0),
        faults=broken_links(whole),
        models=sorted({one.model for one in runs}),
        runs=len(runs),
        register=register,
        style=style,
        policy=f"default-src 'none'; style-src '{digest(style)}'; base-uri 'none'; form-action 'none'",
        version=__version__,
    )  # fmt: skip


def _newest(found: Sequence[Shown]) -> list[Shown]:
    return list(found)[::-1]


def _count(entries: Iterable[Entry]) -> list[tuple[Outcome, int]]:
    """How many pairs of use case and model have each outcome that says something."""
    found = [one.outcome for entry in entries for one in entry.outcomes]
    return [
        (outcome, found.count(outcome)) for outcome in (Outcome.CROSSED, Outcome.INDETERMINATE, Outcome.BELOW)
    ]


def _entry(
    use_case: UseCase, register: Register, runs: Sequence[Measurement], rules: Rules, on: date
) -> Entry:
    panels = tuple(_panel(use_case, link, register, runs, rules, on) for link in use_case.links)
    verdicts = [verdict for panel in panels for verdict in (*panel.verdicts, *panel.figures)]
    cells = crosswalk(register.frameworks.values(), on)
    return Entry(
        use_case=use_case,
        outcomes=tuple(combined(verdicts, register)),
        panels=panels,
        frameworks=tuple(cell for cell in cells if cell.use_case == use_case.id),
    )


def _panel(
    use_case: UseCase, link: Link, register: Register, runs: Sequence[Measurement], rules: Rules, on: date
) -> Panel:
    benchmark = register.benchmarks[link.benchmark]
    series = series_of(one for one in runs if one.benchmark == link.benchmark)
    settled = Preregistration.of(use_case, link)
    found = [
        (key[1], data, decide(settled, data, on=on, earlier_rules=rules.get((use_case.id, *key), set())))
        for key, data in series.items()
    ]
    lines = [
        _line(model, [one for one in data if not one.published], verdict) for model, data, verdict in found
    ]
    figures = [
        _line(model, [one for one in data if one.published], verdict) for model, data, verdict in found
    ]
    lines = sorted(
        (line for line in lines if line.points), key=lambda line: (-line.points[-1].rate, line.model)
    )
    figures = [line for line in figures if line.points]
    threshold = (link.threshold.low, link.threshold.value, link.threshold.high)
    chart = (
        trajectory(lines, figures, threshold, f"{benchmark.title}: rate by day") if lines or figures else None
    )
    return Panel(
        link=link,
        benchmark=benchmark,
        chart=chart,
        verdicts=tuple(verdict for _, _, verdict in found if verdict.looks or verdict.set_aside),
        figures=tuple(verdict for _, _, verdict in found if not (verdict.looks or verdict.set_aside)),
        more_models=max(len(lines) - MOST_MODELS, 0),
    )


def _line(model: str, data: Sequence[Measurement], verdict: Verdict) -> Line:
    points = [_point(one, verdict) for one in data if one.rate is not None]
    return Line(model, tuple(sorted(points, key=lambda point: point.on)))


def _point(one: Measurement, verdict: Verdict) -> Point:
    """A run or figure as it was scored, not turned: the page shows the benchmark's own scale."""
    rate = one.rate if one.rate is not None else 0.0
    low, high = _interval(one)
    span = f", {_LEVEL:.0%} interval {low:.3g} to {high:.3g}" if low is not None and high is not None else ""
    source = f"published, {one.grade.value}" if one.published else f"{len(one.scored)} scores"
    return Point(
        on=one.measured_on,
        rate=rate,
        low=low,
        high=high,
        crossed=verdict.crossed_on == one.measured_on,
        title=f"{visible(one.model)}\n{one.measured_on}: {rate:.3g}{span}\n{source}, elicited {one.elicitation.value}",
    )


def _interval(one: Measurement) -> tuple[float | None, float | None]:
    if one.published:
        return one.published.low, one.published.high
    clusters = [item.cluster or item.item for item in one.scored]
    if len(set(clusters)) < 2:
        return None, None
    found = score_interval(
        [item.score for item in one.scored if item.score is not None], clusters=clusters, level=_LEVEL
    )
    return found.low, found.high
