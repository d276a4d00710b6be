import math

import numpy as np
import pytest
from scipy import stats

from chipledger.core.errors import InputError
from chipledger.evals.statistics.power import (
    Noise,
    detectable_paired,
    detectable_unpaired,
    half_width,
    items_for_half_width,
    size_for_threshold,
    smallest_crossing,
    threshold_power,
)

# Half-widths and smallest detectable changes in points, at the rate that each row assumes
PUBLISHED = [
    ("CyBench", 39, 0.3, 14.4, 29.1, 20.5),
    ("GPQA-diamond", 198, 0.3, 6.4, 12.9, 9.1),
    ("SWE-bench Verified", 500, 0.4, 4.3, 8.7, 6.1),
    ("WMDP-chem", 408, 0.4, 4.8, 9.6, 6.8),
    ("WMDP-cyber", 1987, 0.4, 2.2, 4.4, 3.1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "items", "rate", "width", "unpaired", "paired"), PUBLISHED)
def test_figures_of_known_benchmarks(name, items, rate, width, unpaired, paired):
    assert 100 * half_width(rate, items) == pytest.approx(width, abs=0.06)
    assert 100 * detectable_unpaired(rate, items) == pytest.approx(unpaired, abs=0.06)
    assert 100 * detectable_paired(rate, items, correlation=0.5) == pytest.approx(paired, abs=0.06)


def test_a_design_effect_costs_items_in_proportion():
    clustered = Noise(cluster_size=5, correlation=0.3)
    assert clustered.effect == pytest.approx(2.2)
    assert half_width(0.3, 220, noise=clustered) == pytest.approx(half_width(0.3, 100))
    assert items_for_half_width(0.5, 0.05, noise=clustered).items == math.ceil(384.15 * 2.2)


def test_the_fewest_items_are_enough_and_one_less_is_not():
    for noise in (Noise(), Noise(cluster_size=4, correlation=0.2, noise_share=0.5, epochs=2)):
        found = items_for_half_width(0.3, 0.04, noise=noise)
        assert (
            half_width(0.3, found.items, noise=noise) <= 0.04 < half_width(0.3, found.items - 1, noise=noise)
        )
        sized = size_for_threshold(0.6, 0.5, alpha=0.05, noise=noise)
        assert sized.power >= 0.8 > threshold_power(0.6, 0.5, sized.items - 1, alpha=0.05, noise=noise)
        assert sized.clusters == math.ceil(sized.items / noise.cluster_size)


def test_epochs_stand_in_for_items_only_as_far_as_answers_are_noisy():
    few = size_for_threshold(0.6, 0.5, alpha=0.05, available=100, noise=Noise(noise_share=0.5))
    assert few.epochs == 4 and few.items <= 100 and few.answers == few.items * 4
    assert size_for_threshold(0.6, 0.5, alpha=0.05, available=70, noise=Noise(noise_share=0.5)) is None


def test_size_and_power_of_the_threshold_test_are_what_is_promised():
    design = size_for_threshold(0.6, 0.5, alpha=0.05)
    draw, n = np.random.default_rng(2), design.items
    edge = 0.5 + stats.norm.ppf(0.95) * 0.5 / math.sqrt(n)

    def said_crossed(rate):
        return float(np.mean(draw.binomial(n, rate, 20_000) / n > edge))

    assert said_crossed(0.5) == pytest.approx(0.05, abs=0.015)
    assert said_crossed(0.6) == pytest.approx(0.8, abs=0.03)


def test_clustered_size_and_power_are_what_is_promised():
    noise = Noise(cluster_size=5, correlation=0.3)
    design = size_for_threshold(0.6, 0.5, alpha=0.05, noise=noise)
    draw, count = np.random.default_rng(3), design.clusters
    scale = math.sqrt(noise.effect / (5 * count))

    def said_crossed(rate):
        chances = draw.beta(rate * 7 / 3, (1 - rate) * 7 / 3, (10_000, count))
        means = draw.binomial(5, chances).sum(1) / (5 * count)
        return float(np.mean(means > 0.5 + stats.norm.ppf(0.95) * scale * 0.5))

    assert said_crossed(0.5) == pytest.approx(0.05, abs=0.015)
    assert said_crossed(0.6) == pytest.approx(0.8, abs=0.03)


def test_the_detectable_difference_is_detected_four_times_in_five():
    draw, n, rate = np.random.default_rng(4), 400, 0.4
    step = detectable_unpaired(rate, n)
    a, b = (draw.binomial(n, rate + sign * step / 2, 20_000) / n for sign in (1, -1))
    error = np.sqrt((a * (1 - a) + b * (1 - b)) / n)
    assert np.mean(np.abs(a - b) > stats.norm.ppf(0.975) * error) == pytest.approx(0.8, abs=0.02)


def test_the_smallest_crossing_has_just_the_power_asked_for():
    found = smallest_crossing(0.5, 39, alpha=0.05)
    assert threshold_power(found, 0.5, 39, alpha=0.05) == pytest.approx(0.8)
    assert smallest_crossing(0.5, 500, alpha=0.05) < found
    assert smallest_crossing(0.95, 10, alpha=0.01) is None


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: half_width(0.3, 0),
        lambda: half_width(1.3, 10),
        lambda: size_for_threshold(0.5, 0.5, alpha=0.05),
        lambda: threshold_power(0.6, 0.5, 10, alpha=0),
        lambda: detectable_paired(0.5, 10, correlation=1.5),
        lambda: Noise(cluster_size=0),
        lambda: Noise(correlation=2),
        lambda: Noise(epochs=0),
    ],
)
def test_what_cannot_be_planned_is_refused(wrong):
    with pytest.raises(InputError):
        wrong()
