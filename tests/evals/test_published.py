from datetime import date

import pytest

from chipledger.core.errors import DataError, InputError
from chipledger.core.sources import Grade
from chipledger.evals.benchmark import Benchmark
from chipledger.evals.measurement import State
from chipledger.evals.published import (
    TABLES,
    Unit,
    measurement,
    measurements,
    published_scores,
    published_sources,
    training_runs,
)
from chipledger.evals.rule import Elicitation

HEADER = "benchmark,model,variant,released_on,value,unit,low,high,level,stderr,items,elicitation,published_on,source,at,grade"
ROW = "GPQA diamond,gpt,high,2025-01-01,0.71,share,0.65,0.77,0.95,,198,bare,2025-02-01,metr-horizon-1-1,table 1,primary"
RUNS = "model,organisation,country,released_on,training_flop,confidence,hardware,hardware_count,source,grade"
RUN = "gpt,lab,,2025-01-01,1e25,Likely,NVIDIA H100,,epoch-models-2026-07,quoted"
SCORES = sorted(path for path in TABLES.glob("*.csv") if "training" not in path.name)


def table(tmp_path, *rows, header=HEADER):
    path = tmp_path / "mine.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def gpqa(**fields):
    cite = {"source": "gpqa", "grade": Grade.PRIMARY}
    given = {"id": "gpqa-diamond", "title": "GPQA Diamond", "domain": "science", "asks": "a question", "metric": "share",
             "hazard": "neutral", "cites": [cite]}  # fmt: skip
    return Benchmark.model_validate(given | fields)


@pytest.mark.parametrize("path", SCORES, ids=lambda path: path.stem)
def test_every_carried_table_loads_and_none_of_its_rows_is_recalled(path):
    rows = published_scores(path)
    assert len(rows) > 30
    assert all(row.grade.decides for row in rows)
    assert all(
        row.released_on is None or date(2018, 1, 1) < row.released_on <= row.published_on for row in rows
    )


def test_sources_are_in_order_and_each_is_used():
    used = {row.source for path in SCORES for row in published_scores(path)}
    used |= {run.source for run in training_runs().values()}
    assert list(published_sources()) == sorted(used)


def test_training_compute_carries_date_chip_and_count():
    run = training_runs()["Llama 3.1-405B"]
    assert (run.training_flop, run.released_on) == (3.8e25, date(2024, 7, 23))
    assert "H100" in run.hardware
    assert run.hardware_count == 16384


def test_nothing_said_of_the_chip_stays_unknown():
    assert training_runs()["Qwen2.5-72B"].hardware is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW.replace("0.71", "71"), r"a share stands between 0 and 1.*mine.csv:3"),
        (ROW.replace("0.71", "nan"), r"value: .*finite.*mine.csv:3"),
        (ROW.replace("0.65", ""), r"both ends or none.*mine.csv:3"),
        (ROW.replace("0.65", "0.75"), r"low <= value <= high.*mine.csv:3"),
        (ROW.replace(",share,", ",percent,"), r"unit: .*mine.csv:3"),
        (ROW.replace("0.71,share,0.65,0.77", "0,minutes,,"), r"minutes are above 0.*mine.csv:3"),
        (ROW.replace("2025-02-01", "2025-02-30"), r"published_on: .*mine.csv:3"),
        (ROW.replace("metr-horizon-1-1", "metr-horizon"), r"source 'metr-horizon' does not exist.*mine.csv:3.*metr-horizon-1-1"),
        (ROW + ",more", r"17 cells under 16 columns.*mine.csv:3"),
        (ROW, r"GPQA diamond, gpt, high, metr-horizon-1-1 stands twice.*mine.csv:3.*line 2"),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_by_file_and_line(tmp_path, row, message):
    path = table(tmp_path, ROW, row if row == ROW else row.replace("gpt", "other"))
    with pytest.raises(DataError, match=message):
        published_scores(path)


def test_a_line_is_counted_from_the_top_of_the_file_where_a_quoted_cell_holds_breaks(tmp_path):
    broken = ROW.replace("gpt", '"a\nb\nc"')
    path = table(tmp_path, broken, ROW.replace("metr-horizon-1-1", "metr-horizon"))
    with pytest.raises(DataError, match=r"'metr-horizon' does not exist.*mine.csv:5"):
        published_scores(path)


def test_a_foreign_column_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"unknown columns \['score'\] \(mine.csv:1\)"):
        published_scores(table(tmp_path, ROW, header=HEADER.replace("value", "score")))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((RUN, RUN.replace("lab", "other")), r"gpt stands twice.*mine.csv:3"),
        ((RUN.replace("1e25", "-1"),), r"training_flop.*mine.csv:2"),
        ((RUN.replace("epoch-models-2026-07", "epoch"),), r"source 'epoch' does not exist.*mine.csv:2"),
    ],
)
def test_a_bad_training_run_is_told_by_file_and_line(tmp_path, rows, message):
    with pytest.raises(DataError, match=message):
        training_runs(table(tmp_path, *rows, header=RUNS))


def test_a_row_of_a_known_benchmark_becomes_a_published_measurement(tmp_path):
    (made,) = measurements(published_scores(table(tmp_path, ROW)), {"gpqa-diamond": gpqa()})
    assert (made.benchmark, made.model, made.state) == ("gpqa-diamond", "gpt (high)", State.PUBLISHED)
    assert (made.published.rate, made.published.low, made.published.items) == (0.71, 0.65, 198)
    assert (made.grade, made.source, made.measured_on) == (
        Grade.PRIMARY,
        "metr-horizon-1-1",
        date(2025, 2, 1),
    )
    assert made.items == ()


def test_a_benchmark_that_the_register_does_not_know_makes_no_measurement(tmp_path):
    rows = published_scores(table(tmp_path, ROW))
    assert measurements(rows, {"other": gpqa(id="other", title="Other")}) == []


def test_where_elicitation_is_not_said_the_weakest_is_taken(tmp_path):
    (made,) = measurements(published_scores(table(tmp_path, ROW.replace(",bare,", ",,"))), {"g": gpqa()})
    assert made.elicitation is Elicitation.BARE


def test_two_figures_of_one_source_are_two_measurements():
    rows = [
        row for row in published_scores(TABLES / "epoch_benchmarks.csv") if row.benchmark == "GPQA diamond"
    ]
    made = measurements(rows, {"gpqa-diamond": gpqa()})
    assert len({one.id for one in made}) == len(rows) > 100


def test_minutes_can_be_held_against_no_threshold():
    row = published_scores(TABLES / "metr_horizon_1_1.csv")[0]
    assert row.unit is Unit.MINUTES
    with pytest.raises(InputError, match=r"in minutes.*expected a share"):
        measurement(row, "horizon")
