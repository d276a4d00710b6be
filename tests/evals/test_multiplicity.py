from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.core.errors import InputError
from chipledger.evals.rule import Side
from chipledger.evals.statistics.multiplicity import average_log_e, e_holm, holm
from chipledger.evals.statistics.sequential import log_e_values

CHANCES = st.lists(st.floats(0, 1), min_size=1, max_size=6)
LOG_E = st.lists(st.floats(-20, 20), min_size=1, max_size=6)


def sets_with(index, size):
    for others in range(size):
        for rest in combinations([one for one in range(size) if one != index], others):
            yield [index, *rest]


@settings(deadline=None)
@given(CHANCES)
def test_holm_is_closed_testing_with_bonferroni(p_values):
    p = np.array(p_values)
    for index, adjusted in enumerate(holm(p)):
        closed = max(min(1.0, len(one) * p[one].min()) for one in sets_with(index, p.size))
        assert adjusted == pytest.approx(closed)


@settings(deadline=None)
@given(LOG_E)
def test_e_holm_is_closed_testing_with_the_average(log_e):
    e = np.exp(log_e)
    for index, adjusted in enumerate(e_holm(log_e)):
        closed = min(e[one].mean() for one in sets_with(index, e.size))
        assert np.exp(adjusted) == pytest.approx(closed)


def test_e_holm_of_nothing_won_and_of_ties():
    assert list(e_holm([-np.inf, -np.inf])) == [-np.inf, -np.inf]
    assert np.exp(e_holm(np.log([8.0, 8.0, 2.0]))) == pytest.approx([5.0, 5.0, 2.0])


def test_holm_keeps_false_claims_rare_where_bare_p_values_do_not():
    p = np.random.default_rng(1).random((2000, 6))
    assert (p <= 0.05).any(axis=1).mean() > 0.2
    assert np.mean([holm(one).min() <= 0.05 for one in p]) < 0.06


def test_averaged_benchmarks_that_repeat_one_another_keep_the_promise():
    # four benchmarks at their thresholds whose answers are the same but for a few: any dependence will do
    rng = np.random.default_rng(2)
    shared = rng.binomial(80, 0.5, (700, 52))
    log_e = np.stack([
        log_e_values(shared + rng.binomial(20, 0.5, shared.shape), 100, 0.5, side=Side.ABOVE) for _ in range(4)
    ])  # fmt: skip
    average = average_log_e(log_e)
    assert average.shape == (700, 52)
    assert (average >= np.log(20)).any(axis=-1).mean() < 0.04
    assert np.exp(average[:, 0]).mean() < 1.15  # an average of 1, and its noise


def test_one_benchmark_that_crosses_is_told_among_five():
    rng = np.random.default_rng(3)
    rates = np.array([0.5, 0.65, 0.5, 0.5, 0.5])
    log_e = log_e_values(rng.binomial(100, rates[:, None], (5, 12)), 100, 0.5, side=Side.ABOVE)[:, -1]
    adjusted = e_holm(log_e)
    assert list(np.flatnonzero(adjusted >= np.log(20))) == [1]
    assert average_log_e(log_e) >= np.log(20)


@pytest.mark.parametrize("judge", [e_holm, average_log_e])
@pytest.mark.parametrize("log_e", [[], [np.nan], [np.inf]])
def test_what_is_no_e_value_is_refused(judge, log_e):
    with pytest.raises(InputError, match="e-value"):
        judge(log_e)


@pytest.mark.parametrize("p", [-0.1, 1.1, np.nan])
def test_what_is_no_p_value_is_refused(p):
    with pytest.raises(InputError, match="numbers from 0 to 1"):
        holm([0.5, p])
