"""What the whole history of a repository tells, into the ledger: blobs as they are read, then every statement's fate.

Blobs are noted in parts, each a transaction with the statements that were new in it, so that a kill loses one part at
most. The lines that come of them are written at the end, in place of those of the last scan.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, func, insert, select

from chipledger.store.ledger import Ledger
from chipledger.store.schema import history_lines, history_parts, history_tellings


def add_part(
    ledger: Ledger,
    repository: str,
    version: str,
    read: Sequence[tuple[bytes, bytes]],
    tellings: Mapping[bytes, tuple[str, list[dict[str, Any]]]],
) -> None:
    """Note blobs that were read, and what is new in them.

    Args:
        ledger: an open ledger.
        repository: content id of the repository.
        version: of the reader of statements.
        read: the hash of each blob and of its telling lines, b"" for none.
        tellings: by the hash of telling lines, the blob that was read closely and its statements as JSON-ready fields.
    """
    if not read:
        return
    body = b"".join(bytes((len(blob),)) + blob + (telling or bytes(16)) for blob, telling in read)
    last = select(func.coalesce(func.max(history_parts.c.part), 0)).where(
        history_parts.c.repository == repository
    )
    with ledger.transaction() as connection:
        part = int(connection.execute(last).scalar_one()) + 1
        connection.execute(
            insert(history_parts).values(repository=repository, part=part, version=version, body=body)
        )
        known = history_tellings.c
        for telling, (blob, statements) in tellings.items():
            connection.execute(
                delete(history_tellings).where(known.repository == repository, known.telling == telling.hex())
            )
            connection.execute(
                insert(history_tellings).values(
                    repository=repository, telling=telling.hex(), version=version, blob=blob,
                    body=json.dumps(statements, ensure_ascii=False),
                )
            )  # fmt: skip


def forget(ledger: Ledger, repository: str) -> None:
    """Forget which blobs were read: by an older reader of statements, or where what was read closely is gone.

    Args:
        ledger: an open ledger.
        repository: content id of the repository.
    """
    with ledger.transaction() as connection:
        for table in (history_parts, history_tellings):
            connection.execute(delete(table).where(table.c.repository == repository))


def put_lines(ledger: Ledger, repository: str, lines: Iterable[Mapping[str, Any]]) -> None:
    """Put what became of each statement in place of what the last scan said.

    Args:
        ledger: an open ledger.
        repository: content id of the repository.
        lines: JSON-ready fields, `kind` among them, in order.
    """
    rows = [
        {
            "repository": repository, "ordinal": ordinal, "kind": line["kind"], "name": line.get("name") or line.get("chip"),
            "path": line.get("path"), "standing": line.get("standing"), "first_seen": _day(line.get("first_seen")),
            "last_seen": _day(line.get("last_seen")), "body": json.dumps(line, ensure_ascii=False),
        }
        for ordinal, line in enumerate(lines)
    ]  # fmt: skip
    with ledger.transaction() as connection:
        connection.execute(delete(history_lines).where(history_lines.c.repository == repository))
        if rows:
            connection.execute(insert(history_lines), rows)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
