from datetime import date

import pytest
from made_runs import figure, run_of

from chipledger.core.errors import InputError
from chipledger.evals.benchmark import Benchmark
from chipledger.evals.due import due, event_of
from chipledger.evals.measurement import State
from chipledger.evals.register import Register


@pytest.fixture
def register(entry):
    return watching(entry())


def watching(use_case, **fields):
    """A register of one use case whose benchmarks Inspect has a task for; fields change the benchmarks."""
    given = {"domain": "cyber", "asks": "find the flag", "metric": "solved", "hazard": "dual_use", "task": "inspect_evals/ctf",
             "cites": [{"source": "s", "grade": "primary"}]} | fields  # fmt: skip
    benchmarks = {
        link.benchmark: Benchmark(id=link.benchmark, title="CTF", **given) for link in use_case.links
    }
    return Register(use_cases={use_case.id: use_case}, benchmarks=benchmarks, frameworks={}, sources={})


def test_what_nobody_outside_can_run_is_never_due(entry):
    assert not due(watching(entry(), task=None), [], on=date(2026, 3, 1), models=["kite-7b"])


def test_a_published_figure_is_done_where_the_rule_decides_on_it(entry):
    register = watching(entry(rule={"accepts": "published"}), task=None)

    assert not due(register, [figure(0.3)], on=date(2026, 2, 2), models=["kite-7b"])
    (one,) = due(register, [figure(0.3)], on=date(2026, 3, 3), models=["kite-7b"])
    assert one.last_run == date(2026, 2, 1)


def test_a_model_that_was_never_run_is_due_on_the_day_asked(register):
    (one,) = due(register, [], on=date(2026, 3, 1), models=["kite-7b"])

    assert (one.model, one.due_on, one.last_run, one.why) == ("kite-7b", date(2026, 3, 1), None, "never run")


@pytest.mark.parametrize(("on", "is_due"), [(date(2026, 3, 2), False), (date(2026, 3, 3), True)])
def test_a_benchmark_is_due_again_thirty_days_after_its_last_run(register, on, is_due):
    assert bool(due(register, [run_of(0.2)], on=on)) is is_due  # run on 2026-02-01, every 30 days


def test_new_weights_make_a_run_due_before_its_day(register):
    runs, event = [run_of(0.2)], event_of("new_weights:kite-7b:2026-02-10")

    (one,) = due(register, runs, on=date(2026, 2, 11), events=[event])

    assert one.due_on == date(2026, 2, 10)
    assert one.why == "new weights on 2026-02-10"


def test_an_event_that_the_entry_does_not_name_changes_nothing(register):
    assert not due(
        register, [run_of(0.2)], on=date(2026, 2, 11), events=[event_of("price_drop:kite-7b:2026-02-10")]
    )


def test_an_event_after_the_day_is_not_known_yet(register):
    assert not due(
        register, [run_of(0.2)], on=date(2026, 2, 9), events=[event_of("new_weights:kite-7b:2026-02-10")]
    )


def test_a_run_that_scored_nothing_and_a_published_figure_are_no_run(register):
    empty = run_of(0.2, items=0, state=State.FAILED)

    found = due(register, [empty, figure(0.3)], on=date(2026, 2, 2), models=["kite-7b"])

    assert [one.why for one in found] == ["never run"]


def test_what_has_waited_longest_comes_first(register):
    runs = [run_of(0.2, week=1), run_of(0.2, week=0, model="brook-1")]

    assert [one.model for one in due(register, runs, on=date(2026, 6, 1))] == ["brook-1", "kite-7b"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "new_model",
        "new_model:kite",
        "new_model:kite:soon",
        "moon:kite:2026-01-01",
        "new_model::2026-01-01",
    ],
)
def test_an_event_that_cannot_be_read_is_told_with_its_form(text):
    with pytest.raises(InputError, match="KIND:MODEL:YYYY-MM-DD"):
        event_of(text)


def test_a_model_name_may_hold_colons():
    assert event_of("new_model:hf:org/kite:2026-01-01").model == "hf:org/kite"
