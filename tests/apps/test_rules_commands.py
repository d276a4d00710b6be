import json

import pytest

from chipledger.apps.cli.commands import run


def printed(capsys, *arguments):
    assert run(list(arguments)) == 0
    return capsys.readouterr().out


def test_status_as_json_has_the_four_layers(capsys):
    answer = json.loads(
        printed(capsys, "status", "nvidia-h20", "--to", "CN", "--on", "2025-05-01", "--format", "json")
    )
    assert {"chip", "on", "destination", "layers"} <= set(answer)
    assert list(answer["layers"]) == ["codified", "enforced", "letters", "destination_practice"]
    assert {name: layer["license_required"] for name, layer in answer["layers"].items()} == {
        "codified": "no", "enforced": "no", "letters": "yes", "destination_practice": "no",
    }  # fmt: skip
    for layer in answer["layers"].values():
        assert {"license_required", "paragraphs", "exceptions", "review_policy", "reasons", "cites"} <= set(
            layer
        )


def test_status_of_a_name_answers_for_its_variants_together(capsys):
    answer = json.loads(
        printed(capsys, "status", "A100", "--to", "CN", "--on", "2022-09-15", "--format", "json")
    )
    assert len(answer["variants"]) > 1
    assert answer["layers"]["letters"]["license_required"] == "yes"


def test_status_over_time_starts_at_release(capsys):
    rows = json.loads(
        printed(capsys, "status", "nvidia-a100-sxm-80", "--on", "2024-03-01", "--history", "--format", "json")
    )
    assert rows[0]["effective_from"] == "2020-11-16"
    assert [row["license_required"] for row in rows][:2] == ["no", "yes"]


def test_timeline_tells_standing_and_grade(capsys):
    rows = json.loads(printed(capsys, "timeline", "--to", "CN", "--on", "2025-06-01", "--format", "json"))
    by_reference = {row["reference"]: row for row in rows}
    assert by_reference["R12"]["standing"] == "not_enforced"
    assert by_reference["R5"]["grade"] == "quoted"
    assert "R22" not in by_reference
    assert [row["dated"] for row in rows] == sorted(row["dated"] for row in rows)


def test_timeline_table_fits_a_pipe_without_control_codes(capsys):
    out = printed(capsys, "timeline", "--on", "2026-11-23")
    assert "88 FR 73458" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["status", "Zuse Z3"], "no chip has the id or name 'Zuse Z3'"),
        (["status", "nvidia-h20", "--to", "XX"], "unknown destination 'XX'"),
        (["status", "nvidia-h20", "--on", "2025-02-30"], "2025-02-30"),
        (["timeline", "--to", "Atlantis"], "unknown destination 'Atlantis'"),
        (["status", "nvidia-h20", "--history", "--on", "2020-01-01"], "was released on"),
    ],
)
def test_a_slip_is_one_line_and_status_two(capsys, arguments, message):
    assert run(arguments) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
