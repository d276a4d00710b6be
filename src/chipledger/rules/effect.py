"""What is in effect on one day: picked from the Law once for each stretch of days without a change.

Takes the Law and a day; gives an InEffect: the paragraphs, requirements, reviews and exceptions of each control by layer,
the end uses, the letters by addressee, the guidance, and which country lies in which scope. No answer on a chip is kept
here: only the texts that answers are made from, and how transactions stand in them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from chipledger.core.sources import Cite
from chipledger.core.truth import Truth
from chipledger.rules.control import (
    Control,
    Exclusion,
    Guidance,
    ImportPractice,
    Letter,
    LicenseException,
    Paragraph,
    Reach,
    Requirement,
    Review,
    TextLayer,
)
from chipledger.rules.destination import CountryGroups
from chipledger.rules.transaction import UNKNOWN_PLACE

if TYPE_CHECKING:
    from chipledger.rules.law import Law


class ControlText(NamedTuple):
    """One control as it stands in the stretch."""

    control: Control
    paragraphs: tuple[Paragraph, ...]
    requirements: dict[TextLayer, tuple[Requirement, ...]]
    reviews: dict[TextLayer, tuple[Review, ...]]
    exceptions: dict[TextLayer, tuple[LicenseException, ...]]
    cites: tuple[Cite, ...]


@dataclass(frozen=True)
class InEffect:
    """The texts of one stretch of days; `on` is any day of it."""

    on: date
    groups: CountryGroups
    controls: tuple[ControlText, ...]
    exclusions: tuple[Exclusion, ...]
    end_uses: dict[TextLayer, tuple[tuple[str, Requirement], ...]]
    letters: dict[str, tuple[Letter, ...]]
    practices: tuple[ImportPractice, ...]
    guidance: tuple[Guidance, ...]
    approved: dict[str, str]
    first_control: date
    standings: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """How transactions stand in this stretch, kept by standing.py."""
    _reached: dict[tuple[str, str], Truth] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, law: "Law", on: date) -> "InEffect":
        """What the law holds on the day."""
        return cls(
            on=on,
            groups=law.groups,
            controls=tuple(_text(control, on) for control in law.controls.values() if control.version(on)),
            exclusions=_held(law.exclusions, on),
            end_uses={layer: tuple(_end_uses(law, layer, on)) for layer in TextLayer},
            letters=_by_addressee(one for one in law.letters.values() if _may_bind(one, on)),
            practices=_held(law.practices.values(), on),
            guidance=_held(law.guidance.values(), on),
            approved={
                _plain(name): party.id for party in _held(law.approved_parties, on) for name in party.names
            },
            first_control=min(
                (one.versions[0].effective_from or date.min for one in law.controls.values() if one.versions),
                default=date.max,
            ),
        )

    def reaches(self, scope_id: str, country: str) -> Truth:
        """Whether the scope holds the country in this stretch of days."""
        found = self._reached.get((scope_id, country))
        if found is None:
            found = self._reached[scope_id, country] = self._looked_up(scope_id, country)
        return found

    def is_approved(self, end_user: str | None) -> Truth:
        """Whether the end user is named in Supplement 8 to Part 740."""
        if end_user is None:
            return Truth.no("no end user is named, so none of Supplement 8 to Part 740")
        is_named = _plain(end_user) in self.approved
        return Truth.of(
            is_named, f"{end_user} is {'' if is_named else 'not '}named in Supplement 8 to Part 740"
        )

    def _looked_up(self, scope_id: str, country: str) -> Truth:
        scope = self.groups.scope(scope_id)
        if country == UNKNOWN_PLACE:
            return Truth.unknown(f"needs the country (whether it is in {scope.title})")
        return self.groups.reaches(scope, country, self.on)


def _text(control: Control, on: date) -> ControlText:
    version = control.version(on)
    return ControlText(
        control=control,
        paragraphs=version.paragraphs if version else (),
        requirements={
            layer: tuple(row for row in _of_layer(control.requirements, layer, on) if not row.displaced_by)
            for layer in TextLayer
        },
        reviews={layer: _of_layer(control.reviews, layer, on) for layer in TextLayer},
        exceptions={layer: _of_layer(control.exceptions, layer, on) for layer in TextLayer},
        cites=tuple(paragraph.cite for paragraph in (version.paragraphs if version else ())),
    )


def _end_uses(law: "Law", layer: TextLayer, on: date) -> Iterable[tuple[str, Requirement]]:
    for one in law.end_uses.values():
        yield from (
            (one.title, row) for row in _of_layer(one.requirements, layer, on) if not row.displaced_by
        )


def _held(rows: Iterable[Any], on: date) -> tuple[Any, ...]:
    return tuple(row for row in rows if row.holds_on(on))


def _of_layer(rows: Iterable[Any], layer: TextLayer, on: date) -> tuple[Any, ...]:
    return tuple(row for row in rows if layer in row.layers and row.holds_on(on))


def _may_bind(letter: Letter, on: date) -> bool:
    """Whether the letter reached anywhere on the day, or may have: its day is not always public."""
    return any(
        reach.holds_on(on)
        or (reach.in_doubt_from is not None and reach.in_doubt_from <= on and not _is_over(reach, on))
        for reach in letter.reaches
    )


def _is_over(reach: Reach, on: date) -> bool:
    return reach.effective_until is not None and on >= reach.effective_until


def _by_addressee(letters: Iterable[Letter]) -> dict[str, tuple[Letter, ...]]:
    found: dict[str, tuple[Letter, ...]] = {}
    for letter in letters:
        key = letter.addressee.lower()
        found[key] = (*found.get(key, ()), letter)
    return found


def _plain(name: str) -> str:
    return " ".join("".join(letter if letter.isalnum() else " " for letter in name.casefold()).split())
