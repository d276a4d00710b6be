"""The rows of a Parquet file as documents: weighed by the footer alone, read a few rows at a time.

A row group's pages are looked at before any is unpacked, so that a cell of gigabytes costs its row group and no memory.
The position in a file is kept by the process that reads it; another process begins at the row group.
"""

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.column_names import OTHER, TEXT, Asked, resolve
from chipledger.documents.columns import Columns
from chipledger.documents.document import Document
from chipledger.documents.entry import Cell, Entry, Lot, Skipped
from chipledger.documents.limits import MIB, Limits
from chipledger.documents.parquet_pages import pages_of
from chipledger.documents.parse import failed
from chipledger.documents.row import document_of_row

if TYPE_CHECKING:  # an extra
    import pyarrow.parquet as pq

Item = Entry | FailedDocument | Skipped | Lot

_FOOTER_BYTES = 64 * MIB
_BATCH_BYTES = 256 * MIB  # what a hostile dictionary may make of it; of honest rows a tenth
_BATCH_ROWS = 2048
_PAGE_BYTES = 256 * MIB
_MAGIC = b"PAR1"


def is_parquet(name: str) -> bool:
    """Whether a file's name is that of a Parquet file.

    >>> is_parquet("cards-00000.parquet")
    True
    """
    return name.lower().endswith((".parquet", ".pq"))


def columns_of(dump: Path, asked: Asked, where: str) -> Columns:
    """Which column of a Parquet file says what.

    Args:
        dump: the file.
        asked: what the user says.
        where: its name, for errors.

    Raises:
        InputError: it is none, or its columns do not tell.
    """
    with _opened(dump, where) as parquet:
        kinds = {one.name: TEXT if _is_text(str(one.type)) else OTHER for one in parquet.schema_arrow}
    return resolve(asked, kinds, where)


def _is_text(kind: str) -> bool:
    return kind in ("string", "large_string", "binary", "large_binary", "string_view", "binary_view")


def rows_of(dump: Path, name: str, columns: Columns, is_weighed: bool) -> Iterator[Item]:
    """The rows of a Parquet file.

    Args:
        dump: the file.
        name: the name to show before the number of a row.
        columns: which says what.
        is_weighed: tell number and size of the rows only.

    Yields:
        One `Lot` where it is weighed; else an entry a row, and a FailedDocument for a row group that asks too much.

    Raises:
        InputError: it is no Parquet file.
    """
    path = str(dump.resolve())
    with _opened(dump, name) as parquet:
        footer = parquet.metadata
        if is_weighed:
            sizes = [
                sum(_sizes(footer.row_group(group), (columns.text,)))
                for group in range(footer.num_row_groups)
            ]
            yield Lot(footer.num_rows, sum(sizes), f"{name}: {columns.in_words()}")
            return
        stamp = _stamp(path)
        first = 0
        for group in range(footer.num_row_groups):
            yield from _group(path, stamp, name, columns, footer.row_group(group), (group, first))
            first += footer.row_group(group).num_rows


def _group(
    path: str, stamp: str, name: str, columns: Columns, head: Any, numbers: tuple[int, int]
) -> Iterator[Item]:
    (group, first), rows = numbers, head.num_rows
    try:
        batch_rows = _batch_rows(path, head, columns)
    except (ValueError, OSError) as error:
        reason = f"{rows} rows are not read: {error}"
        yield FailedDocument(
            document=f"{name}/rows {first + 1} to {first + rows}", stage="parquet", reason=reason
        )
        return
    size_bytes = sum(_sizes(head, (columns.text,))) // max(rows, 1)
    for row in range(rows):
        yield Entry(
            name=f"{name}/row {first + row + 1}",
            key=f"row {path} {stamp} {group}:{row}",
            size_bytes=size_bytes,
            place=Cell(path, group, row, batch_rows, columns),
        )


def _sizes(head: Any, wanted: tuple[str, ...]) -> Iterator[int]:
    return (chunk.total_uncompressed_size for chunk in _chunks(head, wanted))


def _chunks(head: Any, wanted: tuple[str, ...]) -> Iterator[Any]:
    """The chunks of some columns; those of a list lie below its name."""
    for number in range(head.num_columns):
        chunk = head.column(number)
        if chunk.path_in_schema in wanted or chunk.path_in_schema.partition(".")[0] in wanted:
            yield chunk


def _batch_rows(path: str, head: Any, columns: Columns) -> int:
    """How many rows of a row group are read at once; ValueError where a page of it asks too much."""
    largest = 1
    with Path(path).open("rb") as stream:
        for chunk in _chunks(head, columns.wanted()):
            starts = [at for at in (chunk.dictionary_page_offset, chunk.data_page_offset) if at]
            pages = pages_of(stream, min(starts), chunk.total_compressed_size)
            if pages.largest_bytes > _PAGE_BYTES:
                raise ValueError(
                    f"a page of {pages.largest_bytes / 1e6:.1f} MB is over the limit of {_PAGE_BYTES / 1e6:.1f} MB"
                )
            mean = chunk.total_uncompressed_size // max(head.num_rows, 1)
            largest = max(largest, pages.dictionary_bytes, mean)
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES // largest))


def read_cell(entry: Entry, limits: Limits) -> Document | FailedDocument:
    """The document of a row of a Parquet file, or why it cannot be read.

    Args:
        entry: whose place is a `Cell`.
        limits: what it may ask for.
    """
    cell = entry.place
    assert isinstance(cell, Cell)
    try:
        reader = _reader(os.getpid(), cell.dump, cell.group)
        values = reader.at(cell)
    except InputError as error:
        return failed(entry, "parquet", error.what)
    except (
        OSError,
        ValueError,
        MemoryError,
        KeyError,
        NotImplementedError,
    ) as error:  # pyarrow's are ValueErrors
        return failed(
            entry,
            "parquet",
            f"damaged: {str(error).splitlines()[0][:200] if str(error) else type(error).__name__}",
        )
    return document_of_row(values, entry, cell.columns, limits, reader.charset)


class _Reader:
    """Reads on through one row group."""

    def __init__(self, path: str, group: int) -> None:
        self._path, self._group = path, group
        self._first, self._rows = 0, list[dict[str, Any]]()
        self._batches: Iterator[Any] | None = None
        self.charset: str | None = None  # of the text, where its column is of text and not of bytes

    def at(self, cell: Cell) -> dict[str, Any]:
        """A row's values by column."""
        if self._batches is None or cell.row < self._first:
            self._batches, self._first, self._rows = self._begin(cell), 0, []
        while cell.row >= self._first + len(self._rows):
            batch = next(self._batches, None)
            if batch is None:
                raise ValueError("the row group ends before this row")
            self._first, self._rows = self._first + len(self._rows), _rows_of(batch, cell.columns)
        return self._rows[cell.row - self._first]

    def _begin(self, cell: Cell) -> Iterator[Any]:
        parquet = _held_open(os.getpid(), self._path)
        kind = str(parquet.schema_arrow.field(cell.columns.text).type)
        self.charset = None if "binary" in kind else "utf-8"
        batches: Iterator[Any] = parquet.iter_batches(
            batch_size=cell.batch_rows,
            row_groups=[self._group],
            columns=list(cell.columns.wanted()),
            use_threads=False,
        )
        return batches


def _rows_of(batch: Any, columns: Columns) -> list[dict[str, Any]]:
    """The rows of a batch; text as its bytes, which nothing has to decode twice."""
    import pyarrow as pa

    names = [name for name in columns.wanted() if name in batch.schema.names]
    listed = []
    for name in names:
        column = batch.column(name)
        if name == columns.text and pa.types.is_string(column.type):
            column = column.cast(pa.binary())
        elif name == columns.text and pa.types.is_large_string(column.type):
            column = column.cast(pa.large_binary())
        listed.append(column.to_pylist())
    return [dict(zip(names, row, strict=True)) for row in zip(*listed, strict=True)]


@lru_cache(maxsize=1)
def _held_open(process_id: int, path: str) -> "pq.ParquetFile":
    """One for each process; reading its footer anew for every row group would cost as much as the rows."""
    return _opened(Path(path), path)


@lru_cache(maxsize=1)
def _reader(process_id: int, path: str, group: int) -> _Reader:
    """One for each process: what a file has open is not shared by forks."""
    return _Reader(path, group)


def _stamp(path: str) -> str:
    status = Path(path).stat()
    return f"{status.st_size}:{status.st_mtime_ns}"


def _opened(dump: Path, where: str) -> "pq.ParquetFile":
    """A Parquet file, its footer read and bounded."""
    opening = _pyarrow(where)
    try:
        with dump.open("rb") as stream:
            end = stream.seek(0, os.SEEK_END)
            tail = os.pread(stream.fileno(), 8, max(end - 8, 0))
    except OSError as error:
        raise InputError(f"cannot read: {(error.strerror or 'no reason').lower()}", where=where) from None
    footer_bytes = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC or footer_bytes + 12 > end:
        raise InputError("no Parquet file, or cut off", where=where)
    if footer_bytes > _FOOTER_BYTES:
        raise InputError(f"its footer is over the limit of {_FOOTER_BYTES / 1e6:.1f} MB", where=where)
    try:
        return opening(dump, buffer_size=MIB, pre_buffer=False)
    except (OSError, ValueError) as error:
        raise InputError(f"no Parquet file: {str(error).splitlines()[0][:200]}", where=where) from None


def _pyarrow(where: str) -> "Callable[..., pq.ParquetFile]":
    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise InputError(
            "reading Parquet needs pyarrow", where=where, remedy="pip install 'chipledger[parquet]'"
        ) from None
    return pq.ParquetFile  # type: ignore[no-any-return]
