"""`chipledger chips`: what it prints, in each format, and how it refuses."""

import csv
import io
import json

import pytest

from chipledger.apps.cli.commands import run


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["chips", *arguments]) == 0
    return capsys.readouterr().out


def test_list_as_json_holds_every_chip(capsys):
    rows = json.loads(printed(capsys, "list", "--format", "json"))

    assert len(rows) == 199
    assert next(row for row in rows if row["id"] == "nvidia-h20")["total_processing_performance"] == 2368


def test_list_narrows_by_vendor_market_and_performance(capsys):
    text = printed(
        capsys, "list", "--vendor", "nvidia", "--market", "consumer", "--min-tpp", "4800", "--format", "csv"
    )
    ids = [row["id"] for row in csv.DictReader(io.StringIO(text))]

    assert ids == ["nvidia-rtx-4090", "nvidia-rtx-5090"]


def test_show_takes_a_printed_name_and_shows_rivals(capsys):
    text = printed(capsys, "show", "昇腾910C")

    for figure in ("800", "780", "752", "12800", "12480", "12032"):
        assert figure in text


def test_show_as_json_holds_facts_metrics_and_sources(capsys):
    (whole,) = json.loads(printed(capsys, "show", "nvidia-a30", "--format", "json"))

    assert whole["total_processing_performance"]["value"] == 2644
    assert whole["total_processing_performance"]["alternatives"][0]["value"] == 2640
    assert {source["id"] for source in whole["source_records"]} >= {"nvidia-a30-datasheet"}


def test_compare_gives_every_axis_and_no_single_number(capsys):
    axes = json.loads(printed(capsys, "compare", "H100 SXM", "nvidia-h20", "--format", "json"))
    ratios = {axis["axis"]: axis["chips"]["nvidia-h20"]["ratio"] for axis in axes}

    assert round(ratios["dense_rate_bf16"], 2) == 0.15
    assert round(ratios["memory_bandwidth"], 2) == 1.19
    assert len(ratios) > 8


def test_a_list_of_no_chip_says_so(capsys):
    assert printed(capsys, "list", "--min-tpp", "1e9").startswith("0 chips")


def test_compare_as_csv_has_a_line_an_axis(capsys):
    rows = list(
        csv.DictReader(io.StringIO(printed(capsys, "compare", "nvidia-a30", "nvidia-h20", "--format", "csv")))
    )

    assert {"axis", "unit", "nvidia-a30", "nvidia-h20_ratio"} <= set(rows[0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "A10O"], "did you mean"),
        (["show", "A100"], "may be any of 4 chips"),
        (["compare", "nvidia-h20"], "two or more"),
        (["compare", "nvidia-h20", "H20 96GB"], "two or more"),
        (["list", "--min-tpp", "nan"], "--min-tpp"),
        (["list", "--vendor", "nobody"], "no chip of a vendor"),
        (["list", "--market", "moon"], "data centre, workstation or consumer"),
    ],
)
def test_bad_input_ends_in_one_line_and_status_two(capsys, arguments: list[str], said: str):
    assert run(["chips", *arguments]) == 2

    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("verb", ["list", "show", "compare"])
def test_the_help_of_each_verb_has_an_example(capsys, verb: str):
    assert "Example: chipledger chips" in printed(capsys, verb, "--help")
