"""`chipledger ledger` through its front door: what people see, and the exit status that scripts see."""

import json
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from made_up import SCAN, numbered

from chipledger.apps.cli.main import main
from chipledger.store.export import dump
from chipledger.store.ledger import Ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Ledger.open(tmp_path / "chips.sqlite") as ledger, ledger.writing(SCAN) as writer:
        for number in range(8):
            writer.add(*numbered(number))
    return tmp_path / "chips.sqlite"


def test_verify_tells_a_sound_ledger(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "verify", "--ledger", str(path), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "state": "sound",
            "documents": 8,
            "mentions": 12,
            "failures": 0,
            "scans": 1,
            "history_lines": 0,
            "eval_measurements": 0,
            "eval_decisions": 0,
            "party_judgements": 0,
        }
    ]


def test_verify_leaves_with_one_when_something_is_wrong(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE mentions SET quote = 'other' WHERE key = 1")
    assert main(["ledger", "verify", "--ledger", str(path)]) == 1
    assert "does not fit its quote" in capsys.readouterr().out


def test_export_to_a_file_is_export_to_a_pipe(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = path.with_name("chips.jsonl")
    assert main(["ledger", "export", "--ledger", str(path)]) == 0
    piped = capsys.readouterr().out
    assert main(["ledger", "export", "--ledger", str(path), "--out", str(out)]) == 0
    with Ledger.open(path) as ledger:
        assert out.read_text(encoding="utf-8") == piped == dump(ledger)


def test_a_backup_is_a_ledger_with_the_same_content(path: Path) -> None:
    copy = path.with_name("copy.sqlite")
    assert main(["ledger", "backup", str(copy), "--ledger", str(path)]) == 0
    with Ledger.open(path) as ledger, Ledger.open(copy, create=False) as same:
        assert dump(same) == dump(ledger)
    assert main(["ledger", "backup", str(copy), "--ledger", str(path)]) == 2


@pytest.mark.parametrize("action", [["verify"], ["export"], ["backup", "copy.sqlite"]])
def test_without_a_ledger_each_leaves_with_two_and_one_line(
    action: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", *action, "--ledger", str(tmp_path / "none.sqlite")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "no such ledger" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", [["backup", "copy"], ["export", "--out", "copy"]])
def test_a_copy_that_finds_no_room_is_refused_in_one_line_and_leaves_nothing(
    path: Path, verb: list[str]
) -> None:
    def with_little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-m", "chipledger", "ledger", *verb, "--ledger", str(path)],
        cwd=path.parent, preexec_fn=with_little_room, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert [one.name for one in path.parent.iterdir() if "copy" in one.name] == []
