"""Where to: country groups as dated membership, and the scopes that rules draw over them.

Takes an ISO code and a day; gives a Truth. Hong Kong is treated as China; Macau is named on its own and is never in
D:5. A membership that is only recalled gives unknown, never yes or no.
"""

from datetime import date

from pydantic import model_validator

from chipledger.core.errors import InputError
from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.core.timeline import Period
from chipledger.core.truth import Truth, all_of, any_of


class Dated(Record):
    """The base of what holds from a day (inclusive) to a day (exclusive)."""

    effective_from: date | None = None
    effective_until: date | None = None

    @model_validator(mode="after")
    def _holds_a_day(self) -> "Dated":
        Period(self.effective_from, self.effective_until)
        return self

    def holds_on(self, on: date) -> bool:
        """Whether the day lies in the period."""
        return not (self.effective_from and on < self.effective_from) and not (
            self.effective_until and on >= self.effective_until
        )

    @property
    def days(self) -> tuple[date, ...]:
        """The days on which it begins or ends."""
        return tuple(day for day in (self.effective_from, self.effective_until) if day)


class Membership(Dated):
    """Countries in a country group for a time; `ended_by` is the instrument that took them out, where it is known."""

    instrument: str | None = None
    ended_by: str | None = None
    group: str
    countries: tuple[str, ...]
    cite: Cite


class Undecided(Dated):
    """Countries for which no one can tell from public texts whether a scope holds, and why."""

    countries: tuple[str, ...]
    why: str


class Scope(Record):
    """The destinations that a rule names: countries and groups less other groups, or everywhere."""

    id: str
    title: str
    everywhere: bool = False
    countries: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    not_groups: tuple[str, ...] = ()
    not_countries: tuple[str, ...] = ()
    undecided: tuple[Undecided, ...] = ()


class CountryGroups(Record):
    """All countries, their groups over time, and the scopes drawn over them (data/country_groups.yaml)."""

    countries: dict[str, str]
    treated_as: dict[str, str]
    memberships: tuple[Membership, ...]
    scopes: tuple[Scope, ...]

    def scope(self, scope_id: str) -> Scope:
        """The scope of that id.

        Raises:
            KeyError: no such scope.
        """
        return next(scope for scope in self.scopes if scope.id == scope_id)

    def destination(self, code: str) -> str:
        """An ISO code as typed, checked and in capitals.

        Raises:
            InputError: no such country.
        """
        country = code.strip().upper()
        if country not in self.countries:
            raise InputError(
                f"unknown destination {code!r}", expected="a two-letter ISO country code such as CN, MO or AE"
            )
        return country

    def in_group(self, country: str, group: str, on: date) -> Truth:
        """Whether the country was in the group on the day."""
        code = self.treated_as.get(country, country)
        rows = [
            row
            for row in self.memberships
            if row.group == group and code in row.countries and row.holds_on(on)
        ]
        if not rows:
            return Truth.no(f"{country} was not in {group}")
        if not any(row.cite.grade.decides for row in rows):
            return Truth.unknown(f"that {country} was in {group} is only recalled")
        return Truth.yes(f"{country} was in {group}")

    def reaches(self, scope: Scope, country: str, on: date) -> Truth:
        """Whether the scope held the country on the day."""
        code = self.treated_as.get(country, country)
        for doubt in scope.undecided:
            if code in doubt.countries and doubt.holds_on(on):
                return Truth.unknown(doubt.why)
        if code in scope.countries:
            return Truth.yes(f"{country} was a destination of the scope {scope.title}")
        inside = [Truth.of(scope.everywhere), *(self.in_group(country, group, on) for group in scope.groups)]
        outside = [Truth.of(code not in scope.not_countries)]
        outside += [~self.in_group(country, group, on) for group in scope.not_groups]
        found = all_of([any_of(inside), *outside])
        if found.is_unknown:
            return found
        return Truth(
            found.value,
            (f"{country} was {'' if found.is_yes else 'not '}a destination of the scope {scope.title}",),
        )

    @property
    def days(self) -> set[date]:
        """Every day on which a membership or a doubt begins or ends."""
        doubts = (doubt for scope in self.scopes for doubt in scope.undecided)
        return {day for row in (*self.memberships, *doubts) for day in row.days}
