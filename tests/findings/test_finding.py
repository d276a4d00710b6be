"""A finding is a claim with its quotes and places; the rules decide nothing about what is only required or named."""

import json
from datetime import date

from chipledger.core.records import DocumentFacts, Mention, Purpose
from chipledger.findings.claim import claims
from chipledger.findings.finding import Finding, joined

QUOTE = "pre-trained on 512 NVIDIA A100 GPUs"


def finding(purpose: Purpose = Purpose.PRETRAINING, **fields: object) -> Finding:
    given = {
        "document": "README.md",
        "document_id": "f" * 64,
        "start": 40,
        "end": 40 + len(QUOTE),
        "quote": QUOTE,
        "chip": "NVIDIA A100",
        "chips": ("nvidia-a100-sxm-80",),
        "count": 512,
        "purpose": purpose,
        "organisation": "Lab",
        "confidence": 0.9,
        "commit": "c" * 40,
        "path": "README.md",
        "line": 3,
        "first_seen": date(2024, 3, 1),
        "last_seen": date(2024, 6, 1),
    }
    mention = Mention(**{**given, **fields})  # type: ignore[arg-type]
    (one,) = joined(claims([(DocumentFacts(document="README.md", document_id="f" * 64), [mention])]))
    return one


def test_a_use_carries_the_rules_from_release_to_the_day_first_seen() -> None:
    told = finding().as_dict()
    assert "rule_context" not in told
    status = told["rule_status"]
    assert status["destination"] == "CN" and status["day_of_acquisition"] is None
    assert status["license_required"] == "unknown"
    assert "day of acquisition unknown" in status["in_words"]
    (window,) = status["windows"]
    assert window["first_seen"] == "2024-03-01" and window["stretches"][0]["license_required"] == "no"


def test_a_requirement_or_a_mere_mention_has_the_rules_as_context_only() -> None:
    for purpose in (Purpose.REQUIREMENT, Purpose.MENTION_ONLY):
        told = finding(purpose, organisation=None).as_dict()
        assert "rule_status" not in told
        assert told["rule_context"]["in_words"].startswith("context only: ")


def test_a_quote_keeps_its_place_to_the_character() -> None:
    (quote,) = finding().as_dict()["quotes"]
    assert quote["quote"] == QUOTE and quote["end"] - quote["start"] == len(QUOTE)
    assert (quote["document"], quote["line"], quote["commit"]) == ("README.md", 3, "c" * 40)
    assert (quote["first_seen"], quote["last_seen"]) == ("2024-03-01", "2024-06-01")


def test_a_quote_carries_the_words_around_it() -> None:
    (quote,) = finding(prefix="Kite was ", suffix=" for three weeks.").as_dict()["quotes"]
    assert (quote["prefix"], quote["suffix"]) == ("Kite was ", " for three weeks.")


def test_the_line_for_tables_is_short_and_the_full_sentence_stays() -> None:
    told = finding()
    assert told.short == "licence needed from 2022-08-26 (letter to NVIDIA), none before; day bought unknown"
    assert told.as_dict()["rule_status"]["in_words"].startswith(
        "day of acquisition unknown; a licence was needed"
    )
    assert finding(Purpose.REQUIREMENT).short == f"context only: {told.short}"


def test_the_statement_names_who_what_and_how_many() -> None:
    assert finding().statement == "documented mention: Lab, pretraining on NVIDIA A100 (count 512)"
    unnamed = finding(Purpose.REQUIREMENT, organisation=None, count=None, gpu_hours=1.5e6)
    assert (
        unnamed.statement == "documented mention: unnamed, a requirement of NVIDIA A100 (GPU-hours 1500000)"
    )


def test_a_chip_that_no_catalogue_knows_has_unknown_rules_and_is_still_a_finding() -> None:
    told = finding(chip="GPU (unspecified)", chips=()).as_dict()
    assert told["rule_status"]["license_required"] == "unknown" and told["rule_status"]["windows"] == []


def test_a_finding_is_ready_for_json_and_keeps_its_id() -> None:
    assert json.loads(json.dumps(finding().as_dict()))["id"] == finding(count=8, confidence=0.3).id
