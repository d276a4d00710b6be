from datetime import date

import pytest

from chipledger.core.errors import InputError
from chipledger.rules.law import law

GROUPS = law().groups


def reached(scope, on):
    return {code for code in GROUPS.countries if GROUPS.reaches(GROUPS.scope(scope), code, on).is_yes}


@pytest.mark.parametrize("on", [date(2023, 12, 4), date(2026, 7, 23)])
def test_the_wide_scope_has_forty_four_countries_and_macau(on):
    """Counted independently for December 2023; in July 2026 Nicaragua is in and the Emirates are out."""
    assert len(reached("d1-d4-d5-and-macau-class-b", on) - {"MO", "HK"}) == 44


def test_hong_kong_is_treated_as_china_and_macau_is_not():
    on = date(2022, 10, 21)
    assert {"CN", "HK"} == reached("china", on)
    assert GROUPS.in_group("HK", "D:5", on).is_yes
    assert GROUPS.in_group("MO", "D:5", on).is_no
    assert "MO" in reached("d5-and-macau", on)


@pytest.mark.parametrize(("on", "group"), [(date(2026, 7, 9), "D:4"), (date(2026, 7, 10), "A:5")])
def test_the_emirates_moved_on_a_day(on, group):
    assert [name for name in ("D:4", "A:5") if GROUPS.in_group("AE", name, on).is_yes] == [group]


def test_israel_and_cyprus_are_taken_out_by_a6():
    assert reached("d1-d4-d5-and-macau", date(2024, 1, 1)).isdisjoint({"IL", "CY", "TW", "SG"})


def test_a_membership_that_is_only_recalled_is_unknown():
    assert GROUPS.in_group("NI", "D:5", date(2024, 6, 1)).is_unknown
    assert GROUPS.in_group("NI", "D:5", date(2026, 7, 23)).is_yes


def test_outside_d5_and_macau_is_everyone_else():
    outside = reached("outside-d5-and-macau", date(2025, 1, 1))
    assert outside.isdisjoint({"CN", "HK", "MO", "RU"})
    assert {"DE", "SA", "VN"} <= outside


def test_a_code_is_read_in_any_case_and_refused_when_unknown():
    assert GROUPS.destination(" cn ") == "CN"
    with pytest.raises(InputError, match="ISO country code"):
        GROUPS.destination("China")
