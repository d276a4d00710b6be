"""What the ledger holds of whole histories: the blobs that were read, their statements, and every statement's fate."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import select

from chipledger.store.ledger import Ledger
from chipledger.store.schema import history_lines, history_parts, history_tellings


class Telling(NamedTuple):
    """What versions with the same telling lines state: the blob that was read closely, its statements as fields."""

    blob: str
    statements: list[dict[str, Any]]


def blobs_read(ledger: Ledger, repository: str, version: str) -> dict[bytes, bytes]:
    """The blobs that were read, each with the hash of its telling lines, b"" for none.

    Args:
        ledger: an open ledger.
        repository: content id of the repository.
        version: of the reader of statements; what others read counts for nothing.
    """
    asked = select(history_parts.c.body).where(
        history_parts.c.repository == repository, history_parts.c.version == version
    )
    found: dict[bytes, bytes] = {}
    with ledger.reading() as connection:
        for (body,) in connection.execute(asked.order_by(history_parts.c.part)):
            at = 0
            while at < len(body):
                stop = at + 1 + body[at]
                telling = bytes(body[stop : stop + 16])
                found[bytes(body[at + 1 : stop])] = telling if any(telling) else b""
                at = stop + 16
    return found


def tellings(ledger: Ledger, repository: str, version: str) -> dict[bytes, Telling]:
    """What the versions of a repository's files state, by the hash of their telling lines.

    Args:
        ledger: an open ledger.
        repository: content id of the repository.
        version: of the reader of statements.
    """
    known = history_tellings.c
    asked = select(known.telling, known.blob, known.body).where(
        known.repository == repository, known.version == version
    )
    with ledger.reading() as connection:
        return {
            bytes.fromhex(name): Telling(blob, json.loads(body))
            for name, blob, body in connection.execute(asked)
        }


def lines(ledger: Ledger, repository: str | None = None, kind: str | None = None) -> Iterator[dict[str, Any]]:
    """What became of each statement, as the last scan of each history said.

    Args:
        ledger: an open ledger.
        repository: content id of one repository; None gives all.
        kind: mention, setting, removal or restart; None gives all.
    """
    asked = select(history_lines.c.body).order_by(history_lines.c.repository, history_lines.c.ordinal)
    if repository is not None:
        asked = asked.where(history_lines.c.repository == repository)
    if kind is not None:
        asked = asked.where(history_lines.c.kind == kind)
    with ledger.reading() as connection:
        for (body,) in connection.execute(asked):
            yield json.loads(body)
