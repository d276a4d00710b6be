"""Has a rate crossed a threshold, asked after every look: e-processes for counts of items, and the bounds they invert to.

Takes successes and trials of each look; gives cumulative log e-values, always-valid p-values, and bounds that hold at all
looks at once. For items in clusters, whose answers stand or fall together, see `betting`.

The process bets. A bet f, a share from 0 to 1, multiplies the capital by 1 - f + f x / threshold for an item that scores x.
Over the items of a look the product has a mean of at most (1 - f + f m / threshold)^n, where m is the mean of the items' rates
(the geometric mean is below the arithmetic mean). So while m is at most the threshold the capital does not grow in the mean: for
items of unlike rates, for the same items asked again and again, and for looks that depend on one another through the past alone.
It takes that the items of one look answer independently, each given the past. Spreading the capital over bets before the first
look, with density 5 (1 - f)^4, keeps all this and gives a closed form, the beta-binomial mixture; for scores between 0 and 1 the form
lies below the product of the bets, so that it holds for them too. The density was settled once for every threshold: its bet is
right for a rate that stands one part in six above the threshold, counted on the way from there to 1, and is seldom far from right
(delays by threshold: benchmarks/evals_alarms.py).

Source: Robbins, "Statistical methods related to the law of the iterated logarithm", Ann. Math. Statist. 41 (1970), mixtures; Ville,
"Étude critique de la notion de collectif" (1939), the inequality; Waudby-Smith and Ramdas, "Estimating means of bounded random
variables by betting", JRSS B 86 (2024), betting; Ramdas and others, "Game-theoretic statistics and safe anytime-valid inference",
Statistical Science 38 (2023), the whole.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincc, betaln, expit, logit, roots_laguerre

from chipledger.core.errors import InputError
from chipledger.evals.rule import Side

Floats = NDArray[np.float64]

PRIOR = 5.0  # the density PRIOR (1 - f)^(PRIOR - 1) of bets f
_DEEP = 1e-250  # tails below this are taken by quadrature: a double ends at 1e-308
_NODES, _WEIGHTS = roots_laguerre(24)
_NEAREST = 1e-12  # bounds are not told from 0 or 1 more closely than this


def log_e_values(successes: ArrayLike, trials: ArrayLike, threshold: float, *, side: Side) -> Floats:
    """Log e-values against "the rate lies on the other side of the threshold", over each look and all before it.

    Args:
        successes: of each look, shape (..., looks); sums of scores between 0 and 1 will do.
        trials: of each look, at least 1; the same shape or one that broadcasts to it.
        threshold: between 0 and 1.
        side: where the rate is claimed to lie: `above` counts evidence that it has crossed, `below` that it has not got there.

    Returns:
        Shape (..., looks). By Ville's inequality the chance that any look ever reaches log(1/alpha) is at most alpha where the
        claim is false. Trials up to 10^6 and thresholds close to 0 or 1 keep nine digits.

    Raises:
        InputError: the counts are no counts, or the threshold no rate.

    Source: the module's.

    >>> np.exp(log_e_values([60, 60, 60], [100, 100, 100], 0.5, side=Side.ABOVE)).round(1)
    array([  3.9,  20.8, 126.1])
    """
    scored, asked = _cumulated(successes, trials)
    _check_rate(threshold, "threshold")
    if side is Side.BELOW:
        return _log_e_above(asked - scored, asked, 1.0 - threshold)
    return _log_e_above(scored, asked, threshold)


def confidence_bounds(successes: ArrayLike, trials: ArrayLike, level: float, *, side: Side) -> Floats:
    """One-sided bounds of a steady rate, right at all looks at once with a chance of at least `level`.

    Args:
        successes: of each look, shape (..., looks).
        trials: of each look.
        level: of confidence, such as 0.95.
        side: `above` gives lower bounds ("the rate lies above ..."), `below` upper bounds.

    Returns:
        Shape (..., looks): every threshold that `log_e_values` has not excluded by then at alpha = 1 - level, looking at that
        look's value alone. While the rate stands still, the highest lower bound so far may be taken.

    Raises:
        InputError: the counts are no counts, or the level no chance.

    Source: the module's. A bet's capital falls as the threshold rises, so that what is excluded is all on one side.

    >>> confidence_bounds([60, 60, 60], [100, 100, 100], 0.95, side=Side.ABOVE).round(3)
    array([0.459, 0.501, 0.519])
    """
    scored, asked = _cumulated(successes, trials)
    _check_rate(level, "level")
    if side is Side.BELOW:
        return 1.0 - _lower(asked - scored, asked, 1.0 - level)
    return _lower(scored, asked, 1.0 - level)


def confidence_sequence(successes: ArrayLike, trials: ArrayLike, level: float) -> tuple[Floats, Floats]:
    """Two-sided bounds of a steady rate, right at all looks at once with a chance of at least `level`.

    Args:
        successes: of each look, shape (..., looks).
        trials: of each look.
        level: of confidence; each side spends half of what is left.

    Returns:
        Lower and upper bounds, each of shape (..., looks).

    Raises:
        InputError: the counts are no counts, or the level no chance.

    Source: the module's.

    >>> low, high = confidence_sequence([60, 60, 60], [100, 100, 100], 0.95)
    >>> bool((low < 0.6).all() and (high > 0.6).all() and high[-1] - low[-1] < high[0] - low[0])
    True
    """
    _check_rate(level, "level")
    each = 0.5 + level / 2.0
    return (
        confidence_bounds(successes, trials, each, side=Side.ABOVE),
        confidence_bounds(successes, trials, each, side=Side.BELOW),
    )


def always_valid_p(log_e: ArrayLike) -> Floats:
    """P-values that hold at whatever look one stops: one over the highest e-value so far.

    Args:
        log_e: cumulative log e-values, shape (..., looks).

    Source: Ramdas and others (2023); Ville (1939).

    >>> always_valid_p(np.log([0.5, 20.0, 4.0]))
    array([1.  , 0.05, 0.05])
    """
    return np.exp(-np.maximum.accumulate(np.maximum(np.asarray(log_e, dtype=float), 0.0), axis=-1))


def crossed_at(log_e: ArrayLike, alpha: float) -> int | None:
    """The first look, counted from 0, at which the e-value reaches 1/alpha; None while none has.

    Args:
        log_e: cumulative log e-values of one series.
        alpha: the chance of a false alarm over all looks.

    >>> crossed_at(np.log([0.5, 20.0, 4.0]), 0.05), crossed_at([], 0.05)
    (1, None)
    """
    reached = np.flatnonzero(np.asarray(log_e, dtype=float) >= -np.log(alpha) - 1e-12)
    return int(reached[0]) if reached.size else None


def _log_e_above(scored: Floats, asked: Floats, threshold: float | Floats) -> Floats:
    """The beta-binomial mixture: the integral over rates p above t of (p/t)^s ((1-p)/(1-t))^(n-s), density 5 (1-p)^4 / (1-t)^5."""
    missed = asked - scored
    tail = betaincc(scored + 1.0, missed + PRIOR, threshold)
    with np.errstate(divide="ignore"):
        whole = betaln(scored + 1.0, missed + PRIOR) + np.log(PRIOR * tail)
    log_e: Floats = whole - scored * np.log(threshold) - (missed + PRIOR) * np.log1p(-threshold)
    deep = tail < _DEEP
    if deep.any():
        at = np.broadcast_to(threshold, log_e.shape)[deep]
        log_e[deep] = _log_e_far_below(scored[deep], missed[deep], at)
    return log_e


def _log_e_far_below(scored: Floats, missed: Floats, threshold: Floats) -> Floats:
    """The same where the rate seen is so far below that the integrand over v = -log(1 - f) only falls, nearly as exp(-fall v)."""
    odds = 1.0 / threshold - 1.0
    fall = missed + PRIOR - scored * odds
    v = _NODES[:, None] / fall
    bend = scored * (np.log1p(-odds * np.expm1(-v)) - odds * v)
    return np.asarray(np.log(PRIOR / fall * (_WEIGHTS @ np.exp(bend))))


def _lower(scored: Floats, asked: Floats, alpha: float) -> Floats:
    bounds = lowest_kept(lambda at: _log_e_above(scored, asked, at), scored / asked, alpha)
    return np.where(scored > 0.0, bounds, 0.0)


def lowest_kept(log_e_at: Callable[[Floats], Floats], rate: Floats, alpha: float) -> Floats:
    """The lowest threshold that is not excluded at alpha, by halving the logit; for evidence that falls as thresholds rise.

    Args:
        log_e_at: log e-values of "above" at one threshold for each place.
        rate: the rate seen, which evidence never excludes.
        alpha: what excludes: an e-value of 1/alpha.
    """
    low = np.full(rate.shape, logit(_NEAREST))
    high = logit(np.clip(rate, _NEAREST, 1.0 - _NEAREST))
    for _ in range(50):
        middle = (low + high) / 2.0
        excluded = log_e_at(expit(middle)) >= -np.log(alpha)
        low, high = np.where(excluded, middle, low), np.where(excluded, high, middle)
    return np.asarray(expit(low))


def _cumulated(successes: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats]:
    scored, asked = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(trials, dtype=float))
    if scored.ndim == 0:
        raise InputError("one number is no series of looks", expected="a list with one count for each look")
    if not (np.isfinite(asked).all() and (asked >= 1.0).all()):
        raise InputError("a look without trials", expected="at least one trial a look",
                         remedy="leave out a look in which nothing was scored")  # fmt: skip
    if not ((scored >= 0.0) & (scored <= asked)).all():
        raise InputError("successes that are no part of the trials", expected="0 <= successes <= trials")
    return scored.cumsum(axis=-1), asked.cumsum(axis=-1)


def _check_rate(value: float, name: str) -> None:
    if not 0.0 < value < 1.0:
        raise InputError(f"{name} {value}", expected="a number between 0 and 1, ends excluded")
