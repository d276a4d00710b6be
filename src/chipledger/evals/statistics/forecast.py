"""Forecasts: how many months until the best result reaches a level, if things go on as they went.

Takes dated results; gives the running best, its drift, and the months until a threshold with an interval, or a plain answer:
already reached, not within the months asked for, no trend to go by. Controls, prices and effort are taken to stay as they
were: what a change of them would do is no part of the figure. Every forecast can be put to the test of later releases.

The running best is read once a quarter and taken for a random walk with drift. A straight line with independent noise, the
usual choice, makes intervals far too narrow here: the best of all releases so far keeps every lucky jump for ever.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.stats import t as student

from chipledger.core.errors import InputError

_DAYS_A_YEAR, _MONTHS_A_YEAR = 365.25, 12.0
_DAYS_A_MONTH = _DAYS_A_YEAR / _MONTHS_A_YEAR
_QUARTER_YEARS = 0.25
_LEAST_QUARTERS = 4  # fewer leave no idea of how evenly the best rises
_LEAST_RECORDS = 3
_EDGE = 0.005  # a share nearer to chance or to 1 than this is moved there: its logit would run off


class Scale(StrEnum):
    """On which a steady pace is a straight line: values as they are, their logarithm, or the log odds of a share."""

    LINEAR = "linear"
    LOG = "log"
    LOGIT = "logit"


class Outlook(StrEnum):
    """What a forecast says."""

    REACHED = "reached"
    EXPECTED = "expected"
    NOT_WITHIN = "not_within"
    NO_TREND = "no_trend"


@dataclass(frozen=True, slots=True)
class Result:
    """One result of one model.

    Args:
        on: the day the model was released.
        value: its result.
        sd: the result's standard error on the scale of the forecast (logits for LOGIT), None where it is not known.
        name: the model's.
    """

    on: date
    value: float
    sd: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """How the running best moved until a day, on the scale of the forecast.

    Args:
        on: the day, or a quarter after the last result if that is sooner: where nobody measured, nothing is known to stand still.
        best: the running best on that day.
        per_year: its drift.
        variance_per_year: of the steps around the drift.
        years: looked back on.
        freedom: degrees of freedom of the variance.
        sd: standard error of the best itself, 0 where it is not known.
    """

    on: date
    best: float
    per_year: float
    variance_per_year: float
    years: float
    freedom: int
    sd: float

    def band(self, years: float, level: float) -> tuple[float, float, float]:
        """Low, middle and high of the best that many years on; the best never falls.

        Source: random walk with drift, its drift estimated: Hyndman and Athanasopoulos, Forecasting, 3rd ed., section 5.5.
        """
        middle = self.best + self.per_year * years
        spread = math.sqrt(self.variance_per_year * (years + years**2 / self.years) + self.sd**2)
        reach = _quantile((1.0 + level) / 2.0, self.freedom) * spread
        return (max(self.best, middle - reach), middle, middle + reach)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Months until the running best reaches a threshold.

    Args:
        outlook: what it says.
        threshold: the value asked for.
        best: the running best on the day of the forecast, None where there is none yet.
        on: that day.
        months: until the central path reaches it; None unless expected within the months asked for.
        low: months until the upper edge of the band reaches it, 0 where it may be there already; None where not within.
        high: months until the lower edge does; None where not within the months asked for.
        level: of the band.
        within_months: the months asked for.
        reason: why, where there is no trend; or that the trend alone says that it should have been reached by now.
    """

    outlook: Outlook
    threshold: float
    best: float | None
    on: date
    months: float | None
    low: float | None
    high: float | None
    level: float
    within_months: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One forecast held against what came.

    Args:
        on: the day of the forecast; nothing later went into it.
        months: ahead, for a value; the months that it took, for a date (None where the level was not reached in the data).
        low: the forecast's lower end.
        high: its upper end, None where it had none.
        observed: what came: a value, or months.
        covered: it lay between the ends.
    """

    on: date
    months: float | None
    low: float | None
    high: float | None
    observed: float | None
    covered: bool


def on_scale(value: float, scale: Scale, chance: float = 0.0) -> float:
    """A value on the scale on which a steady pace is a straight line.

    Args:
        value: as printed.
        scale: which.
        chance: the share that a guesser scores, taken off before log odds; what lies nearer to it or to 1 than half a point in
            a hundred is moved there.

    Raises:
        InputError: the value does not stand on the scale.

    >>> on_scale(0.625, Scale.LOGIT, chance=0.25)
    0.0
    """
    match scale:
        case Scale.LINEAR:
            return value
        case Scale.LOG:
            if value <= 0.0:
                raise InputError(f"{value} has no logarithm", where="forecast", expected="values above 0",
                                 remedy="choose the scale 'linear', or 'logit' for shares")  # fmt: skip
            return math.log(value)
        case Scale.LOGIT:
            if not 0.0 <= value <= 1.0:
                raise InputError(f"{value} is no share", where="forecast", expected="values from 0 to 1",
                                 remedy="choose the scale 'linear' or 'log'")  # fmt: skip
            share = min(max((value - chance) / (1.0 - chance), _EDGE), 1.0 - _EDGE)
            return math.log(share / (1.0 - share))


def frontier(results: Iterable[Result]) -> tuple[Result, ...]:
    """The results that were the best when they came, by day; of equals the first.

    >>> from datetime import date
    >>> [one.value for one in frontier([Result(date(2024, 1, 1), 1.0), Result(date(2025, 1, 1), 0.5), Result(date(2026, 1, 1), 2.0)])]
    [1.0, 2.0]
    """
    best: list[Result] = []
    for one in sorted(results, key=lambda one: (one.on, -one.value, one.name)):
        if not math.isfinite(one.value):
            raise InputError(
                f"the result of {one.name or one.on} is {one.value}",
                where="forecast",
                expected="a finite number",
            )
        if not best or one.value > best[-1].value:
            best.append(one)
    return tuple(best)


def trend(results: Iterable[Result], *, on: date, scale: Scale, chance: float = 0.0) -> Trend | str:
    """The drift of the running best until a day, or the reason why there is none to go by.

    Args:
        results: of any days; later ones are not looked at.
        on: the day.
        scale: on which a steady pace is a straight line.
        chance: the share that a guesser scores, taken off before log odds.

    Returns:
        The trend, or a sentence.
    """
    seen = [one for one in results if one.on <= on]
    records = frontier(seen)
    if len(records) < _LEAST_RECORDS:
        return f"{len(records)} results were ever the best; a trend needs {_LEAST_RECORDS}"
    on = min(on, max(one.on for one in seen) + timedelta(days=_DAYS_A_YEAR * _QUARTER_YEARS))
    quarters = int((on - records[0].on).days / _DAYS_A_YEAR / _QUARTER_YEARS)
    if quarters < _LEAST_QUARTERS:
        return f"the results span {quarters} quarters; a trend needs {_LEAST_QUARTERS}"
    days = [on - timedelta(days=_DAYS_A_YEAR * _QUARTER_YEARS * back) for back in range(quarters, -1, -1)]
    steps = np.diff([on_scale(_best(records, day), scale, chance) for day in days])
    years = quarters * _QUARTER_YEARS
    drift = float(steps.sum()) / years
    if drift <= 0.0:
        return f"the best has not risen in {years:g} years"
    variance = float(((steps - drift * _QUARTER_YEARS) ** 2).sum()) / (quarters - 1) / _QUARTER_YEARS
    return Trend(on, on_scale(records[-1].value, scale, chance), drift, variance, years, quarters - 1, records[-1].sd or 0.0)  # fmt: skip


def months_until(
    results: Sequence[Result],
    threshold: float,
    *,
    on: date,
    scale: Scale,
    chance: float = 0.0,
    level: float = 0.8,
    within_months: float = 120.0,
) -> Forecast:
    """Months from a day until the running best reaches a threshold, at constant controls.

    Args:
        results: of any days; later ones than `on` are not looked at.
        threshold: in the results' own unit.
        on: the day from which months are counted.
        scale: on which a steady pace is a straight line.
        chance: the share that a guesser scores, for LOGIT.
        level: of the interval.
        within_months: how far ahead is looked.

    Returns:
        The forecast.

    Raises:
        InputError: a value does not stand on the scale.

    >>> from datetime import date
    >>> doubling = [Result(date(2020 + n // 2, 1 + 6 * (n % 2), 1), 2.0**n) for n in range(9)]
    >>> found = months_until(doubling, 1024.0, on=date(2024, 1, 1), scale=Scale.LOG)
    >>> found.outlook.value, round(found.months)
    ('expected', 12)
    """
    records = frontier(one for one in results if one.on <= on)
    best = records[-1].value if records else None
    goal = on_scale(threshold, scale, chance)
    base = Forecast(Outlook.REACHED, threshold, best, on, 0.0, 0.0, 0.0, level, within_months)
    if best is not None and best >= threshold:
        return base
    found = trend(results, on=on, scale=scale, chance=chance)
    if isinstance(found, str):
        return replace(base, outlook=Outlook.NO_TREND, months=None, low=None, high=None, reason=found)
    high, months, low = (_months(found, on, goal, edge, level, within_months) for edge in range(3))
    outlook = Outlook.NOT_WITHIN if months is None else Outlook.EXPECTED
    reason = f"by the trend it was reached since results end, at {found.on}" if months == 0.0 else ""
    return replace(base, outlook=outlook, months=months, low=low, high=high, reason=reason)


def back_test(
    results: Sequence[Result],
    *,
    scale: Scale,
    chance: float = 0.0,
    months_ahead: Sequence[float] = (3.0, 6.0, 12.0),
    every_months: float = 1.0,
    first_records: int = 6,
    level: float = 0.8,
) -> tuple[Check, ...]:
    """Forecasts of the running best some months ahead, from every month of the past, held against what came.

    The quantity scored is the running best on a day fixed in advance: it is always observed, and it does not depend on
    which models later came to be measured.

    Args:
        results: all of them.
        scale: as for `months_until`.
        chance: as for `months_until`.
        months_ahead: how far.
        every_months: between the days on which forecasts are made.
        first_records: how many records must stand before the first forecast.
        level: of the bands.

    Returns:
        One check a day and distance, on the scale of the forecast; those past the last result are left out.
    """
    records = frontier(results)
    last = max((one.on for one in results), default=date.min)
    checks = []
    for on in _days(records, first_records, last, every_months):
        found = trend(results, on=on, scale=scale, chance=chance)
        for months in months_ahead if isinstance(found, Trend) else ():
            day = on + timedelta(days=months * _DAYS_A_MONTH)
            if day <= last and isinstance(found, Trend):
                low, _, high = found.band((day - found.on).days / _DAYS_A_YEAR, level)
                seen = on_scale(_best(records, day), scale, chance)
                checks.append(Check(on, months, low, high, seen, low - 1e-9 <= seen <= high + 1e-9))
    return tuple(checks)


def back_test_dates(
    results: Sequence[Result],
    *,
    scale: Scale,
    chance: float = 0.0,
    years_of_drift: Sequence[float] = (0.25, 0.5, 1.0),
    every_months: float = 1.0,
    first_records: int = 6,
    level: float = 0.8,
    within_months: float = 120.0,
) -> tuple[Check, ...]:
    """Forecasts of when a level is reached, from every month of the past, held against the day on which it was.

    Levels stand above the best by what the drift of the day makes in so many years: fixed in advance, not picked among those
    that were reached. A level not reached by the last result counts as covered if the forecast's upper end lies beyond that
    day, and as missed if not; whether the lower end would have held cannot be told.

    Args:
        results: all of them.
        scale: as for `months_until`.
        chance: as for `months_until`.
        years_of_drift: how far above the best.
        every_months: between the days on which forecasts are made.
        first_records: how many records must stand before the first forecast.
        level: of the intervals.
        within_months: how far ahead is looked.

    Returns:
        One check a day and level; levels whose central date lies past the last result are left out.
    """
    records = frontier(results)
    last = max((one.on for one in results), default=date.min)
    checks = []
    for on in _days(records, first_records, last, every_months):
        found = trend(results, on=on, scale=scale, chance=chance)
        for years in years_of_drift if isinstance(found, Trend) else ():
            if isinstance(found, Trend) and on + timedelta(days=years * _DAYS_A_YEAR) <= last:
                goal = found.best + found.per_year * years
                low, high = (_months(found, on, goal, edge, level, within_months) for edge in (2, 0))
                checks.append(_date_check(records, on, last, goal, low, high, scale, chance))
    return tuple(checks)


def coverage(checks: Iterable[Check]) -> float | None:
    """The share of checks that were covered; None of none."""
    covered = [one.covered for one in checks]
    return sum(covered) / len(covered) if covered else None


def _date_check(
    records: Sequence[Result],
    on: date,
    last: date,
    goal: float,
    low: float | None,
    high: float | None,
    scale: Scale,
    chance: float,
) -> Check:
    reached = next(
        (one.on for one in records if one.on > on and on_scale(one.value, scale, chance) >= goal), None
    )
    took = ((reached or last) - on).days / _DAYS_A_MONTH
    in_time = high is None or took <= high
    covered = in_time if reached is None else in_time and low is not None and low <= took
    months = took if reached else None
    return Check(on, months, low, high, months, covered)


@cache
def _quantile(level: float, freedom: int) -> float:
    return float(student.ppf(level, freedom))


def _days(records: Sequence[Result], first_records: int, last: date, every_months: float) -> list[date]:
    if len(records) < first_records:
        return []
    start = records[first_records - 1].on
    count = int((last - start).days / (every_months * _DAYS_A_MONTH)) + 1
    return [start + timedelta(days=step * every_months * _DAYS_A_MONTH) for step in range(count)]


def _best(records: Sequence[Result], on: date) -> float:
    return [one.value for one in records if one.on <= on][-1]


def _months(
    found: Trend, on: date, goal: float, edge: int, level: float, within_months: float
) -> float | None:
    """Months from a day until an edge of the band (0 low, 1 middle, 2 high) reaches the goal; None where not within them."""
    since = (on - found.on).days / _DAYS_A_YEAR

    def excess(years: float) -> float:
        return found.band(since + years, level)[edge] - goal

    if excess(0.0) >= 0.0:
        return 0.0
    # The lower edge falls before it rises: steps of a month find where it first comes through.
    before = 0.0
    for month in range(1, math.ceil(within_months) + 1):
        after = min(float(month), within_months) / _MONTHS_A_YEAR
        if excess(after) >= 0.0:
            return float(brentq(excess, before, after, xtol=1e-6)) * _MONTHS_A_YEAR
        before = after
    return None
