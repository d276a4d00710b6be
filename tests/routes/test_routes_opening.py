"""Which routes to a chip were open on which days, at every boundary of the rules and the lists."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.catalogue.chip import chip, chips
from chipledger.core.truth import Verdict
from chipledger.parties.register import parties
from chipledger.routes.kind import Route
from chipledger.routes.opening import merged, openings
from chipledger.rules.history import history
from chipledger.rules.item import item_of

MAY_2024 = date(2024, 5, 14)


def verdict(
    chip_id: str, route: Route, on: date, until: date = date(2026, 11, 1), party: str | None = None
) -> str:
    truth = openings(chip(chip_id), until, party=parties()[party] if party else None)[route].at(on)
    assert truth is not None
    return truth.value.value


@pytest.mark.parametrize(
    ("chip_id", "route", "on", "expected"),
    [
        ("nvidia-a100-sxm-80", Route.BOUGHT_BEFORE_RULE, date(2022, 8, 25), "yes"),
        ("nvidia-a100-sxm-80", Route.BOUGHT_BEFORE_RULE, date(2022, 8, 26), "no"),
        ("nvidia-a100-sxm-80", Route.BELOW_THRESHOLD, date(2022, 8, 25), "no"),  # no test existed yet
        ("nvidia-a800-sxm-80", Route.BELOW_THRESHOLD, date(2023, 10, 22), "yes"),
        ("nvidia-a800-sxm-80", Route.BELOW_THRESHOLD, date(2023, 10, 23), "no"),
        ("nvidia-h800-sxm", Route.BOUGHT_BEFORE_RULE, date(2023, 10, 22), "yes"),
        ("nvidia-h800-sxm", Route.BOUGHT_BEFORE_RULE, date(2023, 10, 23), "no"),
        ("nvidia-h20", Route.BELOW_THRESHOLD, date(2025, 4, 8), "yes"),
        ("nvidia-h20", Route.BELOW_THRESHOLD, date(2025, 4, 9), "no"),
        ("nvidia-h20", Route.BOUGHT_BEFORE_RULE, date(2025, 4, 8), "yes"),
        ("nvidia-h20", Route.LICENSED, date(2025, 8, 7), "unknown"),
        ("nvidia-h20", Route.LICENSED, date(2025, 8, 8), "yes"),
        ("nvidia-rtx-4090", Route.CONSUMER_CARD_DIVERTED, date(2023, 11, 17), "yes"),
        ("nvidia-rtx-4090", Route.BELOW_THRESHOLD, date(2023, 11, 16), "yes"),
        ("nvidia-rtx-4090", Route.BELOW_THRESHOLD, date(2023, 11, 17), "no"),
        ("nvidia-a100-sxm-80", Route.CONSUMER_CARD_DIVERTED, date(2023, 11, 17), "no"),
        ("nvidia-a100-sxm-80", Route.EXEMPT_OR_ABROAD, date(2023, 11, 16), "yes"),
        ("nvidia-a100-sxm-80", Route.EXEMPT_OR_ABROAD, date(2023, 11, 17), "no"),
        ("nvidia-a100-sxm-80", Route.RESELLER_ABROAD, date(2022, 8, 25), "no"),  # nothing to pass on around
        ("nvidia-a100-sxm-80", Route.RESELLER_ABROAD, date(2022, 8, 26), "yes"),
        ("nvidia-a100-sxm-80", Route.CLOUD_RENTAL, date(2023, 3, 10), "yes"),
        ("huawei-910b1", Route.DOMESTIC_CHIP, date(2024, 1, 1), "yes"),
        ("nvidia-h20", Route.DOMESTIC_CHIP, date(2024, 6, 1), "no"),
        ("nvidia-v100-sxm2-32", Route.BOUGHT_BEFORE_RULE, date(2022, 8, 25), "yes"),
        ("nvidia-v100-sxm2-32", Route.BELOW_THRESHOLD, date(2022, 8, 26), "yes"),
    ],
)
def test_a_window_opens_and_closes_on_the_day_of_the_rule(
    chip_id: str, route: Route, on: date, expected: str
) -> None:
    assert verdict(chip_id, route, on) == expected


def test_an_h20_seen_before_the_letter_was_bought_before_no_rule_that_had_come() -> None:
    seen = openings(chip("nvidia-h20"), date(2024, 11, 5))
    assert not any(truth.is_yes for _, truth in seen[Route.BOUGHT_BEFORE_RULE])
    assert all(truth.is_yes for _, truth in seen[Route.BELOW_THRESHOLD])


def test_the_h100_had_no_day_on_which_china_could_buy_it_without_a_licence() -> None:
    found = openings(chip("nvidia-h100-sxm"), MAY_2024)
    assert not any(
        truth.is_yes
        for route in (Route.BOUGHT_BEFORE_RULE, Route.BELOW_THRESHOLD)
        for _, truth in found[route]
    )


@pytest.mark.parametrize(("on", "expected"), [(date(2019, 10, 8), "yes"), (date(2019, 10, 9), "no")])
def test_a_listed_party_could_buy_nothing_directly_from_the_day_of_its_listing(
    on: date, expected: str
) -> None:
    assert verdict("nvidia-v100-sxm2-32", Route.BOUGHT_BEFORE_RULE, on, MAY_2024, "sensetime") == expected


def test_an_affiliate_off_the_list_counts_only_for_a_listed_party_and_only_until_the_chip_itself_was_caught() -> (
    None
):
    assert (
        verdict("nvidia-a100-sxm-80", Route.AFFILIATE_OFF_LIST, date(2021, 6, 1), MAY_2024, "sensetime")
        == "yes"
    )
    assert (
        verdict("nvidia-a100-sxm-80", Route.AFFILIATE_OFF_LIST, date(2022, 8, 26), MAY_2024, "sensetime")
        == "no"
    )
    assert (
        verdict("nvidia-a100-sxm-80", Route.AFFILIATE_OFF_LIST, date(2021, 6, 1), MAY_2024, "tencent") == "no"
    )


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2025, 9, 28), "yes"),
        (date(2025, 9, 29), "no"),
        (date(2025, 11, 9), "no"),
        (date(2025, 11, 10), "yes"),
        (date(2026, 11, 10), "unknown"),
    ],
)
def test_the_affiliates_rule_closes_that_route_while_it_holds(on: date, expected: str) -> None:
    """An H20-class question apart: a part for which nothing but the list asks a licence."""
    assert verdict("nvidia-p40", Route.AFFILIATE_OFF_LIST, on, date(2026, 11, 20), "sensetime") == expected


def test_a_chip_that_was_not_out_has_no_window() -> None:
    assert all(not timeline.entries for timeline in openings(chip("nvidia-h20"), date(2023, 1, 1)).values())


def test_no_reason_tells_how_to_get_around_a_rule_or_calls_anybody_guilty() -> None:
    said = " ".join(
        reason
        for id in ("nvidia-a100-sxm-80", "nvidia-rtx-4090", "nvidia-h20", "huawei-910b1")
        for timeline in openings(chip(id), date(2026, 11, 1), party=parties()["sensetime"]).values()
        for _, truth in timeline
        for reason in truth.reasons
    ).casefold()
    assert not any(
        word in said for word in ("guilty", "illegal", "violat", "evade", "circumvent", "smuggl", "loophole")
    )


IDS = sorted(id for id, one in chips().items() if one.released_period)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(IDS), st.dates(date(2017, 1, 1), date(2026, 11, 20)))
def test_every_day_from_release_to_sighting_has_an_answer_and_a_free_day_is_one_of_two_purchases(
    chip_id: str, until: date
) -> None:
    one = chip(chip_id)
    found = openings(one, until)
    out = one.released_period.effective_from if one.released_period else None
    if out is None or until < out:
        return
    line = history(item_of(one), "CN")
    for day in {out, until, out + (until - out) / 2}:
        truths = {route: found[route].at(day) for route in Route}
        assert all(truth is not None and truth.reasons for truth in truths.values())
        state = line.at(day)
        assert state is not None
        bought = [truths[route] for route in (Route.BOUGHT_BEFORE_RULE, Route.BELOW_THRESHOLD)]
        assert (state.license_required is Verdict.NO) == any(
            truth is not None and truth.is_yes for truth in bought
        )


@settings(max_examples=10, deadline=None)
@given(st.permutations(["nvidia-a100-sxm-40", "nvidia-a100-sxm-80", "nvidia-a100-pcie-40"]))
def test_the_order_of_variants_changes_no_window(ids: list[str]) -> None:
    ordered = merged(openings(chip(id), MAY_2024) for id in sorted(ids))
    shuffled = merged(openings(chip(id), MAY_2024) for id in ids)
    for route in Route:
        for day in (date(2021, 1, 1), date(2022, 8, 26), MAY_2024):
            left, right = ordered[route].at(day), shuffled[route].at(day)
            assert left is not None and right is not None and left.value is right.value


def test_a_later_sighting_takes_no_open_day_away() -> None:
    early, late = (
        openings(chip("nvidia-a800-sxm-80"), until) for until in (date(2023, 6, 1), date(2024, 6, 1))
    )
    for route in Route:
        for day in (date(2022, 12, 1) + timedelta(days=30 * step) for step in range(6)):
            before, after = early[route].at(day), late[route].at(day)
            assert before is None or not before.is_yes or (after is not None and after.is_yes)


@pytest.mark.parametrize("route", [Route.SURPLUS_OR_BLACK_MARKET, Route.INDIVIDUAL_SELLER])
def test_a_variant_whose_figures_are_only_recalled_opens_no_market_before_a_license_was_needed(
    route: Route,
) -> None:
    variants = merged(openings(chip(id), date(2025, 5, 1)) for id in ("nvidia-h20", "nvidia-h20-141"))
    found = {str(period.effective_from): truth.value for period, truth in variants[route]}
    assert found["2025-01-01"] is Verdict.UNKNOWN
    assert found["2025-04-09"] is Verdict.YES
