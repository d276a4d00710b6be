"""Folders to scan, and the command in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

CHIPLEDGER = (sys.executable, "-m", "chipledger")


def chipledger(*arguments: str, **given: Any) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end; what it printed comes back as text."""
    command = [*CHIPLEDGER, *arguments]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", timeout=60, check=False, **given
    )


def papers(folder: Path) -> Path:
    """A small folder: three languages, two formats, a subfolder, a document that names no chip."""
    (folder / "sub").mkdir(parents=True)
    (folder / "README.md").write_text("# Kite-7B\n\nWe pretrained Kite-7B on **64 H800 GPUs** for 4 days.\n")
    (folder / "sub" / "说明.md").write_text("# 风筝\n\n预训练使用512张A100，历时21天。\n", encoding="utf-8")
    (folder / "sub" / "notice.txt").write_bytes("学習には8基のNVIDIA H100を使用しました。\n".encode("cp932"))
    (folder / "plain.txt").write_text("Nothing of the kind.\n")
    return folder


def many(folder: Path, count: int) -> Path:
    """A folder of this many documents, one in eight naming a chip."""
    folder.mkdir()
    for number in range(count):
        chip = (
            f"We trained Kite-{number} on {number + 1} A100 GPUs."
            if number % 8 == 0
            else "Nothing was trained."
        )
        (folder / f"{number:05}.md").write_text(f"# Kite-{number}\n\nThe weather was fine.\n\n{chip}\n")
    return folder


def committed(folder: Path, day: str) -> Path:
    """The folder as a repository with one commit of that day."""
    at = f"{day}T12:00:00 +0000"
    who = {
        f"GIT_{role}_{what}": f"{role}@example.org"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    environment = os.environ | who | {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True)
    return folder
