from datetime import date, timedelta

import numpy as np
import pytest

from chipledger.core.errors import InputError
from chipledger.core.sources import Grade
from chipledger.evals.compute import (
    Point,
    back_test_at_constant_compute,
    back_test_scores,
    by_chip,
    efficiency,
    join,
    least_compute,
    months_at_constant_compute,
)
from chipledger.evals.published import (
    TABLES,
    PublishedScore,
    TrainingRun,
    Unit,
    published_scores,
    training_runs,
)
from chipledger.evals.statistics.forecast import Outlook, Scale, coverage

START = date(2022, 1, 1)
FACTOR = 4.0  # less compute a year for the same score, in made-up models


def models(seed, *, count=80, years=4.0, per_tenfold=1.0, sd=0.3, factor=FACTOR, labs=12):
    """Models whose score rises with compute, and as much with date as `factor` times the compute a year would give."""
    rng = np.random.default_rng(seed)
    made = []
    for index in range(count):
        at, flop, lab = rng.uniform(0, years), 10.0 ** rng.uniform(22, 26), int(rng.integers(labs))
        score = per_tenfold * (np.log10(flop) - 24 + np.log10(factor) * at) + rng.normal(0, sd)
        made.append(
            Point(
                f"m{index}", START + timedelta(days=365.25 * at), flop, float(score), organisation=f"lab{lab}"
            )
        )
    return made


def score(model="gpt", value=0.7, grade=Grade.QUOTED, **fields):
    given = {
        "benchmark": "MMLU",
        "model": model,
        "value": value,
        "unit": Unit.SHARE,
        "published_on": date(2025, 1, 1),
        "source": "s",
    }
    return PublishedScore.model_validate(given | {"grade": grade} | fields)


def run(model="gpt", flop=1e25, grade=Grade.QUOTED, **fields):
    given = {
        "model": model,
        "training_flop": flop,
        "released_on": date(2024, 1, 1),
        "source": "e",
        "grade": grade,
    }
    return TrainingRun.model_validate(given | fields)


def index():
    return join(published_scores(TABLES / "epoch_eci_2026_04.csv"), training_runs())


def mmlu():
    rows = published_scores(TABLES / "epoch_benchmarks.csv")
    return join((row for row in rows if row.benchmark == "MMLU"), training_runs())


def test_the_yearly_fall_of_compute_is_recovered():
    found = efficiency(models(1, count=2000), scale=Scale.LINEAR, draws=10, seed=1)
    assert found.factor_a_year == pytest.approx(FACTOR, rel=0.05)
    assert found.per_tenfold == pytest.approx(1.0, abs=0.03)
    assert found.residual_sd == pytest.approx(0.3, abs=0.02)


def test_its_interval_covers_the_truth():
    found = [
        efficiency(models(seed), scale=Scale.LINEAR, draws=120, seed=seed, level=0.9) for seed in range(40)
    ]
    assert 0.8 <= np.mean([one.low <= FACTOR <= one.high for one in found]) <= 0.98


def test_the_same_seed_gives_the_same_interval():
    one, two = (efficiency(models(2), scale=Scale.LINEAR, draws=50, seed=3) for _ in range(2))
    assert one == two


def test_no_gain_with_date_is_a_factor_of_one():
    found = efficiency(models(3, factor=1.0, count=400), scale=Scale.LINEAR, draws=200, seed=1)
    assert found.low < 1.0 < found.high


def test_compute_that_does_not_help_is_an_error_not_a_number():
    with pytest.raises(InputError, match="more compute does not raise the score"):
        efficiency(models(4, per_tenfold=-1.0), scale=Scale.LINEAR, seed=1)


def test_a_handful_of_models_is_too_few():
    with pytest.raises(InputError, match=r"5 models.*at least 12"):
        efficiency(models(5, count=5), scale=Scale.LINEAR, seed=1)


def test_scores_of_later_models_fall_into_their_intervals():
    checks = [one for seed in range(6) for one in back_test_scores(models(seed), scale=Scale.LINEAR)]
    assert len(checks) > 300
    assert 0.75 <= coverage(checks) <= 0.85


def test_a_model_never_tells_its_own_score():
    made = models(6)
    last = max(made, key=lambda one: one.released_on)
    odd = [one for one in made if one is not last] + [
        Point(last.model, last.released_on, last.training_flop, 99.0)
    ]
    plain, changed = (back_test_scores(one, scale=Scale.LINEAR)[-1] for one in (made, odd))
    assert (plain.low, plain.high) == (changed.low, changed.high)
    assert not changed.covered


def test_below_a_ceiling_only_models_below_it_count():
    made = [*models(7), Point("huge", START + timedelta(days=1400), 1e28, 50.0)]
    on = START + timedelta(days=1461)
    low = months_at_constant_compute(made, 3.0, ceiling_flop=1e24, on=on, scale=Scale.LINEAR)
    high = months_at_constant_compute(made, 3.0, ceiling_flop=1e29, on=on, scale=Scale.LINEAR)
    assert high.outlook is Outlook.REACHED
    assert low.best < 3.0


def test_months_at_constant_compute_follow_from_the_yearly_fall():
    """At a quarter of the compute a year, a tenfold in score takes log(10)/log(4) years."""
    made = models(8, count=1500, sd=0.05)
    on = START + timedelta(days=1461)
    best = months_at_constant_compute(made, -9.0, ceiling_flop=1e24, on=on, scale=Scale.LINEAR).best
    found = months_at_constant_compute(made, best + 1.0, ceiling_flop=1e24, on=on, scale=Scale.LINEAR)
    assert found.months == pytest.approx(12 * np.log(10) / np.log(4), rel=0.2)
    assert found.low <= found.months <= found.high


def test_forecasts_below_a_ceiling_hold_in_simulation():
    checks = [
        one
        for seed in range(8)
        for one in back_test_at_constant_compute(
            models(seed, years=5.0), ceiling_flop=1e25, scale=Scale.LINEAR
        )
    ]
    assert len(checks) > 200
    assert 0.75 <= coverage(checks) <= 0.97


def test_the_published_tables_join_for_enough_models():
    assert len(mmlu()) >= 60
    assert len(index()) >= 60
    assert sum(one.hardware is not None for one in index()) >= 25


def test_less_compute_reaches_the_same_score_in_the_published_tables():
    found = efficiency(mmlu(), scale=Scale.LOGIT, chance=0.25, draws=200, seed=1)
    assert found.low > 1.0
    assert 1.5 < found.factor_a_year < 6.0


def test_gpt_4_level_came_within_a_twentieth_of_the_compute_in_two_years():
    first, *_, last = least_compute(mmlu(), 0.8)
    assert first.model == "GPT-4 (Mar 2023)"
    assert first.training_flop / last.training_flop > 20
    assert last.on.year == 2024


def test_the_highest_of_several_scores_counts_and_names_both_sources():
    (made,) = join([score(value=0.6), score(value=0.7, variant="high")], {"gpt": run(hardware="NVIDIA H800")})
    assert (made.value, made.sources, made.hardware) == (0.7, ("s", "e"), "NVIDIA H800")
    assert made.released_on == date(2024, 1, 1)


def test_what_was_only_recalled_does_not_decide():
    rows, runs = [score(grade=Grade.RECALLED)], {"gpt": run()}
    assert join(rows, runs) == ()
    (made,) = join(rows, runs, decides_only=False)
    assert made.grade is Grade.RECALLED


def test_a_model_taught_by_a_larger_one_says_so():
    runs = training_runs()
    assert (runs["Gemma 2 9B"].distilled, runs["Llama 3.1-405B"].distilled) == (True, False)
    (made,) = join([score()], {"gpt": run(distilled=True)})
    assert made.distilled is True


def test_a_model_without_training_compute_is_left_out():
    assert join([score(model="other")], {"gpt": run()}) == ()


def test_chips_are_told_as_printed_and_each_of_several_counts():
    made = join(
        [score("a", 0.5), score("b", 0.9)],
        {"a": run("a", hardware="NVIDIA A100"), "b": run("b", hardware="NVIDIA A100,NVIDIA H800")},
    )
    assert [(one.hardware, one.models, one.best.model) for one in by_chip(made)] == [
        ("NVIDIA A100", 2, "b"),
        ("NVIDIA H800", 1, "b"),
    ]
