"""What a version of a file states, and the lines that tell whether a version is worth a close look."""

import time

import pytest

from chipledger.documents.document import Document
from chipledger.evidence.author import domain_of
from chipledger.evidence.extract import extract
from chipledger.evidence.leaves import json_leaves
from chipledger.evidence.statement import is_veiled, statements, telling_lines


def stated(text: str, name: str = "a.md", format: str = "markdown") -> list[tuple[str, str]]:
    document = Document(document=name, document_id="x", text=text, format=format)
    said = extract(document)
    return [(one.name, one.words) for one in statements(document, said.mentions, said.facts.settings)]


@pytest.mark.parametrize("tail", ["", " " + "and so on " * 40, " " + "and so on " * 400])
def test_a_line_is_the_same_statement_wherever_it_stands(tail: str) -> None:
    line = f"Trained on 64 H800 GPUs.{tail}"
    ours, moved = stated(line + "\n"), stated(f"# Before\n\nOther words.\n\n{line}\n")
    assert ours
    assert ours == moved


def test_a_mention_far_into_a_line_keeps_the_whole_line_where_it_is_not_too_long() -> None:
    line = "Much is told before. " * 20 + "Trained on 64 H800 GPUs."
    assert stated(line)[0][1] == line


def test_settings_are_stated_with_their_values_and_comments_do_not_matter() -> None:
    assert stated("export NCCL_IB_GID_INDEX=3 # as told\n", "t.sh", "shell") == [
        ("NCCL_IB_GID_INDEX", "NCCL_IB_GID_INDEX=3")
    ]


@pytest.mark.parametrize(
    ("content", "tells"),
    [
        ("our GPU is fast", False), ("8 GPUs", True), ("用512张卡", True), ("GPU hours", True), ("昇腾910B", True), ("x\n\n", False),
        ("eight GPUs", True), ("${NCCL_IB_HCA}", True), ("postcards from 7 places", False),
    ],
)  # fmt: skip
def test_lines_that_may_state_something_tell(content: str, tells: bool) -> None:
    assert bool(telling_lines(content.encode())) == tells


def test_what_extraction_finds_always_tells() -> None:
    for text in (
        "Trained on 64 H800.",
        "使用512块A100训练。",
        "| GPU | hours |\n|---|---|\n| H20 | 12 |\n",
        "took 4 days on 8 V100",
    ):
        assert stated(text)
        assert telling_lines(text.encode())


def test_bytes_that_may_hide_words_are_veiled() -> None:
    assert is_veiled("H20".encode("utf-16"), "a.md")
    assert is_veiled(b'{"a": "\\u0048\\u0032\\u0030"}', "a.json")
    assert not is_veiled(b'{"a": "H20"}', "a.json")


def test_addresses_name_organisations_and_never_people() -> None:
    told = [
        domain_of(one)
        for one in ("A@Tencent.COM", "b@vip.qq.com", "c@cs.pku.edu.cn", "d@163.com", "e", "f@host", "")
    ]
    assert told == ["tencent.com", None, "cs.pku.edu.cn", None, None, None, None]


def test_a_long_text_that_is_cut_within_a_string_is_read_once() -> None:
    cell = '{"outputs": "' + '<div class=\\"a\\">' * 60_000
    began = time.process_time()
    assert list(json_leaves(cell[: len(cell) - 1])) is not None
    assert list(json_leaves(cell + "\\")) is not None
    assert time.process_time() - began < 5.0
