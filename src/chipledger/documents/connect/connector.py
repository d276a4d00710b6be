"""The contract of a connector: list what a target stands for, fetch one thing of it.

Listing is cheap and gives `Wanted` rows; fetching writes bytes into a sink and gives an `Answer`, `Unchanged`, or a
FailedDocument, after which the run goes on. Neither decides what is already held: `fetching` does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from chipledger.core.records import FailedDocument
from chipledger.documents.snapshot import DOCUMENT, Fetched, Sink


class FetchError(Exception):
    """Something did not come; the run goes on without it.

    Args:
        reason: in words, on one line.
        status: of HTTP, where that is the reason.
    """

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One thing to fetch, and what its listing already says of it.

    Args:
        item: a name that stays the same from run to run ("hf:org/name@main/README.md").
        name: the document's name shown to people: "/"-separated, its extension tells the format.
        url: where its bytes lie.
        is_fixed: the bytes at this address never change (a version, a commit): once held, it is never asked again.
        kind: DOCUMENT, or METADATA that is kept beside documents and not read as evidence.
        shown_url: where people can see it, if that is another address.
        etag: where the listing tells it: what is held under the same one is not asked for again.
        size_bytes: how large it is, where the listing says so.
        licence: as the listing states it.
        published_on: the day of publication of this version.
        published_from: how that day is known.
        organisation: whose it is.
        project: what it belongs to.
        revision: commit or version.
        note: what a reader should know.
    """

    item: str
    name: str
    url: str
    is_fixed: bool = False
    kind: str = DOCUMENT
    shown_url: str | None = None
    etag: str | None = None
    size_bytes: int | None = None
    licence: str | None = None
    published_on: date | None = None
    published_from: str | None = None
    organisation: str | None = None
    project: str | None = None
    revision: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came for one thing; its bytes are in the sink.

    Fields that are not None outrank those of the `Wanted` (a page states its licence in itself).
    """

    final_url: str | None = None
    status: int | None = None
    media_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    name: str | None = None
    shown_url: str | None = None
    licence: str | None = None
    published_on: date | None = None
    published_from: str | None = None
    organisation: str | None = None
    project: str | None = None
    revision: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The source says that what is held still stands."""


class Connector(Protocol):
    """A kind of source. A connector holds no state of a run but its client."""

    name: str

    def listing(self, target: str) -> Iterator[Wanted | FailedDocument]:
        """What a target stands for, in an order that is always the same.

        Args:
            target: as the user wrote it.

        Raises:
            InputError: the target is malformed.
            FetchError: listing cannot go on.
        """

    def fetch(self, wanted: Wanted, held: Fetched | None, sink: Sink) -> Answer | Unchanged | FailedDocument:
        """Fetch one thing.

        Args:
            wanted: what.
            held: what the snapshot has of it, for a conditional question.
            sink: where its bytes go; `sink.restart()` before another try.

        Raises:
            FetchError: it did not come.
            LimitError: more came than may be kept.
            OSError: a connection failed in a way that the connector does not explain better.
        """
