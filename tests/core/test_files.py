"""A file is there whole or not at all, whatever interrupts its writing."""

from pathlib import Path

import pytest

from chipledger.core.errors import InputError
from chipledger.core.files import written_whole


def test_what_stood_there_stays_when_writing_is_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), written_whole(path) as partial:
        partial.write_text("ne")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_is_told_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "no" / "such" / "page.html"
    with (
        pytest.raises(InputError, match="cannot write: No such file or directory"),
        written_whole(path) as partial,
    ):
        partial.write_text("new")
