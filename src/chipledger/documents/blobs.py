"""The bytes of a repository's blobs, from a git that stays open: one by one, or many asked for at once.

A process holds one `git cat-file --batch`, for the repository it read last. A blob that is missing, or that cannot be
unpacked, gives None and costs no other. Nothing is checked out, and no git reaches the network.
"""

import atexit
import os
import subprocess
from collections.abc import Generator, Iterator, Sequence
from typing import IO, cast

from chipledger.documents.entry import Blob
from chipledger.documents.repository import offline_command, offline_environment

MOST_ASKED = 256
"""So many requests fit a pipe that nobody reads; more at once could wait for each other for ever."""


class _Blobs:
    """A `git cat-file --batch` that stays open for one repository."""

    def __init__(self, git_dir: str) -> None:
        self._process = subprocess.Popen(
            offline_command(git_dir, "cat-file", "--batch"), env=offline_environment(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def ask(self, object_ids: Sequence[str]) -> None:
        """Ask for objects; `answer` gives them in this order."""
        requests = cast(IO[bytes], self._process.stdin)
        requests.write("".join(f"{one}\n" for one in object_ids).encode("ascii"))
        requests.flush()

    def answer(self) -> bytes | None:
        """The next object's bytes, or None where it is missing; EOFError where git has stopped."""
        replies = cast(IO[bytes], self._process.stdout)
        head = replies.readline().split()
        if len(head) < 2:
            raise EOFError
        if head[1] == b"missing":
            return None
        size_bytes = int(head[2])
        content = replies.read(size_bytes)
        if len(content) != size_bytes or replies.read(1) != b"\n":
            raise EOFError
        return content

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue


_open: dict[tuple[int, str], _Blobs] = {}


def read_blob(blob: Blob) -> bytes | None:
    """A blob's bytes, or None where the repository lacks it or cannot unpack it.

    Args:
        blob: which, and of what repository.
    """
    return next(read_blobs(blob.git_dir, [blob.object_id]))


def read_blobs(git_dir: str, object_ids: Sequence[str]) -> Iterator[bytes | None]:
    """The bytes of blobs, in the order in which they are asked for; None where one cannot be had.

    Args:
        git_dir: the repository.
        object_ids: their hashes in hex.
    """
    left = list(object_ids)
    while left:
        asked = left[:MOST_ASKED]
        answered = yield from _answers(git_dir, asked)
        if answered < len(asked):  # git has stopped at this one
            yield None
            answered += 1
        left = left[answered:]


def _answers(git_dir: str, object_ids: Sequence[str]) -> Generator[bytes | None, None, int]:
    """The answers to some requests as long as git gives them; how many it gave."""
    reader = _reader_of(git_dir)
    answered = 0
    try:
        reader.ask(object_ids)
        while answered < len(object_ids):
            content = reader.answer()
            answered += 1
            if answered == len(object_ids):
                break
            yield content
    except (EOFError, BrokenPipeError):
        _end_blobs()
        return answered
    except BaseException:
        _end_blobs()  # cut short, by a time limit or because nobody wants the rest, it is out of step with its answers
        raise
    yield content
    return answered


def _reader_of(git_dir: str) -> _Blobs:
    key = (os.getpid(), git_dir)
    if key not in _open:
        _end_blobs()
        _open[key] = _Blobs(git_dir)
    return _open[key]


@atexit.register
def _end_blobs() -> None:
    """End this process's reader; a forked child only forgets its parent's."""
    for (owner, _), blobs in _open.items():
        if owner == os.getpid():
            blobs.end()
    _open.clear()
