"""An address is a path or a URL of the two databases; a copy appears whole or not at all."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from made_up import SCAN, numbered

from chipledger.core.errors import LedgerError
from chipledger.store.address import copy_file, url_of
from chipledger.store.export import dump
from chipledger.store.ledger import Ledger


def test_a_postgresql_address_gets_its_driver() -> None:
    url = url_of("postgresql://ann:secret@host:5433/chips")
    assert (url.drivername, url.username, url.port, url.database) == (
        "postgresql+pg8000",
        "ann",
        5433,
        "chips",
    )


@pytest.mark.parametrize("address", ["postgresql://host/chips", "postgresql://ann@host"])
def test_a_postgresql_address_names_user_and_database(address: str) -> None:
    with pytest.raises(LedgerError, match="no user or no database"):
        url_of(address)


def test_a_server_that_is_not_there_is_one_line() -> None:
    pytest.importorskip("pg8000", reason="the extra [postgres] is not installed")
    with pytest.raises(LedgerError) as caught:
        Ledger.open("postgresql://ann:secret@127.0.0.1:1/chips")
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_copy_holds_the_same_even_while_a_writer_is_at_work(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.writing(SCAN) as writer:
        writer.add(*numbered(3))
        writer.flush()
        writer.add(*numbered(2))
        copy_file(Path(ledger.address), tmp_path / "copy.sqlite")
    with Ledger.open(tmp_path / "copy.sqlite", create=False) as copy:
        assert dump(copy) != dump(ledger) and dump(copy) in dump(ledger)
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_copy_never_overwrites(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "there.sqlite").write_text("keep me")
    with pytest.raises(LedgerError, match="a file already"):
        copy_file(Path(ledger.address), tmp_path / "there.sqlite")
    assert (tmp_path / "there.sqlite").read_text() == "keep me"


def test_a_refused_database_keeps_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE readings (value REAL)")
        other.commit()
    before = path.read_bytes()

    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger.open(path)

    assert path.read_bytes() == before
