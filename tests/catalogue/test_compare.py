"""Comparing chips: every axis, never one number."""

import pytest

from chipledger.catalogue.chip import chips
from chipledger.catalogue.compare import Axis, compare
from chipledger.core.errors import InputError
from chipledger.core.sources import Grade


def axes(*ids: str) -> dict[str, Axis]:
    return {axis.name: axis for axis in compare(ids)}


def test_h20_is_weak_on_one_axis_and_strong_on_others():
    compared = axes("nvidia-h100-sxm", "nvidia-h20")
    ratios = {name: round(axis.cells[1].ratio or 0, 2) for name, axis in compared.items()}

    assert ratios["dense_rate_bf16"] == 0.15  # 148 / 989.4
    assert ratios["memory_capacity"] == 1.2  # 96 / 80
    assert ratios["memory_bandwidth"] == 1.19  # 4000 / 3350
    assert ratios["interconnect_bidirectional_bandwidth"] == 1.0  # 900 / 900


def test_an_unknown_value_has_no_ratio():
    power = axes("nvidia-h100-sxm", "huawei-910c")["power"].cells[1]

    assert (power.value, power.ratio, power.grade) == (None, None, None)


def test_a_value_on_which_sources_differ_is_marked():
    compared = axes("nvidia-h100-sxm", "huawei-910c")

    assert [cell.disputed for cell in compared["dense_rate_fp16"].cells] == [False, True]
    assert [cell.disputed for cell in compared["total_processing_performance"].cells] == [False, True]


def test_a_recalled_value_says_so():
    assert axes("nvidia-b30a")["dense_rate_fp4"].cells[0].grade is Grade.RECALLED


def test_bounds_are_carried():
    assert axes("google-tpu-v4")["performance_density"].cells[0].bound == "at_least"
    assert axes("nvidia-rtx-6000d")["total_processing_performance"].cells[0].bound == "at_least"


def test_the_first_chip_is_the_measure():
    for axis in compare(["huawei-910b3", "nvidia-a800-sxm-80"]):
        assert axis.cells[0].ratio in (None, 1.0)


def test_all_chips_can_be_compared_at_once():
    compared = compare(list(chips()))

    assert {len(axis.cells) for axis in compared} == {len(chips())}


def test_axes_on_which_nothing_is_known_are_left_out():
    assert compare(["cambricon-mlu690"]) == ()


def test_an_unknown_id_is_refused():
    with pytest.raises(InputError, match="no chip has the id"):
        compare(["nvidia-h100-sxm", "nothing-like-it-at-all"])
