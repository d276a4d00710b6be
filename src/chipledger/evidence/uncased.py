"""Expressions that heed no case, asked of lowered text: Python's engine then knows each first letter and skips ahead.

Takes an expression written in any case; gives a pattern for `lowered` text, two to ten times as fast as the same
expression with the flag that ignores case. `lowered` keeps every character in its place. Most texts hold nothing of most
expressions: a glance (`glance`) tells, and Python's engine is asked of the others.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property

from chipledger.evidence.glance import glance

_CAPITAL = re.compile(r"\\.|\(\?P|[A-Z]", re.S)
# An alternative that begins with a boundary begins with no letter, and one of them is enough for the engine to try
# every place of the text; the same boundary asked behind its letter leaves the letter first.
_BOUNDARY_FIRST = re.compile(r"(^|\||\(\?:|\(\?P<\w+>)\\b([a-z-])(?![?*+{])")


class Uncased:
    """An expression for lowered text that is asked by a glance first; both are made when they are first needed."""

    def __init__(self, small: str) -> None:
        self._small = small
        self.pattern = _BOUNDARY_FIRST.sub(r"\1\2(?<=\\b\2)", small)

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The expression itself."""
        return re.compile(self.pattern)

    @cached_property
    def _glance(self) -> Callable[[bytes], object]:
        looking = glance(self._small)
        return _maybe if looking is None else looking.Match

    def search(self, text: str) -> re.Match[str] | None:
        """The first match in a lowered text, if there is one.

        Args:
            text: lowered.
        """
        try:
            if not self._glance(text.encode()):
                return None
        except UnicodeEncodeError:
            pass  # half a character, of which re2 knows nothing
        return self.compiled.search(text)

    def finditer(self, text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
        """The matches in a stretch of a lowered text.

        Args:
            text: lowered.
            start, end: of the stretch.
        """
        last = len(text) if end is None else end
        try:
            if not self._glance(text[start:last].encode()):
                return iter(())
        except UnicodeEncodeError:
            pass
        return self.compiled.finditer(text, start, last)


def _maybe(content: bytes) -> bool:
    return True


def uncased(expression: str) -> Uncased:
    r"""The expression for lowered text; its own capitals are lowered, its escapes and group names are not.

    >>> uncased(r"(?P<chip>H20)\S").pattern
    '(?P<chip>h20)\\S'
    >>> uncased(r"gpu|\bfps").pattern
    'gpu|f(?<=\\bf)ps'
    """
    return Uncased(
        _CAPITAL.sub(lambda found: found[0] if len(found[0]) > 1 else found[0].lower(), expression)
    )


def lowered(text: str) -> str:
    """The text in lower case, of the same length.

    >>> lowered("İ H20")
    'i h20'
    """
    low = text.lower()
    return low if len(low) == len(text) else "".join(map(_lowered_character, text))


def _lowered_character(character: str) -> str:
    return character.lower()[0]  # İ alone lowers to two: the letter and its dot
