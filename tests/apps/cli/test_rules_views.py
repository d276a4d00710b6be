import json
import re

import pytest

from chipledger.apps.cli.commands import run


def printed(capsys, *arguments):
    assert run(["rules", *arguments]) == 0
    return capsys.readouterr().out


def test_distance_as_json_has_lines_and_headroom_for_every_variant(capsys):
    found = json.loads(printed(capsys, "distance", "H20", "--on", "2024-03-01", "--format", "json"))
    assert found["on"] == "2024-03-01"
    assert [one["chip"] for one in found["chips"]] == ["nvidia-h20", "nvidia-h20-141"]
    line = next(one for one in found["chips"][0]["lines"] if one["rule"] == "3A090.b.1")
    assert (line["value"], line["line"], line["difference"]) == (2368, 2400, -32)
    assert found["chips"][0]["headroom"][0]["per_cent"] == 1.4


def test_distance_as_a_table_ends_with_headroom(capsys):
    out = printed(capsys, "distance", "nvidia-h20", "--on", "2024-03-01")
    assert "at least 2400" in out
    assert "3A090.b.1 would be met from TPP 2400 (+1.4 %)" in out


def test_distance_as_csv_carries_reason_and_cite(capsys):
    header, first, *_ = printed(capsys, "distance", "nvidia-h20", "--on", "2024-03-01", "--format", "csv").splitlines()  # fmt: skip
    assert header.startswith("chip,rule,figure,value,asks,difference,per_cent")
    assert "TPP 2368 is below 4800" in first
    assert "(primary)" in first


def test_diff_as_json_tells_text_and_chips(capsys):
    found = json.loads(printed(capsys, "diff", "R3", "R6", "--to", "CN", "--format", "json"))
    assert found["before"] == {"given": "R3 (87 FR 62186)", "on": "2022-10-21"}
    assert found["after"]["on"] == "2023-11-17"
    assert {"change": "ended", "part": "paragraph", "name": "3A090"}.items() <= found["text"][0].items()
    h800 = next(one for one in found["chips"] if one["chip"] == "nvidia-h800-sxm")
    assert (h800["before"]["license_required"], h800["after"]["license_required"]) == ("no", "yes")


def test_diff_as_a_table_tells_from_what_to_what(capsys):
    out = printed(capsys, "diff", "2025-04-08", "2025-04-09")
    assert "no → yes" in out
    assert "Letter of 2025-04-09 to NVIDIA" in out


def test_diff_as_csv_has_a_row_for_each_change(capsys):
    rows = printed(capsys, "diff", "2025-04-08", "R14", "--format", "csv").splitlines()
    assert rows[0] == "kind,change,part,name,before,after,cite"
    assert any(row.startswith("chip,changed,chip,nvidia-h20,none; licence no,") for row in rows)


def test_duty_tells_band_rate_and_uses(capsys):
    (found,) = json.loads(
        printed(capsys, "duty", "nvidia-h200-sxm", "--on", "2026-02-01", "--format", "json")
    )
    assert (found["dutiable"], found["bands"], found["rate_per_cent"]) == ("yes", ["band 1"], 25)
    assert len(found["exempt_uses"]) == 7
    assert "band 1" in printed(capsys, "duty", "nvidia-h200-sxm", "--on", "2026-02-01")


def test_duty_before_any_was_levied_says_so(capsys):
    assert "No import duty by figures was in effect on 2026-01-14" in printed(capsys, "duty", "H200", "--on", "2026-01-14")  # fmt: skip


SAFE = "us-safe-chips-act-s3374"


def test_what_if_as_json_tells_moves_reasons_and_distance(capsys):
    found = json.loads(
        printed(capsys, "what-if", SAFE, "--to", "CN", "--on", "2026-02-01", "--format", "json")
    )
    assert (found["standing"], found["effective_from"], found["policy"]) == (
        "proposed",
        "enactment",
        "denial",
    )
    assert "nvidia-h200-sxm" in found["moved"]
    assert "nvidia-h20" in found["undecided"]
    h20 = next(one for one in found["chips"] if one["chip"] == "nvidia-h20")
    assert (h20["moves"], h20["nearest"]["line"], h20["nearest"]["per_cent"]) == ("unknown", 2400, -1.3)


def test_what_if_as_a_table_leaves_out_what_stays_and_tells_what_the_file_does_not_hold(capsys):
    out = printed(capsys, "what-if", SAFE, "--on", "2026-02-01")
    assert "case by case → denial" in out
    assert "nvidia-rtx-4090 " not in out
    assert "Not held in the file:" in out
    assert "nvidia-rtx-4090 " in printed(capsys, "what-if", SAFE, "--on", "2026-02-01", "--every")


def test_what_if_as_csv_has_a_row_for_each_chip_that_may_move(capsys):
    header, *rows = printed(capsys, "what-if", SAFE, "--on", "2026-02-01", "--format", "csv").splitlines()
    assert header.startswith("chip,released,moves,licence,review,by,nearest line")
    assert {row.split(",")[2] for row in rows} == {"yes", "unknown"}


def test_what_if_lists_the_bundled_proposals(capsys):
    assert SAFE in printed(capsys, "what-if", "--list", "--format", "csv")


def test_a_slip_in_a_proposal_is_told_with_file_and_line(capsys, tmp_path):
    (tmp_path / "own.yaml").write_text("id: own\ncitation: a draft\nstanding: maybe\n")
    assert run(["rules", "what-if", str(tmp_path / "own.yaml")]) == 2
    message = capsys.readouterr().err
    assert "own.yaml:" in message
    assert message.count("\n") == 1


@pytest.mark.parametrize("name", ["lines.svg", "lines.html"])
def test_chart_writes_one_file_that_needs_nothing_else(capsys, tmp_path, name):
    out = tmp_path / name
    assert (
        printed(capsys, "chart", "--out", str(out), "--chips", "H20, nvidia-l40s", "--on", "2024-03-01")
        == f"{out}\n"
    )
    text = out.read_text("utf-8")
    assert ">L40S</text>" in text
    assert "H20" in text
    assert not re.search(r"(src|href)=", text)
    assert ("<td>3A090.a.1, 3A090.a.2</td>" in text) is name.endswith("html")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("distance", "Zuse Z3"), "Zuse Z3"),
        (("distance", "H20", "--to", "XX"), "unknown destination 'XX'"),
        (("distance", "H20", "--on", "yesterday"), "yesterday"),
        (("diff", "R3", "R99"), "is no day and no instrument"),
        (("what-if",), "`--list` shows them"),
        (("chart", "--out", "lines.png"), "ends in .svg or .html"),
        (("chart", "--out", "/nowhere/lines.svg"), "cannot write"),
        (("chart", "--out", "lines.svg", "--chips", "kunlun-p800"), "has a public performance and die area"),
        (("chart", "--out", "lines.svg", "--chips", "Zuse Z3"), "Zuse Z3"),
        (("what-if", "no-such-act"), "neither a file nor a bundled proposal"),
        (("what-if", SAFE, "--to", "XX"), "unknown destination"),
        (("diff", "R3", "R6", "--to", "Atlantis"), "unknown destination"),
    ],
)
def test_a_slip_is_one_line_and_status_two(capsys, arguments, told):
    assert run(["rules", *arguments]) == 2
    message = capsys.readouterr().err
    assert told in message
    assert message.count("\n") == 1
