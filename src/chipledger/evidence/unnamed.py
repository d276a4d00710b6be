"""Statements that name no chip: cards counted, cells of counts and chip-hours in tables, chip-hours in prose and in a PDF's lines.

Takes a layout and the spots of a document; gives where each stands, whose chip it is of (its row's, its head's, the one named before, or
none that is known) and the number. What a statement is for is weighed elsewhere.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Any

from chipledger.catalogue.names import Ambiguity, Name
from chipledger.evidence.cells import MOST_ROWS, ROW_CHARS, Cell, cells_under, row_around
from chipledger.evidence.layout import Kind, Layout
from chipledger.evidence.quantity import (
    HOURS_HEADS,
    PRODUCT_HEADS,
    hours_head,
    hours_in,
    hours_in_cell,
    is_product_unit,
    masked,
    number,
    product_head,
    product_in_cell,
)
from chipledger.evidence.spots import Spot, beginning_in, distance, lying_in
from chipledger.evidence.sweep import automaton

UNNAMED_GPU = Name(name="GPU (unspecified)", ambiguity=Ambiguity.PLAIN, spellings=())
UNNAMED_NPU = Name(name="NPU (unspecified)", ambiguity=Ambiguity.PLAIN, spellings=())
_NUMBER_BEFORE = re.compile(r"(?:\d|two|four|eight|sixteen|单|两|四|八)[^\n|]{0,40}\Z", re.I)
_A_NUMBER = re.compile(r"\d|two|four|eight|sixteen|单|两|四|八")  # of small letters; most windows hold none
_NUMBER_CHARS = 48
_COUNTED_CARDS = re.compile(
    r"(?<![A-Za-z0-9_.,$\-])(?P<a>\d{1,3}(?:,\d{3})+|\d{1,6}|two|four|eight|sixteen|单|两|四|八)(?: ?[x×*] ?(?P<b>\d{1,3}))? ?"
    r"(?:x|×|\*|张|張|块|塊|个|枚|台|片)? ?(?:(?:nvidia|high-end|\d{2,3} ?gb?) ){0,2}(?P<unit>gpus?|npus?|张?卡|显卡|cards)(?![A-Za-z\-])(?![ ·]?(?:小?时|時間|hours?|hrs?\b|days?|天))"
    r"|(?P<n>\d{1,4}) (?:nodes?|machines?)[^.\n\d]{0,25}?(?P<m>\d{1,2}) (?P<unit2>gpus?|npus?)(?![A-Za-z\-])",
    re.I,
)
_TOTAL = re.compile(r"\W*(?:total|sum|合计|总计|合計)\b", re.I)
_COUNT_CELL = re.compile(
    r"(?:#|no\.?|num(?:ber)?\.?|total|n)?[ _]*(?:of )?(?:[\w\-]{1,12} ){0,2}(?:gpus|npus|cards|devices|chips)(?: used)?(?: ?\([^()]{1,24}\))?"
    r"|(?:#|num(?:ber)?\.?|no\.?)[ _]*(?:of )?(?:[\w\-]{1,12} )?(?:gpu|npu|card|device|chip)"
    r"|(?:gpu|npu|显卡|加速卡)?[ _]?(?:卡数|数量|卡数量|count|num|枚数|台数|数|#)(?: ?[(（][^()（）]{1,24}[)）])?",
    re.I,
)
_CARD_HOURS = (
    r"(?:gpu|npu|tpu|accelerator|卡)s?[ \-·]*\n?[ ]*(?:training )?(?:hours?|hrs?\b|h\b|days?|小时|时|天|時間)"
)


_OF_HOURS = (HOURS_HEADS, PRODUCT_HEADS, _CARD_HOURS)


@cache
def _of_hours_automaton() -> Any:
    return automaton((expression,) for expression in _OF_HOURS)


def _of_hours(layout: Layout) -> frozenset[str]:
    """Which of the expressions for chip-hours stand in the reading, in one pass: most documents hold none."""
    if layout.of_hours is None:
        found = _of_hours_automaton().Match(layout.sweep.content) or ()
        layout.of_hours = frozenset(map(_OF_HOURS.__getitem__, found))
    return layout.of_hours


def may_count(text: str, start: int) -> int | None:
    """Where a number stands before a word for cards, or None.

    Args:
        text: any.
        start: where the word begins in it.

    >>> may_count("on 8 fast cards", 10), may_count("fast cards", 5) is None
    (3, True)
    """
    low = max(0, start - _NUMBER_CHARS)
    if not _A_NUMBER.search(text[low:start].lower()):
        return None
    number_before = _NUMBER_BEFORE.search(text, low, start)
    return number_before.start() if number_before else None


def _windows(layout: Layout) -> Iterator[re.Match[str]]:
    """The counts of cards in a text, each looked at only where a sweep saw one."""
    reading = layout.reading
    ends = 0
    for word, end in _cards(layout):
        start = may_count(reading, word)
        if start is None:
            continue
        for match in _COUNTED_CARDS.finditer(reading, max(ends, start - 12), end + 24):
            if match.start() >= ends and match.start() < end:
                ends = match.end()
                yield match


def _cards(layout: Layout) -> Iterator[tuple[int, int]]:
    """The words for cards among the layout's: what a sweep for `CARDS` finds."""
    for start, end in layout.card_words:
        word = layout.reading[start:end].lower()
        if word.startswith(("gpu", "npu")):
            yield start, start + 3
        elif word == "卡" or (word.startswith("card") and len(word) == 5):
            yield start, end


_NAME_CHARS = 200  # no printed name is longer


def counted_cards(layout: Layout, named: list[Spot]) -> Iterator[tuple[Spot, int]]:
    """Counts of cards with no chip's name beside them; the sentence's own chip is theirs, else none is.

    Args:
        layout: of the document.
        named: its spots, in the order of the text.
    """
    reading = layout.reading
    for match in _windows(layout):
        count = _card_count(match)
        if _EACH.search(reading, max(0, match.start() - 12), match.start()):
            continue
        beside = beginning_in(named, match.start() - 14 - _NAME_CHARS, match.end() + 14)
        if not count or any(spot.end > match.start() - 14 for spot in beside):
            continue
        place = layout.place(match.start(), match.end())
        if place.kind is Kind.CODE:
            continue
        ends = place.sentence_start + len(place.sentence)
        chips = list(lying_in(named, place.sentence_start, ends))
        unit = (match["unit"] or match["unit2"]).lower()
        name = UNNAMED_NPU if unit.startswith("npu") else UNNAMED_GPU
        if chips:
            name = min(
                chips, key=lambda spot: distance(spot.start, spot.end, match.start(), match.end())
            ).name
        yield Spot(match.start(), match.end(), name, reading[match.start() : match.end()]), count


_EACH = re.compile(r"(?:每(?:台|机|個|个)?(?:服务器|节点|机器)?|[×x*]|\beach(?: with)?|\bper|各)[ ]?$", re.I)


def _card_count(match: re.Match[str]) -> int | None:
    a, b = (match["n"], match["m"]) if match["n"] else (match["a"], match["b"])
    first = number(a)
    return first * int(b) if first and b else first


def stated_cells(layout: Layout, named: list[Spot]) -> Iterator[tuple[Cell, int | None, float]]:
    """Cells that state chip-hours, under a head of that unit or of a product of cards and time: the cards and the hours.

    Args:
        layout: of the document.
        named: its spots, in the order of the text.
    """
    for heads in (HOURS_HEADS, PRODUCT_HEADS) if "|" in layout.reading else ():
        if heads not in _of_hours(layout):
            continue
        for cell in cells_under(layout, layout.sweep.spans(heads), _is_amount):
            unit = (hours_head if heads is HOURS_HEADS else product_head)(cell.head)
            if unit is None or _TOTAL.match(cell.row_head):
                continue
            spans = [
                (spot.start - cell.start, spot.end - cell.start)
                for spot in lying_in(named, cell.start, cell.end)
            ]
            words = masked(cell.words, spans)
            product = product_in_cell(words, unit)
            amount = hours_in_cell(words) if heads is HOURS_HEADS or is_product_unit(cell.head) else None
            if product:
                yield cell, *product
            elif amount:
                yield cell, None, round(amount * unit, 6)


def _is_amount(words: str) -> bool:
    return hours_in_cell(words) is not None or product_in_cell(words, 1.0) is not None


def count_cells(layout: Layout, named: list[Spot]) -> Iterator[tuple[Spot, int]]:
    """Numbers under a head such as "#GPUs" in rows that name no chip: theirs is the head's or the page's.

    Rows of nothing but numbers are one run at several sizes; of those the largest counts, as of any range.

    Args:
        layout: of the document.
        named: its spots, in the order of the text.
    """
    fitting = (
        cell for cell in cells_under(layout, layout.card_words, number) if _COUNT_CELL.fullmatch(cell.head)
    )
    for _, column in groupby(fitting, key=lambda cell: cell.head_at):
        counted = [(number(cell.words) or 0, cell) for cell in column if len(cell.words) < 8]
        largest = max((count for count, _ in counted), default=0)
        for count, cell in counted:
            chip = _chip_of_count(layout, cell, named) if count else None
            if chip and (count == largest or _names_a_subject(layout, cell)):
                yield Spot(cell.start, cell.end, chip, layout.text[cell.start : cell.end]), count


def _chip_of_count(layout: Layout, cell: Cell, named: list[Spot]) -> Name | None:
    """The chip that a count in a table is of; none where its row names one itself or the heads name several."""
    heads = beginning_in(named, *row_around(layout, cell.head_at[0]))
    if any(beginning_in(named, *cell.row)) or len({spot.name.name for spot in heads}) > 1:
        return None
    if _INSTANCE.search(layout.reading, cell.row[0], min(cell.row[1], cell.row[0] + ROW_CHARS)):
        return None  # a cloud's instance type has a chip of its own
    return chip_of_cell(cell, named)


def _names_a_subject(layout: Layout, cell: Cell) -> bool:
    """Whether a row says what it is about: a model, its size, a stage or a system."""
    low, high = cell.row
    row = layout.reading[low : cell.start] + layout.reading[cell.end : min(high, low + ROW_CHARS)]
    return cell.row != row_around(layout, cell.head_at[0]) and _SUBJECT.search(row) is not None


_INSTANCE = re.compile(r"\w\.\d*x?large\b|\bstandard_n|highgpu|megagpu", re.I)
_SUBJECT = re.compile(
    r"(?!true\b|false\b|none\b|off\b|yes\b|n/a\b)\b[a-z][a-z]{2,}|\d(?:\.\d+)?b\b|[\u4e00-\u9fff\u30a0-\u30ff]{2,}",
    re.I,
)


def unnamed_hours(layout: Layout, named: list[Spot]) -> Iterator[tuple[Spot, float]]:
    """Chip-hours in prose with no chip in the sentence: theirs is the one named shortly before, else none is known.

    Args:
        layout: of the document.
        named: its spots, in the order of the text.
    """
    ends = 0
    for start, end in layout.sweep.spans(_CARD_HOURS) if _CARD_HOURS in _of_hours(layout) else ():
        if start < ends or not _NUMBER_BEFORE.search(layout.reading, max(0, start - _NUMBER_CHARS), start):
            continue
        place = layout.place(start, end)
        last = place.sentence_start + len(place.sentence)
        if place.kind in (Kind.CODE, Kind.TABLE) or any(beginning_in(named, place.sentence_start, last)):
            continue
        for hours in hours_in(place.sentence.replace("\n", " ")[:2000], []):
            first, ends = place.sentence_start + hours.start, place.sentence_start + hours.end
            before = [
                spot.name
                for spot in beginning_in(named, first - _NAMED_BEFORE, first)
                if not spot.name.is_family
            ]
            if hours.gpu_hours > 1 and not _RATE_BEHIND.match(layout.reading, ends):
                printed = layout.text[first:ends]
                yield (
                    Spot(first, ends, before[-1] if before else unnamed_chip(printed), printed),
                    hours.gpu_hours,
                )
        ends = max(ends, last)


def flat_hours(layout: Layout, named: list[Spot]) -> Iterator[tuple[Spot, float]]:
    """Chip-hours in the tables of a PDF, whose cells stand in lines of words: a row "GPU Hours 1,200 4,600", or the
    last amounts of the lines below heads that end in "GPU Hours".

    Args:
        layout: of the document.
        named: its spots, in the order of the text.
    """
    for found, ends in layout.sweep.spans(HOURS_HEADS) if HOURS_HEADS in _of_hours(layout) else ():
        line = layout.line_at(found)
        start, end = layout.line_span(line)
        unit = hours_head(layout.reading[found:ends])
        before, after = layout.reading[start:found].strip(), layout.reading[ends:end].strip()
        if unit is None or end - start > ROW_CHARS:
            continue
        if after and not before.strip("Ttoal ") and _AMOUNTS.fullmatch(after):
            stated = [match.span() for match in _AMOUNT.finditer(layout.reading, ends, end)]
        elif before and not after and not _SENTENCE.search(before):
            stated = list(_last_amounts(layout, line))
        else:
            continue
        for first, last in stated:
            amount = hours_in_cell(layout.reading[first:last])
            before_it = [
                spot.name
                for spot in beginning_in(named, first - _PAGE_CHARS, first)
                if not spot.name.is_family
            ]
            if amount:
                chip = before_it[-1] if before_it else unnamed_chip(layout.reading[found:ends])
                yield Spot(first, last, chip, layout.text[first:last]), round(amount * unit, 6)


def _last_amounts(layout: Layout, line: int) -> Iterator[tuple[int, int]]:
    """The last amounts of the lines below one, as long as they hold several."""
    for below in range(line + 1, min(line + MOST_ROWS, len(layout.line_starts) + 1)):
        start, end = layout.line_span(below)
        amounts = list(_AMOUNT.finditer(layout.reading, start, min(end, start + ROW_CHARS)))
        if len(amounts) < 2 or layout.reading[amounts[-1].end() : end].strip():
            return
        yield amounts[-1].span()


_AMOUNT = re.compile(r"(?<![\w.,])[~≈]?\d[\d,]*(?:\.\d+)?[kKMTB]?(?: \([×x]?[\d.]+\))?(?![\w,])")
_AMOUNTS = re.compile(rf"(?:{_AMOUNT.pattern}\s*)+")
_SENTENCE = re.compile(r"[.,;:。，]")
_RATE_BEHIND = re.compile(
    r"[ `*\"]*(?:/|per |a |each |every )[ ]?(?:week|day|month|user|year|周|天|月)", re.I
)
_NAMED_BEFORE = 600


def unnamed_chip(words: str) -> Name:
    """The chip of words that name none: a GPU or an NPU, which one is not known.

    >>> unnamed_chip("8 NPUs").name
    'NPU (unspecified)'
    """
    return UNNAMED_NPU if "npu" in words.lower() else UNNAMED_GPU


def chip_of_cell(cell: Cell, named: list[Spot]) -> Name | None:
    """The chip of a cell: its row's, its head's, the one named last before it, or the page's only or nearest one.

    Args:
        cell: a cell of a table.
        named: the document's spots.
    """
    for low, high in (cell.row, cell.head_at):
        beside = next(beginning_in(named, low, high), None)
        if beside:
            return beside.name
    before = list(beginning_in(named, cell.start - _PAGE_CHARS, cell.start))
    after = list(beginning_in(named, cell.end, cell.end + _PAGE_CHARS))
    for family in (False, True):
        near = [spot.name for spot in (*after[::-1], *before) if spot.name.is_family is family]
        if near:
            return near[-1]
    return None


_PAGE_CHARS = 6_000
