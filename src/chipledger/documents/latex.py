"""LaTeX as its reader sees it, every character in its place.

Commands and braces become spaces, their arguments stay; comments, labels, references, citations, file names and
environment names go. Sections start with "#", items with "-", and "&" in a table reads "|", as in Markdown.
"""

import re

from chipledger.documents.blank import replaced

_TOKEN = re.compile(
    r"%[^\n]*"
    r"|\\(?:(?P<gone>(?:no|auto|text|paren)?cite[a-zA-Z]*|[a-zA-Z]*ref|label|includegraphics|bibliography(?:style)?"
    r"|begin|end|usepackage|documentclass|input|include|url|href|vspace|hspace|setlength|newcommand|renewcommand"
    r"|cmidrule|cline|color|textcolor|definecolor|resizebox|multicolumn|multirow)\*?"
    r"(?:\[[^\]\n]{0,300}\])?(?:\{[^{}]{0,2000}\})?"
    r"|(?P<section>(?:sub){0,2}section|chapter|paragraph)\*?"
    r"|(?P<name>[a-zA-Z@]+)\*?|(?P<character>[^a-zA-Z@]))"
)
_SECTIONS = {"chapter": "#", "section": "#", "subsection": "##", "subsubsection": "###", "paragraph": "####"}
_WORDS = {
    "times": "x",
    "item": "-",
    "cdot": "x",
    "percent": "%",
}
_KEPT_CHARACTERS = {"%": "%", "_": "_", "#": "#", "-": "-"}
_DOLLAR, _AMPERSAND = "\ue000", "\ue001"


def blank(text: str) -> str:
    """The text of a LaTeX file in its own place.

    Args:
        text: the file's text.

    Returns:
        A text of the same length without commands, braces, comments and references.

    >>> blank(r"\\section{Setup} We use $8\\times$H20~\\cite{a100} at 40\\%.")
    '#        Setup  We use  8x      H20              at 40 %.'
    """
    text = replaced(_TOKEN, _read, text)
    for mark, becomes in (("{", " "), ("}", " "), ("$", " "), ("~", " "), ("&", "|")):
        text = text.replace(mark, becomes)
    return (
        text.replace(_DOLLAR, "$").replace(_AMPERSAND, "&") if _DOLLAR in text or _AMPERSAND in text else text
    )


def _read(match: re.Match[str]) -> str:
    length, kind = len(match[0]), match.lastgroup
    if kind == "name":
        return _WORDS.get(match["name"], "").ljust(length)
    if kind == "character":
        return _escaped(match["character"])
    if kind == "section":
        return _SECTIONS[match["section"]].ljust(length)
    return " " * length


def _escaped(character: str) -> str:
    if character == "\n":
        return " \n"
    if character == "$":
        return " " + _DOLLAR
    return " " + (_AMPERSAND if character == "&" else _KEPT_CHARACTERS.get(character, " "))
