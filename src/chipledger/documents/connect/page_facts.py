"""What a web page says of itself: licence, days, publisher, from its links, meta elements and JSON-LD.

Takes the decoded page; gives `PageFacts`. These are the page's own words (grade: quoted), not ours: `published_from`
says which of them gave the day. A person's name is never taken.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html import unescape
from itertools import islice
from typing import Any

_MOST_CHARACTERS = 4_000_000
_MOST_LD_CHARACTERS = 400_000
_MOST_LD_BLOCKS = 20
_MOST_TAG_CHARACTERS = 10_000
_META = re.compile(r"<meta\b([^<>]*)>", re.IGNORECASE)
_LINK = re.compile(r"<(?:link|a)\b([^<>]*)>", re.IGNORECASE)
_LD = re.compile(r"<script\b[^<>]*application/ld[+]json[^<>]*>((?s:.*?))(?:</script|\Z)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([A-Za-z][\w:-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_DAY = re.compile(r"\s*((?:19|20)\d\d)[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"\s*((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)")
# In order of trust; the day of the last change outranks that of the first publication, since the words that stand
# there are those of the last change.
_CHANGED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified")
_PUBLISHED = ("article:published_time", "datepublished", "citation_publication_date", "citation_online_date",
              "dcterms.issued", "dc.date.issued", "dcterms.date", "dc.date", "publishdate", "pubdate", "date")  # fmt: skip
_LICENCE = ("dcterms.license", "dc.license", "license", "dcterms.rights", "dc.rights")
_ABOUT_PAGES = ("article", "newsarticle", "blogposting", "webpage", "report", "techarticle", "scholarlyarticle",
                "reportagenewsarticle", "analysisnewsarticle", "creativework", "socialmediaposting")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What a page says of itself.

    Args:
        licence: an address or a name.
        published_on: the day of the version that stands there.
        published_from: which statement gave it.
        publisher: the organisation that publishes it.
    """

    licence: str | None = None
    published_on: date | None = None
    published_from: str | None = None
    publisher: str | None = None


def facts_of(text: str) -> PageFacts:
    """What a page says of itself.

    Args:
        text: its source, decoded.

    >>> facts_of('<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">'
    ...     '<meta property="article:published_time" content="2024-11-05T08:00:00Z">')
    PageFacts(licence='https://creativecommons.org/licenses/by/4.0/', published_on=datetime.date(2024, 11, 5),
        published_from='article:published_time of the page', publisher=None)
    """
    text = text[:_MOST_CHARACTERS]
    metas, linked = _metas(text), list(_linked_data(text))
    day, how = _day_of(metas, linked)
    return PageFacts(
        licence=_licence(text, metas, linked),
        published_on=day,
        published_from=how,
        publisher=_line(metas.get("og:site_name")) or _publisher(linked),
    )


def _metas(text: str) -> dict[str, str]:
    """The meta elements by name or property in lower case; the first of a name counts."""
    found: dict[str, str] = {}
    for match in _META.finditer(text):
        said = _attributes(match[1])
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            if (name := said.get(attribute)) and "content" in said:
                found.setdefault(name.strip().lower(), said["content"])
    return found


def _attributes(written: str) -> dict[str, str]:
    """A tag's attributes, those beyond some length left out."""
    found = _ATTRIBUTE.finditer(written[:_MOST_TAG_CHARACTERS])
    return {match[1].lower(): unescape(match[2] or match[3] or match[4] or "") for match in found}


def _linked_data(text: str) -> Iterator[dict[str, Any]]:
    """The objects of the page's JSON-LD that speak of pages."""
    for match in islice(_LD.finditer(text), _MOST_LD_BLOCKS):
        if len(match[1]) > _MOST_LD_CHARACTERS:
            continue
        try:
            waiting = deque([json.loads(match[1])])
        except (ValueError, RecursionError):
            continue
        while waiting:
            one = waiting.popleft()
            if isinstance(one, list):
                waiting.extend(one)
            elif isinstance(one, dict):
                waiting.extend(inner for inner in (one.get("@graph"),) if isinstance(inner, list))
                if any(kind.lower() in _ABOUT_PAGES for kind in _texts(one.get("@type"))):
                    yield one


def _day_of(metas: dict[str, str], linked: list[dict[str, Any]]) -> tuple[date | None, str | None]:
    changed = [
        (f"JSON-LD {key} of the page", _text(one.get(key))) for key in ("dateModified",) for one in linked
    ]
    changed += [(f"{name} of the page", metas.get(name)) for name in _CHANGED]
    published = [
        (f"JSON-LD {key} of the page", _text(one.get(key))) for key in ("datePublished",) for one in linked
    ]
    published += [(f"{name} of the page", metas.get(name)) for name in _PUBLISHED]
    for how, written in (*changed, *published):
        if day := day_in(written or ""):
            return day, how
    return None, None


def day_in(written: str) -> date | None:
    """The day that a text begins with.

    >>> [day_in(one) for one in ("2024-11-05T08:00+08:00", "2024年11月5日", "20241105", "5 November")]
    [datetime.date(2024, 11, 5), datetime.date(2024, 11, 5), datetime.date(2024, 11, 5), None]
    """
    match = _COMPACT.match(written) or _DAY.match(written)
    try:
        return date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        return None


def _licence(text: str, metas: dict[str, str], linked: list[dict[str, Any]]) -> str | None:
    for match in _LINK.finditer(text):
        said = _attributes(match[1]) if "license" in match[1].lower() else {}
        if "license" in said.get("rel", "").lower().split() and said.get("href"):
            return _line(said["href"])
    stated = [_text(one.get("license")) for one in linked] + [metas.get(name) for name in _LICENCE]
    return next((line for line in map(_line, stated) if line), None)


def _publisher(linked: list[dict[str, Any]]) -> str | None:
    for one in linked:
        publisher = one.get("publisher")
        if isinstance(publisher, dict) and "Person" not in _texts(publisher.get("@type")):
            return _line(_text(publisher.get("name")))
    return None


def _text(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("@id") or value.get("url") or value.get("name")
    return value if isinstance(value, str) else None


def _texts(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def _line(value: str | None) -> str | None:
    """A statement on one line of bearable length, or None."""
    sound = (value or "").encode("utf-8", "replace").decode()  # JSON can escape half a character
    return " ".join(sound.split())[:300] or None
