"""Answers that are JSON and still cannot be written down, or say other things than are due: told, and the run goes on."""

import json
from datetime import date
from pathlib import Path

import pytest
from loopback_site import Site, serving, settings_for

from chipledger.documents.connect.fetching import Step, Terms, fetch
from chipledger.documents.connect.registry import connector_for
from chipledger.documents.snapshot import writing

COMMIT = "a" * 40
HALF = "k\ud800"


@pytest.fixture
def site():
    with serving() as one:
        yield one


def steps(site: Site, folder: Path, target: str) -> list[Step]:
    with writing(folder) as snapshot:
        connector = connector_for(target, settings_for(site))
        return list(fetch(connector, target, snapshot, Terms(on=date(2026, 11, 25))))


def test_half_a_character_in_what_a_page_says_of_itself_ends_no_run(site, tmp_path):
    said = json.dumps({"@type": "Article", "license": HALF, "publisher": {"name": HALF}})
    site.put("/p", f'<script type="application/ld+json">{said}</script><p>64 H20', Content_Type="text/html")
    (step,) = steps(site, tmp_path, f"{site.url}/p")
    assert step.row and (step.row.licence, step.row.note) == ("k?", "publisher: k?")


def test_half_characters_and_other_kinds_from_a_host_of_repositories_end_no_run(site, tmp_path):
    about = {
        "full_name": "acme/kite",
        "name": HALF,
        "license": {"spdx_id": ["x"]},
        "owner": {"login": {"a": 1}},
    }
    site.put("/orgs/acme/repos", json.dumps([about]))
    site.put("/repos/acme/kite", json.dumps(about))
    for target in ("github:acme", "github:acme/kite"):
        (step,) = steps(site, tmp_path / target.replace("/", "_"), target)
        assert step.row and (step.row.project, step.row.licence, step.row.organisation) == ("k?", None, None)


def test_half_characters_in_names_of_files_end_no_run(site, tmp_path):
    site.put(
        "/api/models/acme/kite/revision/main", json.dumps({"sha": COMMIT, "cardData": {"license": HALF}})
    )
    files = [{"type": "file", "path": path, "size": size, "oid": HALF}
             for path, size in ((f"{HALF}.md", 1), ("README.md", float("inf")))]  # fmt: skip
    site.put(f"/api/models/acme/kite/tree/{COMMIT}", json.dumps(files))
    site.put(f"/acme/kite/resolve/{COMMIT}/README.md", "64 H20")
    about, bad, good = steps(site, tmp_path, "hf:acme/kite")
    assert (about.became, bad.became, good.became) == ("fetched", "failed", "fetched")
    assert good.row and good.row.licence == "k?"
