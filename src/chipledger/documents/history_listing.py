"""A whole git history, listed by git's own commands: refs, commits, and what each commit changed.

`history_of` walks what branches, tags, pull requests and every other ref reach. No blob is read here and nothing is
checked out. A ref to nothing, a missing commit or tree, a history cut off: each costs what it hides and is told as a
failure.
"""

import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, cast

from chipledger.documents.entry import shown
from chipledger.documents.formats import is_binary_name
from chipledger.documents.history import NONE, Commits, History, Ref
from chipledger.documents.limits import Limits
from chipledger.documents.repository import offline_command, offline_environment, ran

Told = Callable[[int, int, int], object]
"""Is told now and then how many refs, commits and changes were listed so far."""

_FILES = (b"100644", b"100755", b"100664")
_MOST_DEATHS = 200
_MOST_PATH_BYTES = 256 << 20
_PIECE = 1 << 18
_COMMITS_A_TELLING = 2_000


def history_of(git_dir: str, limits: Limits, told: Told = lambda refs, commits, changes: None) -> History:
    """The whole history of a repository.

    Args:
        git_dir: its git directory.
        limits: how long to look and how many changes to take.
        told: is told how far it has come.

    Returns:
        The history, with what could not be listed among its failures.
    """
    history = History(git_dir)
    named, head = _refs(history)
    _list_commits(
        history,
        sorted({commit for _, commit in named} | ({head} if head else set())),
        lambda commits: told(len(named), commits, 0),
    )
    numbers = {commit: number for number, commit in enumerate(history.commits.ids)}
    history.refs = tuple(
        Ref(name, numbers[bytes.fromhex(commit)])
        for name, commit in named
        if bytes.fromhex(commit) in numbers
    )
    history.head = numbers.get(bytes.fromhex(head)) if head else None
    _list_changes(history, limits, lambda changes: told(len(named), len(history.commits), changes))
    return history


def sizes_in_pack_order(history: History) -> list[tuple[int, int]]:
    """(blob's number, size in bytes) of the blobs that are in this copy, in the order in which they are fastest to read.

    Args:
        history: the history whose blobs are asked for.
    """
    wanted = {blob: number for number, blob in enumerate(history.blobs)}
    found: list[tuple[int, int]] = []
    command = (
        "cat-file",
        "--batch-check=%(objectname) %(objecttype) %(objectsize)",
        "--batch-all-objects",
        "--unordered",
    )
    with _running(history.git_dir, command, 3600.0) as output:
        for line in _lines(output):
            name, kind, size = line.split(b" ")
            if (
                kind == b"blob"
                and (number := wanted.pop(bytes.fromhex(name.decode("ascii")), None)) is not None
            ):
                found.append((number, int(size)))
    return found


def _refs(history: History) -> tuple[list[tuple[str, str]], str | None]:
    """(name, commit) of each ref that leads to a commit, and HEAD's commit."""
    listing = ran(history.git_dir, "for-each-ref", "--format=%(objectname) %(refname)").stdout
    rows = [line.split(" ", 1) for line in os.fsdecode(listing).split("\n") if " " in line]
    peeled = _peeled(history.git_dir, list(dict.fromkeys(row[0] for row in rows)))
    lost = [name for target, name in rows if target not in peeled]
    if lost:
        history.fail(
            f"{len(lost):,} of {len(rows):,} refs lead to no commit in this copy, the first {shown(lost[0])}",
            "refs",
        )
    head = (
        ran(history.git_dir, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        .stdout.decode("ascii")
        .strip()
    )
    return [(shown(name), peeled[target]) for target, name in rows if target in peeled], head or None


def _peeled(git_dir: str, objects: Sequence[str]) -> dict[str, str]:
    """The commit that each object is or, as a tag, leads to."""
    asked = "".join(f"{name}^{{commit}}\n" for name in objects).encode("ascii")
    found: dict[str, str] = {}
    with _running(git_dir, ("cat-file", "--batch-check"), 600.0, asked) as output:
        for name, line in zip(objects, _lines(output), strict=False):
            parts = line.split(b" ")
            if len(parts) == 3 and parts[1] == b"commit":
                found[name] = parts[0].decode("ascii")
    return found


def _list_commits(history: History, tips: Sequence[str], told: Callable[[int], object]) -> None:
    commits, numbers = history.commits, {}
    parents: list[tuple[bytes, ...]] = []
    authors: dict[str, int] = {}
    asked = "".join(f"{tip}\n" for tip in tips).encode("ascii")
    if not tips:
        return
    with _running(
        history.git_dir, ("rev-list", "--stdin", "--format=%H %P%x09%cI%x09%ae"), 3600.0, asked
    ) as output:
        for line in _lines(output):
            if line.startswith(b"commit "):
                continue
            hashes, when, author = line.split(b"\t", 2)
            first, *others = (bytes.fromhex(one) for one in hashes.decode("ascii").split())
            numbers[first] = len(commits.ids)
            if len(commits.ids) % _COMMITS_A_TELLING == 0:
                told(len(commits.ids))
            commits.ids.append(first)
            parents.append(tuple(others))
            _date(commits, when)
            commits.authors.append(
                authors.setdefault(author.decode("utf-8", "replace").lower(), len(authors))
            )
    commits.addresses = list(authors)
    if any(tip not in numbers for tip in map(bytes.fromhex, tips)):
        history.fail("a commit is missing from the repository; what lies behind it was not read")
    _join(commits, parents, numbers, _shallow(history.git_dir))


def _date(commits: Commits, when: bytes) -> None:
    try:
        moment = datetime.fromisoformat(when.decode("ascii"))
        if moment.timestamp() <= 0:
            raise ValueError("what git writes for a clock that it cannot read")
        commits.seconds.append(int(moment.timestamp()))
        commits.days.append(moment.toordinal())
    except (ValueError, OverflowError):
        commits.seconds.append(0)
        commits.days.append(0)


def _join(
    commits: Commits,
    parents: Sequence[tuple[bytes, ...]],
    numbers: dict[bytes, int],
    shallow: frozenset[bytes],
) -> None:
    """Parents by number; those that are not here make the history a cut one."""
    cut = {numbers[commit] for commit in shallow if commit in numbers}
    for number, named in enumerate(parents):
        known = tuple(numbers[parent] for parent in named if parent in numbers)
        commits.first_parent.append(known[0] if known else -1)
        if len(known) > 1:
            commits.more_parents[number] = known[1:]
        if len(known) < len(named):
            cut.add(number)
    commits.cut = frozenset(cut)


def _shallow(git_dir: str) -> frozenset[bytes]:
    try:
        lines = Path(git_dir, "shallow").read_text("ascii", "replace").split()
    except OSError:
        return frozenset()
    return frozenset(bytes.fromhex(line) for line in lines if re.fullmatch("[0-9a-f]{40,64}", line))


class _Listing:
    """Takes in what git says that commits changed."""

    def __init__(self, history: History, told: Callable[[int], object]) -> None:
        self._history, self._told = history, told
        self._numbers = {
            commit.hex().encode("ascii"): number for number, commit in enumerate(history.commits.ids)
        }
        self._paths: dict[bytes, int] = {}
        self._blobs: dict[bytes, int] = {}
        self._path_bytes = 0
        self.last = -1

    def take(self, fields: Iterator[bytes], most: int) -> bool:
        """Take in git's fields; False when there are more than are wanted."""
        for one in fields:
            if not one.startswith(b":"):
                self.last = self._numbers[one.strip()]
                if self.last % _COMMITS_A_TELLING == 0:
                    self._told(len(self._history.changes))
                continue
            old_mode, new_mode, old, new, _ = one[1:].split(b" ")
            path = next(fields, b"")
            self._keep(path, old if old_mode in _FILES else None, new if new_mode in _FILES else None)
            if b"160000" in (old_mode, new_mode):
                self._skip("submodule")
            if len(self._history.changes) >= most or self._path_bytes > _MOST_PATH_BYTES:
                return False
        return True

    def end(self) -> None:
        """Hand paths and blobs over, by number."""
        self._history.paths, self._history.blobs = list(self._paths), list(self._blobs)

    def _keep(self, path: bytes, old: bytes | None, new: bytes | None) -> None:
        if old is None and new is None:
            return
        number = self._paths.get(path)
        if number is None:
            if is_binary_name(os.fsdecode(path)):
                self._skip("binary")
                return
            number = self._paths[path] = len(self._paths)
            self._path_bytes += len(path)
        changes = self._history.changes
        changes.commit.append(self.last)
        changes.path.append(number)
        changes.old.append(NONE if old is None else self._blob(old))
        changes.new.append(NONE if new is None else self._blob(new))

    def _blob(self, name: bytes) -> int:
        raw = bytes.fromhex(name.decode("ascii"))
        return self._blobs.setdefault(raw, len(self._blobs))

    def _skip(self, reason: str) -> None:
        self._history.skipped[reason] = self._history.skipped.get(reason, 0) + 1


def _list_changes(history: History, limits: Limits, told: Callable[[int], object]) -> None:
    """What each commit changed; where git stops at one, that one is passed over and git begins again behind it."""
    listing, commits = _Listing(history, told), history.commits
    unread: list[int] = []
    start = 0
    while start < len(commits) and len(unread) < _MOST_DEATHS:
        asked = _lines_to_compare(commits, start)
        command = (
            "diff-tree",
            "--stdin",
            "-r",
            "-z",
            "--raw",
            "--no-renames",
            "--root",
            "--always",
            "--no-ext-diff",
            "--no-textconv",
        )
        listing.last = start - 1
        with _running(history.git_dir, command, limits.walk_seconds, asked) as output:
            if not listing.take(_fields(output), limits.walk_changes):
                history.fail(
                    f"more than {len(history.changes):,} changes of files; only the newest were read"
                )
                break
        start = listing.last + 1
        if start < len(commits):
            unread.append(start)
            start += 1
    if unread:
        more = (
            f" and {len(commits) - start:,} older ones"
            if len(unread) >= _MOST_DEATHS and start < len(commits)
            else ""
        )
        history.fail(
            f"the files of {len(unread):,} commits{more} cannot be listed: trees are missing or reading took too long"
        )
    listing.end()


def _lines_to_compare(commits: Commits, start: int) -> bytes:
    """What git is to compare, a line each: a commit and its first parent."""
    lines = []
    for number in range(start, len(commits)):
        parent = commits.first_parent[number]
        lines.append(commits.hex(number) + (f" {commits.hex(parent)}\n" if parent >= 0 else "\n"))
    return "".join(lines).encode("ascii")


@contextmanager
def _running(git_dir: str, command: Iterable[str], seconds: float, asked: bytes = b"") -> Iterator[IO[bytes]]:
    """git's output while it runs; it is ended when the time is up or nobody wants the rest."""
    with tempfile.TemporaryFile() as questions:
        questions.write(asked)
        questions.seek(0)
        process = subprocess.Popen(
            offline_command(git_dir, *command), env=offline_environment(), stdin=questions,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        watchdog = threading.Timer(seconds, process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield cast(IO[bytes], process.stdout)
        finally:
            watchdog.cancel()
            watchdog.join()  # a thread that still runs would keep workers from being forked
            process.kill()
            cast(IO[bytes], process.stdout).close()
            process.wait()


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    return _pieces(stream, b"\n")


def _fields(stream: IO[bytes]) -> Iterator[bytes]:
    return _pieces(stream, b"\0")


def _pieces(stream: IO[bytes], end: bytes) -> Iterator[bytes]:
    """The parts of a stream that end with a byte, as it comes; an unfinished last one is dropped."""
    rest = b""
    while piece := stream.read(_PIECE):
        *whole, rest = (rest + piece).split(end)
        yield from whole
