from datetime import date

import pytest
from pydantic import ValidationError

from chipledger.core.sources import Cite, Grade
from chipledger.evals.benchmark import Benchmark, Hazard
from chipledger.evals.register import bundled


def a_benchmark(**changes):
    fields = {"id": "sums", "title": "Sums", "domain": "arithmetic", "asks": "add two numbers", "metric": "accuracy",
              "hazard": "neutral", "cites": (Cite(source="s", grade=Grade.PRIMARY),)}  # fmt: skip
    return Benchmark(**(fields | changes))


def test_items_of_a_hazardous_or_dual_use_set_are_never_kept():
    assert [one.value for one in Hazard if one.may_be_kept] == ["neutral"]


@pytest.mark.parametrize(
    "slip",
    [
        {"chance": 1.0},
        {"chance": -0.1},
        {"items": 0},
        {"cites": ()},
        {"hazard": "safe"},
        {"items_at": "here"},
    ],
)
def test_a_benchmark_refuses_what_makes_no_sense(slip):
    with pytest.raises(ValidationError):
        a_benchmark(**slip)


def test_what_its_owner_does_not_say_stays_unknown():
    one = a_benchmark()
    assert (one.items, one.licence, one.task, one.published_on, one.saturated_on) == (None,) * 5


@pytest.mark.parametrize(
    ("name", "items", "task"),
    [
        ("cybench", 39, "inspect_evals/cybench"), ("wmdp-bio", 1273, "inspect_evals/wmdp_bio"),
        ("wmdp-chem", 408, "inspect_evals/wmdp_chem"), ("wmdp-cyber", 1987, "inspect_evals/wmdp_cyber"),
        ("swe-bench-verified", 500, "inspect_evals/swe_bench"), ("gpqa-diamond", 198, "inspect_evals/gpqa_diamond"),
        ("agentharm", 176, "inspect_evals/agentharm"), ("air-bench", 5694, "inspect_evals/air_bench"),
        ("vct", 322, None), ("mmlu-pro", 12032, "inspect_evals/mmlu_pro"), ("generated-logic", 1000, None),
    ],
)  # fmt: skip
def test_sizes_and_tasks_are_those_that_the_owner_or_the_wrapper_prints(name, items, task):
    one = bundled().benchmark(name)
    assert (one.items, one.task) == (items, task)


def test_a_task_that_inspect_has_is_named_once():
    tasks = [one.task for one in bundled().benchmarks.values() if one.task]
    assert len(tasks) == len(set(tasks))
    assert all(task.startswith("inspect_evals/") for task in tasks)


def test_a_multiple_choice_set_has_a_guessers_share():
    assert bundled().benchmark("wmdp-bio").chance == 0.25
    assert bundled().benchmark("mmlu-pro").chance == 0.1
    assert bundled().benchmark("cybench").chance == 0.0
    assert bundled().benchmark("gpqa-diamond").published_on == date(2023, 11, 20)
