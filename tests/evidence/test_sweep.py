"""A sweep finds in bytes what stands in the text, character by character."""

import re

from hypothesis import given
from hypothesis import strategies as st

from chipledger.evidence.sweep import Sweep

TEXT = st.lists(st.sampled_from(["H20", "用", "é", "8", "𠀀", " ", "\n", "\ud800"]), max_size=30).map("".join)


@given(TEXT)
def test_spans_of_bytes_are_spans_of_characters(text: str) -> None:
    expression = "[0-9]+|用"

    assert list(Sweep(text).spans(expression)) == [match.span() for match in re.finditer(expression, text)]
    assert Sweep(text).times(expression) == len(re.findall(expression, text))
