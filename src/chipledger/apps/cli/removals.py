"""Removals as rows: for the table a row for what one commit took out of one file together, for CSV a row for each."""

import sys
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from chipledger.apps.cli.mentions import MOST_ROWS
from chipledger.apps.cli.output import as_table, show

TITLE = "Removed or weakened, in the order of days (an order of days is no cause)"
_COLUMNS = ("gone_on", "commit", "what")
_SHOWN_NAMES = 4


def show_removals(lines: Sequence[Mapping[str, Any]]) -> None:
    """Print the table of removals.

    Args:
        lines: removals, as histories tell them.
    """
    rows = table_rows(lines)
    show(as_table(rows[:MOST_ROWS], _COLUMNS, TITLE), rows[:MOST_ROWS], _COLUMNS, TITLE)
    if len(rows) > MOST_ROWS:
        sys.stdout.write(f"… and {len(rows) - MOST_ROWS} more; --format jsonl prints them all\n")


def table_rows(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row for each commit and file, the first removal in words and the names of the others.

    Args:
        lines: removals, in the order of days and files.
    """
    rows = []
    for _, group in groupby(lines, _together):
        first, *more = group
        words = first["in_words"]
        if more:
            names = list(dict.fromkeys(line["name"] for line in more))
            words += f"; and {len(more)} more like it: {', '.join(names[:_SHOWN_NAMES])}{', …' if len(names) > _SHOWN_NAMES else ''}"
        rows.append({"gone_on": first["removed_on"], "commit": (first["commit"] or "")[:12], "what": words})
    return rows


def removal_row(line: Mapping[str, Any]) -> dict[str, Any]:
    """A removal in the columns of findings.

    Args:
        line: a removal, as histories tell it.
    """
    spot = f"{line['path']}:{line['line']}" if line["line"] else line["path"]
    return {
        "kind": "removal", "organisation": line["organisation"] or "unnamed", "project": line["project"], "chip": line["name"],
        "purpose": line["purpose"], "first_seen": line["first_seen"], "quote": line["words_before"],
        "place": f"{spot}, before commit {(line['commit'] or '')[:12]}", "fate": line["in_words"], "gone_on": line["removed_on"],
        "commit": line["commit"], "words_now": line["words_now"], "days_after": line["days_after"], "event": line["event"],
    }  # fmt: skip


def _together(line: Mapping[str, Any]) -> tuple[object, ...]:
    name = line["name"] if line["what"] == "chip" else ""
    return line["project"], line["commit"], line["path"], line["manner"], line["what"], name
