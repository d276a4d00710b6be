"""A rule that is proposed and not law: what it would ask of each chip of the catalogue, and what would change.

Takes a Proposal (a file in data/proposals, or anyone's own) and a destination; gives for each chip the answer of the law on
a day, the answer that the proposal would give, whether the two differ, and how far the chip lies from the nearest line. A
proposal asks for nothing until it is enacted: no answer of `status` ever looks at one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import model_validator

from chipledger.catalogue.chip import Chip, chips
from chipledger.core.errors import InputError
from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.core.truth import Truth, Verdict, all_of, any_of
from chipledger.rules.criteria import Criterion, evaluate
from chipledger.rules.diff import ChipAnswer, answer
from chipledger.rules.distance import Distance, Drawn, Rule, distances_to
from chipledger.rules.instrument import Standing
from chipledger.rules.item import Item, item_of
from chipledger.rules.law import DATA, law
from chipledger.rules.sourced import Sourced, load_sourced

ON_ENACTMENT = "enactment"


class ProposedPolicy(StrEnum):
    """How the proposal would have applications reviewed."""

    DENIAL = "denial"
    PRESUMPTION_OF_DENIAL = "presumption_of_denial"
    CASE_BY_CASE = "case_by_case"
    PRESUMPTION_OF_APPROVAL = "presumption_of_approval"
    NOT_STATED = "not_stated"


class ProposedReach(Record):
    """Where the requirement would reach: a scope of the law, or countries; and parties headquartered there, anywhere."""

    destinations: str | None = None
    countries: tuple[str, ...] = ()
    with_headquarters: bool = False
    says: str
    cite: Cite

    @model_validator(mode="after")
    def _names_places_once(self) -> "ProposedReach":
        if bool(self.destinations) is bool(self.countries):
            raise ValueError(
                "name the places once: destinations (a scope of the law) or countries (ISO codes)"
            )
        return self


class ProposedParagraph(Record):
    """One paragraph of the proposal, by the name that answers show, and the criteria that it states."""

    name: str
    criteria: Criterion
    cite: Cite


class Proposal(Sourced):
    """One proposed rule.

    Args:
        citation: as it is called ("S. 3374").
        standing: proposed, until it is enacted or gone.
        introduced_on: the day it was first published.
        effective_from: the day it would take effect; None for the day of its enactment.
        paragraphs: what it would reach; one is enough.
        controls: controls of the law whose items it would reach too.
        unless: what it leaves out.
        policy: how applications would be reviewed.
        left_out: parts of its text that this file does not hold, told with every answer.
    """

    citation: str
    title: str
    standing: Standing
    introduced_on: date | None = None
    effective_from: date | None = None
    paragraphs: tuple[ProposedParagraph, ...] = ()
    controls: tuple[str, ...] = ()
    unless: Criterion | None = None
    reach: ProposedReach
    policy: ProposedPolicy
    left_out: tuple[str, ...] = ()
    cites: tuple[Cite, ...]

    @model_validator(mode="after")
    def _is_a_proposal(self) -> "Proposal":
        if self.standing not in (Standing.PROPOSED, Standing.UNKNOWN):
            raise ValueError(
                "a rule that is enacted or gone is no proposal: write it as an instrument and a control"
            )
        if not self.paragraphs and not self.controls:
            raise ValueError("paragraphs or controls: a proposal reaches something")
        return self

    def reaches(self, country: str, on: date) -> Truth:
        """Whether an end user of the country would be reached on the day."""
        groups = law().groups
        if self.reach.destinations:
            return groups.reaches(groups.scope(self.reach.destinations), country, on)
        code = groups.treated_as.get(country, country)
        is_named = not {country, code}.isdisjoint(self.reach.countries)
        return Truth.of(
            is_named, f"{country} is {'' if is_named else 'not '}among {', '.join(self.reach.countries)}"
        )

    def meets(self, item: Item, on: date) -> tuple[Truth, tuple[str, ...]]:
        """Whether the proposal would reach the item by its figures, and by which of its paragraphs that may be."""
        found = [(rule.name, evaluate(rule.criteria, item)) for rule in self.rules(on)]
        reached = any_of(truth for _, truth in found)
        out = evaluate(self.unless, item) if self.unless else Truth.no()
        truth = all_of([reached, ~out])
        names = tuple(name for name, one in found if one.value is reached.value)
        return truth, () if truth.is_no else names

    def rules(self, on: date) -> Iterator[Rule]:
        """What draws its lines: its own paragraphs, and those of the controls that it takes in."""
        for one in self.paragraphs:
            yield Rule(Drawn.PROPOSAL, one.name, one.criteria, self.cited(one.cite))
        for name in self.controls:
            version = law().controls[name].version(on)
            for paragraph in version.paragraphs if version else ():
                yield Rule(Drawn.PROPOSAL, paragraph.eccn, paragraph.criteria, self.cited(paragraph.cite))


@dataclass(frozen=True, slots=True)
class ChipUnderProposal:
    """One chip by the law of the day and by the proposal.

    Args:
        today: what the law says.
        meets: whether the proposal would reach the chip by its figures; `by` names the paragraphs.
        license_required: whether a licence would be needed under both; `review_policy` is the proposal's where it surely reaches.
        moves: whether the licence answer or the review of applications would be another one.
        nearest: the line of the proposal that the chip lies nearest to.
    """

    chip: Chip
    today: ChipAnswer
    meets: Truth
    by: tuple[str, ...]
    license_required: Verdict
    review_policy: str | None
    moves: Truth
    nearest: Distance | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "chip": self.chip.id,
            "released": self.chip.released,
            "moves": self.moves.value.value,
            "today": self.today.as_dict(),
            "meets": self.meets.value.value,
            "by": list(self.by),
            "license_required": self.license_required.value,
            "review_policy": self.review_policy,
            "reasons": list(self.moves.reasons),
            "nearest": self.nearest.as_dict() if self.nearest else None,
        }


@dataclass(frozen=True)
class WhatIf:
    """A proposal over the whole catalogue, for one destination."""

    proposal: Proposal
    on: date
    destination: str
    reached: Truth
    chips: tuple[ChipUnderProposal, ...]

    @property
    def begins(self) -> str:
        """From when it would hold: a day, or its enactment."""
        return self.proposal.effective_from.isoformat() if self.proposal.effective_from else ON_ENACTMENT

    @cached_property
    def moved(self) -> tuple[ChipUnderProposal, ...]:
        """The chips for which something would change."""
        return tuple(one for one in self.chips if one.moves.is_yes)

    @cached_property
    def undecided(self) -> tuple[ChipUnderProposal, ...]:
        """The chips for which it cannot be told; their reasons name the missing facts."""
        return tuple(one for one in self.chips if one.moves.is_unknown)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields, as `chipledger rules what-if` prints them."""
        one = self.proposal
        return {
            "proposal": one.id,
            "citation": one.citation,
            "title": one.title,
            "standing": one.standing.value,
            "effective_from": self.begins,
            "on": self.on.isoformat(),
            "destination": self.destination,
            "reached": self.reached.value.value,
            "reach": one.reach.says,
            "policy": one.policy.value,
            "left_out": list(one.left_out),
            "cites": [one.cited(cite) for cite in one.cites],
            "moved": [chip.chip.id for chip in self.moved],
            "undecided": [chip.chip.id for chip in self.undecided],
            "chips": [chip.as_dict() for chip in self.chips],
        }


def proposals(folder: Path = DATA / "proposals") -> dict[str, Path]:
    """The files of the bundled proposals by name."""
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def proposal(given: str) -> Proposal:
    """A proposal from its bundled name or from a file of one's own.

    Raises:
        InputError: neither.
        DataError: the file does not fit; the message names file and line.

    >>> proposal("us-safe-chips-act-s3374").policy.value
    'denial'
    """
    bundled = proposals()
    path = bundled.get(given) or Path(given)
    if not path.is_file():
        near = get_close_matches(given, bundled, n=3, cutoff=0.3)
        raise InputError(
            f"{given[:80]!r} is neither a file nor a bundled proposal",
            expected=f"a YAML file, or one of {', '.join(bundled)}",
            remedy=f"did you mean {' or '.join(near)}?" if near else "",
        )
    return load_sourced(path, Proposal)


def what_if(one: Proposal, destination: str = "CN", *, on: date) -> WhatIf:
    """What the proposal would change for each chip of the catalogue.

    Args:
        one: the proposed rule.
        destination: ISO code of where end users are.
        on: the day whose law it is compared with.

    Raises:
        InputError: unknown destination.

    >>> found = what_if(proposal("us-safe-chips-act-s3374"), "CN", on=date(2026, 2, 1))
    >>> h200 = next(one for one in found.moved if one.chip.id == "nvidia-h200-sxm")
    >>> h200.today.review_policy.split()[0], h200.review_policy
    ('case_by_case', 'denial')
    """
    country = law().groups.destination(destination)
    reached = one.reaches(country, on)
    found = tuple(_under(one, chip, country, reached, on) for chip in chips().values())
    return WhatIf(one, on, country, reached, found)


def _under(one: Proposal, chip: Chip, country: str, reached: Truth, on: date) -> ChipUnderProposal:
    item = item_of(chip)
    today = answer(item, country, on)
    by_figures, by = one.meets(item, on)
    meets = all_of([by_figures, reached, _exported(item, country)])
    required = any_of([Truth(today.license_required), meets])
    policy = one.policy.value if meets.is_yes else today.review_policy
    return ChipUnderProposal(
        chip=chip,
        today=today,
        meets=meets,
        by=() if meets.is_no else by,
        license_required=required.value,
        review_policy=policy,
        moves=_moves(today, meets, one.policy),
        nearest=_nearest(one, item, on),
    )


def _exported(item: Item, country: str) -> Truth:
    if item.vendor_country and item.vendor_country == country:
        return Truth.unknown(f"{item.name} is made by a firm of the destination: whether it is subject to the EAR is not decided here")  # fmt: skip
    return Truth.yes()


def _moves(today: ChipAnswer, meets: Truth, policy: ProposedPolicy) -> Truth:
    """Another answer: a licence where none was surely needed, or another review of the applications."""
    if meets.is_no:
        return meets
    stays = today.license_required is Verdict.YES and policy.value in (
        today.review_policy,
        ProposedPolicy.NOT_STATED,
    )
    if stays:
        return Truth.no(f"a licence is needed and reviewed so already: {'; '.join(today.basis)}")
    return meets


def _nearest(one: Proposal, item: Item, on: date) -> Distance | None:
    """The line nearest to the item's figures, those first whose crossing would turn the answer of their paragraph."""
    found = [near for rule in one.rules(on) for near in distances_to(rule, item) if near.per_cent is not None]
    return min(found, key=lambda near: (not near.decides_alone, abs(near.per_cent or 0.0)), default=None)
