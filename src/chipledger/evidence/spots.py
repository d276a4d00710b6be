"""Where a document names chips: every spot, with the canonical name and the doubtful ones weighed.

Takes a document and its reading; gives spots in order. A spelling that is also an everyday word, a grade or a plain
number ("A2", "L4", "3090") counts only where a compute word, its maker or another chip stands near it; file names
and addresses never count.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, takewhile

from chipledger.catalogue.names import Ambiguity, Name, lookup, pattern
from chipledger.documents.document import Document
from chipledger.evidence.sweep import Sweep

_COUNT_PREFIX = re.compile(r"\d{1,5}[xX*]")
_COMPUTE = re.compile(
    r"gpu|cuda|\bvram\b|显卡|顯卡|显存|算力|单卡|多卡|\d ?卡|张卡|块卡|nvidia|geforce|\brtx|\bgtx|tesla|英伟达|tensorrt|"
    r"\bnpu|\btpus?\b|\bfps\b|gi?b ?(?:vram|memory|显存)|\d ?gb?\b|graphics|accelerator|tensor cores?|nvlink|"
    r"inference|train(?:ing|ed)|fine-?tun|推理|训练|微调|推論|学習|グラフィック|hopper|ampere|turing|colab|compute capability|\bocr\b",
    re.I,
)
_NEAR_VENDOR = re.compile(r"(?:nvidia|tesla|geforce|quadro|英伟达|エヌビディア|apple|mac(?:book)?(?: pro| air)?(?: with)?|imac|mac mini|"
                          r"mac studio|苹果|aws|google)(?: devices?| silicon| chips?)?[\s'’:\-]{0,3}(?:with )?(?:an? )?(?:the )?(?:M\d (?:or|and|/) )?$", re.I)  # fmt: skip
_BAD_BEFORE = re.compile(
    r"[\d][.,]$|[$#:=@%€£¥]\s?$|(?:port|id|token|line|no\.?|#|vol\.?|page|pp\.?|issue|pull|year|v)\s?$|[\\/]\w+[\\/]$",
    re.I,
)
_BAD_AFTER = re.compile(
    r"[.,]\d|%|px|\s?[xX×]\s?\d{3}|\s?(?:steps|samples|images|tokens|words|examples|rows|lines|epochs|年|元|条|行|个样本|"
    r"人|次|字|篇|mah|rpm|mhz|ms\b|kg|km|hp)|:\d|[\w.-]{0,40}\.(?:py|sh|ya?ml|json|md|png|jpe?g|gif|log|txt|bin|pt|onnx|engine)\b",
    re.I,
)
_PATH_AFTER = re.compile(
    r"[\w.\-]{0,60}\.(?:py|sh|ya?ml|json|md|png|jpe?g|gif|svg|log|txt|bin|pt|csv|toml|cfg|engine|whl|html|pdf)\b|[\w\-.]*[/\\][\w\-./\\]*\.\w{2,4}\b",
    re.I,
)
_PATH_BEFORE = re.compile(r"(?:[\w.\-]+[/\\]){2,}[\w.\-]*$|(?:https?:|www\.)\S*$|\w_$|[\\/]\w+[-_]$")
_GPU_WORD = re.compile(r"gpu|nvidia|tesla|显卡|cuda|vram|graphics card|英伟达", re.I)
_RUN_BEFORE = re.compile(r"[A-Za-z0-9+/=]+$")
_RUN_AFTER = re.compile(r"[A-Za-z0-9+/=]+")
_VARIANT_TAIL = re.compile(r"[/、](B|C)(?![A-Za-z0-9])")
_JOINED_HEAD = re.compile(r"(?<![A-Za-z0-9])([HAV])[/、]$")
_VERSION_ONLY = re.compile(r"v[2-6]", re.I)
_BESIDE = 12


@dataclass(frozen=True, slots=True)
class Spot:
    """A chip's name as it stands: [start, end) in the document's text."""

    start: int
    end: int
    name: Name
    printed: str


def may_name_a_chip(content: bytes) -> bool:
    """Whether the bytes hold any spelling at all: the quick answer that lets most documents pass.

    >>> may_name_a_chip(b"no silicon here"), may_name_a_chip("16卡H20".encode())
    (False, True)
    """
    return pattern().search(content) is not None


def spots(document: Document, sweep: Sweep, is_dataset: bool = False) -> list[Spot]:
    """The chips named in a document.

    Args:
        document: the document.
        sweep: its reading (markup blanked, of the same length).
        is_dataset: whether the text is rows of a data set, in which a doubtful spelling needs its maker or "GPU".

    Returns:
        Spots in the order of the text, none overlapping.
    """
    reading = sweep.text
    found = _raw_spots(sweep)
    if not found:
        return []
    found = [
        spot for spot, after in zip(found, [*found[1:], None], strict=True) if not _leads_into(spot, after)
    ]
    in_compute_text = sweep.holds(_COMPUTE.pattern)
    kept = [
        spot
        for index, spot in enumerate(found)
        if _stands(index, found, document.text, reading, in_compute_text)
    ]
    if is_dataset:
        kept = [spot for spot in kept if spot.name.ambiguity is Ambiguity.PLAIN or _beside_gpu(spot, reading)]
    return [variant for spot in kept for variant in _with_variants(spot, reading)]


def _raw_spots(sweep: Sweep) -> list[Spot]:
    reading = sweep.text
    found = []
    for start, end in sweep.each(pattern()):
        printed = reading[start:end]
        name = lookup(printed)
        if name is None:
            continue
        prefix = _COUNT_PREFIX.match(printed)
        if prefix and lookup(printed[prefix.end() :]):
            start += prefix.end()
        found.append(Spot(start, end, name, reading[start:end]))
    return found


def _leads_into(spot: Spot, after: Spot | None) -> bool:
    """Whether a family name is merely the beginning of the full name right behind it ("AMD Instinct" MI300X)."""
    return (
        spot.name.is_family
        and after is not None
        and not after.name.is_family
        and 0 <= after.start - spot.end <= 1
    )


def _stands(index: int, found: list[Spot], text: str, reading: str, in_compute_text: bool) -> bool:
    spot = found[index]
    before, after = reading[max(0, spot.start - 60) : spot.start], reading[spot.end : spot.end + 60]
    if _PATH_AFTER.match(after) or _PATH_BEFORE.search(text[max(0, spot.start - 80) : spot.start]):
        return _beside_another(index, found)
    if _in_code_of_bytes(spot, text):
        return False
    kind = spot.name.ambiguity
    if kind is Ambiguity.PLAIN:
        return not (_VERSION_ONLY.match(spot.printed) and not _COMPUTE.search(before + after))
    if kind is Ambiguity.DOCUMENT:
        return in_compute_text
    if kind is Ambiguity.VENDOR:
        return bool(_NEAR_VENDOR.search(before)) or _beside_another(index, found)
    if kind is Ambiguity.NUMBER and (_BAD_BEFORE.search(before) or _BAD_AFTER.match(after)):
        return _beside_another(index, found)
    if spot.printed.islower() and kind is Ambiguity.SENTENCE and not _NEAR_VENDOR.search(before):
        return False
    return _beside_another(index, found) or bool(_COMPUTE.search(_around(spot, reading)))


def _beside_gpu(spot: Spot, reading: str) -> bool:
    return _GPU_WORD.search(reading[max(0, spot.start - 24) : spot.end + 24]) is not None


def _in_code_of_bytes(spot: Spot, text: str) -> bool:
    """Whether the spot is a piece of base64 or the like: joined by +, / or = to a long run without a blank."""
    if text[spot.end : spot.end + 1] not in ("+", "/", "=") and text[spot.start - 1 : spot.start] not in (
        "+",
        "/",
        "=",
    ):
        return False
    before = _RUN_BEFORE.search(text, max(0, spot.start - 80), spot.start)
    after = _RUN_AFTER.match(text, spot.end, spot.end + 80)
    return len((before.group() if before else "") + (after.group() if after else "")) > 60


def _around(spot: Spot, reading: str) -> str:
    """The text in which a doubtful spelling must find its compute word: its neighbourhood and its table's head."""
    near = reading[max(0, spot.start - 120) : spot.start] + " … " + reading[spot.end : spot.end + 120]
    line_start = reading.rfind("\n", 0, spot.start) + 1
    if "|" in reading[line_start : line_start + 3]:
        near += reading[max(0, spot.start - 800) : spot.start]
    return near


def _beside_another(index: int, found: list[Spot]) -> bool:
    """Whether a chip that stands on its own is listed right beside this one."""
    spot = found[index]
    backwards = map(found.__getitem__, range(index - 1, -1, -1))
    before = takewhile(lambda other: spot.start - other.end <= _BESIDE, backwards)
    onwards = map(found.__getitem__, range(index + 1, len(found)))
    after = takewhile(lambda other: other.start - spot.end <= _BESIDE, onwards)
    return any(
        not other.name.is_family and other.name.ambiguity in (Ambiguity.PLAIN, Ambiguity.DOCUMENT)
        for other in chain(before, after)
    )


def _with_variants(spot: Spot, reading: str) -> Iterator[Spot]:
    """The spot, and the chips that share its letters: "910A/B", "H/A100"."""
    head = _JOINED_HEAD.search(reading, max(0, spot.start - 3), spot.start)
    joined = lookup(head[1] + spot.printed[1:]) if head and spot.printed[:1] in "AHV" else None
    if head and joined:
        yield replace(spot, start=head.start(), name=joined)
    yield spot
    tail = _VARIANT_TAIL.match(reading, spot.end)
    varied = lookup(spot.printed[:-1] + tail[1]) if tail and spot.printed[-1:].isalpha() else None
    if tail and varied:
        yield Spot(spot.start, tail.end(), varied, reading[spot.start : tail.end()])
