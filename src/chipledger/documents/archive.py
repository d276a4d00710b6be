"""Documents in zip and tar archives, read in place: nothing is ever written to disk.

Lists an archive's members as entries, under limits on their number, their decompressed size and its ratio to the
compressed one, then reads one member's bytes. Names are only names: "../x" and "/etc/x" lead nowhere. Archives
inside archives are read as deep as the limits say.
"""

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple, Protocol, cast

from chipledger.core.errors import LimitError
from chipledger.core.records import FailedDocument
from chipledger.documents.entry import Entry, Member, Skipped, shown
from chipledger.documents.formats import is_binary_name
from chipledger.documents.limits import MIB, Limits

_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_FREE_BYTES = 16 * MIB  # what any archive may grow to before its ratio counts
_DIRECTORY_BYTES = 16 * MIB  # a zip's directory, or one header of a tar

# What the standard library raises on damaged, encrypted or unsupported archives.
DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError,
    NotImplementedError, RuntimeError, OverflowError, KeyError, IndexError,
)  # fmt: skip

Chain = tuple[tuple[int, int], ...]


class _Listed(NamedTuple):
    """One member as listed: its name, the step that leads to it, and why it is passed over, if it is."""

    name: str
    step: tuple[int, int]
    skipped: str | None = None


class _Container(Protocol):
    """An open archive."""

    def members(self, limits: Limits) -> Iterator[_Listed]:
        """Its members in their order; LimitError where it holds too much."""

    def read(self, step: tuple[int, int]) -> bytes:
        """A member's bytes."""


def is_archive(name: str) -> bool:
    """Whether a file's name is that of an archive that is read.

    >>> is_archive("papers.tar.gz"), is_archive("weights.7z")
    (True, False)
    """
    return name.lower().endswith(_ENDINGS)


def entries_in(archive: Path, name: str, limits: Limits) -> Iterator[Entry | FailedDocument | Skipped]:
    """The documents in an archive.

    Args:
        archive: the file.
        name: the name to show before the members' own; "" for none.
        limits: what an archive may hold.

    Yields:
        An entry for each member that may hold text, what is passed over, and a FailedDocument where the archive is
        damaged or over a limit; members listed before that stay.
    """
    yield from _entries(str(archive), (), name, limits)


def read_member(member: Member) -> bytes:
    """One member's bytes.

    Raises:
        LimitError: the archive grows beyond what it may.
        Exception: one of `DAMAGE`, where the archive is damaged, encrypted or gone.
    """
    return _opened(os.getpid(), member.archive, member.chain[:-1]).read(member.chain[-1])


def why(error: BaseException) -> str:
    """An archive's trouble in one clause.

    >>> why(RuntimeError("File 'a' is encrypted, password required for extraction"))
    'encrypted'
    """
    if isinstance(error, LimitError):
        return str(error)
    if "encrypted" in str(error):
        return "encrypted"
    detail = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"damaged archive: {detail or type(error).__name__}"


def _entries(
    archive: str, chain: Chain, name: str, limits: Limits
) -> Iterator[Entry | FailedDocument | Skipped]:
    prefix = f"{name}/" if name else ""
    try:
        stamp = _stamp(archive)
        for listed in _container(archive, chain).members(limits):
            inner, full_name = (*chain, listed.step), prefix + shown(listed.name)
            if listed.skipped or is_binary_name(listed.name):
                yield Skipped(full_name, listed.skipped or "binary")
            elif not is_archive(listed.name):
                yield _entry(Member(archive, inner), full_name, listed, stamp)
            elif len(inner) >= limits.archive_depth:
                yield Skipped(full_name, "archive too deep inside archives")
            elif reason := limits.over_size(listed.name, listed.step[1]):
                yield FailedDocument(document=full_name, stage="archive", reason=reason)
            else:
                yield from _entries(archive, inner, full_name, limits)
    except (LimitError, *DAMAGE) as error:
        yield FailedDocument(document=name or archive, stage="archive", reason=why(error))


def _entry(member: Member, full_name: str, listed: _Listed, stamp: str) -> Entry:
    steps = "/".join(str(where) for where, _ in member.chain)
    return Entry(
        name=full_name,
        key=f"member {member.archive} {stamp} {steps}",
        size_bytes=listed.step[1],
        place=member,
        path=shown(listed.name),
    )


def _stamp(archive: str) -> str:
    status = Path(archive).stat()
    return f"{status.st_size}:{status.st_mtime_ns}"


@lru_cache(maxsize=4)
def _opened(process_id: int, archive: str, chain: Chain) -> _Container:
    """An open archive for reading members; one for each process, since a file's position is shared by forks."""
    return _container(archive, chain)


def _container(archive: str, chain: Chain) -> _Container:
    if not chain:
        return _of_stream(Path(archive).open("rb"), Path(archive).stat().st_size)
    content = _container(archive, chain[:-1]).read(chain[-1])
    return _of_stream(io.BytesIO(content), len(content))


def _of_stream(stream: IO[bytes], size_bytes: int) -> _Container:
    magic = stream.read(6)
    stream.seek(0)
    return _Zip(stream, size_bytes) if magic.startswith(_ZIP_MAGIC) else _Tar(stream, magic, size_bytes)


class _Zip:
    """A zip archive: members are found by their number in its directory."""

    def __init__(self, stream: IO[bytes], size_bytes: int) -> None:
        self._size_bytes = size_bytes
        _check_directory(stream, size_bytes)
        self._zip = zipfile.ZipFile(stream)

    def members(self, limits: Limits) -> Iterator[_Listed]:
        listed = self._zip.infolist()
        _check_number(len(listed), limits)
        _check_growth(sum(member.file_size for member in listed), self._size_bytes, limits)
        for number, member in enumerate(listed):
            if member.is_dir():
                continue
            is_link = stat.S_ISLNK(member.external_attr >> 16)
            yield _Listed(member.filename, (number, member.file_size), "symbolic link" if is_link else None)

    def read(self, step: tuple[int, int]) -> bytes:
        with self._zip.open(self._zip.infolist()[step[0]]) as stream:
            return stream.read(step[1])


def _check_directory(stream: IO[bytes], size_bytes: int) -> None:
    """Refuse a zip whose directory claims to be huge, before the standard library loads it whole."""
    tail_bytes = min(size_bytes, 65557)
    stream.seek(size_bytes - tail_bytes)
    tail = stream.read(tail_bytes)
    stream.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile("no directory at its end")
    directory_bytes = int.from_bytes(tail[at + 12 : at + 16], "little")
    if min(directory_bytes, size_bytes) > _DIRECTORY_BYTES:
        raise LimitError(f"its directory is over the limit of {_DIRECTORY_BYTES / 1e6:.1f} MB")


class _Tar:
    """A tar archive, compressed or not: members are found by the offset of their bytes."""

    def __init__(self, stream: IO[bytes], magic: bytes, size_bytes: int) -> None:
        self._plain = _decompressed(stream, magic)
        self._size_bytes = size_bytes

    def members(self, limits: Limits) -> Iterator[_Listed]:
        bounded = _Bounded(self._plain, self._size_bytes, limits)
        number = 0
        with tarfile.open(fileobj=bounded, mode="r:") as tar:  # type: ignore[call-overload]
            while (member := tar.next()) is not None:
                tar.members.clear()
                number += 1
                _check_number(number, limits)
                if not member.isdir():
                    yield _Listed(member.name, (member.offset_data, member.size), _tar_skip(member))

    def read(self, step: tuple[int, int]) -> bytes:
        self._plain.seek(step[0])
        content = self._plain.read(step[1])
        if len(content) < step[1]:
            raise EOFError("the archive ends inside this member")
        return content


def _tar_skip(member: tarfile.TarInfo) -> str | None:
    if member.issym() or member.islnk():
        return "symbolic link" if member.issym() else "hard link"
    return None if member.isreg() and not member.issparse() else "special file"


def _decompressed(stream: IO[bytes], magic: bytes) -> IO[bytes]:
    if magic.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=stream))
    if magic.startswith(b"BZh"):
        return bz2.BZ2File(stream)
    return lzma.LZMAFile(stream) if magic.startswith(b"\xfd7zXZ") else stream


class _Bounded:
    """A decompressed stream that refuses to go further than an archive may grow."""

    def __init__(self, stream: IO[bytes], size_bytes: int, limits: Limits) -> None:
        self._stream, self._size_bytes, self._limits = stream, size_bytes, limits

    def read(self, size_bytes: int = -1) -> bytes:
        if size_bytes < 0 or size_bytes > _DIRECTORY_BYTES:
            raise LimitError(f"a header is over the limit of {_DIRECTORY_BYTES / 1e6:.1f} MB")
        self._check(self._stream.tell() + size_bytes)
        return self._stream.read(size_bytes)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._check(offset)
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def _check(self, offset: int) -> None:
        _check_growth(offset - 2 * tarfile.RECORDSIZE, self._size_bytes, self._limits)


def _check_number(members: int, limits: Limits) -> None:
    if members > limits.archive_members:
        raise LimitError(f"more than {limits.archive_members} members; raise it with --max-members")


def _check_growth(plain_bytes: int, size_bytes: int, limits: Limits) -> None:
    if plain_bytes > limits.archive_bytes:
        raise LimitError(
            f"decompresses to over {limits.archive_bytes / 1e6:.0f} MB, the limit for one archive"
        )
    if plain_bytes > _FREE_BYTES + limits.archive_ratio * size_bytes:
        raise LimitError(f"decompresses to over {limits.archive_ratio} times its size, as a zip bomb does")
