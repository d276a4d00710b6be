"""One fast pass over a whole text: re2 on its UTF-8 bytes, spans given in characters.

Takes an expression and a text; gives where it matches. Python's own engine is a hundred times slower on whole
documents and so is used only inside the windows that a sweep finds.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import re2

from chipledger.documents.document import offsets_of


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
    options.max_mem = 64 << 20
    every = re2.Set.SearchSet(options)
    for expressions in classes:
        every.Add("|".join(f"(?:{expression})" for expression in expressions))
    every.Compile()
    return every


class Sweep:
    """A text ready to be swept several times; its bytes are made once.

    >>> Sweep("用16卡H20训练").spans("[0-9]+")
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

    def spans(self, expression: str) -> list[tuple[int, int]]:
        """The spans of all matches, in characters, left to right."""
        return self.spans_of(compiled(expression))

    def spans_of(self, pattern: Any) -> list[tuple[int, int]]:
        """The spans of all matches of a compiled pattern, in characters."""
        found = [match.span() for match in pattern.finditer(self.content)]
        offsets = offsets_of(self.text, [offset for span in found for offset in span], self.content)
        return list(zip(offsets[::2], offsets[1::2], strict=True))
