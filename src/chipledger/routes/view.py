"""What is told of the routes of one documented use: the sighting, the view of each route, and all of them together.

Records only: `assess` makes them from a sighting. A view keeps every window with its reasons, what is for and against, and
reports that conflict; an assessment says which routes anybody tells of, and puts nothing in where nobody does.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from chipledger.core.records import Purpose
from chipledger.core.sources import Cite, Grade
from chipledger.core.timeline import Period, Timeline
from chipledger.core.truth import Truth, Verdict
from chipledger.parties.party import Party
from chipledger.routes.kind import Between, Route, RouteKind
from chipledger.routes.likelihood import Odds
from chipledger.routes.register import routes
from chipledger.routes.supply import Supply


class Standing(StrEnum):
    """How far a route is told of for one documented use."""

    DOCUMENTED = "documented"
    """A document of the party or of an authority says so."""
    REPORTED = "reported"
    """Press says so; never more than medium strength."""
    POSSIBLE = "possible"
    """Open on some day, and nobody says so."""
    UNKNOWN = "unknown"
    """Whether it was open on any day is unknown."""
    CLOSED = "closed"
    """Open on no day from the chip's release to the sighting."""


class Strength(StrEnum):
    """How well what is said for a route is founded."""

    NONE = "none"
    MEDIUM = "medium"
    STRONG = "strong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One documented statement on a chip, as the routes ask it.

    Args:
        chip: as printed; chips: catalogue ids that it may stand for.
        purpose: what for; only a use asks how the chip came.
        seen_on: the day on which the words were first seen; None where no day is known.
        party: the user, where it is known.
        party_id: its id; a user may be named that no data knows.
        count: of chips.
        destination: ISO country code of the user.
        techniques: named for the run.
        clouds: clouds or clusters that the document names for it.
        grade: how the statement is known.
        id: of the statement.
    """

    id: str
    chip: str
    chips: tuple[str, ...]
    purpose: Purpose
    seen_on: date | None
    party: Party | None = None
    count: int | None = None
    destination: str = "CN"
    techniques: tuple[str, ...] = ()
    clouds: tuple[str, ...] = ()
    grade: Grade = Grade.PRIMARY

    @property
    def asks_a_route(self) -> bool:
        """Whether it reports a use, by a user whom the rules recorded may have kept from the chip."""
        return self.purpose.is_use and self.destination != routes().settings.home


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """One route for one sighting.

    Attributes:
        standing: how far it is told of; strength: how well.
        open_days: days on which it was open, of all from the chip's release to the sighting.
        days: of that span.
        odds: None for what is no use.
        said_for: evidence for it, in sentences; said_against: against it, or beside it.
        conflicting: reports that say so and contradict what they rest on: shown, never counted.
    """

    kind: RouteKind
    standing: Standing
    strength: Strength
    timeline: Timeline[Truth]
    open_days: int
    days: int
    odds: Odds | None
    said_for: tuple[str, ...]
    said_against: tuple[str, ...]
    conflicting: tuple[str, ...]
    cites: tuple[Cite, ...]

    @property
    def open_periods(self) -> tuple[Period, ...]:
        """The days on which it was open."""
        by_verdict = self.timeline.map(lambda truth: truth.value).coalesce()
        return tuple(period for period, verdict in by_verdict if verdict is Verdict.YES)

    @property
    def probability(self) -> Between | None:
        """The odds as probabilities; None for what is no use."""
        return self.odds.probability if self.odds else None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        likely = self.probability
        return {
            "route": self.kind.id.value,
            "title": self.kind.title,
            "gives": self.kind.gives,
            "axis": self.kind.axis,
            "standing": self.standing.value,
            "strength": self.strength.value,
            "open_days": self.open_days,
            "days": self.days,
            "windows": [
                {"effective_from": _iso(period.effective_from), "effective_until": _iso(period.effective_until),
                 "open": truth.value.value, "reasons": list(truth.reasons)}
                for period, truth in self.timeline
            ],
            "odds": [self.odds.low, self.odds.high] if self.odds else None,
            "probability": [likely.low, likely.high] if likely else None,
            "counted": list(self.odds.counted) if self.odds else [],
            "set_aside": [{"evidence": one, "why": why} for one, why in self.odds.set_aside] if self.odds else [],
            "for": list(self.said_for),
            "against": list(self.said_against),
            "conflicting": list(self.conflicting),
            "would_tell": list(self.kind.would_tell),
            "cites": [cite.model_dump(mode="json", exclude_none=True) for cite in self.cites],
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Every route for one sighting, with the supply of the chip.

    `decided` names the routes that somebody documents or reports; it is empty where nobody does, and nothing is put in.
    `offer_days` are days on which somebody offered the chip for rent: no provider is named beside a user, so that none is joined.
    """

    sighting: Sighting
    views: tuple[RouteView, ...]
    supply: Supply | None
    within_supply: Truth
    offer_days: tuple[date, ...]
    says: str

    @property
    def decided(self) -> tuple[Route, ...]:
        """Routes that are documented or reported."""
        return tuple(
            view.kind.id for view in self.views if view.standing in (Standing.DOCUMENTED, Standing.REPORTED)
        )

    def view(self, route: Route) -> RouteView:
        """The view of one route."""
        return next(view for view in self.views if view.kind.id is route)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        one = self.sighting
        return {
            "id": one.id,
            "party": one.party.id if one.party else None,
            "chip": one.chip,
            "chips": list(one.chips),
            "count": one.count,
            "purpose": one.purpose.value,
            "is_use": one.purpose.is_use,
            "asks_a_route": one.asks_a_route,
            "seen_on": _iso(one.seen_on),
            "grade": one.grade.value,
            "says": self.says,
            "decided": [route.value for route in self.decided],
            "supply": self.supply.as_dict() if self.supply else None,
            "within_supply": {
                "truth": self.within_supply.value.value,
                "reasons": list(self.within_supply.reasons),
            },
            "offer_days": [day.isoformat() for day in self.offer_days],
            "routes": [view.as_dict() for view in self.views],
        }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
