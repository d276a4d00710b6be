"""A quote among the words of its own sentence, cut to what a line can hold; the quote itself is kept whole.

Takes the words before, of and after a quote, as its mention has them; gives the three parts on one line, with an
ellipsis where words are left out.
"""

from dataclasses import dataclass

LINE_CHARS = 90
_WORD_CHARS = 16  # a cut is moved to a space at most so far away


@dataclass(frozen=True, slots=True)
class InContext:
    """A quote and what stands around it, on one line."""

    before: str
    quote: str
    after: str

    def __str__(self) -> str:
        return self.before + self.quote + self.after


def in_context(prefix: str, quote: str, suffix: str, chars: int = LINE_CHARS) -> InContext:
    """A quote with as many words around it as there is room for.

    Args:
        prefix: the words before the quote.
        quote: kept whole, however long it is.
        suffix: the words after it.
        chars: the most characters in all, ellipses aside.

    >>> str(in_context("We trained the model on\\n", "64 A100", " GPUs for three weeks, then stopped.", chars=30))
    '… model on 64 A100 GPUs for…'
    >>> str(in_context("", "64 A100", " GPUs"))
    '64 A100 GPUs'
    """
    before, whole, after = _one_line(prefix), _one_line(quote), _one_line(suffix)
    spare = max(chars - len(whole), 0)
    of_before = min(len(before), max(spare // 2, spare - len(after)))
    return InContext(_end_of(before, of_before), whole, _start_of(after, spare - of_before))


def _one_line(words: str) -> str:
    line = " ".join(words.split())
    return (" " if words[:1].isspace() else "") + line + (" " if line and words[-1:].isspace() else "")


def _end_of(words: str, chars: int) -> str:
    if len(words) <= chars:
        return words
    kept = words[len(words) - chars :]
    space = kept.find(" ", 0, _WORD_CHARS)
    return "…" + (kept[space:] if 0 <= space < len(kept) - 1 else kept)


def _start_of(words: str, chars: int) -> str:
    if len(words) <= chars:
        return words
    kept = words[:chars]
    space = kept.rfind(" ", max(len(kept) - _WORD_CHARS, 0))
    return (kept[:space] if space > 0 else kept) + "…"
