"""On which lists a party stood on a day: its events, folded in order of the day from which each counts.

Takes list events and a day in the world, and if wanted a second day by which it had to be public; gives listings. What was
published and taken back counts as never in force. What is only recalled, or lies between two days, leaves the answer unknown
instead of deciding it; nothing is said of lists of which no event is known.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from chipledger.core.truth import Verdict
from chipledger.parties.federal_register import Span, span
from chipledger.parties.party import ListAction, ListEvent, Listing

_PUTS_ON = (ListAction.ADDED, ListAction.MODIFIED)


def listings_on(events: Iterable[ListEvent], on: date, known: date | None = None) -> tuple[Listing, ...]:
    """The lists on which a party is known to have stood on a day.

    Args:
        events: of one party.
        on: the day in the world.
        known: with what was public by then; None for all that is recorded.

    Returns:
        One listing a list, by id of the list.

    >>> act = ListEvent.model_validate({"list": "entity_list", "action": "added", "effective_on": "2019-05-16",
    ...                                 "published_on": "2019-05-21", "document": "84 FR 22961"})
    >>> [listing.documents for listing in listings_on([act], date(2019, 5, 16))]
    [('84 FR 22961',)]
    >>> listings_on([act], date(2019, 5, 15))
    ()
    """
    return tuple(one for one in standing_on(events, on, known) if one.holds is Verdict.YES)


def standing_on(events: Iterable[ListEvent], on: date, known: date | None = None) -> tuple[Listing, ...]:
    """The lists on which a party stood on a day, those too on which it stood perhaps.

    Args:
        events: of one party.
        on: the day in the world.
        known: with what was public by then; None for all that is recorded.

    Returns:
        One listing a list, by id of the list; `holds` is yes or unknown, and `why` says what is not known.

    >>> act = ListEvent.model_validate({"list": "uvl", "action": "added", "seen_on": "2026-07-31"})
    >>> [(one.holds.value, one.why) for one in standing_on([act], date(2024, 1, 1))]
    [('unknown', 'from which day on is not known; it stood there on 2026-07-31')]
    """
    by_list: dict[str, list[ListEvent]] = {}
    for event in events:
        if known is None or _was_public(event, known):
            by_list.setdefault(event.list, []).append(event)
    found = (_fold(name, _in_force(by_list[name]), on) for name in sorted(by_list))
    return tuple(one for one in found if one)


def days_of(event: ListEvent) -> Span:
    """Between which days an event began to count.

    Args:
        event: with days, or with a citation that tells between which days it lies.

    Returns:
        One day where it is known; an open start where only a later list shows it.

    >>> days_of(ListEvent.model_validate({"list": "entity_list", "action": "added", "document": "84 FR 22963"})).is_one_day
    True
    """
    day = event.effective_on or event.published_on
    if day:
        return Span(day, day)
    lies = span(event.document) if event.document else None
    if lies is None:
        return Span(None, event.seen_on)
    if event.seen_on and lies.latest and event.seen_on < lies.latest:
        return Span(lies.earliest, event.seen_on)
    return lies


def _was_public(event: ListEvent, known: date) -> bool:
    """Whether it could be read by a day; a document is filed for inspection by the day on which it counts."""
    days = [day for day in (event.published_on, event.effective_on) if day]
    first = min(days) if days else days_of(event).latest
    return first is not None and first <= known


def _in_force(events: list[ListEvent]) -> list[ListEvent]:
    """Without what was taken back, and without what the document taken back did besides."""
    void = {event.document for event in events if event.action is ListAction.WITHDRAWN and event.document}
    return [
        event for event in events if event.action is not ListAction.WITHDRAWN and event.document not in void
    ]


@dataclass(slots=True)
class _State:
    holds: Verdict = Verdict.NO
    why: str | None = None
    since: date | None = None


def _fold(name: str, events: list[ListEvent], on: date) -> Listing | None:
    dated = sorted(((days_of(event), event) for event in events), key=_order)
    if not dated:
        return None
    state = _before(dated[0][1])
    counted: list[ListEvent] = []
    for days, event in dated:
        happened = _happened(days, on)
        if happened is Verdict.NO:
            continue
        _step(state, event, days, happened)
        if happened is Verdict.YES and event.decides:
            counted = [event] if event.action is ListAction.ADDED else [*counted, event]
    if state.holds is Verdict.NO:
        return None
    ends = next((days.latest for days, event in dated
                 if event.action is ListAction.REMOVED and event.decides and days.latest and days.latest > on), None)  # fmt: skip
    return _listing(name, state, counted or [dated[0][1]], ends)


def _order(dated: tuple[Span, ListEvent]) -> tuple[date, date, bool]:
    days, event = dated
    latest = days.latest or date.max
    return latest, days.earliest or date.min, event.action is not ListAction.REMOVED


def _before(first: ListEvent) -> _State:
    """How it stood before the first event that is recorded: off the list, unless the event presupposes an entry."""
    if first.action is ListAction.ADDED:
        return _State()
    return _State(
        Verdict.UNKNOWN, f"an earlier entry is not recorded; {first.document or 'a document'} changes it"
    )


def _happened(days: Span, on: date) -> Verdict:
    if days.latest and days.latest <= on:
        return Verdict.YES
    return Verdict.NO if days.earliest and on < days.earliest else Verdict.UNKNOWN


def _step(state: _State, event: ListEvent, days: Span, happened: Verdict) -> None:
    target = Verdict.YES if event.action in _PUTS_ON else Verdict.NO
    if state.holds is target and state.holds is not Verdict.UNKNOWN:
        return
    if happened is Verdict.YES and event.decides:
        state.holds, state.why = target, None
        if target is Verdict.YES:
            state.since = days.latest if days.is_one_day else None
        return
    state.holds, state.since = Verdict.UNKNOWN, None
    state.why = _missing(event, days, happened)


def _missing(event: ListEvent, days: Span, happened: Verdict) -> str:
    said = event.document or "the event"
    if happened is Verdict.YES:
        return f"{said} is only recalled, not read"
    if days.earliest and days.latest:
        return f"{said} took effect between {days.earliest} and {days.latest}; the day is not known"
    if event.seen_on:
        return f"from which day on is not known; it stood there on {event.seen_on}"
    return f"the day of {said} is not known"


def _listing(name: str, state: _State, counted: list[ListEvent], ends: date | None) -> Listing:
    last = {
        field: next((value for event in reversed(counted) if (value := getattr(event, field))), None)
        for field in ("name", "license_requirement", "review_policy", "footnotes", "seen_on")
    }
    return Listing(
        list=name, holds=state.holds, why=state.why, name=last["name"], since=state.since, until=ends,
        documents=tuple(_once(event.document for event in counted)), license_requirement=last["license_requirement"],
        review_policy=last["review_policy"], footnotes=last["footnotes"] or (), as_of=last["seen_on"],
        cites=tuple(dict.fromkeys(cite for event in counted for cite in event.cites)),
    )  # fmt: skip


def _once(values: Iterable[str | None]) -> Iterator[str]:
    seen: set[str] = set()
    for value in values:
        if value and value not in seen:
            seen.add(value)
            yield value
