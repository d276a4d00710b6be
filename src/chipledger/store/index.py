"""The full-text index beside the mentions, in the manner of each database.

SQLite: an FTS5 table that holds no text of its own, so that taking a mention out needs the very words it went in
with; they are made anew from the mention. PostgreSQL: two tsvectors with a GIN index. Both get what `words` gives.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select, text

from chipledger.store.rows import Fields
from chipledger.store.schema import mentions
from chipledger.store.words import words

_SERVER_INSERT = text(
    "INSERT INTO mention_words (key, quote, about)"
    " VALUES (:key, to_tsvector('simple', :quote), to_tsvector('simple', :about))"
)


def index_words(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put the words of new mentions into the index.

    Args:
        connection: in a writing transaction.
        rows: rows of `mentions`, by column name, keys ascending.
    """
    entries = [_entry(row) for row in rows]
    if not entries:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT INTO mention_words (rowid, quote, about) VALUES (?, ?, ?)", entries
        )
    else:
        connection.execute(
            _SERVER_INSERT, [dict(zip(("key", "quote", "about"), e, strict=True)) for e in entries]
        )


def unindex_words(connection: Connection, document_key: int) -> None:
    """Take the words of a document's mentions out of the index, before the mentions go.

    Args:
        connection: in a writing transaction.
        document_key: the document's key.
    """
    if connection.dialect.name != "sqlite":
        return  # the rows go with their mentions
    columns = ("key", "quote", "chip", "subject", "organisation")
    rows = connection.execute(
        select(*(mentions.c[name] for name in columns)).where(mentions.c.document_key == document_key)
    ).mappings()
    entries = [_entry(row) for row in rows]
    if entries:
        connection.exec_driver_sql(
            "INSERT INTO mention_words (mention_words, rowid, quote, about) VALUES ('delete', ?, ?, ?)",
            entries,
        )


def _entry(row: Fields) -> tuple[int, str, str]:
    return row["key"], words(row["quote"]), about(row["chip"], row["subject"], row["organisation"])


@lru_cache(maxsize=4096)
def about(*names: str | None) -> str:
    """The words of the names that a mention carries beside its quote; a phrase never spans two of them.

    >>> about("NVIDIA A800", None, "Example Lab")
    'nvidia a800 0x0 example lab'
    """
    return " 0x0 ".join(words(name) for name in names if name)


def matching(phrases: Iterable[str], dialect: str) -> str:
    """What the index is asked for phrases that must all be found.

    Args:
        phrases: as `words.phrases` gives them.
        dialect: sqlite or postgresql.

    >>> matching(["昇 腾", "a100"], "sqlite")
    '"昇 腾" AND "a100"'
    """
    if dialect == "sqlite":
        return " AND ".join(f'"{phrase}"' for phrase in phrases)
    return " & ".join("(" + " <-> ".join(f"'{word}'" for word in phrase.split()) + ")" for phrase in phrases)
