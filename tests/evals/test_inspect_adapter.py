"""What we rely on of Inspect, pinned: an upgrade that breaks it fails here, by name."""

import json
import math
import os
import signal
import subprocess
import sys
import time
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
import rich
from openai_server import KEY, loopback_only, serving, well

from chipledger.core.errors import InputError
from chipledger.evals.inspect_adapter import PINNED, Allowance, GeneratedTask, ModelSettings, run_set, spoken
from chipledger.evals.inspect_log import read_header, read_inspect_log
from chipledger.evals.measurement import State
from chipledger.evals.reading import Reading
from chipledger.evals.tasks import generated

inspect_ai = pytest.importorskip("inspect_ai")
pytestmark = pytest.mark.evals

ARITHMETIC, LOGIC = GeneratedTask("arithmetic", 7, 12), GeneratedTask("logic", 7, 10)
MOCK = ModelSettings(name="mockllm/known", ability=0.5, refuses=0.15, seed=2)
SAID = {"benchmark": "toy", "rule_hash": "a" * 20, "elicitation": "bare"}


@pytest.fixture(autouse=True, scope="module")
def no_network():
    with loopback_only():
        yield


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """One real run of two tasks, each sample twice, on the mock."""
    log_dir = tmp_path_factory.mktemp("logs")
    done = run_set([ARITHMETIC, LOGIC], MOCK, log_dir, allowance=Allowance(epochs=2), metadata=SAID)
    return log_dir, done


def measured(log):
    return read_inspect_log(log, log.name)


def test_the_version_is_the_one_that_these_tests_pin():
    assert version("inspect_ai") == PINNED


def test_a_set_of_two_tasks_ends_well_with_one_log_each(real):
    _, done = real
    assert done.complete
    assert [read_header(log).eval.task for log in done.logs] == ["generated-arithmetic", "generated-logic"]


def test_the_mock_solves_what_its_ability_says(real):
    _, done = real
    for log, task in zip(done.logs, (ARITHMETIC, LOGIC), strict=True):
        items = {item.id: item for item in generated(task.name, task.seed, task.n)}
        run = measured(log)
        assert len(run.items) == 2 * task.n
        for one in run.items:
            said, stop = spoken(MOCK, items[one.item], one.epoch)
            assert one.score == (said == items[one.item].target)
            assert one.refused == (stop == "content_filter")
            assert one.cluster == items[one.item].cluster


def test_truth_is_known_over_many_draws():
    items = generated("arithmetic", 1, 2000)
    expected = math.fsum(item.chance(0.3) for item in items) / len(items)
    solved = sum(
        spoken(ModelSettings(name="mockllm/x", ability=0.3), item, 1)[0] == item.target for item in items
    )
    assert solved / len(items) == pytest.approx(expected, abs=4 * math.sqrt(0.25 / len(items)))


def test_our_numbers_are_those_of_inspects_own_reader(real):
    from inspect_ai.log import read_eval_log
    from inspect_ai.scorer import value_to_float

    number = value_to_float()
    for log in real[1].logs:
        theirs, ours = read_eval_log(str(log)), measured(log)
        assert {(str(s.id), s.epoch): number(s.scores["answer_alone"].value) for s in theirs.samples} == {
            (one.item, one.epoch): one.score for one in ours.items
        }
        assert ours.rate == pytest.approx(theirs.results.scores[0].metrics["accuracy"].value)
        assert sum(one.refused for one in ours.items) == sum(s.output.stop_reason == "content_filter" for s in theirs.samples)  # fmt: skip
        assert (ours.model, ours.run_id) == (theirs.eval.model, theirs.eval.task_id)
        assert ours.task_version == str(theirs.eval.task_version)
        assert ours.state is State.COMPLETE and theirs.status == "success"


def test_the_same_run_as_a_json_log_is_the_same_measurement(real, tmp_path):
    from inspect_ai.log import read_eval_log, write_eval_log

    for log in real[1].logs:
        as_json = tmp_path / "log.json"
        write_eval_log(read_eval_log(str(log)), str(as_json), format="json")
        one, other = measured(log), measured(as_json)
        assert one.id == other.id
        assert (one.items, one.state, one.budget) == (other.items, other.state, other.budget)


def test_the_members_and_fields_that_we_read_are_there(real):
    for log in real[1].logs:
        with zipfile.ZipFile(log) as zipped:  # importing Inspect teaches zipfile zstd
            header, summaries = (json.loads(zipped.read(name)) for name in ("header.json", "summaries.json"))
            assert {"_journal/start.json", "_journal/summaries/1.json"} <= set(zipped.namelist())
        assert header["version"] == 2
        assert header["status"] == "success"
        assert header["eval"]["metadata"] == {"chipledger": SAID}
        assert header["eval"]["config"]["epochs"] == 2
        assert header["results"]["total_samples"] == len(summaries)
        assert header["stats"]["started_at"].endswith("+00:00")
        assert [step["solver"] for step in header["plan"]["steps"]] == [
            "named_sample",
            "generate",
        ]  # with no package before it
        assert header["eval"]["scorers"][0]["name"] == "answer_alone"
        assert header["eval"]["scorers"][0]["metrics"][1]["options"] == {"cluster": "cluster"}
        for one in summaries:
            assert {"id", "epoch", "scores", "metadata", "model_usage", "completed"} <= set(one)
            (usage,) = one["model_usage"].values()
            assert usage["total_tokens"] > 0


def test_a_second_call_after_completion_does_nothing(real):
    log_dir, done = real
    before = {path: path.read_bytes() for path in log_dir.glob("*.eval")}
    again = run_set([ARITHMETIC, LOGIC], MOCK, log_dir, allowance=Allowance(epochs=2), metadata=SAID)
    assert again.complete
    assert set(again.logs) == set(done.logs)
    assert {path: path.read_bytes() for path in log_dir.glob("*.eval")} == before


def test_a_run_says_nothing_and_leaves_the_console_as_it_was(tmp_path, capfd):
    run_set([GeneratedTask("logic", 1, 2)], MOCK, tmp_path, allowance=Allowance(), metadata=SAID)
    assert capfd.readouterr().out == ""
    rich.get_console().print("still here")
    assert "still here" in capfd.readouterr().out


def answer(text):
    return next(item.target for item in generated("arithmetic", 7, 12) if item.input == text)


class Interrupted:
    """A server that does something once, when it is asked for the n-th time, and lets that request hang."""

    def __init__(self, at, do):
        self.at, self.do, self.reply = at, do, well(answer)

    def __call__(self, asked, number):
        if number == self.at:
            self.do()
            time.sleep(1.0)
        return self.reply(asked, number)


def test_ctrl_c_leaves_a_log_that_says_so_and_the_next_call_does_the_rest(tmp_path):
    with serving(Interrupted(9, lambda: os.kill(os.getpid(), signal.SIGINT))) as endpoint:
        model = ModelSettings(name="openai-api/local/m", base_url=endpoint.url, api_key=KEY)
        call = {"allowance": Allowance(connections=1, retries=0), "metadata": SAID}
        with pytest.raises(KeyboardInterrupt):
            run_set([ARITHMETIC], model, tmp_path, **call)
        (log,) = tmp_path.glob("*.eval")
        stopped = measured(log)
        assert stopped.state is State.PARTIAL
        kept = len(stopped.scored)
        assert 0 < kept < 12
        asked_before = len(endpoint.asked)

        done = run_set([ARITHMETIC], model, tmp_path, **call)

        assert len(endpoint.asked) - asked_before == 12 - kept
        run = measured(done.logs[0])
        assert (run.state, run.rate, len(run.items), run.run) == (State.COMPLETE, 1.0, 12, stopped.run)


KILLED = """
import sys
from pathlib import Path
from chipledger.evals.inspect_adapter import *
run_set([GeneratedTask("arithmetic", 7, 12)], ModelSettings(name="openai-api/local/m", base_url=sys.argv[1], api_key=sys.argv[2]),
        Path(sys.argv[3]), allowance=Allowance(connections=1, retries=0), metadata={"benchmark": "toy"})
"""


def test_a_run_that_was_killed_is_readable_and_the_next_call_does_the_rest(tmp_path):
    running = []
    with serving(Interrupted(10, lambda: running[0].kill())) as endpoint:
        running.append(subprocess.Popen([sys.executable, "-c", KILLED, endpoint.url, KEY, str(tmp_path)]))
        assert running[0].wait(60) == -signal.SIGKILL
        (log,) = tmp_path.glob("*.eval")
        stopped = measured(log)
        assert stopped.state is State.PARTIAL
        assert stopped.reason.startswith("the run never ended")
        kept, asked_before = len(stopped.scored), len(endpoint.asked)
        assert kept > 0

        model = ModelSettings(name="openai-api/local/m", base_url=endpoint.url, api_key=KEY)
        done = run_set([ARITHMETIC], model, tmp_path, allowance=Allowance(connections=1, retries=0), metadata={"benchmark": "toy"})  # fmt: skip

        assert len(endpoint.asked) - asked_before == 12 - kept
        run = measured(done.logs[0])
        assert (run.state, run.rate, len(run.items)) == (State.COMPLETE, 1.0, 12)


def test_limits_reach_the_endpoint_and_the_log(tmp_path):
    with serving(well(answer)) as endpoint:
        model = ModelSettings(name="openai-api/local/m", base_url=endpoint.url, api_key=KEY)
        allowance = Allowance(items=3, max_tokens=64, token_limit=5000, message_limit=9, time_limit_seconds=600, timeout_seconds=60)  # fmt: skip
        done = run_set([ARITHMETIC], model, tmp_path, allowance=allowance, metadata=SAID)
    run = measured(done.logs[0])
    assert len(endpoint.asked) == len(run.items) == 3
    assert {one["max_tokens"] for one in endpoint.asked} == {64}
    assert (
        run.budget
        == "1 epoch; 64 tokens an answer; 5000 tokens a sample; 9 messages a sample; 600 seconds a sample"
    )
    assert KEY.encode() not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("task", "model", "told"),
    [
        ("inspect_evals_of_nobody/cybench", "mockllm/m", "knows no task inspect_evals_of_nobody/cybench; pip install inspect-evals-of-nobody"),
        ("nothing", "mockllm/m", "knows no task nothing; name it as PACKAGE/TASK"),
        (LOGIC, "nobody/m", "Model API nobody of model 'nobody/m' not recognized"),
        (LOGIC, "openai-api/nobody/m", "NOBODY_API_KEY is not set"),
    ],
)  # fmt: skip
def test_what_inspect_does_not_know_is_told_in_one_line(task, model, told, tmp_path):
    with pytest.raises(InputError) as refused:
        run_set([task], ModelSettings(name=model), tmp_path, allowance=Allowance(), metadata=SAID)
    assert told in str(refused.value)
    assert "[" not in str(refused.value) and "\n" not in str(refused.value)


def test_an_installed_task_is_found_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "toy_task.py").write_text(
        "from inspect_ai import Task, task\nfrom inspect_ai.dataset import Sample\nfrom inspect_ai.scorer import match\n"
        "@task\ndef toy():\n    return Task(dataset=[Sample(input='1 + 1', target='2')], scorer=match())\n"
    )
    monkeypatch.chdir(tmp_path)
    done = run_set(["toy_task.py@toy"], ModelSettings(name="mockllm/m"), tmp_path / "logs", allowance=Allowance(), metadata={})  # fmt: skip
    run = read_inspect_log(done.logs[0], "x", Reading(benchmarks={"toy": "b"}))
    assert (run.state, run.rate) == (State.COMPLETE, 0.0)


def test_a_judge_grades_and_is_named(tmp_path, monkeypatch):
    (tmp_path / "judged_task.py").write_text(
        "from inspect_ai import Task, task\nfrom inspect_ai.dataset import Sample\n"
        "from inspect_ai.scorer import model_graded_fact\n"
        "@task\ndef judged():\n    return Task(dataset=[Sample(input='1 + 1', target='2')],\n"
        "        scorer=model_graded_fact(model_role='grader'))\n"
    )
    monkeypatch.chdir(tmp_path)
    with serving(well(lambda text: "GRADE: C")) as endpoint:
        judge = ModelSettings(name="openai-api/local/strict", base_url=endpoint.url, api_key=KEY)
        done = run_set(["judged_task.py@judged"], ModelSettings(name="mockllm/m"), tmp_path / "logs", allowance=Allowance(), metadata=SAID, judge=judge)  # fmt: skip
    run = measured(done.logs[0])
    assert (run.rate, run.budget, len(endpoint.asked)) == (
        1.0,
        "1 epoch; judged by openai-api/local/strict",
        1,
    )


def test_without_inspect_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "inspect_ai", None)
    with pytest.raises(InputError, match=r"pip install chipledger\[evals\]"):
        run_set([LOGIC], MOCK, tmp_path, allowance=Allowance(), metadata=SAID)


def test_the_adapter_alone_imports_inspect():
    source = Path(run_set.__code__.co_filename).parents[1]
    found = {path.name for path in source.rglob("*.py") if "import inspect_ai" in (text := path.read_text("utf-8")) or "from inspect_ai" in text}  # fmt: skip
    assert found == {"inspect_adapter.py"}


def test_a_folder_of_logs_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InputError, match=r"cannot make the folder of logs: Not a directory .*--logs"):
        run_set([GeneratedTask("logic", 0, 2)], ModelSettings(name="mockllm/m"), tmp_path / "taken" / "logs", allowance=Allowance(), metadata={})  # fmt: skip
