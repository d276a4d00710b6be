"""The licence states of every chip to every country over time, as intervals without a gap.

Takes items and a last day; gives the intervals item by item, so that memory stays that of one item. A state is worked
out once for each distinct legal situation: a stretch of days without a change, a class of countries that every scope
treats alike, a kind of party. On each day of an interval it says what `status` of that day says.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from chipledger.core.errors import InputError
from chipledger.core.truth import Truth, Verdict
from chipledger.rules.effect import InEffect
from chipledger.rules.item import Item
from chipledger.rules.law import law
from chipledger.rules.status import Status, status
from chipledger.rules.transaction import Transaction

FIRST_DAY = date(2022, 8, 1)
"""The first day told: the month of the first known letters."""


class Party(StrEnum):
    """The kinds of party that intervals are told for; nothing else is asked of the transaction."""

    UNLISTED = "unlisted"
    LISTED = "listed"
    CN_PARENT = "CN-parent"

    def buys_in(self, country: str) -> Transaction:
        """An export to such a party in the country.

        >>> Party.CN_PARENT.buys_in("VN").headquarters
        'CN'
        """
        match self:
            case Party.LISTED:
                return Transaction(destination=country, end_user_listed=_LISTED)
            case Party.CN_PARENT:
                return Transaction(destination=country, headquartered_in="CN")
        return Transaction(destination=country)


_LISTED = Truth.yes("as given")


class Told(NamedTuple):
    """What an interval tells of a status: its verdicts, the paragraphs and letters met in practice, the review."""

    license_required: Verdict
    codified: Verdict
    enforced: Verdict
    letters: Verdict
    destination_practice: Verdict
    paragraphs: tuple[str, ...]
    review_policy: str | None

    @classmethod
    def of(cls, found: Status) -> "Told":
        """What is told of a status."""
        return cls(
            license_required=found.license_required.value,
            codified=found.codified.license_required.value,
            enforced=found.enforced.license_required.value,
            letters=found.letters.license_required.value,
            destination_practice=found.destination_practice.license_required.value,
            paragraphs=(*found.enforced.paragraphs, *found.letters.paragraphs),
            review_policy=found.enforced.review_policy,
        )


class Span(NamedTuple):
    """Days in a row with one answer; `effective_until` is the day after the last."""

    effective_from: date
    effective_until: date
    told: Told


@dataclass(frozen=True, slots=True)
class Course:
    """One chip, country and kind of party: its spans in order, without gap or overlap."""

    chip: str
    country: str
    party: Party
    spans: tuple[Span, ...]


def courses(items: Iterable[Item], until: date, since: date = FIRST_DAY) -> Iterator[Course]:
    """The course of every item to every country and kind of party, items in their order, countries by code.

    Args:
        items: the facts of the chips.
        until: the last day told.
        since: the first day told.

    Raises:
        InputError: the last day is before the first.

    >>> from chipledger.catalogue.chip import chip
    >>> from chipledger.rules.item import item_of
    >>> told = courses([item_of(chip("nvidia-h20"))], until=date(2025, 5, 1))
    >>> china = next(one for one in told if (one.country, one.party) == ("CN", Party.UNLISTED))
    >>> [(str(span.effective_from), span.told.license_required.value) for span in china.spans]
    [('2022-08-01', 'no'), ('2025-04-09', 'yes')]
    """
    if until < since:
        raise InputError(f"the last day told is {until}", expected=f"{since} or later")
    stretches = _stretches(since, until)
    classes = _classes(stretches)
    for item in items:
        yield from _of_item(item, stretches, classes)


class _Stretch(NamedTuple):
    begins: date
    ends: date
    alike: dict[str, int]
    """For each country the number of the class that it stands in."""


def _stretches(since: date, until: date) -> list[_Stretch]:
    end = until + timedelta(days=1)
    days = [since, *(day for day in law().boundaries if since < day < end), end]
    return [_Stretch(begins, ends, _alike(law().on(begins))) for begins, ends in pairwise(days)]


def _alike(text: InEffect) -> dict[str, int]:
    """The countries numbered so that two have one number where no scope tells them apart."""
    numbers: dict[tuple[Verdict, ...], int] = {}
    scopes = [scope.id for scope in text.groups.scopes]
    return {
        country: numbers.setdefault(
            tuple(text.reaches(scope, country).value for scope in scopes), len(numbers)
        )
        for country in sorted(text.groups.countries)
    }


def _classes(stretches: Sequence[_Stretch]) -> dict[str, tuple[int, ...]]:
    """For each country its class in every stretch."""
    return {country: tuple(stretch.alike[country] for stretch in stretches) for country in stretches[0].alike}


def _of_item(
    item: Item, stretches: Sequence[_Stretch], classes: dict[str, tuple[int, ...]]
) -> Iterator[Course]:
    chip, told = item.id or item.name, _Teller(item, stretches)
    found: dict[tuple[tuple[int, ...], bool, Party], tuple[Span, ...]] = {}
    for country, alike in classes.items():
        for party in Party:
            key = (alike, country == item.vendor_country, party)
            if key not in found:
                found[key] = _merged(told.spans(country, alike, party))
            yield Course(chip, country, party, found[key])


class _Teller:
    """What is told of one item, worked out once for each stretch, class of countries and kind of party."""

    def __init__(self, item: Item, stretches: Sequence[_Stretch]) -> None:
        self._item, self._stretches = item, stretches
        self._told: dict[tuple[int, int, bool, Party], Told] = {}

    def spans(self, country: str, alike: tuple[int, ...], party: Party) -> Iterator[Span]:
        is_home = country == self._item.vendor_country
        for place, (stretch, number) in enumerate(zip(self._stretches, alike, strict=True)):
            key = (place, number, is_home, party)
            told = self._told.get(key)
            if told is None:
                answer = status(self._item, party.buys_in(country), on=stretch.begins)
                told = self._told[key] = Told.of(answer)
            yield Span(stretch.begins, stretch.ends, told)


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in spans:
        if merged and merged[-1].told == span.told:
            merged[-1] = merged[-1]._replace(effective_until=span.effective_until)
        else:
            merged.append(span)
    return tuple(merged)
