"""Several benchmarks of one use case, judged together: which of them hold up, and whether any does.

Takes p-values or log e-values, one for each benchmark; gives adjusted ones, to be held against alpha as if there were one benchmark
only. E-values are averaged, which asks nothing of how benchmarks hang together. Averaging running e-processes gives one again when
each look's bets were settled before it on the past of all the benchmarks; it is so here, as a bet never looks at another benchmark.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from chipledger.core.errors import InputError

Floats = NDArray[np.float64]


def holm(p_values: ArrayLike) -> Floats:
    """Adjusted p-values: the chance of calling any true null false stays below alpha, however the benchmarks hang together.

    Args:
        p_values: one for each benchmark, shape (benchmarks,).

    Returns:
        In the order given, never below the p-value itself and never above 1.

    Raises:
        InputError: a p-value that is no chance.

    Source: Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6 (1979).

    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    given = np.asarray(p_values, dtype=float)
    if not ((given >= 0.0) & (given <= 1.0)).all():
        raise InputError("a p-value that is no chance", expected="numbers from 0 to 1")
    order = np.argsort(given, kind="stable")
    stepped = np.maximum.accumulate(given[order] * np.arange(given.size, 0, -1))
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def e_holm(log_e: ArrayLike) -> Floats:
    """Adjusted log e-values: what a benchmark's evidence is worth when the least convenient of the others are averaged in.

    Args:
        log_e: one for each benchmark, shape (benchmarks,); -inf is an e-value of 0.

    Returns:
        In the order given. Calling false every null whose adjusted e-value reaches 1/alpha calls a true one false with a chance of
        alpha at most, however the benchmarks hang together.

    Raises:
        InputError: a log e-value that is no number.

    Source: Vovk and Wang, "E-values: calibration, combination and applications", Ann. Statist. 49 (2021), 1736-1754: closed
    testing with the average, that is the lowest average over every set of benchmarks that holds this one.

    >>> np.exp(e_holm(np.log([100.0, 30.0, 0.5]))).round(2)
    array([43.5 , 15.25,  0.5 ])
    """
    given = _checked(log_e)
    lowest_first = np.sort(given)
    summed = np.logaddexp.accumulate(lowest_first)
    adjusted = given.copy()
    for others in range(1, given.size):
        # the lowest average over sets of others + 1 that hold this one: more than the lowest below it never lower it
        together = np.logaddexp(given, summed[others - 1]) - np.log(others + 1)
        adjusted = np.where(given >= lowest_first[others], np.minimum(adjusted, together), adjusted)
    return adjusted


def average_log_e(log_e: ArrayLike) -> Floats:
    """The log of the average e-value: evidence that not every one of the nulls holds, however the benchmarks hang together.

    Args:
        log_e: shape (benchmarks, ...); looks, where there are any, are the last axis.

    Returns:
        The average over benchmarks, shape (...).

    Raises:
        InputError: a log e-value that is no number, or none at all.

    Source: Vovk and Wang (2021): no symmetric way of merging e-values of any dependence is better throughout.

    >>> np.exp(average_log_e(np.log([60.0, 1.0, 0.5]))).round(2)
    np.float64(20.5)
    """
    given = _checked(log_e)
    return np.asarray(logsumexp(given, axis=0) - np.log(len(given)))[()]


def _checked(log_e: ArrayLike) -> Floats:
    given = np.asarray(log_e, dtype=float)
    if given.ndim == 0 or given.size == 0:
        raise InputError("no e-values", expected="one log e-value for each benchmark")
    if np.isnan(given).any() or (given == np.inf).any():
        raise InputError(
            "a log e-value that is no number", expected="finite numbers, or -inf for an e-value of 0"
        )
    return given
