"""How often the intervals of `evals` hold the truth: `python benchmarks/evals_intervals.py [--replications 10000] [--seed 1] [--between]`.

Draws items in clusters of 5 from beta-binomial clusters (a cluster's own rate is Beta with mean p and variance ICC * p * (1 - p), its
items are then independent), for every cell of n x ICC x p, and counts the intervals that hold p: `score_interval` as it is
called by default, beside the plain normal interval, plain Wilson and the cluster-robust t. At n = 30 every outcome is listed
with its probability, so that those cells carry no Monte-Carlo error; so do the cells of independent items without clusters,
for which the nearest coverage that any set of neighbouring counts could have is printed too.
"""

import argparse
import math
import platform
import time
from functools import cache
from itertools import combinations_with_replacement

import numpy as np
from scipy import special, stats

from chipledger.evals.statistics.calibrated import beta_binomial
from chipledger.evals.statistics.clustered import score_interval

SIZES = (30, 100, 300, 1000, 2000)
CORRELATIONS = (0.0, 0.1, 0.3, 0.5)
RATES = (0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95)
CLUSTER = 5
BETWEEN = (
    (60, 150, 600),
    (0.05, 0.2, 0.4),
    (0.04, 0.08, 0.2, 0.4, 0.6, 0.88),
)  # cells that nothing was tuned on
BAR = (0.94, 0.96)
LISTED = 30
Cell = tuple[int, float, float]


def outcomes(n: int, icc: float, rate: float, replications: int, draw: np.random.Generator):
    """Clusters by their successes, shape (outcomes, 6), and the weight of each outcome."""
    count, chances = n // CLUSTER, beta_binomial(CLUSTER, rate, icc)
    if n <= LISTED:
        ways = combinations_with_replacement(range(CLUSTER + 1), count)
        spread = np.array([np.bincount(way, minlength=CLUSTER + 1) for way in ways])
        logs = special.gammaln(count + 1) - special.gammaln(spread + 1).sum(1) + spread @ np.log(chances)
        return spread, np.exp(logs)
    drawn = draw.multinomial(count, chances / chances.sum(), size=replications)
    spread, times = np.unique(drawn, axis=0, return_counts=True)
    return spread, times / replications


@cache
def interval_of(n: int, total: int, squares: int, spread: tuple[int, ...]) -> tuple[float, float]:
    scores, labels = [], []
    for cluster, successes in enumerate(np.repeat(range(CLUSTER + 1), spread)):
        scores += [1.0] * successes + [0.0] * (CLUSTER - successes)
        labels += [cluster] * CLUSTER
    found = score_interval(scores, labels)
    return found.low, found.high


FIRST: dict[tuple[int, int, int], tuple[int, ...]] = {}


def ours(spread: np.ndarray, n: int) -> np.ndarray:
    """The interval of each outcome; outcomes of the same sum and sum of squares have the same one."""
    k = np.arange(CLUSTER + 1)
    keys = zip((spread @ k).tolist(), (spread @ k**2).tolist(), spread.tolist(), strict=True)
    return np.array([interval_of(n, t, q, FIRST.setdefault((n, t, q), tuple(s))) for t, q, s in keys])


def peers(spread: np.ndarray, n: int) -> dict[str, np.ndarray]:
    k, count = np.arange(CLUSTER + 1), n // CLUSTER
    rate = spread @ k / n
    robust = np.maximum((spread @ k**2) / CLUSTER**2 - count * rate**2, 0) / (count - 1)
    z, t = stats.norm.ppf(0.975), stats.t.ppf(0.975, count - 1)
    plain, clustered = z * np.sqrt(rate * (1 - rate) / n), t * np.sqrt(robust / count)
    middle = (rate + z * z / 2 / n) / (1 + z * z / n)
    reach = z * np.sqrt(rate * (1 - rate) / n + z * z / 4 / n**2) / (1 + z * z / n)
    return {
        "plain normal": np.c_[rate - plain, rate + plain],
        "plain Wilson": np.c_[middle - reach, middle + reach],
        "cluster-robust t": np.c_[rate - clustered, rate + clustered],
    }


def coverage(ends: np.ndarray, weight: np.ndarray, rate: float) -> float:
    return float(weight[(ends[:, 0] <= rate) & (rate <= ends[:, 1])].sum())


def clustered_cells(grid, replications: int, seed: int) -> dict[str, dict[Cell, float]]:
    draw, (sizes, correlations, rates) = np.random.default_rng(seed), grid
    found: dict[str, dict[Cell, float]] = {"score_interval": {}}
    for n in sizes:
        for icc in correlations:
            for rate in rates:
                spread, weight = outcomes(n, icc, rate, replications, draw)
                found["score_interval"][n, icc, rate] = coverage(ours(spread, n), weight, rate)
                for name, ends in peers(spread, n).items():
                    found.setdefault(name, {})[n, icc, rate] = coverage(ends, weight, rate)
            row = " ".join(f"{100 * found['score_interval'][n, icc, rate]:6.1f}" for rate in rates)
            print(f"score_interval    n {n:5} ICC {icc:4} | {row}", flush=True)
    return found


def summary(name: str, cells: dict[Cell, float], replications: int) -> None:
    error = {
        cell: 0.0 if cell[0] <= LISTED else math.sqrt(c * (1 - c) / replications) for cell, c in cells.items()
    }
    missed = {cell: c for cell, c in cells.items() if not BAR[0] <= c <= BAR[1]}
    beyond = sum(not BAR[0] - 2 * error[cell] <= c <= BAR[1] + 2 * error[cell] for cell, c in missed.items())
    low, high = min(cells.values()), max(cells.values())
    print(f"{name:17} {len(cells) - len(missed):3} of {len(cells)} cells in 94-96%; {beyond} outside by more than two "
          f"Monte-Carlo errors; lowest {100 * low:.1f}, highest {100 * high:.1f}")  # fmt: skip
    if name == "score_interval":
        for (n, icc, rate), c in missed.items():
            print(f"  missed: n {n}, ICC {icc}, p {rate}: {100 * c:.2f} +- {100 * error[n, icc, rate]:.2f}")


def nearest_possible(n: int, rate: float) -> float:
    """The coverage nearest to 95% that any set of neighbouring counts has at this rate."""
    sums = np.concatenate([[0], np.cumsum(stats.binom.pmf(np.arange(n + 1), n, rate))])
    every = (sums[None, 1:] - sums[:-1, None]).ravel()
    return float(every[np.argmin(np.abs(every - 0.95))])


def independent_cells() -> None:
    print(
        "independent items, no clusters given (exact); in brackets the nearest to 95 that any interval could have"
    )
    for n in SIZES:
        made = [score_interval([1.0] * k + [0.0] * (n - k)) for k in range(n + 1)]
        ends = np.array([(one.low, one.high) for one in made])
        chances = {rate: stats.binom.pmf(np.arange(n + 1), n, rate) for rate in RATES}
        row = " ".join(
            f"{100 * coverage(ends, chances[r], r):6.2f} [{100 * nearest_possible(n, r):.2f}]" for r in RATES
        )
        print(f"n {n:5} | {row}")
        near = np.linspace(0.04, 0.06, 201)
        mean = np.mean([coverage(ends, stats.binom.pmf(np.arange(n + 1), n, p), p) for p in near])
        print(f"        mean over p from 0.04 to 0.06: {100 * mean:.2f}", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--replications", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--between", action="store_true", help="cells between those of the grid")
    chosen = options.parse_args()
    started = time.process_time()
    grid = BETWEEN if chosen.between else (SIZES, CORRELATIONS, RATES)
    print(f"Python {platform.python_version()}, numpy {np.__version__}; {chosen.replications} replications, seed {chosen.seed}; "
          f"p {' '.join(str(rate) for rate in grid[2])}")  # fmt: skip
    if not chosen.between:
        independent_cells()
    for name, cells in clustered_cells(grid, chosen.replications, chosen.seed).items():
        summary(name, cells, chosen.replications)
    worst = math.sqrt(0.95 * 0.05 / chosen.replications)
    print(f"Monte-Carlo standard error of a cell {100 * worst:.2f} points (none at n = {LISTED}); "
          f"{time.process_time() - started:.0f} s of CPU")  # fmt: skip


if __name__ == "__main__":
    main()
