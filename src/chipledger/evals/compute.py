"""Capability against training compute, chip and date: how fast less compute comes to reach the same level.

Takes published scores and training runs (`published`), joined by the model's name; gives two numbers with intervals. By what
factor the compute for a fixed score falls each year, from a regression on compute and date; and how many months until models
trained with no more than a given compute reach a threshold, from the best of them so far. Export controls bound compute: the
second is what controls that stay as they are would buy. Chips are given as the source prints them; what the project found
of its own is joined elsewhere.

Compute here is that of training. A model taught by a larger one leans on compute that is not its own, and one that reasons at
length buys part of its score with compute at use: both make the fall look steeper than training alone would.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from chipledger.core.errors import InputError
from chipledger.core.sources import Grade
from chipledger.evals.published import PublishedScore, TrainingRun
from chipledger.evals.statistics.forecast import (
    Check,
    Forecast,
    Result,
    Scale,
    back_test,
    frontier,
    months_until,
    on_scale,
)

Array = NDArray[np.float64]

_DAYS_A_YEAR = 365.25
_LEAST_POINTS = 12  # fewer do not part compute from date
_YEAR_ZERO = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Point:
    """One model: what it scored, when it came, what it was trained with.

    Args:
        model: its name.
        released_on: the day it was released.
        training_flop: an estimate of the arithmetic of its training.
        value: its score, in the benchmark's own unit.
        organisation: who trained it.
        country: of the organisation, as printed.
        hardware: the chips as printed, None where the source names none.
        distilled: taught by a larger model, so that its own compute understates what its score took; None where not known.
        sources: ids of the sources of score and compute.
        grade: the weaker of the two.
    """

    model: str
    released_on: date
    training_flop: float
    value: float
    organisation: str | None = None
    country: str | None = None
    hardware: str | None = None
    distilled: bool | None = None
    sources: tuple[str, ...] = ()
    grade: Grade = Grade.PRIMARY


@dataclass(frozen=True, slots=True)
class Efficiency:
    """How score depends on compute and date: value = level + per_tenfold log10(flop) + per_year years, on the given scale.

    Args:
        per_tenfold: rise of the score with ten times the compute, at the same date.
        per_year: rise of the score in a year, at the same compute.
        factor_a_year: by how many times the compute for a fixed score falls in a year.
        low: the lower end of its interval.
        high: the upper end.
        level: of the interval.
        undefined_draws: the share of draws in which more compute did not raise the score.
        residual_sd: of scores about the fit.
        points: how many models.
    """

    per_tenfold: float
    per_year: float
    factor_a_year: float
    low: float
    high: float
    level: float
    undefined_draws: float
    residual_sd: float
    points: int


@dataclass(frozen=True, slots=True)
class Least:
    """The least compute that had reached a score by a day, and with which model and chips."""

    on: date
    training_flop: float
    model: str
    hardware: str | None


@dataclass(frozen=True, slots=True)
class OnChip:
    """What models trained on a chip, as printed, have scored: how many, since when, and the best of them."""

    hardware: str
    models: int
    first_on: date
    best: Point


def join(
    scores: Iterable[PublishedScore], runs: Mapping[str, TrainingRun], *, decides_only: bool = True
) -> tuple[Point, ...]:
    """The models of which both a score and the training compute are known.

    Args:
        scores: of one benchmark; of several for one model the highest counts, as a score is a lower bound of a capability.
        runs: by model.
        decides_only: leave out what was only recalled.

    Returns:
        By day and name. A model's day is that of its score's row, else that of its training run.
    """
    best: dict[str, Point] = {}
    for score in scores:
        run = runs.get(score.model)
        if run is None or (decides_only and not (score.grade.decides and run.grade.decides)):
            continue
        point = _point(score, run)
        if score.model not in best or point.value > best[score.model].value:
            best[score.model] = point
    return tuple(sorted(best.values(), key=lambda one: (one.released_on, one.model)))


def efficiency(
    points: Sequence[Point],
    *,
    scale: Scale,
    chance: float = 0.0,
    level: float = 0.9,
    draws: int = 2000,
    seed: int,
) -> Efficiency:
    """By what factor the compute for a fixed score falls each year.

    Args:
        points: models of one benchmark.
        scale: on which score is straight in the logarithm of compute and in time.
        chance: the share that a guesser scores, for LOGIT.
        level: of the interval.
        draws: of a bootstrap over organisations, whose models share data and methods.
        seed: of the draws.

    Raises:
        InputError: too few models, or more compute does not raise the score among them.

    Source: Ho et al. (2024), Algorithmic progress in language models, arXiv 2403.05812; Epoch AI, A Rosetta Stone for AI
        Benchmarks (2025), section 3.2: the ratio of the two slopes.

    >>> made = [Point(f"m{n}", date(2020 + n % 5, 1, 1), 10.0 ** (21 + n % 3), (n % 3) + 0.5 * (n % 5)) for n in range(30)]
    >>> round(efficiency(made, scale=Scale.LINEAR, draws=10, seed=1).factor_a_year, 1)
    3.2
    """
    design, values = _design(points, scale, chance)
    (_, per_tenfold, per_year), residuals = _least_squares(design, values)
    if per_tenfold <= 0.0:
        raise InputError("more compute does not raise the score among these models", where="efficiency",
                         expected="models of one benchmark over a range of compute")  # fmt: skip
    drawn = [_ratio(design[picks], values[picks]) for picks in _organisation_draws(points, draws, seed)]
    defined = [one for one in drawn if one is not None]
    low, high = np.quantile(defined, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Efficiency(
        per_tenfold=per_tenfold,
        per_year=per_year,
        factor_a_year=10.0 ** (per_year / per_tenfold),
        low=10.0 ** float(low),
        high=10.0 ** float(high),
        level=level,
        undefined_draws=1.0 - len(defined) / draws,
        residual_sd=math.sqrt(float(residuals @ residuals) / (len(values) - 3)),
        points=len(points),
    )


def months_at_constant_compute(
    points: Sequence[Point],
    threshold: float,
    *,
    ceiling_flop: float,
    on: date,
    scale: Scale,
    chance: float = 0.0,
    level: float = 0.8,
    within_months: float = 120.0,
) -> Forecast:
    """Months until a model trained with no more than a given compute reaches a threshold, at constant controls.

    Args:
        points: models of one benchmark.
        threshold: in the benchmark's own unit.
        ceiling_flop: the compute that controls leave within reach.
        on: the day from which months are counted; later models are not looked at.
        scale: on which a steady pace is a straight line.
        chance: the share that a guesser scores, for LOGIT.
        level: of the interval.
        within_months: how far ahead is looked.

    Returns:
        The forecast from the running best of the models below the ceiling.
    """
    return months_until(results_below(points, ceiling_flop), threshold, on=on, scale=scale, chance=chance, level=level,
                        within_months=within_months)  # fmt: skip


def back_test_at_constant_compute(
    points: Sequence[Point],
    *,
    ceiling_flop: float,
    scale: Scale,
    chance: float = 0.0,
    first_records: int = 4,
    level: float = 0.8,
) -> tuple[Check, ...]:
    """Forecasts of the best score below a ceiling, from every month of the past, held against later releases."""
    return back_test(results_below(points, ceiling_flop), scale=scale, chance=chance, first_records=first_records, level=level)  # fmt: skip


def back_test_scores(
    points: Sequence[Point], *, scale: Scale, chance: float = 0.0, first: int = 20, level: float = 0.8
) -> tuple[Check, ...]:
    """Each model's score told from its compute and day by the models before it, held against what it scored.

    Args:
        points: models of one benchmark.
        scale: as for `efficiency`.
        chance: as for `efficiency`.
        first: how many models must have come before the first that is told.
        level: of the prediction intervals.

    Returns:
        One check a model; `months` is how long after the last model before it came.
    """
    ordered = sorted(points, key=lambda one: (one.released_on, one.model))
    design, values = _design(ordered, scale, chance)
    checks = []
    for index in range(first, len(ordered)):
        before = sum(one.released_on < ordered[index].released_on for one in ordered[:index])
        if before >= first:
            low, high = _prediction(design[:before], values[:before], design[index], level)
            gap = (ordered[index].released_on - ordered[before - 1].released_on).days / _DAYS_A_YEAR * 12.0
            seen = float(values[index])
            checks.append(Check(ordered[index].released_on, gap, low, high, seen, low <= seen <= high))
    return tuple(checks)


def results_below(points: Iterable[Point], ceiling_flop: float) -> list[Result]:
    """The results of models trained with no more than a given compute."""
    return [
        Result(one.released_on, one.value, None, one.model)
        for one in points
        if one.training_flop <= ceiling_flop
    ]


def least_compute(points: Iterable[Point], threshold: float) -> tuple[Least, ...]:
    """The steps by which the least compute that reaches a score came down.

    Args:
        points: models of one benchmark.
        threshold: in the benchmark's own unit.

    Returns:
        One entry for each model that reached the score with less than any before it.

    >>> made = [Point("a", date(2022, 1, 1), 1e24, 0.7), Point("b", date(2023, 1, 1), 5e24, 0.8), Point("c", date(2024, 1, 1), 1e23, 0.7)]
    >>> [step.model for step in least_compute(made, 0.7)]
    ['a', 'c']
    """
    reached = [one for one in points if one.value >= threshold]
    steps = frontier(Result(one.released_on, -one.training_flop, None, one.model) for one in reached)
    hardware = {one.model: one.hardware for one in reached}
    return tuple(Least(one.on, -one.value, one.name, hardware[one.name]) for one in steps)


def by_chip(points: Iterable[Point]) -> tuple[OnChip, ...]:
    """What models trained on each chip have scored; a model that names several counts for each.

    Returns:
        By the best score, highest first; models whose chips nobody printed are left out.
    """
    on: dict[str, list[Point]] = {}
    for one in points:
        for chip in (one.hardware or "").split(","):
            if chip.strip():
                on.setdefault(chip.strip(), []).append(one)
    found = [OnChip(chip, len(of), min(one.released_on for one in of), max(of, key=lambda one: one.value)) for chip, of in on.items()]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one.best.value, one.hardware)))


def _point(score: PublishedScore, run: TrainingRun) -> Point:
    grades = list(Grade)
    return Point(
        model=score.model,
        released_on=score.released_on or run.released_on,
        training_flop=run.training_flop,
        value=score.value,
        organisation=run.organisation,
        country=run.country,
        hardware=run.hardware,
        distilled=run.distilled,
        sources=tuple(dict.fromkeys((score.source, run.source))),
        grade=max(score.grade, run.grade, key=grades.index),
    )


def _design(points: Sequence[Point], scale: Scale, chance: float) -> tuple[Array, Array]:
    """Rows of 1, log10 of compute, years; and the scores on their scale."""
    if len(points) < _LEAST_POINTS:
        raise InputError(f"{len(points)} models with both a score and training compute", where="efficiency",
                         expected=f"at least {_LEAST_POINTS}")  # fmt: skip
    years = [(one.released_on - _YEAR_ZERO).days / _DAYS_A_YEAR for one in points]
    flop = [math.log10(one.training_flop) for one in points]
    values = [on_scale(one.value, scale, chance) for one in points]
    return np.column_stack([np.ones(len(points)), flop, years]), np.array(values)


def _least_squares(design: Array, values: Array) -> tuple[tuple[float, float, float], Array]:
    found = np.linalg.lstsq(design, values, rcond=None)[0]
    return (float(found[0]), float(found[1]), float(found[2])), values - design @ found


def _ratio(design: Array, values: Array) -> float | None:
    """Tenfolds of compute saved a year; None where compute does not raise the score."""
    (_, per_tenfold, per_year), _ = _least_squares(design, values)
    return per_year / per_tenfold if per_tenfold > 0.0 else None


def _organisation_draws(points: Sequence[Point], draws: int, seed: int) -> Iterable[NDArray[np.intp]]:
    rng = np.random.default_rng(seed)
    names = [one.organisation or one.model for one in points]
    groups = [
        np.array([i for i, name in enumerate(names) if name == wanted]) for wanted in sorted(set(names))
    ]
    for _ in range(draws):
        yield np.concatenate([groups[pick] for pick in rng.integers(len(groups), size=len(groups))])


def _prediction(design: Array, values: Array, at: Array, level: float) -> tuple[float, float]:
    found, residuals = _least_squares(design, values)
    freedom = len(values) - 3
    variance = float(residuals @ residuals) / freedom
    leverage = float(at @ np.linalg.pinv(design.T @ design) @ at)
    reach = float(student.ppf((1.0 + level) / 2.0, freedom)) * math.sqrt(variance * (1.0 + leverage))
    middle = float(at @ np.array(found))
    return middle - reach, middle + reach
