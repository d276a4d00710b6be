"""Records are frozen, strict, and named by their content alone."""

import json
from dataclasses import FrozenInstanceError, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as draw
from pydantic import ValidationError

from chipledger.core.records import DocumentFacts, FailedDocument, Mention, Purpose, Record, content_id
from chipledger.core.sources import Cite, Grade, Source

MENTION = Mention(
    document="README.md", document_id="a" * 64, start=12, end=19, quote="64 H20", chip="NVIDIA H20"
)


class Chip(Record):
    id: str
    tpp: float | None = None


def test_a_record_refuses_fields_it_does_not_know_and_changes():
    with pytest.raises(ValidationError, match="Extra inputs"):
        Chip(id="nvidia-h20", ttp=2368)
    with pytest.raises(ValidationError, match="frozen"):
        Chip(id="nvidia-h20").id = "nvidia-h200"


def test_a_mention_cannot_be_changed_in_place():
    with pytest.raises(FrozenInstanceError):
        MENTION.count = 64


# Content ids

PARTS = draw.lists(draw.text() | draw.integers() | draw.none(), max_size=4)


@given(PARTS)
def test_the_same_parts_give_the_same_twenty_hex_digits(parts):
    assert content_id(*parts) == content_id(*parts)
    assert len(content_id(*parts)) == 20 and int(content_id(*parts), 16) >= 0


def test_where_one_part_ends_matters():
    assert content_id("ab", "c") != content_id("a", "bc") != content_id("abc")


def test_an_id_is_the_same_on_every_machine_and_in_every_year():
    assert content_id("README.md", 12, "H20") == "58dc900f693bfcf3839c"


def test_half_a_surrogate_pair_has_an_id_too():
    assert content_id("\ud83d") != content_id("?")


@pytest.mark.parametrize(
    "moved",
    [
        {"start": 13},
        {"end": 20},
        {"document": "b.md"},
        {"document_id": "b"},
        {"chip": "NVIDIA H200"},
        {"page": 2},
    ],
)
def test_another_place_or_chip_is_another_mention(moved):
    assert replace(MENTION, **moved).id != MENTION.id


@pytest.mark.parametrize(
    "learned",
    [{"purpose": Purpose.INFERENCE}, {"count": 64}, {"last_seen": date(2026, 1, 1)}, {"confidence": 0.9}],
)
def test_a_second_reading_of_the_same_words_is_the_same_mention(learned):
    assert replace(MENTION, **learned).id == MENTION.id


# JSON


def test_a_mention_as_json_has_plain_values_and_its_kind_first():
    fields = replace(
        MENTION, purpose=Purpose.INFERENCE, techniques=("BF16",), first_seen=date(2026, 1, 2)
    ).as_dict()

    assert next(iter(fields.items())) == ("kind", "mention")
    assert (fields["purpose"], fields["techniques"], fields["first_seen"]) == (
        "inference",
        ["BF16"],
        "2026-01-02",
    )
    assert json.loads(json.dumps(fields, ensure_ascii=False)) == fields


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (DocumentFacts(document="a.md", document_id="x", published_on=date(2026, 1, 2)), "document"),
        (FailedDocument(document="a.pdf", stage="read", reason="damaged"), "error"),
    ],
)
def test_a_line_of_output_says_what_it_is(record, kind):
    fields = record.as_dict()

    assert fields["kind"] == kind
    assert json.loads(json.dumps(fields)) == fields


def test_unknown_stays_null_and_is_no_zero():
    fields = MENTION.as_dict()

    assert all(fields[name] is None for name in ("count", "memory_gb", "gpu_hours", "page", "first_seen"))


# Purposes


def test_a_use_is_every_purpose_but_two():
    assert {purpose.value for purpose in Purpose if not purpose.is_use} == {"requirement", "mention_only"}
    assert len(Purpose) == 7


# Sources and grades


def test_what_is_only_recalled_decides_nothing():
    assert {grade.value: grade.decides for grade in Grade} == {
        "primary": True,
        "quoted": True,
        "secondary": True,
        "recalled": False,
    }


def test_a_cite_says_how_well_its_words_are_known():
    with pytest.raises(ValidationError, match="grade"):
        Cite(source="fr-2023-23055", at="3A090.a")


def test_a_quoted_sentence_stays_a_sentence():
    with pytest.raises(ValidationError, match="400"):
        Cite(source="fr-2023-23055", grade="primary", quote="x" * 401)


def test_a_source_needs_an_id_and_a_title_and_leaves_the_rest_unknown():
    source = Source(id="fr-2023-23055", title="88 FR 73458")

    assert (source.url, source.published_on, source.accessed_on, source.licence) == (None, None, None, None)
