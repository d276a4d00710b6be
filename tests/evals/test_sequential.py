import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binom

from chipledger.core.errors import InputError
from chipledger.evals.rule import Side
from chipledger.evals.statistics.sequential import (
    always_valid_p,
    confidence_bounds,
    confidence_sequence,
    crossed_at,
    log_e_values,
)

RATES = st.floats(1e-4, 1.0 - 1e-4)


def alarms(successes, threshold, *, trials=100, side=Side.ABOVE, alpha=0.05):
    """The share of histories with at least one alarm."""
    return (log_e_values(successes, trials, threshold, side=side) >= -np.log(alpha)).any(axis=-1).mean()


@settings(max_examples=50, deadline=None)
@given(trials=st.integers(1, 400), threshold=RATES, side=st.sampled_from(Side))
def test_an_e_value_averages_one_at_the_threshold(trials, threshold, side):
    counts = np.arange(trials + 1.0)
    log_e = log_e_values(counts[:, None], trials, threshold, side=side)[:, 0]
    assert np.exp(binom.logpmf(counts, trials, threshold) + log_e).sum() == pytest.approx(1.0, abs=1e-7)


@settings(max_examples=50, deadline=None)
@given(trials=st.integers(1, 200), threshold=RATES, below=st.floats(0.0, 1.0))
def test_an_e_value_averages_at_most_one_under_the_threshold(trials, threshold, below):
    counts = np.arange(trials + 1.0)
    log_e = log_e_values(counts[:, None], trials, threshold, side=Side.ABOVE)[:, 0]
    assert np.exp(binom.logpmf(counts, trials, threshold * below) + log_e).sum() <= 1.0 + 1e-7


def test_an_e_value_averages_at_most_one_for_unlike_items():
    rates = np.array([0.05, 0.95, 0.3, 0.7, 0.5, 0.5, 0.9, 0.1])  # their mean is one half
    counts = np.array([1.0])
    for rate in rates:
        counts = np.convolve(counts, [1.0 - rate, rate])
    e = np.exp(log_e_values(np.arange(9.0)[:, None], 8, 0.5, side=Side.ABOVE)[:, 0])
    assert counts @ e < 0.95


def test_scores_between_0_and_1_gain_less_than_the_bets_would():
    scores = np.array([0.2, 0.9, 0.7, 0.4])
    bets = lambda f: 5 * (1 - f) ** 4 * np.prod(1 - f + f * scores / 0.5)  # noqa: E731
    capital = np.log(quad(bets, 0, 1)[0])
    assert log_e_values([scores.sum()], [4], 0.5, side=Side.ABOVE)[0] <= capital


@pytest.mark.parametrize(
    ("scored", "asked", "threshold"),
    [(3, 5, 0.5), (60, 100, 0.5), (2, 2000, 0.0005), (999, 1000, 0.995), (10, 4000, 0.5), (300, 3000, 0.4), (0, 400, 0.9), (0, 58, 0.9999), (99_870, 100_000, 0.9999)],
)  # fmt: skip
def test_the_closed_form_is_the_integral_over_bets(scored, asked, threshold):
    def log_bet(f):
        return (asked - scored + 4) * np.log1p(-f) + scored * np.log1p(f * (1 / threshold - 1))

    grid = np.concatenate([[0.0], np.geomspace(1e-9, 1.0 - 1e-9, 400_001)])
    top = log_bet(grid).max()
    integral = np.log(5 * np.trapezoid(np.exp(log_bet(grid) - top), grid)) + top
    assert log_e_values([scored], [asked], threshold, side=Side.ABOVE)[0] == pytest.approx(integral, abs=1e-6)


@pytest.mark.parametrize("threshold", [1e-6, 0.01, 0.5, 0.99, 1 - 1e-6])
@pytest.mark.parametrize("side", Side)
def test_a_million_trials_neither_overflow_nor_vanish(threshold, side):
    successes = np.array([[0.0], [1.0], [1e6 * threshold], [999_999.0], [1e6]])
    log_e = log_e_values(successes, 1_000_000, threshold, side=side)[:, 0]
    assert np.isfinite(log_e).all()
    assert (np.diff(log_e) * (1 if side is Side.ABOVE else -1) > -1e-9).all()


def test_far_below_the_threshold_it_joins_on_without_a_step():
    successes = np.arange(300_000.0, 500_001.0, 250.0)[:, None]
    log_e = log_e_values(successes, 1_000_000, 0.5, side=Side.ABOVE)[:, 0]
    assert (np.diff(log_e, 2) > -1e-6).all() and (np.diff(log_e) > 0).all()


def test_a_year_at_the_threshold_seldom_raises_an_alarm():
    rng = np.random.default_rng(1)
    assert alarms(rng.binomial(100, 0.5, (1500, 52)), 0.5) < 0.03
    assert alarms(rng.binomial(100, 0.9, (1500, 52)), 0.9, side=Side.BELOW) < 0.035


def test_the_same_unlike_items_every_look_raise_fewer_alarms_still():
    rng = np.random.default_rng(2)
    rates = np.linspace(0.1, 0.9, 100)
    successes = (rng.random((300, 52, 100)) < rates).sum(axis=-1)
    assert alarms(successes, 0.5) <= 0.01


def test_looks_that_depend_on_the_past_keep_the_promise():
    # after a good look the rate falls, after a bad one it stands at the threshold: never above
    rng = np.random.default_rng(3)
    successes = np.zeros((1500, 52))
    for look in range(52):
        lucky = successes[:, look - 1] > 52 if look else np.zeros(1500, dtype=bool)
        successes[:, look] = rng.binomial(100, np.where(lucky, 0.45, 0.5))
    assert alarms(successes, 0.5) < 0.03


def test_items_in_clusters_break_the_promise():
    rng = np.random.default_rng(4)
    strength = 1 / 0.3 - 1
    rates = rng.beta(0.5 * strength, 0.5 * strength, (1000, 52, 20))
    assert alarms(rng.binomial(5, rates).sum(axis=-1), 0.5) > 0.08


@pytest.mark.parametrize(("truth", "looks"), [(0.60, 3), (0.55, 9)])
def test_a_model_above_the_threshold_is_told_soon(truth, looks):
    successes = np.random.default_rng(5).binomial(100, truth, (1000, 52))
    reached = log_e_values(successes, 100, 0.5, side=Side.ABOVE) >= np.log(20)
    assert np.median(reached.argmax(axis=-1) + 1) <= looks


def test_sides_mirror_each_other():
    above = log_e_values([70, 10], [100, 20], 0.6, side=Side.ABOVE)
    assert above == pytest.approx(log_e_values([30, 10], [100, 20], 0.4, side=Side.BELOW))


@settings(deadline=None)
@given(scored=st.floats(0, 50), low=RATES, high=RATES)
def test_evidence_of_having_crossed_falls_as_the_threshold_rises(scored, low, high):
    low, high = sorted((low, high))
    at = [log_e_values([scored], [50], one, side=Side.ABOVE)[0] for one in (low, high)]
    assert at[0] >= at[1] - 1e-9


def test_bounds_are_where_the_e_value_reaches_one_over_alpha():
    successes, trials = [40, 55, 61], [100, 100, 100]
    for look, bound in enumerate(confidence_bounds(successes, trials, 0.9, side=Side.ABOVE)):
        log_e = log_e_values(successes, trials, float(bound), side=Side.ABOVE)[look]
        assert np.exp(-log_e) == pytest.approx(0.1, rel=1e-6)


def test_bounds_hold_the_rate_at_every_look_at_once():
    successes = np.random.default_rng(6).binomial(20, 0.2, (150, 20))
    low, high = confidence_sequence(successes, 20, 0.9)
    outside = ((low > 0.2) | (high < 0.2)).any(axis=-1).mean()
    assert 0.0 < outside <= 0.1
    assert (low[:, -1] > 0.1).mean() > 0.9 and (high[:, -1] < 0.3).mean() > 0.9


def test_bounds_at_the_ends_stay_there():
    low, high = confidence_sequence([0, 0], [50, 50], 0.95)
    assert list(low) == [0.0, 0.0] and 0.0 < high[1] < high[0] < 0.2
    low, high = confidence_sequence([50], [50], 0.95)
    assert list(high) == [1.0] and 0.8 < low[0] < 1.0


def test_p_values_never_rise_and_alarms_stand_at_the_first_look():
    log_e = log_e_values([70, 30, 30], [100, 100, 100], 0.5, side=Side.ABOVE)
    p = always_valid_p(log_e)
    assert (np.diff(p) == 0).all() and p[0] < 0.01
    assert crossed_at(log_e, 0.05) == 0 and crossed_at(log_e[1:], 0.05) is None


@pytest.mark.parametrize(
    ("successes", "trials", "threshold", "told"),
    [
        ([1], [0], 0.5, "leave out a look in which nothing was scored"),
        ([np.nan], [10], 0.5, "0 <= successes <= trials"),
        ([11], [10], 0.5, "0 <= successes <= trials"),
        ([1], [np.inf], 0.5, "a look without trials"),
        ([1], [10], 1.0, "threshold 1.0; expected a number between 0 and 1"),
        ([1], [10], float("nan"), "threshold nan"),
        (1, 10, 0.5, "a list with one count for each look"),
    ],
)
def test_what_is_no_count_is_refused(successes, trials, threshold, told):
    with pytest.raises(InputError, match=told):
        log_e_values(successes, trials, threshold, side=Side.ABOVE)
