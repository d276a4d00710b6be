"""Ledgers and documents that the store's tests share; the same documents are made in other processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chipledger.store.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "chips.sqlite") as opened:
        yield opened
