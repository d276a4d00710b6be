"""Runs a connector over a target into a snapshot, one step a thing; killed midway, the same run goes on where it was.

What never changes (a version, a commit) is fetched once; what may change is asked for once a day, with the validators of
what is held; what was got or confirmed on the same day is not asked again. A failure is one step and the run goes on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any, Literal

from chipledger.core.errors import LimitError
from chipledger.core.records import FailedDocument
from chipledger.documents.connect.connector import Answer, Connector, FetchError, Unchanged, Wanted
from chipledger.documents.limits import MIB
from chipledger.documents.snapshot import Fetched, Sink, SnapshotWriter

_LISTED_AHEAD = 5_000  # things of which a run knows how many are left

_BOTH_SAY = ("name", "shown_url", "licence", "published_on", "published_from", "organisation", "project",
             "revision", "note")  # fmt: skip

Became = Literal["fetched", "unchanged", "held", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What became of one thing.

    Args:
        name: the document's name.
        became: fetched, unchanged (the source says so), held (not asked), failed.
        row: what the snapshot holds of it.
        failure: why it failed.
        size_bytes: how much came over the network for it.
        listed: how many things are known so far.
        is_all: whether the listing is at its end.
    """

    name: str
    became: Became
    row: Fetched | None = None
    failure: FailedDocument | None = None
    size_bytes: int = 0
    listed: int = 0
    is_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How to fetch.

    Args:
        on: the day.
        refresh: ask again for what was got or confirmed on this day.
        most_bytes: the largest thing fetched.
    """

    on: date
    refresh: bool = False
    most_bytes: int = 128 * MIB


def fetch(connector: Connector, target: str, snapshot: SnapshotWriter, terms: Terms) -> Iterator[Step]:
    """Fetch what a target stands for.

    Args:
        connector: which knows this kind of target.
        target: as the user wrote it.
        snapshot: where to keep it.
        terms: how.

    Yields:
        A step for each thing, in the order of the listing.

    Raises:
        InputError: the target is malformed.
    """
    listing, listed = _until_trouble(connector, target), 0
    while ahead := list(islice(listing, _LISTED_AHEAD)):
        listed += len(ahead)
        is_all = len(ahead) < _LISTED_AHEAD
        snapshot.note_listed(target, (one.item for one in ahead if isinstance(one, Wanted)), terms.on)
        for one in ahead:
            yield replace(_step(connector, one, snapshot, terms), listed=listed, is_all=is_all)


def _until_trouble(connector: Connector, target: str) -> Iterator[Wanted | FailedDocument]:
    """A listing; where it cannot go on, its last item says why."""
    try:
        yield from connector.listing(target)
    except (FetchError, LimitError) as error:
        yield FailedDocument(document=target, stage="list", reason=str(error))


def _step(connector: Connector, one: Wanted | FailedDocument, snapshot: SnapshotWriter, terms: Terms) -> Step:
    if isinstance(one, FailedDocument):
        return Step(name=one.document, became="failed", failure=one)
    held = snapshot.newest(one.item)
    if held and (one.is_fixed or (held.last_seen_on >= terms.on and not terms.refresh)):
        return Step(name=held.name, became="held", row=held)
    if held and one.etag and one.etag == held.etag:
        return Step(name=held.name, became="unchanged", row=snapshot.see_again(held, terms.on))
    if one.size_bytes is not None and one.size_bytes > terms.most_bytes:
        size, most = one.size_bytes / 1e6, terms.most_bytes / 1e6
        return _failed(one, f"{size:.1f} MB is over the limit of {most:.1f} MB; raise it with --max-bytes")
    with snapshot.receiving(terms.most_bytes) as sink:
        came = _fetched(connector, one, held, sink)
        if isinstance(came, FailedDocument):
            return Step(name=one.name, became="failed", failure=came, size_bytes=sink.size_bytes)
        if isinstance(came, Unchanged):
            if held is None:
                return _failed(one, "the server says that nothing changed, and nothing was held")
            return Step(name=held.name, became="unchanged", row=snapshot.see_again(held, terms.on))
        row = snapshot.keep(sink, _row(connector.name, one, came, terms.on))
    return Step(name=row.name, became="fetched", row=row, size_bytes=row.size_bytes)


def _fetched(
    connector: Connector, one: Wanted, held: Fetched | None, sink: Sink
) -> Answer | Unchanged | FailedDocument:
    try:
        return connector.fetch(one, held, sink)
    except (LimitError, FetchError) as error:
        reason = str(error)
    except OSError as error:
        reason = (error.strerror or str(error) or type(error).__name__).lower()
    return FailedDocument(document=one.name, stage="fetch", reason=reason)


def _failed(one: Wanted, reason: str) -> Step:
    failure = FailedDocument(document=one.name, stage="fetch", reason=reason)
    return Step(name=one.name, became="failed", failure=failure)


def _row(connector: str, one: Wanted, came: Answer, on: date) -> Fetched:
    """What is known of the bytes: the listing's word, outranked by what came with them."""
    said: dict[str, Any] = {field: _said(getattr(came, field), getattr(one, field)) for field in _BOTH_SAY}
    if said["published_on"] and said["published_on"] > on:
        said |= {
            "published_on": None,
            "published_from": None,
            "note": f"states a day to come, {said['published_on']}",
        }
    only = ("final_url", "status", "media_type", "etag", "last_modified")
    said |= {field: getattr(came, field) for field in only}
    return Fetched(
        connector=connector, item=one.item, url=one.url, kind=one.kind, fetched_on=on, last_seen_on=on, **said
    )


def _said(*values: object) -> object:
    """The first thing that was said; a server may give a list where a word is due."""
    return next((value for value in values if isinstance(value, str | date)), None)
