"""`chipledger demo`: from the bundled documents to findings and report, by the front door."""

import os
import time
from pathlib import Path

import pytest
from scanned_folders import chipledger

from chipledger.apps.cli.demo import DEMO, Manifest
from chipledger.core.load import load_yaml
from chipledger.store import read
from chipledger.store.ledger import Ledger


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which the demo ran, and what it printed."""
    place = tmp_path_factory.mktemp("demo")
    began = time.monotonic()
    # no proxy, no network: a name that does not resolve is what any request would meet
    environment = os.environ | {"http_proxy": "http://0.0.0.0:1", "https_proxy": "http://0.0.0.0:1"}
    done = chipledger("demo", "--ledger", "chips.sqlite", cwd=place, env=environment)
    assert done.returncode == 0 and all("less sure" in line for line in done.stderr.splitlines())
    assert time.monotonic() - began < 60
    return place, done.stdout


def test_the_demo_prints_findings_and_says_where_the_report_is(shown: tuple[Path, str]) -> None:
    place, printed = shown
    assert "Documented mentions" in printed and "A800" in printed and "pretraining" in printed
    assert printed.splitlines()[-1] == f"report: {place.resolve() / 'chipledger-demo.html'}"
    assert (place / "chipledger-demo.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(path.name for path in place.iterdir()) == ["chipledger-demo.html", "chips.sqlite"]


def test_publishers_and_days_are_those_of_the_manifest(shown: tuple[Path, str]) -> None:
    published = {one.file: one for one in load_yaml(DEMO / "manifest.yaml", Manifest).documents}
    with Ledger.open(shown[0] / "chips.sqlite", create=False) as ledger:
        stored = list(read.stored_documents(ledger))
    assert {one.facts.document for one in stored} == set(published)
    for one in stored:
        stated = published[one.facts.document]
        assert (one.facts.organisation, one.first_seen) == (stated.organisation, stated.date)
        assert {mention.first_seen for mention in one.mentions} <= {stated.date}


def test_the_demo_leaves_nothing_behind_but_its_report(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    report = tmp_path / "seen.html"
    done = chipledger("demo", "--out", str(report), cwd=tmp_path, env=os.environ | {"TMPDIR": str(scratch)})
    assert done.returncode == 0 and report.exists()
    assert list(scratch.iterdir()) == [] and sorted(path.name for path in tmp_path.iterdir()) == [
        "scratch",
        "seen.html",
    ]
