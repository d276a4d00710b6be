"""How much of a document is read for evidence: all of it, but for one that names chips without end.

Takes the text of a document; gives the offset at which reading stops, or None. A document of a million chip names is
no statement about any of them, and every name kept costs a thousand times the bytes it is written in. What is left
unread is told (`Extraction.is_cut`), never passed over in silence.
"""

from dataclasses import replace
from itertools import islice
from typing import Any

from chipledger.catalogue.names import pattern
from chipledger.documents.document import Document
from chipledger.documents.reading import READ_BEFORE_MATCHING, reading_of
from chipledger.evidence.sweep import Sweep, compiled

MOST_NAMES = 10_000
_LEAST_BYTES = 3  # of a name and what stands between it and the next
# Wherever a number may count cards: the words for cards are swept for, the number is sought before each. (One
# expression for both, with its bounded gap, has too many states to be fast.)
CARDS = r"gpu|npu|卡|cards"
# The same, and the words of a head over a column of counts: one sweep finds both.
CARD_WORDS = r"gpus?|npus?|cards?|devices|chips|卡|枚数|台数"
_LINE_CHARS = 4_000
# Each word for cards holds a "p", a "c" or the second byte of 卡; all other bytes.
_NOT_OF_CARDS = bytes(byte for byte in range(256) if byte not in b"pPcC\x8d")


def as_far_as_read(document: Document, raw: bytes) -> tuple[Document, Sweep, bool]:
    """The document and its reading, ready to be swept, as far as it is read for evidence; and whether that is not all of it.

    Args:
        document: the document as read.
        raw: its text in UTF-8.
    """
    first = None
    if document.format not in READ_BEFORE_MATCHING:
        first = unread_from(Sweep(document.text, raw))
        document = document if first is None else replace(document, text=document.text[:first])
    sweep = Sweep(reading_of(document))
    stop = unread_from(sweep)
    if stop is None:
        return document, sweep, first is not None
    return replace(document, text=document.text[:stop]), Sweep(sweep.text[:stop]), True


def unread_from(sweep: Sweep) -> int | None:
    """Where reading stops: behind the line of the last name (or word for cards) that is still read; None at the end.

    Args:
        sweep: the document's text.

    >>> unread_from(Sweep("8 H20, 16 A800\\n" * 20)) is None
    True
    >>> unread_from(Sweep("8 H20\\n" * 30_000))
    60000
    """
    if len(sweep.content) < MOST_NAMES * _LEAST_BYTES:
        return None
    stops = [
        _behind_the_last(sweep, pattern()),
        _behind_the_last(sweep, compiled(CARDS)) if _may_hold_many_cards(sweep) else None,
    ]
    first = min((stop for stop in stops if stop is not None), default=None)
    return None if first is None else _end_of_line(sweep.text, first)


def _may_hold_many_cards(sweep: Sweep) -> bool:
    """Whether words for cards may be more than are read: a count of pieces that each of them holds."""
    if len(sweep.content.translate(None, _NOT_OF_CARDS)) <= MOST_NAMES:
        return False
    low = sweep.content.lower()
    return low.count(b"pu") + low.count(b"card") + low.count("卡".encode()) > MOST_NAMES


def _behind_the_last(sweep: Sweep, expression: Any) -> int | None:
    """The end of the last match that is read, where more follow."""
    if next(islice(expression.finditer(sweep.content), MOST_NAMES, None), None) is None:
        return None  # nearly always: no span need be turned into characters
    return next(islice(sweep.each(expression), MOST_NAMES - 1, None))[1]


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at, at + _LINE_CHARS)
    return at if end < 0 else end + 1
