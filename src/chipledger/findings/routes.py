"""Documented mentions set against the routes: claims of a ledger become sightings, and all of them a table by route and year.

Takes claims; gives for each use of a chip by a party of the destination every route with its standing and odds, and counts with
ranges. What is left out is counted with the reason: a table without its coverage would look like a census, and it is none.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from chipledger.core.records import Purpose
from chipledger.findings.claim import Claim
from chipledger.parties.party import Party
from chipledger.parties.register import parties
from chipledger.routes.assess import assess
from chipledger.routes.kind import Route
from chipledger.routes.register import routes
from chipledger.routes.study import sighting_of
from chipledger.routes.view import Assessment, Sighting, Standing

_TREATED_AS = {"HK": "CN", "MO": "CN"}


def party_named(organisation: str | None, project: str = "") -> Party | None:
    """The bundled party that an organisation's name or a repository's owner stands for, matched whole.

    Args:
        organisation: as a document names it.
        project: a repository, owner first; the owner's handle counts where no organisation is named.

    >>> party_named("腾讯").id, party_named(None, "Tencent-Hunyuan/Hunyuan-A13B").id, party_named("nobody here")
    ('tencent', 'tencent', None)
    """
    by_name = _by_name()
    for name in (organisation, project.partition("/")[0] if "/" in project else None):
        if name and (found := by_name.get(_key(name))):
            return parties()[found]
    return None


@cache
def _by_name() -> Mapping[str, str]:
    owners: dict[str, set[str]] = {}
    for party in parties().values():
        for name in party.names:
            owners.setdefault(_key(name.text), set()).add(party.id)
    return {key: next(iter(ids)) for key, ids in owners.items() if len(ids) == 1}


def _key(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def sighting(claim: Claim, destination: str = "CN") -> Sighting:
    """A claim as the routes ask it.

    Args:
        claim: of a ledger.
        destination: ISO country code of the user.
    """
    return Sighting(
        id=claim.id, chip=claim.chip, chips=claim.chips, purpose=claim.purpose, seen_on=claim.first_seen,
        party=party_named(claim.organisation, claim.project), count=claim.count, destination=destination,
        techniques=claim.techniques, clouds=claim.clouds,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """How many documented uses of a year stand how to a route.

    Attributes:
        year: in which the use was first seen.
        standings: uses by standing.
        uses: all of that year.
        expected_low: the sum of the lower ends of the probabilities; expected_high of the upper ends.
    """

    route: Route
    year: int
    standings: Mapping[Standing, int]
    uses: int
    expected_low: float
    expected_high: float

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields, the standings side by side."""
        return {
            "route": self.route.value, "year": self.year, "uses": self.uses,
            **{standing.value: self.standings[standing] for standing in Standing},
            "expected": [round(self.expected_low, 2), round(self.expected_high, 2)],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """The table, and what it does not cover.

    Attributes:
        rows: by route in the order of the kinds, then by year.
        uses: documented uses counted.
        left_out: how many were not, by reason.
        limits: of the table, in sentences.
    """

    rows: tuple[Row, ...]
    uses: int
    left_out: Mapping[str, int]
    limits: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"uses": self.uses, "left_out": dict(self.left_out), "limits": list(self.limits),
                "rows": [row.as_dict() for row in self.rows]}  # fmt: skip


LIMITS = (
    "documented mentions of public documents that were read: no sample of all uses, and no count of chips",
    "a year is that in which the words were first seen, not that of the purchase",
    "routes may hold together, so the rows of a year do not add up to its uses",
    "expected numbers are sums of ranges that rest on judgements (`data/routes`); a wide range is the answer",
)


def assessed(claims: Iterable[Claim], destination: str = "CN") -> tuple[list[Assessment], Counter[str]]:
    """The routes of each use that the claims document, and how many claims were left out, by reason.

    Args:
        claims: of a ledger.
        destination: ISO country code; only users of it count, Hong Kong and Macau with China.
    """
    found, left_out = [], Counter[str]()
    for claim in claims:
        one = sighting(claim, destination)
        if reason := _left_out(one, destination):
            left_out[reason] += 1
        else:
            found.append(assess(one))
    return found, left_out


def bundled() -> tuple[list[Assessment], Counter[str]]:
    """The same of the bundled subjects of study."""
    found, left_out = [], Counter[str]()
    for subject in routes().subjects.values():
        for seen in subject.sightings:
            one = sighting_of(subject, seen)
            if reason := _left_out(one, "CN"):
                left_out[reason] += 1
            else:
                found.append(assess(one, subject.evidence))
    return found, left_out


def _left_out(one: Sighting, destination: str) -> str | None:
    if not one.purpose.is_use:
        return "a requirement" if one.purpose is Purpose.REQUIREMENT else "a mere mention"
    if one.destination != destination:
        return "a user elsewhere"
    if one.party is None:
        return "the user is not known, or not tied to a party on that day"
    if _TREATED_AS.get(one.party.country or "", one.party.country) != destination:
        return "a user elsewhere"
    if not one.chips:
        return "a chip that the catalogue lacks"
    return "no day on which it was first seen" if one.seen_on is None else None


def summary(assessments: Sequence[Assessment], left_out: Mapping[str, int]) -> Summary:
    """Documented uses by route, year and standing.

    Args:
        assessments: of uses with a day.
        left_out: how many were left out, by reason.

    >>> found = summary(*bundled())
    >>> row = next(row for row in found.rows if row.route is Route.CLOUD_RENTAL and row.year == 2023)
    >>> row.uses, row.standings[Standing.REPORTED]
    (2, 1)
    """
    dated = [(one.sighting.seen_on.year, one) for one in assessments if one.sighting.seen_on]
    years = sorted({year for year, _ in dated})
    rows = [
        _row(route, year, [one for when, one in dated if when == year])
        for route in routes().kinds
        for year in years
    ]
    return Summary(tuple(rows), len(dated), dict(sorted(left_out.items())), LIMITS)


def _row(route: Route, year: int, found: Sequence[Assessment]) -> Row:
    views = [one.view(route) for one in found]
    counted = Counter(view.standing for view in views)
    likely = [probability for view in views if (probability := view.probability)]
    return Row(
        route, year, {standing: counted[standing] for standing in Standing}, len(found),
        sum(one.low for one in likely), sum(one.high for one in likely),
    )  # fmt: skip
