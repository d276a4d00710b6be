"""The blobs of a history that were read, in this scan or an earlier one, and what they state: kept as they come.

A ledger, where there is one, is told every few seconds; what it holds of an earlier scan is not read again.
"""

import time
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any

from chipledger.apps.cli.history_reading import Version
from chipledger.apps.cli.scanning import STORE_SECONDS
from chipledger.core.records import Mention, Purpose, content_id
from chipledger.documents.history import History
from chipledger.evidence.following import Key
from chipledger.evidence.statement import VERSION, Statement

if TYPE_CHECKING:  # a scan that keeps nothing starts without the database's library
    from chipledger.store.ledger import Ledger

_PART_BLOBS = 5_000
_DATES = ("first_seen", "last_seen")
_TUPLES = ("chips", "techniques")


class BlobsRead:
    """The blobs that were read, in this scan or an earlier one, and what they state."""

    def __init__(
        self, history: History, repository: str, organisation: str | None, ledger: "Ledger | None"
    ) -> None:
        self.history, self.repository, self._ledger = history, repository, ledger
        self._version = f"{VERSION}/{content_id(organisation)}" if organisation else VERSION
        self.numbers = {blob: number for number, blob in enumerate(history.blobs)}
        self.telling: dict[bytes, bytes] = {}
        self.statements: dict[bytes, tuple[Statement, ...]] = {}
        self.closely: dict[bytes, bytes] = {}  # the blob that was read closely, by its telling lines
        self._fresh: list[tuple[bytes, bytes]] = []
        self._fresh_tellings: dict[bytes, tuple[str, list[dict[str, Any]]]] = {}
        self._stored = time.monotonic()
        self.may_fork = ledger is None
        self.newest: dict[int, tuple[int, int]] = {}  # (path, commit) of each blob
        if ledger:
            self._recall(ledger)

    def _recall(self, ledger: "Ledger") -> None:
        from chipledger.store import read_history

        known = read_history.tellings(ledger, self.repository, self._version)
        blobs = read_history.blobs_read(ledger, self.repository, self._version)
        here = {name for name, one in known.items() if bytes.fromhex(one.blob) in self.numbers}
        self.telling = {blob: telling for blob, telling in blobs.items() if not telling or telling in here}
        for name in here:
            self.statements[name] = tuple(_statement(one) for one in known[name].statements)
            self.closely[name] = bytes.fromhex(known[name].blob)

    def take(self, blob: bytes, version: Version) -> None:
        """Note a blob that was read; one whose telling lines nobody read closely (a lost process) waits for the next scan."""
        if version.statements is None and version.telling not in self.statements:
            return
        self.telling[blob] = version.telling
        self._fresh.append((blob, version.telling))
        if version.telling and version.statements is not None and version.telling not in self.statements:
            self.statements[version.telling] = version.statements
            self.closely[version.telling] = blob
            self._fresh_tellings[version.telling] = (blob.hex(), [_fields(one) for one in version.statements])
        if len(self._fresh) >= _PART_BLOBS or time.monotonic() - self._stored > STORE_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Store what was read since the last time."""
        if self._ledger:
            from chipledger.store import write_history

            write_history.add_part(
                self._ledger, self.repository, self._version, self._fresh, self._fresh_tellings
            )
        self._fresh, self._fresh_tellings, self._stored = [], {}, time.monotonic()

    def unread(self) -> set[int]:
        """The numbers of blobs that could not be read, by this scan or any before."""
        return {number for blob, number in self.numbers.items() if blob not in self.telling}

    def stated(self) -> dict[int, Mapping[Key, Statement]]:
        """What each blob of the history states, by its number."""
        by_telling = {
            name: {one.key: one for one in reversed(found)}
            for name, found in self.statements.items()
            if found
        }
        return {
            self.numbers[blob]: by_telling[telling]
            for blob, telling in self.telling.items()
            if telling in by_telling and blob in self.numbers
        }


def _fields(one: Statement) -> dict[str, Any]:
    body: dict[str, Any] = {
        "kind": one.kind,
        "name": one.name,
        "words": one.words,
        "line": one.line,
        "value": one.value,
    }
    return body | {"mention": one.mention.as_dict() if one.mention else None}


def _statement(body: dict[str, Any]) -> Statement:
    mention = body.pop("mention")
    return Statement(**body, mention=_mention(mention) if mention else None)


def _mention(body: dict[str, Any]) -> Mention:
    given = {field.name: body[field.name] for field in fields(Mention)}
    given |= {name: tuple(given[name]) for name in _TUPLES} | {"purpose": Purpose(given["purpose"])}
    given |= {name: date.fromisoformat(given[name]) if given[name] else None for name in _DATES}
    return Mention(**given)
