"""How many chips a sentence or a row states of one chip's name.

Takes the words around the name; gives a number only where they state one: before the name, behind it, in its row, or as
the sentence's only count of cards. Products are multiplied out (`servers`); the number of a place in a listing is none.
"""

import re

from chipledger.evidence.quantity import number
from chipledger.evidence.servers import (
    ADJECTIVE,
    CLASSIFIER,
    NUMBER,
    is_of_each,
    product_after,
    product_before,
)
from chipledger.evidence.uncased import lowered, uncased

_BEFORE = uncased(
    rf"(?P<n>{NUMBER})[ \t`*]*(?:{CLASSIFIER})?[)）]?[ \t`*\-]*(?:{ADJECTIVE}[ \t`*\-]*){{0,4}}$"
)
# What these expressions cannot do without, asked first of the words in small letters: most have no number before them.
_A_NUMBER = re.compile(
    r"\d|one|two|three|four|five|six|seven|eight|nine|ten|twelve|sixteen|thirty|sixty|single|dual|dozen|thousand|a(?<=\ba)n?\b"
    r"|una sola|un solo|uma única|단일|한 |シングル|[单両两兩双一二三四五六七八十千万]"
)
_RANGE_BEFORE = uncased(
    rf"(?<![A-Za-z0-9_.,$#\-])\d{{1,5}} ?[-–~～] ?(?P<n>\d{{1,5}}) ?(?:{CLASSIFIER})?[ `*\-]*(?:{ADJECTIVE}[ `*\-]*){{0,3}}$"
)
# What is counted is no chip: the cores of a slice, a slice, a pod, a virtual machine, a cluster.
SLICE = re.compile(r"v\d[a-z]{0,2}[-_ ]\d+|\bvm\b", re.I)
_CORES_AFTER = re.compile(r"[ `*\-]*(?:/gpu )?(?:cores?\b|コア|核)", re.I)
_SLICE_AFTER = re.compile(r"-\d{1,4}\b")
_TPU_NAME = re.compile(r"(?:tpu.{0,4}|v\d[a-z]{0,2})$", re.I | re.S)
_SERVERS_AFTER = re.compile(r"[ `*\-]*(?:dgx |hgx )?(?:servers|machines|nodes|hosts|boxes|instances)\b", re.I)
_DGX_BEFORE = re.compile(rf"(?P<n>{NUMBER}) ?(?:[x×*] ?)?(?:nvidia )?(?:dgx|hgx)[ -]$", re.I)
_SERVER_NAME = re.compile(r"(?:dgx|hgx)[- ]?\d|nvl ?\d|(?:atlas[- ]?)?800[ti]?[- ]?[a(]", re.I)
_BARE_NUMBER_BEFORE = re.compile(rf"(?:{NUMBER}) (?:nvidia |\d{{2,3}} ?gb ){{0,2}}$", re.I)
_NODE_GPU_AFTER = re.compile(
    r"[ `*,(]*(?P<m>\d{1,4}) ?nodes?[_/](?P<n>\d{1,5}) ?(?:gpus?|npus?|cards?)(?![A-Za-z])", re.I
)
_TIMES_AFTER = re.compile(
    r"[ `*]*(?:gpus?|显卡|cards?|卡)?[ `*]*(?:[（(][^()（）\n]{0,24}[)）])?[ `*]*(?:\||,)?[ ]*(?:x|×|\*|X|\\times)[ `]*(?P<n>\d{1,5})(?![\d.]|\s*(?:gi?b?|g)\b)"
    r"(?: ?[x×*] ?(?P<m>\d{1,3})(?![\d.]|\s*(?:gi?b?|g)\b))?",
    re.I,
)
_INSIDE_AFTER = re.compile(
    r"[ `*-]*(?:server|node|machine|box|host|机|服务器)?[ `*]*[（(][ ]*(?:(?P<n>\d{1,4})[ ]*[*×x][ ]*\d{2,3} ?gi?b?|\d{2,3} ?gi?b?[ ]*[*×x][ ]*(?P<m>\d{1,4}))",
    re.I,
)
_TIMES_IN_NAME = re.compile(r"\w{3}x(\d{1,2})$", re.I)
# "DGX A100 (8x A100 80GB)", "DGX-2 box (16 V100-32GB)", "DGX A100 with 1x A100": the parts of what is named.
_PARTS_AFTER = re.compile(
    r"[ `*\-]*(?:server|node|machine|box|system)?[ `*]*(?:with [（(]?|[（(])[ ]*(?:(?P<n>\d{1,4}) ?[x×*]|(?<=[（(])(?P<m>\d{1,4})) ?(?:nvidia |tesla )*\x01",
    re.I,
)
# "(总共 16 个 TPU 芯片)", "(16 chips)", "systems (i.e., 1024 GPUs)", "nodes comprising 512 V100 GPUs", "2 ノード = 16 GPU".
_ALTOGETHER_AFTER = re.compile(
    r"[^.。;!\n|]{0,30}?(?:[（(](?:i\.e\.,?|that is,?|总共|一共|共|total(?:ling)?(?: of)?|in total)? ?|\b(?:comprising|totall?ing|with a total of|in total)[ ]|[=＝][ ]?)"
    r"(?:\d{1,5} (?:to|-|–) )?(?P<n>\d{1,3}(?:,\d{3})+|\d{1,6}) ?(?:个|张|枚)? ?(?:nvidia |tpu |\x01+ ?)*(?:gpus?|npus?|hpus?|cards|chips|芯片|卡)(?![A-Za-z])",
    re.I,
)
# "1024 V100 GPUs (64 DGX-2 boxes)", "16 V100 (DGX-2 node) GPUs": the servers that the cards are in.
_CARDS_BEFORE = re.compile(
    rf"(?P<n>{NUMBER}) (?:nvidia )?(?:\x01+ ?)?(?:[ghn]pus? ?(?:cards ?)?|cards ?|chips ?|accelerators ?)?[（(](?:{NUMBER})? ?(?:nvidia |x |× ?)?$",
    re.I,
)
_A_SUM = re.compile(r"[(（=＝]|ing |in total", re.I)
_AFTER = re.compile(
    r"[ `*]*(?:gpus?|显卡|芯片|npus?|server|machine|node|host|集群|训练)?[^.。；;!\n\d|]{0,14}?(?:with |has |of |共|[:：])?[ ]*(?:\d{1,4} ?(?:and|or|to|/|~) ?)?"
    r"(?<![A-Za-z])(?P<n>\d{1,6}|two|four|eight|sixteen|单|双|两|一)[ -]?(?:张|块|个|片|颗|枚)?(?:卡|gpus?\b|npus?\b|cards?\b|枚|基|chips?\b|accelerators?\b|显卡)",
    re.I,
)
_CLASSED_AFTER = re.compile(
    r"[ `*]*(?:gpus?)?[)）]? ?(?:(?P<n>\d{1,5}|한|두|네) ?(?:장|개|台(?!の?(?:ノード|サーバ|マシン))|枚|基)|(?P<m>단일) gpu)",
    re.I,
)
_SET_AFTER = re.compile(
    r"""(?:[`* ]{0,2}:|["'][`]?:[ ]?)(?P<n>\d{1,2})(?=[ `"')}\],]|$)(?! ?(?:x\b|gi?b|hours?|h\b|%))"""
)
_HOURS_AFTER = re.compile(
    r"[ `*]*(?:gpus?|卡|显卡)?[- ]*(?:training )?(?:hours?|days?|hrs?|小时|时|天)", re.I
)
_SERVER_AFTER = re.compile(
    r"[ `*\-]*(?:nvidia |gpu )?(?:dgx|nvl ?\d|server|machine|node|host|box|instance|cluster|pod|slice|vm\b|(?:gpu )?system|runner|platform|based|config|服务器|机器|集群|クラスタ)|\.\d{0,2}x?large",
    re.I,
)
_CARDS_AFTER = re.compile(r"[ `*]*(?P<n>单|双|两|四|八|\d{1,5}) ?(?:张|块)?卡", re.I)
_BEHIND = (_TIMES_AFTER, _CARDS_AFTER, _AFTER, _CLASSED_AFTER)  # the last in scripts of their own
_WINDOW, _WIDE = 90, 260


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
    before, after = _before(words, start), _PADDING.sub(_squeezed, words[end : end + _WINDOW])
    name = words[start:end]
    times = _TIMES_IN_NAME.search(name) if "x" in name else None
    if times:
        return int(times[1]) or None
    if SLICE.search(name) or _CORES_AFTER.match(after):
        return None
    if _SLICE_AFTER.match(after) and _TPU_NAME.search(name):
        return None
    is_numbered = _A_NUMBER.search(before.lower()) is not None
    product = (
        product_before(before, name, after, words[max(0, start - _WIDE) : start]) if is_numbered else None
    )
    if product or _HOURS_AFTER.match(after):
        return product
    return (
        product_after(before, after)
        or _inside(before, name, after)
        or _stated(before, name, after, is_numbered)
    )


def _before(words: str, start: int) -> str:
    """The words before a name, without the marks of a link and of an escape."""
    before = words[max(0, start - _WINDOW) : start]
    return before.replace("[", "").replace("\\*", "*") if "[" in before or "\\" in before else before


def _inside(before: str, name: str, after: str) -> int | None:
    """The count that stands behind a name as its parts or its sum."""
    inside = _INSIDE_AFTER.match(after) or _NODE_GPU_AFTER.match(after)
    if inside:
        return int(inside["n"] or inside["m"])
    parts = _PARTS_AFTER.match(after) if "\x01" in after else None
    if parts:
        return int(parts["n"] or parts["m"]) or None
    total = _ALTOGETHER_AFTER.match(after) if _A_SUM.search(after) else None
    if not total and (_SERVER_NAME.match(name) or _SERVERS_AFTER.match(after)):
        total = _CARDS_BEFORE.search(before)
    return number(total["n"]) or None if total else None


def _stated(before: str, name: str, after: str, is_numbered: bool) -> int | None:
    """The one number that counts a chip: before its name, behind it, or an article."""
    low = lowered(before)
    plain = (_RANGE_BEFORE.search(low) or _BEFORE.search(low)) if is_numbered else None
    stated = number(plain["n"]) if plain and not _is_other_amount(low, plain) else None
    if stated and stated > 1 and not _counts_servers(before, name, after):
        return None if is_of_each(before) else stated
    for pattern in _BEHIND[:-1] if after.isascii() else _BEHIND:
        later = pattern.match(after)
        if later:
            return _product(later)
    later = _SET_AFTER.match(after) if ":" in after[:4] and not before.endswith(":") else None
    if later:
        return number(later["n"]) or None
    return _one(plain, before, name, after) if stated == 1 else None


def _product(later: re.Match[str]) -> int | None:
    """The count behind a name, of "A100 x8 x2" both multiplied."""
    said = later.groupdict()
    return (number(said["n"] or "1") or 0) * (number(said.get("m") or "1") or 0) or None


def _one(plain: re.Match[str] | None, before: str, name: str, after: str) -> int | None:
    """One, unless the one is a server: "an A100 node", "a DGX-A100"; "1x A100 node" counts its chips."""
    if plain and _ONE_TIMES.match(plain.group()):
        return 1
    is_server = _SERVER_AFTER.match(after) or _SERVER_NAME.search(name) or _DGX_BEFORE.search(before)
    return None if is_server else 1


_ONE_TIMES = re.compile(r"1 ?[x×*]")


def _counts_servers(before: str, name: str, after: str) -> bool:
    """Whether the number before the name is one of servers: "560 DGX A100", "64 A100 servers"."""
    if _SERVER_NAME.match(name) or _DGX_BEFORE.search(before):
        return True
    return bool(_SERVERS_AFTER.match(after)) and _BARE_NUMBER_BEFORE.search(before) is not None


# Blanks that pad a table's cell; the expressions above would try each way of sharing them out.
_PADDING = re.compile(r"[ `*]{4,}")


def _squeezed(padding: re.Match[str]) -> str:
    return " * " if "*" in padding[0] else " "


def _is_other_amount(low: str, match: re.Match[str]) -> bool:
    """Whether the number is a year, a version, a size, a time, a list mark or a place in a listing rather than a count."""
    printed = match["n"]
    value = number(printed)
    if value is None or value > 200_000 or (1990 <= value <= 2035 and printed.isdigit()):
        return True
    lead, behind = low[: match.start()], low[match.end("n") :]
    return (
        (bool(_NO_COUNT_OF.search(lead)) and not behind.startswith(("x", "×")))
        or (behind.startswith(":") and bool(_PLACE_OF.search(lead)))
        or (behind.startswith("  ") and lead.rstrip().endswith("|"))
    )


_NO_COUNT_OF = re.compile(
    r"(?:cuda|torch|python|version|v|ubuntu|tesla|rtx|gtx|step|stage|phase|part|chapter|lesson|figure|table|section|第|rank|node)\s?$|\d:$"
)
_PLACE_OF = re.compile(r"(?:gpu|npu|device|card|slot|卡|设备)\s?$")
