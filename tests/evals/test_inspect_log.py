import builtins
import io
import json
import math
import struct
import subprocess
import sys
import zipfile
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_files import REAL, header, log_of, summary, zipped

from chipledger.core.errors import ChipledgerError, InputError, LimitError
from chipledger.core.sources import Grade
from chipledger.evals import inspect_log, reading
from chipledger.evals.inspect_log import read_header, read_inspect_log
from chipledger.evals.measurement import State, one_a_run
from chipledger.evals.reading import Reading
from chipledger.evals.rule import Elicitation

TWO = (summary("a", "C"), summary("b", "I"))
pytest.importorskip("zstandard")


def read(content, **how):
    return read_inspect_log(content, "x.eval", Reading(**how))


def test_a_real_log_of_inspect_is_read_without_inspect():
    run = read_inspect_log(REAL, REAL.name)
    assert (run.benchmark, run.model, run.state) == (
        "generated-arithmetic",
        "mockllm/fixture",
        State.COMPLETE,
    )
    assert [one.score for one in run.items] == [0.0, 0.0, 1.0, 0.0, 1.0, 0.0]
    assert [one.refused for one in run.items] == [False, True, False, True, False, False]
    assert {one.cluster for one in run.items} == {"sum-2-0", "sum-4-1"}
    assert run.rate == pytest.approx(1 / 3)
    assert (run.task_version, run.rule_hash) == ("1.7", "0123456789abcdef0123")
    assert (run.grade, run.source, run.budget) == (Grade.PRIMARY, "generated-arithmetic.eval", "1 epoch")
    assert run.reason is None


def test_reading_never_imports_inspect():
    program = (
        "import sys; from pathlib import Path; from chipledger.evals import ingest, run, inspect_adapter;"
        f"print(len(ingest.ingest(Path({str(REAL)!r})).measurements), 'inspect_ai' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]


def test_what_a_log_says_of_its_run():
    run = read(log_of(*TWO))
    assert (run.benchmark, run.elicitation, run.rule_hash) == ("toy-bench", Elicitation.TOOLS, "f" * 20)
    assert run.measured_on == date(2026, 11, 2)  # ten past midnight in a zone two hours ahead of UTC
    assert run.started_at == "2026-11-02T22:10:00+00:00"
    assert (run.run_id, run.task_version) == ("T1", "2")
    assert run.budget == "1 epoch; 64 tokens an answer; 900 tokens a sample"
    assert {one.cluster for one in run.items} == {"a"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_other_packings_are_read(method):
    assert read(zipped({"header.json": header(), "summaries.json": list(TWO)}, method)).rate == 0.5


def test_a_json_log_is_read_and_its_refusals_are_seen_in_the_stop_reason():
    whole = [one | {"output": {"choices": [{"stop_reason": stop}]}} for one, stop in zip(TWO, ("stop", "content_filter"), strict=True)]  # fmt: skip
    run = read(json.dumps(header(samples=whole)).encode())
    assert run.rate == 0.5
    assert [one.refused for one in run.items] == [False, True]


@pytest.mark.parametrize(
    ("value", "share"),
    [("C", 1.0), ("I", 0.0), ("P", 0.5), ("N", 0.0), (True, 1.0), (0.25, 0.25), ("0.5", 0.5), ("no", 0.0), (None, None), (math.nan, None)],
)  # fmt: skip
def test_a_printed_score_becomes_a_share(value, share):
    assert read(log_of(summary("a", value), summary("b"))).items[0].score == share


@pytest.mark.parametrize(("value", "told"), [(2, "2; expected 0 to 1"), ("maybe", "'maybe'"), ([1, 0], "a list"), (math.inf, "inf")])  # fmt: skip
def test_a_score_that_is_no_share_is_refused(value, told):
    with pytest.raises(InputError, match=told):
        read(log_of(summary("a", value)))


def test_a_scale_is_the_callers_to_name():
    assert read(log_of(summary("a", 4)), low=0, high=5).rate == pytest.approx(0.8)


def test_the_first_scorer_decides_unless_another_is_named():
    scores = {"match": {"value": "I"}, "judge": {"value": {"harm": 0.75, "style": 0.1}}}
    log = log_of(summary("a", scores=scores))
    assert read(log).rate == 0.0
    assert read(log, scorer="judge").rate == 0.75
    assert read(log, scorer="judge/style").rate == pytest.approx(0.1)
    for wrong, told in (("jugde", "match or judge"), ("judge/tone", "harm or style")):
        with pytest.raises(InputError, match=told):
            read(log, scorer=wrong)


def test_a_cluster_may_stand_in_another_field():
    log = log_of(summary("a", metadata={"codebase": "a", "family": 3}))
    assert read(log, cluster="family").items[0].cluster == "3"
    assert read(log, cluster="none").items[0].cluster is None


def test_a_refusal_told_by_the_scorer_is_counted_apart():
    refused = summary("b", scores={"match": {"value": "N", "reason": "refusal"}})
    run = read(log_of(summary("a"), refused))
    assert [one.refused for one in run.items] == [False, True]
    assert run.rate == 0.5


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({}, State.COMPLETE, None),
        ({"status": "cancelled"}, State.PARTIAL, "cancelled with 2 of 2 samples scored"),
        ({"status": "error", "error": {"message": "out of\nmemory", "traceback": ""}}, State.FAILED, "out of memory"),
        ({"status": "started", "results": None, "eval": {"config": {"epochs": 3, "limit": 1}}}, State.PARTIAL, "the run never ended; 2 of 3 samples are scored"),
        ({"results": {"total_samples": 5}}, State.PARTIAL, "0 samples ended in an error and 3 are missing from the log"),
    ],
)  # fmt: skip
def test_how_far_a_run_came(changes, state, reason):
    run = read(log_of(*TWO, **changes))
    assert (run.state, run.reason, run.rate) == (state, reason, 0.5)


def test_a_log_that_its_owner_marked_invalid_tells_no_score_and_outdoes_its_copies():
    good, withdrawn = read(log_of(*TWO)), read(log_of(*TWO, invalidated=True))
    assert (withdrawn.state, withdrawn.rate, withdrawn.reason) == (
        State.INVALID,
        None,
        "its owner marked the log invalid",
    )
    assert one_a_run([withdrawn, good])[0] == [withdrawn]


def test_nothing_scored_is_no_rate_and_never_zero():
    for samples in (
        (),
        (summary("a", math.nan),),
        (summary("a", scores=None),),
        (summary("a", error="died"),),
    ):
        run = read(log_of(*samples))
        assert (run.state, run.rate, run.reason) == (State.FAILED, None, "no sample was scored")


def test_a_sample_that_ended_in_an_error_has_no_score_whatever_stands_there():
    run = read(log_of(summary("a", "C"), summary("b", "I", error="boom")))
    assert [one.score for one in run.items] == [1.0, None]
    assert (run.state, run.rate) == (State.PARTIAL, 1.0)


def test_a_complete_run_tells_of_samples_without_score():
    run = read(log_of(summary("a"), summary("b", math.nan)))
    assert (run.state, run.reason) == (State.COMPLETE, "1 of 2 samples have no score")


def test_a_sample_carried_out_twice_counts_once_by_its_later_result():
    run = read(log_of(summary("a", "I", error="boom"), summary("a", "C"), summary("b")))
    assert [(one.item, one.score) for one in run.items] == [("a", 1.0), ("b", 1.0)]


def test_a_killed_run_is_read_from_its_journal():
    start = {key: header(eval={"dataset": {"samples": 4}})[key] for key in ("version", "eval", "plan")}
    log = zipped(
        {
            "_journal/start.json": start,
            "_journal/summaries/10.json": [summary("c", "I")],
            "_journal/summaries/2.json": [summary("b", "I")],
            "_journal/summaries/1.json": [summary("a", "C")],
        }
    )
    run = read(log)
    assert (run.state, [one.item for one in run.items]) == (State.PARTIAL, ["a", "b", "c"])
    assert run.reason == "the run never ended; 3 of 4 samples are scored"


def test_the_benchmark_is_the_callers_to_name_where_the_log_is_silent():
    foreign = log_of(*TWO, eval={"metadata": None, "task_registry_name": "pack/toy"})
    assert read(foreign, benchmarks={"toy": "x"}).benchmark == "x"
    assert read(foreign, benchmarks={"pack/toy": "y"}).benchmark == "y"
    assert (
        read(foreign, benchmarks={"toy": "x"}, elicitation=Elicitation.AGENT).elicitation is Elicitation.AGENT
    )
    assert read(log_of(*TWO), benchmarks={"toy": "x"}).benchmark == "toy-bench"
    with pytest.raises(InputError, match="toy=BENCHMARK-ID"):
        read(foreign)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no part of an Inspect log"),
        (b"PK\x03\x04", "truncated or damaged"),
        (REAL.read_bytes()[:9000], "truncated or damaged"),
        (zipped({"word/document.xml": "<w/>"}), "no Inspect log"),
        (b"<html>not found</html>", "no part of an Inspect log"),
        (zipped({"header.json": "{}", "summaries.json": "[]"}), "header.json is no part of an Inspect log: version"),
        (log_of(*TWO, version=9), "schema version 9"),
        (log_of(summary("a", epoch=0)), "summaries.json is no part of an Inspect log: 0.epoch"),
        (log_of(*TWO, stats={"started_at": "yesterday"}), "the run's start is 'yesterday'"),
        (log_of(*TWO, eval={"metadata": {"chipledger": {"benchmark": "b", "elicitation": "hypnosis"}}}), "'hypnosis'"),
        (zipped({"header.json": "[" * 200_000, "summaries.json": "[]"}), "no part of an Inspect log"),
        (zipped({"header.json": header(), "summaries.json": '[{"id":"a","epoch":1' + "0" * 9000 + "}]"}), "out of range"),
    ],
    ids=range(12),
)  # fmt: skip
def test_a_bad_log_is_refused_in_one_sentence(content, told):
    with pytest.raises(InputError, match=told) as refused:
        read(content)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 500


def damaged(at, by):
    content = bytearray(log_of(*TWO))
    content[at] ^= by
    return bytes(content)


def test_a_flipped_bit_in_the_packed_bytes_is_told():
    with pytest.raises(InputError, match="damaged"):
        read(damaged(50, 0x10))


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(inspect_log, "LARGEST_SUMMARIES_BYTES", 10_000)
    with pytest.raises(LimitError, match=r"summaries\.json holds"):
        read(zipped({"header.json": header(), "summaries.json": "[" + " " * 20_000 + "]"}))


def test_a_text_of_more_values_than_memory_should_hold_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(reading, "MOST_JSON_VALUES", 300)
    with pytest.raises(LimitError, match=r"summaries\.json holds too many values"):
        read(log_of(*[summary(f"{n}") for n in range(100)]))


def test_a_json_log_that_begins_with_a_mark_of_its_encoding_is_read():
    content = json.dumps(header() | {"samples": [summary("a")]}).encode("utf-8-sig")
    assert read(content).rate == 1.0


def test_a_bomb_that_lies_about_its_size_is_cut_off():
    content = zipped({"header.json": header(), "summaries.json": "[" + " " * 5_000_000 + "]"})
    for size in (struct.pack("<I", 5_000_002),):
        assert content.count(size) >= 1
        content = content.replace(size, struct.pack("<I", 1000))
    with pytest.raises(InputError, match="its checksum does not fit"):
        read(content)


def test_without_zstandard_the_remedy_is_told(monkeypatch):
    real_import = builtins.__import__

    def none_of_it(name, *rest, **more):
        if name == "zstandard":
            raise ImportError(name)
        return real_import(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", none_of_it)
    with pytest.raises(InputError, match="pip install zstandard"):
        read_inspect_log(REAL, "x")


def test_a_header_alone_says_what_run_it_is():
    assert read_header(REAL).ours["rule_hash"] == "0123456789abcdef0123"
    assert read_header(json.dumps(header()).encode()).eval.task == "toy"
    assert read_header(log_of(*TWO, eval={"metadata": {"chipledger": "odd"}})).ours == {}


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_mutilation_of_a_log_ends_in_anything_but_a_measurement_or_an_error_of_ours(data):
    content = bytearray(data.draw(st.sampled_from([REAL.read_bytes(), log_of(*TWO), json.dumps(header(samples=list(TWO))).encode()])))  # fmt: skip
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    for mutilated in (bytes(content), cut):
        try:
            assert read_inspect_log(io.BytesIO(mutilated).getvalue(), "x").benchmark
        except ChipledgerError as error:
            assert str(error)
