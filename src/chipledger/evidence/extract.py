"""A document to its mentions: `extract(document)`, the pure function that every runner calls.

Takes a Document; gives its DocumentFacts and its Mentions in order. First every candidate is found (a chip's name, a
count of unnamed cards, a cell of GPU-hours) with its place, numbers and features; then the purposes are weighed
together, because the statements that one document makes of one chip explain one another.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple

from chipledger.catalogue.chip import chip_ids
from chipledger.catalogue.names import chips_of, expression
from chipledger.core.records import DocumentFacts, Mention, Purpose
from chipledger.documents.document import Document
from chipledger.documents.reading import READ_BEFORE_MATCHING, words_of
from chipledger.evidence.affiliation import authorship_of
from chipledger.evidence.counting import count_at
from chipledger.evidence.counting_elsewhere import (
    count_in_listing,
    count_in_row,
    count_in_settings,
    only_count,
)
from chipledger.evidence.extent import CARDS, as_far_as_read
from chipledger.evidence.face import face_of
from chipledger.evidence.fingerprint import fingerprint_of
from chipledger.evidence.launch import settings_in
from chipledger.evidence.layout import Layout, Place
from chipledger.evidence.model_names import main_model
from chipledger.evidence.purpose import RAN, signals_of
from chipledger.evidence.quantity import (
    duration_at,
    hours_head,
    hours_in,
    masked,
    memory_at,
)
from chipledger.evidence.remembered import REMEMBERED
from chipledger.evidence.setting import Setting, setting_of
from chipledger.evidence.spots import Spot, beginning_in, distance, lying_in, spots
from chipledger.evidence.subject import cloud_of, language_of, organisation_of, subject_of
from chipledger.evidence.sweep import Sweep, compiled
from chipledger.evidence.techniques import seen_in, techniques_in
from chipledger.evidence.unnamed import (
    chip_of_cell,
    count_cells,
    counted_cards,
    flat_hours,
    may_count,
    stated_cells,
    unnamed_chip,
    unnamed_hours,
)
from chipledger.evidence.weighing import NONE, Model, Signals, shipped_distribution

VERSION = "8"
_HOURS_BEHIND = re.compile(r"s?[ \-·.]*(?:training )?(?:hours?|hrs?\b|h\b|days?|小时|时|天|時間)", re.I)
_CONTEXT_CHARS = 160
# Words of a data set say nothing of their keeper: only that the name stands there is sure.
_DATASET_CONFIDENCE = 0.9


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may be a statement about a chip, before its purpose is weighed."""

    spot: Spot
    place: Place
    at: int
    words: str
    count: int | None
    gpu_hours: float | None
    implicit: bool
    signals: Signals


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one document says: its facts, its mentions in the order of the text, and whether not all of it was read."""

    facts: DocumentFacts
    mentions: tuple[Mention, ...]
    is_cut: bool = False


def extract(document: Document, weights: Model | None = None, on: date | None = None) -> Extraction:
    """The facts and mentions of one document.

    Args:
        document: the document as read.
        weights: the purpose model; None takes the one that ships with this version.
        on: the day of the scan: words without a commit's day are first seen on it. None dates by the document alone.

    Returns:
        Mentions whose quotes stand at their spans (of the page, in a PDF).

    >>> said = extract(Document(document="a.md", document_id="x", text="We trained Foo-7B on 64 H800 GPUs for 4 days.", format="markdown"))
    >>> [(m.chip, m.count, m.quote, m.duration) for m in said.mentions]
    [('NVIDIA H800', 64, '64 H800 GPUs', '4 days')]
    """
    raw = document.text.encode("utf-8", "replace")
    facts = _facts(document, raw)
    mentions, reading, is_cut = _mentions(document, raw, weights, on)
    if mentions or facts.settings:
        read = reading if document.format in READ_BEFORE_MATCHING and reading is not None else document.text
        facts = replace(facts, fingerprint=fingerprint_of(read, document.text, raw))
    return Extraction(facts, mentions, is_cut)


def _mentions(
    document: Document, raw: bytes, weights: Model | None, on: date | None
) -> tuple[tuple[Mention, ...], str | None, bool]:
    """The mentions, the document's reading where one was made, and whether not all of it was read."""
    if document.format not in READ_BEFORE_MATCHING and not _may_state(Sweep(document.text, raw)):
        return (), None, False
    setting = setting_of(document)
    if setting is Setting.VOCABULARY:
        return (), None, False
    document, sweep, is_cut = as_far_as_read(document, raw)
    reading = sweep.text
    layout = Layout(document.text, reading, document.format, sweep)
    found = list(candidates(document, reading, layout))
    if setting is Setting.DATASET:
        judged = [(one, Purpose.MENTION_ONLY, _DATASET_CONFIDENCE) for one in found if not one.implicit]
    else:
        judged = decide(found, weights)
    if not judged:
        return (), reading, is_cut
    main = cache(
        lambda known: main_model(reading, [heading.words for heading in layout.headings[:20]], known)
    )
    lines = _LineCount(document.text)
    days = _days(document, on)
    mentions = (_mention(document, layout, lines, main, days, *one) for one in judged)
    if setting is Setting.DATASET:
        mentions = (
            replace(one, subject=None, techniques=(), rule_id=f"{VERSION}/dataset-text") for one in mentions
        )
    return tuple(_distinct(mentions)), reading, is_cut


def _days(document: Document, on: date | None) -> tuple[date | None, date | None]:
    """The days on which a document's words were first and last seen, its commit's day or the scan's at the latest."""
    if on is None:
        return document.published_on, document.published_on
    first = document.published_on or document.fetched_on or document.seen_on or on
    return first, max(first, document.seen_on or on)


def _facts(document: Document, raw: bytes) -> DocumentFacts:
    techniques, may_set = seen_in(raw)
    authorship = authorship_of(document)
    return DocumentFacts(
        document=document.document,
        document_id=document.document_id,
        techniques=techniques,
        language=language_of(document.text),
        format=document.format,
        encoding=document.encoding,
        organisation=document.organisation,
        project=document.project,
        commit=document.commit,
        path=document.path,
        url=document.url,
        published_on=document.published_on,
        licence=document.licence,
        fetched_on=document.fetched_on,
        checked_on=document.seen_on if document.fetched_on else None,
        chars=len(document.text),
        pages=len(document.page_starts) or None,
        settings=settings_in(document, raw) if may_set else (),
        affiliations=authorship.affiliations,
        face=face_of(document, authorship.authors, is_authored=bool(authorship.affiliations)),
    )


_MOST_CELLS = 1_000  # of each kind; a text with more numbers under such heads is data, no report


def candidates(document: Document, reading: str, layout: Layout) -> Iterator[Candidate]:
    """Every candidate of a document with its features.

    Args:
        document: the document.
        reading: its text with markup blanked.
        layout: its layout.
    """
    named = spots(document, layout.sweep, setting_of(document) is Setting.DATASET)
    stated = list(islice(stated_cells(layout, named), _MOST_CELLS))
    inside = {
        spot.start: (cards, hours)
        for cell, cards, hours in stated
        for spot in beginning_in(named, cell.start, cell.end)
    }
    for spot in named:
        yield _candidate(document, layout, spot, named, stated=inside.get(spot.start))
    for spot, count in counted_cards(layout, named):
        yield _candidate(document, layout, spot, named, count=count, implicit=True)
    for spot, count in islice(count_cells(layout, named), _MOST_CELLS):
        yield _candidate(document, layout, spot, named, count=count, implicit=True)
    for cell, cards, hours in stated:
        if not any(beginning_in(named, cell.start, cell.end)):
            chip = chip_of_cell(cell, named) or unnamed_chip(cell.head)
            spot = Spot(cell.start, cell.end, chip, layout.text[cell.start : cell.end])
            yield _candidate(document, layout, spot, named, count=cards, gpu_hours=hours, implicit=True)
    flat = flat_hours(layout, named) if document.format == "pdf" else ()
    for spot, hours in islice(chain(unnamed_hours(layout, named), flat), _MOST_CELLS):
        yield _candidate(document, layout, spot, named, gpu_hours=hours, implicit=True)


@cache
def _names_or_cards() -> Any:
    """Every spelling of a chip and every word for cards in one expression: most documents hold none, told in one pass."""
    return compiled(f"{expression().pattern.decode()}|{CARDS}")


def _may_state(sweep: Sweep) -> bool:
    first = _names_or_cards().search(sweep.content)
    if first is None:
        return False
    return (
        first.group().lower() not in _CARDS_ALONE  # then it is a name
        or expression().search(sweep.content, first.start()) is not None
        or any(
            _HOURS_BEHIND.match(sweep.text, end) or may_count(sweep.text, start) is not None
            for start, end in sweep.spans(CARDS)
        )
    )


_CARDS_ALONE = frozenset(CARDS.encode().split(b"|"))


def _candidate(
    document: Document,
    layout: Layout,
    spot: Spot,
    named: list[Spot],
    *,
    count: int | None = None,
    gpu_hours: float | None = None,
    implicit: bool = False,
    stated: tuple[int | None, float] | None = None,
) -> Candidate:
    place = layout.place(spot.start, spot.end)
    if "\n" in place.sentence:
        place = place._replace(sentence=place.sentence.replace("\n", " "))
    first = place.sentence_start
    at, length = spot.start - first, spot.end - spot.start
    near = [
        other for other in lying_in(named, first, first + len(place.sentence)) if other.start != spot.start
    ]
    numbers = _numbers(
        place.sentence, at, length, tuple((other.start - first, other.end - first) for other in near), place.heads, implicit
    )  # fmt: skip
    if not implicit:
        count, gpu_hours = numbers.cards, numbers.gpu_hours
        if count is None:
            count = count_in_settings(layout.reading, spot.start, spot.end)
        if stated:
            count, gpu_hours = stated[0] or count, stated[1]
    signals = signals_of(
        spot,
        place,
        layout,
        document.document.rsplit("/", 1)[-1],
        masked=numbers.masked,
        count=count,
        others=len({other.name.name for other in near} - {spot.name.name}),
        has_hours=gpu_hours is not None or hours_head(place.column_head) is not None,
    )
    return Candidate(spot, place, at, numbers.words, count, gpu_hours, implicit, signals)


class _Numbers(NamedTuple):
    """A sentence with the names of the other chips masked, and of this one too; the count and the chip-hours stated of it."""

    words: str
    masked: str
    cards: int | None = None
    gpu_hours: float | None = None


@lru_cache(maxsize=REMEMBERED)
def _numbers(
    sentence: str, at: int, length: int, near: tuple[tuple[int, int], ...], heads: str, implicit: bool
) -> _Numbers:
    """The numbers that a sentence or row states of the chip at [at, at + length), the spans of the others given."""
    words = masked(sentence, near)
    if implicit:
        return _Numbers(words, words)
    count = count_at(words, at, at + length)
    if count is None and heads:
        count = count_in_row(words, heads, at, at + length)
    if count is None and "evice" in sentence:
        count = count_in_listing(sentence, at, at + length, near)
    unnamed = masked(words, [(at, at + length)])
    if count is None and not heads:
        count = only_count(_with_units(sentence, unnamed, at, length, near), sentence[at : at + length])
    return _Numbers(words, unnamed, count, _hours_beside(sentence, at, length, near))


def _with_units(sentence: str, unnamed: str, at: int, length: int, near: tuple[tuple[int, int], ...]) -> str:
    """The sentence with all names masked but HPU, which counts Gaudi as GPU counts others."""
    if "HPU" not in sentence:
        return unnamed
    names = (span for span in near if not sentence.startswith("HPU", span[0]))
    return masked(sentence, [(at, at + length), *names])


def _hours_beside(sentence: str, at: int, length: int, spans: tuple[tuple[int, int], ...]) -> float | None:
    """The chip-hours stated of this chip in its sentence: the nearest statement, if no other chip is nearer to it."""
    stated = list(hours_in(sentence[:2000], [(at, at + length), *spans]))
    mine = [hours for hours in stated if distance(hours.start, hours.end, at, at + length) <= min(
        (distance(hours.start, hours.end, *span) for span in spans), default=10_000)]  # fmt: skip
    nearest = min(
        mine,
        key=lambda hours: (distance(hours.start, hours.end, at, at + length), hours.start),
        default=None,
    )
    return nearest.gpu_hours if nearest else None


def decide(found: list[Candidate], weights: Model | None = None) -> list[tuple[Candidate, Purpose, float]]:
    """The purpose of each candidate that is a statement, with its confidence.

    The distributions of one chip in one document lean on one another: a reading that another mention of the same
    chip supports gains weight, one that stands alone loses some.

    Args:
        found: the candidates of one document.
        weights: the purpose model; None takes the one that ships with this version.
    """
    grouped: dict[str, list[tuple[Candidate, dict[str, float]]]] = defaultdict(list)
    for candidate in found:
        grouped[candidate.spot.name.name].append((candidate, _chances(candidate, weights)))
    judged = [one for members in grouped.values() for one in _judged(members)]
    return sorted(judged, key=lambda one: (one[0].spot.start, one[0].spot.end, one[0].spot.name.name))


def _chances(candidate: Candidate, weights: Model | None) -> dict[str, float]:
    weigh = weights.distribution if weights else shipped_distribution
    name = candidate.spot.name
    is_unnamed = not name.spellings and RAN not in candidate.signals.own
    chances = weigh(candidate.signals, is_family=name.is_family, is_unnamed=is_unnamed)
    # Chip-hours are stated of chips, named or not; a bare count may be no statement at all.
    return chances if candidate.gpu_hours is None else {**chances, NONE: 0.0}


# How little support a reading may have from the other mentions of its chip before it is all but given up.
_LEAN = 0.1


def _judged(members: list[tuple[Candidate, dict[str, float]]]) -> Iterator[tuple[Candidate, Purpose, float]]:
    support = {label: max(distribution[label] for _, distribution in members) for label in members[0][1]}
    for candidate, distribution in members:
        leaning = {label: share * (_LEAN + support[label]) for label, share in distribution.items()}
        _, best = max(zip(leaning.values(), leaning, strict=True))
        if best != NONE:
            yield candidate, Purpose(best), round(distribution[best], 3)


class _LineCount:
    """The lines of offsets that come nearly in order: only the newlines between one and the next are counted."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1

    def line_of(self, offset: int) -> int:
        """The line of an offset, counted from 1."""
        if offset >= self._at:
            self._line += self._text.count("\n", self._at, offset)
        else:
            self._line -= self._text.count("\n", offset, self._at)
        self._at = offset
        return self._line


def _mention(
    document: Document,
    layout: Layout,
    lines: "_LineCount",
    main: Callable[[bool], str],
    days: tuple[date | None, date | None],
    candidate: Candidate,
    purpose: Purpose,
    confidence: float,
) -> Mention:
    spot, place = candidate.spot, candidate.place
    start, end = _quoted(document.text, spot, candidate)
    page = document.page_of(start)
    page_start = start - page[1] if page else 0
    length = spot.end - spot.start
    used = purpose.is_use
    prefix, suffix = _context(layout, place, start, end)
    return Mention(
        document=document.document,
        document_id=document.document_id,
        start=start - page_start,
        end=end - page_start,
        quote=document.text[start:end],
        chip=spot.name.name,
        chips=chips_of(spot.name, chip_ids()),
        count=candidate.count,
        memory_gb=memory_at(place.sentence, candidate.at, candidate.at + length)
        if not candidate.implicit
        else None,
        purpose=purpose,
        subject=subject_of(
            place, candidate.at, length, layout, document.project, main, document.path or document.document
        ),
        organisation=organisation_of(place.sentence, document.organisation, place.headings) if used else None,
        gpu_hours=candidate.gpu_hours,
        duration=duration_at(place.sentence[:1200], candidate.at, candidate.at + length) if used else None,
        cloud=cloud_of(place.sentence[:1200]) if used else None,
        techniques=techniques_in(place.sentence[:1200]) if purpose is not Purpose.MENTION_ONLY else (),
        confidence=confidence,
        rule_id=f"{VERSION}/{candidate.signals.rule}",
        commit=document.commit,
        path=document.path,
        line=lines.line_of(start),
        page=page[0] if page else None,
        first_seen=days[0],
        last_seen=days[1],
        prefix=prefix,
        suffix=suffix,
    )


_COUNT_LEFT = re.compile(
    r"(?:(?<![A-Za-z0-9_.,])\d{1,3}(?:,\d{3})+|(?<![A-Za-z0-9_.,])\d{1,6}|\b(?:one|two|four|eight|sixteen|single|a single)\b|[单两一])[ ]?"
    r"(?:x|×|\*|张|張|块|塊|个|台|枚|卡|つの)?[ ]?(?:(?:nvidia|tesla|geforce|huawei|\d{2,3} ?gb?) ){0,2}$",
    re.I,
)
_DEVICE_RIGHT = re.compile(r"[ ]?(?:GPUs?|NPUs?|显卡|cards?|卡)(?![A-Za-z])", re.I)


def _quoted(text: str, spot: Spot, candidate: Candidate) -> tuple[int, int]:
    """The span that carries the statement: the name with its count before it and the word for a card after it."""
    if candidate.implicit:
        return spot.start, spot.end
    left = _COUNT_LEFT.search(text, max(0, spot.start - 40), spot.start) if candidate.count else None
    right = _DEVICE_RIGHT.match(text, spot.end)
    start = left.start() if left and "\n" not in left.group() else spot.start
    return start, right.end() if right and right.end() - start <= 200 else spot.end


def _context(layout: Layout, place: Place, start: int, end: int) -> tuple[str, str]:
    """The words of the sentence (or row) before and after the quote, markup and runs of blanks taken out."""
    first = max(place.sentence_start, start - _CONTEXT_CHARS, 0)
    last = max(end, min(place.sentence_start + len(place.sentence), end + _CONTEXT_CHARS))
    before, after = (
        words_of(layout.text[left:right], layout.reading[left:right], layout.format)
        for left, right in ((first, max(first, start)), (end, last))
    )
    return before.lstrip(), after.rstrip()


def _distinct(mentions: Iterable[Mention]) -> Iterator[Mention]:
    """Mentions without a second one of the same chip on the same span."""
    seen: set[tuple[int | None, int, int, str]] = set()
    for mention in mentions:
        key = (mention.page, mention.start, mention.end, mention.chip)
        if key not in seen:
            seen.add(key)
            yield mention
