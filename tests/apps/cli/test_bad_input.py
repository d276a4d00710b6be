"""Bad input, each by the command in a process of its own: a clear line, the exit status as designed, nothing lost.

Every folder holds a good document beside the bad one, and the good one is always read.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from scanned_folders import chipledger, committed, papers

from chipledger.store.ledger import Ledger
from chipledger.store.schema import VERSION_TABLE

GOOD = "We pretrained Kite-7B on 64 H800 GPUs.\n"
# Runs the command and tells its own peak memory: what getrusage says of a child includes its parent's at the fork.
MEASURED = """
import sys
from pathlib import Path
from chipledger.apps.cli.main import main
status = main(sys.argv[1:])
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print("peak_kilobytes", peak.split()[1], file=sys.stderr)
sys.exit(status)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "papers"
    made.mkdir()
    (made / "good.md").write_text(GOOD)
    return made


class Scanned:
    """What a scan printed as JSON lines, by kind."""

    def __init__(self, *arguments: str, status: int = 0) -> None:
        done = chipledger("scan", *arguments, "--format", "jsonl")
        assert done.returncode == status, done.stderr
        self.told = done.stderr
        lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
        self.errors = [line for line in lines if line["kind"] == "error"]
        self.documents = {line["document"]: line for line in lines if line["kind"] == "document"}
        self.mentions = [line for line in lines if line["kind"] == "mention"]
        assert "Traceback" not in done.stderr

    def reasons(self) -> dict[str, str]:
        return {line["document"]: line["reason"] for line in self.errors}


def refused(*arguments: str) -> str:
    """The one line with which the command refuses; its exit status is 2."""
    done = chipledger(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    return done.stderr


def test_a_missing_path_is_refused_before_anything_is_read(folder: Path) -> None:
    ledger = folder.with_name("chips.sqlite")
    told = refused("scan", str(folder), str(folder / "nothing"), "--ledger", str(ledger))
    assert "no such file or folder" in told and "nothing" in told and not ledger.exists()


def test_an_unreadable_file_is_counted_and_the_run_goes_on(folder: Path) -> None:
    locked = folder / "locked.md"
    locked.write_text(GOOD)
    locked.chmod(0)
    if os.access(locked, os.R_OK):
        pytest.skip("this user reads every file")
    scanned = Scanned(str(folder))
    assert scanned.reasons() == {"locked.md": "permission denied"} and list(scanned.documents) == ["good.md"]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux's /proc")
def test_a_file_whose_reading_fails_is_counted() -> None:
    scanned = Scanned("/proc/self/mem", "--fail-on", "errors", status=1)
    assert scanned.reasons() == {"/proc/self/mem": "input/output error"} and "1 failure" in scanned.told


def test_a_link_that_leads_to_itself_is_no_target(folder: Path) -> None:
    (folder / "self.md").symlink_to(folder / "self.md")
    assert "no such file" in refused("scan", str(folder / "self.md"))


def test_binary_data_is_passed_over_with_its_kind(folder: Path) -> None:
    (folder / "photo").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    scanned = Scanned(str(folder), "--fail-on", "errors")
    assert scanned.reasons() == {"photo": "a PNG image, not text"}
    assert "0 failures, 2 passed over" in scanned.told and list(scanned.documents) == ["good.md"]


def measured(*arguments: str) -> tuple[str, int]:
    """What the command told, and its peak memory in bytes."""
    command = [sys.executable, "-c", MEASURED, *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=False)
    told, _, peak = done.stderr.rpartition("peak_kilobytes ")
    assert done.returncode == 0, done.stderr
    return told, int(peak) * 1024


def test_a_line_of_200_megabytes_costs_no_memory(folder: Path) -> None:
    with (folder / "huge.md").open("w") as huge:
        huge.truncate(200_000_000)
    told, peak_bytes = measured("scan", str(folder), "--format", "none")
    assert "200.0 MB is over the limit of 33.6 MB" in told and "raise it with --max-bytes" in told
    assert "1 document, 1 mention, 1 failure" in told
    assert peak_bytes < 400e6


def test_a_line_just_within_the_limit_is_read_in_bounded_memory(folder: Path) -> None:
    (folder / "long.txt").write_text(GOOD.strip() + "The weather was fine. " * 1_400_000)
    told, peak_bytes = measured("scan", str(folder), "--format", "none")
    assert "2 documents, 2 mentions, 0 failures" in told
    assert peak_bytes < 400e6


def test_names_without_end_are_read_in_part_in_bounded_memory_and_told(folder: Path) -> None:
    (folder / "names.md").write_text("H100 A100 " * 1_000_000)
    told, peak_bytes = measured("scan", str(folder), "--format", "none", "--max-seconds", "60")
    assert "names.md: read to its 10,000th name of a chip only (extract)" in told
    assert "1 read in part" in told
    assert peak_bytes < 400e6


def test_a_line_of_200_megabytes_on_standard_input_is_refused_likewise(tmp_path: Path) -> None:
    line = tmp_path / "line"
    with line.open("w") as file:
        file.truncate(200_000_000)
    with line.open() as stdin:
        done = chipledger("scan", "-", "--format", "none", stdin=stdin)
    assert done.returncode == 0 and "over the limit" in done.stderr and "1 failure" in done.stderr


def test_broken_utf_8_is_read_with_replacements_and_says_so(folder: Path) -> None:
    (folder / "broken.md").write_bytes(
        b"Trained on 8 A100 \xff\xfe GPUs \xc3\x28 today, and more \xe2\x82 of it.\n" * 3
    )
    scanned = Scanned(str(folder))
    assert scanned.documents["broken.md"]["encoding"].startswith(("utf-8 (damaged)", "cp125"))
    assert {one["chip"] for one in scanned.mentions} == {"NVIDIA A100", "NVIDIA H800"} and not scanned.errors


@pytest.mark.parametrize(
    ("encoding", "text", "said"),
    [
        ("gb18030", "本模型的预训练使用了512张A800显卡，共历时二十一天。\n", ("NVIDIA A800", 512)),
        ("cp932", "本モデルの事前学習には、64基のNVIDIA H100を使用しました。\n", ("NVIDIA H100", 64)),
    ],
)
def test_east_asian_encodings_are_read(folder: Path, encoding: str, text: str, said: tuple[str, int]) -> None:
    (folder / "notice.txt").write_bytes((text * 3).encode(encoding))
    scanned = Scanned(str(folder))
    assert scanned.documents["notice.txt"]["encoding"] == encoding
    assert said in [(one["chip"], one["count"]) for one in scanned.mentions]
    one = scanned.mentions[-1]
    assert (text * 3)[one["start"] : one["end"]] == one["quote"]


def test_an_empty_folder_is_no_error(tmp_path: Path) -> None:
    scanned = Scanned(str(tmp_path))
    assert scanned.told.startswith("chipledger: no documents in ") and not scanned.documents


def test_a_zip_bomb_is_set_aside_whole(folder: Path) -> None:
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        for number in range(20):
            bomb.writestr(f"{number}.md", bytes(4_000_000))
    with zipfile.ZipFile(folder / "bomb.zip") as bomb:
        assert sum(member.file_size for member in bomb.infolist()) == 80_000_000
    scanned = Scanned(str(folder))
    assert "zip bomb" in scanned.reasons()["bomb.zip"] and list(scanned.documents) == ["good.md"]


def test_xml_fetches_and_expands_nothing(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("Trained on 4096 B200 GPUs.")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    (folder / "xxe.xml").write_text(
        f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha"><!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">{laughs}]>'
        "<a>&x; &l9; Trained on 8 A100 GPUs.</a>"
    )
    scanned = Scanned(str(folder))
    assert {one["chip"] for one in scanned.mentions} == {"NVIDIA A100", "NVIDIA H800"}
    assert "xxe.xml" in scanned.documents and not scanned.errors


def test_a_loop_of_symbolic_links_is_not_followed(folder: Path) -> None:
    (folder / "loop").symlink_to(folder)
    (folder / "self.md").symlink_to(folder / "self.md")
    scanned = Scanned(str(folder))
    assert list(scanned.documents) == ["good.md"] and "2 passed over" in scanned.told


def test_a_file_that_changes_while_it_is_read_loses_nothing_else(folder: Path) -> None:
    changing, stop = folder / "changing.md", threading.Event()
    changing.write_text(GOOD)

    def change() -> None:
        while not stop.is_set():
            changing.write_text(GOOD * 1000)
            changing.write_text("")

    writer = threading.Thread(target=change)
    writer.start()
    try:
        scanned = Scanned(str(folder))
    finally:
        stop.set()
        writer.join()
    assert "good.md" in scanned.documents
    assert (
        "changing.md" in scanned.documents or "changed while it was read" in scanned.reasons()["changing.md"]
    )


def test_a_chip_named_in_a_file_name_alone_is_no_mention(folder: Path) -> None:
    (folder / "H100-A800-cluster.md").write_text("Nothing was trained here.\n")
    scanned = Scanned(str(folder))
    assert "H100-A800-cluster.md" in scanned.documents
    assert {one["document"] for one in scanned.mentions} == {"good.md"}


def test_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(folder: Path, tmp_path: Path) -> None:
    address = tmp_path / "chips.sqlite"
    Ledger.open(address).close()
    with closing(sqlite3.connect(address)) as raw, raw:
        raw.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    before = address.read_bytes()
    assert "newer chipledger" in refused("scan", str(folder), "--ledger", str(address))
    assert address.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a ledger at all\n", b"SQLite format 3\x00 but no more"])
def test_what_is_no_ledger_is_refused_and_left_as_it_is(folder: Path, tmp_path: Path, content: bytes) -> None:
    address = tmp_path / "notes.txt"
    address.write_bytes(content)
    told = refused("scan", str(folder), "--ledger", str(address))
    assert "ledger" in told and address.read_bytes() == content


def test_a_database_of_something_else_is_refused_and_gets_no_table(folder: Path, tmp_path: Path) -> None:
    address = tmp_path / "recipes.sqlite"
    with closing(sqlite3.connect(address)) as other, other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    assert "not a ledger" in refused("scan", str(folder), "--ledger", str(address))
    with closing(sqlite3.connect(address)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


def test_missing_objects_of_a_bare_repository_are_counted_one_by_one(tmp_path: Path) -> None:
    work = committed(papers(tmp_path / "work"), "2024-03-01")
    bare = tmp_path / "kite.git"
    shutil.copytree(work / ".git", bare)
    names = ["README.md", "sub/notice.txt"]
    for name in names:
        blob = subprocess.check_output(["git", "rev-parse", f"HEAD:{name}"], cwd=work, text=True).strip()
        (bare / "objects" / blob[:2] / blob[2:]).unlink()
    subprocess.run(["git", "config", "core.bare", "true"], cwd=bare, check=True)
    scanned = Scanned(str(bare))
    assert scanned.reasons() == dict.fromkeys(names, "an object is missing from the repository")
    assert sorted(scanned.documents) == ["plain.txt", "sub/说明.md"] and "2 failures" in scanned.told
    shutil.rmtree(bare / "objects")
    (bare / "objects").mkdir()
    assert "HEAD names no commit" in next(iter(Scanned(str(bare)).reasons().values()))


def test_failures_are_kept_in_the_ledger(folder: Path, tmp_path: Path) -> None:
    with (folder / "huge.md").open("w") as huge:
        huge.truncate(200_000_000)
    address = str(tmp_path / "chips.sqlite")
    assert chipledger("scan", str(folder), "--ledger", address, "--fail-on", "errors").returncode == 1
    exported = chipledger("ledger", "export", "--ledger", address).stdout
    assert [json.loads(line)["document"] for line in exported.splitlines() if '"error"' in line] == [
        "huge.md"
    ]
