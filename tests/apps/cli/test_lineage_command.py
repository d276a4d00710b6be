"""`chipledger lineage`: from documents to sources, in every format; and what `findings`, `ledger` and `scan --history` say of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from chipledger.apps.cli.main import main
from chipledger.store import read
from chipledger.store.ledger import Ledger
from chipledger.store.schema import document_fingerprints
from chipledger.store.verify import problems

ROWS = "\n".join(f"| run {row} | {row}.{row}517 | {4096 + row} | {row}8304 |" for row in range(1, 9))
BODY = f"{ROWS}\n```\npython tune.py --hidden 18304\n```\nhttps://a.example/one https://a.example/two https://a.example/three\n"
PAGES = {
    "kite/README.md": f"# Kite\nFull tuning needs at least 32 H20 GPUs for this model.\n{BODY}",
    "kite/README_zh.md": f"# 风筝\n全量微调至少需要 32 张 H20 加速卡。\n{BODY}",
    "other/notes.md": "# Notes\nWe served another model on 16 H20 GPUs last spring.\n",
}


@pytest.fixture
def ledger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    for name, text in PAGES.items():
        file = tmp_path / "pages" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    path = tmp_path / "chips.sqlite"
    assert main(["scan", str(tmp_path / "pages"), "--ledger", str(path), "-q", "--format", "none"]) == 0
    capsys.readouterr()
    return path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_three_documents_come_down_to_two_sources(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "lineage", "--ledger", str(ledger), "--chip", "H20")
    assert "3 documents name H20; they come down to 2 sources." in told
    assert "translation of kite kite/README.md [strong]" in told
    assert "because the names differ in their language alone" in told
    assert "1 document that nothing repeats left out" in told
    assert "other/notes.md" not in told
    assert "other/notes.md" in said(capsys, "lineage", "--ledger", str(ledger), "--alone")


def test_json_and_csv_carry_links_and_quotes(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = json.loads(said(capsys, "lineage", "--ledger", str(ledger), "--format", "json"))
    assert (one["kind"], one["origin"]["document"], one["documents"]) == ("origin", "kite/README.md", 2)
    link = one["tellers"][1]["carried"]
    assert (link["kind"], link["of"]["document"], link["strength"]) == (
        "translation",
        "kite/README.md",
        "strong",
    )
    assert link["figures"]["figures_contained"] > 0.9
    assert one["tellers"][1]["mentions"][0]["count"] == 32
    rows = said(capsys, "lineage", "--ledger", str(ledger), "--format", "csv").splitlines()
    assert rows[0].startswith("source,origin,document,published_on,kind,of,strength")
    assert len(rows) == 3


def test_what_is_asked_for_is_told_alone(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "lineage", "--ledger", str(ledger), "--chip", "H20", "--count", "16", "--alone")
    assert "1 document states 16 x H20; it comes down to 1 source." in told
    assert "0 documents name a chip" in said(
        capsys, "lineage", "--ledger", str(ledger), "--organisation", "nobody"
    )
    assert main(["lineage", "--ledger", str(ledger), "--on", "yesterday"]) == 2
    assert "expected YYYY-MM-DD" in capsys.readouterr().err


def test_findings_count_sources_and_say_what_is_carried(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(
        said(capsys, "findings", "--ledger", str(ledger), "--min-confidence", "0", "--format", "json")
    )
    (kite,) = [one for one in found if one["project"] == "kite" and one["count"] == 32]
    assert (kite["voices"], kite["own_voices"], len(kite["quotes"])) == (1, 1, 2)
    assert [quote["carried"] and quote["carried"]["kind"] for quote in kite["quotes"]] == [
        None,
        "translation",
    ]


def test_fingerprints_are_kept_exported_and_verified(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        json.loads(line) for line in said(capsys, "ledger", "export", "--ledger", str(ledger)).splitlines()
    ]
    printed = {one["document"]: one["fingerprint"] for one in lines if one["kind"] == "document"}
    with Ledger.open(ledger, create=False) as opened:
        for facts in read.facts(opened):
            assert facts.fingerprint
            assert printed[facts.document] == facts.fingerprint.as_dict()
        assert problems(opened) == []
        with opened.transaction() as connection:
            connection.execute(update(document_fingerprints).values(words=b"\1" * 12))
        assert "no ascending hashes" in problems(opened)[0].what


def test_a_document_that_changed_loses_its_old_fingerprint_with_its_mentions(
    ledger: Path, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "pages" / "other" / "notes.md").write_text("Nothing more of chips.\n", encoding="utf-8")
    said(capsys, "scan", str(tmp_path / "pages"), "--ledger", str(ledger), "-q", "--format", "none")
    with Ledger.open(ledger, create=False) as opened:
        versions = [facts.fingerprint for facts in read.facts(opened) if facts.document == "other/notes.md"]
    assert [one is None for one in versions].count(True) == 1
