"""What stands beside the claims is computed: rules on the day, days after, sums, chip-hours, routes, links; each by its engine."""

from functools import cache

import pytest

from chipledger.findings.study import study
from chipledger.findings.study_cost import Figure
from chipledger.findings.study_page import pages
from chipledger.findings.study_reckoned import reckoned

PAPER = study("whack-a-chip")


@cache
def figures(claim: str) -> tuple[Figure, ...]:
    return reckoned(PAPER, PAPER.claim(claim))


def of(claim: str, kind: str) -> list[Figure]:
    return [one for one in figures(claim) if one.kind == kind]


@pytest.mark.parametrize(
    ("claim", "chip", "needed"),
    [
        ("P3", "NVIDIA H20 for China until 2024-11-21", "no"),
        ("P6", "NVIDIA H20 for China until 2024-11-05", "no"),
        ("P8", "NVIDIA RTX 3090 for China until 2024-11-21", "no"),
        ("P8", "NVIDIA RTX 4090 D for China until 2024-11-21", "no"),
        ("P8", "NVIDIA RTX 4090 for China until 2024-11-21", "unknown"),
        ("P1", "NVIDIA A100 for China until 2024-05-14", "unknown"),
    ],
)
def test_rules_on_the_day(claim: str, chip: str, needed: str) -> None:
    (found,) = [one for one in of(claim, "rules") if one.about == chip]
    assert found.values["license_required"] == needed


def test_the_4090_needed_a_license_from_november_2023() -> None:
    (found,) = [one for one in of("P8", "rules") if "RTX 4090 for" in one.about]
    assert "a licence was needed from 2023-11-17" in found.says


def test_no_day_is_recorded_on_which_an_h100_sxm_was_free_of_license() -> None:
    (found,) = of("P2", "rules")
    sxm = next(one for one in found.values["windows"] if one["chip"] == "nvidia-h100-sxm")
    assert sxm["license_required"] == "yes"


def test_removals_carry_their_days_after_the_paper_and_no_cause() -> None:
    assert [one.values["days_after"] for one in of("P7", "days")] == [3, 3]
    assert [one.values["days_after"] for one in of("P6", "days")] == [15, 15]
    assert all("no cause" in one.says for one in of("P6", "days"))


def test_sums_of_memory_agree_with_the_stated_counts() -> None:
    found = of("P6", "sum")
    assert {one.values["verdict"] for one in found} == {"agree"}
    assert any("it takes the offload that is named" in one.says for one in found)
    assert any("16 chips of 96 GB hold them, 8 do not" in one.says for one in found)


def test_cost_is_of_the_performance_model_with_intervals() -> None:
    by_chip = {one.values["chip"]: one.values for one in of("P6", "cost") if "chip" in one.values}
    flop = next(one.values["flop"] for one in of("P6", "cost") if "flop" in one.values)
    assert flop == pytest.approx(6 * 52e9 * 7e12)
    for one in by_chip.values():
        assert one["low_chip_hours"] < one["high_chip_hours"]
    assert by_chip["nvidia-h20"]["low_chip_hours"] > by_chip["nvidia-h800-sxm"]["high_chip_hours"]
    ratio = next(one.values for one in of("P6", "cost") if "chip_hours_ratio" in one.values)
    assert 3 < ratio["chip_hours_ratio"] < ratio["peak_ratio"] == pytest.approx(6.685, abs=0.01)


def test_rivals_stand_side_by_side_with_ranges() -> None:
    found = of("P6", "rival")
    assert len(found) == 3
    assert all(one.values["stands"] for one in found)
    assert all(low < high for low, high in (one.values["probability"] for one in found))


def test_sensetime_is_joined_to_no_cloud_but_in_contradiction() -> None:
    (found,) = [one for one in of("P5", "routes") if one.values["subject"] == "sensetime"]
    assert "cloud_rental" not in found.values["decided"]
    assert found.values["conflicting"] == ["cloud_rental"]


def test_the_measured_link_is_a_twentieth() -> None:
    (found,) = of("P8", "link")
    assert found.values["share"] == pytest.approx(24.5 / 450, rel=1e-6)
    assert (found.values["dated_on"], found.values["maker_country"]) == ("2024-04-12", "US")


def test_axes_are_several_and_never_one_ratio() -> None:
    found = next(one.values for one in of("P6", "axes") if one.values["chip"] == "nvidia-h20")
    assert found["dense_rate_bf16"] == pytest.approx(0.15, abs=0.005)
    assert found["memory_bandwidth"] > 1
    assert found["interconnect_bidirectional_bandwidth"] == pytest.approx(1)


def test_the_best_domestic_chip_is_held_against_the_best_exportable_one_on_every_axis() -> None:
    assert len(of("P9", "frontier")) == 4


def test_pages_are_the_same_every_time() -> None:
    asked = list(PAPER.claims.values())[:2]
    assert pages(PAPER, asked).as_dict() == pages(PAPER, asked).as_dict()
