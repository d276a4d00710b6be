"""`chipledger watch` of what must be fetched first: a web page and a repository, on this machine's own servers."""

import json
from pathlib import Path

import pytest
from test_fetch_command import PAGE, site  # noqa: F401  (a fixture)
from test_scan_history import commit, git

from chipledger.apps.cli.main import main


def watch(
    capsys: pytest.CaptureFixture[str], folder: Path, *more: str
) -> tuple[list[dict[str, object]], str]:
    words = ("--ledger", str(folder / "w.sqlite"), "--allow-private", "127.0.0.1", "--format", "jsonl")
    assert main(["watch", str(folder / "sources.yaml"), *words, *more]) == 0
    printed = capsys.readouterr()
    return [json.loads(line) for line in printed.out.splitlines()], printed.err


def test_a_page_that_changed_on_the_same_day_is_told_and_one_that_is_gone_stands(
    site,  # noqa: F811
    tmp_path,
    capsys,
) -> None:
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
