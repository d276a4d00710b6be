"""What a database's own error means for whoever meets it: one sentence, and how to mend it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from chipledger.core.errors import LedgerError

_REMEDIES = {
    "locked": "another process writes to it; run the same command again",
    "full": "make room on the disk and run the same command again",
    "malformed": "it is damaged; go back to a backup",
    "not a database": "it is damaged or not a ledger",
    "readonly": "mend its mode or copy it",
    "unable to open": "check that the file and its folder can be read and written",
    "disk I/O error": "check the disk and that the file still stands there",
    "create a connection": "check that the server runs there and takes connections",
    "password": "check the user name and the password",
}


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn the database's errors into ours.

    Args:
        where: the ledger's address, without a password.

    Raises:
        LedgerError: the database failed.

    >>> with told("chips.sqlite"):
    ...     raise sqlite3.OperationalError("database or disk is full")
    Traceback (most recent call last):
    chipledger.core.errors.LedgerError: the ledger could not be used: database or disk is full (chips.sqlite); make room
        on the disk and run the same command again
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = str(error.orig if isinstance(error, DBAPIError) else error)
        first = cause.splitlines()[0] if cause else "no reason given"
        remedy = next((remedy for sign, remedy in _REMEDIES.items() if sign in cause), "")
        raise LedgerError(f"the ledger could not be used: {first}", where=where, remedy=remedy) from error
