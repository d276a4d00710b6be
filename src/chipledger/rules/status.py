"""What the rules said of a chip in a transaction on a day, in four layers that are never mixed.

Codified text, enforced policy, letters to one maker, and what the destination itself asked of buyers: each layer has
its own three-valued answer with reasons and cites. Takes an Item, a Transaction (or the ISO code of a destination) and
a day; gives a Status. Two clocks: `on` is the day in the world, `known` what had been made public by then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from chipledger.core.errors import InputError
from chipledger.core.sources import Cite
from chipledger.core.truth import Truth, Verdict, all_of, any_of
from chipledger.rules.classify import before_any, cite_text
from chipledger.rules.control import Letter, Policy
from chipledger.rules.criteria import Case
from chipledger.rules.effect import ControlText, InEffect
from chipledger.rules.item import Item
from chipledger.rules.law import Law, law
from chipledger.rules.standing import ExceptionAnswer, Footing, LayerStanding, Standing, answered, standing
from chipledger.rules.transaction import UNKNOWN_PLACE, ItemKind, Transaction, assumptions, to


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a status.

    `paragraphs` are met, `undecided` may be met; a letter's place is taken by its title.
    """

    license_required: Truth
    paragraphs: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    exceptions: tuple[ExceptionAnswer, ...] = ()
    review_policy: str | None = None
    notes: tuple[str, ...] = ()
    cites: tuple[Cite, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "license_required": self.license_required.value.value,
            "paragraphs": list(self.paragraphs),
            "undecided": list(self.undecided),
            "exceptions": [one.as_dict() for one in self.exceptions],
            "review_policy": self.review_policy,
            "reasons": [*self.license_required.reasons, *self.notes],
            "cites": list(dict.fromkeys(cite_text(cite) for cite in self.cites)),
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
    """The four layers for one item, transaction and day; guidance stands beside them and requires nothing by itself."""

    chip: str
    on: date
    transaction: Transaction
    codified: Layer
    enforced: Layer
    letters: Layer
    destination_practice: Layer
    guidance: tuple[str, ...] = ()

    @property
    def destination(self) -> str:
        """ISO code of where the item goes."""
        return self.transaction.destination

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
        basis = met if truth.is_yes and met else () if truth.is_no else truth.reasons
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
            "transaction": self.transaction.as_dict(),
            "license_required": self.license_required.value.value,
            "layers": {name: layer.as_dict() for name, layer in self.layers.items()},
            "guidance": list(self.guidance),
        }


def status(
    item: Item,
    transaction: str | Transaction = "CN",
    *,
    on: date,
    known: date | None = None,
) -> Status:
    """What the rules said of the item in the transaction on the day.

    Args:
        item: the facts of the chip.
        transaction: where to, for whom, by what act; an ISO code stands for an export there with nothing else asked.
        on: the day in the world.
        known: answer with what was public on that day only; None for all that is recorded.

    Raises:
        InputError: unknown country.

    Source: 15 CFR 742.6(a)(6), 742.6(b)(10), 744.11, 744.23; letters as disclosed by their addressees.

    >>> from chipledger.rules.item import given
    >>> h20 = Item(name="H20", vendor="NVIDIA", total_processing_performance=given(2368.0),
    ...            applicable_die_area_mm2=given(814.0), marketed_for_data_center=Truth.yes("sold for data centres"))
    >>> may = status(h20, "CN", on=date(2025, 5, 1))
    >>> may.enforced.license_required.value.value, may.letters.license_required.value.value
    ('no', 'yes')
    """
    whole = law()
    deal = _checked(whole, to(transaction))
    text = whole.as_known(known).on(on)
    stand = standing(text, deal)
    case = Case(item, deal, text)
    classes = [
        (one, truths, any_of(truths))
        for one in text.controls
        for truths in [[paragraph.criteria.test(case) for paragraph in one.paragraphs]]
    ]
    codified, enforced = _text_layers(stand, classes, case, text)
    return Status(
        chip=item.id or item.name,
        on=on,
        transaction=deal,
        codified=codified,
        enforced=enforced,
        letters=_letters_layer(stand, case),
        destination_practice=_practice_layer(stand, case),
        guidance=tuple(row.says for row in text.guidance if row.when.test(case).is_yes),
    )


_PLACES = ("destination", "end_user_in", "headquartered_in")


def _checked(rules: Law, transaction: Transaction) -> Transaction:
    """The transaction with its countries as the data write them; only the destination must be known."""
    known = rules.groups.countries
    odd = {
        name: code
        for name in _PLACES
        if (code := getattr(transaction, name)) is not None and code not in known and code != UNKNOWN_PLACE
    }
    if transaction.destination == UNKNOWN_PLACE:
        raise InputError("the destination is not given", expected="a two-letter ISO country code such as CN")
    if not odd:
        return transaction
    places: dict[str, Any] = {name: rules.groups.destination(code) for name, code in odd.items()}
    return replace(transaction, **places)


Classes = Sequence[tuple[ControlText, list[Truth], Truth]]


class _Part(NamedTuple):
    """What one control contributes to a layer."""

    required: Truth
    paragraphs: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    exceptions: tuple[ExceptionAnswer, ...] = ()
    review: str | None = None
    notes: tuple[str, ...] = ()
    cites: tuple[Cite, ...] = ()


def _text_layers(stand: Standing, classes: Classes, case: Case, text: InEffect) -> tuple[Layer, Layer]:
    """The text as codified and as enforced; what both say alike is worked out once."""
    codified = _parts(stand.codified, classes, case)
    layer = _text_layer(stand.codified, codified, case, text)
    if stand.enforced is stand.codified:
        return layer, layer
    footings = zip(stand.codified.controls, stand.enforced.controls, codified, classes, strict=True)
    enforced = [
        part if ours is theirs else _by_control(*found, theirs, case)
        for ours, theirs, part, found in footings
    ]
    return layer, _text_layer(stand.enforced, enforced, case, text)


def _parts(stand: LayerStanding, classes: Classes, case: Case) -> list[_Part]:
    pairs = zip(classes, stand.controls, strict=True)
    return [_by_control(*found, footing, case) for found, footing in pairs]


def _text_layer(stand: LayerStanding, parts: Sequence[_Part], case: Case, text: InEffect) -> Layer:
    required = any_of([*(part.required for part in parts), *(truth for truth, _ in stand.end_uses)])
    if required.is_no or not (parts or stand.end_uses):
        return _without_requirement(required, parts, case, text)
    governing = _governing(parts)
    reviews = dict.fromkeys(part.review for part in governing if part.review)
    return Layer(
        license_required=required,
        paragraphs=_chain([part.paragraphs for part in governing]),
        undecided=_chain([part.undecided for part in governing]),
        exceptions=_chain([part.exceptions for part in governing]),
        review_policy=" or ".join(reviews) or None,
        notes=_chain([part.notes for part in governing]),
        cites=_chain([*(part.cites for part in governing), tuple(cite for _, cite in stand.end_uses)]),
    )


def _without_requirement(required: Truth, parts: Sequence[_Part], case: Case, text: InEffect) -> Layer:
    assert case.transaction is not None
    return Layer(
        license_required=required if parts else before_any(text.on, text.first_control),
        paragraphs=_chain([part.paragraphs for part in parts]),
        undecided=_chain([part.undecided for part in parts]),
        notes=assumptions(case.transaction),
        cites=_chain([part.cites for part in parts]),
    )


def _governing(parts: Sequence[_Part]) -> list[_Part]:
    """The controls that may ask for a licence, from the upper class down to the first that surely does."""
    governing = []
    for part in parts:
        if not part.required.is_no:
            governing.append(part)
        if part.required.is_yes:
            break
    return governing


def _by_control(one: ControlText, truths: list[Truth], is_met: Truth, footing: Footing, case: Case) -> _Part:
    if is_met.is_no:
        return _Part(is_met, cites=one.cites)
    by_text = all_of([is_met, footing.reached])
    required = _subject_to_ear(case, by_text)
    paragraphs = _named(one, truths, Verdict.YES, case)
    undecided = _named(one, truths, Verdict.UNKNOWN, case)
    cites = (*(cite for cite, truth in zip(one.cites, truths, strict=True) if truth.value is is_met.value),
             *footing.cites)  # fmt: skip
    if required.is_no or required is not by_text:
        return _Part(required, paragraphs, undecided, cites=cites)
    review, says = _review(footing, case)
    exceptions = tuple([
        one if isinstance(one, ExceptionAnswer) else answered(one, one.applies(case))
        for one in footing.exceptions
    ])  # fmt: skip
    return _Part(required, paragraphs, undecided, exceptions, review, says, cites)


def _named(one: ControlText, truths: list[Truth], verdict: Verdict, case: Case) -> tuple[str, ...]:
    found = tuple([
        paragraph.eccn
        for paragraph, truth in zip(one.paragraphs, truths, strict=True)
        if truth.value is verdict
    ])  # fmt: skip
    kind = case.transaction.item_kind if case.transaction else ItemKind.COMMODITY
    if kind is ItemKind.COMMODITY:
        return found
    entry = one.control.software if kind is ItemKind.SOFTWARE else one.control.technology
    return tuple(f"{entry} for {eccn}" for eccn in found)


def _subject_to_ear(case: Case, required: Truth) -> Truth:
    item, destination = case.item, case.transaction.destination if case.transaction else ""
    if required.is_no or not item.vendor_country or item.vendor_country != destination:
        return required
    return Truth.unknown(
        f"{item.name} is made by a firm of the destination ({destination}): a licence is a question only if the part is "
        "subject to the EAR, which depends on how it was made (734.9) and is not decided here"
    )


def _review(footing: Footing, case: Case) -> tuple[str, tuple[str, ...]]:
    possible: dict[str, None] = {}
    says: list[str] = []
    for row in footing.reviews:
        applies = row.applies(case)
        if applies.is_no:
            continue
        possible[row.row.policy.value] = None
        says.append(row.row.says + (f"; provided: {'; '.join(row.left)}" if row.left else ""))
        if applies.is_yes:
            break
    if not possible:
        return Policy.NOT_RECORDED.value, ("no review policy for this transaction and day is recorded",)
    return " or ".join(possible), tuple(says)


def _letters_layer(stand: Standing, case: Case) -> Layer:
    assert case.transaction is not None
    sender = (case.transaction.exporter or case.item.vendor).lower()
    answers = [
        (letter, _by_letter(letter, reached, case)) for letter, reached in stand.letters.get(sender, ())
    ]
    possible = [truth for _, truth in answers if not truth.is_no]
    if not possible:
        return Layer(Truth.no(_no_letter(case)))
    required = any_of(possible)
    decisive = [letter for letter, truth in answers if truth.value is required.value]
    return Layer(
        license_required=required,
        paragraphs=tuple(letter.title for letter in decisive if required.is_yes),
        undecided=tuple(letter.title for letter, truth in answers if truth.is_unknown),
        cites=_chain(letter.cites for letter in decisive),
        notes=("a letter binds its addressee only",),
    )


def _no_letter(case: Case) -> str:
    sender = (case.transaction.exporter if case.transaction else None) or case.item.vendor or "its maker"
    return f"no known letter to {sender} reached this part for this destination on this day; letters are not published"


def _by_letter(letter: Letter, reached: Truth, case: Case) -> Truth:
    truth = all_of([reached, letter.criteria.test(case)])
    if truth.is_yes and not letter.decides:
        return Truth.unknown(f"{letter.title} is only recalled; it would ask for a licence")
    return truth if truth.is_no else Truth(truth.value, (*truth.reasons, letter.title))


def _practice_layer(stand: Standing, case: Case) -> Layer:
    found = [one for one in stand.practices if one.criteria.test(case).is_yes]
    if not found:
        return _NO_PRACTICE
    says = tuple(one.says for one in found)
    return Layer(Truth.unknown(*says), cites=_chain(one.cites for one in found))


_NO_PRACTICE = Layer(Truth.no("no measure of the destination on this part is recorded"))


def _chain(parts: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple({id(one): one for part in parts for one in part}.values())
