"""What a scan of a history does with one blob, in whatever process: its statements, or why it cannot be read.

A file has many versions and most of them change nothing that concerns chips. A version is read closely only where its
telling lines are new to the process that reads it; else it answers with their hash alone, and states what the version
stated that had the same.
"""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

from chipledger.core.records import FailedDocument
from chipledger.documents.entry import Blob, Entry
from chipledger.documents.limits import Limits
from chipledger.documents.parse import document_of, failed
from chipledger.documents.reading import reading_of
from chipledger.documents.repository import read_blob
from chipledger.evidence.extract import extract
from chipledger.evidence.statement import Statement, is_veiled, statements, telling_lines


class Version(NamedTuple):
    """What a blob tells: the hash of path and telling lines, b"" for none; its statements, None where they were read already."""

    telling: bytes
    statements: tuple[Statement, ...] | None


_SILENT = Version(b"", ())
_read_closely: dict[int, set[bytes]] = {}  # by this process, in the scan it works for


@dataclass(frozen=True, slots=True)
class BlobReader:
    """Reads the blobs of a history.

    Args:
        limits: what a document may ask for.
        scan: tells this scan from others of the same process.
    """

    limits: Limits
    scan: int = 0

    def __call__(self, entry: Entry) -> Version | FailedDocument:
        """What a blob states, or why it cannot be read."""
        assert isinstance(entry.place, Blob)
        if over := self.limits.over_size(entry.name, entry.size_bytes):
            return failed(entry, "read", over)
        content = read_blob(entry.place)
        if content is None:
            return failed(entry, "git", "an object is missing from the repository or cannot be unpacked")
        document = None
        if is_veiled(content, entry.name):
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


def _of_scan(scan: int) -> set[bytes]:
    if scan not in _read_closely:
        _read_closely.clear()
    return _read_closely.setdefault(scan, set())
