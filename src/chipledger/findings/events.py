"""Dated public events as data: what was published on which day about which project.

A change that follows one is told with the days between them. That is an order of days; nothing here knows a cause.
"""

from datetime import date
from functools import cache
from pathlib import Path

from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Cite

_DATA = Path(__file__).parents[1] / "data" / "events" / "public.yaml"
WINDOW_DAYS = 60
"""A change so many days after an event, or sooner, is told with it."""


class Event(Record):
    """Something published on a day.

    Attributes:
        id: stays the same.
        on: the day.
        what: what happened, as a clause.
        projects: names of the repositories it concerns, in lower case, without their owner.
        cites: where that is written.
    """

    id: str
    on: date
    what: str
    projects: tuple[str, ...]
    cites: tuple[Cite, ...]


@cache
def events() -> tuple[Event, ...]:
    """Every known event, the earliest first."""
    return tuple(sorted(load_yaml_list(_DATA, Event), key=lambda one: (one.on, one.id)))


def event_before(day: date, project: str | None, known: tuple[Event, ...] | None = None) -> Event | None:
    """The last event about a project on or before a day, within the window.

    Args:
        day: the day of a change.
        project: the project's name.
        known: the events; None takes those that ship.

    >>> found = event_before(date(2024, 11, 24), "Tencent-Hunyuan-Large")
    >>> found.id, (date(2024, 11, 24) - found.on).days
    ('whack-a-chip-paper', 3)
    >>> event_before(date(2024, 11, 20), "Tencent-Hunyuan-Large") is None
    True
    """
    name = (project or "").lower()
    earlier = [
        one for one in (events() if known is None else known)
        if name in one.projects and 0 <= (day - one.on).days <= WINDOW_DAYS
    ]  # fmt: skip
    return earlier[-1] if earlier else None
