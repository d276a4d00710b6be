"""What a rule's test finds in the runs that count: how surprising each side of the threshold is, and bounds of the rate.

Takes a rule, a threshold turned so that the danger lies above it, and runs in order; gives Bounds. The e-processes count items asked
once, and bet on means of epochs or of clusters (`statistics.sequential`, `statistics.betting`). Evidence for "crossed" may begin at
any look (`statistics.late_starts`), and the best there ever was counts; evidence for "below" is what there is now, from the
runs since the rate last moved up (`statistics.change`): its alpha holds from one move to the next.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum, log

import numpy as np
from numpy.typing import NDArray

from chipledger.evals.counted import Run
from chipledger.evals.rule import DecisionRule, Side, Test, Threshold
from chipledger.evals.statistics import betting, sequential
from chipledger.evals.statistics.change import Change, Direction, changes
from chipledger.evals.statistics.clustered import dependence, score_interval
from chipledger.evals.statistics.late_starts import log_e_with_late_starts
from chipledger.evals.verdict import Look

# Of the CUSUM, in standard errors of a run: a rate that stands still moves in 4% of 60 runs (benchmarks/evals_alarms.py).
MOVED_LIMIT = 5.5

# Looks that must show "below" by themselves: a slow rise, which no jump detector sees, is told within so many.
RECENT_LOOKS = 12

_LEAST_P = 1e-12
_HALVINGS = 50
_LOG_TEN = log(10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a test found.

    Args:
        p_above: how surprising the runs would be of a rate at the threshold's upper end, at whatever look one stops.
        p_below: the same at its lower end, from the runs since the rate last moved and from the newest of them alone, whichever
            says less; None where none speaks of absence.
        low: lower bound of the rate since it last moved, at the rule's alpha.
        high: upper bound.
        looks: the runs as the test saw them.
        crossed_at: the look, from 0, at which the threshold was crossed.
        moved_at: the look, from 0, since which the rate is thought to stand higher; None if it never moved.
    """

    p_above: float
    p_below: float | None
    low: float
    high: float
    looks: tuple[Look, ...]
    crossed_at: int | None
    moved_at: int | None = None


def bounds_of(rule: DecisionRule, threshold: Threshold, runs: Sequence[Run]) -> Bounds:
    """What the rule's test finds.

    Args:
        rule: test and alpha.
        threshold: turned, the danger above it.
        runs: those that count, in order; at least one.
    """
    return _fixed(rule, threshold, runs[0]) if rule.test is Test.FIXED else _sequential(rule, threshold, runs)


def _sequential(rule: DecisionRule, threshold: Threshold, runs: Sequence[Run]) -> Bounds:
    moved = _moved(rule, runs)
    still = runs[moved.run + 1 :] if moved else runs
    speaking = [run for run in still if run.speaks_of_absence]
    above = log_e_with_late_starts(_log_e_from(rule, runs, threshold.high), len(runs))
    below = _log_e(rule, speaking, threshold.low, Side.BELOW) if speaking else None
    recent = _log_e(rule, speaking[-RECENT_LOOKS:], threshold.low, Side.BELOW) if speaking else None
    low, high = _confidence_sequence(rule, still or runs)
    now = dict(zip((run.measurement.id for run in speaking), below if below is not None else (), strict=True))
    return Bounds(
        p_above=float(sequential.always_valid_p(above)[-1]),
        p_below=float(np.exp(-max(min(below[-1], recent[-1]), 0.0)))
        if below is not None and recent is not None
        else None,
        low=low,
        high=high,
        looks=tuple(
            _look(run, float(e), now.get(run.measurement.id)) for run, e in zip(runs, above, strict=True)
        ),
        crossed_at=sequential.crossed_at(above, rule.alpha),
        moved_at=moved.since if moved else None,
    )


def _moved(rule: DecisionRule, runs: Sequence[Run]) -> Change | None:
    """The newest move of the rate towards the danger. What came before its alarm no longer speaks of absence."""
    found = changes(
        [run.rate for run in runs],
        [len(run.scores) for run in runs],
        limit=MOVED_LIMIT,
        direction=Direction.UP,
        design_effect=_design_effect(rule, runs),
    )
    return found[-1] if found else None


def _design_effect(rule: DecisionRule, runs: Sequence[Run]) -> float:
    """By how much clusters widen the spread of a run's rate, the mean over runs; 1 where items count one by one."""
    if rule.test is not Test.E_PROCESS_CLUSTERED:
        return 1.0
    seen = [
        dependence(run.scores, run.clusters).design_effect
        for run in runs
        if run.clusters and len(set(run.scores)) > 1 and 1 < len(set(run.clusters)) < len(run.clusters)
    ]
    return fsum(seen) / len(seen) if seen else 1.0


def _log_e_from(
    rule: DecisionRule, runs: Sequence[Run], threshold: float
) -> Callable[[int], NDArray[np.float64]]:
    """Evidence that the rate lies above, from a bet placed at a look: what a look is worth to a bet is worked out once."""
    if _counts_items(rule):
        return lambda start: _log_e(rule, runs[start:], threshold, Side.ABOVE)
    means, sizes = zip(*(_units(rule, run) for run in runs), strict=True)
    growth = betting.log_growth(means, threshold, side=Side.ABOVE, sizes_by_look=sizes)
    return lambda start: betting.mixed(growth[start:].cumsum(axis=0), betting.LOG_SHARES)


def _log_e(rule: DecisionRule, runs: Sequence[Run], threshold: float, side: Side) -> NDArray[np.float64]:
    if _counts_items(rule):
        solved, asked = [fsum(run.scores) for run in runs], [len(run.scores) for run in runs]
        return sequential.log_e_values(solved, asked, threshold, side=side)
    means, sizes = zip(*(_units(rule, run) for run in runs), strict=True)
    return betting.log_e_values_of_means(means, threshold, side=side, sizes_by_look=sizes)


def _confidence_sequence(rule: DecisionRule, runs: Sequence[Run]) -> tuple[float, float]:
    """Bounds that hold at all looks at once, each side at the rule's alpha."""
    level = 1 - 2 * rule.alpha
    if _counts_items(rule):
        solved, asked = [fsum(run.scores) for run in runs], [len(run.scores) for run in runs]
        low, high = sequential.confidence_sequence(solved, asked, level)
    else:
        means, sizes = zip(*(_units(rule, run) for run in runs), strict=True)
        low, high = betting.confidence_sequence_of_means(means, level, sizes_by_look=sizes)
    return float(low[-1]), float(high[-1])


def _counts_items(rule: DecisionRule) -> bool:
    """Whether items are counted: the count holds for scores between 0 and 1 too, and loses strength where epochs are averaged."""
    return rule.test is Test.E_PROCESS and rule.epochs == 1


def _units(rule: DecisionRule, run: Run) -> tuple[list[float], list[int]]:
    """What is bet on: the means of clusters with the items asked of each, or items with size 1."""
    if rule.test is not Test.E_PROCESS_CLUSTERED or run.clusters is None:
        return list(run.scores), [1] * len(run.scores)
    by_cluster: dict[str, list[float]] = defaultdict(list)
    for cluster, score in zip(run.clusters, run.scores, strict=True):
        by_cluster[cluster].append(score)
    names = sorted(by_cluster)
    means = [fsum(by_cluster[name]) / len(by_cluster[name]) for name in names]
    return means, [run.cluster_sizes[name] for name in names]


def _look(run: Run, log_e_above: float | None, log_e_below: float | None) -> Look:
    return Look(
        measurement=run.measurement.id,
        on=run.measurement.measured_on,
        rate=run.rate,
        items=len(run.scores),
        refused=run.refused,
        log10_e_above=None if log_e_above is None else log_e_above / _LOG_TEN,
        log10_e_below=None if log_e_below is None else float(log_e_below) / _LOG_TEN,
    )


# The test that looks once


def _fixed(rule: DecisionRule, threshold: Threshold, run: Run) -> Bounds:
    interval = score_interval(run.scores, run.clusters, level=1 - 2 * rule.alpha)
    p_above = _p(run, threshold.high, Side.ABOVE)
    p_below = _p(run, threshold.low, Side.BELOW) if run.speaks_of_absence else None
    return Bounds(
        p_above=p_above,
        p_below=p_below,
        low=interval.low,
        high=interval.high,
        looks=(_look(run, None, None),),
        crossed_at=0 if interval.low > threshold.high else None,
    )


def _p(run: Run, threshold: float, side: Side) -> float:
    """The smallest alpha at which the one-sided bound excludes the threshold, found by halving; 1 where none below a half does."""

    def excludes(alpha: float) -> bool:
        interval = score_interval(run.scores, run.clusters, level=1 - 2 * alpha)
        return interval.low > threshold if side is Side.ABOVE else interval.high < threshold

    low, high = _LEAST_P, 0.5 - _LEAST_P
    if not excludes(high):
        return 1.0
    if excludes(low):
        return low
    for _ in range(_HALVINGS):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if excludes(middle) else (middle, high)
    return high
