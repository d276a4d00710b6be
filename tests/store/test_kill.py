"""Killed at any moment, a ledger is whole and the run goes on where it was; many may write and read at once."""

import signal
import subprocess
import sys
from pathlib import Path

import made_up
import pytest
from made_up import VERSION, numbered

from chipledger.store import read, search
from chipledger.store.export import dump
from chipledger.store.ledger import Ledger
from chipledger.store.verify import problems

DOCUMENTS = 3500


def started(address: Path, first: int, last: int, target: str = "papers") -> "subprocess.Popen[str]":
    command = [sys.executable, made_up.__file__, str(address), str(first), str(last), target]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def written(address: Path, first: int = 0, last: int = DOCUMENTS) -> str:
    process = started(address, first, last)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    with Ledger.open(address) as ledger:
        assert problems(ledger) == []
        return dump(ledger)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("whole") / "chips.sqlite")


@pytest.mark.parametrize("killed_at", ["0", "1500", "3400"])
def test_a_killed_run_resumes_to_the_same_ledger(tmp_path: Path, uninterrupted: str, killed_at: str) -> None:
    path = tmp_path / "chips.sqlite"
    process = started(path, 0, DOCUMENTS)
    assert process.stdout is not None
    while process.stdout.readline().strip() != killed_at:
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    with Ledger.open(path) as ledger:
        assert problems(ledger) == []
        for facts, found in read.documents(ledger):
            number = int(facts.document.removeprefix("doc-").removesuffix(".md"))
            assert [one.id for one in found] == [one.id for one in numbered(number)[1]]
            assert ledger.done(facts.document_id, VERSION)
        assert read.counts(ledger)["documents"] < DOCUMENTS
    assert written(path) == uninterrupted


def test_two_writers_and_readers_at_once_make_no_error(tmp_path: Path, uninterrupted: str) -> None:
    path, half = tmp_path / "chips.sqlite", DOCUMENTS // 2
    writers = [started(path, 0, half, "first"), started(path, half, DOCUMENTS, "second")]
    seen = [0]
    while any(writer.poll() is None for writer in writers):
        if path.exists() and path.stat().st_size:
            with Ledger.open(path) as ledger:
                seen.append(search.count(ledger, "昇腾"))
                assert all("训练" in one.quote for one in search.search(ledger, "训练", limit=5))
    assert [writer.communicate()[1] for writer in writers] == ["", ""]
    assert seen == sorted(seen)
    with Ledger.open(path) as ledger:
        assert problems(ledger) == [] and dump(ledger) == uninterrupted


def test_many_processes_may_make_the_ledger_at_once(tmp_path: Path) -> None:
    path = tmp_path / "chips.sqlite"
    makers = [started(path, number, number + 1, str(number)) for number in range(6)]
    assert [maker.communicate(timeout=120)[1] for maker in makers] == [""] * 6
    with Ledger.open(path) as ledger:
        assert read.counts(ledger)["documents"] == 6
