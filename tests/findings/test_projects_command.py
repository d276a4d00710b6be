"""`chipledger projects` over scanned pages: what is listed, shown, filtered and refused."""

import json
import subprocess
from pathlib import Path

import pytest

from chipledger.apps.cli.main import main

PAGES = Path(__file__).parent / "identity_pages"


@pytest.fixture
def ledger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    path = str(tmp_path / "chips.sqlite")
    assert main(["scan", str(PAGES), "--ledger", path, "--format", "none", "--quiet"]) == 0
    capsys.readouterr()
    return path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main([*arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", ["GameGen-X", "gamegen-o", "gamegen-o.github.io"])
def test_a_project_is_shown_by_any_of_its_names(
    name: str, ledger: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = told(capsys, "projects", "show", name, "--ledger", ledger)

    assert out.startswith("GameGen-X, formerly GameGen-O\n")
    assert (
        "Tencent: affiliation of 5 authors, shown on 2024-09-13 only; not shown any more from 2024-11-04"
        in out
    )
    assert "Shengju" not in out, "names of authors stay in the records"


def test_projects_are_listed_by_an_authors_organisation(
    ledger: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = map(
        json.loads,
        told(
            capsys, "projects", "list", "--ledger", ledger, "--organisation", "tencent", "--format", "jsonl"
        ).splitlines(),
    )

    assert (line["kind"], line["name"], line["former_names"]) == ("project", "GameGen-X", ["GameGen-O"])
    assert (
        told(capsys, "projects", "list", "--ledger", ledger, "--organisation", "nobody", "--format", "jsonl")
        == ""
    )


@pytest.mark.parametrize("format", ["table", "json", "jsonl", "csv", "none"])
@pytest.mark.parametrize("verb", [("list",), ("show", "gamegen-x")])
def test_every_format_prints(
    verb: tuple[str, ...], format: str, ledger: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = told(capsys, "projects", *verb, "--ledger", ledger, "--format", format)

    assert ("GameGen-X" in out) is (format != "none")


def test_findings_tell_former_names_and_what_is_only_reported(
    ledger: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = map(
        json.loads,
        told(
            capsys, "findings", "--ledger", ledger, "--organisation", "tencent", "--format", "jsonl"
        ).splitlines(),
    )

    assert (line["project"], line["former_names"], line["standing"]) == (
        "GameGen-X",
        ["GameGen-O"],
        "reported, unverified",
    )
    assert line["organisation"] is None
    assert "(reported," in told(capsys, "findings", "--ledger", ledger)


@pytest.mark.parametrize("arguments", [["show", "nobody"], ["list", "--on", "soon"]])
def test_a_slip_is_told_in_one_line(
    arguments: list[str], ledger: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["projects", *arguments, "--ledger", ledger]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_picture_of_a_project_is_drawn(
    ledger: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = tmp_path / "gamegen.svg"
    told(
        capsys, "projects", "show", "gamegen-x", "--ledger", ledger, "--chart", str(drawn), "--format", "none"
    )
    svg = drawn.read_text(encoding="utf-8")

    assert svg.startswith("<svg") and "formerly GameGen-O" in svg
    assert "not shown any more from 2024-11-04" in svg
    assert (
        main(["projects", "show", "gamegen-x", "--ledger", ledger, "--chart", str(tmp_path / "a.png")]) == 2
    )
    assert "--chart" in capsys.readouterr().err


def test_the_report_tells_former_names_and_what_is_only_reported(
    ledger: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "report", "--ledger", ledger, "--out", str(tmp_path / "report.html"))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")

    assert "formerly <bdi>GameGen-O</bdi>" in page
    assert "reported, unverified" in page
    assert "Affiliated authors: Tencent (2024-09-13)" in page


def test_parties_of_committers_addresses_are_told_and_no_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "kite"
    place.mkdir()
    (place / "README.md").write_text("# Kite\n\nTested on 8 A100.\n", encoding="utf-8")
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@tencent.com"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", "-C", str(place), *command], check=True)
    path = str(tmp_path / "chips.sqlite")
    told(capsys, "scan", str(place), "--ledger", path, "--format", "none", "--quiet")

    assert "commits by addresses of Tencent (1)" in told(capsys, "projects", "show", "kite", "--ledger", path)
    assert b"somebody" not in Path(path).read_bytes().lower()
