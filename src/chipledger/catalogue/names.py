"""Chip names as printed: the spellings that lead to a canonical name, and one pattern that finds them all.

Takes `data/names.yaml`; gives the canonical name, its ambiguity and the catalogue chips of any spelling, and a
re2 alternation over UTF-8 bytes. Bytes because re2's word boundary is then ASCII: `16卡H20` holds a boundary
before the H, which Unicode-aware engines do not see.
"""

import re
import unicodedata
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import re2

from chipledger.catalogue.fast_names import IS_INSTALLED, PAYS_BYTES, FastNames, pieces_of
from chipledger.core.errors import DataError
from chipledger.core.load import load_yaml
from chipledger.core.records import Record

DATA = Path(str(files("chipledger") / "data" / "names.yaml"))

# What may stand between the count and the name, and after it, without changing the name.
_BEFORE = r"\b(?:\d{1,5}[xX*](?:\d{1,3}[xX*])?|nvidia[-_])?"
_FORM = r"(?:[-_ ]?(?:sxm\d?|pci-?e|nvl(?:\d{2})?|oam|hbm\d?e?|\d{2,3} ?gi?b?))"
_AFTER = rf"(?:{_FORM}{{1,3}}|s)?s?(?:x\d{{1,4}})?\b"
_AROUND = re.compile(
    rf"(?:(?:\d{{1,5}}[xX*]){{1,2}}|nvidia[-_](?!\s))?(.+?)(?:{_FORM}{{1,3}}|s)?s?(?:x\d{{1,4}})?",
    re.I | re.S,
)
_AROUND_BYTES = 48  # of what may stand before and behind a spelling
_LETTER_TO_DIGIT = re.compile(r"(?<=[A-Za-z])(?=\d)")
_SEPARATORS = re.compile(r"[-_\s®™·]+")


class Ambiguity(StrEnum):
    """How far a spelling may be trusted alone."""

    PLAIN = "plain"
    DOCUMENT = "document"
    SENTENCE = "sentence"
    VENDOR = "vendor"
    NUMBER = "number"


class Name(Record):
    """A canonical name with spellings of one ambiguity; `chips` are catalogue ids or prefixes ending in '*'."""

    name: str
    ambiguity: Ambiguity
    spellings: tuple[str, ...]
    chips: tuple[str, ...] = ()

    @property
    def is_family(self) -> bool:
        """Whether the name says only a family ("Huawei Ascend (unspecified)")."""
        return self.name.endswith("(unspecified)")


class _Names(Record):
    source: str
    checked_on: str
    names: tuple[Name, ...]


def key(printed: str) -> str:
    """A spelling without what does not tell names apart: case, width, separators.

    >>> key("RTX-3080 Ti") == key("rtx3080ti") == key("ＲＴＸ 3080Ti")
    True
    """
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", printed)).lower()


@cache
def names() -> tuple[Name, ...]:
    """All names with their spellings."""
    return load_yaml(DATA, _Names).names


@cache
def lexicon() -> dict[str, Name]:
    """The name of each spelling's key.

    Raises:
        DataError: one spelling leads to two names.
    """
    known: dict[str, Name] = {}
    for name in names():
        for spelling in name.spellings:
            other = known.setdefault(key(spelling), name)
            if other.name != name.name:
                raise DataError(f"{spelling!r} leads to {other.name} and to {name.name}", where=DATA.name)
    return known


@lru_cache(maxsize=16_384)
def lookup(printed: str) -> Name | None:
    """The name that a matched text carries, its count, form factor and memory set aside.

    >>> lookup("8xA100-SXM4-80GB").name
    'NVIDIA A100'
    >>> lookup("3080 Ti").ambiguity
    <Ambiguity.NUMBER: 'number'>
    >>> lookup("2060S").name, lookup("2060s").name
    ('NVIDIA GeForce RTX 2060 SUPER', 'NVIDIA GeForce RTX 2060')
    >>> lookup("4xL40S").name, lookup("4xL40s-48GB").name, lookup("4xL4s").name
    ('NVIDIA L40S', 'NVIDIA L40S', 'NVIDIA L4')
    >>> lookup("A1000") is None
    True
    """
    whole = lexicon().get(key(printed))
    if whole:
        return whole
    if printed[-1:] == "S" and (short := lexicon().get(key(printed[:-1] + " SUPER"))):
        return short
    core = _AROUND.fullmatch(printed)
    if not core:
        return None
    with_s = (
        lexicon().get(key(core[1] + "s")) if printed[core.end(1) : core.end(1) + 1] in ("s", "S") else None
    )
    return with_s or lexicon().get(key(core[1]))


def _parts(spelling: str) -> list[str]:
    """What a spelling consists of; between the parts a separator may stand or not."""
    if " " in spelling or len(spelling) <= 6:
        return spelling.split(" ")
    return _LETTER_TO_DIGIT.split(spelling)


def _flexible(spelling: str) -> str:
    separator = "(?:[-_ ]|\u00a0)?" if " " in spelling else "[- ]?"
    return separator.join(map(re.escape, _parts(spelling)))


@cache
def pattern() -> Any:
    """Finds every spelling in UTF-8 bytes: by re2, and in much text by Hyperscan too where that is installed.

    >>> [match.group().decode() for match in pattern().finditer("用16卡H20训练".encode())]
    ['H20']
    """
    return fast_names() if IS_INSTALLED else expression()


def fast_names(pays_bytes: int = PAYS_BYTES) -> FastNames:
    """What `pattern` gives where Hyperscan is installed.

    Args:
        pays_bytes: by re2 alone until so much was read.
    """
    spellings = [_parts(spelling) for name in names() for spelling in name.spellings]
    longest_bytes = max(len(" ".join(parts).encode()) + len(parts) for parts in spellings)
    return FastNames(expression(), pieces_of(spellings), longest_bytes + _AROUND_BYTES, pays_bytes)


@cache
def expression() -> Any:
    """The compiled alternation of every spelling, longest first, for UTF-8 bytes."""
    spellings = sorted(
        {spelling for name in names() for spelling in name.spellings}, key=lambda s: (-len(s), s)
    )
    latin = [
        _flexible(spelling) for spelling in spellings if spelling[0].isascii() and spelling[-1].isascii()
    ]
    mixed = [
        _flexible(spelling) for spelling in spellings if spelling[0].isascii() and not spelling[-1].isascii()
    ]
    cjk = [_flexible(spelling) for spelling in spellings if not spelling[0].isascii()]
    options = re2.Options()
    options.case_sensitive = False
    options.never_nl = False
    options.max_mem = 64 << 20
    # An ASCII word boundary would never be found behind 系列显卡, so a name that ends in another script needs none.
    body = f"(?:{_BEFORE}(?:(?:{'|'.join(latin)}){_AFTER}|{'|'.join(mixed)}))|(?:{'|'.join(cjk)})"
    return re2.compile(body.encode(), options)


def chips_of(name: Name, ids: tuple[str, ...]) -> tuple[str, ...]:
    """The catalogue ids that a name may stand for.

    Args:
        name: the canonical name.
        ids: all catalogue ids.

    >>> chips_of(lookup("A800"), ("nvidia-a800-pcie-80", "nvidia-a800-sxm-80", "nvidia-h800-sxm"))
    ('nvidia-a800-pcie-80', 'nvidia-a800-sxm-80')
    """
    return _ids_among(name.chips, ids)


@lru_cache(maxsize=1_024)
def _ids_among(chips: tuple[str, ...], ids: tuple[str, ...]) -> tuple[str, ...]:
    """The ids that are listed or begin as listed; asked again for each mention of a name."""
    wanted = tuple(chip for chip in chips if not chip.endswith("*"))
    prefixes = tuple(chip[:-1] for chip in chips if chip.endswith("*"))
    return tuple(chip for chip in ids if chip in wanted or (prefixes and chip.startswith(prefixes)))
