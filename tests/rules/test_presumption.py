from datetime import date

import pytest

from chipledger.core.truth import Truth
from chipledger.rules.control import Attester
from chipledger.rules.item import Item, Quantity
from chipledger.rules.presumption import presumed

TODAY = date(2026, 11, 24)


def a_part(billion=None, memory=None, non_planar=True, node=None):
    facts = {}
    if memory is not None:
        facts["contains_memory"] = Truth.of(memory, "as the case says")
    return Item(
        non_planar=Truth.of(non_planar, "as the case says"),
        transistor_count=None if billion is None else Quantity(billion * 1e9),
        process_node=None if node is None else Quantity(node),
        **facts,
    )


def test_d19_a_part_of_an_unknown_designer_with_memory_is_presumed_3a090_a():
    assert presumed(a_part(memory=True), TODAY).is_yes


@pytest.mark.parametrize(("on", "answer"), [(date(2025, 1, 30), "no"), (date(2025, 1, 31), "yes")])
def test_it_begins_on_its_compliance_day(on, answer):
    assert presumed(a_part(), on).value == answer


@pytest.mark.parametrize(("node", "answer"), [(28, "no"), (16, "yes"), (7, "yes"), (None, "unknown")])
def test_a_planar_part_counts_by_its_node(node, answer):
    assert presumed(a_part(non_planar=False, node=node), TODAY).value == answer


def test_an_end_users_word_overcomes_nothing():
    assert presumed(a_part(billion=1), TODAY, Attester.END_USER, "TW").is_yes


def test_an_approved_designer_overcomes_it():
    assert presumed(a_part(), TODAY, Attester.APPROVED_DESIGNER).is_no


@pytest.mark.parametrize(("on", "answer"), [(date(2026, 12, 31), "no"), (date(2027, 1, 1), "unknown")])
def test_an_authorized_designer_must_have_applied_after_2026(on, answer):
    assert presumed(a_part(), on, Attester.AUTHORIZED_DESIGNER).value == answer


@pytest.mark.parametrize(
    ("billion", "memory", "on", "answer"),
    [
        (29.9, True, TODAY, "no"),
        (30, True, TODAY, "yes"),
        (30, False, TODAY, "yes"),
        (34.9, False, date(2026, 12, 31), "yes"),
        (34.9, False, date(2027, 1, 1), "no"),
        (35, False, date(2027, 1, 1), "yes"),
        (34.9, True, date(2027, 1, 1), "yes"),
        (34.9, False, date(2027, 12, 31), "no"),
        (34.9, False, date(2028, 1, 1), "unknown"),  # the text does not name 2028
        (39.9, False, date(2028, 12, 31), "yes"),
        (39.9, False, date(2029, 1, 1), "no"),
        (40, False, date(2029, 1, 1), "yes"),
        (None, False, TODAY, "unknown"),
    ],
)
def test_the_lines_of_the_transistor_count(billion, memory, on, answer):
    assert presumed(a_part(billion, memory), on, Attester.FABRICATOR, "TW").value == answer


@pytest.mark.parametrize(("place", "answer"), [("TW", "no"), ("CN", "yes"), ("MO", "yes"), ("??", "unknown")])
def test_where_it_is_packaged_matters(place, answer):
    assert presumed(a_part(billion=10, memory=False), TODAY, Attester.FABRICATOR, place).value == answer
