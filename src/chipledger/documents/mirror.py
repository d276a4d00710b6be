"""Copies of git repositories in a snapshot's folder: all refs, nothing checked out, and only what is new fetched next time.

A mirror loses nothing: a ref that its owner deletes stays, and of a branch that was written anew the old tip is kept as
`refs/kept/DAY/…`, since what was removed is evidence too. What the server's refs were on each day is kept in the snapshot
as metadata. No hook runs, no setting of the repository is obeyed, time and size are bounded.
"""

import hashlib
import json
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO

from chipledger.core.errors import InputError
from chipledger.documents.kept_tips import KEPT, in_the_way, keep, let_go_of_reached
from chipledger.documents.limits import Limits
from chipledger.documents.repository import (
    last_name,
    offline_command,
    online_environment,
    public,
    ran,
)
from chipledger.documents.snapshot import METADATA, Fetched, SnapshotWriter

FOLDER = "git"
_OURS = (f"^{KEPT}/*",)  # no server writes there

_LOOK_SECONDS, _LAST_SECONDS = 0.5, 2.0
_MOST_LISTED = 256 << 20  # bytes of a server's list of refs
_REMADE = re.compile(r"refs/(?:pull|merge-requests)/\d+/merge")  # by the host, at every push
_CLONED = re.compile(r"(?:https?|git)://[\w.:\[\]-]+/[\w./~+-]+")
_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_WITHOUT_PROGRAMS = (
    "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    "-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60", "-c", "fetch.recurseSubmodules=no",
    "-c", "protocol.ext.allow=never", "-c", "fetch.unpackLimit=1",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A copy, and what became of it.

    Args:
        git_dir: where it lies.
        refs: how many refs the server has.
        new: those that were not there before.
        moved: those that name another commit than before.
        gone: those that the server no longer has; they stay here.
        kept: old tips kept, of branches that were written anew.
        size_bytes: how much came.
    """

    git_dir: Path
    refs: int = 0
    new: int = 0
    moved: int = 0
    gone: int = 0
    kept: int = 0
    size_bytes: int = 0

    @property
    def is_unchanged(self) -> bool:
        """Whether the server has just what was held."""
        return not (self.new or self.moved)


def place_of(folder: Path, url: str) -> Path:
    """Where the copy of a repository lies in a snapshot's folder, or would.

    Args:
        folder: the snapshot.
        url: the repository's address.

    >>> place_of(Path("kept"), "https://github.com/owner/name.git").name
    'name-a0aeab5f.git'
    """
    named = public(url).rstrip("/").removesuffix(".git")
    digest = hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()
    return folder / FOLDER / f"{last_name(url)}-{digest[:8]}.git"


def mirrors_in(folder: Path) -> list[Path]:
    """The copies of repositories that a snapshot's folder keeps, in the order of their names.

    Args:
        folder: the snapshot.
    """
    return sorted(
        path for path in (folder / FOLDER).glob("*.git") if is_mirror(path) and not path.is_symlink()
    )


def is_mirror(git_dir: Path) -> bool:
    """Whether a copy lies at a place."""
    return (git_dir / "HEAD").is_file()


def mirrored(
    url: str, snapshot: SnapshotWriter, limits: Limits, on: date, *, every_ref: bool = True
) -> Mirror:
    """Bring the copy of a repository up to date; made where there is none.

    Args:
        url: the repository's address.
        snapshot: in whose folder it lies.
        limits: how long it may take and how large it may grow.
        on: the day.
        every_ref: all branches, tags and proposals (refs/pull/*), not only the branch of its HEAD.

    Raises:
        InputError: git cannot fetch it; the message is git's last line.
    """
    git_dir = place_of(snapshot.folder, url)
    _make(git_dir, url, limits, snapshot.lock)
    head, theirs = _listed(git_dir, url, limits, snapshot.lock)
    if not every_ref:
        theirs = {head: theirs[head]} if head in theirs else {}
    if not theirs:
        raise InputError("the repository has no commit", where=public(url))
    before = refs_of(git_dir)
    new, moved = theirs.keys() - before.keys(), {
        name for name in theirs.keys() & before.keys() if theirs[name] != before[name]
    }  # fmt: skip
    size_bytes, kept = _size_of(git_dir), 0
    if new or moved:
        blocking = in_the_way(before, theirs)
        tips = {name: before[name] for name in (*moved, *blocking) if not _REMADE.fullmatch(name)}
        held = keep(git_dir, tips, on, let_go=blocking)
        _fetch(
            git_dir,
            url,
            ["+refs/*:refs/*", *_OURS] if every_ref else [f"+{head}:{head}"],
            limits,
            snapshot.lock,
        )
        kept = let_go_of_reached(git_dir, held, refs_of(git_dir))
    _set_head(git_dir, head, theirs)
    if every_ref:
        _note(snapshot, url, head, theirs, on)
    return Mirror(
        git_dir=git_dir, refs=len(theirs), new=len(new), moved=len(moved), kept=kept,
        gone=sum(not name.startswith(KEPT) for name in before.keys() - theirs.keys()) if every_ref else 0,
        size_bytes=max(_size_of(git_dir) - size_bytes, 0),
    )  # fmt: skip


def refs_of(git_dir: Path) -> dict[str, str]:
    """Every ref of a copy with the object that it names."""
    listed = ran(str(git_dir), "for-each-ref", "--format=%(objectname) %(refname)").stdout
    return _named(listed.decode("utf-8", "surrogateescape").splitlines())


def _named(lines: list[str]) -> dict[str, str]:
    pairs = (line.replace("\t", " ").split(" ", 1) for line in lines)
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2 and _OBJECT.fullmatch(pair[0])}


def _make(git_dir: Path, url: str, limits: Limits, lock: int) -> None:
    if is_mirror(git_dir):
        _clear(git_dir)
        return
    git_dir.parent.mkdir(exist_ok=True)
    _run(["git", "init", "--quiet", "--bare", "--template=", str(git_dir)], url, limits, git_dir, lock)
    for name, value in (("remote.origin.url", public(url)), ("gc.auto", "0")):
        ran(str(git_dir), "config", name, value)


def _clear(git_dir: Path) -> None:
    """Remove what a git that was killed left: whoever calls holds the snapshot alone."""
    for left in (
        *git_dir.glob("*.lock"),
        *(git_dir / "refs").rglob("*.lock"),
        *git_dir.glob("objects/pack/tmp_*"),
    ):
        with suppress(OSError):
            left.unlink()


def _listed(git_dir: Path, url: str, limits: Limits, lock: int) -> tuple[str, Mapping[str, str]]:
    """The server's HEAD (the ref it names, or "HEAD" where it names a commit), and its refs."""
    command = offline_command(str(git_dir), *_WITHOUT_PROGRAMS, "ls-remote", "--symref", "--", url)
    lines = _run(command, url, limits, git_dir, lock).decode("utf-8", "surrogateescape").splitlines()
    head = next(
        (line.split()[1] for line in lines if line.startswith("ref: ") and line.endswith("\tHEAD")), "HEAD"
    )
    found = _named([line for line in lines if not line.endswith("^{}")])
    if head != "HEAD" or any(name.startswith("refs/") for name in found):
        found = {name: value for name, value in found.items() if name != "HEAD" or head == "HEAD"}
    return head, {name: value for name, value in found.items() if not name.startswith(f"{KEPT}/")}


def _fetch(git_dir: Path, url: str, refspecs: list[str], limits: Limits, lock: int) -> None:
    command = offline_command(
        str(git_dir), *_WITHOUT_PROGRAMS, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
        "--no-recurse-submodules", "--update-shallow", "--no-auto-maintenance", "--", url, *refspecs,
    )  # fmt: skip
    _run(command, url, limits, git_dir, lock)
    ran(str(git_dir), "pack-refs", "--all")


def _set_head(git_dir: Path, head: str, theirs: Mapping[str, str]) -> None:
    if head.startswith("refs/"):
        ran(str(git_dir), "symbolic-ref", "HEAD", head)
    elif "HEAD" in theirs:
        ran(str(git_dir), "update-ref", "--no-deref", "HEAD", theirs["HEAD"])


def _note(snapshot: SnapshotWriter, url: str, head: str, theirs: Mapping[str, str], on: date) -> None:
    """Keep what the server's refs are on this day."""
    address, item = public(url), f"git:{public(url)}"
    listing = "".join(f"{value} {name}\n" for name, value in sorted(theirs.items()))
    with snapshot.receiving(_MOST_LISTED) as sink:
        sink.write(f"HEAD {head}\n{listing}".encode("utf-8", "surrogateescape"))
        row = Fetched(
            connector="git", item=item, name=f"{last_name(url)}.refs.txt", url=address, fetched_on=on,
            last_seen_on=on, kind=METADATA, media_type="text/plain", note="refs of the repository",
        )  # fmt: skip
        snapshot.keep(sink, row)
    snapshot.note_listed(address, (item,), on)


def _size_of(git_dir: Path) -> int:
    """How large the objects of a copy are, those on their way included."""
    total = 0
    for folder in (git_dir / "objects", git_dir / "objects" / "pack"):
        try:
            with os.scandir(folder) as listing:
                total += sum(one.stat(follow_symlinks=False).st_size for one in listing if one.is_file())
        except OSError:
            continue
    return total


def _run(command: list[str], url: str, limits: Limits, git_dir: Path, lock: int) -> bytes:
    """What a git command that may reach the network says; it is ended when it takes too long or brings too much.

    It holds the snapshot's lock too: where this process is killed, nobody else writes until it has ended.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as wrong:
        try:
            process = subprocess.Popen(
                command, env=online_environment(), stdin=subprocess.DEVNULL, stdout=said, stderr=wrong,
                start_new_session=True, pass_fds=(lock,),
            )  # fmt: skip
        except FileNotFoundError:
            raise InputError("git is not installed", remedy="install git") from None
        try:
            trouble = _watched(process, limits, git_dir, said)
        finally:
            _end(process)
        if trouble:
            raise InputError(trouble, where=public(url), remedy="clone it yourself and scan the folder")
        if process.returncode:
            raise InputError(f"git cannot fetch: {_last_line(wrong)}", where=public(url))
        said.seek(0)
        return said.read()


def _watched(
    process: "subprocess.Popen[bytes]", limits: Limits, git_dir: Path, said: IO[bytes]
) -> str | None:
    waited = 0.0
    while waited < limits.clone_seconds:
        try:
            process.wait(min(_LOOK_SECONDS, limits.clone_seconds))
            return None
        except subprocess.TimeoutExpired:
            waited += _LOOK_SECONDS
        if _size_of(git_dir) > limits.clone_bytes:
            return f"the repository is over the limit of {limits.clone_bytes / 1e9:.1f} GB"
        if os.fstat(said.fileno()).st_size > _MOST_LISTED:
            return f"its list of refs is over the limit of {_MOST_LISTED / 1e6:.0f} MB"
    return f"fetching took longer than {limits.clone_seconds:g} s"


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a command with what it started; git is given time to remove its locks."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LAST_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_line(wrong: IO[bytes]) -> str:
    wrong.seek(0)
    lines = wrong.read(1 << 16).decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
    return public(next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1]))


def clone_address(about: bytes) -> str | None:
    """The address at which git finds a repository, as the host says; None where it says nothing of use.

    Args:
        about: what the host says of it, as kept.

    >>> clone_address(b'{"clone_url": "https://github.com/acme/kite.git"}')
    'https://github.com/acme/kite.git'
    >>> clone_address(b'{"clone_url": "file:///etc"}') is None
    True
    """
    try:
        said = json.loads(about)
    except (ValueError, RecursionError):
        return None
    address = said.get("clone_url") if isinstance(said, dict) else None
    is_one = isinstance(address, str) and _CLONED.fullmatch(address)
    return str(address) if is_one else None
