"""The section of a study in the report: every claim with its verdict and quotes, nothing let in, nothing where none is asked."""

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from chipledger.apps.cli.commands import run
from chipledger.apps.report import write_report
from chipledger.findings.study import study
from chipledger.findings.study_page import StudyPages, pages
from chipledger.store.ledger import Ledger

PAPER = study("whack-a-chip")


@cache
def told() -> StudyPages:
    return pages(PAPER, [PAPER.claim(id) for id in ("P1", "P8", "P10")])


def page(tmp_path: Path, shown: StudyPages | None) -> str:
    with Ledger.open(tmp_path / "chips.sqlite") as ledger:
        out = write_report(ledger, tmp_path / "report.html", on=date(2026, 11, 1), study=shown)
    return out.read_text("utf-8")


def test_each_claim_has_its_row_and_its_details(tmp_path: Path) -> None:
    text = page(tmp_path, told())
    for id in ("P1", "P8", "P10"):
        assert text.count(f'id="study-{id}"') == 1
        assert f'href="#study-{id}"' in text
    assert "We have tested V100 and A100 GPUs." in text
    assert "https://github.com/Tencent/HunyuanDiT/blob/df9acb9" in text
    assert "never on a firm" in text


def test_the_page_without_a_study_holds_nothing_of_it(tmp_path: Path) -> None:
    text = page(tmp_path, None)
    assert "study-P1" not in text
    assert ".study" not in text


def test_it_carries_no_style_of_its_own_and_loads_nothing(tmp_path: Path) -> None:
    section = page(tmp_path, told()).split('aria-labelledby="study"')[1].split("</section>")[0]
    assert " style=" not in section
    assert "<script" not in section
    assert "src=" not in section


def test_a_verdict_never_rests_on_colour_alone(tmp_path: Path) -> None:
    text = page(tmp_path, told())
    for words in ("documented", "contradicted by what is public", "not verifiable with what is public"):
        assert f">{words}</span>" in text


def test_the_report_takes_the_name_of_a_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger, out = tmp_path / "chips.sqlite", tmp_path / "page.html"
    Ledger.open(ledger).close()
    asked = ["report", "--ledger", str(ledger), "--out", str(out), "--on", "2026-11-01"]
    assert run([*asked, "--study", "itmedia-2024-12-13"]) == 0
    assert 'id="study-T"' in out.read_text("utf-8")
    capsys.readouterr()
    assert run([*asked, "--study", "nothing"]) == 2
    assert "no study is called 'nothing'" in capsys.readouterr().err
    assert run([*asked, "--study", "whack-a-chip", "--study-clones", "no/folder"]) == 2
    assert "no such folder (no/folder)" in capsys.readouterr().err
