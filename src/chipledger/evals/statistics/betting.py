"""Has a mean crossed a threshold, asked after every look: bets on cluster means, for items that stand or fall together.

Takes the cluster means of each look, between 0 and 1, and the clusters' sizes where they differ; gives cumulative log e-values and
bounds that hold at all looks at once. It serves scores that are not 0 or 1 as well: each item is then a cluster of its own.

A bet f multiplies the capital by 1 + f w (x / threshold - 1) for a cluster of mean x, where w is the cluster's size over the size of
the largest one of its look, so that no bet can lose more than it has. Within a cluster items may depend on one another in any way;
clusters of a look answer independently, each given the past, and may have means of their own: the claim is about the mean over the look's
items, and the capital does not grow in the mean while that is at most the threshold (see `sequential`). With weights the claim stays one
about items where clusters differ in size; without them it is one about clusters. Sizes must be settled before scores are seen, as
a benchmark's own are, and not be the number of items that happened to get a score.

Bets are a grid, the capital spread over it before the first look like Beta(1.5, 3): a bet of a third is usual. That was settled once, as
the best of a dozen such spreads in the mean log delay over thresholds from .1 to .9 and clusters of 1 to 10 items, and for no threshold
of its own (delays by threshold: benchmarks/evals_alarms.py).

Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024), and the references of `sequential`.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from chipledger.core.errors import InputError
from chipledger.evals.rule import Side
from chipledger.evals.statistics.sequential import lowest_kept

Floats = NDArray[np.float64]

BETS: Floats = expit(np.linspace(logit(0.001), logit(0.99), 40))
_AT_ONCE = 16  # factors multiplied before a logarithm is taken: 0.01^16 and 10^(12 x 16) are doubles still
_NEAREST = 1e-12  # to 0 and 1, of a threshold


def log_shares(a: float, b: float) -> Floats:
    """The log of the capital that each of `BETS` gets when it is spread over them like Beta(a, b)."""
    shares = BETS**a * (1.0 - BETS) ** b  # density times the grid's spacing, which goes as f (1 - f)
    return np.asarray(np.log(shares / shares.sum()))


LOG_SHARES = log_shares(1.5, 3.0)


def log_e_values_of_means(
    means_by_look: Sequence[ArrayLike],
    threshold: float,
    *,
    side: Side,
    sizes_by_look: Sequence[ArrayLike] | None = None,
) -> Floats:
    """Log e-values against "the mean lies on the other side of the threshold", over each look and all before it.

    Args:
        means_by_look: for each look the mean score of each cluster, shape (..., clusters); looks may differ in clusters.
        threshold: between 0 and 1.
        side: where the mean is claimed to lie: `above` counts evidence that it has crossed, `below` that it has not got there.
        sizes_by_look: the number of items of each cluster; None where all are of one size, or the claim is about clusters.

    Returns:
        Shape (..., looks). By Ville's inequality the chance that any look ever reaches log(1/alpha) is at most alpha where the
        claim is false.

    Raises:
        InputError: a look without clusters, a mean that is no share, a size below 1, or a threshold that is no rate.

    Source: the module's.

    >>> looks = [[0.8, 0.6, 0.4, 0.8, 0.6]] * 6
    >>> np.exp(log_e_values_of_means(looks, 0.5, side=Side.ABOVE)).round(1)
    array([ 1.6,  2.5,  4.4,  8. , 15.4, 30.9])
    """
    growth = log_growth(means_by_look, threshold, side=side, sizes_by_look=sizes_by_look)
    return mixed(growth.cumsum(axis=-2), LOG_SHARES)


def confidence_bounds_of_means(
    means_by_look: Sequence[ArrayLike],
    level: float,
    *,
    side: Side,
    sizes_by_look: Sequence[ArrayLike] | None = None,
) -> Floats:
    """One-sided bounds of a steady mean, right at all looks at once with a chance of at least `level`.

    Args:
        means_by_look: for each look the mean score of each cluster, shape (clusters,).
        level: of confidence, such as 0.95.
        side: `above` gives lower bounds ("the mean lies above ..."), `below` upper bounds.
        sizes_by_look: as in `log_e_values_of_means`.

    Returns:
        Shape (looks,): every threshold that `log_e_values_of_means` has not excluded by then, at that look's value alone.

    Raises:
        InputError: as in `log_e_values_of_means`, or the level is no chance.

    Source: the module's. A bet's capital falls as the threshold rises, so that what is excluded is all on one side.

    >>> looks = [[0.8, 0.6, 0.4, 0.8, 0.6]] * 6
    >>> confidence_bounds_of_means(looks, 0.95, side=Side.ABOVE).round(2)
    array([0.21, 0.35, 0.42, 0.46, 0.49, 0.51])
    """
    if not 0.0 < level < 1.0:
        raise InputError(f"level {level}", expected="a number between 0 and 1, ends excluded")
    looks = list(_looks(means_by_look, sizes_by_look, side))
    means, weights, counts = _tallied(looks)
    rate = counts @ (weights * means) / (counts @ weights)

    def log_e_at(thresholds: Floats) -> Floats:
        gain = weights * (means / thresholds[:, None] - 1.0)
        grown = [(counts * np.log1p(bet * gain)).sum(axis=-1) for bet in BETS]
        return mixed(np.stack(grown, axis=-1), LOG_SHARES)

    bounds = lowest_kept(log_e_at, rate, 1.0 - level)
    bounds = np.where(rate > 0.0, bounds, 0.0)
    return bounds if side is Side.ABOVE else 1.0 - bounds


def confidence_sequence_of_means(
    means_by_look: Sequence[ArrayLike], level: float, *, sizes_by_look: Sequence[ArrayLike] | None = None
) -> tuple[Floats, Floats]:
    """Two-sided bounds of a steady mean, right at all looks at once with a chance of at least `level`.

    Args:
        means_by_look: for each look the mean score of each cluster, shape (clusters,).
        level: of confidence; each side spends half of what is left.
        sizes_by_look: as in `log_e_values_of_means`.

    Returns:
        Lower and upper bounds, each of shape (looks,).

    Raises:
        InputError: as in `confidence_bounds_of_means`.

    Source: the module's.

    >>> low, high = confidence_sequence_of_means([[0.8, 0.6, 0.4, 0.8, 0.6]] * 6, 0.95)
    >>> low[-1].round(2), high[-1].round(2)
    (np.float64(0.49), np.float64(0.73))
    """
    each = 0.5 + level / 2.0
    low, high = (
        confidence_bounds_of_means(means_by_look, each, side=side, sizes_by_look=sizes_by_look)
        for side in (Side.ABOVE, Side.BELOW)
    )
    return low, high


def log_growth(
    means_by_look: Sequence[ArrayLike],
    threshold: float,
    *,
    side: Side,
    sizes_by_look: Sequence[ArrayLike] | None = None,
) -> Floats:
    """What each look by itself does to the log capital of every bet.

    Args:
        means_by_look: as in `log_e_values_of_means`, and so the rest.

    Returns:
        Shape (..., looks, bets).

    Raises:
        InputError: as in `log_e_values_of_means`.
    """
    if not _NEAREST <= threshold <= 1.0 - _NEAREST:
        raise InputError(f"threshold {threshold}", expected=f"a number from {_NEAREST} to 1 - {_NEAREST}")
    above = threshold if side is Side.ABOVE else 1.0 - threshold
    looks = _looks(means_by_look, sizes_by_look, side)
    return np.stack([_growth(weights * (means / above - 1.0)) for means, weights in looks], axis=-2)


def _growth(gain: Floats) -> Floats:
    """The log of the product of 1 + bet gain over clusters, the last axis, for every bet; a few factors at a time."""
    grown = np.zeros((*gain.shape[:-1], BETS.size))
    for start in range(0, gain.shape[-1], _AT_ONCE):
        few = gain[..., start : start + _AT_ONCE]
        for index, bet in enumerate(BETS):
            grown[..., index] += np.log(np.prod(1.0 + bet * few, axis=-1))
    return grown


def mixed(log_capital: Floats, log_share: Floats) -> Floats:
    """The log of all bets' capital together: a sum over the last axis that neither overflows nor vanishes."""
    each = log_capital + log_share
    top = each.max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(each - top).sum(axis=-1)) + top[..., 0])


def _looks(
    means_by_look: Sequence[ArrayLike], sizes_by_look: Sequence[ArrayLike] | None, side: Side
) -> Iterator[tuple[Floats, Floats]]:
    """Means and weights of each look, turned so that the claim is "above"."""
    if len(means_by_look) == 0:
        raise InputError("no looks", expected="the cluster means of at least one look")
    if sizes_by_look is not None and len(sizes_by_look) != len(means_by_look):
        raise InputError(f"sizes for {len(sizes_by_look)} looks, means for {len(means_by_look)}")
    for number, look in enumerate(means_by_look):
        means = np.asarray(look, dtype=float)
        sizes = (
            np.ones(means.shape[-1:])
            if sizes_by_look is None
            else np.asarray(sizes_by_look[number], dtype=float)
        )
        _check_look(means, sizes, number)
        yield (means if side is Side.ABOVE else 1.0 - means), sizes / sizes.max(axis=-1, keepdims=True)


def _tallied(looks: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats, Floats]:
    """Each distinct mean and weight once, and how often it was seen up to each look, shape (looks, distinct)."""
    pairs = [np.stack(np.broadcast_arrays(means, weights), axis=-1) for means, weights in looks]
    distinct, place = np.unique(np.concatenate(pairs), axis=0, return_inverse=True)
    counts = np.zeros((len(looks), len(distinct)))
    np.add.at(counts, (np.repeat(np.arange(len(looks)), [len(one) for one in pairs]), place.ravel()), 1.0)
    return distinct[:, 0], distinct[:, 1], counts.cumsum(axis=0)


def _check_look(means: Floats, sizes: Floats, number: int) -> None:
    where = f"look {number + 1}"
    if means.ndim == 0 or means.size == 0:
        raise InputError("a look without clusters", where=where,
                         remedy="leave out a look in which nothing was scored")  # fmt: skip
    if not ((means >= 0.0) & (means <= 1.0)).all():
        raise InputError("a cluster mean that is no share", where=where, expected="numbers from 0 to 1")
    if sizes.shape[-1:] != means.shape[-1:] or not (np.isfinite(sizes).all() and (sizes >= 1.0).all()):
        raise InputError(
            "cluster sizes that do not fit", where=where, expected="a size of 1 or more for each mean"
        )
