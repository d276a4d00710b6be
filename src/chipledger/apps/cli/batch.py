"""Names by the thousand: the file they come from, the rows they become, and going on where a run was broken off.

A batch is a text file of one name a line, or a table with a column `name` and, if wanted, `on` and `id`. What is written
with --out tells with each row of which run it is, so that another run with other settings never goes on in it.
"""

import csv
import io
import json
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

from chipledger.apps.cli.output import cell
from chipledger.core.errors import InputError

COLUMNS = (
    "run", "row", "id", "query", "on", "band", "match", "probability", "party_id", "party", "matched", "lists", "since",
    "documents", "footnotes", "license_requirement", "review_policy", "affiliates_rule", "treated_as_listed", "reasons", "error",
)  # fmt: skip
KEPT_OF_A_REFUSED_NAME = 200
"""Characters of a name that could not be screened, in results."""
_LARGEST_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Asked:
    """One name of a batch: its row, the name, the day if the table names one, and the table's own id of it."""

    row: int
    name: str
    on: date | None = None
    id: str | None = None
    problem: str | None = None


def read_batch(path: Path) -> list[Asked]:
    """The names of a file.

    Args:
        path: one name a line; a table where it ends in .csv or .tsv. UTF-8, or UTF-16 with its mark.

    Raises:
        InputError: it cannot be read, or a table has no column `name`.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise InputError(f"more than {_LARGEST_BYTES} bytes", where=path.name, remedy="split the batch")
        text = _decoded(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read the batch: {error.strerror}", where=str(path)) from None
    if path.suffix.lower() in (".csv", ".tsv"):
        return list(_of_table(text, path))
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []
    return [Asked(at, line, problem=_lost(line)) for at, line in enumerate(lines, 1)]


def _decoded(content: bytes) -> str:
    """The text of a batch: UTF-8, or UTF-16 where it says so; what is neither stands as U+FFFD."""
    is_wide = content[:2] in (BOM_UTF16_LE, BOM_UTF16_BE)
    return content.decode("utf-16" if is_wide else "utf-8", "replace").removeprefix("\ufeff")


def _lost(name: str) -> str | None:
    """Why a name cannot be screened of which letters were lost: what is left of it may well look clear."""
    return "it is not UTF-8; save the file as UTF-8" if "\ufffd" in name else None


def _of_table(text: str, path: Path) -> Iterator[Asked]:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        if "name" not in (reader.fieldnames or ()):
            raise InputError(
                "no column name", where=f"{path.name}:1", expected="name, and if wanted on and id"
            )
        for at, row in enumerate(reader, 1):
            yield _asked(at, row)
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", where=f"{path.name}:{reader.line_num}") from None


def _asked(at: int, row: Mapping[str | Any, Any]) -> Asked:
    name, day = row.get("name") or "", (row.get("on") or "").strip()
    try:
        return Asked(at, name, date.fromisoformat(day) if day else None, row.get("id"), _lost(name))
    except ValueError:
        return Asked(at, name, None, row.get("id"), f"on {day[:20]!r} is no day; expected YYYY-MM-DD")


def flat(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What screening one name gave, as rows of a table: one a match, one alone where nothing matched.

    Args:
        told: as `Screened.as_dict` gives it, with the fields of the batch; or the name with an error.
    """
    whole = {name: told.get(name) for name in ("run", "row", "id", "query", "on", "band", "error")}
    matches = told.get("matches") or []
    return [whole | _of_match(match) for match in matches] or [whole]


def _of_match(match: Mapping[str, Any]) -> dict[str, Any]:
    listings = match["evidence"]["listings"]
    rule = match.get("affiliates_rule") or {}
    is_listed = rule.get("ownership", {}).get("is_listed")
    return {
        "match": match["band"], "probability": match["probability"], "party_id": match["party_id"], "party": match["name"],
        "matched": match["matched"], "lists": [_list(one) for one in listings],
        "since": [one.get("since") or "not known" for one in listings],
        "documents": list(dict.fromkeys(each for one in listings for each in one.get("documents", ()))),
        "footnotes": sorted({mark for one in listings for mark in one.get("footnotes", ())}),
        "license_requirement": _first(listings, "license_requirement"), "review_policy": _first(listings, "review_policy"),
        "affiliates_rule": rule.get("rule_state"), "treated_as_listed": "listed itself" if is_listed else rule.get("treated_as_listed"),
        "reasons": "; ".join(match["reasons"]),
    }  # fmt: skip


def _list(listing: Mapping[str, Any]) -> str:
    return f"{listing['list']}{'' if listing.get('holds', 'yes') == 'yes' else ' (not known)'}"


def _first(listings: list[Mapping[str, Any]], field: str) -> Any:
    return next((one[field] for one in listings if one.get(field)), None)


class Results:
    """The file that results are written to; a run that was broken off goes on after its last whole row.

    Args:
        path: ends in .jsonl or .csv.
        run: made of the settings; rows of another run are refused.
        asked: the batch.

    Raises:
        InputError: the ending is another, or the file holds another run, other names, or what is no such file.
    """

    def __init__(self, path: Path, run: str, asked: list[Asked]) -> None:
        if path.suffix.lower() not in (".jsonl", ".csv"):
            raise InputError(f"cannot write {path.name!r}", expected="a name that ends in .jsonl or .csv")
        self._path, self._run, self._is_csv = path, run, path.suffix.lower() == ".csv"
        self._end = 0
        self.done = self._read(asked) if path.exists() else 0
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> "Results":
        try:
            self._stream = self._path.open("r+b" if self._path.exists() else "wb")
        except OSError as error:
            raise InputError(f"cannot write the results: {error.strerror}", where=str(self._path)) from None
        self._stream.seek(self._end)
        self._stream.truncate()
        if self._is_csv and not self._end:
            self._stream.write(_line(COLUMNS))
        return self

    def __exit__(self, *ended: object) -> None:
        if self._stream:
            self._stream.close()

    def write(self, told: dict[str, Any]) -> None:
        """Write what one name gave.

        Args:
            told: with row and run.
        """
        if self._stream is None:
            raise ValueError("the file of results is not open")
        if self._is_csv:
            lines = [_line([row.get(name) for name in COLUMNS]) for row in flat(told)]
            self._stream.write(b"".join(lines))
        else:
            self._stream.write(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        if told["row"] % 64 == 0:
            self._stream.flush()

    def _read(self, asked: list[Asked]) -> int:
        """How many rows are whole; the file ends after them."""
        before = last = 0
        with self._path.open("rb") as stream:
            for line in stream:
                if not line.endswith(b"\n"):
                    break
                row, run, query = self._told(line)
                if row is not None:
                    self._check(row, run, query, asked)
                    if self._is_csv and row != last:
                        before = self._end
                    last = row
                self._end += len(line)
        if self._is_csv and last:  # of the last name some lines may lack
            self._end = before
            return last - 1
        return last

    def _told(self, line: bytes) -> tuple[int | None, str, str]:
        try:
            if not self._is_csv:
                value = json.loads(line)
                return int(value["row"]), str(value["run"]), str(value["query"])
            cells = next(csv.reader([line.decode()]))
            if tuple(cells) == COLUMNS:
                return None, "", ""
            return int(cells[1]), cells[0], cells[3]
        except (ValueError, KeyError, TypeError, IndexError, StopIteration, csv.Error):
            raise InputError("this file holds no results of screening", where=self._path.name,
                             remedy="give another --out") from None  # fmt: skip

    def _check(self, row: int, run: str, query: str, asked: list[Asked]) -> None:
        if run != self._run:
            raise InputError("the results there were made with other settings or other files", where=self._path.name,
                             remedy="give the same --on, --list, --csl and --ownership, or another --out")  # fmt: skip
        if not 0 < row <= len(asked) or not _is_of(query, asked[row - 1].name):
            raise InputError(f"row {row} there is about another name", where=self._path.name,
                             remedy="give the same --batch, or another --out")  # fmt: skip


def _is_of(query: str, name: str) -> bool:
    """Whether a row of results tells of a name; of a long one it keeps the beginning, in CSV on one line."""
    kept = {name, name[:KEPT_OF_A_REFUSED_NAME]}
    return query in kept | {_one_line(cell(one)) for one in kept}


def _line(cells: Any) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow([_one_line(cell(value)) for value in cells])
    return stream.getvalue().encode("utf-8", "replace")


def _one_line(text: str) -> str:
    return " ".join(text.splitlines()) if len(text.splitlines()) > 1 else text
