"""Odds as ranges: order-free, monotone, capped for press, deaf to what is recalled, repeated or without figures."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from chipledger.core.sources import Grade
from chipledger.routes.kind import Between
from chipledger.routes.likelihood import NEVER, Likelihood, Odds, Weight, product, rivals, weighed
from chipledger.routes.register import routes

FOR = Likelihood(
    id="for",
    says="…",
    if_true=Between(low=0.4, high=0.8),
    if_false=Between(low=0.05, high=0.1),
    basis="judgement",
    why="a made-up row",
)
SHOWN = Likelihood(id="shown", says="…", basis="judgement", why="a made-up row")
LEVEL = Between(low=0.5, high=2.0)


def weight(
    name: str, row: Likelihood = FOR, grade: Grade = Grade.PRIMARY, lineage: str | None = None
) -> Weight:
    return Weight(name, row, grade, lineage or name)


def test_what_is_only_recalled_moves_nothing() -> None:
    odds = weighed(LEVEL, [weight("memory", grade=Grade.RECALLED)], 6)
    assert (odds.low, odds.high) == pytest.approx((0.5, 2.0))
    assert odds.set_aside == (("memory", "only recalled"),)


def test_five_retellings_of_one_text_count_once() -> None:
    once = weighed(LEVEL, [weight("a", lineage="preprint")], 6)
    often = weighed(LEVEL, [weight(name, lineage="preprint") for name in "abcde"], 6)
    assert (once.low, once.high) == (often.low, often.high)


def test_press_alone_moves_odds_by_no_more_than_the_cap() -> None:
    press = [weight(name, grade=Grade.SECONDARY) for name in "abcdefgh"]
    odds = weighed(Between(low=1, high=1), press, 6)
    assert odds.high <= 6 + 1e-9


def test_evidence_without_figures_is_shown_and_moves_nothing() -> None:
    odds = weighed(LEVEL, [weight("edit", SHOWN)], 6)
    assert (
        (odds.low, odds.high) == pytest.approx((0.5, 2.0))
        and odds.counted == ()
        and odds.set_aside[0][0] == "edit"
    )


@settings(deadline=None)
@given(
    st.permutations(
        [weight("a"), weight("b", SHOWN), weight("c", grade=Grade.SECONDARY), weight("d", lineage="a")]
    )
)
def test_the_order_of_evidence_changes_nothing(weights: list[Weight]) -> None:
    assert weighed(LEVEL, weights, 6) == weighed(LEVEL, sorted(weights, key=lambda one: one.evidence), 6)


positive = st.floats(1e-3, 1e3)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(positive, positive).map(lambda pair: Between(low=min(pair), high=max(pair))), max_size=6
    )
)
def test_a_product_of_ranges_lies_inside_the_product_of_their_ends(ranges: list[Between]) -> None:
    least, most = 1.0, 1.0
    for one in ranges:
        least, most = least * one.low, most * one.high
    found = product(ranges)
    assert least * (1 - 1e-9) <= found.low <= found.high <= most * (1 + 1e-9)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcd"), st.tuples(positive, positive), min_size=1))
def test_shares_of_rivals_lie_between_nought_and_one_and_can_add_up_to_one(
    weights: dict[str, tuple[float, float]],
) -> None:
    odds = {name: Odds(min(pair), max(pair)) for name, pair in weights.items()}
    shares = rivals(odds)
    assert all(0 <= share.low <= share.high <= 1 + 1e-9 for share in shares.values())
    assert (
        sum(share.low for share in shares.values())
        <= 1 + 1e-9
        <= sum(share.high for share in shares.values()) + 2e-9
    )


def test_what_cannot_have_been_takes_no_share() -> None:
    assert rivals({"never": NEVER, "other": Odds(1, 1)})["never"].high == 0


def test_every_row_of_the_table_has_ranges_and_a_reason_and_none_is_a_point() -> None:
    for row in routes().likelihoods.values():
        assert row.why
        for one in (row.if_true, row.if_false):
            assert one is None or one.low < one.high, row.id


def test_every_prior_is_a_range_with_its_reason() -> None:
    assert all(kind.prior.low < kind.prior.high and kind.prior.why for kind in routes().kinds.values())


@pytest.mark.parametrize("bad", [{"if_true": Between(low=0.0, high=0.5), "if_false": Between(low=0.1, high=0.2)},
                                 {"if_true": Between(low=0.1, high=1.5), "if_false": Between(low=0.1, high=0.2)},
                                 {"if_true": Between(low=0.1, high=0.5)}])  # fmt: skip
def test_a_row_that_is_no_pair_of_probabilities_is_refused(bad: dict[str, Between]) -> None:
    with pytest.raises(ValidationError):
        Likelihood(id="x", says="…", basis="judgement", why="a made-up row", **bad)


def test_a_range_upside_down_is_refused() -> None:
    with pytest.raises(ValidationError):
        Between(low=2, high=1)
