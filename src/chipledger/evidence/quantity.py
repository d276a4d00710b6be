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
    "a dozen": 12, "thousand": 1000, "1": 1,
}  # fmt: skip
_NUMBER = (
    r"(?<![A-Za-z0-9_.,$#\-])(?:\d{1,3}(?:,\d{3})+|\d{1,6}k?)(?![\d.]*\d)"
    r"|\b(?:one single|a single|a dozen|sixty-four|thirty-two|sixteen|twelve|eight|seven|nine|three|four|five|six|ten|two|one|single|dual|an|a)\b"
    r"|単一の|シングル|十六|[单两兩双一二三四五六七八十千万]"
)
_CLASSIFIER = r"(?:张|張|块|塊|个|個|台|枚|片|颗|顆|只|つの|個の|台の|枚の|基の|基|つ|卡|路|units? of|cards? of|pieces? of|x|×|\*|X|\\times)"
_ADJECTIVE = (
    r"(?:nvidia|tesla|geforce|huawei|amd|intel|google|cloud|英伟达|华为|high-end|modern|powerful|server-grade|latest|"
    r"consumer|desktop|dedicated|cards?|available|additional|的|based|hgx|dgx|instinct|ascend|显存为?|[（(]?\d{2,3} ?gi?b?[)）]?(?: memory| vram)?|"
    r"\d{2,3} ?gb?|gpus?|显卡|gpus?[ ]?[（(]|of the|of|with|having|at least|only|just|more than|over|up to|around|about|-|–|:|：|"
    r"\x01+(?:[ -]?\d{2,3} ?gb?)?[ ]?(?:/|or\b|and\b|或者?|、|和|,)?)"
)
_BEFORE = uncased(rf"(?P<n>{_NUMBER})[ \t`*]*(?:{_CLASSIFIER})?[ \t`*\-]*(?:{_ADJECTIVE}[ \t`*\-]*){{0,4}}$")
# What each of these expressions cannot do without, asked first of the words in small letters: most have no number before them.
_A_NUMBER = re.compile(
    r"\d|one|two|three|four|five|six|seven|eight|nine|ten|twelve|sixteen|thirty|sixty|single|dual|dozen|a(?<=\ba)n?\b"
    r"|シングル|[单两兩双一二三四五六七八十千万]"
)
_A_NODE = re.compile(r"node|server|machine|host|workstation|instance|服务器|节点|机器|機|ノード|サーバ")
_A_PRODUCT = re.compile(r"[x×*\\机台節节]")
_A_SHARE = re.compile(r"each|per|with|每")
_PRODUCT_BEFORE = re.compile(
    rf"(?P<a>\d{{1,5}}|two|three|four|eight|sixteen) ?(?:x|×|\*|X|\\times|机|台|节点) ?(?:×|x|\*)? ?(?P<b>\d{{1,3}}) ?(?:卡|块|张|个|x|×|\*)?[ `*]*(?:{_ADJECTIVE}[ `*]*){{0,3}}$",
    re.I,
)
_NODES_BEFORE = re.compile(
    rf"(?P<a>{_NUMBER}) ?(?:compute |gpu |台|个|臺)?(?:(?-i:[A-Z])[\w\-]{{1,24}} ){{0,2}}[ -]*(?:nodes?|servers?|machines?|hosts?|workstations?|instances?|服务器|节点|机器|機|ノード|台のサーバー?|サーバー?)"
    rf"(?:(?:[^.。!！\d]|\d{{1,3}}(?:\.\d+)?B\b){{0,40}}?)(?P<b>{_NUMBER})[ `*]*(?:{_CLASSIFIER})?[ `*]*(?:{_ADJECTIVE}[ `*]*){{0,3}}$",
    re.I,
)
_SUM = re.compile(r"[ -]*(?:nodes?|servers?|machines?|节点|服务器|ノード)[ ]*[,，、/(（;；][ ]*", re.I)
_CARDS_BY_NODES_BEFORE = re.compile(
    r"(?<![\d.])(?P<a>\d{1,3}) ?(?:卡|张|块)(?:/机)? ?[x×*] ?(?P<b>\d{1,4}) ?(?:台|机|節點|节点)[ `*的]*$"
)
_RANGE_BEFORE = uncased(
    rf"(?<![\w.,$#\-])\d{{1,5}} ?[-–~～] ?(?P<n>\d{{1,5}}) ?(?:{_CLASSIFIER})?[ `*\-]*(?:{_ADJECTIVE}[ `*\-]*){{0,3}}$"
)
# What is counted is no chip: the cores of a slice, a slice, a pod, a virtual machine, a cluster.
_SLICE = re.compile(r"v\d[a-z]{0,2}[-_ ]\d+|\bvm\b", re.I)
_CORES_AFTER = re.compile(r"[ `*\-]*(?:cores?\b|コア|核)", re.I)
_SLICE_AFTER = re.compile(r"-\d{1,4}\b")
_TPU_NAME = re.compile(r"(?:tpu.{0,4}|v\d[a-z]{0,2})$", re.I | re.S)
_SERVERS_AFTER = re.compile(r"[ `*\-]*(?:servers|machines|nodes|hosts|boxes|instances)\b", re.I)
_DGX_BEFORE = re.compile(rf"(?P<n>{_NUMBER}) ?(?:[x×*] ?)?(?:nvidia )?(?:dgx|hgx)[ -]$", re.I)
_CLUSTER_AFTER = re.compile(
    rf"[ `*]*(?:gpus? )?(?:cluster|nodes|servers|machines|集群|クラスタ)?[^.。!！\n|\d]{{0,40}}?(?P<a>{_NUMBER})[ -]*(?:nodes|servers|machines|hosts|个?节点|台)"
    rf"[^.。!！\n|\d]{{0,36}}?(?:\b(?:each|per|with)\b|每)[^.。!！\n|\d]{{0,24}}?(?P<b>{_NUMBER})[ ]?(?:gpus?|npus?|cards|accelerators|张?卡|such)(?![A-Za-z])",
    re.I,
)
_SERVER_NAME = re.compile(r"(?:dgx|hgx)[- ]?\d|(?:atlas[- ]?)?800[ti]?[- ]?[a(]", re.I)
_BARE_NUMBER_BEFORE = re.compile(rf"(?:{_NUMBER}) (?:nvidia |\d{{2,3}} ?gb ){{0,2}}$", re.I)
_IN_TOTAL = re.compile(r"[ `*]*(?:gpus?|cards?)?[ ,，]*(?:in total|total\b|overall|共|总共|合計)", re.I)
_NODE_GPU_AFTER = re.compile(
    r"[ `*,(]*(?P<m>\d{1,4}) ?nodes?[_/](?P<n>\d{1,5}) ?(?:gpus?|npus?|cards?)(?![A-Za-z])", re.I
)
_SERVERS_OF = re.compile(rf"(?P<a>{_NUMBER})[ ]+(?P<b>\d{{1,2}})-$", re.I)
_TIMES_AFTER = re.compile(
    r"[ `*]*(?:gpus?|显卡|cards?|卡)?[ `*]*(?:[（(][^()（）\n]{0,24}[)）])?[ `*]*(?:\||,)?[ ]*(?:x|×|\*|X|\\times)[ `]*(?P<n>\d{1,5})(?![\d.]|\s*(?:gi?b?|g)\b)",
    re.I,
)
_PER_NODE_AFTER = re.compile(
    r"[ `*]*(?:gpus?)?[ ]?(?:[x×*][ ]?(?P<a>\d{1,3})[ ]?[)）]?[ ]?[,、]?[ ]?[x×*]?|(?P<c>\d{1,3}) ?(?:卡|张|块) ?[x×*])[ ]?(?P<b>\d{1,4})[ ]?(?:ノード|nodes?|台|机|节点|servers?)",
    re.I,
)
_INSIDE_AFTER = re.compile(
    r"[ `*-]*(?:server|node|machine|box|host|机|服务器)?[ `*]*[（(][ ]*(?:(?P<n>\d{1,4})[ ]*[*×x][ ]*\d{2,3} ?gi?b?|\d{2,3} ?gi?b?[ ]*[*×x][ ]*(?P<m>\d{1,4}))",
    re.I,
)
_AFTER = re.compile(
    r"[ `*]*(?:gpus?|显卡|芯片|npus?|server|machine|node|host|集群|训练)?[^.。；;!\n\d|]{0,14}?(?:with |has |of |共|[:：])?[ ]*"
    r"(?P<n>\d{1,6}|two|four|eight|sixteen|单|双|两|一)[ -]?(?:张|块|个|片|颗|枚)?(?:卡|gpus?\b|npus?\b|cards?\b|枚|基|chips?\b|accelerators?\b|显卡)",
    re.I,
)
_HOURS_AFTER = re.compile(
    r"[ `*]*(?:gpus?|卡|显卡)?[- ]*(?:training )?(?:hours?|days?|hrs?|小时|时|天)", re.I
)
_SERVER_AFTER = re.compile(
    r"[ `*\-]*(?:nvidia |gpu )?(?:dgx|nvl ?\d|server|machine|node|host|box|instance|cluster|pod|slice|vm\b|服务器|机器|集群|クラスタ)",
    re.I,
)
_CARDS_AFTER = re.compile(r"[ `*]*(?P<n>单|双|两|四|八|\d{1,5}) ?(?:张|块)?卡", re.I)
_COUNT_HEAD = re.compile(
    r"(?:gpu|npu|card|chip|device|accelerator|卡|显卡|芯片)s?[ _]*(?:num|count|数|#|number|個数|個)|"
    r"(?:num|number|#|数量|count)[ _.]*(?:of[ _]*)?(?:[a-z]{1,3}\d{2,4}[a-z]? )?(?:gpu|npu|card|chip|device)|^#? ?(?:gpus|npus|cards)$|卡数|数量|^count$|^num$|機数|枚数",
    re.I,
)
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


def count_at(words: str, start: int, end: int) -> int | None:
    """The number of chips stated of the name at [start, end) in a sentence or row.

    Args:
        words: the sentence or row, the names of other chips masked (see `masked`).
        start, end: the chip's name in it.

    Returns:
        The count with products multiplied out, or None where no number is given.

    >>> words = "trained on 16 nodes of 8 A100 GPUs"
    >>> count_at(words, words.index("A100"), words.index("A100") + 4)
    128
    >>> words = "我们在 128 张 H20 GPU（16 机 × 8 卡）上启动"
    >>> count_at(words, words.index("H20"), words.index("H20") + 3)
    128
    >>> words = "run it on an 8xH800 node"
    >>> count_at(words, words.index("H800"), words.index("H800") + 4)
    8
    """
    before, after = words[max(0, start - 90) : start], _PADDING.sub(_squeezed, words[end : end + 90])
    if _SLICE.search(words, start, end) or _CORES_AFTER.match(after):
        return None
    if _SLICE_AFTER.match(after) and _TPU_NAME.search(words[start:end]):
        return None
    low = before.lower()
    is_numbered = _A_NUMBER.search(low) is not None
    for pattern in _products_before(low) if is_numbered else ():
        product = pattern.search(before)
        if product:
            a, b = number(product["a"]), number(product["b"])
            if pattern is _NODES_BEFORE and _is_sum(before, product, after):
                return _positive(b)
            if a and b and 0 < a * b <= 1_000_000:
                return a * b
    if _HOURS_AFTER.match(after):
        return None
    for pattern in (
        (_PER_NODE_AFTER, _CLUSTER_AFTER) if _A_SHARE.search(after.lower()) else (_PER_NODE_AFTER,)
    ):
        nodes = pattern.match(after)
        if nodes:
            said = nodes.groupdict()
            a, b = number(said["a"] or said.get("c") or ""), number(said["b"])
            return _positive(a * b) if a and b else None
    inside = _INSIDE_AFTER.match(after) or _NODE_GPU_AFTER.match(after)
    if inside:
        return int(inside["n"] or inside["m"])
    return _stated(before, words[start:end], after, is_numbered)


def _products_before(low: str) -> list[re.Pattern[str]]:
    """Those expressions of a product that may match the words before a name, given in small letters."""
    found = [_SERVERS_OF] if low.endswith(("-", "-\n")) else []
    if _A_NODE.search(low):
        found.append(_NODES_BEFORE)
    return [*found, _PRODUCT_BEFORE, _CARDS_BY_NODES_BEFORE] if _A_PRODUCT.search(low) else found


def _stated(before: str, name: str, after: str, is_numbered: bool) -> int | None:
    """The one number that counts a chip: before its name, behind it, or an article."""
    low = lowered(before)
    plain = (_RANGE_BEFORE.search(low) or _BEFORE.search(low)) if is_numbered else None
    stated = number(plain["n"]) if plain and not _is_other_amount(before, plain) else None
    if stated and stated > 1 and not _counts_servers(before, name, after):
        return stated
    for pattern in (_TIMES_AFTER, _CARDS_AFTER, _AFTER):
        later = pattern.match(after)
        if later:
            return _positive(number(later["n"]))
    return stated if stated == 1 and not _SERVER_AFTER.match(after) and not _SERVER_NAME.match(name) else None


def _counts_servers(before: str, name: str, after: str) -> bool:
    """Whether the number before the name is one of servers: "560 DGX A100", "64 A100 servers"."""
    if _SERVER_NAME.match(name) or _DGX_BEFORE.search(before):
        return True
    return bool(_SERVERS_AFTER.match(after)) and _BARE_NUMBER_BEFORE.search(before) is not None


def _is_sum(before: str, product: re.Match[str], after: str) -> bool:
    """Whether the second number of "8 nodes, 64 A100" is the total over the nodes."""
    between = before[product.end("a") : product.start("b")]
    return _SUM.fullmatch(between) is not None or _IN_TOTAL.match(after) is not None


# Blanks that pad a table's cell; the expressions above would try each way of sharing them out.
_PADDING = re.compile(r"[ `*]{4,}")


def _squeezed(padding: re.Match[str]) -> str:
    return " * " if "*" in padding[0] else " "


def _is_other_amount(before: str, match: re.Match[str]) -> bool:
    """Whether the number is a year, a version, a size or a list mark rather than a count."""
    printed = match["n"]
    value = number(printed)
    if value is None or value > 200_000 or (1990 <= value <= 2035 and printed.isdigit()):
        return True
    lead = before[: match.start()]
    return bool(
        re.search(
            r"(?:cuda|torch|python|version|v|ubuntu|tesla|rtx|gtx|step|stage|phase|part|chapter|lesson|figure|table|section|第|rank|node)\s?$",
            lead,
            re.I,
        )
    )


def _positive(count: int | None) -> int | None:
    return count if count else None


def count_in_row(row: str, heads: str, start: int) -> int | None:
    """The number of chips from the row's cell under a head such as "#GPUs" or "卡数".

    >>> count_in_row("| H200 | 16 | 70B |", "| hardware | gpu num | model |", 2)
    16
    """
    names = heads.split("|") if "|" in heads else heads.split("&")
    cells = row.split("|") if "|" in heads else row.split("&")
    for name, cell in zip(names, cells, strict=False):
        if _COUNT_HEAD.search(name.strip()):
            digits = re.match(
                r"[\s*`]*(\d{1,6})(?:\s*(?:x|×|\*)\s*(\d{1,3}))?[\s*`]*(?:卡|gpus?|cards?)?[\s*`]*$",
                cell,
                re.I,
            )
            if digits:
                return int(digits[1]) * int(digits[2] or 1)
    return None


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
