"""Whether a model's weights, or the states of its training, fit the memory of the chips that a quote states."""

import re
from dataclasses import replace

from chipledger.catalogue.chip import Chip, chips
from chipledger.catalogue.resolve import with_memory
from chipledger.core.records import Mention, Purpose
from chipledger.findings.model_size import ModelSize
from chipledger.findings.sum import Sum, Verdict, billions, gb, margins, undecided

TUNING = (Purpose.FINETUNING, Purpose.PRETRAINING, Purpose.TRAINING_UNSPECIFIED)
_TRAIN = re.compile(r"train|tun(?:e|ing)|lora|\bsft\b|训练|微调|精调|学習|チューニング", re.I)
_SERVE = re.compile(r"inferenc|deploy|serv(?:e|ing)|generat|推理|部署|推論|デプロイ", re.I)
_ADAPTER = re.compile(r"\bq?lora\b|adapter|\bpeft\b|p-tuning", re.I)
_WHOLE = re.compile(r"\bfull\b|full-param|all parameters|全量|全参|フル", re.I)
_NEGATED = re.compile(r"(?:不开|不用|不使用|未开|\bwithout\b|\bno\b)[^.。;；]{0,80}off-?load", re.I)
_CLAUSE_END = re.compile(r"[,;，；。]|\. ")


def memory(mention: Mention, size: ModelSize | None, elsewhere: bool) -> Sum:
    """The sum of memory of a quote.

    Args:
        mention: the quote.
        size: the model that it is about.
        elsewhere: whether its document names an offload elsewhere.
    """
    if mention.count is None:
        return undecided(mention, "memory", "no number of chips is stated")
    if size is None:
        return undecided(mention, "memory", "how many parameters the model has is not known")
    memory = _memory_bytes(mention)
    if not memory:
        return undecided(mention, "memory", f"the memory of {mention.chip} is not known")
    work = _work(mention)
    if work is None:
        return undecided(mention, "memory", "whether it is to be trained or served is not said")
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
        return undecided(mention, "memory", f"depends on the reading: {reasons}")
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
    if mention.purpose in TUNING:
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
        told = f"{billions(size.total)} parameters ({size.origin}) at {width:g} byte{'' if width == 1 else 's'} are {gb(needed)}"
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
    chips_told = f"{count} chip{'' if count == 1 else 's'} of {gb(capacity)}"
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
    count = mention.count or 0
    kind = _nearest(mention, {"adapter": _ADAPTER, "whole": _WHOLE})
    if kind is None and mention.purpose in (Purpose.PRETRAINING,):
        kind = "whole"
    there, chips_told = capacity * count, f"{count} chip{'' if count == 1 else 's'} of {gb(capacity)}"
    needed, least, told = _states(mention, size, kind)
    if needed <= there * margins().serving_share:
        smaller = count > 1 and needed <= _most(capacity) * (count // 2)
        if smaller and mention.purpose is Purpose.REQUIREMENT:
            verdict, reason = Verdict.UNDECIDED, f"{told}: {chips_told} hold them, and so would {count // 2}"
        else:
            verdict, reason = Verdict.AGREE, f"{told}: {chips_told} hold them"
    elif "offload" in mention.techniques:
        verdict = Verdict.AGREE
        reason = f"{told}, {chips_told} have {gb(there)}: it takes the offload that is named"
        if _NEGATED.search(f"{mention.prefix}{mention.quote}{mention.suffix}"):
            reason += "; words that could be read as 'without offload' cannot mean that"
    elif least > _most(capacity) * count and kind is not None:
        verdict, help_ = _with_offload(mention, elsewhere)
        reason = f"{told}, {chips_told} have {gb(there)}: {help_}"
    else:
        verdict = Verdict.UNDECIDED
        reason = f"{told}: {chips_told} have {gb(there)}; an offload or a leaner optimizer would have to help"
    return [
        Sum(mention_id=mention.id, kind="memory", verdict=verdict, reason=reason, needed=needed, there=there)
    ]


def _states(mention: Mention, size: ModelSize, kind: str | None) -> tuple[float, float, str]:
    """The bytes that training holds as it is mostly done, those it needs at the least, and the sum in words."""
    given, parameters = (
        margins(),
        f"{billions(size.total)}{' frozen' if kind == 'adapter' else ''} parameters",
    )
    if kind == "adapter":
        width = given.weight_bytes["INT4"] if "INT4" in mention.techniques else given.unstated_weight_bytes
        needed = size.total * width
        return needed, needed, f"{parameters} ({size.origin}) at {width:g} bytes are {gb(needed)}"
    needed, width = size.total * given.full_training_bytes, given.full_training_bytes
    told = f"{parameters} ({size.origin}) at {width:g} bytes of training states are {gb(needed)}"
    return needed, size.total * given.least_training_bytes, told


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
