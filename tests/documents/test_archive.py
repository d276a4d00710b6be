"""Archives: members are read in place, and hostile ones cost nothing but their own name."""

import io
import os
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from chipledger.core.records import FailedDocument
from chipledger.documents.document import Document
from chipledger.documents.limits import MIB, Limits
from chipledger.documents.sources import documents, planned


def a_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def a_tar(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def texts(target: Path, limits: Limits | None = None) -> dict[str, str]:
    return {
        found.document: found.text for found in documents(str(target), limits) if isinstance(found, Document)
    }


def reasons(target: Path, limits: Limits | None = None) -> list[str]:
    return [found.reason for found in documents(str(target), limits) if isinstance(found, FailedDocument)]


MEMBERS = {"readme.md": b"8 H20", "docs/a.tex": "使用A100".encode(), "b.png": b"\x89PNG"}


def test_a_zip_gives_its_documents(tmp_path: Path) -> None:
    assert texts(a_zip(tmp_path / "a.zip", MEMBERS)) == {"readme.md": "8 H20", "docs/a.tex": "使用A100"}


@pytest.mark.parametrize(("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"),
                                            ("a.tar.bz2", "w:bz2"), ("a.tar.xz", "w:xz")])  # fmt: skip
def test_a_tar_gives_its_documents(tmp_path: Path, name: str, mode: str) -> None:
    assert texts(a_tar(tmp_path / name, MEMBERS, mode)) == {"readme.md": "8 H20", "docs/a.tex": "使用A100"}


def test_an_archive_in_a_folder_is_read_under_its_name(tmp_path: Path) -> None:
    a_zip(tmp_path / "a.zip", MEMBERS)
    assert list(texts(tmp_path)) == ["a.zip/readme.md", "a.zip/docs/a.tex"]


def test_an_archive_inside_an_archive_is_read_as_deep_as_allowed(tmp_path: Path) -> None:
    innermost = a_tar(tmp_path / "3.tar", {"deep.md": b"A100"}).read_bytes()
    inner = a_zip(tmp_path / "2.zip", {"in.md": b"H20", "3.tar": innermost}).read_bytes()
    outer = a_tar(tmp_path / "1.tar.gz", {"2.zip": inner, "out.md": b"V100"}, "w:gz")
    assert texts(outer) == {"2.zip/in.md": "H20", "out.md": "V100"}
    assert texts(outer, Limits(archive_depth=3))["2.zip/3.tar/deep.md"] == "A100"
    with planned(str(outer), Limits()) as plan:
        assert plan.skipped == {"archive too deep inside archives": 1}


def test_names_that_climb_out_are_only_names(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    climbing = {"../../evil.md": b"H20", "/etc/evil.md": b"A100"}
    assert texts(a_tar(inside / "a.tar", climbing)) == {"../../evil.md": "H20", "/etc/evil.md": "A100"}
    assert texts(a_zip(inside / "a.zip", climbing)) == {"../../evil.md": "H20", "/etc/evil.md": "A100"}
    assert list(tmp_path.iterdir()) == [inside]


def test_links_and_devices_in_a_tar_are_passed_over(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, kind in (
            ("link.md", tarfile.SYMTYPE),
            ("hard.md", tarfile.LNKTYPE),
            ("null.md", tarfile.CHRTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    with planned(str(tmp_path / "a.tar"), Limits()) as plan:
        assert plan.count == 0
        assert plan.skipped == {"symbolic link": 1, "hard link": 1, "special file": 1}


@pytest.mark.parametrize("name", ["bomb.zip", "bomb.tar.gz", "bomb.tar.xz"])
def test_a_bomb_is_refused_in_little_memory(tmp_path: Path, name: str) -> None:
    members = {f"{number}.md": b" " * (8 * MIB) for number in range(12)}
    make = a_zip if name.endswith("zip") else a_tar
    mode = () if make is a_zip else (f"w:{name[-2:]}",)
    bomb = make(tmp_path / name, members, *mode)
    tracemalloc.start()
    found = reasons(bomb)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert any("times its size, as a zip bomb does" in reason for reason in found)
    assert peak_bytes < 100 * MIB


def test_a_member_over_the_document_limit_is_refused_by_its_size(tmp_path: Path) -> None:
    big = a_zip(tmp_path / "a.zip", {"big.md": os.urandom(3 * MIB).hex().encode(), "small.md": b"H20"})
    limits = Limits(document_bytes=MIB)
    assert list(texts(big, limits)) == ["small.md"]
    assert "over the limit of 1.0 MB" in reasons(big, limits)[0]


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    members = {f"{number}.md": b"H20" for number in range(5)}
    assert "more than 3 members" in reasons(a_zip(tmp_path / "a.zip", members), Limits(archive_members=3))[0]
    assert "more than 3 members" in reasons(a_tar(tmp_path / "a.tar", members), Limits(archive_members=3))[0]


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz"])
@pytest.mark.parametrize("content", [b"", b"not an archive at all" * 100, b"PK\x03\x04" + b"\xff" * 200,
                                     b"\x1f\x8b\x08" + b"\x00" * 50, b"\xfd7zXZ\x00" + b"\x01" * 99])  # fmt: skip
def test_a_damaged_archive_is_one_failure(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    found = reasons(tmp_path / name)
    assert len(found) == 1 or (content == b"" and found == [])


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_cut_off_tar_keeps_what_came_before(tmp_path: Path, mode: str) -> None:
    whole = a_tar(
        tmp_path / "whole", {"a.md": b"H20", "b.md": os.urandom(60_000).hex().encode()}, mode
    ).read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    assert texts(tmp_path / "cut.tar.gz").get("a.md") == "H20"
    assert reasons(tmp_path / "cut.tar.gz")


def test_a_damaged_member_leaves_the_others_readable(tmp_path: Path) -> None:
    archive = a_zip(tmp_path / "a.zip", {"a.md": os.urandom(2000).hex().encode(), "b.md": b"H20"})
    content = bytearray(archive.read_bytes())
    content[200:260] = bytes(60)
    archive.write_bytes(content)
    assert texts(archive) == {"b.md": "H20"}
    assert len(reasons(archive)) == 1


def test_a_zip_with_a_password_says_so(tmp_path: Path) -> None:
    archive = a_zip(tmp_path / "a.zip", {"a.md": b"H20"})
    content = bytearray(archive.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    archive.write_bytes(content)
    assert reasons(archive) == ["encrypted"]
