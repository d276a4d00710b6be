import numpy as np

from chipledger.evals.rule import Side
from chipledger.evals.statistics.late_starts import log_e_with_late_starts
from chipledger.evals.statistics.sequential import log_e_values

LOOKS, ITEMS = 52, 100


def watched(solved):
    """The log e-values of histories of counts, against one half."""
    return log_e_with_late_starts(
        lambda start: log_e_values(solved[:, start:], ITEMS, 0.5, side=Side.ABOVE), solved.shape[1]
    )


def alarms(log_e):
    return (log_e >= np.log(20)).any(axis=1)


def test_a_year_at_the_threshold_raises_a_false_alarm_in_fewer_than_one_history_of_twenty():
    solved = np.random.default_rng(1).binomial(ITEMS, 0.5, (600, LOOKS)).astype(float)

    assert alarms(watched(solved)).mean() < 0.04


def test_a_model_that_rises_after_half_a_year_is_found_where_a_single_start_is_blind():
    rng = np.random.default_rng(2)
    solved = np.concatenate(
        [rng.binomial(ITEMS, 0.4, (200, 26)), rng.binomial(ITEMS, 0.6, (200, 26))], axis=1
    ).astype(float)

    assert alarms(watched(solved)).mean() > 0.99
    assert alarms(log_e_values(solved, ITEMS, 0.5, side=Side.ABOVE)).mean() < 0.05


def test_its_mean_under_the_null_is_one_at_every_look():
    """Exact: two looks of two items each, all sixteen outcomes with their chances at one half."""
    counts = np.array([(first, second) for first in range(3) for second in range(3)], dtype=float)
    chance = np.array([[1, 2, 1][int(first)] * [1, 2, 1][int(second)] for first, second in counts]) / 16
    log_e = log_e_with_late_starts(lambda start: log_e_values(counts[:, start:], 2, 0.5, side=Side.ABOVE), 2)

    assert (chance @ np.exp(log_e) <= 1 + 1e-12).all()


def test_one_look_is_the_bet_and_what_is_held_back():
    log_e = log_e_values([70.0], ITEMS, 0.5, side=Side.ABOVE)

    found = log_e_with_late_starts(lambda start: log_e[start:], 1)
    assert np.allclose(np.exp(found), 0.9 * np.exp(log_e) + 0.1)
