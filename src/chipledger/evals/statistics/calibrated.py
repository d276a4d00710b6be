"""The rates that clustered 0/1 items do not exclude, by a test whose distribution is worked out for the sample at hand.

Takes successes and sizes of clusters; gives the two ends. The statistic is Wilson's with the design effect that was seen. Its
t quantile is right when clusters are many and successes not rare; otherwise the statistic is skewed, and its distribution
under each candidate rate is listed or drawn (seeded) from beta-binomial clusters of the same sizes with the correlation
that was seen, and inverted with mid-p.
"""

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from chipledger.evals.statistics.intervals import Floats, edge, mid_p, score_bound

MANY_CLUSTERS = 50  # from here on, and with PLENTY successes and failures, the t quantile holds (benchmarks/evals_intervals.py)
PLENTY = 15.0  # successes, or failures if they are fewer, over the design effect
TOO_FEW_TO_TELL = 2  # correlation shows in pairs of successes within a cluster: two successes make one pair
DRAWS = 4000
LISTED = 5000  # up to so many outcomes are listed, each with its probability, instead of drawn
MOST_CORRELATED = 0.8
LEAST_CORRELATED = 1e-6  # below, the gamma functions of the beta-binomial lose all digits


class Totals(NamedTuple):
    """What the statistic needs of an outcome: sums over clusters of k, of size times k, and of k squared."""

    k: Floats
    sized: Floats
    squares: Floats


@dataclass(frozen=True)
class Clusters:
    """Sizes of the clusters, and what follows from them alone."""

    sizes: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many clusters."""
        return int(self.sizes.size)

    @property
    def n(self) -> int:
        """How many items."""
        return int(self.sizes.sum())

    @property
    def typical(self) -> float:
        """The size of the cluster of a typical item: the design effect of items that only repeat each other."""
        return float((self.sizes**2).sum() / self.n)

    def totals(self, successes: Floats) -> Totals:
        """The sums of one outcome, or of many: successes has shape (..., clusters)."""
        return Totals(successes.sum(-1), (successes * self.sizes).sum(-1), (successes**2).sum(-1))

    def mirrored(self, successes: Floats) -> Floats:
        """Failures in place of successes."""
        return self.sizes - successes


def design_effect(totals: Totals, clusters: Clusters) -> Floats:
    """Cluster-robust variance over that of independent items, for each outcome; the typical size where it cannot be told.

    Args:
        totals: of one outcome or many.
        clusters: their sizes.

    Source: Kish 1965, Survey Sampling, section 5.4; Liang and Zeger 1986, Biometrika 73:13-22, with G / (G - 1).

    >>> five = Clusters(np.full(4, 5))
    >>> round(float(design_effect(five.totals(np.array([5.0, 5, 0, 0])), five)), 2)
    6.67
    """
    n, count = clusters.n, clusters.count
    rate = totals.k / n
    squares = totals.squares - 2 * rate * totals.sized + rate**2 * float((clusters.sizes**2).sum())
    spread = np.maximum(rate * (1 - rate), 1e-12)
    effect = np.maximum(squares * count / (count - 1) / n / spread, 1 / count)
    few = np.minimum(totals.k, n - totals.k) <= TOO_FEW_TO_TELL
    return np.where(few, clusters.typical, effect)


def rate_bounds(successes: Floats, sizes: NDArray[np.int64], level: float) -> tuple[float, float]:
    """The lowest and the highest rate that the data do not exclude.

    Args:
        successes: by cluster, whole numbers.
        sizes: of the clusters, two or more of them.
        level: two-sided.

    Source: Rao and Scott 1992, Biometrics 48:577-585 (score test with a design effect); Efron and Tibshirani 1993, An
        Introduction to the Bootstrap, section 12.6 and 22 (distribution of a studentised statistic drawn under the model).

    >>> low, high = rate_bounds(np.array([2.0, 3, 1, 4, 5, 2]), np.full(6, 5), 0.95)
    >>> round(low, 2), round(high, 2)
    (0.33, 0.77)
    """
    clusters = Clusters(sizes)
    high = 1 - _lowest(clusters.mirrored(successes), clusters, 1 - level)
    return _lowest(successes, clusters, 1 - level), high


def degrees_of_freedom(sizes: NDArray[np.int64], correlation: float) -> float:
    """Satterthwaite's degrees of freedom of a variance over clusters of unlike size: G - 1 where all are alike.

    Args:
        sizes: of the clusters.
        correlation: within clusters.

    Source: Satterthwaite 1946, Biometrics Bulletin 2:110-114.

    >>> degrees_of_freedom(np.array([5, 5, 5]), 0.2), round(degrees_of_freedom(np.array([20, 1, 1]), 0.2), 2)
    (2.0, 1.0)
    """
    share = sizes * (1 + (sizes - 1) * min(max(correlation, 0.0), 1.0))
    return max(1.0, float(share.sum() ** 2 / (share**2).sum()) - 1)


def _lowest(successes: Floats, clusters: Clusters, alpha: float) -> float:
    """The lowest rate kept; where nothing succeeded, that is 0."""
    seen = clusters.totals(successes)
    k, n = float(seen.k), clusters.n
    if k == 0:
        return 0.0
    effect = float(design_effect(seen, clusters))
    few = min(k, n - k) <= TOO_FEW_TO_TELL
    correlation = 0.0 if few or clusters.typical == 1 else (effect - 1) / (clusters.typical - 1)
    correlation = min(max(correlation, 0.0), MOST_CORRELATED)
    quantile = float(stats.t.ppf(1 - alpha / 2, degrees_of_freedom(clusters.sizes, correlation)))
    bound = score_bound(k / n, quantile**2 * effect / n, "lower")
    if clusters.count >= MANY_CLUSTERS and min(k, n - k) / effect >= PLENTY:
        return bound
    return _calibrated(seen, clusters, correlation, alpha, near=bound)


def _calibrated(seen: Totals, clusters: Clusters, correlation: float, alpha: float, near: float) -> float:
    model = _Model(clusters, correlation)
    rate = float(seen.k) / clusters.n

    def kept(candidate: float) -> bool:
        totals, weight = model.outcomes(candidate)
        observed = float(_statistic(seen, clusters, candidate))
        return mid_p(_statistic(totals, clusters, candidate), weight, observed) > alpha

    inside, outside = near, near / 4
    if not kept(near):
        inside, outside = min(rate, 1 - 1e-9), near
    elif kept(outside):
        inside, outside = outside, 0.0
    return edge(kept, outside, inside, steps=9)


def _statistic(totals: Totals, clusters: Clusters, rate: float) -> Floats:
    """Wilson's squared score over the design effect that was seen."""
    seen = totals.k / clusters.n
    return (seen - rate) ** 2 * clusters.n / (rate * (1 - rate) * design_effect(totals, clusters))


class _Model:
    """Beta-binomial clusters of given sizes: outcomes at any rate, the same random numbers for each."""

    def __init__(self, clusters: Clusters, correlation: float) -> None:
        self.correlation = correlation
        self.groups = sorted(Counter(clusters.sizes.tolist()).items())
        size, count = self.groups[0]
        self.listed = len(self.groups) == 1 and math.comb(count + size, size) <= LISTED
        self.patterns = _patterns(size, count) if self.listed else None

    def outcomes(self, rate: float) -> tuple[Totals, Floats]:
        """Outcomes and their weights: every one with its probability, or draws that weigh the same."""
        if self.patterns is not None:
            size, count = self.groups[0]
            logs = special.gammaln(count + 1) - special.gammaln(self.patterns + 1).sum(1)
            chances = np.log(np.maximum(beta_binomial(size, rate, self.correlation), 1e-300))
            return _of_patterns(self.patterns, size), np.exp(logs + self.patterns @ chances)
        draw = np.random.default_rng(0)
        parts = [self._drawn(draw, size, count, rate) for size, count in self.groups]
        totals = Totals(*(sum(columns[1:], start=columns[0]) for columns in zip(*parts, strict=True)))
        return totals, np.full(DRAWS, 1 / DRAWS)

    def _drawn(self, draw: np.random.Generator, size: int, count: int, rate: float) -> Totals:
        if count > size:  # fewer numbers to draw if clusters are counted by their successes
            chances = beta_binomial(size, rate, self.correlation)
            return _of_patterns(draw.multinomial(count, chances / chances.sum(), size=DRAWS), size)
        chance: Floats | float = rate
        if self.correlation >= LEAST_CORRELATED:
            odds = (1 - self.correlation) / self.correlation
            chance = draw.beta(rate * odds, (1 - rate) * odds, size=(DRAWS, count))
        k = draw.binomial(size, chance, size=(DRAWS, count)).astype(np.float64)
        return Totals(k.sum(1), size * k.sum(1), (k**2).sum(1))


def beta_binomial(size: int, rate: float, correlation: float) -> Floats:
    """The chances of 0 to `size` successes in a cluster whose items correlate.

    Args:
        size: items in the cluster.
        rate: of success, strictly between 0 and 1.
        correlation: of two items of the cluster, from 0 to below 1.

    Source: Skellam 1948, Journal of the Royal Statistical Society B 10:257-261.

    >>> beta_binomial(2, 0.5, 0.0).round(3).tolist(), beta_binomial(2, 0.5, 0.5).round(3).tolist()
    ([0.25, 0.5, 0.25], [0.375, 0.25, 0.375])
    """
    k = np.arange(size + 1, dtype=np.float64)
    ways = -np.log(size + 1) - special.betaln(k + 1, size - k + 1)
    if correlation < LEAST_CORRELATED:
        independent: Floats = np.exp(ways + special.xlogy(k, rate) + special.xlog1py(size - k, -rate))
        return independent
    odds = (1 - correlation) / correlation
    a, b = rate * odds, (1 - rate) * odds
    chances: Floats = np.exp(ways + special.betaln(k + a, size - k + b) - special.betaln(a, b))
    return chances


@lru_cache(maxsize=16)
def _patterns(size: int, count: int) -> Floats:
    """Every way to spread clusters over numbers of successes; shape (ways, size + 1)."""
    ways = combinations_with_replacement(range(size + 1), count)
    return np.array([np.bincount(way, minlength=size + 1) for way in ways], dtype=np.float64)


def _of_patterns(patterns: Floats | NDArray[np.int64], size: int) -> Totals:
    k = np.arange(size + 1, dtype=np.float64)
    total = patterns @ k
    return Totals(total, size * total, patterns @ k**2)
