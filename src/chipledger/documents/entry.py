"""What a source lists before anything is read: entries, and what it passes over.

An `Entry` names one document, how large it is and where its bytes lie; it pickles, so that another process may read
it. `Skipped` is a name passed over with the reason, for the tally.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from chipledger.core.sending import quick_to_send
from chipledger.documents.columns import Columns

_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
)  # controls and overrides of direction


def shown(name: str) -> str:
    """A file's name fit to print and store on one line: odd bytes, control characters, overrides of direction as escapes.

    >>> shown("a\\nb.md"), shown("caf\\udce9.md"), shown("\\u202egpj.md")
    ('a\\\\x0ab.md', 'caf\\\\xe9.md', '\\\\u202egpj.md')
    """
    if name.isascii() and name.isprintable():
        return name  # nearly all names
    valid = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return _UNPRINTABLE.sub(escaped, valid)


def escaped(match: re.Match[str]) -> str:
    """A character by its number, as Python writes it."""
    return match[0].encode("unicode_escape").decode() if match[0] > "\xff" else f"\\x{ord(match[0]):02x}"


@dataclass(frozen=True, slots=True)
class File:
    """Bytes in a file of the machine; of a snapshot, those of this sha256 and no others."""

    path: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes already in memory (standard input)."""

    content: bytes


@quick_to_send
@dataclass(frozen=True, slots=True)
class Member:
    """Bytes in an archive; `chain` leads through archives inside it to the member, as (where, size_bytes) steps.

    `where` is the number of the member in a zip's directory, or the offset of its bytes in a tar's stream.
    """

    archive: str
    chain: tuple[tuple[int, int], ...]


@quick_to_send
@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in a git repository."""

    git_dir: str
    object_id: str


@dataclass(frozen=True, slots=True)
class Record:
    """Bytes in a WARC file: at the offset `start`; or, where reading cannot begin there, after `skip` documents from it."""

    warc: str
    start: int
    skip: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """Text in a row of a Parquet file: row `row` of the row group `group`, read by batches of `batch_rows`."""

    dump: str
    group: int
    row: int
    batch_rows: int
    columns: Columns


@dataclass(frozen=True, slots=True)
class Line:
    """Text in a row of a JSON Lines file: `size_bytes` from the offset `start` of its decompressed bytes."""

    dump: str
    start: int
    size_bytes: int
    columns: Columns


Place = File | Held | Member | Blob | Record | Cell | Line


@quick_to_send
@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The repository and commit that documents come from, or the address that they were fetched from.

    Args:
        commit: full hash.
        seen_on: the day of that commit.
        organisation: owner of the repository.
        project: name of the repository.
        web: address to which a path is added to show a file, or None.
        url: the address of this document alone, where it was fetched by itself.
        licence: as the source states it.
        fetched_on: the day on which these bytes first came from there; `seen_on` is then the day of the last look.
        is_page: the bytes are a web page with whatever surrounds its main content.
    """

    commit: str | None = None
    seen_on: date | None = None
    organisation: str | None = None
    project: str | None = None
    web: str | None = None
    url: str | None = None
    licence: str | None = None
    fetched_on: date | None = None
    is_page: bool = False


@quick_to_send
@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document to read.

    Args:
        name: the name shown to people.
        key: stays the same as long as the bytes do, as far as that can be told without reading them.
        size_bytes: the size as listed.
        place: where the bytes lie.
        path: the path inside folder, archive or repository.
        origin: the repository, where there is one.
        published_on: the day of the last commit that changed the file.
        format: a format name of `formats`, where the source says what the name does not.
        charset: the encoding that came with the bytes, as a web server names it.
    """

    name: str
    key: str
    size_bytes: int
    place: Place
    path: str | None = None
    origin: Origin = Origin()
    published_on: date | None = None
    format: str | None = None
    charset: str | None = None


class Lot(NamedTuple):
    """Documents that are weighed together before they are listed one by one, and what is to be told of them."""

    rows: int
    size_bytes: int
    note: str


class Skipped(NamedTuple):
    """A name that is passed over, and why ("binary", "symbolic link", …)."""

    name: str
    reason: str
