import json
import os
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_files import REAL, header, log_of, summary
from lm_eval_files import lines, marks_of, results_file, sample

from chipledger.core.errors import InputError
from chipledger.evals.ingest import STAGE, ingest
from chipledger.evals.measurement import State
from chipledger.evals.reading import Reading

pytest.importorskip("zstandard")
FOUR = [sample(0), sample(1, 0.0), sample(2), sample(3)]
MOMENT = "2026-11-02T12-30-00.000123"
TOY = Reading(benchmarks={"toy": "toy-bench"})


def put(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def run_of(task_id, value="C", **changes):
    spec = {"task_id": task_id} | changes.pop("eval", {})
    return log_of(summary("a", value), summary("b"), eval=spec, **changes)


def test_a_folder_is_walked_in_order_and_what_is_damaged_does_not_end_it(tmp_path):
    put(
        tmp_path,
        {
            "b/2.eval": run_of("T2"),
            "a/1.eval": run_of("T1", stats={"started_at": "2026-11-01T00:00:00Z"}),
            "a/torn.eval": run_of("T3")[:500],
            "empty.eval": b"",
            "page.json": b"<html></html>",
            "notes.md": b"# Notes",
            "settings.json": b'{"theme": "dark"}',
            "real/log": REAL.read_bytes(),
        },
    )
    found = ingest(tmp_path)
    assert [one.source for one in found.measurements] == ["a/1.eval", "b/2.eval", "real/log"]
    assert [(one.document, one.stage) for one in found.failures] == [
        ("a/torn.eval", STAGE), ("empty.eval", STAGE), ("page.json", STAGE),
    ]  # fmt: skip
    assert found.failures[1].reason == "the file is empty"
    assert set(found.passed_over) == {"notes.md", "settings.json"}
    assert found.warnings == ()


def test_the_name_does_not_say_what_a_file_is():
    assert ingest(log_of(summary("a")), name="log.txt").measurements[0].rate == 1.0
    as_json = json.dumps(header(samples=[summary("a")])).encode()
    assert ingest(as_json, name="renamed.eval").measurements[0].rate == 1.0
    assert ingest(results_file(), TOY, name="x.eval").measurements[0].rate == 0.75


def test_a_copy_counts_once_and_the_fuller_of_two_logs_is_kept(tmp_path):
    put(
        tmp_path,
        {
            "1-cancelled.eval": log_of(summary("a"), status="cancelled", eval={"task_id": "T1"}),
            "2-whole.eval": run_of("T1"),
            "3-copy.eval": run_of("T1"),
            "4-another.eval": run_of("T2"),
        },
    )
    found = ingest(tmp_path)
    assert [(one.source, one.state) for one in found.measurements] == [
        ("2-whole.eval", State.COMPLETE), ("4-another.eval", State.COMPLETE),
    ]  # fmt: skip
    assert set(found.warnings) == {
        "1-cancelled.eval is the same run as 2-whole.eval; counted once",
        "3-copy.eval is the same run as 2-whole.eval; counted once",
    }


def test_mixed_task_versions_are_told(tmp_path):
    put(tmp_path, {"1.eval": run_of("T1"), "2.eval": run_of("T2", eval={"task_version": "3-b"})})
    (warning,) = ingest(tmp_path).warnings
    assert warning.startswith("toy-bench of openai-api/local/m: task versions 2 and 3-b are mixed")


def test_empty_results_are_not_measured_and_never_zero():
    (found,) = ingest(log_of(), name="a.eval").measurements
    assert (found.state, found.rate) == (State.FAILED, None)


def test_samples_find_their_run_by_their_hash_and_stand_for_its_aggregate(tmp_path):
    put(
        tmp_path,
        {
            "m/results.json": results_file(task_hashes={"toy": marks_of(*FOUR)}),
            "m/anything.jsonl": lines(*FOUR),
        },
    )
    found = ingest(tmp_path, TOY)
    (run,) = found.measurements
    assert (run.state, run.rate, run.model, len(run.items)) == (State.COMPLETE, 0.75, "lab/small", 4)
    assert found.warnings == ("m/results.json is the same run as m/anything.jsonl; counted once",)


def test_samples_without_marks_find_their_run_by_the_harness_names(tmp_path):
    bare = [{key: value for key, value in one.items() if not key.endswith("_hash")} for one in FOUR]
    put(tmp_path, {f"m/results_{MOMENT}.json": results_file(), f"m/samples_toy_{MOMENT}.jsonl": lines(*bare)})
    (run,) = ingest(tmp_path, TOY).measurements
    assert (run.state, run.model) == (State.COMPLETE, "lab/small")


def test_samples_alone_need_a_word_of_the_caller():
    assert "neither model nor day" in ingest(lines(*FOUR), TOY).failures[0].reason
    told = Reading(benchmarks={"toy": "b", "more": "c"}, model="m", on=date(2026, 11, 3))
    assert "names no task" in ingest(lines(*FOUR), told).failures[0].reason
    named = ingest(lines(*FOUR), told, name=f"samples_toy_{MOMENT}.jsonl").measurements[0]
    assert (named.benchmark, named.model) == ("b", "m")


def test_what_was_asked_for_by_name_and_is_no_result_is_a_failure(tmp_path):
    put(tmp_path, {"notes.md": b"# Notes"})
    found = ingest(tmp_path / "notes.md")
    assert "no results in a form that is known" in found.failures[0].reason
    assert found.passed_over == ()
    with pytest.raises(InputError, match="no such file or folder"):
        ingest(tmp_path / "absent")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="no such file or folder"):
        ingest(tmp_path / "pipe")


def test_a_log_whose_benchmark_nobody_names_is_a_failure_with_the_remedy():
    foreign = log_of(summary("a"), eval={"metadata": None})
    assert "toy=BENCHMARK-ID" in ingest(foreign, name="a.eval").failures[0].reason
    assert ingest(foreign, TOY, name="a.eval").measurements[0].benchmark == "toy-bench"


def test_inspects_own_books_beside_the_logs_are_passed_over(tmp_path):
    put(
        tmp_path,
        {
            "logs.json": json.dumps({"1.eval": header()}).encode(),
            "eval-set.json": b'{"eval_set_id": "x", "tasks": []}',
            ".eval-set-id": b"abc",
            "1.eval": run_of("T1"),
        },
    )
    found = ingest(tmp_path)
    assert (len(found.measurements), found.failures) == (1, ())


def test_a_ring_of_links_and_a_link_to_nowhere_end(tmp_path):
    put(tmp_path, {"a/1.eval": run_of("T1")})
    (tmp_path / "a" / "ring").symlink_to(tmp_path)
    (tmp_path / "a" / "broken.eval").symlink_to(tmp_path / "nowhere")
    assert len(ingest(tmp_path).measurements) == 1


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.eval", "a.json", "a.jsonl", "a"]), st.sampled_from([b"", b"PK\x03\x04", b"{", b'{"eval":{},"status":"success"', b'{"results":{},"versions":{}}', b'{"doc_id":0,"target":1,"filtered_resps":[]}\n']))  # fmt: skip
def test_any_bytes_end_in_a_record(rest, name, start):
    found = ingest(start + rest, TOY, name=name)
    assert len(found.measurements) + len(found.failures) >= 1


def test_the_order_of_files_does_not_change_what_is_found(tmp_path):
    put(tmp_path, {f"{number}.eval": run_of(f"T{number}") for number in range(5)})
    assert ingest(tmp_path) == ingest(tmp_path)
    assert [one.source for one in ingest(tmp_path).measurements] == [f"{number}.eval" for number in range(5)]
