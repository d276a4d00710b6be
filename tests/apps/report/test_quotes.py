"""Quotes are shown as the document has them, marked among their words, nothing hidden and nothing endless."""

import time

import pytest

from chipledger.apps.report.quotes import HEADING_CHARS, QUOTE_CHARS, marked, visible


def test_a_quote_is_marked_whole_among_its_words() -> None:
    found = marked("Kite was trained on ", "64 NVIDIA A100~80GB GPUs", " for a week.", "NVIDIA A100")
    assert (found.before, found.mark, found.after) == (
        "Kite was trained on ",
        "64 NVIDIA A100~80GB GPUs",
        " for a week.",
    )


def test_a_quote_without_words_around_it_stands_alone() -> None:
    found = marked("", "昇腾910B", "", "Huawei Ascend 910B")
    assert (found.before, found.mark, found.after) == ("", "昇腾910B", "")


def test_long_words_around_a_quote_are_cut_and_the_quote_is_not() -> None:
    found = marked("before " * 200, "64 A100", " after" * 200, "NVIDIA A100")
    assert found.mark == "64 A100" and found.before[0] == found.after[-1] == "…"
    assert len(found.before + found.mark + found.after) <= QUOTE_CHARS + 2


@pytest.mark.parametrize(
    ("printed", "chip"),
    [
        ("NVIDIA A100", "NVIDIA A100"),
        ("GeForce RTX~4090", "NVIDIA GeForce RTX 4090"),
        ("rtx4090", "NVIDIA GeForce RTX 4090"),
        ("H20", "NVIDIA H20"),
    ],
)
@pytest.mark.parametrize("place", [0, 5_000, 199_990])
def test_a_quote_too_long_to_show_keeps_its_chip_wherever_it_stands(
    place: int, printed: str, chip: str
) -> None:
    quote = "x" * place + f" {printed} " + "y" * (200_000 - place)
    found = marked("", quote, "", chip)
    assert printed in found.mark
    assert len(found.before + found.mark + found.after) <= QUOTE_CHARS + 2


def test_a_long_quote_is_cut_around_an_a100_and_not_an_a1000() -> None:
    found = marked(
        "", "A1000" + " beside" * 100 + " an A100" + " and others" * 100, "", "NVIDIA A100", chars=40
    )
    assert "A100" in found.mark and "A1000" not in found.mark


def test_a_quote_of_many_lines_is_one_line() -> None:
    assert visible("512\r\n\tA100\u2028GPUs") == "512 A100 GPUs"


@pytest.mark.parametrize(
    "letter", ["\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\x1b", "\x00", "\ud800"]
)
def test_what_cannot_be_seen_is_named(letter: str) -> None:
    assert visible(f"A{letter}B") == f"A⟨U+{ord(letter):04X}⟩B"


@pytest.mark.parametrize("text", ["क्‍ष", "می‌خواهم", "鶴見ヶ浦データ", "naïve – “A100”"])
def test_the_scripts_of_the_world_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


def test_the_heading_of_a_quote_is_short_and_keeps_the_name() -> None:
    short = marked("on ", "a" * 150 + " H20 " + "b" * 150, "", "NVIDIA H20", HEADING_CHARS)
    assert len(short.before + short.mark + short.after) <= HEADING_CHARS + 2
    assert "H20" in short.mark


def test_a_name_of_many_words_costs_no_time() -> None:
    started = time.monotonic()
    marked("", "a " * 5_000, "", "a " * 60 + "b")
    assert time.monotonic() - started < 2
