"""What a statement is about, who ran it and where: subject, organisation, cloud, language.

Takes a place and the document's facts; gives the model or project named nearest to the chip, falling back on the
row, the headings and the title. Who used a chip is said only where the document's own organisation speaks of itself;
somebody else's run keeps its user unnamed unless the sentence names one.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from chipledger.evidence.layout import Kind, Layout, Place
from chipledger.evidence.model_names import (
    LIKE,
    NUMBERED,
    OF_A_SIZE,
    ModelName,
    is_generic,
    known_in,
    models_in,
)
from chipledger.evidence.remembered import REMEMBERED
from chipledger.evidence.uncased import lowered, uncased

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
    place: Place,
    at: int,
    length: int,
    layout: Layout,
    project: str | None,
    main: Callable[[], str],
    path: str = "",
) -> str | None:
    """The model or project that the statement is about.

    Known families come first, wherever they are named: the row's head, the sentence, the headings from the nearest up,
    the title, the caption, the list's lead, the path. Then what is only shaped like a model's name, then the title.

    Args:
        place: the surroundings of the chip's name.
        at, length: the name in the place's sentence.
        layout: the document's layout, for its title.
        project: the repository's or folder's name, if known.
        main: asked for the document's most named model, one of the last resorts.
        path: where the document lies in its repository.

    Returns:
        A name as printed, or None.
    """
    row_head = place.row_head if place.kind is Kind.TABLE else ""
    sentence = place.sentence[:_SENTENCE_CHARS]
    above = (*place.headings, layout.title, place.caption)
    sure = _known_beside(row_head, sentence, at, length) or _known((*above, place.lead, *_parts(path)))
    if sure:
        return sure
    beside = _named_beside(sentence, at, length)
    return (
        beside.by_size
        or _first(above, NUMBERED)
        or _first((layout.title,), LIKE)
        or _of_document(layout.title, beside.numbered, project, main)
        or beside.like
    )


_SENTENCE_CHARS = 900


@lru_cache(maxsize=REMEMBERED)
def _known_beside(row_head: str, sentence: str, at: int, length: int) -> str | None:
    """The name of the row's head, or the known one nearest to the chip in its sentence."""
    head = models_in(row_head) if row_head else ()
    if head:
        return max(head, key=lambda one: one.strength).name
    return _nearest(known_in(sentence), at, length)


class _Beside(NamedTuple):
    """The names nearest to a chip in its sentence that may be a model's: with a digit, by its shape, by a size alone."""

    numbered: str | None
    like: str | None
    by_size: str | None


@lru_cache(maxsize=REMEMBERED)
def _named_beside(sentence: str, at: int, length: int) -> _Beside:
    """The names beside a chip where none is known."""
    names = models_in(sentence)
    numbered, like = ([one for one in names if one.strength == strength] for strength in (NUMBERED, LIKE))
    sizes = [(abs(found.start() - at), found.group()) for found in OF_A_SIZE.finditer(sentence)]
    return _Beside(
        _nearest(numbered, at, length), _nearest(like, at, length), min(sizes)[1] if sizes else None
    )


def _nearest(names: Iterable[ModelName], at: int, length: int) -> str | None:
    away = (
        (min(abs(one.start - at - length), abs(at - one.start - len(one.name))), one.name) for one in names
    )
    return min(away, default=(0, None))[1]


def _known(texts: Iterable[str]) -> str | None:
    """The first known name in the first text that holds one."""
    return next((one.name for text in texts if text for one in known_in(text)), None)


def _first(texts: Iterable[str], strength: int) -> str | None:
    """The first name in the first text that holds one of that strength or more."""
    names = (one.name for text in texts if text for one in models_in(text) if one.strength >= strength)
    return next(names, None)


def _parts(path: str) -> list[str]:
    """The parts of a path that may name a subject, the file's own name first."""
    *folders, name = path.split("/")[-3:]
    return [name.rpartition(".")[0] or name, *reversed(folders)]


def _of_document(
    title: str, numbered: str | None, project: str | None, main: Callable[[], str]
) -> str | None:
    """What the document is about, where nothing near the chip tells: its title, its most named model, its project."""
    name = title_of(title)
    if name and project and _squashed(project) in _squashed(name):
        return name
    most = main()
    if most and known_in(most):
        return most
    return name or numbered or project or most or None


def _squashed(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


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
    named = models_in(name) if len(name.split()) > 3 else ()
    return named[0].name if named else None


def _is_description(title: str) -> bool:
    """Whether a title describes rather than names: a common word first, or common words on the way.

    >>> _is_description("Simple Reinforcement Learning for Reasoning"), _is_description("Foo-LM and Foo Core")
    (True, False)
    """
    words = title.split()
    if is_generic(words[0]):
        return True
    common = [
        word for word in words if word.isascii() and word.isalpha() and word.islower() and word != "and"
    ]
    return len(words) > 2 and bool(common)


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
