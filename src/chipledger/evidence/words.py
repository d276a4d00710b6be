"""The words around a chip as features: its neighbours, its sentence, the heads above it.

Takes texts with the names of chips masked; gives names of features such as "na:<chip> for", a pair of words beside
the chip, or "h:results", a word of the heading. A number is "#", whatever it is; text without spaces between words gives
pairs of characters.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from chipledger.evidence.remembered import REMEMBERED_FEATURES

_CHIP, _OTHER = "<chip>", "<other>"
_WORD = re.compile(
    r"(?P<word>[a-z][a-z'’]*(?:-[a-z]+)*)|(?P<number>\d+(?:\.\d+)?)|(?P<sign>[\u3040-\u30ff\u4e00-\u9fff|:?%$~≥>✓✔✅×/=(])|(?P<mask>\x01+)"
)
_SENTENCE_CHARS = 900
_NEAR, _AROUND = 6, 14


@lru_cache(maxsize=REMEMBERED_FEATURES)
def words(text: str) -> tuple[str, ...]:
    """The words of a text, numbers alike, masked names as one.

    >>> words("We used 64 \\x01\\x01\\x01 for 3-shot")
    ('we', 'used', '#', '<other>', 'for', '#', 'shot')
    """
    found = []
    for match in _WORD.finditer(text.lower()):
        kind = match.lastgroup
        found.append("#" if kind == "number" else _OTHER if kind == "mask" else match.group())
    return tuple(found)


def grams(scope: str, found: Iterable[str]) -> list[str]:
    """Each word and each pair of neighbours, once, as features of a place; a single character counts in pairs only.

    >>> grams("h", ("训", "练", "cost"))
    ['h:训 练', 'h:练 cost', 'h:cost']
    """
    row = tuple(found)
    pairs = [f"{scope}:{one} {two}" for one, two in pairwise(row)]
    return [*dict.fromkeys(pairs), *dict.fromkeys(f"{scope}:{one}" for one in row if not _is_character(one))]


def _is_character(word: str) -> bool:
    return len(word) == 1 and "\u3040" <= word <= "\u9fff"


@lru_cache(maxsize=REMEMBERED_FEATURES)
def words_in(scope: str, text: str) -> tuple[str, ...]:
    """The words of a heading, a table's head or a sentence as features; the same text is asked for each chip below or in it."""
    return tuple(grams(scope, words(text[:_SENTENCE_CHARS])))


class Beside:
    """The words beside a chip in its sentence.

    Args:
        masked: the sentence, every chip's name masked.
        at, length: the chip in it.
    """

    __slots__ = ("_after", "_before")

    def __init__(self, masked: str, at: int, length: int) -> None:
        self._before = words(masked[max(0, at - 500) : at])
        self._after = words(masked[at + length : at + length + 400])

    def features(self) -> list[str]:
        """The words and pairs just before, just after, and around."""
        before, after = self._before, self._after
        return [
            *grams("before", (*before[-_NEAR:], _CHIP)),
            *grams("after", (_CHIP, *after[:_NEAR])),
            *grams("around", (*before[-_AROUND:], _CHIP, *after[: _AROUND - 1])),
        ]
