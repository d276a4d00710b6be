"""Where documents come from: a folder, a file, standard input, an archive, a git repository or its address.

`plan` says what there is to read, without reading it; `read` reads it, one document at a time, in an order that is
always the same; `documents` does both. `read_entry` is a pure function of its entry, fit for another process. A
document that cannot be read becomes a FailedDocument and the next one follows.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from chipledger.core.errors import InputError, LimitError
from chipledger.core.records import FailedDocument
from chipledger.documents import archive, dump, folder, repository, snapshot_entries, warc
from chipledger.documents.blobs import read_blob
from chipledger.documents.column_names import Asked
from chipledger.documents.document import Document
from chipledger.documents.entry import (
    Blob,
    Cell,
    Entry,
    File,
    Held,
    Line,
    Lot,
    Member,
    Record,
    Skipped,
    shown,
)
from chipledger.documents.json_rows import read_line
from chipledger.documents.limits import Limits
from chipledger.documents.mirror import mirrors_in
from chipledger.documents.parquet_rows import read_cell
from chipledger.documents.parse import document_of, failed
from chipledger.documents.snapshot import is_snapshot
from chipledger.documents.warc_reading import read_record

STDIN = "-"

_MOST_KEPT = 20_000  # a few megabytes of names

Listed = Entry | FailedDocument | Skipped
Item = Listed | Lot
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
        notes: what was made of the target and should be told, each once.
    """

    target: str
    count: int
    total_bytes: int
    skipped: Mapping[str, int]
    limits: Limits
    items: Callable[[], Iterator[Item]] = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()

    def entries(self) -> Iterator[Entry | FailedDocument]:
        """What there is to read and what is known to be unreadable, in order, without what is passed over."""
        return (item for item in self.items() if not isinstance(item, Skipped | Lot))


@contextmanager
def planned(
    target: str, limits: Limits, *, stdin: BinaryIO | None = None, git: bool = True, rows: Asked | None = None
) -> Iterator[Plan]:
    """A plan of what a target holds; a clone made for it is gone when the plan is left.

    Args:
        target: a folder, a file, an archive, "-", a git directory, or a repository's address.
        limits: the bounds of reading.
        stdin: where "-" reads from.
        git: read a work tree's HEAD; False reads its files as they lie.
        rows: read Parquet and JSON Lines files row by row, by these columns; None does so for a Parquet file that is
            the target itself, by columns that are guessed.

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
        yield _weighed(target, limits, _path_items(target, limits, git, rows))


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
    if isinstance(entry.place, Cell):
        return read_cell(entry, limits)  # its size is the mean of its row group
    if over := limits.over_size(entry.name, entry.size_bytes):
        return failed(entry, "read", over)
    if isinstance(entry.place, Record):
        return read_record(entry, limits)
    if isinstance(entry.place, Line):
        return read_line(entry, limits)
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
    return document_of(content, entry, limits, entry.charset)


def _bytes_of(entry: Entry, limits: Limits) -> bytes | None:
    match entry.place:
        case File(path, sha256):
            content = folder.read_file(path, limits.bytes_of(entry.name))
            if sha256 and hashlib.sha256(content).hexdigest() != sha256:
                raise OSError("its bytes are no longer those that were fetched")
            return content
        case Held(content):
            return content
        case Member() as member:
            return archive.read_member(member)
        case Blob() as blob:
            return read_blob(blob)
        case Record() | Cell() | Line():
            raise AssertionError("read by a reader of its own")


def _weighed(target: str, limits: Limits, items: Callable[[bool], Iterator[Item]]) -> Plan:
    """The plan of a source; it is listed to weigh it, without the cost of dates.

    It is listed again to read it where dates or rows belong to it or where there is too much of it to keep.
    """
    count, total_bytes, skipped = 0, 0, Counter[str]()
    kept: list[Item] = []
    has_dates = False
    notes: dict[str, None] = {}
    for item in items(False):
        if isinstance(item, Lot):
            count, total_bytes, has_dates = count + item.rows, total_bytes + item.size_bytes, True
            notes[item.note] = None
        if len(kept) <= _MOST_KEPT:
            kept.append(item)
        if isinstance(item, Skipped):
            skipped[item.reason] += 1
        elif isinstance(item, Entry):
            count, total_bytes = count + 1, total_bytes + item.size_bytes
            has_dates = has_dates or isinstance(item.place, Blob)
    again = partial(items, True) if has_dates or len(kept) > _MOST_KEPT else partial(iter, tuple(kept))
    return Plan(target, count, total_bytes, dict(skipped), limits, again, tuple(notes))


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


def _path_items(
    target: str, limits: Limits, git: bool, rows: Asked | None
) -> Callable[[bool], Iterator[Item]]:
    path = Path(target)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
        is_there = is_folder or is_file or path.exists()
    except (OSError, ValueError) as error:
        raise InputError(f"cannot look at the path: {error}", where=shown(target)) from None
    if not is_there:
        raise InputError("no such file or folder", where=shown(target), remedy="check the path")
    if is_folder:
        return partial(_folder_items, path, limits, git, rows)
    if not is_file:
        raise InputError("neither a file nor a folder", where=shown(target), remedy="pipe it in and scan -")
    if dump.is_dump(path.name) and (rows or not dump.is_json_lines(path.name)):
        asked = rows or Asked()
        dump.columns_of(path, asked, path.name, limits)  # a mistake in the columns ends the run at once
        return lambda dated: dump.rows_of(path, shown(path.name), asked, limits, not dated)
    if is_container(path.name):
        return lambda dated: _contained(path, "", limits)
    return lambda dated: iter((folder.file_entry(str(path.resolve()), shown(target)),))


def is_container(name: str) -> bool:
    """Whether a file's name is that of a file that stands for the documents in it: an archive, a WARC file.

    >>> is_container("papers.zip"), is_container("crawl.warc.gz"), is_container("notes.md")
    (True, True, False)
    """
    return archive.is_archive(name) or warc.is_warc(name)


def _contained(path: Path, name: str, limits: Limits, file_name: str = "") -> Iterator[Listed]:
    is_warc = warc.is_warc(file_name or path.name)
    return warc.entries_in(path, name, limits) if is_warc else archive.entries_in(path, name, limits)


def snapshot_items(
    folder: Path, name: str, limits: Limits, target: str | None = None, since: date | None = None
) -> Iterator[Item]:
    """The documents of a snapshot, archives in it as their members.

    Args:
        folder: the snapshot.
        name: the name to show before each document's; "" for none.
        limits: the bounds of reading.
        target: only what was fetched for this target.
        since: and is on its list since this day.
    """

    def contained(path: Path, file_name: str, shown_name: str) -> Iterator[Listed] | None:
        return _contained(path, shown_name, limits, file_name) if is_container(file_name) else None

    return snapshot_entries.entries_of(folder, name, contained, target, since)


def _mirrored_items(folder: Path, name: str, limits: Limits, dated: bool) -> Iterator[Listed]:
    """The files at the HEAD of each repository that a snapshot keeps, under its owner's name and its own."""
    for git_dir in mirrors_in(folder):
        found = repository.repository_at(git_dir)
        if found is None:
            reason = "HEAD names no commit that is in the repository"
            yield FailedDocument(document=shown(git_dir.name), stage="git", reason=reason)
            continue
        own = [name, found.origin.organisation, found.origin.project]
        yield from repository.entries_at(found, "/".join(filter(None, own)), limits, dated)


@contextmanager
def planned_snapshot(
    folder: Path,
    target: str,
    limits: Limits,
    failures: Sequence[FailedDocument] = (),
    since: date | None = None,
) -> Iterator[Plan]:
    """A plan of what a snapshot holds for a target.

    Args:
        folder: the snapshot.
        target: what was fetched.
        limits: the bounds of reading.
        failures: what could not be fetched, to be told with the rest.
        since: only what stands on its list since this day; None reads all that ever did.

    Yields:
        The plan.
    """
    items = partial(snapshot_items, folder, "", limits, target, since)
    yield _weighed(target, limits, lambda dated: chain(failures, items()))


def _folder_items(path: Path, limits: Limits, git: bool, rows: Asked | None, dated: bool) -> Iterator[Item]:
    expand = partial(_expanded, limits, git, rows, dated)
    own = expand(path, "")
    holds = _holds_documents if rows else is_container
    return own if own is not None else folder.entries_under(path, "", expand, holds)


def _holds_documents(name: str) -> bool:
    return is_container(name) or dump.is_dump(name)


def _expanded(
    limits: Limits, git: bool, rows: Asked | None, dated: bool, path: Path, name: str
) -> Iterator[Item] | None:
    """A repository's files or an archive's members; None for a plain file or folder, or one that may not be looked into."""
    try:
        return _special(limits, git, rows, dated, path, name)
    except OSError:
        return None


def _special(
    limits: Limits, git: bool, rows: Asked | None, dated: bool, path: Path, name: str
) -> Iterator[Item] | None:
    if rows and dump.is_dump(path.name) and path.is_file():
        return dump.rows_of(path, name, rows, limits, not dated)
    if is_container(path.name) and path.is_file():
        return _contained(path, name, limits)
    if not path.is_dir():
        return None
    if is_snapshot(path):
        return chain(snapshot_items(path, name, limits), _mirrored_items(path, name, limits, dated))
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
