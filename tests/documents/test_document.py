from hypothesis import given
from hypothesis import strategies as st

from chipledger.documents.document import Document, Lines


def test_page_of_names_the_page_and_the_offset_in_it() -> None:
    paper = Document(document="a.pdf", document_id="", text="A100\fH20 x8\f", page_starts=(0, 5, 12))
    assert paper.page_of(0) == (1, 0)
    assert paper.page_of(4) == (1, 4)
    assert paper.page_of(5) == (2, 0)
    assert paper.page_of(12) == (3, 0)


def test_a_document_without_pages_has_no_page() -> None:
    assert Document(document="a.md", document_id="", text="A100").page_of(0) is None


@given(st.text(alphabet="a\r\n\f字\u2028"))
def test_line_of_counts_newlines_and_nothing_else(text: str) -> None:
    lines = Lines(text)
    for offset in range(len(text) + 1):
        assert lines.line_of(offset) == text.count("\n", 0, offset) + 1
        assert lines.start_of(lines.line_of(offset)) == text.rfind("\n", 0, offset) + 1
