"""What is to be run again, and why: the cadence of the register against the runs there are.

Takes the register, the runs, the models that are watched and the events known; gives a line for each benchmark of each use case
and model whose day has come. No clock: the day is an argument, so that cron, a person and a test ask the same.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import Field

from chipledger.core.errors import InputError
from chipledger.core.records import Record
from chipledger.evals.measurement import Measurement, State
from chipledger.evals.register import Link, Register, Trigger, UseCase
from chipledger.evals.rule import Evidence


class Event(Record):
    """Something that makes a run due before its day.

    Args:
        kind: what happened.
        model: to which model.
        on: when.
    """

    kind: Trigger
    model: str = Field(min_length=1)
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One benchmark that is to be run on one model.

    Args:
        due_on: the day since which it is due.
        last_run: the newest run with a score, None if there was none.
        why: in words.
    """

    use_case: str
    benchmark: str
    model: str
    due_on: date
    last_run: date | None
    why: str


def event_of(text: str) -> Event:
    """An event as a user writes it.

    Args:
        text: KIND:MODEL:DATE; a model's name may hold colons.

    Raises:
        InputError: it is not of that form.

    >>> event_of("new_weights:openai/kite-2:2026-11-20").kind.value
    'new_weights'
    """
    kind, _, rest = text.partition(":")
    model, _, day = rest.rpartition(":")
    try:
        return Event(kind=Trigger(kind), model=model, on=date.fromisoformat(day))
    except ValueError:
        kinds = ", ".join(Trigger)
        raise InputError(
            f"not an event: {text!r}", where="--event", expected=f"KIND:MODEL:YYYY-MM-DD, KIND one of {kinds}"
        ) from None


def due(
    register: Register,
    measurements: Iterable[Measurement],
    *,
    on: date,
    models: Collection[str] = (),
    events: Sequence[Event] = (),
) -> list[Due]:
    """Everything that is to be run on or before a day, what has waited longest first.

    Args:
        register: what is to be watched.
        measurements: runs and published figures; done is a run with a score, or a figure where the rule decides on those.
        on: the day.
        models: watched beside those that have runs or events.
        events: what happened; later than `on` is not known yet.
    """
    known_by = [one for one in measurements if one.measured_on <= on]
    ran = _last_by([one for one in known_by if one.state is not State.PUBLISHED and one.scored])
    told = _last_by([one for one in known_by if one.state is State.PUBLISHED])
    known = [event for event in events if event.on <= on]
    watched = sorted({*models, *(model for _, model in ran), *(event.model for event in known)})
    found = [
        waiting
        for use_case in register.use_cases.values()
        for link in use_case.links
        if _can_be_had(link, register)
        for model in watched
        if (waiting := _due(use_case, link, model, _last(link, model, ran, told), known, on))
    ]
    return sorted(found, key=lambda one: (one.due_on, one.use_case, one.benchmark, one.model))


def _last_by(measurements: Iterable[Measurement]) -> dict[tuple[str, str], date]:
    last: dict[tuple[str, str], date] = {}
    for one in measurements:
        key = one.benchmark, one.model
        last[key] = max(one.measured_on, last.get(key, one.measured_on))
    return last


def _can_be_had(link: Link, register: Register) -> bool:
    """Whether a run or a figure of the benchmark can be had at all: what nobody outside can run is never due."""
    benchmark = register.benchmarks[link.benchmark]
    return benchmark.generated or benchmark.task is not None or link.rule.accepts is Evidence.PUBLISHED


def _last(
    link: Link, model: str, ran: dict[tuple[str, str], date], told: dict[tuple[str, str], date]
) -> date | None:
    """The day of the newest run, or of the newest published figure where the rule decides on those."""
    key = link.benchmark, model
    days = [ran.get(key), told.get(key) if link.rule.accepts is Evidence.PUBLISHED else None]
    return max((day for day in days if day), default=None)


def _due(
    use_case: UseCase, link: Link, model: str, last_run: date | None, events: Sequence[Event], on: date
) -> Due | None:
    reasons = [
        (event.on, f"{event.kind.value.replace('_', ' ')} on {event.on}")
        for event in events
        if event.model == model
        and event.kind in link.cadence.triggers
        and (last_run is None or event.on > last_run)
    ]
    days = link.cadence.every_days
    if last_run is None:
        reasons.append((on, "never run"))
    elif (again := last_run + timedelta(days=days)) <= on:
        reasons.append((again, f"last run on {last_run}, every {days} days"))
    if not reasons:
        return None
    due_on, why = min(reasons)
    return Due(
        use_case=use_case.id, benchmark=link.benchmark, model=model, due_on=due_on, last_run=last_run, why=why
    )
