"""The records of a study's claims: what is claimed, what bears on it and how that is known, and one of four verdicts.

A claim carries evidence on either side; what repeats one source counts once. A verdict that its evidence does not bear is
refused when the file is read. No verdict says that anybody broke a rule.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.findings.study_records import Id, Words


class Axis(StrEnum):
    """Which way round the rules a claim tells of: to get the chip, or to do without it."""

    EVADE = "evade"
    CIRCUMVENT = "circumvent"
    REMEDY = "remedy"
    TELLING = "telling"
    """How something is told, and no way round anything."""


class Verdict(StrEnum):
    """What can be said of a claim."""

    DOCUMENTED = "documented"
    CONSISTENT = "consistent_with"
    CONTRADICTED = "contradicted_by"
    NOT_VERIFIABLE = "not_verifiable"

    @property
    def in_words(self) -> str:
        """As people read it.

        >>> Verdict.CONSISTENT.in_words
        'consistent with what is public'
        """
        return {
            Verdict.DOCUMENTED: "documented",
            Verdict.CONSISTENT: "consistent with what is public",
            Verdict.CONTRADICTED: "contradicted by what is public",
            Verdict.NOT_VERIFIABLE: "not verifiable with what is public",
        }[self]


class Side(StrEnum):
    """Which way a piece of evidence bears."""

    FOR = "for"
    AGAINST = "against"
    BESIDE = "beside"


class Basis(StrEnum):
    """How a piece of evidence is known, the closest to the primary text first."""

    PRIMARY = "primary"
    COMPUTED = "computed"
    QUOTED = "quoted"
    SECONDARY = "secondary"
    INFERRED = "inferred"
    RECALLED = "recalled"


class Evidence(Record):
    """Something that bears on a claim.

    Attributes:
        side: for, against, or beside it.
        basis: how it is known.
        lineage: what repeats one source carries the same word and counts once.
    """

    side: Side
    basis: Basis
    says: Words
    lineage: Id
    quotes: tuple[Id, ...] = ()
    changes: tuple[Id, ...] = ()
    absences: tuple[Id, ...] = ()
    cites: tuple[Cite, ...] = ()

    @model_validator(mode="after")
    def _stands_on_something(self) -> "Evidence":
        if self.basis is Basis.PRIMARY and not (self.quotes or self.changes or self.absences or self.cites):
            raise ValueError("primary evidence needs a quote, a change, an absence or a cite")
        if self.basis in (Basis.QUOTED, Basis.SECONDARY) and not self.cites:
            raise ValueError(f"{self.basis.value} evidence needs a cite")
        return self


class Part(Record):
    """One half of a claim that has several, judged by itself."""

    says: Words
    verdict: Verdict
    why: Words


class Rival(Record):
    """Another way in which it may have been, and what it stands on."""

    says: Words
    stands_on: Words


class OnTheDay(Record):
    """A chip whose standing under the rules is asked for, on the day on which the claim has it in use."""

    chip: str
    chips: tuple[str, ...] = Field(min_length=1)
    on: date


class Reckoning(Record):
    """What our engines are asked beside a claim; their answers are computed, never stored.

    Attributes:
        rules: chips on days.
        sums: quotes whose figures are held against arithmetic.
        cost: chips on which the training of the first subject is reckoned, the first of them against the last.
        calibration: a subject whose owner states chips and hours.
        subjects: of the bundled routes.
        axes: chips held side by side, against the last of them.
        capability: of data/routes, whose measured link is held against the last of the axes.
        frontier_on: the day on which the best domestic chip is held against the best exportable one.
    """

    rules: tuple[OnTheDay, ...] = ()
    sums: tuple[Id, ...] = ()
    cost: tuple[str, ...] = ()
    calibration: str | None = None
    subjects: tuple[str, ...] = ()
    axes: tuple[str, ...] = ()
    capability: str | None = None
    frontier_on: date | None = None


class StudyClaim(Record):
    """A claim as it reached us, and what can be said of it.

    Attributes:
        id: P1, P2, … or A, B, ….
        axis: which way round the rules.
        title: in a few words.
        says: in our own words.
        rests_on: the texts that it is said to rest on.
        retells: claims of the study that this one builds on.
        known_from: where we have it from.
        verdict: of the whole; one of those of its parts, where it has parts.
        finding: what can be said, in a sentence or two.
        would_settle: what would.
    """

    id: Id
    axis: Axis
    title: Annotated[str, StringConstraints(min_length=3, max_length=80)]
    says: Words
    rests_on: Words
    retells: tuple[str, ...] = ()
    known_from: tuple[Cite, ...] = Field(min_length=1)
    verdict: Verdict
    finding: Words
    parts: tuple[Part, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    no_evidence: str | None = None
    rivals: tuple[Rival, ...] = ()
    would_settle: tuple[Words, ...] = ()
    reckon: Reckoning = Reckoning()

    @model_validator(mode="after")
    def _stands_on_its_evidence(self) -> "StudyClaim":
        sides = {one.side for one in self.evidence}
        if bool(self.evidence) == bool(self.no_evidence):
            raise ValueError("evidence, or no_evidence with the reason, and not both")
        if self.verdict is Verdict.DOCUMENTED and self.grade(Side.FOR) not in (Basis.PRIMARY, Basis.QUOTED):
            raise ValueError("a claim is documented by primary or quoted evidence for it")
        if self.verdict is Verdict.CONTRADICTED and Side.AGAINST not in sides:
            raise ValueError("a claim that is contradicted needs evidence against it")
        if self.verdict is Verdict.CONSISTENT and Side.FOR not in sides:
            raise ValueError("a claim that is consistent with what is public needs evidence for it")
        if self.parts and self.verdict not in {one.verdict for one in self.parts}:
            raise ValueError("the verdict is that of none of its parts")
        return self

    def on_side(self, side: Side) -> tuple[Evidence, ...]:
        """The evidence of one side, in order."""
        return tuple(one for one in self.evidence if one.side is side)

    def count(self, side: Side) -> int:
        """Independent pieces on one side: what shares a lineage counts once."""
        return len({one.lineage for one in self.on_side(side)})

    def grade(self, side: Side | None = None) -> Basis | None:
        """How the best evidence of a side is known, of the side of the verdict where none is told; None where there is none."""
        asked = side or (Side.AGAINST if self.verdict is Verdict.CONTRADICTED else Side.FOR)
        order = list(Basis)
        return min((one.basis for one in self.on_side(asked)), key=order.index, default=None)
