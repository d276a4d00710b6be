"""A whole history, listed: refs, changes, what is cut off or missing, and what is hostile."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chipledger.documents.descent import OWNED, PROPOSED, Descent
from chipledger.documents.history import NONE, History, Ref
from chipledger.documents.history_listing import history_of, sizes_in_pack_order
from chipledger.documents.limits import Limits

Git = Callable[..., str]


def of(folder: Path, **limits: int) -> History:
    git_dir = folder / ".git" if (folder / ".git").exists() else folder
    return history_of(str(git_dir), Limits(**limits))


def commit(run_git: Git, folder: Path, day: str, **files: str | None) -> str:
    for name, text in files.items():
        path = folder / name.replace("_", ".")
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
    run_git(folder, "add", "-A")
    run_git(folder, "commit", "-q", "--allow-empty", "-m", day, day=day)
    return run_git(folder, "rev-parse", "HEAD")


@pytest.fixture
def forked(tmp_path: Path, run_git: Git) -> Path:
    """main with two versions, a branch, and a pull request that was never merged."""
    folder = tmp_path / "kite"
    folder.mkdir()
    run_git(folder, "init", "-q")
    first = commit(run_git, folder, "2024-01-01", a_md="one\n")
    commit(run_git, folder, "2024-01-02", a_md="two\n")
    run_git(folder, "checkout", "-q", "-b", "proposal", first)
    proposed = commit(run_git, folder, "2024-01-03", b_md="proposed\n")
    run_git(folder, "update-ref", "refs/pull/7/head", proposed)
    run_git(folder, "checkout", "-q", "main")
    run_git(folder, "branch", "-q", "-D", "proposal")
    run_git(folder, "tag", "-a", "v1", "-m", "v1", first)
    return folder


def test_every_ref_is_walked_and_tags_are_followed_to_their_commit(forked: Path, run_git: Git) -> None:
    history = of(forked)
    named = {ref.name: history.commits.hex(ref.commit) for ref in history.refs}
    assert sorted(named) == ["refs/heads/main", "refs/pull/7/head", "refs/tags/v1"]
    assert named["refs/tags/v1"] == run_git(forked, "rev-parse", "v1^{commit}")
    assert len(history.commits) == 3
    assert len(history.blobs) == 3
    assert history.failures == []
    assert [size for _, size in sorted(sizes_in_pack_order(history))] != []


def test_what_is_only_proposed_is_told_from_what_the_owner_has(forked: Path) -> None:
    history = of(forked)
    descent = Descent(history)
    marks = {history.commits.day(number).day: descent.standing[number] for number in range(3)}  # type: ignore[union-attr]
    assert marks == {1: OWNED, 2: OWNED, 3: PROPOSED}


def test_a_version_stands_until_it_is_changed_on_its_own_line(forked: Path) -> None:
    history = of(forked)
    descent = Descent(history)
    path = history.paths.index(b"a.md")
    commits = [c for c, p in zip(history.changes.commit, history.changes.path, strict=True) if p == path]
    stood = dict(zip(commits, descent.ranges(commits), strict=True))
    oldest = max(commits)
    assert list(descent.refs_at(stood[oldest], proposed=True)) == ["refs/pull/7/head"]
    assert list(descent.refs_at(stood[oldest])) == ["refs/tags/v1"]
    assert not descent.is_at(history.head, stood[oldest])
    assert history.commits.day(descent.latest(stood[oldest])).isoformat() == "2024-01-01"  # type: ignore[union-attr]


def test_a_shallow_clone_says_where_it_is_cut(forked: Path, tmp_path: Path, run_git: Git) -> None:
    shallow = tmp_path / "shallow"
    run_git(tmp_path, "clone", "-q", "--depth", "1", f"file://{forked}", str(shallow))
    history = of(shallow)
    assert len(history.commits) == 1
    assert history.commits.cut == {0}


def test_missing_blobs_are_not_among_the_sizes(forked: Path) -> None:
    history = of(forked)
    lost = history.blobs[0].hex()
    (forked / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    assert len(sizes_in_pack_order(of(forked))) == 2


def test_a_missing_tree_costs_its_commits_and_a_ref_to_nothing_itself(forked: Path, run_git: Git) -> None:
    tree = run_git(forked, "rev-parse", "refs/pull/7/head^{tree}")
    (forked / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    (forked / ".git" / "refs" / "heads" / "ghost").write_text("0123456789" * 4 + "\n")
    history = of(forked)
    reasons = " ".join(failure.reason for failure in history.failures)
    assert "1 of 4 refs lead to no commit" in reasons
    assert "the files of 1 commits cannot be listed" in reasons
    assert b"a.md" in history.paths


def test_a_missing_commit_costs_what_lies_behind_it(forked: Path, run_git: Git) -> None:
    first = run_git(forked, "rev-parse", "v1^{commit}")
    (forked / ".git" / "objects" / first[:2] / first[2:]).unlink()
    history = of(forked)
    assert history.failures
    assert Descent(history) is not None


def test_links_and_submodules_are_no_files(tmp_path: Path, run_git: Git) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    run_git(folder, "init", "-q")
    (folder / "link.md").symlink_to("/etc/passwd")
    run_git(folder, "update-index", "--add", "--cacheinfo", "160000," + "1" * 40 + ",sub")
    run_git(folder, "add", "link.md")
    run_git(folder, "commit", "-q", "-m", "odd")
    history = of(folder)
    assert (len(history.changes), history.skipped) == (0, {"submodule": 1})


def test_a_hostile_tree_names_paths_that_lead_nowhere(tmp_path: Path, run_git: Git) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    run_git(folder, "init", "-q")
    (folder / "a.md").write_text("16 H20\n")
    run_git(folder, "add", "a.md")
    blob = run_git(folder, "rev-parse", ":a.md")
    raw = b"100644 evil\n\x1b[31m.md\x00" + bytes.fromhex(blob)
    inner = make_tree(folder, run_git, raw)
    outer = make_tree(folder, run_git, b"40000 ..\x00" + bytes.fromhex(inner))
    made = run_git(folder, "commit-tree", "-m", "evil", outer)
    run_git(folder, "update-ref", "refs/heads/main", made)
    hook = folder / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/executed\n")
    hook.chmod(0o755)
    run_git(folder, "config", "core.fsmonitor", f"touch {tmp_path}/executed")
    run_git(folder, "config", "diff.external", f"touch {tmp_path}/executed")
    history = of(folder)
    assert [history.path(number) for number in range(len(history.paths))] == ["../evil\\x0a\\x1b[31m.md"]
    assert not (tmp_path / "executed").exists()


def make_tree(folder: Path, run_git: Git, raw: bytes) -> str:
    (folder / "raw").write_bytes(raw)
    return run_git(folder, "hash-object", "-t", "tree", "-w", "--literally", "raw")


def test_more_changes_than_are_wanted_leave_the_oldest_unread(forked: Path) -> None:
    history = of(forked, walk_changes=1)
    assert len(history.changes) == 1
    assert "only the newest were read" in history.failures[0].reason


def test_a_hundred_thousand_refs_are_read(forked: Path, run_git: Git) -> None:
    tip = run_git(forked, "rev-parse", "refs/pull/7/head")
    packed = "".join(f"{tip} refs/pull/{number}/head\n" for number in range(100_000))
    (forked / ".git" / "packed-refs").write_text(
        "# pack-refs with: peeled fully-peeled sorted \n"
        + "".join(sorted(packed.splitlines(True), key=lambda one: one.split(" ")[1]))
    )
    history = of(forked)
    descent = Descent(history)
    assert len(history.refs) > 100_000
    assert len(history.commits) == 3
    assert list(descent.standing).count(PROPOSED) == 1


def test_an_empty_repository_has_an_empty_history(tmp_path: Path, run_git: Git) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    run_git(folder, "init", "-q")
    history = of(folder)
    assert (len(history.commits), history.head, history.failures) == (0, None, [])
    assert Descent(history).restarts == ()


@pytest.mark.parametrize(
    ("name", "proposal"),
    [
        ("refs/pull/14/head", "14"), ("refs/merge-requests/3/head", "3"), ("refs/remotes/origin/pull/9/merge", "9"),
        ("refs/changes/34/1234/2", "1234"), ("refs/heads/pull/14", None), ("refs/tags/pr/1", None), ("refs/stash", None),
    ],
)  # fmt: skip
def test_proposals_are_told_by_their_names(name: str, proposal: str | None) -> None:
    assert Ref(name, 0).proposal == proposal


def test_none_is_no_blob() -> None:
    assert NONE > 2**31
