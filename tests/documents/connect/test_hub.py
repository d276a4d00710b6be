"""The Hub and OpenAlex: cards at a commit, owners, licences, days, against a server that answers in their shape."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from loopback_site import Page, Site, serving, settings_for

from chipledger.core.errors import InputError
from chipledger.documents.connect.fetching import Step, Terms, fetch
from chipledger.documents.connect.registry import connector_for
from chipledger.documents.document import Document
from chipledger.documents.snapshot import METADATA, Snapshot, writing
from chipledger.documents.sources import documents

DAY, NEXT = date(2026, 11, 25), date(2026, 11, 26)
HEAD, OLD = "a" * 40, "b" * 40


def model(
    site: Site, id: str, card: str = "Trained on 64 H20 GPUs.", head: str = HEAD, oid: str = "1" * 40
) -> None:
    """A model of the Hub: what the API says of it, its tree, its files."""
    about = {
        "id": id,
        "sha": head,
        "cardData": {"license": "apache-2.0"},
        "tags": ["license:apache-2.0"],
        "siblings": [],
    }
    changed = {"id": OLD, "title": "Say more", "date": "2024-12-06T07:11:12.000Z"}
    tree = [
        {"type": "directory", "path": "docs", "oid": "0" * 40, "size": 0},
        {"type": "file", "path": "README.md", "oid": oid, "size": len(card), "lastCommit": changed},
        {"type": "file", "path": "docs/使用.md", "oid": "2" * 40, "size": 3, "lastCommit": changed},
        {"type": "file", "path": "config.json", "oid": "3" * 40, "size": 3, "lastCommit": changed},
        {"type": "file", "path": "../../escape.md", "oid": "4" * 40, "size": 3},
        {"type": "file", "path": "model.safetensors", "oid": "5" * 40, "size": 10**11},
    ]
    for revision in ("main", head):
        site.put(f"/api/models/{id}/revision/{revision}", json.dumps(about), ETag='"about"')
    site.put(f"/api/models/{id}", json.dumps(about))
    first, second = (
        f"/api/models/{id}/tree/{head}?recursive=true&expand=true",
        f"/api/models/{id}/tree/{head}?cursor=x",
    )
    site.put(first, json.dumps(tree[:2]), Link=f'<{site.url}{second}>; rel="next"')
    site.put(second, json.dumps(tree[2:]))
    site.put(f"/{id}/resolve/{OLD}/README.md", card)
    site.put(f"/{id}/resolve/{OLD}/docs/%E4%BD%BF%E7%94%A8.md", "使用8卡H20推理")
    site.put(f"/{id}/resolve/{OLD}/config.json", '{"hidden_size": 8}')


@pytest.fixture
def site():
    with serving() as one:
        model(one, "lab/kite")
        yield one


def run(site: Site, folder: Path, target: str, on: date = DAY, **more: object) -> list[Step]:
    with writing(folder) as snapshot:
        return list(fetch(connector_for(target, settings_for(site, **more)), target, snapshot, Terms(on=on)))


def read(folder: Path) -> list[Document]:
    return [one for one in documents(str(folder)) if isinstance(one, Document)]


def test_a_card_comes_with_owner_licence_commit_and_day(site, tmp_path):
    steps = run(site, tmp_path, "hf:lab/kite")
    assert [step.became for step in steps] == ["fetched"] * 4
    found = {one.document: one for one in read(tmp_path)}
    assert set(found) == {"hf/lab/kite/README.md", "hf/lab/kite/docs/使用.md", "hf/lab/kite/config.json"}
    card = found["hf/lab/kite/README.md"]
    assert (card.organisation, card.project, card.licence, card.commit) == (
        "lab",
        "kite",
        "apache-2.0",
        OLD,
    )
    assert (card.published_on, card.fetched_on) == (date(2024, 12, 6), DAY)
    assert card.url == f"{site.url}/lab/kite/blob/{OLD}/README.md"


def test_a_file_whose_object_is_held_is_not_asked_for_again(site, tmp_path):
    run(site, tmp_path, "hf:lab/kite")
    before = len(site.asked)
    model(site, "lab/kite", head="c" * 40)
    steps = run(site, tmp_path, "hf:lab/kite", NEXT)
    assert [step.became for step in steps] == ["unchanged"] * 4
    assert not any("/resolve/" in path for path in site.paths[before:])
    model(site, "lab/kite", "Trained on 64 H800.", head="d" * 40, oid="9" * 40)
    assert [step.became for step in run(site, tmp_path, "hf:lab/kite", date(2026, 11, 27))].count(
        "fetched"
    ) == 1
    assert [one.text for one in read(tmp_path) if one.document.endswith("README.md")] == [
        "Trained on 64 H20 GPUs.",
        "Trained on 64 H800.",
    ]


def test_all_models_of_an_organisation_one_of_them_closed(site, tmp_path):
    model(site, "lab/heron", "Trained on 8 A800.")
    site.put("/api/models/lab/gated/revision/main", "{}", 401)
    site.put("/api/models", json.dumps([{"id": "lab/kite"}, {"id": "lab/gated"}, {"id": "lab/heron"}]))
    steps = run(site, tmp_path, "hf:lab")
    (failure,) = [step.failure for step in steps if step.failure]
    assert failure.document == "hf/lab/gated" and "HF_TOKEN" in failure.reason
    assert {one.project for one in read(tmp_path)} == {"heron", "kite"}
    assert "author=lab" in site.paths[0]


def test_every_version_of_a_card(site, tmp_path):
    commits = [{"id": OLD, "date": "2024-12-06T00:00:00Z"}, {"id": HEAD, "date": "2024-11-05T00:00:00Z"}]
    site.put("/api/models/lab/kite/commits/main", json.dumps(commits))
    site.put(f"/lab/kite/resolve/{HEAD}/README.md", "H800 or H20")
    run(site, tmp_path, "hf:lab/kite@all")
    assert [(one.text, one.published_on) for one in read(tmp_path)] == [
        ("H800 or H20", date(2024, 11, 5)), ("Trained on 64 H20 GPUs.", date(2024, 12, 6)),
    ]  # fmt: skip


def test_the_files_asked_for_and_a_revision(site, tmp_path):
    run(site, tmp_path, f"hf:lab/kite@{HEAD}", options={"hub.files": "config.json"})
    assert [one.document for one in read(tmp_path)] == ["hf/lab/kite/config.json"]


def test_a_token_goes_to_the_hub_and_nowhere_else(site, tmp_path):
    site.put(f"/lab/kite/resolve/{OLD}/README.md", "", 302, Location=f"http://localhost:{site.port}/cdn")
    site.put("/cdn", "Trained on 64 H20 GPUs.")
    allowed = frozenset({"127.0.0.1", "localhost"})
    run(site, tmp_path, "hf:lab/kite", secrets={"hub": "hush"}, allow_private=allowed)
    sent = {path: headers.get("authorization") for path, headers in site.asked}
    assert sent["/api/models/lab/kite/revision/main"] == "Bearer hush" and sent["/cdn"] is None
    assert b"hush" not in b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())


def test_the_next_page_must_lie_on_the_same_host(site, tmp_path):
    site.put(f"/api/models/lab/kite/tree/{HEAD}", "[]", Link='<http://169.254.169.254/x>; rel="next"')
    site.pages.pop(f"/api/models/lab/kite/tree/{HEAD}?recursive=true&expand=true")
    assert "another host" in run(site, tmp_path, "hf:lab/kite")[-1].failure.reason


@pytest.mark.parametrize("body", ["[]", "nonsense", '{"sha": "../.."}', "[" * 50_000])
def test_an_answer_that_is_no_answer_is_an_error(site, tmp_path, body):
    site.put("/api/models/lab/kite/revision/main", body)
    (step,) = run(site, tmp_path, "hf:lab/kite")
    assert step.became == "failed"


@pytest.mark.parametrize("target", ["hf:", "hf:a/b/c", "hf:a b", "hf:../x", "hf:a/b@"])
def test_a_malformed_target_is_told_what_was_expected(site, tmp_path, target):
    with pytest.raises(InputError, match="expected hf:ORG/NAME"):
        run(site, tmp_path, target)


def test_a_run_that_is_killed_goes_on_where_it_was(site, tmp_path):
    tree = [
        {"type": "file", "path": f"{number:03}.md", "oid": f"{number:040}", "size": 5} for number in range(60)
    ]
    site.put(f"/api/models/lab/kite/tree/{HEAD}", json.dumps(tree))
    site.pages.pop(f"/api/models/lab/kite/tree/{HEAD}?recursive=true&expand=true")

    def slowly(handler):
        time.sleep(0.01)
        body = handler.path.encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    for number in range(60):
        site.pages[f"/lab/kite/resolve/{HEAD}/{number:03}.md"] = slowly
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; from test_hub import run, Site;"
        "run(Site(port=int(sys.argv[2])), Path(sys.argv[3]), 'hf:lab/kite')"
    )
    words = [sys.executable, "-c", code, str(Path(__file__).parent), str(site.port), str(tmp_path / "kept")]
    worker = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    while sum("/resolve/" in path for path in site.paths) < 20 and worker.poll() is None:
        time.sleep(0.005)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    steps = run(site, tmp_path / "kept", "hf:lab/kite")
    became = Counter(step.became for step in steps)
    assert became["failed"] == 0 and became["held"] >= 15 and became["held"] + became["fetched"] == 61
    asked = Counter(path for path in site.paths if "/resolve/" in path)
    assert len(asked) == 60 and sum(asked.values()) <= 61  # the one on its way when it was killed
    assert len(read(tmp_path / "kept")) == 60


def work(site: Site) -> dict[str, object]:
    places = [
        {
            "author_position": "first",
            "institutions": [
                {"display_name": "Example Lab", "ror": "https://ror.org/0", "country_code": "CN"}
            ],
        }
    ]
    said = {"id": "https://openalex.org/W4400000001", "authorships": places}
    site.put("/works/doi:10.48550/arxiv.2411.02265", json.dumps(said))
    return said


def test_a_work_is_kept_whole_as_metadata_and_its_key_nowhere(site, tmp_path):
    said = work(site)
    (step,) = run(site, tmp_path, "openalex:arxiv:2411.02265", secrets={"openalex": "hush"})
    assert site.paths == ["/works/doi:10.48550/arxiv.2411.02265?api_key=hush"]
    with Snapshot(tmp_path) as snapshot:
        (row,) = snapshot.fetches("openalex:arxiv:2411.02265")
        assert json.loads(snapshot.content(row)) == said and row == step.row
    assert (row.kind, row.project, row.licence) == (METADATA, "arxiv:2411.02265", "CC0-1.0")
    assert "hush" not in str(row.as_dict()) and read(tmp_path) == []


def test_a_key_that_is_missing_is_named(site, tmp_path):
    site.pages["/works/W4400000001"] = Page(b"no", 401)
    (step,) = run(site, tmp_path, "openalex:W4400000001")
    assert "OPENALEX_API_KEY" in step.failure.reason


def test_a_title_is_searched_for(site, tmp_path):
    site.put("/works", '{"results": []}')
    run(site, tmp_path, "openalex:title:On kites, trained")
    assert (
        site.paths == ["/works?filter=title.search%3AOn+kites++trained&per-page=5"]
        or "On+kites" in site.paths[0]
    )


@pytest.mark.parametrize("target", ["openalex:", "openalex:title:", "openalex:kites"])
def test_what_openalex_cannot_be_asked(site, tmp_path, target):
    with pytest.raises(InputError, match="expected openalex:"):
        run(site, tmp_path, target)
