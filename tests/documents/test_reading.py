"""Readings: markup goes, words stay, and no character moves."""

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.documents import blank
from chipledger.documents.document import Document
from chipledger.documents.reading import reading, reading_of

FORMATS = ["markdown", "html", "xml", "latex", "json", "jsonl", "text", "shell", "rst", "pdf"]
MARKUP = [
    "<!--", "-->", "<table>", "</table>", "<td>", "<script>", "</script>", "<pre>", "<h1>", "](", ")", "[a]: ", "`",
    "```", "**", "https://x.org/a100", "&nbsp;", "&#8203;", "&lt;", "\\cite{", "\\section", "{", "}", "%", "\\", "$",
    "\\times", "\\u4f7f", "\\n", "\\ud83d", "\n", "\r\n", " ", "H20", "Ａ１００", "使用", "\u3000", "\ufeff", "\x00", "|",
]  # fmt: skip


@settings(max_examples=300)
@given(
    st.lists(st.one_of(st.sampled_from(MARKUP), st.text(max_size=4)), max_size=40), st.sampled_from(FORMATS)
)
def test_a_reading_is_as_long_as_its_text(pieces: list[str], format: str) -> None:
    text = "".join(pieces)
    assert len(reading(text, format)) == len(text)


@given(st.text(alphabet="abcA1使用 \n", max_size=50), st.sampled_from(["markdown", "latex", "json", "text"]))
def test_a_text_without_markup_reads_as_it_is(text: str, format: str) -> None:
    assert reading(text, format) == text


def words_of(text: str, format: str) -> list[str]:
    return reading(text, format).split()


def test_markdown_loses_targets_addresses_tags_and_comments() -> None:
    text = (
        "[8 H20](https://x.org/a100 'A800') ![chart](img/h100.png) <img alt='L40S'> <!-- V100\nP100 --> "
        "see https://y.org/910b, done\n[ref]: docs/b200.md\n"
    )
    assert words_of(text, "markdown") == ["[8", "H20", "![chart", "see", ",", "done", "[ref"]


def test_markdown_keeps_headings_tables_fences_and_front_matter() -> None:
    text = "---\nhardware: A100\n---\n## Train\n| GPU | n |\n|---|---|\n| H20 | 8 |\n```bash\ntorchrun # 8xH20\n```\n"
    assert reading(text, "markdown") == text


def test_markdown_line_numbers_survive_a_comment_of_several_lines() -> None:
    text = "a\n<!-- x\ny\n-->\nH20"
    assert reading(text, "markdown").index("H20") == text.index("H20")
    assert reading(text, "markdown").count("\n") == text.count("\n")


def test_markdown_reads_an_html_table_as_rows() -> None:
    text = (
        "<table>\n<tr>\n <th>GPU</th>\n <th>n</th>\n</tr>\n<tr>\n <td>H20</td>\n <td>8</td>\n</tr>\n</table>"
    )
    rows = [line.split() for line in reading(text, "markdown").splitlines() if line.strip()]
    assert rows == [["|", "GPU", "|", "n", "|"], ["|", "H20", "|", "8", "|"]]


def test_a_comparison_in_markdown_is_no_tag() -> None:
    assert reading("latency < 5 ms on A100 and > 3", "markdown") == "latency < 5 ms on A100 and > 3"


def test_html_hides_scripts_styles_comments_and_attributes() -> None:
    text = (
        "<!DOCTYPE html><title>H20 report</title><style>.a100{}</style><script>var a='<p>H100</p>'</script>"
        "<p title='V100'>64&nbsp;&times;&#32;H20<!-- B200 --></p>"
    )
    assert words_of(text, "html") == ["H20", "report", "64", "×", "H20"]


def test_html_blocks_become_lines_and_source_newlines_do_not() -> None:
    lines = reading("<h2>Train</h2>\n<p>We used\n64 H20.</p><ul><li>8 A100</li></ul>", "html").splitlines()
    assert [" ".join(line.split()) for line in lines if line.strip()] == [
        "## Train",
        "We used 64 H20.",
        "- 8 A100",
    ]


def test_html_keeps_the_lines_of_preformatted_text() -> None:
    assert "torchrun\n--gpus 8" in reading("<pre>torchrun\n--gpus 8</pre>", "html")


def test_latex_keeps_words_and_loses_commands_comments_and_references() -> None:
    text = (
        "\\documentclass{article} % A100\n\\subsection{Hardware}\\label{sec:v100}\n"
        "We use $8\\times$\\textbf{H20}~GPUs \\cite{h100}, 90\\% busy.\n\\includegraphics[width=1cm]{b200.pdf}"
    )
    assert words_of(text, "latex") == [
        "##", "Hardware", "We", "use", "8x", "H20", "GPUs", ",", "90", "%", "busy.",
    ]  # fmt: skip


def test_latex_tables_read_as_rows() -> None:
    assert words_of("GPU & n \\\\\nH20 & 8 \\\\", "latex") == ["GPU", "|", "n", "H20", "|", "8"]


def test_json_escapes_do_not_lean_on_a_chip() -> None:
    assert words_of('{"t": "use\\nA100\\t\\u00d7 8"}', "json") == ['{"t":', '"use', "A100", "×", '8"}']


def test_full_width_letters_fold_in_every_format() -> None:
    assert reading("Ａ１００－８０ＧＢ，８枚", "text") == "A100-80GB，8枚"


def test_reading_of_takes_the_document_as_read() -> None:
    page = Document(document="a.html", document_id="", text="<b>H20</b>", format="html")
    assert reading_of(page) == "   H20    "


def test_an_xml_entity_is_never_expanded() -> None:
    text = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY l "lol"><!ENTITY m "&l;&l;&l;">]><x>&e;&m; H20</x>'
    shown = reading(text, "xml")
    assert len(shown) == len(text)
    assert "root:" not in shown
    assert "lollol" not in shown
    assert "&e;&m; H20" in shown


@pytest.mark.parametrize("format", ["markdown", "html", "latex", "json"])
@pytest.mark.parametrize("piece", ["<!--", "<a", "<table>", "<pre>", "<script>", "](", "](x](b)", "\\cite{", "\\cite[",
                                   "\\", "&a", "https://", "[a]:", "<!-", "\n["])  # fmt: skip
def test_hostile_repetition_costs_linear_time(format: str, piece: str) -> None:
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    reading(text, format)
    assert time.process_time() - started < 2.0


@pytest.mark.parametrize(
    ("format", "piece"), [("markdown", "<b>x"), ("html", "&amp;y"), ("latex", "\\a{"), ("json", "a\\n")]
)
def test_a_dense_long_text_reads_in_memory_bounded_by_its_size(format: str, piece: str) -> None:
    text = piece * (600_000 // len(piece))
    tracemalloc.start()
    read = reading(text, format)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(read) == len(text)
    assert peak_bytes < 12 * len(text)


@settings(max_examples=50)
@given(st.lists(st.sampled_from(MARKUP), max_size=30), st.sampled_from(FORMATS))
def test_long_texts_read_as_short_ones_do(pieces: list[str], format: str) -> None:
    text, long = "".join(pieces), blank._WHOLE_CHARACTERS
    short = reading(text, format)
    blank._WHOLE_CHARACTERS, blank._PIECES = 0, 2
    try:
        assert reading(text, format) == short
    finally:
        blank._WHOLE_CHARACTERS, blank._PIECES = long, 1 << 16


@pytest.mark.parametrize("format", FORMATS)
def test_the_newlines_of_windows_read_as_plain_ones(format: str) -> None:
    assert reading("Kite\r\nran on 64\r\nA100", format).split("\n") == reading(
        "Kite \nran on 64 \nA100", format
    ).split("\n")
