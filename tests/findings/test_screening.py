"""A desk joins lists, owners and the rule of the day."""

from datetime import date

import pytest

from chipledger.findings.screening import desk
from chipledger.parties.candidates import candidates
from chipledger.parties.csl import Entry
from chipledger.parties.party import Party
from chipledger.parties.screen import Band
from chipledger.parties.stake import Stake
from chipledger.parties.stake_rows import StakesRead

IN_FORCE, STAYED = date(2025, 10, 15), date(2026, 1, 15)
LISTED = {
    "list": "entity_list",
    "action": "added",
    "effective_on": "2022-12-16",
    "document": "87 FR 77505",
    "name": "HOLDING",
}


def party(name: str, text: str, **more) -> Party:
    return Party.model_validate({"id": name, "names": [{"text": text, "kind": "primary"}], **more})


HOLDING = party("holding", "Quartzite Holding Group", events=[LISTED])
UNIT = party("unit", "Vexillum Speech Systems")
WHOLE = Stake(owner="holding", owned="unit", low=0.7, high=0.7)


def band(stakes, on, lists=("entity_list",), parties=(HOLDING, UNIT), read=None):
    return desk(parties, (), stakes, read, lists=lists).screen("Vexillum Speech Systems", on).screening.band


def test_certain_ownership_is_a_hit_only_while_the_rule_is_in_force():
    assert band([WHOLE], IN_FORCE) is Band.HIT
    assert band([WHOLE], STAYED) is Band.REVIEW
    assert band([WHOLE], date(2026, 11, 10)) is Band.REVIEW
    assert band([], IN_FORCE) is Band.CLEAR


def test_what_was_not_known_yet_makes_no_hit():
    found = desk([HOLDING, UNIT], (), [WHOLE], lists=["entity_list"])
    assert found.screen("Vexillum Speech Systems", IN_FORCE, date(2025, 9, 1)).screening.band is not Band.HIT


def test_a_name_that_is_only_recalled_makes_no_hit_by_its_owner():
    recalled = {
        "text": "Vexillum Speech Systems",
        "cites": [{"source": "recalled-2026-11", "grade": "recalled"}],
    }
    unit = party(
        "unit", "Another Primary Name", names=[{"text": "Another Primary Name", "kind": "primary"}, recalled]
    )
    assert band([WHOLE], IN_FORCE, parties=(HOLDING, unit)) is Band.REVIEW


def test_owners_do_not_count_where_only_lists_without_the_rule_are_asked_for():
    assert band([WHOLE], IN_FORCE, lists=("1260h",)) is Band.CLEAR


def test_the_stakes_of_a_file_may_name_a_party_of_a_list_file():
    row = Entry("entity-list-1", "entity_list", ("Quartzite Holding Group",), start=date(2022, 12, 16))
    read = StakesRead(
        stakes=(Stake(owner="QUARTZITE HOLDING GROUP", owned="Vexillum Speech Systems", low=0.5, high=0.5),)
    )
    found = desk([], [row], (), read, lists=["entity_list"])
    answer = found.screen("Vexillum Speech Systems", IN_FORCE)
    assert answer.screening.band is Band.HIT
    assert answer.as_dict()["matches"][0]["affiliates_rule"]["treated_as_listed"] == "yes"


@pytest.mark.parametrize("text", ["QUARTZITE HOLDING GROUP", "Quartzite Holding Group", "HOLDING"])
def test_a_row_of_a_list_is_put_together_with_the_party_that_bears_the_name(text):
    (found,) = candidates([HOLDING], [Entry("x", "entity_list", (text, "Another Spelling"))])
    assert found.id == "holding" and len(found.entries) == 1
    assert [event.document for event in found.events] == ["87 FR 77505"]
    assert "Another Spelling" in found.names


def test_rows_of_one_name_on_two_lists_are_one_candidate():
    rows = [Entry("a", "entity_list", ("Some Name Ltd",)), Entry("b", "uvl", ("SOME NAME, LTD.",))]
    (found,) = candidates([], rows)
    assert [event.list for event in found.events] == ["entity_list", "uvl"]
    assert found.as_party().primary == "Some Name Ltd"


def test_a_name_that_two_parties_bear_joins_no_row_to_either():
    two = [party("a", "Same Name"), party("b", "Same Name")]
    assert len(candidates(two, [Entry("x", "uvl", ("Same Name",))])) == 3
