from datetime import date

import pytest

from chipledger.core.errors import InputError
from chipledger.rules.diff import Moment, difference, moment


def between(before, after, to="CN"):
    return difference(moment(before), moment(after), to)


def named(found, part):
    return {change.name: change.kind for change in found.changes if change.part == part}


def chip_of(found, name):
    return next(change for change in found.chips if change.chip.id == name)


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ("2025-05-01", date(2025, 5, 1)),
        ("R3", date(2022, 10, 21)),
        ("r6", date(2023, 11, 17)),
        ("us-2023-10-17-acs-ifr", date(2023, 11, 17)),
        ("R14", date(2025, 4, 17)),  # from which the letters to AMD and Intel surely held
        ("R15", date(2025, 5, 13)),
        ("R21", date(2026, 1, 15)),
    ],
)
def test_a_day_or_an_instrument_stands_for_a_day(given, day):
    assert moment(given).on == day


@pytest.mark.parametrize(
    ("given", "told"),
    [("R99", "R9"), ("2024-02-30", "is no day and no instrument"), ("", "chipledger timeline")],
)
def test_what_is_neither_is_refused_with_what_is_near(given, told):
    with pytest.raises(InputError, match="is no day and no instrument") as refused:
        moment(given)
    assert told in str(refused.value)


def test_the_rule_of_2023_took_the_place_of_that_of_2022():
    assert named(between("R3", "R6"), "paragraph") == {
        "3A090": "ended", "3A090.a.1": "began", "3A090.a.2": "began", "3A090.b.1": "began", "3A090.b.2": "began",
    }  # fmt: skip


def test_the_rule_of_2023_reached_what_that_of_2022_left_out():
    change = chip_of(between("R3", "R6"), "nvidia-a800-sxm-80")
    assert (change.before.classified, change.before.license_required) == ((), "no")
    assert change.after.license_required == "yes"
    assert "3A090.a.1" in change.after.basis


def test_the_h20_changed_its_answer_by_letter_and_not_its_class():
    change = chip_of(between("2025-04-08", "2025-04-09"), "nvidia-h20")
    assert change.before.classified == change.after.classified == ()
    assert (change.before.license_required, change.after.license_required) == ("no", "yes")
    assert change.after.basis == ("Letter of 2025-04-09 to NVIDIA",)


def test_a_letter_changes_nothing_where_it_did_not_reach():
    found = between("2025-04-08", "2025-04-09", "DE")
    assert found.chips == ()
    assert "letter" not in {change.part for change in found.changes}


def test_the_gate_of_2026_changed_the_review_and_not_the_requirement():
    change = chip_of(between("2026-01-14", "R21"), "nvidia-h200-sxm")
    assert change.before.license_required == change.after.license_required == "yes"
    assert change.before.review_policy == "presumption_of_denial"
    assert change.after.review_policy.startswith("case_by_case")


def test_a_country_that_moved_between_groups_is_told():
    assert named(between("2026-07-09", "2026-07-10", "AE"), "country group") == {
        "D:4": "ended",
        "A:5": "began",
    }


def test_standing_changes_are_told():
    found = between("2025-05-12", "2025-05-13")
    (change,) = [one for one in found.changes if one.name.startswith("R12 ")]
    assert (change.kind, change.after) == ("changed", "not enforced")


def test_one_day_differs_in_nothing_from_itself():
    found = between("R6", "2023-11-17")
    assert (found.changes, found.chips) == ((), ())


def test_the_other_way_round_is_the_same_turned():
    there, back = between("R3", "R6"), between("R6", "R3")
    assert {(one.part, one.name, one.before, one.after) for one in there.changes} == {
        (one.part, one.name, one.after, one.before) for one in back.changes
    }
    assert [(one.chip.id, one.before, one.after) for one in there.chips] == [
        (one.chip.id, one.after, one.before) for one in back.chips
    ]


def test_two_unknowns_are_no_change_whatever_is_missing_for_each():
    for change in between("R3", "R6").chips:
        unknown = change.before.license_required == change.after.license_required == "unknown"
        assert not unknown or change.before.decided != change.after.decided
        assert not unknown or (change.before.classified, change.before.truth) != (change.after.classified, change.after.truth)  # fmt: skip


def test_an_unknown_destination_is_refused():
    with pytest.raises(InputError, match="unknown destination"):
        difference(Moment("a", date(2024, 1, 1)), Moment("b", date(2024, 1, 1)), "XX")
