"""Names found by Hyperscan where it is installed (`pip install chipledger[fast]`): the same spans as re2's, three times as fast.

Takes the compiled expression and the pieces that its matches cannot be without; gives a finder with re2's own methods.
Hyperscan looks for the pieces, many bytes at a time, and re2 reads what stands around them, all of it at once. So what
is found is re2's answer; Hyperscan says only what re2 need not read.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from importlib import import_module
from typing import Any, NamedTuple


def _loaded() -> Any:
    try:
        return import_module("hyperscan")
    except ImportError:
        return None  # an extra


hyperscan: Any = _loaded()
IS_INSTALLED = hyperscan is not None
# Its tables take a seventh of a second to make, which is what they save on so many bytes.
PAYS_BYTES = 128 << 20

# What stands before a name that begins in ASCII: a boundary, the sign of a count ("8x"), or a maker's hyphen.
_BEFORE = r"(?:\b|[x*_-])"
_BETWEEN = "(?:[-_ ]|\u00a0)?"
_RARE_BYTES = 4
# re2 without case takes the Kelvin sign for a k and the long s for an s; where one stands, it is asked alone.
_OTHER_LETTERS = ("\u212a", "\u017f")
# So many pieces in one text speak for a table or for nonsense; either way asking about each of them costs more than
# reading on by re2 alone, which takes the same time whatever a text holds.
_MOST_PIECES = 4_096
_FIRST_PIECES = 8


def pieces_of(spellings: Iterable[Sequence[str]]) -> list[str]:
    """Expressions of which one matches in every printed spelling, few of them and few of their matches anything else.

    Args:
        spellings: the parts of each, as listed; a separator may stand between two of them or not.

    >>> print(*pieces_of([["GeForce", "GTX1080"], ["L4"], ["TPU", "v4"], ["TPU", "v4i"]]))
    gtx1080 (?:\\b|[x*_-])l4 (?:\\b|[x*_-])tpu(?:[-_ ]|\u00a0)?(?:v4)
    """
    rare: set[str] = set()
    begun: dict[str, set[str]] = defaultdict(set)
    for spelling in spellings:
        parts = [part.lower() for part in spelling]
        if told := [part for part in parts if _is_rare(part)]:
            rare.add(max(told, key=len))
        else:
            begun[parts[0]].add(parts[1] if len(parts) > 1 else "")
    alone = [
        re.escape(part) for part in sorted(rare) if not any(other != part and other in part for other in rare)
    ]
    return alone + [_beginning(first, seconds) for first, seconds in sorted(begun.items())]


def _is_rare(part: str) -> bool:
    """Whether a part of a name is hardly ever anything else: "a100", not "instinct" and not "1080"."""
    mixes = any(letter.isdigit() for letter in part) and any(letter.isalpha() for letter in part)
    return len(part.encode()) >= _RARE_BYTES and (mixes or not part.isascii())


def _beginning(first: str, seconds: set[str]) -> str:
    """The beginning of the spellings that begin with the same part."""
    begins = (_BEFORE if first[0].isascii() else "") + re.escape(first)
    shortest = [
        part
        for part in sorted(seconds)
        if not any(part != other and part.startswith(other) for other in seconds)
    ]
    return begins if shortest == [""] else f"{begins}{_BETWEEN}(?:{'|'.join(map(re.escape, shortest))})"


class Found(NamedTuple):
    """A match, with the methods of re2's that are asked for."""

    first: int
    last: int
    content: bytes

    def span(self) -> tuple[int, int]:
        """Where it begins and ends."""
        return self.first, self.last

    def group(self) -> bytes:
        """What matched."""
        return self.content[self.first : self.last]


class FastNames:
    """Finds what an expression matches, with re2's methods and answers.

    Args:
        exact: the expression, compiled by re2; it matches no newline.
        pieces: expressions one of which lies in every match.
        longest_bytes: no match is longer.
        pays_bytes: by re2 alone until so much was read.
    """

    def __init__(
        self, exact: Any, pieces: Iterable[str], longest_bytes: int, pays_bytes: int = PAYS_BYTES
    ) -> None:
        self._exact, self._expressions = exact, (*_OTHER_LETTERS, *pieces)
        self._pays_bytes, self._read_bytes = pays_bytes, 0
        # Far enough around a piece that what the edge cuts off or lays bare cannot touch the name that holds the piece.
        self._around = 2 * longest_bytes + 2

    @property
    def pattern(self) -> bytes:
        """The expression."""
        pattern: bytes = self._exact.pattern
        return pattern

    def match(self, content: bytes) -> Any:
        """The match at the beginning of the bytes, or None."""
        return self._exact.match(content)

    def search(self, content: bytes) -> Any:
        """The first match in the bytes, or None."""
        return (
            next(self._found(content, _FIRST_PIECES), None)
            if self._pays(content)
            else self._exact.search(content)
        )

    def finditer(self, content: bytes) -> Iterator[Any]:
        """The matches in the bytes, none overlapping, left to right."""
        return self._found(content, _MOST_PIECES) if self._pays(content) else self._exact.finditer(content)

    def _pays(self, content: bytes) -> bool:
        if self._read_bytes < self._pays_bytes:
            self._read_bytes += len(content)
            return False
        return self._database is not None

    @cached_property
    def _database(self) -> Any:
        """Hyperscan's tables; None on a machine that it cannot work on."""
        expressions = [expression.encode() for expression in self._expressions]
        flags = [hyperscan.HS_FLAG_CASELESS] * len(expressions)
        try:
            made = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            made.compile(expressions=expressions, ids=range(len(flags)), elements=len(flags), flags=flags)
        except hyperscan.error:
            return None
        return made

    def _found(self, content: bytes, most: int) -> Iterator[Any]:
        ends: list[int] = []  # of pieces
        if self._has_all(content, ends, most):
            yield from self._among(content, ends)
            return
        done = ends[-1] if ends else 0
        for found in self._among(content, ends):
            yield found
            done = max(done, found.last)
        yield from self._exact.finditer(content, done)

    def _has_all(self, content: bytes, ends: list[int], most: int) -> bool:
        """Note where pieces end, and tell whether these are all; none is noted where letters stand that fold into ASCII."""

        def at_piece(kind: int, start: int, end: int, flags: int, context: object) -> bool:
            if kind < len(_OTHER_LETTERS):
                ends.clear()
                return True
            ends.append(end)
            return len(ends) >= most

        try:
            self._database.scan(content, match_event_handler=at_piece)
        except hyperscan.ScanTerminated:
            return False
        except hyperscan.error:  # another thread uses the tables
            ends.clear()
            return False
        return True

    def _among(self, content: bytes, ends: list[int]) -> Iterator[Found]:
        """The matches in which a piece ends."""
        if not ends:
            return
        stretches = _stretches(ends, self._around)
        read = b"\n".join([content[low:high] for low, high in stretches])
        piece = stretch = shift = past = 0
        for match in self._exact.finditer(read):
            first, last = match.span()
            while first >= past:
                low, high = stretches[stretch]
                shift, past = low - past, past + min(high, len(content)) - low + 1
                stretch += 1
            first, last = first + shift, last + shift
            while piece < len(ends) and ends[piece] <= first:
                piece += 1
            if piece == len(ends):
                return
            if ends[piece] <= last:
                yield Found(first, last, content)


def _stretches(ends: list[int], around: int) -> list[tuple[int, int]]:
    """What lies around the pieces, each byte once.

    >>> _stretches([5, 30, 33, 90], 10)
    [(0, 15), (20, 43), (80, 100)]
    """
    low, high = max(0, ends[0] - around), ends[0] + around
    found = []
    for end in ends:
        if end - around > high:
            found.append((low, high))
            low = end - around
        high = end + around
    return [*found, (low, high)]
