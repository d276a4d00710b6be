from datetime import date

from chipledger.catalogue.chip import chip
from chipledger.core.truth import Verdict
from chipledger.rules.classify import classify
from chipledger.rules.explain import DISCLAIMER, REMAINS, explained
from chipledger.rules.item import item_of
from chipledger.rules.stated import Specification

THE_2023_RULE = date(2023, 11, 17)


def paragraph(on=THE_2023_RULE, **stated):
    item = Specification(**stated).item()
    return explained(item, classify(item, on))


def test_what_is_met_carries_numbers_and_text():
    said = paragraph(name="the L40S", total_processing_performance=5864, die_area_mm2=608.5, marketed_for_data_center=Verdict.YES)  # fmt: skip
    assert "The L40S, with TPP 5864 and performance density 9.637" in said
    assert "It meets 3A090.a.1 (TPP 5864 is at least 4800)." in said
    assert "falls under 4A090.a" in said
    assert "3A090.a.1 (primary)" in said
    assert REMAINS not in said


def test_what_is_not_met_is_not_said_to_be_free_of_control():
    said = paragraph(total_processing_performance=2368, die_area_mm2=814, marketed_for_data_center=Verdict.YES)  # fmt: skip
    assert "It does not meet 3A090.a.1 (TPP 2368 is below 4800)" in said
    assert REMAINS in said
    assert "No line lies within the rounding" in said


def test_a_line_within_rounding_is_told_with_its_paragraph():
    said = paragraph(total_processing_performance=2640, die_area_mm2=826, marketed_for_data_center=Verdict.YES)  # fmt: skip
    assert "For 3A090.b.2 performance density 3.196 lies near the line 3.2" in said


def test_what_is_missing_is_asked_for():
    said = paragraph(total_processing_performance=3000)
    assert "what it is marketed for is not known" in said
    assert "Whether it meets 3A090.b.1 cannot be told" in said
    assert "needs applicable_die_area_mm2 (the line 1.6 is crossed below 1875 mm2)" in said


def test_before_the_first_control_nothing_is_met_and_the_first_day_is_told():
    assert "the first: 2022-10-21" in paragraph(on=date(2022, 10, 1), total_processing_performance=15832)


def test_every_chip_of_the_catalogue_ends_with_the_disclaimer():
    for name in ("nvidia-h20", "huawei-910c", "kunlun-p800", "amd-mi308x"):
        item = item_of(chip(name))
        assert explained(item, classify(item, date(2026, 1, 15))).endswith(DISCLAIMER)
