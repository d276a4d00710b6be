"""What the rules said of a chip for a destination on a day, in four layers that are never mixed.

Codified text, enforced policy, letters to one maker, and what the destination itself asked of buyers: each layer has
its own three-valued answer with reasons and cites. Takes an Item, a destination and a day; gives a Status. Two
clocks: `on` is the day in the world, `known` what had been made public by then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chipledger.core.sources import Cite
from chipledger.core.truth import Truth, Verdict, all_of, any_of
from chipledger.rules.classify import Met, before_any, cite_text, met_by
from chipledger.rules.control import (
    Control,
    ImportPractice,
    Letter,
    LicenseException,
    Policy,
    Reach,
    Review,
    TextLayer,
)
from chipledger.rules.criteria import evaluate
from chipledger.rules.item import Item
from chipledger.rules.law import Law, law

LISTED = (
    "the end user is listed: a licence is needed for any item subject to the EAR, as its entry says (744.11)"
)
NOT_ASKED = "holds for an end user that is not listed"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a status.

    `paragraphs` are met, `undecided` may be met; a letter's place is taken by its title.
    """

    license_required: Truth
    paragraphs: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    review_policy: str | None = None
    notes: tuple[str, ...] = ()
    cites: tuple[Cite, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "license_required": self.license_required.value.value,
            "paragraphs": list(self.paragraphs),
            "undecided": list(self.undecided),
            "exceptions": list(self.exceptions),
            "review_policy": self.review_policy,
            "reasons": [*self.license_required.reasons, *self.notes],
            "cites": [cite_text(cite) for cite in self.cites],
        }


@dataclass(frozen=True, slots=True)
class LicenseState:
    """A status in a line: what a finding carries and a history is made of.

    `license_required` is yes as soon as the enforced text or a letter asks for a licence, no only when neither does.
    """

    license_required: Verdict
    basis: tuple[str, ...]
    codified: Verdict
    enforced: Verdict
    letters: Verdict
    destination_practice: Verdict
    review_policy: str | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "license_required": self.license_required.value,
            "basis": list(self.basis),
            "codified": self.codified.value,
            "enforced": self.enforced.value,
            "letters": self.letters.value,
            "destination_practice": self.destination_practice.value,
            "review_policy": self.review_policy,
        }


@dataclass(frozen=True, slots=True)
class Status:
    """The four layers for one item, destination and day."""

    chip: str
    on: date
    destination: str
    codified: Layer
    enforced: Layer
    letters: Layer
    destination_practice: Layer

    @property
    def layers(self) -> dict[str, Layer]:
        """The layers by name, in their fixed order."""
        return {"codified": self.codified, "enforced": self.enforced, "letters": self.letters,
                "destination_practice": self.destination_practice}  # fmt: skip

    @property
    def license_required(self) -> Truth:
        """Whether a licence was needed in practice: by the enforced text or by a letter to the maker."""
        return any_of([self.enforced.license_required, self.letters.license_required])

    @property
    def state(self) -> LicenseState:
        """The status in a line."""
        truth = self.license_required
        met = (*self.enforced.paragraphs, *self.letters.paragraphs)
        basis = met if truth.is_yes else truth.reasons if truth.is_unknown else ()
        return LicenseState(
            license_required=truth.value,
            basis=basis,
            codified=self.codified.license_required.value,
            enforced=self.enforced.license_required.value,
            letters=self.letters.license_required.value,
            destination_practice=self.destination_practice.license_required.value,
            review_policy=self.enforced.review_policy,
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields, as `chipledger status` prints them."""
        return {
            "chip": self.chip,
            "on": self.on.isoformat(),
            "destination": self.destination,
            "license_required": self.license_required.value.value,
            "layers": {name: layer.as_dict() for name, layer in self.layers.items()},
        }


def status(
    item: Item,
    destination: str = "CN",
    *,
    on: date,
    end_user_listed: Truth | None = None,
    known: date | None = None,
) -> Status:
    """What the rules said of the item for the destination on the day.

    Args:
        item: the facts of the chip.
        destination: ISO country code.
        on: the day in the world.
        end_user_listed: whether the end user is on the Entity List; None answers for one that is not and says so.
        known: answer with what was public on that day only; None for all that is recorded.

    Raises:
        InputError: unknown destination.

    Source: 15 CFR 742.6(a)(6), 742.6(b)(10), 744.11, 744.23; letters as disclosed by their addressees.

    >>> from chipledger.rules.item import given
    >>> h20 = Item(name="H20", vendor="NVIDIA", total_processing_performance=given(2368.0),
    ...            applicable_die_area_mm2=given(814.0), marketed_for_data_center=Truth.yes("sold for data centres"))
    >>> may = status(h20, "CN", on=date(2025, 5, 1))
    >>> may.enforced.license_required.value.value, may.letters.license_required.value.value
    ('no', 'yes')
    """
    rules = law()
    country = rules.groups.destination(destination)
    codified = _text_layer(rules, TextLayer.CODIFIED, item, country, on, known)
    enforced = _text_layer(rules, TextLayer.ENFORCED, item, country, on, known)
    return Status(
        chip=item.id or item.name,
        on=on,
        destination=country,
        codified=_for_end_user(codified, end_user_listed),
        enforced=_for_end_user(enforced, end_user_listed),
        letters=_letters_layer(rules, item, country, on, known),
        destination_practice=_practice_layer(rules, item, country, on),
    )


def _for_end_user(layer: Layer, listed: Truth | None) -> Layer:
    if listed is None or listed.is_no:
        return replace(layer, notes=(*layer.notes, NOT_ASKED)) if layer.license_required.is_no else layer
    because = Truth(
        listed.value, (LISTED if listed.is_yes else "needs end_user_listed (whether the end user is listed)",)
    )
    return replace(layer, license_required=any_of([layer.license_required, because]))


def _text_layer(
    rules: Law, layer: TextLayer, item: Item, country: str, on: date, known: date | None
) -> Layer:
    parts = [_control_layer(rules, control, layer, item, country, on, known) for control in rules.controls.values()
             if control.version(on)]  # fmt: skip
    if not parts:
        return Layer(before_any(on))
    required = any_of(part.license_required for part in parts)
    governing = _governing(parts)
    return Layer(
        license_required=required,
        paragraphs=_chain(part.paragraphs for part in governing or parts),
        undecided=_chain(part.undecided for part in governing or parts),
        exceptions=_exceptions_of(governing),
        review_policy=" or ".join(
            dict.fromkeys(part.review_policy for part in governing if part.review_policy)
        )
        or None,
        notes=_chain(part.notes for part in governing),
        cites=_chain(part.cites for part in governing or parts),
    )


def _governing(parts: Sequence[Layer]) -> list[Layer]:
    """The controls that may ask for a licence, from the upper class down to the first that surely does."""
    governing = []
    for part in parts:
        if not part.license_required.is_no:
            governing.append(part)
        if part.license_required.is_yes:
            break
    return governing


def _exceptions_of(governing: Sequence[Layer]) -> tuple[str, ...]:
    if len(governing) == 1:
        return governing[0].exceptions
    return tuple(f"{one}, if the upper class is not met" for part in governing[1:] for one in part.exceptions)


def _control_layer(
    rules: Law, control: Control, layer: TextLayer, item: Item, country: str, on: date, known: date | None
) -> Layer:
    met = met_by(control, item, on)
    is_met = any_of(one.truth for one in met)
    asked = [
        row
        for row in control.requirements
        if layer in row.layers and row.holds_on(on) and _public(rules, row.instrument, known)
    ]
    reached = any_of([_reaches(rules, row.destinations, country, on) for row in asked]
                     or [Truth.no(f"no requirement for {control.eccn} was in effect on {on}")])  # fmt: skip
    by_text = all_of([is_met, reached])
    required = _subject_to_ear(item, country, by_text)
    applies = not required.is_no and required is by_text
    review, says = _review(rules, control, layer, item, country, on) if applies else (None, ())
    return Layer(
        license_required=required,
        paragraphs=_eccns(met, Verdict.YES),
        undecided=_eccns(met, Verdict.UNKNOWN),
        exceptions=() if not applies else _exceptions(rules, control.exceptions, item, country, on),
        review_policy=review,
        notes=says,
        cites=_chain(
            [
                tuple(one.cite for one in met if one.truth.value is is_met.value),
                tuple(row.cite for row in asked),
            ]
        ),
    )


def _subject_to_ear(item: Item, country: str, required: Truth) -> Truth:
    if required.is_no or not item.vendor_country or item.vendor_country != country:
        return required
    return Truth.unknown(
        f"{item.name} is made by a firm of the destination ({country}): a licence is a question only if the part is subject to "
        "the EAR, which depends on how it was made (734.9) and is not decided here"
    )


def _reaches(rules: Law, scope_id: str, country: str, on: date) -> Truth:
    return rules.groups.reaches(rules.groups.scope(scope_id), country, on)


def _public(rules: Law, instrument: str, known: date | None) -> bool:
    published = rules.instruments[instrument].published_on
    return known is None or published is None or published <= known


def _review(
    rules: Law, control: Control, layer: TextLayer, item: Item, country: str, on: date
) -> tuple[str, tuple[str, ...]]:
    possible: list[Review] = []
    for row in control.reviews:
        if layer not in row.layers or not row.holds_on(on):
            continue
        applies = _reaches(rules, row.destinations, country, on) & (
            evaluate(row.when, item) if row.when else Truth.yes()
        )
        if not applies.is_no:
            possible.append(row)
        if applies.is_yes:
            break
    if not possible:
        return Policy.NOT_RECORDED.value, ("no review policy for this destination and day is recorded",)
    policies = dict.fromkeys(row.policy.value for row in possible)
    return " or ".join(policies), tuple(row.says for row in possible)


def _exceptions(
    rules: Law, exceptions: Iterable[LicenseException], item: Item, country: str, on: date
) -> tuple[str, ...]:
    found = []
    for one in exceptions:
        if not one.holds_on(on):
            continue
        applies = _reaches(rules, one.destinations, country, on) & (
            evaluate(one.when, item) if one.when else Truth.yes()
        )
        if applies.is_yes:
            found.append(f"{one.name} ({one.section}): {one.state}")
        elif applies.is_unknown:
            found.append(f"{one.name} ({one.section}): unknown, {'; '.join(applies.reasons)}")
    return tuple(found)


def _letters_layer(rules: Law, item: Item, country: str, on: date, known: date | None) -> Layer:
    letters = [
        letter
        for letter in rules.letters.values()
        if known is None or not letter.disclosed_on or letter.disclosed_on <= known
    ]
    answers = [(letter, _by_letter(rules, letter, item, country, on)) for letter in letters]
    required = any_of([truth for _, truth in answers if not truth.is_no] or [Truth.no(_no_letter(item))])
    decisive = [letter for letter, truth in answers if truth.value is required.value and not required.is_no]
    return Layer(
        license_required=required,
        paragraphs=tuple(letter.title for letter in decisive if required.is_yes),
        undecided=tuple(letter.title for letter, truth in answers if truth.is_unknown),
        cites=_chain(letter.cites for letter in decisive),
        notes=("a letter binds its addressee only",) if decisive else (),
    )


def _no_letter(item: Item) -> str:
    whose = item.vendor or "its maker"
    return f"no known letter to {whose} reached this part for this destination on this day; letters are not published"


def _by_letter(rules: Law, letter: Letter, item: Item, country: str, on: date) -> Truth:
    if item.vendor.lower() != letter.addressee.lower():
        return Truth.no(f"{letter.title} bound {letter.addressee} only")
    reached = any_of([_letter_reaches(rules, letter, reach, country, on) for reach in letter.reaches])
    if reached.is_no:
        return reached
    truth = all_of([reached, evaluate(letter.criteria, item)])
    if truth.is_yes and not letter.decides:
        return Truth.unknown(f"{letter.title} is only recalled; it would ask for a licence")
    return Truth(truth.value, (*truth.reasons, letter.title)) if not truth.is_no else truth


def _letter_reaches(rules: Law, letter: Letter, reach: Reach, country: str, on: date) -> Truth:
    begins, doubt = reach.effective_from, reach.in_doubt_from
    if doubt and begins and doubt <= on < begins:
        day = Truth.unknown(f"{letter.title}: the day is not public, between {doubt} and {begins}")
    else:
        day = Truth.of(
            reach.holds_on(on), f"{letter.title} was {'' if reach.holds_on(on) else 'not '}in effect on {on}"
        )
    return day if day.is_no else day & _reaches(rules, reach.destinations, country, on)


def _practice_layer(rules: Law, item: Item, country: str, on: date) -> Layer:
    found: Sequence[ImportPractice] = [
        one for one in rules.practices.values()
        if one.holds_on(on) and _reaches(rules, one.destinations, country, on).is_yes and evaluate(one.criteria, item).is_yes
    ]  # fmt: skip
    if not found:
        return Layer(Truth.no("no measure of the destination on this part is recorded"))
    says = tuple(one.says for one in found)
    return Layer(Truth.unknown(*says), cites=_chain(one.cites for one in found))


def _eccns(met: Iterable[Met], verdict: Verdict) -> tuple[str, ...]:
    return tuple(one.eccn for one in met if one.truth.value is verdict)


def _chain(parts: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    found: list[Any] = []
    for part in parts:
        found += [one for one in part if one not in found]
    return tuple(found)
