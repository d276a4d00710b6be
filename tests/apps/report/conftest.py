"""A ledger to write into, and the page that the report makes of it."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from reported import Page, source_of

from chipledger.store.ledger import Ledger
from chipledger.store.write import Scan, Writer


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "chips.sqlite") as opened:
        yield opened


@pytest.fixture
def writer(ledger: Ledger) -> Iterator[Writer]:
    with ledger.writing(Scan(target="papers", started=date(2026, 10, 1), extractor_version="1")) as opened:
        yield opened


@pytest.fixture
def page_of(ledger: Ledger, writer: Writer, tmp_path: Path) -> Callable[..., Page]:
    def written(**options: object) -> Page:
        writer.flush()
        return Page(source_of(ledger, tmp_path / "report.html", **options))

    return written
