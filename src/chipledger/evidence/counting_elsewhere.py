"""How many chips stand for a name elsewhere than beside it: in its row, in a listing of devices, in its sentence, in settings.

Takes the row with its heads, the sentence or the text around; gives a number only where they state one of this chip.
"""

import re
from collections.abc import Iterable

from chipledger.evidence.counting import SLICE
from chipledger.evidence.quantity import masked, number
from chipledger.evidence.servers import NUMBER
from chipledger.evidence.uncased import lowered

_COUNT_HEAD = re.compile(
    r"(?:gpu|npu|card|chip|device|accelerator|卡|显卡|芯片)s?[ _]*(?:num|count|数|#|number|個数|個)|"
    r"(?:num|number|#|数量|count)[ _.]*(?:of[ _]*)?(?:[a-z]{1,3}\d{2,4}[a-z]? )?(?:gpu|npu|card|chip|device)|^#? ?(?:gpus|npus|cards)$|卡数|数量|^count$|^num$|機数|枚数",
    re.I,
)


def count_in_row(row: str, heads: str, start: int, end: int) -> int | None:
    """The number of chips from the row's cell under a head such as "#GPUs" or "卡数", or behind the chip's own.

    Args:
        row: with the names of other chips masked.
        heads: those of its table.
        start, end: the chip's name in it.

    >>> count_in_row("| H200 | 16 | 70B |", "| hardware | gpu num | model |", 2, 6)
    16
    >>> count_in_row("| H200 GPU | 16 |", "| Training details | Foo-7B |", 2, 6)
    16
    """
    mark = "|" if "|" in heads else "&"
    names, cells = heads.split(mark), row.split(mark)
    index = row.count(mark, 0, start)
    for name, cell in zip(names, cells, strict=False):
        if _COUNT_HEAD.search(name.strip()):
            digits = _COUNT_CELL.match(cell)
            if digits and not (
                _BARE_COUNT_HEAD.fullmatch(name.strip()) and "\x01" in cells[min(index, len(cells) - 1)]
            ):
                return int(digits[1]) * int(digits[2] or 1)
    cells[index : index + 1] = [masked(row, [(start, end)]).split(mark)[index]]
    return _count_of_details(names, cells, index)


# Under "Count" alone a number counts what the row lists, where it lists several.
_BARE_COUNT_HEAD = re.compile(r"count|num|数量", re.I)
_COUNT_CELL = re.compile(
    r"[\s*`]*(\d{1,6})(?:\s*(?:x|×|\*)\s*(\d{1,3}))?[\s*`]*(?:卡|gpus?|cards?)?[\s*`]*$", re.I
)
# A row of details names the chip in one cell and counts it in the next: "| NVIDIA H100 80GB GPU | 64 |".
_OF_DETAILS = re.compile(r"detail|config|setting|\bitem|parameter|\bspec|参数|配置|项目|項目", re.I)
_ONLY_CHIP = re.compile(
    r"[\s*`]*(?:nvidia |amd |huawei )?\x01+[ -]?(?:\d{2,3} ?gb )?(?:gpus?|npus?|cards?)[\s*`]*$", re.I
)
_ONLY_COUNT = re.compile(r"[\s*`]*(\d{1,3}(?:,\d{3})+|\d{1,6})[\s*`]*$")


def _count_of_details(names: list[str], cells: list[str], index: int) -> int | None:
    """The count in the cell behind a chip's own in a table of details."""
    if not 0 <= index < min(len(cells) - 1, len(names)) or not _OF_DETAILS.search(names[index]):
        return None
    stated = _ONLY_COUNT.match(cells[index + 1]) if _ONLY_CHIP.match(cells[index]) else None
    return number(stated[1]) or None if stated else None


def count_in_listing(sentence: str, start: int, end: int, others: Iterable[tuple[int, int]]) -> int | None:
    """The number of devices found, of which a row like "Device 0: NVIDIA …" is one.

    Args:
        sentence: as printed.
        start, end: the chip's name in it.
        others: the spans of the other names.

    >>> count_in_listing("found 2 CUDA devices: Device 0: NVIDIA L4, Device 1: NVIDIA L4", 39, 41, [(60, 62)])
    2
    """
    found = _FOUND.search(sentence, 0, start) if _DEVICE_ROW.search(sentence, 0, start) else None
    if not found:
        return None
    rows = [
        sentence[low:high]
        for low, high in others
        if low > found.end() and _DEVICE_ROW.search(sentence, 0, low)
    ]
    same = rows.count(sentence[start:end])
    return int(found[1]) if same == len(rows) else same + 1


_FOUND = re.compile(r"found (\d{1,2}) [a-z]{0,8} ?devices?:", re.I)
_DEVICE_ROW = re.compile(r"device \d{1,2}: (?:nvidia |amd |intel )?\Z", re.I)


def only_count(words: str, name: str) -> int | None:
    """The number of cards that a sentence counts without naming them, where it tells one number alone.

    Args:
        words: the sentence, the names of chips in it masked.
        name: the chip's; a TPU is no GPU.

    >>> only_count("on 8 GPUs, \x01\x01\x01 is faster", "L20"), only_count("8 GPUs, then 16 GPUs", "L20") is None
    (8, True)
    """
    low = lowered(words)
    counts = {count for cards in _CARDS.finditer(low) if (count := _counted(low, cards.start())) is not None}
    if len(counts) != 1 or "tpu" in name.lower() or SLICE.search(name):
        return None
    return counts.pop() or None


def _counted(low: str, cards: int) -> int | None:
    """The number right before a word for cards."""
    if low[max(0, cards - 2) : cards].rstrip(" -张块个")[-1:] in _NO_NUMBER_ENDS:
        return None
    found = _NUMBER_BEFORE_CARDS.search(low, max(0, cards - _NUMBER_CHARS), cards)
    return number(found["n"]) if found else None


_NUMBER_CHARS = 18
_NO_NUMBER_ENDS = ("", "\x01", "i", "a", "p", "c", "s", "m", "/", "(", "|")
_CARDS = re.compile(
    r"(?:[ghn]pus?|cards|accelerators|显?卡)(?![a-z\-])(?! ?[·-]?(?:hours?|hrs?|days?|小?时|天|per|/|each|or|to|memory|ram|\d))"
)
_NUMBER_BEFORE_CARDS = re.compile(
    rf"(?<!each )(?<!per )(?<!with )(?P<n>(?!an?\b|单)(?:{NUMBER}))[ -]?(?:张|块|个)?\Z"
)


# Settings beside a card's name: "num_gpus: 1" in the line before "gpu: …", "Num GPUs = 1" behind it.
_NUM_GPUS = re.compile(r"\bnum(?:ber)?[ _](?:of[ _])?(?:gpu|npu|device)s?[ ]?[:=][ ]?\"?(\d{1,4})\b", re.I)
_GPU_KEY = re.compile(
    r"\b(?:gpu|npu|device|accelerator)(?:[ _](?:name|type|model))?[\"']?[ ]?[:=][ ]?[\"']?(?:nvidia |tesla )?\Z",
    re.I,
)
_BESIDE = 80


def count_in_settings(text: str, start: int, end: int) -> int | None:
    """The number of cards set beside a card's name.

    Args:
        text: the document's.
        start, end: the chip's name in it.

    >>> count_in_settings("num_gpus: 2\\ngpu: L4", 17, 19), count_in_settings("L4. Num GPUs = 1.", 0, 2)
    (2, 1)
    """
    behind = text[end : end + _BESIDE]
    if "um GPUs" in behind[:16]:
        stated = _NUM_GPUS.search(behind)
        return int(stated[1]) or None if stated else None
    if not _GPU_KEY.search(text, max(0, start - 24), start):
        return None
    stated = _NUM_GPUS.search(text[max(0, start - _BESIDE) : start]) or _NUM_GPUS.search(behind)
    return int(stated[1]) or None if stated else None
