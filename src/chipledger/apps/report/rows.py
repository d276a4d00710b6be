"""Findings as rows of the page: the words, the answer of the rules, the quotes with their places.

Takes gathered findings; gives rows in three sections (use, requirement, bare mention) and the points' anchors' home.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from markupsafe import Markup

from chipledger.apps.report.gather import Gathered
from chipledger.apps.report.lines import State
from chipledger.apps.report.points import Kind, kind_of
from chipledger.apps.report.quotes import Marked, marked
from chipledger.apps.report.summary import answer_of, strip
from chipledger.apps.report.svg import Axis
from chipledger.findings.finding import Finding, Quote

QUOTES_A_FINDING = 20


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """A quote as the page shows it: its words, where they stand, and where anyone can see them."""

    quote: Quote
    words: Marked
    place: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A finding as the page shows it; `strip` names a drawing of its days, `more` quotes are left out."""

    finding: Finding
    answer: State
    strip: str | None
    figures: str
    quotes: tuple[ShownQuote, ...]
    more: int


@dataclass(slots=True)
class Strips:
    """The drawings of possible days, one for all findings of the same chips and day.

    Args:
        destination: ISO country code.
        axis: the axis that all strips share.
    """

    destination: str
    axis: Axis
    drawn: dict[str, Markup] = field(default_factory=dict)
    _names: dict[tuple[tuple[str, ...], date], str | None] = field(default_factory=dict)

    def name(self, chips: tuple[str, ...], first_seen: date | None) -> str | None:
        """The name of the drawing for these chips and that day, drawn when first asked for; None where there is none."""
        if first_seen is None:
            return None
        key = (chips, first_seen)
        if key not in self._names:
            shapes = strip(chips, first_seen, self.destination, self.axis)
            self._names[key] = f"s-{len(self.drawn)}" if shapes else None
            if shapes:
                self.drawn[f"s-{len(self.drawn)}"] = shapes
        return self._names[key]


def sections(gathered: Gathered, strips: Strips) -> dict[Kind, list[Row]]:
    """The rows of each section, in the order of the findings.

    Args:
        gathered: what the ledger tells.
        strips: draws the possible days.
    """
    rows: dict[Kind, list[Row]] = {kind: [] for kind in Kind}
    for finding in gathered.findings:
        rows[kind_of(finding.claim.purpose)].append(_row(finding, gathered, strips))
    return rows


def _row(finding: Finding, gathered: Gathered, strips: Strips) -> Row:
    claim, shown = finding.claim, finding.quotes[:QUOTES_A_FINDING]
    return Row(
        finding=finding,
        answer=answer_of(finding),
        strip=strips.name(claim.chips, claim.first_seen),
        figures="; ".join(_figures(finding)),
        quotes=tuple(_shown(quote, claim.chip, gathered) for quote in shown),
        more=len(finding.quotes) - len(shown),
    )


def _shown(quote: Quote, chip: str, gathered: Gathered) -> ShownQuote:
    place = f"page {quote.page}" if quote.page else f"line {quote.line}" if quote.line else ""
    return ShownQuote(quote, marked(quote.quote, chip), place, gathered.url_of(quote))


def _figures(finding: Finding) -> Iterator[str]:
    claim = finding.claim
    stated: tuple[tuple[str, Iterable[object]], ...] = (
        ("memory {} GB", (f"{value:g}" for value in claim.memory_gb)),
        ("{} GPU-hours", (f"{value:,.15g}" for value in claim.gpu_hours)),
        ("{}", claim.durations),
        ("in {}", claim.clouds),
        ("of {}", claim.subjects),
        ("with {}", claim.techniques),
    )
    for words, values in stated:
        told = " / ".join(map(str, values))
        if told:
            yield words.format(told)
