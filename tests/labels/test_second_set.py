"""The second set of labels: its halves stay apart, and every label has a document, a known purpose and a short quote."""

import csv
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chipledger.core.records import Purpose

LABELS = Path(__file__).parents[2] / "benchmarks" / "labels"
HALVES = ("development", "test")


def sources(name: str) -> list[dict[str, str]]:
    with (LABELS / f"{name}.csv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def records(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (LABELS / f"{name}.jsonl").open(encoding="utf-8")]


def owners(name: str) -> set[str]:
    return {row["repo"].partition("/")[0] for row in sources(name)}


def half_of(owner: str) -> str:
    return HALVES[int(hashlib.sha256(owner.encode()).hexdigest(), 16) % 2]


@pytest.mark.parametrize("half", HALVES)
def test_a_half_holds_the_owners_that_the_hash_gives_it(half: str) -> None:
    assert {owner for owner in owners(half) if half_of(owner) != half} == set()


def test_no_repository_of_the_first_set_is_in_the_second() -> None:
    first = {row["repo"] for row in sources("sources")}
    assert first & {row["repo"] for half in HALVES for row in sources(half)} == set()


@pytest.mark.parametrize("half", HALVES)
def test_every_document_is_recorded_once_and_every_label_has_one(half: str) -> None:
    listed = [row["doc_id"] for row in sources(half)]
    recorded = Counter(row["doc_id"] for row in records(half) if row.get("kind") == "doc")
    assert recorded == Counter(listed) and max(recorded.values()) == 1
    assert {row["doc_id"] for row in records(half)} <= set(listed)


@pytest.mark.parametrize("half", HALVES)
def test_labels_keep_to_the_form(half: str) -> None:
    purposes = {purpose.value for purpose in Purpose}
    for row in records(half):
        if row.get("kind") == "doc":
            continue
        assert row["purpose"] in purposes, row
        assert 0 < len(row["quote"]) == row["end"] - row["start"] <= 200, row
        assert row["count"] is None or row["count"] > 0, row
        assert row["organisation"] is None or Purpose(row["purpose"]).is_use, row


@pytest.mark.parametrize("half", HALVES)
def test_a_document_is_negative_when_no_label_reports_a_use(half: str) -> None:
    uses = {
        row["doc_id"] for row in records(half) if row.get("kind") != "doc" and Purpose(row["purpose"]).is_use
    }
    for row in records(half):
        if row.get("kind") == "doc":
            assert row["negatives"] is (row["doc_id"] not in uses), row["doc_id"]
