"""A document as read: its decoded text, its name and where it came from.

Gives the frozen `Document` that evidence works on, and `Lines`, which turns offsets into line numbers. Offsets are
characters of `text`; nothing here translates newlines, so `text[start:end]` is what the file holds.
"""

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, count, islice
from operator import add

_PIECE_CHARS = (
    1 << 16
)  # a text of newlines alone is split piece by piece, or its lines would take ten times its size


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document, decoded.

    Args:
        document: the name shown to people: the path relative to what was asked for.
        document_id: SHA-256 of the bytes, in hex.
        text: the decoded text without newline translation; of a PDF the pages' texts joined by form feeds.
        format: "markdown", "html", "latex", "pdf", "rst", "json", "jsonl", "shell", "source", "text", …
        encoding: the codec that gave the text; "utf-8 (damaged)" where bytes had to be replaced.
        page_starts: offset of each page of a PDF in `text`; () for everything else.
        commit: full hash of the git commit the bytes were read at.
        path: the path inside the repository, the archive or the folder.
        published_on: the day of the last commit that changed the file.
        seen_on: the day of the commit itself: the words stood there then.
        organisation: owner of the repository.
        project: name of the repository.
        url: where the bytes can be seen by anyone.
        licence: as the source states it.
        fetched_on: the day on which these bytes were first fetched; `seen_on` is then the day of the last look.
        is_page: a web page with whatever surrounds its main content; only that content is evidence.

    >>> page = Document(document="a.pdf", document_id="", text="one\\ftwo", format="pdf", page_starts=(0, 4))
    >>> page.page_of(5)
    (2, 1)
    """

    document: str
    document_id: str
    text: str
    format: str = "text"
    encoding: str = "utf-8"
    page_starts: tuple[int, ...] = ()
    commit: str | None = None
    path: str | None = None
    published_on: date | None = None
    seen_on: date | None = None
    organisation: str | None = None
    project: str | None = None
    url: str | None = None
    licence: str | None = None
    fetched_on: date | None = None
    is_page: bool = False

    def page_of(self, offset: int) -> tuple[int, int] | None:
        """The page of an offset and the offset within that page.

        Args:
            offset: a character offset in `text`.

        Returns:
            (page number from 1, offset in the page's own text), or None where the document has no pages.
        """
        if not self.page_starts:
            return None
        page = bisect_right(self.page_starts, offset)
        return page, offset - self.page_starts[page - 1]


class Lines:
    """The line numbers of a text's offsets; the newlines are found once, each question is a bisection.

    >>> lines = Lines("one\\r\\ntwo\\nthree")
    >>> [lines.line_of(offset) for offset in (0, 4, 5, 9)]
    [1, 1, 2, 3]
    >>> lines.start_of(3)
    9
    """

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        self._starts = line_starts(text)

    def line_of(self, offset: int) -> int:
        """The line of an offset, counted from 1; lines end with "\\n"."""
        return bisect_right(self._starts, offset)

    def start_of(self, line: int) -> int:
        """The offset of a line's first character.

        Args:
            line: the line's number, from 1.
        """
        return self._starts[line - 1]


def line_starts(text: str) -> "array[int]":
    """The offset of the first character of each line.

    >>> list(line_starts("one\\r\\ntwo\\n"))
    [0, 5, 9]
    """
    starts = array("I", [0])
    for first in range(0, len(text), _PIECE_CHARS):
        lines = text[first : first + _PIECE_CHARS].split("\n")
        ends = map(add, accumulate(map(len, lines)), count(first + 1))
        starts.extend(islice(ends, len(lines) - 1))
    return starts
