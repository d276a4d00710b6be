"""News as an Atom feed (RFC 4287), for any feed reader: an entry for each, the latest first."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from chipledger.store.watching import StoredNews

_NAMESPACE = "http://www.w3.org/2005/Atom"
_LONGEST = 400
_OF_ADDRESSES = "%/:?#[]@!$&'(),;=~*+"
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535, *range(55296, 57344)))


def feed(name: str, told: Iterable[StoredNews], now: str) -> str:
    """The feed as a text.

    Args:
        name: of what is watched, the same every time: readers know the feed by it.
        told: news, the latest first.
        now: the moment that a feed without news is dated with, as RFC 3339 has it.

    >>> told = StoredNews("2026-11-25T10:00:00+00:00", {"id": "a", "kind": "new", "source": "kite", "in_words": "NVIDIA H20 now stands in a.md",
    ...     "words": "It takes 8 H20.", "words_before": None, "words_now": None, "document": "a.md", "line": 3, "url": None})
    >>> text = feed("sources.yaml", [told], "2026-11-25T10:00:00+00:00")
    >>> text.count("<entry>"), "kite: NVIDIA H20 now stands in a.md" in text
    (1, True)
    """
    listed = list(told)
    top = ElementTree.Element("feed", {"xmlns": _NAMESPACE})
    _add(top, "id", _urn(name))
    _add(top, "title", f"chipledger: {name}")
    _add(top, "updated", listed[0].told_at if listed else now)
    _add(ElementTree.SubElement(top, "author"), "name", "chipledger")
    for one in listed:
        _add_entry(top, one.told_at, one.body)
    ElementTree.indent(top)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(top, encoding="unicode") + "\n"


def _add_entry(top: ElementTree.Element, told_at: str, body: Mapping[str, Any]) -> None:
    entry = ElementTree.SubElement(top, "entry")
    _add(entry, "id", _urn(body["id"]))
    _add(entry, "title", f"{body['source']}: {body['in_words']}"[:_LONGEST])
    _add(entry, "updated", told_at)
    url = body.get("url")
    if url and url.startswith(("https://", "http://")):
        ElementTree.SubElement(entry, "link", {"href": quote(url, safe=_OF_ADDRESSES, errors="replace")})
    _add(entry, "content", _content(body)).set("type", "text")


def _content(body: Mapping[str, Any]) -> str:
    """What a reader is shown: the words, before and now, and where they stand."""
    before, now = body["words_before"], body["words_now"]
    spot = f"{body['document']}:{body['line']}" if body["line"] else body["document"]
    lines = [
        f"before: {before}" if before else "",
        f"{'now: ' if before else ''}{body['words']}",
        f"its line now: {now}" if now else "",
        spot,
    ]
    return "\n".join(line for line in lines if line)


def _add(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name)
    child.text = text.translate(_NOT_XML)
    return child


def _urn(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'chipledger:{name}')}"
