"""A line for tables says no more than the windows do, fits, and never speaks of guilt."""

from datetime import date

import pytest

from chipledger.catalogue.chip import chips
from chipledger.findings.brief import SHORT_CHARS, in_short
from chipledger.findings.window import window_of, windows

DAYS = (date(2019, 6, 1), date(2022, 9, 15), date(2024, 3, 1), date(2025, 6, 1), date(2026, 11, 1))


def short(*chip_ids: str, seen: date = date(2024, 3, 1)) -> str:
    return in_short(windows(chip_ids, seen, window_of))


def test_a_chip_that_may_have_been_bought_before_the_letter_is_told_with_both_answers() -> None:
    told = short("nvidia-a100-sxm-80")
    assert told == "licence needed from 2022-08-26 (letter to NVIDIA), none before; day bought unknown"


def test_a_chip_that_was_free_on_every_day_says_only_so() -> None:
    assert short("nvidia-v100-sxm2-16") == "no licence needed until first seen"


def test_an_answer_on_every_day_does_not_depend_on_the_day_it_was_bought() -> None:
    told = short("nvidia-h100-sxm")
    assert told.startswith("licence needed from release on (letter to NVIDIA)") and "day bought" not in told


def test_what_the_rules_cannot_decide_says_what_it_needs() -> None:
    assert "(domestic make)" in short("huawei-910b1")
    assert "(needs a fact)" in short("amd-mi210")


def test_more_changes_than_fit_are_said_to_follow() -> None:
    told = short("nvidia-a100-pcie-80")
    assert told.startswith("licence needed from 2022-08-26 (letter to NVIDIA), none before, later changes")


def test_variants_that_differ_are_told_by_those_that_most_agree_on() -> None:
    one = short("nvidia-a100-sxm-40")
    assert (
        short("nvidia-a100-sxm-40", "nvidia-a100-sxm-80", "nvidia-a800-sxm-80")
        == f"{one}; differs by variant"
    )


def test_without_a_day_the_rules_are_unknown() -> None:
    assert in_short([]) == "unknown: the rules for this chip or day"


def test_a_chip_seen_before_its_release_says_so() -> None:
    assert short("nvidia-h20", seen=date(2020, 1, 1)) == "unknown: first seen before its recorded release"


@pytest.mark.parametrize("seen", DAYS)
def test_every_chip_of_the_catalogue_fits_a_table(seen: date) -> None:
    told = [short(chip_id, "nvidia-a800-sxm-80", seen=seen) for chip_id in chips()]
    told += [short(chip_id, seen=seen) for chip_id in chips()]
    assert [line for line in told if len(line) > SHORT_CHARS] == []
    assert not any(
        word in line.lower() for line in told for word in ("banned", "illegal", "violat", "guilt", "smuggl")
    )
