"""The files of a git repository's HEAD, read from its objects and never from its work tree.

Lists HEAD's files as entries with the commit, the day each was last changed, and the repository's owner and name;
reads a file's bytes. A missing object costs that file (or that folder) alone. Only reading commands run, by
subprocess, and none may reach the network: a partial clone's missing objects stay missing. `cloned` is the one
exception, and it is asked for by name.
"""

import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import IO, cast

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.entry import Blob, Entry, Origin, Skipped, shown
from chipledger.documents.formats import is_binary_name
from chipledger.documents.limits import Limits

Item = Entry | FailedDocument | Skipped

_URL = re.compile(r"(?:https?|ssh|git|file)://|[\w.-]+@[\w.-]+:")
_PAGE = re.compile(r"https?://(?:[^/@]*@)?([^/:]+)(?::\d+)?(/[^?#]*)?(?:[?#].*)?$", re.IGNORECASE)
_GIT_HOSTS = ("github.com", "gitlab.com", "gitee.com", "codeberg.org", "bitbucket.org", "gitcode.com", "huggingface.co",
              "modelscope.cn", "atomgit.com", "git.sr.ht", "openi.pcl.ac.cn")  # fmt: skip
_REPOSITORY_PATH = re.compile(r"/(?:(?:datasets|spaces|models)/)?[^/]+/[^/]+/?$")
_OWNER_AND_NAME = re.compile(r"[/:]([^/:@]+)/([^/:]+?)(?:\.git)?/*$")
_MIRROR = re.compile(r"^([A-Za-z0-9][\w-]*)\+([\w.-]+?)(?:\.git)?$")
_WEB = re.compile(
    r"(?:https?://|ssh://|git://|)(?:[^/@]*@)?((?:github|gitlab|gitee|huggingface)\.(?:com|co))[/:](.+?)(?:\.git)?/*$"
)
# Settings that outrank those of the repository, which is not trusted: no programs, no network, no signatures.
_SETTINGS = ("safe.directory=*", "core.fsmonitor=false", "log.showSignature=false", "core.quotePath=false",
             "core.commitGraph=true", "diff.external=", "core.pager=cat", "core.hooksPath=/dev/null")  # fmt: skip
_OFFLINE = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}  # fmt: skip
_ONLINE = {"GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C",
           "GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}  # fmt: skip
_SUBMODULE, _LINK = "160000", "120000"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository at the commit that HEAD names.

    Args:
        git_dir: where its objects lie.
        commit: full hash.
        origin: what its documents say of where they come from.
    """

    git_dir: str
    commit: str
    origin: Origin


def is_url(target: str) -> bool:
    """Whether a target is the address of a git repository: by its scheme, by ".git" at its end, or by a host of git and
    the path of a repository on it. Any other address of the web is a page.

    >>> [is_url(one) for one in ("https://github.com/owner/name", "git@host:a/b", "https://corp.example/a.git")]
    [True, True, True]
    >>> [is_url(one) for one in ("docs/readme.md", "https://example.org/news", "https://github.com/a/b/blob/main/x.md")]
    [False, False, False]
    """
    if not _URL.match(target):
        return False
    page = _PAGE.match(target)
    if page is None:
        return not target.lower().startswith(("http://", "https://"))
    host, path = page[1].lower().removeprefix("www."), page[2] or "/"
    return path.rstrip("/").endswith(".git") or (host in _GIT_HOSTS and bool(_REPOSITORY_PATH.match(path)))


def git_dir_of(folder: Path) -> Path | None:
    """The git directory of a folder: its own when it is a bare one, the one its .git names, or None.

    >>> git_dir_of(Path("no/such/folder")) is None
    True
    """
    if not (os.path.lexists(f"{folder}/.git") or os.path.lexists(f"{folder}/HEAD")):
        return None  # asked of every folder of a tree
    inside = folder / ".git"
    if inside.is_file():
        named = inside.read_text(errors="replace").strip().removeprefix("gitdir:").strip()
        inside = folder / named
    for candidate in (inside, folder):
        if (candidate / "HEAD").is_file() and (
            (candidate / "objects").is_dir() or (candidate / "commondir").is_file()
        ):
            return candidate
    return None


def repository_at(git_dir: Path) -> Repository | None:
    """The repository of a git directory, or None where HEAD names no commit that is there."""
    head = _git(git_dir, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").strip()
    if not head:
        return None
    day = _git(git_dir, "log", "-1", "--format=%cs", head, "--").strip()
    remote = _git(git_dir, "config", "--get", "remote.origin.url").strip()
    organisation, project = _owner_and_name(remote, git_dir)
    origin = Origin(
        commit=head,
        seen_on=_day(day),
        organisation=organisation,
        project=project,
        web=_web(remote, head),
    )
    return Repository(str(git_dir), head, origin)


def origin_of(git_dir: Path) -> Origin:
    """Owner and name of a repository, as its remote or its folder tells them; HEAD may be missing.

    Args:
        git_dir: its git directory.
    """
    remote = _git(git_dir, "config", "--get", "remote.origin.url").strip()
    organisation, project = _owner_and_name(remote, git_dir)
    return Origin(organisation=organisation, project=project)


def entries_at(repository: Repository, name: str, limits: Limits, dated: bool) -> Iterator[Item]:
    """The documents of a repository's HEAD.

    Args:
        repository: where.
        name: the name to show before each path; "" for none.
        limits: how long to look through history.
        dated: whether to find the day of each file's last change (one pass over history).

    Yields:
        Entries in git's order, what is passed over, and a FailedDocument for each object that is missing.
    """
    days = last_changed(repository.git_dir, repository.commit, limits.history_seconds) if dated else {}
    for mode, object_id, size, raw_path in _listed(repository.git_dir, repository.commit):
        path = shown(os.fsdecode(raw_path))
        full_name = f"{name}/{path}" if name else path
        if mode == _SUBMODULE:
            yield Skipped(full_name, "submodule")
        elif mode == _LINK:
            yield Skipped(full_name, "symbolic link")
        elif not size.isdigit():
            yield _missing(full_name, repository)
        elif is_binary_name(path):
            yield Skipped(full_name, "binary")
        else:
            yield Entry(
                name=full_name,
                key=f"blob {object_id} {full_name}",
                size_bytes=int(size),
                place=Blob(repository.git_dir, object_id),
                path=path,
                origin=repository.origin,
                published_on=days.get(raw_path),
            )


def _missing(name: str, repository: Repository) -> FailedDocument:
    return FailedDocument(
        document=name,
        stage="git",
        reason="an object is missing from the repository",
        commit=repository.commit,
    )


def _listed(git_dir: str, commit: str) -> Iterator[tuple[str, str, str, bytes]]:
    """(mode, object id, size, path) of each file; a folder whose tree is missing has the size "BAD"."""
    listing = _run(git_dir, "ls-tree", "-r", "-l", "-z", "--full-tree", commit)
    if listing.returncode == 0:
        yield from _rows(listing.stdout)
        return
    waiting = [(b"", f"{commit}^{{tree}}")]
    while waiting:
        prefix, tree = waiting.pop()
        listing = _run(git_dir, "ls-tree", "-l", "-z", "--full-tree", tree)
        if listing.returncode != 0:
            yield "040000", tree, "BAD", prefix.rstrip(b"/") or b"."
        for mode, object_id, size, path in _rows(listing.stdout):
            if mode == "040000":
                waiting.append((prefix + path + b"/", object_id))
            else:
                yield mode, object_id, size, prefix + path


def _rows(listing: bytes) -> Iterator[tuple[str, str, str, bytes]]:
    for row in listing.split(b"\0"):
        if row:
            head, path = row.split(b"\t", 1)
            mode, _, object_id, size = head.decode("ascii").split()
            yield mode, object_id, size, path


@lru_cache(maxsize=1)
def last_changed(git_dir: str, commit: str, seconds: float) -> dict[bytes, date]:
    """The day of the last commit that changed each path, by committer date, newest first.

    Args:
        git_dir: the repository.
        commit: where to start.
        seconds: how long to look; what is not found by then has no day.

    Returns:
        Days by raw path. A shallow clone's oldest commits count for nothing: what they "add" may be older.
    """
    shallow = Path(git_dir, "shallow")
    cut = set(shallow.read_text().split()) if shallow.is_file() else set()
    # With -z a commit is "\x01hash day", its paths follow, the first one after a newline.
    process = subprocess.Popen(
        _command(git_dir, "log", "-z", "--format=%x01%H %cs", "--name-only", "--no-renames", "--no-ext-diff",
                 "--no-textconv", "--no-show-signature", commit, "--"),
        env=_environment(_OFFLINE), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    watchdog = threading.Timer(seconds, process.kill)
    watchdog.start()
    days: dict[bytes, date] = {}
    day: date | None = None
    with process:
        for field in _fields(cast(IO[bytes], process.stdout)):
            if field.startswith(b"\x01"):
                commit_id, day_text = field[1:].decode("ascii").split(" ")
                day = None if commit_id in cut else _day(day_text)
            elif day and (path := field.lstrip(b"\n")):
                days.setdefault(path, day)
        watchdog.cancel()
    return days


def _fields(stream: IO[bytes]) -> Iterator[bytes]:
    """The NUL-separated fields of a stream, as it comes; an unfinished last one is dropped."""
    rest = b""
    while piece := stream.read(1 << 16):
        *whole, rest = (rest + piece).split(b"\0")
        yield from whole


@contextmanager
def cloned(url: str, limits: Limits, *, every_ref: bool = False) -> Iterator[Path]:
    """A bare clone in a temporary folder that is gone afterwards.

    Args:
        url: the repository's address.
        limits: how long cloning may take.
        every_ref: with all branches, tags and proposals (refs/pull/*) as the server has them, not only its HEAD.

    Raises:
        InputError: git cannot clone it; the message is git's last line.
    """
    with tempfile.TemporaryDirectory(prefix="chipledger-") as folder:
        git_dir = Path(folder, f"{last_name(url)}.git")
        wanted = ("--mirror",) if every_ref else ("--bare", "--single-branch", "--no-tags")
        command = ["git", "clone", "--quiet", *wanted, "--", url, str(git_dir)]
        try:
            done = subprocess.run(command, env=_environment(_ONLINE), stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=limits.clone_seconds, check=False)  # fmt: skip
        except subprocess.TimeoutExpired:
            raise InputError(f"cloning took longer than {limits.clone_seconds:g} s", where=public(url),
                             remedy="clone it yourself and scan the folder") from None  # fmt: skip
        except FileNotFoundError:
            raise _no_git() from None
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
            raise InputError(f"git cannot clone: {lines[-1]}", where=public(url))
        yield git_dir


def _git(git_dir: Path, *arguments: str) -> str:
    return _run(str(git_dir), *arguments).stdout.decode("utf-8", "replace")


def _run(git_dir: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(_command(git_dir, *arguments), env=_environment(_OFFLINE), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)  # fmt: skip
    except FileNotFoundError:
        raise _no_git() from None


def ran(git_dir: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """A git command run to its end on a repository, with no network, no program of the repository's and no trust in it."""
    return _run(git_dir, *arguments)


def offline_command(git_dir: str, *arguments: str) -> list[str]:
    """The command line of git for a repository that is not trusted."""
    return _command(git_dir, *arguments)


def offline_environment() -> dict[str, str]:
    """The environment in which git reaches no network."""
    return _environment(_OFFLINE)


def online_environment() -> dict[str, str]:
    """The environment in which git may reach a server, and asks nobody for a password."""
    return _environment(_ONLINE)


def _no_git() -> InputError:
    return InputError("git is not installed", remedy="install git, or scan the folder with --no-git")


def _command(git_dir: str, *arguments: str) -> list[str]:
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    return ["git", f"--git-dir={git_dir}", "--no-pager", *settings, *arguments]


def _environment(chosen: dict[str, str]) -> dict[str, str]:
    """The caller's environment without its own git settings, which could name another repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | chosen


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _owner_and_name(remote: str, git_dir: Path) -> tuple[str | None, str]:
    """Owner and name of a repository from its remote, or from an "owner+name" or plain folder name."""
    if not remote.startswith("file://") and _URL.match(remote) and (match := _OWNER_AND_NAME.search(remote)):
        return match[1], match[2]
    folder = git_dir.resolve()
    for part in (folder.name, *(parent.name for parent in folder.parents)):
        if match := _MIRROR.match(part):
            return match[1], match[2]
    named = folder.parent if folder.name == ".git" else folder
    return None, shown(named.name.removesuffix(".git"))


def _web(remote: str, commit: str) -> str | None:
    match = _WEB.match(remote)
    if not match:
        return None
    tree = "-/blob" if match[1].startswith("gitlab") else "blob"
    return f"https://{match[1]}/{match[2]}/{tree}/{commit}"


def last_name(url: str) -> str:
    """The last part of an address, fit to name a folder."""
    last = url.rstrip("/").removesuffix(".git").rstrip("/").rpartition("/")[2]
    return re.sub(r"[^\w.-]", "-", last).strip(".-") or "repository"


def label_of(target: str) -> str:
    """A target fit to print and store: on one line, without a password.

    >>> label_of("https://me:secret@example.org/a.git"), label_of("papers//me@home")
    ('https://example.org/a.git', 'papers//me@home')
    """
    return shown(public(target) if is_url(target) else target)


def public(url: str) -> str:
    """An address without the user name and password in it.

    >>> public("https://me:p@ss@example.org/a.git")
    'https://example.org/a.git'
    """
    return re.sub(r"//[^/\s]*@", "//", url)
