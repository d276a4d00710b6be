"""Blobs from a git that stays open: many at once, and what is missing or damaged costs itself alone."""

import subprocess
from pathlib import Path

import pytest

from chipledger.documents.blobs import MOST_ASKED, read_blob, read_blobs
from chipledger.documents.entry import Blob

ABSENT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def put(folder: Path, content: bytes) -> str:
    done = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=folder, input=content, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def test_many_are_read_in_the_order_in_which_they_are_asked_for(folder: Path) -> None:
    contents = [f"{number}\n".encode() * 50 for number in range(MOST_ASKED + 40)]
    names = [put(folder, one) for one in contents[:60]] * 5
    assert list(read_blobs(str(folder / ".git"), names)) == contents[:60] * 5


def test_what_is_missing_or_damaged_costs_no_other(folder: Path) -> None:
    first, broken, last = put(folder, b"one"), put(folder, b"two"), put(folder, b"three")
    lies_at = folder / ".git" / "objects" / broken[:2] / broken[2:]
    lies_at.chmod(0o644)
    lies_at.write_bytes(b"no object")
    assert list(read_blobs(str(folder / ".git"), [first, ABSENT, broken, last])) == [
        b"one",
        None,
        None,
        b"three",
    ]


def test_who_stops_midway_reads_right_the_next_time(folder: Path) -> None:
    names = [put(folder, f"{number}".encode()) for number in range(9)]
    answers = read_blobs(str(folder / ".git"), names)
    assert next(answers) == b"0"
    answers.close()
    assert read_blob(Blob(str(folder / ".git"), names[8])) == b"8"


def test_nothing_is_asked_of_no_names(folder: Path) -> None:
    assert list(read_blobs(str(folder / ".git"), [])) == []
