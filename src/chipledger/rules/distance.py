"""How far a chip's figures lie from each line in force on a day, and where along its figures a paragraph would be met.

Takes an Item and a day; gives a Distance for every line that the text, its reviews and the letters to its maker draw, and
Headroom for each paragraph that the item does not meet. It describes where lines lie; it says nothing of what to do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from chipledger.core.truth import Truth
from chipledger.rules.classify import cite_text
from chipledger.rules.control import Paragraph
from chipledger.rules.criteria import Criterion, Line, compare, comparisons, evaluate
from chipledger.rules.duty import duties
from chipledger.rules.item import Item, Quantity
from chipledger.rules.law import law

PERFORMANCE, AREA = "total_processing_performance", "applicable_die_area_mm2"
SIGNIFICANT = 6
"""Digits of a printed figure; more would be noise of the arithmetic."""


class Drawn(StrEnum):
    """What draws a line."""

    TEXT = "text"
    REVIEW = "review"
    LETTER = "letter"
    DUTY = "duty"
    PROPOSAL = "proposal"


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that draws lines on a day: a paragraph, a review policy, a letter, a duty's band."""

    drawn_by: Drawn
    name: str
    criteria: Criterion
    cite: str


@dataclass(frozen=True, slots=True)
class Distance:
    """One figure of an item beside one line of one rule.

    Args:
        rule: what draws the line.
        line: the line, in the unit of the text.
        value: the figure in that unit; None where it is missing.
        holds: whether the figure lies on the side that the rule asks for.
        difference: figure less line; `per_cent` of the line.
        is_near: within the rounding of data sheets, or with a rival figure beyond the line.
        decides_alone: whether the rule's answer would turn if the figure lay on the other side and nothing else changed.
    """

    rule: Rule
    line: Line
    value: float | None
    holds: Truth
    difference: float | None
    per_cent: float | None
    is_near: bool
    decides_alone: bool | None

    @property
    def asks(self) -> str:
        """The line in words: "at least 2400"."""
        side = "below" if not self.line.upward else "above" if self.line.strict else "at least"
        return f"{side} {self.line.printed}"

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "drawn_by": self.rule.drawn_by.value,
            "rule": self.rule.name,
            "figure": self.line.metric.label,
            "value": self.value,
            "unit": self.line.metric.unit or None,
            "asks": self.asks,
            "line": self.line.line,
            "holds": self.holds.value.value,
            "difference": self.difference,
            "per_cent": self.per_cent,
            "near": self.is_near,
            "decides_alone": self.decides_alone,
            "reasons": list(self.holds.reasons),
            "cite": self.rule.cite,
        }


@dataclass(frozen=True, slots=True)
class Headroom:
    """Where a paragraph that is not met would be: by a higher performance on the same die, or a smaller die for the same.

    `figure` is what moves, `value` where the paragraph is first met, `per_cent` of today's figure how far that is.
    """

    eccn: str
    figure: str
    value: float
    per_cent: float

    @property
    def sentence(self) -> str:
        """The same in words."""
        if self.figure == AREA:
            return f"at its performance, {self.eccn} would be met with an applicable die area of {self.value:.4g} mm2 or less ({self.per_cent:+.1f} %)"
        return f"with its die as it is, {self.eccn} would be met from TPP {self.value:.5g} ({self.per_cent:+.1f} %)"

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"eccn": self.eccn, "figure": self.figure, "value": self.value, "per_cent": self.per_cent,
                "sentence": self.sentence}  # fmt: skip


def rules_for(item: Item, on: date, destination: str = "CN") -> Iterator[Rule]:
    """Every rule that draws a line for the item on the day: the text, its reviews, the letters to its maker, duties.

    Args:
        item: its maker decides which letters count.
        on: the day in the world.
        destination: ISO code; a review or a letter that does not reach it draws no line for it.
    """
    for control in law().controls.values():
        version = control.version(on)
        for paragraph in version.paragraphs if version else ():
            yield Rule(Drawn.TEXT, paragraph.eccn, paragraph.criteria, cite_text(paragraph.cite))
    yield from _reviews(on, destination)
    text = law().on(on)
    for letter in law().letters.values():
        reaches = (one for one in letter.reaches if one.holds_on(on))
        is_told = letter.addressee.lower() == item.vendor.lower()
        if is_told and any(not text.reaches(one.destinations, destination).is_no for one in reaches):
            yield Rule(Drawn.LETTER, letter.title, letter.criteria, cite_text(letter.cites[0]))
    for one in duties():
        for band in one.bands if one.holds_on(on) else ():
            yield Rule(
                Drawn.DUTY,
                f"{one.title}, {band.name}",
                band.criteria,
                one.cited(band.cite),
            )


def _reviews(on: date, destination: str) -> Iterator[Rule]:
    seen = set()
    for control in law().controls.values():
        for review in control.reviews:
            if review.when is None or not review.holds_on(on):
                continue
            figures = review.when.of_item
            lines = tuple((line.name, line.line) for line in comparisons(figures))
            if not lines:
                continue
            citation = (
                law().instruments[review.instrument].citation if review.instrument else review.cite.source
            )
            name = f"{review.policy.value.replace('_', '-')} ({citation})"
            if (name, lines) not in seen and not law().on(on).reaches(review.destinations, destination).is_no:
                seen.add((name, lines))
                yield Rule(Drawn.REVIEW, name, figures, cite_text(review.cite))


def distances(item: Item, on: date, destination: str = "CN") -> tuple[Distance, ...]:
    """The item's figures beside every line in force on the day.

    Args:
        item: the facts of the chip.
        on: the day in the world.
        destination: ISO code of where reviews and letters must reach to count.

    Returns:
        A Distance for each line, rule by rule, in the order of the text.

    >>> from chipledger.catalogue.chip import chip
    >>> from chipledger.rules.item import item_of
    >>> found = distances(item_of(chip("nvidia-h20")), date(2024, 3, 1))
    >>> next((one.value, one.asks, one.difference) for one in found if one.rule.name == "3A090.b.1")
    (2368.0, 'at least 2400', -32.0)
    """
    country = law().groups.destination(destination)
    return tuple(found for rule in rules_for(item, on, country) for found in distances_to(rule, item))


def distances_to(rule: Rule, item: Item) -> Iterator[Distance]:
    """The item's figures beside every line of one rule, each once; a missing figure that can change nothing is left out."""
    is_out = evaluate(rule.criteria, item).is_no
    for line in dict.fromkeys(comparisons(rule.criteria)):
        quantity = line.metric.read(item)
        if quantity is None and is_out:
            continue
        value = None if quantity is None else _rounded(quantity.value * line.line / line.threshold)
        yield Distance(
            rule=rule,
            line=line,
            value=value,
            holds=compare(line, item),
            difference=None if value is None else _rounded(value - line.line),
            per_cent=None if quantity is None else _per_cent(quantity.value / line.threshold),
            is_near=quantity is not None and line.is_near(quantity),
            decides_alone=_decides_alone(rule.criteria, item, line),
        )


def _decides_alone(criteria: Criterion, item: Item, line: Line) -> bool | None:
    today, crossed = evaluate(criteria, item), evaluate(criteria, item, crossed=line)
    if today.is_unknown or crossed.is_unknown:
        return None
    return today.value is not crossed.value


def headroom(item: Item, on: date) -> tuple[Headroom, ...]:
    """Where each paragraph that the item does not meet would be met, the nearest first.

    Args:
        item: the facts of the chip; without performance, or with only a floor of it, nothing can be said.
        on: the day in the world.

    >>> from chipledger.catalogue.chip import chip
    >>> from chipledger.rules.item import item_of
    >>> print(headroom(item_of(chip("nvidia-h20")), date(2024, 3, 1))[0].sentence)
    with its die as it is, 3A090.b.1 would be met from TPP 2400 (+1.4 %)
    """
    tpp, density = item.total_processing_performance, item.performance_density
    if tpp is None or tpp.floor or not tpp.value or not tpp.grade.decides:
        return ()
    paragraphs = [one for control in law().controls.values() if (version := control.version(on))
                  for one in version.paragraphs if evaluate(one.criteria, item).is_no]  # fmt: skip
    found = [one for paragraph in paragraphs if (one := _by_performance(paragraph, item, tpp, density))]
    if density and not density.floor and density.grade.decides:
        found += [one for paragraph in paragraphs if (one := _by_area(paragraph, item, tpp, density))]
    return tuple(sorted(found, key=lambda one: abs(one.per_cent)))


def _by_performance(
    paragraph: Paragraph, item: Item, tpp: Quantity, density: Quantity | None
) -> Headroom | None:
    """The least performance above today's at which the paragraph is met, density rising with it."""
    for line in sorted(
        set(comparisons(paragraph.criteria)), key=lambda line: _times(line, tpp, density) or 0.0
    ):
        times = _times(line, tpp, density)
        if times is None or times <= 1:
            continue
        is_tpp = line.name == PERFORMANCE
        then = replace(
            item,
            total_processing_performance=Quantity(line.line if is_tpp else tpp.value * times),
            density=density and Quantity(density.value * times if is_tpp else line.line),
        )
        if evaluate(paragraph.criteria, then).is_yes:
            return Headroom(paragraph.eccn, PERFORMANCE, _rounded(tpp.value * times), _per_cent(times))
    return None  # fmt: skip


def _by_area(paragraph: Paragraph, item: Item, tpp: Quantity, density: Quantity) -> Headroom | None:
    """The largest die smaller than today's on which the paragraph is met at the same performance."""
    lines = (line for line in comparisons(paragraph.criteria) if line.name == "performance_density")
    for line in sorted(set(lines), key=lambda line: line.line):
        if (
            line.line > density.value
            and evaluate(paragraph.criteria, replace(item, density=Quantity(line.line))).is_yes
        ):
            smaller = density.value / line.line
            return Headroom(paragraph.eccn, AREA, _rounded(tpp.value / line.line), _per_cent(smaller))
    return None  # fmt: skip


def _times(line: Line, tpp: Quantity, density: Quantity | None) -> float | None:
    if line.name == PERFORMANCE:
        return line.line / tpp.value
    if line.name == "performance_density" and density is not None and density.value:
        return line.line / density.value
    return None


def _per_cent(ratio: float) -> float:
    return round(100 * (ratio - 1), 1)


def _rounded(value: float) -> float:
    return float(f"{value:.{SIGNIFICANT}g}")
