"""How markup is blanked: every character keeps its place.

A blanker takes a text and gives one of the same length in which markup has become spaces. The small moves they share
live here; each is one pass, linear in the text whatever it holds.
"""

import html
import re
from collections.abc import Callable

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]*[A-Za-z0-9_~/#@$&*+=%-]")
_WHOLE_CHARACTERS = 1 << 19
_PIECES = 1 << 16
_NOT_NEWLINE = re.compile(r"[^\n]+")
_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ－]+")
_WIDE_BYTES = re.compile(rb"\xef(?:\xbc[\x8d\x90-\x99\xa1-\xba]|\xbd[\x81-\x9a])")
_NARROW = {
    **{0xFF10 + index: 0x30 + index for index in range(10)},
    **{0xFF21 + index: 0x41 + index for index in range(26)},
    **{0xFF41 + index: 0x61 + index for index in range(26)},
    0xFF0D: ord("-"),
}
_ODD = (("\u00a0", " "), ("\u3000", " "), ("\ufeff", " "), ("\u2010", "-"), ("\u2011", "-"))


def replaced(pattern: re.Pattern[str], change: Callable[[re.Match[str]], str], text: str) -> str:
    """`pattern.sub(change, text)` in bounded memory: a long text's pieces are joined as they come.

    A hostile text may hold a match every other character; kept apart until the end, its pieces would take fifty
    times its size.
    """
    if len(text) <= _WHOLE_CHARACTERS:
        return pattern.sub(change, text)
    joined, pieces, at = list[str](), list[str](), 0
    for match in pattern.finditer(text):
        pieces += (text[at : match.start()], change(match))
        at = match.end()
        if len(pieces) > _PIECES:
            joined.append("".join(pieces))
            pieces.clear()
    return "".join([*joined, *pieces, text[at:]])


def spaces(match: re.Match[str]) -> str:
    """As many spaces as the match has characters; its newlines stay."""
    matched = match[0]
    if "\n" in matched:
        return replaced(_NOT_NEWLINE, lambda run: " " * len(run[0]), matched)
    return " " * len(matched)


def blank_urls(text: str) -> str:
    """Bare web addresses blanked; punctuation that follows one stays.

    >>> blank_urls("see https://x.org/a100, then H20")
    'see                   , then H20'
    """
    return replaced(_URL, spaces, text) if "://" in text else text


def resolve_entities(text: str) -> str:
    """HTML entities as their character and spaces, same length.

    >>> resolve_entities("8&nbsp;A100 &amp; H20")
    '8      A100 &     H20'
    """
    return replaced(_ENTITY, _resolved, text) if "&" in text else text


def _resolved(match: re.Match[str]) -> str:
    character = html.unescape(match[0])
    if len(character) != 1:
        return match[0]
    return (" " if character == "\xa0" else character).ljust(len(match[0]))


def fold_width(text: str) -> str:
    """Full-width Latin letters and digits as ASCII, odd spaces and hyphens as the plain ones, one to one.

    >>> fold_width("Ａ１００－８０ＧＢ")
    'A100-80GB'
    """
    if text.isascii():
        return text
    for odd, plain in _ODD:
        text = text.replace(odd, plain)
    encoded = text.encode("utf-8", "surrogatepass")
    if b"\xef" in encoded and _WIDE_BYTES.search(encoded):
        return replaced(_WIDE, lambda run: run[0].translate(_NARROW), text)
    return text


def fold_newlines(text: str) -> str:
    """The newlines of Windows as a space and a plain newline: a sentence reads the same with either.

    >>> fold_newlines("64\\r\\nA100")
    '64 \\nA100'
    """
    return text.replace("\r\n", " \n") if "\r" in text else text


def in_regions(text: str, region: re.Pattern[str], blank: Callable[[str], str]) -> str:
    """The text with a blanker applied inside each region only."""
    return replaced(region, lambda match: blank(match[0]), text)
