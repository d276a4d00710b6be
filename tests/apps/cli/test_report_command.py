"""`chipledger report` writes the page and says where; what it cannot use it refuses in one line."""

from datetime import date
from pathlib import Path

import pytest

from chipledger.apps.cli.commands import run
from chipledger.core.records import DocumentFacts, Mention, Purpose
from chipledger.store.ledger import Ledger
from chipledger.store.write import Scan


@pytest.fixture
def ledger(tmp_path: Path) -> str:
    path = tmp_path / "chips.sqlite"
    facts = DocumentFacts(document="README.md", document_id="0" * 64, project="lab/kite")
    mention = Mention(document="README.md", document_id="0" * 64, start=0, end=8, quote="512 A100", chip="NVIDIA A100",
                      chips=("nvidia-a100-sxm-80",), purpose=Purpose.PRETRAINING, organisation="Lab", confidence=0.9,
                      first_seen=date(2024, 3, 1))  # fmt: skip
    with Ledger.open(path) as opened, opened.writing(Scan(target="x", started=date(2026, 1, 1))) as writer:
        writer.add(facts, [mention])
    return str(path)


def test_the_page_is_written_and_its_path_printed(
    ledger: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.html"
    assert run(["report", "--ledger", ledger, "--out", str(out), "--on", "2026-11-01"]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert "<mark>512 A100</mark>" in out.read_text(encoding="utf-8")


def test_cost_is_a_section_of_its_own_where_a_model_is_named(
    ledger: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.html"
    asked = ["--cost", "llama-2-7b", "--cost-chips", "A800,A100", "--cost-tokens", "2T", "--cost-count", "16"]
    assert run(["report", "--ledger", ledger, "--out", str(out), "--on", "2026-11-01", *asked]) == 0
    page = out.read_text(encoding="utf-8")
    assert page.count('class="cost"') == 3
    assert "Llama 2 7B, 2T tokens on 16 chips of each kind" in page
    assert capsys.readouterr().out.strip() == str(out)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--cost", "no-such-model"], "no-such-model"),
        (["--cost", "llama-2-7b", "--cost-chips", "H20"], "one chip alone"),
        (["--cost", "llama-2-7b", "--cost-tokens", "many"], "--cost-tokens"),
        (["--to", "XX"], "unknown destination 'XX'"),
        (["--on", "yesterday"], "yesterday"),
        (["--ledger", "nowhere.sqlite"], "nowhere.sqlite"),
        (["--out", "/dev/null/report.html"], "cannot write"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    ledger: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    given = ["report", "--ledger", ledger, "--out", str(tmp_path / "report.html"), *options]
    assert run(given) == 2
    printed = capsys.readouterr().err
    assert told in printed
    assert printed.count("\n") == 1
