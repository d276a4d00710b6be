"""Intervals: a chip that no run was fitted on says so and is less sure, whatever its class."""

import os
from pathlib import Path

import pytest

from chipledger.catalogue.chip import chip
from chipledger.perf.cluster import cluster, one_node
from chipledger.perf.constants import constants
from chipledger.perf.models import model
from chipledger.perf.published import read_rows
from chipledger.perf.rows import Question, questions
from chipledger.perf.spread import interval_of
from chipledger.perf.strategy import Strategy

ASKED = Strategy(global_batch=8, sequence_length=4096)


def reasons(where):
    return " ".join(interval_of(model("llama-3-8b"), where, ASKED, constants()).reasons)


@pytest.mark.parametrize("name", ["ascend-910b", "ascend-910c", "h20", "l40s"])
def test_a_cluster_whose_chip_was_never_fitted_says_so(name):
    assert "no training run on" in reasons(cluster(name))


@pytest.mark.parametrize("name", ["nvidia-h800-pcie", "nvidia-rtx-4090d", "amd-mi300x"])
def test_a_chip_of_a_fitted_class_that_was_itself_never_fitted_says_so(name):
    assert f"no training run on {name}" in reasons(one_node(chip(name)))


@pytest.mark.parametrize("name", ["h100", "h800", "a100-sxm", "rtx-4090", "b200"])
def test_a_chip_that_was_fitted_says_nothing(name):
    assert "no training run on" not in reasons(cluster(name))


def test_chips_that_were_fitted_belong_to_the_class():
    for one in constants().chips:
        assert set(one.fitted_on) <= set(one.chips)


@pytest.mark.skipif(
    "CHIPLEDGER_TRAINING_RUNS" not in os.environ, reason="CHIPLEDGER_TRAINING_RUNS names no table"
)
def test_chips_that_are_said_to_be_fitted_have_runs():
    rows = read_rows(Path(os.environ["CHIPLEDGER_TRAINING_RUNS"]))
    found = {one.cluster.chip_id for one in questions(rows) if isinstance(one, Question)}

    assert {name for one in constants().chips for name in one.fitted_on} <= found
