"""Evidence that can begin late: an e-process for a rate that lay below its threshold for months and then rose above it.

Takes the log e-values of one test started at each look; gives those of one bet spread over all the starts. A test started at the
first look has lost its capital by the time a served model changes, and would need as long again to win it back. Here a tenth of
the capital is held back and staked look by look, on start k the share 1 / (k (k - 1)) of it, so that it never runs out: a late
rise costs the logarithm of 10 k (k - 1), a model that stood above from the beginning a tenth.

A weighted mean of e-processes with weights settled beforehand is an e-process: the chance that it ever reaches 1/alpha while
the rate stays at or below the threshold is at most alpha, at any number of looks.

Source: Shin, Ramdas and Rinaldo, "E-detectors", New England J. Statist. Data Science 2 (2024), section 2, sums over starts;
Ville (1939) for the inequality.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Floats = NDArray[np.float64]

FIRST_SHARE = 0.9


def log_e_with_late_starts(log_e_from: Callable[[int], Floats], looks: int) -> Floats:
    """The log e-values of one bet spread over every look at which a rise may have begun.

    Args:
        log_e_from: gives the cumulative log e-values of the looks from the k-th on, k from 0; shape (..., looks - k).
        looks: how many there are; at least one.

    Returns:
        Shape (..., looks). What is not staked yet counts as it is.

    >>> steady = lambda start: np.arange(1.0, 5 - start)
    >>> log_e_with_late_starts(steady, 4).round(2)
    array([0.93, 1.92, 2.92, 3.92])
    """
    starts = np.arange(looks)
    share = np.where(starts == 0, FIRST_SHARE, 0.0)
    later = starts[1:]
    share[1:] = (1.0 - FIRST_SHARE) / (later * (later + 1.0))
    first = np.asarray(log_e_from(0), dtype=float)
    staked = np.full((*first.shape, looks), -np.inf)
    staked[..., 0] = np.log(share[0]) + first
    for start in later:
        staked[..., start:, start] = np.log(share[start]) + log_e_from(int(start))
    held_back = np.log(np.maximum(1.0 - share.cumsum(), np.finfo(float).tiny))
    whole: Floats = np.logaddexp(logsumexp(staked, axis=-1), held_back)
    return whole
