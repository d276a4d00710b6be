"""Two models on one benchmark: how far apart they are, item by item, and what difference could have been seen at all.

Takes for each model its scores by item id, a list over epochs, and the cluster of each item; gives a frozen Comparison. Items
that only one model answered are listed and left out of the difference. Pairing takes the items' own difficulty out of the
noise; where two runs share no items, `compare_unpaired` compares their means.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from chipledger.core.errors import InputError
from chipledger.evals.statistics.clustered import ClusteredMean, clustered_mean
from chipledger.evals.statistics.intervals import Floats, check_level, checked_scores, wilson_bound

Runs = Mapping[str, Sequence[float]]

EXACT_UP_TO = 1000  # discordant items; above, the normal distribution agrees to the digits that are printed


@dataclass(frozen=True, slots=True, kw_only=True)
class McNemar:
    """Items that one model solved and the other did not, and how surprising their split is.

    Args:
        only_first: solved by the first alone.
        only_second: solved by the second alone.
        p: two-sided, items counted one by one: clusters are not in it.
        exact: from the binomial distribution, or else the normal.
    """

    only_first: int
    only_second: int
    p: float
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The first model's mean less the second's.

    Args:
        difference: of the means, -1 to 1.
        low: lower end of its interval.
        high: upper end.
        level: of the interval, two-sided.
        p: two-sided chance of a difference this far from 0 if there is none.
        standard_error: cluster-robust.
        degrees_of_freedom: of its t quantile.
        first_mean: over the items that count.
        second_mean: the same of the second model.
        items: pairs, or items of both models together where they are not paired.
        clusters: how many independent groups of items.
        only_first: ids that only the first model answered, sorted; not in the difference if paired.
        only_second: the same of the second.
        correlation: of the two models' scores over items, None where one does not vary or they are not paired.
        detectable: the smallest true difference (MDE) that this comparison would show with the power asked for.
        power: that power.
        mcnemar: where every score is 0 or 1 in one epoch.
        method: in words.
    """

    difference: float
    low: float
    high: float
    level: float
    p: float
    standard_error: float
    degrees_of_freedom: float
    first_mean: float
    second_mean: float
    items: int
    clusters: int
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    correlation: float | None
    detectable: float
    power: float
    mcnemar: McNemar | None
    method: str


def compare_paired(
    first: Runs,
    second: Runs,
    clusters: Mapping[str, object] | None = None,
    *,
    level: float = 0.95,
    power: float = 0.8,
) -> Comparison:
    """The mean difference over the items that both models answered, by a cluster-robust t.

    Args:
        first: scores of the first model, by item id, one for each epoch; an item with none counts as not answered.
        second: of the second.
        clusters: the cluster of each item; an item that it does not name stands alone. None: all do.
        level: of the interval.
        power: at which the smallest detectable difference is given.

    Raises:
        InputError: fewer than two clusters of common items, or a score that is no number from 0 to 1.

    Source: Miller 2024, arXiv 2411.00640, section 4.2 (paired differences) and 5 (power); Liang and Zeger 1986.

    >>> a = {"q1": [1], "q2": [1], "q3": [1], "q4": [0], "q5": [1], "q6": [0]}
    >>> b = {"q1": [1], "q2": [0], "q3": [0], "q4": [0], "q5": [1], "q7": [1]}
    >>> found = compare_paired(a, b)
    >>> found.difference, found.items, found.only_first, found.only_second
    (0.4, 5, ('q6',), ('q7',))
    """
    check_level(level)
    check_level(power)
    mine, theirs = _means(first), _means(second)
    common = sorted(mine.keys() & theirs.keys())
    if len(common) < 2:
        raise InputError(f"{len(common)} items in common", expected="two or more",
                         remedy="check that both logs use the same item ids, or compare them unpaired")  # fmt: skip
    a, b = (np.array([scores[item] for item in common]) for scores in (mine, theirs))
    labels = None if clusters is None else _labels(common, clusters)
    mean = clustered_mean(a - b, labels)
    single = all(len(runs[item]) == 1 for runs in (first, second) for item in common)
    return _compared(
        mean,
        level=level,
        power=power,
        first_mean=float(a.mean()),
        second_mean=float(b.mean()),
        items=len(common),
        only_first=tuple(sorted(mine.keys() - theirs.keys())),
        only_second=tuple(sorted(theirs.keys() - mine.keys())),
        correlation=_correlation(a, b),
        mcnemar=mcnemar(a, b) if single and _binary(a) and _binary(b) else None,
        method="paired difference by item, cluster-robust t",
    )


def compare_unpaired(
    first: Runs,
    second: Runs,
    clusters: Mapping[str, object] | None = None,
    *,
    level: float = 0.95,
    power: float = 0.8,
) -> Comparison:
    """The difference of two means from different items, each with its cluster-robust error (Welch).

    Args:
        first: scores of the first model, by item id, one for each epoch.
        second: of the second.
        clusters: the cluster of each item of either; an item that it does not name stands alone.
        level: of the interval.
        power: at which the smallest detectable difference is given.

    Raises:
        InputError: a model with fewer than two clusters, or a score that is no number from 0 to 1.

    Source: Welch 1947, Biometrika 34:28-35; Miller 2024, arXiv 2411.00640, section 4.1.

    >>> found = compare_unpaired({"a": [1], "b": [0], "c": [1]}, {"d": [0], "e": [0], "f": [1]})
    >>> round(found.difference, 2), round(found.standard_error, 2), found.correlation is None
    (0.33, 0.47, True)
    """
    check_level(level)
    check_level(power)
    mine, theirs = _means(first), _means(second)
    a, b = (_clustered(scores, clusters) for scores in (mine, theirs))
    variances = a.standard_error**2, b.standard_error**2
    total = sum(variances)
    parts = variances[0] ** 2 / a.degrees_of_freedom + variances[1] ** 2 / b.degrees_of_freedom
    welch = total**2 / parts if parts > 0 else min(a.degrees_of_freedom, b.degrees_of_freedom)
    both = ClusteredMean(mean=a.mean - b.mean, standard_error=math.sqrt(total), degrees_of_freedom=welch,
                         clusters=a.clusters + b.clusters, n=a.n + b.n)  # fmt: skip
    return _compared(
        both,
        level=level,
        power=power,
        first_mean=a.mean,
        second_mean=b.mean,
        items=a.n + b.n,
        only_first=tuple(sorted(mine.keys() - theirs.keys())),
        only_second=tuple(sorted(theirs.keys() - mine.keys())),
        correlation=None,
        mcnemar=None,
        method="difference of means, cluster-robust Welch t",
    )


def mcnemar(first: Floats, second: Floats) -> McNemar:
    """Whether the items that only one of two models solved split evenly; exact up to 1000 of them.

    Args:
        first: 0 or 1 for each item.
        second: the same items in the same order.

    Source: McNemar 1947, Psychometrika 12:153-157; exact: Edwards 1948, Psychometrika 13:185-187; Dietterich 1998, Neural
        Computation 10:1895-1923, section 3.1.

    >>> mcnemar(np.array([1.0, 1, 1, 1, 1, 1, 0]), np.array([0.0, 0, 0, 0, 0, 1, 0])).p
    0.0625
    """
    ahead, behind = int((first > second).sum()), int((first < second).sum())
    split = ahead + behind
    if split <= EXACT_UP_TO:
        p = float(stats.binomtest(ahead, split).pvalue) if split else 1.0
    else:
        p = float(2 * stats.norm.sf(abs(ahead - behind) / math.sqrt(split)))
    return McNemar(only_first=ahead, only_second=behind, p=p, exact=split <= EXACT_UP_TO)


def _compared(
    found: ClusteredMean,
    *,
    level: float,
    power: float,
    first_mean: float,
    second_mean: float,
    items: int,
    only_first: tuple[str, ...],
    only_second: tuple[str, ...],
    correlation: float | None,
    mcnemar: McNemar | None,
    method: str,
) -> Comparison:
    difference, error, degrees = found.mean, found.standard_error, found.degrees_of_freedom
    quantile = float(stats.t.ppf((1 + level) / 2, degrees))
    if error > 0:
        reach, p = quantile * error, float(2 * stats.t.sf(abs(difference) / error, degrees))
        detectable = (quantile + float(stats.t.ppf(power, degrees))) * error
    else:
        # every cluster says the same: bound the share that might say otherwise, and count signs
        reach = wilson_bound(0, found.clusters, "upper", level=(1 + level) / 2)
        p = 0.5 ** (found.clusters - 1) if difference else 1.0
        detectable, method = reach, f"{method}; no spread seen, ends from Wilson, p from signs"
    return Comparison(
        difference=difference,
        low=max(-1.0, difference - reach),
        high=min(1.0, difference + reach),
        level=level,
        p=p,
        standard_error=error,
        degrees_of_freedom=degrees,
        first_mean=first_mean,
        second_mean=second_mean,
        items=items,
        clusters=found.clusters,
        only_first=only_first,
        only_second=only_second,
        correlation=correlation,
        detectable=detectable,
        power=power,
        mcnemar=mcnemar,
        method=method,
    )


def _means(runs: Runs) -> dict[str, float]:
    """The mean of each item over its epochs; an item without a score is left out, never 0."""
    items = [item for item, scores in runs.items() if len(scores)]
    lengths = np.array([len(runs[item]) for item in items], dtype=np.int64)
    values = checked_scores([score for item in items for score in runs[item]])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return dict(zip(items, (np.add.reduceat(values, starts) / lengths).tolist(), strict=True))


def _labels(items: Sequence[str], clusters: Mapping[str, object]) -> list[object]:
    return [("cluster", clusters[item]) if item in clusters else ("item", item) for item in items]


def _clustered(scores: Mapping[str, float], clusters: Mapping[str, object] | None) -> ClusteredMean:
    items = list(scores)
    return clustered_mean([scores[item] for item in items], _labels(items, clusters) if clusters else None)


def _correlation(first: Floats, second: Floats) -> float | None:
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def _binary(scores: Floats) -> bool:
    return bool(np.all((scores == 0) | (scores == 1)))
