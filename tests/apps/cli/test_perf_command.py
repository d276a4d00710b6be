"""`chipledger perf estimate`, `search`, `compare`, `waterfall` and `policy`: what they print, in each format, and how they refuse."""

import csv
import io
import json
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from chipledger.apps.cli.commands import run
from chipledger.perf.waterfall import waterfall

# The command where numpy and scipy are not installed
BARE = """
import sys
sys.modules["numpy"] = sys.modules["scipy"] = None
from chipledger.apps.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
MET = {}
SMALL = ("llama-2-7b", "--tokens", "2T")
ANSWERS = {
    "estimate": (*SMALL, "--chip", "h100", "--chips", "8"),
    "search": ("llama-2-7b", "--chip", "h100", "--chips", "8", "--batch", "64"),
    "compare": (*SMALL, "--chips", "H20,H800", "--count", "16"),
    "waterfall": (*SMALL, "--chip", "h20", "--against", "a800", "--chips", "16", "--draws", "0"),
    "policy": (*SMALL, "--chip", "h100", "--chips", "16", "--at", "2400,20000"),
}
FIELDS = {
    "estimate": {
        "model", "cluster", "chips", "layout", "strategy", "step_seconds", "low_seconds", "high_seconds", "terms", "tokens_per_second_per_chip",
        "utilization", "node_watts", "chip_hours", "low_chip_hours", "high_chip_hours", "days", "reasons", "memory_bytes",
    },
    "search": {"model", "cluster", "seen", "fitting", "costed", "layouts"},
    "compare": {"model", "tokens", "goodput", "cases"},
    "waterfall": {
        "model", "chip", "against", "chips", "bare_ratio", "bare_interval", "full_ratio", "full_interval", "chip_hours", "other_chip_hours", "techniques", "notes",
    },
    "policy": {"model", "axis", "unit", "cluster", "chips", "uncut", "chip_hours", "points"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def each_waterfall_once(monkeypatch):
    """The same question is reckoned once for all tests here; its answer is a frozen record."""

    def remembered(job, restricted, other, chips, **rest):
        asked = job.shape.id, restricted.id, other.id, chips, len(rest.get("draws", ()))
        if asked not in MET:
            MET[asked] = waterfall(job, restricted, other, chips, **rest)
        return MET[asked]

    monkeypatch.setattr("chipledger.apps.cli.perf.waterfall.waterfall", remembered)


def answered(capsys, verb, *arguments):
    assert run(["perf", verb, *map(str, arguments)]) == 0
    return capsys.readouterr().out


def told(capsys, verb, *arguments):
    """An answer as JSON."""
    return json.loads(answered(capsys, verb, *arguments, "--format", "json"))


def refused(capsys, *arguments):
    """The one line of a refusal."""
    status = run(["perf", *map(str, arguments)])
    printed = capsys.readouterr()

    assert status == 2
    assert printed.out == ""
    assert printed.err.count("\n") == 1, printed.err
    return printed.err


def names_in(value):
    """Every field's name in an answer, however deep."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield name
            yield from names_in(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from names_in(inside)


class TestFormats:
    @pytest.mark.parametrize("verb", ANSWERS)
    def test_json_has_the_fields_that_programs_rely_on_in_snake_case(self, capsys, verb):
        found = told(capsys, verb, *ANSWERS[verb])

        assert set(found) == FIELDS[verb]
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names_in(found))

    @pytest.mark.parametrize("verb", ["search", "compare", "waterfall", "policy"])
    def test_csv_has_a_line_for_each_answer(self, capsys, verb):
        rows = list(csv.DictReader(io.StringIO(answered(capsys, verb, *ANSWERS[verb], "--format", "csv"))))

        assert len(rows) >= 2
        assert None not in rows[0]

    @pytest.mark.parametrize("verb", ANSWERS)
    def test_a_table_is_for_people_and_none_is_silence(self, capsys, verb):
        assert answered(capsys, verb, *ANSWERS[verb]).strip()
        assert answered(capsys, verb, *ANSWERS[verb], "--format", "none") == ""

    @pytest.mark.parametrize("verb", ["estimate", "compare", "waterfall", "policy"])
    def test_the_same_question_gets_the_same_bytes(self, capsys, verb):
        asked = (*ANSWERS[verb], "--format", "json")

        assert answered(capsys, verb, *asked) == answered(capsys, verb, *asked)


class TestEstimate:
    def test_terms_add_up_to_the_step_and_memory_to_what_is_used(self, capsys):
        found = told(capsys, "estimate", *ANSWERS["estimate"])

        assert sum(found["terms"].values()) == pytest.approx(found["step_seconds"], rel=1e-4)
        used = found["memory_bytes"].pop("used")
        assert sum(found["memory_bytes"].values()) == pytest.approx(used, rel=1e-4)

    @pytest.mark.parametrize("chip", ["h100", "huawei-910c", "rtx-4090"])
    def test_no_layout_that_fits_is_said_to_need_more_than_the_chip_has(self, capsys, chip):
        out = answered(capsys, "estimate", "llama-3-70b", "--tokens", "1T", "--chip", chip, "--chips", "512")

        needed, has = re.search(r"memory ([0-9.]+) GiB of ([0-9.]+) GiB a chip", out).groups()
        assert float(needed) <= float(has)

    def test_a_layout_that_is_given_is_the_one_that_is_told(self, capsys):
        found = told(capsys, "estimate", *SMALL, "--chip", "h100", "--chips", "64", "--layout", "tp=4 pp=2 mbs=1 gbs=64", "--recompute", "selective")  # fmt: skip

        assert {name: found["strategy"][name] for name in ("tensor", "pipeline", "data", "global_batch")} == {"tensor": 4, "pipeline": 2, "data": 8, "global_batch": 64}  # fmt: skip
        assert found["strategy"]["recompute"] == "selective"

    def test_a_config_json_is_a_model_too(self, capsys, tmp_path):
        config = {
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
            "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 32000, "max_position_embeddings": 4096,
        }  # fmt: skip
        (tmp_path / "config.json").write_text(json.dumps(config))
        own = told(capsys, "estimate", tmp_path / "config.json", *ANSWERS["estimate"][1:])
        listed = told(capsys, "estimate", *ANSWERS["estimate"])

        assert own["step_seconds"] == pytest.approx(listed["step_seconds"], rel=1e-6)


class TestSearch:
    def test_the_bounded_search_finds_what_the_exhaustive_one_does(self, capsys):
        asked = ("llama-2-7b", "--chip", "h100", "--chips", "16", "--batch", "64", "--top", "3")
        quick, whole = told(capsys, "search", *asked), told(capsys, "search", *asked, "--exhaustive")

        assert quick["layouts"] == whole["layouts"]
        assert quick["costed"] <= whole["costed"]

    def test_a_front_over_chips_has_more_than_one_number_of_them(self, capsys):
        found = told(capsys, "search", "llama-2-7b", "--chip", "h800", "--chips", "8,16", "--front")

        assert {one["chips"] for one in found["layouts"]} == {8, 16}


class TestCompare:
    @pytest.mark.parametrize(
        ("until", "feasible"), [("2026-01-01", "yes"), ("2024-01-02", "no"), ("within", "unknown")]
    )
    def test_a_window_is_feasible_where_the_whole_interval_fits(self, capsys, until, feasible):
        from datetime import date, timedelta

        asked = (*SMALL, "--chips", "h100", "--count", "16")
        days = told(capsys, "compare", *asked)["cases"][0]["days"]
        if until == "within":
            until = (date(2024, 1, 1) + timedelta(days=round(days))).isoformat()
        found = told(capsys, "compare", *asked, "--available", "2024-01-01", "--by", until)

        assert found["cases"][0]["feasible_by_day"] == feasible

    def test_a_window_alone_asks_how_many_chips_end_in_it(self, capsys):
        found = told(
            capsys, "compare", *SMALL, "--chips", "h100", "--available", "2024-01-01", "--by", "2024-02-01"
        )

        assert found["cases"][0]["days"] <= 31
        assert found["cases"][0]["chips"] % 8 == 0

    def test_money_is_null_without_a_price_and_has_its_source_with_one(self, capsys):
        h20, h800 = told(capsys, "compare", *ANSWERS["compare"])["cases"]

        assert (h20["usd"], h20["price"]) == (None, None)
        assert h800["price"]["cite"]["source"]
        assert "no price" in answered(capsys, "compare", *ANSWERS["compare"])

    def test_prices_of_different_days_are_said_not_to_be_comparable(self, capsys):
        printed = answered(capsys, "compare", *SMALL, "--chips", "H100,H800", "--count", "16")

        assert "different days and sellers" in printed
        assert "different days" not in answered(capsys, "compare", *ANSWERS["compare"])

    def test_no_ratio_of_two_chips_is_printed(self, capsys):
        found = told(capsys, "compare", *ANSWERS["compare"])

        assert not [name for name in names_in(found) if "ratio" in name]
        assert "ratio" not in answered(capsys, "compare", *ANSWERS["compare"])

    def test_a_chip_that_cannot_is_told_beside_those_that_can(self, capsys):
        printed = answered(capsys, "compare", "mixtral-8x7b", "--chips", "H20,3090", "--count", "16")

        assert "rtx-3090: not one of" in printed

    def test_a_chip_of_which_too_little_is_known_hides_no_other(self, capsys):
        first, second = told(capsys, "compare", *SMALL, "--chips", "biren-br106,H20", "--count", "16")[
            "cases"
        ]

        assert (first["chip"], second["chip"]) == ("nvidia-h20", "biren-br106")
        assert "unknown, not zero" in second["reason"]

    def test_a_chip_whose_constants_are_a_neighbours_says_so(self, capsys):
        assert "no training run on nvidia-h20 was fitted" in answered(capsys, "compare", *ANSWERS["compare"])


class TestWaterfall:
    def test_it_says_that_the_relative_gain_of_bf16_is_none(self, capsys):
        found = told(capsys, "waterfall", *ANSWERS["waterfall"])
        wide = next(one for one in found["techniques"] if one["technique"] == "16-bit formats")

        assert wide["relative"] == pytest.approx(1.0, abs=0.12)
        assert "relative gain of bf16 is" in answered(capsys, "waterfall", *ANSWERS["waterfall"])

    def test_both_ratios_say_what_they_are_of(self, capsys):
        printed = answered(capsys, "waterfall", *ANSWERS["waterfall"])

        assert re.search(
            r"chip-hours on h20 over a800-sxm: x [\d.]+ with none of these, x [\d.]+ with all", printed
        )

    def test_serving_has_techniques_of_its_own_and_says_what_is_counted(self, capsys):
        asked = ("llama-3-70b", "--chip", "h20", "--serving", "--sequence-length", "4096")
        found = told(capsys, "waterfall", *asked)

        assert [one["technique"] for one in found["techniques"]] == [
            "memory beyond 80 GB",
            "8-bit weights",
            "8-bit keys and values",
        ]
        assert set(found) == FIELDS["waterfall"]
        assert "a billion tokens of answers, sequences of 4096 tokens" in answered(
            capsys, "waterfall", *asked
        )

    def test_without_draws_no_interval_is_made_up(self, capsys):
        found = told(capsys, "waterfall", *ANSWERS["waterfall"])

        assert {one["low"] for one in found["techniques"]} == {None}


class TestCharts:
    @pytest.mark.parametrize("verb", ["compare", "waterfall", "policy"])
    def test_a_chart_is_a_whole_svg(self, capsys, tmp_path, verb):
        out = tmp_path / "chart.svg"
        answered(capsys, verb, *ANSWERS[verb], "--chart", out, "--format", "none")

        assert ElementTree.parse(out).getroot().tag.endswith("svg")
        assert [one.name for one in tmp_path.iterdir()] == ["chart.svg"]

    @pytest.mark.parametrize("verb", ["compare", "waterfall", "policy"])
    @pytest.mark.parametrize("name", ["chart.png", "chart", "nowhere/chart.svg"])
    def test_a_chart_that_cannot_be_written_leaves_nothing(self, capsys, tmp_path, verb, name):
        refused(capsys, verb, *ANSWERS[verb], "--chart", tmp_path / name)

        assert list(tmp_path.iterdir()) == []


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("compare", "no-such-model", "--chips", "H20"), "no-such-model"),
            (("compare", *SMALL, "--chips", "H99"), "no cluster or chip has the name 'H99'"),
            (("compare", *SMALL, "--chips", ","), "no chip is named"),
            (("compare", "llama-2-7b", "--tokens", "7 bananas", "--chips", "H20"), "'7 bananas' is no amount"),
            (("compare", "llama-2-7b", "--tokens", "-7T", "--chips", "H20"), "no amount"),
            (("compare", "llama-2-7b", "--tokens", "0", "--chips", "H20"), "no amount"),
            (("compare", "llama-2-7b", "--tokens", "9e99T", "--chips", "H20"), "absurd"),
            (("compare", *SMALL, "--chips", "H20", "--count", "0"), "--count"),
            (("compare", *SMALL, "--chips", "H20", "--count", "8", "--deadline", "3"), "one of --count"),
            (("compare", *SMALL, "--chips", "H20", "--formats", "bf17"), "no such format"),
            (("compare", *SMALL, "--chips", "H20", "--goodput", "1.5"), "goodput"),
            (("compare", *SMALL, "--chips", "H20", "--by", "2024-11-05"), "both days or none"),
            (("compare", *SMALL, "--chips", "H20", "--available", "2024-11-05", "--by", "2024-01-01"), "an earlier day first"),
            (("compare", *SMALL, "--chips", "H20", "--sequence-length", "-1"), "sequence"),
            (("estimate", *SMALL, "--chip", "h100", "--chips", "8", "--layout", "tp=3"), "--layout"),
            (("estimate", *SMALL, "--chip", "h100", "--chips", "8", "--layout", "warp=9"), "no such part of a layout"),
            (("estimate", *SMALL, "--chip", "h100", "--chips", "8", "--layout", "tp=eight"), "tells no layout"),
            (("estimate", *SMALL, "--chip", "h100", "--chips", "8", "--layout", "tp=8 gbs=64 zero=9"), "no stage 9 of ZeRO"),
            (("estimate", "hunyuan-large", "--chip", "h20", "--chips", "8"), "fits"),
            (("search", "llama-2-7b", "--chip", "h100", "--chips", "8,x"), "no amount"),
            (("search", "llama-2-7b", "--chip", "h100", "--chips", "8.5"), "--chips"),
            (("search", "llama-2-7b", "--chip", "h100", "--chips", "8", "--precision", "bf16,fp8"), "--precision"),
            (("search", "llama-2-7b", "--chip", "a100", "--chips", "8", "--precision", "fp8"), "fp8"),
            (("waterfall", "hunyuan-large", "--chip", "3090", "--chips", "1"), "fits"),
            (("waterfall", "llama-3-70b", "--chip", "h20", "--serving", "--latency", "0.001"), "ms a token"),
            (("waterfall", "llama-3-70b", "--chip", "h20", "--serving", "--engine", "vllm-1999"), "vllm-1999"),
            (("policy", *SMALL, "--at", "0"), "--at"),
            (("policy", *SMALL, "--at", "-4"), "--at"),
            (("policy", *SMALL, "--axis", "price"), "--axis"),
        ],
    )  # fmt: skip
    def test_a_mistake_is_told_in_one_line(self, capsys, arguments, message):
        assert message in refused(capsys, *arguments)

    @pytest.mark.parametrize(
        "verb", ["estimate", "search", "compare", "waterfall", "policy", "validate", "calibrate"]
    )
    def test_without_numpy_each_verb_says_which_extra_to_install(self, verb):
        done = subprocess.run([sys.executable, "-c", BARE, "perf", verb, "llama-2-7b"], capture_output=True, text=True, check=False)  # fmt: skip

        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "pip install chipledger[stats]" in done.stderr

    def test_neither_help_nor_the_version_asks_for_numpy(self):
        for arguments in (["--version"], ["perf", "--help"], ["--help"]):
            done = subprocess.run([sys.executable, "-c", BARE, *arguments], capture_output=True, text=True, check=False)  # fmt: skip

            assert done.returncode == 0, done.stderr
