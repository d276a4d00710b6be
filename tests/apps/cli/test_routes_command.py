"""`chipledger routes` through its front door: bundled subjects, a chip, a ledger, the summary, the chart, and slips."""

import csv
import io
import json
import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from chipledger.apps.cli.main import main
from chipledger.core.records import DocumentFacts, Mention, Purpose
from chipledger.store.ledger import Ledger
from chipledger.store.write import Scan

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    facts = DocumentFacts(
        document="README.md", document_id="a" * 64, project="Tencent/kite", published_on=date(2024, 3, 1)
    )
    words = "Kite was pre-trained on 512 NVIDIA A100 GPUs."
    used = Mention(document=facts.document, document_id=facts.document_id, start=0, end=len(words), quote=words, chip="NVIDIA A100",
                   chips=("nvidia-a100-sxm-80",), count=512, purpose=Purpose.PRETRAINING, organisation="Tencent <b>", confidence=0.9,
                   subject="Kite")  # fmt: skip
    with (
        Ledger.open(tmp_path / "chips.sqlite") as opened,
        opened.writing(Scan(target="kite", started=date(2026, 11, 1))) as writer,
    ):
        writer.add(facts, [used])
    return tmp_path / "chips.sqlite"


def told(capsys: Capture, *options: str) -> str:
    assert main(["routes", *options]) == 0
    return capsys.readouterr().out


def test_the_subjects_are_listed(capsys: Capture) -> None:
    titles = [row["title"] for row in json.loads(told(capsys, "--format", "json"))]
    assert {"Hunyuan-Large", "HunyuanDiT", "iFlytek", "SenseTime", "AI-Galaxy"} <= set(titles)


def test_json_tells_sightings_hypotheses_and_what_would_tell_them_apart(capsys: Capture) -> None:
    found = json.loads(told(capsys, "hunyuan-large", "--format", "json"))
    assert [one["id"] for one in found["hypotheses"] if one["stands"]] == [
        "h20-throughout",
        "h800-pretraining",
        "other",
    ]
    assert found["would_tell_apart"] and found["not_said"] and "no breach" in found["notice"]
    assert all(len(one["probability"]) == 2 for one in found["hypotheses"])
    assert {route["route"] for one in found["sightings"] for route in one["routes"]} >= {
        "cloud_rental",
        "unknown",
    }


def test_the_table_says_what_is_reported_what_conflicts_and_what_is_not_said(capsys: Capture) -> None:
    said = " ".join(told(capsys, "sensetime").split())
    assert (
        "conflicting" in said
        and "not said: which components were bought is not said" in said
        and "no breach" in said
    )


def test_nothing_that_could_not_be_seen_by_the_day_is_told(capsys: Capture) -> None:
    found = json.loads(told(capsys, "sensetime", "--on", "2023-12-31", "--format", "json"))
    assert {report["standing"] for report in found["reports"]} == {"reported"}


def test_a_chip_alone_gives_its_windows_and_no_odds(capsys: Capture) -> None:
    found = json.loads(told(capsys, "H20", "--on", "2025-05-01", "--format", "json"))
    (seen,) = found["sightings"]
    assert all(route["odds"] is None for route in seen["routes"]) and not seen["is_use"]


def test_csv_has_a_line_for_each_route_of_each_sighting(capsys: Capture) -> None:
    rows = list(csv.DictReader(io.StringIO(told(capsys, "iflytek", "--format", "csv"))))
    assert len(rows) == 13 and {row["standing"] for row in rows} >= {"reported", "closed"}


def test_a_ledger_answers_by_organisation_project_subject_or_chip(ledger: Path, capsys: Capture) -> None:
    for name in ("tencent", "kite", "A100"):
        found = json.loads(told(capsys, name, "--ledger", str(ledger), "--format", "json"))
        assert found["sightings"][0]["chip"] == "NVIDIA A100", name


def test_the_summary_tells_its_coverage_and_the_best_of_both(ledger: Path, capsys: Capture) -> None:
    for options in ([], ["--ledger", str(ledger)]):
        found = json.loads(told(capsys, "--summary", "--on", "2025-01-31", "--format", "json", *options))
        assert found["uses"] >= 1 and found["limits"] and found["frontier"]
    said = told(capsys, "--summary", "--on", "2025-01-31")
    assert "Limits" in said and "H20 96GB" in said and "Left out" in said


def test_the_chart_is_an_svg_of_its_own_or_a_page_that_asks_nothing_of_any_network(
    tmp_path: Path, capsys: Capture
) -> None:
    told(capsys, "hunyuandit", "--chart", str(tmp_path / "a.svg"))
    drawing = ElementTree.fromstring((tmp_path / "a.svg").read_text("utf-8"))
    text = "".join(drawing.itertext())
    assert (
        drawing.tag.endswith("svg")
        and "bought before the rule" in text
        and "2024-05-14" in text
        and "R3" in text
    )
    told(capsys, "hunyuandit", "--chart", str(tmp_path / "a.html"))
    page = (tmp_path / "a.html").read_text("utf-8")
    assert "<svg" in page and "<table>" in page
    assert not re.search(r"""(?:href|src|url)\s*[=(]\s*["']?\s*(?:https?:)?//""", page)
    assert "source repo" in page or "source hunyuan" in page


def test_the_best_of_both_is_drawn_with_the_days_of_rules(tmp_path: Path, capsys: Capture) -> None:
    told(capsys, "--summary", "--on", "2025-06-01", "--chart", str(tmp_path / "a.svg"), "--format", "csv")
    text = "".join(ElementTree.fromstring((tmp_path / "a.svg").read_text("utf-8")).itertext())
    assert "H20 96GB" in text and "Ascend 910C" in text and "R14" in text
    assert main(["routes", "--summary", "--chart", str(tmp_path / "a.html")]) == 2


def test_the_same_subject_gives_the_same_bytes(tmp_path: Path, capsys: Capture) -> None:
    for name in ("a.svg", "b.svg"):
        told(capsys, "hunyuan-large", "--chart", str(tmp_path / name))
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_name_out_of_a_document_cannot_become_markup(ledger: Path, tmp_path: Path, capsys: Capture) -> None:
    told(capsys, "tencent <b>", "--ledger", str(ledger), "--chart", str(tmp_path / "a.html"))
    assert "<b>" not in (tmp_path / "a.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["Hunyuan-Larg"], "did you mean Hunyuan-Large"),
        ([""], "no subject"),
        (["no such thing at all"], "no subject is called"),
        (["hunyuan-large", "--on", "yesterday"], "expected YYYY-MM-DD"),
        (["hunyuan-large", "--chart", "a.png"], ".svg or .html"),
        (["ai-galaxy", "--chart", "a.svg"], "no statement with a day"),
        (["x", "--ledger", "nowhere.sqlite"], "nowhere.sqlite"),
        (["x\x1b[2J" * 50], "no subject"),
    ],
)
def test_a_slip_is_one_line_and_exit_status_two(
    options: list[str], message: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["routes", *options]) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1 and "\x1b" not in said
