"""Reads the Consolidated Screening List: JSON, CSV or TSV as published, and the compact projection made of it.

Takes a file; gives its entries, each with the list it stands on, its names, countries and list events, and every flaw that
was met. A row that cannot be used is named and left out and the rest is read; a row whose day cannot be read is kept without
it, because to drop a listed party is the worse error. No network: the file is the user's own, of a day that the user names
where the file does not.

Source: the columns of data.trade.gov's downloadable consolidated_screening_list, v1.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from chipledger.core.collecting import uncollected
from chipledger.core.errors import InputError
from chipledger.core.records import content_id
from chipledger.parties.federal_register import citations
from chipledger.parties.lists import by_code
from chipledger.parties.party import ListAction, ListEvent

LARGEST_BYTES = 512 << 20
LONGEST_NAME = 1000
_CODE = re.compile(r"\(([A-Za-z][A-Za-z0-9 -]*)\)")
_COUNTRY = re.compile(r"\b([A-Z]{2})\s*$")
_AMERICAN_DAY = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b")
_FOOTNOTE = re.compile(
    r"734\.9\(e\)(?:\(\d\))?\s?([145])\b|734\.9\(g\),?\s?(3)\b|\bEAR\.?\)?\.?\s?([145])\.?\s*$"
)
_ALSO_KNOWN = re.compile(r"\ba\.k\.a\b", re.IGNORECASE)
_NOT_A_NAME = re.compile(r"and any (?:successor|sub-unit|subsidiar)")
_NO_TEXT = re.compile("[\ud800-\udfff]")  # bytes that are not UTF-8
_COLUMNS = ("source", "name", "alt_names", "addresses")


@dataclass(frozen=True, slots=True)
class Flaw:
    """What was wrong with a row.

    Args:
        row: its number, the first being 1; the line of a CSV file.
        name: what it calls itself, where that could be read.
        reason: what was wrong.
        is_kept: whether the row was read all the same, without the part at fault.
    """

    row: int
    name: str | None
    reason: str
    is_kept: bool = False

    def __str__(self) -> str:
        named = f" ({self.name[:60]!r})" if self.name else ""
        return f"row {self.row}{named}: {self.reason}" + ("; kept without it" if self.is_kept else "")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a list.

    Args:
        id: made of the list and the name.
        list: id of the list.
        names: the name as printed, then its aliases.
        countries: of its addresses, ISO 3166 alpha-2.
        type: "Entity", "Individual", "Vessel", "Aircraft"; None where the list does not say.
        start: the day from which the list says that it counts.
        end: the last day, where the list says one.
        notice: the Federal Register notice as printed.
        license_requirement: as printed; `review_policy` likewise.
        programs: under which it stands there.
        as_of: the day of the list.
        row: where it stands in the file.
    """

    id: str
    list: str
    names: tuple[str, ...]
    countries: tuple[str, ...] = ()
    type: str | None = None
    start: date | None = None
    end: date | None = None
    notice: str | None = None
    license_requirement: str | None = None
    review_policy: str | None = None
    programs: tuple[str, ...] = ()
    as_of: date | None = None
    row: int = 0

    @property
    def country(self) -> str | None:
        """The country of its addresses, where they name one only."""
        return self.countries[0] if len(self.countries) == 1 else None

    @property
    def events(self) -> tuple[ListEvent, ...]:
        """What the row tells of its past: the listing, later changes by their notices, the end."""
        documents: tuple[str | None, ...] = citations(self.notice) or (None,)
        first = documents[0]
        last = len(documents) - 1
        events = [
            ListEvent(
                list=self.list, action=ListAction.MODIFIED if at else ListAction.ADDED, document=document,
                effective_on=None if at else self.start, published_on=None if at or first else _american_day(self.notice),
                seen_on=self.as_of, name=self.names[0] if at in (0, last) else None,
                license_requirement=self.license_requirement if at == last else None,
                review_policy=self.review_policy if at == last else None,
                footnotes=footnotes(self.license_requirement) if at == last else (),
            )
            for at, document in enumerate(documents)
        ]  # fmt: skip
        if self.end:
            over = self.end + timedelta(days=1)
            events.append(ListEvent(list=self.list, action=ListAction.REMOVED, effective_on=over))
        return tuple(events)


@dataclass(frozen=True, slots=True)
class ListFile:
    """What a file of lists holds.

    Args:
        entries: the rows that could be read.
        flaws: what was wrong with others.
        rows: how many rows there were.
        as_of: the day of the list, where it is known.
    """

    entries: tuple[Entry, ...]
    flaws: tuple[Flaw, ...]
    rows: int
    as_of: date | None

    @property
    def rejected(self) -> int:
        """How many rows were left out."""
        return sum(not flaw.is_kept for flaw in self.flaws)


def footnotes(license_requirement: str | None) -> tuple[int, ...]:
    """The footnotes of the Entity List that a license requirement bears, as far as they are foreign-direct-product rules.

    >>> footnotes("For all items subject to the EAR, see §§ 734.9(e)1 and 744.11 of the EAR2")
    (1,)
    >>> footnotes("For all items subject to the EAR. (See §§ 734.9(e)(2) and 744.11 of the EAR) 4")
    (4,)
    """
    found = _FOOTNOTE.findall(license_requirement or "")
    return tuple(sorted({int(mark) for marks in found for mark in marks if mark}))


@uncollected()
def read_csl(path: str | Path, lists: Iterable[str] | None = None, as_of: date | None = None) -> ListFile:
    """Entries of a Consolidated Screening List file.

    Args:
        path: JSON, CSV or TSV as published, or the compact projection.
        lists: ids of the lists wanted; None for all.
        as_of: the day on which the file was made, where it does not say so itself.

    Returns:
        What could be read, and what could not.

    Raises:
        InputError: the file is missing, too large, empty, or no such list.
    """
    path = Path(path)
    wanted = None if lists is None else frozenset(lists)
    text = _text(path)
    head = text[:4096].lstrip("\ufeff \t\r\n")
    if not head:
        raise InputError(
            "the list file is empty", where=path.name, expected="the Consolidated Screening List"
        )
    if head[0] in "{[":
        rows, day = _json_rows(text, path)
    else:
        rows, day = _csv_rows(text, path), None
    return _read(rows, wanted, as_of or day)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"more than {LARGEST_BYTES} bytes", where=path.name, expected="a list file")
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise InputError(f"cannot read the list file: {error.strerror}", where=str(path)) from None


@dataclass(frozen=True, slots=True)
class _Row:
    """A row before it is checked: its number, its fields by the official names, what broke it, fields that it says twice."""

    number: int
    fields: Mapping[str, Any] | None
    broken: str | None = None
    twice: tuple[str, ...] = ()


def _read(rows: Iterable[_Row], wanted: frozenset[str] | None, as_of: date | None) -> ListFile:
    entries: list[Entry] = []
    flaws: list[Flaw] = []
    codes = {code.casefold(): name for code, name in by_code().items()}
    count = 0
    for row in rows:
        count += 1
        if row.fields is None:
            flaws.append(Flaw(row.number, None, row.broken or "cannot be read"))
            continue
        try:
            entry = _entry(row.number, row.fields, codes, as_of, flaws)
        except _UnusableError as error:
            name = row.fields.get("name")
            flaws.append(Flaw(row.number, name if isinstance(name, str) and name else None, str(error)))
            continue
        if row.twice:
            flaws.append(
                Flaw(
                    row.number,
                    entry.names[0],
                    f"it says {' and '.join(row.twice)} twice; the last is read",
                    is_kept=True,
                )
            )
        if wanted is None or entry.list in wanted:
            entries.append(entry)
    return ListFile(tuple(entries), tuple(flaws), count, as_of)


class _UnusableError(Exception):
    """A row cannot be used; the message says why."""


def _entry(
    number: int, fields: Mapping[str, Any], codes: Mapping[str, str], as_of: date | None, flaws: list[Flaw]
) -> Entry:
    """One row as an entry; what it lacks is noted among the flaws.

    Raises:
        _UnusableError: it has no list or no name.
    """
    source, name = fields.get("source"), fields.get("name")
    if not isinstance(source, str) or not source.strip():
        raise _UnusableError("it names no list (source)")
    named = _CODE.search(source)
    list_id = codes.get((named[1] if named else source).strip().casefold())
    if list_id is None:
        raise _UnusableError(f"no list is known as {source[:60]!r}")
    if not isinstance(name, str) or not any(map(str.isalnum, name)):
        raise _UnusableError("it has no name")
    _check_text(name)
    aliases = _aliases(fields.get("alt_names"), number, name, flaws)
    day = _days(fields, number, name, flaws)
    notice = _text_of(fields.get("federal_register_notice"))
    return Entry(
        id=f"{list_id.replace('_', '-')}-{content_id(list_id, name, notice)[:12]}", list=list_id,
        names=tuple(dict.fromkeys((name.strip(), *_affiliate(name), *_apart(name), *aliases))), countries=_countries(fields.get("addresses")),
        type=_text_of(fields.get("type")), start=day("start_date"), end=day("end_date"), notice=notice,
        license_requirement=_text_of(fields.get("license_requirement")),
        review_policy=_text_of(fields.get("license_policy")), programs=tuple(_several(fields.get("programs"))),
        as_of=as_of, row=number,
    )  # fmt: skip


def _affiliate(name: str) -> Iterator[str]:
    """Whom an entry is about that the Entity List prints as `Parent. Affiliated Entity: Name`."""
    _, _, own = name.partition("Affiliated Entity:")
    if own.strip():
        yield own.strip()


def _apart(name: str) -> Iterator[str]:
    """The names that a list printed as one with semicolons between; none where there is one only.

    A name with `a.k.a.` inside is left whole: what stands before it is often the half of a person's name.
    """
    if ";" in name and not _ALSO_KNOWN.search(name):
        for part in map(str.strip, name.split(";")):
            if any(map(str.isalnum, part)) and not _NOT_A_NAME.match(part):
                yield part


def _check_text(name: str) -> None:
    if len(name) > LONGEST_NAME:
        raise _UnusableError(f"its name has {len(name)} characters, at most {LONGEST_NAME} are read")
    if not name.isascii() and _NO_TEXT.search(name):
        raise _UnusableError("its name is not UTF-8")


def _aliases(value: Any, number: int, name: str, flaws: list[Flaw]) -> Iterator[str]:
    if isinstance(value, list) and any(not isinstance(one, str) for one in value):
        flaws.append(Flaw(number, name, "an alias is no text", is_kept=True))
    for alias in _several(value):
        try:
            _check_text(alias)
        except _UnusableError as error:
            flaws.append(Flaw(number, name, f"an alias: {error}", is_kept=True))
            continue
        if any(map(str.isalnum, alias)):
            yield from tuple(_apart(alias)) or (alias,)


def _days(
    fields: Mapping[str, Any], number: int, name: str, flaws: list[Flaw]
) -> Callable[[str], date | None]:
    def day(column: str) -> date | None:
        value = fields.get(column)
        if value in (None, ""):
            return None
        try:
            return date.fromisoformat(str(value)[:10])
        except ValueError:
            flaws.append(Flaw(number, name, f"{column} {str(value)[:20]!r} is no day", is_kept=True))
            return None

    return day


def _american_day(text: str | None) -> date | None:
    """The day of a notice that prints it as 2/26/2013."""
    found = _AMERICAN_DAY.search(text or "")
    if not found:
        return None
    month, day, year = (int(part) for part in found.groups())
    if year < 100:
        year += 1900 if year >= 70 else 2000
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _text_of(value: Any) -> str | None:
    return _NO_TEXT.sub("\ufffd", value).strip() or None if isinstance(value, str) else None


def _several(value: Any) -> Iterator[str]:
    """The parts of a field that is a list in JSON and `; `-separated text in CSV."""
    if isinstance(value, str):
        value = value.split(";")
    if isinstance(value, list):
        yield from (one.strip() for one in value if isinstance(one, str) and one.strip())


def _countries(addresses: Any) -> tuple[str, ...]:
    if isinstance(addresses, list):
        named = [one.get("country") if isinstance(one, dict) else one for one in addresses]
        codes = [one for one in named if isinstance(one, str) and re.fullmatch("[A-Z]{2}", one)]
    else:
        codes = [found[1] for one in _several(addresses) if (found := _COUNTRY.search(one))]
    return tuple(dict.fromkeys(codes))


def _csv_rows(text: str, path: Path) -> Iterator[_Row]:
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    delimiter = "\t" if "\t" in lines[0] else ","
    header = next(csv.reader(lines[:1], delimiter=delimiter), [])
    missing = [name for name in _COLUMNS if name not in header]
    if missing:
        raise InputError(f"no column {' or '.join(missing)}", where=f"{path.name}:1",
                         expected="the Consolidated Screening List as published")  # fmt: skip
    return _cells(lines, header, delimiter)


def _cells(lines: list[str], header: list[str], delimiter: str) -> Iterator[_Row]:
    """The rows under the header; one that swallows the next lines by a quote left open is given up alone."""
    at = 1
    while at < len(lines):
        reader = csv.reader(islice(lines, at, None), delimiter=delimiter, strict=True)
        start = at
        while True:
            first = start + reader.line_num
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield _Row(first + 1, None, f"not CSV: {error}")
                at = first + 1
                break
            if len(cells) == len(header):
                yield _Row(first + 1, dict(zip(header, cells, strict=True)))
            elif cells:
                yield _Row(first + 1, None, f"{len(cells)} cells under {len(header)} columns")
                at = first + 1
                break


def _json_rows(text: str, path: Path) -> tuple[Iterable[_Row], date | None]:
    try:
        value = _DECODER.decode(text.removeprefix("\ufeff"))
    except (json.JSONDecodeError, RecursionError) as error:
        return _rows_before(text, path, error), None
    if isinstance(value, _Twice):
        raise InputError(f"{' and '.join(value.names)} stands twice", where=path.name, expected="one list of rows",
                         remedy="download the list again")  # fmt: skip
    results = value.get("results") if isinstance(value, dict) else value
    if isinstance(results, list):
        return (_checked(at, row) for at, row in enumerate(results, 1)), None
    if (
        isinstance(value, dict)
        and isinstance(value.get("entries"), list)
        and isinstance(value.get("tables"), dict)
    ):
        made = str(value.get("sourceGeneratedAt") or value.get("retrievedAt") or "")[:10]
        day = date.fromisoformat(made) if re.fullmatch(r"\d{4}-\d\d-\d\d", made) else None
        return _projected(value["entries"], value["tables"]), day
    raise InputError("no list of rows in this JSON file", where=path.name,
                     expected='"results" as published, or "entries" with "tables"')  # fmt: skip


def _checked(at: int, row: Any) -> _Row:
    if not isinstance(row, dict):
        return _Row(at, None, "it is no object")
    return _Row(at, row, twice=row.names if isinstance(row, _Twice) else ())


class _Twice(dict[str, Any]):
    """An object that says something twice; the last word of it is kept."""

    names: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) == len(pairs):
        return fields
    twice = _Twice(fields)
    twice.names = tuple(name[:60] for name, times in Counter(name for name, _ in pairs).items() if times > 1)
    return twice


def _whole_number(digits: str) -> int | str:
    """A number, or its digits where it is longer than any that a list holds."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


_LONGEST_NUMBER = 20
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_whole_number)


def _rows_before(text: str, path: Path, error: Exception) -> Iterator[_Row]:
    """The rows of a published file that stand before the place where it breaks, then the row that breaks it."""
    begins = re.search(r'"results"\s*:\s*\[', text)
    if begins is None:
        raise InputError(f"not JSON: {error}", where=path.name, remedy="download the list again") from None
    at, number = begins.end(), 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        number += 1
        if at < len(text) and text[at] == "]":
            yield _Row(number, None, "the file breaks after its last row")
            return
        try:
            row, at = _DECODER.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            yield _Row(number, None, "the file breaks here: not JSON; rows after it are not read")
            return
        yield _checked(number, row)


_PROJECTED = {"lr": ("license_requirement", "licenceRequirements"), "lp": ("license_policy", "licencePolicies"),
              "pg": ("programs", "programmes"), "s": ("source", "sources")}  # fmt: skip
_SHORT = {"n": "name", "a": "alt_names", "t": "type", "c": "addresses", "fr": "federal_register_notice"}


def _projected(entries: list[Any], tables: Mapping[str, Any]) -> Iterator[_Row]:
    """Rows of the compact projection under the names of the published columns."""
    for at, row in enumerate(entries, 1):
        if not isinstance(row, dict):
            yield _Row(at, None, "it is no object")
            continue
        fields = {name: row.get(short) for short, name in _SHORT.items()}
        try:
            for short, (name, table) in _PROJECTED.items():
                fields[name] = tables[table][row[short]] if short in row else None
        except (KeyError, IndexError, TypeError):
            yield _Row(at, None, f"{short} {row.get(short)!r} points nowhere in the tables")
            continue
        yield _Row(at, fields)
