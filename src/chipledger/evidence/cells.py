"""The cells of tables under a head that fits, by column and by row, in Markdown, HTML, LaTeX and grids of text.

Takes a layout and what a head must say; gives each cell with its words, its head and its row.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from chipledger.evidence.layout import Layout
from chipledger.evidence.quantity import hours_in


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: [start, end) and its words, its head and where that stands, its row and the row's head."""

    start: int
    end: int
    words: str
    head: str
    head_at: tuple[int, int]
    row: tuple[int, int]
    row_head: str


def cells_under(
    layout: Layout, heads: Iterable[tuple[int, int]], fits: Callable[[str], object]
) -> Iterator[Cell]:
    """The cells under a head that matches, and, where such a head begins a row of fitting cells, that row's.

    Args:
        layout: the document's layout.
        heads: the spans of what heads may say.
        fits: what a cell must hold for its row to be one of values.
    """
    if "|" not in layout.reading:
        return
    done: set[tuple[int, int]] = set()
    for found in (
        (start for start, _ in heads) if layout.format == "latex" else _in_rows(layout.reading, heads)
    ):
        start, end = row_around(layout, found)
        column = layout.reading.count("|", start, min(found, start + ROW_CHARS))
        if end - start > ROW_CHARS or (start, column) in done or "|" not in layout.reading[start:end]:
            continue
        done.add((start, column))
        row = _row(layout, start, end)
        head = row[column]
        values = [cell for cell in row[column + 1 :] if cell[2]]
        if values and all(fits(cell[2]) for cell in values) and not any(cell[2] for cell in row[:column]):
            yield from (Cell(*cell, head[2], head[:2], (start, end), head[2]) for cell in values)
        elif _stands_on_top(layout, start) and not any(hours_in(head[2], [])):
            yield from _column_below(layout, end, (column, len(row)), head)


def _in_rows(reading: str, heads: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Where those begin that stand in a line with a "|"."""
    prose_ends = -1
    for start, _ in heads:
        if start < prose_ends:
            continue
        ends = reading.find("\n", start)
        ends = len(reading) if ends < 0 else ends
        if reading.find("|", reading.rfind("\n", 0, start) + 1, ends) < 0:
            prose_ends = ends
        else:
            yield start


ROW_CHARS = 4_000
_MOST_HEAD_ROWS = 2
MOST_ROWS = 80
_LATEX_OPENS = r"\\begin\{(?!table\*?\})[a-zA-Z]*(?:tab|tblr)[^\n]*"
_LATEX_CLOSES = re.compile(r"\\end\{(?!table\*?\})[a-zA-Z]*(?:tab|tblr)")
_LATEX_ROW_END = re.compile(
    r"\\\\(?:\[[^\]\n]{0,20}\])?[ \t]*(?=\n|%|\\[a-z]*rule|\\hline|\\end|\Z)|\\tabularnewline|" + _LATEX_OPENS
)
_RULE = re.compile(r"[ \t>]*[+=:\-][+=:\- \t]*")


def row_around(layout: Layout, at: int) -> tuple[int, int]:
    """The row of a table around an offset: a line, or in LaTeX what stands between two ends of rows."""
    if layout.format != "latex":
        return layout.line_span(layout.line_at(at))
    before = list(_LATEX_ROW_END.finditer(layout.text, max(0, at - ROW_CHARS), at))
    after = _LATEX_ROW_END.search(layout.text, at, at + ROW_CHARS)
    if not before or not after:
        return layout.line_span(layout.line_at(at))
    return before[-1].end(), after.start()


def _rows_below(layout: Layout, end: int) -> Iterator[tuple[int, int]]:
    """The rows that follow one that ends there, to the table's end."""
    if layout.format == "latex":
        closes = _LATEX_CLOSES.search(layout.text, end)
        last = closes.start() if closes else end
        ends = [row.end() for row in _LATEX_ROW_END.finditer(layout.text, end, last)]
        yield from islice(pairwise(ends), MOST_ROWS)
        return
    line = layout.line_at(end) + 1
    while line <= min(layout.line_at(end) + MOST_ROWS, len(layout.line_starts)):
        start, stop = layout.line_span(line)
        words = layout.reading[start : min(stop, start + ROW_CHARS)]
        if "|" in words:
            yield start, stop
        elif not _RULE.fullmatch(words):
            return
        line += 1


def _row(layout: Layout, start: int, end: int) -> list[tuple[int, int, str]]:
    """The cells of a row, each as its span without blanks and its words."""
    at = start
    cells = []
    for cell in layout.reading[start : min(end, start + ROW_CHARS)].split("|"):
        first = at + len(cell) - len(cell.lstrip())
        words = cell.strip()
        cells.append((first, first + len(words), words))
        at += len(cell) + 1
    return cells


def _stands_on_top(layout: Layout, start: int) -> bool:
    """Whether no more than a row or two of a table, such as heads over heads, stand above a row."""
    if layout.format == "latex":
        ends = [row[0] for row in _LATEX_ROW_END.finditer(layout.text, max(0, start - ROW_CHARS), start)]
        return any(row.startswith("\\begin") for row in ends[-_MOST_HEAD_ROWS - 1 :])
    line = layout.line_at(start)
    return any("|" not in layout.line_text(line - above - 1) for above in range(_MOST_HEAD_ROWS + 1))


def _column_below(
    layout: Layout, end: int, column: tuple[int, int], head: tuple[int, int, str]
) -> Iterator[Cell]:
    """The cells under a head, given its column and the columns of its row.

    A row of more cells than the heads have is counted from its right: spans over rows and columns stand on the left.
    """
    index, heads = column
    for low, high in _rows_below(layout, end):
        row = _row(layout, low, high)
        at = index + max(0, len(row) - heads)
        if at < len(row) and row[at][2]:
            row_head = next((cell[2] for cell in row if cell[2]), "")
            yield Cell(*row[at], head[2], head[:2], (low, high), row_head)
