"""Small repositories made on the spot for tests of histories."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chipledger.apps.cli.main import main

Lines = list[dict[str, Any]]


def git(
    folder: Path, *arguments: str, when: str = "2024-01-01T12:00:00+0000", given: bytes | None = None
) -> str:
    """What a git command prints, run in a folder by somebody on a day."""
    settings = (
        "user.name=Someone",
        "user.email=dev@lab.example.com",
        "init.defaultBranch=main",
        "commit.gpgsign=false",
    )
    env = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}  # fmt: skip
    command = ["git", *(part for one in settings for part in ("-c", one)), *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, env=env, input=given)
    return done.stdout.decode("utf-8", "replace").strip()


def commit(folder: Path, day: str, files: dict[str, str | None]) -> str:
    """Commit files on a day; None takes one away."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            (folder / name).unlink()
        else:
            (folder / name).write_text(text, encoding="utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "a change", when=f"{day}T12:00:00+0000")
    return git(folder, "rev-parse", "HEAD")


def scanned(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Lines:
    """The lines of a scan of histories."""
    assert main(["scan", "--history", *map(str, arguments), "--format", "jsonl"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def of_kind(lines: Lines, kind: str) -> Lines:
    """The lines of one kind."""
    return [line for line in lines if line["kind"] == kind]
