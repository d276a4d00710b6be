"""`chipledger study`: claims as a table, one claim in full, every format, exit statuses, and what cannot be used."""

import csv
import io
import json
import os
import subprocess
from pathlib import Path

import pytest

from chipledger.apps.cli.commands import run
from chipledger.store.ledger import Ledger

CLONES = os.environ.get("CHIPLEDGER_CLONES")


def told(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> tuple[str, str]:
    assert run(["study", *arguments]) == status
    return tuple(capsys.readouterr())


def test_studies_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = told(capsys)
    assert "whack-a-chip" in out
    assert told(capsys, "list")[0] == out


def test_the_table_has_ten_claims_and_says_where_the_quotes_are_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, err = told(capsys, "whack-a-chip", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["claim"] for row in rows] == [f"P{number}" for number in range(1, 11)]
    assert rows[0]["verdict"] == "documented"
    assert "quotes from the bundle" in err


def test_one_claim_in_full_has_quotes_places_and_figures(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = told(capsys, "whack-a-chip", "--claim", "p6")
    flat = " ".join(out.split())
    assert '"BF16 requires 16 H800 or H20 GPUs for deployment."' in flat
    assert "Tencent/Tencent-Hunyuan-Large@c8c1ddd:README.md:339, 2024-11-05; from the bundle" in flat
    assert "15 days after the paper" in flat
    assert "What would settle it:" in flat


def test_json_holds_claims_quotes_files_and_the_notice(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(told(capsys, "whack-a-chip", "--claim", "P1", "--format", "json")[0])
    (claim,) = found["claims"]
    assert (claim["id"], claim["verdict"], claim["for"]) == ("P1", "documented", 1)
    quote = claim["quotes"][0]
    assert quote["url"].endswith(f"/blob/{quote['commit']}/README.md#L{quote['line']}")
    assert quote["state"] == "from the bundle"
    assert "no breach of any rule" in found["notice"]


def test_csv_of_one_claim_has_a_row_a_quote(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(
        csv.DictReader(io.StringIO(told(capsys, "whack-a-chip", "--claim", "P8", "--format", "csv")[0]))
    )
    assert {row["side"] for row in rows} == {"for", "against"}
    assert all(row["url"].startswith("https://github.com/tinygrad/") for row in rows)


def test_markdown_is_a_page_with_links(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = told(capsys, "itmedia-2024-12-13", "--claim", "H", "--format", "markdown")
    assert out.startswith("# An article in Japanese")
    assert "**Contradicted by what is public**" in out
    assert "## Sources" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["wack-a-chip"], "did you mean whack-a-chip"),
        (["whack-a-chip", "--claim", "P11"], "no claim has the id 'P11'"),
        (["whack-a-chip", "--clones", "no/such/folder"], "no such folder (no/such/folder)"),
        (["whack-a-chip", "--ledger", "a.sqlite"], "give --clones FOLDER or --fetch"),
        (["whack-a-chip", "--format", "xml"], "xml"),
        (["whack-a-chip", "--fail-on", "doubt"], "doubt"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    out, err = told(capsys, *arguments, status=2)
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


def test_fail_on_bundled_asks_for_clones(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asked = ["whack-a-chip", "--claim", "P1", "--format", "csv"]
    told(capsys, *asked, "--fail-on", "bundled", status=1)
    told(capsys, *asked, "--fail-on", "differs")
    _, err = told(capsys, *asked, "--clones", str(tmp_path), "--fail-on", "bundled", status=1)
    assert "no clone of Tencent/HunyuanDiT" in err


def test_another_repository_under_the_name_holds_none_of_the_commits(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "Tencent+HunyuanDiT")], check=True)
    asked = [
        "whack-a-chip",
        "--claim",
        "P1",
        "--clones",
        str(tmp_path),
        "--fail-on",
        "differs",
        "--format",
        "csv",
    ]
    assert "lacks commit" in told(capsys, *asked)[1]


class TestFetch:
    """With git told to look for the well-known host in a folder, so that no network is asked."""

    @pytest.fixture
    def host(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        host = tmp_path / "host"
        host.mkdir()
        (tmp_path / ".gitconfig").write_text(f'[url "file://{host}/"]\n\tinsteadOf = https://github.com/\n')
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
        return host

    def test_what_the_claim_needs_is_cloned_and_read(
        self, host: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        subprocess.run(
            ["git", "init", "-q", "--bare", str(host / "tinygrad" / "open-gpu-kernel-modules")], check=True
        )
        _, err = told(capsys, "whack-a-chip", "--claim", "P8", "--fetch", "--format", "csv")
        assert err.count("cloning https://github.com/tinygrad/open-gpu-kernel-modules") == 1
        assert "the clone of tinygrad/open-gpu-kernel-modules lacks commit" in err

    def test_what_is_out_of_reach_is_told_from_the_bundle(
        self, host: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out, err = told(
            capsys, "whack-a-chip", "--claim", "P8", "--fetch", "--format", "csv", "--fail-on", "differs"
        )
        assert "out of reach, so from the bundle: git cannot clone" in err
        assert err.count("cloning") == 1
        assert "from the bundle" in out


@pytest.mark.skipif(not CLONES, reason="CHIPLEDGER_CLONES names no folder of clones")
def test_a_ledger_takes_the_files_on_the_days_of_their_commits(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from chipledger.store import read

    address = str(tmp_path / "chips.sqlite")
    told(
        capsys,
        "whack-a-chip",
        "--claim",
        "P1",
        "--clones",
        CLONES or "",
        "--ledger",
        address,
        "--format",
        "csv",
    )
    with Ledger.open(address, create=False) as opened:
        seen = {
            (mention.chip, str(mention.first_seen))
            for facts, mentions in read.documents(opened)
            for mention in mentions
            if facts.project == "HunyuanDiT"
        }
    assert ("NVIDIA A100", "2024-05-14") in seen
