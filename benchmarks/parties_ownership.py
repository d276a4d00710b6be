"""How long it takes to find everyone that listed parties cover: python benchmarks/parties_ownership.py [--parties 100000].

A made-up graph of companies, drawn with a seed: most have one or two owners that were made before them, some shares are
bands, some are not known, a few owners form circles. Prints the seconds to link the stakes of a day and to close the three
sets, the best of five and the median, and how many parties each set holds. No peer measured: none was found that is open
and closes over shares, bands and days (docs/benchmarks.md).
"""

import argparse
import random
import statistics
import time
from datetime import date

from chipledger.parties.ownership import closure, graph
from chipledger.parties.stake import Stake

DAY = date(2026, 11, 1)
SEED = 20261123
BANDS = ((0.25, 0.5), (0.5, 0.75), (0.75, 1.0))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parties", type=int, default=100_000)
    parser.add_argument("--listed", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    draw = random.Random(SEED)
    stakes = made_up(given.parties, draw)
    listed = draw.sample([f"p{number}" for number in range(given.parties)], given.listed)
    linking, closing = [], []
    for _ in range(given.runs):
        began = time.perf_counter()
        linked = graph(stakes, on=DAY)
        linking.append(time.perf_counter() - began)
        began = time.perf_counter()
        found = closure(linked, listed)
        closing.append(time.perf_counter() - began)
    began = time.perf_counter()
    for number in range(1000):
        found.of(f"p{given.parties - 1 - number}")
    explained = time.perf_counter() - began
    print(f"{given.parties:,} parties, {len(stakes):,} stakes, {given.listed} listed, seed {SEED}")
    for name, seconds in (("link the stakes of a day", linking), ("close the three sets", closing)):
        print(
            f"{name:28} best {min(seconds):.3f} s, median {statistics.median(seconds):.3f} s of {given.runs}"
        )
    print(f"{'one answer with its reasons':28} {explained / 1000 * 1e6:.0f} us, mean of 1,000")
    print(
        f"certainly {len(found.certainly) - given.listed:,}, possibly {len(found.possibly) - len(found.certainly):,} more, "
        f"unknown {len(found.unknown) - len(found.possibly):,} more"
    )


def made_up(count: int, draw: random.Random) -> list[Stake]:
    """Stakes of so many companies; about 1.6 a company.

    Args:
        count: of companies.
        draw: where chance comes from.
    """
    stakes = []
    for number in range(1, count):
        left = 1.0
        for _ in range(draw.choices((1, 2, 3), (0.5, 0.4, 0.1))[0]):
            owner = draw.randrange(number) if draw.random() < 0.99 else draw.randrange(count)
            low, high = _share(draw, left)
            left -= low
            if owner != number:
                stakes.append(Stake(owner=f"p{owner}", owned=f"p{number}", low=low, high=high))
    return stakes


def _share(draw: random.Random, left: float) -> tuple[float, float]:
    kind = draw.random()
    if kind < 0.25:
        return 0.0, 1.0
    if kind < 0.45:
        fitting = [band for band in BANDS if band[0] <= left]
        return draw.choice(fitting) if fitting else (0.0, 1.0)
    share = round(draw.uniform(0.01, left), 4) if left > 0.01 else 0.0
    return share, share


if __name__ == "__main__":
    main()
