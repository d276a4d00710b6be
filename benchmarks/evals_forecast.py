"""Bars E7 and E10: `python benchmarks/evals_forecast.py [--replications 20]`.

E7: abilities recovered in simulation (logits), and the published indices of Epoch and CAISI refitted from published tables.
E10: 80% forecasts made from every month of the past, held against later releases, for every published series that had six
records and a trend; beside them a straight line with independent noise, the usual choice. Then capability at a fixed training
compute. All draws are seeded; nothing is timed but the fits, whose CPU seconds are printed.
"""

import argparse
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from scipy.special import expit
from scipy.stats import spearmanr
from scipy.stats import t as student

from chipledger.evals.compute import (
    Point,
    back_test_at_constant_compute,
    back_test_scores,
    by_chip,
    efficiency,
    join,
    least_compute,
    months_at_constant_compute,
    results_below,
)
from chipledger.evals.published import TABLES, PublishedScore, Unit, published_scores, training_runs
from chipledger.evals.statistics.forecast import (
    Check,
    Result,
    Scale,
    back_test,
    back_test_dates,
    coverage,
    frontier,
    months_until,
    on_scale,
)
from chipledger.evals.statistics.item_response import anchored, caisi_points, fit_items, fit_rates, rate_draws
from chipledger.evals.statistics.time_horizon import Attempt, horizons, success_curve

CHANCE = {"MMLU": 0.25, "GPQA diamond": 0.25}
CAISI_DOMAINS = {
    "CTF-Archive-Diamond": "cyber", "SWE-Bench Verified": "software", "PortBench": "software",
    "FrontierScience": "science", "GPQA-Diamond": "science", "ARC-AGI-2 semi-private": "reasoning",
}  # fmt: skip
CEILINGS = (1e23, 1e24, 5e24, 1e25)


@dataclass(frozen=True)
class Series:
    """A published series and the scale on which its pace is steady."""

    name: str
    results: list[Result]
    scale: Scale
    chance: float = 0.0


def recovery(replications: int) -> None:
    print(
        "E7, simulated: 20 models from -2 to 2 logits, item difficulties of sd 1.5, root mean square error in logits"
    )
    ability = np.linspace(-2.0, 2.0, 20)
    for items, slope_sd in ((500, 0.0), (1000, 0.0), (2000, 0.0), (2000, 0.4)):
        started, errors, inside = time.process_time(), [], []
        for seed in range(replications):
            rng = np.random.default_rng(seed)
            difficulty, slope = rng.normal(0.0, 1.5, items), np.exp(slope_sd * rng.normal(size=items))
            scores = (rng.random((20, items)) < expit(slope * (ability[:, None] - difficulty))) * 1.0
            found = fit_items(scores, slopes=slope_sd > 0)
            errors.append(found.ability - ability)
            inside.append(np.abs(errors[-1]) < 1.96 * found.stderr)
        seconds = (time.process_time() - started) / replications
        print(f"  {'2PL' if slope_sd else '1PL'} {items:5} items: {math.sqrt(np.mean(np.square(errors))):.3f}; 95% intervals hold "
              f"{np.mean(inside):.1%} ({replications} replications, {seconds:.1f} s CPU a fit)")  # fmt: skip


def table(rows: Iterable[PublishedScore], least: int) -> tuple[list[str], list[str], np.ndarray]:
    cells: dict[tuple[str, str], float] = {}
    for row in rows:
        cells[row.model, row.benchmark] = max(cells.get((row.model, row.benchmark), 0.0), row.value)
    counts = Counter(model for model, _ in cells)
    models = sorted(model for model, count in counts.items() if count >= least)
    benchmarks = sorted({benchmark for model, benchmark in cells if counts[model] >= least})
    return models, benchmarks, np.array([[cells.get((m, b), np.nan) for b in benchmarks] for m in models])


def epoch_index() -> None:
    models, benchmarks, rates = table(published_scores(TABLES / "epoch_benchmarks.csv"), 4)
    told = [
        one
        for one in published_scores(TABLES / "epoch_eci_2025_12.csv")
        if one.low is not None and one.model in models
    ]
    published = np.array([one.value for one in told])
    places = [models.index(one.model) for one in told]
    first, second = (models.index("Claude 3.5 Sonnet"), 130.0), (models.index("GPT-5"), 150.0)
    print(f"E7, Epoch Capabilities Index: {len(models)} models x {len(benchmarks)} benchmarks, {np.isfinite(rates).sum()} cells; "
          f"scale set by its two anchors; {len(told)} models with a published 90% interval")  # fmt: skip
    for slopes in (True, False):
        started = time.process_time()
        ours = anchored(fit_rates(rates, slopes=slopes).capability, first, second)[places]
        seconds = time.process_time() - started
        inside = np.mean(
            [
                one.low <= value <= one.high
                for one, value in zip(told, ours, strict=True)
                if one.low and one.high
            ]
        )
        print(f"  slopes {'free' if slopes else 'fixed'}: within the published interval {inside:.1%}, rank correlation "
              f"{spearmanr(ours, published)[0]:.4f}, median distance {np.median(np.abs(ours - published)):.2f} points, {seconds:.1f} s CPU")  # fmt: skip
    draws = anchored(rate_draws(rates, draws=60, seed=1), first, second)[:, places]
    low, high = np.nanquantile(draws, [0.05, 0.95], axis=0)
    widths = [one.high - one.low for one in told if one.low is not None and one.high is not None]
    print(f"  our own 90% intervals (60 draws of benchmarks): hold the published index {np.mean((low <= published) & (published <= high)):.1%}; "
          f"median width {np.median(high - low):.1f}, published {np.median(widths):.1f}")  # fmt: skip


def caisi() -> None:
    rows = published_scores(TABLES / "caisi_deepseek_v4_pro.csv")
    models, benchmarks, rates = table((one for one in rows if one.unit is Unit.SHARE), 1)
    points = {one.model: one for one in rows if one.unit is Unit.POINTS}
    domains = [CAISI_DOMAINS.get(one, "mathematics") for one in benchmarks]
    weights = np.array([1.0 / domains.count(one) for one in domains])
    found = fit_rates(rates, slopes=False, weights=weights).capability
    ranks = [models[i] for i in np.argsort(found)] == sorted(models, key=lambda one: points[one].value)
    top, bottom = models.index("GPT-5.5"), models.index("GPT-5.4 mini")
    raw = caisi_points(float(found[top] - found[bottom]))
    scaled = anchored(found, (top, 1260.0), (bottom, 749.0))
    print(
        f"E7, CAISI, DeepSeek V4 Pro: 4 models x 9 of its 16 benchmarks; ranks {'as' if ranks else 'not as'} published"
    )
    print(
        f"  GPT-5.5 above GPT-5.4 mini by {raw:.0f} points from rates alone, published 511: a benchmark's mean hides how items spread"
    )
    for one in models:
        told = points[one]
        place = "anchor" if one in ("GPT-5.5", "GPT-5.4 mini") else "inside" if told.low <= scaled[models.index(one)] <= told.high else "OUTSIDE"  # fmt: skip
        print(
            f"  {one}: {scaled[models.index(one)]:.0f}, published {told.low:.0f} to {told.high:.0f}: {place}"
        )


def horizon_coverage(replications: int) -> None:
    def attempts(seed: int, families: int, tasks: int, tries: int) -> list[Attempt]:
        rng = np.random.default_rng(seed)
        made = []
        for family in range(families):
            shift, about = rng.normal(0, 0.8), rng.uniform(-1, 12)
            for task in range(tasks):
                length = about + rng.normal()
                chance = expit(0.6 * (6.0 - length) + shift + rng.normal(0, 0.8))
                made += [
                    Attempt(f"{task}", f"{family}", 2.0**length, float(rng.random() < chance))
                    for _ in range(tries)
                ]
        return made

    curve = success_curve(attempts(10**6, 20000, 1, 1))
    assert curve is not None
    found = [
        one
        for seed in range(replications)
        for one in horizons(attempts(seed, 40, 4, 4), draws=300, seed=seed)
    ]
    for chance in (0.5, 0.8):
        truth, told = (
            curve.minutes(chance),
            [one for one in found if one.chance == chance and one.low is not None],
        )
        inside = np.mean([one.low <= truth <= one.high for one in told])
        ratio = np.median([one.high / one.low for one in told])
        print(f"Time horizon at {chance:.0%}: 95% intervals hold {inside:.1%} of {len(told)}; median ratio of ends {ratio:.1f} "
              "(40 families of 4 tasks, 4 attempts each)")  # fmt: skip


def every_series() -> list[Series]:
    metr = published_scores(TABLES / "metr_horizon_1_1.csv")
    cells = published_scores(TABLES / "epoch_benchmarks.csv")
    made = [
        Series(f"METR horizon {part}", results(one for one in metr if part in one.benchmark), Scale.LOG)
        for part in ("50%", "80%")
    ]
    made.append(
        Series(
            "Epoch Capabilities Index",
            results(published_scores(TABLES / "epoch_eci_2026_04.csv")),
            Scale.LINEAR,
        )
    )
    for name in sorted({one.benchmark for one in cells}):
        made.append(
            Series(
                name,
                results(one for one in cells if one.benchmark == name),
                Scale.LOGIT,
                CHANCE.get(name, 0.0),
            )
        )
    return made


def results(rows: Iterable[PublishedScore]) -> list[Result]:
    return [Result(one.released_on, one.value, None, one.model) for one in rows if one.released_on]


def straight_line(series: Series, checks: Sequence[Check]) -> list[bool]:
    """Whether a least-squares line through the records, with independent noise, would have covered the same days."""
    covered = []
    for check in checks:
        records = [one for one in frontier(series.results) if one.on <= check.on]
        at = np.array([(one.on - records[0].on).days / 365.25 for one in records])
        values = np.array([on_scale(one.value, series.scale, series.chance) for one in records])
        day = check.on + timedelta(days=(check.months or 0.0) * 30.4375)
        then = np.array([1.0, (day - records[0].on).days / 365.25])
        design = np.column_stack([np.ones_like(at), at])
        found = np.linalg.lstsq(design, values, rcond=None)[0]
        variance = float(((values - design @ found) ** 2).sum()) / (len(values) - 2)
        spread = math.sqrt(variance * (1.0 + then @ np.linalg.pinv(design.T @ design) @ then))
        reach = float(student.ppf(0.9, len(values) - 2)) * spread
        low, high = max(values[-1], then @ found - reach), max(values[-1], then @ found + reach)
        covered.append(low - 1e-9 <= (check.observed or 0.0) <= high + 1e-9)
    return covered


def shown(checks: Sequence[Check], keep: Callable[[Check], bool] = lambda _: True) -> str:
    kept = [one for one in checks if keep(one)]
    share = coverage(kept)
    return f"{share:4.0%} of {len(kept):3}" if share is not None else "          -"


def forecasts() -> None:
    print(
        "E10: 80% intervals made every month from the sixth record on, all published series that allow it (bar: 70 to 90%)"
    )
    values: list[Check] = []
    days: list[Check] = []
    moving: list[Check] = []
    line: list[bool] = []
    for one in every_series():
        checks = back_test(one.results, scale=one.scale, chance=one.chance)
        dates = back_test_dates(one.results, scale=one.scale, chance=one.chance)
        if not checks:
            continue
        values.extend(checks)
        days.extend(dates)
        line.extend(straight_line(one, checks))
        if frontier(one.results)[-1].on >= date(2025, 6, 1):
            moving.extend(checks)
        ahead = "; ".join(f"{m:2} months {shown(checks, lambda c, m=m: c.months == m)}" for m in (3, 6, 12))
        print(
            f"  {one.name:32} {len(one.results):3} models, {len(frontier(one.results)):2} records: {ahead}; dates {shown(dates)}"
        )
    for months in (3, 6, 12):
        print(f"  all series, value {months:2} months on: {shown(values, lambda c, m=months: c.months == m)}")
    print(f"  all series, value: {shown(values)}; those with a record since June 2025: {shown(moving)}")
    print(
        f"  all series, date of a level: {shown(days)}; of those reached in the data {shown(days, lambda c: c.observed is not None)}"
    )
    print(f"  a straight line with independent noise on the same days: {np.mean(line):.0%}")
    print(
        "  (forecasts of neighbouring months share most of what they tell: the counts are no count of independent tests)"
    )


def outlook() -> None:
    series = {one.name: one for one in every_series()}
    for name, threshold, on in (
        ("METR horizon 50%", 2400.0, date(2026, 5, 8)),
        ("Epoch Capabilities Index", 165.0, date(2026, 4, 11)),
    ):
        one = series[name]
        print(
            f"  {name} to {threshold:g} from {on}: {told(months_until(one.results, threshold, on=on, scale=one.scale))}"
        )


def told(found) -> str:  # type: ignore[no-untyped-def]
    ends = [
        f"{one:.0f}" if one is not None else "beyond 120" for one in (found.months, found.low, found.high)
    ]
    if found.outlook.value in ("reached", "no_trend"):
        return f"{found.outlook.value} (best {found.best}) {found.reason}"
    return f"{found.outlook.value}, {ends[0]} months, 80% {ends[1]} to {ends[2]} (best {found.best:g}) {found.reason}"


def at_constant_compute() -> None:
    runs = training_runs()
    cells = published_scores(TABLES / "epoch_benchmarks.csv")
    index = published_scores(TABLES / "epoch_eci_2026_04.csv")
    sets: list[tuple[str, tuple[Point, ...], Scale, float, float]] = [
        ("MMLU", join((one for one in cells if one.benchmark == "MMLU"), runs), Scale.LOGIT, 0.25, 0.80),
        (
            "GPQA diamond",
            join((one for one in cells if one.benchmark == "GPQA diamond"), runs),
            Scale.LOGIT,
            0.25,
            0.70,
        ),
        ("Epoch Capabilities Index", join(index, runs), Scale.LINEAR, 0.0, 145.0),
    ]
    pooled: list[Check] = []
    scores: list[Check] = []
    for name, points, scale, chance, threshold in sets:
        found = efficiency(points, scale=scale, chance=chance, seed=1)
        last = max(one.released_on for one in points)
        print(
            f"Compute, {name}: {len(points)} models with training compute, {points[0].released_on} to {last}"
        )
        print(
            f"  compute for a fixed score falls {found.factor_a_year:.1f}x a year, 90% {found.low:.1f} to {found.high:.1f}"
        )
        own = [one for one in points if one.distilled is not True]
        alone = efficiency(own, scale=scale, chance=chance, seed=1)
        print(
            f"  without {len(points) - len(own)} models told to be distilled: {alone.factor_a_year:.1f}x, "
            f"90% {alone.low:.1f} to {alone.high:.1f}"
        )
        scores.extend(told_scores := back_test_scores(points, scale=scale, chance=chance))
        print(f"  score told from compute and date, 80% intervals on later models: {shown(told_scores)}")
        for ceiling in CEILINGS:
            checks = back_test_at_constant_compute(points, ceiling_flop=ceiling, scale=scale, chance=chance)
            pooled.extend(checks)
            ahead = months_at_constant_compute(
                points, threshold, ceiling_flop=ceiling, on=last, scale=scale, chance=chance
            )
            print(f"  at most {ceiling:.0e} FLOP ({len(results_below(points, ceiling))} models): back-test {shown(checks)}; "
                  f"to {threshold:g} from {last}: {told(ahead)}")  # fmt: skip
        steps = least_compute(points, threshold)
        print(
            "  least compute that had reached it: "
            + "; ".join(f"{one.on} {one.training_flop:.1e} {one.model}" for one in steps)
        )
        print(
            "  by chip as printed, best: "
            + "; ".join(f"{one.hardware} {one.best.value:g} ({one.models})" for one in by_chip(points)[:5])
        )
    print(
        f"E10 at constant compute, all ceilings: {shown(pooled)}; score from compute and date: {shown(scores)}"
    )


def main() -> None:
    """Print the figures of E7 and E10."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=20)
    options = parser.parse_args()
    recovery(options.replications)
    epoch_index()
    caisi()
    horizon_coverage(options.replications * 5)
    forecasts()
    outlook()
    at_constant_compute()


if __name__ == "__main__":
    main()
