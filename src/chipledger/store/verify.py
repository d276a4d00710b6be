"""Whether a ledger holds together: every mention's id, span and document, the index, the chains of decisions and judgements, the file.

Takes an open ledger and changes nothing; gives what is wrong, a line each. An empty list is a sound ledger.
"""

import json
from collections.abc import Iterator

from sqlalchemy import Connection, func, select, text

from chipledger.core.records import content_id
from chipledger.evals.chain import broken_links
from chipledger.parties import judgement
from chipledger.store import schema
from chipledger.store.judge import links_in
from chipledger.store.ledger import Ledger
from chipledger.store.problem import Problem
from chipledger.store.read_evals import chain_in
from chipledger.store.rows import place_of
from chipledger.store.verify_history import history_problems

_DANGLING = {
    "mentions": "document_key",
    "document_techniques": "document_key",
    "document_settings": "document_key",
    "document_affiliations": "document_key",
    "document_faces": "document_key",
    "document_fingerprints": "document_key",
    "sightings": "document_key",
}


def problems(ledger: Ledger) -> list[Problem]:
    """Everything that is wrong with the ledger.

    Args:
        ledger: an open ledger.
    """
    with ledger.reading() as connection:
        return [
            *_file_problems(ledger, connection),
            *_dangling(connection),
            *_document_problems(connection),
            *_mention_problems(connection),
            *_setting_problems(connection),
            *_affiliation_problems(connection),
            *_fingerprint_problems(connection),
            *_index_problems(connection),
            *_decision_problems(connection),
            *_judgement_problems(connection),
            *history_problems(connection),
        ]


def _file_problems(ledger: Ledger, connection: Connection) -> Iterator[Problem]:
    if ledger.is_file:
        for (line,) in connection.execute(text("PRAGMA integrity_check(20)")):
            if line != "ok":
                yield Problem("file", str(line))


def _dangling(connection: Connection) -> Iterator[Problem]:
    for name, column in _DANGLING.items():
        table = schema.metadata.tables[name]
        known = select(schema.documents.c.key)
        lost = connection.execute(
            select(func.count()).select_from(table).where(table.c[column].not_in(known))
        ).scalar_one()
        if lost:
            yield Problem(name, f"{lost} rows belong to no document")


def _document_problems(connection: Connection) -> Iterator[Problem]:
    for row in connection.execute(select(schema.documents)).mappings():
        where = f"document {row['document']}"
        named = row["project"], row["document"]
        if row["place"] not in (place_of(*named, row["organisation"]), place_of(*named)):
            yield Problem(where, "its place is not that of its project and name")
        if row["first_seen"] > row["last_seen"]:
            yield Problem(where, f"first seen {row['first_seen']}, after it was last seen {row['last_seen']}")


def _mention_problems(connection: Connection) -> Iterator[Problem]:
    table, document = schema.mentions, schema.documents
    asked = select(table, document.c.document, document.c.document_id).join(
        document, document.c.key == table.c.document_key
    )
    for row in connection.execute(asked.execution_options(yield_per=1000)).mappings():
        where = f"mention {row['id']} in {row['document']}"
        start, end = row["start_char"], row["end_char"]
        if not 0 <= start < end or end - start != len(row["quote"]):
            yield Problem(where, f"the span [{start}, {end}) does not fit its quote of {len(row['quote'])}")
        if row["page"] is None and len(row["prefix"]) > start:
            yield Problem(
                where, f"the words before its quote begin before the text, {len(row['prefix'])} > {start}"
            )
        parts = (row["document_id"], row["document"], row["page"], start, end, row["chip"])
        if row["id"] != content_id(*parts):
            yield Problem(where, "its id is not that of its content")
        if not 0 <= row["confidence"] <= 1:
            yield Problem(where, f"confidence {row['confidence']} is not between 0 and 1")


def _setting_problems(connection: Connection) -> Iterator[Problem]:
    table, document = schema.document_settings, schema.documents
    asked = select(
        table.c.name, table.c.start_char, table.c.end_char, table.c.quote, document.c.document
    ).join(document, document.c.key == table.c.document_key)
    for row in connection.execute(asked.execution_options(yield_per=1000)).mappings():
        start, end = row["start_char"], row["end_char"]
        if not 0 <= start < end or end - start != len(row["quote"]):
            where = f"setting {row['name']} in {row['document']}"
            yield Problem(where, f"the span [{start}, {end}) does not fit its quote of {len(row['quote'])}")


def _affiliation_problems(connection: Connection) -> Iterator[Problem]:
    table, document = schema.document_affiliations, schema.documents
    columns = (table.c.organisation, table.c.start_char, table.c.end_char, table.c.quote, table.c.body)
    asked = select(*columns, document.c.document).join(document, document.c.key == table.c.document_key)
    for row in connection.execute(asked.execution_options(yield_per=1000)).mappings():
        start, end = row["start_char"], row["end_char"]
        where = f"affiliation {row['organisation']} in {row['document']}"
        if not 0 <= start < end or end - start != len(row["quote"]):
            yield Problem(where, f"the span [{start}, {end}) does not fit its quote of {len(row['quote'])}")
        if json.loads(row["body"])["organisation"] != row["organisation"]:
            yield Problem(where, "its record names another organisation")


def _fingerprint_problems(connection: Connection) -> Iterator[Problem]:
    table, document = schema.document_fingerprints, schema.documents
    asked = select(table, document.c.document).join(document, document.c.key == table.c.document_key)
    for row in connection.execute(asked.execution_options(yield_per=1000)).mappings():
        where = f"fingerprint of {row['document']}"
        for name in ("words", "figures", "links"):
            sketch = bytes(row[name])
            hashes = [sketch[at : at + 8] for at in range(0, len(sketch), 8)]
            if len(sketch) % 8 or hashes != sorted(set(hashes)):
                yield Problem(where, f"its {name} are no ascending hashes of 8 bytes")
        for name in ("words", "figures"):
            if row[f"{name}_count"] < len(row[name]) // 8:
                yield Problem(where, f"it holds more {name} than it says the document has")


def _index_problems(connection: Connection) -> Iterator[Problem]:
    index_key = "rowid" if connection.dialect.name == "sqlite" else "key"
    stored, indexed = "SELECT key FROM mentions", f"SELECT {index_key} FROM mention_words"
    for left, right, what in (
        (stored, indexed, "mentions are missing from the full-text index"),
        (indexed, stored, "entries of the full-text index belong to no mention"),
    ):
        lost = connection.execute(text(f"SELECT count(*) FROM ({left} EXCEPT {right}) AS lost")).scalar_one()
        if lost:
            yield Problem("index", f"{lost} {what}")


def _decision_problems(connection: Connection) -> Iterator[Problem]:
    for fault in broken_links(chain_in(connection)):
        yield Problem(f"decision {fault.sequence}", fault.what)


def _judgement_problems(connection: Connection) -> Iterator[Problem]:
    for sequence, what in judgement.broken_links(links_in(connection)):
        yield Problem(f"judgement {sequence}", what)
