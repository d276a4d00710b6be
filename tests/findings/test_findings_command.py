"""`chipledger findings` through its front door, from a ledger of made-up documents."""

import csv
import io
import json
import re
import sys
from datetime import date
from pathlib import Path

import pytest

from chipledger.apps.cli.main import main
from chipledger.core.records import DocumentFacts, Mention, Purpose
from chipledger.store.ledger import Ledger
from chipledger.store.write import Scan

ENGLISH = "Kite was pre-trained on 512 NVIDIA A100 GPUs."
CHINESE = "推理至少需要8卡H20。"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    readme = DocumentFacts(
        document="README.md", document_id="a" * 64, project="lab/kite", published_on=date(2024, 3, 1)
    )
    guide = DocumentFacts(
        document="docs/zh/guide.md", document_id="b" * 64, project="lab/kite", published_on=date(2025, 2, 1)
    )
    used = Mention(
        document=readme.document, document_id=readme.document_id, start=20, end=20 + len(ENGLISH), quote=ENGLISH,
        chip="NVIDIA A100", chips=("nvidia-a100-sxm-80",), count=512, purpose=Purpose.PRETRAINING,
        organisation="Lab", confidence=0.9, line=4,
    )  # fmt: skip
    needed = Mention(
        document=guide.document, document_id=guide.document_id, start=0, end=len(CHINESE), quote=CHINESE,
        chip="NVIDIA H20", chips=("nvidia-h20",), count=8, purpose=Purpose.REQUIREMENT, confidence=0.6, line=1,
    )  # fmt: skip
    scan = Scan(target="kite", started=date(2026, 11, 1))
    with Ledger.open(tmp_path / "chips.sqlite") as ledger, ledger.writing(scan) as writer:
        writer.add(readme, [used])
        writer.add(guide, [needed])
    return tmp_path / "chips.sqlite"


def told(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert main(["findings", "--ledger", str(path), *options]) == 0
    return capsys.readouterr().out


def test_json_lines_carry_quotes_places_and_rules(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use, need = map(json.loads, told(path, capsys, "--format", "jsonl").splitlines())
    assert (use["organisation"], use["count"], use["quotes"][0]["quote"]) == ("Lab", 512, ENGLISH)
    assert "none before" in use["rule_status"]["in_words"]
    assert need["organisation"] is None and "rule_status" not in need and "rule_context" in need


def test_csv_has_a_line_for_each_finding(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(told(path, capsys, "--format", "csv"))))
    assert [(row["chip"], row["place"]) for row in rows] == [
        ("NVIDIA A100", "README.md:4"),
        ("NVIDIA H20", "docs/zh/guide.md:1"),
    ]


def test_the_table_says_that_the_day_of_acquisition_is_unknown(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = told(path, capsys)
    assert "512" in table and "day of acquisition unknown" in " ".join(table.split())


def test_the_table_fits_a_terminal_of_120_columns(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", told(path, capsys)).splitlines()
    assert max(map(len, lines)) <= 120
    assert len(lines) < 25
    assert "2022-08-26 (letter" in "".join(lines) and "3A090.a.1" not in "".join(lines)


def test_a_quote_stands_in_its_sentence_and_the_one_with_the_count_is_shown(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = DocumentFacts(
        document="A.tex", document_id="c" * 64, project="lab/kite", published_on=date(2024, 3, 1)
    )
    given = {"document": paper.document, "document_id": paper.document_id, "chip": "NVIDIA A100",
             "purpose": Purpose.PRETRAINING, "organisation": "Lab", "confidence": 0.9}  # fmt: skip
    named = Mention(start=0, end=4, quote="A100", suffix=" is what we used.", **given)  # type: ignore[arg-type]
    counted = Mention(
        start=30,
        end=37,
        quote="64 A100",
        count=64,
        prefix="It took\n",
        suffix=" GPUs.",
        **given,  # type: ignore[arg-type]
    )
    with (
        Ledger.open(path) as ledger,
        ledger.writing(Scan(target="kite", started=date(2026, 11, 1))) as writer,
    ):
        writer.add(paper, [named, counted])
    rows = list(csv.DictReader(io.StringIO(told(path, capsys, "--format", "csv", "--chip", "A100"))))
    assert [row["quote"] for row in rows] == ["It took 64 A100 GPUs. (and 2 more; 2 sources)"]
    assert [row["count"] for row in rows] == ["64 / 512"]
    first, *_ = map(json.loads, told(path, capsys, "--format", "jsonl", "--chip", "A100").splitlines())
    assert [quote["suffix"] for quote in first["quotes"]] == [" is what we used.", " GPUs.", ""]


@pytest.mark.parametrize(
    ("options", "chips"),
    [
        (["--chip", "h20"], ["NVIDIA H20"]),
        (["--purpose", "pretraining"], ["NVIDIA A100"]),
        (["--organisation", "LAB"], ["NVIDIA A100", "NVIDIA H20"]),
        (["--on", "2024-12-31"], ["NVIDIA A100"]),
        (["--on", "2024-02-29"], []),
        (["--min-confidence", "0.8"], ["NVIDIA A100"]),
    ],
)
def test_options_narrow_the_findings(
    path: Path, capsys: pytest.CaptureFixture[str], options: list[str], chips: list[str]
) -> None:
    found = json.loads(told(path, capsys, *options, "--format", "json"))
    assert [finding["chip"] for finding in found] == chips


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--on", "yesterday"], "expected YYYY-MM-DD"),
        (["--purpose", "pretrain"], "did you mean pretraining"),
        (["--ledger", "no/such/folder/chips.sqlite"], "no such folder"),
        (["--ledger", "gopher://host/x"], "expected a file path"),
    ],
)
def test_a_slip_is_one_line_and_leaves_with_two(
    path: Path, capsys: pytest.CaptureFixture[str], options: list[str], expected: str
) -> None:
    assert main(["findings", "--ledger", str(path), *options]) == 2
    told = capsys.readouterr().err
    assert expected in told and told.count("\n") == 1


def test_where_nothing_fits_it_is_said_and_no_empty_table_is_printed(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["findings", "--ledger", str(path), "--chip", "L40S"]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "chipledger: nothing in the ledger fits\n")


def test_what_is_left_out_as_unsure_is_counted(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["findings", "--ledger", str(path), "--min-confidence", "0.7"]) == 0
    printed = capsys.readouterr()
    assert "NVIDIA H20" not in printed.out and "NVIDIA A100" in printed.out
    assert (
        printed.err == "chipledger: 1 finding less sure left out (`findings --min-confidence 0` shows all)\n"
    )
    assert main(["findings", "--ledger", str(path), "--min-confidence", "0.7", "--format", "json"]) == 0
    assert capsys.readouterr().err == ""
