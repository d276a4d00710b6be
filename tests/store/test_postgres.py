"""The same ledger on a real PostgreSQL server, started for these tests where its binaries are installed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from made_up import DAY, SCAN, VERSION, document, mention, numbered

from chipledger.core.errors import LedgerError
from chipledger.core.records import FailedDocument
from chipledger.store import read, search
from chipledger.store.export import dump
from chipledger.store.ledger import Ledger
from chipledger.store.verify import problems
from chipledger.store.write import Scan

pytestmark = pytest.mark.postgres


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    places = [Path(found)] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return places[-1].parent if places else None


def _server_user() -> int | None:
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_uid
    except KeyError:
        return pwd.getpwnam("nobody").pw_uid


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    pytest.importorskip("pg8000", reason="the extra [postgres] is not installed")
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server binaries (initdb) on this machine")
    user = _server_user()
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        if user is not None:
            os.chown(folder, user, -1)
        data = f"{folder}/data"
        initdb = [binaries / "initdb", "-D", data, "-U", "ann", "--auth=trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(initdb, check=True, capture_output=True, user=user, cwd=folder)
        probe.close()
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        control = [binaries / "pg_ctl", "-D", data, "-w", "-l", f"{folder}/log"]
        subprocess.run(
            [*control, "-o", options, "start"], check=True, capture_output=True, user=user, cwd=folder
        )
        try:
            yield f"postgresql://ann@127.0.0.1:{port}"
        finally:
            subprocess.run(
                [*control, "-m", "immediate", "stop"], check=True, capture_output=True, user=user, cwd=folder
            )


@pytest.fixture
def served(server: str) -> Iterator[Ledger]:
    from sqlalchemy import create_engine, text

    engine = create_engine(
        server.replace("postgresql", "postgresql+pg8000") + "/postgres", isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS chips WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE chips"))
    engine.dispose()
    with Ledger.open(f"{server}/chips") as ledger:
        yield ledger


def test_a_server_holds_the_same_as_a_file(served: Ledger, ledger: Ledger) -> None:
    for into in (served, ledger):
        for _ in range(2):
            with into.writing(SCAN) as writer:
                for number in range(30):
                    writer.add(*numbered(number))
                writer.fail(FailedDocument(document="b.pdf", stage="read", reason="encrypted"))
    assert dump(served) == dump(ledger)
    assert problems(served) == [] and read.scans(served) == [(SCAN, "done")]


def test_search_on_a_server_finds_what_it_finds_in_a_file(served: Ledger, ledger: Ledger) -> None:
    for into in (served, ledger):
        with into.writing(SCAN) as writer:
            for number in range(30):
                writer.add(*numbered(number))
    for query in ("昇腾", "训练", "学習", "A100", '"NVIDIA H100"', "12张", "腾昇", "", "it's \\ & | ! 910B"):
        assert search.count(served, query) == search.count(ledger, query)
        assert {one.id for one in search.search(served, query, 99)} == {
            one.id for one in search.search(ledger, query, 99)
        }


def test_changes_and_better_extractors_keep_their_dates_on_a_server(served: Ledger) -> None:
    old, new, later = document("a.md", "old"), document("a.md", "new"), date(2026, 12, 24)
    for facts, words, on, version in (
        (old, "64 A100", DAY, VERSION),
        (new, "64 A100", later, VERSION),
        (new, "64 昇腾", later, "rules-2"),
    ):
        with served.writing(Scan(target="x", started=on, extractor_version=version)) as writer:
            writer.add(facts, [mention(facts, words)])
    assert {(one.quote, one.first_seen) for one in read.mentions(served)} == {
        ("64 A100", DAY),
        ("64 昇腾", later),
    }
    assert (search.count(served, '"64 A100"'), problems(served)) == (1, [])
    assert served.done(new.document_id, "rules-2", document="a.md", project="lab/kite")


def test_a_text_that_the_server_cannot_hold_fails_its_document_alone(served: Ledger, ledger: Ledger) -> None:
    facts = document("nul.pdf")
    for into in (served, ledger):
        with into.writing(SCAN) as writer:
            writer.add(facts, [mention(facts, "8\0A100")])
            writer.add(*numbered(1))
    assert [failure.document for failure in read.failures(served)] == ["nul.pdf"]
    assert "8\0A100" in {one.quote for one in read.mentions(ledger)} and problems(ledger) == []


def test_somebody_elses_database_is_refused(server: str, served: Ledger) -> None:
    with served.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE ledger_version")
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger.open(f"{server}/chips")
