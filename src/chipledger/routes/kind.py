"""The kinds of routes by which work on a chip may have come about, as data: what each means, gives and leaves behind.

Read from data/routes/kinds.yaml in its order. Two axes are kept apart: the restricted chip was got at (`of_the_chip`), or other
means did the work (`instead_of_the_chip`). Possession and access are kept apart too. A route is a way things may have gone: none
says that anybody broke a rule.
"""

from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from chipledger.core.records import Record
from chipledger.core.sources import Cite


class Route(StrEnum):
    """The kinds of routes, by their ids."""

    BOUGHT_BEFORE_RULE = "bought_before_rule"
    BELOW_THRESHOLD = "below_threshold"
    RESELLER_ABROAD = "reseller_abroad"
    SURPLUS_OR_BLACK_MARKET = "surplus_or_black_market"
    INDIVIDUAL_SELLER = "individual_seller"
    AFFILIATE_OFF_LIST = "affiliate_off_list"
    CLOUD_RENTAL = "cloud_rental"
    CONSUMER_CARD_DIVERTED = "consumer_card_diverted"
    DOMESTIC_CHIP = "domestic_chip"
    SOFTWARE_ON_WEAKER_CHIP = "software_on_weaker_chip"
    LICENSED = "licensed"
    EXEMPT_OR_ABROAD = "exempt_or_abroad"
    UNKNOWN = "unknown"


class Between(Record):
    """A range of positive numbers: odds, likelihoods, shares, days.

    >>> Between(low=0.5, high=2.0).low
    0.5
    """

    low: float = Field(ge=0, allow_inf_nan=False)
    high: float = Field(ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _in_order(self) -> "Between":
        if self.low > self.high:
            raise ValueError(f"a range runs from the lower to the higher end: [{self.low}, {self.high}]")
        return self


class Prior(Between):
    """The odds of a route before any evidence, as a range with its reason."""

    why: str = Field(min_length=10)


class RouteKind(Record):
    """One kind of route.

    Args:
        id: of `Route`.
        title: in a few words.
        says: what it means, in a sentence.
        gives: possession, access, a capability without the chip, or unknown.
        axis: whether the chip itself was got at, or other means did the work.
        prior: odds before any evidence, for a use documented while the route was open.
        most_chips: the count above which it is no likely route; None where there is none.
        would_tell: what observation would show it.
        cites: for what is told of it.
    """

    id: Route
    title: str
    says: str
    gives: Literal["possession", "access", "capability", "unknown"]
    axis: Literal["of_the_chip", "instead_of_the_chip", "unknown"]
    prior: Prior
    most_chips: int | None = Field(default=None, gt=0)
    would_tell: tuple[str, ...] = Field(min_length=1)
    cites: tuple[Cite, ...] = ()
