"""A file that appears whole or not at all: written beside its place under another name, then moved there.

Takes the path to write; gives the path to write to meanwhile. What fails halfway (a full disk, Ctrl-C) leaves what stood
at the path as it was, and nothing beside it.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chipledger.core.errors import InputError


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path beside the one asked for, moved there when the block ends well and removed when it does not.

    Args:
        path: the file to write; replaced if it exists.

    Raises:
        InputError: the file cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with written_whole(Path(folder, "a.txt")) as partial:
    ...         _ = partial.write_text("whole")
    ...     [(one.name, one.read_text()) for one in Path(folder).iterdir()]
    [('a.txt', 'whole')]
    """
    if path.exists() and not path.is_file():  # a device would be taken out and a file put in its place
        what = "Is a directory" if path.is_dir() else "it is no plain file"
        raise InputError(f"cannot write: {what}", where=str(path), expected="the path of a file")
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        yield partial
        partial.replace(path)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror or error}", where=str(path)) from None
    finally:
        with suppress(OSError):
            partial.unlink()
