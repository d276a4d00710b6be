"""Captured web pages in WARC files (ISO 28500): listed by the heads of their records, in one pass that keeps nothing.

A response, a resource and the text of a conversion (WET) are documents, with the address and the day of the capture.
An entry says at which offset reading begins, so that another process may read it (`warc_reading`). A file that is cut
off or damaged gives what can be read, and an error for the rest.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from chipledger.core.errors import LimitError
from chipledger.core.records import FailedDocument
from chipledger.documents.entry import Entry, Origin, Record, Skipped, shown
from chipledger.documents.limits import MIB, Limits
from chipledger.documents.media import format_of_media
from chipledger.documents.warc_bytes import PLAIN, begins, cut_off, holds_record, next_start, opening

Item = Entry | FailedDocument | Skipped

_ENDINGS = (".warc", ".warc.gz", ".warc.zst", ".warc.lz4", ".wet", ".wet.gz")
_FREE_BYTES = 16 * MIB  # what a file may grow to before its ratio counts
_MOST_DAMAGE = 1000

DOCUMENTS = (
    WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion | WarcRecordType.revisit
)
"""The kinds of records that are listed; requests and what crawlers note for themselves are no documents."""


def is_warc(name: str) -> bool:
    """Whether a file's name is that of a WARC file that is read.

    >>> is_warc("CC-MAIN-00000.warc.gz"), is_warc("CC-MAIN-00000.warc.wat.gz"), is_warc("notes.gz")
    (True, False, False)
    """
    return name.lower().endswith(_ENDINGS)


def entries_in(warc: Path, name: str, limits: Limits) -> Iterator[Item]:
    """The documents of a WARC file.

    Args:
        warc: the file.
        name: the name to show before the addresses; "" for none.
        limits: how far it may grow.

    Yields:
        Entries in the order of the file, what is passed over, and a FailedDocument where it is damaged or cut off.
    """
    path = str(warc.resolve())
    try:
        status = warc.stat()
        stamp = f"{status.st_size}:{status.st_mtime_ns}"
        yield from _Lister(path, name, stamp, status.st_size, limits, opening(path)).items()
    except (LimitError, OSError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or "cannot be read"
        yield FailedDocument(document=name or shown(warc.name), stage="warc", reason=reason.lower())


def records(stream: IO[bytes]) -> Iterator[WarcRecord]:
    """The records from where a stream stands, those that may be documents; what lies between them is passed over."""
    return iter(ArchiveIterator(stream, record_types=DOCUMENTS, parse_http=False, quirks_mode=True))


@dataclass(slots=True)
class _Lister:
    """One pass over a file, from damage to damage."""

    path: str
    name: str
    stamp: str
    size_bytes: int
    limits: Limits
    magic: bytes | None
    grown_bytes: int = 0
    last_start: int = 0
    last_bytes: int = 0
    count: int = 0

    def items(self) -> Iterator[Item]:
        start = 0
        for _ in range(_MOST_DAMAGE):
            trouble = yield from self._until_damage(start)
            if trouble is None:
                break
            after = max(self.last_start, start)
            yield self._failure(f"damaged after byte {after}: {trouble}")
            found = next_start(self.path, after + 1, self.magic)
            if found is None:
                return
            start = found
        if not self.count and not holds_record(self.path):
            yield self._failure("no WARC file")
        elif cut := cut_off(self.path, self.last_start, self.last_bytes, self.magic):
            yield self._failure(cut)

    def _until_damage(self, start: int) -> Generator[Item, None, str | None]:
        """The items from an offset on, until the file ends or no record can be made out; then why."""
        begun, skip = start, -1
        with Path(self.path).open("rb") as stream, Path(self.path).open("rb") as looking:
            stream.seek(start)
            before = -1
            try:
                for record in records(stream):
                    at = record.stream_pos
                    is_new = at != before and begins(looking, at, self.magic)
                    begun, skip, before = (at, 0, at) if is_new else (begun, skip + 1, at)
                    self.last_start, self.last_bytes = begun, record.content_length
                    self.count += 1
                    size_bytes = self._size(record, at)
                    if size_bytes is None:
                        return f"a record claims {record.content_length} bytes and another begins before that"
                    place = Record(self.path, begun, None if is_new else skip)
                    yield from self._items_of(record, place, size_bytes)
            except OSError as error:
                return str(error).lower() or "cannot be read"
        return None

    def _size(self, record: WarcRecord, at: int) -> int | None:
        """How many bytes a record has: what is there of it, where the file is cut off; None where its length is untrue."""
        size_bytes: int = record.content_length
        if self.magic == PLAIN and at + size_bytes > self.size_bytes:
            if next_start(self.path, at + 1, self.magic) is not None:
                return None
            size_bytes = max(self.size_bytes - at, 0)
        self.grown_bytes += size_bytes
        if self.grown_bytes > _FREE_BYTES + self.limits.archive_ratio * self.size_bytes:
            ratio = self.limits.archive_ratio
            raise LimitError(f"decompresses to over {ratio} times its size, as a bomb does")
        return size_bytes

    def _failure(self, reason: str) -> FailedDocument:
        return FailedDocument(document=self.name or shown(Path(self.path).name), stage="warc", reason=reason)

    def _items_of(self, record: WarcRecord, place: Record, size_bytes: int) -> Iterator[Item]:
        heads = record.headers
        url = (heads.get("WARC-Target-URI") or "").strip().strip("<>")
        name = shown(f"{self.name}/{url}" if self.name else url) or f"record at {place.start}"
        try:
            skipped, format = _kind(record, url)
        except OSError as error:
            yield FailedDocument(
                document=name, stage="warc", reason=f"its HTTP head is damaged: {error}".lower()
            )
            return
        if format is None:
            yield Skipped(name, skipped)
            return
        day = _day(heads.get("WARC-Date"))
        yield Entry(
            name=name,
            key=f"record {self.path} {self.stamp} {place.start}+{place.skip}",
            size_bytes=size_bytes,
            place=place,
            path=shown(url),
            origin=Origin(seen_on=day, fetched_on=day, url=shown(url) or None, is_page=True),
            format=format,
        )
        if cut := heads.get("WARC-Truncated"):
            reason = f"captured only in part ({shown(cut[:40])}); read as far as it goes"
            yield FailedDocument(document=name, stage="warc", reason=reason)


def _kind(record: WarcRecord, url: str) -> tuple[str, str | None]:
    """Why a record is passed over, or its format."""
    if record.record_type == WarcRecordType.revisit:
        return "revisit of an earlier capture", None
    media = (record.headers.get("Content-Type") or "").partition(";")[0]
    if record.is_http:
        record.parse_http(quirks_mode=True)
        head = record.http_headers
        status = head.status_code if head is not None else None
        if status is None:
            return "no HTTP answer", None
        if status != 200:
            return "HTTP redirect" if 300 <= status < 400 else "HTTP error", None
        media = record.http_content_type or ""
    elif record.record_type == WarcRecordType.response:
        return "no HTTP answer", None
    try:
        path = urlsplit(url).path
    except ValueError:
        path = ""
    return "binary", format_of_media(media, path)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
