"""`chipledger watch` of what must be fetched first: a web page and a repository, on this machine's own servers."""

# ruff: noqa: F811  (a fixture that is imported and asked for)

import json
import shutil
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import pytest
from test_fetch_command import PAGE, site  # noqa: F401  (a fixture)
from test_scan_history import commit, git

from chipledger.apps.cli import watch_look
from chipledger.apps.cli.main import main
from chipledger.core.errors import InputError


def watch(
    capsys: pytest.CaptureFixture[str], folder: Path, *more: str
) -> tuple[list[dict[str, object]], str]:
    words = ("--ledger", str(folder / "w.sqlite"), "--allow-private", "127.0.0.1", "--format", "jsonl")
    assert main(["watch", str(folder / "sources.yaml"), *words, *more]) == 0
    printed = capsys.readouterr()
    return [json.loads(line) for line in printed.out.splitlines()], printed.err


def test_a_page_that_changed_on_one_day_is_told_and_one_that_is_gone_stands(site, tmp_path, capsys) -> None:
    (tmp_path / "sources.yaml").write_text(f"- name: page\n  target: {site.url}/kite\n")
    assert watch(capsys, tmp_path)[0] == []
    site.put("/kite", PAGE.replace("64 H800", "32 H800"), Content_Type="text/html", ETag='"two"')
    (one,), _ = watch(capsys, tmp_path)
    assert (one["kind"], one["count_before"], one["count"], one["url"]) == (
        "changed",
        64,
        32,
        f"{site.url}/kite",
    )
    assert watch(capsys, tmp_path)[0] == []
    site.pages.pop("/kite")
    found, told = watch(capsys, tmp_path)
    assert found == [] and "could not be read" in told and "404" in told


def test_a_repository_is_kept_and_only_what_is_new_is_fetched(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "kite"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, "2024-11-05T12:00:00+0800", {"README.md": "It takes 16 H800 or H20 GPUs to serve.\n"})
    (tmp_path / "sources.yaml").write_text(f"- name: kite\n  target: file://{folder}\n  history: true\n")
    assert watch(capsys, tmp_path)[0] == []
    commit(folder, "2024-12-06T16:14:00+0800", {"README.md": "It takes 16 H20 GPUs to serve.\n"})
    found, _ = watch(capsys, tmp_path)
    assert {(one["kind"], one["name"]) for one in found} == {
        ("changed", "NVIDIA H20"),
        ("removed", "NVIDIA H800"),
    }
    assert watch(capsys, tmp_path)[0] == []


class Days(date):
    """A calendar that a test turns."""

    now = date(2026, 11, 1)

    @classmethod
    def today(cls) -> date:
        return cls.now


def test_a_page_that_goes_back_to_earlier_words_on_a_later_day_is_told(
    site, tmp_path, capsys, monkeypatch
) -> None:
    monkeypatch.setattr("chipledger.apps.cli.watch.date", Days)
    (tmp_path / "sources.yaml").write_text(f"- name: page\n  target: {site.url}/kite\n")
    told = []
    for day, cards in enumerate((64, 32, 64, 64), 1):
        monkeypatch.setattr(Days, "now", date(2026, 11, day))
        site.put("/kite", PAGE.replace("64 H800", f"{cards} H800"), Content_Type="text/html")
        told.append([(one["count_before"], one["count"]) for one in watch(capsys, tmp_path)[0]])
    assert told == [[], [(64, 32)], [(32, 64)], []]


def hub(site, *names: str) -> None:
    commit = "a" * 40
    site.put("/api/models/acme/kite/revision/main", json.dumps({"sha": commit}))
    files = [{"type": "file", "path": name, "size": 30, "oid": name} for name in names]
    site.put(f"/api/models/acme/kite/tree/{commit}", json.dumps(files))
    for name in names:
        site.put(f"/acme/kite/resolve/{commit}/{name}", f"Trained on 64 H800 GPUs, says {name}.")


def test_a_file_that_its_list_no_longer_has_is_told_and_an_emptied_cache_is_not(
    site, tmp_path, capsys, monkeypatch
) -> None:
    monkeypatch.setattr("chipledger.apps.cli.watch.date", Days)
    monkeypatch.setattr("chipledger.documents.connect.pace._SECONDS", {})
    monkeypatch.setenv("HF_ENDPOINT", site.url)
    (tmp_path / "sources.yaml").write_text("- name: card\n  target: hf:acme/kite\n")
    hub(site, "README.md", "B.md")
    assert watch(capsys, tmp_path)[0] == []
    shutil.rmtree(tmp_path / "cache")
    pages = dict(site.pages)
    site.pages.clear()
    assert watch(capsys, tmp_path)[0] == []
    site.pages.update(pages)
    assert watch(capsys, tmp_path)[0] == []
    monkeypatch.setattr(Days, "now", date(2026, 11, 2))
    hub(site, "README.md")
    (one,) = watch(capsys, tmp_path)[0]
    assert (one["kind"], one["document"]) == ("removed", "hf/acme/kite/B.md")


def test_one_repository_that_cannot_be_had_ends_no_look_at_its_owners_others(
    tmp_path, capsys, monkeypatch
) -> None:
    folder = tmp_path / "kite"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, "2024-11-05T12:00:00+0800", {"README.md": "It takes 16 H800 GPUs to serve.\n"})
    there, empty = "https://github.com/acme/kite", "https://github.com/acme/empty"

    def history(target: str, *_: object):
        if target == empty:
            raise InputError("the repository has no commit", where=target)
        return nullcontext(folder / ".git")

    monkeypatch.setattr(watch_look, "repositories_of", lambda *_: [empty, there])
    monkeypatch.setattr(watch_look, "history_of", history)
    (tmp_path / "sources.yaml").write_text("- name: acme\n  target: github:acme\n  history: true\n")
    found, err = watch(capsys, tmp_path)
    assert found == [] and "acme/empty could not be read: the repository has no commit" in err
    commit(folder, "2024-12-06T16:14:00+0800", {"README.md": "It takes 8 H800 GPUs to serve.\n"})
    assert [one["kind"] for one in watch(capsys, tmp_path)[0]] == ["changed"]
