"""A quote keeps every character; what stands around it is cut at words and never reaches past its share."""

from hypothesis import given
from hypothesis import strategies as st

from chipledger.findings.context import LINE_CELLS, cells_of, in_context


def test_a_short_sentence_stands_whole_on_one_line() -> None:
    told = in_context("Kite was\n  trained on ", "64 A100", "\tGPUs.")
    assert str(told) == "Kite was trained on 64 A100 GPUs."


def test_a_long_sentence_is_cut_around_the_quote_at_words() -> None:
    told = in_context("The model was trained by us " * 5 + "on ", "64 A100", " GPUs for three weeks" * 8)
    assert told.before.startswith("… ") and told.after.endswith("…")
    assert len(str(told)) <= LINE_CELLS + 2 and told.quote == "64 A100"


def test_room_that_one_side_leaves_goes_to_the_other() -> None:
    told = in_context("on ", "64 A100", " GPUs for three weeks" * 8)
    assert told.before == "on " and len(str(told)) > LINE_CELLS - 20


def test_a_script_without_spaces_is_cut_between_characters() -> None:
    told = in_context("本模型在自建集群上" * 20, "512张A800", "完成了预训练" * 20)
    assert "512张A800" in str(told) and LINE_CELLS - 5 < cells_of(str(told)) <= LINE_CELLS + 2


def test_a_quote_longer_than_the_line_stands_alone_and_whole() -> None:
    quote = "8 nodes of 8 H800 " * 10
    told = in_context("trained on ", quote, " GPUs")
    assert told.quote == quote and (told.before, told.after) == ("…", "…")


@given(st.text(max_size=200), st.text(min_size=1, max_size=120), st.text(max_size=200), st.integers(0, 200))
def test_any_words_stay_on_one_line_within_the_room(prefix: str, quote: str, suffix: str, cells: int) -> None:
    told = in_context(prefix, quote, suffix, cells)
    assert len(str(told).splitlines()) <= 1
    assert cells_of(str(told)) <= max(cells, cells_of(told.quote)) + 2
    assert told.quote.split() == quote.split()
