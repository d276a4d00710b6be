"""`chipledger watch`: only what is new, changed or removed; nothing twice, nothing forgotten."""

import json
import sqlite3
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from scanned_folders import chipledger, papers
from test_scan_history import commit, git

from chipledger.apps.cli.atom import feed
from chipledger.apps.cli.main import main
from chipledger.core.errors import LedgerError
from chipledger.store import watching
from chipledger.store.ledger import Ledger

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    papers(tmp_path / "papers")
    (tmp_path / "sources.yaml").write_text("- {name: kite, target: papers, note: ours}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def watch(capsys: pytest.CaptureFixture[str], *more: str, status: int = 0) -> list[dict[str, Any]]:
    assert main(["watch", "sources.yaml", "--ledger", "w.sqlite", "--format", "jsonl", *more]) == status
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def reword(place: Path, old: str, new: str) -> None:
    page = place / "papers" / "README.md"
    page.write_text(page.read_text().replace(old, new))


def test_the_first_look_tells_nothing_and_the_second_tells_a_changed_count_once(place, capsys) -> None:
    assert watch(capsys) == []
    reword(place, "64 H800", "32 H800")
    (one,) = watch(capsys, "--fail-on", "news", status=1)
    assert (one["kind"], one["name"], one["count_before"], one["count"], one["document"]) == (
        "changed",
        "NVIDIA H800",
        64,
        32,
        "README.md",
    )
    assert watch(capsys, "--fail-on", "news") == []
    assert watch(capsys, "--since", "2020-01-01") == [one]


def test_a_ledger_that_was_scanned_before_is_compared_with_what_it_holds(place, capsys) -> None:
    assert main(["scan", "papers", "--ledger", "w.sqlite", "--quiet"]) == 0
    watch(capsys)
    (place / "papers" / "sub" / "notice.txt").unlink()
    (one,) = watch(capsys)
    assert (one["kind"], one["name"], one["document"]) == ("removed", "NVIDIA H100", "sub/notice.txt")


def test_a_source_that_cannot_be_reached_keeps_its_last_look(place, capsys) -> None:
    watch(capsys)
    (place / "papers").rename(place / "away")
    assert watch(capsys, "--fail-on", "news") == []
    assert watch(capsys, "--fail-on", "errors", status=1) == []
    (place / "away").rename(place / "papers")
    assert watch(capsys, "--fail-on", "any") == []


def test_words_that_go_and_come_again_on_one_day_are_told_each_time(place, capsys) -> None:
    watch(capsys)
    for old, new in (("64 H800", "32 H800"), ("32 H800", "64 H800"), ("64 H800", "32 H800")):
        reword(place, old, new)
        assert len(watch(capsys)) == 1
    assert len(watch(capsys, "--since", "2020-01-01")) == 3


def test_only_the_chips_that_are_asked_for_are_told(place, capsys) -> None:
    (place / "sources.yaml").write_text("- {name: kite, target: papers, chips: [H20]}\n")
    watch(capsys)
    reword(place, "64 H800 GPUs", "64 H800 GPUs and 8 H20 GPUs")
    assert [one["name"] for one in watch(capsys)] == ["NVIDIA H20"]


def test_a_history_is_watched_with_its_removals_and_their_days(place, capsys) -> None:
    folder = place / "lab+kite"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, "2024-11-05T12:00:00+0800", {"README.md": "It takes 16 H800 or H20 GPUs to serve.\n"})
    (place / "sources.yaml").write_text(f"- name: kite\n  target: {folder}\n  history: true\n")
    watch(capsys)
    commit(folder, "2024-12-06T16:14:00+0800", {"README.md": "It takes 16 H20 GPUs to serve.\n"})
    told = {(one["kind"], one["name"], one["happened_on"]) for one in watch(capsys)}
    assert told == {("changed", "NVIDIA H20", None), ("removed", "NVIDIA H800", "2024-12-06")}
    assert watch(capsys) == []


def test_the_feed_is_atom_with_an_entry_for_each_and_appears_whole(place, capsys) -> None:
    watch(capsys)
    reword(place, "64 H800", "32 H800")
    watch(capsys, "--feed", "news.atom")
    reword(place, "32 H800", "16 H800 \x0b<b>&")
    watch(capsys, "--feed", "news.atom")
    top = ElementTree.parse(place / "news.atom").getroot()
    entries = top.findall(f"{ATOM}entry")
    assert top.tag == f"{ATOM}feed" and len(entries) == 2
    for one in (top, *entries):
        assert all(one.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated"))
    assert "before: " in (entries[0].findtext(f"{ATOM}content") or "")
    assert not list(place.glob(".*.partial"))


def test_a_table_without_news_prints_nothing_so_that_cron_sends_no_mail(place) -> None:
    for _ in range(2):
        done = chipledger("watch", "sources.yaml", "--ledger", "w.sqlite", "--quiet", cwd=place)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file holds no list"),
        ("[]", "the list names no source"),
        ("- {name: a, target: b}\n- {name: a, target: c}\n", "two sources are called 'a'"),
        ("- {name: a, target: b, url: c}\n", "url"),
        ("- {name: a, target: '-'}\n", "standard input cannot be watched"),
        ("- {name: ' ', target: b}\n", "name"),
    ],
)
def test_a_list_that_is_no_list_of_sources_is_refused_in_one_line(
    place, capsys, text: str, said: str
) -> None:
    (place / "sources.yaml").write_text(text)
    assert main(["watch", "sources.yaml", "--ledger", "w.sqlite"]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (place / "w.sqlite").exists()


def test_an_unknown_name_and_a_day_that_is_none_are_refused(place, capsys) -> None:
    assert main(["watch", "sources.yaml", "--only", "kote", "--ledger", "w.sqlite"]) == 2
    assert main(["watch", "sources.yaml", "--since", "yesterday", "--ledger", "w.sqlite"]) == 2
    assert main(["watch", "sources.yaml", "--since", "2026-01-01", "--ledger", "w.sqlite"]) == 2
    assert main(["watch", "nowhere.yaml", "--ledger", "w.sqlite"]) == 2
    assert capsys.readouterr().err.count("\n") == 4


def test_of_two_runs_at_once_one_is_told_so_and_stores_nothing(place, capsys) -> None:
    watch(capsys)
    with Ledger.open("w.sqlite") as ledger:
        (source,) = [row[0] for row in sqlite3.connect("w.sqlite").execute("SELECT source FROM watch_looks")]
        last = watching.last_look(ledger, source)
        watching.put_look(ledger, source, last, {"other": "run"}, [], "2026-11-25T10:00:00+00:00")
        with pytest.raises(LedgerError, match="another run"):
            watching.put_look(ledger, source, last, {}, [], "2026-11-25T10:00:01+00:00")
        assert watching.last_look(ledger, source) == (2, {"other": "run"})


def test_a_feed_of_hostile_words_is_xml_with_addresses_that_are_addresses() -> None:
    body = {"id": "a", "source": "k\x00<b>", "in_words": "x]]>&<script>\ud800\ufffe", "words": "w\x1b", "words_before": None,
            "words_now": None, "document": "a\x07.md", "line": 3, "url": 'https://x.org/<a b>"\x01?c=%20#d'}  # fmt: skip
    text = feed("s", [watching.StoredNews("2026-11-25T10:00:00+00:00", body)], "2026-11-25T10:00:00+00:00")
    (link,) = ElementTree.fromstring(text).iter(f"{ATOM}link")
    assert link.attrib == {"href": "https://x.org/%3Ca%20b%3E%22%01?c=%20#d"}
