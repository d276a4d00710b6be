"""Dumps: files in which a row is a document. Parquet and JSON Lines, by one door."""

from collections.abc import Iterator
from pathlib import Path

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents import json_rows, parquet_rows
from chipledger.documents.column_names import Asked
from chipledger.documents.columns import Columns
from chipledger.documents.entry import Entry, Lot, Skipped
from chipledger.documents.json_rows import is_json_lines
from chipledger.documents.limits import Limits

__all__ = ("columns_of", "is_dump", "is_json_lines", "rows_of")

Item = Entry | FailedDocument | Skipped | Lot


def is_dump(name: str) -> bool:
    """Whether a file's name is that of a file that may be read row by row.

    >>> is_dump("cards.parquet"), is_dump("cards.jsonl.gz"), is_dump("cards.csv")
    (True, True, False)
    """
    return parquet_rows.is_parquet(name) or json_rows.is_json_lines(name)


def columns_of(dump: Path, asked: Asked, where: str, limits: Limits) -> Columns:
    """Which column of a dump says what.

    Args:
        dump: the file.
        asked: what the user says.
        where: its name, for errors.
        limits: how much may be looked at.

    Raises:
        InputError: it is no dump, or its columns do not tell.
    """
    if parquet_rows.is_parquet(dump.name):
        return parquet_rows.columns_of(dump, asked, where)
    return json_rows.columns_of(dump, asked, where, limits)


def rows_of(dump: Path, name: str, asked: Asked, limits: Limits, is_weighed: bool) -> Iterator[Item]:
    """The rows of a dump.

    Args:
        dump: the file.
        name: the name to show before the number of a row, where no column names it.
        asked: what the user says of the columns.
        limits: what it may ask for.
        is_weighed: tell number and size of the rows only, as a `Lot`.

    Yields:
        Entries, what cannot be read; one FailedDocument where the file is no dump or its columns do not tell.
    """
    try:
        columns = columns_of(dump, asked, name, limits)
        if parquet_rows.is_parquet(dump.name):
            yield from parquet_rows.rows_of(dump, name, columns, is_weighed)
        else:
            yield from json_rows.rows_of(dump, name, columns, limits, is_weighed)
    except InputError as error:
        yield FailedDocument(document=name, stage="rows", reason=str(error))
