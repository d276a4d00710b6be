"""What may tell what a mention was for: many weak signals of one candidate, each a name.

Takes a spot and its place; gives named features (the rule of thumb, the workload, turns of phrase by place, the words
around, the words of the heads above, how near words of each kind stand, what numbers stand by). What each is worth, `weighing`
knows.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from chipledger.evidence.layout import Kind, Layout, Place
from chipledger.evidence.remembered import REMEMBERED_FEATURES
from chipledger.evidence.spots import Spot
from chipledger.evidence.uncased import uncased
from chipledger.evidence.verdict import View, is_labelled, measures, reports_a_run, requires, verdict
from chipledger.evidence.weighing import Signals
from chipledger.evidence.words import Beside, words_in
from chipledger.evidence.workload import FAR, clause, workload

# Of cards that nobody names: the sentence tells of a run that took place.
RAN = "unnamed-ran"
_NEAR = 48
_WEAK_INFERENCE = uncased(
    r"\b(?:run|runs|running|ran)\b|运行|実行|跑|动作|動作|test(?:ed|ing)? |测试|テスト|speed|速度|latenc|耗时|\d ?(?:s|ms)\b"
)
_REQUIRE_HEAD = uncased(
    r"requirement|prerequisite|硬件(?:要求|需求|配置)|环境要求|显存(?:要求|需求)|配置要求|最低配置|推荐配置|要求|必要|動作環境|推奨|recommended|minimum|"
    r"hardware (?:guide|recommend)|system req|依赖|dependenc|资源需求|suitable|适用|required?\b|最低|needs?\b"
)
_SUPPORT_HEAD = uncased(
    r"support|compatib|支持|适配|兼容|対応|news|update|新闻|更新|最新动态|roadmap|to-?do|plan|acknowledg|致谢|thanks|feature|特性|faq|citation|changelog|release"
)
_RESULT_HEAD = uncased(
    r"benchmark|performance|性能|速度|speed|latency|throughput|result|结果|实验|experiment|memory usage|显存占用|评测|効率|efficien|profil|training cost|training time|耗时|吞吐|推理性能|测试"
)
_RESULT = uncased(
    r"\d(?:[\d.,]*)\s?(?:tokens?/s|tok/s|token/s|t/s|fps|it/s|s/it|s/iter|samp/s|ms\b|s\b|sec|seconds?|minutes?|mins?|hours?|hrs?|h\b|days?|weeks?|tflops|"
    r"小时|天|分钟|秒|時間|日間|%|x speed|× speed|gb/s|倍)"
)
_REPORTED = uncased(
    r"\b(?:trained|tested|measured|evaluated|conducted|performed|ran|run|benchmarked|profiled|validated|verified|fine-?tuned|pre-?trained|took|takes|used|utilized|"
    r"utili[sz]ed|completed|finished|obtained|achiev\w+|reach\w+|reported|timed|consumed|spent|experiment(?:ed)?|reproduced?)\b[^.]{0,60}\b(?:on|using|with|by|of|in)\b|"
    r"tested (?:gpus?|on|with)|\bwe (?:train|use|test|measure|run|evaluate|conduct|pre-?train|fine-?tune|experiment)|(?:使用|利用|采用|基于|在).{0,40}(?:训练|测试|完成|进行|评测|实验|微调|推理)了?|"
    r"(?:测试|评测|训练|实验|测算)(?:环境|均|于|运行)?.{0,12}(?:在|于|使用)|(?:で|を用いて|を使用し)[^。]{0,30}(?:学習|実行|測定|実験|テスト|ファインチューニング|行)[^。]{0,8}(?:した|しました|しています|されて|行い)"
)
_NEEDED = uncased(
    r"\b(?:requir\w+|needs?\b|needed|at least|minimum|recommend\w*|suggest\w*|suitable|sufficient|enough|suffices?|prefer\w*|fits? (?:in|on|into|a)?|must have|"
    r"prepare an?|you(?:'|’)?ll want|you will need)|(?:can|could|able to|possible to)[^.]{0,60}\b(?:run|ran|be run|executed|deploy\w*|fit|load\w*|train\w*|fine-?tun\w*|used?|inference|serv\w+)|"
    r"(?:deployable|runnable|trainable)|需要|要求|至少|最少|最低|推荐|建议|即可|就能|也能|也行|足够|可在|可以在|可用|能够?在|只需|适用于?|必要|推奨|おすすめ|できます|可能です|以上の|搭載|动作"
)
_LISTED = uncased(
    r"support(?:s|ed|ing)? |is supported|compatib|works? with|available on|optimized for|支持|适配|兼容|対応|サポート|\be\.g\.|such as|including|like the|例如|比如|如 ?|voucher|"
    r"\$ ?\d|per hour|/hr|rent|租|价格|coming soon|will (?:be|support)|to-?do|\[ \]|plan|thank|sponsor|grant|prize|compute capability|architecture|架构|sm_?\d\d|"
    r"(?:does not|doesn't|do not|not|no|without|lack\w*|cannot|can't)\b[^.]{0,20}(?:support|have|work)|不支持|仅支持|無法|faster than|slower than|compared (?:to|with)|约为|相当于|相近|if you"
)
_DEVICE_WORD = re.compile(
    r"^[ `*-]*(?:\d+ ?gi?b?[ -]*)?(?:gpus?|显卡|卡|graphics|cards?|npus?|server|machine|cluster|node|集群|服务器|hours?)",
    re.I,
)


def signals_of(
    spot: Spot,
    place: Place,
    layout: Layout,
    path: str,
    *,
    masked: str,
    count: int | None,
    others: int,
    has_hours: bool,
) -> Signals:
    """The features of a spot in its place.

    Args:
        spot: the chip's name.
        place: its surroundings.
        layout: the document's layout (title, format).
        path: the document's path.
        masked: the place's sentence with every chip's name masked, so that "3090s" is no time.
        count: the number of chips stated.
        others: how many other chips the same sentence or row names.
        has_hours: whether chip-hours are stated beside it.

    Returns:
        Names such as "s:train" (a training word in the sentence) or "kind:table".
    """
    at, length = spot.start - place.sentence_start, spot.end - spot.start
    kind, scope = workload(masked, place, at, length, layout, path)
    told = _told(_around(spot, place, layout, masked, at, kind, scope, count, others, has_hours))
    return Signals(
        told.own,
        (*_heads(masked, place, layout.title), layout.nearness.around(spot.start, spot.end), _of_path(path)),
        told.rule,
    )


def _heads(masked: str, place: Place, title: str) -> tuple[tuple[str, ...], ...]:
    """The words of the sentence and of all that stands above it."""
    heading, *above = place.headings or ("",)
    texts = (
        ("sentence", masked), ("heading", heading), ("upper", " / ".join(above[:3])), ("lead", place.lead[-200:]),
        ("column", place.column_head), ("heads", place.heads[:300]), ("row", place.row_head[:80]),
        ("caption", place.caption[-200:]), ("title", title),
    )  # fmt: skip
    return tuple(words_in(scope, text) for scope, text in texts if text)


_PATH_WORD = re.compile(r"[a-z]{3,}")


@lru_cache(maxsize=256)
def _of_path(path: str) -> tuple[str, ...]:
    """The words of a file's name, and what it ends in."""
    name, _, ending = path.lower().rpartition(".")
    return (*(f"path:{word}" for word in dict.fromkeys(_PATH_WORD.findall(name))), f"ending:{ending[:6]}")


class _Around(NamedTuple):
    """All that a chip's features depend on, but for the words of its heads: what is around it, and what else is known."""

    kind: Kind
    sentence: str
    at: int
    length: int
    lead: str
    row_head: str
    column_head: str
    heads: str
    caption: str
    first_row: bool
    heading: str
    upper_says: tuple[str, ...]
    upper_requires: bool
    is_measured: bool
    beside: str
    work: str
    scope: str
    cards: int | None
    others: int
    has_hours: bool
    format: str
    printed: str
    ambiguity: str
    is_family: bool
    is_unnamed: bool


def _around(
    spot: Spot,
    place: Place,
    layout: Layout,
    masked: str,
    at: int,
    work: str,
    scope: str,
    count: int | None,
    others: int,
    has_hours: bool,
) -> _Around:
    heading, *above = place.headings or ("",)
    upper = " / ".join(above[:2])
    return _Around(
        place.kind, masked, at, spot.end - spot.start, place.lead, place.row_head, place.column_head, place.heads,
        place.caption, place.first_row, heading, _announced("upper", " / ".join(above)) if above else (),
        requires(upper), _is_measured(place, masked, heading, upper),
        layout.beside(spot.start) if is_labelled(masked[:900]) else "", work, scope, count, others, has_hours,
        layout.format, spot.printed, spot.name.ambiguity, spot.name.is_family, not spot.name.spellings,
    )  # fmt: skip


def _is_measured(place: Place, masked: str, heading: str, upper: str) -> bool:
    if place.kind is Kind.TABLE:
        return measures(f"{heading} {upper} {place.caption}")
    return place.kind is Kind.HEADING and measures(f"{masked[:900]} {heading} {upper}")


class _Told(NamedTuple):
    """What the surroundings tell: the candidate's own features, and the rule of thumb."""

    own: tuple[str, ...]
    rule: str


@lru_cache(maxsize=REMEMBERED_FEATURES)
def _told(around: _Around) -> _Told:
    masked, at, length, kind = around.sentence, around.at, around.length, around.work
    before, after = masked[max(0, at - _NEAR) : at], masked[at + length : at + length + _NEAR]
    told = kind if around.scope not in FAR else ""
    low, high = clause(masked, at, length)
    near = masked[max(low - 60, 0, at - 120) : min(high + 40, at + length + 100)]
    view = View(
        around.kind, masked[:900], around.lead[-240:], around.heading, around.row_head, around.column_head, around.heads,
        around.caption, around.first_row, around.upper_requires, around.is_measured, masked[low:high], near, before, after,
        told, around.cards is not None, around.has_hours, around.others, around.beside,
    )  # fmt: skip
    answer, rule = verdict(view)
    reported = [RAN] if around.is_unnamed and reports_a_run(view) else []
    beside = Beside(masked, at, length).features()
    own = (
        *_judged(answer, rule, kind, told, around), *reported, *_shape(around, before, after), *_phrases(around, near),
        *beside, *(f"{answer}&{word}" for word in beside if " " not in word),
    )  # fmt: skip
    return _Told(own, rule)


def _judged(answer: str, rule: str, kind: str, told: str, around: _Around) -> tuple[str, ...]:
    """The rule of thumb and the kind of work, alone and together."""
    return (
        f"verdict:{answer}", f"verdict:{answer}&work:{told}", f"verdict:{answer}&work:{kind}&kind:{around.kind}",
        f"rule:{rule}", f"rule:{rule}&kind:{around.kind}", f"rule:{rule}&work:{kind}",
        f"work:{kind}", f"work:{kind}@{around.scope}", f"work@{around.scope}",
    )  # fmt: skip


_EXPERT = (
    ("reported", _REPORTED), ("needed", _NEEDED), ("listed", _LISTED), ("result", _RESULT), ("weak-run", _WEAK_INFERENCE),
)  # fmt: skip
_LEADING = frozenset({"reported", "needed", "listed"})
_EXPERT_HEADS = (("require", _REQUIRE_HEAD), ("support", _SUPPORT_HEAD), ("result", _RESULT_HEAD))


def _phrases(around: _Around, near: str) -> list[str]:
    """The turns of phrase around the chip, in its clause and in its sentence, and what the heads announce."""
    here, said, before = _turns(near), _turns(around.sentence[:900]), _turns(around.lead[-300:])
    found = []
    for name, _ in _EXPERT:
        if name in here:
            found.append(f"near:{name}")
        elif name in said:
            found.append(f"sentence:{name}")
        elif name in _LEADING and name in before:
            found.append(f"lead:{name}")
    found += _announced("heading", around.heading)
    found += around.upper_says
    for scope, text in (
        ("column", around.column_head), ("heads", around.heads), ("caption", around.caption[-300:]),
        ("row", around.row_head if around.kind is Kind.TABLE else ""), ("lead", around.lead[-200:] if around.kind is Kind.LIST else ""),
    ):  # fmt: skip
        found += _announced(scope, text) if text else ()
    return found


# Heads, leads and sentences are asked again for each chip below or in them.
@lru_cache(maxsize=4_096)
def _turns(text: str) -> frozenset[str]:
    low = text.lower()
    return frozenset(name for name, pattern in _EXPERT if pattern.search(low))


@lru_cache(maxsize=4_096)
def _announced(scope: str, text: str) -> tuple[str, ...]:
    low = text.lower()
    return tuple(f"{scope}-says:{name}" for name, pattern in _EXPERT_HEADS if pattern.search(low))


def _shape(around: _Around, before: str, after: str) -> list[str]:
    kind, count, others = around.kind, around.cards, around.others
    shape = [
        f"kind:{kind}",
        f"format:{around.format}",
        f"ambiguity:{around.ambiguity}",
        f"others:{min(others, 4)}",
        f"kind:{kind}&others:{min(others, 3)}",
        f"count:{'none' if count is None else 'one' if count == 1 else 'eight' if count <= 8 else 'many'}",
    ]
    shape += ["hours"] if around.has_hours else []
    shape += ["family"] if around.is_family else []
    shape += ["unnamed"] if around.is_unnamed else []
    shape += ["device-after"] if _DEVICE_WORD.match(after) else []
    shape += ["bracketed"] if before.rstrip()[-1:] in "(（[" and before.strip() else []
    shape += ["first-row"] if around.first_row else []
    shape += ["starts"] if not before.strip(" \t>*-|#`·•+") else []
    shape += ["slash"] if before.rstrip()[-1:] in "/、," or after.lstrip()[:1] in "/、," else []
    shape += ["short"] if len(around.sentence.strip()) < 60 else []
    shape += ["lower"] if around.printed.islower() else []
    return shape
