"""Whether training's arithmetic fits the stated time, and whether chips x time gives the stated chip-hours."""

import re

from chipledger.catalogue.chip import chips
from chipledger.core.records import Mention
from chipledger.findings.model_size import ModelSize
from chipledger.findings.sum import Sum, Verdict, billions, margins, undecided

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


def flop(mention: Mention, size: ModelSize | None) -> Sum | None:
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
        return undecided(mention, "flop", f"the {missing} are not known")
    needed = given.flop_per_parameter_and_token * active * stated
    shares = sorted(needed / (hours * 3600 * rate) for rate in rates if rate)
    told = (
        f"6 x {billions(active)} active parameters x {stated:.3g} tokens are {needed:.3g} FLOP, "
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


def chip_hours(mention: Mention) -> Sum | None:
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
