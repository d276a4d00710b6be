import math
from collections import Counter

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import spearmanr

from chipledger.core.errors import InputError
from chipledger.evals.published import TABLES, Unit, published_scores
from chipledger.evals.statistics.item_response import (
    ability_interval,
    anchored,
    caisi_points,
    fit_items,
    fit_rates,
    rate_draws,
)

ABILITY = np.linspace(-2.0, 2.0, 12)


def solved(items, *, seed, missing=0.0, slope_sd=0.0, ability=ABILITY, difficulty_sd=1.5):
    rng = np.random.default_rng(seed)
    difficulty, slope = rng.normal(0.0, difficulty_sd, items), np.exp(slope_sd * rng.normal(size=items))
    scores = (rng.random((len(ability), items)) < expit(slope * (ability[:, None] - difficulty))) * 1.0
    scores[rng.random(scores.shape) < missing] = np.nan
    return scores


def rmse(found, truth):
    return math.sqrt(float(np.mean((found - truth) ** 2)))


def table(rows):
    """Models by benchmarks, the highest share of each model, nan where it was not run."""
    cells = {}
    for row in rows:
        key = row.model, row.benchmark
        cells[key] = max(cells.get(key, 0.0), row.value)
    counts = Counter(model for model, _ in cells)
    models = sorted(model for model, count in counts.items() if count >= 4)
    benchmarks = sorted({benchmark for model, benchmark in cells if counts[model] >= 4})
    return models, np.array([[cells.get((model, one), np.nan) for one in benchmarks] for model in models])


def test_abilities_are_recovered_to_a_tenth_of_a_logit_from_2000_items():
    found = [fit_items(solved(2000, seed=seed)).ability for seed in range(3)]
    assert rmse(np.array(found), ABILITY) <= 0.1


def test_slopes_that_differ_between_items_are_recovered_with_the_abilities():
    found = fit_items(solved(800, seed=2, slope_sd=0.4), slopes=True)
    assert rmse(found.ability, ABILITY) <= 0.2
    assert found.log_slope_sd == pytest.approx(0.4, abs=0.1)


def test_joint_difficulties_are_not_needed_five_models_are_told_without_bias():
    """Fits of abilities and difficulties together stretch abilities by about M/(M-1); integrating difficulties out does not."""
    few = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    spans = [np.ptp(fit_items(solved(600, seed=seed, ability=few)).ability) for seed in range(8)]
    assert np.mean(spans) == pytest.approx(2.0, abs=0.1)


def test_a_third_of_the_cells_may_be_missing():
    found = fit_items(solved(1000, seed=3, missing=1 / 3))
    assert rmse(found.ability, ABILITY) <= 0.15


def test_standard_errors_cover_as_they_say():
    inside = [
        np.abs(fit.ability - ABILITY) < 1.96 * fit.stderr
        for fit in (fit_items(solved(150, seed=seed)) for seed in range(20))
    ]
    assert 0.91 <= np.mean(inside) <= 0.98


def test_profile_intervals_hold_the_ability_and_agree_with_standard_errors():
    scores = solved(150, seed=5)
    fit = fit_items(scores)
    low, high = ability_interval(scores, 4)
    assert low < ABILITY[4] < high
    assert high - low == pytest.approx(2 * 1.96 * fit.stderr[4], rel=0.15)


def test_an_item_of_weight_two_is_two_items():
    scores = solved(60, seed=6, ability=np.array([-1.0, 0.0, 1.0]))
    twice = fit_items(np.concatenate([scores, scores], axis=1))
    assert fit_items(scores, weights=np.full(60, 2.0)).ability == pytest.approx(twice.ability, abs=1e-3)


def test_a_model_that_solved_everything_is_refused_with_a_remedy():
    scores = solved(50, seed=7)
    scores[3] = 1.0
    with pytest.raises(InputError, match=r"model 3 solved every item.*add items"):
        fit_items(scores)


@pytest.mark.parametrize("bad", [0.5, -1.0, 2.0])
def test_an_item_score_is_nought_or_one(bad):
    scores = solved(20, seed=8)
    scores[0, 0] = bad
    with pytest.raises(InputError, match="neither 0 nor 1"):
        fit_items(scores)


def test_a_table_of_rates_gives_back_capabilities_and_slopes():
    rng = np.random.default_rng(9)
    capability, difficulty = np.linspace(-2, 2, 40), rng.normal(size=12)
    slope = np.exp(0.4 * rng.normal(size=12))
    slope /= np.exp(np.log(slope).mean())
    share = expit(slope * (capability[:, None] - difficulty))
    rates = rng.binomial(400, share) / 400
    rates[rng.random(rates.shape) < 0.3] = np.nan
    found = fit_rates(rates, np.full(12, 400.0))
    assert rmse(found.capability, capability - capability.mean()) <= 0.1
    assert rmse(np.log(found.slope), np.log(slope)) <= 0.1


def test_dispersion_is_one_for_binomial_cells_and_more_for_wilder_ones():
    rng = np.random.default_rng(10)
    logits = np.linspace(-1, 1, 30)[:, None] - rng.normal(size=10)
    tame = rng.binomial(200, expit(logits)) / 200
    wild = rng.binomial(200, expit(logits + rng.normal(0, 0.5, logits.shape))) / 200
    items = np.full(10, 200.0)
    assert fit_rates(tame, items, slopes=False).dispersion == pytest.approx(1.0, abs=0.25)
    assert fit_rates(wild, items, slopes=False).dispersion > 5.0


def test_models_that_no_benchmark_joins_to_the_rest_are_refused():
    rates = np.array([[0.5, np.nan], [0.6, np.nan], [np.nan, 0.5]])
    with pytest.raises(InputError, match=r"models \[2\] share no chain of benchmarks"):
        fit_rates(rates)


def test_a_rate_in_percent_is_refused():
    with pytest.raises(InputError, match="no share"):
        fit_rates(np.array([[71.0, 0.4], [0.5, 0.6]]))


def test_a_draw_leaves_out_a_model_whose_benchmarks_were_not_drawn():
    rates = expit(np.linspace(-1, 1, 6)[:, None] - np.linspace(-1, 1, 5))
    rates[0, 1:] = np.nan
    draws = rate_draws(rates, draws=40, seed=1, slopes=False)
    assert 0.2 < np.isnan(draws[:, 0]).mean() < 0.5
    assert np.isfinite(draws[:, 1:]).all()
    assert np.array_equal(draws, rate_draws(rates, draws=40, seed=1, slopes=False), equal_nan=True)


def test_the_epoch_index_is_refitted_within_its_published_intervals():
    models, rates = table(published_scores(TABLES / "epoch_benchmarks.csv"))
    found = anchored(
        fit_rates(rates).capability,
        (models.index("Claude 3.5 Sonnet"), 130.0),
        (models.index("GPT-5"), 150.0),
    )
    told = [
        row
        for row in published_scores(TABLES / "epoch_eci_2025_12.csv")
        if row.low is not None and row.model in models
    ]
    ours = np.array([found[models.index(row.model)] for row in told])
    inside = np.mean([row.low <= value <= row.high for row, value in zip(told, ours, strict=True)])
    assert len(told) > 100
    assert spearmanr(ours, [row.value for row in told])[0] > 0.99
    assert inside > 0.95


def test_caisi_ranks_come_back_from_nine_of_its_sixteen_benchmarks():
    rows = published_scores(TABLES / "caisi_deepseek_v4_pro.csv")
    models, rates = table(row for row in rows if row.unit is Unit.SHARE)
    points = {row.model: row.value for row in rows if row.unit is Unit.POINTS}
    found = fit_rates(rates, slopes=False).capability
    assert sorted(models, key=points.__getitem__) == [models[i] for i in np.argsort(found)]


def test_two_hundred_caisi_points_triple_the_odds():
    assert caisi_points(math.log(3.0), anchor_points=800.0) == pytest.approx(1000.0)
