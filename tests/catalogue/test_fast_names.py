"""Two engines, one answer: what Hyperscan helps to find is what re2 finds alone."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.catalogue import fast_names as fast
from chipledger.catalogue.names import expression, fast_names, names, pattern

hyperscan = pytest.importorskip("hyperscan", reason="the extra [fast] is not installed")

SPELLINGS = sorted({spelling for name in names() for spelling in name.spellings})
BESIDE = (*"8x*-_ \n|.,sSxX卡的", "\u00a0", "8x", "16*", "2x8x", "nvidia-", "-SXM4-80GB", " 80 GB", "x8", "\u212a", "\u017f", "４", "words of another kind ")  # fmt: skip


@pytest.fixture(scope="module")
def finder() -> fast.FastNames:
    return fast_names(pays_bytes=0)


def spans(finder, content: bytes) -> list[tuple[int, int]]:
    return [match.span() for match in finder.finditer(content)]


def assert_same(finder: fast.FastNames, content: bytes) -> None:
    exact = spans(expression(), content)
    assert spans(finder, content) == exact
    first = finder.search(content)
    assert (first and first.span()) == (exact[0] if exact else None)


def cut(spelling: str) -> st.SearchStrategy[str]:
    return st.slices(len(spelling)).map(lambda part: spelling[part])


PRINTED = st.sampled_from(SPELLINGS).flatmap(
    lambda spelling: st.sampled_from(
        [spelling, spelling.upper(), spelling.lower(), spelling.replace(" ", ""), spelling.replace(" ", "-"),
         spelling.replace(" ", "\u00a0"), spelling.replace("k", "\u212a").replace("s", "\u017f")]
    )
)  # fmt: skip
TEXTS = st.lists(
    st.one_of(PRINTED, st.sampled_from(SPELLINGS).flatmap(cut), st.sampled_from(BESIDE), st.text(max_size=6)),
    max_size=14,
).map("".join)


@settings(deadline=None, max_examples=400)
@given(TEXTS, st.sampled_from((0, 0, 200, 500)))
def test_the_same_spans_in_any_text(finder, text, apart):
    assert_same(finder, (" " * apart).join(text.split(" ")).encode("utf-8", "replace"))


@settings(deadline=None, max_examples=100)
@given(TEXTS, st.binary(max_size=8))
def test_the_same_spans_in_bytes_that_are_no_text(finder, text, odd):
    assert_same(finder, odd.join([text.encode("utf-8", "replace")] * 2))


@pytest.mark.parametrize("before", ["", "8x", "64*", "2x8x", "nvidia-", "NVIDIA_", "用"])
@pytest.mark.parametrize("between", [" ", "", "-", "_", "\u00a0"])
def test_every_spelling_is_found_however_it_is_printed(finder, before, between):
    for spelling in SPELLINGS:
        printed = before + spelling.replace(" ", between) + ("" if before else "-SXM4-80 GB-PCIe")
        assert_same(finder, f"{'long before ' * 40}{printed}. {'and long after ' * 40}".encode())


def test_a_text_of_nothing_but_names_is_read_on_by_re2_alone(finder):
    content = b"TPU v1, L4 and a TPU; " * 3_000
    assert len(spans(finder, content)) > fast._MOST_PIECES
    assert_same(finder, content)


def test_pieces_that_are_no_names_cost_no_more_than_reading_by_re2(finder):
    assert_same(finder, b"xA100x " * 20_000 + b"H20" + b" xA100x" * 20_000 + b" H800")


def test_the_tables_are_made_once_so_much_was_read(finder):
    late = fast_names(pays_bytes=10)
    assert spans(late, b"8 H20 nodes") == [(2, 5)] and "_database" not in vars(late)
    assert spans(late, b"8 H20 nodes") == [(2, 5)] and "_database" in vars(late)


def test_threads_that_share_the_finder_get_the_same_spans(finder):
    content = b"some words, an A100 or 8xH20 here. " * 200
    exact = spans(expression(), content)
    with ThreadPoolExecutor(4) as threads:
        assert all(found == exact for found in threads.map(spans, [finder] * 200, [content] * 200))


def test_a_machine_without_the_instructions_reads_by_re2(monkeypatch):
    def refuses(*_: object, **__: object) -> None:
        raise hyperscan.ArchitectureError

    monkeypatch.setattr(fast.hyperscan, "Database", refuses)
    assert spans(fast_names(pays_bytes=0), b"8 H20 nodes") == [(2, 5)]


def test_the_usual_pattern_is_the_fast_one_here():
    assert isinstance(pattern(), fast.FastNames)
    assert pattern().pattern == expression().pattern


@pytest.mark.skipif(
    "CHIPLEDGER_CORPUS" not in os.environ, reason="CHIPLEDGER_CORPUS names no labelled corpus"
)
def test_the_same_spans_in_the_corpus(finder):
    paths = [path for path in Path(os.environ["CHIPLEDGER_CORPUS"], "docs").rglob("*") if path.is_file()]
    assert paths
    for path in paths:
        assert_same(finder, path.read_bytes())
