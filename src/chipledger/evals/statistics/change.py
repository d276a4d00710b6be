"""Has a rate moved, and since which run: a CUSUM on run rates.

Takes the rate and the number of trials of each run; gives the path of the statistic, the limit that keeps false alarms rare, and the
changes found, each with the run that raised it and the run from which the new rate is thought to stand.

Where no baseline is known the CUSUM starts itself: each run is held against all before it. It finds the rate moving, whichever way
a threshold lies. A threshold's own question is answered by `sequential` and `betting`; `e_detector` needs a baseline and no simulation.

Source: Page, "Continuous inspection schemes", Biometrika 41 (1954), the CUSUM; Hawkins, "Self-starting CUSUM charts for location and
scale", The Statistician 36 (1987).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

from chipledger.core.errors import InputError

Floats = NDArray[np.float64]

ALLOWANCE = 0.5  # half the shift that is worth finding, in standard errors of a run


class Direction(StrEnum):
    """Which way a rate moved, or is looked at for moving."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Change:
    """A rate that has moved.

    Args:
        run: the run that raised the alarm, counted from 0.
        since: the first run at which the new rate is thought to stand.
        direction: up or down.
        statistic: at the alarm; of the CUSUM, or the log of the e-detector.
    """

    run: int
    since: int
    direction: Direction
    statistic: float


def standardised(
    rates: ArrayLike, trials: ArrayLike, *, baseline: float | None = None, design_effect: float = 1.0
) -> Floats:
    """How far each run lies from the baseline, in standard errors.

    Args:
        rates: of each run, between 0 and 1, shape (..., runs).
        trials: of each run.
        baseline: the rate from before; None holds each run against all runs before it, the first scoring 0.
        design_effect: the variance of a run's rate over that of independent trials: 1 + (size - 1) ICC for clusters.

    Returns:
        Shape (..., runs); about standard normal while nothing moves. Runs that ask the same unlike items each time vary less than
        that, so that false alarms are rarer than promised.

    Raises:
        InputError: rates that are no rates, or runs without trials.

    Source: Hawkins (1987) for the baseline of None, with the binomial variance.

    >>> standardised([0.4, 0.5], [100, 100], baseline=0.4).round(2), standardised([0.4, 0.5], [100, 100]).round(2)
    (array([0.  , 2.04]), array([0.  , 1.42]))
    """
    seen, asked = checked(rates, trials)
    if baseline is not None:
        return (seen - baseline) / np.sqrt(design_effect * baseline * (1.0 - baseline) / asked)
    total, scored = asked.cumsum(axis=-1), (seen * asked).cumsum(axis=-1)
    before = total - asked
    pooled = (scored + 0.5) / (total + 1.0)  # kept off 0 and 1, where there would be no variance
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(design_effect * pooled * (1.0 - pooled) * (1.0 / asked + 1.0 / before))
        scores = (seen - (scored - seen * asked) / before) / error
    return np.where(before > 0.0, scores, 0.0)


def cusum(scores: ArrayLike, *, direction: Direction, allowance: float = ALLOWANCE) -> Floats:
    """The path of the CUSUM: what the scores have added up to beyond the allowance since it last stood at 0.

    Args:
        scores: standardised, shape (..., runs).
        direction: `both` gives the higher of the two paths.
        allowance: what a score must exceed to add; half the shift that is worth finding.

    Returns:
        Shape (..., runs).

    Source: Page (1954).

    >>> cusum([1.0, -2.0, 1.5, 1.5], direction=Direction.UP)
    array([0.5, 0. , 1. , 2. ])
    """
    given = np.asarray(scores, dtype=float)
    if direction is Direction.BOTH:
        return np.maximum(*(cusum(given, direction=one, allowance=allowance) for one in ways(direction)))
    steps = (given if direction is Direction.UP else -given) - allowance
    path, level = np.empty_like(steps), np.zeros(steps.shape[:-1])
    for run in range(steps.shape[-1]):
        level = np.maximum(level + steps[..., run], 0.0)
        path[..., run] = level
    return path


def limit_for(
    trials: ArrayLike,
    rate: float,
    *,
    direction: Direction,
    false_alarm: float = 0.05,
    baseline_known: bool = False,
    allowance: float = ALLOWANCE,
    replications: int = 20_000,
    seed: int = 20261123,
) -> float:
    """The limit that a CUSUM over these runs exceeds with a chance of `false_alarm` at most while the rate stands still.

    Args:
        trials: of each run of the horizon, shape (runs,).
        rate: at which it stands still; the limit hardly depends on it between 0.05 and 0.95.
        direction: as the alarm will be asked for.
        false_alarm: the chance over the whole horizon.
        baseline_known: the runs will be held against a known rate, not against one another.
        allowance: as in `cusum`.
        replications: how many histories are drawn.
        seed: of the draws.

    Returns:
        The lowest limit whose upper 95% bound on the simulated chance keeps within `false_alarm`. Design effects cancel out.

    Raises:
        InputError: chances that are none, or too few replications to tell.

    Source: Page (1954); the bound is Clopper and Pearson's, Biometrika 26 (1934).

    >>> round(limit_for([100] * 60, 0.4, direction=Direction.UP, baseline_known=True, replications=2000), 1)
    5.3
    """
    if not (0.0 < rate < 1.0 and 0.0 < false_alarm < 1.0):
        raise InputError(f"rate {rate}, false alarm {false_alarm}", expected="numbers between 0 and 1")
    # the most exceedances k with P(Binomial(replications, false_alarm) <= k) <= 5%
    allowed = int(binom.ppf(0.05, replications, false_alarm)) - 1
    if allowed < 0:
        raise InputError(f"{replications} replications", expected="enough to see some false alarms",
                         remedy=f"use {int(10 / false_alarm)} or more")  # fmt: skip
    asked = np.asarray(trials, dtype=np.int64)
    rates = np.random.default_rng(seed).binomial(asked, rate, (replications, asked.size)) / asked
    scores = standardised(rates, asked, baseline=rate if baseline_known else None)
    peaks = np.sort(cusum(scores, direction=direction, allowance=allowance).max(axis=-1))
    return float(peaks[-1 - allowed])


def changes(
    rates: ArrayLike,
    trials: ArrayLike,
    *,
    limit: float,
    direction: Direction,
    baseline: float | None = None,
    allowance: float = ALLOWANCE,
    design_effect: float = 1.0,
) -> list[Change]:
    """Every change of a series: the CUSUM is followed until it exceeds the limit, and begins anew after.

    Args:
        rates: of each run, shape (runs,).
        trials: of each run.
        limit: from `limit_for`.
        direction: which way to look.
        baseline: the rate from before the first run, None where it is not known; after a change it is learned from the runs since.
        allowance: as in `cusum`.
        design_effect: as in `standardised`.

    Returns:
        In the order of runs.

    Raises:
        InputError: as in `standardised`.

    Source: Page (1954); the run after the CUSUM last stood at 0 is where the change is thought to have been.

    >>> changes([0.4] * 8 + [0.6] * 4, [100] * 12, limit=5.7, direction=Direction.UP)
    [Change(run=9, since=8, direction=<Direction.UP: 'up'>, statistic=6.215...)]
    """
    seen, asked = checked(rates, trials)
    return list(_changes(seen, asked, limit, direction, baseline, allowance, design_effect))


def _changes(
    seen: Floats,
    asked: Floats,
    limit: float,
    direction: Direction,
    baseline: float | None,
    allowance: float,
    design_effect: float,
) -> Iterator[Change]:
    start = heard = 0  # the first run of this regime, and the first that may still raise an alarm
    while heard < seen.size:
        scores = standardised(seen[start:], asked[start:], baseline=baseline, design_effect=design_effect)
        fresh = scores[heard - start :]
        paths = {one: cusum(fresh, direction=one, allowance=allowance) for one in ways(direction)}
        over = np.flatnonzero(np.maximum.reduce(list(paths.values())) > limit)
        if not over.size:
            return
        at = int(over[0])
        way = max(paths, key=lambda one: float(paths[one][at]))
        resting = np.flatnonzero(paths[way][:at] == 0.0)
        since = heard + (int(resting[-1]) + 1 if resting.size else 0)
        yield Change(heard + at, since, way, float(paths[way][at]))
        start, heard, baseline = since, heard + at + 1, None


def ways(direction: Direction) -> tuple[Direction, ...]:
    """The one way, or both, that a direction looks."""
    return (Direction.UP, Direction.DOWN) if direction is Direction.BOTH else (direction,)


def checked(rates: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats]:
    """Rates and trials of one shape (..., runs).

    Raises:
        InputError: rates that are no rates, or runs without trials.
    """
    seen, asked = np.broadcast_arrays(np.asarray(rates, dtype=float), np.asarray(trials, dtype=float))
    if seen.ndim == 0:
        raise InputError("one number is no series of runs", expected="a list with one rate for each run")
    if not ((seen >= 0.0) & (seen <= 1.0)).all():
        raise InputError("a rate that is no share", expected="numbers from 0 to 1",
                         remedy="leave out a run in which nothing was scored")  # fmt: skip
    if not (np.isfinite(asked).all() and (asked >= 1.0).all()):
        raise InputError("a run without trials", expected="at least one trial a run")
    return seen, asked
