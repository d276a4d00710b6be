"""The files under a folder, in sorted order, as entries.

Symbolic links are never followed, devices and pipes never opened, version control's own folders never entered; each
is passed over with its reason. What a subfolder is (a repository?) and what a file is (an archive?) is asked of the
caller's functions, so that this file knows only files.
"""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from chipledger.core.records import FailedDocument
from chipledger.documents.entry import Entry, File, Lot, Skipped, shown
from chipledger.documents.formats import is_binary_name

Item = Entry | FailedDocument | Skipped | Lot
Expand = Callable[[Path, str], Iterator[Item] | None]

_VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".bzr"})


def entries_under(
    folder: Path, name: str, expand: Expand, is_archive: Callable[[str], bool]
) -> Iterator[Item]:
    """The documents under a folder.

    Args:
        folder: where to look.
        name: the name to show before each path; "" for none.
        expand: given a path and its name, the items that it stands for (an archive's members, a repository's
            files), or None where it is a plain file or folder; asked of folders and archives.
        is_archive: whether a file's name is that of a file that holds documents: an archive's.

    Yields:
        Entries in sorted order, what is passed over, and a FailedDocument for a folder that cannot be listed.
    """
    waiting = [(str(folder), name)]
    while waiting:
        path, path_name = waiting.pop()
        try:
            with os.scandir(path) as listing:
                found = sorted(listing, key=lambda item: os.fsencode(item.name))
        except OSError as error:
            yield FailedDocument(document=path_name or shown(path), stage="list", reason=_reason(error))
            continue
        folders = []
        for item in found:
            item_name = f"{path_name}/{shown(item.name)}" if path_name else shown(item.name)
            if item.is_dir(follow_symlinks=False) and item.name not in _VERSION_CONTROL:
                expanded = expand(Path(item.path), item_name)
                if expanded is None:
                    folders.append((item.path, item_name))
                else:
                    yield from expanded
            else:
                yield from _file(item, item_name, expand, is_archive)
        waiting.extend(reversed(folders))


def _file(
    item: "os.DirEntry[str]", name: str, expand: Expand, is_archive: Callable[[str], bool]
) -> Iterator[Item]:
    if item.is_symlink():
        yield Skipped(name, "symbolic link")
    elif item.name in _VERSION_CONTROL:
        yield Skipped(name, "version control")
    elif not item.is_file(follow_symlinks=False):
        yield Skipped(name, "special file")
    elif is_archive(item.name) and (expanded := expand(Path(item.path), name)) is not None:
        yield from expanded
    elif is_binary_name(item.name):
        yield Skipped(name, "binary")
    else:
        yield file_entry(item.path, name)


def file_entry(path: str, name: str) -> Entry | FailedDocument:
    """The entry of one file, or why it cannot be looked at."""
    try:
        status = os.lstat(path)
    except OSError as error:
        return FailedDocument(document=name, stage="read", reason=_reason(error))
    key = f"file {path} {status.st_size}:{status.st_mtime_ns}"
    return Entry(name=name, key=key, size_bytes=status.st_size, place=File(path), path=name)


def read_file(path: str, limit_bytes: int) -> bytes:
    """A file's bytes, at most one more than the limit.

    Args:
        path: the file.
        limit_bytes: what the caller accepts; a longer answer tells that the file is larger.

    Raises:
        OSError: it cannot be opened or is no regular file.
        InterruptedError: it changed while it was read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(0, "no regular file")
        content = _read(descriptor, before.st_size, min(before.st_size, limit_bytes) + 1)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    is_same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if not is_same or (len(content) != before.st_size <= limit_bytes):
        raise InterruptedError(0, "changed while it was read; scan again")
    return content


def _read(descriptor: int, size_bytes: int, most_bytes: int) -> bytes:
    """At most so many bytes of a file; one that holds as many as it says is read at once."""
    pieces = [os.read(descriptor, most_bytes)]
    got = len(pieces[0])
    while pieces[-1] and got != size_bytes and got < most_bytes:
        pieces.append(os.read(descriptor, most_bytes - got))
        got += len(pieces[-1])
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
