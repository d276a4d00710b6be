import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from chipledger.core.errors import InputError
from chipledger.evals.statistics.intervals import (
    jeffreys,
    jeffreys_bound,
    likelihood_ratio,
    mean_interval,
    wilson,
    wilson_bound,
)

CONSTRUCTIONS = (wilson, jeffreys, likelihood_ratio)
counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@cache
def every_interval(construction, n):
    return [construction(k, n) for k in range(n + 1)]


def coverage(construction, n, rate):
    """Exact: the chance of every count whose interval holds the rate."""
    made = every_interval(construction, n)
    held = np.array([one.low <= rate <= one.high for one in made])
    return float(stats.binom.pmf(np.arange(n + 1), n, rate)[held].sum())


def test_wilson_is_what_scipy_makes_of_it():
    for k, n in ((0, 39), (12, 39), (39, 39), (700, 1987)):
        theirs = stats.binomtest(k, n).proportion_ci(method="wilson")
        assert (wilson(k, n).low, wilson(k, n).high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_jeffreys_is_the_beta_posterior_and_keeps_the_ends():
    found = jeffreys(3, 40)
    assert (found.low, found.high) == pytest.approx(stats.beta(3.5, 37.5).interval(0.95))
    assert jeffreys(0, 40).low == 0.0 and jeffreys(40, 40).high == 1.0


# Reference, section 3c: coverage at n=39, p=.1 and at n=100, p=.05


@pytest.mark.parametrize(
    ("construction", "n", "rate", "expected"),
    [(wilson, 39, 0.1, 0.948), (jeffreys, 39, 0.1, 0.948), (wilson, 100, 0.05, 0.966), (jeffreys, 100, 0.05, 0.935)],
)  # fmt: skip
def test_coverage_of_the_closed_forms_is_as_was_measured(construction, n, rate, expected):
    assert coverage(construction, n, rate) == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize("n", [30, 100, 300])
@pytest.mark.parametrize("rate", [0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95])
def test_the_calibrated_interval_holds_its_level_in_every_cell_where_counts_allow(n, rate):
    found = coverage(likelihood_ratio, n, rate)
    if n == 30 and rate in (0.05, 0.95):
        # counts 0 to 3 make 93.92%, 0 to 4 98.44%: no interval of a count lies between
        assert found == pytest.approx(0.9844, abs=1e-4)
    else:
        assert 0.94 <= found <= 0.96


def test_mean_coverage_over_rates_is_near_the_level():
    rates = np.linspace(0.05, 0.95, 91)
    mean = np.mean([coverage(wilson, 50, rate) for rate in rates])
    assert mean == pytest.approx(0.95, abs=0.005)


def test_one_sided_jeffreys_leans_less_than_wilson():
    rates = np.linspace(0.05, 0.2, 31)

    def held(bound):
        lower = np.array([bound(k, 100, "lower") for k in range(101)])
        return np.mean([stats.binom.pmf(np.arange(101), 100, p)[lower <= p].sum() for p in rates])

    assert abs(held(jeffreys_bound) - 0.95) < 0.005 < abs(held(wilson_bound) - 0.95)


@pytest.mark.parametrize("bound", [wilson_bound, jeffreys_bound])
def test_two_one_sided_bounds_make_the_two_sided_interval(bound):
    whole = {wilson_bound: wilson, jeffreys_bound: jeffreys}[bound](7, 50, level=0.9)
    assert whole.low == bound(7, 50, "lower", level=0.95)
    assert whole.high == bound(7, 50, "upper", level=0.95)


@settings(max_examples=40, deadline=None)
@given(count=counts)
def test_every_interval_holds_its_estimate_stays_in_bounds_and_mirrors(count):
    k, n = count
    for construction in CONSTRUCTIONS:
        found, mirrored = construction(k, n), construction(n - k, n)
        assert 0 <= found.low <= found.estimate <= found.high <= 1
        assert found.low < found.high
        assert found.low == pytest.approx(1 - mirrored.high, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(count=counts)
def test_more_successes_never_lower_an_end_and_a_higher_level_never_narrows(count):
    k, n = count
    for construction in CONSTRUCTIONS:
        found, wider = construction(k, n), construction(k, n, level=0.99)
        assert wider.low <= found.low + 1e-9 and found.high <= wider.high + 1e-9
        if k < n:
            more = construction(k + 1, n)
            assert found.low <= more.low + 1e-9 and found.high <= more.high + 1e-9


@pytest.mark.parametrize("construction", CONSTRUCTIONS)
def test_an_empty_sample_has_no_interval(construction):
    with pytest.raises(InputError, match="nothing was scored"):
        construction(0, 0)


@pytest.mark.parametrize("construction", CONSTRUCTIONS)
@pytest.mark.parametrize(("k", "n", "level"), [(5, 4, 0.95), (-1, 4, 0.95), (1, 4, 1.0), (1, 4, math.nan)])
def test_what_cannot_be_is_refused(construction, k, n, level):
    with pytest.raises(InputError):
        construction(k, n, level=level)


def test_many_items_take_the_closed_form_and_say_so():
    assert likelihood_ratio(500, 2001).method == "Jeffreys"
    assert likelihood_ratio(500, 2000).low == pytest.approx(jeffreys(500, 2000).low, abs=2e-3)


def test_the_mean_of_fractions_has_a_t_interval_that_covers():
    draw = np.random.default_rng(5)
    samples = draw.beta(2, 3, size=(2000, 25))
    held = [found.low <= 0.4 <= found.high for found in map(mean_interval, samples)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("scores", [[], [0.5], [0.3, 0.3], [0.2, math.nan], [0.2, 1.2]])
def test_a_mean_that_cannot_be_bounded_is_refused(scores):
    with pytest.raises(InputError):
        mean_interval(scores)
