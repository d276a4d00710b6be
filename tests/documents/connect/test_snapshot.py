"""The folder of what was fetched: whole or not at all, one writer, every version, read with address and days."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from chipledger.core.errors import InputError, LimitError
from chipledger.core.records import FailedDocument
from chipledger.documents.document import Document
from chipledger.documents.snapshot import BYTES, INDEX, METADATA, PARTIAL, Fetched, Snapshot, writing
from chipledger.documents.sources import documents

JANUARY, MARCH, MAY = date(2026, 1, 5), date(2026, 3, 5), date(2026, 5, 5)


def row(name: str = "a.org/x.html", on: date = JANUARY, **more: object) -> Fetched:
    given = {"connector": "web", "item": f"https://{name}", "name": name, "url": f"https://{name}", **more}
    return Fetched(fetched_on=on, last_seen_on=on, **given)  # type: ignore[arg-type]


def keep(folder: Path, content: bytes, given: Fetched) -> Fetched:
    with writing(folder) as snapshot, snapshot.receiving() as sink:
        sink.write(content)
        return snapshot.keep(sink, given)


def test_the_same_bytes_again_are_one_row_seen_later(tmp_path):
    keep(tmp_path, b"8 H20", row())
    kept = keep(tmp_path, b"8 H20", row(on=MARCH, etag='"2"'))
    with Snapshot(tmp_path) as snapshot:
        assert list(snapshot.fetches()) == [kept]
    assert (kept.fetched_on, kept.last_seen_on, kept.etag) == (JANUARY, MARCH, '"2"')


def test_a_page_that_changed_is_read_in_both_versions_each_with_its_days(tmp_path):
    keep(tmp_path, b"<p>8 H20</p>", row(published_on=date(2025, 12, 1), licence="CC-BY-4.0"))
    with writing(tmp_path) as snapshot:
        snapshot.see_again(snapshot.newest("https://a.org/x.html"), MARCH)
    keep(tmp_path, b"<p>no cards</p>", row(on=MAY, published_on=date(2025, 12, 1), licence="CC-BY-4.0"))
    old, new = documents(str(tmp_path))
    assert isinstance(old, Document) and isinstance(new, Document)
    assert (old.text, old.published_on, old.fetched_on, old.seen_on) == (
        "<p>8 H20</p>",
        date(2025, 12, 1),
        JANUARY,
        MARCH,
    )
    assert (new.text, new.published_on, new.fetched_on, new.seen_on) == ("<p>no cards</p>", None, MAY, MAY)
    assert old.url == new.url == "https://a.org/x.html" and old.licence == "CC-BY-4.0" and old.is_page


def test_archives_stand_for_their_members_and_metadata_is_passed_over(tmp_path):
    import io
    import zipfile

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr("main.tex", r"\documentclass{a} 64 H800")
        packed.writestr("../../escape.txt", "8 H20")
    keep(
        tmp_path,
        held.getvalue(),
        row("arxiv/1.zip", connector="arxiv", shown_url="https://arxiv.org/abs/1v1"),
    )
    keep(tmp_path, b"{}", row("openalex/1.json", kind=METADATA))
    found = [one for one in documents(str(tmp_path)) if isinstance(one, Document)]
    assert [one.document for one in found] == ["arxiv/1.zip/main.tex", "arxiv/1.zip/../../escape.txt"]
    assert {one.url for one in found} == {"https://arxiv.org/abs/1v1"} and found[0].format == "latex"


def test_bytes_that_are_gone_are_an_error_and_asked_for_again(tmp_path):
    kept = keep(tmp_path, b"8 H20", row())
    with Snapshot(tmp_path) as snapshot:
        snapshot.path_of(kept.sha256).unlink()
        assert snapshot.newest(kept.item) is None
    (failure,) = documents(str(tmp_path))
    assert isinstance(failure, FailedDocument) and "gone" in failure.reason


def test_bytes_that_were_changed_afterwards_are_no_evidence(tmp_path):
    kept = keep(tmp_path, b"8 H20", row())
    with Snapshot(tmp_path) as snapshot:
        snapshot.path_of(kept.sha256).write_bytes(b"9 H20")
    (failure,) = documents(str(tmp_path))
    assert isinstance(failure, FailedDocument) and "no longer those that were fetched" in failure.reason


def test_more_than_may_be_kept_is_refused_and_leaves_nothing(tmp_path):
    with writing(tmp_path) as snapshot, pytest.raises(LimitError), snapshot.receiving(most_bytes=10) as sink:
        sink.write(b"x" * 11)
    assert list((tmp_path / PARTIAL).iterdir()) == [] and list((tmp_path / BYTES).iterdir()) == []


def test_two_writers_are_refused_and_readers_are_not(tmp_path):
    with writing(tmp_path) as snapshot:
        with pytest.raises(InputError, match="another process writes"), writing(tmp_path):
            pass
        assert snapshot.targets() == []
        with Snapshot(tmp_path) as reader:
            assert list(reader.fetches()) == []


def test_a_folder_that_holds_other_things_is_not_made_a_snapshot(tmp_path):
    (tmp_path / "thesis.md").write_text("mine")
    with pytest.raises(InputError, match="holds other things"), writing(tmp_path):
        pass
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.md"]


@pytest.mark.parametrize("damage", ["newer", "no database", "no tables"])
def test_an_index_that_cannot_be_read_is_told_in_one_line(tmp_path, damage):
    keep(tmp_path, b"8 H20", row())
    if damage == "newer":
        with sqlite3.connect(tmp_path / INDEX) as index:
            index.execute("PRAGMA user_version = 99")
    elif damage == "no database":
        (tmp_path / INDEX).write_bytes(b"x" * 5000)
    else:
        (tmp_path / INDEX).write_bytes(b"")
    with pytest.raises(InputError) as error:
        Snapshot(tmp_path)
    assert "\n" not in str(error.value)
    if damage != "no tables":
        with pytest.raises(InputError), writing(tmp_path):
            pass


def test_a_writer_killed_at_any_moment_leaves_whole_documents_only(tmp_path):
    code = f"""
import sys
from datetime import date
from pathlib import Path
from chipledger.documents.snapshot import Fetched, writing
day = date(2026, 1, 5)
with writing(Path({str(tmp_path / "kept")!r})) as snapshot:
    print("ready", flush=True)
    for number in range(100_000):
        with snapshot.receiving() as sink:
            for _ in range(20):
                sink.write(b"%06d" % number * 100)
            snapshot.keep(sink, Fetched(connector="web", item=str(number), name=f"{{number}}.txt", url="u",
                fetched_on=day, last_seen_on=day))
"""
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert writer.stdout and writer.stdout.readline() == b"ready\n"
    time.sleep(0.4)
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    with writing(tmp_path / "kept") as snapshot:
        rows = list(snapshot.fetches())
        assert len(rows) > 3
        for one in rows:
            assert snapshot.content(one) == b"%06d" % int(one.item) * 2000
        assert list((tmp_path / "kept" / PARTIAL).iterdir()) == []


def test_a_row_keeps_every_field(tmp_path):
    given = row(
        final_url="https://b.org/", shown_url="https://c.org/", media_type="text/html", status=200, etag="e", last_modified="m",
        licence="MIT", published_on=MARCH, published_from="meta", organisation="Lab", project="p", revision="v1", note="n",
    )  # fmt: skip
    kept = keep(tmp_path, b"x", given)
    with Snapshot(tmp_path) as snapshot:
        assert list(snapshot.fetches()) == [kept] == [replace(given, sha256=kept.sha256, size_bytes=1)]
