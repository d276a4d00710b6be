"""Alarms that keep their promise, by simulation: `python benchmarks/evals_alarms.py [--replications 10000] [--seed 20261123]`.

Bars E1 (false alarms in a year of 52 looks at the boundary), E2 (looks to an alarm, runs to a detected change), and beside them
what the usual ways of watching do on the same draws. 100 items a look; clusters are 20 of 5 items with an ICC of .3, drawn
beta-binomial. Every table is seeded; what is printed are shares of histories, with the upper 95% bound of Clopper and Pearson
where a bar stands on it. Leaves with status 1 if a bar is missed.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, norm

from chipledger.evals.bounds import MOVED_LIMIT
from chipledger.evals.rule import Side
from chipledger.evals.statistics.betting import LOG_SHARES, log_growth, mixed
from chipledger.evals.statistics.change import ALLOWANCE, Direction, cusum, limit_for, standardised
from chipledger.evals.statistics.e_detector import (
    bets_on_means,
    bets_on_rates,
    e_detector,
    guaranteed_log_limit,
)
from chipledger.evals.statistics.late_starts import log_e_with_late_starts
from chipledger.evals.statistics.sequential import log_e_values

Floats = NDArray[np.float64]
Draw = Callable[
    [np.random.Generator, int, int, float], Floats
]  # replications, looks, rate -> clusters' means

LOOKS, ITEMS, CLUSTERS, ICC, ALPHA = 52, 100, 20, 0.3, 0.05
SIZE = ITEMS // CLUSTERS
DESIGN_EFFECT = 1.0 + (SIZE - 1) * ICC
RUNS, JUMP_AT, BEFORE, AFTER = 60, 20, 0.40, 0.50
NEVER = 10**6  # where medians are taken
Z, BONFERRONI = norm.isf(ALPHA), norm.isf(ALPHA / LOOKS)
TUNED_TO = 0.04  # limits of the CUSUM: below the bar, so that the bound on fresh draws may keep it too

missed: list[str] = []


# Draws: arrays of shape (replications, looks, clusters), the share solved of each cluster


def independent(rng: np.random.Generator, histories: int, looks: int, rate: float) -> Floats:
    return rng.binomial(SIZE, rate, (histories, looks, CLUSTERS)) / SIZE


def clustered(rng: np.random.Generator, histories: int, looks: int, rate: float) -> Floats:
    strength = 1.0 / ICC - 1.0
    rates = rng.beta(rate * strength, (1.0 - rate) * strength, (histories, looks, CLUSTERS))
    return rng.binomial(SIZE, rates) / SIZE


def same_items(rng: np.random.Generator, histories: int, looks: int, rate: float) -> Floats:
    """Unlike items, the same in every look: half stand 80% of the way to the nearer end below the rate, half above."""
    reach = 0.8 * min(rate, 1.0 - rate)
    rates = rate + reach * np.where(np.arange(CLUSTERS) % 2, 1.0, -1.0)
    return rng.binomial(SIZE, rates, (histories, looks, CLUSTERS)) / SIZE


# Tests: from draws to the first look that raises an alarm, counted from 1


def e_process(means: Floats, threshold: float) -> Floats:
    """What `evals decide` does with items: one bet spread over every look at which a rise may have begun."""
    solved = means.mean(-1) * ITEMS
    log_e = log_e_with_late_starts(
        lambda start: log_e_values(solved[:, start:], ITEMS, threshold, side=Side.ABOVE), means.shape[1]
    )
    return first(log_e >= -np.log(ALPHA))


def betting(means: Floats, threshold: float) -> Floats:
    """What `evals decide` does with clusters."""
    growth = log_growth(list(np.moveaxis(means, 1, 0)), threshold, side=Side.ABOVE)
    log_e = log_e_with_late_starts(
        lambda start: mixed(growth[:, start:].cumsum(axis=-2), LOG_SHARES), means.shape[1]
    )
    return first(log_e >= -np.log(ALPHA))


def from_the_first_look(means: Floats, threshold: float) -> Floats:
    return first(log_e_values(means.mean(-1) * ITEMS, ITEMS, threshold, side=Side.ABOVE) >= -np.log(ALPHA))


def point(means: Floats, threshold: float) -> Floats:
    return first(means.mean(-1) > threshold)


def bound(means: Floats, threshold: float, *, z: float, cumulative: bool) -> Floats:
    looks = np.arange(1, means.shape[1] + 1)
    rate = means.mean(-1).cumsum(-1) / looks if cumulative else means.mean(-1)
    trials = ITEMS * looks if cumulative else ITEMS
    return first(rate - z * np.sqrt(rate * (1.0 - rate) / trials) > threshold)


NAIVE = {
    "last run above the threshold": point,
    "lower 95% bound of the last run": partial(bound, z=Z, cumulative=False),
    "lower 95% bound of all runs": partial(bound, z=Z, cumulative=True),
    "the last run's, Bonferroni over 52 looks": partial(bound, z=BONFERRONI, cumulative=False),
    "all runs', Bonferroni over 52 looks": partial(bound, z=BONFERRONI, cumulative=True),
}


def first(alarms: NDArray[np.bool_]) -> Floats:
    return np.where(alarms.any(-1), alarms.argmax(-1) + 1, NEVER)


def upper(hits: int, of: int) -> float:
    return float(beta.ppf(0.95, hits + 1, of - hits)) if hits < of else 1.0


def share(looks: Floats, within: int) -> tuple[float, float]:
    hits = int((looks <= within).sum())
    return hits / looks.size, upper(hits, looks.size)


def shown(quantile: float) -> str:
    return f"{quantile:g}" if quantile < NEVER / 2 else "never"


def held(bar: str, holds: bool) -> str:
    if not holds:
        missed.append(bar)
    return "met" if holds else "MISSED"


# Tables


def false_alarms(histories: int, seed: int) -> Iterator[str]:
    yield "E1: false alarms in a year, the truth at the threshold (share of histories; upper 95% bound; bar 5%)"
    yield "| threshold | items | test | alarms | bound | bar |\n|---|---|---|---|---|---|"
    cells: tuple[tuple[str, Draw, str, Callable[[Floats, float], Floats]], ...] = (
        ("independent", independent, "e-process", e_process),
        ("same unlike items each look", same_items, "e-process", e_process),
        ("clusters, ICC .3", clustered, "betting on means", betting),
        ("same unlike clusters each look", same_items, "betting on means", betting),
    )
    for threshold in (0.1, 0.3, 0.5, 0.9):
        for index, (items, draw, name, test) in enumerate(cells):
            means = draw(np.random.default_rng((seed, 1, index)), histories, LOOKS, threshold)
            seen, most = share(test(means, threshold), LOOKS)
            told = held(f"E1 {threshold} {items}", most <= ALPHA)
            yield f"| {threshold} | {items} | {name} | {seen:.2%} | {most:.2%} | {told} |"
    means = clustered(np.random.default_rng((seed, 1, 2)), histories, LOOKS, 0.5)
    seen, most = share(e_process(means, 0.5), LOOKS)
    yield f"| 0.5 | clusters, ICC .3 | e-process (wrong here) | {seen:.2%} | {most:.2%} | shown as a warning |"


def usual_ways(histories: int, seed: int) -> Iterator[str]:
    yield "\nThe usual ways, threshold .5, independent items: alarms within 52 looks; median looks to the alarm at .55 / .60"
    yield "| way | truth .50 | truth .48 | .55 | .60 |\n|---|---|---|---|---|"
    draws = {rate: independent(np.random.default_rng((seed, 2, round(100 * rate))), histories, LOOKS, rate)
             for rate in (0.5, 0.48, 0.55, 0.6)}  # fmt: skip
    for name, way in {**NAIVE, "e-process": e_process}.items():
        seen = {rate: way(means, 0.5) for rate, means in draws.items()}
        shares = [f"{share(seen[rate], LOOKS)[0]:.1%}" for rate in (0.5, 0.48)]
        medians = [shown(np.median(seen[rate])) for rate in (0.55, 0.6)]
        yield f"| {' | '.join([name, *shares, *medians])} |"


def delays(histories: int, seed: int) -> Iterator[str]:
    yield "\nE2: looks to the alarm (median; mean; nine in ten within; alarms within 52 looks)"
    yield "| threshold | truth | items | median | mean | 90% | alarms | bar |\n|---|---|---|---|---|---|---|---|"
    bars = {("independent", 0.6): 3, ("independent", 0.55): 9, ("clusters, ICC .3", 0.6): 4, ("clusters, ICC .3", 0.55): 16}  # fmt: skip
    for threshold in (0.5, 0.1, 0.3, 0.7, 0.9):
        for points in (0.05, 0.10):
            # the same distance in standard errors of a look everywhere, which at .5 is the points themselves
            truth = threshold + points * np.sqrt(threshold * (1.0 - threshold)) / 0.5
            for items, draw, test in (
                ("independent", independent, e_process),
                ("clusters, ICC .3", clustered, betting),
            ):
                rng = np.random.default_rng((seed, 3, round(1000 * truth)))
                looks = test(draw(rng, histories, LOOKS, truth), threshold)
                most = bars.get((items, points + 0.5)) if threshold == 0.5 else None
                told = (
                    ""
                    if most is None
                    else f"<= {most}: {held(f'E2 {truth} {items}', np.median(looks) <= most)}"
                )
                mean = np.minimum(looks, LOOKS + 1).mean()
                yield (f"| {threshold} | {truth:.3f} | {items} | {shown(np.median(looks))} | {mean:.2f} | "
                       f"{shown(np.quantile(looks, 0.9))} | {share(looks, LOOKS)[0]:.1%} | {told} |")  # fmt: skip


def late(histories: int, seed: int) -> Iterator[str]:
    yield "\nA model that changes behind its name: .40 for 26 looks, then .60; threshold .50 (looks after the change, false alarms 5%)"
    yield "| test | alarm before | alarm by look 52 | median looks after |\n|---|---|---|---|"
    rng = np.random.default_rng((seed, 6))
    half = LOOKS // 2
    means = np.concatenate(
        [independent(rng, histories, half, 0.4), independent(rng, histories, half, 0.6)], axis=1
    )
    bets = bets_on_rates(means.mean(-1), ITEMS, baseline=0.5, direction=Direction.UP)
    restarted = first(e_detector(bets) >= guaranteed_log_limit(LOOKS, ALPHA))
    for name, looks in (
        ("e-process from the first look alone", from_the_first_look(means, 0.5)),
        ("e-process with late starts, as `evals decide` runs it", e_process(means, 0.5)),
        ("e-detector, baseline .50, limit by proof", restarted),
    ):
        after = np.median(looks[looks > half] - half)
        yield f"| {name} | {share(looks, half)[0]:.2%} | {share(looks, LOOKS)[0]:.1%} | {shown(after)} |"


def detectors() -> dict[str, tuple[Callable[[Floats], Floats], float, bool]]:
    """Each detector's path, its limit, and whether the bar is set for it (else it is shown beside it)."""
    trials = np.full(RUNS, ITEMS)
    found: dict[str, tuple[Callable[[Floats], Floats], float, bool]] = {}
    for known, direction, allowance in (
        (True, Direction.UP, 0.5), (True, Direction.UP, 1.0), (True, Direction.BOTH, 0.5),
        (False, Direction.UP, 0.5), (False, Direction.UP, 1.0), (False, Direction.BOTH, 0.5), (False, Direction.BOTH, 0.75),
    ):  # fmt: skip
        limit = limit_for(
            trials,
            BEFORE,
            direction=direction,
            false_alarm=TUNED_TO,
            allowance=allowance,
            baseline_known=known,
        )
        name = f"CUSUM {direction.value}, baseline {'known' if known else 'learned'}, allowance {allowance:g}"
        path = partial(_cusum, known=known, direction=direction, allowance=allowance, design_effect=1.0)
        # two ways, a baseline learned and small shifts too are more than 20 runs before the jump give
        found[name] = (path, limit, (known, direction, allowance) != (False, Direction.BOTH, 0.5))
    path = partial(_cusum, known=False, direction=Direction.UP, allowance=ALLOWANCE, design_effect=1.0)
    found["CUSUM up, baseline learned, the limit of decisions"] = (path, MOVED_LIMIT, True)
    for direction in (Direction.UP, Direction.BOTH):
        path = partial(_e_detector, direction=direction)
        found[f"e-detector {direction.value}, limit by proof"] = (path, guaranteed_log_limit(RUNS), True)
    return found


def _cusum(
    means: Floats, *, known: bool, direction: Direction, allowance: float, design_effect: float
) -> Floats:
    scores = standardised(
        means.mean(-1), ITEMS, baseline=BEFORE if known else None, design_effect=design_effect
    )
    return cusum(scores, direction=direction, allowance=allowance)


def _e_detector(means: Floats, *, direction: Direction) -> Floats:
    return e_detector(bets_on_rates(means.mean(-1), ITEMS, baseline=BEFORE, direction=direction))


def _e_detector_of_means(means: Floats, *, direction: Direction) -> Floats:
    return e_detector(bets_on_means(list(np.moveaxis(means, 1, 0)), baseline=BEFORE, direction=direction))


def in_clusters() -> dict[str, tuple[Callable[[Floats], Floats], float, bool]]:
    trials = np.full(RUNS, ITEMS)
    found: dict[str, tuple[Callable[[Floats], Floats], float, bool]] = {}
    for name, effect in (("design effect 2.2", DESIGN_EFFECT), ("items taken as independent", 1.0)):
        limit = limit_for(trials, BEFORE, direction=Direction.UP, false_alarm=TUNED_TO)
        path = partial(_cusum, known=False, direction=Direction.UP, allowance=0.5, design_effect=effect)
        found[f"CUSUM up, baseline learned, {name}"] = (path, limit, False)
    found["e-detector of means up, limit by proof"] = (
        partial(_e_detector_of_means, direction=Direction.UP), guaranteed_log_limit(RUNS), False)  # fmt: skip
    return found


def changes(histories: int, seed: int) -> Iterator[str]:
    yield f"\nE2, change: {BEFORE:.2f} to {AFTER:.2f} at run {JUMP_AT} of {RUNS} (bar: false alarms 5% in {RUNS} runs, median delay 4)"
    yield "| items | detector | limit | false alarms | bound | alarm before the jump | detected | median delay | 90% | bar |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for items, draw, found in (
        ("independent", independent, detectors()),
        ("clusters, ICC .3", clustered, in_clusters()),
    ):
        rng = np.random.default_rng((seed, 4))
        still = draw(rng, histories, RUNS, BEFORE)
        moved = np.concatenate(
            [draw(rng, histories, JUMP_AT, BEFORE), draw(rng, histories, RUNS - JUMP_AT, AFTER)], axis=1
        )
        for name, (path, limit, barred) in found.items():
            yield f"| {items} | {name} | {limit:.2f} | {_change_row(path, limit, barred, still, moved, name)} |"
    yield f"| independent | last run against the one before, z > 1.645 | | {_last_against_previous(still=independent(np.random.default_rng((seed, 5)), histories, RUNS, BEFORE)):.1%} | | | | | | naive |"


def _change_row(
    path: Callable[[Floats], Floats], limit: float, barred: bool, still: Floats, moved: Floats, name: str
) -> str:
    false, most = share(first(path(still) > limit), RUNS)
    at = first(path(moved) > limit)
    early = at <= JUMP_AT
    delay = at[~early] - JUMP_AT
    detected = (delay <= RUNS - JUMP_AT).mean()
    holds = bool(most <= ALPHA and np.median(delay) <= 4)
    told = held(f"E2 {name}", holds) if barred else f"beside: {'would meet it' if holds else 'would miss it'}"
    return (f"{false:.2%} | {most:.2%} | {early.mean():.1%} | {detected:.1%} | {shown(np.median(delay))} | "
            f"{shown(np.quantile(delay, 0.9))} | {told}")  # fmt: skip


def _last_against_previous(still: Floats) -> float:
    rate = still.mean(-1)
    pooled = (rate[:, 1:] + rate[:, :-1]) / 2.0
    z = np.diff(rate, axis=-1) / np.sqrt(pooled * (1.0 - pooled) * 2.0 / ITEMS)
    return float((z > Z).any(-1).mean())


def speed(histories: int, seed: int) -> Iterator[str]:
    means = independent(np.random.default_rng(seed), histories, LOOKS, 0.5)
    for name, test in (("e-process", e_process), ("betting on means", betting)):
        began = time.process_time()
        test(means, 0.5)
        yield f"{name}: {histories} histories of {LOOKS} looks in {time.process_time() - began:.1f} s of processor time"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20261123)
    options = parser.parse_args()
    began = time.process_time()
    for table in (false_alarms, usual_ways, delays, late, changes):
        for line in table(options.replications, options.seed):
            print(line, flush=True)
    print("", *speed(options.replications, options.seed), sep="\n")
    print(f"{options.replications} histories a cell, {time.process_time() - began:.0f} s of processor time")
    for bar in missed:
        print(f"MISSED: {bar}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
