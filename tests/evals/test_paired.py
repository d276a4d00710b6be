import math
import time

import numpy as np
import pytest
from scipy import stats

from chipledger.core.errors import InputError
from chipledger.evals.statistics.paired import compare_paired, compare_unpaired, mcnemar


def answers(scores, start=0):
    return {f"item-{i + start:05}": [float(score)] for i, score in enumerate(scores)}


def two_models(draw, items, shift=0.0, spread=1.5):
    """Answers of two models to the same items; difficulty is shared, so that they correlate."""
    difficulty = draw.normal(0, spread, items)
    chance = 1 / (1 + np.exp(difficulty))
    better = 1 / (1 + np.exp(difficulty - shift))
    return draw.binomial(1, better), draw.binomial(1, chance)


def test_the_paired_test_is_students():
    draw = np.random.default_rng(1)
    a, b = draw.random(40), draw.random(40)
    found, theirs = compare_paired(answers(a), answers(b)), stats.ttest_rel(a, b)
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx(theirs.confidence_interval(0.95))


def test_the_unpaired_test_is_welchs():
    draw = np.random.default_rng(1)
    a, b = draw.random(40), draw.random(25) * 0.8
    found, theirs = (
        compare_unpaired(answers(a), answers(b, start=500)),
        stats.ttest_ind(a, b, equal_var=False),
    )
    assert found.p == pytest.approx(theirs.pvalue)
    assert found.degrees_of_freedom == pytest.approx(theirs.df)
    assert len(found.only_first) == 40 and len(found.only_second) == 25


def test_items_of_one_model_only_are_listed_and_left_out():
    first = {"a": [1.0], "b": [0.0], "c": [1.0], "extra": [1.0], "silent": []}
    second = {"c": [0.0], "b": [0.0], "a": [1.0], "silent": [1.0], "z": [0.0]}
    found = compare_paired(first, second)
    assert found.items == 3 and found.difference == pytest.approx(1 / 3)
    assert found.only_first == ("extra",) and found.only_second == ("silent", "z")


def test_epochs_are_averaged_before_items_are():
    found = compare_paired({"a": [1, 0, 0, 0], "b": [1]}, {"a": [0, 0], "b": [0]})
    assert found.first_mean == pytest.approx(0.625)
    assert found.mcnemar is None


def test_swapping_the_models_turns_the_sign_and_nothing_else():
    a, b = two_models(np.random.default_rng(3), 60, shift=1)
    one, other = compare_paired(answers(a), answers(b)), compare_paired(answers(b), answers(a))
    assert one.difference == -other.difference and one.p == other.p
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.mcnemar.only_first == other.mcnemar.only_second and one.mcnemar.p == other.mcnemar.p


def test_pairing_narrows_the_interval():
    a, b = two_models(np.random.default_rng(5), 400, shift=0.5)
    paired, unpaired = compare_paired(answers(a), answers(b)), compare_unpaired(answers(a), answers(b))
    assert paired.difference == pytest.approx(unpaired.difference)
    assert paired.correlation > 0.2
    assert paired.standard_error < 0.9 * unpaired.standard_error
    assert paired.standard_error == pytest.approx(
        unpaired.standard_error * math.sqrt(1 - paired.correlation), rel=0.01
    )


def test_size_and_power_are_what_is_promised():
    """At no difference 5% are called different; at the detectable difference, 80%."""
    draw = np.random.default_rng(7)
    null = [compare_paired(answers(a), answers(b)) for a, b in (two_models(draw, 150) for _ in range(250))]
    assert np.mean([one.p <= 0.05 for one in null]) == pytest.approx(0.05, abs=0.03)
    detectable = np.mean([one.detectable for one in null])
    moved = [(a, b) for a, b in (two_models(draw, 150, shift=0.75) for _ in range(250))]
    true = np.mean([a.mean() - b.mean() for a, b in moved])
    assert true == pytest.approx(detectable, abs=0.03)
    assert np.mean([compare_paired(answers(a), answers(b)).p <= 0.05 for a, b in moved]) == pytest.approx(
        0.8, abs=0.1
    )


def test_clusters_widen_what_is_clustered():
    draw = np.random.default_rng(8)
    a = np.repeat(draw.binomial(1, 0.7, 30), 5)
    b = np.repeat(draw.binomial(1, 0.5, 30), 5)
    clusters = {f"item-{i:05}": f"codebase {i // 5}" for i in range(150)}
    alone, clustered = (
        compare_paired(answers(a), answers(b)),
        compare_paired(answers(a), answers(b), clusters),
    )
    assert clustered.clusters == 30 and clustered.degrees_of_freedom == pytest.approx(29)
    assert clustered.standard_error == pytest.approx(alone.standard_error * math.sqrt(5), rel=0.02)
    assert clustered.p > alone.p and clustered.detectable > alone.detectable


def test_an_item_without_a_cluster_stands_alone():
    found = compare_paired(
        answers([1, 0, 1, 1]), answers([0, 0, 1, 0]), {"item-00000": "x", "item-00001": "x"}
    )
    assert found.clusters == 3


def test_mcnemar_is_the_exact_binomial_and_then_the_normal():
    a, b = np.array([1] * 9 + [0] * 2 + [1] * 5), np.array([0] * 9 + [1] * 2 + [1] * 5)
    found = mcnemar(a, b)
    assert (found.only_first, found.only_second, found.exact) == (9, 2, True)
    assert found.p == pytest.approx(stats.binomtest(9, 11).pvalue)
    many = mcnemar(np.array([1] * 560 + [0] * 500), np.array([0] * 560 + [1] * 500))
    assert not many.exact and many.p == pytest.approx(stats.binomtest(560, 1060).pvalue, abs=0.005)


def test_models_that_answer_alike_are_not_certainly_equal():
    found = compare_paired(answers([1, 0, 1, 0] * 5), answers([1, 0, 1, 0] * 5))
    assert found.p == 1.0 and found.mcnemar.p == 1.0
    assert found.low < -0.1 and found.high > 0.1 and "no spread" in found.method


def test_one_model_always_ahead_is_a_matter_of_signs():
    found = compare_paired(answers([1] * 8), answers([0] * 8))
    assert found.difference == 1.0 and found.p == pytest.approx(found.mcnemar.p)
    assert found.low < 0.8


@pytest.mark.parametrize(
    ("first", "second"),
    [({}, {}), ({"a": [1]}, {"b": [1]}), ({"a": [1], "b": [math.nan]}, {"a": [1], "b": [0]}), ({"a": [2], "b": [1]}, {"a": [1], "b": [1]})],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(first, second):
    with pytest.raises(InputError):
        compare_paired(first, second)


def test_five_thousand_items_take_a_fraction_of_the_two_seconds():
    draw = np.random.default_rng(9)
    a, b = two_models(draw, 5000, shift=0.2)
    first, second = answers(a), answers(b)
    clusters = {item: item[:-1] for item in first}
    started = time.process_time()
    found = compare_paired(first, second, clusters)
    # the bar is on the whole command; timing here only guards against a quadratic slip
    assert time.process_time() - started < 2
    assert found.items == 5000 and found.clusters == 500
