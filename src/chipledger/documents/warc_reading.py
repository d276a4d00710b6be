"""One record of a WARC file to its document, in whatever process.

A record that can be begun at is read as its bytes lie, and its length is held against where the record ends: one that
claims more or less than it holds is refused, since its words would be another page's. A record inside one compressed
piece is reached by reading on from the one before.
"""

import io
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO

from fastwarc.warc import WarcRecord

from chipledger.core.errors import LimitError
from chipledger.core.records import FailedDocument
from chipledger.documents.document import Document
from chipledger.documents.entry import Entry, Record
from chipledger.documents.limits import Limits
from chipledger.documents.parse import document_of, failed
from chipledger.documents.warc import records
from chipledger.documents.warc_bytes import opening, plain_from
from chipledger.documents.warc_payload import payload

_HEAD_BYTES = (1024, 64 * 1024)  # of a record with its end: nearly always, and at most
_END = b"\r\n\r\n"


def read_record(entry: Entry, limits: Limits) -> Document | FailedDocument:
    """The document of a record, or why it cannot be read.

    Args:
        entry: whose place is a `Record`.
        limits: what it may ask for.
    """
    assert isinstance(entry.place, Record)
    try:
        record = _record(entry.place, entry.size_bytes)
        content, charset = payload(record, limits.bytes_of(entry.name))
    except LimitError as error:
        return failed(entry, "read", str(error))
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or "cannot be read"
        return failed(entry, "warc", reason[:1].lower() + reason[1:])
    return document_of(content, entry, limits, charset)


def _record(place: Record, size_bytes: int) -> WarcRecord:
    """The record at a place; ValueError where it is not as it was listed."""
    if place.skip is not None:
        return _cursor(os.getpid(), place.warc).at(place)
    piece = _piece(place, size_bytes)
    record = next(records(io.BytesIO(piece)), None) if piece else _up_to_damage(place)
    if record is None or record.content_length < size_bytes:
        raise ValueError("the file changed after it was listed; scan again")
    _check_length(piece, size_bytes)
    return record


def _piece(place: Record, size_bytes: int) -> bytes:
    """A record's bytes and the beginning of what follows; nothing where what follows cannot be decompressed."""
    piece = b""
    for head_bytes in _HEAD_BYTES:
        with Path(place.warc).open("rb") as stream:
            try:
                piece = plain_from(stream, place.start, opening_of(place.warc)).read(size_bytes + head_bytes)
            except OSError:
                return b""
        if 0 <= piece.find(_END) < head_bytes - 16:
            break
    return piece


def _up_to_damage(place: Record) -> WarcRecord | None:
    with Path(place.warc).open("rb") as stream:
        stream.seek(place.start)
        record = next(records(stream), None)
        if record is not None:
            record.freeze()
        return record


def _check_length(piece: bytes, size_bytes: int) -> None:
    """Refuse a record that does not end where its length says; one that is cut off is read as far as it goes."""
    head = piece.find(_END)
    rest = piece[head + 4 + size_bytes :] if head >= 0 else b""
    if rest and not _END.startswith(rest[:4]):
        raise ValueError("its Content-Length is untrue: the record does not end there")
    if rest[4:] and not rest[4:].startswith((b"WARC/", b"\r\n")):
        raise ValueError("its Content-Length is untrue: no record follows")


@lru_cache(maxsize=16)
def opening_of(path: str) -> bytes | None:
    """The bytes with which each record of a file begins, remembered."""
    return opening(path)


class _Cursor:
    """Reads on through one compressed piece."""

    def __init__(self, path: str) -> None:
        self._path, self._start, self._next = path, -1, 0
        self._stream: IO[bytes] | None = None
        self._records: Iterator[WarcRecord] = iter(())

    def at(self, place: Record) -> WarcRecord:
        """The record at a place, by reading on, or from its start where it lies behind."""
        if place.start != self._start or (place.skip or 0) < self._next:
            if self._stream:
                self._stream.close()
            self._stream = Path(self._path).open("rb")  # noqa: SIM115
            self._stream.seek(place.start)
            self._records, self._start, self._next = records(self._stream), place.start, 0
        for record in self._records:
            self._next += 1
            if self._next == (place.skip or 0) + 1:
                return record
        raise ValueError("the file changed after it was listed; scan again")


@lru_cache(maxsize=2)
def _cursor(process_id: int, path: str) -> _Cursor:
    """One for each process: a file's position is shared by forks."""
    return _Cursor(path)
