"""What document tests are made of: PDFs written by hand and git repositories made on the spot."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


def pdf_bytes(pages: list[list[str]]) -> bytes:
    """A plain PDF of Helvetica lines; one list of lines a page."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, lines in enumerate(pages):
        drawn = " ".join(f"({line}) Tj 0 -14 Td" for line in lines)
        stream = f"BT /F1 10 Tf 40 780 Td {drawn} ET"
        objects += [
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * number} 0 R >>",
            f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return (
        out
        + f"{head}trailer << /Root 1 0 R /Size {len(objects) + 1} >>\nstartxref\n{len(out)}\n%%EOF".encode()
    )


@pytest.fixture
def make_pdf() -> Callable[[list[list[str]]], bytes]:
    return pdf_bytes


def git(folder: Path, *arguments: str, day: str = "2023-11-05") -> str:
    """Run git in a folder as an author whose clock stands at noon of a day."""
    when = f"{day}T12:00:00+0000"
    return subprocess.run(
        ["git", "-c", "user.name=Wei", "-c", "user.email=wei@example.org", "-c", "init.defaultBranch=main",
         "-c", "commit.gpgsign=false", *arguments],
        cwd=folder, check=True, capture_output=True, text=True,
        env={"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
             "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"},
    ).stdout.strip()  # fmt: skip


@pytest.fixture
def run_git() -> Callable[..., str]:
    return git


@pytest.fixture
def a_repository(tmp_path: Path) -> Path:
    """A work tree with two commits: the README is of the first day, the training notes of the second."""
    folder = tmp_path / "hunyuan"
    (folder / "docs").mkdir(parents=True)
    git(folder, "init", "-q")
    git(folder, "remote", "add", "origin", "https://someone:secret@github.com/tencent/hunyuan.git")
    (folder / "README.md").write_text("Trained on 64 H20.\n")
    (folder / "docs" / "训练.md").write_text("第一版\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first", day="2023-11-05")
    (folder / "docs" / "训练.md").write_text("使用8张H20\n")
    git(folder, "commit", "-q", "-a", "-m", "second", day="2024-03-01")
    return folder
