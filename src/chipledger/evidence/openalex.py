"""Affiliations in works of OpenAlex, an index of papers: what it says of authors, graded secondary.

Takes the JSON of a work, of a page of results, or a work a line; gives affiliations whose quotes are the institutions'
names where they stand in the text.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chipledger.core.byline import AuthorAffiliation
from chipledger.core.sources import Grade

_MOST_CHARS = 4_000_000
_MOST_WORKS = 1


def works_in(text: str) -> tuple[tuple[AuthorAffiliation, ...], tuple[str, ...]]:
    """The affiliations and authors of the work that a text holds; a text of several works speaks for none of them.

    Args:
        text: JSON or a JSON line.

    >>> work = '{"authorships": [{"author_position": "first", "is_corresponding": true, "author": {"display_name": "Wei Li"},'
    >>> work += ' "institutions": [{"display_name": "Kite Lab"}]}]}'
    >>> found, authors = works_in(work)
    >>> found[0].organisation, found[0].first, found[0].corresponding, found[0].grade, authors
    ('Kite Lab', True, True, 'secondary', ('Wei Li',))
    """
    works = list(_works(text))
    if len(works) != _MOST_WORKS:
        return (), ()
    authorships = [one for one in works[0]["authorships"] if isinstance(one, dict)]
    named = [(_text(_mapping(one.get("author")).get("display_name")), one) for one in authorships]
    authors = tuple(name for name, _ in named if name)
    return tuple(_affiliations(text, named)), authors


def _works(text: str) -> Iterator[Mapping[str, Any]]:
    if len(text) > _MOST_CHARS:
        return
    for part in [text] if text.lstrip()[:1] == "[" or "\n{" not in text.strip() else text.splitlines():
        try:
            told = json.loads(part) if part.strip() else None
        except (ValueError, RecursionError):
            continue
        listed = told if isinstance(told, list) else [told]
        for one in listed:
            several = one.get("results") if isinstance(one, dict) else None
            for work in several if isinstance(several, list) else [one]:
                if isinstance(work, dict) and isinstance(work.get("authorships"), list):
                    yield work


def _affiliations(
    text: str, named: Sequence[tuple[str | None, Mapping[str, Any]]]
) -> Iterator[AuthorAffiliation]:
    ties: dict[str, list[tuple[str | None, Mapping[str, Any]]]] = {}
    for name, one in named:
        for place in one.get("institutions") or ():
            organisation = _text(_mapping(place).get("display_name"))
            if organisation:
                ties.setdefault(organisation, []).append((name, one))
    for organisation, who in ties.items():
        found = _place(text, organisation)
        if found is None:
            continue
        positions = {one.get("author_position") for _, one in who}
        told = [one.get("is_corresponding") for _, one in who]
        yield AuthorAffiliation(
            organisation=organisation, quote=text[slice(*found)], start=found[0], end=found[1],
            authors=tuple(name for name, _ in who if name),
            first="first" in positions if positions != {None} else None, last="last" in positions if positions != {None} else None,
            corresponding=any(told) if any(one is not None for one in told) else None, grade=Grade.SECONDARY.value, rule_id="openalex",
        )  # fmt: skip


def _place(text: str, organisation: str) -> tuple[int, int] | None:
    for printed in (json.dumps(organisation, ensure_ascii=False)[1:-1], json.dumps(organisation)[1:-1]):
        at = text.find(f'"{printed}"')
        if at >= 0:
            return at + 1, at + 1 + len(printed)
    return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
