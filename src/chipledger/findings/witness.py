"""Arithmetic as a witness: does what a quote states add up? agree, disagree or undecided, each with its sum in words.

Sums are made of one mention: whether the model's weights (or the states of its training) fit the memory of so many chips; whether
its training's arithmetic fits the stated time; whether chips x time gives the stated chip-hours; whether
scripts of the same project ask for as many chips. A sum shows what is possible,
never what happened: `agree` means that the statement is consistent with the sum and that the sum tells something, `disagree` that it
cannot be as it is read, `undecided` that a figure is missing or the margins are too wide. What margins there are is data
(data/findings/witness.yaml).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import Field

from chipledger.catalogue.chip import Chip, chips
from chipledger.catalogue.resolve import with_memory
from chipledger.core.load import load_yaml
from chipledger.core.records import Mention, Purpose, Record
from chipledger.core.sources import Cite
from chipledger.findings.model_size import ModelSize, ModelSizes


class Margins(Record):
    """The file witness.yaml: what the sums take for granted."""

    checked_on: str
    weight_bytes: dict[str, float]
    unstated_weight_bytes: float = Field(gt=0)
    full_training_bytes: float = Field(gt=0)
    least_training_bytes: float = Field(gt=0)
    serving_share: float = Field(gt=0, le=1)
    most_bytes_of_a_gigabyte: float = Field(ge=1e9)
    flop_per_parameter_and_token: float = Field(gt=0)
    least_utilization: float = Field(gt=0, lt=1)
    most_utilization: float = Field(gt=0, lt=1)
    hours_agree_within: float = Field(gt=0, lt=1)
    hours_disagree_beyond: float = Field(gt=1)
    cites: tuple[Cite, ...]


@cache
def margins() -> Margins:
    """The margins of the sums.

    >>> margins().full_training_bytes
    16.0
    """
    return load_yaml(Path(str(files("chipledger") / "data" / "findings" / "witness.yaml")), Margins)


class Verdict(StrEnum):
    """What a sum says of a statement."""

    AGREE = "agree"
    DISAGREE = "disagree"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """One sum beside one quote.

    Attributes:
        mention_id: whose quote it stands beside.
        kind: memory, flop, chip_hours or scripts.
        verdict: what it says.
        reason: the sum in words.
        needed, there: the two sides of it, in bytes, flop, hours or chips; None where a figure is missing.
    """

    mention_id: str
    kind: str
    verdict: Verdict
    reason: str
    needed: float | None = None
    there: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {name: getattr(self, name) for name in self.__slots__} | {"verdict": self.verdict.value}


_TUNING = (Purpose.FINETUNING, Purpose.PRETRAINING, Purpose.TRAINING_UNSPECIFIED)
_TRAIN = re.compile(r"train|tun(?:e|ing)|lora|\bsft\b|训练|微调|精调|学習|チューニング", re.I)
_SERVE = re.compile(r"inferenc|deploy|serv(?:e|ing)|generat|推理|部署|推論|デプロイ", re.I)
_ADAPTER = re.compile(r"\bq?lora\b|adapter|\bpeft\b|p-tuning", re.I)
_WHOLE = re.compile(r"\bfull\b|full-param|all parameters|全量|全参|フル", re.I)
_TOKENS = re.compile(
    r"(?P<number>\d{1,4}(?:[.,]\d{1,3})?)\s?(?P<unit>T|B|trillion|billion|万亿|億|亿|兆)\+?[ -]?(?:of )?(?:[\w\-]{1,20} )?(?:tokens?|个?词元|トークン)",
    re.I,
)
_UNITS = {
    "t": 1e12,
    "trillion": 1e12,
    "万亿": 1e12,
    "兆": 1e12,
    "b": 1e9,
    "billion": 1e9,
    "亿": 1e8,
    "億": 1e8,
}
_DURATION = re.compile(
    r"(?P<number>\d{1,5}(?:\.\d{1,3})?)\s?-?(?P<unit>hours?|hrs?|h\b|小时|時間|days?|天|日間?|weeks?|周|週間?|months?|个月|ヶ月)",
    re.I,
)
_HOURS = (
    ("h", 1.0),
    ("小", 1.0),
    ("時", 1.0),
    ("d", 24.0),
    ("天", 24.0),
    ("日", 24.0),
    ("w", 168.0),
    ("周", 168.0),
    ("週", 168.0),
)
_NEGATED = re.compile(r"(?:不开|不用|不使用|未开|\bwithout\b|\bno\b)[^.。;；]{0,80}off-?load", re.I)
_CLAUSE_END = re.compile(r"[,;，；。]|\. ")


def sums(mentions: Iterable[Mention], sizes: ModelSizes) -> list[Sum]:
    """What arithmetic says of each mention that reports or asks for chips.

    Args:
        mentions: of any documents.
        sizes: the models of those documents.

    Returns:
        For a mention its sums, memory first; none for what only names a chip.

    >>> said = Mention(document="README.md", start=0, end=13, quote="16 H20 GPUs", chip="NVIDIA H20", chips=("nvidia-h20",), count=16,
    ...     purpose=Purpose.REQUIREMENT, subject="Hunyuan-Large", techniques=("BF16",), prefix="BF16 requires", suffix=" for deployment.")
    >>> one, = sums([said], ModelSizes([]))
    >>> one.verdict.value, one.reason
    ('agree', '389 billion parameters (the catalogue of models) at 2 bytes are 778 GB: 16 chips of 96 GB hold them, 8 do not')
    """
    return [one for mention in mentions for one in _of(mention, sizes)]


def verdict_of(found: Sequence[Sum]) -> Verdict:
    """What the sums of one quote say together: one that disagrees outweighs, one that agrees decides.

    A script that asks for as many chips decides nothing: it may start another run.

    >>> verdict_of([])
    <Verdict.UNDECIDED: 'undecided'>
    """
    said = {one.verdict for one in found if one.kind != "scripts"}
    for verdict in (Verdict.DISAGREE, Verdict.AGREE):
        if verdict in said:
            return verdict
    return Verdict.UNDECIDED


def _of(mention: Mention, sizes: ModelSizes) -> list[Sum]:
    if mention.purpose in (Purpose.MENTION_ONLY, Purpose.EVALUATION):
        return []
    size = sizes.of(mention)
    found = [_memory(mention, size, sizes.names_offload(mention))]
    if mention.purpose in _TUNING:
        time = _flop(mention, size)
        found += [time] if time else []
    return [*found, *(one for one in (_chip_hours(mention), _scripts(mention, sizes)) if one)]


def _undecided(mention: Mention, kind: str, reason: str) -> Sum:
    return Sum(mention_id=mention.id, kind=kind, verdict=Verdict.UNDECIDED, reason=reason)


def _memory(mention: Mention, size: ModelSize | None, elsewhere: bool) -> Sum:
    if mention.count is None:
        return _undecided(mention, "memory", "no number of chips is stated")
    if size is None:
        return _undecided(mention, "memory", "how many parameters the model has is not known")
    memory = _memory_bytes(mention)
    if not memory:
        return _undecided(mention, "memory", f"the memory of {mention.chip} is not known")
    work = _work(mention)
    if work is None:
        return _undecided(mention, "memory", "whether it is to be trained or served is not said")
    judged = [
        one
        for capacity in sorted(memory)
        for one in (
            _trained(mention, size, capacity, elsewhere)
            if work == "train"
            else _served(mention, size, capacity, elsewhere)
        )
    ]
    if len({one.verdict for one in judged}) > 1:
        reasons = "; or ".join(dict.fromkeys(one.reason for one in judged))
        return _undecided(mention, "memory", f"depends on the reading: {reasons}")
    return judged[0]


def _memory_bytes(mention: Mention) -> tuple[float, ...]:
    """The memory, in bytes as printed, of each chip that may be meant: out by the day on which the words were first seen."""
    known = chips()
    ids = with_memory(mention.chips, () if mention.memory_gb is None else (mention.memory_gb,))
    named = [known[id] for id in ids if id in known]
    out = [one for one in named if not _is_later(one, mention)] or named
    values = {one.value("memory_capacity") for one in out}
    return () if None in values else tuple(value for value in values if value is not None)


def _is_later(one: Chip, mention: Mention) -> bool:
    released = one.released_period
    first = released.effective_from if released else None
    return first is not None and mention.first_seen is not None and first > mention.first_seen


def _work(mention: Mention) -> str | None:
    """train or serve: by the purpose, for a requirement by the nearest word."""
    if mention.purpose in _TUNING:
        return "train"
    if mention.purpose is Purpose.INFERENCE:
        return "serve"
    return _nearest(mention, {"train": _TRAIN, "serve": _SERVE})


def _nearest(mention: Mention, kinds: dict[str, re.Pattern[str]]) -> str | None:
    """The kind whose word stands last before the quote, else first in the clause behind it, else first behind it."""
    before = [
        (match.start(), kind) for kind, words in kinds.items() for match in words.finditer(mention.prefix)
    ]
    end = _CLAUSE_END.search(mention.suffix)
    clause = mention.suffix[: end.start()] if end else mention.suffix
    for words_behind in (clause, "" if before else mention.suffix):
        behind = [
            (match.start(), kind) for kind, words in kinds.items() for match in words.finditer(words_behind)
        ]
        if behind and (not before or not _in_clause(mention.prefix, max(before)[0])):
            return min(behind)[1]
    return max(before)[1] if before else None


def _in_clause(prefix: str, start: int) -> bool:
    return _CLAUSE_END.search(prefix, start) is None


def _served(mention: Mention, size: ModelSize, capacity: float, elsewhere: bool) -> list[Sum]:
    """The weights against the memory of the stated chips, and of half as many, for each width that may be meant."""
    given = margins()
    widths = {given.weight_bytes[name] for name in mention.techniques if name in given.weight_bytes}
    found = []
    for width in sorted(widths or {given.unstated_weight_bytes}):
        needed = size.total * width
        told = f"{_billions(size.total)} parameters ({size.origin}) at {width:g} byte{'' if width == 1 else 's'} are {_gb(needed)}"
        if not widths:
            told = f"no width is stated; {told}"
        one = _fitting(mention, needed, capacity, told, elsewhere)
        narrowest = size.total * min(given.weight_bytes.values())
        if (
            not widths
            and one.verdict is Verdict.DISAGREE
            and narrowest <= _most(capacity) * (mention.count or 0)
        ):
            one = replace(one, verdict=Verdict.UNDECIDED, reason=f"{told}; narrower weights would fit")
        found.append(one)
    return found


def _fitting(mention: Mention, needed: float, capacity: float, told: str, elsewhere: bool) -> Sum:
    given, count = margins(), mention.count or 0
    chips_told = f"{count} chip{'' if count == 1 else 's'} of {_gb(capacity)}"
    there = capacity * count
    most = _most(capacity)
    if needed > most * count:
        verdict, help_ = _with_offload(mention, elsewhere)
        reason = f"{told}, more than {chips_told} have: {help_}"
    elif needed > there * given.serving_share:
        verdict, reason = Verdict.UNDECIDED, f"{told}: {chips_told} have little or no room beside them"
    elif count > 1 and needed > most * given.serving_share * (count // 2):
        verdict, reason = Verdict.AGREE, f"{told}: {chips_told} hold them, {count // 2} do not"
    elif mention.purpose is Purpose.REQUIREMENT and count > 1:
        verdict, reason = Verdict.UNDECIDED, f"{told}: {chips_told} hold them, and so would {count // 2}"
    else:
        verdict, reason = Verdict.AGREE, f"{told}: {chips_told} hold them"
    return Sum(
        mention_id=mention.id, kind="memory", verdict=verdict, reason=reason, needed=needed, there=there
    )


def _trained(mention: Mention, size: ModelSize, capacity: float, elsewhere: bool) -> list[Sum]:
    """The states of training against the memory of the stated chips: with adapters the frozen weights alone."""
    given, count = margins(), mention.count or 0
    kind = _nearest(mention, {"adapter": _ADAPTER, "whole": _WHOLE})
    if kind is None and mention.purpose in (Purpose.PRETRAINING,):
        kind = "whole"
    there, chips_told = capacity * count, f"{count} chip{'' if count == 1 else 's'} of {_gb(capacity)}"
    if kind == "adapter":
        width = given.weight_bytes["INT4"] if "INT4" in mention.techniques else given.unstated_weight_bytes
        needed = least = size.total * width
        told = (
            f"{_billions(size.total)} frozen parameters ({size.origin}) at {width:g} bytes are {_gb(needed)}"
        )
    else:
        needed, least = size.total * given.full_training_bytes, size.total * given.least_training_bytes
        told = (
            f"{_billions(size.total)} parameters ({size.origin}) at {given.full_training_bytes:g} bytes of training states are "
            f"{_gb(needed)}"
        )
    if needed <= there * given.serving_share:
        smaller = count > 1 and needed <= _most(capacity) * (count // 2)
        if smaller and mention.purpose is Purpose.REQUIREMENT:
            verdict, reason = Verdict.UNDECIDED, f"{told}: {chips_told} hold them, and so would {count // 2}"
        else:
            verdict, reason = Verdict.AGREE, f"{told}: {chips_told} hold them"
    elif "offload" in mention.techniques:
        verdict = Verdict.AGREE
        reason = f"{told}, {chips_told} have {_gb(there)}: it takes the offload that is named"
        if _NEGATED.search(f"{mention.prefix}{mention.quote}{mention.suffix}"):
            reason += "; words that could be read as 'without offload' cannot mean that"
    elif least > _most(capacity) * count and kind is not None:
        verdict, help_ = _with_offload(mention, elsewhere)
        reason = f"{told}, {chips_told} have {_gb(there)}: {help_}"
    else:
        verdict = Verdict.UNDECIDED
        reason = (
            f"{told}: {chips_told} have {_gb(there)}; an offload or a leaner optimizer would have to help"
        )
    return [
        Sum(mention_id=mention.id, kind="memory", verdict=verdict, reason=reason, needed=needed, there=there)
    ]


def _with_offload(mention: Mention, elsewhere: bool) -> tuple[Verdict, str]:
    """What follows where the chips cannot hold what must be held."""
    if "offload" in mention.techniques:
        return Verdict.AGREE, "it takes the offload that is named"
    if elsewhere:
        return Verdict.UNDECIDED, "the offload that the document names elsewhere would have to help"
    return Verdict.DISAGREE, "and no offload is named"


def _most(capacity: float) -> float:
    """The most bytes that a printed memory may mean."""
    return capacity / 1e9 * margins().most_bytes_of_a_gigabyte


def _flop(mention: Mention, size: ModelSize | None) -> Sum | None:
    """The arithmetic of training on the stated tokens against the stated chips and time; None where no tokens are stated."""
    given = margins()
    stated = _tokens(f"{mention.prefix}{mention.quote}{mention.suffix}")
    hours = mention.gpu_hours or _stated_hours(mention)
    if stated is None or hours is None:
        return None
    active = size.active or (size.total if size.origin != "the size in its name" else None) if size else None
    rates = {known.value("dense_rate", "bf16") for id in mention.chips if (known := chips().get(id))} or {
        None
    }
    if active is None or None in rates:
        missing = "active parameters" if active is None else f"16-bit rate of {mention.chip}"
        return _undecided(mention, "flop", f"the {missing} are not known")
    needed = given.flop_per_parameter_and_token * active * stated
    shares = sorted(needed / (hours * 3600 * rate) for rate in rates if rate)
    told = (
        f"6 x {_billions(active)} active parameters x {stated:.3g} tokens are {needed:.3g} FLOP, "
        f"{shares[0]:.0%}{f' to {shares[-1]:.0%}' if len(shares) > 1 else ''} of what {hours:,.0f} chip-hours could do"
    )
    if shares[0] > 1:
        verdict = Verdict.DISAGREE
    elif given.least_utilization <= shares[0] and shares[-1] <= given.most_utilization:
        verdict = Verdict.AGREE
    else:
        verdict = Verdict.UNDECIDED
    return Sum(
        mention_id=mention.id,
        kind="flop",
        verdict=verdict,
        reason=told,
        needed=needed,
        there=needed / shares[0],
    )


def _scripts(mention: Mention, sizes: ModelSizes) -> Sum | None:
    """Scripts of the same project that ask for as many chips; that none does tells nothing."""
    scripts = sizes.scripts_for(mention) if mention.count and mention.count > 1 else ()
    if not scripts:
        return None
    more = f" and {len(scripts) - 3} more" if len(scripts) > 3 else ""
    return Sum(
        mention_id=mention.id,
        kind="scripts",
        verdict=Verdict.AGREE,
        reason=f"{', '.join(scripts[:3])}{more} ask{'s' if len(scripts) == 1 else ''} for {mention.count} chips too",
        needed=float(mention.count or 0),
        there=float(mention.count or 0),
    )


def _chip_hours(mention: Mention) -> Sum | None:
    """Chips x time against stated chip-hours; None where they are not all stated."""
    product = _stated_hours(mention)
    if product is None or not mention.gpu_hours:
        return None
    given, ratio = margins(), product / mention.gpu_hours
    told = f"{mention.count:,} chips for {mention.duration} are {product:,.0f} chip-hours; {mention.gpu_hours:,.0f} are stated"
    if abs(ratio - 1) <= given.hours_agree_within:
        verdict = Verdict.AGREE
    elif max(ratio, 1 / ratio) > given.hours_disagree_beyond:
        verdict = Verdict.DISAGREE
    else:
        verdict = Verdict.UNDECIDED
    return Sum(
        mention_id=mention.id,
        kind="chip_hours",
        verdict=verdict,
        reason=told,
        needed=product,
        there=mention.gpu_hours,
    )


def _stated_hours(mention: Mention) -> float | None:
    """Chip-hours from a count and a duration.

    >>> said = Mention(document="a", start=0, end=1, quote="q", chip="c", count=64, duration="4 days")
    >>> _stated_hours(said)
    6144.0
    """
    match = _DURATION.search(mention.duration or "")
    if match is None or not mention.count:
        return None
    unit = next((hours for begins, hours in _HOURS if match["unit"].lower().startswith(begins)), None)
    product = None if unit is None else float(match["number"]) * unit * mention.count
    return product or None


def _tokens(words: str) -> float | None:
    """The tokens stated in some words, where one number is.

    >>> _tokens("on 7T tokens"), _tokens("14.8 trillion high-quality tokens"), _tokens("1T tokens, then 2T tokens")
    (7000000000000.0, 14800000000000.0, None)
    """
    stated = {
        float(match["number"].replace(",", "")) * _UNITS[match["unit"].lower()]
        for match in _TOKENS.finditer(words)
    }
    return stated.pop() if len(stated) == 1 else None


def _billions(number: float) -> str:
    return f"{number / 1e12:.3g} trillion" if number >= 0.9995e12 else f"{number / 1e9:.3g} billion"


def _gb(number: float) -> str:
    return f"{number / 1e12:.3g} TB" if number >= 1e12 else f"{number / 1e9:.3g} GB"
