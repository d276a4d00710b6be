"""One fast pass over a whole text: re2 on its UTF-8 bytes, spans given in characters.

Takes an expression and a text; gives where it matches. Python's own engine is a hundred times slower on whole
documents and so is used only inside the windows that a sweep finds.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import re2

# An automaton keeps the states it has met until they come to so much, then begins anew. Those of a gigabyte of text
# would come to tens of megabytes in each process; kept or made again, they cost the same time.
_STATES_BYTES = 2 << 20


@cache
def compiled(expression: str) -> Any:
    """The expression as a re2 pattern over bytes, without case."""
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = 64 << 20
    return re2.compile(expression.encode(), options)


def automaton(classes: Iterable[tuple[str, ...]]) -> Any:
    """One automaton that tells, in one pass, which of many classes of expressions stand in a text.

    Args:
        classes: the expressions of each class.

    Returns:
        A compiled re2 Set whose `Match(bytes)` gives the indices of the classes present, or None.

    >>> sorted(automaton([("a+", "b"), ("c",)]).Match(b"xcb"))
    [0, 1]
    """
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = _STATES_BYTES
    every = re2.Set.SearchSet(options)
    for expressions in classes:
        every.Add("|".join(f"(?:{expression})" for expression in expressions))
    every.Compile()
    return every


class Sweep:
    """A text ready to be swept several times; its bytes are made once.

    >>> list(Sweep("用16卡H20训练").spans("[0-9]+"))
    [(1, 3), (5, 7)]
    >>> Sweep("no such thing").holds("GPU")
    False
    """

    __slots__ = ("content", "text")

    def __init__(self, text: str, content: bytes | None = None) -> None:
        self.text = text
        self.content = text.encode("utf-8", "replace") if content is None else content

    def holds(self, expression: str) -> bool:
        """Whether the expression matches anywhere."""
        return compiled(expression).search(self.content) is not None

    def times(self, expression: str) -> int:
        """How many matches there are."""
        return sum(1 for _ in compiled(expression).finditer(self.content))

    def spans(self, expression: str) -> Iterator[tuple[int, int]]:
        """The spans of all matches, in characters, left to right, as they are found."""
        return self.each(compiled(expression))

    def each(self, pattern: Any) -> Iterator[tuple[int, int]]:
        """The spans of all matches of a compiled pattern, in characters, as they are found."""
        found = (match.span() for match in pattern.finditer(self.content))
        return found if len(self.text) == len(self.content) else self._in_characters(found)

    def _in_characters(self, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Byte spans, none overlapping, as spans of characters; only what lies between them is looked at."""
        at = characters = 0
        for start, end in spans:
            begins = characters + len(self.content[at:start].decode("utf-8", "surrogatepass"))
            characters = begins + len(self.content[start:end].decode("utf-8", "surrogatepass"))
            at = end
            yield begins, characters
