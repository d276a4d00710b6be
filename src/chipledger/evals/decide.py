"""Runs and a rule to a verdict: below, indeterminate, crossed, or not measurable.

Takes a pre-registration and the measurements of one model on one version of its benchmark; gives a Verdict. "Crossed" is said only
on the lower bound, above everything the threshold's origin leaves room for; "below" only on the upper bound, and only of
runs that drew the capability out as hard as the rule asks; else the outcome is indeterminate. What is only recalled decides
nothing. A crossing stays: a capability that was shown once was there. A "below" does not: it goes when the rate moves.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date

from chipledger.core.sources import Grade
from chipledger.evals.bounds import Bounds, bounds_of
from chipledger.evals.counted import Run, counted
from chipledger.evals.measurement import Measurement, State, one_a_run
from chipledger.evals.preregistration import Preregistration
from chipledger.evals.rule import Evidence, Origin, Side, Test, Threshold
from chipledger.evals.statistics.intervals import wilson
from chipledger.evals.verdict import Outcome, SetAside, Verdict


def decide(
    settled: Preregistration, measurements: Iterable[Measurement], *, on: date, earlier_rules: Collection[str] = ()
) -> Verdict:  # fmt: skip
    """The verdict on one series: one model, one benchmark, one version of it.

    Args:
        settled: what was fixed before data.
        measurements: runs and published figures of the series, in any order; one given twice counts once.
        on: only what was measured or published by this day counts.
        earlier_rules: hashes of the rules under which this series was decided before.

    Returns:
        The verdict, with the reason of every run that did not count.

    Raises:
        ValueError: the measurements are of several models, benchmarks or versions.
    """
    series, copies = _ordered(measurements, on)
    _check_one_series(series, settled)
    runs, set_aside = counted(settled, series)
    figures = [one for one in series if one.state is State.PUBLISHED]
    blank = Verdict(
        use_case=settled.use_case,
        version=settled.version,
        benchmark=settled.link.benchmark,
        model=series[0].model if series else "",
        task_version=series[0].task_version if series else None,
        rule_hash=settled.hash,
        on=on,
        outcome=Outcome.NOT_MEASURABLE,
        set_aside=(*set_aside, *copies),
        published=tuple(one.id for one in figures),
        flags=tuple(_flags(settled, series, earlier_rules)),
    )
    if runs:
        return _on_runs(settled, runs, blank)
    return _on_figures(settled, figures, blank)


def series_of(measurements: Iterable[Measurement]) -> dict[tuple[str, str, str | None], list[Measurement]]:
    """Measurements by benchmark, model and version of the benchmark: what may be decided together.

    Args:
        measurements: any.

    Returns:
        Lists of them, keys sorted.
    """
    found: dict[tuple[str, str, str | None], list[Measurement]] = {}
    for one in measurements:
        found.setdefault((one.benchmark, one.model, one.task_version), []).append(one)
    return dict(sorted(found.items(), key=lambda item: (*item[0][:2], item[0][2] or "")))


def _ordered(measurements: Iterable[Measurement], on: date) -> tuple[list[Measurement], list[SetAside]]:
    """One measurement a run, in the order of the runs, and what tells less of the same runs."""
    unique = sorted({one.id: one for one in measurements if one.measured_on <= on}.items())
    kept, others = one_a_run(one for _, one in unique)
    why = "another log of the same run tells more"
    copies = [SetAside(measurement=one.id, on=one.measured_on, why=why) for one in others]
    return sorted(kept, key=lambda one: (one.measured_on, one.started_at, one.id)), copies


def _check_one_series(series: Sequence[Measurement], settled: Preregistration) -> None:
    kinds = {(one.benchmark, one.model, one.task_version) for one in series}
    if len(kinds) > 1 or {one.benchmark for one in series} - {settled.link.benchmark}:
        raise ValueError("one verdict is about one model, benchmark and version; see series_of")


def _flags(
    settled: Preregistration, series: Sequence[Measurement], earlier_rules: Collection[str]
) -> Iterable[str]:
    """What a reader must know first: above all whether the rule is younger than its data."""
    runs = [one for one in series if one.state is not State.PUBLISHED]
    other = sum(one.rule_hash not in (None, settled.hash) for one in runs)
    early = sum(one.measured_on < settled.link.rule.fixed_on for one in runs)
    if other:
        yield f"rule changed after data: {other} of {len(runs)} runs were made under another rule"
    if set(earlier_rules) - {settled.hash}:
        yield "rule changed after data: this series was decided under another rule before"
    if early:
        yield f"rule younger than data: {early} of {len(runs)} runs are from before {settled.link.rule.fixed_on}"
    yield from _figure_flags(settled, series)
    unnamed = sum(one.rule_hash is None for one in runs)
    if unnamed:
        yield f"{unnamed} of {len(runs)} runs name no rule: they were not made by `evals run`"
    if settled.link.threshold.origin is Origin.CONVENTION:
        yield "the threshold is a convention of this register, nobody else's line"
    if settled.link.rule.test is Test.E_PROCESS and any(_has_clusters(one) for one in runs):
        yield "items come in clusters and the rule counts them one by one: the claim is about these items alone"
    yield from _answer_flags(runs, settled.link.threshold.danger)


def _has_clusters(one: Measurement) -> bool:
    """Whether the log names a cluster for two items."""
    named = {item.item: item.cluster for item in one.items if item.cluster is not None}
    return len(set(named.values())) < len(named)


def _figure_flags(settled: Preregistration, series: Sequence[Measurement]) -> Iterable[str]:
    """The same of published figures, where the rule decides on them."""
    rule = settled.link.rule
    figures = [one for one in series if one.state is State.PUBLISHED]
    early = sum(one.measured_on < rule.fixed_on for one in figures)
    if early and rule.accepts is Evidence.PUBLISHED:
        yield f"rule younger than data: {early} of {len(figures)} published figures are from before {rule.fixed_on}"


def _answer_flags(runs: Sequence[Measurement], danger: Side) -> Iterable[str]:
    """What was not answered, or not scored, and so may hide what a model can do."""
    partial = sum(one.state in (State.PARTIAL, State.FAILED) for one in runs)
    if partial:
        yield f"{partial} of {len(runs)} runs did not end well: what they left unscored may be what was hard"
    answers = [item for one in runs for item in one.items]
    unscored, refused = sum(one.score is None for one in answers), sum(one.refused for one in answers)
    if unscored:
        yield f"{unscored} of {len(answers)} answers have no score: they may be the hard ones"
    if refused and danger is Side.ABOVE:
        yield f"{refused} of {len(answers)} answers were refusals: the rate is a lower bound on what the model can do"


# Own runs


def _on_runs(settled: Preregistration, runs: Sequence[Run], blank: Verdict) -> Verdict:
    bounds = bounds_of(settled.link.rule, turned(settled.link.threshold), runs)
    outcome, reason = _outcome(settled, bounds)
    low, high = _own_scale(settled, bounds.low, bounds.high)
    return replace(
        blank,
        outcome=outcome,
        rate=_own_scale(settled, runs[-1].rate, runs[-1].rate)[0],
        low=low,
        high=high,
        p_above=bounds.p_above,
        p_below=bounds.p_below,
        crossed_on=bounds.looks[bounds.crossed_at].on if bounds.crossed_at is not None else None,
        grade=Grade.PRIMARY,
        looks=tuple(
            replace(look, rate=_own_scale(settled, look.rate, look.rate)[0]) for look in bounds.looks
        ),
        reasons=(reason,),
    )


def _outcome(settled: Preregistration, bounds: Bounds) -> tuple[Outcome, str]:
    alpha, threshold = settled.link.rule.alpha, settled.link.threshold
    reached, absent = (
        (threshold.high, threshold.low) if threshold.danger is Side.ABOVE else (threshold.low, threshold.high)
    )
    if bounds.crossed_at is not None:
        return (
            Outcome.CROSSED,
            f"a model at {reached:g} would show this with a chance of {_chance(bounds.p_above)} at most",
        )
    if bounds.p_below is not None and bounds.p_below <= alpha:
        return (
            Outcome.BELOW,
            f"a model at {absent:g} would show this with a chance of {_chance(bounds.p_below)} at most",
        )
    if bounds.moved_at is not None:
        moved = bounds.looks[bounds.moved_at].on
        return (
            Outcome.INDETERMINATE,
            f"the rate has moved towards the danger since {moved}: earlier runs no longer speak of the model",
        )
    if bounds.p_below is None:
        wanted = settled.link.elicitation.value
        return (
            Outcome.INDETERMINATE,
            f"not shown to be crossed; 'below' needs runs elicited at level {wanted}, there are none",
        )
    chances = f"{_chance(bounds.p_above)} for a model at {reached:g}, {_chance(bounds.p_below)} for one at {absent:g}"
    return Outcome.INDETERMINATE, f"the runs exclude neither side at {alpha:g}: chances are {chances}"


def _chance(p: float) -> str:
    return f"{p:.2g}" if p >= 1e-6 else "one in a million"


def _own_scale(settled: Preregistration, low: float, high: float) -> tuple[float, float]:
    """Bounds turned back to the benchmark's own scale."""
    return (low, high) if settled.link.threshold.danger is Side.ABOVE else (1 - high, 1 - low)


def turned(threshold: Threshold) -> Threshold:
    """The threshold turned so that the danger lies above it.

    Args:
        threshold: of either side.
    """
    if threshold.danger is Side.ABOVE:
        return threshold
    numbers = {
        "low": 1 - threshold.high,
        "value": 1 - threshold.value,
        "high": 1 - threshold.low,
        "danger": Side.ABOVE,
    }
    return threshold.model_copy(update=numbers)


# Published figures


def _on_figures(settled: Preregistration, figures: Sequence[Measurement], blank: Verdict) -> Verdict:
    """What published figures allow: nothing where the rule asks for runs, and never more than their interval."""
    if not figures:
        return replace(blank, reasons=("no run counts" if blank.set_aside else "nothing was measured",))
    best = max(figures, key=lambda one: (one.grade.decides, one.measured_on, one.id))
    low, high, how = _figure_bounds(settled, best)
    stands = f"published on {best.measured_on}: {best.rate:g} ({best.grade.value}, {how})"
    shown = replace(
        blank, outcome=Outcome.INDETERMINATE, rate=best.rate, low=low, high=high, grade=best.grade
    )
    if settled.link.rule.accepts is not Evidence.PUBLISHED:
        return replace(
            shown, reasons=("the rule decides on runs, and there are only published figures", stands)
        )
    if not best.grade.decides:
        return replace(shown, reasons=("what is only recalled never decides", stands))
    if low is None or high is None:
        return replace(shown, reasons=("a figure without an interval decides nothing", stands))
    threshold, (low, high) = turned(settled.link.threshold), _own_scale(settled, low, high)
    if low > threshold.high:
        return replace(shown, outcome=Outcome.CROSSED, crossed_on=best.measured_on, reasons=(stands,))
    if high < threshold.low and best.elicitation.reaches(settled.link.elicitation):
        return replace(shown, outcome=Outcome.BELOW, reasons=(stands,))
    return replace(shown, reasons=("its interval does not lie on one side of the threshold", stands))


def _figure_bounds(settled: Preregistration, one: Measurement) -> tuple[float | None, float | None, str]:
    """The interval of a published figure, one-sided at the rule's alpha or tighter; none where none can be had."""
    figure, alpha = one.published, settled.link.rule.alpha
    if figure is None:
        return None, None, "no figure"
    if figure.level is not None and (1 - figure.level) / 2 <= alpha:
        return figure.low, figure.high, f"its own {figure.level:.0%} interval"
    if figure.items is None:
        return None, None, "no interval that is tight enough, and no number of items"
    interval = wilson(round(figure.rate * figure.items), figure.items, level=1 - 2 * alpha)
    return interval.low, interval.high, f"interval from its {figure.items} items"
