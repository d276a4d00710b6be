"""Watts of a node and energy of a run, held to measured power logs."""

import numpy as np
import pytest

from chipledger.core.errors import InputError
from chipledger.perf.cluster import cluster
from chipledger.perf.power import JOULES_PER_KILOWATT_HOUR, energy_joules, node_watts


@pytest.mark.parametrize(
    ("preset", "computing", "waiting", "published_watts"),
    [
        ("h100", 0.98, 0.02, 7160),
        ("h100", 0.90, 0.10, 7130),
        ("h100", 0.85, 0.12, 6849),
        ("b200", 0.92, 0.08, 9585),
    ],
)
def test_a_node_draws_what_was_measured(preset, computing, waiting, published_watts):
    assert node_watts(cluster(preset), computing, waiting).total == pytest.approx(published_watts, rel=0.06)


def test_behind_the_supplies_it_is_less():
    watts = node_watts(cluster("h100"), 0.85, 0.12)

    assert watts.chips + watts.host == pytest.approx(6743, rel=0.06)


def test_the_run_of_gpt_3_took_its_energy():
    energy = energy_joules(node_watts(cluster("h100"), 0.85, 0.12).total, 64, 56.87 * 60)

    assert energy / JOULES_PER_KILOWATT_HOUR == pytest.approx(415.5, rel=0.06)


def test_more_computing_draws_more_and_the_shape_is_kept():
    watts = node_watts(cluster("h20"), np.linspace(0, 1, 5), 0.0).total

    assert watts.shape == (5,)
    assert (np.diff(watts) > 0).all()


def test_what_is_taken_from_others_is_said():
    assert node_watts(cluster("h100"), 1, 0).inherited == ()
    assert "host_watts" in node_watts(cluster("rtx-4090"), 1, 0).inherited


def test_an_unknown_limit_is_unknown_and_not_zero():
    with pytest.raises(InputError, match="unknown, not zero"):
        node_watts(cluster("ascend-910b"), 1, 0)


@pytest.mark.parametrize(("computing", "waiting"), [(-0.1, 0), (0.8, 0.4), (float("nan"), 0)])
def test_shares_that_are_none_are_refused(computing, waiting):
    with pytest.raises(InputError, match="shares of time"):
        node_watts(cluster("h100"), computing, waiting)
