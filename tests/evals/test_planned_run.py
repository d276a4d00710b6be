import pytest
from toy_register import DAY, SUMS, benchmark, use_case

from chipledger.core.errors import InputError
from chipledger.evals.inspect_adapter import Allowance, GeneratedTask, ModelSettings
from chipledger.evals.rule import Elicitation
from chipledger.evals.run import folder_name, planned

MOCK = ModelSettings(name="mockllm/steady", ability=1.0)


def plan(tmp_path, model=MOCK, **more):
    case = more.pop("case", use_case())
    return planned(case, more.pop("bench", SUMS), model, look="first", on=DAY, into=tmp_path, **more)


def test_a_plan_says_where_what_and_under_which_rule(tmp_path):
    one = plan(tmp_path)
    assert one.task == GeneratedTask("arithmetic", 0, 10)
    parts = one.log_dir.relative_to(tmp_path).parts
    assert parts == ("toy-use", "generated-arithmetic", folder_name("mockllm/steady"), "first")
    case = use_case()
    assert one.metadata["rule_hash"] == case.rule_hash(case.links[0])
    assert {key: one.metadata[key] for key in ("use_case", "use_case_version", "benchmark", "elicitation", "look", "asked_on")} == {
        "use_case": "toy-use", "use_case_version": "3", "benchmark": "generated-arithmetic", "elicitation": "bare",
        "look": "first", "asked_on": "2026-11-02",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["../..", "a/b", "a b", "ü", "", "x" * 300, "con:1"])
def test_a_name_makes_one_folder_and_two_names_two(name):
    made = folder_name(name)
    assert "/" not in made and made not in ("", ".", "..") and len(made) < 100
    assert folder_name(name + "!") != made


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"bench": benchmark("cybench", task="inspect_evals/cybench", needs=("sandbox", "network"))}, "needs sandbox and network, which this machine does not offer; install Docker"),
        ({"bench": benchmark("cybench")}, "Inspect has no task for cybench"),
        ({"bench": benchmark("other")}, "has no benchmark 'other'"),
        ({"elicitation": Elicitation.AGENT}, "cannot be run at the level agent"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused_before_it_starts(more, told, tmp_path):
    with pytest.raises(InputError) as refused:
        plan(tmp_path, case=use_case("generated-arithmetic", "cybench"), **more)
    assert told in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_task_of_inspects_is_planned_where_its_needs_are_met(tmp_path):
    bench = benchmark("cybench", task="inspect_evals/cybench", needs=("sandbox",))
    one = plan(
        tmp_path, case=use_case("cybench"), bench=bench, has={"sandbox"}, elicitation=Elicitation.AGENT
    )
    assert (one.task, one.metadata["elicitation"]) == ("inspect_evals/cybench", "agent")


def test_the_judge_that_was_named_is_the_one_that_grades(tmp_path):
    bench = benchmark("strong-reject", task="inspect_evals/strong_reject", needs=("judge",))
    judge = ModelSettings(name="openai-api/local/strict")
    assert plan(tmp_path, case=use_case("strong-reject"), bench=bench, judge=judge).judge == judge


def test_a_time_limit_that_a_hanging_endpoint_would_reach_is_refused():
    with pytest.raises(InputError, match="more than 480, the time of 4 attempts"):
        Allowance(time_limit_seconds=400)


@pytest.mark.parametrize("slip", [{"name": "gpt"}, {"name": "a/b", "base_url": "localhost:1"}, {"name": "a/b", "ability": 1.0}])  # fmt: skip
def test_a_slip_in_the_model_is_told(slip):
    with pytest.raises(InputError, match=r"expected|leave"):
        ModelSettings(**slip)


def test_a_key_is_never_printed():
    assert "secret" not in repr(ModelSettings(name="a/b", api_key="secret"))


@pytest.mark.parametrize("ability", [float("nan"), float("inf")])
def test_a_mock_of_no_ability_is_refused(ability):
    with pytest.raises(InputError, match="expected a number of logits"):
        ModelSettings(name="mockllm/m", ability=ability)
