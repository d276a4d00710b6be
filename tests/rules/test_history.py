from datetime import date, timedelta
from itertools import pairwise

import pytest
from rule_cases import PARTS, Figures, ThroughTime, cases

from chipledger.catalogue.chip import chip
from chipledger.core.timeline import Period
from chipledger.rules.history import acquisition_window, history
from chipledger.rules.item import Item, item_of
from chipledger.rules.law import law
from chipledger.rules.status import status


def released(item, on):
    return Item(**{**item.__dict__, "released": Period(on, on + timedelta(days=1))})


AN_A100 = released(PARTS["A100"].item(), date(2020, 5, 14))
AN_H20 = released(PARTS["H20"].item(), date(2024, 2, 1))


@pytest.mark.parametrize("case", cases("through_time", ThroughTime), ids=lambda case: case.id)
@pytest.mark.parametrize("destination", ["CN", "MO", "AE", "DE"])
def test_a_history_says_what_the_status_of_each_day_says(case, destination):
    item = case.item.item()
    timeline = history(item, destination)
    assert timeline.gaps() == ()
    for boundary in law().boundaries:
        for day in (boundary - timedelta(days=1), boundary, boundary + timedelta(days=1)):
            assert timeline.at(day) == status(item, destination, on=day).state


def test_neighbouring_stretches_differ():
    states = [state for _, state in history(AN_A100, "CN")]
    assert all(before != after for before, after in pairwise(states))


def test_an_a100_seen_in_2024_may_have_been_bought_freely_in_2021():
    window = acquisition_window(AN_A100, date(2024, 3, 1))
    assert window.license_required.is_unknown
    assert window.license_required.reasons == ("depends on the day of acquisition, which is unknown",)
    assert [(str(one.effective_from), one.license_required.value) for one in window.stretches][:2] == [
        ("2020-05-14", "no"),
        ("2022-08-26", "yes"),
    ]
    assert window.sentence.startswith(
        "A100 to CN, from release (2020-05-14) to first seen (2024-03-01): from 2020-05-14 to 2022-08-25 no licence was required; "
    )
    assert window.sentence.endswith("The day of acquisition is unknown.")


def test_an_a100_seen_before_any_rule_needed_none():
    assert acquisition_window(AN_A100, date(2022, 8, 25)).license_required.is_no
    assert acquisition_window(AN_A100, date(2022, 8, 26)).license_required.is_unknown


def test_an_h20_seen_before_its_letter_needed_none():
    assert acquisition_window(AN_H20, date(2025, 4, 8)).license_required.is_no
    assert acquisition_window(AN_H20, date(2025, 4, 9)).license_required.is_unknown


def test_a_chip_under_requirement_since_its_release_needed_one():
    h200 = Figures(
        name="H200", vendor="NVIDIA", tpp=15832, die_area=814, memory=4800, data_center=True
    ).item()
    assert acquisition_window(released(h200, date(2024, 6, 1)), date(2025, 1, 1)).license_required.is_yes


def test_a_chip_seen_before_its_recorded_release_is_unknown():
    window = acquisition_window(AN_H20, date(2023, 12, 1))
    assert window.license_required.is_unknown
    assert "before the recorded release" in window.sentence


def test_an_unknown_release_leaves_all_earlier_days_open():
    window = acquisition_window(PARTS["A100"].item(), date(2024, 3, 1))
    assert window.license_required.is_unknown
    assert window.stretches[0].effective_from is None
    assert "the day of release is not recorded" in window.license_required.reasons


def test_the_day_of_first_seen_is_part_of_the_window():
    window = acquisition_window(AN_A100, date(2022, 10, 21))
    assert window.stretches[-1].effective_until == date(2022, 10, 22)


def test_wording_accuses_no_one():
    said = " ".join(
        acquisition_window(item_of(chip(one)), date(2026, 11, 1)).sentence
        for one in ("nvidia-a100-sxm-80", "nvidia-h20", "huawei-910b1")
    )
    assert not any(word in said.lower() for word in ("banned", "illegal", "violation", "smuggl"))
