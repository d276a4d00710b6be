"""What a scan found, into the ledger: whole documents in batches, each batch kept whole or not at all.

A `Writer` collects documents with their mentions and stores them a batch a transaction, so that a kill at any moment
loses at most the last batch and never half a document. Storing the same again changes nothing. A document whose bytes
changed becomes a new version beside the old one: words that stood before keep the day on which they were first seen,
words that are gone keep the day on which they were last seen.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Date, Insert, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chipledger.core.records import DocumentFacts, FailedDocument, Mention, content_id
from chipledger.store.index import index_words, unindex_words
from chipledger.store.rows import (
    Fields,
    affiliation_rows,
    document_row,
    face_rows,
    fingerprint_row,
    mention_rows,
    place_of,
    setting_rows,
    size_bytes,
)
from chipledger.store.schema import (
    document_affiliations,
    document_faces,
    document_fingerprints,
    document_settings,
    document_techniques,
    documents,
    failures,
    mentions,
    scans,
    sightings,
)

BATCH_DOCUMENTS = 1000
BATCH_BYTES = 2_000_000
_PLACES_A_QUESTION = 500

# built once: they are asked for every document of a scan
BYTES_READ = (
    select(documents.c.key)
    .where(
        documents.c.document_id == bindparam("bytes"), documents.c.extractor_version == bindparam("version")
    )
    .limit(1)
)
BYTES_READ_AT_PLACE = BYTES_READ.where(documents.c.place == bindparam("at"))

Row = dict[str, Any]
Opened = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One look at one target: what was read, on which day, by which extractor.

    The same target on the same day by the same versions is the same scan, however often it is begun.

    >>> Scan(target="papers", started=date(2026, 11, 1)).id == Scan(target="papers", started=date(2026, 11, 2)).id
    False
    """

    target: str
    started: date
    tool_version: str = ""
    extractor_version: str = ""

    @property
    def id(self) -> str:
        """The scan's content id."""
        return content_id(self.target, self.started, self.tool_version, self.extractor_version)


@dataclass(frozen=True, slots=True)
class _Read:
    """A document that was read in this scan."""

    row: Row
    checked_on: date | None
    techniques: tuple[str, ...]
    mentions: list[Row]
    settings: list[Row]
    affiliations: list[Row]
    face: list[Row]
    fingerprint: Row | None


@dataclass(frozen=True, slots=True)
class _Stored:
    """A version of a document that the ledger holds."""

    key: int
    extractor_version: str


@dataclass(slots=True)
class _Known:
    """What the ledger holds of the places in a batch, kept up as the batch is laid out."""

    versions: dict[str, dict[str, _Stored]] = field(default_factory=dict)
    next_document: int = 1
    next_mention: int = 1


@dataclass(slots=True)
class _Batch:
    """Rows to be stored in one transaction."""

    documents: list[Row] = field(default_factory=list)
    techniques: list[Row] = field(default_factory=list)
    settings: list[Row] = field(default_factory=list)
    affiliations: list[Row] = field(default_factory=list)
    faces: list[Row] = field(default_factory=list)
    fingerprints: list[Row] = field(default_factory=list)
    mentions: list[Row] = field(default_factory=list)
    sightings: list[Row] = field(default_factory=list)
    seen_again: list[Row] = field(default_factory=list)
    first_seen: dict[str, dict[tuple[str, ...], date]] = field(default_factory=dict)  # words of a place


class Writer:
    """Adds what one scan finds; made by `Ledger.writing`."""

    def __init__(self, reading: Opened, transaction: Opened, scan: Scan, *, holds_nul: bool) -> None:
        self.scan = scan
        self._scan_id = scan.id  # noted with each document
        self._holds_nul = holds_nul
        self._reading, self._transaction = reading, transaction
        self._pending: dict[tuple[str, str], _Read] = {}
        self._standing: dict[int, tuple[str | None, date | None]] = {}
        self._failures: dict[str, Row] = {}
        self._pending_bytes = 0

    def add(self, facts: DocumentFacts, found: Iterable[Mention]) -> None:
        """Add a document with everything that was found in it.

        Args:
            facts: what the document says as a whole.
            found: its mentions; none is as good an answer.
        """
        row, found_rows = document_row(facts, self.scan.extractor_version), mention_rows(list(found))
        settings, affiliations = setting_rows(facts.settings), affiliation_rows(facts.affiliations)
        face = face_rows(facts.face)
        fingerprint = fingerprint_row(facts.fingerprint) if facts.fingerprint else None
        kept = [row, *found_rows, *settings, *affiliations, *face, *([fingerprint] if fingerprint else ())]
        try:
            size = size_bytes(kept, holds_nul=self._holds_nul)
        except ValueError as error:
            self.fail(_unstorable(facts, str(error)))
            return
        self._hold(
            _Read(
                row, facts.checked_on, facts.techniques, found_rows, settings, affiliations, face, fingerprint
            ),
            size,
        )

    def saw(
        self,
        document: str,
        document_id: str,
        *,
        project: str | None = None,
        owner: str | None = None,
        commit: str | None = None,
    ) -> bool:
        """Note that a document which the ledger holds still stands, without reading it again.

        Args:
            document: its name.
            document_id: the sha256 of its bytes.
            project: its project.
            owner: the owner of the repository it was read from.
            commit: the commit in which it stands now.

        Returns:
            False when the ledger does not hold it by this extractor: it must be read and added.
        """
        given = {
            "bytes": document_id,
            "version": self.scan.extractor_version,
            "at": place_of(project, document, owner),
        }
        with self._reading() as connection:
            key = connection.execute(BYTES_READ_AT_PLACE, given).scalar()
        if key is None:
            return False
        self.stands(key, commit)
        return True

    def stands(self, key: int, commit: str | None = None, checked_on: date | None = None) -> None:
        """Note that a document of the ledger still stands; `saw` for who knows its key already.

        Args:
            key: what `Ledger.key_of` gave for it.
            commit: the commit in which it stands now.
            checked_on: the day on which its source confirmed it; the day of the scan where left out.
        """
        self._standing[key] = commit, checked_on
        if len(self._standing) >= BATCH_DOCUMENTS:
            self.flush()

    def fail(self, failure: FailedDocument) -> None:
        """Add a document that could not be read.

        Args:
            failure: which, at what stage, and why.
        """
        name = content_id(
            self.scan.target, failure.document, failure.document_id, failure.stage, failure.reason
        )
        self._failures[name] = {
            "id": name,
            "document": _printable(failure.document),
            "document_id": failure.document_id,
            "stage": failure.stage,
            "reason": _printable(failure.reason),
            "commit": failure.commit,
            "target": self.scan.target,
            "first_seen": self.scan.started,
            "last_seen": self.scan.started,
        }
        if len(self._failures) >= BATCH_DOCUMENTS:
            self.flush()

    def begin(self) -> None:
        """Note that the scan runs."""
        self._note("running")

    def finish(self, state: str) -> None:
        """Store what is left and note how the scan ended.

        Args:
            state: done or interrupted.
        """
        self.flush()
        self._note(state)

    def flush(self) -> None:
        """Store what was added so far, in one transaction."""
        if not (self._pending or self._standing or self._failures):
            return
        with self._transaction() as connection:
            self._lay_out_and_store(connection)
        self._pending, self._standing, self._failures, self._pending_bytes = {}, {}, {}, 0

    def _hold(self, read: _Read, size: int) -> None:
        self._pending[read.row["place"], read.row["document_id"]] = read
        self._pending_bytes += size
        if len(self._pending) >= BATCH_DOCUMENTS or self._pending_bytes >= BATCH_BYTES:
            self.flush()

    def _lay_out_and_store(self, connection: Connection) -> None:
        known = _known(connection, {place for place, _ in self._pending})
        batch = _Batch()
        for key, (commit, checked_on) in self._standing.items():
            self._see_again(batch, key, commit, checked_on)
        for read in self._pending.values():
            self._lay_out(connection, read, known, batch)
        _store(connection, batch)
        _keep(connection, failures, list(self._failures.values()), ("id",), ("last_seen",))

    def _lay_out(self, connection: Connection, read: _Read, known: _Known, batch: _Batch) -> None:
        versions = known.versions.setdefault(read.row["place"], {})
        stored = versions.get(read.row["document_id"])
        if stored and stored.extractor_version == read.row["extractor_version"]:
            self._see_again(batch, stored.key, read.row["commit"], read.checked_on)
            return
        earlier = _first_seen(connection, read.row["place"]) if versions else {}
        if stored:
            self._read_anew(connection, stored, read, batch)
        else:
            stored = _Stored(known.next_document, read.row["extractor_version"])
            known.next_document += 1
            batch.documents.append({"key": stored.key, **read.row, **self._days(read)})
            self._sight(batch, stored.key, read.row["commit"])
        versions[read.row["document_id"]] = _Stored(stored.key, read.row["extractor_version"])
        self._add_mentions(stored.key, read, earlier, known, batch)

    def _add_mentions(
        self,
        document_key: int,
        read: _Read,
        earlier: Mapping[tuple[str, ...], date],
        known: _Known,
        batch: _Batch,
    ) -> None:
        since = self._days(read)["first_seen"]
        in_batch = batch.first_seen.setdefault(read.row["place"], {}) if read.mentions else {}
        for row in read.mentions:
            words = _words_of(row)
            days = (row["first_seen"] or since, earlier.get(words), in_batch.get(words))
            row |= {"key": known.next_mention, "document_key": document_key, "first_seen": _earliest(days)}
            known.next_mention += 1
            in_batch[words] = row["first_seen"]
            batch.mentions.append(row)
        techniques = dict.fromkeys(read.techniques)
        batch.techniques += [{"document_key": document_key, "technique": name} for name in techniques]
        batch.settings += [{"document_key": document_key, **setting} for setting in read.settings]
        batch.affiliations += [{"document_key": document_key, **one} for one in read.affiliations]
        batch.faces += [{"document_key": document_key, **one} for one in read.face]
        if read.fingerprint:
            batch.fingerprints.append({"document_key": document_key, **read.fingerprint})

    def _read_anew(self, connection: Connection, stored: _Stored, read: _Read, batch: _Batch) -> None:
        unindex_words(connection, stored.key)
        connection.execute(delete(mentions).where(mentions.c.document_key == stored.key))
        for table in (
            document_techniques,
            document_settings,
            document_affiliations,
            document_faces,
            document_fingerprints,
        ):
            connection.execute(delete(table).where(table.c.document_key == stored.key))
        fixed = ("place", "document_id", "commit", "last_commit")
        changed = {name: value for name, value in read.row.items() if name not in fixed}
        connection.execute(update(documents).where(documents.c.key == stored.key).values(changed))
        self._see_again(batch, stored.key, read.row["commit"], read.checked_on)

    def _see_again(self, batch: _Batch, key: int, commit: str | None, checked_on: date | None) -> None:
        day = checked_on or self.scan.started
        batch.seen_again.append({"of_key": key, "day": day, "in_commit": commit})
        self._sight(batch, key, commit)

    def _sight(self, batch: _Batch, key: int, commit: str | None) -> None:
        batch.sightings.append({"scan_id": self._scan_id, "document_key": key, "commit": commit})

    def _days(self, read: _Read) -> dict[str, date]:
        first = read.row["published_on"] or read.row["fetched_on"] or self.scan.started
        return {"first_seen": first, "last_seen": max(first, read.checked_on or self.scan.started)}

    def _note(self, state: str) -> None:
        row = {
            "id": self._scan_id,
            "target": self.scan.target,
            "started": self.scan.started,
            "state": state,
            "tool_version": self.scan.tool_version,
            "extractor_version": self.scan.extractor_version,
        }
        with self._transaction() as connection:
            _keep(connection, scans, [row], ("id",), ("state",))


def _known(connection: Connection, places: Iterable[str]) -> _Known:
    known = _Known(
        next_document=_next_key(connection, documents), next_mention=_next_key(connection, mentions)
    )
    if known.next_document == 1:
        return known
    columns = (documents.c.place, documents.c.document_id, documents.c.key, documents.c.extractor_version)
    asked = sorted(places)
    for start in range(0, len(asked), _PLACES_A_QUESTION):
        some = asked[start : start + _PLACES_A_QUESTION]
        for place, document_id, key, version in connection.execute(
            select(*columns).where(documents.c.place.in_(some))
        ):
            known.versions.setdefault(place, {})[document_id] = _Stored(key, version)
    return known


def _next_key(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.coalesce(func.max(table.c.key), 0))).scalar_one()) + 1


def _words_of(row: Fields) -> tuple[str, ...]:
    return row["quote"], row["chip"], row["purpose"]


def _first_seen(connection: Connection, place: str) -> dict[tuple[str, ...], date]:
    words = (mentions.c.quote, mentions.c.chip, mentions.c.purpose)
    asked = (
        select(*words, func.min(mentions.c.first_seen).label("first_seen"))
        .join(documents, documents.c.key == mentions.c.document_key)
        .where(documents.c.place == place)
        .group_by(*words)
    )
    return {_words_of(row): row["first_seen"] for row in connection.execute(asked).mappings()}


def _earliest(days: Iterable[date | None]) -> date:
    return min(day for day in days if day is not None)


def _store(connection: Connection, batch: _Batch) -> None:
    _insert(connection, documents, batch.documents)
    _insert(connection, document_techniques, batch.techniques)
    _insert(connection, document_settings, batch.settings)
    _insert(connection, document_affiliations, batch.affiliations)
    _insert(connection, document_faces, batch.faces)
    _insert(connection, document_fingerprints, batch.fingerprints)
    _insert(connection, mentions, batch.mentions)
    index_words(connection, batch.mentions)
    if batch.seen_again:
        _see_again(connection, batch.seen_again)
    _keep(connection, sightings, batch.sightings, ("scan_id", "document_key"), ("commit",))


def _see_again(connection: Connection, seen: Sequence[Row]) -> None:
    known = documents.c.key == bindparam("of_key")
    later = documents.c.last_seen < bindparam("day")
    connection.execute(update(documents).where(known, later).values(last_seen=bindparam("day")), list(seen))
    moved = [row for row in seen if row["in_commit"] is not None]
    if moved:
        commit = update(documents).where(known).values(last_commit=bindparam("in_commit"))
        connection.execute(commit, moved)


def _insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(insert(table), rows)
        return
    _execute_many(connection, table, insert(table).values({name: bindparam(name) for name in rows[0]}), rows)


def _execute_many(connection: Connection, table: Table, statement: Insert, rows: Sequence[Row]) -> None:
    """Hand rows to SQLite's own driver as plain tuples, days as text: what SQLAlchemy does row by row, done at once."""
    sql = statement.compile(dialect=connection.dialect)
    names = sql.positiontup or ()
    in_order = itemgetter(*names)
    days = [at for at, name in enumerate(names) if isinstance(table.c[name].type, Date)]
    connection.exec_driver_sql(str(sql), [_with_days_as_text(in_order(row), days) for row in rows])


def _with_days_as_text(values: tuple[Any, ...], days: Sequence[int]) -> Sequence[Any]:
    if not days:
        return values
    changed = list(values)
    for at in days:
        if changed[at]:
            changed[at] = _day_as_text(changed[at])
    return tuple(changed)


@lru_cache(maxsize=4096)
def _day_as_text(day: date) -> str:
    return day.isoformat()


def _keep(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    identity: Sequence[str],
    changing: Sequence[str],
) -> None:
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    fresh = dialect.insert(table)
    renewed = {name: fresh.excluded[name] for name in changing}
    if connection.dialect.name == "sqlite":
        values = fresh.values({name: bindparam(name) for name in rows[0]})
        _execute_many(
            connection, table, values.on_conflict_do_update(index_elements=identity, set_=renewed), rows
        )
    else:
        connection.execute(fresh.on_conflict_do_update(index_elements=identity, set_=renewed), list(rows))


def _unstorable(facts: DocumentFacts, reason: str) -> FailedDocument:
    return FailedDocument(
        document=facts.document,
        stage="store",
        reason=reason,
        document_id=facts.document_id,
        commit=facts.commit,
    )


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
