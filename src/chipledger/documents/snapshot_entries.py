"""What a snapshot holds, as entries to read: each kept version of each document, with address, licence and days.

An archive (the LaTeX source of a paper) stands for its members. Metadata is passed over. Of a page that changed at its
address every version is read: words that are gone were last seen on the day on which the old version was last confirmed,
and a version that came after another has no day of publication that the first one had already.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from chipledger.core.records import FailedDocument
from chipledger.documents.entry import Entry, File, Origin, Skipped, shown
from chipledger.documents.formats import is_binary_name
from chipledger.documents.snapshot import DOCUMENT, Fetched, Snapshot

PAGES = "web"
"""The connector whose documents are web pages."""

_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

Item = Entry | FailedDocument | Skipped
Contained = Callable[[Path, str, str], Iterator[Item] | None]


def entries_of(
    folder: Path, name: str, contained: Contained, target: str | None = None, since: date | None = None
) -> Iterator[Item]:
    """The documents of a snapshot.

    Args:
        folder: the snapshot.
        name: the name to show before each document's; "" for none.
        contained: given a file, its own name and the name to show, the documents in it, or None where it is no container.
        target: only what was fetched for this target.
        since: and was listed for it on this day or later.

    Yields:
        Entries in the order of names and time, what is passed over, what is missing.
    """
    with Snapshot(folder) as snapshot:
        before: Fetched | None = None
        for row in snapshot.fetches(target, since):
            if before and before.item == row.item and _is_dated_before(row, before):
                row = replace(row, published_on=None)
            before = row
            yield from _items(snapshot, row, f"{name}/{row.name}" if name else row.name, contained)


def _is_dated_before(row: Fetched, before: Fetched) -> bool:
    """Whether other bytes stood at the address after the day on which these say to be of."""
    return row.published_on is not None and row.published_on <= before.last_seen_on


def _items(snapshot: Snapshot, row: Fetched, name: str, contained: Contained) -> Iterator[Item]:
    path = snapshot.path_of(row.sha256)
    if row.kind != DOCUMENT:
        yield Skipped(shown(name), row.kind)
    elif not path.is_file():
        yield FailedDocument(
            document=shown(name), stage="read", reason="its bytes are gone from the snapshot; fetch again",
            document_id=row.sha256,
        )  # fmt: skip
    elif (inside := contained(path, row.name, shown(name))) is not None:
        yield from (_of(item, row) for item in inside)
    elif is_binary_name(row.name):
        yield Skipped(shown(name), "binary")
    else:
        key = f"snapshot {row.item} {row.sha256}"
        plain = Entry(
            name=shown(name),
            key=key,
            size_bytes=row.size_bytes,
            place=File(str(path), row.sha256),
            path=shown(row.name),
            charset=charset_of(row.media_type),
        )
        yield _of(plain, row)


def _of(item: Item, row: Fetched) -> Item:
    """An item with what the row knows of its origin; what it says of itself (a page in a WARC file) stays."""
    if not isinstance(item, Entry):
        return item
    own, known = item.origin, origin_of(row)
    said = {name: getattr(own, name) for name in Origin.__slots__ if getattr(own, name)}
    return replace(item, origin=replace(known, **said), published_on=item.published_on or row.published_on)


def charset_of(media_type: str | None) -> str | None:
    """The encoding that a media type names.

    >>> charset_of('text/html; charset="GB2312"'), charset_of("text/html")
    ('GB2312', None)
    """
    named = _CHARSET.search(media_type or "")
    return named[1] if named else None


def origin_of(row: Fetched) -> Origin:
    """Where a fetched document comes from.

    Args:
        row: its fetch.
    """
    return Origin(
        commit=row.revision if row.revision and _COMMIT.fullmatch(row.revision) else None,
        seen_on=row.last_seen_on,
        organisation=row.organisation,
        project=row.project,
        url=row.shown_url or row.final_url or row.url,
        licence=row.licence,
        fetched_on=row.fetched_on,
        is_page=row.connector == PAGES,
    )
