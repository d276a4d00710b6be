"""The export is JSON lines in one order, whatever the order of writing."""

import json
from pathlib import Path

from made_up import SCAN, numbered

from chipledger.core.records import FailedDocument
from chipledger.store.export import dump
from chipledger.store.ledger import Ledger


def test_each_line_is_a_document_its_mentions_or_a_failure(ledger: Ledger) -> None:
    with ledger.writing(SCAN) as writer:
        writer.add(*numbered(2))
        writer.fail(FailedDocument(document="b.pdf", stage="read", reason="encrypted"))
    lines = [json.loads(line) for line in dump(ledger).splitlines()]
    assert [line["kind"] for line in lines] == ["document", "mention", "mention", "error"]
    assert all(line["end"] - line["start"] == len(line["quote"]) for line in lines[1:3])


def test_the_order_of_writing_does_not_show(ledger: Ledger, tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "other.sqlite") as other:
        for into, numbers in ((ledger, range(20)), (other, reversed(range(20)))):
            with into.writing(SCAN) as writer:
                for number in numbers:
                    writer.add(*numbered(number))
        assert dump(other) == dump(ledger)
