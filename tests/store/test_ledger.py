"""A ledger opens where it may, and everything else is refused in one line, untouched."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from made_up import DAY, SCAN, VERSION, document, mention, numbered
from sqlalchemy import create_engine, insert, select, text

from chipledger.core.errors import LedgerError
from chipledger.core.records import DocumentFacts, Mention
from chipledger.store import read, search
from chipledger.store.index import index_words
from chipledger.store.ledger import Ledger
from chipledger.store.migrations import upgrade
from chipledger.store.rows import document_row, mention_rows, place_of
from chipledger.store.schema import documents
from chipledger.store.verify import problems
from chipledger.store.write import Scan

NOBODY = 65534


def refused(address: object, create: bool = True) -> str:
    with pytest.raises(LedgerError) as caught:
        Ledger.open(str(address), create)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_new_ledger_opens_again_and_is_empty(tmp_path: Path) -> None:
    for _ in range(2):
        with Ledger.open(tmp_path / "chips.sqlite") as ledger:
            assert set(read.counts(ledger).values()) == {0}


def test_an_address_of_sqlite_is_the_file(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/chips.sqlite") as ledger:
        assert ledger.address == f"{tmp_path}/chips.sqlite"


def test_a_file_that_is_not_sqlite_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"just my notes")
    assert "not a ledger" in refused(path)
    assert path.read_bytes() == b"just my notes"


def test_someone_elses_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    assert "not a ledger" in refused(path)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


def test_a_ledger_from_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chips.sqlite"
    Ledger.open(path).close()
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE ledger_version SET version_num = '9999'")
    assert "newer chipledger" in refused(path) and "upgrade chipledger" in refused(path, create=False)


def without_words_around(path: Path) -> tuple[DocumentFacts, list[Mention]]:
    """A ledger as the first version left it, with a document of one mention."""
    facts, (one, *_) = numbered(1)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        upgrade(connection, "0001")
        row = {"key": 1, **document_row(facts, VERSION), "first_seen": DAY, "last_seen": DAY}
        known = {name: value for name, value in row.items() if name not in ("licence", "fetched_on")}
        connection.execute(insert(documents).values(known))
        (found,) = mention_rows([one])
        found |= {"key": 1, "document_key": 1, "first_seen": DAY.isoformat()}
        columns = [name for name in found if name not in ("prefix", "suffix")]
        named, given = ", ".join(f'"{name}"' for name in columns), ", ".join(f":{name}" for name in columns)
        connection.execute(text(f"INSERT INTO mentions ({named}) VALUES ({given})"), found)
        index_words(connection, [found])
    engine.dispose()
    return facts, [one]


def test_a_ledger_of_the_first_version_is_brought_up_to_date_and_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "chips.sqlite"
    facts, (one,) = without_words_around(path)
    with Ledger.open(path) as ledger:
        (stored,) = read.mentions(ledger)
        assert (stored.id, stored.quote, stored.prefix, stored.suffix) == (one.id, one.quote, "", "")
        assert problems(ledger) == [] and search.count(ledger, "昇腾") == 1
        anew = Scan(target="papers", started=DAY, extractor_version="rules-2")
        with ledger.writing(anew) as writer:
            writer.add(facts, [replace(one, start=9, end=9 + len(one.quote), prefix="We said: ")])
        assert [mention.prefix for mention in read.mentions(ledger)] == ["We said: "]


def test_a_ledger_that_mixed_two_owners_files_tells_them_apart(tmp_path: Path) -> None:
    path, engine = tmp_path / "chips.sqlite", create_engine(f"sqlite:///{tmp_path / 'chips.sqlite'}")
    ours = document("a.md", "ours", project="kite", organisation="Lab", commit="a" * 40)
    theirs = document("a.md", "theirs", project="kite", organisation="Other", commit="b" * 40)
    loose = document("a.md", "loose", project="kite", organisation="Told")
    mixed = place_of("kite", "a.md")
    with engine.begin() as connection:
        upgrade(connection, "0008")
        for key, facts in enumerate((ours, theirs, loose), 1):
            row = {
                "key": key,
                **document_row(facts, VERSION),
                "place": mixed,
                "first_seen": DAY,
                "last_seen": DAY,
            }
            connection.execute(insert(documents).values(row))
    engine.dispose()
    with Ledger.open(path) as ledger, ledger.reading() as connection:
        places = dict(connection.execute(select(documents.c.organisation, documents.c.place)).all())
        assert places == {
            "Lab": place_of("kite", "a.md", "Lab"),
            "Other": place_of("kite", "a.md", "Other"),
            "Told": mixed,
        }
        assert problems(ledger) == []


def test_a_damaged_ledger_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "chips.sqlite"
    Ledger.open(path).close()
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8000)
    assert "chips.sqlite" in refused(path)


def test_missing_folders_missing_ledgers_and_folders_are_refused(tmp_path: Path) -> None:
    assert "no such folder" in refused(tmp_path / "nowhere" / "chips.sqlite")
    assert "no such ledger" in refused(tmp_path / "chips.sqlite", create=False)
    assert not (tmp_path / "chips.sqlite").exists()
    assert "a folder is not a ledger" in refused(tmp_path)


def test_an_empty_file_becomes_a_ledger_only_when_one_may_be_made(tmp_path: Path) -> None:
    path = tmp_path / "chips.sqlite"
    path.touch()
    assert "not a ledger" in refused(path, create=False)
    Ledger.open(path).close()


@pytest.mark.parametrize("address", ["mysql://a:secret@host/db", "sqlite://", "postgresql://[bad", "://"])
def test_other_addresses_are_refused_without_telling_a_password(address: str) -> None:
    assert "secret" not in refused(address)


def test_an_empty_address_is_refused_and_no_folder_is_taken_for_one() -> None:
    assert (
        refused("")
        == "no ledger is named; expected a file path, sqlite:///FILE or postgresql://USER@HOST/NAME"
    )


def _told_to_nobody(path: Path, told: Connection) -> None:
    os.setuid(NOBODY)
    with Ledger.open(path, create=False) as ledger:
        told.send(read.counts(ledger)["documents"])
        told.send(_why(lambda: ledger.writing(SCAN).__enter__()))
    told.send(_why(lambda: Ledger.open(path.with_name("new.sqlite"))))


def _why(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except LedgerError as error:
        return str(error)
    return "no error"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody who may not write")
def test_a_ledger_on_read_only_ground_can_be_read_and_not_written() -> None:
    here, there = Pipe()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chips.sqlite"
        with Ledger.open(path) as ledger, ledger.writing(SCAN) as writer:
            writer.add(*numbered(3))
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        child = get_context("fork").Process(target=_told_to_nobody, args=(path, there))
        child.start()
        child.join(60)
    assert child.exitcode == 0
    assert here.recv() == 1
    assert "read-only" in here.recv() and "cannot be written to" in here.recv()


def test_a_document_is_done_by_its_bytes_and_its_extractor(ledger: Ledger) -> None:
    facts, found = numbered(2)
    with ledger.writing(SCAN) as writer:
        writer.add(facts, found)
    assert ledger.done(facts.document_id, VERSION)
    assert not ledger.done(facts.document_id, "rules-2")
    assert not ledger.done("0" * 64, VERSION)
    assert ledger.done(facts.document_id, VERSION, document=facts.document, project=facts.project)
    assert not ledger.done(facts.document_id, VERSION, document="other name", project=facts.project)
    assert not ledger.done(facts.document_id, VERSION, document=facts.document, project=None)


def test_a_scan_that_breaks_off_keeps_what_was_added_and_says_so(ledger: Ledger) -> None:
    with pytest.raises(KeyboardInterrupt), ledger.writing(SCAN) as writer:
        writer.add(*numbered(1))
        raise KeyboardInterrupt
    assert read.counts(ledger)["documents"] == 1
    assert read.scans(ledger) == [(SCAN, "interrupted")]
    with ledger.writing(SCAN):
        assert read.scans(ledger) == [(SCAN, "running")]
    assert read.scans(ledger) == [(SCAN, "done")]


def test_a_reader_sees_one_state_while_another_writes(ledger: Ledger) -> None:
    facts = document("a.md")
    with ledger.writing(SCAN) as writer:
        writer.add(facts, [mention(facts, "eight A100")])
    streaming = read.mentions(ledger)
    first = next(streaming)
    with ledger.writing(Scan(target="more", started=date(2026, 12, 1), extractor_version=VERSION)) as writer:
        writer.add(*numbered(3))
    assert first.last_seen == DAY and list(streaming) == []


@pytest.mark.parametrize("happens", ["removed", "replaced", "moved"])
def test_a_ledger_that_is_gone_from_its_place_is_told_and_not_taken_for_stored(
    tmp_path: Path, happens: str
) -> None:
    path = tmp_path / "chips.sqlite"
    with (
        Ledger.open(path) as ledger,
        pytest.raises(LedgerError) as caught,
        ledger.writing(SCAN) as writer,
    ):
        writer.add(*numbered(0))
        if happens == "moved":
            path.rename(tmp_path / "other.sqlite")
        else:
            path.unlink()
        if happens == "replaced":
            Ledger.open(path).close()
    assert "moved, removed or replaced" in str(caught.value) and "\n" not in str(caught.value)


_TRY_TO_LOCK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
"""


def test_opening_a_ledger_again_keeps_the_locks_of_the_first_connection(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        connection.execute(text("SELECT count(*) FROM documents"))
        Ledger.open(ledger.address, create=False).close()
        tried = subprocess.run(
            [sys.executable, "-c", _TRY_TO_LOCK, ledger.address], capture_output=True, text=True, check=False
        )
    assert "BlockingIOError" in tried.stderr
