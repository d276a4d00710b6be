"""A quote among the words of its own sentence, cut to what a line can hold; the quote itself is kept whole.

Takes the words before, of and after a quote, as its mention has them; gives the three parts on one line, with an
ellipsis where words are left out. A line's room is counted in cells, of which a Chinese or Japanese character takes two.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

LINE_CELLS = 90
_WORD_CHARS = 16  # a cut is moved to a space at most so far away


@dataclass(frozen=True, slots=True)
class InContext:
    """A quote and what stands around it, on one line."""

    before: str
    quote: str
    after: str

    def __str__(self) -> str:
        return self.before + self.quote + self.after


def in_context(prefix: str, quote: str, suffix: str, cells: int = LINE_CELLS) -> InContext:
    """A quote with as many words around it as there is room for.

    Args:
        prefix: the words before the quote.
        quote: kept whole, however long it is.
        suffix: the words after it.
        cells: the most cells in all, ellipses aside.

    >>> str(in_context("We trained the model on\\n", "64 A100", " GPUs for three weeks, then stopped.", cells=30))
    '… model on 64 A100 GPUs for…'
    >>> str(in_context("", "64 A100", " GPUs"))
    '64 A100 GPUs'
    """
    before, whole, after = _one_line(prefix), _one_line(quote), _one_line(suffix)
    spare = max(cells - cells_of(whole), 0)
    of_before = min(cells_of(before), max(spare // 2, spare - cells_of(after)))
    return InContext(_end_of(before, of_before), whole, _start_of(after, spare - of_before))


def cells_of(words: str) -> int:
    """How many cells of a terminal, or widths of a Latin letter, the words take.

    >>> cells_of("64 A100"), cells_of("预训练")
    (7, 6)
    """
    return len(words) if words.isascii() else sum(map(_cells, words))


def _cells(letter: str) -> int:
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _one_line(words: str) -> str:
    line = " ".join(words.split())
    return (" " if words[:1].isspace() else "") + line + (" " if line and words[-1:].isspace() else "")


def _end_of(words: str, cells: int) -> str:
    if cells_of(words) <= cells:
        return words
    kept = words[len(words) - _letters_in(reversed(words), cells) :]
    space = kept.find(" ", 0, _WORD_CHARS)
    return "…" + (kept[space:] if 0 <= space < len(kept) - 1 else kept)


def _start_of(words: str, cells: int) -> str:
    if cells_of(words) <= cells:
        return words
    kept = words[: _letters_in(words, cells)]
    space = kept.rfind(" ", max(len(kept) - _WORD_CHARS, 0))
    return (kept[:space] if space > 0 else kept) + "…"


def _letters_in(words: Iterable[str], cells: int) -> int:
    """How many letters fit into so many cells."""
    return bisect_right(list(accumulate(map(_cells, words))), cells)
