from datetime import date

import pytest
from lm_eval_files import lines, marks_of, results_file, sample

from chipledger.core.errors import ChipledgerError, InputError
from chipledger.evals.lm_eval import read_results, read_run, read_samples, samples_hash
from chipledger.evals.measurement import State
from chipledger.evals.reading import Reading
from chipledger.evals.rule import Elicitation

TOY = Reading(benchmarks={"toy": "toy-bench"})
FOUR = [sample(0), sample(1, 0.0), sample(2, True), sample(3, 1)]


def test_an_aggregate_is_a_published_figure_with_an_interval():
    (found,) = read_results(results_file(), "results.json", TOY)
    assert (found.benchmark, found.model, found.measured_on) == ("toy-bench", "lab/small", date(2026, 11, 2))
    assert (found.state, found.items, found.reason) == (State.PUBLISHED, (), "acc,none, without items")
    assert found.published.rate == found.rate == 0.75
    assert (found.published.low, found.published.high) == (
        pytest.approx(0.652, abs=1e-4),
        pytest.approx(0.848, abs=1e-4),
    )
    assert (found.published.level, found.published.items) == (0.95, 80)
    assert (found.task_version, found.budget) == ("1.0", "5 examples shown")


def test_a_name_of_a_metric_that_is_no_text_is_passed_over():
    with pytest.raises(InputError, match="document 0 has no metric"):
        read_samples(lines(sample(0, metrics=[1, ["acc"]])), "s", "toy", TOY, read_run(results_file()))


def test_another_metric_is_named_and_one_without_error_has_no_interval():
    (found,) = read_results(results_file(), "r", Reading(benchmarks={"toy": "b"}, scorer="acc_norm"))
    assert (found.rate, found.published.low, found.published.level) == (0.5, None, None)
    with pytest.raises(InputError, match="acc,none or acc_norm,none"):
        read_results(results_file(), "r", Reading(benchmarks={"toy": "b"}, scorer="f1"))


def test_each_known_task_is_a_measurement_and_an_unknown_one_is_passed_over():
    both = read_results(results_file(), "r", Reading(benchmarks={"toy": "b", "other": "c"}))
    assert [(one.benchmark, one.rate) for one in both] == [("b", 0.75), ("c", 0.25)]
    assert both[0].id != both[1].id
    with pytest.raises(InputError, match="toy=BENCHMARK-ID"):
        read_results(results_file(), "r", Reading(benchmarks={"elsewhere": "b"}))


def test_a_figure_that_is_no_number_is_no_rate():
    (found,) = read_results(results_file(results={"toy": {"acc,none": float("nan")}}), "r", TOY)
    assert (found.state, found.rate, found.published) == (State.FAILED, None, None)
    with pytest.raises(InputError, match="expected 0 to 1"):
        read_results(results_file(results={"toy": {"acc,none": 31.5}}), "r", TOY)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "no JSON"),
        (b"[1]", "no results of lm-evaluation-harness"),
        (results_file(versions=None), "no results"),
        (results_file(model_name="", config={}), "name no model"),
        (results_file(date=1e300), "the run's date"),
        (results_file(date=None), "carry no date"),
        (results_file(results={"toy": {"alias": "toy"}}), "toy has no metric"),
        (results_file(results={"toy": {"acc,none": [1]}}), "is a list"),
    ],
    ids=range(8),
)
def test_bad_results_are_refused_in_one_sentence(content, told):
    with pytest.raises(InputError, match=told) as refused:
        read_results(content, "r", TOY)
    assert "\n" not in str(refused.value)


def test_samples_with_their_results_are_a_run_item_by_item():
    run = read_run(results_file(task_hashes={"toy": marks_of(*FOUR)}))
    found = read_samples(
        lines(*FOUR), "samples.jsonl", "toy", Reading(benchmarks={"toy": "b"}, cluster="subject"), run
    )
    assert (found.state, found.rate, found.model, found.reason) == (State.COMPLETE, 0.75, "lab/small", None)
    assert [(one.item, one.score, one.cluster) for one in found.items] == [
        ("0", 1.0, "a"), ("1", 0.0, "b"), ("2", 1.0, "a"), ("3", 1.0, "b"),
    ]  # fmt: skip
    (figure,) = read_results(
        results_file(task_hashes={"toy": marks_of(*FOUR)}), "r", Reading(benchmarks={"toy": "b"})
    )
    assert figure.run == found.run


def test_samples_that_are_not_those_of_their_results_are_partial():
    run = read_run(results_file(task_hashes={"toy": marks_of(*FOUR)}))
    found = read_samples(lines(*FOUR[:3]), "s", "toy", TOY, run)
    assert (found.state, found.reason) == (State.PARTIAL, "these are not the samples that its results count")


def test_samples_alone_take_model_and_day_from_the_caller():
    with pytest.raises(InputError, match="neither model nor day"):
        read_samples(lines(*FOUR), "s", "toy", TOY)
    how = Reading(benchmarks={"toy": "b"}, model="m", on=date(2026, 11, 3), elicitation=Elicitation.TOOLS)
    found = read_samples(lines(*FOUR), "s", "toy", how)
    assert (found.model, found.measured_on, found.elicitation) == ("m", date(2026, 11, 3), Elicitation.TOOLS)


def test_one_filter_counts_where_a_document_stands_once_for_each():
    doubled = [one for number in range(3) for one in (sample(number, 0.0, filter="strict"), sample(number, 1.0, filter="loose"))]  # fmt: skip
    how = {"benchmarks": {"toy": "b"}, "model": "m", "on": date(2026, 11, 3)}
    assert read_samples(lines(*doubled), "s", "toy", Reading(**how)).rate == 0.0
    assert read_samples(lines(*doubled), "s", "toy", Reading(**how, scorer="acc,loose")).rate == 1.0


def test_a_sample_without_score_is_none_and_all_of_them_no_rate():
    how = Reading(benchmarks={"toy": "b"}, model="m", on=date(2026, 11, 3))
    some = read_samples(lines(sample(0, float("nan")), sample(1)), "s", "toy", how)
    assert [one.score for one in some.items] == [None, 1.0]
    none = read_samples(lines(sample(0, None)), "s", "toy", how)
    assert (none.state, none.rate) == (State.FAILED, None)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "holds no sample"),
        (lines(sample(0)) + b'{"doc_id": 1', "line 2 is no JSON"),
        (lines(sample(0)) + b"[]\n", "line 2 is no sample"),
        (lines(sample(0), sample(0)), "document 0 stands twice"),
        (lines(sample(0, 7)), "expected 0 to 1"),
        (lines(sample(0, metrics=["f1"])), "has no metric"),
    ],
    ids=range(6),
)
def test_bad_samples_are_refused_with_their_line(content, told):
    how = Reading(benchmarks={"toy": "b"}, model="m", on=date(2026, 11, 3))
    with pytest.raises(ChipledgerError, match=told):
        read_samples(content, "s", "toy", how)


def test_samples_without_marks_have_no_hash():
    assert samples_hash([{"doc_id": 0}]) is None
    assert samples_hash(FOUR) == marks_of(*FOUR)
