"""What is watched, in the ledger: the last look at each source, and the news that looks brought, in the order told.

A look and its news are stored together or not at all, and only in place of the very look they were compared with: of two
that look at once, one is told so.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from chipledger.core.errors import LedgerError
from chipledger.store.ledger import Ledger
from chipledger.store.schema import watch_looks, watch_news


class StoredLook(NamedTuple):
    """The last look at a source: how often it was looked at, and what it showed as JSON-ready fields."""

    sequence: int
    body: Mapping[str, Any]


class StoredNews(NamedTuple):
    """News as told: the moment, and its JSON-ready fields."""

    told_at: str
    body: Mapping[str, Any]


def last_look(ledger: Ledger, source: str) -> StoredLook | None:
    """The last look at a source; None where it was never looked at.

    Args:
        ledger: an open ledger.
        source: the source's content id.
    """
    asked = select(watch_looks.c.sequence, watch_looks.c.body).where(watch_looks.c.source == source)
    with ledger.reading() as connection:
        row = connection.execute(asked).first()
    return StoredLook(row[0], json.loads(row[1])) if row else None


def put_look(
    ledger: Ledger, source: str, last: StoredLook | None, look: Mapping[str, Any], news: Sequence[Mapping[str, Any]], told_at: str
) -> None:  # fmt: skip
    """Store a look in place of the last one, with the news that it brought.

    Args:
        ledger: an open ledger.
        source: the source's content id.
        last: the look that it was compared with.
        look: JSON-ready fields.
        news: JSON-ready fields of each, `id`, `source` and `seen_on` among them.
        told_at: the moment of the look.

    Raises:
        LedgerError: somebody else looked at the source meanwhile.
    """
    before = last.sequence if last else 0
    known = watch_looks.c
    with ledger.transaction() as connection:
        now = connection.execute(select(known.sequence).where(known.source == source)).scalar() or 0
        if now != before:
            raise LedgerError(
                "the source was looked at by another run meanwhile",
                where=ledger.address,
                remedy="run it again",
            )
        connection.execute(delete(watch_looks).where(known.source == source))
        connection.execute(
            insert(watch_looks).values(
                source=source, sequence=before + 1, body=json.dumps(look, ensure_ascii=False)
            )
        )
        _add_news(connection, news, told_at)


def _add_news(connection: Connection, news: Sequence[Mapping[str, Any]], told_at: str) -> None:
    """Add news behind what was told before."""
    last = connection.execute(select(func.coalesce(func.max(watch_news.c.number), 0))).scalar_one()
    rows = [
        {"number": number, "id": one["id"], "source": one["source"], "seen_on": date.fromisoformat(one["seen_on"]),
         "told_at": told_at, "body": json.dumps(one, ensure_ascii=False)}
        for number, one in enumerate(news, int(last) + 1)
    ]  # fmt: skip
    if rows:
        connection.execute(insert(watch_news), rows)


def told(
    ledger: Ledger, sources: Sequence[str], *, since: date | None = None, most: int | None = None
) -> Iterator[StoredNews]:
    """News that was told, the latest first.

    Args:
        ledger: an open ledger.
        sources: names of the sources.
        since: only what was seen on that day or later.
        most: only so many.
    """
    asked = select(watch_news.c.told_at, watch_news.c.body).where(watch_news.c.source.in_(sources))
    asked = asked.order_by(watch_news.c.number.desc())
    if since is not None:
        asked = asked.where(watch_news.c.seen_on >= since)
    if most is not None:
        asked = asked.limit(most)
    with ledger.reading() as connection:
        for told_at, body in connection.execute(asked):
            yield StoredNews(told_at, json.loads(body))
