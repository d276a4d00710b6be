import re
from datetime import date, timedelta

import numpy as np
import pytest

from chipledger.core.errors import InputError
from chipledger.evals.published import TABLES, published_scores
from chipledger.evals.statistics.forecast import (
    Outlook,
    Result,
    Scale,
    back_test,
    back_test_dates,
    coverage,
    frontier,
    months_until,
    on_scale,
    trend,
)

START = date(2020, 1, 1)


def day(years):
    return START + timedelta(days=365.25 * years)


def steady(years=4, a_year=2, pace=1.0):
    return [Result(day(n / a_year), pace * n / a_year) for n in range(years * a_year + 1)]


def releases(seed, *, years=6, a_year=16, pace=1.5, sd=0.5):
    """Models at random times, each its time's trend and its own luck; what becomes the frontier is what people forecast."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0, years, rng.poisson(a_year * years)))
    return [Result(day(float(at)), float(pace * at + rng.normal(0, sd))) for at in times]


def metr():
    rows = published_scores(TABLES / "metr_horizon_1_1.csv")
    return [Result(row.released_on, row.value, None, row.model) for row in rows if "50%" in row.benchmark]


def test_only_what_was_best_when_it_came_is_frontier():
    made = [
        Result(day(1), 2.0),
        Result(day(0), 1.0),
        Result(day(2), 1.5),
        Result(day(2), 3.0),
        Result(day(3), 3.0),
    ]
    assert [(one.on, one.value) for one in frontier(made)] == [(day(0), 1.0), (day(1), 2.0), (day(2), 3.0)]


def test_a_steady_pace_reaches_the_next_step_on_time():
    found = months_until(steady(), 5.0, on=day(4), scale=Scale.LINEAR)
    assert found.outlook is Outlook.EXPECTED
    assert found.months == pytest.approx(12.0, abs=0.2)
    assert found.low <= found.months <= found.high


def test_what_is_there_already_is_reached():
    found = months_until(steady(), 4.0, on=day(4), scale=Scale.LINEAR)
    assert (found.outlook, found.months) == (Outlook.REACHED, 0.0)


def test_what_lies_too_far_is_not_within_the_months_asked_for():
    found = months_until(steady(), 40.0, on=day(4), scale=Scale.LINEAR, within_months=60.0)
    assert (found.outlook, found.months, found.high) == (Outlook.NOT_WITHIN, None, None)


def test_results_after_the_day_are_not_looked_at():
    later = [*steady(), Result(day(4.5), 100.0)]
    assert months_until(later, 5.0, on=day(4), scale=Scale.LINEAR) == months_until(
        steady(), 5.0, on=day(4), scale=Scale.LINEAR
    )


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ([], "0 results were ever the best"),
        (steady(1)[:2], "2 results were ever the best"),
        ([Result(START + timedelta(days=10 * n), float(n)) for n in range(9)], "span . quarters"),
        ([Result(day(n), -float(n)) for n in range(5)], "1 results were ever the best"),
    ],
)
def test_no_trend_is_an_answer_with_a_reason(made, reason):
    found = months_until(made, 50.0, on=day(4), scale=Scale.LINEAR)
    assert found.outlook is Outlook.NO_TREND
    assert found.months is None
    assert re.search(reason, found.reason)


def test_years_in_which_nobody_measured_are_not_taken_for_standstill():
    fresh = months_until(steady(), 5.0, on=day(4), scale=Scale.LINEAR)
    late = months_until(steady(), 8.0, on=day(6), scale=Scale.LINEAR)
    assert late.months == pytest.approx(fresh.months + 15.0, abs=6.0)
    assert months_until(steady(), 5.0, on=day(8), scale=Scale.LINEAR).reason.startswith(
        "by the trend it was reached"
    )


def test_the_band_never_falls_below_the_best_and_widens():
    found = trend(releases(1), on=day(5), scale=Scale.LINEAR)
    widths = []
    for years in (0.25, 0.5, 1.0, 2.0):
        low, middle, high = found.band(years, 0.8)
        assert found.best <= low <= high
        widths.append(high - middle)
    assert widths == sorted(widths)


def test_a_measured_error_widens_the_interval():
    exact = steady()
    rough = [Result(one.on, one.value, 0.5) for one in exact]
    narrow, wide = (months_until(one, 6.0, on=day(4), scale=Scale.LINEAR) for one in (exact, rough))
    assert wide.low < narrow.low
    assert wide.high > narrow.high


@pytest.mark.parametrize(("sd", "a_year"), [(0.5, 12), (0.5, 40), (1.5, 12), (1.5, 40)])
def test_the_interval_covers_the_best_a_half_year_on(sd, a_year):
    checks = []
    for seed in range(80):
        made = releases(seed, years=4, a_year=a_year, sd=sd)
        found = trend(made, on=day(3), scale=Scale.LINEAR)
        if not isinstance(found, str):
            low, _, high = found.band(0.5 + (day(3) - found.on).days / 365.25, 0.8)
            seen = frontier(one for one in made if one.on <= day(3.5))[-1].value
            checks.append(low <= seen <= high)
    assert 0.75 <= np.mean(checks) <= 0.97


def test_crossing_days_are_covered_too():
    checks = [
        one
        for seed in range(40)
        for one in back_test_dates(releases(seed), scale=Scale.LINEAR, every_months=6.0, within_months=48.0)
    ]
    assert len(checks) > 100
    assert 0.75 <= coverage(checks) <= 0.97


def test_a_forecast_from_the_past_knows_nothing_of_what_came():
    made = releases(3)
    first = back_test(made, scale=Scale.LINEAR, every_months=6.0)[0]
    cut = [one for one in made if one.on <= first.on]
    found = trend(cut, on=first.on, scale=Scale.LINEAR)
    low, _, high = found.band((first.on + timedelta(days=91.3125) - found.on).days / 365.25, 0.8)
    assert (first.low, first.high) == pytest.approx((low, high), abs=1e-2)


def test_published_horizons_are_forecast_with_intervals_that_hold():
    checks = back_test(metr(), scale=Scale.LOG)
    assert len(checks) > 40
    assert 0.7 <= coverage(checks) <= 0.95


def test_shares_at_the_ends_stay_finite_and_chance_is_taken_off():
    assert on_scale(1.0, Scale.LOGIT) == pytest.approx(5.29, abs=0.01)
    assert on_scale(0.2, Scale.LOGIT, chance=0.25) == pytest.approx(-5.29, abs=0.01)
    assert on_scale(0.625, Scale.LOGIT, chance=0.25) == pytest.approx(0.0)


@pytest.mark.parametrize(("value", "scale"), [(0.0, Scale.LOG), (71.0, Scale.LOGIT)])
def test_a_value_off_its_scale_is_refused_with_a_remedy(value, scale):
    with pytest.raises(InputError, match="choose the scale"):
        on_scale(value, scale)


def test_a_result_that_is_no_number_is_refused_by_name():
    with pytest.raises(InputError, match="the result of gpt is nan"):
        frontier([Result(START, float("nan"), None, "gpt")])


def test_coverage_of_nothing_is_unknown():
    assert coverage([]) is None
