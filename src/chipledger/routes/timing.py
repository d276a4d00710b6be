"""How a statement of stock or of orders stands to the rule of its chip: before the requirement, after it, or across it.

Takes a dated record and the facts of its chip; gives the days of which it speaks beside the days on which a license was
required. An order before a rule is what it is: nothing here says why it was placed.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from chipledger.catalogue.chip import chip
from chipledger.core.timeline import Period, Timeline
from chipledger.core.truth import Verdict
from chipledger.routes.dated import Stock
from chipledger.rules.history import history
from chipledger.rules.item import item_of
from chipledger.rules.status import LicenseState


class When(StrEnum):
    """How the days of a record stand to the requirement."""

    BEFORE = "before_requirement"
    ACROSS = "across_requirement"
    AFTER = "after_requirement"
    NO_REQUIREMENT = "no_requirement"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Timing:
    """A record's days against the rule.

    Args:
        when: the class.
        since: the first day of which the record speaks; for a stock the first day on which the chip could be had.
        until: the last.
        required_from: the first day, in or after them, on which a license was required; None for none recorded.
        days_free: days of the span on which none was required.
        days_required: days of it on which one was; the rest is unknown.
    """

    record: str
    when: When
    since: date | None
    until: date
    required_from: date | None
    days_free: int
    days_required: int
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {name: value.isoformat() if isinstance(value := getattr(self, name), date) else value
                for name in self.__slots__}  # fmt: skip


def timing(record: Stock, destination: str = "CN") -> Timing:
    """How a record stands to the rule of its chip.

    Args:
        record: a statement of stock or of orders.
        destination: ISO country code; the answer holds for a party that no list names.

    >>> from chipledger.routes.register import routes
    >>> orders = next(one for one in routes().stock if one.id == "h20-orders-2025-q1")
    >>> found = timing(orders)
    >>> found.when.value, found.required_from.isoformat(), found.days_free
    ('before_requirement', '2025-04-09', 90)
    """
    subject = chip(record.chips[0])
    out = subject.released_period.effective_from if subject.released_period else None
    since = record.covers_from or (out if record.kind == "stock" else record.said_on)
    last = record.covers_until - timedelta(days=1) if record.covers_until else record.said_on
    spans = history(item_of(subject), destination)
    free = _count(spans.clip(Period(since, last + timedelta(days=1))), Verdict.NO)
    required = _count(spans.clip(Period(since, last + timedelta(days=1))), Verdict.YES)
    later = next((period.effective_from for period, state in spans
                  if state.license_required is Verdict.YES and (period.effective_until is None or since is None or period.effective_until > since)), None)  # fmt: skip
    when = _when(free, required, later)
    return Timing(
        record.id, when, since, last, later, free, required, _sentence(record, when, since, last, later)
    )


def _count(clipped: Timeline[LicenseState], verdict: Verdict) -> int:
    return sum(
        (period.effective_until - period.effective_from).days
        for period, state in clipped
        if state.license_required is verdict and period.effective_from and period.effective_until
    )


def _when(free: int, required: int, later: date | None) -> When:
    if free and required:
        return When.ACROSS
    if required:
        return When.AFTER
    if free:
        return When.BEFORE if later else When.NO_REQUIREMENT
    return When.UNKNOWN


def _sentence(record: Stock, when: When, since: date | None, last: date, later: date | None) -> str:
    span = f"{since or 'release'} to {last}"
    what = "stock" if record.kind == "stock" else "orders"
    match when:
        case When.BEFORE:
            return f"{what} of {record.chip}, {span}: no license was required on any of these days; one was from {later}"
        case When.ACROSS:
            return (f"{what} of {record.chip}, {span}: a license was required from {later}, none before; consistent with purchases "
                    "before it, and the days of purchase are not stated")  # fmt: skip
        case When.AFTER:
            return f"{what} of {record.chip}, {span}: a license was required on all of these days"
        case When.NO_REQUIREMENT:
            return f"{what} of {record.chip}, {span}: no license was required, then or later as far as is recorded"
        case When.UNKNOWN:
            return f"{what} of {record.chip}, {span}: whether a license was required is unknown"
