"""Claims of a ledger as sightings, and documented uses by route and year with what the table leaves out."""

import os
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from chipledger.core.records import DocumentFacts, Mention, Purpose
from chipledger.documents.document import Document
from chipledger.evidence.extract import extract
from chipledger.findings.claim import Claim, claims
from chipledger.findings.routes import assessed, bundled, party_named, sighting, summary
from chipledger.routes.kind import Route
from chipledger.routes.view import Standing


def claim(
    organisation: str | None,
    purpose: Purpose = Purpose.PRETRAINING,
    chip: str = "nvidia-a100-sxm-80",
    seen: date | None = date(2024, 3, 1),
    **fields: object,
) -> Claim:
    facts = DocumentFacts(document="README.md", document_id="1", project="lab/kite")
    mention = Mention(document="README.md", start=0, end=4, quote="A100", chip="NVIDIA A100", chips=(chip,) if chip else (),
                      purpose=purpose, organisation=organisation, first_seen=seen, document_id="1", confidence=0.9, **fields)  # type: ignore[arg-type]  # fmt: skip
    (made,) = claims([(facts, [mention])])
    return made


@pytest.mark.parametrize(
    ("organisation", "project", "party"),
    [("Tencent", "x", "tencent"), ("腾讯", "x", "tencent"), (None, "Tencent-Hunyuan/Hunyuan-A13B", "tencent"),
     (None, "Tencent/HunyuanDiT", "tencent"), ("SMIC-heskie", "x", None), (None, "kite", None), ("", "", None)],
)  # fmt: skip
def test_a_party_is_found_by_a_whole_name_or_the_owner_of_a_repository(
    organisation: str | None, project: str, party: str | None
) -> None:
    found = party_named(organisation, project)
    assert (found.id if found else None) == party


def test_a_claim_keeps_its_count_its_cloud_and_its_day() -> None:
    one = sighting(claim("Tencent", count=512, cloud="Taiji"))
    assert (one.count, one.clouds, one.seen_on, one.party and one.party.id) == (
        512,
        ("Taiji",),
        date(2024, 3, 1),
        "tencent",
    )


def test_a_cloud_that_the_document_names_speaks_for_rental_and_decides_nothing() -> None:
    (found,), _ = assessed([claim("Tencent", cloud="Some Cloud")])
    named = found.view(Route.CLOUD_RENTAL)
    (bare,), _ = assessed([claim("Tencent")])
    assert named.odds and bare.view(Route.CLOUD_RENTAL).odds
    assert named.odds.low > bare.view(Route.CLOUD_RENTAL).odds.low  # type: ignore[union-attr]


def test_what_is_left_out_is_counted_with_its_reason() -> None:
    given = [
        claim("Tencent"),
        claim("Tencent", Purpose.REQUIREMENT),
        claim("Nobody Knows Ltd"),
        claim("Meta"),
        claim("Tencent", chip=""),
        claim("Tencent", seen=None),
    ]
    found, left_out = assessed(given)
    assert len(found) == 1
    assert sorted(left_out.values()) == [1, 1, 1, 1, 1]
    assert set(left_out) == {
        "a requirement", "the user is not known, or not tied to a party on that day", "a user elsewhere",
        "a chip that the catalogue lacks", "no day on which it was first seen"}  # fmt: skip


def test_the_standings_of_a_row_add_up_to_its_uses_and_its_range_lies_inside() -> None:
    table = summary(*bundled())
    assert table.uses and table.rows and table.limits and table.left_out
    for row in table.rows:
        assert sum(row.standings.values()) == row.uses
        assert 0 <= row.expected_low <= row.expected_high <= row.uses
        if row.standings[Standing.CLOSED] == row.uses:
            assert row.expected_high == 0


def test_an_empty_ledger_gives_an_empty_table_with_its_limits() -> None:
    table = summary([], Counter())
    assert (table.rows, table.uses) == ((), 0) and table.limits


def test_a_requirement_is_never_counted_as_a_use() -> None:
    table = summary(*assessed([claim("Tencent", Purpose.REQUIREMENT)]))
    assert table.uses == 0 and table.left_out == {"a requirement": 1}


# From documents: lines of the repositories themselves, read by the extractor, set against the routes


def read(text: str, seen: date, organisation: str = "Tencent", project: str = "Tencent/x") -> list[Claim]:
    document = Document(document="README.md", document_id="d", text=text, format="markdown", organisation=organisation,
                        project=project, published_on=seen, seen_on=seen)  # fmt: skip
    found = extract(document)
    return claims(
        [
            (
                replace(found.facts, project=project),
                [replace(one, first_seen=seen, last_seen=seen) for one in found.mentions],
            )
        ]
    )


def test_the_line_of_hunyuandit_is_read_as_a_test_and_forced_into_no_route() -> None:
    """Tencent/HunyuanDiT at df9acb9, README.md:160."""
    found, _ = assessed(read("# Requirements\n\n* We have tested V100 and A100 GPUs.\n", date(2024, 5, 14)))
    a100 = [one for one in found if one.sighting.chip == "NVIDIA A100"]
    assert a100 and all(one.sighting.purpose not in (Purpose.PRETRAINING, Purpose.FINETUNING) for one in a100)
    assert all(one.decided == () for one in a100)
    assert all(one.view(Route.CLOUD_RENTAL).standing is Standing.POSSIBLE for one in a100)


@pytest.mark.parametrize(
    ("line", "chips"),
    [
        (
            "BF16 requires 16 H800 or H20 GPUs for deployment.",
            {"NVIDIA H800", "NVIDIA H20"},
        ),  # c8c1ddd:README.md:339
        ("BF16 requires 16 H20 GPUs for deployment.", {"NVIDIA H20"}),  # cdc3735:README.md:372
        ("BF16需要16卡H800、H20部署。", {"NVIDIA H800", "NVIDIA H20"}),  # cdc3735^:README_CN.md:323
    ],
)
def test_the_line_of_hunyuan_large_is_read_as_a_requirement_and_asks_for_no_route(
    line: str, chips: set[str]
) -> None:
    made = read(f"# Hunyuan-Large\n\n{line}\n", date(2024, 11, 5))
    assert {one.chip for one in made} == chips
    assert {one.purpose for one in made} == {Purpose.REQUIREMENT}
    found, left_out = assessed(made)
    assert found == [] and left_out == {"a requirement": len(chips)}


def test_the_hours_of_deepseek_v3_are_read_as_pretraining_on_a_chip_that_was_free_until_october_2023() -> (
    None
):
    """deepseek-ai/DeepSeek-V3 at 9b4e978, README.md:76."""
    line = "At an economical cost of only 2.664M H800 GPU hours, we complete the pre-training of DeepSeek-V3 on 14.8T tokens"
    (found,), _ = assessed(
        read(f"# DeepSeek-V3\n\n- {line}.\n", date(2024, 12, 26), "DeepSeek", "deepseek-ai/DeepSeek-V3")
    )
    assert (
        found.sighting.purpose is Purpose.PRETRAINING
        and found.sighting.party
        and found.sighting.party.id == "deepseek"
    )
    (window,) = found.view(Route.BELOW_THRESHOLD).open_periods
    assert (window.effective_from, window.effective_until) == (date(2023, 3, 21), date(2023, 10, 23))
    assert found.decided == ()


def test_a_use_of_a_domestic_chip_tells_its_route_by_itself_and_a_card_does_too() -> None:
    made = read("# Kite\n\nKite was pre-trained on 512 Ascend 910B NPUs.\n", date(2024, 6, 1))
    (found,), _ = assessed(made)
    assert found.decided == (Route.DOMESTIC_CHIP,)
    (card,), _ = assessed(read("# Kite\n\nKite was fine-tuned on 8 RTX 4090 GPUs.\n", date(2024, 6, 1)))
    assert card.decided == (Route.CONSUMER_CARD_DIVERTED,)
    assert card.view(Route.BELOW_THRESHOLD).standing is Standing.POSSIBLE  # whence the card came stays open


@pytest.mark.skipif(
    "CHIPLEDGER_HUNYUAN_LARGE" not in os.environ,
    reason="CHIPLEDGER_HUNYUAN_LARGE names no clone of Tencent-Hunyuan-Large",
)
def test_the_history_of_hunyuan_large_holds_the_lines_that_the_data_cite() -> None:
    def line(spec: str, number: int) -> str:
        shown = subprocess.run(
            ["git", "-C", os.environ["CHIPLEDGER_HUNYUAN_LARGE"], "show", spec],
            capture_output=True,
            text=True,
            check=True,
        )
        return shown.stdout.splitlines()[number - 1]

    assert "H800 or H20" in line("c8c1ddd:README.md", 339) and "H800 or H20" in line(
        "b7c512b^:README.md", 372
    )
    assert "16 H20 GPUs" in line("cdc3735:README.md", 372)
    assert "H800、H20" in line("cdc3735^:README_CN.md", 323) and "16卡H20" in line(
        "cdc3735:README_CN.md", 323
    )
