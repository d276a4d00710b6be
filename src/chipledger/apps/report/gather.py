"""What the page tells, out of the ledger: findings for a destination up to a day, and how much was read.

Takes an open ledger; gives one frozen `Gathered`. The documents are read once, from one state of the ledger.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from chipledger.catalogue.chip import chips
from chipledger.core.records import DocumentFacts, FailedDocument, Mention
from chipledger.findings.choose import chosen
from chipledger.findings.claim import claims
from chipledger.findings.finding import Finding, Quote, joined
from chipledger.findings.window import Windows
from chipledger.rules.history import AcquisitionWindow, acquisition_window
from chipledger.rules.item import item_of
from chipledger.store import read
from chipledger.store.ledger import Ledger


@dataclass(slots=True)
class _Tally:
    """What is counted while the documents go by."""

    documents: int = 0
    urls: dict[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Everything that the page tells of the ledger.

    Attributes:
        findings: sure enough to be shown, in the order of `findings.claim`.
        left_out: how many findings are less sure.
        documents: how many versions of documents were read.
        failures: the documents that could not be read.
    """

    findings: tuple[Finding, ...]
    left_out: int
    documents: int
    failures: tuple[FailedDocument, ...]
    urls: dict[tuple[str, str], str]

    def url_of(self, quote: Quote) -> str | None:
        """Where anyone can see the document of a quote, at its line where the site shows lines; None where unknown."""
        url = self.urls.get((quote.document, quote.document_id), "")
        if not url.startswith(("https://", "http://")):
            return None
        return f"{url}#L{quote.line}" if quote.line and "/blob/" in url else url


def gather(ledger: Ledger, *, destination: str, on: date, min_confidence: float) -> Gathered:
    """What the page tells of a ledger.

    Args:
        ledger: an open ledger.
        destination: ISO country code, checked.
        on: only what had been seen by that day.
        min_confidence: the least confidence of a finding, between 0 and 1.
    """
    tally = _Tally()
    everything = claims(_counted(read.documents(ledger, seen_by=on), tally))
    sure = chosen(everything, min_confidence=min_confidence)
    return Gathered(
        findings=tuple(joined(sure, _windows_for(destination))),
        left_out=len(everything) - len(sure),
        documents=tally.documents,
        failures=tuple(read.failures(ledger)),
        urls=tally.urls,
    )


def _counted(
    documents: Iterator[tuple[DocumentFacts, Sequence[Mention]]], tally: _Tally
) -> Iterator[tuple[DocumentFacts, Sequence[Mention]]]:
    for facts, mentions in documents:
        tally.documents += 1
        if facts.url and mentions:
            tally.urls[facts.document, facts.document_id] = facts.url
        yield facts, mentions


def _windows_for(destination: str) -> Windows:
    def window(chip_id: str, first_seen: date) -> AcquisitionWindow | None:
        chip = chips().get(chip_id)
        return acquisition_window(item_of(chip), first_seen, destination) if chip else None

    return window
