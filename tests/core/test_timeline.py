"""The algebra of days: laws that hold for any periods and any timelines."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as draw

from chipledger.core.timeline import ALWAYS, Period, Timeline
from chipledger.core.truth import Truth, Verdict, all_of, any_of

FIRST, LAST = date(2022, 1, 1), date(2022, 3, 1)
DAYS = draw.dates(FIRST, LAST)
NEAR_DAYS = [FIRST - timedelta(7) + timedelta(n) for n in range((LAST - FIRST).days + 15)]
EVERY_DAY = [date.min, *NEAR_DAYS, date.max]


@draw.composite
def periods(some):
    """Any period with ends among the days or open."""
    one, other = some(draw.none() | DAYS), some(draw.none() | DAYS)
    if one and other:
        one, other = min(one, other), max(one, other)
        other = other + timedelta(1) if one == other else other
    return Period(one, other)


def timelines(values):
    """Any timeline: neighbours that touch, gaps and open ends included."""

    @draw.composite
    def build(some):
        marks = sorted(some(draw.sets(DAYS, max_size=8)))
        marks = [None, *marks, None] if some(draw.booleans()) else marks
        pieces = [Period(a, b) for a, b in pairwise(marks) if some(draw.booleans())]
        return Timeline(tuple((piece, some(values)) for piece in pieces))

    return build()


NUMBERS = timelines(draw.integers(0, 2))
VERDICTS = draw.sampled_from(list(Verdict))
TRUTHS = timelines(VERDICTS.map(Truth))


def days(period):
    return {day for day in EVERY_DAY if period.contains(day)}


# Periods


def test_a_period_holds_its_first_day_and_not_its_last():
    rule = Period(date(2022, 10, 21), date(2023, 11, 17))

    assert [rule.contains(date(2022, 10, 20)), rule.contains(date(2022, 10, 21))] == [False, True]
    assert [rule.contains(date(2023, 11, 16)), rule.contains(date(2023, 11, 17))] == [True, False]


@pytest.mark.parametrize("until", [date(2023, 1, 1), date(2022, 12, 31)])
def test_a_period_without_a_day_is_refused(until):
    with pytest.raises(ValueError, match=r"must hold a day: \[2023-01-01"):
        Period(date(2023, 1, 1), until)


def test_an_open_period_holds_every_day_the_calendar_has():
    assert ALWAYS.contains(date.min) and ALWAYS.contains(date.max)


@given(periods(), periods())
def test_an_intersection_holds_the_days_that_both_hold(one, other):
    both = one.intersection(other)

    assert (days(both) if both else set()) == days(one) & days(other)


@given(periods(), periods(), periods())
def test_intersection_is_commutative_and_associative(one, other, third):
    def meet(a, b):
        return a.intersection(b) if a and b else None

    assert one.intersection(other) == other.intersection(one)
    assert meet(meet(one, other), third) == meet(one, meet(other, third))


@given(periods())
def test_always_and_itself_change_no_period(period):
    assert period.intersection(ALWAYS) == period == period.intersection(period)


# Timelines


def test_periods_that_overlap_are_refused_and_both_are_named():
    early, late = Period(None, date(2022, 2, 2)), Period(date(2022, 2, 1))

    with pytest.raises(ValueError, match=r"overlap.*2022, 2, 2.*2022, 2, 1"):
        Timeline.of([(late, "licence"), (early, "free")])


def test_entries_out_of_order_are_put_in_order_by_of_alone():
    early, late = Period(None, FIRST), Period(FIRST)
    entries = ((late, 2), (early, 1))

    assert [value for _, value in Timeline.of(entries)] == [1, 2]
    with pytest.raises(ValueError, match="out of order"):
        Timeline(entries)


@given(NUMBERS)
def test_at_most_one_entry_holds_on_a_day(line):
    for day in EVERY_DAY:
        holding = [value for period, value in line if period.contains(day)]
        assert holding == ([] if line.at(day) is None else [line.at(day)])


@given(NUMBERS, periods())
def test_clip_keeps_what_holds_inside_and_nothing_outside(line, window):
    clipped = line.clip(window)

    for day in EVERY_DAY:
        assert clipped.at(day) == (line.at(day) if window.contains(day) else None)


@given(NUMBERS, periods(), periods())
def test_clipping_twice_is_clipping_to_the_intersection(line, one, other):
    both = one.intersection(other)

    assert line.clip(one).clip(other) == (line.clip(both) if both else Timeline())


@given(NUMBERS, periods())
def test_gaps_and_entries_share_out_the_window_day_by_day(line, window):
    gaps = line.gaps(window)

    for day in EVERY_DAY:
        covers = [gap for gap in gaps if gap.contains(day)]
        covers += [period for period, _ in line.clip(window) if period.contains(day)]
        assert len(covers) == window.contains(day)


@given(NUMBERS)
def test_filling_the_gaps_leaves_no_gap(line):
    filled = Timeline.of([*line, *((gap, "gap") for gap in line.gaps())])

    assert filled.gaps() == ()


def test_an_empty_timeline_is_one_gap():
    assert Timeline().gaps() == (ALWAYS,)
    assert Timeline().at(FIRST) is None


@given(NUMBERS)
def test_coalesce_keeps_what_holds_and_joins_all_that_can_be(line):
    joined = line.coalesce()

    assert [joined.at(day) for day in EVERY_DAY] == [line.at(day) for day in EVERY_DAY]
    assert joined.coalesce() == joined
    assert not [
        1
        for (before, a), (after, b) in pairwise(joined.entries)
        if a == b and before.effective_until == after.effective_from
    ]


@given(NUMBERS)
def test_map_changes_values_and_no_day(line):
    doubled = line.map(lambda value: value * 2)

    assert [period for period, _ in doubled] == [period for period, _ in line]
    assert all(doubled.at(day) == (line.at(day) or 0) * 2 for day in EVERY_DAY if line.at(day) is not None)


@given(NUMBERS, NUMBERS)
def test_combine_is_join_on_each_day_and_silent_where_neither_holds(one, other):
    both = one.combine(other, lambda mine, theirs: (mine, theirs))

    for day in EVERY_DAY:
        pair = (one.at(day), other.at(day))
        assert both.at(day) == (None if pair == (None, None) else pair)


@given(NUMBERS, NUMBERS)
def test_combine_mirrors_when_its_sides_are_swapped(one, other):
    mirrored = other.combine(one, lambda theirs, mine: (mine, theirs))

    assert one.combine(other, lambda mine, theirs: (mine, theirs)) == mirrored


@given(NUMBERS)
def test_what_holds_changes_on_boundaries_only(line):
    for day in NEAR_DAYS:
        if line.at(day) != line.at(day - timedelta(1)):
            assert day in line.boundaries()


def test_boundaries_are_in_order_and_open_ends_are_none():
    line = Timeline.of([(Period(None, FIRST), 1), (Period(FIRST, LAST), 2)])

    assert line.boundaries() == (FIRST, LAST)


# Truth through time: a gap is unknown, never a no


def gap_is_unknown(part):
    return Truth.unknown("nothing is known of that day") if part is None else part


def conjunction(one, other):
    return one.combine(other, lambda a, b: all_of([gap_is_unknown(a), gap_is_unknown(b)]))


def disjunction(one, other):
    return one.combine(other, lambda a, b: any_of([gap_is_unknown(a), gap_is_unknown(b)]))


def negation(line):
    return line.map(lambda part: ~part)


def answers(line):
    return [None if line.at(day) is None else line.at(day).value for day in EVERY_DAY]


@given(TRUTHS, TRUTHS)
def test_de_morgan_holds_through_time(one, other):
    assert answers(negation(conjunction(one, other))) == answers(disjunction(negation(one), negation(other)))
    assert answers(negation(disjunction(one, other))) == answers(conjunction(negation(one), negation(other)))


@given(TRUTHS, TRUTHS, TRUTHS)
def test_conjunction_distributes_over_disjunction_through_time(one, other, third):
    left = conjunction(one, disjunction(other, third))
    right = disjunction(conjunction(one, other), conjunction(one, third))

    assert answers(left) == answers(right)
