import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from chipledger.core.errors import LimitError
from chipledger.documents import pdf
from chipledger.documents.limits import Limits
from chipledger.documents.pdf import pages_of

MakePdf = Callable[[list[list[str]]], bytes]


def test_each_page_gives_its_own_text(make_pdf: MakePdf) -> None:
    pages = pages_of(make_pdf([["We used 64 H20", "for 3 days."], ["Appendix: A100"]]), Limits())
    assert pages == ["We used 64 H20\nfor 3 days.", "Appendix: A100"]


def test_a_pdf_with_too_many_pages_is_refused_with_the_number(make_pdf: MakePdf) -> None:
    with pytest.raises(LimitError, match="3 pages are over the limit of 2"):
        pages_of(make_pdf([["a"], ["b"], ["c"]]), Limits(pdf_pages=2))


def test_a_pdf_with_too_much_text_is_refused(make_pdf: MakePdf) -> None:
    with pytest.raises(LimitError, match="page 2 brings the text over"):
        pages_of(make_pdf([["abcdef"], ["abcdef"]]), Limits(pdf_characters=8))


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"%PDF-1.4\n" + b"\x00\xff" * 500, b""])
def test_what_is_no_pdf_has_a_reason(content: bytes) -> None:
    with pytest.raises(LimitError):
        pages_of(content, Limits())


def test_a_crash_of_the_reader_costs_that_document_only(make_pdf: MakePdf) -> None:
    pages_of(make_pdf([["warm"]]), Limits())
    worker = pdf._running_worker(Limits().pdf_memory_bytes)
    os.kill(worker.pid, signal.SIGSEGV)
    worker.wait()
    assert pages_of(make_pdf([["H20"]]), Limits()) == ["H20"]


def test_a_reader_that_dies_on_a_document_is_an_error_and_the_next_one_is_read(make_pdf: MakePdf) -> None:
    worker = pdf._running_worker(Limits().pdf_memory_bytes)
    os.kill(worker.pid, signal.SIGSTOP)
    threading.Timer(0.3, os.kill, (worker.pid, signal.SIGKILL)).start()
    with pytest.raises(LimitError, match=r"crashed on this file \(SIGKILL\)"):
        pages_of(make_pdf([["H20"]]), Limits())
    assert pages_of(make_pdf([["H20"]]), Limits()) == ["H20"]


def test_a_reader_that_hangs_is_ended_in_time(make_pdf: MakePdf) -> None:
    limits = Limits(document_seconds=0.2)
    os.kill(pdf._running_worker(limits.pdf_memory_bytes).pid, signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(LimitError, match=r"longer than the limit of 0\.2 s"):
        pages_of(make_pdf([["H20"]]), limits)
    assert time.monotonic() - started < 5
    assert pages_of(make_pdf([["H20"]]), replace(limits, document_seconds=20)) == ["H20"]


def test_a_reader_that_wants_too_much_memory_is_an_error(make_pdf: MakePdf) -> None:
    limits = Limits(pdf_memory_bytes=300 * 1024 * 1024)
    with pytest.raises(LimitError):
        pages_of(make_pdf([["x"]]) + b" " * (280 * 1024 * 1024), limits)
