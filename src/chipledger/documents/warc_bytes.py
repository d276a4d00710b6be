"""The bytes of a WARC file: how it is compressed, where a record begins, and whether the file is whole.

Each record of a compressed WARC file should be a member of its own, at which reading may begin. Files that were
compressed in one piece, or with a dictionary at their start, are read from the start only.
"""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from fastwarc.stream_io import GzipReader, Lz4Reader, ZstdReader
from fastwarc.warc import ArchiveIterator

from chipledger.documents.gunzip import Gunzip
from chipledger.documents.limits import MIB

PLAIN, CUT = b"WARC/", "the file is cut off in the midst of a record"
_GZIP, _ZSTD, _LZ4 = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18"
_READERS = {_GZIP: GzipReader, _ZSTD: ZstdReader, _LZ4: Lz4Reader}
_MOST_TRIES = 1000


def opening(path: str) -> bytes | None:
    """The bytes with which each record of a file begins, or None where they cannot be told.

    Args:
        path: the file.
    """
    with Path(path).open("rb") as stream:
        head = stream.read(5)
    return next((one for one in (_GZIP, _ZSTD, _LZ4, PLAIN) if head.startswith(one)), None)


def begins(stream: IO[bytes], at: int, magic: bytes | None) -> bool:
    """Whether reading may begin at an offset.

    Args:
        stream: the open file; it stays where it is.
        at: the offset.
        magic: of the file, by `opening`.
    """
    return magic is not None and os.pread(stream.fileno(), len(magic), at) == magic


def plain_from(stream: IO[bytes], start: int, magic: bytes | None) -> IO[bytes]:
    """The decompressed bytes of a file from an offset on.

    Args:
        stream: the open file.
        start: where a record begins.
        magic: of the file, by `opening`.
    """
    stream.seek(start)
    reader = _READERS.get(magic or b"")
    return cast(IO[bytes], reader(stream)) if reader else stream


def next_start(path: str, after: int, magic: bytes | None) -> int | None:
    """Where the next record begins that can be read, at or after an offset; None where there is none.

    Args:
        path: the file.
        after: where to look from.
        magic: of the file, by `opening`.
    """
    if magic is None:
        return None
    with Path(path).open("rb") as stream:
        for number, at in enumerate(_found(stream, after, magic)):
            if number == _MOST_TRIES:
                return None
            if _opens(stream, at):
                return at
    return None


def _found(stream: IO[bytes], after: int, magic: bytes) -> Iterator[int]:
    """Every offset at which the magic stands."""
    base = after
    while piece := os.pread(stream.fileno(), MIB, base):
        at = piece.find(magic)
        while at >= 0:
            yield base + at
            at = piece.find(magic, at + 1)
        base += max(len(piece) - len(magic) + 1, 1)


def _opens(stream: IO[bytes], at: int) -> bool:
    stream.seek(at)
    try:
        record = next(iter(ArchiveIterator(stream, parse_http=False)), None)
    except OSError:
        return False
    return record is not None and record.stream_pos == at


def holds_record(path: str) -> bool:
    """Whether a file begins with a record."""
    with Path(path).open("rb") as stream:
        return _opens(stream, 0)


def cut_off(path: str, last_start: int, last_bytes: int, magic: bytes | None) -> str | None:
    """Why the end of a file is missing, or None where its last record is whole; zstd and lz4 tell it themselves.

    Args:
        path: the file.
        last_start: where its last record begins.
        last_bytes: how long the block of that record claims to be.
        magic: of the file, by `opening`.
    """
    with Path(path).open("rb") as stream:
        if magic == PLAIN:
            head = os.pread(stream.fileno(), MIB, last_start).find(b"\r\n\r\n")
            end = last_start + head + 4 + last_bytes
            return CUT if head < 0 or end > os.fstat(stream.fileno()).st_size else None
        return _cut_gzip(stream, last_start) if magic == _GZIP else None


def _cut_gzip(stream: IO[bytes], start: int) -> str | None:
    stream.seek(start)
    members = Gunzip(stream)
    try:
        while members.read(MIB):
            pass
    except EOFError:
        return CUT
    except zlib.error:
        return "the file is damaged after its last record"
    return None
