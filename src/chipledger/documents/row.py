"""One row of a dump to its document: the text of one column, with name, owner, day, licence and address from others."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from chipledger.core.records import FailedDocument
from chipledger.documents.columns import Columns
from chipledger.documents.document import Document
from chipledger.documents.entry import Entry, Origin, shown
from chipledger.documents.formats import format_of
from chipledger.documents.limits import Limits
from chipledger.documents.parse import document_of, failed

_MARKDOWN = re.compile(rb"\A---\r?\n|^#{1,4} \S|\]\(https?://|^```", re.MULTILINE)
_HEAD_BYTES = 8192
_MOST_CHARACTERS = 500  # of a name, a licence, an address
_LICENCE_TAG = "license:"


def document_of_row(
    values: Mapping[str, Any], entry: Entry, columns: Columns, limits: Limits
) -> Document | FailedDocument:
    """The document of a row.

    Args:
        values: the row's values by column.
        entry: the row as listed; its name is kept where no column has one.
        columns: which says what.
        limits: what a document may ask for.

    Returns:
        The document, or why there is none; stage "skip" where the row has no text.
    """
    text = values.get(columns.text)
    entry = _named(values, entry, columns)
    if not isinstance(text, str | bytes) or not text.strip():
        return failed(entry, "skip", "the row has no text")
    content = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    if over := limits.over_size(entry.name, len(content)):
        return failed(entry, "read", over)
    return document_of(
        content, replace(entry, format=columns.format or looks(content, entry.path or "")), limits
    )


def looks(content: bytes, name: str) -> str:
    """The format that a text looks like, its name asked first.

    >>> looks(b"# A100\\n", "org/model"), looks(b"8 H20", "notes.tex"), looks(b"8 H20", "org/model")
    ('markdown', 'latex', 'text')
    """
    head = content[:_HEAD_BYTES]
    format = format_of(name, head)
    return "markdown" if format == "text" and _MARKDOWN.search(head) else format


def _named(values: Mapping[str, Any], entry: Entry, columns: Columns) -> Entry:
    name = _words(values, columns.name)
    owner, slash, rest = (name or "").partition("/")
    is_owned = bool(columns.is_owned and slash and owner and rest)
    origin = Origin(
        organisation=_words(values, columns.organisation) or (owner if is_owned else None),
        project=_words(values, columns.project) or (rest if is_owned else None),
        url=_url(values, columns, name),
        licence=_licence(values.get(columns.licence) if columns.licence else None),
    )
    day = as_day(values.get(columns.date)) if columns.date else None
    return replace(entry, name=name or entry.name, path=name or entry.path, origin=origin, published_on=day)


def _words(values: Mapping[str, Any], column: str | None) -> str | None:
    value = values.get(column) if column else None
    return (shown(str(value).strip())[:_MOST_CHARACTERS] or None) if isinstance(value, str | int) else None


def _url(values: Mapping[str, Any], columns: Columns, name: str | None) -> str | None:
    if columns.url and "{" in columns.url:
        return columns.url.replace("{name}", name) if name else None
    url = _words(values, columns.url)
    return url if url and url.startswith(("https://", "http://")) else None


def _licence(value: Any) -> str | None:
    if isinstance(value, str):
        return shown(value.strip())[:_MOST_CHARACTERS] or None
    if isinstance(value, list):
        words = [one for one in value if isinstance(one, str)]
        tagged = [one.removeprefix(_LICENCE_TAG) for one in words if one.startswith(_LICENCE_TAG)]
        return ", ".join(map(shown, tagged))[:_MOST_CHARACTERS] or None
    return None


def as_day(value: Any) -> date | None:
    """The day that a cell tells: a date, a time, ISO 8601 in words, or seconds (or milliseconds) since 1970.

    >>> as_day("2024-05-01T10:00:00.000Z"), as_day(1714557600), as_day("soon")
    (datetime.date(2024, 5, 1), datetime.date(2024, 5, 1), None)
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str):
            return date.fromisoformat(value.strip()[:10])
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) > 1e11 else value
            return datetime.fromtimestamp(seconds, UTC).date() if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
    return None
