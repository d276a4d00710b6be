from datetime import date

import pytest
from rule_cases import Figures, Threshold, cases

from chipledger.rules.classify import classify
from chipledger.rules.item import Item, Quantity, given

THE_2023_RULE = date(2023, 11, 17)


@pytest.mark.parametrize("case", cases("thresholds", Threshold), ids=lambda case: case.id)
def test_thresholds_below_at_and_above(case):
    item = Figures(
        tpp=case.tpp, density=case.density, die_area=case.die_area, data_center=case.data_center
    ).item()
    found = classify(item, THE_2023_RULE)
    assert found.ic == case.met
    assert found.board == case.board
    assert found.truth.value == (case.truth or ("yes" if case.met else "no"))
    if case.near:
        assert tuple(near.eccn for near in found.near) == case.near


@pytest.mark.parametrize(
    ("interconnect", "tpp", "met"),
    [
        (599.9e9, 4800, ()),
        (600e9, 4800, ("3A090",)),
        (600.1e9, 4800, ("3A090",)),
        (600e9, 4799.9, ()),
        (600e9, 4800.1, ("3A090",)),
    ],
)
def test_the_2022_rule_asks_for_both_links_and_arithmetic(interconnect, tpp, met):
    item = Item(
        total_processing_performance=given(tpp),
        interconnect_bidirectional_bandwidth=given(interconnect),
        pcie_bidirectional_bandwidth=given(0.0),
    )
    for day in (date(2022, 10, 21), date(2023, 11, 16)):
        assert classify(item, day).ic == met


def test_the_2022_rule_counts_all_links_together():
    item = Item(
        total_processing_performance=given(4992.0),
        interconnect_bidirectional_bandwidth=given(536e9),
        pcie_bidirectional_bandwidth=given(64e9),
    )
    assert classify(item, date(2023, 1, 1)).ic == ("3A090",)


def test_no_paragraph_is_in_effect_the_day_before_the_first():
    item = Item(
        total_processing_performance=given(15832.0), interconnect_bidirectional_bandwidth=given(900e9)
    )
    found = classify(item, date(2022, 10, 20))
    assert found.paragraphs == ()
    assert found.truth.is_no


def test_a_floor_meets_a_line_it_reaches_and_leaves_open_one_it_does_not():
    def with_floor(tpp):
        return classify(Figures(density=1, data_center=True).item().__class__(
            total_processing_performance=Quantity(tpp, floor=True), density=given(1.0)), THE_2023_RULE)  # fmt: skip

    assert with_floor(4900.0).ic == ("3A090.a.1",)
    assert with_floor(3000.0).truth.is_unknown


def test_a_missing_die_area_names_the_area_at_which_the_line_is_crossed():
    item = Figures(tpp=4700, data_center=True).item()
    reasons = classify(item, THE_2023_RULE).truth.reasons
    assert "needs applicable_die_area_mm2 (the line 5.92 is crossed below 794 mm2)" in reasons


def test_a_rival_value_beyond_a_line_is_shown_and_changes_nothing():
    disputed = Item(
        total_processing_performance=Quantity(2640.0, rivals=(2644.0,)),
        applicable_die_area_mm2=given(826.0),
        marketed_for_data_center=Figures(data_center=True).item().marketed_for_data_center,
    )
    found = classify(disputed, THE_2023_RULE)
    assert found.ic == ("3A090.b.1",)
    assert [near.eccn for near in found.near] == ["3A090.b.2"]
    assert "3.196" in found.near[0].reason
    assert "3.201" in found.near[0].reason


def test_the_h20_is_not_near_any_line():
    assert classify(Figures(tpp=2368, density=2.91, data_center=True).item(), THE_2023_RULE).near == ()


def test_the_answer_as_json_keeps_its_documented_fields():
    found = classify(Figures(tpp=4992, die_area=826, data_center=True).item(), THE_2023_RULE).as_dict()
    assert set(found) == {"on", "ic", "board", "truth", "paragraphs", "near", "z", "otherwise"}
    assert {frozenset(one) for one in found["paragraphs"]} == {
        frozenset({"eccn", "truth", "reasons", "cite"})
    }
