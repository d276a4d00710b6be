"""Time horizons: how long a task takes people that a model solves half the time.

Takes attempts, each with its task, the task's family, the minutes that people need for it and whether it was solved; gives
the task length at which the chance of success is 50%, 80% or any other, with an interval from a bootstrap that draws
families, tasks within families and attempts within tasks. A horizon beyond the tasks is an extrapolation and says so; a
model whose chances do not fall with length has none.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from chipledger.core.errors import InputError

Array = NDArray[np.float64]
Picks = NDArray[np.intp]

_STEPS, _CLOSE = 50, 1e-9
_STEEPEST = (
    30.0  # logits a doubling: beyond it the solved and the failed are parted, and no slope can be told
)
_MOST_UNDEFINED = 0.05  # of the draws: with more of them no interval is given


class Weighting(StrEnum):
    """What counts alike: each attempt; each task; or tasks by the inverse root of their family's number of them (METR)."""

    ATTEMPTS = "attempts"
    TASKS = "tasks"
    FAMILIES = "families"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of one task.

    Args:
        task: its name.
        family: tasks that stand or fall together share one.
        minutes: that people who know the field need for it.
        success: 1 solved, 0 not; a share between them counts as such.
    """

    task: str
    family: str
    minutes: float
    success: float


@dataclass(frozen=True, slots=True)
class Horizon:
    """The task length at which a model succeeds with a given chance.

    Args:
        chance: of success.
        minutes: the length, None where `reason` says why there is none.
        low: the interval's lower end, None where too many draws had no horizon.
        high: its upper end.
        level: of the interval.
        undefined_draws: the share of draws without a horizon.
        extrapolated: the length lies outside the lengths of the tasks.
        reason: why there is no horizon or no interval, "" where there are both.
    """

    chance: float
    minutes: float | None
    low: float | None
    high: float | None
    level: float
    undefined_draws: float
    extrapolated: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """Chance of success = sigma(slope (log2 half_minutes - log2 minutes)); `slope` in logits a doubling."""

    log2_half_minutes: float
    slope: float

    def minutes(self, chance: float) -> float:
        """The task length at which success has the given chance.

        >>> Curve(log2_half_minutes=6.0, slope=1.0).minutes(0.5)
        64.0
        """
        return float(2.0 ** (self.log2_half_minutes - float(logit(chance)) / self.slope))


def success_curve(attempts: Sequence[Attempt], weighting: Weighting = Weighting.FAMILIES) -> Curve | None:
    """The weighted logistic of success on log2 of human time.

    Args:
        attempts: at least one.
        weighting: what counts alike.

    Returns:
        The curve; None where success does not fall with length, or where the solved and the failed are parted so cleanly
        that no slope can be told.

    Raises:
        InputError: no attempts, minutes that are not above 0, or a success that is no share.

    Source: Kwa et al. (2025), Measuring AI Ability to Complete Long Tasks, arXiv 2503.14499, section 4; no penalty here.

    >>> solved = [Attempt(f"{n}", "f", 2.0**n, float(n < 6 or n == 7)) for n in range(12)]
    >>> round(success_curve(solved).minutes(0.5))
    91
    """
    data = _Attempts.of(attempts)
    return _curve(data.log2_minutes, data.success, data.weights(weighting))


def horizons(
    attempts: Sequence[Attempt],
    *,
    chances: Sequence[float] = (0.5, 0.8),
    weighting: Weighting = Weighting.FAMILIES,
    level: float = 0.95,
    draws: int = 1000,
    seed: int,
) -> tuple[Horizon, ...]:
    """Horizons with intervals.

    Args:
        attempts: of one model.
        chances: of success, one horizon each.
        weighting: what counts alike.
        level: of the intervals.
        draws: of the bootstrap.
        seed: of the draws.

    Returns:
        One horizon a chance, in their order.

    Raises:
        InputError: as for `success_curve`.

    Source: Kwa et al. (2025), arXiv 2503.14499, appendix on the hierarchical bootstrap: families, tasks, attempts.
    """
    data = _Attempts.of(attempts)
    # Weights are those of the whole set: a task drawn twice counts twice.
    weights, rng = data.weights(weighting), np.random.default_rng(seed)
    found = _curve(data.log2_minutes, data.success, weights)
    picked = (data.draw(rng) for _ in range(draws))
    drawn = [_curve(data.log2_minutes[one], data.success[one], weights[one]) for one in picked]
    return tuple(_horizon(data, found, drawn, chance, level) for chance in chances)


def _horizon(
    data: "_Attempts", found: Curve | None, drawn: Sequence[Curve | None], chance: float, level: float
) -> Horizon:
    defined = [curve.minutes(chance) for curve in drawn if curve]
    undefined = 1.0 - len(defined) / len(drawn) if drawn else 1.0
    if found is None:
        return Horizon(chance, None, None, None, level, undefined, False,
                       "success does not fall with task length, or parts the tasks cleanly")  # fmt: skip
    minutes = found.minutes(chance)
    inside = data.log2_minutes.min() <= math.log2(minutes) <= data.log2_minutes.max()
    if undefined > _MOST_UNDEFINED:
        return Horizon(chance, minutes, None, None, level, undefined, not inside,
                       f"{undefined:.0%} of the draws have no horizon: too few tasks for an interval")  # fmt: skip
    low, high = np.quantile(defined, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Horizon(chance, minutes, float(low), float(high), level, undefined, not inside)


@dataclass(frozen=True)
class _Attempts:
    """Attempts as arrays, with the places of each task's attempts and each family's tasks."""

    log2_minutes: Array
    success: Array
    tasks: tuple[Picks, ...]  # of each task, the places of its attempts
    families: tuple[Picks, ...]  # of each family, the places of its tasks

    @classmethod
    def of(cls, attempts: Sequence[Attempt]) -> "_Attempts":
        _check(attempts)
        task_names = sorted({(one.family, one.task) for one in attempts})
        place = {name: index for index, name in enumerate(task_names)}
        of_task = np.array([place[one.family, one.task] for one in attempts])
        of_family = np.array([family for family, _ in task_names])
        return cls(
            log2_minutes=np.log2([one.minutes for one in attempts]),
            success=np.array([one.success for one in attempts], dtype=float),
            tasks=tuple(np.flatnonzero(of_task == index) for index in range(len(task_names))),
            families=tuple(np.flatnonzero(of_family == name) for name in sorted(set(of_family.tolist()))),
        )

    def weights(self, weighting: Weighting) -> Array:
        """Of each attempt; their scale does not matter."""
        weights = np.ones(len(self.success))
        if weighting is Weighting.ATTEMPTS:
            return weights
        for family in self.families:
            share = 1.0 if weighting is Weighting.TASKS else 1.0 / math.sqrt(len(family))
            for task in family:
                weights[self.tasks[task]] = share / len(self.tasks[task])
        return weights

    def draw(self, rng: np.random.Generator) -> Picks:
        """Places of attempts: families drawn again, then tasks in each, then attempts in each."""
        picks = [
            _again(self.tasks[task], rng)
            for family in rng.integers(len(self.families), size=len(self.families))
            for task in _again(self.families[family], rng)
        ]
        return np.concatenate(picks)


def _again(places: Picks, rng: np.random.Generator) -> Picks:
    return places[rng.integers(len(places), size=len(places))]


def _check(attempts: Sequence[Attempt]) -> None:
    if not attempts:
        raise InputError("no attempts", where="time horizon", expected="at least one attempt of one task")
    for one in attempts:
        if not (math.isfinite(one.minutes) and one.minutes > 0.0):
            raise InputError(
                f"{one.minutes} minutes for task {one.task!r}",
                where="time horizon",
                expected="a number above 0",
            )
        if not (math.isfinite(one.success) and 0.0 <= one.success <= 1.0):
            raise InputError(
                f"success {one.success} of task {one.task!r}",
                where="time horizon",
                expected="a share from 0 to 1",
            )


def _curve(log2_minutes: Array, success: Array, weights: Array) -> Curve | None:
    """Newton's steps on the weighted log likelihood, halved while they lead upwards."""
    weights = weights / weights.mean()
    middle = float(np.average(log2_minutes, weights=weights))
    design = np.column_stack([np.ones_like(log2_minutes), middle - log2_minutes])
    parameters = np.zeros(2)
    for _ in range(_STEPS):
        share = expit(design @ parameters)
        gradient = design.T @ (weights * (success - share))
        information = (design * (weights * share * (1.0 - share))[:, None]).T @ design
        if np.abs(parameters[1]) > _STEEPEST or _is_flat(information):
            return None
        step = np.linalg.solve(information, gradient)
        parameters = parameters + _shortened(
            step, parameters, lambda at: _loss(design @ at, success, weights)
        )
        if float(np.abs(step).max()) < _CLOSE:
            break
    if parameters[1] <= 0.0:
        return None
    return Curve(log2_half_minutes=middle + float(parameters[0] / parameters[1]), slope=float(parameters[1]))


def _is_flat(information: Array) -> bool:
    """Whether the likelihood has no single top: every task of one length, or chances that are all 0 or 1."""
    (a, b), (_, d) = information
    return bool(a * d - b * b <= 1e-12 * max(a * d, 1e-300))


def _loss(logits: Array, success: Array, weights: Array) -> float:
    return float(weights @ (np.logaddexp(0.0, logits) - success * logits))


def _shortened(step: Array, start: Array, loss: Callable[[Array], float]) -> Array:
    before = loss(start)
    for _ in range(20):
        if loss(start + step) <= before + 1e-12:
            break
        step = step / 2.0
    return step
