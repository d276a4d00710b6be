"""The closed form of a pipeline against the real order of passes, and laws of both."""

from itertools import product

import numpy as np
import pytest

from chipledger.core.errors import InputError
from chipledger.perf.pipeline import StageSeconds, in_flight, makespan, simulate
from chipledger.perf.strategy import Schedule


def layouts(schedule):
    for deep, chunks, rounds in product((2, 4, 8, 16), (1, 2, 4), (0.5, 1, 2, 4, 8)):
        passes = int(deep * rounds)
        if chunks > 1 and (schedule is not Schedule.ONE_F_ONE_B or passes % deep):
            continue
        if schedule is Schedule.DUALPIPE and rounds < 2:
            continue
        yield deep, chunks, passes


def played(schedule, deep, chunks, passes, forward, backward, **more):
    each = [forward / chunks] * (deep * chunks), [backward / chunks] * (deep * chunks)
    return simulate(*each, passes, schedule, virtual_stages=chunks, **more)


@pytest.mark.parametrize("schedule", Schedule)
@pytest.mark.parametrize(("forward", "backward"), [(1.0, 2.0), (1.0, 2.2), (2.0, 4.0)])
@pytest.mark.parametrize("sent", [0.0, 0.05, 0.2])
def test_the_closed_form_agrees_with_the_order_of_passes_on_even_stages(schedule, forward, backward, sent):
    for deep, chunks, passes in layouts(schedule):
        shown = played(schedule, deep, chunks, passes, forward, backward, hand_over_seconds=sent)
        even = StageSeconds(forward=forward, backward=backward)
        told = makespan(even, deep, chunks, passes, schedule, hand_over_seconds=sent)

        assert float(told) == pytest.approx(shown.seconds, rel=0.02), (deep, chunks, passes)


@pytest.mark.parametrize("schedule", Schedule)
def test_no_stage_ends_before_its_own_work(schedule):
    for deep, chunks, passes in layouts(schedule):
        shown = played(schedule, deep, chunks, passes, 1.0, 2.0)

        assert shown.busy == pytest.approx((passes * 3.0,) * deep)
        assert shown.seconds >= passes * 3.0


@pytest.mark.parametrize("schedule", Schedule)
def test_what_a_stage_holds_is_what_the_order_of_passes_shows(schedule):
    for deep, chunks, passes in layouts(schedule):
        if chunks > 1 and passes == deep:
            continue  # all forward passes come first then; the formula tells what is usual
        shown = played(schedule, deep, chunks, passes, 1.0, 2.0).in_flight
        told = in_flight(deep, chunks, passes, schedule, np.arange(deep))

        assert (np.asarray(shown) <= told + 1e-9).all(), (deep, chunks, passes)
        assert max(shown) >= 0.6 * told.max()


def test_interleaving_and_zero_bubble_wait_less():
    one = StageSeconds(forward=1.0, backward=2.0)
    plain, apart = makespan(one, 8, [1, 4], 32, Schedule.ONE_F_ONE_B)
    zero = float(makespan(one, 8, 1, 32, Schedule.ZERO_BUBBLE))
    two_ways = float(makespan(one, 8, 1, 32, Schedule.DUALPIPE))

    assert (plain - 96, apart - 96, zero - 96) == pytest.approx((21.0, 21.0 / 4, 7.0))
    assert two_ways - 96 < zero - 96


@pytest.mark.parametrize("end", ["first", "last"])
@pytest.mark.parametrize("extra", [0.1, 0.3, 0.9])
def test_a_slower_end_sets_the_pace(end, extra):
    for deep, chunks, passes in product((4, 8), (1, 2), (16, 64)):
        forward, backward = ([one / chunks] * (deep * chunks) for one in (1.0, 2.0))
        place = 0 if end == "first" else -1
        forward[place] += extra
        backward[place] += 2 * extra
        uneven = {f"{end}_forward": extra, f"{end}_backward": 2 * extra}
        told = makespan(
            StageSeconds(forward=1.0, backward=2.0, **uneven), deep, chunks, passes, Schedule.ONE_F_ONE_B
        )
        shown = simulate(forward, backward, passes, Schedule.ONE_F_ONE_B, virtual_stages=chunks).seconds

        assert float(told) == pytest.approx(shown, rel=0.02 if chunks == 1 else 0.15)


def test_one_stage_waits_for_nobody():
    one = StageSeconds(forward=1.0, backward=2.0, last_forward=0.5)

    for schedule in Schedule:
        assert float(makespan(one, 1, 1, 10, schedule, hand_over_seconds=9.0)) == pytest.approx(35.0)


def test_a_schedule_that_cannot_be_says_what_would():
    with pytest.raises(InputError, match="virtual stages in 1f1b alone"):
        simulate([1.0] * 4, [2.0] * 4, 8, Schedule.GPIPE, virtual_stages=2)
    with pytest.raises(InputError, match="at least twice as many"):
        simulate([1.0] * 4, [2.0] * 4, 4, Schedule.DUALPIPE)
