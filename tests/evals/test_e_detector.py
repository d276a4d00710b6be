import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from chipledger.core.errors import InputError
from chipledger.evals.rule import Side
from chipledger.evals.statistics.betting import log_e_values_of_means
from chipledger.evals.statistics.change import Direction
from chipledger.evals.statistics.e_detector import (
    bets_on_means,
    bets_on_rates,
    e_detection,
    e_detector,
    guaranteed_log_limit,
)
from chipledger.evals.statistics.sequential import log_e_values

UP, DOWN, BOTH = Direction.UP, Direction.DOWN, Direction.BOTH


def drawn(truth, histories, seed):
    return np.random.default_rng(seed).binomial(100, truth, (histories, len(truth))) / 100


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=4), min_size=1, max_size=5))
def test_it_is_the_sum_of_the_e_processes_begun_at_each_run(runs):
    path = e_detector(bets_on_means(runs, baseline=0.4, direction=UP))
    for at in range(len(runs)):
        begun = [
            log_e_values_of_means(runs[start : at + 1], 0.4, side=Side.ABOVE)[-1] for start in range(at + 1)
        ]
        assert path[at] == pytest.approx(np.logaddexp.reduce(begun))


@pytest.mark.parametrize("rate", [0.35, 0.4, 0.45, 0.6])
def test_bets_on_a_grid_are_close_to_the_closed_form(rate):
    grid = e_detector(bets_on_rates([rate], [100], baseline=0.4, direction=UP))
    assert grid == pytest.approx(log_e_values([100 * rate], [100], 0.4, side=Side.ABOVE), abs=0.05)


@pytest.mark.parametrize("direction", Direction)
def test_it_grows_by_one_a_run_in_the_mean_and_by_less_away_from_the_baseline(direction):
    counts = np.array(
        list(itertools.product(range(6), repeat=3))
    )  # every history of three runs of five trials
    path = np.exp(e_detector(bets_on_rates(counts / 5, 5, baseline=0.4, direction=direction)))
    chance = binom.pmf(counts, 5, 0.4).prod(axis=1)
    assert chance @ path == pytest.approx([1, 2, 3])
    if direction is not BOTH:
        safer = binom.pmf(counts, 5, 0.3 if direction is UP else 0.5).prod(axis=1)
        assert (safer @ path < [1, 2, 3]).all()


@pytest.mark.parametrize("direction", [UP, BOTH])
def test_the_proved_limit_keeps_false_alarms_rare_and_finds_a_jump_soon(direction):
    limit = guaranteed_log_limit(60)
    quiet = e_detector(bets_on_rates(drawn([0.4] * 60, 600, seed=2), 100, baseline=0.4, direction=direction))
    assert (quiet >= limit).any(axis=-1).mean() <= 0.03
    seen = drawn([0.4] * 20 + [0.5] * 20, 600, seed=3)
    moved = e_detector(bets_on_rates(seen, 100, baseline=0.4, direction=direction)) >= limit
    found = moved[~moved[:, :20].any(axis=-1), 20:]
    assert found.any(axis=-1).mean() > 0.99 and np.median(found.argmax(axis=-1) + 1) <= 4


def test_a_long_stay_below_does_not_drown_a_late_crossing():
    seen = drawn([0.4] * 26 + [0.6] * 10, 200, seed=4)
    restarted = e_detector(bets_on_rates(seen, 100, baseline=0.5, direction=UP)) >= guaranteed_log_limit(52)
    steady = log_e_values(seen * 100, 100, 0.5, side=Side.ABOVE) >= np.log(20)
    assert restarted.any(axis=-1).mean() > 0.95 and steady.any(axis=-1).mean() < 0.05


def test_clusters_keep_the_promise_where_counts_do_not():
    rng = np.random.default_rng(5)
    strength = 1 / 0.3 - 1
    clusters = rng.beta(0.4 * strength, 0.6 * strength, (60, 300, 20))
    means = rng.binomial(5, clusters) / 5
    limit = guaranteed_log_limit(60)
    by_mean = e_detector(bets_on_means(list(means), baseline=0.4, direction=UP)) >= limit
    by_count = e_detector(bets_on_rates(means.mean(-1).T, 100, baseline=0.4, direction=UP)) >= limit
    assert by_mean.any(axis=-1).mean() <= 0.04 < by_count.any(axis=-1).mean()


def test_an_alarm_is_dated_and_tells_the_way():
    falls = [0.4] * 10 + [0.2] * 5
    found = e_detection(
        bets_on_rates(falls, [100] * 15, baseline=0.4, direction=BOTH), log_limit=guaranteed_log_limit(60)
    )
    assert found is not None and (found.since, found.direction) == (10, DOWN) and found.run <= 12
    quiet = bets_on_rates([0.4] * 15, [100] * 15, baseline=0.4, direction=BOTH)
    assert e_detection(quiet, log_limit=guaranteed_log_limit(60)) is None


def test_sizes_make_it_a_claim_about_items():
    runs, sizes = [[1.0, 0.0]] * 100, [[1, 9]] * 100
    by_item = e_detector(bets_on_means(runs, baseline=0.3, direction=UP, sizes_by_run=sizes))
    by_cluster = e_detector(bets_on_means(runs, baseline=0.3, direction=UP))
    assert by_item[-1] < 6 < by_cluster[-1]


@pytest.mark.parametrize("baseline", [0.0, 1.0, float("nan")])
def test_what_is_no_baseline_is_refused(baseline):
    with pytest.raises(InputError):
        bets_on_rates([0.5], [10], baseline=baseline, direction=UP)
    with pytest.raises(InputError):
        bets_on_means([[0.5]], baseline=baseline, direction=UP)
