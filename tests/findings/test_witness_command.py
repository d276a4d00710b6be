"""`chipledger witness` and the arithmetic in `findings`, from scanned folders."""

import json
from pathlib import Path

import pytest

from chipledger.apps.cli.main import main

ENGLISH = "# Kite-100B\n\nBF16 inference of Kite-100B needs at least 4 A800-80GB GPUs for deployment.\n"
CHINESE = "# Kite-100B\n\nKite-100B 的 BF16 推理部署最少需要 4 张 A800-80GB，或 4 张 H20。\n"
SCRIPT = "source /etc/taiji/environ\nexport NCCL_NET_GDR_LEVEL=2\n"


@pytest.fixture
def ledger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    folder = tmp_path / "kite"
    folder.mkdir()
    for name, text in (("README.md", ENGLISH), ("README_CN.md", CHINESE), ("train.sh", SCRIPT)):
        (folder / name).write_text(text, encoding="utf-8")
    path = str(tmp_path / "chips.sqlite")
    assert main(["scan", str(folder), "--ledger", path, "--format", "none", "--quiet"]) == 0
    capsys.readouterr()
    return path


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    assert main([*arguments, "--format", "jsonl"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_three_kinds_of_lines_from_one_ledger(ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = lines(capsys, "witness", "--ledger", ledger)
    assert {line["kind"] for line in found} == {"arithmetic", "translation", "fabric"}
    assert all(line["verdict"] == "agree" for line in found if line["kind"] == "arithmetic")
    missing = [line for line in found if line["kind"] == "translation"]
    assert [(line["chip"], line["stands_in"]) for line in missing] == [("NVIDIA H20", "README_CN.md")]


@pytest.mark.parametrize("kind", ["arithmetic", "translation", "fabric"])
def test_one_kind_alone_and_one_project_alone(
    kind: str, ledger: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {line["kind"] for line in lines(capsys, "witness", "--ledger", ledger, "--only", kind)} == {kind}
    assert lines(capsys, "witness", "--ledger", ledger, "--only", kind, "--project", "other") == []


def test_undecided_sums_are_shown_when_asked_for(ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    few, all_ = (lines(capsys, "witness", "--ledger", ledger, *more) for more in ((), ("--undecided",)))
    assert len(all_) >= len(few)


@pytest.mark.parametrize("format", ["table", "csv"])
def test_a_table_and_csv_tell_the_same(format: str, ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["witness", "--ledger", ledger, "--format", format]) == 0
    told = capsys.readouterr().out
    assert "agree" in told and "fabric" in told
    assert "kite README.md:3" in told  # whose README it is


def test_findings_carry_arithmetic_beside_each_quote(ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = lines(capsys, "findings", "--ledger", ledger, "--min-confidence", "0")
    quotes = [quote for line in found for quote in line["quotes"]]  # type: ignore[attr-defined]
    assert any(quote.get("arithmetic", {}).get("verdict") == "agree" for quote in quotes)
