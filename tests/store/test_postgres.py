"""The same ledger on a real PostgreSQL server, started for these tests where its binaries are installed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from made_up import DAY, SCAN, VERSION, document, mention, numbered

from chipledger.core.errors import LedgerError
from chipledger.core.records import FailedDocument
from chipledger.core.sources import Grade
from chipledger.evals.chain import broken_links
from chipledger.evals.decide import decide
from chipledger.evals.measurement import ItemScore, Measurement, State
from chipledger.evals.preregistration import Preregistration
from chipledger.evals.register import load_register
from chipledger.evals.replay import replay
from chipledger.evals.rule import Elicitation
from chipledger.store import read, search
from chipledger.store.export import dump
from chipledger.store.ledger import Ledger
from chipledger.store.migrations import upgrade
from chipledger.store.read_evals import chain, measurements, measurements_by_id
from chipledger.store.verify import problems
from chipledger.store.write import Scan
from chipledger.store.write_evals import Decided, append_decisions, keep_measurements

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


def a_run(week: int) -> tuple[Preregistration, Measurement]:
    use_case = load_register().use_case("self-test")
    settled = Preregistration.of(use_case, use_case.link("generated-arithmetic"))
    items = tuple(
        ItemScore(item=f"項{n}", score=float(n % 10 < 9), cluster=f"{n // 5}", refused=n == 3)
        for n in range(200)
    )
    day = date(2026, 12, 1) + timedelta(weeks=week)
    return settled, Measurement(benchmark="generated-arithmetic", model="kite ‮7b", measured_on=day, run_id=f"{week}",
                                elicitation=Elicitation.BARE, state=State.COMPLETE, grade=Grade.PRIMARY, source="a.eval",
                                rule_hash=settled.hash, items=items)  # fmt: skip


def test_decisions_on_a_server_are_those_of_a_file_and_replay(served: Ledger, ledger: Ledger) -> None:
    (settled, first), (_, second) = a_run(0), a_run(1)
    for into in (served, ledger):
        assert keep_measurements(into, [first, second, first]) == 2
        for until in (1, 2, 2):
            runs = measurements(into)[:until]
            verdict = decide(settled, runs, on=date(2026, 12, 31))
            append_decisions(into, [Decided(settled, verdict, tuple(runs))], "0.1.0")
    assert measurements(served) == measurements(ledger) == [first, second]
    assert chain(served) == chain(ledger) and len(chain(served)) == 2
    assert broken_links(chain(served)) == [] and problems(served) == []
    whole = [decision for decision, _ in chain(served)]
    assert [fault for _, fault in replay(whole, lambda ids: measurements_by_id(served, ids))] == [None, None]


def test_writers_of_decisions_on_a_server_wait_for_each_other(server: str, served: Ledger) -> None:
    def write(week: int) -> None:
        settled, run = a_run(week)
        with Ledger.open(f"{server}/chips") as opened:
            keep_measurements(opened, [run])
            append_decisions(
                opened, [Decided(settled, decide(settled, [run], on=run.measured_on), (run,))], "0.1.0"
            )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert [decision.sequence for decision, _ in chain(served)] == list(range(1, 9))
    assert broken_links(chain(served)) == []


@pytest.mark.parametrize(
    "statement",
    [
        statement
        for table in ("eval_decisions", "party_judgements")
        for statement in (f"UPDATE {table} SET body = '{{}}'", f"DELETE FROM {table}", f"TRUNCATE {table}")
    ],
)
def test_a_server_refuses_to_change_or_drop_a_decision(served: Ledger, statement: str) -> None:
    with pytest.raises(LedgerError, match="only ever added"), served.transaction() as connection:
        connection.exec_driver_sql(statement)


def test_a_ledger_from_before_evaluations_is_brought_up_to_date_on_a_server(
    server: str, served: Ledger
) -> None:
    with served.transaction() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
        upgrade(connection, "0002")
    with Ledger.open(f"{server}/chips") as opened:
        assert keep_measurements(opened, [a_run(0)[1]]) == 1


def test_somebody_elses_database_is_refused(server: str, served: Ledger) -> None:
    with served.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE ledger_version")
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger.open(f"{server}/chips")
