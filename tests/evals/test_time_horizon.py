import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from chipledger.core.errors import InputError
from chipledger.evals.statistics.time_horizon import Attempt, Weighting, horizons, success_curve


def attempts(seed, *, families=30, tasks=4, tries=4, half=6.0, slope=0.6, family_sd=0.0, task_sd=0.0):
    """Attempts of a model whose 50% horizon is 2**half minutes."""
    rng = np.random.default_rng(seed)
    made = []
    for family in range(families):
        shift, about = rng.normal(0, family_sd), rng.uniform(-1, 12)
        for task in range(tasks):
            length = about + rng.normal()
            chance = expit(slope * (half - length) + shift + rng.normal(0, task_sd))
            made += [
                Attempt(f"t{task}", f"f{family}", 2.0**length, float(rng.random() < chance))
                for _ in range(tries)
            ]
    return made


def test_the_horizon_is_recovered():
    curve = success_curve(attempts(1, families=400))
    assert np.log2(curve.minutes(0.5)) == pytest.approx(6.0, abs=0.2)
    assert curve.slope == pytest.approx(0.6, abs=0.05)


def test_the_80_percent_horizon_is_shorter_by_the_slope():
    curve = success_curve(attempts(2))
    assert np.log2(curve.minutes(0.5) / curve.minutes(0.8)) == pytest.approx(np.log(4.0) / curve.slope)


def test_intervals_cover_the_truth_where_families_differ():
    kinds = {"family_sd": 0.8, "task_sd": 0.8}
    truth = {
        one: success_curve(attempts(99, families=2000, tasks=1, tries=1, **kinds)).minutes(one)
        for one in (0.5, 0.8)
    }
    found = [
        one for seed in range(14) for one in horizons(attempts(seed, tries=2, **kinds), draws=80, seed=seed)
    ]
    inside = [one.low <= truth[one.chance] <= one.high for one in found]
    assert np.mean(inside) >= 0.9


def test_intervals_that_forget_families_are_too_narrow():
    made = attempts(3, families=12, tasks=10, tries=2, family_sd=1.5)
    loose = [
        Attempt(f"{one.family}{one.task}", f"{one.family}{one.task}", one.minutes, one.success)
        for one in made
    ]
    (clustered,), (alone,) = (
        horizons(one, chances=[0.5], draws=100, seed=1, weighting=Weighting.TASKS) for one in (made, loose)
    )
    assert clustered.high / clustered.low > 1.5 * alone.high / alone.low


def test_the_same_seed_gives_the_same_interval():
    assert horizons(attempts(4), draws=30, seed=7) == horizons(attempts(4), draws=30, seed=7)


def test_a_horizon_beyond_the_tasks_says_so():
    easy = [one for one in attempts(5, families=60) if one.minutes < 30.0]
    (found,) = horizons(easy, chances=[0.5], draws=20, seed=1)
    assert found.minutes > 30.0
    assert found.extrapolated


def test_a_model_that_solves_everything_has_no_horizon_and_says_why():
    made = [Attempt(f"{n}", "f", 2.0**n, 1.0) for n in range(8)]
    (found,) = horizons(made, chances=[0.5], draws=20, seed=1)
    assert found.minutes is None
    assert "does not fall" in found.reason


def test_a_model_better_at_long_tasks_has_no_horizon():
    rng = np.random.default_rng(6)
    made = [Attempt(f"{n}", "f", 2.0**n, float(rng.random() < n / 12)) for n in range(12) for _ in range(9)]
    assert success_curve(made) is None


def test_too_few_tasks_give_a_horizon_without_an_interval():
    made = [Attempt(f"{n}", f"{n}", 2.0**n, float(n < 3 or n == 4)) for n in range(7)]
    (found,) = horizons(made, chances=[0.5], draws=200, seed=1)
    assert found.minutes is not None
    assert found.low is None
    assert "too few tasks" in found.reason


def test_weights_of_families_keep_a_large_family_from_deciding():
    small = [Attempt(f"{n}", f"s{n}", 2.0**n, float(n < 6 or n == 7)) for n in range(12)]
    large = [Attempt(f"{n}", "large", 2.0 ** (n % 12), float(n % 12 < 2 or n % 12 == 3)) for n in range(240)]
    by_task, by_family = (
        success_curve(small + large, how).minutes(0.5) for how in (Weighting.TASKS, Weighting.FAMILIES)
    )
    assert by_task < by_family < success_curve(small).minutes(0.5)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 100.0))
def test_minutes_counted_in_other_units_move_the_horizon_by_as_much(factor):
    made = attempts(8, families=10)
    moved = [Attempt(one.task, one.family, one.minutes * factor, one.success) for one in made]
    assert success_curve(moved).minutes(0.5) == pytest.approx(
        success_curve(made).minutes(0.5) * factor, rel=1e-6
    )


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ([], "no attempts"),
        ([Attempt("t", "f", 0.0, 1.0)], "0.0 minutes for task 't'"),
        ([Attempt("t", "f", 5.0, float("nan"))], "success nan of task 't'"),
    ],
)
def test_bad_attempts_are_refused_by_name(made, message):
    with pytest.raises(InputError, match=message):
        success_curve(made)
