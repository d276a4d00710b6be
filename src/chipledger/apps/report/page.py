"""A ledger to one HTML file: gathered, laid out by the template, written whole or not at all.

Takes an open ledger, a destination and the day up to which things count; the same of them always gives the same bytes.
The file holds its style and its script and asks nothing of any network; a policy in its head forbids all else.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from chipledger import __version__
from chipledger.apps.identifying import attribution_of
from chipledger.apps.report.cost_section import CostSection
from chipledger.apps.report.endings import endings
from chipledger.apps.report.instruments import Band, bands, rule_rows
from chipledger.apps.report.lines import MOST_LINES, Shape, lines, shape_of
from chipledger.apps.report.quotes import HEADING_CHARS, QUOTE_CHARS, Marked, marked, visible
from chipledger.apps.report.study_section import capitalize_first, in_page
from chipledger.apps.report.summary import Answer, Variants, answer_of, in_brief, variants
from chipledger.apps.report.threshold_chart import Chart, chart, met_in_words
from chipledger.apps.report.threshold_chart import style as chart_style
from chipledger.apps.report.timeline import Picture, axis_of, mark, picture
from chipledger.catalogue.chip import chips
from chipledger.core.errors import InputError
from chipledger.core.files import written_whole
from chipledger.core.records import DocumentFacts, Mention
from chipledger.findings.choose import chosen
from chipledger.findings.claim import Claim, claims, sources_in_words
from chipledger.findings.finding import Finding, Quote, joined
from chipledger.findings.past import Fate, Past
from chipledger.findings.study_page import StudyPages
from chipledger.rules.history import AcquisitionWindow, acquisition_window
from chipledger.rules.instrument import Standing
from chipledger.rules.item import item_of
from chipledger.rules.law import law
from chipledger.store import read, read_history
from chipledger.store.ledger import Ledger

QUOTES_A_FINDING = 20
FAILURES_SHOWN = 200
REMOVALS_SHOWN = 200
MIN_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """A quote as the page shows it: among its words, on a line, where it stands, and where anyone can see it.

    `anchor` is None for a statement whose anchor stands above already.
    """

    quote: Quote
    words: Marked
    heading: Marked
    place: str
    url: str | None
    anchor: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A finding as the page shows it; `more` quotes are left out."""

    finding: Finding
    shape: Shape
    answer: Answer
    rules: str
    variants: tuple[Variants, ...]
    quotes: tuple[ShownQuote, ...]
    sources: str
    more: int


@dataclass(slots=True)
class _Seen:
    """What streams by while the claims are gathered."""

    documents: int = 0
    mentions: int = 0

    def noting(
        self, documents: Iterator[tuple[DocumentFacts, Sequence[Mention]]]
    ) -> Iterator[tuple[DocumentFacts, Sequence[Mention]]]:
        """The same documents, counted."""
        for facts, mentions in documents:
            self.documents += 1
            self.mentions += len(mentions)
            yield facts, mentions


def write_report(
    ledger: Ledger,
    out: Path,
    *,
    destination: str = "CN",
    on: date,
    min_confidence: float = MIN_CONFIDENCE,
    cost: CostSection | None = None,
    study: StudyPages | None = None,
) -> Path:
    """Write what a ledger holds as one self-contained HTML file.

    Args:
        ledger: an open ledger.
        out: the file to write; replaced if it exists.
        destination: ISO code of the country whose rules are shown.
        on: the day of the report: only what had been seen by then, and the rules up to it.
        min_confidence: findings less sure are counted but not shown, between 0 and 1.
        cost: what a restriction costs, reckoned and drawn; None for no such section.
        study: a study's claims beside what is public; None for no such section.

    Returns:
        The path of the file.

    Raises:
        InputError: unknown destination, no such day as the one after `on`, or the file cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, Ledger.open(f"{folder}/chips.sqlite") as ledger:
    ...     written = write_report(ledger, Path(folder) / "report.html", on=date(2026, 11, 1))
    ...     "No findings" in written.read_text(encoding="utf-8")
    True
    """
    text = page(ledger, destination=destination, on=on, min_confidence=min_confidence, cost=cost, study=study)
    with written_whole(out) as partial:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    return out


def page(
    ledger: Ledger,
    *,
    destination: str,
    on: date,
    min_confidence: float,
    cost: CostSection | None = None,
    study: StudyPages | None = None,
) -> str:
    """The page as text; see `write_report`."""
    if on == date.max:
        raise InputError(f"no day comes after {on}", where="on", expected="an earlier day")
    country = law().groups.destination(destination)
    seen = _Seen()
    past = Past(read_history.lines(ledger), on)
    everything = claims(
        seen.noting(past.beside(read.documents(ledger, seen_by=on))), attribution=attribution_of(ledger, on)
    )
    found = _found(everything, country, min_confidence, past.fates)
    rules = rule_rows(country, on)
    shown_bands = bands(rules, on)
    failures = read.failures(ledger)
    style, script = part("style.css") + chart_style(), part("report.js")
    style += (part("cost.css") if cost else "") + (part("study.css") if study else "")
    return environment().get_template("page.html").render(
        country=law().groups.countries[country],
        on=on,
        seen=seen,
        rows=_rows(found),
        left_out=len(everything) - len(found),
        more_chips=max(len({finding.claim.chip for finding in found}) - MOST_LINES, 0),
        undated=sum(finding.claim.first_seen is None for finding in found),
        min_confidence=min_confidence,
        picture=_picture(found, shown_bands, country, on, past.removals),
        removals=past.removals[:REMOVALS_SHOWN],
        more_removals=max(len(past.removals) - REMOVALS_SHOWN, 0),
        chart=_chart(found, on),
        cost=cost,
        **in_page(study),
        answers=list(Answer),
        standings=_standings(shown_bands),
        shapes={shape.value: mark(shape, 9, 9) for shape in Shape},
        rules=rules,
        failures=failures[:FAILURES_SHOWN],
        more_failures=max(len(failures) - FAILURES_SHOWN, 0),
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; "
        "base-uri 'none'; form-action 'none'",
        version=__version__,
    )  # fmt: skip


def chart_page(made: Chart, on: date) -> str:
    """A threshold chart as a page of its own, with its points as a table.

    Args:
        made: the chart, without its style in it.
        on: its day.
    """
    return environment().get_template("chart.html").render(
        chart=made, on=on, met=lambda point: met_in_words(point, on), style=part("style.css") + chart_style(),
        version=__version__,
    )  # fmt: skip


def _found(
    everything: Sequence[Claim], country: str, min_confidence: float, fates: Mapping[str, Fate]
) -> list[Finding]:
    def window(chip_id: str, first_seen: date) -> AcquisitionWindow | None:
        chip = chips().get(chip_id)
        return acquisition_window(item_of(chip), first_seen, country) if chip else None

    return joined(chosen(everything, min_confidence=min_confidence), window, fates)


def _picture(
    found: Sequence[Finding],
    shown_bands: Sequence[Band],
    country: str,
    on: date,
    removals: Sequence[Mapping[str, Any]],
) -> Picture:
    named = {chip_id for finding in found for chip_id in finding.claim.chips if chip_id in chips()}
    released = (period.effective_from for name in named if (period := chips()[name].released_period))
    first_seen = (finding.claim.first_seen for finding in found)
    begun = (span[0] for band in shown_bands for span in band.spans)
    axis = axis_of((day for days in (released, first_seen, begun) for day in days if day), on)
    return picture(
        shown_bands, lines(found, country, on, axis.days_apart, endings(removals, axis.days_apart)), axis
    )


def _chart(found: Sequence[Finding], on: date) -> Chart:
    """The chips named, those in most findings first, beside the lines of the day."""
    named = Counter(name for finding in found for name in finding.claim.chips if name in chips())
    return chart([chips()[name] for name, _ in named.most_common()], on, alone=False)


def _standings(shown_bands: Sequence[Band]) -> list[Standing]:
    drawn = {standing for band in shown_bands for _, _, standing in band.spans}
    return [standing for standing in Standing if standing in drawn]


def _rows(found: Sequence[Finding]) -> list[Row]:
    anchors: set[str] = set()
    return [_row(finding, anchors) for finding in found]


def _row(finding: Finding, anchors: set[str]) -> Row:
    shown = finding.quotes[:QUOTES_A_FINDING]
    return Row(
        finding=finding,
        shape=shape_of(finding.claim.purpose),
        answer=answer_of(finding),
        rules=in_brief(finding),
        variants=variants(finding.windows),
        quotes=tuple(_shown(quote, finding.claim.chip, anchors) for quote in shown),
        sources=sources_in_words(finding.claim),
        more=len(finding.quotes) - len(shown),
    )


def _shown(quote: Quote, chip: str, anchors: set[str]) -> ShownQuote:
    anchor = None if quote.mention_id in anchors else f"q-{quote.mention_id}"
    anchors.add(quote.mention_id)
    return ShownQuote(
        quote=quote,
        words=_marked(quote, chip, QUOTE_CHARS),
        heading=_marked(quote, chip, HEADING_CHARS),
        place=f"page {quote.page}" if quote.page else f"line {quote.line}" if quote.line else "",
        url=quote.url if (quote.url or "").startswith(("https://", "http://")) else None,
        anchor=anchor,
    )


def _marked(quote: Quote, chip: str, chars: int) -> Marked:
    return marked(quote.prefix, quote.quote, quote.suffix, chip, chars)


def part(name: str) -> str:
    """The text of a file that the pages carry within them."""
    return (files("chipledger.apps.report") / name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """A text's hash as a page's policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def environment() -> Environment:
    """The templates of the pages; everything is escaped, an unknown name is an error."""
    made = Environment(
        loader=PackageLoader("chipledger.apps.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["visible"] = visible
    made.filters["capitalize_first"] = capitalize_first
    return made
