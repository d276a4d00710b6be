"""Folders, files, stdin and what is wrong with them."""

import io
import os
import pickle
import tempfile
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents import folder
from chipledger.documents.document import Document
from chipledger.documents.entry import Entry
from chipledger.documents.limits import Limits
from chipledger.documents.sources import documents, planned, read, read_entry


def names_and_texts(target: Path | str) -> dict[str, str]:
    return {found.document: found.text for found in documents(str(target)) if isinstance(found, Document)}


def failures(target: Path | str, limits: Limits | None = None) -> list[FailedDocument]:
    return [found for found in documents(str(target), limits) if isinstance(found, FailedDocument)]


def test_a_folder_gives_its_documents_in_sorted_order_with_relative_names(tmp_path: Path) -> None:
    for name in ("b.md", "a.md", "docs/zh/训练.md", "docs/a.tex"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert list(names_and_texts(tmp_path)) == ["a.md", "b.md", "docs/a.tex", "docs/zh/训练.md"]


def test_a_single_file_keeps_the_name_it_was_asked_by(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_bytes(b"8 H20\r\n")
    assert names_and_texts(tmp_path / "note.md") == {str(tmp_path / "note.md"): "8 H20\r\n"}


def test_stdin_is_a_document() -> None:
    (found,) = documents("-", stdin=io.BytesIO("８張H20".encode()))
    assert isinstance(found, Document)
    assert (found.document, found.text) == ("-", "８張H20")


def test_a_missing_path_is_one_line_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^no such file or folder \(.*nowhere\); check the path$"):
        list(documents(str(tmp_path / "nowhere")))


@pytest.mark.parametrize("target", ["a\0b", "x" * 5000])
def test_an_impossible_path_is_an_input_error(target: str) -> None:
    with pytest.raises(InputError):
        list(documents(target))


def test_a_pipe_is_refused_without_being_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        list(documents(str(tmp_path / "pipe")))
    with planned(str(tmp_path), Limits()) as plan:
        assert plan.skipped == {"special file": 1}


def test_an_empty_folder_has_nothing_to_read(tmp_path: Path) -> None:
    assert list(documents(str(tmp_path))) == []


def test_links_are_not_followed_out_of_the_folder_nor_in_circles(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "outside.md").write_text("A100")
    (tmp_path / "in" / "a.md").write_text("H20")
    (tmp_path / "in" / "out.md").symlink_to(tmp_path / "outside.md")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "broken").symlink_to(tmp_path / "nothing")
    with planned(str(tmp_path / "in"), Limits()) as plan:
        assert [found.text for found in read(plan) if isinstance(found, Document)] == ["H20"]
        assert plan.skipped == {"symbolic link": 3}


def test_pictures_and_weights_are_tallied_and_a_disguised_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "H100.png").write_bytes(b"\x89PNG")
    (tmp_path / "readme").write_bytes(b"\x89PNG\r\n")
    with planned(str(tmp_path), Limits()) as plan:
        (failure,) = read(plan)
        assert plan.skipped == {"binary": 1}
    assert isinstance(failure, FailedDocument)
    assert (failure.document, failure.stage, failure.reason) == ("readme", "skip", "a PNG image, not text")


def test_a_chip_named_in_a_filename_only_is_not_in_the_text(tmp_path: Path) -> None:
    (tmp_path / "H20.md").write_text("nothing here")
    assert names_and_texts(tmp_path) == {"H20.md": "nothing here"}


def test_a_200_mb_line_is_refused_by_its_size_without_being_read(tmp_path: Path) -> None:
    with (tmp_path / "line.txt").open("wb") as stream:
        stream.truncate(200_000_000)
    (failure,) = failures(tmp_path)
    assert (
        failure.reason == "200.0 MB is over the limit of 33.6 MB for one document; raise it with --max-bytes"
    )


def test_a_long_line_within_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "line.md").write_bytes(b"x" * 3_000_000 + b" 8 H20")
    assert names_and_texts(tmp_path)["line.md"].endswith("8 H20")


def test_an_unreadable_file_is_one_failure_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.md").write_text("A100")
    (tmp_path / "b.md").write_text("H20")
    (tmp_path / "a.md").chmod(0)
    if os.geteuid() == 0:  # root reads what it likes: let the system refuse as it would refuse anyone else
        opened = os.open
        monkeypatch.setattr(
            folder.os,
            "open",
            lambda path, *rest: refuse(path) if str(path).endswith("a.md") else opened(path, *rest),
        )
    found = list(documents(str(tmp_path)))
    assert [item.reason for item in found if isinstance(item, FailedDocument)] == ["permission denied"]
    assert [item.text for item in found if isinstance(item, Document)] == ["H20"]


def refuse(path: object) -> int:
    raise PermissionError(13, "Permission denied", str(path))


def _read_as_one_whom_modes_bind(root: Path, told: Connection) -> None:
    if os.geteuid() == 0:  # root enters what it likes: become somebody whom the system refuses
        os.setuid(65534)
    told.send([(item.document, getattr(item, "reason", None)) for item in documents(str(root))])


def test_a_folder_that_may_be_listed_and_not_entered_costs_its_own_files_alone() -> None:
    with tempfile.TemporaryDirectory() as place:  # tmp_path lies in a folder that is root's alone
        root = Path(place)
        for name in ("a/x.md", "a/y.zip", "b/z.md", "b/.git", "c/w.md"):
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text("A100")
        root.chmod(0o755)
        (root / "a").chmod(0o444)
        (root / "b" / ".git").chmod(0)
        ours, theirs = Pipe()
        process = get_context("fork").Process(target=_read_as_one_whom_modes_bind, args=(root, theirs))
        process.start()
        assert ours.poll(30) and ours.recv() == [
            ("a/x.md", "permission denied"), ("a/y.zip", "permission denied"), ("b/z.md", None), ("c/w.md", None),
        ]  # fmt: skip
        process.join()
        (root / "a").chmod(0o755)  # so that the folder can be removed again


def test_a_file_that_grows_while_it_is_read_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.txt"
    path.write_text("8 H20\n")
    all_of = folder._read

    def read_then_append(descriptor: int, size_bytes: int, most_bytes: int) -> bytes:
        content = all_of(descriptor, size_bytes, most_bytes)
        with path.open("a") as stream:
            stream.write("more\n")
        return content

    monkeypatch.setattr(folder, "_read", read_then_append)
    (failure,) = failures(tmp_path)
    assert failure.reason == "changed while it was read; scan again"


def test_a_file_that_comes_in_pieces_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.md").write_bytes(b"8 H20, 16 A800")
    read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size_bytes: read(descriptor, min(size_bytes, 5)))
    assert folder.read_file(str(tmp_path / "a.md"), 14) == b"8 H20, 16 A800"
    assert folder.read_file(str(tmp_path / "a.md"), 10) == b"8 H20, 16 A"  # one more than the limit


def test_a_file_that_is_gone_by_the_time_it_is_read_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("A100")
    with planned(str(tmp_path), Limits()) as plan:
        (entry,) = plan.entries()
        (tmp_path / "a.md").unlink()
        assert isinstance(entry, Entry)
        failure = read_entry(entry, plan.limits)
    assert isinstance(failure, FailedDocument)
    assert failure.reason == "no such file or directory"


def test_odd_names_are_shown_as_escapes_and_still_read(tmp_path: Path) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9\n.md")).write_text("H20")
    assert names_and_texts(tmp_path) == {"caf\\xe9\\x0a.md": "H20"}


def test_an_encoding_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "gb.txt").write_bytes("使用512块H20训练".encode("gb18030"))
    (tmp_path / "sj.txt").write_bytes("学習にはH100を64枚使用しました。".encode("shift_jis"))
    (tmp_path / "broken.txt").write_bytes("使用512块H20训练".encode() + b"\xff")
    encodings = {
        found.document: found.encoding for found in documents(str(tmp_path)) if isinstance(found, Document)
    }
    assert encodings == {"broken.txt": "utf-8 (damaged)", "gb.txt": "gb18030", "sj.txt": "cp932"}


def test_a_plan_weighs_before_it_reads_and_its_entries_travel(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("12345")
    (tmp_path / "b.md").write_text("123")
    with planned(str(tmp_path), Limits()) as plan:
        assert (plan.count, plan.total_bytes) == (2, 8)
        texts = [read_entry(pickle.loads(pickle.dumps(entry)), plan.limits) for entry in plan.entries()]
    assert [found.text for found in texts if isinstance(found, Document)] == ["12345", "123"]


def test_what_was_read_before_may_be_left_out_until_it_changes(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("A100")
    (tmp_path / "b.md").write_text("H20")
    with planned(str(tmp_path), Limits()) as plan:
        seen = {entry.key for entry in plan.entries() if isinstance(entry, Entry)}
    (tmp_path / "b.md").write_text("H20 x 8")
    again = documents(str(tmp_path), skip=seen.__contains__)
    assert [found.document for found in again] == ["b.md"]


def test_a_pdf_has_pages(tmp_path: Path, make_pdf) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "paper").write_bytes(make_pdf([["8 A100"], ["64 H20"]]))
    (found,) = documents(str(tmp_path))
    assert isinstance(found, Document)
    assert (found.format, found.text, found.page_starts) == ("pdf", "8 A100\f64 H20", (0, 7))


def test_a_broken_pdf_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7 nothing else")
    (failure,) = failures(tmp_path)
    assert failure.stage == "pdf"
    assert failure.document_id
