"""The cases of the article, reproduced from documents and data: what is told, what stays open, what conflicts."""

import json
from datetime import date

import pytest

from chipledger.catalogue.compare import compare as side_by_side
from chipledger.core.records import Purpose
from chipledger.core.sources import Grade
from chipledger.parties.events import listings_on
from chipledger.parties.register import parties
from chipledger.routes.assess import assess
from chipledger.routes.kind import Route
from chipledger.routes.register import routes
from chipledger.routes.rival import Rival
from chipledger.routes.study import Study, study
from chipledger.routes.timing import When, timing
from chipledger.routes.view import Assessment, Sighting, Standing, Strength

PAPER = date(2024, 11, 21)


def told(name: str, on: date | None = None) -> Study:
    return study(routes().subject(name), on)


def seen(found: Study, id: str) -> Assessment:
    return next(assessment for one, assessment in found.sightings if one.id == id)


def rival(found: Study, id: str) -> Rival:
    return next(one for one in found.rivals if one.hypothesis.id == id)


# Hunyuan-Large: the canonical case


def test_both_hypotheses_of_hunyuan_large_stand() -> None:
    found = told("Hunyuan-Large")
    assert [one.hypothesis.id for one in found.rivals if one.stands] == [
        "h20-throughout",
        "h800-pretraining",
        "other",
    ]


@pytest.mark.parametrize("on", [date(2024, 11, 5), PAPER, date(2024, 12, 13), None])
def test_they_stand_on_every_day_from_the_release_on_and_neither_is_settled(on: date | None) -> None:
    found = told("Hunyuan-Large", on)
    for id in ("h20-throughout", "h800-pretraining"):
        share = rival(found, id).probability
        assert share.low < 0.5 < share.high


def test_the_requirement_line_is_a_requirement_and_asks_for_no_route() -> None:
    found = told("Hunyuan-Large")
    line = seen(found, "h800-or-h20-requirement")
    assert line.sighting.purpose is Purpose.REQUIREMENT and not line.sighting.asks_a_route
    assert all(view.odds is None for view in line.views) and line.decided == ()
    assert "requirement" in line.says


def test_the_requirement_line_named_h800_until_the_sixth_of_december() -> None:
    stated = next(
        one for one in routes().subject("Hunyuan-Large").sightings if one.id == "h800-or-h20-requirement"
    )
    assert (stated.seen_from, stated.seen_until, stated.count) == (date(2024, 11, 5), date(2024, 12, 6), 16)
    assert any(cite.quote and "H800 or H20" in cite.quote for cite in stated.cites)


def test_the_requirement_line_is_evidence_for_h800_as_a_requirement_and_weaker_than_the_statement_of_stock() -> (
    None
):
    under = {one.evidence: one for one in rival(told("Hunyuan-Large"), "h800-pretraining").evidence}
    line, stock = under["h800-requirement"], under["tencent-h800-stock"]
    assert line.kind == "requirement_names" and line.counts
    assert (
        line.ratio
        and stock.ratio
        and line.ratio.high < stock.ratio.high
        and line.ratio.low < 1 < line.ratio.high
    )


def test_an_edit_and_an_unreliable_page_are_shown_and_move_nothing() -> None:
    under = {one.evidence: one for one in rival(told("Hunyuan-Large"), "h800-pretraining").evidence}
    assert not under["h800-taken-out"].counts and not under["ainews-h800"].counts
    assert under["ainews-h800"].why_not and "moves nothing" in under["ainews-h800"].why_not


def test_before_the_edit_no_edit_is_told() -> None:
    under = {one.evidence for one in rival(told("Hunyuan-Large", PAPER), "h800-pretraining").evidence}
    assert "h800-requirement" in under and "h800-taken-out" not in under


def test_h20_is_documented_for_tuning_and_serving_and_for_no_pretraining() -> None:
    purposes = {
        one.purpose for one in routes().subject("Hunyuan-Large").sightings if "nvidia-h20" in one.chips
    }
    assert Purpose.PRETRAINING not in purposes and {Purpose.FINETUNING, Purpose.INFERENCE} <= purposes


def test_the_arithmetic_lets_both_chips_do_it_and_says_how_many_it_takes() -> None:
    found = told("Hunyuan-Large")
    h20, h800 = rival(found, "h20-throughout").feasibility, rival(found, "h800-pretraining").feasibility
    assert h20 and h800 and h20.chips_needed and h800.chips_needed
    assert 1_000 < h20.chips_needed[0] < 5_000 and h800.chips_needed[1] < h20.chips_needed[0]
    assert h20.truth.is_unknown and "not stated" in h20.truth.reasons[0]


def test_what_would_tell_the_two_apart_comes_from_the_catalogue() -> None:
    said = {(one.excludes, one.observation) for one in told("Hunyuan-Large").tells}
    assert ("H20 96GB", "a measured BF16 rate above 148 TFLOP/s a chip") in said
    assert ("H20 96GB", "the work was under way before 2024-02-01") in said


# HunyuanDiT: not forced into any route


def test_the_a100_of_hunyuandit_is_forced_into_no_route() -> None:
    found = seen(told("HunyuanDiT"), "a100-tested")
    assert found.decided == () and found.sighting.purpose is Purpose.INFERENCE
    open_routes = {view.kind.id for view in found.views if view.standing is Standing.POSSIBLE}
    assert {Route.BOUGHT_BEFORE_RULE, Route.CLOUD_RENTAL, Route.RESELLER_ABROAD} <= open_routes
    assert all(view.strength is Strength.NONE for view in found.views)
    assert not any(view.probability and view.probability.low > 0.5 for view in found.views)


def test_no_sighting_of_hunyuandit_is_a_training() -> None:
    training = {Purpose.PRETRAINING, Purpose.FINETUNING, Purpose.TRAINING_UNSPECIFIED}
    assert not training & {one.purpose for one in routes().subject("HunyuanDiT").sightings}


# GameGen: tie and chip stand in documents of different days


def test_the_tie_of_gamegen_to_tencent_holds_in_september_2024_only() -> None:
    subject = routes().subject("GameGen-O")
    assert subject.id == routes().subject("GameGen-X").id
    assert [subject.party_on(day) for day in (date(2024, 9, 12), date(2024, 9, 13), date(2024, 10, 31), date(2024, 11, 1))] == [
        None, "tencent", "tencent", None]  # fmt: skip
    assert seen(told("GameGen-X"), "h100-of-the-paper").sighting.party is None


# iFlytek, SenseTime, AI-Galaxy: three separate facts


def test_iflytek_is_a_cloud_rental_and_its_provider_is_unknown() -> None:
    found = told("iFlytek")
    assert seen(found, "a100-reported").decided == (Route.CLOUD_RENTAL,)
    rented = next(one for one in found.reports if one.standing == "reported")
    assert rented.route is Route.CLOUD_RENTAL and rented.provider is None


def test_a_press_report_is_never_more_than_medium() -> None:
    view = seen(told("iFlytek"), "a100-reported").view(Route.CLOUD_RENTAL)
    assert (view.standing, view.strength) == (Standing.REPORTED, Strength.MEDIUM)


def test_cloud_is_access_and_a_purchase_is_possession() -> None:
    assert routes().kinds[Route.CLOUD_RENTAL].gives == "access"
    assert routes().kinds[Route.AFFILIATE_OFF_LIST].gives == "possession"


def test_sensetime_is_intermediaries_and_subsidiaries_and_no_cloud() -> None:
    found = seen(told("SenseTime"), "a100-as-retold")
    assert set(found.decided) == {Route.RESELLER_ABROAD, Route.AFFILIATE_OFF_LIST}
    assert found.view(Route.CLOUD_RENTAL).standing is Standing.POSSIBLE


def test_the_articles_sentence_on_sensetime_is_marked_conflicting_and_counts_for_nothing() -> None:
    retold = next(one for one in routes().reports if one.id == "itmedia-sensetime-ai-galaxy")
    assert retold.standing == "conflicting" and retold.rests_on == "ft-sensetime-intermediaries"
    view = seen(told("SenseTime"), "a100-as-retold").view(Route.CLOUD_RENTAL)
    assert view.conflicting and view.odds and "itmedia-sensetime-ai-galaxy" not in view.odds.counted
    assert view.odds.high == pytest.approx(routes().kinds[Route.CLOUD_RENTAL].prior.high)


def test_iflytek_and_sensetime_were_listed_so_a_direct_purchase_was_closed_to_them_when_the_a100_came_out() -> (
    None
):
    for name in ("iflytek", "sensetime"):
        assert [
            one.list
            for one in listings_on(parties()[name].events, date(2023, 3, 10))
            if one.list == "entity_list"
        ]
        found = told(name)
        assert all(
            one.view(Route.BOUGHT_BEFORE_RULE).standing is Standing.CLOSED for _, one in found.sightings
        )


@pytest.mark.parametrize("name", ["iFlytek", "SenseTime"])
def test_there_is_no_edge_from_ai_galaxy_to_either(name: str) -> None:
    found = told(name)
    assert found.offers == ()
    fields = json.loads(json.dumps(found.as_dict()))
    assert all(report["provider"] is None for report in fields["reports"])
    assert not any("customer" in key for offer in routes().offers for key in type(offer).model_fields)


def test_the_offer_of_ai_galaxy_is_eight_a100_at_ten_dollars_an_hour_and_names_no_customer() -> None:
    (offer,) = told("智星云").offers
    assert (offer.provider, offer.count, offer.price, offer.currency, offer.per_chip) == (
        "ai-galaxy",
        8,
        10,
        "USD",
        1.25,
    )
    assert parties()["ai-galaxy"].country == "CN"
    assert told("AI-Galaxy").reports == () and told("AI-Galaxy").sightings == ()


# The driver, the cards, stock and orders


def test_the_driver_is_dated_in_april_measured_and_its_maker_is_not_chinese() -> None:
    (driver,) = told("P2P driver").capabilities
    assert driver.dated_on == date(2024, 4, 12) and driver.chips == ("nvidia-rtx-4090",)
    bus = next(one for one in driver.measured if one.metric == "all_reduce_bus_bandwidth")
    assert (bus.value, bus.unit) == (24.5, "GB/s")
    assert driver.maker_country == "US" and parties()[driver.maker].country == "US"
    assert "nvidia-rtx-3090" not in driver.chips


def test_the_measured_rate_is_a_twentieth_of_an_h100s_link_in_one_direction() -> None:
    axes = {axis.name: axis for axis in side_by_side(["nvidia-h100-sxm"])}
    one_way = axes["interconnect_bidirectional_bandwidth"].cells[0].value
    assert one_way and 24.5 / (one_way / 2) == pytest.approx(0.054, abs=0.002)


def card(chip_id: str, on: date) -> Assessment:
    return assess(
        Sighting(id=chip_id, chip=chip_id, chips=(chip_id,), purpose=Purpose.PRETRAINING, seen_on=on)
    )


def test_a_4090_seen_in_2024_is_a_consumer_card_and_the_driver_is_told_only_once_it_was_out() -> None:
    before, after = card("nvidia-rtx-4090", date(2024, 4, 11)), card("nvidia-rtx-4090", date(2024, 4, 12))
    assert before.view(Route.CONSUMER_CARD_DIVERTED).said_for == ()
    assert "2024-04-12" in after.view(Route.CONSUMER_CARD_DIVERTED).said_for[0]


def test_the_4090_needed_a_license_from_november_2023_and_the_3090_and_4090d_did_not() -> None:
    seen_on = date(2024, 12, 13)
    assert card("nvidia-rtx-4090", seen_on).view(Route.BELOW_THRESHOLD).open_periods[
        -1
    ].effective_until == date(2023, 11, 17)
    for free in ("nvidia-rtx-3090", "nvidia-rtx-4090d"):
        last = card(free, seen_on).view(Route.BELOW_THRESHOLD).open_periods[-1].effective_until
        assert last == date(2024, 12, 14), free


def test_tencents_statement_of_november_2023_lies_across_the_rule_of_the_h800() -> None:
    found = timing(next(one for one in routes().stock if one.id == "tencent-h800-2023-11"))
    assert found.when is When.ACROSS and found.required_from == date(2023, 10, 23)
    assert (found.since, found.until) == (date(2023, 3, 21), date(2023, 11, 15))
    assert "consistent with" in found.sentence and found.days_free == 216


@pytest.mark.parametrize("id", ["h20-orders-2025-q1", "h20-million-2025-04"])
def test_the_h20_orders_of_2025_lie_before_the_requirement(id: str) -> None:
    found = timing(next(one for one in routes().stock if one.id == id))
    assert found.when is When.BEFORE and found.required_from == date(2025, 4, 9) and found.days_required == 0


def test_no_domestic_chip_is_asserted_of_tencent() -> None:
    for subject in routes().subjects.values():
        if any(tie.party == "tencent" for tie in subject.ties):
            assert all(chip.startswith("nvidia-") for one in subject.sightings for chip in one.chips)


def test_a_requirement_never_gives_possession_in_any_subject() -> None:
    for subject in routes().subjects.values():
        for one, found in study(subject).sightings:
            if not one.purpose.is_use:
                assert found.decided == () and all(view.odds is None for view in found.views), one.id


def test_bf16_and_moe_help_every_chip_alike_and_fp8_serving_may_help_the_weaker_one() -> None:
    serving = seen(told("Hunyuan-Large"), "h20-serving").view(Route.SOFTWARE_ON_WEAKER_CHIP)
    (for_it,) = serving.said_for
    assert "FP8" in for_it and "BF16" not in for_it and "MoE" not in for_it
    assert any("alike: MoE, BF16" in one for one in serving.said_against)
    assert routes().techniques["BF16"].gains == "alike"


def test_no_output_says_guilty_or_how_to_go_around() -> None:
    said = json.dumps(
        [study(subject).as_dict() for subject in routes().subjects.values()], ensure_ascii=False
    ).casefold()
    for word in ("guilty", "illegal", "violated", "violation", "loophole", "you can", "avoid the"):
        assert word not in said, word


def test_every_subject_that_names_a_party_names_an_organisation_of_the_register() -> None:
    assert all(tie.party in parties() for subject in routes().subjects.values() for tie in subject.ties)


def test_what_is_only_recalled_decides_no_standing() -> None:
    reports = tuple(
        one.model_copy(
            update={"cites": tuple(cite.model_copy(update={"grade": Grade.RECALLED}) for cite in one.cites)}
        )
        for one in routes().reports
    )
    data = type(routes())(**{**routes().__dict__, "reports": reports})
    found = study(routes().subject("iFlytek"), data=data)
    assert seen(found, "a100-reported").decided == ()


# What is told stands with its source, and not before its day


@pytest.mark.parametrize("subject", sorted(routes().subjects))
def test_every_statement_stands_with_its_source(subject: str) -> None:
    found = told(subject).as_dict()
    kept = ("ties", "sightings", "reports", "stock", "offers", "capabilities")
    said = [one for kind in kept for one in found[kind]]
    said += [one for rival in found["hypotheses"] for one in rival["evidence"]]
    assert all(one["cites"] for one in said)
    assert {cite["source"] for one in said for cite in one["cites"]} == set(found["sources"])
    assert all(source["title"] for source in found["sources"].values())


def test_before_a_release_nothing_is_reckoned_from_it() -> None:
    before, after = (told("Hunyuan-Large", date(2024, 11, day)) for day in (4, 5))
    assert [(one.feasibility, one.supply_says) for one in before.rivals] == [(None, None)] * 3
    assert rival(after, "h20-throughout").feasibility and rival(after, "h20-throughout").supply_says
