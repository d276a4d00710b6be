"""Which kind of work the words around a chip speak of: pretraining, fine-tuning, training, inference, evaluation.

Takes a place; gives the kind that the nearest words name and where they stand: the clause around the chip, its
sentence, its row and column, what leads in the list, the headings upwards, the title, the path. A bare "train" takes
its stage from the nearest words that name one.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from chipledger.evidence.layout import Layout, Place
from chipledger.evidence.remembered import REMEMBERED
from chipledger.evidence.topic import stage_of, work_of
from chipledger.evidence.uncased import lowered, uncased

_WORK = uncased(
    r"(?P<pretrain>pre-? ?train(?:ing|s)?\b|pre-? ?trained (?!(?:language |base |vision |text |image |video )?(?:model|weight|checkpoint|transformer|network|encoder|backbone))|预训练(?!模型|权重|语言模型)|預訓練|事前学習|事前訓練|\btrain(?:s|ed|ing)? (?:an? |the |our )?(?:new |small |large |base |foundation )*(?:language model|llms?\b)|\d ?(?:[BT]|billion|trillion) (?:training )?tokens\b|从头(?:开始)?训练|从零(?:开始)?训练|二次训练|スクラッチ|anneal)"
    r"|(?P<finetune>fine-? ?tun|\bsft\b|微调|精调|ファインチューニング|微調整|instruction[- ]tun|指令微?调|指示チューニング|インストラクションチューニング|对齐阶段|\bq-?lora\b|\b-lora\b|\blora\b|\brlhf\b|\bgrpo\b|\bppo\b|\bdpo\b|"
    r"reinforcement|强化学习|強化学習|post-?train|dreambooth|distill|蒸馏|rollout|full-param|全参|p-?tuning|\brl\b)"
    r"|(?P<evaluation>\bkernels?\b|accuracy (?:on|of|was|is)|scored on|all-?reduce|all-?to-?all|bandwidth|带宽|accuracy|评测集|ablation|microbench|p2p|nccl|communicat|"
    r"通信|\bevaluate (?:an? |the )?(?:[\w.-]+ )?(?:model|checkpoint)|evaluat(?:ion|e|ed) (?:results|suite|on|of|efficiency)|评测集|参数同步|update time|gemm|convolution|tested with pytorch|codebase)"
    r"|(?P<inference>inferenc|\binfer|推理|推断|推論|deploy|部署|デプロイ|\bserv(?:e|es|ing|ed)\b|generat|生成|sampling|采样|decod|prefill|fps\b|"
    r"tok(?:en)?s? ?(?:/|per) ?s|latency|延迟|real-?time|実行速度|\bdemo|gradio|predict|首字|quantiz|量化|画像生成|出图)"
    r"|(?P<train>\btrain|训练|訓練|学習|トレーニング|\bmfu\b|\bepochs?\b|iterations|iter/s|samp/s|batch size|kimg)"
)
# Where the words stand too far off to say that anything was run; they only tell of what kind a run would be.
FAR = frozenset({"section", "document"})
_CLAUSE_END = re.compile(r"[,，;；:：()（）]| and | or | but |、|\|")


def workload(words: str, place: Place, at: int, length: int, layout: Layout, path: str) -> tuple[str, str]:
    """The kind of work that the nearest words speak of, and the place where they stand.

    The nearest place that names any decides: the clause around the chip, its sentence, its row and column, what
    leads in the list or captions the table, the headings upwards, the title, the path.

    Args:
        words: the place's sentence with the names of chips masked.
        place: the surroundings of the chip's name.
        at, length: the name in the sentence.
        layout: the document's layout, for its title and sections.
        path: the document's name.

    Returns:
        ("pretrain" | "finetune" | "train" | "inference" | "evaluation" | "", place).
    """
    here = _work_here(words, at, length)
    if here:
        nearest, kinds, scope = here
        return _sharpened(nearest, kinds, place, layout, at), scope
    texts = (
        ("row", place.row_head), ("column", place.column_head), ("heads", place.heads), ("lead", place.lead[-300:]),
        ("caption", place.caption[-200:]), *((f"heading{index}", words) for index, words in enumerate(place.headings[:2])),
        ("title", layout.title), ("path", path.replace("_", " ")),
    )  # fmt: skip
    for scope, text in texts:
        kinds = _kinds_in(text)
        if kinds:
            return _sharpened(kinds[-1], kinds, place, layout, at), scope
    for scope, text in (("section", layout.section(place.sentence_start + at)), ("document", layout.reading)):
        kind = work_of(text)
        if kind:
            return _sharpened(kind, (kind,), place, layout, at), scope
    return "", "nowhere"


@lru_cache(maxsize=REMEMBERED)
def _work_here(words: str, at: int, length: int) -> tuple[str, tuple[str, ...], str] | None:
    """The nearest kind of work in the clause, else in the sentence, with all that are named there; None where none is."""
    stated = _work_in(words, max(0, at - 300), min(len(words), at + 300))
    found = [(_gap(start, end, at, length), kind) for start, end, kind in stated]
    low, high = clause(words, at, length)
    inside = [item for item in found if low <= at + item[0] < high or -(at - low) <= item[0] <= high - at]
    for scope, items in (("clause", inside), ("sentence", found)):
        if items:
            nearest = min(items, key=lambda item: abs(item[0]))[1]
            return nearest, tuple(kind for _, kind in items), scope
    return None


@lru_cache(maxsize=4_096)
def _kinds_in(text: str) -> tuple[str, ...]:
    """The kinds of work that a text names, in order; heads and leads are asked again for each chip below them."""
    return tuple(match.lastgroup or "" for match in _WORK.finditer(text.lower()))


@lru_cache(maxsize=1_024)
def _work_in(words: str, low: int, high: int) -> tuple[tuple[int, int, str], ...]:
    """The words of work in a stretch of a sentence; most sentences are one stretch for all their chips."""
    stated = _WORK.finditer(lowered(words), low, high)
    return tuple((match.start(), match.end(), match.lastgroup or "") for match in stated)


def _gap(start: int, end: int, at: int, length: int) -> int:
    return end - at if end <= at else max(0, start - at - length) + 1


@lru_cache(maxsize=64)
def clause(words: str, at: int, length: int) -> tuple[int, int]:
    """The bounds of the clause around [at, at + length) in a sentence."""
    begins = [match.end() for match in _CLAUSE_END.finditer(words, max(0, at - 200), at)]
    after = _CLAUSE_END.search(words, at + length)
    return (begins[-1] if begins else 0), (after.start() if after else len(words))


def _sharpened(kind: str, kinds: Sequence[str], place: Place, layout: Layout, at: int) -> str:
    """A bare "train" takes its stage from the sentence, the nearest heading or the section, if one of them names it."""
    if kind != "train":
        return kind
    for stage in ("pretrain", "finetune"):
        if stage in kinds:
            return stage
    for text in (place.row_head, place.heads, place.lead[-200:], *place.headings[:3]):
        stages = [kind for kind in _kinds_in(text) if kind in ("pretrain", "finetune")]
        if stages:
            return stages[-1]
    return stage_of(layout.section(place.sentence_start + at)) or kind
