"""What a history tells, to standard output: JSON lines, CSV, or two tables, removals first.

A removal of many settings by one commit is one row of the table; JSON lines have a line for each.
"""

import csv
import json
import sys
from typing import Any, Protocol

from chipledger.apps.cli.history_said import HistoryLines
from chipledger.apps.cli.mentions import MOST_ROWS
from chipledger.apps.cli.output import Format, as_table, cell, show
from chipledger.apps.cli.removals import show_removals
from chipledger.core.records import FailedDocument

_COLUMNS = ("kind", "name", "purpose", "standing", "first_seen", "last_seen", "path", "line", "words")
_CSV_COLUMNS = ("kind", "name", "purpose", "count", "standing", "manner", "first_seen", "first_commit", "last_seen", "last_commit",
                "removed_on", "commit", "path", "line", "words", "words_now", "owner", "event", "days_after", "in_words", "carried")  # fmt: skip
_SHOWN_NAMES = 4
_WORDS_SHOWN = 90
_TITLE = "Statements through the history"


class HistoryPrinter(Protocol):
    """Prints what histories tell."""

    def said(self, lines: HistoryLines) -> None:
        """Print what one history tells."""

    def failed(self, failure: FailedDocument) -> None:
        """Print that something could not be read."""

    def end(self) -> None:
        """Print what was kept for the end."""


class _JsonLines:
    def said(self, lines: HistoryLines) -> None:
        for line in lines:
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")

    def failed(self, failure: FailedDocument) -> None:
        sys.stdout.write(json.dumps(failure.as_dict(), ensure_ascii=False) + "\n")

    def end(self) -> None:
        """Nothing is left."""


class _Csv:
    def __init__(self) -> None:
        self._writer = csv.writer(sys.stdout, lineterminator="\n")
        self._writer.writerow(_CSV_COLUMNS)

    def said(self, lines: HistoryLines) -> None:
        for line in lines:
            if line["kind"] == "restart":
                continue
            row = {
                **line,
                "name": line.get("name") or line.get("chip"),
                "words": line.get("words") or line.get("words_before"),
                "carried": (line.get("carried") or {}).get("in_words"),
            }
            self._writer.writerow([cell(row.get(name)) for name in _CSV_COLUMNS])

    def failed(self, failure: FailedDocument) -> None:
        """Rows are of statements alone."""

    def end(self) -> None:
        """Nothing is left."""


class _Table:
    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._gone: list[dict[str, Any]] = []
        self._restarts: list[str] = []

    def said(self, lines: HistoryLines) -> None:
        self._rows += [_row(line) for line in lines.statements]
        self._gone += lines.removals
        self._restarts += [_restart(line) for line in lines.restarts]

    def failed(self, failure: FailedDocument) -> None:
        """Rows are of statements alone."""

    def end(self) -> None:
        rows = self._rows[:MOST_ROWS]
        if rows:
            show(as_table(rows, _COLUMNS, _TITLE), rows, _COLUMNS, _TITLE)
        if len(self._rows) > MOST_ROWS:
            sys.stdout.write(f"… and {len(self._rows) - MOST_ROWS} more; --format jsonl prints them all\n")
        if self._gone:
            show_removals(self._gone)
        for line in self._restarts:
            sys.stdout.write(line + "\n")


class _Nothing:
    def said(self, lines: HistoryLines) -> None:
        """Print nothing."""

    def failed(self, failure: FailedDocument) -> None:
        """Print nothing."""

    def end(self) -> None:
        """Nothing is left."""


def history_printer(format: Format) -> HistoryPrinter:
    """The printer of a format."""
    made: dict[Format, type[HistoryPrinter]] = {
        Format.JSONL: _JsonLines,
        Format.CSV: _Csv,
        Format.TABLE: _Table,
    }
    return made.get(format, _Nothing)()


def _row(line: dict[str, Any]) -> dict[str, Any]:
    words = line["words"]
    kept = {
        "name": line.get("name") or line.get("chip"),
        "words": words[:_WORDS_SHOWN] + ("…" if words[_WORDS_SHOWN:] else ""),
    }
    if line.get("carried"):
        kept["standing"] = f"{line['standing']}: {line['carried']['in_words']}"
    return {name: line.get(name) for name in _COLUMNS} | kept


def _restart(line: dict[str, Any]) -> str:
    refs = ", ".join(line["refs"][:_SHOWN_NAMES])
    return (
        f"The history was begun anew on {line['begun_anew_on']} ({line['commit'][:12]}); {line['earlier_commits']} earlier commits "
        f"until {line['earlier_until']} are left only below {refs}."
    )
