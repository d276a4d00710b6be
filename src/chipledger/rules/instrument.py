"""The published acts: rules, letters, announcements, guidance, proclamations, each with its dates and standing.

An instrument changes the law; what the law then said of a chip is a control (control.py). Standing is dated and
kept distinct: a text may be in force, in force and not enforced, stayed, superseded, or of unknown standing.
"""

from datetime import date
from enum import StrEnum

from pydantic import model_validator

from chipledger.core.records import Record
from chipledger.core.sources import Cite, Grade
from chipledger.core.timeline import Period, Timeline


class Kind(StrEnum):
    """What sort of act it is."""

    RULE = "rule"
    LETTER = "letter"
    ANNOUNCEMENT = "announcement"
    GUIDANCE = "guidance"
    PROCLAMATION = "proclamation"


class Standing(StrEnum):
    """How an instrument stood on a day."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    STAYED = "stayed"
    NOT_ENFORCED = "not_enforced"
    SUPERSEDED = "superseded"
    RESCINDED = "rescinded"
    VACATED = "vacated"
    UNKNOWN = "unknown"


class StandingFrom(Record):
    """From which day an instrument stood how, and why."""

    effective_from: date
    standing: Standing
    why: str | None = None


class Stage(Record):
    """A part of an instrument that took effect on its own day."""

    effective_from: date
    what: str


class Instrument(Record):
    """One published act.

    Args:
        id: the file's name.
        reference: its row in docs/rules.md ("R3").
        did: what it did to which control, in a sentence.
        destinations: ISO codes or group names that it concerns ("CN", "D:5", "*" for everywhere).
        standings: how it stood from which day on, in order.
        stages: parts with days of their own.
    """

    id: str
    reference: str
    kind: Kind
    issuer: str
    citation: str
    title: str
    did: str
    published_on: date | None = None
    effective_from: date | None = None
    compliance_from: date | None = None
    effective_until: date | None = None
    destinations: tuple[str, ...]
    standings: tuple[StandingFrom, ...]
    stages: tuple[Stage, ...] = ()
    cites: tuple[Cite, ...]
    note: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Instrument":
        days = [standing.effective_from for standing in self.standings]
        if days != sorted(set(days)) or not days:
            raise ValueError("standings: one or more, in the order of their days, no day twice")
        if not self.cites:
            raise ValueError("cites: every instrument names where it is written")
        return self

    @property
    def grade(self) -> Grade:
        """The best grade among its cites."""
        return min((cite.grade for cite in self.cites), key=tuple(Grade).index)

    @property
    def standing(self) -> Timeline[Standing]:
        """How it stood on which day; a gap before the first."""
        ends = [later.effective_from for later in self.standings[1:]]
        periods = zip(self.standings, [*ends, None], strict=True)
        return Timeline.of((Period(one.effective_from, end), one.standing) for one, end in periods)

    def dated_on(self) -> date:
        """The day it is listed under: publication, else effect, else its first standing."""
        return self.published_on or self.effective_from or self.standings[0].effective_from
