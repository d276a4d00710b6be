"""Has a rate left its baseline: a Shiryaev-Roberts sum of e-processes, one begun at each run, with no simulation behind its limit.

Takes the rates and trials of runs, or their cluster means, and a baseline; gives the path of the detector on the log scale, and the
first alarm with the run from which the rate is thought to have left. It promises what `sequential` and `betting` promise, item rates unlike
and runs dependent through the past alone, where `change`'s CUSUM leans on standard errors; and it is slower to speak.

With the threshold as its baseline it asks the question of `sequential` again from every run on: for a model that may change behind its
name, whose long stay below the threshold would drown what an e-process from the first run sees after.

Source: Shin, Ramdas and Rinaldo, "E-detectors: a nonparametric framework for sequential change detection", New England Journal of
Statistics in Data Science (2023), 229-260, doi 10.51387/23-NEJSDS51.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chipledger.core.errors import InputError
from chipledger.evals.rule import Side
from chipledger.evals.statistics.betting import BETS, LOG_SHARES, log_growth, log_shares, mixed
from chipledger.evals.statistics.change import Change, Direction, checked, ways
from chipledger.evals.statistics.sequential import PRIOR

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bets:
    """What each run did to the capital of bets that the rate has left the baseline.

    Args:
        growth: by way, up or down: log growth of each bet in each run, shape (..., runs, bets).
        log_shares: of the capital, by bet.
    """

    growth: dict[Direction, Floats]
    log_shares: Floats


def bets_on_rates(rates: ArrayLike, trials: ArrayLike, *, baseline: float, direction: Direction) -> Bets:
    """Bets on the items of runs, each answering independently.

    Args:
        rates: of each run, shape (..., runs).
        trials: of each run.
        baseline: the rate that runs keep to until they move; `up` allows any rate up to it, `down` any from it.
        direction: which way to look.

    Raises:
        InputError: rates or a baseline that are none, or a run without trials.

    Source: the bets of `sequential`, with its density of bets.
    """
    seen, asked = checked(rates, trials)
    _check_baseline(baseline)
    sides = {Direction.UP: (seen, baseline), Direction.DOWN: (1.0 - seen, 1.0 - baseline)}
    growth = {}
    for way in ways(direction):
        rate, at = sides[way]
        won = np.log1p(BETS * (1.0 / at - 1.0))
        growth[way] = (rate * asked)[..., None] * won + ((1.0 - rate) * asked)[..., None] * np.log1p(-BETS)
    return Bets(growth, log_shares(1.0, PRIOR))


def bets_on_means(
    means_by_run: Sequence[ArrayLike],
    *,
    baseline: float,
    direction: Direction,
    sizes_by_run: Sequence[ArrayLike] | None = None,
) -> Bets:
    """Bets on the cluster means of runs, or on scores that are not 0 or 1.

    Args:
        means_by_run: for each run the mean score of each cluster, shape (..., clusters).
        baseline: as in `bets_on_rates`.
        direction: which way to look.
        sizes_by_run: the number of items of each cluster, None where all are of one size.

    Raises:
        InputError: as in `betting.log_e_values_of_means`.

    Source: the bets of `betting`.
    """
    sides = {Direction.UP: Side.ABOVE, Direction.DOWN: Side.BELOW}
    growth = {
        way: log_growth(means_by_run, baseline, side=sides[way], sizes_by_look=sizes_by_run)
        for way in ways(direction)
    }
    return Bets(growth, LOG_SHARES)


def e_detector(bets: Bets) -> Floats:
    """The log of the detector after each run: the e-values begun at every run so far, added up; two ways are averaged.

    Args:
        bets: from `bets_on_rates` or `bets_on_means`.

    Returns:
        Shape (..., runs).

    Source: Shin, Ramdas and Rinaldo (2023), the Shiryaev-Roberts e-detector, bet by bet.

    >>> bets = bets_on_rates([0.4, 0.6, 0.6], [100] * 3, baseline=0.4, direction=Direction.UP)
    >>> e_detector(bets).round(1)
    array([-0.9,  6.6, 14.3])
    """
    paths = [_summed(growth, bets.log_shares) for growth in bets.growth.values()]
    return np.asarray(np.logaddexp.reduce(paths) - np.log(len(paths)))


def guaranteed_log_limit(runs: int, false_alarm: float = 0.05) -> float:
    """The log limit that the detector reaches within so many runs with a chance of `false_alarm` at most, by proof.

    Args:
        runs: the horizon.
        false_alarm: the chance over all of it.

    Source: the detector less the number of runs does not grow in the mean; so at the earlier of alarm and horizon its mean is
    at most `runs`, and Markov's inequality gives the chance. A limit of c also gives c runs to a false alarm in the mean.

    >>> round(guaranteed_log_limit(60), 2)
    7.09
    """
    return float(np.log(runs / false_alarm))


def e_detection(bets: Bets, *, log_limit: float) -> Change | None:
    """The first alarm of one series, or None.

    Args:
        bets: of one series, each growth of shape (runs, bets).
        log_limit: from `guaranteed_log_limit`, or one found by simulation.

    Returns:
        The run that raised it; `since` and the direction are those of the e-process that is then the largest.

    >>> bets = bets_on_rates([0.4] * 5 + [0.6] * 3, [100] * 8, baseline=0.4, direction=Direction.BOTH)
    >>> e_detection(bets, log_limit=guaranteed_log_limit(60))
    Change(run=6, since=5, direction=<Direction.UP: 'up'>, statistic=13.64...)
    """
    path = e_detector(bets)
    over = np.flatnonzero(path >= log_limit)
    if not over.size:
        return None
    run = int(over[0])
    begun = {way: _begun_at_each(growth[: run + 1], bets.log_shares) for way, growth in bets.growth.items()}
    way = max(begun, key=lambda one: float(begun[one].max()))
    return Change(run, int(begun[way].argmax()), way, float(path[run]))


def _summed(growth: Floats, shares: Floats) -> Floats:
    """Bet by bet: what stood before and 1 for the process begun now, times the growth of the run."""
    path, level = np.empty(growth.shape[:-1]), np.full((*growth.shape[:-2], growth.shape[-1]), -np.inf)
    for run in range(growth.shape[-2]):
        level = np.logaddexp(0.0, level) + growth[..., run, :]
        path[..., run] = mixed(level, shares)
    return path


def _begun_at_each(growth: Floats, shares: Floats) -> Floats:
    """The log e-value at the last run of the process begun at each run."""
    return mixed(growth[::-1].cumsum(axis=0)[::-1], shares)


def _check_baseline(baseline: float) -> None:
    if not 0.0 < baseline < 1.0:
        raise InputError(f"baseline {baseline}", expected="a number between 0 and 1, ends excluded")
