"""Text to the words that the ledger's full-text index holds; the same function serves what is stored and what is asked.

Chinese, Japanese and Korean write without spaces, and a tokenizer that splits on spaces loses 昇腾 inside a sentence
and even the A100 that stands glued to it. So each such character is a word of its own, and a phrase of them is found
wherever it stands. Widths and case are folded: Ｈ２０, h20 and H20 are one word.
"""

import re
import unicodedata

_CJK = (
    "\u3005-\u3007"  # 々 〆 〇
    "\u3040-\u30ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
    "\uac00-\ud7af"  # Hangul
    "\U00020000-\U0003ffff"  # Han, the rarer planes
)
_WORD = re.compile(f"[{_CJK}]|[^\\W_{_CJK}]+")
_LATIN_WORD = re.compile("[a-z0-9]+")
_ASKED = re.compile(r'"([^"]*)"?|(\S+)')


def words(text: str) -> str:
    """The words of a text, in order, with a space between.

    Args:
        text: any text.

    Returns:
        Folded words; every Chinese, Japanese or Korean character is one.

    >>> words("使用16卡Ｈ２０训练")
    '使 用 16 卡 h20 训 练'
    >>> words("8x NVIDIA A100-80GB")
    '8x nvidia a100 80gb'
    """
    if text.isascii():
        return " ".join(_LATIN_WORD.findall(text.lower()))
    found = " ".join(_WORD.findall(text.lower()))
    if unicodedata.is_normalized("NFKC", found):
        return found
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).lower()))


def phrases(query: str) -> list[str]:
    """The phrases that a query asks for, all of which must be found.

    Args:
        query: terms apart by spaces; a term in double quotes may hold spaces.

    Returns:
        Each term as `words` gives it; terms without a word are dropped.

    >>> phrases('昇腾 "NVIDIA A100"')
    ['昇 腾', 'nvidia a100']
    """
    asked = (quoted or bare for quoted, bare in _ASKED.findall(query))
    return [phrase for phrase in map(words, asked) if phrase]
