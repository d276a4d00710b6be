"""What a scan of a history does with blobs, in whatever process: their statements, or why one cannot be read.

A file has many versions and most of them change nothing that concerns chips. A version is read closely only where its
telling lines are new to the process that reads it; else it answers with their hash alone, and states what the version
stated that had the same. Blobs come in handfuls, so that asking for them costs little.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from chipledger.core.records import FailedDocument
from chipledger.documents.blobs import read_blobs
from chipledger.documents.entry import Blob, Entry, Origin
from chipledger.documents.limits import Limits
from chipledger.documents.parse import document_of, failed, is_pointer
from chipledger.documents.reading import reading_of
from chipledger.evidence.extract import extract
from chipledger.evidence.statement import Statement, is_veiled, statements, telling_lines

_HANDFUL_BLOBS = 16
_HANDFUL_BYTES = 1 << 20


class Wanted(NamedTuple):
    """A blob to read: a version of a file, and the commit with which it came.

    Attributes:
        path: where it stands, fit to show.
        blob: its hash.
        size_bytes: its size as listed.
        commit: the commit's hash.
        day: the commit's day as an ordinal, 0 where it cannot be read.
        is_owned: whether it is of the owner's line, not only proposed.
    """

    path: str
    blob: bytes
    size_bytes: int
    commit: bytes
    day: int
    is_owned: bool


Handful = tuple[Wanted, ...]


class Version(NamedTuple):
    """What a blob tells: the hash of path and telling lines, b"" for none; its statements, None where they were read already."""

    telling: bytes
    statements: tuple[Statement, ...] | None


_SILENT = Version(b"", ())
_read_closely: dict[int, set[bytes]] = {}  # by this process, in the scan it works for


def handfuls(wanted: Iterable[Wanted]) -> Iterator[Handful]:
    """Blobs in handfuls, in their order.

    Args:
        wanted: the blobs.

    >>> one = Wanted("a.md", b"", 1, b"", 0, True)
    >>> [len(some) for some in handfuls([one] * 24)]
    [16, 8]
    """
    some: list[Wanted] = []
    size_bytes = 0
    for one in wanted:
        some.append(one)
        size_bytes += one.size_bytes
        if len(some) >= _HANDFUL_BLOBS or size_bytes >= _HANDFUL_BYTES:
            yield tuple(some)
            some, size_bytes = [], 0
    if some:
        yield tuple(some)


@dataclass(frozen=True, slots=True)
class BlobReader:
    """Reads the blobs of a history.

    Args:
        git_dir: where they lie.
        owner: the repository's owner and name.
        limits: what a document may ask for.
        scan: tells this scan from others of the same process.
    """

    git_dir: str
    owner: Origin
    limits: Limits
    scan: int = 0

    def __call__(self, some: Handful) -> list[Version | FailedDocument]:
        """What each blob states, or why it cannot be read."""
        small = [one for one in some if self.limits.over_size(one.path, one.size_bytes) is None]
        contents = read_blobs(self.git_dir, [one.blob.hex() for one in small])
        return [self._told(one, contents) for one in some]

    def _told(self, one: Wanted, contents: Iterator[bytes | None]) -> Version | FailedDocument:
        entry = self._entry(one)
        if over := self.limits.over_size(one.path, one.size_bytes):
            return failed(entry, "read", over)
        content = next(contents)
        if content is None:
            return failed(entry, "git", "an object is missing from the repository or cannot be unpacked")
        return self._version(content, entry)

    def _version(self, content: bytes, entry: Entry) -> Version | FailedDocument:
        document = None
        if is_veiled(content, entry.name) or is_pointer(content):
            document = document_of(content, entry, self.limits)
            if isinstance(document, FailedDocument):
                return document
            content = reading_of(document).encode("utf-8", "replace")
        told = telling_lines(content)
        if not told:
            return _SILENT
        telling = hashlib.sha256(f"{entry.origin.organisation}\n{entry.name}\n".encode() + told).digest()[:16]
        closely = _of_scan(self.scan)
        if telling in closely:
            return Version(telling, None)
        document = document or document_of(content, entry, self.limits)
        if isinstance(document, FailedDocument):
            return document
        said = extract(document)
        found = statements(document, said.mentions, said.facts.settings)
        closely.add(telling)
        return Version(telling, found)

    def _entry(self, one: Wanted) -> Entry:
        name = one.blob.hex()
        origin = replace(
            self.owner, commit=one.commit.hex(), seen_on=date.fromordinal(one.day) if one.day else None,
            organisation=self.owner.organisation if one.is_owned else None, web=None,
        )  # fmt: skip
        return Entry(name=one.path, key=name, size_bytes=one.size_bytes, place=Blob(self.git_dir, name), path=one.path, origin=origin)  # fmt: skip


def _of_scan(scan: int) -> set[bytes]:
    if scan not in _read_closely:
        _read_closely.clear()
    return _read_closely.setdefault(scan, set())
