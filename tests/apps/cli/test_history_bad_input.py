"""`scan --history` on what is damaged, cut off or hostile: bounded, told, nothing executed, nothing wrongly called removed."""

import time
from pathlib import Path
from typing import Any

import pytest
from histories_made import commit, git, of_kind, scanned

USED = "Trained on 64 H800 GPUs.\n"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 8\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "lab+kite"
    made.mkdir()
    git(made, "init", "-q")
    return made


def object_of(folder: Path, name: str) -> Path:
    return folder / ".git" / "objects" / name[:2] / name[2:]


def test_a_version_that_is_missing_takes_nothing_away(folder: Path, capsys: Any) -> None:
    commit(folder, "2024-01-01", {"a.md": USED})
    commit(folder, "2024-02-01", {"a.md": USED + "More.\n"})
    object_of(folder, git(folder, "rev-parse", "HEAD:a.md")).unlink()
    lines = scanned(capsys, folder)
    assert "missing from this copy" in of_kind(lines, "error")[0]["reason"]
    assert [line["standing"] for line in of_kind(lines, "mention")] == ["unread"]
    assert of_kind(lines, "removal") == []


def test_a_removal_behind_a_missing_version_is_only_not_seen_after(folder: Path, capsys: Any) -> None:
    commit(folder, "2024-01-01", {"a.md": USED})
    commit(folder, "2024-02-01", {"a.md": USED + "More.\n"})
    blob = git(folder, "rev-parse", "HEAD:a.md")
    commit(folder, "2024-03-01", {"a.md": "Nothing.\n"})
    object_of(folder, blob).unlink()
    gone = of_kind(scanned(capsys, folder), "removal")
    assert [(line["manner"], line["removed_on"]) for line in gone] == [("not seen after", "2024-01-01")]


def test_a_file_that_moves_to_large_storage_is_not_called_removed(folder: Path, capsys: Any) -> None:
    commit(folder, "2024-01-01", {"a.md": USED})
    commit(folder, "2024-02-01", {"a.md": POINTER})
    lines = scanned(capsys, folder)
    assert [line["standing"] for line in lines] == ["unread"]


def test_a_version_over_the_limit_of_size_takes_nothing_away(folder: Path, capsys: Any) -> None:
    commit(folder, "2024-01-01", {"a.md": USED})
    commit(folder, "2024-02-01", {"a.md": USED + "x" * 2_000 + "\n"})
    lines = scanned(capsys, folder, "--max-bytes", "1000")
    assert "over the limit" in of_kind(lines, "error")[0]["reason"]
    assert [line["standing"] for line in of_kind(lines, "mention")] == ["unread"]


def test_a_missing_tree_costs_its_commit_alone(folder: Path, capsys: Any) -> None:
    commit(folder, "2024-01-01", {"a.md": USED})
    commit(folder, "2024-02-01", {"deep/b.md": "Served on 8 H20 GPUs.\n"})
    tree = git(folder, "rev-parse", "HEAD:deep")
    commit(folder, "2024-03-01", {"c.md": "Served on 4 A100 GPUs.\n"})
    object_of(folder, tree).unlink()
    lines = scanned(capsys, folder)
    assert "cannot be listed" in of_kind(lines, "error")[0]["reason"]
    assert {"NVIDIA H800", "NVIDIA A100"} <= {line["chip"] for line in of_kind(lines, "mention")}


def test_a_submodule_is_passed_over(folder: Path, capsys: Any) -> None:
    tip = commit(folder, "2024-01-01", {"a.md": USED})
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{tip},their/h20")
    git(folder, "commit", "-q", "-m", "theirs")
    assert [line["chip"] for line in scanned(capsys, folder)] == ["NVIDIA H800"]


def test_nothing_of_a_repository_is_run_and_nothing_is_checked_out(folder: Path, capsys: Any) -> None:
    commit(folder, "2024-01-01", {"a.md": USED, ".gitattributes": "* filter=evil diff=evil\n"})
    trace = folder.parent / "was-run"
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"):
        script = folder / ".git" / "hooks" / hook
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"#!/bin/sh\ntouch {trace}\n")
        script.chmod(0o755)
    for name in ("core.fsmonitor", "filter.evil.smudge", "filter.evil.clean", "diff.evil.textconv", "diff.external", "core.pager", "core.sshCommand"):  # fmt: skip
        git(folder, "config", name, f"touch {trace}")
    (folder / "a.md").unlink()
    assert [line["chip"] for line in scanned(capsys, folder)] == ["NVIDIA H800"]
    assert not trace.exists()
    assert not (folder / "a.md").exists()


def test_paths_that_climb_or_hide_stay_names(folder: Path, capsys: Any) -> None:
    blob = git(folder, "hash-object", "-w", "--stdin", given=USED.encode())
    inner = git(folder, "mktree", "--missing", given=f"100644 blob {blob}\tpasswd\n".encode())
    tree = git(folder, "mktree", given=f"040000 tree {inner}\t..\n".encode())
    tip = git(folder, "commit-tree", tree, "-m", "climbs")
    git(folder, "update-ref", "refs/heads/main", tip)
    before = sorted(folder.parent.iterdir())
    assert [line["last_path"] for line in scanned(capsys, folder)] == ["../passwd"]
    assert sorted(folder.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("stamp", "day"), [("4102444800", "2100-01-01"), ("0", None), ("99999999999999999", None)]
)
def test_days_are_told_as_commits_tell_them_or_not_at_all(
    folder: Path, capsys: Any, stamp: str, day: str | None
) -> None:
    tree = git(
        folder,
        "mktree",
        given=f"100644 blob {git(folder, 'hash-object', '-w', '--stdin', given=USED.encode())}\ta.md\n".encode(),
    )
    body = f"tree {tree}\nauthor A <a@b.org> {stamp} +0000\ncommitter A <a@b.org> {stamp} +0000\n\nx\n"
    tip = git(folder, "hash-object", "-t", "commit", "--literally", "-w", "--stdin", given=body.encode())
    (folder / ".git" / "refs" / "heads" / "main").write_text(tip + "\n")
    assert [line["first_seen"] for line in scanned(capsys, folder)] == [day]


def test_an_author_whose_name_is_no_text_is_read(folder: Path, capsys: Any) -> None:
    tree = git(
        folder,
        "mktree",
        given=f"100644 blob {git(folder, 'hash-object', '-w', '--stdin', given=USED.encode())}\ta.md\n".encode(),
    )
    body = (
        f"tree {tree}\n".encode()
        + b"author \xff\xfe\t<\xff@lab.example.com> 1700000000 +0000\ncommitter \x00".replace(
            b"\x00", b"\xe9"
        )
        + b" <b> 1700000000 +0000\n\n\xff\n"
    )
    tip = git(folder, "hash-object", "-t", "commit", "--literally", "-w", "--stdin", given=body)
    (folder / ".git" / "refs" / "heads" / "main").write_text(tip + "\n")
    assert [line["first_seen"] for line in scanned(capsys, folder)] == ["2023-11-14"]


def test_a_hundred_thousand_refs_and_files_in_one_commit_are_listed(folder: Path, capsys: Any) -> None:
    blob = git(folder, "hash-object", "-w", "--stdin", given=b"nothing here\n")
    used = git(folder, "hash-object", "-w", "--stdin", given=USED.encode())
    many = "".join(f"100644 blob {blob}\tf{number:06}.md\n" for number in range(100_000))
    tree = git(folder, "mktree", given=f"100644 blob {used}\ta.md\n{many}".encode())
    tip = git(folder, "commit-tree", tree, "-m", "many")
    git(folder, "update-ref", "refs/heads/main", tip)
    refs = "".join(f"{tip} refs/pull/{number:06}/head\n" for number in range(100_000))
    (folder / ".git" / "packed-refs").write_text(f"# pack-refs with: peeled fully-peeled sorted \n{refs}")
    began = time.process_time()
    assert [(line["chip"], line["standing"]) for line in scanned(capsys, folder)] == [
        ("NVIDIA H800", "stands")
    ]
    assert time.process_time() - began < 60


def test_a_commit_whose_clock_cannot_be_read_hides_no_day_that_can(folder: Path, capsys: Any) -> None:
    commit(folder, "2024-01-01", {"a.md": USED})
    tree = git(folder, "rev-parse", "HEAD^{tree}")
    body = f"tree {tree}\nauthor A <a@b.org> 0 +0000\ncommitter A <a@b.org> 0 +0000\n\nx\n"
    tip = git(folder, "hash-object", "-t", "commit", "-w", "--stdin", given=body.encode())
    git(folder, "update-ref", "refs/heads/undated", tip)
    assert [line["first_seen"] for line in scanned(capsys, folder)] == ["2024-01-01"]
