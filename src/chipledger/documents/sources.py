"""Where documents come from: a folder, a file, standard input, an archive, a git repository or its address.

`plan` says what there is to read, without reading it; `read` reads it, one document at a time, in an order that is
always the same; `documents` does both. `read_entry` is a pure function of its entry, fit for another process. A
document that cannot be read becomes a FailedDocument and the next one follows.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from chipledger.core.errors import InputError, LimitError
from chipledger.core.records import FailedDocument
from chipledger.documents import archive, folder, repository
from chipledger.documents.blobs import read_blob
from chipledger.documents.document import Document
from chipledger.documents.entry import Blob, Entry, File, Held, Member, Skipped, shown
from chipledger.documents.limits import Limits
from chipledger.documents.parse import document_of, failed

STDIN = "-"

_MOST_KEPT = 20_000  # a few megabytes of names

Item = Entry | FailedDocument | Skipped
Skip = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to read, weighed but not read.

    Args:
        target: what was asked for.
        count: how many documents.
        total_bytes: how large they are together, as listed.
        skipped: how many names are passed over, by reason ("binary", "symbolic link", …).
        limits: the bounds it was made under.
        items: the entries again from the start, with what cannot be read and what is passed over among them.
    """

    target: str
    count: int
    total_bytes: int
    skipped: Mapping[str, int]
    limits: Limits
    items: Callable[[], Iterator[Item]] = field(repr=False, compare=False)

    def entries(self) -> Iterator[Entry | FailedDocument]:
        """What there is to read and what is known to be unreadable, in order, without what is passed over."""
        return (item for item in self.items() if not isinstance(item, Skipped))


@contextmanager
def planned(
    target: str, limits: Limits, *, stdin: BinaryIO | None = None, git: bool = True
) -> Iterator[Plan]:
    """A plan of what a target holds; a clone made for it is gone when the plan is left.

    Args:
        target: a folder, a file, an archive, "-", a git directory, or a repository's address.
        limits: the bounds of reading.
        stdin: where "-" reads from.
        git: read a work tree's HEAD; False reads its files as they lie.

    Yields:
        The plan.

    Raises:
        InputError: the path is missing or is nothing that can be read, or cloning failed.
    """
    if target == STDIN:
        yield _weighed(target, limits, _stdin_items(stdin, limits))
    elif repository.is_url(target):
        with repository.cloned(target, limits) as git_dir:
            yield _weighed(target, limits, _clone_items(target, git_dir, limits))
    else:
        yield _weighed(target, limits, _path_items(target, limits, git))


def documents(
    target: str,
    limits: Limits | None = None,
    *,
    stdin: BinaryIO | None = None,
    git: bool = True,
    skip: Skip | None = None,
) -> Iterator[Document | FailedDocument]:
    """The documents of a target, one after another.

    Args:
        target: a folder, a file, an archive, "-", a git directory, or a repository's address.
        limits: the bounds of reading; the defaults of Limits where left out.
        stdin: where "-" reads from.
        git: read a work tree's HEAD; False reads its files as they lie.
        skip: told an entry's key, whether to leave it out (read before and unchanged).

    Raises:
        InputError: as for `planned`.
    """
    with planned(target, limits or Limits(), stdin=stdin, git=git) as plan:
        yield from read(plan, skip=skip)


def read(plan: Plan, *, skip: Skip | None = None) -> Iterator[Document | FailedDocument]:
    """The documents of a plan, one after another.

    Args:
        plan: what there is to read.
        skip: told an entry's key, whether to leave it out.
    """
    for item in plan.entries():
        if isinstance(item, FailedDocument):
            yield item
        elif skip is None or not skip(item.key):
            yield read_entry(item, plan.limits)


def read_entry(entry: Entry, limits: Limits) -> Document | FailedDocument:
    """The document of an entry, or why it cannot be read.

    Args:
        entry: what to read.
        limits: what it may ask for.

    >>> read_entry(Entry(name="a.md", key="", size_bytes=3, place=Held(b"H20")), Limits()).text
    'H20'
    """
    if over := limits.over_size(entry.name, entry.size_bytes):
        return failed(entry, "read", over)
    try:
        content = _bytes_of(entry, limits)
    except LimitError as error:
        return failed(entry, "read", str(error))
    except OSError as error:
        return failed(entry, "read", (error.strerror or str(error) or type(error).__name__).lower())
    except archive.DAMAGE as error:
        return failed(entry, "archive", archive.why(error))
    if content is None:
        return failed(entry, "git", "an object is missing from the repository")
    if over := limits.over_size(entry.name, len(content)):
        return failed(entry, "read", over)
    return document_of(content, entry, limits)


def _bytes_of(entry: Entry, limits: Limits) -> bytes | None:
    match entry.place:
        case File(path):
            return folder.read_file(path, limits.bytes_of(entry.name))
        case Held(content):
            return content
        case Member() as member:
            return archive.read_member(member)
        case Blob() as blob:
            return read_blob(blob)


def _weighed(target: str, limits: Limits, items: Callable[[bool], Iterator[Item]]) -> Plan:
    """The plan of a source; it is listed to weigh it, without the cost of dates.

    It is listed again to read it where dates belong to it or where there is too much of it to keep.
    """
    count, total_bytes, skipped = 0, 0, Counter[str]()
    kept: list[Item] = []
    has_dates = False
    for item in items(False):
        if len(kept) <= _MOST_KEPT:
            kept.append(item)
        if isinstance(item, Skipped):
            skipped[item.reason] += 1
        elif isinstance(item, Entry):
            count, total_bytes = count + 1, total_bytes + item.size_bytes
            has_dates = has_dates or isinstance(item.place, Blob)
    again = partial(items, True) if has_dates or len(kept) > _MOST_KEPT else partial(iter, tuple(kept))
    return Plan(target, count, total_bytes, dict(skipped), limits, again)


def _stdin_items(stdin: BinaryIO | None, limits: Limits) -> Callable[[bool], Iterator[Item]]:
    if stdin is None:
        raise InputError("nothing to read on standard input", where=STDIN, expected="a document piped in")
    content = stdin.read(limits.document_bytes + 1)
    entry = Entry(name=STDIN, key="stdin", size_bytes=len(content), place=Held(content))
    return lambda dated: iter((entry,))


def _clone_items(target: str, git_dir: Path, limits: Limits) -> Callable[[bool], Iterator[Item]]:
    found = repository.repository_at(git_dir)
    if found is None:
        raise InputError("the repository has no commit", where=target)
    return partial(repository.entries_at, found, "", limits)


def _path_items(target: str, limits: Limits, git: bool) -> Callable[[bool], Iterator[Item]]:
    path = Path(target)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
        is_there = is_folder or is_file or path.exists()
    except (OSError, ValueError) as error:
        raise InputError(f"cannot look at the path: {error}", where=shown(target)) from None
    if not is_there:
        raise InputError("no such file or folder", where=shown(target), remedy="check the path")
    if is_folder:
        return partial(_folder_items, path, limits, git)
    if not is_file:
        raise InputError("neither a file nor a folder", where=shown(target), remedy="pipe it in and scan -")
    if archive.is_archive(path.name):
        return lambda dated: archive.entries_in(path, "", limits)
    return lambda dated: iter((folder.file_entry(str(path.resolve()), shown(target)),))


def _folder_items(path: Path, limits: Limits, git: bool, dated: bool) -> Iterator[Item]:
    expand = partial(_expanded, limits, git, dated)
    own = expand(path, "")
    return own if own is not None else folder.entries_under(path, "", expand, archive.is_archive)


def _expanded(limits: Limits, git: bool, dated: bool, path: Path, name: str) -> Iterator[Item] | None:
    """A repository's files or an archive's members; None for a plain file or folder, or one that may not be looked into."""
    try:
        return _special(limits, git, dated, path, name)
    except OSError:
        return None


def _special(limits: Limits, git: bool, dated: bool, path: Path, name: str) -> Iterator[Item] | None:
    if archive.is_archive(path.name) and path.is_file():
        return archive.entries_in(path, name, limits)
    if not path.is_dir():
        return None
    git_dir = repository.git_dir_of(path)
    is_bare = git_dir == path
    if git_dir is None or not (git or is_bare):
        return None
    found = repository.repository_at(git_dir)
    if found is not None:
        return repository.entries_at(found, name, limits, dated)
    if is_bare:
        reason = "HEAD names no commit that is in the repository"
        return iter((FailedDocument(document=name or shown(str(path)), stage="git", reason=reason),))
    return None
