"""Rows to the terminal or a pipe: a Rich table for people, CSV, JSON and JSON lines for programs.

Tables are coloured only on a terminal and never under NO_COLOR; what is piped stays free of control codes.
"""

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.table import Table

from chipledger.apps.cli.blocks import blocks, is_too_narrow
from chipledger.apps.cli.folding import Folded
from chipledger.documents.entry import escaped

_OBEYED_OR_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    NONE = "none"


def emit(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str] | None, format: str, title: str = ""
) -> None:
    """Print rows in the asked format on standard output.

    Args:
        rows: mappings of JSON-ready values.
        columns: the columns of the table and the CSV, in order; None takes those of the first row.
        format: one of `Format`.
        title: printed above a table.
    """
    if format == Format.JSONL:
        for row in rows:
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        return
    listed = [dict(row) for row in rows]
    names = list(columns or (listed[0] if listed else ()))
    if format == Format.JSON:
        emit_json(listed)
    elif format == Format.CSV:
        sys.stdout.write(as_csv(listed, names))
    elif format == Format.TABLE:
        show(as_table(listed, names, title), listed, names, title)


def emit_json(value: Any) -> None:
    """Print one value as JSON.

    Args:
        value: JSON-ready.
    """
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def show(
    table: Table, rows: Sequence[Mapping[str, Any]], fields: Sequence[str], title: str, word_cells: int = 10
) -> None:
    """Print a table, or where the terminal is too narrow for it the same rows as blocks of lines.

    Args:
        table: of the rows; its columns may hold several fields.
        rows: mappings of JSON-ready values.
        fields: what a block shows of a row, in order.
        title: printed above.
        word_cells: how wide a word must fit into a column uncut.
    """
    console = stdout()
    if not rows:
        console.print(title, style="italic", markup=False)
        return
    columns = [[str(text) for text in (column.header, *column.cells)] for column in table.columns]
    if not is_too_narrow(console.width, columns, word_cells):
        console.print(table)
        return
    console.print(blocks([{name: harmless(plain(row.get(name))) for name in fields} for row in rows], title))


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Rows as CSV text with a header; a cell that a spreadsheet would run as a formula is kept as text.

    >>> as_csv([{"chip": "NVIDIA H20", "count": 32}], ["chip", "count"])
    'chip,count\\nNVIDIA H20,32\\n'
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(name)) for name in columns])
    return stream.getvalue()


def cell(value: Any) -> str:
    """One cell of CSV as text; what a spreadsheet would run as a formula is kept as text.

    >>> cell("=HYPERLINK(1)"), cell(-3)
    ("'=HYPERLINK(1)", '-3')
    """
    return _no_formula(plain(value))


def _no_formula(cell: str) -> str:
    return (
        "'" + cell
        if cell[:1] in ("=", "@", "\t", "\r") or (cell[:1] in "+-" and cell[1:] and not _is_number(cell))
        else cell
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return not cell
    return True


def as_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], title: str) -> Table:
    """Rows as a Rich table."""
    table = Table(title=title or None, title_justify="left", header_style="bold", pad_edge=False)
    for name in columns:
        numeric = bool(rows) and all(isinstance(row.get(name), int | float | None) for row in rows)
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Folded(harmless(plain(row.get(name)))) for name in columns))
    return table


def harmless(text: str) -> str:
    """A text with the characters in print that a terminal would obey or hide.

    Args:
        text: of one line.
    """
    return _OBEYED_OR_HIDDEN.sub(escaped, text)


def plain(value: Any) -> str:
    """One cell as text; what is unknown stays empty.

    >>> plain(None), plain(["a", "b"]), plain(4992.0)
    ('', 'a, b', '4992')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
    return str(value)


def stdout() -> Console:
    """A console on standard output; wide enough when piped that no row is cut."""
    return Console(width=None if sys.stdout.isatty() else 200, soft_wrap=False, highlight=False)


def stderr() -> Console:
    """A console on standard error, for progress and errors."""
    return Console(stderr=True, highlight=False)
