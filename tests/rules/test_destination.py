from datetime import date

import pytest

from chipledger.core.errors import InputError
from chipledger.core.sources import Cite, Grade
from chipledger.core.truth import Verdict
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


@pytest.mark.parametrize("group", ["D:1", "D:5"])
def test_nicaragua_joined_on_the_day_of_the_rule(group):
    assert GROUPS.in_group("NI", group, date(2024, 3, 14)).is_no
    assert GROUPS.in_group("NI", group, date(2024, 3, 15)).is_yes


@pytest.mark.parametrize(
    ("country", "on", "expected"),
    [
        ("KH", date(2021, 12, 8), Verdict.NO),
        ("KH", date(2021, 12, 9), Verdict.YES),
        ("KH", date(2025, 11, 6), Verdict.YES),
        ("KH", date(2025, 11, 7), Verdict.UNKNOWN),
        ("KH", date(2026, 2, 2), Verdict.UNKNOWN),
        ("KH", date(2026, 2, 3), Verdict.NO),
        ("ET", date(2021, 10, 31), Verdict.NO),
        ("ET", date(2026, 11, 24), Verdict.UNKNOWN),
    ],
)
def test_where_embargo_and_table_differ_d5_is_unknown(country, on, expected):
    assert GROUPS.reaches(GROUPS.scope("d5-and-macau"), country, on).value is expected


@pytest.mark.parametrize(
    ("group", "on", "count"),
    [
        ("D:1", date(2026, 7, 8), 24),
        ("D:4", date(2026, 7, 8), 22),
        ("D:4", date(2026, 7, 10), 21),
        ("D:5", date(2026, 7, 8), 22),
        ("A:5", date(2026, 7, 9), 37),
        ("A:5", date(2026, 7, 10), 38),
        ("A:6", date(2026, 7, 8), 8),
        ("Supplement 5(a)", date(2026, 7, 8), 18),
    ],
)
def test_the_groups_hold_as_many_as_the_lists_of_july_2026(group, on, count):
    """Counted apart from our data: three lists of before the Emirates moved, and the table of after."""
    members = {code for code in GROUPS.countries if code != "HK" and GROUPS.in_group(code, group, on).is_yes}
    assert len(members) == count


def test_a_membership_that_is_only_recalled_is_unknown():
    cite = Cite(source="nowhere", grade=Grade.RECALLED)
    recalled = GROUPS.memberships[0].model_copy(update={"group": "X:1", "countries": ("DE",), "cite": cite})
    groups = GROUPS.model_copy(update={"memberships": (recalled,)})
    assert groups.in_group("DE", "X:1", date(2024, 6, 1)).is_unknown


def test_outside_d5_and_macau_is_everyone_else():
    outside = reached("outside-d5-and-macau", date(2025, 1, 1))
    assert outside.isdisjoint({"CN", "HK", "MO", "RU"})
    assert {"DE", "SA", "VN"} <= outside


def test_a_code_is_read_in_any_case_and_refused_when_unknown():
    assert GROUPS.destination(" cn ") == "CN"
    with pytest.raises(InputError, match="ISO country code"):
        GROUPS.destination("China")
