"""What the ledger holds, as the records it was given: documents with their mentions, failures, scans.

Documents stream in one fixed order (place, then age), a few hundred at a time from one state of the ledger, so that
the same ledger always reads the same and a large one needs no more memory than a small one.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, func, select

from chipledger.core.byline import Face
from chipledger.core.records import DocumentFacts, FailedDocument, Mention
from chipledger.store import schema
from chipledger.store.ledger import Ledger
from chipledger.store.rows import affiliation_of, facts_of, fingerprint_of, mention_of, setting_of
from chipledger.store.write import Scan

_DOCUMENTS_A_QUESTION = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """One version of a document with everything found in it, and when it was seen.

    Attributes:
        facts: what it says as a whole.
        mentions: in the order of the text.
        first_seen: the day of its commit, or of the first scan that saw it.
        last_seen: the day of the last scan that saw it.
        last_commit: the commit in which it was last seen.
        extractor_version: the extractor that read it.
    """

    facts: DocumentFacts
    mentions: tuple[Mention, ...]
    first_seen: date
    last_seen: date
    last_commit: str | None
    extractor_version: str


def stored_documents(ledger: Ledger, *, seen_by: date | None = None) -> Iterator[StoredDocument]:
    """Every version of every document.

    Args:
        ledger: an open ledger.
        seen_by: only what had been seen by that day, told as of that day.
    """
    with ledger.reading() as connection:
        for keys in _chunks(_document_keys(connection), _DOCUMENTS_A_QUESTION):
            for stored in _read(connection, keys):
                if seen_by is None:
                    yield stored
                elif stored.first_seen <= seen_by:
                    yield _as_of(stored, seen_by)


def documents_of(ledger: Ledger, keys: Iterable[int]) -> Iterator[StoredDocument]:
    """The documents of these keys, in their order.

    Args:
        ledger: an open ledger.
        keys: as `Ledger.key_of` gives them.
    """
    with ledger.reading() as connection:
        for some in _chunks(keys, _DOCUMENTS_A_QUESTION):
            yield from _read(connection, some)


def faced_documents(ledger: Ledger, *, seen_by: date | None = None) -> Iterator[StoredDocument]:
    """Every version of every document that speaks for a project: those with a face.

    Args:
        ledger: an open ledger.
        seen_by: only what had been seen by that day, told as of that day.
    """
    table, face = schema.documents, schema.document_faces
    asked = select(table.c.key).join(face, face.c.document_key == table.c.key)
    order = (table.c.place, table.c.first_seen, table.c.document_id)
    with ledger.reading() as connection:
        for keys in _chunks(connection.execute(asked.order_by(*order)).scalars(), _DOCUMENTS_A_QUESTION):
            for stored in _read(connection, keys):
                if seen_by is None:
                    yield stored
                elif stored.first_seen <= seen_by:
                    yield _as_of(stored, seen_by)


def documents(
    ledger: Ledger, *, seen_by: date | None = None
) -> Iterator[tuple[DocumentFacts, Sequence[Mention]]]:
    """Every version of every document with its mentions, in the shape in which they were added.

    Args:
        ledger: an open ledger.
        seen_by: only what had been seen by that day.
    """
    for stored in stored_documents(ledger, seen_by=seen_by):
        yield stored.facts, stored.mentions


def mentions(ledger: Ledger, *, seen_by: date | None = None) -> Iterator[Mention]:
    """Every mention.

    Args:
        ledger: an open ledger.
        seen_by: only what had been seen by that day.
    """
    for stored in stored_documents(ledger, seen_by=seen_by):
        yield from stored.mentions


def facts(ledger: Ledger) -> Iterator[DocumentFacts]:
    """The facts of every version of every document.

    Args:
        ledger: an open ledger.
    """
    for stored in stored_documents(ledger):
        yield stored.facts


def failures(ledger: Ledger) -> list[FailedDocument]:
    """Every document that could not be read, by name.

    Args:
        ledger: an open ledger.
    """
    names = ("document", "stage", "reason", "document_id", "commit")
    rows = _rows(ledger, schema.failures)
    return [FailedDocument(**{name: row[name] for name in names}) for row in rows]


def scans(ledger: Ledger) -> list[tuple[Scan, str]]:
    """Every scan with its state: running, done or interrupted.

    Args:
        ledger: an open ledger.
    """
    names = ("target", "started", "tool_version", "extractor_version")
    rows = _rows(ledger, schema.scans)
    return [(Scan(**{name: row[name] for name in names}), row["state"]) for row in rows]


def counts(ledger: Ledger) -> dict[str, int]:
    """How many documents, mentions, failures, scans, lines of histories, runs of benchmarks, decisions and judgements the ledger holds.

    Args:
        ledger: an open ledger.
    """
    tables = (
        schema.documents,
        schema.mentions,
        schema.failures,
        schema.scans,
        schema.history_lines,
        schema.eval_measurements,
        schema.eval_decisions,
        schema.party_judgements,
    )
    with ledger.reading() as connection:
        return {
            table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in tables
        }


def mentions_by_key(ledger: Ledger, keys: Sequence[int]) -> list[Mention]:
    """The mentions of these keys, in the order of the keys.

    Args:
        ledger: an open ledger.
        keys: keys private to this ledger, as its index gives them.
    """
    table, document = schema.mentions, schema.documents
    asked = (
        select(table, document.c.document, document.c.document_id, document.c.last_seen)
        .join(document, document.c.key == table.c.document_key)
        .where(table.c.key.in_(keys))
    )
    with ledger.reading() as connection:
        found = {
            row["key"]: mention_of(row, row["document"], row["document_id"], row["last_seen"])
            for row in connection.execute(asked).mappings()
        }
    return [found[key] for key in keys]


def _document_keys(connection: Connection) -> list[int]:
    table = schema.documents
    order = (table.c.place, table.c.first_seen, table.c.document_id)
    return list(connection.execute(select(table.c.key).order_by(*order)).scalars())


def _read(connection: Connection, keys: Sequence[int]) -> Iterator[StoredDocument]:
    asked = select(schema.documents).where(schema.documents.c.key.in_(keys))
    rows = {row["key"]: row for row in connection.execute(asked).mappings()}
    named = _by_document(connection, schema.document_techniques, keys, "technique")
    set_in = _by_document(connection, schema.document_settings, keys, "ordinal")
    tied_to = _by_document(connection, schema.document_affiliations, keys, "ordinal")
    faces = _by_document(connection, schema.document_faces, keys, "document_key")
    found = _by_document(connection, schema.mentions, keys, "key")
    printed = _by_document(connection, schema.document_fingerprints, keys, "document_key")
    for key in keys:
        row = rows[key]
        own = (
            mention_of(item, row["document"], row["document_id"], row["last_seen"])
            for item in found.get(key, ())
        )
        yield StoredDocument(
            facts=facts_of(
                row,
                tuple(item["technique"] for item in named.get(key, ())),
                tuple(map(setting_of, set_in.get(key, ()))),
                tuple(map(affiliation_of, tied_to.get(key, ()))),
                next((Face.from_dict(json.loads(item["body"])) for item in faces.get(key, ())), None),
                next(map(fingerprint_of, printed.get(key, ())), None),
            ),
            mentions=tuple(own),
            first_seen=row["first_seen"],
            last_seen=row["last_seen"],
            last_commit=row["last_commit"],
            extractor_version=row["extractor_version"],
        )


def _by_document(
    connection: Connection, table: Table, keys: Sequence[int], order: str
) -> dict[int, list[Any]]:
    asked = select(table).where(table.c.document_key.in_(keys)).order_by(table.c.document_key, table.c[order])
    rows = connection.execute(asked).mappings()
    return {key: list(own) for key, own in groupby(rows, lambda row: int(row["document_key"]))}


def _as_of(stored: StoredDocument, day: date) -> StoredDocument:
    last_seen = min(stored.last_seen, day)
    seen = (mention for mention in stored.mentions if mention.first_seen is None or mention.first_seen <= day)
    return replace(
        stored, mentions=tuple(replace(mention, last_seen=last_seen) for mention in seen), last_seen=last_seen
    )


def _rows(ledger: Ledger, table: Table) -> list[Any]:
    with ledger.reading() as connection:
        found = list(connection.execute(select(table)).mappings())
    first = "document" if "document" in table.c else "started"
    return sorted(found, key=lambda row: (row[first], row["id"]))


def _chunks(keys: Iterable[int], size: int) -> Iterator[Sequence[int]]:
    listed = list(keys)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]
