"""A ledger to one HTML file: gathered, laid out by the template, written whole or not at all.

Takes an open ledger, a destination and the day up to which things count; the same of them always gives the same bytes.
The file holds its style and its script and asks nothing of any network; a policy in its head forbids all else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from chipledger import __version__
from chipledger.apps.report.quotes import Marked, marked, visible
from chipledger.apps.report.summary import Answer, answer_of
from chipledger.catalogue.chip import chips
from chipledger.core.errors import InputError
from chipledger.core.records import DocumentFacts, Mention
from chipledger.findings.choose import chosen
from chipledger.findings.claim import Claim, claims
from chipledger.findings.finding import Finding, Quote, joined
from chipledger.rules.history import AcquisitionWindow, acquisition_window
from chipledger.rules.item import item_of
from chipledger.rules.law import law
from chipledger.store import read
from chipledger.store.ledger import Ledger

QUOTES_A_FINDING = 20
MIN_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """A quote as the page shows it: its words, where they stand, and where anyone can see them."""

    quote: Quote
    words: Marked
    place: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A finding as the page shows it; `more` quotes are left out."""

    finding: Finding
    answer: Answer
    quotes: tuple[ShownQuote, ...]
    more: int


def write_report(
    ledger: Ledger, out: Path, *, destination: str = "CN", on: date, min_confidence: float = MIN_CONFIDENCE
) -> Path:
    """Write what a ledger holds as one self-contained HTML file.

    Args:
        ledger: an open ledger.
        out: the file to write; replaced if it exists.
        destination: ISO code of the country whose rules are shown.
        on: the day of the report: only what had been seen by then, and the rules up to it.
        min_confidence: findings less sure are counted but not shown, between 0 and 1.

    Returns:
        The path of the file.

    Raises:
        InputError: unknown destination, or the file cannot be written.
    """
    text = page(ledger, destination=destination, on=on, min_confidence=min_confidence)
    partial = out.with_name(f".{out.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(out)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror}", where=str(out)) from None
    return out


def page(ledger: Ledger, *, destination: str, on: date, min_confidence: float) -> str:
    """The page as text; see `write_report`."""
    country = law().groups.destination(destination)
    urls: dict[tuple[str, str], str] = {}
    everything = claims(_noting_urls(read.documents(ledger, seen_by=on), urls))
    found = _found(everything, country, min_confidence)
    return _environment().get_template("page.html").render(
        country=law().groups.countries[country],
        on=on,
        rows=[_row(finding, urls) for finding in found],
        left_out=len(everything) - len(found),
        min_confidence=min_confidence,
        failures=read.failures(ledger),
        version=__version__,
    )


def _noting_urls(
    documents: Iterator[tuple[DocumentFacts, Sequence[Mention]]], urls: dict[tuple[str, str], str]
) -> Iterator[tuple[DocumentFacts, Sequence[Mention]]]:
    for facts, mentions in documents:
        if facts.url and mentions:
            urls[facts.document, facts.document_id] = facts.url
        yield facts, mentions


def _found(everything: Sequence[Claim], country: str, min_confidence: float) -> list[Finding]:
    def window(chip_id: str, first_seen: date) -> AcquisitionWindow | None:
        chip = chips().get(chip_id)
        return acquisition_window(item_of(chip), first_seen, country) if chip else None

    return joined(chosen(everything, min_confidence=min_confidence), window)


def _row(finding: Finding, urls: dict[tuple[str, str], str]) -> Row:
    shown = finding.quotes[:QUOTES_A_FINDING]
    return Row(
        finding=finding,
        answer=answer_of(finding),
        quotes=tuple(_shown(quote, finding.claim.chip, urls) for quote in shown),
        more=len(finding.quotes) - len(shown),
    )


def _shown(quote: Quote, chip: str, urls: dict[tuple[str, str], str]) -> ShownQuote:
    url = urls.get((quote.document, quote.document_id), "")
    return ShownQuote(
        quote=quote,
        words=marked(quote.quote, chip),
        place=f"page {quote.page}" if quote.page else f"line {quote.line}" if quote.line else "",
        url=url if url.startswith(("https://", "http://")) else None,
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("chipledger.apps.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    return environment
