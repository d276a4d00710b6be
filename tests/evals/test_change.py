from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.core.errors import InputError
from chipledger.evals.statistics.change import (
    Change,
    Direction,
    changes,
    cusum,
    limit_for,
    standardised,
)

UP, DOWN, BOTH = Direction.UP, Direction.DOWN, Direction.BOTH
RUNS = 60


def rates(truth, histories, seed=1, items=100):
    """Run rates of shape (histories, runs) while the truth goes by run."""
    return np.random.default_rng(seed).binomial(items, truth, (histories, len(truth))) / items


def still(rate=0.4, runs=RUNS):
    return [rate] * runs


def jump(before=0.4, after=0.5, at=20, runs=RUNS):
    return [before] * at + [after] * (runs - at)


def test_a_known_baseline_gives_the_textbook_score():
    assert standardised([0.5], [100], baseline=0.4)[0] == pytest.approx(0.1 / np.sqrt(0.24 / 100))
    assert standardised([0.5], [100], baseline=0.4, design_effect=4.0)[0] == pytest.approx(
        0.05 / np.sqrt(0.24 / 100)
    )


def test_scores_against_the_runs_before_are_standard_and_independent():
    scores = standardised(rates(still(0.3), 2000), 100)
    assert (scores[:, 0] == 0).all()
    assert scores[:, 1:].mean(axis=0) == pytest.approx(0.0, abs=0.1)
    assert scores[:, 1:].std(axis=0) == pytest.approx(1.0, abs=0.1)
    assert abs(np.corrcoef(scores[:, 10], scores[:, 11])[0, 1]) < 0.1


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_runs_that_all_fail_or_all_succeed_have_finite_scores(rate):
    assert (standardised([rate] * 5, [100] * 5) == 0).all()


@given(st.lists(st.floats(-4, 4), min_size=1, max_size=12), st.floats(0, 1))
def test_the_path_is_the_highest_sum_of_a_stretch_that_ends_here(scores, allowance):
    path = cusum(scores, direction=UP, allowance=allowance)
    for run in range(len(scores)):
        stretches = [sum(one - allowance for one in scores[start : run + 1]) for start in range(run + 1)]
        assert path[run] == pytest.approx(max(0.0, *stretches), abs=1e-9)
    down = cusum([-one for one in scores], direction=DOWN, allowance=allowance)
    assert down == pytest.approx(path)
    assert (cusum(scores, direction=BOTH, allowance=allowance) >= path).all()


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("direction", [UP, BOTH])
def test_the_limit_keeps_false_alarms_rare_and_finds_a_jump_soon(known, direction):
    limit = limit_for([100] * RUNS, 0.4, direction=direction, baseline_known=known, replications=4000)
    baseline = 0.4 if known else None
    quiet = cusum(standardised(rates(still(), 1500, seed=2), 100, baseline=baseline), direction=direction)
    assert 0.02 < (quiet > limit).any(axis=-1).mean() <= 0.06
    moved = (
        cusum(standardised(rates(jump(), 1500, seed=3), 100, baseline=baseline), direction=direction) > limit
    )
    found = moved[~moved[:, :20].any(axis=-1), 20:]
    assert found.any(axis=-1).mean() > 0.98
    assert np.median(found.argmax(axis=-1) + 1) <= 4


def test_a_limit_is_the_same_for_the_same_seed_and_lower_for_more_false_alarms():
    args = {"direction": UP, "replications": 2000}
    assert limit_for([50] * 20, 0.3, **args) == limit_for([50] * 20, 0.3, **args)
    assert limit_for([50] * 20, 0.3, false_alarm=0.2, **args) < limit_for([50] * 20, 0.3, **args)


def test_clusters_need_their_design_effect():
    rng = np.random.default_rng(4)
    strength = 1 / 0.3 - 1
    clusters = rng.beta(0.4 * strength, 0.6 * strength, (1000, RUNS, 20))
    seen = rng.binomial(5, clusters).sum(axis=-1) / 100
    limit = limit_for([100] * RUNS, 0.4, direction=UP, replications=4000)
    plain, mended = (
        (cusum(standardised(seen, 100, design_effect=effect), direction=UP) > limit).any(axis=-1).mean()
        for effect in (1.0, 2.2)
    )
    assert plain > 0.3 and mended <= 0.075


@pytest.mark.parametrize("direction", [UP, BOTH])
def test_a_jump_is_dated(direction):
    (found,) = changes(jump(0.4, 0.6, at=12, runs=20), [100] * 20, limit=5.5, direction=direction)
    assert found == Change(13, 12, UP, pytest.approx(found.statistic))
    assert found.statistic > 5.5


def test_two_changes_are_two_and_the_other_way_is_not_looked_at():
    series = [0.4] * 15 + [0.6] * 15 + [0.3] * 15
    both = changes(series, [200] * 45, limit=6.0, direction=BOTH)
    assert [(one.since, one.direction) for one in both] == [(15, UP), (30, DOWN)]
    assert [one.since for one in changes(series, [200] * 45, limit=6.0, direction=UP)] == [15]
    assert [one.since for one in changes(series, [200] * 45, limit=6.0, direction=DOWN)] == [30]


def test_a_known_baseline_tells_a_move_from_the_first_run():
    (found,) = changes([0.6] * 10, [100] * 10, limit=5.5, direction=UP, baseline=0.4)
    assert (found.run, found.since) == (1, 0)
    assert changes([0.6] * 10, [100] * 10, limit=5.5, direction=UP) == []


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=30), st.sampled_from(Direction), st.sampled_from([None, 0.1, 0.5]))
def test_changes_come_in_order_whatever_the_series(series, direction, baseline):
    found = changes(series, [100] * len(series), limit=3.0, direction=direction, baseline=baseline)
    assert all(one.since <= one.run for one in found)
    assert all(before.run < after.since for before, after in pairwise(found))
    assert {one.direction for one in found} <= ({UP, DOWN} if direction is BOTH else {direction})


def test_dates_of_a_jump_are_mostly_right():
    off = []
    for seen in rates(jump(0.4, 0.55), 200, seed=5):
        found = changes(seen, [100] * RUNS, limit=5.5, direction=UP)
        off += [one.since - 20 for one in found[:1]]
    assert np.median(np.abs(off)) <= 1 and len(off) > 195


@pytest.mark.parametrize(
    ("seen", "asked", "told"),
    [
        ([0.5, np.nan], [10, 10], "leave out a run in which nothing was scored"),
        ([1.2], [10], "numbers from 0 to 1"),
        ([0.5], [0], "at least one trial a run"),
        (0.5, 10, "a list with one rate for each run"),
    ],
)
def test_what_is_no_run_is_refused(seen, asked, told):
    with pytest.raises(InputError, match=told):
        changes(seen, asked, limit=5.0, direction=UP)


def test_a_limit_that_cannot_be_told_is_refused():
    with pytest.raises(InputError, match="use 200 or more"):
        limit_for([100] * 5, 0.4, direction=UP, replications=20)
    with pytest.raises(InputError, match=r"rate 1\.0"):
        limit_for([100] * 5, 1.0, direction=UP)
