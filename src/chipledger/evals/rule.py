"""What is fixed before data: a threshold with its origin, the test that decides, and the hash that names both.

Takes what a register file says of one benchmark of one use case; gives frozen records and `rule_hash`, which changes when
anything changes that could change a verdict, and with nothing else. A run carries it in its log, a decision in its record.
"""

import hashlib
import json
from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from chipledger.core.records import Record
from chipledger.core.sources import Cite


class Elicitation(StrEnum):
    """How hard a capability was drawn out; a score is a lower bound at its own level.

    Tools go beyond bare questions and an agent beyond tools; best of k attempts and fine-tuned weights are ways of their own.

    >>> Elicitation.BARE.reaches(Elicitation.AGENT), Elicitation.AGENT.reaches(Elicitation.TOOLS)
    (False, True)
    >>> Elicitation.BEST_OF_K.reaches(Elicitation.AGENT)
    False
    """

    BARE = "bare"
    TOOLS = "tools"
    AGENT = "agent"
    BEST_OF_K = "best_of_k"
    FINE_TUNED = "fine_tuned"

    def reaches(self, wanted: "Elicitation") -> bool:
        """Whether a run at this level can speak for the absence of a capability at the wanted level."""
        if wanted in (self, Elicitation.BARE):
            return True
        return self is Elicitation.AGENT and wanted is Elicitation.TOOLS


class Origin(StrEnum):
    """Who set a threshold."""

    LAW = "law"
    LAB_TEXT = "lab_text"
    EXPERT = "expert"
    HUMAN_BASELINE = "human_baseline"
    CONVENTION = "convention"


class Side(StrEnum):
    """On which side of a threshold the danger lies."""

    ABOVE = "above"
    BELOW = "below"


class Threshold(Record):
    """The score at which a capability counts as reached; between `low` and `high` nobody can say.

    Args:
        value: on the benchmark's own scale, between 0 and 1.
        low: the lowest value that the origin leaves room for.
        high: the highest.
        danger: the side on which the danger lies: `below` for a refusal rate.
        origin: who set it.
        set_on: the day it was set or published.
        why: how it follows from its origin, in our own words.
        cites: where it stands, one of them at least with the words, read and not recalled; only a convention of ours may
            do without.
    """

    value: float = Field(gt=0.0, lt=1.0)
    low: float = Field(gt=0.0, lt=1.0)
    high: float = Field(gt=0.0, lt=1.0)
    danger: Side = Side.ABOVE
    origin: Origin
    set_on: date
    why: str = Field(min_length=20)
    cites: tuple[Cite, ...] = ()

    @model_validator(mode="after")
    def _in_order_and_sourced(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError("low <= value <= high must hold")
        if self.origin is not Origin.CONVENTION and not any(
            one.grade.decides and one.quote for one in self.cites
        ):
            raise ValueError(
                f"a threshold whose origin is {self.origin.value} must cite it with a quote that was read"
            )
        return self


class Test(StrEnum):
    """The tests that may decide.

    `e_process` looks at every run, independent items; `e_process_clustered` the same with items in clusters; `fixed`
    looks once, at the planned size.
    """

    __test__ = False  # a record of ours, none of pytest's

    E_PROCESS = "e_process"
    E_PROCESS_CLUSTERED = "e_process_clustered"
    FIXED = "fixed"


class Evidence(StrEnum):
    """The weakest evidence on which a rule may decide."""

    MEASURED = "measured"
    PUBLISHED = "published"


class DecisionRule(Record):
    """How runs become a verdict; fixed before the first of them.

    Args:
        test: which test.
        alpha: the chance, over all looks, of saying "crossed" of a model that stands at the threshold.
        items: how many items a look must have scored to count.
        epochs: how often each item is asked in a look.
        looks: how many looks are planned; None where the test holds for any number.
        fixed_on: the day on which this was settled.
        accepts: the weakest evidence that may decide.
    """

    test: Test
    alpha: float = Field(gt=0.0, le=0.2)
    items: int = Field(gt=0)
    epochs: int = Field(default=1, gt=0)
    looks: int | None = Field(default=None, gt=0)
    fixed_on: date
    accepts: Evidence = Evidence.MEASURED

    @model_validator(mode="after")
    def _looks_fit_the_test(self) -> Self:
        if self.test is Test.FIXED and self.looks != 1:
            raise ValueError("the test 'fixed' looks once: write looks: 1, or choose an e_process")
        return self


def rule_hash(
    use_case: str, benchmark: str, elicitation: Elicitation, threshold: Threshold, rule: DecisionRule
) -> str:
    """The name of a rule: 20 hex digits made of everything that could change a verdict, and of nothing else.

    Args:
        use_case: its id.
        benchmark: its id.
        elicitation: the level asked for.
        threshold: its numbers and origin count; the words that explain it do not.
        rule: all of it.
    """
    body = {
        "use_case": use_case,
        "benchmark": benchmark,
        "elicitation": elicitation.value,
        "threshold": threshold.model_dump(
            mode="json", include={"value", "low", "high", "danger", "origin", "set_on"}
        ),
        "rule": rule.model_dump(mode="json"),
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:20]
