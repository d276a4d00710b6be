"""Intervals for one rate or one mean of independent items.

Takes how many of how many succeeded, or the scores themselves; gives a frozen Interval that says by which method it was made.
Wilson and Jeffreys have closed forms; the likelihood-ratio interval here is calibrated on the exact binomial distribution and
holds its level best when items are few. An empty sample has no interval: that is an error, never 0. Items that come in
clusters belong to `clustered`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from chipledger.core.errors import InputError

Floats = NDArray[np.float64]
Side = Literal["lower", "upper"]

CALIBRATED_UP_TO = (
    2000  # items; above, Jeffreys is within 0.3 points of its level for rates from 0.05 to 0.95
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and the values that the data do not exclude.

    Args:
        estimate: the share or mean that was seen.
        low: lower end.
        high: upper end.
        level: the share of samples whose interval holds the truth, as the method intends it.
        method: how it was made, in words.
        n: items or observations.
        clusters: groups of items, None where items count one by one.
        degrees_of_freedom: of the t quantile, None where none was used.
    """

    estimate: float
    low: float
    high: float
    level: float
    method: str
    n: int
    clusters: int | None = None
    degrees_of_freedom: float | None = None

    @property
    def half_width(self) -> float:
        """Half the distance between the ends."""
        return (self.high - self.low) / 2


def wilson(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """Wilson's score interval of a rate.

    Args:
        successes: items that succeeded.
        n: items.
        level: two-sided.

    Returns:
        The interval; inside [0, 1], and of some width even where nothing or everything succeeded.

    Raises:
        InputError: no items, or more successes than items.

    Source: Wilson 1927, Journal of the American Statistical Association 22:209-212; Brown, Cai and DasGupta 2001,
        Statistical Science 16(2):101-133, section 3.1.1.

    >>> found = wilson(0, 39)
    >>> round(found.low, 3), round(found.high, 3)
    (0.0, 0.09)
    """
    _check(successes, n, level)
    low = wilson_bound(successes, n, "lower", level=(1 + level) / 2)
    high = wilson_bound(successes, n, "upper", level=(1 + level) / 2)
    return Interval(estimate=successes / n, low=low, high=high, level=level, method="Wilson", n=n)


def wilson_bound(successes: int, n: int, side: Side, *, level: float = 0.95) -> float:
    """The one-sided Wilson bound: the truth lies beyond it in a share 1 - level of samples.

    Args:
        successes: items that succeeded.
        n: items.
        side: `lower` or `upper`.
        level: one-sided.

    Raises:
        InputError: no items, or more successes than items.

    Source: Brown, Cai and DasGupta 2001, section 3.1.1; Cai 2005, Journal of Statistical Planning and Inference
        131:63-88, shows that its one-sided coverage leans (too little below, too much above, for small rates).

    >>> round(wilson_bound(50, 100, "lower"), 3)
    0.419
    """
    _check(successes, n, level)
    z = float(special.ndtri(level))
    return score_bound(successes / n, z * z / n, side)


def score_bound(rate: float, scaled_square: float, side: Side) -> float:
    """The end p of a score interval: the root of (rate - p)^2 = scaled_square * p * (1 - p) on one side.

    Args:
        rate: the share that was seen.
        scaled_square: squared quantile times design effect over n.
        side: which of the two roots.

    >>> score_bound(0.0, 0.1, "lower"), round(score_bound(0.0, 0.1, "upper"), 4)
    (0.0, 0.0909)
    """
    middle = (rate + scaled_square / 2) / (1 + scaled_square)
    reach = math.sqrt(scaled_square * rate * (1 - rate) + scaled_square**2 / 4) / (1 + scaled_square)
    if side == "lower":
        return 0.0 if rate == 0 else max(0.0, middle - reach)
    return 1.0 if rate == 1 else min(1.0, middle + reach)


def jeffreys(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """Jeffreys' interval of a rate: equal tails of the Beta(k + 1/2, n - k + 1/2) posterior, 0 and 1 kept at the ends.

    Args:
        successes: items that succeeded.
        n: items.
        level: two-sided.

    Raises:
        InputError: no items, or more successes than items.

    Source: Brown, Cai and DasGupta 2001, section 3.1.3 and 4.2.

    >>> found = jeffreys(39, 39)
    >>> round(found.low, 3), found.high
    (0.938, 1.0)
    """
    _check(successes, n, level)
    low = jeffreys_bound(successes, n, "lower", level=(1 + level) / 2)
    high = jeffreys_bound(successes, n, "upper", level=(1 + level) / 2)
    return Interval(estimate=successes / n, low=low, high=high, level=level, method="Jeffreys", n=n)


def jeffreys_bound(successes: int, n: int, side: Side, *, level: float = 0.95) -> float:
    """The one-sided Jeffreys bound; its one-sided coverage is close to its level, unlike Wilson's.

    Args:
        successes: items that succeeded.
        n: items.
        side: `lower` or `upper`.
        level: one-sided.

    Raises:
        InputError: no items, or more successes than items.

    Source: Cai 2005, Journal of Statistical Planning and Inference 131:63-88.

    >>> round(jeffreys_bound(50, 100, "lower"), 3)
    0.419
    """
    _check(successes, n, level)
    if side == "lower":
        tail = special.betaincinv(successes + 0.5, n - successes + 0.5, 1 - level)
        return 0.0 if successes == 0 else float(tail)
    tail = special.betaincinv(successes + 0.5, n - successes + 0.5, level)
    return 1.0 if successes == n else float(tail)


def likelihood_ratio(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """The rates that a likelihood-ratio test does not reject, its distribution being the exact binomial with mid-p.

    A count takes only n + 1 values, so that no interval can hold exactly 95% at every rate; mid-p comes as near as a
    rule without chance can, on average. Above 2000 items Jeffreys' closed form is used, and the method says so.

    Args:
        successes: items that succeeded.
        n: items.
        level: two-sided.

    Raises:
        InputError: no items, or more successes than items.

    Source: Agresti and Gottard 2007, Computational Statistics & Data Analysis 51:6447-6458 (inverting one two-sided test
        with mid-p); Lancaster 1961, Journal of the American Statistical Association 56:223-234 (mid-p).

    >>> found = likelihood_ratio(12, 39)
    >>> round(found.low, 3), round(found.high, 3)
    (0.182, 0.46)
    """
    _check(successes, n, level)
    if n > CALIBRATED_UP_TO:
        return jeffreys(successes, n, level=level)
    low = _lowest_rate(successes, n, 1 - level)
    high = 1 - _lowest_rate(n - successes, n, 1 - level)
    return Interval(estimate=successes / n, low=low, high=high, level=level,
                    method="likelihood ratio, exact mid-p", n=n)  # fmt: skip


def mean_interval(scores: Sequence[float] | Floats, *, level: float = 0.95) -> Interval:
    """A t interval of the mean of scores that need not be 0 or 1; cut to [0, 1], where scores live.

    Args:
        scores: one for each item, from 0 to 1.
        level: two-sided.

    Raises:
        InputError: fewer than two scores, scores that do not vary, or one that is no number from 0 to 1.

    Source: Student 1908, Biometrika 6:1-25; Miller 2024, arXiv 2411.00640, section 2.

    >>> found = mean_interval([0.2, 0.4, 0.9, 0.5])
    >>> round(found.low, 2), round(found.high, 2), found.method
    (0.03, 0.97, 't')
    """
    values = checked_scores(scores)
    if values.size < 2 or np.ptp(values) == 0:
        raise InputError("the scores do not vary", expected="two scores or more that differ",
                         remedy="use score_interval, which bounds their variance instead")  # fmt: skip
    mean, degrees = float(values.mean()), values.size - 1
    reach = float(stats.t.ppf((1 + level) / 2, degrees) * values.std(ddof=1) / math.sqrt(values.size))
    return Interval(estimate=mean, low=max(0.0, mean - reach), high=min(1.0, mean + reach), level=level,
                    method="t", n=values.size, degrees_of_freedom=degrees)  # fmt: skip


def checked_scores(scores: Sequence[float] | Floats) -> Floats:
    """Scores as an array, refused if empty or not numbers from 0 to 1.

    Raises:
        InputError: no score at all, or one outside [0, 1] or NaN.

    >>> checked_scores([])
    Traceback (most recent call last):
        ...
    chipledger.core.errors.InputError: nothing was scored; expected one score or more; an empty sample has no rate
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise InputError(
            "nothing was scored", expected="one score or more", remedy="an empty sample has no rate"
        )
    if not bool(np.all((values >= 0) & (values <= 1))):  # False for NaN too
        raise InputError("a score is no number from 0 to 1", expected="shares of an item, 0 to 1")
    return values


def edge(holds: Callable[[float], bool], outside: float, inside: float, steps: int = 40) -> float:
    """Where `holds` turns true on the way from outside to inside, by halving.

    >>> round(edge(lambda p: p > 0.3, 0.0, 1.0), 6)
    0.3
    """
    for _ in range(steps):
        middle = (outside + inside) / 2
        outside, inside = (outside, middle) if holds(middle) else (middle, inside)
    return inside


def mid_p(statistic: Floats, weight: Floats, observed: float) -> float:
    """The chance of a larger statistic plus half the chance of the same.

    >>> mid_p(np.array([0.0, 1.0, 2.0]), np.array([0.5, 0.3, 0.2]), 1.0)
    0.35
    """
    slack = 1e-9 * (1 + observed)
    larger = weight[statistic > observed + slack].sum()
    return float(larger + weight[np.abs(statistic - observed) <= slack].sum() / 2)


def _lowest_rate(successes: int, n: int, alpha: float) -> float:
    if successes == 0:
        return 0.0
    counts = np.arange(n + 1, dtype=np.float64)
    ways = special.gammaln(n + 1) - special.gammaln(counts + 1) - special.gammaln(n - counts + 1)
    best = special.xlogy(counts, counts / n) + special.xlogy(n - counts, 1 - counts / n)

    def kept(rate: float) -> bool:
        fit = special.xlogy(counts, rate) + special.xlog1py(n - counts, -rate)
        deviance = 2 * (best - fit)
        return mid_p(deviance, np.exp(ways + fit), float(deviance[successes])) > alpha

    return edge(kept, 0.0, successes / n * (1 - 1e-12))


def _check(successes: int, n: int, level: float) -> None:
    if n < 1:
        raise InputError(
            "nothing was scored", expected="one item or more", remedy="an empty sample has no rate"
        )
    if not 0 <= successes <= n:
        raise InputError(f"{successes} successes of {n} items", expected="between 0 and the number of items")
    check_level(level)


def check_level(level: float) -> None:
    """Refuse a level that is no share.

    Raises:
        InputError: not strictly between 0 and 1.
    """
    if not 0 < level < 1:
        raise InputError(f"level {level}", expected="a number between 0 and 1, such as 0.95")
