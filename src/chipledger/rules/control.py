"""What the text held of a class of items: paragraphs with criteria, requirements, review policies, exceptions.

Takes data files (data/controls, data/end_uses, data/letters, data/practices, data/guidance); gives frozen records, each
part dated. A control's versions never overlap: on any day at most one text is in effect. A requirement that turns on
the party or the use, whatever the class, is an EndUse. Letters are private notices: they bind their addressee only.
Import practices of the destination are kept apart from any licence logic, and guidance requires nothing by itself.
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


class Opening(StrEnum):
    """What an exception amounts to where its conditions hold."""

    OPEN = "open"
    ELIGIBLE_TO_NOTIFY = "eligible_to_notify"


class Proviso(Record):
    """Something the exporter must bring: a fact of the transaction, or one that no input here settles."""

    says: str
    when: Criterion | None = None


class Paragraph(Record):
    """One paragraph of a control and the criteria that it states."""

    eccn: str
    criteria: Criterion
    cite: Cite


class Enacted(Dated):
    """The base of what an instrument put into the text, and another may have ended.

    `instrument` is None for a text older than the instruments told here. `ended_by` is the instrument behind
    `effective_until`: to those who did not know of it, the part had no end.
    """

    instrument: str | None = None
    ended_by: str | None = None

    @model_validator(mode="after")
    def _end_has_a_cause(self) -> "Enacted":
        if (self.effective_until is None) is not (self.ended_by is None):
            raise ValueError("effective_until and ended_by stand together: what ended it, and when")
        return self


class Version(Dated):
    """The paragraphs of a control as one instrument left them."""

    instrument: str
    paragraphs: tuple[Paragraph, ...]


class Requirement(Enacted):
    """A licence requirement for whatever meets the control: to which destinations, in which layers.

    Args:
        destinations: the scope of the place that the item goes to.
        when: what must hold of the transaction besides; `unless` what takes it out.
        displaced_by: an announcement after which it never came to bind.
    """

    layers: tuple[TextLayer, ...]
    destinations: str
    when: Criterion | None = None
    unless: Criterion | None = None
    displaced_by: str | None = None
    cite: Cite


class Review(Enacted):
    """How applications were reviewed for what meets `when`; the first that fits decides.

    `provided` is what the applicant must bring: where it was not asked about, it is told as a proviso.
    """

    layers: tuple[TextLayer, ...] = (TextLayer.CODIFIED, TextLayer.ENFORCED)
    destinations: str
    when: Criterion | None = None
    provided: tuple[Proviso, ...] = ()
    policy: Policy
    says: str
    cite: Cite


class LicenseException(Enacted):
    """An exception for what meets `when`; where it opens, `opens_as` says what using it amounts to."""

    name: str
    section: str
    layers: tuple[TextLayer, ...] = (TextLayer.CODIFIED, TextLayer.ENFORCED)
    destinations: str
    when: Criterion | None = None
    provided: tuple[Proviso, ...] = ()
    opens_as: Opening = Opening.OPEN
    says: str
    cite: Cite


class Exclusion(Enacted):
    """A case that the requirements of every control leave out, and why."""

    when: Criterion
    says: str
    cite: Cite


class ApprovedParty(Enacted):
    """Names of parties that Supplement 8 to Part 740 approves, for a time."""

    id: str
    names: tuple[str, ...]
    cite: Cite


class ZHost(Record):
    """The .z paragraphs of one host entry, for each class."""

    host: str
    a: tuple[str, ...]
    b: tuple[str, ...]


class ZParagraphs(Enacted):
    """The .z paragraphs by host as one instrument left them (data/z_paragraphs.yaml)."""

    cite: Cite
    hosts: tuple[ZHost, ...]


class Attester(StrEnum):
    """Who says what a part is."""

    NO_ONE = "no_one"
    APPROVED_DESIGNER = "approved_designer"
    AUTHORIZED_DESIGNER = "authorized_designer"
    FABRICATOR = "fabricator"
    APPROVED_OSAT = "approved_osat"
    END_USER = "end_user"


class Overcome(Enacted):
    """One way to overcome a presumption: who attests, where it is packaged, what the part must meet."""

    attested_by: tuple[Attester, ...]
    packaged_outside: str | None = None
    when: Criterion | None = None
    undecided: str | None = None
    says: str
    cite: Cite


class Presumption(Enacted):
    """What some exporters must presume of a part: to which parts it applies, and the ways to overcome it."""

    id: str
    applies: Criterion
    overcome: tuple[Overcome, ...]
    cite: Cite


class Control(Record):
    """One class of chips under control, over time.

    Args:
        id: the file's name.
        eccn: of the integrated circuit; `board` of a board, module or computer that holds it.
        letter: "a" or "b" where an item of the class has .z paragraphs of that letter; None where it makes none.
        software: the entry of software for such an item, `technology` that of technology.
        versions: the text over time, in order, never overlapping.
    """

    id: str
    eccn: str
    board: str | None
    letter: str | None = None
    software: str | None = None
    technology: str | None = None
    title: str
    ended_by: str | None = None
    """The instrument that ended its last version, where the class is gone."""
    versions: tuple[Version, ...]
    requirements: tuple[Requirement, ...]
    reviews: tuple[Review, ...] = ()
    exceptions: tuple[LicenseException, ...] = ()

    @model_validator(mode="after")
    def _one_version_a_day(self) -> "Control":
        if self.versions and (self.versions[-1].effective_until is None) is not (self.ended_by is None):
            raise ValueError(
                "ended_by names the instrument that ended the last version, and stands with its effective_until"
            )
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


class EndUse(Record):
    """Requirements that turn on the party, the use or an embargo, whatever the class of the item."""

    id: str
    title: str
    requirements: tuple[Requirement, ...]

    @property
    def days(self) -> set[date]:
        """Every day on which a part begins or ends."""
        return {day for part in self.requirements for day in part.days}


class Guidance(Enacted):
    """What the agency said of a case without asking for a licence by it."""

    id: str
    when: Criterion
    says: str
    cites: tuple[Cite, ...]


class Reach(Dated):
    """Where a letter reached, and from when; in `in_doubt_from` to `effective_from` the day is not known."""

    destinations: str
    headquartered: str | None = None
    """The scope of a party's headquarters that it reached wherever the item went."""
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
