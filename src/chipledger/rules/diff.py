"""What changed between two days: the text of the rules, and with it the answers for the chips of the catalogue.

Takes two days, each given as a date or as an instrument (its reference or id); gives a Difference: parts of the rules that
began, ended or changed, and every chip whose class or licence answer is another one, from what to what.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from chipledger.catalogue.chip import Chip, chips
from chipledger.core.errors import InputError
from chipledger.core.sources import Cite
from chipledger.core.truth import Verdict
from chipledger.rules.classify import cite_text, classify
from chipledger.rules.control import Control
from chipledger.rules.destination import Dated
from chipledger.rules.instrument import Instrument
from chipledger.rules.item import Item, item_of
from chipledger.rules.law import law
from chipledger.rules.status import status
from chipledger.rules.wording import told, worded


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, and what it was given as."""

    given: str
    on: date

    def as_dict(self) -> dict[str, str]:
        """JSON-ready fields."""
        return {"given": self.given, "on": self.on.isoformat()}


@dataclass(frozen=True, slots=True)
class Change:
    """A part of the rules that began, ended or changed; `before` or `after` is None where there was none."""

    part: str
    name: str
    before: str | None
    after: str | None
    cite: Cite | None = None

    @property
    def kind(self) -> str:
        """What happened to it."""
        return "began" if self.before is None else "ended" if self.after is None else "changed"

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"change": self.kind, "part": self.part, "name": self.name, "before": self.before, "after": self.after,
                "cite": cite_text(self.cite) if self.cite else None}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChipAnswer:
    """What the rules said of a chip on one day: its class, whether a licence was required, on what that rests, the review."""

    classified: tuple[str, ...]
    truth: Verdict
    license_required: Verdict
    basis: tuple[str, ...]
    review_policy: str | None

    @property
    def decided(self) -> tuple[object, ...]:
        """What makes it another answer: two unknowns are the same one, whatever is missing for each."""
        rests_on = (self.basis, self.review_policy) if self.license_required is Verdict.YES else ()
        return (self.classified, self.truth, self.license_required, rests_on)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "ic": list(self.classified),
            "truth": self.truth.value,
            "license_required": self.license_required.value,
            "basis": list(self.basis),
            "review_policy": self.review_policy,
        }


@dataclass(frozen=True, slots=True)
class ChipChange:
    """A chip whose answer is another one."""

    chip: Chip
    before: ChipAnswer
    after: ChipAnswer

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"chip": self.chip.id, "released": self.chip.released, "before": self.before.as_dict(),
                "after": self.after.as_dict()}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """What lies between two days for one destination."""

    before: Moment
    after: Moment
    destination: str
    changes: tuple[Change, ...]
    chips: tuple[ChipChange, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields, as `chipledger rules diff` prints them."""
        return {
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
            "destination": self.destination,
            "text": [change.as_dict() for change in self.changes],
            "chips": [change.as_dict() for change in self.chips],
        }


def moment(given: str) -> Moment:
    """The day that a date or an instrument stands for: of an instrument the first on which all of it was in effect.

    Args:
        given: an ISO date, a reference ("R6") or the id of an instrument.

    Raises:
        InputError: neither a day nor an instrument.

    >>> moment("R6").on, moment("2025-05-01").on
    (datetime.date(2023, 11, 17), datetime.date(2025, 5, 1))
    """
    try:
        return Moment(given, date.fromisoformat(given))
    except ValueError:
        instrument = _instrument(given)
    return Moment(f"{instrument.reference} ({instrument.citation})", _in_effect(instrument))


def difference(before: Moment, after: Moment, destination: str = "CN") -> Difference:
    """What the rules say on the second day and did not on the first, or the other way round.

    Args:
        before: the first day.
        after: the second day.
        destination: ISO code; parts that reach it count, and licences are asked for it.

    Raises:
        InputError: unknown destination.

    >>> found = difference(moment("R3"), moment("R6"))
    >>> [change.name for change in found.changes if change.part == "paragraph"]
    ['3A090', '3A090.a.1', '3A090.a.2', '3A090.b.1', '3A090.b.2']
    >>> next((one.before.license_required.value, one.after.license_required.value) for one in found.chips if one.chip.id == "nvidia-h800-sxm")
    ('no', 'yes')
    """
    country = law().groups.destination(destination)
    return Difference(
        before,
        after,
        country,
        tuple(_changes(before.on, after.on, country)),
        tuple(_chips(before.on, after.on, country)),
    )


def answer(item: Item, destination: str, on: date) -> ChipAnswer:
    """What the rules said of one item on one day."""
    found, state = classify(item, on), status(item, destination, on=on).state
    return ChipAnswer(found.ic, found.truth.value, state.license_required, state.basis, state.review_policy)


def _instrument(given: str) -> Instrument:
    instruments = law().instruments.values()
    for one in instruments:
        if given.casefold() in (one.reference.casefold(), one.id):
            return one
    names = [name for one in instruments for name in (one.reference, one.id)]
    near = get_close_matches(given, names, n=3, cutoff=0.5)
    raise InputError(
        f"{given[:80]!r} is no day and no instrument",
        expected="a date such as 2023-11-17, a reference such as R6, or an instrument's id",
        remedy=f"did you mean {' or '.join(near)}?"
        if near
        else "`chipledger timeline` lists the instruments",
    )


def _in_effect(instrument: Instrument) -> date:
    """The first day on which every part that the instrument brought was in effect, else the day it takes effect itself."""
    parts = [part for control in law().controls.values() for _, part in _dated(control)]
    begun = [part.effective_from for part in parts if getattr(part, "instrument", None) == instrument.id]
    for letter in law().letters.values():
        if letter.instrument == instrument.id:
            begun += [reach.effective_from for reach in letter.reaches]
    return max((day for day in begun if day), default=instrument.effective_from or instrument.dated_on())


def _dated(control: Control) -> Iterator[tuple[str, Dated]]:
    """The dated parts of a control, each with the name of its section."""
    for section, value in control:
        if isinstance(value, tuple):
            yield from ((section.removesuffix("s"), part) for part in value if isinstance(part, Dated))


def _changes(before: date, after: date, country: str) -> Iterator[Change]:
    was, now = (dict(_parts(day, country)) for day in (before, after))
    for key in dict.fromkeys([*was, *now]):
        then, today = was.get(key), now.get(key)
        if then is None or today is None or then[0] != today[0]:
            part, name, *_ = key
            yield Change(part, name, then and then[0], today and today[0], (today or then or (None, None))[1])


Key = tuple[str, ...]


def _parts(on: date, country: str) -> Iterator[tuple[Key, tuple[str, Cite | None]]]:
    """What is in effect on a day: a key by which it is found again on another day, what it says, and where."""
    for control in law().controls.values():
        version = control.version(on)
        for paragraph in version.paragraphs if version else ():
            yield ("paragraph", paragraph.eccn), (worded(paragraph.criteria), paragraph.cite)
        for section, part in _dated(control):
            if section != "version" and part.holds_on(on) and _may_reach(part, country, on):
                says = told(part)
                yield (section, control.eccn, says), (says, getattr(part, "cite", None))
    for letter in law().letters.values():
        if any(reach.holds_on(on) and _may_reach(reach, country, on) for reach in letter.reaches):
            yield ("letter", letter.title), (worded(letter.criteria), letter.cites[0])
    yield from _whatever_the_class(on, country)
    yield from _standings(on, country)


def _whatever_the_class(on: date, country: str) -> Iterator[tuple[Key, tuple[str, Cite | None]]]:
    """Requirements that turn on the party or the use, guidance, and approved parties."""
    rules = law()
    for end_use in rules.end_uses.values():
        for row in end_use.requirements:
            if row.holds_on(on) and _may_reach(row, country, on):
                yield ("end use", end_use.title, told(row)), (told(row), row.cite)
    for one in rules.guidance.values():
        if one.holds_on(on):
            yield ("guidance", one.id), (one.says, one.cites[0])
    for party in rules.approved_parties:
        if party.holds_on(on) and rules.concerns(rules.instruments[str(party.instrument)], country):
            yield ("approved party", party.id), (", ".join(party.names), party.cite)


def _standings(on: date, country: str) -> Iterator[tuple[Key, tuple[str, Cite | None]]]:
    for one in law().chronicle():
        standing = one.standing.at(on)
        if standing and law().concerns(one, country):
            yield (
                ("standing", f"{one.reference} {one.citation}"),
                (standing.value.replace("_", " "), one.cites[0]),
            )
    groups = law().groups
    for row in groups.memberships:
        if row.holds_on(on) and groups.treated_as.get(country, country) in row.countries:
            yield ("country group", row.group), (f"{country} in {row.group}", row.cite)


def _may_reach(part: Dated, country: str, on: date) -> bool:
    scope_id = getattr(part, "destinations", None)
    return scope_id is None or not law().on(on).reaches(scope_id, country).is_no


def _chips(before: date, after: date, country: str) -> Iterable[ChipChange]:
    for chip in chips().values():
        item = item_of(chip)
        was, now = answer(item, country, before), answer(item, country, after)
        if was.decided != now.decided:
            yield ChipChange(chip, was, now)
