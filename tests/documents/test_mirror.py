"""Copies of repositories: fetched from a real git daemon, next time only what is new, nothing lost, nothing executed."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

import chipledger.documents.mirror as mirrors
from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.document import Document
from chipledger.documents.limits import Limits
from chipledger.documents.mirror import Mirror, mirrored, place_of, refs_of
from chipledger.documents.snapshot import METADATA, writing
from chipledger.documents.sources import documents, planned

DAY, LATER = date(2026, 11, 25), date(2026, 11, 26)
Git = Callable[..., str]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The folder that a git daemon serves, and its address."""
    folder, port = tmp_path_factory.mktemp("served"), free_port()
    command = ["git", "daemon", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}", f"--base-path={folder}",
               "--export-all", "--informative-errors"]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        for _ in range(100):
            if process.poll() is not None:
                pytest.skip("git daemon is not installed")
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield folder, f"git://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 9)
        process.wait()


@pytest.fixture
def origin(served: tuple[Path, str], tmp_path: Path, run_git: Git) -> tuple[Path, str]:
    """A work tree that is served, with a branch, a tag and a pull request."""
    folder = served[0] / tmp_path.name / "acme" / "kite"
    folder.mkdir(parents=True)
    run_git(folder, "init", "-q")
    (folder / "README.md").write_text("Trained on 64 H20.\n")
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-q", "-m", "first")
    run_git(folder, "tag", "v1")
    run_git(folder, "checkout", "-q", "-b", "side")
    (folder / "README.md").write_text("Trained on 32 A800.\n")
    run_git(folder, "commit", "-q", "-a", "-m", "side", day="2024-01-01")
    run_git(folder, "update-ref", "refs/pull/3/head", "HEAD")
    run_git(folder, "checkout", "-q", "main")
    return folder, f"{served[1]}/{tmp_path.name}/acme/kite"


def mirror(
    url: str, folder: Path, on: date = DAY, limits: Limits | None = None, every_ref: bool = True
) -> Mirror:
    with writing(folder) as snapshot:
        return mirrored(url, snapshot, limits or Limits(), on, every_ref=every_ref)


def test_a_copy_has_every_ref_and_is_read_under_its_owners_name(
    origin: tuple[Path, str], tmp_path: Path
) -> None:
    got = mirror(origin[1], tmp_path / "kept")
    assert set(refs_of(got.git_dir)) == {
        "refs/heads/main",
        "refs/heads/side",
        "refs/pull/3/head",
        "refs/tags/v1",
    }
    (document,) = documents(str(got.git_dir))
    assert isinstance(document, Document)
    assert (document.text, document.organisation, document.project) == (
        "Trained on 64 H20.\n",
        "acme",
        "kite",
    )


def test_a_folder_of_snapshots_is_read_with_its_repositories(
    origin: tuple[Path, str], tmp_path: Path
) -> None:
    mirror(origin[1], tmp_path / "kept")
    (document,) = documents(str(tmp_path / "kept"))
    assert isinstance(document, Document)
    assert (document.document, document.text) == ("acme/kite/README.md", "Trained on 64 H20.\n")
    assert (document.organisation, document.published_on) == ("acme", date(2023, 11, 5))


def test_the_next_time_only_what_is_new_comes(origin: tuple[Path, str], tmp_path: Path, run_git: Git) -> None:
    folder, url = origin
    (folder / "big.txt").write_bytes(os.urandom(500_000))
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-q", "-m", "big")
    first = mirror(url, tmp_path / "kept")
    again = mirror(url, tmp_path / "kept", LATER)
    (folder / "README.md").write_text("Trained on 128 H20.\n")
    run_git(folder, "commit", "-q", "-a", "-m", "more")
    third = mirror(url, tmp_path / "kept", LATER)
    assert (first.new, first.refs) == (4, 4) and first.size_bytes > 500_000
    assert again.is_unchanged and again.size_bytes == 0
    assert (third.new, third.moved, third.kept) == (0, 1, 0) and 0 < third.size_bytes < 10_000
    assert "Trained on 128 H20.\n" in [getattr(one, "text", "") for one in documents(str(third.git_dir))]


def test_what_the_owner_deletes_or_writes_anew_stays(
    origin: tuple[Path, str], tmp_path: Path, run_git: Git
) -> None:
    folder, url = origin
    before = mirror(url, tmp_path / "kept")
    old = refs_of(before.git_dir)["refs/heads/main"]
    (folder / "README.md").write_text("Trained.\n")
    run_git(folder, "commit", "-q", "-a", "--amend", "-m", "first")
    run_git(folder, "tag", "-d", "v1")
    run_git(folder, "branch", "-D", "side")
    got = mirror(url, tmp_path / "kept", LATER)
    refs = refs_of(got.git_dir)
    assert (got.moved, got.gone) == (1, 2)
    assert old in {refs["refs/tags/v1"], refs.get(f"refs/kept/2026-11-26/heads/main@{old[:12]}")}
    assert "refs/heads/side" in refs
    assert run_git(got.git_dir, "show", f"{old}:README.md") == "Trained on 64 H20."


def test_an_old_tip_that_nothing_reaches_is_kept_by_its_day(
    origin: tuple[Path, str], tmp_path: Path, run_git: Git
) -> None:
    folder, url = origin
    run_git(folder, "tag", "-d", "v1")
    run_git(folder, "commit", "-q", "--allow-empty", "-m", "second")
    old = refs_of(mirror(url, tmp_path / "kept").git_dir)["refs/heads/side"]
    run_git(folder, "update-ref", "-d", "refs/pull/3/head")
    run_git(folder, "branch", "-f", "side", "main")
    got = mirror(url, tmp_path / "kept", LATER)
    refs = refs_of(got.git_dir)
    assert got.kept == 0 and refs["refs/pull/3/head"] == old  # deleted there, so that it is still here
    run_git(folder, "checkout", "-q", "--orphan", "new")
    run_git(folder, "commit", "-q", "-m", "anew", day="2024-02-02")
    was = refs["refs/heads/main"]
    for branch in ("main", "side"):
        run_git(folder, "branch", "-f", branch, "new")
    got = mirror(url, tmp_path / "kept", LATER)
    assert refs_of(got.git_dir)[f"refs/kept/2026-11-26/heads/main@{was[:12]}"] == was


def test_the_refs_of_each_day_are_kept_as_metadata(
    origin: tuple[Path, str], tmp_path: Path, run_git: Git
) -> None:
    folder, url = origin
    mirror(url, tmp_path / "kept")
    run_git(folder, "branch", "another")
    mirror(url, tmp_path / "kept", LATER)
    with writing(tmp_path / "kept") as snapshot:
        rows = list(snapshot.fetches(url))
        contents = [snapshot.content(row).decode() for row in rows]
    assert [row.kind for row in rows] == [METADATA, METADATA]
    assert [row.fetched_on for row in rows] == [DAY, LATER]
    assert ["refs/heads/another" in content for content in contents] == [False, True]
    assert contents[0].startswith("HEAD refs/heads/main\n")


def test_only_the_branch_of_head_comes_where_no_history_is_wanted(
    origin: tuple[Path, str], tmp_path: Path
) -> None:
    assert set(refs_of(mirror(origin[1], tmp_path / "kept", every_ref=False).git_dir)) == {"refs/heads/main"}
    assert len(refs_of(mirror(origin[1], tmp_path / "kept").git_dir)) == 4


def test_a_head_that_is_no_branch_is_followed(origin: tuple[Path, str], tmp_path: Path, run_git: Git) -> None:
    run_git(origin[0], "checkout", "-q", "--detach", "side")
    got = mirror(origin[1], tmp_path / "kept")
    assert [getattr(one, "text", "") for one in documents(str(got.git_dir))] == ["Trained on 32 A800.\n"]


def test_a_shallow_server_gives_what_it_has(
    served: tuple[Path, str], origin: tuple[Path, str], tmp_path: Path, run_git: Git
) -> None:
    (origin[0] / "README.md").write_text("Trained on 8 H20.\n")
    run_git(origin[0], "commit", "-q", "-a", "-m", "second")
    shallow = served[0] / tmp_path.name / "shallow"
    run_git(tmp_path, "clone", "-q", "--bare", "--depth", "1", f"file://{origin[0]}", str(shallow))
    got = mirror(f"{served[1]}/{tmp_path.name}/shallow", tmp_path / "kept")
    assert [getattr(one, "text", "") for one in documents(str(got.git_dir))] == ["Trained on 8 H20.\n"]


@pytest.mark.parametrize("url", ["git://127.0.0.1:1/no/server", "ext::sh -c touch% /tmp/no"])
def test_a_server_that_is_none_is_told(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="git cannot fetch"):
        mirror(url, tmp_path / "kept")


def test_a_repository_that_is_not_there_or_empty_is_told(
    served: tuple[Path, str], tmp_path: Path, run_git: Git
) -> None:
    with pytest.raises(InputError, match="git cannot fetch"):
        mirror(f"{served[1]}/no/such", tmp_path / "kept")
    (served[0] / tmp_path.name).mkdir()
    run_git(served[0] / tmp_path.name, "init", "-q", "--bare", "empty")
    with pytest.raises(InputError, match="the repository has no commit"):
        mirror(f"{served[1]}/{tmp_path.name}/empty", tmp_path / "kept")


def test_a_server_that_hangs_is_left_in_time(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        held: list[object] = []
        threading.Thread(target=lambda: held.append(silent.accept()), daemon=True).start()
        began = time.monotonic()
        with pytest.raises(InputError, match=r"fetching took longer than 0.6 s"):
            mirror(
                f"git://127.0.0.1:{silent.getsockname()[1]}/x",
                tmp_path / "kept",
                limits=Limits(clone_seconds=0.6),
            )
        assert time.monotonic() - began < 5


def test_an_address_with_a_password_leaves_none_behind(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        mirror("http://someone:secret@127.0.0.1:1/acme/kite.git", tmp_path / "kept")
    assert "secret" not in str(caught.value)
    assert not any(
        b"secret" in path.read_bytes() for path in (tmp_path / "kept").rglob("*") if path.is_file()
    )


def test_nothing_of_a_hostile_repository_runs_or_escapes(
    origin: tuple[Path, str], tmp_path: Path, run_git: Git
) -> None:
    folder, url = origin
    evil = run_git(folder, "rev-parse", "HEAD:README.md")
    tree = b"".join(
        b"100644 " + name + b"\0" + bytes.fromhex(evil)
        for name in (b"../escaped.md", b".git/hooks/post-update")
    )
    written = subprocess.run(["git", "hash-object", "-t", "tree", "--literally", "-w", "--stdin"], cwd=folder,
                             input=tree, capture_output=True, check=True)  # fmt: skip
    commit = run_git(folder, "commit-tree", "-m", "evil", written.stdout.decode().strip())
    run_git(folder, "update-ref", "refs/heads/main", commit)
    hooks = folder / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "reference-transaction", "post-update"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (hooks / name).chmod(0o755)
    got = mirror(url, tmp_path / "kept")
    names = {one.document for one in documents(str(got.git_dir)) if isinstance(one, Document)}
    assert names == {"../escaped.md", ".git/hooks/post-update"}
    assert not (tmp_path / "ran").exists() and not list(tmp_path.rglob("escaped.md"))
    assert not (got.git_dir / "hooks").exists()


def test_a_mirror_with_hooks_put_into_it_runs_none(
    origin: tuple[Path, str], tmp_path: Path, run_git: Git
) -> None:
    got = mirror(origin[1], tmp_path / "kept")
    (got.git_dir / "hooks").mkdir()
    hook = got.git_dir / "hooks" / "reference-transaction"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    run_git(origin[0], "branch", "another")
    assert mirror(origin[1], tmp_path / "kept").new == 1
    assert not (tmp_path / "ran").exists()


def test_ten_thousand_refs_cost_bounded_time(origin: tuple[Path, str], tmp_path: Path, run_git: Git) -> None:
    folder, url = origin
    tip = run_git(folder, "rev-parse", "HEAD")
    run_git(folder, "pack-refs", "--all")
    lines = sorted(f"{tip} refs/heads/b{number:06}" for number in range(10_000))
    with (folder / ".git" / "packed-refs").open("a") as packed:
        packed.write("".join(f"{line}\n" for line in lines))
    text = (folder / ".git" / "packed-refs").read_text().splitlines()
    body = sorted(text[1:], key=lambda line: line.split(" ", 1)[1])
    (folder / ".git" / "packed-refs").write_text("\n".join([text[0], *body]) + "\n")
    began = time.monotonic()
    assert mirror(url, tmp_path / "kept").refs > 10_000
    assert mirror(url, tmp_path / "kept").is_unchanged
    assert time.monotonic() - began < 60


def test_pointers_and_submodules_are_told_and_not_taken_for_documents(
    origin: tuple[Path, str], tmp_path: Path, run_git: Git
) -> None:
    folder, url = origin
    (folder / "paper.txt").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n")
    run_git(folder, "add", ".")
    run_git(
        folder,
        "update-index",
        "--add",
        "--cacheinfo",
        f"160000,{run_git(folder, 'rev-parse', 'HEAD')},vendored",
    )
    run_git(folder, "commit", "-q", "-m", "pointers")
    got = mirror(url, tmp_path / "kept")
    with planned(str(got.git_dir), Limits()) as plan:
        assert plan.skipped == {"submodule": 1}
    (told,) = (one for one in documents(str(got.git_dir)) if isinstance(one, FailedDocument))
    assert (told.document, told.reason) == ("paper.txt", "a Git LFS pointer; the content lies elsewhere")


def test_two_repositories_of_one_name_are_kept_apart() -> None:
    kept = Path("kept")
    assert place_of(kept, "https://a.org/x/kite") != place_of(kept, "https://a.org/y/kite")
    assert place_of(kept, "https://u:p@a.org/x/kite.git/") == place_of(kept, "https://a.org/x/kite")


def written_anew(folder: Path, run_git: Git, words: str) -> str:
    """Write the only commit of the main branch anew; the tip that was."""
    was = run_git(folder, "rev-parse", "main")
    (folder / "README.md").write_text(words)
    run_git(folder, "commit", "-q", "-a", "--amend", "-m", words)
    return was


def left_with_one_branch(folder: Path, run_git: Git) -> None:
    """Take every ref but the main branch out of a repository."""
    run_git(folder, "tag", "-d", "v1")
    run_git(folder, "branch", "-D", "side")
    run_git(folder, "update-ref", "-d", "refs/pull/3/head")


def test_a_kill_after_fetching_loses_no_old_tip(
    origin: tuple[Path, str], tmp_path: Path, run_git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, url = origin
    left_with_one_branch(folder, run_git)
    mirror(url, tmp_path / "kept")
    was = written_anew(folder, run_git, "Trained.\n")

    def killed(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("chipledger.documents.mirror.let_go_of_reached", killed)
        with pytest.raises(KeyboardInterrupt):
            mirror(url, tmp_path / "kept", LATER)
    assert was in refs_of(mirror(url, tmp_path / "kept", LATER).git_dir).values()


def test_two_tips_written_anew_on_one_day_are_both_kept(
    origin: tuple[Path, str], tmp_path: Path, run_git: Git
) -> None:
    folder, url = origin
    left_with_one_branch(folder, run_git)
    mirror(url, tmp_path / "kept")
    first = written_anew(folder, run_git, "Trained.\n")
    assert mirror(url, tmp_path / "kept").kept == 1
    second = written_anew(folder, run_git, "Trained on cards.\n")
    got = mirror(url, tmp_path / "kept")
    assert got.kept == 1 and {first, second} <= set(refs_of(got.git_dir).values())


def test_a_branch_that_became_a_folder_of_branches_stops_nothing(
    origin: tuple[Path, str], tmp_path: Path, run_git: Git
) -> None:
    folder, url = origin
    run_git(folder, "update-ref", "-d", "refs/pull/3/head")
    was = refs_of(mirror(url, tmp_path / "kept").git_dir)["refs/heads/side"]
    run_git(folder, "branch", "-D", "side")
    run_git(folder, "branch", "side/a", "main")
    refs = refs_of(mirror(url, tmp_path / "kept", LATER).git_dir)
    assert "refs/heads/side/a" in refs and refs[f"refs/kept/2026-11-26/heads/side@{was[:12]}"] == was


def test_a_server_cannot_write_over_what_is_kept(
    origin: tuple[Path, str], tmp_path: Path, run_git: Git
) -> None:
    folder, url = origin
    run_git(folder, "update-ref", "refs/kept/2026-11-25/heads/main", "HEAD")
    assert not [
        name for name in refs_of(mirror(url, tmp_path / "kept").git_dir) if name.startswith("refs/kept")
    ]


def test_locks_that_a_killed_git_left_are_removed(
    origin: tuple[Path, str], tmp_path: Path, run_git: Git
) -> None:
    folder, url = origin
    git_dir = mirror(url, tmp_path / "kept").git_dir
    run_git(folder, "commit", "-q", "--allow-empty", "-m", "second")
    for name in ("packed-refs.lock", "HEAD.lock", "refs/heads/main.lock"):
        (git_dir / name).parent.mkdir(parents=True, exist_ok=True)
        (git_dir / name).touch()
    assert mirror(url, tmp_path / "kept").moved == 1


def test_the_index_of_a_snapshot_holds_no_password(
    origin: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def run(command: list[str], url: str, *more: object) -> bytes:
        asked.append(url)
        return plain([word.replace("someone:secret@", "") for word in command], url, *more)  # type: ignore[arg-type]

    plain = mirrors._run
    monkeypatch.setattr(mirrors, "_run", run)
    mirror(origin[1].replace("git://", "git://someone:secret@"), tmp_path / "kept")
    with writing(tmp_path / "kept") as snapshot:
        assert "secret" in asked[0] and snapshot.targets() == [origin[1]]


def test_nobody_writes_while_a_git_runs_whose_parent_was_killed(
    origin: tuple[Path, str], tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        script = (
            "import sys; from datetime import date; from pathlib import Path\n"
            "from chipledger.documents.limits import Limits; from chipledger.documents.mirror import mirrored\n"
            "from chipledger.documents.snapshot import writing\n"
            "with writing(Path(sys.argv[1])) as one: mirrored(sys.argv[2], one, Limits(), date(2026, 11, 25))"
        )
        url = f"git://127.0.0.1:{silent.getsockname()[1]}/x"
        run = subprocess.Popen([sys.executable, "-c", script, str(kept), url])
        asked, _ = silent.accept()  # git waits for an answer
        run.kill()
        run.wait()
        with pytest.raises(InputError, match="another process writes"):
            mirror(origin[1], kept)
        asked.close()
    for _ in range(100):
        try:
            assert mirror(origin[1], kept).new == 4
            return
        except InputError:
            time.sleep(0.05)
    pytest.fail("the lock stays")
