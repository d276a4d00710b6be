"""Kleene's strong logic, by its tables and by its laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as draw

from chipledger.core.truth import Truth, Verdict, all_of, any_of

Y, N, U = Verdict.YES, Verdict.NO, Verdict.UNKNOWN
PARTS = draw.builds(
    Truth, draw.sampled_from([Y, N, U]), draw.lists(draw.sampled_from("abcd"), max_size=2).map(tuple)
)


@pytest.mark.parametrize(
    ("one", "other", "both", "either"),
    [
        (Y, Y, Y, Y),
        (Y, N, N, Y),
        (Y, U, U, Y),
        (N, Y, N, Y),
        (N, N, N, N),
        (N, U, N, U),
        (U, Y, U, Y),
        (U, N, N, U),
        (U, U, U, U),
    ],
)
def test_the_tables_of_and_and_or(one, other, both, either):
    assert (Truth(one) & Truth(other)).value is both
    assert (Truth(one) | Truth(other)).value is either


@pytest.mark.parametrize(("value", "turned"), [(Y, N), (N, Y), (U, U)])
def test_the_table_of_not_keeps_the_reasons(value, turned):
    assert ~Truth(value, ("TPP 4992 is at least 4800",)) == Truth(turned, ("TPP 4992 is at least 4800",))


def test_a_conjunction_of_nothing_is_yes_and_a_disjunction_of_nothing_is_no():
    assert (all_of([]).value, any_of([]).value) == (Y, N)


@given(PARTS, PARTS)
def test_de_morgan_holds_with_its_reasons(one, other):
    assert ~(one & other) == ~one | ~other
    assert ~(one | other) == ~one & ~other


@given(draw.lists(PARTS, max_size=5), draw.randoms(use_true_random=False))
def test_the_answer_does_not_hang_on_the_order_of_the_parts(parts, chance):
    shuffled = list(parts)
    chance.shuffle(shuffled)

    assert all_of(parts).value is all_of(shuffled).value
    assert any_of(parts).value is any_of(shuffled).value


@given(PARTS, PARTS, PARTS)
def test_grouping_changes_no_answer(one, other, third):
    assert ((one & other) & third).value is all_of([one, other, third]).value is (one & (other & third)).value
    assert ((one | other) | third).value is any_of([one, other, third]).value is (one | (other | third)).value


@given(draw.lists(PARTS, max_size=4))
def test_learning_an_unknown_part_never_turns_a_known_answer(parts):
    for learned in (Y, N):
        known = [Truth(learned) if part.is_unknown else part for part in parts]
        for judged in (all_of, any_of):
            assert judged(parts).is_unknown or judged(parts).value is judged(known).value


@given(draw.lists(PARTS, min_size=1, max_size=5))
def test_reasons_are_those_of_the_parts_that_decide_each_once(parts):
    answer = all_of(parts)
    expected = [reason for part in parts if part.value is answer.value for reason in part.reasons]

    assert answer.reasons == tuple(dict.fromkeys(expected))


def test_a_no_says_nothing_of_what_is_missing_elsewhere():
    missing = Truth.unknown("needs applicable_die_area_mm2")

    assert (missing & Truth.no("not marketed for data centers")).reasons == ("not marketed for data centers",)


@pytest.mark.parametrize(("known", "value"), [(True, Y), (False, N), (None, U)])
def test_a_bool_that_may_be_missing_becomes_one_of_three(known, value):
    truth = Truth.of(known, "as given")

    assert truth == Truth(value, ("as given",))
    assert (truth.is_yes, truth.is_no, truth.is_unknown) == (value is Y, value is N, value is U)


@pytest.mark.parametrize("value", [Y, N, U])
def test_a_truth_is_never_read_as_a_bool(value):
    with pytest.raises(TypeError, match="three-valued"):
        bool(Truth(value))
