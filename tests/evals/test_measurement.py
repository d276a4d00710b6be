from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipledger.core.errors import InputError
from chipledger.core.sources import Grade
from chipledger.evals.measurement import ItemScore, Measurement, Published, State
from chipledger.evals.rule import Elicitation


def a_run(*scores, **changes):
    items = tuple(ItemScore(item=f"i{number}", score=score) for number, score in enumerate(scores))
    fields = {"benchmark": "b", "model": "m", "measured_on": date(2026, 11, 1), "elicitation": Elicitation.BARE,
              "state": State.COMPLETE, "grade": Grade.PRIMARY, "source": "a.eval", "items": items}  # fmt: skip
    return Measurement(**(fields | changes))


@given(st.lists(st.none() | st.floats(0, 1), max_size=30))
def test_the_rate_is_the_mean_of_what_was_scored(scores):
    run = a_run(*scores)
    known = [one for one in scores if one is not None]
    if known:
        assert run.rate == pytest.approx(sum(known) / len(known))
    else:
        assert run.rate is None
    assert len(run.scored) == len(known)


def test_a_run_in_which_nothing_was_scored_has_no_rate_and_not_the_rate_zero():
    assert a_run(None, None).rate is None
    assert a_run(0.0).rate == 0.0


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -0.1, 1.01])
def test_a_score_is_a_share_of_an_item(score):
    with pytest.raises(InputError, match=r"item 'i7'.*expected a number from 0 to 1"):
        ItemScore(item="i7", score=score)


def test_a_published_figure_is_its_own_rate():
    figure = a_run(state=State.PUBLISHED, published=Published(rate=0.221, items=322))
    assert figure.rate == 0.221
    assert figure.scored == ()


def test_one_run_has_one_id_however_often_its_log_is_copied():
    assert a_run(1.0, run_id="r").id == a_run(1.0, run_id="r", source="copy.eval", source_sha256="f" * 64).id
    assert a_run(1.0, source_sha256="a").id == a_run(1.0, source="copy.eval", source_sha256="a").id
    assert a_run(run_id="r").id != a_run(run_id="s").id
    assert a_run(run_id="r").id != a_run(run_id="r", model="n").id


def test_a_refusal_is_counted_apart_from_its_score():
    refused = ItemScore(item="i", score=0.0, refused=True)
    assert a_run(items=(refused,)).rate == 0.0
    assert refused.refused
