"""What a stretch of text is about: which kinds of work it speaks of, and the stage of training if it names one.

Takes a section or a whole document; gives how often it names each kind of work. "Trained on 8 A100" tells no stage;
the section that counts the tokens seen, or tells of a reward model, does.
"""

from functools import cache, lru_cache
from typing import Any

from chipledger.evidence.sweep import Sweep, automaton

_CHARS = 100_000
KINDS = {
    "pretrain": r"pre-? ?train(?:ing|s)?\b|pre-? ?trained (?:on|from|for|with|using)|预训练|預訓練|事前学習|事前訓練|从头(?:开始)?训练|从零|スクラッチ|annealing|"
    r"[0-9] ?(?:[bt]|billion|trillion|万亿|亿|兆|億)(?: ?个)? ?(?:training )?(?:的 ?)?tokens?\b",
    "finetune": r"fine-? ?tun|\bsft\b|微调|精调|ファインチューニング|微調整|instruction[- ]tun|\bq?-?lora\b|\brlhf\b|\bgrpo\b|\bppo\b|\bdpo\b|\bdapo\b|reinforcement|强化学习|強化学習|"
    r"post-?train|reward model|dreambooth|distill|蒸馏|rollout|p-?tuning",
    "inference": r"inferenc|\binfer\b|推理|推断|推論|deploy|部署|デプロイ|\bserv(?:e|es|ing|ed)\b|generat|生成|sampling|decod|\bdemo|gradio|quantiz|量化|画像生成|出图|latency|\bfps\b",
    "evaluation": r"benchmark|\bkernels?\b|bandwidth|带宽|all-?reduce|nccl|通信|评测",
    "train": r"\btrain(?:s|ed|ing|er)?\b|训练|訓練|学習|トレーニング|\bepochs?\b",
}  # fmt: skip


@cache
def _kinds() -> Any:
    return automaton((expression,) for expression in KINDS.values())


@lru_cache(maxsize=512)
def kinds_in(text: str) -> tuple[str, ...]:
    """Which kinds of work a text names, in one pass.

    >>> kinds_in("Pretraining on 300B tokens, then quantized")
    ('pretrain', 'inference')
    """
    found = _kinds().Match(text[:_CHARS].encode("utf-8", "replace")) or ()
    return tuple(kind for index, kind in enumerate(KINDS) if index in found)


def stage_of(text: str) -> str:
    """The one stage of training that a text names, or nothing if it names none or both.

    >>> stage_of("It saw 1.4 trillion tokens."), stage_of("SFT, then GRPO"), stage_of("pretraining and SFT")
    ('pretrain', 'finetune', '')
    """
    stages = [kind for kind in kinds_in(text) if kind in ("pretrain", "finetune")]
    return stages[0] if len(stages) == 1 else ""


@lru_cache(maxsize=512)
def work_of(text: str) -> str:
    """The kind of work that a text names most, or nothing.

    >>> work_of("Deploy it, serve it; how it was trained stands elsewhere."), work_of("a colour")
    ('inference', '')
    """
    kinds = kinds_in(text)
    if len(kinds) < 2:
        return kinds[0] if kinds else ""
    sweep = Sweep(text[:_CHARS])
    return max(kinds, key=lambda kind: (sweep.times(KINDS[kind]), kind))
