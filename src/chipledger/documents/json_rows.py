"""The rows of a JSON Lines file as documents, the file packed with gzip or zstd or not at all.

Listing finds the lines and parses none; a line that is too long is passed by without being held. Reading goes on from
the line before in a packed file, and straight to the line in a plain one.
"""

import json
import os
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, cast

from fastwarc.stream_io import ZstdReader

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.column_names import OTHER, TEXT, Asked, resolve
from chipledger.documents.columns import Columns
from chipledger.documents.document import Document
from chipledger.documents.entry import Entry, Line, Lot, Skipped
from chipledger.documents.gunzip import Gunzip
from chipledger.documents.limits import MIB, Limits
from chipledger.documents.parse import failed
from chipledger.documents.row import document_of_row

Item = Entry | FailedDocument | Skipped | Lot

_PLAIN = (".jsonl", ".ndjson")
_PACKED: dict[str, Callable[[IO[bytes]], Any]] = {".gz": Gunzip, ".zst": ZstdReader}
_DAMAGE = (OSError, EOFError, zlib.error)
_PIECE = MIB
_LOOKED_AT_ROWS = 200
_LOOKED_AT_BYTES = 16 * MIB
_FREE_BYTES = 64 * MIB  # what a packed file may grow to before its ratio counts


def is_json_lines(name: str) -> bool:
    """Whether a file's name is that of a JSON Lines file, packed or not.

    >>> is_json_lines("cards.jsonl.zst"), is_json_lines("cards.json")
    (True, False)
    """
    return _without_packing(name).endswith(_PLAIN)


def _without_packing(name: str) -> str:
    lower = name.lower()
    return next((lower.removesuffix(ending) for ending in _PACKED if lower.endswith(ending)), lower)


def columns_of(dump: Path, asked: Asked, where: str, limits: Limits) -> Columns:
    """Which field of a JSON Lines file says what, told by its first rows.

    Args:
        dump: the file.
        asked: what the user says.
        where: its name, for errors.
        limits: how long a line may be.

    Raises:
        InputError: no row is an object, or the fields do not tell.
    """
    kinds: dict[str, str] = {}
    seen_bytes = 0
    try:
        for number, (_, size_bytes, line) in enumerate(_lines(dump, limits, is_kept=True)):
            seen_bytes += size_bytes
            if number >= _LOOKED_AT_ROWS or seen_bytes > _LOOKED_AT_BYTES:
                break
            row = _parsed(line)
            for name, value in row.items() if isinstance(row, dict) else ():
                kind = TEXT if isinstance(value, str) else OTHER
                kinds[name] = kind if kind == TEXT or name not in kinds else kinds[name]
    except _DAMAGE as error:
        if not kinds:
            raise InputError(f"cannot read: {_why(error)}", where=where) from None
    if not kinds:
        raise InputError("no row is a JSON object", where=where, expected="one object a line")
    return resolve(asked, kinds, where)


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def rows_of(dump: Path, name: str, columns: Columns, limits: Limits, is_weighed: bool) -> Iterator[Item]:
    """The rows of a JSON Lines file.

    Args:
        dump: the file.
        name: the name to show before the number of a row.
        columns: which says what.
        limits: how long a line may be, and how far a packed file may grow.
        is_weighed: tell number and size of the rows only.

    Yields:
        One `Lot` where it is weighed; else an entry a row, and a FailedDocument for what is too long or damaged.
    """
    path = str(dump.resolve())
    count, total_bytes, most_bytes = 0, 0, _line_bytes(limits)
    try:
        status = dump.stat()
        for number, (start, size_bytes, _) in enumerate(_lines(dump, limits), 1):
            count, total_bytes = count + 1, total_bytes + size_bytes
            if is_weighed:
                continue
            row = f"{name}/row {number}"
            if size_bytes > most_bytes:
                yield FailedDocument(
                    document=row, stage="read", reason=limits.over_size("row", size_bytes) or "too long"
                )
            elif size_bytes:
                key = f"row {path} {status.st_size}:{status.st_mtime_ns} {start}"
                yield Entry(
                    name=row, key=key, size_bytes=size_bytes, place=Line(path, start, size_bytes, columns)
                )
    except _DAMAGE as error:
        if not is_weighed:
            yield FailedDocument(
                document=name, stage="read", reason=f"read to its row {count} only: {_why(error)}"
            )
    if is_weighed:
        yield Lot(count, total_bytes, f"{name}: {columns.in_words()}")


def _line_bytes(limits: Limits) -> int:
    """How long a line may be: JSON writes a character of text in up to six, and other fields stand beside it."""
    return 2 * limits.document_bytes + MIB


def _lines(dump: Path, limits: Limits, is_kept: bool = False) -> Iterator[tuple[int, int, bytes]]:
    """(offset, size, bytes where they are kept) of each line without its newline; one of `_DAMAGE` where the file is."""
    most_bytes = _line_bytes(limits)
    free = _FREE_BYTES + limits.archive_ratio * dump.stat().st_size
    with dump.open("rb") as packed:
        stream, at, start, held = _unpacked(packed, dump.name), 0, 0, bytearray()
        while piece := stream.read(_PIECE):
            if at + len(piece) > free:
                raise OSError(0, f"grows to over {limits.archive_ratio} times its size, as a bomb does")
            since = 0
            while (end := piece.find(b"\n", since)) >= 0:
                yield start, at + end - start, bytes(held + piece[since:end]) if is_kept else b""
                held.clear()
                since, start = end + 1, at + end + 1
            if is_kept and len(held) <= most_bytes:
                held += piece[since:]
            at += len(piece)
        if at > start:
            yield start, at - start, bytes(held)


def _unpacked(stream: IO[bytes], name: str) -> IO[bytes]:
    reader = next((one for ending, one in _PACKED.items() if name.lower().endswith(ending)), None)
    return cast(IO[bytes], reader(stream)) if reader else stream


def read_line(entry: Entry, limits: Limits) -> Document | FailedDocument:
    """The document of a row of a JSON Lines file, or why it cannot be read.

    Args:
        entry: whose place is a `Line`.
        limits: what it may ask for.
    """
    line = entry.place
    assert isinstance(line, Line)
    try:
        content = _reader(os.getpid(), line.dump).at(line)
        row = json.loads(content)
    except _DAMAGE as error:
        return failed(entry, "read", _why(error))
    except (ValueError, RecursionError) as error:
        return failed(entry, "json", f"the row is no JSON: {str(error)[:200]}")
    if not isinstance(row, dict):
        return failed(entry, "json", "the row is no JSON object")
    return document_of_row(row, entry, line.columns, limits)


class _Reader:
    """Reads on through one file."""

    def __init__(self, path: str) -> None:
        self._path, self._file, self._at = path, Path(path).open("rb"), 0  # noqa: SIM115
        self._stream = _unpacked(self._file, path)

    def at(self, line: Line) -> bytes:
        """The bytes of a line."""
        if self._stream is self._file:
            return os.pread(self._file.fileno(), line.size_bytes, line.start)
        if line.start < self._at:
            self._file.seek(0)
            self._stream, self._at = _unpacked(self._file, self._path), 0
        while self._at < line.start:
            self._at += len(self._read(min(_PIECE, line.start - self._at)))
        content = self._read(line.size_bytes)
        self._at += len(content)
        return content

    def _read(self, size_bytes: int) -> bytes:
        pieces, left = [], size_bytes
        while left:
            piece = self._stream.read(left)
            if not piece:
                raise OSError(0, "the file ends before this row")
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)


@lru_cache(maxsize=2)
def _reader(process_id: int, path: str) -> _Reader:
    """One for each process: a file's position is shared by forks."""
    return _Reader(path)


def _why(error: Exception) -> str:
    told = error.strerror if isinstance(error, OSError) else None
    return (told or str(error) or type(error).__name__).lower()
