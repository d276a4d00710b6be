"""`chipledger perf validate` and `calibrate`: what they print, in each format, and how they refuse."""

import csv
import io
import json

import pytest

from chipledger.apps.cli.commands import run
from chipledger.perf.published import NEEDED

NAMES = (*NEEDED, "chips_per_node", "dp_sharding", "micro_batch", "recompute", "framework", "mem_gib", "op", "msg_bytes", "latency_ms")  # fmt: skip


@pytest.fixture
def runs(tmp_path):
    shared = {"group": "g", "model": "Llama-3-8B", "seq": 8192, "chip": "H100", "chips": 8, "chips_per_node": 8, "tp": 1, "pp": 1,
              "global_batch": 64, "dp_sharding": "FSDP", "micro_batch": 1, "recompute": "full", "framework": "torchtitan"}  # fmt: skip
    rows = [
        {**shared, "row_id": "slow", "kind": "train", "format": "bf16", "step_time_s": 9.9, "mem_gib": 40},
        {**shared, "row_id": "quick", "kind": "train", "format": "fp8", "step_time_s": 7.5},
        {**shared, "row_id": "nobody", "kind": "train", "format": "bf16", "chip": "reference GPU (unnamed)", "step_time_s": 9.0},
        {**shared, "row_id": "free", "kind": "train", "format": "bf16", "tp": None, "pp": None, "dp_sharding": "DDP", "tokens_per_s_per_chip": 3000},
        {"row_id": "sum", "kind": "collective", "chip": "H100", "chips": 8, "op": "all_reduce", "msg_bytes": 2**29, "latency_ms": 2.1},
    ]  # fmt: skip
    path = tmp_path / "runs.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, NAMES)
        writer.writeheader()
        writer.writerows(rows)
    return path


def lines(capsys, *arguments):
    assert run(["perf", "validate", *map(str, arguments)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_lines_hold_a_row_each_and_a_summary_last(runs, capsys):
    *rows, summary = lines(capsys, runs, "--format", "jsonl")

    assert [one["row_id"] for one in rows] == ["slow", "quick", "sum"]
    first = rows[0]
    assert first["error"] == pytest.approx(first["predicted"] / first["measured"] - 1)
    assert first["low"] < first["predicted"] < first["high"]
    assert sum(first["terms"].values()) == pytest.approx(first["predicted"])
    assert first["beside"]["unit"] == "GiB"
    assert (summary["kind"], summary["rows"]) == ("summary", 2)
    assert summary["mape"] == pytest.approx(sum(abs(one["error"]) for one in rows[:2]) / 2)
    assert [(one["row_id"], one["line"]) for one in summary["refused"]] == [("nobody", 4)]
    assert summary["ratios"][0]["factor"] == "format"
    (free,) = summary["without_layout"]
    assert free["row_id"] == "free" and free["is_possible"] and free["best"] > 3000


def test_json_is_one_value(runs, capsys):
    assert run(["perf", "validate", str(runs), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert len(found["rows"]) == 3
    assert found["summary"]["rows"] == 2


def test_csv_has_a_line_a_row(runs, capsys):
    assert run(["perf", "validate", str(runs), "--format", "csv"]) == 0

    assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == 3


def test_the_table_tells_strata_refusals_and_terms(runs, capsys):
    assert run(["perf", "validate", str(runs), "--ablate"]) == 0
    text = capsys.readouterr().out

    for words in ("FSDP and ZeRO-3", "fp8 and below", "peak memory", "the chip is not named", "products"):
        assert words in text


def test_kinds_are_chosen(runs, capsys):
    *rows, summary = lines(capsys, runs, "--kind", "collective", "--format", "jsonl")

    assert [one["row_id"] for one in rows] == ["sum"]
    assert summary["mape"] is None


def test_a_figure_stands_alone(runs, tmp_path, capsys):
    drawn = tmp_path / "accuracy.svg"
    assert run(["perf", "validate", str(runs), "--figure", str(drawn), "--format", "none"]) == 0
    text = drawn.read_text(encoding="utf-8")

    assert text.startswith("<svg") and text.rstrip().endswith("</svg>")
    assert "Predicted over measured" in text and "http" not in text.replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{runs}", "--figure", "x.png"], "ends in .svg"),
        (["{runs}", "--kind", "power"], "no row"),
        (["{folder}/none.csv"], "cannot read"),
        (["{runs}", "--kind", "weather"], "weather"),
    ],
)
def test_misuse_is_told_in_one_line(runs, tmp_path, capsys, arguments, words):
    given = [one.format(runs=runs, folder=tmp_path) for one in arguments]

    assert run(["perf", "validate", *given]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


def test_a_broken_cell_is_told_with_its_line(runs, capsys):
    text = runs.read_text(encoding="utf-8").replace("9.9", "9.9 s")
    runs.write_text(text, encoding="utf-8")

    assert run(["perf", "validate", str(runs)]) == 2
    assert "runs.csv:2" in capsys.readouterr().err


def test_too_few_rows_are_no_calibration(runs, capsys):
    assert run(["perf", "calibrate", str(runs)]) == 2
    assert "2 runs with known layout" in capsys.readouterr().err


def test_a_calibration_is_written_as_yaml_only(runs, capsys):
    assert run(["perf", "calibrate", str(runs), "--out", "fit.json"]) == 2
    assert ".yaml" in capsys.readouterr().err


def test_csv_says_that_rows_were_refused_where_their_reasons_have_no_place(runs, capsys):
    assert run(["perf", "validate", str(runs), "--format", "csv"]) == 0

    printed = capsys.readouterr()
    assert "nobody" not in printed.out
    assert printed.err.strip() == "1 rows were refused; --format table or jsonl tells why"
