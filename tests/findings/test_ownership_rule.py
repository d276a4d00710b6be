"""The affiliates rule by date, set against owners: off, on, stayed, and then not known with a yes to go on with."""

from datetime import date

import pytest

from chipledger.catalogue.chip import chip
from chipledger.core.truth import Verdict
from chipledger.findings.ownership import (
    RedFlag,
    RuleState,
    affiliates,
    affiliates_rule,
    affiliation,
    affiliation_of,
    owned_half,
)
from chipledger.parties.ownership import graph
from chipledger.parties.party import Listing
from chipledger.parties.register import parties
from chipledger.parties.register import stakes as bundled_stakes
from chipledger.parties.stake import Stake, StakeKind
from chipledger.parties.stakes import parent_stakes
from chipledger.rules.item import item_of
from chipledger.rules.status import status
from chipledger.rules.transaction import Transaction

BEFORE, IN_FORCE, STAYED, AFTER = date(2025, 9, 28), date(2025, 10, 15), date(2026, 6, 1), date(2026, 11, 23)


def on_lists(*lists):
    return [Listing(list=one) for one in lists]


LISTS = {
    "listed": on_lists("entity_list"),
    "military": on_lists("meu", "1260h"),
    "treasury": on_lists("sdn"),
    "defense": on_lists("1260h"),
    "perhaps": [Listing(list="entity_list", holds=Verdict.UNKNOWN, why="its day is not known")],
}


def found(on, *stakes, known=None, lists=LISTS):
    return affiliation(affiliates(graph(stakes, on=on), lists).of("firm"), on=on, known=known)


def held(owner, low=None, high=None, **more):
    low, high = (0.0, 1.0) if low is None else (low, low if high is None else high)
    return Stake(owner=owner, owned="firm", low=low, high=high, **more)


@pytest.mark.parametrize(
    ("day", "state", "treated"),
    [
        ("2025-09-28", "before", "no"),
        ("2025-09-29", "in_force", "yes"),
        ("2025-10-15", "in_force", "yes"),
        ("2025-11-09", "in_force", "yes"),
        ("2025-11-10", "suspended", "no"),
        ("2026-11-09", "suspended", "no"),
        ("2026-11-10", "unknown", "unknown"),
        ("2026-11-23", "unknown", "unknown"),
    ],
)
def test_the_dated_answers_for_a_party_that_a_listed_one_owns_by_six_tenths(day, state, treated):
    one = found(date.fromisoformat(day), held("listed", 0.6))
    assert (one.rule.state.value, one.treated_as_listed.value.value) == (state, treated)
    assert any("47201" in cite or "50857" in cite or "744.21" in cite for cite in one.rule.cites)


def test_after_the_stay_the_default_is_yes_and_flagged():
    one = found(AFTER, held("listed", 0.6))
    assert one.default is Verdict.YES
    assert one.red_flags == (RedFlag.RULE_UNKNOWN,)
    assert "no extension and no new rule were found" in " ".join(one.reasons)
    assert one.reasons[-1] == "taken as listed until a person has checked whether the rule is back"


@pytest.mark.parametrize("day", [BEFORE, STAYED])
def test_before_and_while_stayed_a_listed_parent_is_legally_distinct_and_a_red_flag(day):
    one = found(day, held("listed", 1.0))
    assert one.treated_as_listed.is_no
    assert one.red_flags == (RedFlag.LISTED_OWNER,)
    assert "legally distinct: a listed owner does not list the party, and is a reason to look closer" in one.reasons  # fmt: skip


@pytest.mark.parametrize(
    "stakes",
    [[held("listed")], [held("listed", 0.25, 0.5)], [held("listed", 0.2), held("military")],
     [held("listed", 0.6, kind=StakeKind.VOTES)], [held("listed", kind=StakeKind.CONSOLIDATION)]],
)  # fmt: skip
def test_red_flag_29_where_an_owner_is_listed_and_the_share_is_not_known(stakes):
    one = found(IN_FORCE, *stakes)
    assert one.treated_as_listed.is_unknown
    assert one.red_flags == (RedFlag.RED_FLAG_29,)
    assert RedFlag.RED_FLAG_29 in found(AFTER, *stakes).red_flags
    assert found(STAYED, *stakes).red_flags == (RedFlag.LISTED_OWNER,)


def test_no_red_flag_29_where_no_owner_is_listed():
    one = found(IN_FORCE, held("stranger"))
    assert one.treated_as_listed.is_unknown
    assert one.red_flags == ()


def test_a_known_minority_is_not_reached_and_still_a_reason_to_look_closer():
    one = found(IN_FORCE, held("listed", 0.3))
    assert one.treated_as_listed.is_no
    assert one.red_flags == (RedFlag.LISTED_OWNER,)
    assert found(AFTER, held("listed", 0.3)).default is None


def test_entity_list_and_military_end_user_list_add_up():
    assert found(IN_FORCE, held("listed", 0.25), held("military", 0.25)).treated_as_listed.is_yes


def test_a_sanctioned_owner_counts_perhaps_and_the_defense_list_not_at_all():
    assert found(IN_FORCE, held("treasury", 0.8)).treated_as_listed.is_unknown
    one = found(IN_FORCE, held("defense", 0.8))
    assert one.treated_as_listed.is_no
    assert one.red_flags == ()


def test_nobody_knew_of_the_stay_before_it_was_published():
    one = found(date(2026, 2, 1), held("listed", 0.6), known=date(2025, 11, 11))
    assert (one.rule.state, one.treated_as_listed.value) == (RuleState.IN_FORCE, Verdict.YES)
    assert found(date(2026, 2, 1), held("listed", 0.6), known=date(2025, 11, 12)).treated_as_listed.is_no


def test_nobody_knew_of_the_rule_before_it_was_published():
    assert affiliates_rule(date(2025, 10, 15), known=date(2025, 9, 1)).state is RuleState.BEFORE


@pytest.mark.parametrize("day", [BEFORE, date(2025, 9, 29), IN_FORCE, STAYED, AFTER])
@pytest.mark.parametrize("share", [0.3, 0.6, None])
def test_the_answer_is_that_of_the_rules_for_the_same_transaction(day, share):
    """A chip that no control reaches, to Germany: the affiliates rule alone decides."""
    one = found(day, held("listed", share))
    item = item_of(chip("nvidia-h20"))
    asked = status(item, Transaction(destination="DE", owned_half_by_listed=owned_half(one.coverage)), on=day)
    assert asked.enforced.license_required.value is one.treated_as_listed.value


def test_a_listed_party_is_told_to_be_so_whatever_its_owners():
    one = found(IN_FORCE, held("stranger", 0.9), lists={"firm": on_lists("entity_list")})
    assert one.reasons[0] == "firm is listed itself: what is asked for it does not turn on its owners"


def test_an_answer_explains_itself_in_fields():
    told = found(IN_FORCE, held("listed", 0.6)).as_dict()
    assert told["ownership"]["chain"] == [{"owner": "listed", "owned": "firm", "low": 0.6, "high": 0.6}]
    assert told["rule_state"] == "in_force"
    assert told["reasons"] == [
        "covered parties hold half or more together: listed (listed): 60 %",
        "the affiliates rule is in force from 2025-09-29 (90 FR 47201)",
    ]
    assert told["cites"] == ["90 FR 47201: affiliates of listed entities (secondary)"]


def test_no_answer_says_that_anybody_broke_a_rule():
    words = " ".join(
        reason
        for day in (BEFORE, IN_FORCE, STAYED, AFTER)
        for share in (0.3, 0.6, None)
        for reason in found(day, held("listed", share)).reasons
    )
    assert not any(word in words for word in ("violat", "illegal", "guilty", "evade", "circumvent"))


def test_an_owner_that_stands_on_the_list_perhaps_leaves_it_unknown():
    one = found(IN_FORCE, held("perhaps", 0.9))
    assert one.treated_as_listed.is_unknown
    assert one.red_flags == (RedFlag.RED_FLAG_29,)


@pytest.mark.parametrize(
    ("day", "treated"),
    [
        ("2019-10-08", "no"),
        ("2025-09-28", "no"),
        ("2025-10-15", "yes"),
        ("2026-06-01", "no"),
        ("2026-11-23", "unknown"),
    ],
)
def test_a_unit_of_a_bundled_listed_party_by_date(day, treated):
    on = date.fromisoformat(day)
    stakes = [Stake(owner="sensetime", owned="a unit", low=1.0, high=1.0)]
    assert affiliation_of("a unit", stakes, parties(), on=on).treated_as_listed.value.value == treated


def test_a_subsidiary_whose_parent_is_listed_and_share_untold_is_red_flag_29():
    """The parents that the bundled data tells prove no share."""
    stakes = (*parent_stakes(parties().values()), *bundled_stakes())
    names = [one.id for one in parties().values() if one.parent == "smic" and not one.events]
    for name in names or ["hygon"]:
        found_one = affiliation_of(name, stakes, parties(), on=IN_FORCE)
        assert not found_one.treated_as_listed.is_yes
