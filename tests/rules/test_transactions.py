"""Whole transactions against tests/rules/cases: the party, the place, the act, the papers, and what was known when."""

from dataclasses import replace
from datetime import date

import pytest
from rule_cases import A_MEMORY_STACK, PARTS, Deal, Figures, cases

from chipledger.catalogue.chip import chip
from chipledger.core.errors import InputError
from chipledger.rules.item import Quantity, item_of
from chipledger.rules.law import law
from chipledger.rules.status import status
from chipledger.rules.transaction import Transaction

every = [pytest.param(case, id=case.id) for name in ("transactions", "known") for case in cases(name, Deal)]


@pytest.mark.parametrize("case", every)
def test_a_transaction(case):
    found = status(case.item(), case.transaction(), on=case.day, known=case.known)
    for layer in ("codified", "enforced", "letters"):
        if expected := getattr(case, layer):
            answer = found.layers[layer].license_required
            assert answer.value == expected, answer.reasons
    if case.met is not None:
        assert found.enforced.paragraphs == case.met
    if case.review is not None:
        assert found.enforced.review_policy == case.review
    states = {one.name: one.state for one in found.enforced.exceptions}
    assert {name: states[name] for name in case.exceptions} == case.exceptions


@pytest.mark.parametrize(("density", "met", "hbm"), [(2.0, (), None), (2.01, ("3A090.c",), "open"),
                                                     (3.29, ("3A090.c",), "open"), (3.3, ("3A090.c",), "not_open")])  # fmt: skip
def test_d22_memory_at_its_lines(density, met, hbm):
    stack = replace(A_MEMORY_STACK, memory_bandwidth_density=Quantity(density))
    found = status(stack, "CN", on=law().boundaries[-1]).codified
    assert found.paragraphs == met
    assert {one.name: one.state for one in found.exceptions}.get("HBM") == hbm


def test_d18_guidance_on_ongoing_use_stands_beside_the_answer():
    deal = Transaction(destination="TH", headquartered_in="CN")
    said = status(PARTS["A100"].item(), deal, on=law().instruments["us-2026-05-31-headquarters"].dated_on())
    assert said.enforced.license_required.is_yes
    assert any("ongoing use" in one for one in said.guidance)


def test_technology_for_a_part_is_named_by_its_own_entry():
    case = next(one for one in cases("transactions", Deal) if one.id.startswith("software"))
    found = status(case.item(), case.transaction(), on=case.day).enforced
    assert found.paragraphs == ("3D001 for 3A090.a.1", "3D001 for 3A090.a.2")


def test_an_unknown_country_of_the_parent_is_told():
    deal = Transaction(destination="SG", headquartered_in="XX")
    with pytest.raises(InputError, match="unknown destination 'XX'"):
        status(PARTS["H100"].item(), deal, on=law().boundaries[-1])


def test_d9_a_consumer_card_over_the_line_may_be_notified_and_the_letter_may_reach_it():
    card = Figures(name="GeForce RTX 5090", vendor="NVIDIA", tpp=13408, die_area=750, interconnect=0, pcie=128, memory=1792, data_center=False)  # fmt: skip
    found = status(card.item(), "CN", on=date(2026, 9, 1))
    assert found.enforced.paragraphs == ("3A090.a.1", "3A090.a.2")
    assert {one.name: one.state for one in found.enforced.exceptions}["NAC"] == "eligible_to_notify"
    assert found.letters.license_required.is_unknown


def test_d17_a_domestic_chip_abroad_is_told_of_the_guidance_and_of_no_licence():
    found = status(item_of(chip("huawei-910c")), "MY", on=date(2025, 9, 1))
    assert not found.enforced.license_required.is_yes
    assert any("General Prohibition 10" in one for one in found.guidance)
    assert status(item_of(chip("huawei-910c")), "MY", on=date(2025, 5, 12)).guidance == ()
