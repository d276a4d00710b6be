"""Means of items that stand or fall together: standard errors, intervals, and where the noise comes from.

Takes scores and the cluster of each; gives cluster-robust means with their degrees of freedom, intervals, the correlation
within clusters, and the split of variance between items and repeated runs. `score_interval` is the one to use: it picks a
construction by what the scores are and says which. Items are independent where no clusters are given.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from chipledger.core.errors import InputError
from chipledger.evals.statistics.calibrated import degrees_of_freedom, rate_bounds
from chipledger.evals.statistics.intervals import (
    Floats,
    Interval,
    check_level,
    checked_scores,
    likelihood_ratio,
    score_bound,
)

Scores = Sequence[float] | Floats
Labels = Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredMean:
    """A mean and how far it may be off, clusters counted as the independent draws.

    Args:
        mean: over items.
        standard_error: cluster-robust; the plain one where every item is its own cluster.
        degrees_of_freedom: for its t quantile.
        clusters: how many.
        n: items.
    """

    mean: float
    standard_error: float
    degrees_of_freedom: float
    clusters: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependence:
    """How much items of a cluster resemble each other, and what that costs.

    Args:
        correlation: intraclass correlation (ICC); below 0 by chance where there is none.
        typical_size: of a cluster, as the estimate weighs it.
        design_effect: 1 + (typical_size - 1) * correlation, never below 1.
        effective_n: items that would tell as much if they were independent.
    """

    correlation: float
    typical_size: float
    design_effect: float
    effective_n: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceSplit:
    """Where the variance of a score comes from: which items were drawn, or luck within a repeated item.

    Args:
        between_items: variance of the items' own expected scores.
        within_item: variance of one run of an item around its expected score.
        items: how many items.
        epochs: runs of each, as the harmonic mean where they differ.
    """

    between_items: float
    within_item: float
    items: int
    epochs: float

    @property
    def noise_share(self) -> float | None:
        """The share that more epochs can remove; None where nothing varies."""
        total = self.between_items + self.within_item
        return self.within_item / total if total > 0 else None

    def standard_error(self, items: int, epochs: float) -> float:
        """The standard error that a run of so many items and epochs would have.

        >>> round(VarianceSplit(between_items=0.1, within_item=0.1, items=50, epochs=2).standard_error(100, 4), 4)
        0.0354
        """
        return math.sqrt((self.between_items + self.within_item / epochs) / items)


def clustered_mean(scores: Scores, clusters: Labels | None = None) -> ClusteredMean:
    """The mean with its cluster-robust standard error; scores may be any numbers, differences too.

    Args:
        scores: one for each item.
        clusters: the cluster of each item; None where every item stands alone.

    Returns:
        The mean over items. Degrees of freedom are Satterthwaite's: clusters - 1 where they are of one size.

    Raises:
        InputError: no scores, one that is no number, labels that do not fit, or a single cluster.

    Source: Liang and Zeger 1986, Biometrika 73:13-22; few and unlike clusters: Bell and McCaffrey 2002, Survey Methodology
        28:169-181 (CR2); Miller 2024, arXiv 2411.00640, section 2.2.

    >>> found = clustered_mean([1, 1, 0, 0, 1, 0], ["a", "a", "b", "b", "c", "c"])
    >>> round(found.mean, 2), round(found.standard_error, 3), found.degrees_of_freedom
    (0.5, 0.289, 2.0)
    """
    values = _numbers(scores)
    which, sizes = _grouped(values.size, clusters)
    count, n = sizes.size, values.size
    mean = float(values.mean())
    sums = np.bincount(which, weights=values - mean, minlength=count)
    error = math.sqrt(float((sums**2 / (1 - sizes / n)).sum())) / n  # CR2; G / (G - 1) where sizes are alike
    naive = float(((values - mean) ** 2).sum()) / n**2
    typical = float((sizes**2).sum() / n)
    correlation = (error**2 / naive - 1) / (typical - 1) if naive > 0 and typical > 1 else 0.0
    return ClusteredMean(mean=mean, standard_error=error, degrees_of_freedom=degrees_of_freedom(sizes, correlation),
                         clusters=count, n=n)  # fmt: skip


def clustered_t(scores: Scores, clusters: Labels | None = None, *, level: float = 0.95) -> Interval:
    """The t interval of the mean, cluster-robust, cut to [0, 1].

    Below about 15 effective successes it is too narrow (84% for 95% at rate 0.05 and 20 clusters of 5): see `score_interval`.

    Args:
        scores: one for each item, 0 to 1.
        clusters: the cluster of each; None where every item stands alone.
        level: two-sided.

    Raises:
        InputError: as for `clustered_mean`.

    Source: Miller 2024, arXiv 2411.00640, section 2.2.

    >>> found = clustered_t([1, 1, 0, 0, 1, 0, 1, 1], list("aabbccdd"))
    >>> round(found.low, 2), round(found.high, 2), found.degrees_of_freedom
    (0.0, 1.0, 3.0)
    """
    check_level(level)
    found = clustered_mean(checked_scores(scores), clusters)
    reach = float(stats.t.ppf((1 + level) / 2, found.degrees_of_freedom)) * found.standard_error
    return Interval(estimate=found.mean, low=max(0.0, found.mean - reach), high=min(1.0, found.mean + reach),
                    level=level, method="cluster-robust t", n=found.n, clusters=found.clusters,
                    degrees_of_freedom=found.degrees_of_freedom)  # fmt: skip


def cluster_bootstrap(
    scores: Scores,
    clusters: Labels | None = None,
    *,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """The percentile interval of the mean over whole clusters drawn again with replacement.

    Like every percentile interval it is too narrow with few clusters; with 40 or more it agrees with the t interval.

    Args:
        scores: one for each item, 0 to 1.
        clusters: the cluster of each; None where every item stands alone.
        level: two-sided.
        resamples: how many samples are drawn.
        seed: of the draw; the same seed gives the same interval.

    Raises:
        InputError: as for `clustered_mean`, or fewer than 100 resamples.

    Source: Davison and Hinkley 1997, Bootstrap Methods and their Application, section 3.8; Efron 1979, Annals of Statistics 7:1-26.

    >>> first = cluster_bootstrap([1, 1, 0, 0, 1, 0, 1, 1], list("aabbccdd"), seed=3)
    >>> first == cluster_bootstrap([1, 1, 0, 0, 1, 0, 1, 1], list("aabbccdd"), seed=3)
    True
    """
    check_level(level)
    if resamples < 100:
        raise InputError(f"{resamples} resamples", expected="100 or more", remedy="2000 is usual")
    values = checked_scores(scores)
    which, sizes = _grouped(values.size, clusters)
    sums = np.bincount(which, weights=values, minlength=sizes.size)
    count = sizes.size
    times = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=resamples)
    means = (times @ sums) / (times @ sizes)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate=float(values.mean()), low=float(low), high=float(high), level=level,
                    method=f"cluster bootstrap, percentile, {resamples} resamples, seed {seed}",
                    n=values.size, clusters=count)  # fmt: skip


def dependence(scores: Scores, clusters: Labels) -> Dependence:
    """The intraclass correlation by analysis of variance, and the design effect that follows.

    Args:
        scores: one for each item.
        clusters: the cluster of each.

    Raises:
        InputError: as for `clustered_mean`, no cluster with two items, or scores that do not vary.

    Source: Donner 1986, International Statistical Review 54:67-82 (ANOVA estimator, unequal sizes); Kish 1965, section 5.4.

    >>> found = dependence([1, 1, 0, 0, 1, 1, 0, 1], list("aabbccdd"))
    >>> round(found.correlation, 2), round(found.design_effect, 2), round(found.effective_n, 1)
    (0.57, 1.57, 5.1)
    """
    values = _numbers(scores)
    which, sizes = _grouped(values.size, clusters)
    n, count = values.size, sizes.size
    if n == count or np.ptp(values) == 0:
        raise InputError("correlation within clusters cannot be told",
                         expected="scores that vary, and two items in some cluster")  # fmt: skip
    means = np.bincount(which, weights=values, minlength=count) / sizes
    between = float((sizes * (means - values.mean()) ** 2).sum()) / (count - 1)
    within = float(((values - means[which]) ** 2).sum()) / (n - count)
    typical = float(n - (sizes**2).sum() / n) / (count - 1)
    correlation = (between - within) / (between + (typical - 1) * within)
    effect = max(1.0, 1 + (typical - 1) * correlation)
    return Dependence(
        correlation=correlation, typical_size=typical, design_effect=effect, effective_n=n / effect
    )


def split_variance(runs: Sequence[Sequence[float]]) -> VarianceSplit:
    """Variance between items against variance within an item over its epochs.

    Args:
        runs: for each item the scores of its epochs; two epochs or more for some item.

    Returns:
        The two parts; the part between items is 0 where the data show less than noise alone would.

    Raises:
        InputError: fewer than two items, an item with no score, or no item with two epochs.

    Source: Miller 2024, arXiv 2411.00640, section 3.1 (law of total variance); Searle, Casella and McCulloch 1992,
        Variance Components, section 3.6.

    >>> split = split_variance([[1, 1], [0, 0], [1, 0], [0, 1]])
    >>> round(split.between_items, 3), split.within_item
    (0.042, 0.25)
    """
    items = [_numbers(one) for one in runs]
    epochs = np.array([one.size for one in items], dtype=np.float64)
    if len(items) < 2 or epochs.max() < 2:
        raise InputError(
            "variance cannot be split", expected="two items or more, and two epochs of some item"
        )
    spare = float((epochs - 1).sum())
    within = sum(float(((one - one.mean()) ** 2).sum()) for one in items) / spare
    typical = float(len(items) / (1 / epochs).sum())
    seen = float(np.var([one.mean() for one in items], ddof=1))
    return VarianceSplit(
        between_items=max(0.0, seen - within / typical), within_item=within, items=len(items), epochs=typical
    )


def score_interval(scores: Scores, clusters: Labels | None = None, *, level: float = 0.95) -> Interval:
    """The interval to use: it holds its level within a point wherever discrete counts allow (benchmarks/evals_intervals.py).

    Independent 0/1 items: the likelihood-ratio interval on the exact binomial. Clustered 0/1 items: Wilson's with the design
    effect that was seen, calibrated where clusters are few or successes rare. Other scores: the same with a t quantile.

    Args:
        scores: one for each item (or for each item and epoch, with the item as its cluster), 0 to 1.
        clusters: the cluster of each; None where every item stands alone.
        level: two-sided.

    Returns:
        The interval, its method in words.

    Raises:
        InputError: no scores, one that is no number from 0 to 1, labels that do not fit, or a single cluster.

    Source: see `likelihood_ratio` and `chipledger.evals.statistics.calibrated.rate_bounds`.

    >>> alone = score_interval([1, 0, 0, 1, 0, 0, 0, 1, 0, 0])
    >>> round(alone.low, 2), round(alone.high, 2), alone.method
    (0.11, 0.62, 'likelihood ratio, exact mid-p')
    >>> score_interval([1, 0, 0, 1, 0, 0, 0, 1, 0, 0], list("aabbccddee")).clusters
    5
    """
    check_level(level)
    values = checked_scores(scores)
    binary = bool(np.all((values == 0) | (values == 1)))
    which, sizes = _grouped(values.size, clusters, alone=clusters is None)
    if binary and sizes.max() == 1:
        return likelihood_ratio(int(values.sum()), values.size, level=level)
    if not binary:
        return _fractional(values, clusters, level)
    successes: Floats = np.bincount(which, weights=values, minlength=sizes.size).astype(np.float64)
    ends = rate_bounds(successes, sizes, level)
    method = f"Wilson with design effect, {'calibrated' if ends.calibrated else 't'}"
    return Interval(estimate=float(values.mean()), low=ends.low, high=ends.high, level=level,
                    method=method, n=values.size, clusters=int(sizes.size))  # fmt: skip


def _fractional(values: Floats, clusters: Labels | None, level: float) -> Interval:
    """Wilson's interval with the variance that was seen in place of p(1 - p); that of 0/1 items where none was seen."""
    if values.size < 2:
        raise InputError("one score that is neither 0 nor 1 has no interval", expected="two scores or more")
    found = clustered_mean(values, clusters)
    mean, spread = found.mean, found.mean * (1 - found.mean)
    seen = found.standard_error**2
    # no score varies less than that of a 0/1 item of the same mean; with no variance seen, one a cluster is assumed
    scaled = seen / spread if seen > 0 else 1 / found.clusters
    quantile = float(stats.t.ppf((1 + level) / 2, found.degrees_of_freedom))
    method = "Wilson with design effect, t" if seen > 0 else "Wilson, no variance seen"
    return Interval(estimate=mean, low=score_bound(mean, quantile**2 * scaled, "lower"),
                    high=score_bound(mean, quantile**2 * scaled, "upper"), level=level, method=method, n=found.n,
                    clusters=None if clusters is None else found.clusters,
                    degrees_of_freedom=found.degrees_of_freedom)  # fmt: skip


def _grouped(
    n: int, clusters: Labels | None, alone: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The cluster number of each item, and the sizes; a single cluster only where items stand alone by leave."""
    if clusters is None:
        which, sizes = np.arange(n), np.ones(n, dtype=np.int64)
    else:
        if len(clusters) != n:
            raise InputError(f"{len(clusters)} cluster labels for {n} scores", expected="one for each")
        numbers: dict[object, int] = {}
        which = np.array([numbers.setdefault(label, len(numbers)) for label in clusters], dtype=np.int64)
        sizes = np.bincount(which)
    if sizes.size < 2 and not alone:
        raise InputError("all scores are in one cluster", expected="two clusters or more",
                         remedy="the spread between clusters cannot be told from one")  # fmt: skip
    return which, sizes


def _numbers(scores: Scores) -> Floats:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise InputError(
            "nothing was scored", expected="one score or more", remedy="an empty sample has no mean"
        )
    if not bool(np.all(np.isfinite(values))):
        raise InputError("a score is no number", expected="finite numbers")
    return values
