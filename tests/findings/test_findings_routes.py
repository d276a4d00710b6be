"""Claims of a ledger as sightings, and documented uses by route and year with what the table leaves out."""

from collections import Counter
from datetime import date

import pytest

from chipledger.core.records import DocumentFacts, Mention, Purpose
from chipledger.findings.claim import Claim, claims
from chipledger.findings.routes import assessed, bundled, party_named, sighting, summary
from chipledger.routes.assess import Standing
from chipledger.routes.kind import Route


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
