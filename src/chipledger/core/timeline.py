"""Time as the law counts it: half-open periods of days and what holds in each.

A Period is `[from, until)`; an open end is None. A Timeline is a sorted run of periods that never overlap, each
with a value; what no period covers is a gap, never a default. Days are arguments: nothing here knows today.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `effective_from` (inclusive) to `effective_until` (exclusive); None is open.

    Raises:
        ValueError: the period would hold no day.

    >>> Period(date(2022, 10, 21), date(2023, 11, 17)).contains(date(2023, 11, 17))
    False
    """

    effective_from: date | None = None
    effective_until: date | None = None

    def __post_init__(self) -> None:
        if self.effective_from and self.effective_until and self.effective_from >= self.effective_until:
            raise ValueError(
                f"a period must hold a day: [{self.effective_from}, {self.effective_until}) is empty"
            )

    def contains(self, on: date) -> bool:
        """Whether the day lies in the period."""
        return self._lower <= on.toordinal() < self._upper

    def intersection(self, other: "Period") -> "Period | None":
        """The days in both, or None.

        >>> Period(date(2023, 1, 1)).intersection(Period(None, date(2023, 2, 1)))
        Period(effective_from=datetime.date(2023, 1, 1), effective_until=datetime.date(2023, 2, 1))
        """
        start = max(self, other, key=lambda period: period._lower).effective_from
        end = min(self, other, key=lambda period: period._upper).effective_until
        return None if start and end and start >= end else Period(start, end)

    @property
    def _lower(self) -> int:
        return self.effective_from.toordinal() if self.effective_from else 0

    @property
    def _upper(self) -> int:
        return self.effective_until.toordinal() if self.effective_until else date.max.toordinal() + 1


ALWAYS = Period()


@dataclass(frozen=True, slots=True)
class Timeline(Generic[T]):
    """What holds when: periods in order, none overlapping, each with its value.

    Raises:
        ValueError: two periods overlap (the message names both).

    >>> law = Timeline.of([(Period(None, date(2022, 10, 21)), "free"), (Period(date(2022, 10, 21)), "licence")])
    >>> law.at(date(2022, 10, 20)), law.at(date(2022, 10, 21))
    ('free', 'licence')
    """

    entries: tuple[tuple[Period, T], ...] = ()

    def __post_init__(self) -> None:
        for (before, _), (after, _) in pairwise(self.entries):
            if before._upper > after._lower:
                raise ValueError(f"periods overlap or are out of order: {before} and {after}")

    @classmethod
    def of(cls, entries: Iterable[tuple[Period, T]]) -> "Timeline[T]":
        """A timeline of the entries in the order of their days."""
        return cls(tuple(sorted(entries, key=lambda entry: entry[0]._lower)))

    def __iter__(self) -> Iterator[tuple[Period, T]]:
        return iter(self.entries)

    def at(self, on: date) -> T | None:
        """What holds on the day, or None in a gap."""
        return next((value for period, value in self.entries if period.contains(on)), None)

    def clip(self, window: Period) -> "Timeline[T]":
        """The part of the timeline inside the window."""
        clipped = ((period.intersection(window), value) for period, value in self.entries)
        return Timeline(tuple((period, value) for period, value in clipped if period))

    def gaps(self, within: Period = ALWAYS) -> tuple[Period, ...]:
        """The periods inside `within` that nothing covers."""
        gaps, start = [], within._lower
        for period, _ in self.clip(within):
            if period._lower > start:
                gaps.append(_period(start, period._lower))
            start = period._upper
        if start < within._upper:
            gaps.append(_period(start, within._upper))
        return tuple(gaps)

    def map(self, change: Callable[[T], U]) -> "Timeline[U]":
        """The same periods with each value changed."""
        return Timeline(tuple((period, change(value)) for period, value in self.entries))

    def coalesce(self) -> "Timeline[T]":
        """Neighbouring periods of one value joined; what holds on any day stays the same."""
        joined: list[tuple[Period, T]] = []
        for period, value in self.entries:
            if joined and joined[-1][1] == value and joined[-1][0]._upper == period._lower:
                period = Period(joined.pop()[0].effective_from, period.effective_until)
            joined.append((period, value))
        return Timeline(tuple(joined))

    def combine(self, other: "Timeline[U]", join: Callable[[T | None, U | None], V]) -> "Timeline[V]":
        """What `join` says of both on each day, wherever either holds (None stands for a gap).

        >>> a = Timeline.of([(Period(None, date(2023, 1, 1)), 1)])
        >>> b = Timeline.of([(Period(date(2022, 1, 1)), 2)])
        >>> [value for _, value in a.combine(b, lambda x, y: (x or 0) + (y or 0))]
        [1, 3, 2]
        """
        marks = sorted({mark for period, _ in (*self, *other) for mark in (period._lower, period._upper)})
        pieces = []
        for lower, upper in pairwise(marks):
            day = date.fromordinal(max(lower, 1))
            mine, theirs = self.at(day), other.at(day)
            if mine is not None or theirs is not None:
                pieces.append((_period(lower, upper), join(mine, theirs)))
        return Timeline(tuple(pieces))

    def boundaries(self) -> tuple[date, ...]:
        """Every day on which what holds may change, in order."""
        days = {day for period, _ in self for day in (period.effective_from, period.effective_until) if day}
        return tuple(sorted(days))


def _period(lower: int, upper: int) -> Period:
    start = date.fromordinal(lower) if lower > 0 else None
    return Period(start, date.fromordinal(upper) if upper <= date.max.toordinal() else None)
