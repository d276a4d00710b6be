"""`chipledger scan`: what it prints, what it keeps, how it ends, and how it goes on."""

import csv
import io
import json
import multiprocessing
import os
import pty
import signal
import subprocess
import tarfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from scanned_folders import CHIPLEDGER, chipledger, committed, many, papers

from chipledger.apps.cli.main import main
from chipledger.apps.cli.mentions import MOST_ROWS, Table
from chipledger.core.records import DocumentFacts, Mention
from chipledger.store import read
from chipledger.store.export import dump
from chipledger.store.ledger import Ledger
from chipledger.store.verify import problems

MENTION_FIELDS = [
    "kind", "document", "start", "end", "quote", "chip", "chips", "count", "memory_gb", "purpose", "subject",
    "organisation", "gpu_hours", "duration", "cloud", "techniques", "confidence", "rule_id", "commit", "path", "line",
    "page", "first_seen", "last_seen", "document_id",
]  # fmt: skip

LARGE = 1800


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return papers(tmp_path / "papers")


def lines_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert main(["scan", *arguments, "--format", "jsonl"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def held(address: Path) -> str:
    with Ledger.open(address, create=False) as ledger:
        assert problems(ledger) == []
        return dump(ledger)


def test_json_lines_tell_every_mention_and_every_document(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = lines_of(capsys, str(folder))
    mentions = [line for line in lines if line["kind"] == "mention"]
    assert [line["document"] for line in lines if line["kind"] == "document"] == [
        "README.md", "plain.txt", "sub/notice.txt", "sub/说明.md"
    ]  # fmt: skip
    assert [(one["document"], one["chip"], one["count"]) for one in mentions] == [
        ("README.md", "NVIDIA H800", 64), ("sub/notice.txt", "NVIDIA H100", 8), ("sub/说明.md", "NVIDIA A100", 512)
    ]  # fmt: skip
    for one in mentions:
        assert list(one)[: len(MENTION_FIELDS)] == MENTION_FIELDS
        text = (
            (folder / one["document"])
            .read_bytes()
            .decode("cp932" if "notice" in one["document"] else "utf-8")
        )
        assert text[one["start"] : one["end"]] == one["quote"]


def test_any_number_of_jobs_prints_the_same_bytes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    for jobs in ("1", "2", "3"):
        assert main(["scan", str(folder), "--format", "jsonl", "--jobs", jobs]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] and len(set(printed)) == 1


def test_words_are_first_seen_on_the_day_of_their_commit_or_else_today(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    today = date.today().isoformat()
    plain = [line for line in lines_of(capsys, str(folder)) if line["kind"] == "mention"]
    assert {(one["first_seen"], one["commit"]) for one in plain} == {(today, None)}
    committed(folder, "2024-03-01")
    dated = [line for line in lines_of(capsys, str(folder)) if line["kind"] == "mention"]
    assert {one["first_seen"] for one in dated} == {"2024-03-01"}
    assert all(len(one["commit"]) == 40 for one in dated)
    undated = [line for line in lines_of(capsys, str(folder), "--no-git") if line["kind"] == "mention"]
    assert {one["first_seen"] for one in undated} == {today}


def test_the_organisation_that_the_user_names_is_that_of_every_use(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = lines_of(capsys, str(folder), "--organisation", "Kite Lab")
    assert {line["organisation"] for line in lines if line["kind"] == "document"} == {"Kite Lab"}
    assert "Kite Lab" in {line["organisation"] for line in lines if line["kind"] == "mention"}


def test_a_file_an_archive_and_standard_input_are_targets(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = folder.with_name("papers.tar.gz")
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder / "README.md", "README.md")
    for target, name in ((folder / "README.md", str(folder / "README.md")), (archive, "README.md")):
        assert [line["document"] for line in lines_of(capsys, str(target))] == [name, name]
    piped = chipledger("scan", "-", "--format", "jsonl", input="Trained on 8 H100 GPUs.")
    assert [json.loads(line)["document"] for line in piped.stdout.splitlines()] == ["-", "-"]


def test_csv_has_a_row_for_each_mention(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(folder), "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["chip"] for row in rows] == ["NVIDIA H800", "NVIDIA H100", "NVIDIA A100"]
    assert list(rows[0])[: len(MENTION_FIELDS) - 1] == MENTION_FIELDS[1:]


def test_a_table_names_place_chip_and_quote_and_the_totals_go_to_standard_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", str(folder)]) == 0
    printed = capsys.readouterr()
    assert "README.md:3" in printed.out and "64 H800 GPUs" in printed.out
    assert printed.err.startswith("chipledger: 4 documents, 3 mentions, 0 failures")
    assert main(["scan", str(folder), "--quiet", "--format", "none"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_table_of_any_number_of_mentions_holds_a_bounded_number_of_rows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table, facts = Table(), DocumentFacts(document="a.md", document_id="")
    found = [Mention(document="a.md", start=0, end=3, quote="H20", chip="NVIDIA H20")] * 700
    table.said(facts, found)
    table.said(facts, found)
    table.end()
    printed = capsys.readouterr().out
    assert printed.count("NVIDIA H20") == MOST_ROWS and f"and {1400 - MOST_ROWS} more" in printed


def test_a_document_cannot_give_orders_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "\x1b[2J[red]a.md").write_text("Trained \x1b]0;owned\x07Foo on 8 H100 GPUs.")
    assert main(["scan", str(tmp_path / "papers")]) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed and "\x07" not in printed and "[red]a.md" in printed


def test_a_document_cannot_turn_the_words_of_the_terminal_around(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "\u202egpj.md").write_text(
        "Trained \u2067Foo\u200b on 8 H100 GPUs.", encoding="utf-8"
    )
    assert main(["scan", str(tmp_path / "papers")]) == 0
    printed = capsys.readouterr().out
    assert not {"\u202e", "\u2067", "\u200b"} & set(printed)
    assert "\\u202egpj.md" in printed and "\\u2067Foo\\u200b" in printed


def test_scanning_again_changes_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = tmp_path / "chips.sqlite"
    dumps = []
    for jobs in ("1", "1", "2"):
        assert main(["scan", str(folder), "--ledger", str(address), "--jobs", jobs]) == 0
        dumps.append(held(address))
    assert len(set(dumps)) == 1 and dumps[0].count('"mention"') == 3
    assert capsys.readouterr().err.count("4 documents, 4 of them unchanged, 0 mentions") == 2


def test_a_scan_leaves_no_connection_to_the_ledger(folder: Path, tmp_path: Path) -> None:
    address = tmp_path / "chips.sqlite"
    for _ in range(2):
        assert main(["scan", str(folder), "--ledger", str(address), "--quiet"]) == 0
    held_open = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    assert not [one for one in held_open if one.startswith(str(address))]


def test_workers_that_ask_the_ledger_are_not_forked_with_it_open(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    real = multiprocessing.get_context
    monkeypatch.setattr(
        multiprocessing, "get_context", lambda method=None: asked.append(method) or real(method)
    )
    for _ in range(2):
        arguments = [
            "scan",
            str(folder),
            "--ledger",
            str(tmp_path / "chips.sqlite"),
            "--jobs",
            "2",
            "--quiet",
        ]
        assert main(arguments) == 0
    assert asked[-1] == "spawn"


def test_with_a_ledger_and_a_format_everything_is_printed_again(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = str(tmp_path / "chips.sqlite")
    first = lines_of(capsys, str(folder), "--ledger", address)
    assert lines_of(capsys, str(folder), "--ledger", address) == first


def test_a_changed_document_is_read_anew_and_the_others_stand(folder: Path, tmp_path: Path) -> None:
    address = tmp_path / "chips.sqlite"
    assert main(["scan", str(folder), "--ledger", str(address), "--quiet"]) == 0
    (folder / "README.md").write_text("We pretrained Kite-7B on 128 H800 GPUs.\n")
    assert main(["scan", str(folder), "--ledger", str(address), "--quiet"]) == 0
    with Ledger.open(address, create=False) as ledger:
        assert sorted(one.count or 0 for one in read.mentions(ledger)) == [8, 64, 128, 512]


def test_documents_of_two_folders_are_not_one_though_their_names_are(tmp_path: Path) -> None:
    address = tmp_path / "chips.sqlite"
    for name, count in (("kite", 64), ("heron", 32)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "README.md").write_text(f"Trained on {count} H800 GPUs.")
    assert (
        main(["scan", str(tmp_path / "kite"), str(tmp_path / "heron"), "--ledger", str(address), "--quiet"])
        == 0
    )
    with Ledger.open(address, create=False) as ledger:
        facts = list(read.facts(ledger))
    assert sorted((one.project, one.document) for one in facts) == [
        ("heron", "README.md"),
        ("kite", "README.md"),
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--engine", "daft", "--address", "auto"], "has no cluster"),
        (["--engine", "abacus"], "no such engine"),
        (["--jobs", "0"], "cannot do anything"),
        (["--jobs", "100000"], "1 to 256"),
        (["--max-seconds", "inf"], "--max-seconds"),
        (["--ledger", ""], "no ledger is named"),
        (["--format", "parquet"], "parquet"),
        (["arxiv:2411.02265", "--offline"], "nothing was fetched for this before"),
        (["hf:tencent/Hunyuan-Large/x", "--offline"], "nothing was fetched for this before"),
    ],
)
def test_bad_usage_leaves_with_two_and_one_line(
    arguments: list[str], told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", str(folder), *arguments]) == 2
    printed = capsys.readouterr()
    assert told in printed.err and printed.err.count("\n") == 1 and printed.out == ""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder whose scan lasts a moment, and what a ledger of it holds when nothing interrupts it."""
    place = tmp_path_factory.mktemp("large")
    folder, address = many(place / "many", LARGE), place / "whole.sqlite"
    assert main(["scan", str(folder), "--ledger", str(address), "--quiet"]) == 0
    return folder, held(address)


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 3), (signal.SIGKILL, -9)])
def test_a_stopped_scan_is_consistent_and_goes_on_where_it_was(
    tmp_path: Path,
    large: tuple[Path, str],
    jobs: str,
    sent: signal.Signals,
    status: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder, whole), address = large, tmp_path / "chips.sqlite"
    command = ["scan", str(folder), "--jobs", jobs, "--ledger", str(address)]
    process = subprocess.Popen([*CHIPLEDGER, *command], stderr=subprocess.PIPE, text=True)
    _wait_for_documents(address)
    process.send_signal(sent)
    told = process.communicate(timeout=30)[1]
    assert process.returncode == status
    assert ("run the same command again" in told or sent is signal.SIGKILL) and "Traceback" not in told
    with Ledger.open(address, create=False) as ledger:
        stored = read.counts(ledger)["documents"]
        assert 0 < stored < LARGE and problems(ledger) == []
    assert main(command) == 0
    assert f"{LARGE:,} documents, {stored:,} of them unchanged" in capsys.readouterr().err
    assert held(address) == whole


def _wait_for_documents(address: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if address.exists() and address.stat().st_size:
            with Ledger.open(address) as ledger:
                if read.counts(ledger)["documents"]:
                    return
        time.sleep(0.01)


def _on_a_terminal(command: list[str], **environment: str) -> str:
    """What the command writes to standard error where that is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=theirs, env=os.environ | {"TERM": "xterm"} | environment
    )
    os.close(theirs)
    pieces = []
    try:
        while piece := os.read(ours, 65536):
            pieces.append(piece)
    except OSError:
        pass  # a terminal whose other side is closed says so with an error
    assert process.wait(timeout=60) == 0
    os.close(ours)
    return b"".join(pieces).decode()


def test_a_long_scan_shows_its_rate_and_the_time_left_on_a_terminal(tmp_path: Path) -> None:
    command = [*CHIPLEDGER, "scan", str(many(tmp_path / "many", 6000)), "--format", "none"]
    shown = _on_a_terminal(command)
    assert "documents/s" in shown and "MB/s" in shown and "of 6,000" in shown and "\x1b[3" in shown
    plain = _on_a_terminal(command, NO_COLOR="1")
    assert "documents/s" in plain and "\x1b[3" not in plain and "\x1b[1;3" not in plain


def test_a_pipe_gets_the_totals_alone_and_the_quiet_nothing(large: tuple[Path, str]) -> None:
    done = chipledger("scan", str(large[0]), "--format", "none")
    assert done.stderr.count("\n") == 1 and f"{LARGE:,} documents" in done.stderr
    assert _on_a_terminal([*CHIPLEDGER, "scan", str(large[0]), "--format", "none", "--quiet"]) == ""
