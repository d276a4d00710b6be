"""HTML read as lines: tags, comments, scripts and styles become spaces, and blocks become lines.

Takes an HTML text (or a table inside Markdown), gives one of the same length that reads like Markdown: a heading
starts a line with "#", a list item with "-", a table row is one line with "|" between its cells. Newlines of the
source are mere spaces outside <pre>, as in a browser. Nothing is parsed as XML, so no entity is ever expanded.
"""

import re
from functools import lru_cache

from chipledger.documents.blank import replaced, resolve_entities, spaces

_HIDDEN = re.compile(
    r"<!--(?s:.*?)(?:-->|\Z)|<(script|style|svg|noscript|template)\b[^<>]*>(?s:.*?)(?:</\1\s*>|\Z)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>|<[!?][^<>]*>")
_PRE_OR_NEWLINES = re.compile(r"\n+|<pre\b[^<>]*>(?s:.*?)(?:</pre\s*>|\Z)", re.IGNORECASE)
_LINE_STARTS_WORDS = (
    "p div br hr ul ol dl dt dd table thead tbody tr section article header footer blockquote pre title body"
)
# The inside of a table row, up to the next row; and the tags that would break its line.
_ROW = re.compile(r"<tr\b[^<>]*>(?s:.*?)(?=</?tr\b|\Z)", re.IGNORECASE)
_BREAK_IN_ROW = re.compile(r"</?(?:br|p|div|ul|ol|li|h[1-6]|hr|blockquote)\b[^<>]*>", re.IGNORECASE)
_LINE_STARTS = frozenset(_LINE_STARTS_WORDS.split())
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}


def blank(text: str) -> str:
    """The text of an HTML page in its own place.

    Args:
        text: the page's source.

    Returns:
        A text of the same length without markup.

    >>> blank("<tr><td>A100</td><td>8</td></tr>")
    '\\n   |   A100     |   8     |    '
    >>> blank("<tr><td>A100<br>80GB</td></tr>").count("\\n")
    1
    >>> blank("<h2>Training</h2><p>64&times;H20")
    '\\n## Training\\n    \\n  64×      H20'
    """
    if "<" not in text:
        return resolve_entities(text)
    shown = replaced(_HIDDEN, spaces, text)
    shown = replaced(_ROW, _one_line, _flow(shown))
    return resolve_entities(replaced(_TAG, _line_mark, shown))


def _flow(text: str) -> str:
    """Newlines of the source as spaces, except inside <pre>."""
    if "<pre" not in text and "<PRE" not in text:
        return text.replace("\n", " ")
    return replaced(
        _PRE_OR_NEWLINES, lambda match: match[0] if match[0][0] == "<" else " " * len(match[0]), text
    )


def _one_line(row: re.Match[str]) -> str:
    return replaced(_BREAK_IN_ROW, spaces, row[0])


def _line_mark(match: re.Match[str]) -> str:
    tag = match[0]
    return _mark_of_plain(tag) if len(tag) <= 32 else _mark(match[1], match[2], len(tag))


@lru_cache(maxsize=2048)
def _mark_of_plain(tag: str) -> str:
    match = _TAG.fullmatch(tag)
    return _mark(match[1], match[2], len(tag)) if match else " " * len(tag)


def _mark(closing: str | None, name: str | None, length: int) -> str:
    name = (name or "").lower()
    if name in _HEADINGS:
        mark = "\n" if closing else f"\n{_HEADINGS[name]}"[: length - 1]
    elif name in ("td", "th"):
        mark = "" if closing else "|"
    elif name == "li":
        mark = "" if closing else "\n- "
    elif name == "tr" and closing:
        mark = "|"
    else:
        mark = "\n" if name in _LINE_STARTS else ""
    return mark.ljust(length)
