"""Where a ledger is: a file's path or a database address, checked before anything is opened.

Takes what the user wrote; gives a SQLAlchemy URL, or one line that says what is wrong with it. Whether a file that is
there may be a ledger at all is told by its first bytes, so that no other file is ever written to.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from time import sleep

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from chipledger.core.errors import LedgerError
from chipledger.core.files import written_whole
from chipledger.store.schema import VERSION_TABLE
from chipledger.store.trouble import told

_LOG_TRIES, _LOG_PAUSE_SECONDS = 200, 0.05
_EXPECTED = "a file path, sqlite:///FILE or postgresql://USER@HOST/NAME"


def url_of(address: str | Path) -> URL:
    """The database URL of an address.

    Args:
        address: a file's path, or an address with `://`.

    Returns:
        A URL of SQLite or of PostgreSQL by pg8000.

    Raises:
        LedgerError: an address of another database, or one that cannot be read.

    >>> url_of("chips.sqlite").database
    'chips.sqlite'
    >>> url_of("postgresql://ann@host/chips").drivername
    'postgresql+pg8000'
    """
    if not str(address):
        raise LedgerError("no ledger is named", expected=_EXPECTED)
    if "://" not in str(address):
        return URL.create("sqlite", database=str(address))
    try:
        url = make_url(str(address))
    except (ArgumentError, ValueError):
        raise LedgerError("this is not a ledger's address", expected=_EXPECTED) from None
    match url.drivername:
        case "sqlite":
            if not url.database or url.database == ":memory:":
                raise LedgerError("a ledger in memory would be lost at once", expected=_EXPECTED)
            return url
        case "postgresql" | "postgresql+pg8000":
            if not (url.username and url.database):
                raise LedgerError("the address names no user or no database", expected=_EXPECTED)
            return url.set(drivername="postgresql+pg8000")
    raise LedgerError(f"no ledger can be kept in {url.drivername!r}", expected=_EXPECTED)


def check_file(path: Path, create: bool) -> None:
    """Refuse a path that is not, and cannot become, a ledger.

    Args:
        path: the ledger's file.
        create: whether a new ledger may be made there.

    Raises:
        LedgerError: the folder is missing, nothing is there to read, or what is there is not a SQLite file.
    """
    if not path.parent.is_dir():
        raise LedgerError(f"no such folder: {path.parent}", where=str(path), remedy="make the folder first")
    if path.is_dir():
        raise LedgerError("a folder is not a ledger", where=str(path), expected="a file")
    if not path.exists():
        if not create:
            raise LedgerError(
                f"no such ledger: {path}", remedy="make one with `chipledger scan PATH --ledger FILE`"
            )
        if not os.access(path.parent, os.W_OK):
            raise LedgerError("the folder cannot be written to", where=str(path.parent))
        return
    _check_bytes(path, create)


def _check_bytes(path: Path, create: bool) -> None:
    """Read the head by SQLite: to close a file opened any other way drops the locks of this process's connections."""
    if not os.access(path, os.R_OK):
        raise LedgerError("the ledger cannot be read: permission denied", where=str(path))
    if not path.stat().st_size:
        if create:
            return
        raise not_a_ledger(str(path))
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as looking:
        try:
            looking.execute("PRAGMA schema_version").close()
        except sqlite3.DatabaseError:
            raise not_a_ledger(str(path)) from None


def not_a_ledger(where: str) -> LedgerError:
    """The error for a file or database that holds something else."""
    return LedgerError("not a ledger", where=where, expected="a file that chipledger made")


def is_read_only(path: Path) -> bool:
    """Whether the ledger at this path can be read but not written."""
    return path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def identity_of(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path: another one in its place has another identity; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def open_file(path: Path, read_only: bool) -> sqlite3.Connection:
    """A connection to the ledger's file, without a transaction.

    Args:
        path: the ledger's file.
        read_only: open it as it lies, promising never to write.
    """
    if not read_only:
        connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        if _may_be_ledger(connection):
            _keep_log_ahead(connection)
        for pragma in (
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "cache_size=-32000",
            "wal_autocheckpoint=4000",
        ):
            connection.execute(f"PRAGMA {pragma}").close()
        return connection
    log = path.with_name(path.name + "-wal")
    frozen = "" if log.exists() and log.stat().st_size else "&immutable=1"
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro{frozen}",
        uri=True,
        timeout=60,
        isolation_level=None,
        check_same_thread=False,
    )


def _may_be_ledger(connection: sqlite3.Connection) -> bool:
    """Whether the database is empty or has our mark; no other file's header is rewritten."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return not tables or VERSION_TABLE in tables


def _keep_log_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on; SQLite refuses at once, without waiting, while another process does the same."""
    for _ in range(_LOG_TRIES):
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            sleep(_LOG_PAUSE_SECONDS)
    connection.execute("PRAGMA journal_mode=WAL").close()


def copy_file(source: Path, target: Path) -> None:
    """Copy a ledger, also while others write to it; the copy appears whole or not at all.

    Args:
        source: the ledger's file.
        target: the copy's, which must not exist.

    Raises:
        LedgerError: there is something at the target already, its folder is missing, or the disk is full.
    """
    if target.exists():
        raise LedgerError("there is a file already", where=str(target), remedy="choose another name")
    check_file(target, create=True)
    with (
        written_whole(target) as partial,
        told(str(target)),
        closing(open_file(source, is_read_only(source))) as ledger,
        closing(sqlite3.connect(partial)) as copy,
    ):
        copy.execute("PRAGMA journal_mode=OFF").close()  # half a copy is thrown away, never rolled back
        ledger.backup(copy)
