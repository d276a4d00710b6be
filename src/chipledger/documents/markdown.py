"""Markdown without its link targets, tags and comments, every character in its place.

Kept: headings, table pipes, list marks, code fences (launch commands are evidence), front matter, link texts. HTML
tables inside Markdown read as rows of "|".
"""

import re

from chipledger.documents import html_text
from chipledger.documents.blank import blank_urls, in_regions, replaced, resolve_entities, spaces

# No possessive groups here: Python before 3.11.5 matches them wrongly (Debian 12 ships 3.11.2).
_TABLE = re.compile(r"<table\b[^<>]*>(?s:.*?)</table\s*>", re.IGNORECASE)
_TAG = re.compile(r"<!--(?s:.*?)(?:-->|\Z)|</?[A-Za-z][^<>]*>")
_TARGET = re.compile(r"\]\([^()\n]*+(?:\([^()\n]*+\)[^()\n]*+)*\)")
_DEFINED = re.compile(r"\]:[ \t]*\S+")
_LABEL = re.compile(r" {0,3}\[[^\]\n]{1,200}")


def blank(text: str) -> str:
    """The text of a Markdown file in its own place.

    Args:
        text: the file's text.

    Returns:
        A text of the same length without link targets, bare addresses, tags, comments, `**` and inline code marks.

    >>> blank("[8 x **H20**](docs/a100.md) <b>only</b>")
    '[8 x   H20                       only    '
    """
    if "<" in text:
        text = in_regions(text, _TABLE, html_text.blank) if "</" in text else text
        text = replaced(_TAG, spaces, text)
    if "](" in text:
        text = replaced(_TARGET, spaces, text)
    if "]:" in text:
        text = replaced(_DEFINED, _if_definition, text)
    text = blank_urls(text).replace("**", "  ")
    if "`" in text and "\x00" not in text:
        text = "```".join([between.replace("`", " ") for between in text.split("```")])
    return resolve_entities(text)


def _if_definition(match: re.Match[str]) -> str:
    """The target of a link definition as spaces, its label kept; anything else as it is."""
    text, at = match.string, match.start()
    before = text[max(0, at - 205) : at]
    line = before[before.rfind("\n") + 1 :]
    return spaces(match) if _LABEL.fullmatch(line) else match[0]
