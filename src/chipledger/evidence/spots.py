"""Where a document names chips: every spot, with the canonical name and the doubtful ones weighed.

Takes a document and its reading; gives spots in order. A spelling that is also an everyday word, a grade or a plain
number ("A2", "L4", "3090") counts only where a compute word, its maker or another chip stands near it; file names
and addresses never count.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, takewhile

from chipledger.catalogue.names import Ambiguity, Name, lookup, pattern
from chipledger.documents.document import Document
from chipledger.evidence.sweep import Sweep
from chipledger.evidence.uncased import uncased

_COUNT_PREFIX = re.compile(r"(?:\d{1,5}[xX*]){1,2}")
_COMPUTING = (
    r"gpu|cuda|\bvram\b|显卡|顯卡|显存|算力|单卡|多卡|\d ?卡|张卡|块卡|nvidia|geforce|\brtx|\bgtx|tesla|英伟达|tensorrt|"
    r"\bnpu|\btpus?\b|\bfps\b|gi?b ?(?:vram|memory|显存)|\d ?gb?\b|graphics|accelerator|tensor cores?|nvlink|tflops|"
    r"inference|train(?:ing|ed)|fine-?tun|推理|训练|微调|推論|学習|グラフィック|hopper|ampere|turing|colab|kaggle|compute capability|\bocr\b"
)
_COMPUTE = uncased(_COMPUTING)
_NEAR_VENDOR = uncased(r"(?:nvidia|tesla|geforce|quadro|英伟达|エヌビディア|apple|mac(?:book)?(?: pro| air)?(?: with)?|imac|mac mini|"
                          r"mac studio|苹果|aws|google)(?: devices?| silicon| chips?)?[\s'’:\-]{0,3}(?:with )?(?:an? )?(?:the )?(?:M\d (?:or|and|/) )?$")  # fmt: skip
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
_JOINTS = ("/", "、", "\n")
_JOINED_HEAD = re.compile(r"(?<![A-Za-z0-9])([HAV])[/、]$")
_VERSION_ONLY = re.compile(r"v[2-6][\-_ ]?\d+", re.I)
_COUNTED_OR_SIZED = re.compile(r"[xX*]\d{1,4}$|\d ?gi?b?$", re.I)
_TPU = r"\btpus?\b|tpuv\d"
_BLANK = re.compile(r"[ _\-]")
_REST_CHARS = 24
_BESIDE = 12
_LIST_LINK = re.compile(r"\s*(?:[/,、，+&|]|and|or|to|和|与|及|或|と|または)\s*", re.I)
_MOST_LISTED = 8
# What speaks for a doubtful name by standing right behind it: "T4 instance", "M1 Mac", "M2 chip", "M1 7-core GPU".
_DEVICE_BEHIND = re.compile(
    r"[ \-]?(?:instances?|VMs?|cards?|实例|インスタンス|显卡|芯片|チップ)(?![A-Za-z])", re.I
)
_APPLE_BEHIND = re.compile(
    r"[ \-]?(?:搭載)?(?:mac|芯片|チップ|chips?\b)|[ ]?\(?(?:integrated gpu|\d{1,2}[\-\u2011 ]?core gpu)", re.I
)
_MAC_BEFORE = re.compile(r"\bmac(?:book|s|os|mini|studio)?\b[^.。;\n|]{0,24}[(（]$", re.I)
# Names of hosts, partitions and clusters, and values of settings, that merely hold a chip's letters.
_SETTING_BEFORE = re.compile(
    r"(?:^|[\s\"'(\[])--?[A-Za-z][\w\-]*(?:=|[ ]+)[\"']?(?:[\w.]+[:\-])*$"
    r"|(?:^|[\s\"'`(\[|])--$|\$\{?$|(?:^|\n)[ \t]*(?:export |set |local )?[A-Za-z_]\w*=[\"']?(?:[\w.]+[:\-])*$"
    r"|(?<![A-Za-z0-9\-])(?!non-|nvidia-|geforce-|tesla-|huawei-)[A-Za-z][A-Za-z0-9]*-(?!nvidia-|dgx-|hgx-|tesla-|vs-|to-|and-|or-|non-)[A-Za-z0-9]+-$",
    re.I,
)
# Files of macOS that end in V100, and clauses that hundreds of training scripts have from one template.
_NO_CHIP_BEFORE = re.compile(
    r"(?:^|[\s/])\.(?:DocumentRevisions|Spotlight)-$|xla_spawn \($|efficient on GPU but very bad for $"
)
_NO_CHIP_ENDS = ("Revisions-", "Spotlight-", "spawn (", "bad for ")
_FLAG = re.compile(r"-[A-Za-z]")
_HOST_BEHIND = re.compile(
    r"-(?:cu\d{2,3}|[a-z]+-\d+(?:-\d+)*|(?:node|host|worker|master|queue|partition)s?-?\d*)\b", re.I
)
# "VALUE=2 # set to 200 for A100" explains a setting.
_SETTING_EXPLAINED = re.compile(r"[ \t]*(?:export |set )?[A-Za-z_]\w*=[^\s#]*[ \t]+#")
_NUMBERED = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z])(\d{1,2})\s*(?:[,、，+/&~–\-]|and|or|to|和|与|及|から)\s*$"
)
_NUMBERED_AFTER = re.compile(r"\s*(?:[,、，+/&~–\-]|and|or|to|和|与|及)\s*([A-Za-z])(\d{1,2})(?![A-Za-z0-9])")


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
    about = _About(document.text, sweep)
    kept = [spot for index, spot in enumerate(found) if _stands(index, found, about)]
    if is_dataset:
        kept = [spot for spot in kept if spot.name.ambiguity is Ambiguity.PLAIN or _beside_gpu(spot, reading)]
    return [variant for spot in kept for variant in _with_variants(spot, reading)]


def _raw_spots(sweep: Sweep) -> list[Spot]:
    reading = sweep.text
    found: list[Spot] = []
    ends = 0
    for start, end in sweep.each(pattern()):
        if start < ends:
            continue
        printed = reading[start:end]
        name = lookup(printed)
        if name is None:
            continue
        prefix = _COUNT_PREFIX.match(printed)
        if prefix and lookup(printed[prefix.end() :]):
            start += prefix.end()
        spot = Spot(start, end, name, reading[start:end])
        found.append(_fuller(spot, reading) if name.is_family else spot)
        ends = found[-1].end
    return found


def _fuller(spot: Spot, reading: str) -> Spot:
    """The full name whose first word a family name has taken: "NVIDIA Titan" of "NVIDIA Titan X"."""
    for blank in _BLANK.finditer(spot.printed):
        words = reading[spot.start + blank.end() : spot.end + _REST_CHARS]
        match = pattern().match(words.encode("utf-8", "replace"))
        printed = words[: len(match.group().decode("utf-8", "replace"))] if match else ""
        name = lookup(printed)
        if name and not name.is_family and len(printed) > len(spot.printed) - blank.end():
            start = spot.start + blank.end()
            return Spot(start, start + len(printed), name, printed)
    return spot


def _leads_into(spot: Spot, after: Spot | None) -> bool:
    """Whether a family name is merely the beginning of the full name right behind it ("AMD Instinct" MI300X)."""
    return (
        spot.name.is_family
        and after is not None
        and not after.name.is_family
        and 0 <= after.start - spot.end <= 1
    )


class _About:
    """The text around the spots, and what it speaks of as a whole, told where a doubtful name asks for it."""

    def __init__(self, text: str, sweep: Sweep) -> None:
        self.text, self.reading, self._sweep = text, sweep.text, sweep

    @cached_property
    def of_computing(self) -> bool:
        return self._sweep.holds(_COMPUTING)

    @cached_property
    def of_tpus(self) -> bool:
        return self._sweep.holds(_TPU)


def _stands(index: int, found: list[Spot], about: _About) -> bool:
    spot, text, reading = found[index], about.text, about.reading
    before, after = reading[max(0, spot.start - 60) : spot.start], reading[spot.end : spot.end + 60]
    if _PATH_AFTER.match(after) or _follows_a_path(text[max(0, spot.start - 80) : spot.start]):
        return _beside_another(index, found) or (
            spot.name.ambiguity is Ambiguity.VENDOR and _lists_on(index, found, reading)
        )
    if _in_code_of_bytes(spot, text) or _is_setting(spot, text):
        return False
    kind = spot.name.ambiguity
    if kind is Ambiguity.PLAIN:
        return (
            not _VERSION_ONLY.fullmatch(spot.printed)
            or about.of_tpus
            or bool(_COMPUTE.search((before + after).lower()))
        )
    if kind is Ambiguity.DOCUMENT:
        return about.of_computing or _has_vendor(spot, reading)
    if kind is Ambiguity.VENDOR:
        return _has_vendor(spot, reading) or _beside_another(index, found) or _lists_on(index, found, reading)
    if kind is Ambiguity.NUMBER and (_BAD_BEFORE.search(before) or _BAD_AFTER.match(after)):
        return _beside_another(index, found)
    if kind is Ambiguity.SENTENCE and _is_numbered(spot, before, after):
        return False
    if spot.printed.islower() and kind is Ambiguity.SENTENCE and not _NEAR_VENDOR.search(before.lower()):
        return False
    if _is_counted_or_sized(spot, reading) or (kind is Ambiguity.SENTENCE and _DEVICE_BEHIND.match(after)):
        return True
    return _beside_another(index, found) or bool(_COMPUTE.search(_around(spot, reading).lower()))


def _follows_a_path(before: str) -> bool:
    """Whether the words before a name are the beginning of a path, an address or a longer name; most hold no sign of one."""
    before = before.removesuffix("\n")
    if not before or before[-1].isspace():
        return False  # all of it would stand in the last run without a blank
    last = before.rsplit(None, 1)[-1]
    if not (last[-1] == "_" or any(sign in last for sign in _PATH_SIGNS)):
        return False
    return _PATH_BEFORE.search(last) is not None


_PATH_SIGNS = ("/", "\\", "http", "www.")


def _is_setting(spot: Spot, text: str) -> bool:
    """Whether the name is part of a host's, a partition's or a cluster's name, or what a flag or variable is set to."""
    line_start = text.rfind("\n", max(0, spot.start - 200), spot.start) + 1
    before = text[max(line_start, spot.start - 80) : spot.start]
    may_be_set = before.endswith(("-", "$", "{")) or "=" in before or ("-" in before and _FLAG.search(before))
    if may_be_set and _SETTING_BEFORE.search(before):
        return True
    if text.startswith("-", spot.end) and _HOST_BEHIND.match(text, spot.end):
        return True
    if before.endswith(_NO_CHIP_ENDS) and _NO_CHIP_BEFORE.search(before):
        return True
    explained = _SETTING_EXPLAINED.match(text, line_start)
    return explained is not None and explained.end() <= spot.start


def _is_counted_or_sized(spot: Spot, reading: str) -> bool:
    """Whether a count or a memory is joined to the name: "2xT4", "T4x2", "M40 24GB"."""
    prefix = _COUNT_PREFIX.search(reading, max(0, spot.start - 6), spot.start)
    return bool(prefix and prefix.end() == spot.start) or bool(_COUNTED_OR_SIZED.search(spot.printed))


def _has_vendor(spot: Spot, reading: str) -> bool:
    """Whether the maker's name stands before a name, or, of an Apple chip, a Mac or its cores beside it."""
    before = reading[max(0, spot.start - 60) : spot.start]
    if _NEAR_VENDOR.search(before.lower()):
        return True
    if not spot.name.name.startswith("Apple"):
        return False
    return bool(_MAC_BEFORE.search(before) or _APPLE_BEHIND.match(reading, spot.end))


def _lists_on(index: int, found: list[Spot], reading: str) -> bool:
    """Whether a name continues a list of the same maker's names one of which has its maker beside it ("Apple M3/M4")."""
    for step in (-1, 1):
        at = index
        for _ in range(_MOST_LISTED):
            near = at + step
            if not 0 <= near < len(found):
                break
            first, second = (found[near], found[at]) if step < 0 else (found[at], found[near])
            if not _LIST_LINK.fullmatch(reading, first.end, max(first.end, second.start)):
                break
            if _maker(found[near]) != _maker(found[index]):
                break
            if found[near].name.ambiguity is Ambiguity.VENDOR and _has_vendor(found[near], reading):
                return True
            at = near
    return False


def _maker(spot: Spot) -> str:
    return spot.name.name.split(" ", 1)[0]


def _is_numbered(spot: Spot, before: str, after: str) -> bool:
    """Whether the name is the next of a numbered row that is no chip's: "L3 and L4", "T3 + T4", "T4, T5"."""
    for match, offset in ((_NUMBERED.search(before), 1), (_NUMBERED_AFTER.match(after), -1)):
        if not match or lookup(match[1] + match[2]):
            continue
        if spot.printed == f"{match[1]}{int(match[2]) + offset}":
            return True
    return False


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
    by_maker = spot.name.ambiguity is Ambiguity.VENDOR
    return any(
        not other.name.is_family
        and other.name.ambiguity in (Ambiguity.PLAIN, Ambiguity.DOCUMENT)
        and (not by_maker or _maker(other) == _maker(spot))
        for other in chain(before, after)
    )


def _with_variants(spot: Spot, reading: str) -> Iterator[Spot]:
    """The spot, and the chips that share its letters: "910A/B", "H/A100"."""
    joined_by = reading[spot.start - 1 : spot.start]
    head = _JOINED_HEAD.search(reading, max(0, spot.start - 3), spot.start) if joined_by in _JOINTS else None
    joined = lookup(head[1] + spot.printed[1:]) if head and spot.printed[:1] in "AHV" else None
    if head and joined:
        yield replace(spot, start=head.start(), name=joined)
    yield spot
    tail = _VARIANT_TAIL.match(reading, spot.end) if reading[spot.end : spot.end + 1] in _JOINTS else None
    varied = lookup(spot.printed[:-1] + tail[1]) if tail and spot.printed[-1:].isalpha() else None
    if tail and varied:
        yield Spot(spot.start, tail.end(), varied, reading[spot.start : tail.end()])


def beginning_in(named: list[Spot], low: int, high: int) -> Iterator[Spot]:
    """The spots that begin in [low, high).

    Args:
        named: spots in the order of the text.
        low, high: offsets.
    """
    first = bisect_left(named, low, key=lambda spot: spot.start)
    return takewhile(lambda spot: spot.start < high, map(named.__getitem__, range(first, len(named))))


def lying_in(named: list[Spot], low: int, high: int) -> Iterator[Spot]:
    """The spots that lie in [low, high).

    Args:
        named: spots in the order of the text.
        low, high: offsets.
    """
    return (spot for spot in beginning_in(named, low, high) if spot.end <= high)


def distance(start: int, end: int, low: int, high: int) -> int:
    """How many characters lie between [start, end) and [low, high).

    >>> distance(0, 4, 6, 9), distance(0, 4, 2, 9)
    (2, 0)
    """
    return max(0, start - high, low - end)
