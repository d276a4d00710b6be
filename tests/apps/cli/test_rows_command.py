"""`scan --rows`: a dump is scanned row by row into a table or a ledger, and what cannot be told is told in one line."""

import json
from pathlib import Path

import pytest

from chipledger.apps.cli.main import main

CARDS = [
    {"modelId": f"lab/kite-{number}", "card": f"Trained on {number * 8} H20 GPUs.", "license": "mit"}
    for number in (1, 2)
]


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(list(words))
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def lines(path: Path, rows: list[dict[str, object]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_rows_become_mentions_with_their_owner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], jobs: str
) -> None:
    target = lines(tmp_path / "cards.jsonl", CARDS)
    status, out, err = told(capsys, "scan", target, "--rows", "auto", "--format", "jsonl", "--jobs", jobs)
    rows = [json.loads(line) for line in out.splitlines()]
    found = [(one["document"], one["organisation"], one["count"]) for one in rows if one["kind"] == "mention"]
    assert (status, found) == (0, [("lab/kite-1", "lab", 8), ("lab/kite-2", "lab", 16)])
    assert {one["licence"] for one in rows if one["kind"] == "document"} == {"mit"}
    assert "cards.jsonl: a document a row: text=card,name=modelId,licence=license,format=markdown" in err


def test_a_parquet_file_needs_no_option_and_a_second_scan_reads_nothing_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pa = pytest.importorskip("pyarrow", reason="reading Parquet needs pyarrow, the extra [parquet]")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.Table.from_pylist(CARDS), tmp_path / "cards.parquet")
    words = ("scan", str(tmp_path / "cards.parquet"), "--ledger", str(tmp_path / "a.sqlite"))
    assert "2 documents, 2 mentions" in told(capsys, *words)[2]
    assert "2 documents, 2 of them unchanged" in told(capsys, *words)[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [("auto", "several columns may hold the text"), ("text=x", "no column 'x'"), ("what", "cannot tell")],
)
def test_columns_that_cannot_be_told_end_the_scan_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    target = lines(tmp_path / "a.jsonl", [{"text": "8 H20", "body": "8 H20"}])
    status, out, err = told(capsys, "scan", target, "--rows", words)
    assert (status, out) == (2, "")
    assert said in err and err.count("\n") == 1
