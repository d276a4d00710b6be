"""Which column of a dump says what: the text, its name, whose it is, its day and licence.

`Asked` is what the user says (`--rows text=card,name=modelId`); `resolve` completes it from the columns that there are,
by the names that dumps commonly use, and refuses with their list where that does not tell.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from chipledger.core.errors import InputError
from chipledger.documents.columns import Columns
from chipledger.documents.entry import shown
from chipledger.documents.formats import FORMATS

AUTO = "auto"
TEXT, OTHER = "text", "other"
"""What a column may hold: text, or something that only says of a row what it is."""

_COMMON = {
    "text": ("card", "readme", "markdown", "text", "content", "body", "page_content", "raw_content", "document"),
    "name": ("modelId", "datasetId", "model_id", "repo_id", "repo_name", "full_name", "path", "title", "name", "id", "url"),
    "organisation": ("author", "organisation", "organization", "owner", "publisher"),
    "project": ("project", "repo", "repository"),
    "date": ("last_modified", "lastModified", "published_on", "published", "publication_date", "updated_at", "date",
             "created_at", "createdAt", "timestamp"),
    "licence": ("licence", "license", "tags"),
    "url": ("url", "source_url", "link", "uri"),
}  # fmt: skip
_MARKDOWN = frozenset({"card", "readme", "markdown"})
_TEMPLATE = re.compile(r"https?://[^\s{}]+\{name\}[^\s{}]*")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user says of the columns: "auto", or field=column pairs.

    Args:
        given: column by field; what is left out is guessed.
    """

    given: tuple[tuple[str, str], ...] = ()


def asked(words: str) -> Asked:
    """The user's words for columns, parsed.

    Args:
        words: "auto", or pairs such as "text=card,name=modelId,format=markdown".

    Raises:
        InputError: a pair is none, a field is unknown or named twice, or the format is none.

    >>> asked("text=card,name=modelId").given
    (('text', 'card'), ('name', 'modelId'))
    """
    if words.strip() == AUTO:
        return Asked()
    given: dict[str, str] = {}
    known = [one.name for one in fields(Columns)]
    for pair in words.split(","):
        field, equals, column = (part.strip() for part in pair.partition("="))
        if not equals or not column or field not in known or field in given:
            raise InputError(
                f"cannot tell what {shown(pair)!r} means", where="--rows",
                expected=f"{AUTO}, or pairs such as text=card,name=modelId; fields: {', '.join(known)}",
            )  # fmt: skip
        given[field] = column
    _check_format(given.get("format"))
    if "{" in given.get("url", "") and not _TEMPLATE.fullmatch(given["url"]):
        raise InputError("no address", where="--rows url", expected="a column, or https://host/{name}")
    return Asked(tuple(given.items()))


def _check_format(format: str | None) -> None:
    if format is not None and format not in FORMATS:
        raise InputError(
            f"no such format: {shown(format)!r}", where="--rows format", expected=" or ".join(sorted(FORMATS))
        )


def resolve(wanted: Asked, kinds: Mapping[str, str], where: str) -> Columns:
    """The columns of one dump.

    Args:
        wanted: what the user says.
        kinds: every column with what it may hold, `TEXT` or `OTHER`.
        where: the dump's name, for errors.

    Raises:
        InputError: a column that was named is not there, or which one holds the text cannot be told.

    >>> resolve(Asked(), {"modelId": TEXT, "card": TEXT, "likes": OTHER}, "cards.parquet").in_words()
    'a document a row: text=card,name=modelId,format=markdown'
    """
    given = dict(wanted.given)
    for field, column in given.items():
        if field != "format" and "{" not in column and column not in kinds:
            raise InputError(f"no column {shown(column)!r}", where=where, expected=_listed(kinds))
    text = given.pop("text", None) or _text(kinds, set(given.values()), where)
    guessed: dict[str, Any] = {
        field: _first(names, kinds, text) for field, names in _COMMON.items() if field != "text"
    }
    format = "markdown" if text.lower() in _MARKDOWN else None
    return replace(Columns(text=text, format=format), **(guessed | given))


def _text(kinds: Mapping[str, str], taken: set[str], where: str) -> str:
    texts = [name for name, kind in kinds.items() if kind == TEXT and name not in taken]
    usual = [name for name in texts if name.lower() in _COMMON["text"]]
    found = usual or (texts if len(texts) == 1 else [])
    if len(found) == 1:
        return found[0]
    what = (
        f"several columns may hold the text: {', '.join(map(shown, found))}"
        if found
        else "no column is sure to hold the text"
    )
    raise InputError(what, where=where, expected=_listed(kinds), remedy="name it, as in --rows text=COLUMN")


def _listed(kinds: Mapping[str, str]) -> str:
    names: Sequence[str] = [shown(name)[:60] for name in kinds]
    return "one of the columns " + ", ".join(names[:60]) + (" …" if len(names) > 60 else "")


def _first(names: Sequence[str], kinds: Mapping[str, str], text: str) -> str | None:
    return next((name for name in names if name in kinds and name != text), None)
