from datetime import date, timedelta

import pytest
from rule_cases import PARTS, Figures, Gate, ThroughTime, Whither, cases

from chipledger.core.errors import InputError
from chipledger.core.truth import Truth
from chipledger.rules.status import status
from chipledger.rules.transaction import Transaction

AN_A100 = PARTS["A100"].item()
AN_H20 = PARTS["H20"].item()

through_time = [
    pytest.param(case, answer, id=f"{case.id} {answer.day}")
    for case in cases("through_time", ThroughTime)
    for answer in case.on
]


@pytest.mark.parametrize(("case", "answer"), through_time)
def test_a_part_through_time(case, answer):
    found = status(case.item.item(), "CN", on=answer.day)
    assert found.enforced.license_required.value == answer.enforced, found.enforced.license_required.reasons
    assert found.letters.license_required.value == answer.letters, found.letters.license_required.reasons
    if answer.met is not None:
        assert found.enforced.paragraphs == answer.met
    if answer.review is not None:
        assert found.enforced.review_policy == answer.review
    if answer.exception is not None:
        assert answer.exception in {one.name for one in found.enforced.exceptions if one.state != "not_open"}


@pytest.mark.parametrize("case", cases("january_2026_gate", Gate), ids=lambda case: case.id)
def test_the_january_2026_gate(case):
    part = Figures(name=case.name, tpp=case.tpp, density=6, memory=case.memory, data_center=True).item()
    for day in (date(2026, 1, 15), date(2026, 9, 24)):
        assert status(part, "CN", on=day).enforced.review_policy == case.review
    assert status(part, "CN", on=date(2026, 1, 14)).enforced.review_policy == "presumption_of_denial"


@pytest.mark.parametrize("case", cases("destinations", Whither), ids=lambda case: case.id)
def test_where_to(case):
    found = status(PARTS[case.part].item(), case.to, on=case.day)
    assert found.codified.license_required.value == case.codified, found.codified.license_required.reasons
    assert found.enforced.license_required.value == case.enforced, found.enforced.license_required.reasons
    if case.exception:
        assert case.exception in {one.name for one in found.enforced.exceptions if one.state != "not_open"}


def test_the_diffusion_text_is_codified_and_not_enforced_at_once():
    found = status(PARTS["H100"].item(), "DE", on=date(2026, 9, 1))
    assert found.codified.license_required.is_yes
    assert found.enforced.license_required.is_no
    assert found.license_required.is_no


def test_a_letter_binds_its_addressee_only():
    same_figures = Figures(
        name="H20", vendor="Another Maker", tpp=2368, density=2.91, memory=4000, data_center=True
    ).item()
    assert status(same_figures, "CN", on=date(2025, 5, 1)).letters.license_required.is_no


def test_a_letter_is_not_known_before_its_addressee_discloses_it():
    the_day = date(2022, 8, 28)
    assert status(AN_A100, "CN", on=the_day, known=date(2022, 8, 30)).letters.license_required.is_no
    assert status(AN_A100, "CN", on=the_day, known=date(2022, 8, 31)).letters.license_required.is_yes
    assert status(AN_A100, "CN", on=the_day).letters.license_required.is_yes


def test_a_letter_that_is_only_recalled_never_decides():
    found = status(AN_A100, "SA", on=date(2023, 9, 15)).letters
    assert found.license_required.is_unknown


def test_a_listed_end_user_needs_a_licence_for_what_is_otherwise_free():
    day = date(2025, 3, 1)
    assert status(
        AN_H20, Transaction(destination="CN", end_user_listed=Truth.yes("as given")), on=day
    ).enforced.license_required.is_yes
    assert status(
        AN_H20, Transaction(destination="CN", end_user_listed=Truth.no("as given")), on=day
    ).enforced.license_required.is_no
    asked = status(
        AN_H20, Transaction(destination="CN", end_user_listed=Truth.unknown("not known")), on=day
    ).enforced.license_required
    assert asked.is_unknown
    assert "end_user_listed" in asked.reasons[0]


def test_a_no_says_for_whom_it_holds():
    assert (
        "not listed"
        in status(AN_H20, "CN", on=date(2025, 3, 1)).as_dict()["layers"]["enforced"]["reasons"][-1]
    )


def test_the_destinations_own_chip_is_not_called_an_export_to_it():
    ascend = Figures(name="Ascend 910B", vendor="Huawei", tpp=6400, die_area=665, data_center=True).item()
    at_home = type(ascend)(**{**ascend.__dict__, "vendor_country": "CN"})
    found = status(at_home, "CN", on=date(2025, 3, 1)).enforced
    assert found.license_required.is_unknown
    assert "subject to the EAR" in found.license_required.reasons[0]
    assert found.review_policy is None
    assert found.exceptions == ()


def test_practice_of_the_destination_stays_out_of_the_licence_question():
    h200 = Figures(
        name="H200 SXM5", vendor="NVIDIA", tpp=15832, die_area=814, memory=4800, data_center=True
    ).item()
    before, after = (status(h200, "CN", on=day) for day in (date(2026, 1, 12), date(2026, 1, 13)))
    assert before.destination_practice.license_required.is_no
    assert after.destination_practice.license_required.is_unknown
    assert before.license_required.value == after.license_required.value


def test_an_item_of_the_upper_class_made_for_data_centres_has_no_exception():
    found = status(PARTS["H100"].item(), "CN", on=date(2024, 6, 1)).enforced
    assert {one.state for one in found.exceptions} == {"not_open"}
    mi250 = Figures(name="MI250X", vendor="AMD", tpp=6128, die_area=1448, data_center=True).item()
    after = status(mi250, "CN", on=date(2024, 6, 1)).enforced
    assert {one.state for one in after.exceptions} == {"not_open"}


def test_nac_is_never_more_than_eligible_to_notify():
    nac, aca = status(PARTS["L40"].item(), "CN", on=date(2024, 6, 1)).enforced.exceptions
    assert (nac.name, nac.state) == ("NAC", "eligible_to_notify")
    assert "never authorised" in nac.reasons[0]
    assert any("25 calendar days" in one for one in nac.provided)
    assert (aca.name, aca.state) == ("ACA", "not_open")


def test_answers_carry_numbers_and_cites():
    layer = status(AN_A100, "CN", on=date(2022, 11, 1)).as_dict()["layers"]["enforced"]
    assert "TPP 4992 is at least 4800" in layer["reasons"]
    assert any("87 FR 62186" in cite for cite in layer["cites"])


def test_unknown_destination_is_one_clear_line():
    with pytest.raises(InputError, match=r"unknown destination 'XX'.*ISO country code"):
        status(AN_A100, "XX", on=date(2024, 1, 1))


def test_before_any_control_the_answer_names_the_first():
    found = status(AN_A100, "CN", on=date(2022, 10, 21) - timedelta(days=1)).codified.license_required
    assert found.is_no
    assert "2022-10-21" in found.reasons[0]
