"""Search finds every mention that holds the words, in any of the three languages."""

import pytest
from made_up import SCAN, document, mention

from chipledger.store import search
from chipledger.store.ledger import Ledger

QUOTES = (
    "使用16卡H20训练，昇腾910B推理",
    "我们在昇 腾集群上训练模型",
    "trained on 512 NVIDIA A100-80GB GPUs",
    "ABC後A100を8基使用し学習した",
    "腾讯的训练集群，升腾不是它",
    'a "quoted" OR NEAR( chip* : ^A100 -x',
)


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    facts = document("a.md")
    with ledger.writing(SCAN) as writer:
        writer.add(facts, [mention(facts, quote, start=100 * place) for place, quote in enumerate(QUOTES)])
    return ledger


@pytest.mark.parametrize("query", ["训练", "昇腾910B", "学習", "集群", "512", "を8基", "不是"])
def test_every_quote_that_holds_the_words_is_found(filled: Ledger, query: str) -> None:
    truth = {quote for quote in QUOTES if query in quote}
    assert {one.quote for one in search.search(filled, query)} == truth
    assert search.count(filled, query) == len(truth)


def test_a_name_glued_to_chinese_or_hyphens_is_found(filled: Ledger) -> None:
    assert (
        search.count(filled, "h20") == 1 and search.count(filled, "Ａ１００") == 6
    )  # all carry the chip's name


def test_all_phrases_must_be_found_and_a_phrase_keeps_its_order(filled: Ledger) -> None:
    assert search.count(filled, "训练 昇腾") == 2
    assert search.count(filled, "腾昇") == 0
    assert search.count(filled, '"512 NVIDIA"') == 1 and search.count(filled, '"NVIDIA 512"') == 0


def test_names_beside_the_quote_are_searched_and_never_run_together(filled: Ledger) -> None:
    assert search.count(filled, '"NVIDIA A100"') == 6
    assert search.count(filled, '"A100 Lab"') == 0


@pytest.mark.parametrize("query", ["", "   ", '"', "***", "—", "()"])
def test_a_query_without_a_word_finds_nothing(filled: Ledger, query: str) -> None:
    assert search.search(filled, query) == [] and search.count(filled, query) == 0


@pytest.mark.parametrize(
    "query", ['a" OR "b', "NEAR(chip a)", "quote:x", "x*", "'; DROP TABLE mentions; --", "\\"]
)
def test_what_looks_like_syntax_is_only_words(filled: Ledger, query: str) -> None:
    search.search(filled, query)
    assert search.count(filled, "训练") == 3


def test_the_limit_holds(filled: Ledger) -> None:
    assert len(search.search(filled, "A100", limit=2)) == 2
