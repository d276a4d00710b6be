"""A folder that keeps what was fetched: bytes by their sha256, and an index with a row a fetch.

`writing` opens it for one writer; a `SnapshotWriter` receives bytes and keeps them with a `Fetched` row that says what
was asked, where it lay, when, under which licence. `Snapshot` reads. Bytes are moved into place whole, a row is added in
one transaction after them: a kill leaves nothing half-written. A page that has not changed keeps one row and a later
`last_seen_on`; one that has changed gets a second row and the first stays, since what was deleted is evidence too.
`snapshot_entries` turns the rows into entries to read.

Nothing waits for the disk: bytes that a power cut took with it no longer have their size or hash, and are fetched anew.
"""

import fcntl
import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

from chipledger.core.errors import InputError, LimitError
from chipledger.documents.limits import MIB

INDEX, BYTES, PARTIAL, LOCK = "index.sqlite", "bytes", "partial", "lock"
VERSION = 1
DOCUMENT, METADATA = "document", "metadata"
"""What a row is for: to be read as evidence, or kept beside it to say whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One fetch: what was asked for, what came, and what is known of it.

    Args:
        connector: which one fetched it (web, arxiv, hub, …).
        item: what was asked for, by a name that stays the same ("arxiv:2411.02265v3/source").
        name: the document's name shown to people, with the extension that tells its format.
        url: the address asked.
        fetched_on: the day on which these bytes first came.
        last_seen_on: the day on which the source last gave or confirmed them.
        final_url: the address that answered, after redirects.
        shown_url: where people can see it, if that is another address.
        sha256: of the bytes, in hex.
        size_bytes: how many.
        media_type: as the server says.
        status: of HTTP.
        etag, last_modified: validators, as the server gave them.
        licence: as its source states it (an SPDX id, a name or an address).
        published_on: the day of publication of this version.
        published_from: how that day is known ("arXiv version list", "JSON-LD of the page").
        organisation: whose document it is, where its source says so.
        project: what it belongs to (a model, a paper).
        revision: commit or version.
        kind: DOCUMENT or METADATA.
        note: what a reader should know ("unpacked from gzip").
    """

    connector: str
    item: str
    name: str
    url: str
    fetched_on: date
    last_seen_on: date
    final_url: str | None = None
    shown_url: str | None = None
    sha256: str = ""
    size_bytes: int = 0
    media_type: str | None = None
    status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    licence: str | None = None
    published_on: date | None = None
    published_from: str | None = None
    organisation: str | None = None
    project: str | None = None
    revision: str | None = None
    kind: str = DOCUMENT
    note: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in ((name, getattr(self, name)) for name in _NAMES)
        }


_NAMES = tuple(field.name for field in fields(Fetched))
_DAYS = ("fetched_on", "last_seen_on", "published_on")
_COLUMNS = ", ".join(_NAMES)
_TABLES = f"""
CREATE TABLE IF NOT EXISTS fetches (number INTEGER PRIMARY KEY, {
    ", ".join(name + (" INTEGER" if name in ("size_bytes", "status") else " TEXT") for name in _NAMES)
});
CREATE INDEX IF NOT EXISTS fetches_item ON fetches (item, number);
CREATE TABLE IF NOT EXISTS listed (target TEXT, item TEXT, listed_on TEXT, PRIMARY KEY (target, item)) WITHOUT ROWID;
"""
_ADD = f"INSERT INTO fetches ({_COLUMNS}) VALUES ({', '.join('?' * len(_NAMES))})"
_OF_TARGET = "WHERE item IN (SELECT item FROM listed WHERE target = ? AND listed_on >= ?)"


def is_snapshot(folder: Path) -> bool:
    """Whether a folder is a snapshot.

    >>> is_snapshot(Path("no/such/folder"))
    False
    """
    if not os.path.lexists(f"{folder}/{INDEX}"):
        return False  # asked of every folder of a tree
    return (folder / INDEX).is_file() and (folder / BYTES).is_dir()


class Snapshot:
    """A snapshot opened for reading.

    Args:
        folder: where it lies.

    Raises:
        InputError: it is none, of a newer version, or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not is_snapshot(folder):
            raise InputError(
                "no snapshot in this folder", where=str(folder), remedy="make one with `chipledger fetch`"
            )
        self._index = _opened(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index."""
        self._index.close()

    def path_of(self, sha256: str) -> Path:
        """The file that holds bytes of this sha256."""
        return self.folder / BYTES / sha256[:2] / sha256

    def newest(self, item: str) -> Fetched | None:
        """The latest fetch of an item, if there is one and its bytes are there."""
        asked = f"SELECT {_COLUMNS} FROM fetches WHERE item = ? ORDER BY number DESC LIMIT 1"
        row = self._index.execute(asked, (item,)).fetchone()
        found = _fetched(row) if row else None
        return found if found and self._is_whole(found) else None

    def _is_whole(self, row: Fetched) -> bool:
        """Whether the bytes of a row are there: after a power cut a file may be, and its end not."""
        try:
            return self.path_of(row.sha256).stat().st_size == row.size_bytes
        except OSError:
            return False

    def fetches(self, target: str | None = None, since: date | None = None) -> Iterator[Fetched]:
        """Every row, in the order of names and then of time.

        Args:
            target: only what was listed for this target.
            since: on this day or later.
        """
        where, given = (
            ("", ()) if target is None else (_OF_TARGET, (target, since.isoformat() if since else ""))
        )
        asked = f"SELECT {_COLUMNS} FROM fetches {where} ORDER BY name, item, number"
        return map(_fetched, self._index.execute(asked, given))

    def targets(self) -> list[str]:
        """What was asked for so far, sorted."""
        return [row[0] for row in self._index.execute("SELECT DISTINCT target FROM listed ORDER BY target")]

    def content(self, fetched: Fetched) -> bytes:
        """The bytes of a fetch.

        Raises:
            OSError: they are not there.
        """
        return self.path_of(fetched.sha256).read_bytes()


class Sink:
    """Takes bytes as they come, counts and hashes them, and refuses more than it may hold.

    Args:
        path: the file to write.
        most_bytes: the bound.
    """

    def __init__(self, path: Path, most_bytes: int) -> None:
        self.path, self.most_bytes, self.size_bytes = path, most_bytes, 0
        self._hash, self._file = hashlib.sha256(), path.open("wb")

    @property
    def sha256(self) -> str:
        """The hash of what has come."""
        return self._hash.hexdigest()

    def write(self, piece: bytes) -> None:
        """Take some bytes.

        Raises:
            LimitError: more came than may be kept.
        """
        self.size_bytes += len(piece)
        if self.size_bytes > self.most_bytes:
            raise LimitError(f"more than {self.most_bytes / 1e6:.1f} MB came; raise it with --max-bytes")
        self._hash.update(piece)
        self._file.write(piece)

    def restart(self) -> None:
        """Forget what came: another try begins, or other bytes take their place."""
        self._file.seek(0)
        self._file.truncate()
        self.size_bytes, self._hash = 0, hashlib.sha256()

    def content(self) -> bytes:
        """All that has come."""
        self._file.flush()
        return self.path.read_bytes()

    def end(self) -> None:
        """No more comes."""
        self._file.close()

    def drop(self) -> None:
        """Close and remove what is left."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class SnapshotWriter(Snapshot):
    """A snapshot opened by its one writer; made by `writing`.

    Args:
        folder: where it lies.
        lock: the open file that is locked while it is written to.
    """

    def __init__(self, folder: Path, lock: int) -> None:
        super().__init__(folder)
        self.lock = lock

    @contextmanager
    def receiving(self, most_bytes: int = 128 * MIB) -> Iterator[Sink]:
        """A place for bytes to come into; what is not kept is gone after.

        Args:
            most_bytes: how many may come.
        """
        descriptor, name = tempfile.mkstemp(dir=self.folder / PARTIAL)
        os.close(descriptor)
        sink = Sink(Path(name), most_bytes)
        try:
            yield sink
        finally:
            sink.drop()

    def keep(self, sink: Sink, fetched: Fetched) -> Fetched:
        """Keep what has come.

        Args:
            sink: holds the bytes.
            fetched: what is known of them, but for hash and size.

        Returns:
            The row as kept; of bytes that were there before, the first day on which they came.
        """
        row = replace(fetched, sha256=sink.sha256, size_bytes=sink.size_bytes)
        held = self.newest(row.item)
        at = self.path_of(row.sha256)
        if not self._is_whole(row):
            sink.end()
            at.parent.mkdir(exist_ok=True)
            sink.path.replace(at)
        if held and held.sha256 == row.sha256:
            return self._renew(replace(row, fetched_on=min(held.fetched_on, row.fetched_on)))
        with self._index:
            self._index.execute(_ADD, _values(row))
        return row

    def see_again(self, held: Fetched, on: date) -> Fetched:
        """Note that the source still holds these bytes.

        Args:
            held: the newest row of its item.
            on: the day.
        """
        return self._renew(replace(held, last_seen_on=max(held.last_seen_on, on)))

    def note_listed(self, target: str, items: Iterable[str], on: date) -> None:
        """Note which items a target stands for.

        Args:
            target: what was asked for.
            items: what was listed for it.
            on: the day.
        """
        rows = [(target, item, on.isoformat()) for item in items]
        with self._index:
            self._index.executemany("INSERT OR REPLACE INTO listed VALUES (?, ?, ?)", rows)

    def _renew(self, row: Fetched) -> Fetched:
        changed = ", ".join(f"{name} = ?" for name in _NAMES)
        newest = "SELECT max(number) FROM fetches WHERE item = ?"
        with self._index:
            self._index.execute(
                f"UPDATE fetches SET {changed} WHERE number = ({newest})", (*_values(row), row.item)
            )
        return row


@contextmanager
def writing(folder: Path) -> Iterator[SnapshotWriter]:
    """A snapshot for its one writer; made where there is none.

    Args:
        folder: where it lies or is to lie.

    Raises:
        InputError: the folder holds other things, cannot be written, or another process writes to it.

    >>> with tempfile.TemporaryDirectory() as folder, writing(Path(folder)) as snapshot:
    ...     with snapshot.receiving() as sink:
    ...         sink.write(b"64 H20")
    ...         day = date(2026, 11, 25)
    ...         row = snapshot.keep(sink, Fetched(connector="web", item="https://a.org/x", name="a.org/x.txt",
    ...             url="https://a.org/x", fetched_on=day, last_seen_on=day))
    ...     snapshot.content(row), [one.size_bytes for one in snapshot.fetches()]
    (b'64 H20', [6])
    """
    try:
        _make(folder)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise InputError(f"cannot write the snapshot: {error.strerror}", where=str(folder)) from None
    try:
        _lock(lock, folder)
        _clear_and_lay_out(folder)
        with SnapshotWriter(folder, lock) as writer:
            yield writer
    except sqlite3.Error as error:
        raise InputError(
            f"the snapshot's index cannot be written: {error}", where=str(folder / INDEX)
        ) from None
    finally:
        os.close(lock)


def _clear_and_lay_out(folder: Path) -> None:
    for left in (folder / PARTIAL).iterdir():  # by a writer that was killed
        with suppress(OSError):
            left.unlink()
    with closing(sqlite3.connect(folder / INDEX)) as index, index:
        index.execute("PRAGMA journal_mode = WAL")
        index.executescript(_TABLES)
        if not index.execute("PRAGMA user_version").fetchone()[0]:
            index.execute(f"PRAGMA user_version = {VERSION}")


def _make(folder: Path) -> None:
    if folder.is_dir() and not is_snapshot(folder) and not (folder / LOCK).exists() and any(folder.iterdir()):
        raise InputError(
            "the folder holds other things and is no snapshot", where=str(folder),
            remedy="name an empty folder or one that does not exist",
        )  # fmt: skip
    for name in (BYTES, PARTIAL):
        (folder / name).mkdir(parents=True, exist_ok=True)


def _lock(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise InputError(
            "another process writes to this snapshot", where=str(folder), remedy="wait until it has ended"
        ) from None


def _opened(folder: Path) -> sqlite3.Connection:
    try:
        index = _connected(folder / INDEX)
        index.execute("PRAGMA synchronous = NORMAL")
        version = index.execute("PRAGMA user_version").fetchone()[0]
        index.execute("SELECT count(*) FROM fetches WHERE number < 0")
    except sqlite3.Error as error:
        raise InputError(f"the snapshot's index cannot be read: {error}", where=str(folder / INDEX)) from None
    if version > VERSION:
        raise InputError(
            f"the snapshot is of version {version}, newer than this program knows", where=str(folder),
            expected=f"version {VERSION}", remedy="install a newer chipledger",
        )  # fmt: skip
    return index


def _connected(path: Path) -> sqlite3.Connection:
    """The index; on a disk that cannot be written as it lies there."""
    index = sqlite3.connect(path, timeout=30)
    try:
        index.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError:
        index.close()
        index = sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)
    return index


def _values(row: Fetched) -> tuple[Any, ...]:
    return tuple(
        value.isoformat() if isinstance(value, date) else value
        for value in (getattr(row, name) for name in _NAMES)
    )


def _fetched(row: tuple[Any, ...]) -> Fetched:
    given = dict(zip(_NAMES, row, strict=True))
    given |= {name: date.fromisoformat(given[name]) if given[name] else None for name in _DAYS}
    return Fetched(**given)
