"""What a mention was for: many weak signals, one distribution over the seven purposes and "nothing at all".

Takes a spot and its place; gives named features (a cue class in a place, the kind of block, what numbers stand by)
and, through a small linear model, a probability for each purpose. The weights live in
`data/evidence/purpose_model.json`; `benchmarks/train_purpose.py` fits them on labelled documents and judges them on
repositories left out. "none" is the model's word for a spelling that is no statement about a chip.
"""

import json
import math
import re
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from chipledger.core.records import Purpose
from chipledger.evidence.cues import cues_in
from chipledger.evidence.layout import Kind, Layout, Place
from chipledger.evidence.spots import Spot
from chipledger.evidence.verdict import View, verdict

NONE = "none"
LABELS = (*(purpose.value for purpose in Purpose), NONE)
_NEAR = 48
_PAIRED = (
    "pretrain", "finetune", "adapter", "train", "infer", "generate", "run", "speed", "test", "measure", "require",
    "least", "enough", "recommend", "can", "support", "reader", "example", "past", "we", "evaluate", "benchmark", "hours",
)  # fmt: skip
_WORK = re.compile(
    r"(?P<pretrain>pre-? ?train|预训练|預訓練|事前学習|事前訓練|from scratch|从头(?:开始)?训练|从零(?:开始)?训练|二次训练|スクラッチ|anneal)"
    r"|(?P<finetune>fine-? ?tun|\bsft\b|微调|精调|ファインチューニング|微調整|instruction[- ]tun|指令微?调|\bq?-?lora\b|\brlhf\b|\bgrpo\b|\bppo\b|\bdpo\b|"
    r"reinforcement|强化学习|強化学習|post-?train|dreambooth|distill|蒸馏|rollout|adapters?\b|full-param|全参|p-?tuning|\brl\b)"
    r"|(?P<evaluation>benchmark|\bkernels?\b|all-?reduce|all-?to-?all|bandwidth|带宽|accuracy|评测集|ablation|microbench|p2p|nccl|communicat|"
    r"通信|evaluation|evaluate|精度|参数同步|update time|gemm)"
    r"|(?P<inference>inferenc|\binfer|推理|推断|推論|deploy|部署|デプロイ|\bserv(?:e|es|ing|ed)\b|generat|生成|sampling|采样|decod|prefill|\bfps\b|"
    r"tok(?:en)?s? ?(?:/|per) ?s|latency|延迟|real-?time|実行速度|\bdemo|gradio|predict|首字|quantiz|量化|画像生成|出图)"
    r"|(?P<train>\btrain|训练|訓練|学習|トレーニング|\bmfu\b|\bepochs?\b|iterations|iter/s|samp/s|batch size|kimg)",
    re.I,
)
_WEAK_INFERENCE = re.compile(r"\b(?:run|runs|running|ran)\b|运行|実行|跑|动作|動作|test(?:ed|ing)? |测试|テスト|speed|速度|latenc|耗时|\d ?(?:s|ms)\b", re.I)
_CLAUSE_END = re.compile(r"[,，;；:：()（）]| and | or | but |、|\|")
_REQUIRE_HEAD = re.compile(
    r"requirement|prerequisite|硬件(?:要求|需求|配置)|环境要求|显存(?:要求|需求)|配置要求|最低配置|推荐配置|要求|必要|動作環境|推奨|recommended|minimum|"
    r"hardware (?:guide|recommend)|system req|依赖|dependenc|资源需求|suitable|适用|required?\b|最低|needs?\b",
    re.I,
)
_SUPPORT_HEAD = re.compile(r"support|compatib|支持|适配|兼容|対応|news|update|新闻|更新|最新动态|roadmap|to-?do|plan|acknowledg|致谢|thanks|feature|特性|faq|citation|changelog|release", re.I)
_RESULT_HEAD = re.compile(r"benchmark|performance|性能|速度|speed|latency|throughput|result|结果|实验|experiment|memory usage|显存占用|评测|効率|efficien|profil|training cost|training time|耗时|吞吐|推理性能|测试", re.I)
_RESULT = re.compile(
    r"\d(?:[\d.,]*)\s?(?:tokens?/s|tok/s|token/s|t/s|fps|it/s|s/it|s/iter|samp/s|ms\b|s\b|sec|seconds?|minutes?|mins?|hours?|hrs?|h\b|days?|weeks?|tflops|"
    r"小时|天|分钟|秒|時間|日間|%|x speed|× speed|gb/s|倍)", re.I)
_REPORTED = re.compile(
    r"\b(?:trained|tested|measured|evaluated|conducted|performed|ran|run|benchmarked|profiled|validated|verified|fine-?tuned|pre-?trained|took|takes|used|utilized|"
    r"utili[sz]ed|completed|finished|obtained|achiev\w+|reach\w+|reported|timed|consumed|spent|experiment(?:ed)?|reproduced?)\b[^.]{0,60}\b(?:on|using|with|by|of|in)\b|"
    r"tested (?:gpus?|on|with)|\bwe (?:train|use|test|measure|run|evaluate|conduct|pre-?train|fine-?tune|experiment)|(?:使用|利用|采用|基于|在).{0,40}(?:训练|测试|完成|进行|评测|实验|微调|推理)了?|"
    r"(?:测试|评测|训练|实验|测算)(?:环境|均|于|运行)?.{0,12}(?:在|于|使用)|(?:で|を用いて|を使用し)[^。]{0,30}(?:学習|実行|測定|実験|テスト|ファインチューニング|行)[^。]{0,8}(?:した|しました|しています|されて|行い)",
    re.I,
)
_NEEDED = re.compile(
    r"\b(?:requir\w+|needs?\b|needed|at least|minimum|recommend\w*|suggest\w*|suitable|sufficient|enough|suffices?|prefer\w*|fits? (?:in|on|into|a)?|must have|"
    r"prepare an?|you(?:'|’)?ll want|you will need)|(?:can|could|able to|possible to)[^.]{0,60}\b(?:run|ran|be run|executed|deploy\w*|fit|load\w*|train\w*|fine-?tun\w*|used?|inference|serv\w+)|"
    r"(?:deployable|runnable|trainable)|需要|要求|至少|最少|最低|推荐|建议|即可|就能|也能|也行|足够|可在|可以在|可用|能够?在|只需|适用于?|必要|推奨|おすすめ|できます|可能です|以上の|搭載|动作",
    re.I,
)
_LISTED = re.compile(
    r"support(?:s|ed|ing)? |is supported|compatib|works? with|available on|optimized for|支持|适配|兼容|対応|サポート|\be\.g\.|such as|including|like the|例如|比如|如 ?|voucher|"
    r"\$ ?\d|per hour|/hr|rent|租|价格|coming soon|will (?:be|support)|to-?do|\[ \]|plan|thank|sponsor|grant|prize|compute capability|architecture|架构|sm_?\d\d|"
    r"(?:does not|doesn't|do not|not|no|without|lack\w*|cannot|can't)\b[^.]{0,20}(?:support|have|work)|不支持|仅支持|無法|faster than|slower than|compared (?:to|with)|约为|相当于|相近|if you",
    re.I,
)
_DEVICE_WORD = re.compile(r"^[ `*-]*(?:\d+ ?gi?b?[ -]*)?(?:gpus?|显卡|卡|graphics|cards?|npus?|server|machine|cluster|node|集群|服务器|hours?)", re.I)


@dataclass(frozen=True, slots=True)
class Model:
    """A linear model: a bias and, for each feature, a weight for each label."""

    version: str
    bias: tuple[float, ...]
    weights: dict[str, tuple[float, ...]]

    def distribution(self, features: list[str]) -> dict[str, float]:
        """The probability of each label.

        Args:
            features: the names of the features present.

        >>> model = Model("t", (0.0, 1.0), {"s:train": (2.0, 0.0)})
        >>> [round(p, 2) for p in model.distribution(["s:train"]).values()]
        [0.73, 0.27]
        """
        scores = list(self.bias)
        for feature in features:
            row = self.weights.get(feature)
            if row is not None:
                for index, weight in enumerate(row):
                    scores[index] += weight
        top = max(scores)
        raised = [math.exp(score - top) for score in scores]
        total = sum(raised)
        return {label: value / total for label, value in zip(LABELS, raised, strict=False)}


@cache
def model() -> Model:
    """The model that ships with this version."""
    return model_from(json.loads((files("chipledger") / "data" / "evidence" / "purpose_model.json").read_text("utf-8")))


def model_from(stored: dict[str, object]) -> Model:
    """A model from its stored form; weights are kept as thousandths."""
    weights: dict[str, list[int]] = stored["weights"]  # type: ignore[assignment]
    bias: list[int] = stored["bias"]  # type: ignore[assignment]
    return Model(
        str(stored["version"]),
        tuple(value / 1000 for value in bias),
        {name: tuple(value / 1000 for value in row) for name, row in weights.items()},
    )


def workload(place: Place, at: int, length: int, layout: Layout, path: str) -> tuple[str, str]:
    """The kind of work that the nearest words speak of, and the place where they stand.

    The nearest place that names any decides: the clause around the chip, its sentence, its row and column, what
    leads in the list or captions the table, the headings upwards, the title, the path.

    Returns:
        ("pretrain" | "finetune" | "train" | "inference" | "evaluation" | "", place).
    """
    words = place.sentence
    found = [(_gap(match, at, length), match.lastgroup or "") for match in _WORK.finditer(words, max(0, at - 300), at + 300)]
    low, high = _clause(words, at, length)
    inside = [item for item in found if low <= at + item[0] < high or -(at - low) <= item[0] <= high - at]
    for scope, items in (("clause", inside), ("sentence", found)):
        if items:
            return _sharpened(min(items, key=lambda item: abs(item[0]))[1], [kind for _, kind in items], place, layout), scope
    texts = (
        ("row", place.row_head), ("column", place.column_head), ("heads", place.heads), ("lead", place.lead[-300:]),
        ("caption", place.caption[-200:]), *((f"heading{index}", words) for index, words in enumerate(place.headings[:2])),
        ("title", layout.title), ("path", path.replace("_", " ")),
    )  # fmt: skip
    for scope, text in texts:
        kinds = [match.lastgroup or "" for match in _WORK.finditer(text)]
        if kinds:
            return _sharpened(kinds[-1], kinds, place, layout), scope
    return "", "nowhere"


def _gap(match: re.Match[str], at: int, length: int) -> int:
    return match.end() - at if match.end() <= at else max(0, match.start() - at - length) + 1


def _clause(words: str, at: int, length: int) -> tuple[int, int]:
    begins = [match.end() for match in _CLAUSE_END.finditer(words, max(0, at - 200), at)]
    after = _CLAUSE_END.search(words, at + length)
    return (begins[-1] if begins else 0), (after.start() if after else len(words))


def _sharpened(kind: str, kinds: list[str], place: Place, layout: Layout) -> str:
    """A bare "train" takes its stage from the sentence or the nearest heading, if one of them names it."""
    if kind != "train":
        return kind
    for stage in ("pretrain", "finetune"):
        if stage in kinds:
            return stage
    for text in (place.row_head, place.lead[-200:], *place.headings[:1]):
        stages = [match.lastgroup for match in _WORK.finditer(text) if match.lastgroup in ("pretrain", "finetune")]
        if stages:
            return stages[-1] or kind
    return kind


_EXPERT = (
    ("reported", _REPORTED), ("needed", _NEEDED), ("listed", _LISTED), ("result", _RESULT), ("weak-run", _WEAK_INFERENCE),
)  # fmt: skip
_EXPERT_HEADS = (("require", _REQUIRE_HEAD), ("support", _SUPPORT_HEAD), ("result", _RESULT_HEAD))


def _phrases(place: Place, at: int, length: int) -> list[str]:
    """The turns of phrase around the chip, in its clause and in its sentence, and what the heads announce."""
    low, high = _clause(place.sentence, at, length)
    near = place.sentence[max(low - 60, 0, at - 120) : min(high + 40, at + length + 100)]
    found = []
    for name, pattern in _EXPERT:
        if pattern.search(near):
            found.append(f"near:{name}")
        elif pattern.search(place.sentence[:900]):
            found.append(f"sentence:{name}")
        elif name in ("reported", "needed", "listed") and pattern.search(place.lead[-300:]):
            found.append(f"lead:{name}")
    for scope, text in (
        ("heading", place.headings[0] if place.headings else ""), ("upper", " / ".join(place.headings[1:])),
        ("column", place.column_head), ("heads", place.heads), ("caption", place.caption[-300:]),
        ("row", place.row_head if place.kind is Kind.TABLE else ""), ("lead", place.lead[-200:] if place.kind is Kind.LIST else ""),
    ):  # fmt: skip
        found += [f"{scope}-says:{name}" for name, pattern in _EXPERT_HEADS if text and pattern.search(text)]
    return found


def features_of(
    spot: Spot,
    place: Place,
    layout: Layout,
    path: str,
    *,
    masked: str,
    count: int | None,
    others: int,
    has_hours: bool,
) -> list[str]:
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
    at = spot.start - place.sentence_start
    words = masked
    place = replace(place, sentence=masked)
    before, after = words[max(0, at - _NEAR) : at], words[at + len(spot.printed) : at + len(spot.printed) + _NEAR]
    scopes = {
        "s": words[:900],
        "b": before,
        "a": after,
        "l": place.lead,
        "h": place.headings[0] if place.headings else "",
        "u": " / ".join(place.headings[1:]),
        "t": layout.title,
        "p": path.replace("_", " ").replace("/", " / "),
        "c": place.column_head,
        "r": place.row_head if place.kind is Kind.TABLE else "",
        "H": place.heads,
        "C": place.caption,
    }
    found = [f"{scope}:{cue}" for scope, text in scopes.items() for cue in sorted(cues_in(text))]
    present = cues_in(scopes["s"])
    paired = [cue for cue in _PAIRED if cue in present]
    found += [f"s:{one}&{two}" for index, one in enumerate(paired) for two in paired[index + 1 :]]
    kind, scope = workload(place, at, len(spot.printed), layout, path)
    found += [f"work:{kind}", f"work:{kind}@{scope}", f"work@{scope}"]
    low, high = _clause(words, at, len(spot.printed))
    near = words[max(low - 60, 0, at - 120) : min(high + 40, at + len(spot.printed) + 100)]
    view = View(place, near, before, after, kind, count is not None, has_hours, others)
    answer, rule = verdict(view)
    found += [f"verdict:{answer}", f"rule:{rule}", f"rule:{rule}&kind:{place.kind}", f"verdict:{answer}&work:{kind}"]
    phrases = _phrases(place, at, len(spot.printed))
    found += phrases
    found += [f"{one}&{two}" for index, one in enumerate(phrases) for two in phrases[index + 1 :]]
    found += [f"work:{kind}&{phrase}" for phrase in phrases if phrase.startswith("near")]
    return found + list(_shape(spot, place, layout, before, after, count, others, has_hours))


def _shape(
    spot: Spot, place: Place, layout: Layout, before: str, after: str, count: int | None, others: int, has_hours: bool
) -> list[str]:
    shape = [
        f"kind:{place.kind}",
        f"format:{layout.format}",
        f"ambiguity:{spot.name.ambiguity}",
        f"others:{min(others, 4)}",
        f"kind:{place.kind}&others:{min(others, 3)}",
        f"count:{'none' if count is None else 'one' if count == 1 else 'eight' if count <= 8 else 'many'}",
    ]
    shape += ["hours"] if has_hours else []
    shape += ["family"] if spot.name.is_family else []
    shape += ["device-after"] if _DEVICE_WORD.match(after) else []
    shape += ["bracketed"] if before.rstrip()[-1:] in "(（[" and before.strip() else []
    shape += ["first-row"] if place.first_row else []
    shape += ["starts"] if not before.strip(" \t>*-|#`·•+") else []
    shape += ["slash"] if before.rstrip()[-1:] in "/、," or after.lstrip()[:1] in "/、," else []
    shape += ["short"] if len(place.sentence.strip()) < 60 else []
    shape += ["lower"] if spot.printed.islower() else []
    return shape
