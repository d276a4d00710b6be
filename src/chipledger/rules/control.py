"""What the text held of a class of chips: paragraphs with criteria, requirements, review policies, exceptions.

Takes data files (data/controls, data/letters, data/practices); gives frozen records, each part dated. A control's
versions never overlap: on any day at most one text is in effect. Letters are private notices: they bind their
addressee only. Import practices of the destination are kept apart from any licence logic.
"""

from datetime import date
from enum import StrEnum
from itertools import pairwise

from pydantic import model_validator

from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.rules.criteria import Criterion
from chipledger.rules.destination import Dated


class TextLayer(StrEnum):
    """The text as codified, and the text as enforced."""

    CODIFIED = "codified"
    ENFORCED = "enforced"


class Policy(StrEnum):
    """How an application is reviewed."""

    PRESUMPTION_OF_DENIAL = "presumption_of_denial"
    CASE_BY_CASE = "case_by_case"
    PRESUMPTION_OF_APPROVAL = "presumption_of_approval"
    CONFLICT = "conflict"
    NOT_RECORDED = "not_recorded"


class Paragraph(Record):
    """One paragraph of a control and the criteria that it states."""

    eccn: str
    criteria: Criterion
    cite: Cite


class Version(Dated):
    """The paragraphs of a control as one instrument left them."""

    instrument: str
    paragraphs: tuple[Paragraph, ...]


class Requirement(Dated):
    """A licence requirement for whatever meets the control: to which scope, in which layers."""

    instrument: str
    layers: tuple[TextLayer, ...]
    destinations: str
    cite: Cite


class Review(Dated):
    """How applications were reviewed for items that meet `when`; the first that fits decides."""

    instrument: str
    layers: tuple[TextLayer, ...] = (TextLayer.CODIFIED, TextLayer.ENFORCED)
    destinations: str
    when: Criterion | None = None
    policy: Policy
    says: str
    cite: Cite


class LicenseException(Dated):
    """An exception open to items that meet `when`; `state` is what using it amounts to."""

    name: str
    section: str
    destinations: str
    when: Criterion | None = None
    state: str
    cite: Cite


class Control(Record):
    """One class of chips under control, over time.

    Args:
        id: the file's name.
        eccn: of the integrated circuit; `board` of a board, module or computer that holds it.
        versions: the text over time, in order, never overlapping.
    """

    id: str
    eccn: str
    board: str
    title: str
    versions: tuple[Version, ...]
    requirements: tuple[Requirement, ...]
    reviews: tuple[Review, ...] = ()
    exceptions: tuple[LicenseException, ...] = ()

    @model_validator(mode="after")
    def _one_version_a_day(self) -> "Control":
        for before, after in pairwise(self.versions):
            ends, begins = before.effective_until, after.effective_from
            if ends is None or begins is None or ends > begins:
                raise ValueError(f"versions overlap: one ends {ends or 'never'}, the next begins {begins}")
            if ends < begins:
                raise ValueError(
                    f"versions leave a gap from {ends} to {begins}; state it as a version or close it"
                )
        return self

    def version(self, on: date) -> Version | None:
        """The text in effect on the day, or None before the first or after the last."""
        return next((version for version in self.versions if version.holds_on(on)), None)

    @property
    def days(self) -> set[date]:
        """Every day on which a part of the control begins or ends."""
        parts = (*self.versions, *self.requirements, *self.reviews, *self.exceptions)
        return {day for part in parts for day in part.days}


class Reach(Dated):
    """Where a letter reached, and from when; in `in_doubt_from` to `effective_from` the day is not known."""

    destinations: str
    in_doubt_from: date | None = None

    @property
    def days(self) -> tuple[date, ...]:
        """The days on which it begins, may begin, or ends."""
        return tuple(day for day in (self.in_doubt_from, self.effective_from, self.effective_until) if day)


class Letter(Record):
    """A letter by which BIS informed one maker of a licence requirement; it binds its addressee only.

    Args:
        addressee: the maker, as the catalogue writes it.
        disclosed_on: the day on which the public could first know of it.
        criteria: what it reached, as far as is public.
    """

    id: str
    instrument: str
    title: str
    addressee: str
    disclosed_on: date | None
    criteria: Criterion
    reaches: tuple[Reach, ...]
    cites: tuple[Cite, ...]
    note: str | None = None

    @property
    def decides(self) -> bool:
        """Whether anything better than recollection speaks of the letter."""
        return any(cite.grade.decides for cite in self.cites)


class ImportPractice(Dated):
    """What the destination itself asked of buyers; never part of a licence requirement."""

    id: str
    destinations: str
    criteria: Criterion
    says: str
    cites: tuple[Cite, ...]
