"""Where a span stands: its sentence, its table row and heads, its list's lead-in and the headings above it.

Takes a document's text and its reading (markup blanked, same length); gives a `Place` for any offset. Offsets stay
those of the text. Lines are split once; everything else is looked up around the span, so that a document without
chip names costs nothing here.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cached_property
from heapq import merge
from itertools import accumulate, filterfalse, islice
from operator import attrgetter
from typing import NamedTuple

from chipledger.documents.document import line_starts
from chipledger.evidence.extent import CARD_WORDS
from chipledger.evidence.nearness import Nearness
from chipledger.evidence.sweep import Sweep

_SENTENCE_END = re.compile(
    r"[。！？!?；;](?=\s|[^\s!?])|\.(?=\s+[A-Z\u4e00-\u9fff(\[])|\.(?=[ \t]*\r?\n)|\.(?=\s+\d+(?:\.\d+)*\s+[A-Z])|\.$|\n\s*\n"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|resp|fig|sec|eq|no|al|nvidia corp)|\b[A-Z])\.?$", re.I
)
_MARKDOWN_HEADING = re.compile(r"^[ ]{0,3}(#{1,6})[ \t]+(.+?)[ \t#]*$", re.M)
_UNDERLINED = re.compile(r"^(?![ \t|#>*-])([^\n]{2,120})\r?\n([=\-~^\"])\2{2,}[ \t]*\r?$", re.M)
_BOLD_LINE = re.compile(r"^[ \t>]*(?:[-*+] )?(?:\d+[.、] ?)?\*\*([^*\n]{2,80})\*\*[:：]?[ \t]*\r?$", re.M)
_RULES = tuple(f"\n{mark * 3}" for mark in '=-~^"')
_LATEX_TITLE = re.compile(r"\\title(?:\[[^\]\n]{0,100}\])?\{([^{}]{1,200})")
_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})([^`\n]*)$", re.M)
_LIST_ITEM = re.compile(r"^[ \t>]*(?:[-*+•·]|\d{1,3}[.)、]|[（(]\d{1,3}[)）])[ \t]+|^[ \t>]*(?:[-*+])\s")
_TABLE_RULE = re.compile(r"^[ \t>]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\r?$")
_MAX_SENTENCE = 600
_MOST_HEADINGS = 20_000  # of each kind; a text with more is no outline
# A long section is seen through a window that moves by steps, so that its mentions share one text.
_SECTION_STEP = 1_500


class Kind(StrEnum):
    """The sort of block a span stands in."""

    PROSE = "prose"
    LIST = "list"
    TABLE = "table"
    HEADING = "heading"
    CODE = "code"


class Heading(NamedTuple):
    """A heading with its level (1 the highest) and where it begins and ends."""

    level: int
    start: int
    end: int
    words: str


_begin = attrgetter("start")


class Place(NamedTuple):
    """The surroundings of a span, as text; `sentence_start` is the sentence's offset in the document."""

    kind: Kind
    sentence: str
    sentence_start: int
    line: str
    lead: str
    row_head: str
    column_head: str
    heads: str
    headings: tuple[str, ...]
    caption: str
    first_row: bool


class _Row(NamedTuple):
    """What a table's row tells of each of its cells: the table's first line, its heads, the row's own, the caption."""

    top: int
    cells: list[str]
    head: str
    heads: str
    caption: str


def _above_rules(text: str) -> Iterator[int]:
    """Where the lines begin that a line of marks follows."""
    found: list[int] = []
    for rule in _RULES:
        at = text.find(rule) if rule[1] in text else -1
        while at >= 0:
            found.append(at)
            at = text.find(rule, at + 1)
    for at in sorted(found):
        yield text.rfind("\n", 0, at) + 1


def _at_hashes(text: str) -> Iterator[int]:
    """Where the lines begin whose first "#" may be a heading's: at most three characters stand before it."""
    at = text.find("#")
    while at >= 0:
        start = text.rfind("\n", 0, at) + 1
        if at - start <= 3:
            yield start
        ends = text.find("\n", at)
        at = text.find("#", ends) if ends >= 0 else -1


def holding(mark: str, text: str) -> Iterator[int]:
    """Where the lines begin that hold a mark.

    Args:
        mark: without a newline.
        text: any.

    >>> list(holding("#", "a\\n# b\\nc #"))
    [2, 6]
    """
    at = text.find(mark)
    while at >= 0:
        yield text.rfind("\n", 0, at) + 1
        ends = text.find("\n", at)
        at = text.find(mark, ends) if ends >= 0 else -1


def fence_lines(text: str) -> Iterator[int]:
    """Where the lines begin that hold the marks of a fence.

    Args:
        text: of a Markdown file.
    """
    marked = holding("```", text)
    return merge(marked, holding("~~~", text)) if "~" in text and "~~~" in text else marked


def at_lines(line: re.Pattern[str], text: str, starts: Iterable[int]) -> Iterator[re.Match[str]]:
    """The matches of a line's pattern at these starts, none overlapping: what `finditer` gives, without its search.

    Args:
        line: a pattern that begins where lines do.
        text: any.
        starts: where lines begin, in order.
    """
    ends = 0
    for start in starts:
        match = line.match(text, start) if start >= ends else None
        if match:
            ends = match.end()
            yield match


class Layout:
    """The blocks of one document.

    Args:
        text: the decoded text.
        reading: the text with its markup blanked, of the same length.
        format: the document's format ("markdown", "latex", …).
        sweep: the reading, ready to be swept, where it is at hand.
    """

    def __init__(self, text: str, reading: str, format: str, sweep: Sweep | None = None) -> None:
        self.text, self.reading, self.format = text, reading, format
        self._sweep = sweep
        self._chains: dict[int, tuple[str, ...]] = {}
        self._rows: dict[int, _Row] = {}
        self._tops: dict[int, int] = {}
        self.of_hours: frozenset[str] | None = None  # what `unnamed` found of chip-hours, once it was asked

    @cached_property
    def sweep(self) -> Sweep:
        """The reading, ready to be swept."""
        return self._sweep or Sweep(self.reading)

    @cached_property
    def nearness(self) -> Nearness:
        """How near words of each kind stand to a place in the reading."""
        return Nearness(self.reading)

    @cached_property
    def card_words(self) -> list[tuple[int, int]]:
        """Where the reading has a word for cards, or one that may head a column of their counts."""
        return list(self.sweep.spans(CARD_WORDS))

    @cached_property
    def line_starts(self) -> "array[int]":
        """The offset of the first character of each line of the reading (a table row is one line there)."""
        return line_starts(self.reading)

    @cached_property
    def fences(self) -> "array[int]":
        """The bounds of fenced code, opening and closing offsets in turn; an unclosed fence is none."""
        bounds = array("I")
        opened = ""
        for match in at_lines(_FENCE, self.text, fence_lines(self.text)):
            if not opened:
                opened = match[1]
                bounds.append(match.start())
            elif match[1].startswith(opened) and not match[2].strip():
                opened = ""
                bounds.append(match.start())
        return bounds[: len(bounds) - len(bounds) % 2]

    @cached_property
    def headings(self) -> list[Heading]:
        """All headings in order."""
        text, reading = self.text, self.reading
        marked = at_lines(_MARKDOWN_HEADING, reading, self._outside(_at_hashes(reading)))
        found = [Heading(len(m[1]), m.start(), m.end(), m[2]) for m in islice(marked, _MOST_HEADINGS)]
        if self.format in ("rst", "markdown", "text"):
            bold = at_lines(_BOLD_LINE, text, self._outside(holding("**", text)))
            found += [Heading(7, m.start(), m.end(), m[1]) for m in islice(bold, _MOST_HEADINGS)]
            underlined = at_lines(_UNDERLINED, text, _above_rules(text))
            found += [
                Heading(1 if m[2] == "=" else 2, m.start(), m.end(), m[1])
                for m in islice(underlined, _MOST_HEADINGS)
                if "|" not in m[1] and not self.in_code(m.start())
            ]
        return sorted(found, key=_begin)

    def _outside(self, starts: Iterator[int]) -> Iterator[int]:
        """Of these offsets those outside of fenced code."""
        return filterfalse(self.in_code, starts) if self.fences else starts

    @cached_property
    def _heading_starts(self) -> list[int]:
        return [heading.start for heading in self.headings]

    @cached_property
    def _heading_reach(self) -> list[int]:
        """How far the headings reach, up to each of them."""
        return list(accumulate((heading.end for heading in self.headings), max))

    @cached_property
    def title(self) -> str:
        """The words of the first heading, or of the first line."""
        stated = _LATEX_TITLE.search(self.text) if self.format == "latex" else None
        if stated:
            return " ".join(stated[1].split())
        first = min((heading.level for heading in self.headings), default=0)
        for heading in self.headings[:4]:
            if heading.level == first or heading.level == 1:
                return " ".join(heading.words.split())
        return " ".join(self.reading[:400].split("\n", 1)[0].split())[:120]

    def section(self, offset: int) -> str:
        """The words of the section around an offset, from its heading to the next one, or the nearest of them."""
        index = bisect_right(self._heading_starts, offset)
        low = self.headings[index - 1].start if index else 0
        high = self.headings[index].start if index < len(self.headings) else len(self.reading)
        nearest = offset - offset % _SECTION_STEP
        return self.reading[max(low, nearest - _SECTION_STEP) : min(high, nearest + 2 * _SECTION_STEP)]

    def beside(self, offset: int) -> str:
        """The two lines above and the two lines below an offset's own."""
        line = self.line_at(offset)
        return "\n".join(self.line_text(near)[:120] for near in (line - 2, line - 1, line + 1, line + 2))

    def in_code(self, offset: int) -> bool:
        """Whether the offset lies between two code fences."""
        return bool(bisect_right(self.fences, offset) % 2) if self.fences else False

    def line_at(self, offset: int) -> int:
        """The 1-based line of an offset in the reading."""
        return bisect_right(self.line_starts, offset)

    def line_span(self, line: int) -> tuple[int, int]:
        """The offsets of a 1-based line, its line end left out."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] - 1 if line < len(self.line_starts) else len(self.text)
        return start, end

    def line_text(self, line: int) -> str:
        """The reading of a 1-based line, or nothing beyond the ends."""
        if not 1 <= line <= len(self.line_starts):
            return ""
        start, end = self.line_span(line)
        return self.reading[start:end]

    def place(self, start: int, end: int) -> Place:
        """The surroundings of the span [start, end)."""
        line = self.line_at(start)
        line_start, line_end = self.line_span(line)
        words = self.reading[line_start : min(line_end, line_start + 4000)]
        if line_end - line_start > 4000:
            line_start = max(line_start, start - 600)
            words = self.reading[line_start : min(line_end, end + 600)]
        headings = self._headings_above(start)
        if self.in_code(start) and not words.lstrip().startswith("|"):
            return self._plain(Kind.CODE, words, line_start, self._before(line, 3), headings, start)
        if words.count("|") >= 2:
            return self._table(words, line, line_start, start, headings)
        if self._heading_on(start):
            return self._plain(Kind.HEADING, words, line_start, "", headings, start)
        if _LIST_ITEM.match(words):
            return self._prose(Kind.LIST, start, end, line, headings)
        return self._prose(Kind.PROSE, start, end, line, headings)

    def _plain(
        self, kind: Kind, words: str, line_start: int, lead: str, headings: tuple[str, ...], start: int
    ) -> Place:
        return Place(kind, words, line_start, words, lead, "", "", "", headings, "", False)

    def _headings_above(self, offset: int) -> tuple[str, ...]:
        above = bisect_right(self._heading_starts, offset)
        if above and offset < self._heading_reach[above - 1]:
            return self._chain(above, offset)
        if above not in self._chains:
            self._chains[above] = self._chain(above, offset)
        return self._chains[above]

    def _chain(self, above: int, offset: int) -> tuple[str, ...]:
        """The headings over an offset, the nearest first, of the first so many; one that it stands in is not over it."""
        chain: list[str] = []
        level = 99
        for index in range(above - 1, -1, -1):
            heading = self.headings[index]
            if heading.level < level and not (heading.start <= offset < heading.end):
                chain.append(" ".join(heading.words.split())[:160])
                level = heading.level
                if level == 1 or len(chain) == 4:
                    break
        return tuple(chain)

    def _heading_on(self, offset: int) -> bool:
        index = bisect_right(self._heading_starts, offset) - 1
        return index >= 0 and offset < self.headings[index].end

    def _before(self, line: int, most: int) -> str:
        """The nearest lines of words above a line, up to `most` of them."""
        found: list[str] = []
        for above in range(line - 1, max(0, line - 12), -1):
            words = self.line_text(above).strip()
            if words and not words.startswith(("```", "~~~")):
                found.append(words[:300])
                if len(found) == most:
                    break
        return "\n".join(reversed(found))

    def _prose(self, kind: Kind, start: int, end: int, line: int, headings: tuple[str, ...]) -> Place:
        block_start, block_end = self._block(line, kind)
        sentence_start, sentence_end = self._sentence(start, end, block_start, block_end)
        lead = (
            self._lead(line)
            if kind is Kind.LIST
            else self.reading[max(block_start, sentence_start - 250) : sentence_start]
        )
        if not lead.strip():
            lead = self._before(self.line_at(block_start), 1)
        line_start, line_end = self.line_span(line)
        return Place(
            kind,
            self.reading[sentence_start:sentence_end],
            sentence_start,
            self.reading[line_start : min(line_end, line_start + 1200)],
            lead,
            "",
            "",
            "",
            headings,
            "",
            False,
        )

    def _block(self, line: int, kind: Kind) -> tuple[int, int]:
        """The paragraph (or list item with its hanging lines) around a line."""
        first = last = line
        while first > 1 and line - first < 12 and not (kind is Kind.LIST and first == line):
            above = self.line_text(first - 1)
            if not above.strip() or above.lstrip().startswith(("#", "|", "```")):
                break
            first -= 1
            if _LIST_ITEM.match(above):
                break
        while last < len(self.line_starts) and last - line < 12:
            below = self.line_text(last + 1)
            if not below.strip() or _LIST_ITEM.match(below) or below.lstrip().startswith(("#", "|", "```")):
                break
            last += 1
        return self.line_span(first)[0], self.line_span(last)[1]

    def _sentence(self, start: int, end: int, block_start: int, block_end: int) -> tuple[int, int]:
        low = max(block_start, start - _MAX_SENTENCE)
        high = min(block_end, end + _MAX_SENTENCE)
        begin, finish = low, high
        for match in _SENTENCE_END.finditer(self.reading, low, start):
            if not _ABBREVIATION.search(self.reading[max(low, match.start() - 12) : match.start()]):
                begin = match.end()
        for match in _SENTENCE_END.finditer(self.reading, end, high):
            if not _ABBREVIATION.search(self.reading[max(end - 8, match.start() - 12) : match.start()]):
                finish = match.end()
                break
        return begin, finish

    def _lead(self, line: int) -> str:
        """What introduces a list: the parents of the item, then the nearest line above the list."""
        words = self.line_text(line)
        indent = len(words) - len(words.lstrip())
        found: list[str] = []
        for above in range(line - 1, max(0, line - 40), -1):
            candidate = self.line_text(above)
            if not candidate.strip():
                continue
            depth = len(candidate) - len(candidate.lstrip())
            is_item = bool(_LIST_ITEM.match(candidate))
            if is_item and depth >= indent:
                continue
            if not is_item and depth > 0 and depth >= indent:
                continue
            found.append(candidate.strip()[:300])
            indent = depth
            if not is_item:
                break
        return "\n".join(reversed(found[:3]))

    def _table(self, words: str, line: int, line_start: int, start: int, headings: tuple[str, ...]) -> Place:
        row = self._rows.get(line)
        if row is None:
            row = self._rows[line] = self._row(words, line)
        column = words[: start - line_start].count("|")
        head = row.cells[column].strip() if column < len(row.cells) and row.top != line else ""
        return Place(
            Kind.TABLE,
            words,
            line_start,
            words,
            "",
            row.head,
            head[:200],
            row.heads,
            headings,
            row.caption,
            row.top == line,
        )

    def _row(self, words: str, line: int) -> "_Row":
        top = max(self._top(line), line - 200)
        header = self.line_text(top)
        cells = [cell.strip() for cell in words.split("|")]
        head = next((cell for cell in cells if cell), "")
        if not head or not cells[1 if words.lstrip().startswith("|") else 0]:
            head = self._row_head_above(line, top) or head
        heads = header[:600] if top != line else ""
        return _Row(top, header.split("|"), head[:200], heads, self._before(top, 2)[-500:])

    def _top(self, line: int) -> int:
        """The first row of the table that a row stands in; what is known of a row above is not looked for again."""
        top = line
        while top > 1 and self.line_text(top - 1).count("|") >= 2:
            top -= 1
            if top in self._tops:
                top = self._tops[top]
                break
        self._tops[line] = top
        return top

    def _row_head_above(self, line: int, top: int) -> str:
        for above in range(line - 1, top + 1, -1):
            words = self.line_text(above).strip().strip("|")
            first = words.split("|", 1)[0].strip()
            if first and not _TABLE_RULE.match(first):
                return first
        return ""
