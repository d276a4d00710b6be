"""Names of models in a text: known families as printed, and what only looks like one.

Takes a sentence, a row, a heading or a title; gives each name with its place and how surely it is a model's. Chips, data
sets, benchmarks and the words of the trade are left out (`data/evidence/subjects.yaml`).
"""

import re
from collections import Counter
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from chipledger.catalogue.names import lookup
from chipledger.core.load import load_yaml
from chipledger.core.records import Record
from chipledger.evidence.sweep import Sweep, compiled

KNOWN, NUMBERED, LIKE = 2, 1, 0
"""How surely a name is a model's: of a known family or with a size, with a digit, by its shape alone."""


class ModelName(NamedTuple):
    """A name in a text: where it begins, as printed, how surely it is a model's."""

    start: int
    name: str
    strength: int


class Subjects(Record):
    """The names of model families, and of what is no model."""

    source: str
    checked_on: str
    families: tuple[str, ...]
    never: tuple[str, ...]


@cache
def _subjects() -> Subjects:
    return load_yaml(Path(str(files("chipledger") / "data" / "evidence" / "subjects.yaml")), Subjects)


@cache
def _never() -> frozenset[str]:
    return frozenset(_subjects().never)


@cache
def _families() -> Any:
    longest_first = sorted(_subjects().families, key=lambda name: (-len(name), name))
    names = "|".join(re.escape(name).replace("\\-", "[-_ ]") for name in longest_first)
    return compiled(rf"(?:\b|_)(?:{names})")


# What stands before a family's name and behind it: "Chinese-" and "-large-v2 7B".
_LEFT = re.compile(r"(?:[A-Za-z0-9.]{1,16}[-_]){1,2}\Z", re.ASCII)
_RIGHT = re.compile(
    r"(?:[-_]?[vV]?\d[\w.]*)?(?:[-_][A-Za-z0-9][\w.]*)*(?: (?:[vV]?\d+(?:\.\d+)?[bBmM]?\b|[Ll]arge\b|[Bb]ase\b|[Ss]mall\b|XX?L\b))*",
    re.ASCII,
)


_MODEL = re.compile(
    # The capital stands first and what may not precede it is asked behind it: the engine then skips ahead to capitals.
    r"[A-Z](?<![A-Za-z0-9_/.\-].)(?:[A-Za-z]*[a-z][A-Za-z]*|[A-Z]+[A-Za-z]*|[a-z]+)(?:[-_.]?(?:[A-Za-z]*\d[\w.]*|[A-Z][A-Za-z]*|v\d[\w.]*|α|δ|Σ|Chat|Base|Instruct))*"
    r"(?:[ ](?:\d+(?:\.\d+)?(?:[BM]\b)?|v\d[\w.]*|XL|Lite|Pro|Large|Turbo)(?![\w]))*(?:[-_]\w+)*",
    re.ASCII,
)
_SIZE = re.compile(r"\b\d+(?:\.\d+)?[BM]\b|[-_]\d+[bB]\b")
# A model told by its size alone: "a 65B model", "the 462B-parameter model".
OF_A_SIZE = re.compile(
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


def is_generic(word: str) -> bool:
    """Whether a word is one of the trade's, which names no model.

    Args:
        word: as printed.
    """
    low = word.lower()
    return low in _COMMON or _COMMON_FORMS.fullmatch(low) is not None


@lru_cache(maxsize=2048)
def models_in(text: str) -> tuple[ModelName, ...]:
    """The names in a text that may be models', in order.

    Args:
        text: a sentence, a row, a heading or the beginning of a document.

    >>> [(one.name, one.strength) for one in models_in("Foo-LM beats bert-large-uncased on MNLI, as Quux2 does")]
    [('Foo-LM', 0), ('bert-large-uncased', 2), ('Quux2', 1)]
    """
    text = text[:_MOST_CHARS]
    found = [ModelName(*span, KNOWN) for span in _of_families(text)]
    taken = [(one.start, one.start + len(one.name)) for one in found]
    for match in _MODEL.finditer(text):
        name = match.group().strip(" -_.")
        if not _is_model_like(name):
            continue
        start = match.start()
        if taken and any(start < high and low < start + len(name) for low, high in taken):
            continue
        strength = KNOWN if _SIZE.search(name) else NUMBERED if _DIGIT.search(name) else LIKE
        found.append(ModelName(start, name, strength))
    return tuple(sorted(found))


@lru_cache(maxsize=2048)
def known_in(text: str) -> tuple[ModelName, ...]:
    """Those of `models_in` that are surely a model's; quickly told, for most texts hold neither a family nor a size.

    Args:
        text: a sentence, a row, a heading or a part of a path.

    >>> [one.name for one in known_in("Foo-7B beats bert-large-uncased, as Quux2 does")]
    ['Foo-7B', 'bert-large-uncased']
    """
    if _A_SIZE.search(text):
        return tuple(one for one in models_in(text) if one.strength == KNOWN)
    return _family_names(text[:_MOST_CHARS])


_A_SIZE = re.compile(r"[BMb](?<=\d.)")
_MOST_CHARS = 6_000
_DIGIT = re.compile(r"\d")


@lru_cache(maxsize=512)
def _of_families(text: str) -> list[tuple[int, str]]:
    """The names of known families: with a capital, a digit or a hyphen, for some are also words."""
    found: list[tuple[int, str]] = []
    ends = 0
    for low, high in Sweep(text).each(_families()):
        if low < ends or text[low - 1 : low] in ("/", ".") or _GOES_ON.match(text, high):
            continue
        low += text[low] == "_"
        left = _LEFT.search(text, max(ends, low - _LONGEST_PREFIX), low)
        start = left.start() if left else low
        right = _RIGHT.match(text, high)
        ends = right.end() if right else high
        name = text[start:ends].rstrip(" -_.")
        if _PRINTED.search(name) and not lookup(name) and name.lower() not in _never():
            found.append((start, name))
    return found


_LONGEST_PREFIX = 36
# Part of a longer word, as "bert" of "Bertrand"; a version may follow ("yolov5").
_GOES_ON = re.compile(r"(?!v\d)[a-z]", re.I)
_PRINTED = re.compile(r"[A-Z\d-]")


@lru_cache(maxsize=16_384)
def _is_model_like(name: str) -> bool:
    """Whether a capitalised name may be a model's: no chip, no common word, and more than letters in one case."""
    bare = name.split(" ", 1)[0]
    return not (
        len(name) < 3
        or not _MIXED.search(name)
        or _COMPOUND.fullmatch(name)
        or bare.lower() in _never()
        or name.lower() in _never()
        or is_generic(bare)
        or is_generic(_NAME_PART.split(name, maxsplit=1)[0])
        or lookup(name)
        or (bare != name and lookup(bare))
    )


_NAME_PART = re.compile(r"[-_ .]")
_MIXED = re.compile(r"\d|[a-z][A-Z]|-")
# Words joined by hyphens, such as "Non-streaming" and "XLA-based"; no name.
_COMPOUND = re.compile(
    r"[A-Z][a-z]+(?:-[a-z]+)+|[A-Z]\w*-(?:[Bb]ased|[Aa]ware|[Ff]ree|[Ll]evel|[Ss]tage|[Tt]ime|[Ll]anguage|[Tt]ext|[Ii]mage)(?:-\w+)*"
)


def main_model(text: str, headings: list[str], of_families: bool = False) -> str:
    """The name that a document's headings and opening say most, sizes and versions taken off.

    Args:
        text: the document's.
        headings: its headings.
        of_families: whether only names of known families count, which is quickly told.

    >>> main_model("Qwen-7B and Qwen-72B beat Foo-1B", ["Qwen-7B"])
    'Qwen'
    >>> main_model("Foo-1B, Foo-2B and BERT", [], of_families=True)
    'BERT'
    """
    names = _family_names if of_families else models_in
    counted: Counter[str] = Counter()
    for one in names(text[:_MOST_CHARS]):
        counted[_base(one.name)] += 1 + one.strength
    for heading in headings[:20]:
        counted.update({_base(one.name): 3 + one.strength for one in names(heading)})
    return max(counted, key=counted.__getitem__, default="")


def _family_names(text: str) -> tuple[ModelName, ...]:
    return tuple(ModelName(*span, KNOWN) for span in _of_families(text))


def _base(name: str) -> str:
    return _VERSION_OR_SIZE.split(name, maxsplit=1)[0]


_VERSION_OR_SIZE = re.compile(r"[ _-]v?\d")
