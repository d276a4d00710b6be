"""Odds as ranges: how far a kind of evidence moves a hypothesis, and what all of it comes to.

Takes rows of data/routes/likelihoods.yaml and prior odds; gives ranges, never points. Each range is read as a judgement spread evenly
on a logarithmic scale, independent of the others: middles add, half-widths add as squares. What repeats one source counts once (by
lineage), what is only recalled moves nothing, rows without figures are shown and move nothing, and press alone moves
odds by no more than a stated factor.

Source: odds form of Bayes' rule; I. J. Good, "Weight of evidence: a brief survey" (1985), for adding on the logarithmic scale.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Literal

from pydantic import Field, model_validator

from chipledger.core.records import Record
from chipledger.core.sources import Cite, Grade
from chipledger.routes.kind import Between


class Likelihood(Record):
    """How likely a kind of evidence is under a hypothesis and without it.

    Args:
        id: named by evidence.
        says: what kind of evidence it is.
        if_true: probability range of meeting it if the hypothesis holds; None for evidence that moves nothing.
        if_false: the same if it does not.
        basis: whose figures these are.
        why: the reason.

    >>> row = Likelihood(id="x", says="…", if_true=Between(low=0.4, high=0.8), if_false=Between(low=0.1, high=0.2),
    ...                  basis="judgement", why="a guess with its reason")
    >>> round(row.ratio.low, 2), round(row.ratio.high, 2)
    (2.45, 6.53)
    """

    id: str
    says: str
    if_true: Between | None = None
    if_false: Between | None = None
    basis: Literal["judgement", "measured", "published"]
    why: str = Field(min_length=10)
    cites: tuple[Cite, ...] = ()

    @model_validator(mode="after")
    def _both_or_neither(self) -> "Likelihood":
        if (self.if_true is None) != (self.if_false is None):
            raise ValueError(f"{self.id}: give both if_true and if_false, or neither")
        for one in (self.if_true, self.if_false):
            if one and not 0 < one.low <= one.high <= 1:
                raise ValueError(f"{self.id}: a probability lies above 0 and not above 1")
        return self

    @property
    def ratio(self) -> Between | None:
        """The likelihood ratio; None where the row moves nothing."""
        if self.if_true is None or self.if_false is None:
            return None
        upside_down = Between(low=1 / self.if_false.high, high=1 / self.if_false.low)
        return product([self.if_true, upside_down])


def product(ranges: Iterable[Between]) -> Between:
    """The product of independent ranges, each spread evenly on a logarithmic scale.

    Args:
        ranges: positive.

    >>> found = product([Between(low=1, high=4), Between(low=1, high=4)])
    >>> round(found.low, 2), round(found.high, 2)
    (1.5, 10.66)
    """
    middle, squares = 0.0, 0.0
    for one in ranges:
        middle += (log(one.high) + log(one.low)) / 2
        squares += ((log(one.high) - log(one.low)) / 2) ** 2
    return Between(low=exp(middle - sqrt(squares)), high=exp(middle + sqrt(squares)))


@dataclass(frozen=True, slots=True)
class Weight:
    """One piece of evidence as it counts for one hypothesis.

    Args:
        evidence: its id.
        row: the row of the likelihood table.
        grade: how it is known; what is only recalled moves nothing.
        lineage: what repeats the same source carries the same word.
    """

    evidence: str
    row: Likelihood
    grade: Grade
    lineage: str

    @property
    def is_press(self) -> bool:
        """Whether it rests on what others report, not on a document of the party or of an authority."""
        return self.grade is Grade.SECONDARY


@dataclass(frozen=True, slots=True)
class Odds:
    """Odds for a hypothesis as a range, and what they rest on.

    `counted` are ids of evidence that moved them, `set_aside` those that did not, with the reason.
    """

    low: float
    high: float
    counted: tuple[str, ...] = ()
    set_aside: tuple[tuple[str, str], ...] = ()

    @property
    def probability(self) -> Between:
        """The same as probabilities.

        >>> Odds(1.0, 3.0).probability
        Between(low=0.5, high=0.75)
        """
        return Between(low=self.low / (1 + self.low), high=self.high / (1 + self.high))


NEVER = Odds(0.0, 0.0)
"""The odds of what cannot have been."""


def weighed(prior: Between, weights: Iterable[Weight], press_cap: float) -> Odds:
    """Prior odds moved by evidence.

    Args:
        prior: odds before it.
        weights: the evidence that bears on the hypothesis.
        press_cap: by what factor press alone may move them, up or down.

    >>> row = Likelihood(id="x", says="…", if_true=Between(low=0.4, high=0.8), if_false=Between(low=0.1, high=0.2),
    ...                  basis="judgement", why="a guess with its reason")
    >>> twice = [Weight("a", row, Grade.PRIMARY, "one text"), Weight("b", row, Grade.PRIMARY, "one text")]
    >>> odds = weighed(Between(low=1, high=1), twice, press_cap=6)
    >>> (round(odds.low, 2), round(odds.high, 2)), odds.set_aside
    ((2.45, 6.53), (('b', 'repeats one text'),))
    """
    counted, aside = _independent(weights)
    documents = [one.row.ratio for one in counted if one.row.ratio and not one.is_press]
    press = [one.row.ratio for one in counted if one.row.ratio and one.is_press]
    found = product([prior, *documents, *([_capped(product(press), press_cap)] if press else [])])
    return Odds(found.low, found.high, tuple(one.evidence for one in counted), tuple(aside))


def _independent(weights: Iterable[Weight]) -> tuple[list[Weight], list[tuple[str, str]]]:
    """The strongest of each lineage, and why the others do not count."""
    best: dict[str, Weight] = {}
    aside: list[tuple[str, str]] = []
    for one in sorted(weights, key=_by_strength):
        if one.row.ratio is None:
            aside.append((one.evidence, f"shown, moves nothing: {one.row.why}"))
        elif not one.grade.decides:
            aside.append((one.evidence, "only recalled"))
        elif one.lineage in best:
            aside.append((one.evidence, f"repeats {one.lineage}"))
        else:
            best[one.lineage] = one
    return sorted(best.values(), key=lambda one: one.evidence), sorted(aside)


def _by_strength(one: Weight) -> tuple[float, str]:
    """The evidence that moves odds furthest, either way, first."""
    ratio = one.row.ratio
    return (-abs(log(ratio.low * ratio.high)) if ratio else 0.0, one.evidence)


def _capped(ratio: Between, cap: float) -> Between:
    return Between(low=min(max(ratio.low, 1 / cap), cap), high=min(max(ratio.high, 1 / cap), cap))


def rivals(odds: Mapping[str, Odds]) -> Mapping[str, Between]:
    """Probabilities of hypotheses of which exactly one holds, as ranges.

    Args:
        odds: the weight of each hypothesis, one that stands for what was not thought of among them.

    Returns:
        For each the least and the most probability that weights within their ranges allow.

    >>> found = rivals({"a": Odds(1, 4), "b": Odds(1, 4), "other": Odds(0.5, 0.5)})
    >>> round(found["a"].low, 3), round(found["a"].high, 3)
    (0.182, 0.727)
    """
    return {name: _share(one, [other for key, other in odds.items() if key != name]) for name, one in odds.items()}  # fmt: skip


def _share(one: Odds, others: Sequence[Odds]) -> Between:
    least, most = sum(other.low for other in others), sum(other.high for other in others)
    low = one.low / (one.low + most) if one.low + most else 0.0
    high = one.high / (one.high + least) if one.high + least else 0.0
    return Between(low=low, high=high)
