"""The command line as a whole: help with examples, versions, completion, errors on one line, imports on demand."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from scanned_folders import CHIPLEDGER, chipledger

from chipledger import __version__
from chipledger.apps.cli.commands import COMMANDS, application
from chipledger.apps.cli.main import main


def every_command(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command and subcommand."""
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from every_command(command, (*words, name))
        else:
            yield (*words, name)


EVERY_COMMAND = list(every_command(typer.main.get_group(application())))


def test_every_noun_is_a_command() -> None:
    assert {words[0] for words in EVERY_COMMAND} == set(COMMANDS)


@pytest.mark.parametrize("words", EVERY_COMMAND, ids=" ".join)
def test_help_shows_an_example_of_that_very_command(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"Example: chipledger {' '.join(words)}" in told


def test_without_arguments_and_with_help_every_noun_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(f"\n  {name} " in told for name in COMMANDS) and "Example: chipledger scan" in told


def test_the_version_is_told_quickly_and_loads_nothing() -> None:
    assert chipledger("--version").stdout == f"chipledger {__version__}\n"
    seconds = []
    for _ in range(5):
        began = time.monotonic()
        subprocess.run([*CHIPLEDGER, "--version"], capture_output=True, check=True)
        seconds.append(time.monotonic() - began)
    assert min(seconds) < 0.15
    loaded = "import sys; from chipledger.apps.cli.main import main; main(['--version']); print(sorted(sys.modules))"
    modules = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    ).stdout
    assert "typer" not in modules and "sqlalchemy" not in modules and "pydantic" not in modules


def test_a_noun_loads_only_what_it_needs() -> None:
    code = (
        "import sys; from chipledger.apps.cli.main import main; main(['--help']); print(sorted(sys.modules))"
    )
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "sqlalchemy" not in modules and "re2" not in modules


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("chipledger sc", "scan"), ("chipledger scan --led", "--ledger"), ("chipledger chips sh", "show")],
)
def test_bash_completes_commands_and_options(typed: str, offered: str) -> None:
    asked = {
        "_CHIPLEDGER_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    done = subprocess.run(
        CHIPLEDGER, capture_output=True, text=True, env=os.environ | asked, check=False, timeout=30
    )
    assert offered in done.stdout.split(), done.stderr


@pytest.mark.parametrize(
    "arguments", [["no-such-noun"], ["scan", "--no-such-option"], ["scan"], ["chips", "no-such-verb"]]
)
def test_bad_usage_is_told_on_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "--help`" in told and "Traceback" not in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["scan"], "missing argument 'TARGET...'; see `chipledger scan --help`"),
        (
            ["status", "H20", "--on", "soon"],
            "'soon' does not match YYYY-MM-DD; see `chipledger status --help`",
        ),
        (["findings", "--min-confidence", "2"], "'--min-confidence': expected less than or equal to 1; see"),
        (["findings", "--format", "xml"], "'--format': 'xml' is not one of 'table', 'json'"),
    ],
)
def test_bad_usage_is_told_in_plain_words(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["chips"], ["ledger"]])
def test_a_noun_alone_gets_its_help_and_nothing_else(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert told.startswith("Usage: chipledger") and "; see" not in told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize(
    "arguments", [["chips", "list"], ["chips", "list", "--format", "json"], ["chips", "show", "nvidia-h20"]]
)
def test_output_that_finds_no_room_ends_in_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*CHIPLEDGER, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "no room to write" in done.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{' '.join(CHIPLEDGER)} chips list --format jsonl | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.count("\n") == 1
