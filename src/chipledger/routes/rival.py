"""Rival hypotheses of one subject side by side: the evidence under each, the arithmetic, odds as ranges, what would tell them apart.

Exactly one of the rivals holds, and one of them stands for what was not thought of. A hypothesis stands as long as the upper end
of its range is not below the line of the settings; standing is no verdict. What would tell two of them apart is worked out
from the catalogue: rates, memories and days that one chip allows and the other does not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from chipledger.catalogue.chip import Chip, chip
from chipledger.core.records import Purpose
from chipledger.core.sources import Cite, Grade
from chipledger.routes.feasible import Feasibility, Throughput, feasible
from chipledger.routes.kind import Between
from chipledger.routes.likelihood import Odds, Weight, rivals, weighed
from chipledger.routes.register import Routes, routes
from chipledger.routes.subject import Evidence, Hypothesis, Subject
from chipledger.routes.supply import supply

_TRAINING = (Purpose.PRETRAINING, Purpose.TRAINING_UNSPECIFIED)


@dataclass(frozen=True, slots=True)
class Counted:
    """One piece of evidence under a hypothesis: what, as what kind, how known, whether it moved the odds, and how far."""

    evidence: str
    says: str
    kind: str
    grade: Grade
    seen_from: date
    seen_until: date | None
    ratio: Between | None
    counts: bool
    why_not: str | None
    cites: tuple[Cite, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"evidence": self.evidence, "says": self.says, "kind": self.kind, "grade": self.grade.value,
                "seen_from": self.seen_from.isoformat(), "seen_until": self.seen_until.isoformat() if self.seen_until else None,
                "likelihood_ratio": [self.ratio.low, self.ratio.high] if self.ratio else None, "counts": self.counts, "why_not": self.why_not,
                "cites": [cite.model_dump(mode="json", exclude_none=True) for cite in self.cites]}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rival:
    """One hypothesis with what bears on it.

    Attributes:
        probability: the least and the most that its and its rivals' ranges allow.
        stands: whether the upper end is not below the line of the settings.
        feasibility: of its training, where the size of the work is known.
        supply: what the country is estimated to have held of its training chip by the release.
    """

    hypothesis: Hypothesis
    odds: Odds
    probability: Between
    stands: bool
    evidence: tuple[Counted, ...]
    feasibility: Feasibility | None
    supply_says: str | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "id": self.hypothesis.id,
            "says": self.hypothesis.says,
            "uses": [use.model_dump(mode="json") for use in self.hypothesis.uses],
            "routes": [route.value for route in self.hypothesis.routes],
            "prior": [self.hypothesis.prior.low, self.hypothesis.prior.high],
            "odds": [self.odds.low, self.odds.high],
            "probability": [self.probability.low, self.probability.high],
            "stands": self.stands,
            "evidence": [one.as_dict() for one in self.evidence],
            "feasibility": self.feasibility.as_dict() if self.feasibility else None,
            "supply": self.supply_says,
            "would_tell": list(self.hypothesis.would_tell),
        }


def compare(
    subject: Subject,
    *,
    on: date | None = None,
    throughput: Throughput | None = None,
    data: Routes | None = None,
) -> tuple[Rival, ...]:
    """The rival hypotheses of a subject, in its order.

    Args:
        subject: with hypotheses; one without gives none.
        on: only evidence that could be seen by that day, and no arithmetic before the release; None for all.
        throughput: a better model of training rates than a share of peak.
        data: the bundled records, or others of the same kind.

    >>> found = compare(routes().subject("Hunyuan-Large"))
    >>> [(one.hypothesis.id, one.stands) for one in found]
    [('h20-throughout', True), ('h800-pretraining', True), ('other', True)]
    """
    known = data or routes()
    seen = [one for one in subject.evidence if on is None or one.seen_from <= on]
    is_out = subject.work is not None and (on is None or subject.work.released_on <= on)
    could = {one.id: _feasibility(subject, one, throughput) if is_out else None for one in subject.hypotheses}
    odds = {
        one.id: weighed(one.prior, _weights(one, seen, could[one.id], known), known.settings.press_cap.ratio)
        for one in subject.hypotheses
    }
    shares = rivals(odds)
    line = known.settings.stands_above.probability
    return tuple(
        Rival(one, odds[one.id], shares[one.id], shares[one.id].high >= line,
              tuple(_counted(one, seen, odds[one.id], known)), could[one.id],
              _supply(subject, one) if is_out else None)
        for one in subject.hypotheses
    )  # fmt: skip


def _weights(
    one: Hypothesis, seen: Iterable[Evidence], could: Feasibility | None, known: Routes
) -> list[Weight]:
    weights = [
        Weight(evidence.id, known.likelihoods[bears.kind], evidence.grade, evidence.lineage)
        for evidence in seen
        for bears in evidence.bears
        if bears.on == one.id
    ]
    if could is not None and (could.truth.is_no or (could.chips_needed and not could.truth.is_no)):
        row = known.likelihoods["infeasible" if could.truth.is_no else "feasible"]
        weights.append(Weight("arithmetic", row, Grade.QUOTED, "arithmetic"))
    return weights


def _counted(one: Hypothesis, seen: Iterable[Evidence], odds: Odds, known: Routes) -> Iterable[Counted]:
    aside = dict(odds.set_aside)
    for evidence in seen:
        for bears in evidence.bears:
            if bears.on == one.id:
                yield Counted(
                    evidence.id, evidence.says, bears.kind, evidence.grade, evidence.seen_from, evidence.seen_until,
                    known.likelihoods[bears.kind].ratio, evidence.id in odds.counted, aside.get(evidence.id), evidence.cites,
                )  # fmt: skip


def training_chip(one: Hypothesis) -> Chip | None:
    """The chip that a hypothesis has the training on; the first variant where a name stands for several.

    Args:
        one: of a subject.
    """
    use = next((use for use in one.uses if set(use.purposes) & set(_TRAINING)), None)
    return chip(use.chips[0]) if use and use.chips else None


def _feasibility(subject: Subject, one: Hypothesis, throughput: Throughput | None) -> Feasibility | None:
    on_chip = training_chip(one)
    if subject.work is None or on_chip is None:
        return None
    return feasible(subject.work.flop, on_chip, released_on=subject.work.released_on, throughput=throughput)


def _supply(subject: Subject, one: Hypothesis) -> str | None:
    on_chip = training_chip(one)
    if subject.work is None or on_chip is None:
        return None
    found = supply(subject.destination, [on_chip.id], subject.work.released_on)
    if found is None:
        return f"no estimate of the {on_chip.name} held there by {subject.work.released_on}"
    return f"{found.low:,} to {found.high:,} {found.chip} estimated held in {found.owner} by {found.until}"


@dataclass(frozen=True, slots=True)
class Tell:
    """An observation that would speak against one of two chips.

    Args:
        observation: what would be seen; excludes: the chip's name.
    """

    observation: str
    excludes: str

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"observation": self.observation, "excludes": self.excludes}


def apart(left: Chip, right: Chip) -> tuple[Tell, ...]:
    """What observation would tell two chips apart, from what the catalogue knows of them.

    Args:
        left: one chip.
        right: another.

    Returns:
        Observations that exclude one of them; what is only recalled gives none.

    >>> for one in apart(chip("nvidia-h20"), chip("nvidia-h800-sxm")):
    ...     print(one.excludes, "-", one.observation)
    H20 96GB - a measured BF16 rate above 148 TFLOP/s a chip
    H800 SXM5 80GB - more than 80 GB in use on one chip
    H800 SXM5 80GB - a rate between chips above 200 GB/s in one direction
    H20 96GB - the work was under way before 2024-02-01
    """
    return tuple(one for one in (_by_rate(left, right), _by_memory(left, right), _by_link(left, right), _by_day(left, right)) if one)  # fmt: skip


def _lesser(left: Chip, right: Chip, metric: str, format: str | None = None) -> tuple[Chip, float] | None:
    """The chip that has clearly less of something, and how much."""
    facts = [one.fact(metric, format) for one in (left, right)]  # type: ignore[arg-type]
    if not all(fact and fact.grade.decides for fact in facts):
        return None
    mine, theirs = (fact.si_value for fact in facts if fact)
    if mine == theirs:
        return None
    return (left, mine) if mine < theirs else (right, theirs)


def _by_rate(left: Chip, right: Chip) -> Tell | None:
    found = _lesser(left, right, "dense_rate", "bf16") or _lesser(left, right, "dense_rate", "fp16")
    return (
        Tell(f"a measured BF16 rate above {found[1] / 1e12:g} TFLOP/s a chip", found[0].name)
        if found
        else None
    )


def _by_memory(left: Chip, right: Chip) -> Tell | None:
    found = _lesser(left, right, "memory_capacity")
    return Tell(f"more than {found[1] / 1e9:g} GB in use on one chip", found[0].name) if found else None


def _by_link(left: Chip, right: Chip) -> Tell | None:
    found = _lesser(left, right, "interconnect_bidirectional_bandwidth")
    return (
        Tell(f"a rate between chips above {found[1] / 2e9:g} GB/s in one direction", found[0].name)
        if found
        else None
    )


def _by_day(left: Chip, right: Chip) -> Tell | None:
    days = [(one.released_period.effective_from, one) for one in (left, right) if one.released_period and one.released_period.effective_from]  # fmt: skip
    if len(days) < 2 or days[0][0] == days[1][0]:
        return None
    day, later = max(days, key=lambda pair: pair[0])
    return Tell(f"the work was under way before {day}", later.name)


def tells(subject: Subject) -> tuple[Tell, ...]:
    """What would tell the rivals' training chips apart, each observation once.

    Args:
        subject: with hypotheses.
    """
    on = [found for one in subject.hypotheses if (found := training_chip(one))]
    pairs = [(left, right) for place, left in enumerate(on) for right in on[place + 1 :]]
    return tuple(dict.fromkeys(tell for pair in pairs for tell in apart(*pair)))
