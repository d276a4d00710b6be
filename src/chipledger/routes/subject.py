"""A subject of study: one project, model or firm, what documents and press say of its chips, and rival hypotheses with evidence.

The records of data/routes/subjects/*.yaml. A sighting is a documented statement with its purpose; a requirement stays a
requirement. Hypotheses stand side by side with the evidence that bears on each; what the data cannot tell stays open.
"""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from chipledger.core.records import Purpose, Record
from chipledger.core.sources import Cite, Grade
from chipledger.routes.kind import Prior, Route

_BY_CLOSENESS = tuple(Grade)


def best_grade(cites: tuple[Cite, ...]) -> Grade:
    """The grade of the cite that stands closest to the primary text.

    >>> best_grade((Cite(source="a", grade=Grade.SECONDARY), Cite(source="b", grade=Grade.PRIMARY))).value
    'primary'
    """
    return min((cite.grade for cite in cites), key=_BY_CLOSENESS.index)


class NamedChip(Record):
    """A chip as printed and what it may stand for.

    Args:
        id: within the subject.
        chip: as printed.
        chips: catalogue ids that it may stand for.
        count: as stated; None where no number is.
        purpose: what the statement says the chip was for.
        seen_from: the day on which the words were first seen; `seen_until` the last, None where they still stand.
        cites: where they stand.
    """

    id: str
    chip: str
    chips: tuple[str, ...] = Field(min_length=1)
    count: int | None = Field(default=None, gt=0)
    purpose: Purpose
    seen_from: date
    seen_until: date | None = None
    says: str
    techniques: tuple[str, ...] = ()
    cites: tuple[Cite, ...] = Field(min_length=1)
    note: str | None = None

    @property
    def grade(self) -> Grade:
        """How the statement is known."""
        return best_grade(self.cites)


class Tie(Record):
    """That the subject belongs to a party, with the days for which a document says so.

    Args:
        party: id of the party.
        since: the first day; until: the day from which documents no longer say so.
    """

    party: str
    since: date | None = None
    until: date | None = None
    says: str
    cites: tuple[Cite, ...] = Field(min_length=1)

    def holds_on(self, on: date) -> bool:
        """Whether documents of that day say so."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


class Work(Record):
    """A piece of work whose size is known: enough for the arithmetic of how many chips it takes.

    Args:
        active_parameters: parameters that each token uses.
        tokens: trained on.
        released_on: the day of the release.
        gpu_hours: as stated, None where not.
    """

    active_parameters: float = Field(gt=0)
    tokens: float = Field(gt=0)
    released_on: date
    gpu_hours: float | None = Field(default=None, gt=0)
    cites: tuple[Cite, ...] = Field(min_length=1)

    @property
    def flop(self) -> float:
        """6 N D: six operations for each active parameter and token.

        Source: Kaplan et al., arXiv 2001.08361, section 2.1.
        """
        return 6 * self.active_parameters * self.tokens


class Use(Record):
    """What a hypothesis has done on which chip."""

    chip: str
    chips: tuple[str, ...]
    purposes: tuple[Purpose, ...] = Field(min_length=1)


class Hypothesis(Record):
    """One way in which it may have been.

    Args:
        id: within the subject.
        says: in a sentence.
        uses: chips by purpose; empty for what was not thought of.
        routes: by which the chips may have come.
        prior: its weight against its rivals before any evidence.
        would_tell: what observation would decide for or against it.
    """

    id: str
    says: str
    uses: tuple[Use, ...] = ()
    routes: tuple[Route, ...] = ()
    prior: Prior
    would_tell: tuple[str, ...] = ()


class Bearing(Record):
    """On which hypothesis or route a piece of evidence bears, and as what kind of evidence."""

    on: str
    kind: str


class Evidence(Record):
    """Something that bears on hypotheses: what, since when, how it is known.

    Args:
        bears: on hypotheses of the subject, or on routes by their ids, each with a row of the likelihood table.
        lineage: evidence that repeats one source carries the same word, and counts once.
        seen_from: the day from which it could be seen; `seen_until` the day from which it no longer could.
    """

    id: str
    says: str
    seen_from: date
    seen_until: date | None = None
    bears: tuple[Bearing, ...] = Field(min_length=1)
    lineage: str
    cites: tuple[Cite, ...] = Field(min_length=1)

    @property
    def grade(self) -> Grade:
        """How it is known."""
        return best_grade(self.cites)


class Subject(Record):
    """One subject of study.

    Args:
        id: the file's name.
        title: as it is called; names: what it may be asked for by.
        kind: a project or model, a firm, a provider, or a means.
        question: what the hypotheses answer; None where there is none.
        destination: where the user is.
        ties: to which party it belongs, and when.
        sightings: documented statements.
        work: where its size is known.
        hypotheses: rivals, exactly one of which holds; at least two or none.
        evidence: what bears on them, or on routes.
        not_said: what no document read says, in sentences.
    """

    id: str
    title: str
    names: tuple[str, ...] = ()
    kind: Literal["project", "firm", "provider", "means"]
    about: str
    destination: str = "CN"
    question: str | None = None
    ties: tuple[Tie, ...] = ()
    sightings: tuple[NamedChip, ...] = ()
    work: Work | None = None
    hypotheses: tuple[Hypothesis, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    not_said: tuple[str, ...] = ()
    cites: tuple[Cite, ...] = ()

    @model_validator(mode="after")
    def _rivals_or_none(self) -> "Subject":
        if len(self.hypotheses) == 1 or (bool(self.hypotheses) != bool(self.question)):
            raise ValueError("hypotheses answer a question, and there are at least two of them or none")
        known = {one.id for one in self.hypotheses} | set(Route)
        for one in self.evidence:
            for bearing in one.bears:
                if bearing.on not in known:
                    raise ValueError(
                        f"{one.id} bears on {bearing.on!r}, which is no hypothesis here and no route"
                    )
        return self

    def party_on(self, on: date) -> str | None:
        """The party to which documents of that day tie the subject; None where none does."""
        return next((tie.party for tie in self.ties if tie.holds_on(on)), None)
