"""A glance at a text tells what cannot match, and never passes over what does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.evidence import purpose, subject, verdict, workload
from chipledger.evidence.glance import glance, necessary
from chipledger.evidence.uncased import Uncased, lowered, uncased

PIECES = (
    "trained", "ran", " ", ". ", "8 hours", "H20", "用", "显存", "推理了", "\x01\x01", "gpu", "support", "é", "ı", "İ", "ſ", "K", "٣", "²", "\n", "\u3000",
    "\x85", "_", "-", "we", "on", "with", "$ 5", "per hour", "?", "吗", "を使用して", "学習", "した", "a single", "not", "|", "can", "7b", "tokens/s", "µ", "\u2028",
)  # fmt: skip


def _expressions() -> list[Uncased]:
    """Every guarded expression of the modules that ask most of them."""
    found = [value for module in (purpose, subject, workload) for value in vars(module).values()]
    asked = [
        value.__wrapped__.__closure__ for value in vars(verdict).values() if hasattr(value, "__wrapped__")
    ]
    found += [
        cell.cell_contents.__self__
        for cells in asked
        for cell in cells or ()
        if hasattr(cell.cell_contents, "__self__")
    ]
    return [one for one in found if isinstance(one, Uncased)]


def test_most_expressions_have_a_glance() -> None:
    expressions = _expressions()
    assert len(expressions) > 40
    assert all(necessary(one.pattern) for one in expressions)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_what_matches_is_never_passed_over(text: str) -> None:
    low = lowered(text)
    for one in _expressions():
        expected = one.compiled.search(low)
        found = one.search(low)
        assert (found and found.span()) == (expected and expected.span()), one.pattern


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([r"\bran\b", r"\w+\b用", r"[^\w.]+x", r"(?<!a)b(?!c)", r"a{2,40}b", r"^\W*gpu$", r"[^\d]{0,60}\?\s*$", r"(?:pre-?)?\btrain", r"\s\S\D\W"]),
    st.text(alphabet="abcrnx用é٣ \n\x85.?-gputi3_\u3000", max_size=20),
)  # fmt: skip
def test_any_expression_asked_by_a_glance_finds_the_same(expression: str, text: str) -> None:
    one = uncased(expression)
    assert bool(one.search(text)) == bool(one.compiled.search(text))


@pytest.mark.parametrize(("start", "end"), [(0, 3), (2, 9), (4, 20)])
def test_a_stretch_ends_where_it_is_cut(start: int, end: int) -> None:
    one = uncased(r"\bran\b|epochs?$")
    text = "transran epochsran"
    assert [m.span() for m in one.finditer(text, start, end)] == [
        m.span() for m in one.compiled.finditer(text, start, end)
    ]


def test_half_a_character_is_asked_of_python() -> None:
    assert uncased("ran").search("\ud800 ran") is not None


def test_a_reference_back_has_no_glance_and_is_found() -> None:
    assert glance(r"(a|b)\1") is None
    assert uncased(r"(a|b)\1").search("xbb") is not None
