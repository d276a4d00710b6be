"""What a statement is about, who ran it and where: subject, organisation, cloud, language.

Takes a place and the document's facts; gives the model or project named nearest to the chip, falling back on the
row, the headings and the title. Who used a chip is said only where the document's own organisation speaks of itself;
somebody else's run keeps its user unnamed unless the sentence names one.
"""

import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

from chipledger.catalogue.names import lookup
from chipledger.evidence.layout import Kind, Layout, Place
from chipledger.evidence.remembered import REMEMBERED
from chipledger.evidence.uncased import lowered, uncased

_MODEL = re.compile(
    # The capital stands first and what may not precede it is asked behind it: the engine then skips ahead to capitals.
    r"[A-Z](?<![A-Za-z0-9_/.\-].)(?:[A-Za-z]*[a-z][A-Za-z]*|[A-Z]+[A-Za-z]*|[a-z]+)(?:[-_.]?(?:[A-Za-z]*\d[\w.]*|[A-Z][A-Za-z]*|v\d[\w.]*|α|δ|Σ|Chat|Base|Instruct))*"
    r"(?:[ ](?:\d+(?:\.\d+)?(?:[BM]\b)?|v\d[\w.]*|XL|Lite|Pro|Large|Turbo)(?![\w]))*(?:[-_]\w+)*",
    re.ASCII,
)
_SIZE = re.compile(r"\b\d+(?:\.\d+)?[BM]\b|[-_]\d+[bB]\b|\d")
# A model told by its size alone: "a 65B model", "the 462B-parameter model".
_OF_A_SIZE = re.compile(
    r"\b\d+(?:\.\d+)?[BM](?:[- ]parameter)?[ -](?:models?|模型|モデル)|\b\d+(?:\.\d+)?[BM](?=模型|モデル)"
)
_GENERIC = (
    r"gpus?|npus?|cpus?|tpus?|cuda|nvidia|tesla|geforce|rtx|gtx|amd|intel|huawei|ascend|atlas|google|apple|vram|ram|oom|sxm\d?|pcie|nvlink|hbm\w*|"
    r"pytorch|torch\w*|tensorflow|python|linux|ubuntu|windows|docker|conda|cann|rocm|cudnn|nccl|hccl|lora|qlora|dora|sft|rlhf|grpo|dpo|ppo|fsdp|zero\d?|deepspeed|megatron|"
    r"bf16|fp16|fp8|fp32|int8|int4|tf32|w8a8\w*|w4a16|awq|gptq|flash\w*|adam\w*|the|we|our|this|for|in|on|with|to|at|if|it|and|or|all|as|by|from|when|while|note|you|"
    r"training|inference|performance|model|models|hardware|device|requirements?|memory|benchmark\w*|table|figure|section|tested|recommend\w*|number|total|time|size|batch|"
    r"hours?|days?|tokens?|resource|setting\w*|config\w*|settings|name|type|machine|server|node\w*|method\w*|version|yes|no|none|max|min|speed|latency|throughput|"
    r"readme|usage|install\w*|introduction|overview|abstract|related|appendix|background|conclusion\w*|discussion|acknowledg\w*|limitations?|would|opened|quick|getting|start|news|update\w*|environment|single|multi|full|base|chat|based|using|use|see|please|here|free|"
    r"github|huggingface|hugging|face|arxiv|api|sdk|llms?|vlms?|moe|ai|ml|mfu|flops?|tflops\w*|gb|mb|tp\d*|pp\d*|dp\d*|ep\d*|vae|dit|pretrain\w*|finetun\w*|fine|xeon|gold|epyc|core|"
    r"colab|kaggle|aws|azure|gcp|cloud|stage|step|steps|epoch\w*|data|dataset|ddr\d?|hardware|software|platform|support\w*|parameters|params|precision|settings|experiment\w*|"
    r"gpu\w*|ampere|hopper|turing|volta|ada|blackwell|pascal|sm\d+|instinct|gaudi|tensorrt|trt|onnx|triton|cutlass|xformers|apex|transformers|accelerate|diffusers|"
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august|september|october|november|december|"
    r"dgx|cx\d|smx\d?|nvl\d*|pci\w*|connectx|infiniband|fastertransformer|docker|objects365|coco|imagenet|huggingface|hpc|ocr|nas|cluster|project|open|introduction|"
    r"pypi|pip|npm|wandb|tensorboard|slurm|jupyter|gradio|faqs?|q&a|showcases?|gallery|recipes?|zoo|web-?ui|webui|demos?|tutorials?|guides?|notes?|docs?|documentation|reports?|changelog|roadmap|evaluation|examples?|scripts?|"
    r"experiments|results|each|both|these|there|also|below|default|minimum|prepare|test|tests|run|running|requires?|only|about|thanks|moreover|however|first|second|under|up"
)
_COMMON = frozenset(word for word in _GENERIC.split("|") if word.isalnum())
_COMMON_FORMS = re.compile("|".join(word for word in _GENERIC.split("|") if not word.isalnum()))


def _is_generic(word: str) -> bool:
    low = word.lower()
    return low in _COMMON or _COMMON_FORMS.fullmatch(low) is not None


_CLEAN = re.compile(
    r"<[^<>]{0,300}>|!?\[[^\]\n]{0,200}\]\([^()\n]{0,400}\)|:[a-z_]+:|[#*`_>]+|[\U0001F000-\U0001FAFF\u2600-\u27BF\ufe0f]|\{[^{}]{0,80}\}"
)
_TITLE_END = re.compile(r"\s*[:：|—–(（\n]|\s-\s|，|。|\. ")
_PREFIX = re.compile(
    r"^(?:model card (?:for|of)|readme (?:for|of)|welcome to|introducing|introduction to|about)[ :：]+", re.I
)
_CLOUDS = uncased(
    r"\b(?:google colab|colab(?: pro\+?| free tier)?|kaggle|aws|amazon (?:ec2|sagemaker|web services)|azure|google cloud|gcp|lambda(?: labs| cloud)|runpod|vast\.ai|autodl|modelscope|"
    r"coreweave|together(?: ai)?|digitalocean|alibaba cloud|aliyun|pai-dlc|tencent cloud|huawei cloud|modelarts|volcano engine|oracle cloud|abci|tsubame|sakura(?: internet)?|"
    r"primeintellect|prime intellect|hyperstack|paperspace|jarvislabs|selene|leonardo|frontier|lumi|juwels|jean zay)\b|阿里云|腾讯云|华为云|火山引擎|百度智能云|さくらインターネット|魔搭"
)
_BY_WHOM = re.compile(
    r"\bby (OpenAI|Google(?: DeepMind)?|DeepMind|Meta(?: AI)?|Microsoft|NVIDIA|Anthropic|Stability AI|Mistral(?: AI)?|EleutherAI|MosaicML|Alibaba|Tencent|Baidu|ByteDance|Huawei|DeepSeek|Zhipu)\b"
)
_RUN_BY = re.compile(
    r"\b(?:pre-?)?(?:trained|fine-?tuned|developed|built|run|conducted|reported|rented|bought) (?:\w+ ){0,2}by (?:the )?([A-Z][\w&.\-]*[a-z][\w&\-]*(?: (?:of |for )?[A-Z][\w&\-]+){0,3})"
)
_OWN_PART = re.compile(
    r"(?:Us|Our|We|Default|Python|Deep[Ss]peed|Megatron|Hugging ?[Ff]ace|PyTorch|Lo[Rr]A|QLo[Rr]A|Slurm|FSDP|Adam\w*)\b"
)
_OTHERS_HEADING = re.compile(
    r"related work|prior work|previous work|other projects|相关工作|相关项目|関連研究|先行研究|community|社区",
    re.I,
)
_OTHERS = uncased(
    r"\b(?:they|their|et al|other (?:projects|models|works?)|reported by)\b|其他(?:大多数)?项目|别人|有人|他们|thanks? to \[?@"
)
_WE = uncased(r"\b(?:we|our|us)\b|我们|本项目|私たち|我々|本研究")


def subject_of(
    place: Place, at: int, length: int, layout: Layout, project: str | None, main: Callable[[], str]
) -> str | None:
    """The model or project that the statement is about.

    Args:
        place: the surroundings of the chip's name.
        at, length: the name in the place's sentence.
        layout: the document's layout, for its title.
        project: the repository's or folder's name, if known.
        main: asked for the document's most named model, the last resort.

    Returns:
        A name as printed, or None.
    """
    row_head = place.row_head if place.kind is Kind.TABLE else ""
    heading = place.headings[0] if place.headings else ""
    is_told, name = _named_beside(row_head, place.sentence[:900], at, length, place.caption, heading)
    return name if is_told else title_of(layout.title) or main() or project or name


@lru_cache(maxsize=REMEMBERED)
def _named_beside(
    row_head: str, sentence: str, at: int, length: int, caption: str, heading: str
) -> tuple[bool, str | None]:
    """Whether the words around a chip tell their subject, and it; else the nearest name in the sentence, as a last resort."""
    head = _models(row_head) if row_head else []
    if head:
        return True, head[0][1]
    named = _models(sentence)
    near = [(min(abs(start - at - length), abs(at - start - len(name))), name) for start, name in named]
    sized = [item for item in near if _SIZE.search(item[1])]
    if sized:
        return True, min(sized)[1]
    by_size = [(abs(found.start() - at), found.group()) for found in _OF_A_SIZE.finditer(sentence)]
    if by_size:
        return True, min(by_size)[1]
    for text in (caption, heading):
        stated = [name for _, name in _models(text) if _SIZE.search(name)]
        if stated:
            return True, stated[0]
    return False, min(near)[1] if near else None


@lru_cache(maxsize=2048)
def _models(text: str) -> list[tuple[int, str]]:
    """The model-like names in a text with their offsets, chips and common words left out."""
    found = []
    for match in _MODEL.finditer(text[:6000]):
        name = match.group().strip(" -_.")
        if _is_model_like(name):
            found.append((match.start(), name))
    return found


@lru_cache(maxsize=16_384)
def _is_model_like(name: str) -> bool:
    """Whether a capitalised name may be a model's: no chip, no common word, and more than letters in one case."""
    bare = name.split(" ", 1)[0]
    return not (
        len(name) < 3
        or not _MIXED.search(name)
        or _is_generic(bare)
        or _is_generic(_NAME_PART.split(name, maxsplit=1)[0])
        or lookup(name)
        or (bare != name and lookup(bare))
    )


_NAME_PART = re.compile(r"[-_ .]")
_MIXED = re.compile(r"\d|[a-z][A-Z]|-")


@lru_cache(maxsize=64)
def title_of(heading: str) -> str | None:
    """The name in a document's title, its adornments and subtitle taken off.

    >>> title_of("🔥 TinyLlama-1.1B: an open endeavour")
    'TinyLlama-1.1B'
    >>> title_of("README") is None and title_of("最新消息") is None
    True
    """
    words = _PREFIX.sub("", " ".join(_CLEAN.sub(" ", heading).split()))
    name = _TITLE_END.split(words, maxsplit=1)[0].strip(" -.!！") if words else ""
    if not name or not re.search(r"[A-Za-z]", name) or len(name.split()) > 6:
        return None
    if not _is_description(name):
        return name[:80]
    named = _models(name) if len(name.split()) > 3 else []
    return named[0][1] if named else None


def _is_description(title: str) -> bool:
    """Whether a title describes rather than names: a common word first, or common words on the way.

    >>> _is_description("Simple Reinforcement Learning for Reasoning"), _is_description("Foo-LM and Foo Core")
    (True, False)
    """
    words = title.split()
    if _is_generic(words[0]):
        return True
    common = [
        word for word in words if word.isascii() and word.isalpha() and word.islower() and word != "and"
    ]
    return len(words) > 2 and bool(common)


def main_model(text: str, headings: list[str]) -> str:
    """The name that a document's headings and opening say most, sizes and versions taken off.

    >>> main_model("Qwen-7B and Qwen-72B beat Foo-1B", ["Qwen-7B"])
    'Qwen'
    """
    counted: Counter[str] = Counter(_base(name) for _, name in _models(text[:6000]))
    for heading in headings[:20]:
        counted.update({_base(name): 3 for _, name in _models(heading)})
    return max(counted, key=lambda name: (counted[name], name), default="")


def _base(name: str) -> str:
    return _VERSION_OR_SIZE.split(name, maxsplit=1)[0]


_VERSION_OR_SIZE = re.compile(r"[ _-]v?\d")


def organisation_of(sentence: str, organisation: str | None, headings: tuple[str, ...] = ()) -> str | None:
    """Who used the chip: whoever the sentence names, the document's own organisation, or nobody named.

    >>> organisation_of("the model trained by OpenAI on 10,000 V100s", "Meta")
    'OpenAI'
    >>> organisation_of("It was trained by the Tallowmere Group on 256 V100", "Bramblewick University")
    'Tallowmere Group'
    >>> organisation_of("other projects use many A100s", "Meta") is None
    True
    >>> organisation_of("Foo-7B ran on 8 A100", "Meta", ("Related work",)) is None
    True
    """
    named, of_others, of_ours = _users_in(sentence)
    if named:
        return named
    return None if not of_ours and (of_others or any(map(_is_of_others, headings))) else organisation


@lru_cache(maxsize=REMEMBERED)
def _users_in(sentence: str) -> tuple[str | None, bool, bool]:
    """Who a sentence says ran it, whether it speaks of others, and whether of its authors."""
    named = (_BY_WHOM.search(sentence) or _RUN_BY.search(sentence)) if "by " in sentence else None
    if named and not _OWN_PART.match(named[1]):
        return named[1], False, False
    low = sentence.lower()
    return None, _OTHERS.search(low) is not None, _WE.search(low) is not None


@lru_cache(maxsize=1_024)
def _is_of_others(heading: str) -> bool:
    return _OTHERS_HEADING.search(heading) is not None


@lru_cache(maxsize=REMEMBERED)
def cloud_of(sentence: str) -> str | None:
    """The cloud, cluster or notebook service named in the sentence.

    >>> cloud_of("T4 (Google Colab Free Tier)")
    'Google Colab'
    """
    named = _CLOUDS.search(lowered(sentence))
    return sentence[named.start() : named.end()] if named else None


# Kana, U+3040 to U+30FF, are the characters whose UTF-8 begins so.
_KANA_STARTS = (b"\xe3\x81", b"\xe3\x82", b"\xe3\x83")
# By the upper byte of a character's UTF-16: Han is U+4E00 to U+9FFF, kana lies within U+30xx.
_HAN_UPPER = bytes(range(0x4E, 0xA0))
_KANA_UPPER = 0x30


def language_of(text: str) -> str:
    """Japanese where kana stand, Chinese where only Han does, else English, from the first 4,000 characters.

    >>> language_of("学習に使用した"), language_of("训练使用"), language_of("trained on")
    ('ja', 'zh', 'en')
    """
    head = text[:4_000]
    if head.isascii():
        return "en"  # most documents, and no search
    upper = head.encode("utf-16-le", "surrogatepass")[1::2]
    han = len(upper) - len(upper.translate(None, _HAN_UPPER))
    kana = _kana_in(head) if _KANA_UPPER in upper else 0
    if (kana > 10 and kana > 0.15 * (kana + han)) or (kana and kana >= han / 4 and len(head) < 200):
        return "ja"
    return "zh" if han > max(10, 0.01 * len(head)) or (han and len(head) < 200) else "en"


def _kana_in(text: str) -> int:
    content = text.encode("utf-8", "surrogatepass")
    return sum(map(content.count, _KANA_STARTS))
