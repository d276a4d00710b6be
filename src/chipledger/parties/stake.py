"""A stake: who holds how much of whom, from when until when, and where that is written.

Takes shares as fractions of one, with a low and a high bound because most sources print bands or nothing; gives frozen
records. Only `shares` are ownership: votes, control and accounting consolidation are kept beside them and prove no share.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from chipledger.core.records import Record
from chipledger.core.sources import Cite

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]


class StakeKind(StrEnum):
    """What is held."""

    SHARES = "shares"
    VOTES = "votes"
    CONTROL = "control"
    CONSOLIDATION = "consolidation"

    @property
    def is_ownership(self) -> bool:
        """Whether it counts toward the half of an ownership rule."""
        return self is StakeKind.SHARES


class Stake(Record):
    """One party's stake in another, for a time.

    Args:
        owner: who holds it; a party id, or the name or number that a source gives.
        owned: in whom.
        low: the least that it can be, a fraction of one.
        high: the most that it can be; 0 to 1 where nothing is known of it.
        since: the first day; None where none is recorded, which holds from ever.
        until: the first day on which it no longer held; None where it goes on.
        kind: shares, votes, control or consolidation.
        cites: where it is written; none where the user's own file is the source.

    >>> Stake(owner="a", owned="b", low=0.25, high=0.5, since=date(2024, 1, 1)).holds_on(date(2023, 12, 31))
    False
    """

    owner: str = Field(min_length=1)
    owned: str = Field(min_length=1)
    low: Share = 0.0
    high: Share = 1.0
    since: date | None = None
    until: date | None = None
    kind: StakeKind = StakeKind.SHARES
    cites: tuple[Cite, ...] = ()
    note: str | None = None

    @model_validator(mode="after")
    def _bounds_and_days_in_order(self) -> "Stake":
        if self.low > self.high:
            raise ValueError(f"low {self.low:g} is above high {self.high:g}")
        if self.since and self.until and self.since >= self.until:
            raise ValueError(f"it would hold on no day: since {self.since}, until {self.until}")
        return self

    def holds_on(self, on: date) -> bool:
        """Whether the day lies in its time."""
        return not (self.since and on < self.since) and not (self.until and on >= self.until)

    @property
    def decides(self) -> bool:
        """Whether its share may decide: what is only recalled may not."""
        return not self.cites or any(cite.grade.decides for cite in self.cites)
