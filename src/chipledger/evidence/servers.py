"""Products of servers and cards: "2 nodes of 8", "12x8", "4 8-A100-GPU servers", "16 机 × 8 卡", "6 p3.16xlarge with 8 V100".

Takes the words before and behind a chip's name; gives the chips that they multiply out to. Cards of each server with no
number of servers give none, and neither do servers with no number of cards.
"""

import re

from chipledger.evidence.quantity import number

# A numeral that ends a longer one ("twenty-four", "ten thousand", "half a dozen", "二十") is no number of its own.
_NO_TENS = r"(?<!ty-)(?<!ty )(?<!half )(?<!hundred )"
_NO_UNITS = _NO_TENS + "".join(
    rf"(?<!{unit} )" for unit in (r"\d", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "few", "al")
)  # fmt: skip
NUMBER = (
    r"(?<![A-Za-z0-9_.,$#\-])(?:\d{1,3}(?:,\d{3})+|\d{1,6}k?)(?![\d.]*\d)"
    rf"|\b{_NO_TENS}(?:one single|a single|a dozen|sixty-four|thirty-two|sixteen|twelve|eight|seven|nine|three|four|five|six|ten|two|one|single|dual|an|a)\b"
    rf"|\b(?:una sola|un solo|uma única|{_NO_UNITS}thousand)\b|단일|(?<![가-힣])한(?= )|単一の|シングル"
    r"|(?<![\d〇一二三四五六七八九十百千万亿两])(?:十六|[单両两兩双一二三四五六七八十千万])"
)
CLASSIFIER = r"(?:张|張|块|塊|个|個|台|枚|片|颗|顆|只|つの|個の|台の|枚の|基の|基|つ|卡|路|장의|개의|units? of|cards? of|pieces? of|x|×|\*|X|\\times)"
ADJECTIVE = (
    r"(?:nvidia|tesla|geforce|huawei|amd|intel|google|apple|cloud|英伟达|华为|国产|high-end|modern|powerful|server-grade|latest|"
    r"consumer|消费级|commodity|desktop|workstation|dedicated|cards?|available|additional|visible|older|newer|[（(]?free[)）]?|preemptible|的|based|hgx|dgx|instinct|ascend|显存为?|"
    r"power[- ]limited|data ?cent(?:er|re)|tensor core|(?:consumer|commodity|server|enterprise|professional)[- ]grade|volta|ampere|hopper|or (?:less|fewer|more)|"
    r"(?:具有|配备) ?\d{2,3} ?gb ?(?:内存|显存)的?|内存|显存|[（(]?(?<![\d.])\d{1,3}(?:\.\d)? ?gi?b?[)）]?(?: memory| vram)?|"
    r"gpus?,?|[hn]pus?|显卡|gpus?[ ]?[（(]|(?:gpus?|[hn]pus?|cards?) on|gpus?[ ]?[（(]e\.g\.,?|of the|of|with|having|at least|only|just|more than|over|up to|around|about|-|–|:|：|"
    r"\x01+(?:[ -]?\d{2,3} ?gb?)?[ ]?(?:/|or\b|and\b|或者?|、|和|,)?)"
)
_TAIL = rf"[ `*]*(?:{ADJECTIVE}[ `*]*){{0,3}}$"
_SERVER = r"(?:nodes?|servers?|machines?|hosts?|workstations?|instances?|boxes|服务器|节点|机器|機|ノード(?!あたり)|台のサーバー?|サーバー?)"
_DEVICES = r"(?:gpus?|npus?|hpus?|cards?|accelerators?|chips?|张?卡|such)(?![A-Za-z])"
# What each of these expressions cannot do without, asked first of the words in small letters.
_A_NODE = re.compile(r"node|server|machine|host|workstation|instance|boxes|服务器|节点|机器|機|ノード|サーバ")
_A_PRODUCT = re.compile(r"[x×*\\机台節节]")
_A_SHARE = re.compile(r"each|per|with|每|contain")
_PRODUCT_BEFORE = re.compile(
    rf"(?P<a>\d{{1,5}}|two|three|four|eight|sixteen|[双两兩二三四五六七八十](?=台|机)) ?(?P<by>x|×|\*|X|\\times|机|台|节点) ?(?P<times>×|x|\*)? ?(?P<b>\d{{1,3}}) ?(?:卡|块|张|个|x|×|\*)?{_TAIL}",
    re.I,
)
_NODES_BEFORE = re.compile(
    rf"(?P<a>{NUMBER}) ?(?:compute |gpu |台|个|臺)?(?:(?-i:[A-Z])[\w\-]{{1,24}} ){{0,2}}[ -]*{_SERVER}"
    rf"(?:(?:[^.。!！\d]|\d{{1,3}}(?:\.\d+)?B\b){{0,40}}?)(?P<b>{NUMBER})[ `*]*(?:{CLASSIFIER})?{_TAIL}",
    re.I,
)
# "four 8x A100 devices", "32 8xH100 nodes": the word for a server stands behind the name.
_SERVERS_BY_CARDS = re.compile(rf"(?P<a>{NUMBER})[ ]+(?P<b>\d{{1,2}}) ?[x×*] ?{_TAIL}", re.I)
# "40 compute nodes …, each with 2 CPUs, 8× V100", "2 universities (each has 32 V100".
_EACH_BEFORE = re.compile(
    rf"(?P<a>(?!an?\b)(?:{NUMBER}))[ -]*(?:[a-z\-]{{2,16}} )?(?:nodes?|servers?|machines?|hosts?|workstations?|instances|boxes|systems|clusters|sites|universities|data ?cent(?:er|re)s)\b[^;。]{{0,110}}?"
    rf"\beach(?: [a-z]+)? (?:has|have|had|with|of|contain\w*|having|compris\w*|consist\w*|equipped|hold\w*|host\w*)\b[^;。]{{0,90}}?(?P<b>(?!an?\b)(?:{NUMBER}))[ `*]*(?:{CLASSIFIER})?{_TAIL}",
    re.I,
)
_INSTANCES_BEFORE = re.compile(
    rf"(?P<a>{NUMBER}) ?(?:[x×*] ?)?(?:aws |amazon )?(?:ec2 )?[a-z]\w{{1,5}}\.\d{{0,2}}x?large[^.。;\n\d]{{0,24}}?(?P<b>{NUMBER})[ `*]*(?:{CLASSIFIER})?{_TAIL}",
    re.I,
)
_LAUNCHED_BEFORE = re.compile(
    rf"nnodes\W{{1,4}}(?P<a>\d{{1,4}})\W{{1,5}}(?:and )?[`\-]*nproc_per_node\W{{1,4}}(?P<b>\d{{1,2}})\W{{1,3}}(?:on ){_TAIL}",
    re.I,
)
_SUM = re.compile(
    r"(?:[ -]*(?:nodes?|servers?|machines?|节点|服务器|ノード)[ ]*[,，、/(（;；][ ]*|.{0,12}(?:共|总共|合计|=|＝|i\.e\.,?|total(?:ling)?(?: of)?)[ ]*)",
    re.I,
)
_CARDS_BY_NODES_BEFORE = re.compile(
    r"(?<![\d.])(?P<a>\d{1,3}) ?(?:卡|张|块)(?:/机)? ?[x×*] ?(?P<b>\d{1,4}) ?(?:台|机|節點|节点)[ `*的]*$"
)
_SERVERS_OF = re.compile(rf"(?P<a>{NUMBER})[ ]+(?P<b>\d{{1,2}})-$", re.I)
_IN_TOTAL = re.compile(r"[ `*]*(?:gpus?|cards?)?[ ,，]*(?:in total|total\b|overall|共|总共|合計)", re.I)
_SHARE_BEHIND = re.compile(
    r"[ `*]*(?:gpus?|npus?|cards?|卡)?[ `*]*(?:\(?(?:per|on each|each)\b|/ ?(?:node|server|machine)|每)", re.I
)
# Cards of each server where nobody says how many servers there are.
_OF_EACH = re.compile(
    rf"(?:\b(?:each|every)(?: [a-z]+){{0,2}} (?:has|have|with|contain\w*|having|equipped with|consist\w* of)|\bper[- ](?:node|server|machine)[:,]?|ノードあたり|每(?:台|个|個)?(?:服务器|节点|机器|机)\w{{0,4}}?) ?"
    rf"(?:{NUMBER})[ `*]*(?:{CLASSIFIER})?{_TAIL}",
    re.I,
)
_CLUSTER_AFTER = re.compile(
    rf"[ `*]*(?:gpus? )?(?:cluster|nodes|servers|machines|集群|クラスタ)?[^.。!！\n|\d]{{0,40}}?(?P<a>{NUMBER})[ -]*(?:nodes|servers|machines|hosts|个?节点|台)"
    rf"[^.。!！\n|\d]{{0,36}}?(?:\b(?:each|per|with)\b|每)[^.。!！\n|\d]{{0,24}}?(?P<b>{NUMBER})[ ]?(?:gpus?|npus?|cards|accelerators|张?卡|such)(?![A-Za-z])",
    re.I,
)
_PER_NODE_AFTER = re.compile(
    r"[ `*]*(?:gpus?)?[ ]?(?:[x×*][ ]?(?P<a>\d{1,3})[ ]?[)）]?[ ]?[,、]?[ ]?[x×*]?|(?P<c>\d{1,3}) ?(?:卡|张|块) ?[x×*])[ ]?(?P<b>\d{1,4})[ ]?(?:ノード|nodes?|台|机|节点|servers?)",
    re.I,
)
# "four DGX A100 nodes, each containing 8 GPUs": the servers are counted before the name.
_SERVERS_BEFORE = re.compile(rf"(?P<n>{NUMBER}) ?(?:[x×*] ?)?(?:nvidia )?(?:(?:dgx|hgx)[ -])?$", re.I)
_EACH_BEHIND = re.compile(
    rf"[ `*\-]*(?:gpu |dgx |hgx |compute )?(?:servers|machines|nodes|hosts|boxes|systems|instances)\b[^.。!！\n|\d]{{0,36}}?\b(?:each|per|with|of|containing)\b[^.。!！\n|\d]{{0,24}}?"
    rf"(?P<b>{NUMBER})[ ]?(?:(?:[\w\-]+|\x01+) ){{0,2}}{_DEVICES}",
    re.I,
)
_MOST_IN_A_SERVER = 16
# Sizes of a card's memory that no number of cards in a server takes: "8x80 A100" are eight.
_MEMORIES = frozenset((40, 80, 96, 141))


def product_before(before: str, name: str, after: str, wide: str) -> int | None:
    """The chips that the words before a name multiply out to.

    Args:
        before: the words before the name, cut short.
        name: as printed.
        after: the words behind it.
        wide: the words before the name, not cut as short.

    >>> product_before("on 32 8x", "H100", " nodes", "on 32 8x"), product_before("on 8x", "H100", " nodes", "on 8x")
    (256, None)
    """
    low = before.lower()
    for pattern in _patterns_before(low, after):
        product = pattern.search(before)
        if not product:
            continue
        a, b = number(product["a"]), number(product["b"])
        if _is_total(pattern, before, product, after):
            return b or None
        if pattern is _PRODUCT_BEFORE and b and _is_memory(b, name):
            return a or None
        if a and b and 0 < a * b <= 1_000_000:
            return a * b
    if "each" not in low:
        return None
    product = _EACH_BEFORE.search(wide)
    a, b = (number(product["a"]), number(product["b"])) if product else (None, None)
    return a * b if a and b and 1 < a * b <= 1_000_000 else None


def _patterns_before(low: str, after: str) -> list[re.Pattern[str]]:
    """Those expressions of a product that may match the words before a name, given in small letters."""
    found = [_SERVERS_OF] if low.endswith(("-", "-\n")) else []
    if "xlarge" in low:
        found.append(_INSTANCES_BEFORE)
    if "nproc_per_node" in low:
        found.append(_LAUNCHED_BEFORE)
    if _A_NODE.search(low):
        found.append(_NODES_BEFORE)
    if not _A_PRODUCT.search(low):
        return found
    if _SEVERAL_BEHIND.match(after):
        found.append(_SERVERS_BY_CARDS)
    return [*found, _PRODUCT_BEFORE, _CARDS_BY_NODES_BEFORE]


_SEVERAL_BEHIND = re.compile(
    r"[ `*\-]*(?:\d{2,3} ?gb )?(?:gpu |dgx |hgx |compute )?(?:nodes?|servers?|machines?|devices|instances|boxes|hosts|systems|vms)\b",
    re.I,
)


def _is_total(pattern: re.Pattern[str], before: str, product: re.Match[str], after: str) -> bool:
    """Whether the second number of "8 nodes, 64 A100" or "2 机 16 卡" is the total over the servers."""
    if pattern is _PRODUCT_BEFORE:
        said = number(product["b"]) or 0
        return product["by"] in "机台节点" and not product["times"] and said >= _MOST_IN_A_SERVER
    if pattern is not _NODES_BEFORE:
        return False
    between = before[product.end("a") : product.start("b")]
    if _SUM.fullmatch(between):
        return _SHARE_BEHIND.match(after) is None
    return _IN_TOTAL.match(after) is not None


def _is_memory(value: int, name: str) -> bool:
    return value in _MEMORIES or (value == 32 and "v100" in name.lower())


def is_of_each(before: str) -> bool:
    """Whether the number before a name is one of cards in each server.

    Args:
        before: the words before the name.

    >>> is_of_each("instances, each with 8 40GB NVIDIA "), is_of_each("servers with 8 ")
    (True, False)
    """
    return _OF_EACH.search(before) is not None


def product_after(before: str, after: str) -> int | None:
    """The chips that the words behind a name multiply out to.

    Args:
        before: the words before the name.
        after: the words behind it.

    >>> product_after("on four DGX ", " nodes, each containing 8 Ampere GPUs")
    32
    """
    is_share = _A_SHARE.search(after.lower()) is not None
    for pattern in (_PER_NODE_AFTER, _CLUSTER_AFTER) if is_share else (_PER_NODE_AFTER,):
        nodes = pattern.match(after)
        if nodes:
            said = nodes.groupdict()
            a, b = number(said["a"] or said.get("c") or ""), number(said["b"])
            return a * b if a and b else None
    each = _EACH_BEHIND.match(after) if is_share else None
    servers = _SERVERS_BEFORE.search(before) if each else None
    a, b = (number(servers["n"]), number(each["b"])) if each and servers else (None, None)
    return a * b if a and b else None
