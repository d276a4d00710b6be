"""The ledger itself: opened by address, refused when it is something else, safe to write from several processes.

SQLite keeps a write-ahead log, so that readers never wait and a kill at any moment leaves the last whole batch. A
writing transaction takes the one writer's place at its start: it never fails halfway because another wrote meanwhile.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Select, create_engine, event, inspect, text
from sqlalchemy.dialects import sqlite

from chipledger.core.errors import LedgerError
from chipledger.store import address as places
from chipledger.store.migrations import upgrade
from chipledger.store.rows import place_of
from chipledger.store.schema import KNOWN_VERSIONS, SCHEMA_VERSION, VERSION_TABLE
from chipledger.store.trouble import told
from chipledger.store.write import BYTES_READ, BYTES_READ_AT_PLACE, Scan, Writer

_WRITERS_LOCK = 0x43484C47  # the advisory lock that writers of one PostgreSQL ledger share


class Ledger:
    """An open ledger. Close it, or use it as a context manager.

    >>> from datetime import date
    >>> from tempfile import TemporaryDirectory
    >>> from chipledger.core.records import DocumentFacts
    >>> with TemporaryDirectory() as folder, Ledger.open(f"{folder}/chips.sqlite") as ledger:
    ...     with ledger.writing(Scan(target="papers", started=date(2026, 11, 1))) as writer:
    ...         writer.add(DocumentFacts(document="readme.md", document_id="0" * 64), [])
    ...     ledger.done("0" * 64, extractor_version="")
    True
    """

    def __init__(self, engine: Engine, *, read_only: bool = False) -> None:
        self.engine = engine
        self.read_only = read_only
        self._file: tuple[int, int] | None = None
        self._asked: sqlite3.Connection | None = None

    @classmethod
    def open(cls, address: str | Path, create: bool = True) -> "Ledger":
        """Open a ledger, make it where there is none, bring an older one up to date.

        Args:
            address: a file's path, sqlite:///FILE or postgresql://USER@HOST/NAME.
            create: whether a new ledger may be made.

        Returns:
            The open ledger.

        Raises:
            LedgerError: what is there is not a ledger, is newer than this chipledger, or cannot be opened.
        """
        url = places.url_of(address)
        if url.drivername == "sqlite":
            path = Path(url.database or "")
            places.check_file(path, create)
            ledger = cls(_file_engine(path), read_only=places.is_read_only(path))
        else:
            ledger = cls(_server_engine(url))
        try:
            ledger._make_current(create)
        except BaseException:
            ledger.close()
            raise
        ledger._file = ledger._file_in_place()
        return ledger

    @property
    def address(self) -> str:
        """Where the ledger is, without a password."""
        url = self.engine.url
        return str(url.database) if self.is_file else url.render_as_string(hide_password=True)

    @property
    def is_file(self) -> bool:
        """Whether the ledger is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Let go of the database."""
        if self._asked is not None:
            self._asked.close()
            self._asked = None
        self.engine.dispose()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the ledger from its first question to its last.

        Raises:
            LedgerError: the database failed.
        """
        with told(self.address), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection in the one writing transaction at a time; kept whole or not at all.

        Raises:
            LedgerError: the ledger is read-only, full, held by another writer for too long, or no longer there.
        """
        if self.read_only:
            raise LedgerError(
                "the ledger is read-only", where=self.address, remedy="copy it or mend its mode"
            )
        self._check_place()
        writing = self.engine.execution_options(writing=True)
        with told(self.address), writing.begin() as connection:
            if not self.is_file:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})"))
            yield connection
        self._check_place()

    def _check_place(self) -> None:
        """Refuse to go on where the file is no longer at its path: what is written to it, nobody would find."""
        if self._file and self._file != self._file_in_place():
            raise LedgerError(
                "the ledger's file was moved, removed or replaced while it was written to",
                where=self.address,
                remedy="run the same command again",
            )

    def _file_in_place(self) -> tuple[int, int] | None:
        """Which file stands at the ledger's path now."""
        return places.identity_of(Path(self.address)) if self.is_file else None

    @contextmanager
    def writing(self, scan: Scan) -> Iterator[Writer]:
        """A writer of one scan; when the block ends, what was added is stored and the scan's end noted.

        Args:
            scan: what is scanned, on which day, with which extractor.

        Raises:
            LedgerError: the ledger cannot be written.
        """
        writer = Writer(self.reading, self.transaction, scan, holds_nul=self.is_file)
        writer.begin()
        try:
            yield writer
        except LedgerError:
            raise
        except BaseException:
            writer.finish("interrupted")
            raise
        writer.finish("done")

    def done(
        self,
        document_id: str,
        extractor_version: str,
        *,
        document: str | None = None,
        project: str | None = None,
    ) -> bool:
        """Whether these bytes have been read by this extractor and stored.

        Args:
            document_id: the sha256 of the bytes.
            extractor_version: the extractor that would read them.
            document: the name they stand under; None asks for the bytes under any name.
            project: their project, with `document`.
        """
        return self.key_of(document_id, extractor_version, document=document, project=project) is not None

    def key_of(
        self,
        document_id: str,
        extractor_version: str,
        *,
        document: str | None = None,
        project: str | None = None,
        owner: str | None = None,
    ) -> int | None:
        """The key of these bytes as read by this extractor and stored, for `Writer.stands`; None where they are not.

        Args:
            document_id: the sha256 of the bytes.
            extractor_version: the extractor that would read them.
            document: the name they stand under; None asks for the bytes under any name.
            project: their project, with `document`.
            owner: the owner of the repository they were read from, with `document`.
        """
        place = None if document is None else place_of(project, document, owner)
        asked = BYTES_READ if place is None else BYTES_READ_AT_PLACE
        given = {"bytes": document_id, "version": extractor_version, "at": place}
        if self.is_file:
            return self._answer(asked, given)
        with self.reading() as connection:
            key: int | None = connection.execute(asked, given).scalar()
        return key

    def _answer(self, asked: "Select[tuple[int]]", given: dict[str, Any]) -> int | None:
        """The answer of SQLite's own driver to a question that is put for every document of a scan, outside of transactions."""
        with told(self.address):
            if self._asked is None:
                self._asked = places.open_file(Path(self.address), self.read_only)
            sql, fixed = _for_driver(asked)
            with closing(self._asked.execute(sql, fixed | given)) as found:
                row = found.fetchone()
        return None if row is None else int(row[0])

    def _make_current(self, create: bool) -> None:
        with self.reading() as connection:
            version = _version_of(connection, self.address)
        if version is None and not create:
            raise places.not_a_ledger(self.address)
        if version == SCHEMA_VERSION:
            return
        if version is not None and version not in KNOWN_VERSIONS:
            raise LedgerError(
                f"the ledger was made by a newer chipledger (tables {version!r})",
                where=self.address,
                remedy="upgrade chipledger",
            )
        with self.transaction() as connection:
            if _version_of(connection, self.address) != SCHEMA_VERSION:
                upgrade(connection)


@cache
def _for_driver(asked: "Select[tuple[int]]") -> tuple[str, dict[str, Any]]:
    """A question in SQLite's words, with what is fixed in it."""
    compiled = asked.compile(dialect=sqlite.dialect(paramstyle="named"))
    return str(compiled), compiled.params


def _version_of(connection: Connection, where: str) -> str | None:
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE in tables:
        return str(connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar())
    if tables:
        raise places.not_a_ledger(where)
    return None


def _file_engine(path: Path) -> Engine:
    read_only = places.is_read_only(path)
    engine = create_engine(
        URL.create("sqlite", database=str(path)), creator=lambda: places.open_file(path, read_only)
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _server_engine(url: URL) -> Engine:
    try:
        return create_engine(url)
    except ModuleNotFoundError:
        raise LedgerError(
            "PostgreSQL needs pg8000", remedy="install it with `pip install chipledger[postgres]`"
        ) from None
