"""`chipledger status --all --out FILE`: every chip, country and kind of party as dated intervals in one file.

Takes a path and the last day; writes CSV, or Parquet where the path ends in .parquet (with the extra `parquet`). Rows go
out chip by chip, so memory stays small; the file appears whole or not at all.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chipledger.apps.cli.output import cell, stderr
from chipledger.catalogue.chip import chips
from chipledger.core.errors import InputError
from chipledger.core.files import written_whole
from chipledger.rules.intervals import Course, Span, courses
from chipledger.rules.item import Item, item_of

COLUMNS = (
    "chip", "country", "party", "effective_from", "effective_until", "license_required", "codified", "enforced",
    "letters", "destination_practice", "paragraphs", "review_policy",
)  # fmt: skip

Write = Callable[[Iterable[Course]], None]


def write_all(out: Path, until: date, items: Iterable[Item] | None = None) -> None:
    """Write the intervals of every chip from 2022-08-01 to the day.

    Args:
        out: the file; `.parquet` gives Parquet, any other name CSV.
        until: the last day told; an interval that still holds ends on the day after it.
        items: the chips; None for the whole catalogue.

    Raises:
        InputError: the file cannot be written, Parquet is asked for without its extra, or the day is too early.
    """
    told = [item_of(one) for one in chips().values()] if items is None else list(items)
    opened = _parquet if out.suffix.lower() == ".parquet" else _csv
    with written_whole(out) as partial, opened(partial) as write, _progress(len(told)) as advance:
        for _, found in groupby(courses(told, until), key=lambda course: course.chip):
            write(found)
            advance()


@contextmanager
def _csv(path: Path) -> Iterator[Write]:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        yield lambda found: writer.writerows(chain.from_iterable(map(_cells, found)))


def _cells(course: Course) -> Iterator[list[str]]:
    head = [course.chip, course.country, course.party.value]
    return (head + [cell(value) for value in _tail(span)] for span in course.spans)


def _tail(span: Span) -> tuple[Any, ...]:
    told = span.told
    verdicts = (verdict.value for verdict in told[:5])
    return (span.effective_from, span.effective_until, *verdicts, told.paragraphs, told.review_policy)


@contextmanager
def _parquet(path: Path) -> Iterator[Write]:
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise InputError(
            "Parquet needs pyarrow",
            where=path.name,
            remedy="install it with `pip install chipledger[parquet]`, or name a .csv file",
        ) from None
    schema = _schema(arrow)
    with parquet.ParquetWriter(path, schema) as writer:
        yield lambda found: writer.write_table(_table(arrow, schema, found))


def _schema(arrow: Any) -> Any:
    days, lists = ("effective_from", "effective_until"), ("paragraphs",)
    kinds = {**dict.fromkeys(days, arrow.date32()), **dict.fromkeys(lists, arrow.list_(arrow.string()))}
    return arrow.schema([(name, kinds.get(name, arrow.string())) for name in COLUMNS])


def _table(arrow: Any, schema: Any, found: Iterable[Course]) -> Any:
    rows = [
        (course.chip, course.country, course.party.value, *_tail(span))
        for course in found
        for span in course.spans
    ]
    columns = [
        arrow.array(values, type=field.type)
        for values, field in zip(zip(*rows, strict=True), schema, strict=True)
    ]
    return arrow.Table.from_arrays(columns, schema=schema)


@contextmanager
def _progress(count: int) -> Iterator[Callable[[], None]]:
    console = stderr()
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=10), MofNCompleteColumn(), TextColumn("chips"),
        TimeRemainingColumn(), console=console, auto_refresh=False, transient=True,
        disable=not console.is_terminal or console.is_dumb_terminal,
    )  # fmt: skip
    task = bar.add_task("status", total=count)

    def advance() -> None:
        bar.advance(task)
        bar.refresh()

    with bar:
        yield advance
