"""Where a span stands: headings, tables, lists, sentences."""

from hypothesis import given
from hypothesis import strategies as st

from chipledger.documents.reading import reading
from chipledger.evidence import layout
from chipledger.evidence.layout import Kind, Layout, Place


def place(text: str, words: str, format: str = "markdown") -> Place:
    layout = Layout(text, reading(text, format), format)
    start = text.index(words)
    return layout.place(start, start + len(words))


def test_a_cell_knows_its_row_its_column_and_the_headings_above() -> None:
    text = "# Foo\n\n## Speed\n\nMeasured by us:\n\n| Model | GPU | tok/s |\n|---|---|---|\n| Foo-7B | A100 | 20 |\n"
    found = place(text, "A100")

    assert (found.kind, found.row_head, found.column_head, found.headings) == (
        Kind.TABLE,
        "Foo-7B",
        "GPU",
        ("Speed", "Foo"),
    )
    assert "Measured by us:" in found.caption


def test_a_list_item_knows_what_leads_it_in() -> None:
    found = place("We tested:\n\n- one H20\n", "H20")

    assert found.kind is Kind.LIST and "We tested:" in found.lead


def test_a_sentence_ends_at_its_full_stop_and_not_at_an_abbreviation() -> None:
    found = place("We used e.g. Foo. It ran on an A100, i.e. one card. Then it stopped.", "A100")

    assert found.sentence.strip() == "It ran on an A100, i.e. one card."


def test_a_chinese_sentence_ends_at_its_own_stop() -> None:
    assert place("先训练。再用H20部署。最后测试。", "H20").sentence == "再用H20部署。"


def test_an_unclosed_fence_makes_no_code() -> None:
    assert place("```\nOops\n\nWe train on A100.\n", "A100").kind is Kind.PROSE


def test_a_fenced_line_is_code() -> None:
    assert place("```bash\ntorchrun a.py # on A100\n```\n", "A100").kind is Kind.CODE


def test_html_table_rows_inside_markdown_are_rows() -> None:
    text = (
        "<table><tr><th>Model</th><th>Time<br>(GPU hours)</th></tr><tr><td>Foo</td><td>1.5M</td></tr></table>"
    )
    found = place(text, "1.5M")

    assert found.kind is Kind.TABLE and "GPU hours" in found.column_head and found.row_head == "Foo"


def test_latex_sections_are_headings() -> None:
    found = place("\\section{Training}\nWe use an A100.\n", "A100", "latex")

    assert found.headings == ("Training",)


_LINES = st.lists(
    st.sampled_from(
        ["# One", "  ## Two ##", "Three", "===", "---", "~~~~", "**Four**：", "> - **Five**", "1. **Six**", "", " ", "```", "|a|b|", "# \r"]
    ),
    max_size=14,
).map("\n".join)  # fmt: skip


@given(_LINES)
def test_every_heading_is_found_that_a_search_of_the_whole_text_finds(text: str) -> None:
    found = {
        match.span()
        for pattern in (layout._MARKDOWN_HEADING, layout._BOLD_LINE, layout._UNDERLINED)
        for match in pattern.finditer(text)
        if not (pattern is layout._UNDERLINED and "|" in match[1])
    }
    ours = Layout(text, text, "markdown")

    assert {(one.start, one.end) for one in ours.headings} == {s for s in found if not ours.in_code(s[0])}
