"""The one strict loader of YAML and CSV data files.

Takes a path and the Record class its rows must fit; gives frozen records. Refused, with file, line and remedy:
unknown and repeated keys, anchors and custom tags, bare scalars that YAML would turn into something else (an
unquoted 3E001 is a number to some parsers, NO a boolean to others), ragged rows, values of the wrong type.
Only true, false, null, integers and plain decimals are read as such; everything else is text, dates are given by
the record's own field type.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from chipledger.core.errors import DataError

RecordT = TypeVar("RecordT", bound=BaseModel)
Place = tuple[Any, ...]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9_]*)", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9_]*)\.[0-9]+([eE][-+]?[0-9]+)?", re.ASCII)
_NUMBER_TRAP = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+|0[0-7xob][0-9a-fA-F_]*", re.ASCII)
_DEEPEST = 40
LARGEST_BYTES = 32 << 20
_SCALAR_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "value")
}
_WORDS = {"true": True, "false": False, "null": None, "": None}
_WORD_TRAPS = {"yes", "no", "on", "off", "y", "n", "~", "nan", ".nan", ".inf"}


def load_yaml(path: Path, record: type[RecordT]) -> RecordT:
    """One record from one YAML file.

    Args:
        path: the file.
        record: the Record class that its top mapping must fit.

    Returns:
        The validated record.

    Raises:
        DataError: the file is missing, not YAML, or does not fit; the message names file and line.
    """
    value, lines = parse_yaml(path)
    return _validated(value, record, path, lines)


def load_yaml_list(path: Path, record: type[RecordT]) -> list[RecordT]:
    """The records of a YAML file whose top is a list.

    Raises:
        DataError: as for `load_yaml`.
    """
    value, lines = parse_yaml(path)
    if not isinstance(value, list):
        raise DataError(
            "the file holds no list", where=f"{path.name}:1", expected="a list of records ('- id: …')"
        )
    return [_validated(item, record, path, lines, (index,)) for index, item in enumerate(value)]


def load_csv(path: Path, record: type[RecordT]) -> list[RecordT]:
    """The rows of a CSV file; every cell is text, an empty cell is None.

    Raises:
        DataError: a repeated or unknown column, a ragged row, or a value of the wrong type.
    """
    return [row for _, row in load_csv_lines(path, record)]


def load_csv_lines(path: Path, record: type[RecordT]) -> list[tuple[int, RecordT]]:
    """The rows of a CSV file, each with the line on which it begins.

    Raises:
        DataError: as for `load_csv`.
    """
    text = _text(path).removeprefix("\ufeff")  # some spreadsheets begin a file with a mark of its encoding
    rows = _rows(csv.reader(io.StringIO(text, newline=""), strict=True), path)
    _, header = next(rows, (1, []))
    repeated = sorted({name for name in header if header.count(name) > 1})
    if not header or repeated:
        raise DataError(f"repeated columns {repeated}" if header else "no header row", where=f"{path.name}:1")
    unknown = sorted(set(header) - set(record.model_fields))
    if unknown:
        raise DataError(f"unknown columns {unknown}", where=f"{path.name}:1",
                        expected=f"those of a {record.__name__}: {', '.join(record.model_fields)}")  # fmt: skip
    return [
        (line, _validated(_row(header, cells, path, line), record, path, {(): line})) for line, cells in rows
    ]


def _rows(reader: Any, path: Path) -> Iterator[tuple[int, list[str]]]:
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"not CSV: {error}", where=f"{path.name}:{reader.line_num}") from None


def _row(header: list[str], cells: list[str], path: Path, line: int) -> dict[str, str | None]:
    if len(cells) != len(header):
        raise DataError(f"{len(cells)} cells under {len(header)} columns", where=f"{path.name}:{line}",
                        remedy="quote a cell that holds a comma")  # fmt: skip
    return {name: cell or None for name, cell in zip(header, cells, strict=True)}


def parse_yaml(path: Path) -> tuple[Any, dict[tuple[Any, ...], int]]:
    """The plain value of a YAML file and the line of every key and item.

    Raises:
        DataError: the file is missing, not YAML, or uses what the loader refuses.
    """
    text = _text(path)
    try:
        _refuse_anchors_and_depth(text, path)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path.name}:{mark.line + 1 if mark else 1}"
        raise DataError(f"not YAML: {getattr(error, 'problem', None) or error}", where=where) from None
    lines: dict[tuple[Any, ...], int] = {(): 1}
    return (None if node is None else _plain(node, path, (), lines)), lines


def named(value: Any, at: Place = ()) -> Iterator[tuple[str, str, Place]]:
    """Every text that stands under a key, with the key and its place; those in a list stand for themselves.

    Args:
        value: what `parse_yaml` gave.
        at: where the value stands in the file.

    >>> list(named({"cite": {"source": "a"}, "levels": ["b"]}))
    [('source', 'a', ('cite', 'source')), ('levels', 'b', ('levels', 0))]
    """
    if isinstance(value, dict):
        for key, inside in value.items():
            places = (
                [((*at, key, index), one) for index, one in enumerate(inside)]
                if isinstance(inside, list)
                else [((*at, key), inside)]
            )
            yield from ((key, one, place) for place, one in places if isinstance(one, str))
            yield from named(inside, (*at, key))
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            yield from named(inside, (*at, index))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            raise DataError(f"more than {LARGEST_BYTES} bytes", where=path.name, expected="a data file")
        return content.decode("utf-8")
    except OSError as error:
        raise DataError(f"cannot read the data file: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError("not UTF-8", where=f"{path.name}:{line}", remedy="save the file as UTF-8") from None


def _refuse_anchors_and_depth(text: str, path: Path) -> None:
    """Refuse what could make a small file a large value: only a text that could hold it is looked at."""
    if "&" not in text and "*" not in text and text.count("[") + text.count("{") < _DEEPEST:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        where = f"{path.name}:{event.start_mark.line + 1 if event.start_mark else 1}"
        if getattr(event, "anchor", None):
            raise DataError("anchors and aliases are refused", where=where, remedy="write the value out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise DataError(f"nested more than {_DEEPEST} deep", where=where, remedy="flatten the value")


def _plain(node: Any, path: Path, at: tuple[Any, ...], lines: dict[tuple[Any, ...], int]) -> Any:
    lines[at] = node.start_mark.line + 1
    if not isinstance(node, yaml.ScalarNode) and node.tag not in (
        "tag:yaml.org,2002:map",
        "tag:yaml.org,2002:seq",
    ):
        raise DataError(
            f"tag {node.tag!r} is refused", where=f"{path.name}:{lines[at]}", remedy="write a plain value"
        )
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, path, at, lines))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, path, (*at, index), lines) for index, item in enumerate(node.value)]
    return _scalar(node, path)


def _pairs(
    node: Any, path: Path, at: tuple[Any, ...], lines: dict[tuple[Any, ...], int]
) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        key, where = key_node.value, f"{path.name}:{key_node.start_mark.line + 1}"
        if not isinstance(key, str) or key == "<<":
            what = repr(key) if isinstance(key, str) else "that is a list or mapping"
            raise DataError(f"key {what} is not plain text", where=where, remedy="write a plain word")
        if key in seen:
            raise DataError(f"repeated key {key!r}", where=where, remedy="keep one of them")
        seen.add(key)
        yield key, _plain(value_node, path, (*at, key), lines)


def _scalar(node: Any, path: Path) -> Any:
    text, where = node.value, f"{path.name}:{node.start_mark.line + 1}"
    if node.tag not in _SCALAR_TAGS:
        raise DataError(f"tag {node.tag!r} is refused", where=where, remedy="write a plain value")
    if node.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text.replace("_", ""))
    if _DECIMAL.fullmatch(text):
        return float(text.replace("_", ""))
    if text.lower() in _WORD_TRAPS or _NUMBER_TRAP.fullmatch(text):
        raise DataError(f"{text!r} is ambiguous in YAML", where=where, remedy=f'write "{text}" in quotes')
    return text


def _validated(
    value: Any, record: type[RecordT], path: Path, lines: dict[tuple[Any, ...], int], at: tuple[Any, ...] = ()
) -> RecordT:
    try:
        return record.model_validate(value)
    except ValidationError as error:
        found = error.errors()
        first = next(
            (one for one in found if one["type"] == "extra_forbidden"), found[0]
        )  # a key misspelt is also missing
        place = (*at, *first["loc"])
        while place not in lines and place:
            place = place[:-1]
        field = ".".join(str(part) for part in first["loc"]) or "the record"
        raise DataError(f"{field}: {first['msg'].lower()}", where=f"{path.name}:{lines.get(place, 1)}",
                        expected=f"a {record.__name__}") from None  # fmt: skip
