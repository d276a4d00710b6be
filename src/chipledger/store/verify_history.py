"""Whether what a ledger holds of whole histories holds together: lines, statements, the list of blobs that were read.

Takes a connection and changes nothing; gives what is wrong.
"""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from chipledger.core.records import content_id
from chipledger.store.problem import Problem
from chipledger.store.schema import history_lines, history_parts, history_tellings

_KINDS = ("mention", "setting", "removal", "restart")
_TELLING_BYTES = 16
_SAME = ("kind", "path", "standing")


def history_problems(connection: Connection) -> Iterator[Problem]:
    """Everything that is wrong with what the ledger holds of histories.

    Args:
        connection: to the ledger.
    """
    for row in connection.execute(select(history_lines).execution_options(yield_per=1000)).mappings():
        where = f"line {row['ordinal']} of history {row['repository']}"
        for what in _line_problems(row):
            yield Problem(where, what)
    for row in connection.execute(select(history_tellings).execution_options(yield_per=1000)).mappings():
        if not _is_list(row["body"]):
            yield Problem(
                f"blob {row['blob'][:12]} of history {row['repository']}", "its statements cannot be read"
            )
    for row in connection.execute(select(history_parts).execution_options(yield_per=10)).mappings():
        if not _is_whole(row["body"]):
            yield Problem(f"part {row['part']} of history {row['repository']}", "its list of blobs is cut off")  # fmt: skip


def _line_problems(row: RowMapping) -> Iterator[str]:
    try:
        line = json.loads(row["body"])
    except ValueError:
        yield "its fields cannot be read"
        return
    if row["kind"] not in _KINDS or any(row[name] != line.get(name) for name in _SAME):
        yield "its fields are not those of its row"
        return
    first, last = row["first_seen"], row["last_seen"]
    if (first and first.isoformat()) != line.get("first_seen") or (last and last.isoformat()) != line.get("last_seen"):  # fmt: skip
        yield "its days are not those of its row"
    if row["kind"] == "mention":
        yield from _mention_problems(line)


def _mention_problems(line: dict[str, Any]) -> Iterator[str]:
    start, end = line["start"], line["end"]
    if not 0 <= start < end or end - start != len(line["quote"]):
        yield f"the span [{start}, {end}) does not fit its quote of {len(line['quote'])}"
    parts = (line["document_id"], line["document"], line["page"], start, end, line["chip"])
    if line.get("id", content_id(*parts)) != content_id(*parts):
        yield "its id is not that of its content"


def _is_list(body: str) -> bool:
    try:
        return isinstance(json.loads(body), list)
    except ValueError:
        return False


def _is_whole(body: bytes) -> bool:
    """Whether a list of blobs ends with a blob: each its length, its hash and that of its telling lines."""
    at = 0
    while at < len(body):
        at += 1 + body[at] + _TELLING_BYTES
    return at == len(body)
