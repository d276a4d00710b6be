"""The rules that the report shows: those that concern the destination, and of them the bands of the picture.

Takes a destination and the day of the report. A band is an instrument on which a control, a letter or a review policy
rests; what is only recalled gets a row in the table, marked so, and no band.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from chipledger.core.timeline import Period
from chipledger.rules.instrument import Instrument, Standing
from chipledger.rules.law import law

_OVER = frozenset({Standing.SUPERSEDED, Standing.RESCINDED, Standing.VACATED})


@dataclass(frozen=True, slots=True)
class Reference:
    """Where an instrument is written: the words of the cite, its grade, and an address where there is one."""

    words: str
    grade: str
    url: str | None


@dataclass(frozen=True, slots=True)
class RuleRow:
    """An instrument as the table shows it."""

    instrument: Instrument
    standing: str
    references: tuple[Reference, ...]
    is_in_picture: bool


@dataclass(frozen=True, slots=True)
class Band:
    """An instrument as the picture shows it: how it stood from day to day (the last day exclusive)."""

    instrument: Instrument
    spans: tuple[tuple[date, date, Standing], ...]


def rule_rows(country: str, on: date) -> list[RuleRow]:
    """The instruments that concern a destination and were published or in effect by the day, in order.

    Args:
        country: ISO code in capitals.
        on: the day of the report.

    >>> [row.instrument.reference for row in rule_rows("CN", date(2022, 12, 31))]
    ['R1', 'R2', 'R3']
    """
    return [
        _row(one, on) for one in law().chronicle() if one.dated_on() <= on and law().concerns(one, country)
    ]


def bands(rows: Sequence[RuleRow], on: date) -> list[Band]:
    """The bands of the picture, by the day on which they begin.

    Args:
        rows: as `rule_rows` gives them.
        on: the day of the report, on which the picture ends.

    >>> [band.instrument.reference for band in bands(rule_rows("CN", date(2026, 11, 1)), date(2026, 11, 1))]
    ['R1', 'R2', 'R3', 'R5', 'R6', 'R7', 'R8', 'R10', 'R12', 'R14', 'R21']
    """
    made = (Band(row.instrument, _spans(row.instrument, on)) for row in rows if row.is_in_picture)
    return sorted(
        (band for band in made if band.spans), key=lambda band: (band.spans[0][0], band.instrument.id)
    )


def _spans(instrument: Instrument, on: date) -> tuple[tuple[date, date, Standing], ...]:
    end = date.fromordinal(on.toordinal() + 1)
    return tuple(
        (period.effective_from, period.effective_until or end, standing)
        for period, standing in instrument.standing.clip(Period(None, end))
        if standing not in _OVER and period.effective_from
    )


def _row(one: Instrument, on: date) -> RuleRow:
    standing = one.standing.at(on)
    sources = law().sources
    references = (
        Reference(
            words=sources[cite.source].title + (f", {cite.at}" if cite.at else ""),
            grade=cite.grade.value,
            url=sources[cite.source].url,
        )
        for cite in one.cites
    )
    return RuleRow(
        instrument=one,
        standing=standing.value.replace("_", " ") if standing else "not yet issued",
        references=tuple(references),
        is_in_picture=one.grade.decides and one.id in _resting_on(),
    )


@cache
def _resting_on() -> frozenset[str]:
    rules = law()
    named = {letter.instrument for letter in rules.letters.values()}
    for control in rules.controls.values():
        named |= {version.instrument for version in control.versions}
        rows = (*control.requirements, *control.reviews)
        named |= {row.instrument for row in rows if row.instrument}
    return frozenset(named)
