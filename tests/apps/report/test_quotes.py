"""Quotes are shown as the document has them, their chip marked, nothing hidden and nothing endless."""

import time

import pytest

from chipledger.apps.report.quotes import QUOTE_CHARS, marked, visible


@pytest.mark.parametrize(
    ("quote", "chip", "mark"),
    [
        ("64 NVIDIA A100~80GB GPUs", "NVIDIA A100", "NVIDIA A100"),
        ("one GeForce RTX~4090", "NVIDIA GeForce RTX 4090", "GeForce RTX~4090"),
        ("使用2048张H800训练", "NVIDIA H800", "H800"),
        ("昇腾910B", "Huawei Ascend 910B", "910B"),
        ("A1000 beside an A100", "NVIDIA A100", "A100"),
        ("eight of the same cards", "NVIDIA A100", ""),
        ("rtx4090", "NVIDIA GeForce RTX 4090", "rtx4090"),
    ],
)
def test_the_longest_printed_part_of_the_name_is_marked(quote: str, chip: str, mark: str) -> None:
    found = marked(quote, chip)
    assert found.mark == mark
    assert found.before + found.mark + found.after == quote


def test_an_a1000_is_not_marked_as_an_a100() -> None:
    assert marked("A1000 beside an A100", "NVIDIA A100").before == "A1000 beside an "


@pytest.mark.parametrize("place", [0, 5_000, 199_990])
def test_a_long_quote_keeps_its_chip_wherever_it_stands(place: int) -> None:
    quote = "x" * place + " H20 " + "y" * (200_000 - place)
    found = marked(quote, "NVIDIA H20")
    assert found.mark == "H20"
    assert len(found.before + found.mark + found.after) <= QUOTE_CHARS + 2


def test_a_quote_of_many_lines_is_one_line() -> None:
    assert visible("512\r\n\tA100\u2028GPUs") == "512 A100 GPUs"


@pytest.mark.parametrize("letter", ["\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\x1b", "\x00", "\ud800"])
def test_what_cannot_be_seen_is_named(letter: str) -> None:
    assert visible(f"A{letter}B") == f"A⟨U+{ord(letter):04X}⟩B"


@pytest.mark.parametrize("text", ["क्‍ष", "می‌خواهم", "鶴見ヶ浦データ", "naïve – “A100”"])
def test_the_scripts_of_the_world_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


def test_the_heading_of_a_quote_is_short_and_keeps_the_name() -> None:
    short = marked("a" * 150 + " H20 " + "b" * 150, "NVIDIA H20").short
    assert len(short) <= 90
    assert "H20" in short


def test_a_name_of_many_words_costs_no_time() -> None:
    started = time.monotonic()
    marked("a " * 5_000, "a " * 60 + "b")
    assert time.monotonic() - started < 2
