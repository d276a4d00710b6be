"""Who is covered at half: what the rule's words say, and what must hold of any owners whatever."""

import random
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.core.errors import DataError
from chipledger.core.sources import Cite, Grade
from chipledger.parties.ownership import Answer, closure, graph
from chipledger.parties.ownership_faults import circles, faults_over_time, refuse_faults
from chipledger.parties.stake import Stake, StakeKind

DAY = date(2025, 10, 15)


def stake(owner, owned, low=None, high=None, **more):
    low, high = (0.0, 1.0) if low is None else (low, low if high is None else high)
    return Stake(owner=owner, owned=owned, low=low, high=high, **more)


def coverage(party, stakes, listed, perhaps=(), on=DAY):
    return closure(graph(stakes, on=on), listed, perhaps).of(party)


# --- the rule's words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "answer"),
    [(0.5, "certainly"), (0.4999, "not"), (1.0, "certainly"), (0.3, "not"), (0.0, "not"), (None, "unknown")],
)
def test_one_listed_owner_covers_at_exactly_half(share, answer):
    assert coverage("firm", [stake("listed", "firm", share)], ["listed"]).answer == answer


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [(0.25, 0.5, "possibly"), (0.25, 0.5 - 1e-9, "not"), (0.5, 0.75, "certainly"), (0.25, 1.0, "possibly")],
)
def test_a_band_may_reach_half_at_its_upper_end(low, high, answer):
    assert coverage("firm", [stake("listed", "firm", low, high)], ["listed"]).answer == answer


def test_two_quarters_of_two_listed_owners_make_half():
    stakes = [stake("a", "firm", 0.25), stake("b", "firm", 0.25), stake("other", "firm", 0.5)]
    assert coverage("firm", stakes, ["a", "b"]).answer is Answer.CERTAINLY
    assert coverage("firm", stakes, ["a"]).answer is Answer.NOT


def test_half_of_a_half_carries_on_and_the_multiplied_share_stands_beside_it():
    stakes = [stake("listed", "middle", 0.5), stake("middle", "end", 0.5), stake("end", "last", 0.5)]
    found = coverage("last", stakes, ["listed"])
    assert found.answer is Answer.CERTAINLY
    assert found.multiplied_low == found.multiplied_high == 0.125
    assert [step.owner for step in found.chain] == ["listed", "middle", "end"]


def test_less_than_half_of_a_holding_company_carries_nothing_however_much_that_holds():
    found = coverage("end", [stake("listed", "middle", 0.49), stake("middle", "end", 1.0)], ["listed"])
    assert found.answer is Answer.NOT
    assert found.multiplied_low == pytest.approx(0.49)
    assert found.has_listed_owner


def test_a_direct_share_and_one_through_a_covered_company_add_up():
    stakes = [stake("listed", "middle", 0.6), stake("middle", "end", 0.3), stake("listed", "end", 0.2)]
    found = coverage("end", stakes, ["listed"])
    assert found.answer is Answer.CERTAINLY
    assert (found.low, found.high) == (0.5, 0.5)


def test_a_share_that_is_not_recorded_is_unknown_and_not_possibly():
    found = coverage("firm", [stake("listed", "firm")], ["listed"])
    assert found.answer is Answer.UNKNOWN
    assert found.has_listed_owner
    assert found.reasons == (
        "what covered parties hold is not known well enough to tell whether it is half: "
        "listed (listed): a share that is not recorded",
    )


def test_what_others_surely_hold_is_not_a_listed_partys():
    stakes = [stake("listed", "firm"), stake("family", "firm", 0.6)]
    found = coverage("firm", stakes, ["listed"])
    assert found.answer is Answer.NOT
    assert found.high == pytest.approx(0.4)


def test_a_party_of_which_nothing_is_recorded_is_unknown_and_no_listed_owner_is_made_up():
    found = coverage("stranger", [stake("listed", "firm", 1.0)], ["listed"])
    assert (found.answer, found.has_listed_owner) == (Answer.UNKNOWN, False)
    assert found.reasons == ("no owner of it is recorded",)


@pytest.mark.parametrize("kind", [StakeKind.VOTES, StakeKind.CONTROL, StakeKind.CONSOLIDATION])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_votes_control_and_consolidation_neither_prove_nor_disprove_half(kind, share):
    by_listed = coverage("firm", [stake("listed", "firm", share, kind=kind)], ["listed"])
    by_another = coverage("firm", [stake("another", "firm", share, kind=kind)], ["listed"])
    assert (by_listed.answer, by_listed.has_listed_owner) == (Answer.UNKNOWN, True)
    assert (by_another.answer, by_another.has_listed_owner) == (Answer.UNKNOWN, False)


def test_votes_beside_shares_leave_the_shares_as_they_are():
    stakes = [stake("listed", "firm", 0.3), stake("listed", "firm", 0.8, kind=StakeKind.VOTES)]
    assert coverage("firm", stakes, ["listed"]).answer is Answer.NOT


def test_what_is_only_recalled_decides_neither_way():
    recalled = (Cite(source="memory", grade=Grade.RECALLED),)
    for share in (0.1, 0.9):
        found = coverage("firm", [stake("listed", "firm", share, cites=recalled)], ["listed"])
        assert found.answer is Answer.UNKNOWN


def test_a_stake_counts_from_its_first_day_to_the_day_before_its_end():
    stakes = [stake("listed", "firm", 0.6, since=date(2025, 1, 1), until=date(2025, 10, 1)), stake("x", "firm", 0.1)]  # fmt: skip
    answers = [
        coverage("firm", stakes, ["listed"], on=day).answer.value
        for day in (date(2024, 12, 31), date(2025, 1, 1), date(2025, 9, 30), date(2025, 10, 1))
    ]
    assert answers == ["not", "certainly", "certainly", "not"]


def test_a_list_of_which_only_a_part_counts_makes_a_perhaps():
    found = coverage("firm", [stake("sdn", "firm", 0.8)], [], perhaps=["sdn"])
    assert found.answer is Answer.POSSIBLY
    assert found.owners[0].standing == "perhaps_listed"


def test_two_sources_that_agree_are_taken_together():
    stakes = [stake("listed", "firm", 0.25, 0.75), stake("listed", "firm", 0.55), stake("listed", "firm")]
    assert coverage("firm", stakes, ["listed"]).answer is Answer.CERTAINLY
    assert graph(stakes, on=DAY).faults == ()


def test_two_sources_that_contradict_each_other_leave_it_possible_and_are_told():
    stakes = [stake("listed", "firm", 0.4), stake("listed", "firm", 0.6)]
    found = coverage("firm", stakes, ["listed"])
    assert found.answer is Answer.POSSIBLY
    assert found.reasons[0] == (
        "firm: what listed holds is told in ways that contradict each other: 40 to 60 % is taken"
    )


# --- circles and shares over the whole -----------------------------------------------------------------------------------


def test_a_circle_that_no_listed_party_stands_above_covers_nobody():
    ring = [stake("a", "b", 0.9), stake("b", "c", 0.9), stake("c", "a", 0.9)]
    closed = closure(graph(ring, on=DAY), ["elsewhere"])
    assert {closed.answer(party) for party in "abc"} == {Answer.NOT}
    assert closed.of("a").multiplied_high == 0.0


def test_a_circle_ends_and_the_multiplied_share_settles():
    ring = [stake("listed", "a", 0.4), stake("b", "a", 0.5), stake("a", "b", 0.5)]
    found = coverage("a", ring, ["listed"])
    assert found.answer is Answer.NOT
    assert found.multiplied_low == pytest.approx(0.4 / (1 - 0.25))


def test_circles_are_told_in_a_line():
    ring = graph([stake("a", "b", 0.9), stake("b", "a", 0.9), stake("b", "c", 0.9)], on=DAY)
    assert [str(fault) for fault in circles(ring)] == ["a: owns itself through others: a, b"]


def test_a_circle_of_a_hundred_thousand_ends():
    count = 100_000
    ring = [stake(f"p{n}", f"p{(n + 1) % count}", 0.6) for n in range(count)]
    closed = closure(graph(ring, on=DAY), ["p0"])
    assert closed.answer(f"p{count - 1}") is Answer.CERTAINLY
    assert len(circles(closed.graph)) == 1


def test_shares_over_the_whole_prove_nothing_and_are_told():
    stakes = [stake("listed", "firm", 0.6), stake("x", "firm", 0.7)]
    found = coverage("firm", stakes, ["listed"])
    assert found.answer is Answer.POSSIBLY
    assert (
        found.reasons[0] == "firm: its recorded shares add up to 130 %, so none of them is taken as certain"
    )


def test_shares_that_pass_the_whole_by_rounding_are_taken():
    thirds = [stake("listed", "firm", 0.667), stake("x", "firm", 0.334)]
    assert coverage("firm", thirds, ["listed"]).answer is Answer.CERTAINLY


def test_a_party_that_is_said_to_own_itself_is_told_and_gains_nothing():
    stakes = [stake("firm", "firm", 0.5), stake("listed", "firm", 0.3)]
    found = coverage("firm", stakes, ["listed"])
    assert found.answer is Answer.NOT
    assert found.reasons[0] == "firm: it is said to own itself, which is left out"


def test_our_own_data_may_hold_no_such_fault_on_any_day():
    stakes = [stake("a", "firm", 0.6, until=date(2024, 1, 1)), stake("b", "firm", 0.7, since=date(2023, 1, 1))]  # fmt: skip
    assert len(faults_over_time(stakes)) == 1
    with pytest.raises(DataError, match=r"firm: its recorded shares add up to 130 %.*\(stakes.yaml\)"):
        refuse_faults(stakes, "stakes.yaml")


@pytest.mark.parametrize("low, high", [(1.2, 1.2), (-0.1, 0.5), (0.6, 0.5), (float("nan"), 1.0)])
def test_a_share_that_is_none_is_refused(low, high):
    with pytest.raises(ValueError):
        Stake(owner="a", owned="b", low=low, high=high)


# --- what holds of any owners ---------------------------------------------------------------------------------------------

PARTIES = [f"p{number}" for number in range(7)]
RANK = {Answer.CERTAINLY: 3, Answer.POSSIBLY: 2, Answer.UNKNOWN: 1, Answer.NOT: 0}


@st.composite
def owners(draw):
    """Stakes of one pair each, whose least shares never pass the whole, with circles as they come."""
    stakes = []
    for owned in PARTIES:
        left = 20
        for owner in draw(st.lists(st.sampled_from(PARTIES), unique=True, max_size=4)):
            if owner == owned:
                continue
            low = draw(st.integers(0, left))
            high = draw(st.integers(low, 20))
            left -= low
            stakes.append(stake(owner, owned, low / 20, high / 20))
    return stakes


listed_parties = st.sets(st.sampled_from(PARTIES), max_size=3)


def answers(stakes, listed):
    closed = closure(graph(stakes, on=DAY), listed)
    return {party: closed.answer(party) for party in PARTIES}


@given(owners(), listed_parties, st.randoms())
@settings(deadline=None)
def test_the_order_of_stakes_and_of_listed_parties_does_not_matter(stakes, listed, chance):
    shuffled, others = list(stakes), list(listed)
    chance.shuffle(shuffled)
    chance.shuffle(others)
    before, after = closure(graph(stakes, on=DAY), listed), closure(graph(shuffled, on=DAY), others)
    assert [before.of(party) for party in PARTIES] == [after.of(party) for party in PARTIES]


@given(owners(), listed_parties, st.sampled_from(PARTIES))
@settings(deadline=None)
def test_listing_one_more_party_never_lessens_an_answer(stakes, listed, one_more):
    before, after = answers(stakes, listed), answers(stakes, listed | {one_more})
    for party in PARTIES:
        assert after[party] is Answer.CERTAINLY or before[party] is not Answer.CERTAINLY
        assert not (before[party] is Answer.POSSIBLY and after[party] in (Answer.NOT, Answer.UNKNOWN))
        assert not (before[party] is Answer.UNKNOWN and after[party] is Answer.NOT)


@given(owners(), listed_parties, st.data())
@settings(deadline=None)
def test_a_larger_share_of_a_listed_party_never_lessens_an_answer(stakes, listed, data):
    of_listed = [number for number, one in enumerate(stakes) if one.owner in listed]
    if not of_listed:
        return
    number = data.draw(st.sampled_from(of_listed))
    one = stakes[number]
    room = 20 - round(sum(other.low for other in stakes if other.owned == one.owned) * 20)
    low = round(one.low * 20) + data.draw(st.integers(0, max(room, 0)))
    high = max(low, round(one.high * 20))
    larger = [*stakes[:number], stake(one.owner, one.owned, low / 20, high / 20), *stakes[number + 1 :]]
    before, after = closure(graph(stakes, on=DAY), listed), closure(graph(larger, on=DAY), listed)
    assert set(before.certainly) <= set(after.certainly)
    assert set(before.possibly) <= set(after.possibly)
    assert set(before.unknown) <= set(after.unknown)


@given(owners(), listed_parties, st.sampled_from(PARTIES), st.sampled_from(PARTIES))
@settings(deadline=None)
def test_a_stake_whose_share_is_not_known_never_proves_or_disproves(stakes, listed, owner, owned):
    before = answers(stakes, listed)
    after = answers([*stakes, stake(owner, owned, kind=StakeKind.CONSOLIDATION)], listed)
    for party in PARTIES:
        assert (after[party] is Answer.CERTAINLY) == (before[party] is Answer.CERTAINLY)
        assert not (before[party] is Answer.UNKNOWN and after[party] is Answer.NOT)


@given(owners(), listed_parties)
@settings(deadline=None)
def test_each_set_holds_the_stricter_one(stakes, listed):
    closed = closure(graph(stakes, on=DAY), listed)
    assert (
        listed <= set(closed.certainly) <= set(closed.possibly) <= set(closed.unknown) <= set(closed.touched)
    )


@given(owners(), listed_parties)
@settings(deadline=None)
def test_certainly_is_what_half_of_half_by_hand_gives(stakes, listed):
    covered = set(listed)
    while True:
        held = {
            party: sum(
                Fraction(round(one.low * 20), 20)
                for one in stakes
                if one.owned == party and one.owner in covered
            )
            for party in PARTIES
        }
        more = covered | {party for party, share in held.items() if share >= Fraction(1, 2)}
        if more == covered:
            break
        covered = more
    assert set(closure(graph(stakes, on=DAY), listed).certainly) == covered


@given(owners(), listed_parties, st.integers(0, 2**32))
@settings(deadline=None)
def test_no_shares_within_the_bounds_contradict_a_certainly_or_a_not(stakes, listed, seed):
    """Draw true shares inside the bands: who is certainly covered is covered in truth, who is not is not."""
    draw = random.Random(seed)
    exact = []
    for owned in PARTIES:
        left = 1.0
        for one in sorted((one for one in stakes if one.owned == owned), key=lambda one: -one.low):
            others = sum(other.low for other in stakes if other.owned == owned) - one.low
            share = min(
                one.high, max(one.low, draw.uniform(one.low, min(one.high, max(one.low, 1.0 - others))))
            )
            exact.append((one, share))
            left -= share
        if left < -1e-9:
            return
    truth = closure(graph([stake(one.owner, one.owned, share) for one, share in exact], on=DAY), listed)
    for party, answer in answers(stakes, listed).items():
        if answer is Answer.CERTAINLY:
            assert truth.answer(party) is Answer.CERTAINLY
        if answer is Answer.NOT:
            assert truth.answer(party) is Answer.NOT


@given(owners(), listed_parties)
@settings(deadline=None)
def test_every_chain_leads_from_a_listed_party_down(stakes, listed):
    closed = closure(graph(stakes, on=DAY), listed)
    for party in PARTIES:
        found = closed.of(party)
        if party in listed or party not in closed.touched:
            continue
        assert found.chain[0].owner in listed
        assert found.chain[-1].owned == party
        assert all(before.owned == after.owner for before, after in zip(found.chain, found.chain[1:], strict=False))  # fmt: skip
        assert 0.0 <= found.multiplied_low <= found.multiplied_high <= 1.0
        assert found.low <= found.high <= 1.0 + 1e-9
