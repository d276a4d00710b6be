"""Answers are kept by the text that they depend on: a document says the same whatever was read before it."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.documents.document import Document, line_starts
from chipledger.evidence import extract as extracting
from chipledger.evidence import purpose, quantity, subject, techniques, topic, workload
from chipledger.evidence.extract import extract
from chipledger.evidence.subject import language_of

PARAGRAPH = "We used 8 A100 GPUs for 4 days; inference needs one RTX 3090."
AROUND = (
    ("# Foo-7B\n\n## Requirements\n", ""),
    ("# Bar-70B\n\n## Results\n", "\n\nPretraining saw 2 trillion tokens."),
    ("# Related work\n\n## Bar-70B\n", "\n\n- OS: Ubuntu\n- CUDA 12"),
    ("| GPU | count |\n| --- | --- |\n| H20 | 4 |\n\n", "\n\nDeployed and served with quantization."),
    ("", ""),
    ("> ", "\n> GPU: A100\n> RAM: 64 GB"),
)


def clear() -> None:
    for module in (extracting, purpose, quantity, subject, techniques, topic, workload):
        for held in vars(module).values():
            if hasattr(held, "cache_parameters") and held.cache_parameters()["maxsize"] is not None:
                held.cache_clear()


def document(index: int) -> Document:
    before, after = AROUND[index]
    return Document(
        document=f"{index}.md", document_id=str(index), text=before + PARAGRAPH + after, format="markdown"
    )


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(len(AROUND))))
def test_the_same_whatever_was_read_before(order: list[int]) -> None:
    fresh = {}
    for index in order:
        clear()
        fresh[index] = extract(document(index))
    clear()
    assert {index: extract(document(index)) for index in order} == fresh
    assert {index: extract(document(index)) for index in reversed(order)} == fresh


def test_surroundings_that_differ_are_judged_apart() -> None:
    assert {mention.purpose for index in range(3) for mention in extract(document(index)).mentions} >= {
        "requirement"
    }
    subjects = [extract(document(index)).mentions[0].subject for index in range(2)]
    assert subjects == ["Foo-7B", "Bar-70B"]


@settings(deadline=None)
@given(st.text(alphabet="a\r\né文"), st.integers(0, 3))
def test_lines_begin_behind_newlines(text: str, times: int) -> None:
    text *= 40_000 if times == 3 and len(text) < 8 else 1
    assert list(line_starts(text)) == [0, *(match.end() for match in re.finditer("\n", text))]


@pytest.mark.parametrize("kana", ["ぁ", "゠", "ヿ", "ー"])
def test_kana_count_at_both_ends_of_their_block(kana: str) -> None:
    assert language_of(kana) == "ja"
    assert language_of("、。「」 200 samples") == "en"


def test_days_are_the_commits_before_the_scans() -> None:
    scanned, committed = date(2026, 1, 2), date(2025, 1, 2)
    plain = extract(document(0), on=scanned).mentions[0]
    assert (plain.first_seen, plain.last_seen) == (scanned, scanned)
    dated = extract(replace(document(0), published_on=committed, seen_on=committed), on=scanned).mentions[0]
    assert (dated.first_seen, dated.last_seen) == (committed, committed)
