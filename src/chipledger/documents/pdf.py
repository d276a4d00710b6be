"""PDF to text, page by page, under limits that hold even when pdfium hangs or crashes.

Takes the bytes, gives the pages' texts or the reason there are none. One worker process is kept and reused (see
`pdf_worker`); it is ended when a document outlives its time, and a crash costs that one document.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from typing import IO, cast

from chipledger.core.errors import LimitError
from chipledger.documents.limits import Limits

_GRACE_SECONDS = 1.0


def pages_of(content: bytes, limits: Limits) -> list[str]:
    """The text of each page of a PDF.

    Args:
        content: the PDF's bytes.
        limits: pages, characters, seconds and memory of one document.

    Returns:
        One text a page; line ends are "\\n", words split by a soft hyphen are joined.

    Raises:
        LimitError: a limit was crossed, pdfium crashed, or the bytes are no PDF that it can open.
    """
    worker = _running_worker(limits.pdf_memory_bytes)
    overdue = threading.Event()
    watchdog = threading.Timer(limits.document_seconds + _GRACE_SECONDS, _end_overdue, (worker, overdue))
    watchdog.start()
    try:
        pages = _ask(worker, content, limits)
    except (BrokenPipeError, EOFError):
        raise LimitError(_why_it_ended(worker, overdue, limits)) from None
    finally:
        watchdog.cancel()
    if isinstance(pages, str):
        raise LimitError(pages)
    return pages


def _ask(worker: "subprocess.Popen[bytes]", content: bytes, limits: Limits) -> list[str] | str:
    """The pages, or the worker's reason for none."""
    requests, replies = cast(IO[bytes], worker.stdin), cast(IO[bytes], worker.stdout)
    asked = {
        "size_bytes": len(content),
        "pages": limits.pdf_pages,
        "characters": limits.pdf_characters,
        "seconds": limits.document_seconds,
    }
    try:
        requests.write(json.dumps(asked).encode() + b"\n")
        requests.write(content)
        requests.flush()
        head = json.loads(replies.readline() or _ended())
        if "error" in head:
            return str(head["error"])
        return [_page(replies.read(size_bytes), size_bytes) for size_bytes in head["sizes"]]
    except BaseException:
        _end(worker)
        raise


def _page(encoded: bytes, size_bytes: int) -> str:
    return encoded.decode("utf-8") if len(encoded) == size_bytes else _ended()


def _ended() -> str:
    raise EOFError


def _why_it_ended(worker: "subprocess.Popen[bytes]", overdue: threading.Event, limits: Limits) -> str:
    if overdue.is_set():
        return f"reading took longer than the limit of {limits.document_seconds:g} s for one document"
    status = worker.wait()
    name = signal.Signals(-status).name if status < 0 else f"status {status}"
    return f"the PDF reader crashed on this file ({name})"


def _end_overdue(worker: "subprocess.Popen[bytes]", overdue: threading.Event) -> None:
    overdue.set()
    worker.kill()


_workers: dict[tuple[int, int], "subprocess.Popen[bytes]"] = {}


def _running_worker(memory_bytes: int) -> "subprocess.Popen[bytes]":
    """This process's worker, started when there is none; a forked child never shares its parent's."""
    key = (os.getpid(), memory_bytes)
    worker = _workers.get(key)
    if worker is None or worker.poll() is not None:
        worker = _workers[key] = subprocess.Popen(
            [sys.executable, "-m", "chipledger.documents.pdf_worker", str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    return worker


def _end(worker: "subprocess.Popen[bytes]") -> None:
    """End a worker whose stream is out of step; a status it already has stays readable."""
    try:
        worker.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        if pipe:
            _close(pipe)


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return


@atexit.register
def _end_all() -> None:
    for (owner, _), worker in _workers.items():
        if owner == os.getpid() and worker.poll() is None:
            worker.kill()
            worker.wait()
