"""The project of a document that belongs to no repository: its folder's, or that of the folder that was scanned."""

from collections.abc import Sequence
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from chipledger.apps.cli import progress, scanning
from chipledger.apps.cli.main import main
from chipledger.apps.cli.mentions import Nothing
from chipledger.core.records import DocumentFacts, Mention
from chipledger.documents.limits import Limits
from chipledger.documents.sources import planned
from chipledger.store import read
from chipledger.store.ledger import Ledger

WORDS = "We pretrained it on 64 H800 GPUs.\n"


def projects(target: Path, ledger: Path) -> dict[str, str | None]:
    assert main(["scan", str(target), "--ledger", str(ledger), "--quiet"]) == 0
    with Ledger.open(ledger, create=False) as opened:
        return {facts.document: facts.project for facts in read.facts(opened)}


def written(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(WORDS)
    return folder


def test_each_folder_of_a_folder_of_projects_is_a_project(tmp_path: Path) -> None:
    papers = written(tmp_path / "papers", "kite/README.md", "kite/docs/setup.md", "heron/main.tex")
    assert projects(papers, tmp_path / "chips.sqlite") == {
        "heron/main.tex": "heron",
        "kite/README.md": "kite",
        "kite/docs/setup.md": "kite",
    }


def test_a_folder_with_a_file_of_its_own_is_one_project(tmp_path: Path) -> None:
    kite = written(tmp_path / "kite", "README.md", "docs/setup.md", "scripts/run.sh")
    assert set(projects(kite, tmp_path / "chips.sqlite").values()) == {"kite"}


def test_a_folder_with_one_folder_is_one_project(tmp_path: Path) -> None:
    kite = written(tmp_path / "kite", "docs/setup.md")
    assert set(projects(kite, tmp_path / "chips.sqlite").values()) == {"kite"}


def test_projects_of_a_folder_are_known_again(tmp_path: Path) -> None:
    papers = written(tmp_path / "papers", "kite/README.md", "heron/README.md")
    first = projects(papers, tmp_path / "chips.sqlite")
    assert projects(papers, tmp_path / "chips.sqlite") == first
    with Ledger.open(tmp_path / "chips.sqlite", create=False) as ledger:
        assert read.counts(ledger)["documents"] == 2


def test_a_loose_note_beside_a_folder_of_projects_renames_none_of_them(tmp_path: Path) -> None:
    papers = written(tmp_path / "papers", "kite/README.md", "heron/main.tex")
    first = projects(papers, tmp_path / "chips.sqlite")
    written(papers, "notes.md", "index.html", "reading list.txt")
    then = projects(papers, tmp_path / "chips.sqlite")
    assert (
        {name: then[name] for name in first} == first == {"kite/README.md": "kite", "heron/main.tex": "heron"}
    )
    assert then["notes.md"] == "papers"
    with Ledger.open(tmp_path / "chips.sqlite", create=False) as ledger:
        assert read.counts(ledger)["documents"] == 5


@pytest.mark.parametrize(
    "own", ["README_zh.md", "LICENSE", "main.tex", "train.py", "Makefile", "pyproject.toml"]
)
def test_a_file_that_a_project_has_at_its_top_makes_the_folder_one(tmp_path: Path, own: str) -> None:
    kite = written(tmp_path / "kite", own, "docs/setup.md", "sections/intro.tex")
    assert set(projects(kite, tmp_path / "chips.sqlite").values()) == {"kite"}


def test_a_slow_scan_is_stored_as_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    papers = written(tmp_path / "papers", "a.md", "b.md", "c.md")
    address = str(tmp_path / "chips.sqlite")
    stored: list[int] = []

    class Watcher(Nothing):
        def said(self, facts: DocumentFacts, mentions: Sequence[Mention]) -> None:
            with Ledger.open(address, create=False) as ledger:
                stored.append(read.counts(ledger)["documents"])

    monkeypatch.setattr(scanning, "STORE_SECONDS", 0.0)
    with Ledger.open(address) as ledger, planned(str(papers), Limits()) as plan:
        settings = scanning.Settings(on=date(2026, 11, 1), is_quiet=True)
        scanning.scan(plan, settings, Watcher(), scanning.Tally(), (ledger, address))
    assert stored == [0, 1, 2]


def test_a_folder_of_empty_files_fills_the_bar_too(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(file=StringIO(), force_terminal=True)
    monkeypatch.setattr(progress, "stderr", lambda: terminal)
    with progress.ScanProgress("empty", 10, 0, is_wanted=True) as bar:
        for _ in range(5):
            bar.advance(0)
        assert bar.line.tasks[0].percentage == 50
