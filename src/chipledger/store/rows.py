"""Records to rows of the ledger and back; nothing is lost on the way.

Takes core records; gives dictionaries by column name, in the order of `schema`. What no database can hold (a number
beyond 64 bits, a broken character) is refused here by document, before a batch is begun.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import RowMapping

from chipledger.core.byline import AuthorAffiliation, Face
from chipledger.core.records import DocumentFacts, Fingerprint, LaunchSetting, Mention, Purpose, content_id

Fields = RowMapping | Mapping[str, Any]  # a row by column name

_LARGEST_INTEGER = 2**63 - 1
_STATED_NUMBERS = ("count", "memory_gb", "gpu_hours", "confidence")


def place_of(project: str | None, document: str, owner: str | None = None) -> str:
    """The content id of a document's name in its project; two owners' repositories of one name are two places.

    >>> place_of(None, "readme.md") == place_of("", "readme.md") != place_of("tencent/hunyuan", "readme.md")
    True
    >>> place_of("kite", "readme.md", "Lab") == place_of("kite", "readme.md", "lab") != place_of("kite", "readme.md", "Other")
    True
    """
    return content_id(*([owner.casefold()] if owner else ()), project or "", document)


def document_row(facts: DocumentFacts, extractor_version: str) -> dict[str, Any]:
    """The row of a document, but for its key and the days on which it was seen."""
    return {
        "place": place_of(facts.project, facts.document, facts.organisation if facts.commit else None),
        "document_id": facts.document_id,
        "document": facts.document,
        "project": facts.project,
        "organisation": facts.organisation,
        "path": facts.path,
        "url": facts.url,
        "commit": facts.commit,
        "last_commit": facts.commit,
        "published_on": facts.published_on,
        "licence": facts.licence,
        "fetched_on": facts.fetched_on,
        "format": facts.format,
        "encoding": facts.encoding,
        "language": facts.language,
        "chars": facts.chars,
        "pages": facts.pages,
        "extractor_version": extractor_version,
    }


def mention_rows(mentions: Sequence[Mention]) -> list[dict[str, Any]]:
    """The rows of one document's mentions, but for their keys; a mention given twice is one row."""
    if not mentions:
        return []
    seen: Counter[str] = Counter()
    rows = []
    for mention in dict.fromkeys(mentions):
        name = mention.id
        rows.append(_mention_row(mention, name, seen[name]))
        seen[name] += 1
    return rows


_SETTING_FIELDS = (
    "name",
    "value",
    "kind",
    "topic",
    "requested",
    "active",
    "number",
    "condition",
    "is_comment",
    "quote",
    "line",
)


def setting_rows(settings: Sequence[LaunchSetting]) -> list[dict[str, Any]]:
    """The rows of one document's launch settings, but for its key."""
    return [
        {name: getattr(one, name) for name in _SETTING_FIELDS}
        | {
            "ordinal": ordinal,
            "techniques": _json_list(one.techniques),
            "start_char": one.start,
            "end_char": one.end,
        }
        for ordinal, one in enumerate(settings)
    ]


def setting_of(row: Fields) -> LaunchSetting:
    """The launch setting that a row holds."""
    return LaunchSetting(
        **{name: row[name] for name in _SETTING_FIELDS},
        techniques=tuple(json.loads(row["techniques"])),
        start=row["start_char"],
        end=row["end_char"],
    )


def affiliation_rows(affiliations: Sequence[AuthorAffiliation]) -> list[dict[str, Any]]:
    """The rows of one document's affiliations, but for its key."""
    return [
        {
            "ordinal": ordinal, "organisation": one.organisation, "tie": one.tie.value, "grade": one.grade, "start_char": one.start,
            "end_char": one.end, "quote": one.quote, "body": json.dumps(one.as_dict(), ensure_ascii=False),
        }
        for ordinal, one in enumerate(affiliations)
    ]  # fmt: skip


def affiliation_of(row: Fields) -> AuthorAffiliation:
    """The affiliation that a row holds."""
    return AuthorAffiliation.from_dict(json.loads(row["body"]))


def face_rows(face: Face | None) -> list[dict[str, Any]]:
    """The row of a document's face, but for its key; none where it has none."""
    return [{"body": json.dumps(face.as_dict(), ensure_ascii=False)}] if face else []


_FINGERPRINT_FIELDS = ("words", "words_count", "figures", "figures_count", "links", "shape")


def fingerprint_row(fingerprint: Fingerprint) -> dict[str, Any]:
    """The row of a document's fingerprint, but for the document's key."""
    return {name: getattr(fingerprint, name) for name in _FINGERPRINT_FIELDS} | {
        "cites": _json_list(fingerprint.cites)
    }


def fingerprint_of(row: Fields) -> Fingerprint:
    """The fingerprint that a row holds."""
    return Fingerprint(
        **{name: row[name] for name in _FINGERPRINT_FIELDS}, cites=tuple(json.loads(row["cites"]))
    )


def _mention_row(mention: Mention, name: str, ordinal: int) -> dict[str, Any]:
    return {
        "id": name,
        "ordinal": ordinal,
        "start_char": mention.start,
        "end_char": mention.end,
        "quote": mention.quote,
        "chip": mention.chip,
        "chips": _json_list(mention.chips),
        "count": mention.count,
        "memory_gb": mention.memory_gb,
        "purpose": mention.purpose.value,
        "subject": mention.subject,
        "organisation": mention.organisation,
        "gpu_hours": mention.gpu_hours,
        "duration": mention.duration,
        "cloud": mention.cloud,
        "techniques": _json_list(mention.techniques),
        "confidence": mention.confidence,
        "rule_id": mention.rule_id,
        "commit": mention.commit,
        "path": mention.path,
        "line": mention.line,
        "page": mention.page,
        "first_seen": mention.first_seen,
        "prefix": mention.prefix,
        "suffix": mention.suffix,
    }


@lru_cache(maxsize=4096)
def _json_list(names: tuple[str, ...]) -> str:
    return json.dumps(names, ensure_ascii=False)


def facts_of(
    row: Fields,
    techniques: tuple[str, ...],
    settings: tuple[LaunchSetting, ...] = (),
    affiliations: tuple[AuthorAffiliation, ...] = (),
    face: Face | None = None,
    fingerprint: Fingerprint | None = None,
) -> DocumentFacts:
    """The facts that a document's row holds."""
    names = ("document", "document_id", "language", "format", "encoding", "organisation", "project", "commit")
    more = ("path", "url", "published_on", "licence", "fetched_on", "chars", "pages")
    return DocumentFacts(
        **{name: row[name] for name in (*names, *more)},
        checked_on=row["last_seen"] if row["fetched_on"] else None,
        techniques=techniques,
        settings=settings,
        affiliations=affiliations,
        face=face,
        fingerprint=fingerprint,
    )


def mention_of(row: Fields, document: str, document_id: str, last_seen: date) -> Mention:
    """The mention that a row holds; it stands as long as its document does."""
    names = (
        "quote",
        "chip",
        "count",
        "memory_gb",
        "subject",
        "organisation",
        "gpu_hours",
        "duration",
        "cloud",
    )
    more = ("confidence", "rule_id", "commit", "path", "line", "page", "first_seen", "prefix", "suffix")
    return Mention(
        **{name: row[name] for name in (*names, *more)},
        document=document,
        document_id=document_id,
        start=row["start_char"],
        end=row["end_char"],
        chips=tuple(json.loads(row["chips"])),
        techniques=tuple(json.loads(row["techniques"])),
        purpose=Purpose(row["purpose"]),
        last_seen=last_seen,
    )


def size_bytes(rows: Sequence[Mapping[str, Any]], *, holds_nul: bool = True) -> int:
    """How much text the rows hold.

    Args:
        rows: rows by column name.
        holds_nul: whether the database can hold a text with a NUL character; PostgreSQL cannot.

    Raises:
        ValueError: a value that a database cannot hold; the message says which.

    >>> size_bytes([{"quote": "昇腾", "count": 8}])
    6
    """
    for row in rows:
        for name in _STATED_NUMBERS:
            if not abs(row.get(name) or 0) <= _LARGEST_INTEGER:
                raise ValueError(f"{name} is {row[name]}, too large or not a number")
    text = "".join(value for row in rows for value in row.values() if type(value) is str)
    if not holds_nul and "\0" in text:
        raise ValueError("a text holds a NUL character")
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise ValueError("a text holds a broken character") from None
