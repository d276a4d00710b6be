"""An expression asked of lowered text finds what it finds without case in the text itself."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipledger.evidence.uncased import lowered, uncased
from chipledger.evidence.workload import _WORK

EXPRESSION = r"\b(?:H20|GPU-?hours?)\b|(?P<kind>MFU)[^A-Z.]{0,4}\d|训练\S|\bZ7?|(?:\b-Hours|\ba+)\."
PIECES = (
    "H20",
    "h20",
    "gpu",
    "GPU",
    "-Hours",
    "hour",
    "mfu",
    "MFU",
    " ",
    "训练",
    ".",
    "7",
    "a",
    "Z",
    "ＧPU",
    "İ",
)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_the_spans_are_those_of_the_expression_that_ignores_case(text):
    """Whatever the case of the text, hits stand where the slower way finds them."""
    ignoring = re.compile(EXPRESSION, re.I)
    found = [match.span() for match in uncased(EXPRESSION).finditer(lowered(text))]
    assert found == [match.span() for match in ignoring.finditer(text)]


@given(st.text())
def test_lowering_keeps_every_character_in_its_place(text):
    """An offset means the same character before and after."""
    low = lowered(text)
    assert len(low) == len(text)
    assert all(a == b or b == a.lower()[0] for a, b in zip(text, low, strict=True))


@pytest.mark.parametrize("words", ["Pre-Training", "SFT", "FPS", "Accuracy", "EPOCHS"])
def test_words_of_work_are_found_in_capitals(words):
    """The kinds of work are asked of lowered text and so hold no capital themselves."""
    assert _WORK.search(lowered(words))
    assert not re.search(r"(?<!\\)(?<!\(\?)[A-Z]", _WORK.pattern)
