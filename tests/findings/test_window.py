"""What the rules asked on the days on which a chip may have been acquired, by the real rules."""

from datetime import date

import pytest

from chipledger.core.truth import Verdict
from chipledger.findings.window import overall, sentence, window_of, windows

A100 = ("nvidia-a100-pcie-40", "nvidia-a100-pcie-80", "nvidia-a100-sxm-40", "nvidia-a100-sxm-80")


def test_an_a100_seen_in_2024_may_have_been_bought_freely() -> None:
    assert overall(windows(A100, date(2024, 3, 1), window_of)) is Verdict.UNKNOWN
    told = sentence(windows(["nvidia-a100-sxm-80"], date(2024, 3, 1), window_of))
    assert told.startswith("day of acquisition unknown; a licence was needed from 2022-08-26")
    assert "Letter of 2022-08-26 to NVIDIA" in told and told.endswith("none before")


def test_an_a100_seen_before_the_letter_needed_no_licence_on_any_day() -> None:
    found = windows(A100, date(2022, 8, 25), window_of)
    assert overall(found) is Verdict.NO
    assert sentence(found).endswith("no licence was needed on any day from release to first seen")


def test_without_a_day_or_a_known_chip_the_rules_stay_unknown() -> None:
    for found in (windows(A100, None, window_of), windows(["no-such-chip"], date(2024, 1, 1), window_of)):
        assert overall(found) is Verdict.UNKNOWN
        assert sentence(found) == "day of acquisition unknown; the rules are unknown for this chip or day"


def test_a_variant_released_later_is_not_meant() -> None:
    found = windows(["nvidia-h20", "nvidia-h20-141"], date(2024, 12, 1), window_of)
    assert [one.chip for one in found] == ["nvidia-h20"]


def test_where_every_variant_was_released_later_none_is_left_out() -> None:
    found = windows(["nvidia-h20", "nvidia-h20-141"], date(2020, 1, 1), window_of)
    assert [one.chip for one in found] == ["nvidia-h20", "nvidia-h20-141"]


def test_variants_that_differ_are_told_apart() -> None:
    found = windows(["nvidia-a100-sxm-80", "nvidia-a800-sxm-80"], date(2024, 3, 1), window_of)
    told = sentence(found)
    assert "depending on the variant: " in told and told.index("a100-sxm-80") < told.index("; or: ")


@pytest.mark.parametrize("word", ["banned", "illegal", "violation", "guilty", "smuggl"])
def test_no_sentence_speaks_of_guilt(word: str) -> None:
    told = [sentence(windows([chip], date(2026, 1, 1), window_of)) for chip in (*A100, "nvidia-h20")]
    assert not any(word in one.lower() for one in told)
