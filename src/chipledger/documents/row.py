"""One row of a dump to its document: the text of one column, with name, owner, day, licence and address from others."""

import re
from collections.abc import Mapping
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
    values: Mapping[str, Any], entry: Entry, columns: Columns, limits: Limits, charset: str | None = None
) -> Document | FailedDocument:
    """The document of a row.

    Args:
        values: the row's values by column.
        entry: the row as listed; its name is kept where no column has one.
        columns: which says what.
        limits: what a document may ask for.
        charset: the encoding of a text that is bytes, where the dump says it.

    Returns:
        The document, or why there is none; stage "skip" where the row has no text.
    """
    text = values.get(columns.text)
    content = text.encode("utf-8", "replace") if isinstance(text, str) else text
    if not isinstance(content, bytes) or not content or content.isspace():
        return failed(_named(values, entry, columns, None), "skip", "the row has no text")
    entry = _named(values, entry, columns, content)
    if over := limits.over_size(entry.name, len(content)):
        return failed(entry, "read", over)
    return document_of(content, entry, limits, "utf-8" if isinstance(text, str) else charset)


def looks(content: bytes, name: str) -> str:
    """The format that a text looks like, its name asked first.

    >>> looks(b"# A100\\n", "org/model"), looks(b"8 H20", "notes.tex"), looks(b"8 H20", "org/model")
    ('markdown', 'latex', 'text')
    """
    head = content[:_HEAD_BYTES]
    format = format_of(name, head)
    return "markdown" if format == "text" and _MARKDOWN.search(head) else format


def _named(values: Mapping[str, Any], entry: Entry, columns: Columns, content: bytes | None) -> Entry:
    """The entry with what the row says of itself."""
    name = _words(values, columns.name)
    owner, slash, rest = (name or "").partition("/")
    is_owned = bool(columns.is_owned and slash and owner and rest)
    path = name or entry.path
    return Entry(
        name=name or entry.name,
        key=entry.key,
        size_bytes=entry.size_bytes,
        place=entry.place,
        path=path,
        origin=Origin(
            organisation=_words(values, columns.organisation) or (owner if is_owned else None),
            project=_words(values, columns.project) or (rest if is_owned else None),
            url=_url(values, columns, name),
            licence=_licence(values.get(columns.licence)) if columns.licence else None,
        ),
        published_on=as_day(values.get(columns.date)) if columns.date else None,
        format=columns.format or (looks(content, path or "") if content else None),
    )


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
        tagged = [one for one in value if isinstance(one, str) and one.startswith(_LICENCE_TAG)]
        words = ", ".join(shown(one.removeprefix(_LICENCE_TAG)) for one in tagged)
        return words[:_MOST_CHARACTERS] or None
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
