"""On a terminal too narrow for its table a command prints blocks, and no word is broken to single letters."""

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
from rich.cells import cell_len
from scanned_folders import CHIPLEDGER, papers

from chipledger.apps.cli.main import main

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("narrow")
    main(["scan", str(papers(place / "papers")), "--ledger", str(place / "chips.sqlite"), "--quiet"])
    return place / "chips.sqlite"


def on_a_terminal(columns: int, *arguments: str) -> list[str]:
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": "1"}
    with subprocess.Popen([*CHIPLEDGER, *arguments], stdout=theirs, env=environment) as process:
        os.close(theirs)
        told = b""
        while piece := _piece(ours):
            told += piece
        assert process.wait(timeout=60) == 0
    os.close(ours)
    return _STYLE.sub("", told.decode()).replace("\r\n", "\n").split("\n")


def _piece(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side is closed
        return b""


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_findings_are_blocks_on_a_narrow_terminal(ledger: Path, columns: int) -> None:
    lines = on_a_terminal(columns, "findings", "--ledger", str(ledger))
    fields = [line.split() for line in lines]
    assert ["chip", "NVIDIA", "H800"] in fields and ["count", "64"] in fields
    assert all(cell_len(line) <= columns for line in lines)


def test_findings_are_a_table_on_a_wide_one(ledger: Path) -> None:
    lines = on_a_terminal(160, "findings", "--ledger", str(ledger))
    assert any("organisation, project" in line and "quote, place" in line for line in lines)


@pytest.mark.parametrize(
    "arguments", [("timeline", "--to", "CN"), ("status", "nvidia-h20", "--on", "2025-05-01")]
)
def test_rules_are_blocks_on_a_narrow_terminal(arguments: tuple[str, ...]) -> None:
    lines = on_a_terminal(50, *arguments)
    assert not any("│" in line for line in lines)
    assert any("license required" in line or "standing" in line for line in lines)


def test_a_list_of_chips_fits_a_hundred_columns_with_its_days_whole() -> None:
    lines = on_a_terminal(100, "chips", "list", "--vendor", "NVIDIA")
    assert any("nvidia-h20 " in line and "2024-02 " in line and "2368" in line for line in lines)
