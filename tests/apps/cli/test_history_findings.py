"""What histories add to findings, report, export and check; and what later scans keep of a history that was rewritten."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from histories_made import commit, git, of_kind, scanned

from chipledger.apps.cli.main import main
from chipledger.store import read_history
from chipledger.store.ledger import Ledger
from chipledger.store.verify import problems

BOTH = "# Kite\n\nServing requires 16 H800 or H20 GPUs.\n"
ONE = "# Kite\n\nServing requires 16 H20 GPUs.\n"


@pytest.fixture
def kite(tmp_path: Path) -> Path:
    """H800 named from January to March; a page that only a proposal has; HEAD's page as it is since March."""
    made = tmp_path / "Lab+kite"
    made.mkdir()
    git(made, "init", "-q")
    commit(made, "2024-01-01", {"README.md": BOTH, "run.sh": "export NCCL_IB_HCA=mlx5_0\n"})
    git(made, "checkout", "-q", "-b", "theirs")
    commit(made, "2024-02-01", {"README_JP.md": "We trained on 64 A800 GPUs.\n"})
    git(made, "update-ref", "refs/pull/1/head", "HEAD")
    git(made, "checkout", "-q", "main")
    git(made, "branch", "-q", "-D", "theirs")
    commit(made, "2024-03-01", {"README.md": ONE, "run.sh": None})
    return made


@pytest.fixture
def ledger(kite: Path, tmp_path: Path, capsys: Any) -> Path:
    kept = tmp_path / "chips.sqlite"
    scanned(capsys, kite, "--ledger", kept)
    return kept


def found(capsys: Any, ledger: Path, *more: str) -> list[dict[str, Any]]:
    assert (
        main(["findings", "--ledger", str(ledger), "--min-confidence", "0", "--format", "jsonl", *more]) == 0
    )
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_words_that_stand_no_longer_are_a_finding_with_their_days(ledger: Path, capsys: Any) -> None:
    gone = next(one for one in of_kind(found(capsys, ledger), "finding") if one["chip"] == "NVIDIA H800")
    assert gone["fate"] == "stood from 2024-01-01 to 2024-03-01, removed"
    assert gone["quotes"][0]["fate"] == gone["fate"]
    assert (gone["purpose"], gone["count"], gone["first_seen"]) == ("requirement", 16, "2024-01-01")


def test_words_that_stand_have_the_day_that_history_knows(kite: Path, ledger: Path, capsys: Any) -> None:
    assert main(["scan", str(kite), "--ledger", str(ledger)]) == 0
    capsys.readouterr()
    h20 = [one for one in of_kind(found(capsys, ledger), "finding") if one["chip"] == "NVIDIA H20"]
    assert [(one["first_seen"], one["fate"], len(one["quotes"])) for one in h20] == [("2024-01-01", None, 1)]


def test_what_only_a_proposal_says_is_nobodys_word(ledger: Path, capsys: Any) -> None:
    assert {line.get("chip") for line in of_kind(found(capsys, ledger), "finding")} == {
        "NVIDIA H20",
        "NVIDIA H800",
    }


def test_removals_are_findings_of_their_own(ledger: Path, capsys: Any) -> None:
    gone = of_kind(found(capsys, ledger), "removal")
    assert {(line["name"], line["removed_on"]) for line in gone} == {
        ("NVIDIA H800", "2024-03-01"),
        ("NCCL_IB_HCA", "2024-03-01"),
    }
    assert [line["name"] for line in of_kind(found(capsys, ledger, "--chip", "H800"), "removal")] == [
        "NVIDIA H800"
    ]
    assert of_kind(found(capsys, ledger, "--purpose", "pretraining"), "removal") == []


def test_before_it_went_it_stood(ledger: Path, capsys: Any) -> None:
    lines = found(capsys, ledger, "--on", "2024-02-01")
    assert of_kind(lines, "removal") == []
    assert {(one["chip"], one["fate"]) for one in lines} == {("NVIDIA H800", None), ("NVIDIA H20", None)}


def test_table_and_csv_tell_removals(ledger: Path, capsys: Any) -> None:
    assert main(["findings", "--ledger", str(ledger)]) == 0
    told = capsys.readouterr().out
    assert "Removed or weakened" in told
    assert "stood from 2024-01-01 to 2024-03-01, removed" in " ".join(told.split())
    assert main(["findings", "--ledger", str(ledger), "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    gone = {row["chip"]: row for row in rows if row["kind"] == "removal"}
    assert gone["NVIDIA H800"]["words_now"] == "Serving requires 16 H20 GPUs."
    assert gone["NVIDIA H800"]["quote"] == "Serving requires 16 H800 or H20 GPUs."
    assert gone["NCCL_IB_HCA"]["gone_on"] == "2024-03-01"


def test_the_report_shows_removals_and_marks_them_on_the_timeline(
    ledger: Path, tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "report.html"
    assert main(["report", "--ledger", str(ledger), "--out", str(out), "--on", "2024-06-01"]) == 0
    page = out.read_text("utf-8")
    assert 'id="removals"' in page
    assert page.count("Serving requires 16 H800 or H20 GPUs.") >= 1
    with Ledger.open(ledger, create=False) as opened:
        chip = next(line for line in read_history.lines(opened, kind="removal") if line["what"] == "chip")
    assert f'href="#g-{chip["id"]}"' in page
    assert f'id="g-{chip["id"]}"' in page
    assert main(["report", "--ledger", str(ledger), "--out", str(out), "--on", "2024-02-01"]) == 0
    assert 'id="removals"' not in out.read_text("utf-8")


def test_the_export_tells_histories_and_the_check_covers_them(ledger: Path, capsys: Any) -> None:
    assert main(["ledger", "export", "--ledger", str(ledger)]) == 0
    kinds = {json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()}
    assert kinds == {"line", "history_mention", "history_setting", "history_removal"}
    with Ledger.open(ledger, create=False) as opened:
        assert problems(opened) == []
        lines = list(read_history.lines(opened))
    broken = next(line for line in lines if line["kind"] == "mention")
    with Ledger.open(ledger) as opened, opened.transaction() as connection:
        body = json.dumps({**broken, "quote": broken["quote"] + "x"})
        connection.exec_driver_sql("UPDATE history_lines SET body = ? WHERE ordinal = 0", (body,))
        connection.exec_driver_sql("UPDATE history_parts SET body = x'20ff'")
        connection.exec_driver_sql("UPDATE history_tellings SET body = '{'")
    with Ledger.open(ledger, create=False) as opened:
        told = {problem.what for problem in problems(opened)}
    assert "its list of blobs is cut off" in told
    assert "its statements cannot be read" in told
    assert any("does not fit its quote" in what for what in told)


def rewritten(folder: Path, text: str) -> None:
    """The remote begins anew: one commit, and no ref that leads to what was."""
    git(folder, "checkout", "-q", "--orphan", "other")
    commit(folder, "2025-04-24", {"README.md": text})
    for ref in git(folder, "for-each-ref", "--format=%(refname)").split():
        if ref != "refs/heads/other":
            git(folder, "update-ref", "-d", ref)


def test_what_a_rewritten_history_showed_is_kept_and_told(kite: Path, ledger: Path, capsys: Any) -> None:
    rewritten(kite, "# Kite\n\nNothing more.\n")
    for _ in range(2):
        lines = scanned(capsys, kite, "--ledger", ledger)
        gone = {line["chip"]: line for line in of_kind(lines, "mention")}
        assert {chip: line["standing"] for chip, line in gone.items()} == {
            "NVIDIA H20": "rewritten",
            "NVIDIA H800": "rewritten",
            "NVIDIA A800": "proposed",
        }
        assert gone["NVIDIA H20"]["gone_since"] == date.today().isoformat()
        told = {(line["name"], line["manner"]) for line in of_kind(lines, "removal")}
        assert told == {
            ("NVIDIA H800", "dropped from its line"),
            ("NCCL_IB_HCA", "file removed"),
            ("NVIDIA H20", "gone from every ref"),
        }
    told = {one["chip"]: one for one in of_kind(found(capsys, ledger), "finding")}
    assert set(told) == {"NVIDIA H20", "NVIDIA H800"}
    h20 = told["NVIDIA H20"]
    assert h20["fate"].endswith("gone from every ref")
    assert h20["quotes"][0]["quote"] == "16 H20 GPUs"
    with Ledger.open(ledger, create=False) as opened:
        assert problems(opened) == []


def test_words_that_outlive_a_rewritten_history_keep_their_first_day(
    kite: Path, ledger: Path, capsys: Any
) -> None:
    rewritten(kite, ONE)
    lines = scanned(capsys, kite, "--ledger", ledger)
    h20 = next(line for line in of_kind(lines, "mention") if line["chip"] == "NVIDIA H20")
    assert (h20["first_seen"], h20["standing"]) == ("2024-01-01", "stands")
    assert not [line for line in of_kind(lines, "removal") if line["name"] == "NVIDIA H20"]


def test_two_folders_of_one_name_are_two_histories(tmp_path: Path, capsys: Any) -> None:
    kept = tmp_path / "chips.sqlite"
    for owner, chip in (("one", "H800"), ("two", "A800")):
        folder = tmp_path / owner / "kite"
        folder.mkdir(parents=True)
        git(folder, "init", "-q")
        commit(folder, "2024-01-01", {"README.md": f"Trained on 64 {chip} GPUs.\n"})
        scanned(capsys, folder, "--ledger", kept)
    with Ledger.open(kept, create=False) as opened:
        told = [(line["chip"], line["standing"]) for line in read_history.lines(opened, kind="mention")]
    assert sorted(told) == [("NVIDIA A800", "stands"), ("NVIDIA H800", "stands")]


def test_several_repositories_in_one_command_are_read_one_after_another(
    kite: Path, tmp_path: Path, capsys: Any
) -> None:
    other = tmp_path / "Lab+crane"
    other.mkdir()
    git(other, "init", "-q")
    commit(other, "2024-01-01", {"README.md": "Trained on 64 A800 GPUs.\n"})
    assert {line["project"] for line in scanned(capsys, kite, other)} == {"kite", "crane"}
