"""How many chips, how much memory, how many GPU-hours and how long: the numbers that stand by a chip's name.

Takes the sentence (or row) around a chip; gives numbers only where the words state them, products multiplied out
("2 nodes of 8", "12x8", "4 8-A100-GPU servers", "16 机 × 8 卡"); a server with no number gives none.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from chipledger.evidence.remembered import REMEMBERED
from chipledger.evidence.uncased import lowered, uncased

_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "sixteen": 16, "thirty-two": 32, "sixty-four": 64, "single": 1, "dual": 2, "a": 1, "an": 1,
    "单": 1, "単一の": 1, "シングル": 1, "一": 1, "两": 2, "兩": 2, "双": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6,
    "七": 7, "八": 8, "十": 10, "十六": 16, "千": 1000, "万": 10000, "one single": 1, "a single": 1,
    "a dozen": 12, "thousand": 1000, "1": 1, "una sola": 1, "un solo": 1, "uma única": 1, "단일": 1, "한": 1, "두": 2, "네": 4,
}  # fmt: skip
_MEMORY = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d+)?) ?gi?b?(?![a-z0-9/])", re.I)
_DURATION = uncased(
    r"(?:~|about |around |approximately |approx\. |roughly |less than |under |约|大约|将近|近|約|およそ)?"
    r"(?:\d+(?:[.,]\d+)?|one|two|three|four|five|six|seven|eight|ten|half an?|a few|several|一|两|半)[ +\-]*"
    r"(?:~ ?\d+ ?)?(?:to \d+ ?|- ?\d+ ?)?(?:hours?|hrs?|days?|weeks?|months?|minutes?|mins?|seconds?|h\b|d\b|个?小时|天|周|个月|分钟|秒|時間|日間?|週間|分|ヶ月)"
)
_SCALE = {
    "": 1.0,
    "k": 1e3,
    "K": 1e3,
    "m": 1e6,
    "M": 1e6,
    "million": 1e6,
    "billion": 1e9,
    "thousand": 1e3,
    "万": 1e4,
    "千": 1e3,
    "百万": 1e6,
}
# The digit stands first, so that the engine skips ahead to digits; what may not precede it is asked behind it.
_AMOUNT = r"(?P<v>\d(?<![A-Za-z0-9_.,]\d)(?:\d{0,2}(?: ?, ?\d{3})+(?:\.\d+)?|\d*(?:\.\d+)?))[ ]{0,3}(?P<k>million|thousand|billion|百万|万|千|[kKM](?![A-Za-z]))?[ ]{0,3}"
_UNIT_HOURS = r"(?P<u>hours?|hrs?\b|h\b|days?|years?|小时|时(?!间)|天|時間|日)"
_DEVICE = r"(?:gpus?|npus?|tpus?|accelerators?|chips?|cores?|cards?|devices?|卡|显卡|芯片)"
_MARK = "\x01"
_CHIP_MARK = r"\x01+"
_HOURS = uncased(
    rf"{_AMOUNT}[ ]?(?:(?:total |cumulative |core |training )?(?:{_CHIP_MARK}[ -]?)?(?:[（(]?\d{{2,3}} ?gb[)）]? ?)?(?:个)?{_DEVICE}(?:[- ·]|训练|training| training )*{_UNIT_HOURS}"
    rf"|{_CHIP_MARK}[ -]?(?:{_DEVICE})?[- ·]*(?:training |训练)?{_UNIT_HOURS.replace('?P<u>', '?P<u2>')})"
)
_RIVAL = re.compile(rf"{_AMOUNT}[ ]?(?:vs\.?|versus|to|and|or|/)[ ]?$", re.I)
_CHIP_LIKE = r"(?:\btpu ?v\d[a-z]?|\b[a-z]{1,3}\d{2,4}[a-z]{0,2}|\b910[abc])(?:[ -]\d{2,3} ?gb?)?"
_HEAD_UNIT = r"(?:hours?|hrs?\b\.?|h\b|days?|小时|时(?!间)|天|時間|日)"
# What a column of chip-hours may be headed; a sweep looks for it in the whole text.
HOURS_HEADS = (
    rf"(?:{_DEVICE}|{_CHIP_LIKE})[ \-·.]*(?:training )?(?:hours?|hrs?\b|h\b|days?|小时|时|天|時間|日)"
)
_HOURS_HEAD = re.compile(
    rf"(?:{_DEVICE}|{_CHIP_MARK}|{_CHIP_LIKE})[ \-·.]*(?:training )?{_HEAD_UNIT}(?![A-Za-z])(?![ ]*(?:since|ago|of|per|/))|卡时|卡·?小时|机时",
    re.I,
)
_THOUSANDS = r"(?P<{0}>k|thousands?|千|m|millions?|百万|万|10\^?3|10\^?6|1e3|1e6|1,?000|1,?000,?000)"
_HEAD_SCALE = re.compile(
    rf"[(（\[][ ]*(?:×|x|in |单位[:：]?)?[ ]*{_THOUSANDS.format('a')}[ ]*(?:hours?|小时|时)?[ ]*[)）\]]"
    rf"|^[ ]*{_THOUSANDS.format('b')} ?(?={_DEVICE})|[(（]{_THOUSANDS.format('c')} ?{_DEVICE}",
    re.I,
)
_HEAD_TIMES = {
    "k": 1e3, "thousand": 1e3, "thousands": 1e3, "千": 1e3, "10^3": 1e3, "103": 1e3, "1e3": 1e3, "1000": 1e3, "万": 1e4,
    "m": 1e6, "million": 1e6, "millions": 1e6, "百万": 1e6, "10^6": 1e6, "106": 1e6, "1e6": 1e6, "1000000": 1e6,
}  # fmt: skip
_CELL_AMOUNT = re.compile(
    rf"^[\s~≈<>*约約]*(?P<v>\d{{1,3}}(?: ?, ?\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)[ ]?(?P<k>[kKM]|million|thousand|百万|万|千)?"
    rf"[ ]?(?:(?:{_DEVICE}[ \-·]*)?{_HEAD_UNIT})?(?:[ ]?{_CHIP_MARK})?\*{{0,2}}\+?[ ]*(?:[(（][^()（）|]{{1,24}}[)）])?\s*$",
    re.I,
)
# What a column of cards times hours may be headed, such as "#Num x #Hours".
PRODUCT_HEADS = (
    r"(?:num(?:ber)?|#|gpus?|npus?|cards?|devices?|chips?|nodes?|卡数?|卡|台数|数量|数)[ ]*[x×*][ \\]*#?[ ]?(?:num(?:ber)? )?"
    r"(?:of )?(?:(?:gpu|train(?:ing)?|wall) ?)?(?:hours?|hrs?\b|days?|time ?\(?(?:h|hours?|days?)\b|小时|时长|天|時間|日数)"
)
_PRODUCT_HEAD = re.compile(PRODUCT_HEADS, re.I)
_PRODUCT_UNIT = re.compile(rf"{_DEVICE}[ ]*[x×*][ ]*(?:hours?|hrs?\b|h\b|days?|小时|天|時間)", re.I)
_PRODUCT_CELL = re.compile(
    rf"^[\s~≈*]*(?P<n>\d{{1,3}}(?:,\d{{3}})+|\d{{1,6}}) ?(?:{_CHIP_MARK}|[A-Za-z][\w\- ]{{0,24}}?)? ?(?:{_DEVICE})? ?[x×*] ?"
    rf"(?P<v>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?) ?(?P<k>[kKM])? ?(?P<u>{_HEAD_UNIT})?[\s*]*$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Hours:
    """A statement of chip-hours: [start, end) in the text searched, and the amount in hours."""

    start: int
    end: int
    gpu_hours: float


def number(printed: str) -> int | None:
    """A printed count as an integer.

    >>> number("1,024"), number("eight"), number("2k"), number("两"), number("千")
    (1024, 8, 2000, 2, 1000)
    >>> number("1.5k") is None
    True
    """
    words = printed.strip().lower()
    if words in _WORDS:
        return _WORDS[words]
    digits = words.replace(",", "")
    if digits.endswith("k") and digits[:-1].isdecimal():
        return int(digits[:-1]) * 1000
    return int(digits) if digits.isdecimal() and len(digits) <= 9 else None


def memory_at(words: str, start: int, end: int) -> float | None:
    """The memory in GB that the words give of one chip right beside its name.

    >>> words = "32 A100-80GB GPUs"
    >>> memory_at(words, 3, 12)
    80.0
    """
    for piece in (words[start:end], words[end : end + 16], words[max(0, start - 12) : start]):
        stated = _MEMORY.search(piece)
        if stated and 4 <= float(stated[1]) <= 640:
            return float(stated[1])
    return None


def duration_at(words: str, start: int, end: int) -> str | None:
    """The wall-clock time nearest to the chip's name in the sentence, as written.

    >>> duration_at("took 4 days on 64 H800 GPUs", 18, 22)
    '4 days'
    """
    nearest = min(
        _durations(words), key=lambda found: min(abs(found[0] - end), abs(start - found[1])), default=None
    )
    return words[slice(*nearest)].strip() if nearest else None


@lru_cache(maxsize=REMEMBERED)
def _durations(words: str) -> tuple[tuple[int, int], ...]:
    spans = (match.span() for match in _DURATION.finditer(lowered(words)))
    return tuple((start, end) for start, end in spans if end - start < 40)


def hours_in(words: str, chips: list[tuple[int, int]]) -> Iterator[Hours]:
    """The statements of chip-hours in a text.

    Args:
        words: a sentence, a row or a paragraph.
        chips: the spans of chip names in it.

    >>> [hours.gpu_hours for hours in hours_in("within 20.7k A100 GPU training hours", [(13, 17)])]
    [20700.0]
    >>> [hours.gpu_hours for hours in hours_in("a cumulative of 39.3M GPU hours", [])]
    [39300000.0]
    """
    marked = masked(words, chips)
    for match in _HOURS.finditer(lowered(marked)):
        amount = _amount(match["v"], match["k"])
        unit = (match["u"] or match["u2"] or "").lower()
        yield Hours(match.start(), match.end(), amount * _hours_per(unit))
        rival = _RIVAL.search(words, max(0, match.start() - 24), match.start())
        if rival:
            yield Hours(rival.start(), match.end(), _amount(rival["v"], rival["k"]) * _hours_per(unit))


def hours_head(head: str) -> float | None:
    """The hours in one unit of a column whose head speaks of chip-hours or chip-days, else None.

    >>> hours_head("Training Time (GPU hours)"), hours_head("A100 GPU days"), hours_head("Latency")
    (1.0, 24.0, None)
    """
    if not _HOURS_HEAD.search(head):
        return None
    scale = _HEAD_SCALE.search(head)
    times = _HEAD_TIMES[scale[scale.lastgroup or 0].lower().replace(",", "")] if scale else 1.0
    return times * _days_or_hours(head)


def product_head(head: str) -> float | None:
    """The hours in one unit of time of a column whose head multiplies cards by time, else None.

    >>> product_head("#Num x #Hours"), product_head("GPUs × days"), product_head("Height x Width")
    (1.0, 24.0, None)
    """
    return _days_or_hours(head) if _PRODUCT_HEAD.search(head) else None


def is_product_unit(head: str) -> bool:
    """Whether a head names the product of cards and time as one unit, so that a plain number below it is chip-hours.

    >>> is_product_unit("GPU × hours"), is_product_unit("#Num x #Hours")
    (True, False)
    """
    return _PRODUCT_UNIT.search(head) is not None


def product_in_cell(cell: str, hours_per_unit: float) -> tuple[int, float] | None:
    """The cards and the chip-hours of a cell such as "32 x 81", or None.

    Args:
        cell: the cell's words.
        hours_per_unit: what one unit of time in it is worth, where the cell names none.

    >>> product_in_cell("32 Ascend × 81", 1.0), product_in_cell("32", 1.0)
    ((32, 2592.0), None)
    """
    match = _PRODUCT_CELL.match(" ".join(cell.split()))
    count = number(match["n"]) if match else None
    if not match or not count:
        return None
    unit = _hours_per(match["u"].lower()) if match["u"] else hours_per_unit
    return count, round(count * _amount(match["v"], match["k"]) * unit, 6)


def _days_or_hours(head: str) -> float:
    return 24.0 if re.search(r"days?|天|日", head, re.I) else 1.0


def hours_in_cell(cell: str) -> float | None:
    """The amount in a cell that holds nothing else.

    >>> hours_in_cell(" 1.46M "), hours_in_cell("6,120K (×1.0)"), hours_in_cell("n/a")
    (1460000.0, 6120000.0, None)
    """
    match = _CELL_AMOUNT.match(" ".join(cell.split()))
    return _amount(match["v"], match["k"]) if match else None


def masked(words: str, chips: Iterable[tuple[int, int]]) -> str:
    """The words with the chip names at these spans replaced by as many marks, so that no digit of a name is a count.

    >>> masked("V100 and A100", [(0, 4)]).replace("\x01", "_")
    '____ and A100'
    """
    for start, end in chips:
        words = words[:start] + _MARK * (end - start) + words[end:]
    return words


def _amount(value: str, scale: str | None) -> float:
    return round(
        float(re.sub(r"[ ,]", "", value))
        * _SCALE[(scale or "") if (scale or "") in _SCALE else (scale or "").lower()],
        6,
    )


def _hours_per(unit: str) -> float:
    if unit.startswith(("day", "天", "日")):
        return 24.0
    return 8760.0 if unit.startswith("year") else 1.0
