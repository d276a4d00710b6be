"""Verify finds what was tampered with, and nothing in a sound ledger."""

import sqlite3
from contextlib import closing

import pytest
from made_up import SCAN, numbered

from chipledger.store.ledger import Ledger
from chipledger.store.verify import problems


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    with ledger.writing(SCAN) as writer:
        for number in range(8):
            writer.add(*numbered(number))
    return ledger


def test_a_sound_ledger_has_no_problems(filled: Ledger) -> None:
    assert problems(filled) == []


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE mentions SET quote = quote || '!' WHERE key = 1", "does not fit its quote"),
        ("UPDATE mentions SET chip = 'NVIDIA H20' WHERE key = 1", "its id is not that of its content"),
        ("UPDATE mentions SET prefix = 'we trained on ' WHERE start_char = 0", "begin before the text"),
        ("UPDATE mentions SET confidence = 2 WHERE key = 1", "not between 0 and 1"),
        ("UPDATE documents SET project = 'x' WHERE key = 1", "its place is not that"),
        ("UPDATE documents SET first_seen = '2030-01-01' WHERE key = 1", "after it was last seen"),
        ("DELETE FROM documents WHERE key = 2", "belong to no document"),
        ("DELETE FROM mentions WHERE key = 1", "belong to no mention"),
        (
            "INSERT INTO mention_words(mention_words) VALUES ('delete-all')",
            "missing from the full-text index",
        ),
    ],
)
def test_tampering_is_found(filled: Ledger, tampering: str, told: str) -> None:
    with closing(sqlite3.connect(filled.address)) as raw, raw:
        raw.execute(tampering)
    assert any(told in problem.what for problem in problems(filled))
