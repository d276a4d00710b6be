"""One function makes the words of what is stored and of what is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipledger.store.words import phrases, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16卡H20训练", "16 卡 h20 训 练"),
        ("ＡＢＣ後", "abc 後"),
        ("ｶﾞﾊﾟ", "ガ パ"),
        ("RTX_4090 (24GB)", "rtx 4090 24gb"),
        ("昇腾-910B、A100", "昇 腾 910b a100"),
        ("𠮷野家でH100", "𠮷 野 家 で h100"),
        ("데이터 H20", "데 이 터 h20"),
        ("", ""),
        ("—…!", ""),
    ],
)
def test_words_are_folded_and_every_cjk_character_is_one(text: str, expected: str) -> None:
    assert words(text) == expected


@given(st.text(alphabet="昇腾训练学習GPU h20Ａ-，。 ", max_size=40))
def test_words_of_words_are_the_same_words(text: str) -> None:
    assert words(words(text)) == words(text)


@given(st.text(alphabet="昇腾训练 A1", max_size=30), st.integers(0, 30), st.integers(1, 5))
def test_any_run_of_cjk_characters_in_a_text_is_a_phrase_of_its_words(
    text: str, start: int, length: int
) -> None:
    part = text[start : start + length]
    if part and all(character in "昇腾训练" for character in part):
        assert f" {words(part)} " in f" {words(text)} "


def test_a_query_is_phrases_and_quotes_keep_theirs_together() -> None:
    assert phrases('昇腾 "NVIDIA A100" !!') == ["昇 腾", "nvidia a100"]
    assert phrases('"unclosed phrase') == ["unclosed phrase"]
    assert phrases("  ") == []
