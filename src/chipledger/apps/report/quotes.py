"""Document text made fit to show: a quote marked among its words, cut to a few lines, nothing able to mislead the eye.

Takes a quote with the words around it; gives the words before, in and after the mark. What was read was written by strangers: control
characters, direction overrides and invisible letters are shown by their code points, so that the page shows what the
file holds. Escaping for HTML is the template's.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from chipledger.findings.context import in_context

QUOTE_CHARS = 400
HEADING_CHARS = 90
_TO_SPACE = re.compile(r"\s+")
_KEPT = "\u200c\u200d\u00ad"  # joiners that scripts need, and the soft hyphen
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co"})


@dataclass(frozen=True, slots=True)
class Marked:
    """A quote among the words around it, the quote marked; the parts together are what is shown."""

    before: str
    mark: str
    after: str


def visible(text: str) -> str:
    """Text on one line, whatever cannot be seen or would reorder its neighbours written as a code point.

    Args:
        text: as it stands in the document.

    >>> visible("64\\n A100\\u202egpj.exe")
    '64 A100⟨U+202E⟩gpj.exe'
    """
    line = _TO_SPACE.sub(" ", text)
    return line if line.isascii() and line.isprintable() else "".join(map(_seen, line))


def _seen(letter: str) -> str:
    is_hidden = unicodedata.category(letter) in _HIDDEN and letter not in _KEPT
    return f"⟨U+{ord(letter):04X}⟩" if is_hidden else letter


def marked(prefix: str, quote: str, suffix: str, chip: str, chars: int = QUOTE_CHARS) -> Marked:
    """A quote among the words of its sentence, the quote marked, all of it cut around the quote where it is long.

    Args:
        prefix: the words before the quote.
        quote: as it stands in the document; one too long to show is cut around the chip's name.
        suffix: the words after it.
        chip: the canonical name; the longest tail of it that the quote holds is kept.
        chars: the most characters to show, one of double width counted as two, ellipses aside.

    >>> marked("pre-trained on ", "512 NVIDIA A100", " GPUs", "NVIDIA A100")
    Marked(before='pre-trained on ', mark='512 NVIDIA A100', after=' GPUs')
    >>> marked("", "x" * 500 + " H20 " + "y" * 500, "", "NVIDIA H20", chars=9)
    Marked(before='…', mark='xx H20 yy', after='…')
    """
    line = visible(quote)
    if len(line) > chars:
        first, last = _around(*_chip_in(line, chip), len(line), chars)
        return Marked(
            "…" if first or prefix else "", line[first:last], "…" if last < len(line) or suffix else ""
        )
    told = in_context(visible(prefix), line, visible(suffix), chars)
    return Marked(told.before, told.quote, told.after)


def _chip_in(line: str, chip: str) -> tuple[int, int]:
    for pattern in _tails(chip):
        found = pattern.search(line)
        if found:
            return found.span()
    return 0, 0


@lru_cache(maxsize=1024)
def _tails(chip: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(words, re.IGNORECASE) for words in _tails_of(chip.split()))


def _tails_of(words: list[str]) -> Iterator[str]:
    for first in range(len(words)):
        yield r"(?<![0-9A-Za-z])" + r"[\s~_-]{0,2}".join(map(re.escape, words[first:])) + r"(?![0-9A-Za-z])"


def _around(start: int, end: int, length: int, chars: int) -> tuple[int, int]:
    if length <= chars:
        return 0, length
    spare = max(chars - (end - start), 0)
    first = max(min(start - spare // 2, length - chars), 0)
    return first, first + chars
