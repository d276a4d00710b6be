"""Dated records that bear on routes: cloud offers, capabilities, statements of stock and of orders, reports of a route.

Each says what one source said on a day and no more. A cloud offer has no field for a customer: that a provider offers a chip
joins it to nobody who used one. A report may name no provider, and then none is known.
"""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.routes.kind import Route


class CloudOffer(Record):
    """A provider offered access to a chip at a price on a day; nobody who took the offer is named here.

    Args:
        provider: id of a party; None where the source names none.
        chip: as printed.
        chips: catalogue ids that it may stand for.
        count: chips together.
        price: of the whole count for an hour.
        seen_on: the day on which it was seen; `valid_from` where the source gives one.
        place: ISO code of where it is offered; None where not said.
    """

    id: str
    provider: str | None
    chip: str
    chips: tuple[str, ...] = Field(min_length=1)
    count: int = Field(gt=0)
    price: float = Field(gt=0)
    currency: Literal["USD", "CNY", "EUR", "JPY"]
    per: Literal["hour"] = "hour"
    seen_on: date
    place: str | None = None
    cites: tuple[Cite, ...] = Field(min_length=1)
    note: str | None = None

    @property
    def per_chip(self) -> float:
        """The price of one chip for an hour."""
        return self.price / self.count


class Measured(Record):
    """A measured figure with its unit and how it was taken."""

    metric: str
    value: float = Field(gt=0)
    unit: str
    how: str


class Capability(Record):
    """Something that lets a chip do what it did not do before: what, since when, for which chips, by whom, how much.

    Args:
        dated_on: the day on which it could first be had.
        chips: catalogue ids for which its maker claims it.
        reported_for: chips for which others report it, not its maker.
        maker: id of a party.
        maker_country: of the maker, None where not known.
        measured: figures that somebody measured.
        not_shown: what it does not show.
    """

    id: str
    title: str
    dated_on: date
    chips: tuple[str, ...] = Field(min_length=1)
    reported_for: tuple[str, ...] = ()
    maker: str
    maker_country: str | None
    measured: tuple[Measured, ...] = ()
    later: tuple[str, ...] = ()
    not_shown: str = Field(min_length=20)
    cites: tuple[Cite, ...] = Field(min_length=1)
    note: str | None = None


class Stock(Record):
    """What was said on a day of a stock of chips, or of orders for them.

    Args:
        kind: a stock that is held, or orders that were placed; an order is not a delivery.
        parties: ids of those of whom it is said.
        chip: as printed; chips: catalogue ids.
        said_on: the day of the statement.
        covers_from: the first day of the time of which it speaks; None for the day of the statement.
        covers_until: the day after the last.
        count: chips; None where no number is given.
        value_usd: where a sum is given; `at_least` where it is a floor.
        speaks_for_itself: whether the party said it, rather than others of it.
    """

    id: str
    kind: Literal["stock", "orders"]
    parties: tuple[str, ...] = Field(min_length=1)
    chip: str
    chips: tuple[str, ...] = Field(min_length=1)
    said_on: date
    covers_from: date | None = None
    covers_until: date | None = None
    count: int | None = Field(default=None, gt=0)
    value_usd: float | None = Field(default=None, gt=0)
    at_least: bool = False
    speaks_for_itself: bool
    says: str
    cites: tuple[Cite, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _days_in_order(self) -> "Stock":
        if self.covers_from and self.covers_until and self.covers_from >= self.covers_until:
            raise ValueError("covers_from lies before covers_until")
        return self


class Report(Record):
    """One source says that a party came by a chip, or by access to it, in this way.

    Args:
        party: id of the party.
        route: what it reports; where it speaks of several, one record each.
        provider: id of the other side; None where the source names none, which leaves it unknown.
        chip: as printed, None where the source names none; chips: catalogue ids.
        said_on: the day it was published.
        standing: whether we take it as reported, or as conflicting with the source on which it rests.
        conflicts_with: ids of reports that it contradicts.
        rests_on: id of the report that it retells.
    """

    id: str
    party: str
    route: Route
    provider: str | None
    chip: str | None
    chips: tuple[str, ...] = ()
    said_on: date
    says: str
    lineage: str
    standing: Literal["reported", "conflicting"] = "reported"
    conflicts_with: tuple[str, ...] = ()
    rests_on: str | None = None
    cites: tuple[Cite, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _a_conflict_names_its_other_side(self) -> "Report":
        if (self.standing == "conflicting") != bool(self.conflicts_with):
            raise ValueError("a conflicting report names what it conflicts with, and no other does")
        return self
