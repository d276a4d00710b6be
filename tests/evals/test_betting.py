import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.core.errors import InputError
from chipledger.evals.rule import Side
from chipledger.evals.statistics.betting import (
    BETS,
    LOG_SHARES,
    confidence_bounds_of_means,
    confidence_sequence_of_means,
    log_e_values_of_means,
)

ICC = 0.3


def drawn(rng, rate, histories, looks, clusters=20, size=5):
    """Cluster means by look, each of shape (histories, clusters), beta-binomial."""
    strength = 1 / ICC - 1
    rates = rng.beta(rate * strength, (1 - rate) * strength, (looks, histories, clusters))
    return list(rng.binomial(size, rates) / size)


def alarms(looks, threshold, *, side=Side.ABOVE, sizes=None):
    log_e = log_e_values_of_means(looks, threshold, side=side, sizes_by_look=sizes)
    return log_e >= np.log(20)


def test_the_whole_capital_is_spread_over_bets_that_cannot_lose_it_all():
    assert np.exp(LOG_SHARES).sum() == pytest.approx(1.0)
    assert BETS.min() > 0 and BETS.max() < 1


@settings(max_examples=60, deadline=None)
@given(
    threshold=st.floats(0.01, 0.99),
    side=st.sampled_from(Side),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    data=st.data(),
)
def test_an_e_value_averages_at_most_one_while_the_mean_over_items_is_at_the_threshold(
    threshold, side, sizes, data
):
    sizes = np.array(sizes)
    # clusters of unlike rates, each answering all or nothing; the mean over items stands at the threshold
    room = min(threshold, 1 - threshold)
    shift = np.array([data.draw(st.floats(-1, 1)) for _ in sizes])
    shift = shift - (shift @ sizes) / sizes.sum()
    rates = threshold + room * shift / max(1.0, np.abs(shift).max())
    answers = np.array(list(itertools.product([0.0, 1.0], repeat=sizes.size)))
    chance = np.prod(np.where(answers == 1.0, rates, 1 - rates), axis=1)
    log_e = log_e_values_of_means([answers], threshold, side=side, sizes_by_look=[sizes])[:, 0]
    assert chance @ np.exp(log_e) <= 1.0 + 1e-9


def test_without_sizes_the_claim_is_about_clusters():
    # the large cluster fails, the small one succeeds: half of the clusters, a tenth of the items
    looks, sizes = [[1.0, 0.0]] * 300, [[1, 9]] * 300
    by_cluster = log_e_values_of_means(looks, 0.3, side=Side.ABOVE)[-1]
    by_item = log_e_values_of_means(looks, 0.3, side=Side.ABOVE, sizes_by_look=sizes)[-1]
    assert by_cluster > 10 and by_item < 0
    assert log_e_values_of_means(looks, 0.3, side=Side.BELOW, sizes_by_look=sizes)[-1] > 10


def test_equal_sizes_change_nothing():
    looks = drawn(np.random.default_rng(1), 0.6, 3, 4)
    plain = log_e_values_of_means(looks, 0.5, side=Side.ABOVE)
    assert plain == pytest.approx(
        log_e_values_of_means(looks, 0.5, side=Side.ABOVE, sizes_by_look=[np.full(20, 5)] * 4)
    )


def test_a_year_at_the_threshold_seldom_raises_an_alarm_in_clusters():
    looks = drawn(np.random.default_rng(2), 0.5, 1500, 52)
    assert alarms(looks, 0.5).any(axis=-1).mean() < 0.035


def test_a_year_at_the_threshold_seldom_raises_an_alarm_in_clusters_of_unlike_size():
    rng = np.random.default_rng(3)
    sizes = np.array([1] * 12 + [4] * 6 + [32] * 2)
    rates = np.where(sizes == 32, 0.4, 0.6777)  # over items one half, over clusters more
    assert rates @ sizes / sizes.sum() == pytest.approx(0.5, abs=1e-4)
    strength = 1 / ICC - 1
    at = rng.beta(rates * strength, (1 - rates) * strength, (52, 800, 20))
    looks = list(rng.binomial(sizes, at) / sizes)
    assert alarms(looks, 0.5, sizes=[sizes] * 52).any(axis=-1).mean() < 0.05
    assert alarms(looks, 0.5).any(axis=-1).mean() > 0.5


@pytest.mark.parametrize(("truth", "most"), [(0.60, 4), (0.55, 16)])
def test_a_model_above_the_threshold_is_told_soon(truth, most):
    reached = alarms(drawn(np.random.default_rng(4), truth, 800, 30), 0.5)
    looks = np.where(reached.any(axis=-1), reached.argmax(axis=-1) + 1, 99)
    assert np.median(looks) <= most


def test_sides_mirror_each_other_and_looks_add_up():
    looks = [np.array([0.8, 0.2, 0.6]), np.array([1.0, 0.4])]
    above = log_e_values_of_means(looks, 0.6, side=Side.ABOVE)
    below = log_e_values_of_means([1 - look for look in looks], 0.4, side=Side.BELOW)
    assert above == pytest.approx(below)
    assert above[-1] == pytest.approx(log_e_values_of_means([np.concatenate(looks)], 0.6, side=Side.ABOVE)[0])


@pytest.mark.parametrize("threshold", [1e-9, 0.5, 1 - 1e-9])
@pytest.mark.parametrize("side", Side)
def test_ten_thousand_clusters_neither_overflow_nor_vanish(threshold, side):
    for value in (0.0, 1.0):
        assert np.isfinite(log_e_values_of_means([np.full(10_000, value)], threshold, side=side)).all()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=6), min_size=1, max_size=4), st.floats(0.6, 0.99)
)
def test_bounds_enclose_what_was_seen_and_stand_where_the_e_value_says(looks, level):
    low, high = confidence_sequence_of_means(looks, level)
    seen = np.cumsum([np.sum(look) for look in looks]) / np.cumsum([len(look) for look in looks])
    assert (low <= seen + 1e-9).all() and (seen - 1e-9 <= high).all()
    bound = confidence_bounds_of_means(looks, level, side=Side.ABOVE)[-1]
    if 1e-9 < bound < 1 - 1e-9:
        at = log_e_values_of_means(looks, float(bound), side=Side.ABOVE)[-1]
        assert np.exp(-at) == pytest.approx(1 - level, rel=1e-4)


def test_bounds_hold_the_mean_at_every_look_at_once():
    looks = drawn(np.random.default_rng(5), 0.3, 40, 10)
    outside = 0
    for history in range(40):
        low, high = confidence_sequence_of_means([look[history] for look in looks], 0.8)
        outside += bool((low > 0.3).any() or (high < 0.3).any())
        assert high[-1] - low[-1] < 0.3
    assert outside <= 8


def test_bounds_with_sizes_are_about_items():
    low, high = confidence_sequence_of_means([[1.0, 0.0]] * 200, 0.95, sizes_by_look=[[1, 9]] * 200)
    assert low[-1] < 0.1 < high[-1] < 0.3


@pytest.mark.parametrize(
    ("looks", "sizes", "told"),
    [
        ([], None, "no looks"),
        ([[0.5], []], None, r"a look without clusters \(look 2\)"),
        ([[0.5, np.nan]], None, r"a cluster mean that is no share \(look 1\)"),
        ([[1.5]], None, "numbers from 0 to 1"),
        ([[0.5, 0.5]], [[3]], "a size of 1 or more for each mean"),
        ([[0.5]], [[0]], "a size of 1 or more for each mean"),
        ([[0.5]], [[1], [1]], "sizes for 2 looks, means for 1"),
    ],
)
def test_what_is_no_look_is_refused(looks, sizes, told):
    with pytest.raises(InputError, match=told):
        log_e_values_of_means(looks, 0.5, side=Side.ABOVE, sizes_by_look=sizes)


@pytest.mark.parametrize("threshold", [0.0, 1.0, float("nan")])
def test_what_is_no_threshold_is_refused(threshold):
    with pytest.raises(InputError, match="threshold"):
        log_e_values_of_means([[0.5]], threshold, side=Side.ABOVE)
