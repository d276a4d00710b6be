"""What a reader of stakes gives, and the rows of a CSV file one by one: a bad row is named, the rest is read.

A file of stakes is somebody else's: it may be half a million rows of a register or ten lines typed by hand. No row of it
stops the reading; each that cannot be used is a Reject with its line and why. Only a file that is no such file at all is an
InputError.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from chipledger.core.errors import InputError
from chipledger.parties.stake import Stake

Row = dict[str, str]
_LONGEST_CELL = 1 << 17


@dataclass(frozen=True, slots=True)
class Reject:
    """A row or statement that could not be used: where, and why."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


@dataclass(frozen=True, slots=True)
class Gap:
    """What a source says of why an owner is not told: a reporting exception, an owner left unspecified. It proves nothing."""

    party: str
    why: str


@dataclass(frozen=True, slots=True)
class StakesRead:
    """The stakes of a file.

    Args:
        stakes: in the order of the file.
        names: what the file calls the parties, by the id that the stakes use; organisations only.
        gaps: owners that the source says are not told.
        rejects: what could not be used.
        left_out: how many rows say something else than who holds what, by what they say.
        unclear: parties of ours that a word of the file may mean, where it fits several or one by a recalled or former name.
    """

    stakes: tuple[Stake, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    rejects: tuple[Reject, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    unclear: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, or of the one file inside a ZIP archive, as registers publish them.

    Args:
        path: the file.

    Raises:
        InputError: it cannot be read, or the archive holds none or several.
    """
    try:
        with path.open("rb") as stream:
            if stream.read(2) != b"PK":
                stream.seek(0)
                yield stream
                return
        with zipfile.ZipFile(path) as archive:
            inside = [one for one in archive.infolist() if not one.is_dir()]
            if len(inside) != 1:
                raise InputError(f"the archive holds {len(inside)} files", where=path.name, expected="one")
            with archive.open(inside[0]) as stream:
                yield stream
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read the stakes: {why}", where=str(path)) from None


def header_of(path: Path) -> tuple[str, ...]:
    """The columns of a CSV file, without blanks around them.

    Args:
        path: the file.

    Raises:
        InputError: it cannot be read or its first line is no header.
    """
    with opened(path) as stream:
        try:
            return tuple(name.strip() for name in next(csv.reader(_text(stream)), []))
        except csv.Error as error:
            raise InputError(f"not CSV: {error}", where=path.name) from None


def rows(path: Path, rejects: list[Reject]) -> Iterator[tuple[str, Row]]:
    """The rows of a CSV file by column, each with its place.

    Args:
        path: the file.
        rejects: to which rows that are no rows are added.

    Raises:
        InputError: the file cannot be read.
    """
    columns = header_of(path)
    with opened(path) as stream:
        reader = csv.reader(_text(stream))
        next(reader, None)
        while True:
            where = f"{path.name}:{reader.line_num + 1}"
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                rejects.append(Reject(where, f"not CSV: {error}"))
                continue
            if not any(cells):
                continue
            if len(cells) != len(columns):
                rejects.append(Reject(where, f"{len(cells)} cells under {len(columns)} columns"))
            elif any("\udc80" <= letter <= "\udcff" for cell in cells for letter in cell):
                rejects.append(Reject(where, "not UTF-8"))
            elif any(len(cell) >= _LONGEST_CELL for cell in cells):
                rejects.append(Reject(where, f"a cell of {_LONGEST_CELL:,} characters or more"))
            else:
                yield where, {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}


def _text(stream: IO[bytes]) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")


def made(where: str, fields: Mapping[str, Any], rejects: list[Reject]) -> Stake | None:
    """A stake from its fields, or None where they make none, which is told.

    Args:
        where: the row.
        fields: of a Stake.
        rejects: to which a bad row is added.
    """
    try:
        return Stake.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field_name = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        rejects.append(Reject(where, f"{field_name}: {said.lower()}" if field_name else said))
        return None
