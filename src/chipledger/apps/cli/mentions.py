"""What a scan finds, to standard output as it is found: JSON lines, CSV, a table at the end, or nothing.

A table holds so many rows and then only counts, so that a scan of any size needs the same memory.
"""

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Protocol

from chipledger.apps.cli.output import Format, as_table, cell, show
from chipledger.core.records import DocumentFacts, FailedDocument, Mention
from chipledger.findings.context import in_context

MOST_ROWS = 1000
_COLUMNS = ("place", "chip", "count", "purpose", "subject", "confidence", "quote")
_TITLE = "Documented mentions"


class Printer(Protocol):
    """Prints a scan's mentions."""

    def said(self, facts: DocumentFacts, mentions: Sequence[Mention]) -> None:
        """Print what one document says."""

    def failed(self, failure: FailedDocument) -> None:
        """Print that one document could not be read."""

    def end(self) -> None:
        """Print what was kept for the end."""


class JsonLines:
    """A line for each mention, then one for its document; a line for each document that could not be read."""

    def said(self, facts: DocumentFacts, mentions: Sequence[Mention]) -> None:
        """Print what one document says."""
        for mention in mentions:
            _write(mention.as_dict())
        _write(facts.as_dict())

    def failed(self, failure: FailedDocument) -> None:
        """Print that one document could not be read."""
        _write(failure.as_dict())

    def end(self) -> None:
        """Nothing is left."""


class Csv:
    """A row for each mention, under a header."""

    def __init__(self) -> None:
        self._writer = csv.writer(sys.stdout, lineterminator="\n")
        self._names = [field.name for field in fields(Mention)]
        self._writer.writerow(self._names)

    def said(self, facts: DocumentFacts, mentions: Sequence[Mention]) -> None:
        """Print what one document says."""
        for mention in mentions:
            row = mention.as_dict()
            self._writer.writerow([cell(row[name]) for name in self._names])

    def failed(self, failure: FailedDocument) -> None:
        """Rows are of mentions alone."""

    def end(self) -> None:
        """Nothing is left."""


class Table:
    """A table for people."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._left_out = 0

    def said(self, facts: DocumentFacts, mentions: Sequence[Mention]) -> None:
        """Keep what one document says."""
        room = MOST_ROWS - len(self._rows)
        self._rows += [_row(mention) for mention in mentions[:room]]
        self._left_out += max(0, len(mentions) - room)

    def failed(self, failure: FailedDocument) -> None:
        """Rows are of mentions alone."""

    def end(self) -> None:
        """Print the table."""
        if not self._rows:
            return
        show(as_table(self._rows, _COLUMNS, _TITLE), self._rows, _COLUMNS, _TITLE)
        if self._left_out:
            sys.stdout.write(f"… and {self._left_out} more; --format jsonl prints them all\n")


class Nothing:
    """No output: what is found is only stored."""

    def said(self, facts: DocumentFacts, mentions: Sequence[Mention]) -> None:
        """Print nothing."""

    def failed(self, failure: FailedDocument) -> None:
        """Print nothing."""

    def end(self) -> None:
        """Nothing is left."""


def printer(format: Format) -> Printer:
    """The printer of a format."""
    made: dict[Format, type[Printer]] = {Format.JSONL: JsonLines, Format.CSV: Csv, Format.TABLE: Table}
    return made.get(format, Nothing)()


def _write(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


def _row(mention: Mention) -> dict[str, Any]:
    spot = f" p. {mention.page}" if mention.page else f":{mention.line}" if mention.line else ""
    return {
        "place": mention.document + spot,
        "chip": mention.chip,
        "count": mention.count,
        "purpose": mention.purpose.value,
        "subject": mention.subject,
        "confidence": round(mention.confidence, 2),
        "quote": str(in_context(mention.prefix, mention.quote, mention.suffix)),
    }
