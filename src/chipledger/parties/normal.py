"""A name as it was typed, made fit to compare: one form of each letter, nothing invisible, nothing endless.

Takes any text; gives `clean` text (readable, one line) and `fold`ed words (small letters without accents, Latin letters
for every alphabet but hanzi and kana, which stay). Every step keeps the order of letters; nothing here drops a word.
"""

import re
import unicodedata
from functools import lru_cache
from importlib import import_module
from typing import Any

from chipledger.core.errors import InputError

LONGEST = 1000  # characters; the longest name of the Consolidated Screening List has some 300
_TURNED = re.compile(
    r"\u202e([^\u202c\u2069\n]*)[\u202c\u2069]?"
)  # shown from right to left: read as it is shown
_CONTROLS = re.compile(  # orders to a terminal, pictures, and what is not seen
    r"(?:\x1b\[[0-9;?]*[ -/]*[@-~]|[\U0001f000-\U0001faff\ufe00-\ufe0f]|[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc\ud800-\udfff])+"
)
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]")
_TWO_WORD_MARKS = re.compile(r"[^\W_][\W_]*[^\W_]")
_NOT_WORDS = re.compile(r"[\W_]+")
_HAN = r"\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_KANA = r"\u3041-\u3096\u30a1-\u30fa\u30fc"
CJK = re.compile(f"[{_HAN}{_KANA}]")
_MIXED = re.compile(r"(?=\w*[A-Za-z])(?=\w*[\u0370-\u03ff\u0400-\u04ff])\w+")
_INITIALS = re.compile(r"\b([a-z])\.(?=[a-z]\b)")
_POSSESSIVE = re.compile(r"[’'`ʻ]s\b")
_APOSTROPHES = re.compile(r"[’'`ʻʼ‘]")
_PIECES = re.compile(rf"[{_HAN}]+|[{_KANA}]+|[a-z]+|[0-9]+")
_LOOK_ALIKES = str.maketrans(  # letters of other alphabets that look like Latin ones, read only beside Latin ones
    "АВЕКМНОРСТУХІЈЅавекмнорстухіјѕьԁɡΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεικνορτυχ",
    "ABEKMHOPCTYXIJSabekmhopctyxijsbdgABEZHIKMNOPTYXabeiknoptux",
)  # fmt: skip


def clean(text: str) -> str:
    """The name on one line: compatibility forms unified, controls and invisible marks gone, look-alike letters Latin.

    Args:
        text: as it was given.

    Returns:
        The text in NFKC, spaces single. Letters of another alphabet inside a Latin word become the Latin ones they imitate.

    Raises:
        InputError: no letter or digit, only one, or more than `LONGEST` characters.

    >>> clean("Huawеi\\u200b\\n Ｔｅｃｈ")
    'Huawei Tech'
    """
    if len(text) > LONGEST:
        raise InputError(f"a name of {len(text)} characters: {_start(text)}", expected=f"at most {LONGEST}",
                         remedy="give one name a line")  # fmt: skip
    plain = (
        text
        if text.isascii() and text.isprintable()
        else unicodedata.normalize("NFKC", _CONTROLS.sub(_gap, _TURNED.sub(lambda run: run[1][::-1], text)))
    )
    if not plain.isascii():
        plain = _MIXED.sub(lambda word: word[0].translate(_LOOK_ALIKES), plain)
    plain = " ".join(plain.split()) if plain.isascii() else _SPACES.sub(" ", plain).strip()
    if not _TWO_WORD_MARKS.search(plain):
        marks = _WORD.findall(plain)
        raise InputError(f"nothing to screen in {_start(text)}" if not marks else f"one character is no name: {_start(text)}",
                         expected="a name of two letters or more")  # fmt: skip
    return plain


def _gap(controls: re.Match[str]) -> str:
    return (
        " "
        if any(mark in "\t\n\r\x0b\x0c\x85\u2028\u2029" or mark >= "\U0001f000" for mark in controls[0])
        else ""
    )


def _start(text: str) -> str:
    return repr(text[:24]) + ("…" if len(text) > 24 else "")


def fold(text: str) -> str:
    """Small Latin letters without accents; hanzi and kana stay as they are.

    >>> fold("Crédit L.X.C. Завод 東芝")
    'credit lxc. zavod 東芝'
    """
    text = text.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
        text = "".join(
            piece if CJK.match(piece) else _latin(piece) for piece in _ALPHABETS.findall(text)
        ).lower()
    if "." in text:
        text = _INITIALS.sub(r"\1", text)
    return _APOSTROPHES.sub("", _POSSESSIVE.sub("s", text)) if _APOSTROPHES.search(text) else text


_ALPHABETS = re.compile(rf"[{_HAN}{_KANA}]+|[^{_HAN}{_KANA}]+")


@lru_cache(maxsize=1 << 14)
def _latin(text: str) -> str:
    return text if text.isascii() else str(_anyascii()(text))


@lru_cache(maxsize=1)
def _anyascii() -> Any:
    return optional("anyascii").anyascii


def pieces(folded: str) -> list[str]:
    """The runs of letters, of digits, of hanzi and of kana in folded text, in order.

    >>> pieces("h20 chips, 16卡")
    ['h', '20', 'chips', '16', '卡']
    """
    return _PIECES.findall(folded)


def optional(name: str) -> Any:
    """A module of the extra `screen`.

    Raises:
        InputError: it is not installed; the message names the extra.
    """
    try:
        return import_module(name)
    except ImportError:
        raise InputError(f"screening needs {name}, which is not installed",
                         remedy="pip install 'chipledger[screen]'") from None  # fmt: skip


def key(text: str) -> str:
    """A name as it is compared whole: folded, without regard to spaces and points.

    >>> key("  SenseTime  Group, Inc. ") == key("SENSETIME GROUP INC")
    True
    """
    return " ".join(_NOT_WORDS.sub(" ", fold(text)).split())
