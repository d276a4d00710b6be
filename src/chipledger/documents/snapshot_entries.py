"""What a snapshot holds, as entries to read: each kept version of each document, with address, licence and days.

An archive (the LaTeX source of a paper) stands for its members. Metadata is passed over. Of a page that changed at its
address every version is read: words that are gone were last seen on the day on which the old version was last confirmed,
and a version that came after another has no day of publication that the first one had already.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from chipledger.core.records import FailedDocument
from chipledger.documents import archive
from chipledger.documents.entry import Entry, File, Origin, Skipped, shown
from chipledger.documents.formats import is_binary_name
from chipledger.documents.limits import Limits
from chipledger.documents.snapshot import DOCUMENT, Fetched, Snapshot

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

Item = Entry | FailedDocument | Skipped


def entries_of(folder: Path, name: str, limits: Limits, target: str | None = None) -> Iterator[Item]:
    """The documents of a snapshot.

    Args:
        folder: the snapshot.
        name: the name to show before each document's; "" for none.
        limits: what an archive in it may hold.
        target: only what was fetched for this target.

    Yields:
        Entries in the order of names and time, what is passed over, what is missing.
    """
    with Snapshot(folder) as snapshot:
        before: Fetched | None = None
        for row in snapshot.fetches(target):
            if before and before.item == row.item and _is_dated_before(row, before):
                row = replace(row, published_on=None)
            before = row
            yield from _items(snapshot, row, f"{name}/{row.name}" if name else row.name, limits)


def _is_dated_before(row: Fetched, before: Fetched) -> bool:
    """Whether other bytes stood at the address after the day on which these say to be of."""
    return row.published_on is not None and row.published_on <= before.last_seen_on


def _items(snapshot: Snapshot, row: Fetched, name: str, limits: Limits) -> Iterator[Item]:
    path = snapshot.path_of(row.sha256)
    if row.kind != DOCUMENT:
        yield Skipped(shown(name), row.kind)
    elif not path.is_file():
        yield FailedDocument(
            document=shown(name), stage="read", reason="its bytes are gone from the snapshot; fetch again",
            document_id=row.sha256,
        )  # fmt: skip
    elif archive.is_archive(row.name):
        yield from (_of(item, row) for item in archive.entries_in(path, shown(name), limits))
    elif is_binary_name(row.name):
        yield Skipped(shown(name), "binary")
    else:
        key = f"snapshot {row.item} {row.sha256}"
        plain = Entry(
            name=shown(name), key=key, size_bytes=row.size_bytes, place=File(str(path)), path=shown(row.name)
        )
        yield _of(plain, row)


def _of(item: Item, row: Fetched) -> Item:
    """An item with what the row knows of its origin."""
    return (
        replace(item, origin=origin_of(row), published_on=row.published_on)
        if isinstance(item, Entry)
        else item
    )


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
    )
