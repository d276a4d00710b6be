"""A name written twice, in hanzi and in letters, as sign-ups and papers write it."""

from datetime import date

import pytest

from chipledger.findings.screening import desk
from chipledger.parties.register import parties
from chipledger.parties.two_scripts import halves

DAY = date(2025, 1, 20)


@pytest.fixture(scope="module")
def answers():
    return desk(parties().values(), lists=["entity_list"])


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("科大讯飞 iFLYTEK", ("科大讯飞", "iFLYTEK")),
        ("iFLYTEK（科大讯飞）", ("iFLYTEK", "科大讯飞")),
        ("Huawei华为", ("Huawei", "华为")),
        ("日本電信電話 / NTT", ("日本電信電話", "NTT")),
        ("株式会社NTTデータ", None),
        ("北京 ABC 科技", None),
        ("华为", None),
        ("Huawei", None),
        ("A 华为", None),
        ("!!!", None),
        ("", None),
        ("华" * 2000 + "a", None),
    ],
)
def test_a_name_has_two_halves_where_it_changes_its_script_once(name, parts):
    assert halves(name) == parts


@pytest.mark.parametrize(
    ("name", "party"),
    [
        ("科大讯飞 iFLYTEK", "iflytek"),
        ("iFLYTEK (科大讯飞)", "iflytek"),
        ("Huawei华为", "huawei-technologies"),
        ("華為（Huawei）", "huawei-technologies"),
        ("SMIC 中芯国际", "smic"),
        ("寒武纪 Cambricon", "cambricon"),
    ],
)
def test_a_party_that_both_halves_name_is_meant(answers, name, party):
    found = answers.screen(name, DAY).screening
    assert (found.band.value, found.matches[0].party_id) == ("hit", party)
    assert any("both halves of the name" in reason for reason in found.matches[0].reasons)


@pytest.mark.parametrize("name", ["华为 Bakery", "科大讯飞 Acme", "SMIC 大饼铺"])
def test_what_one_half_names_asks_for_review_and_makes_no_hit(answers, name):
    found = answers.screen(name, DAY).screening
    assert found.band.value == "review"
    assert any(reason.startswith("review:") for reason in found.matches[0].reasons)


def test_the_day_counts_for_both_halves(answers):
    assert answers.screen("科大讯飞 iFLYTEK", date(2019, 10, 8)).screening.band.value == "clear"
    assert answers.screen("科大讯飞 iFLYTEK", date(2019, 10, 9)).screening.band.value == "hit"


def test_two_parties_in_one_name_are_both_told(answers):
    found = answers.screen("商汤 iFLYTEK", DAY).screening
    assert {"sensetime", "iflytek"} <= {match.party_id for match in found.matches}


def test_no_more_matches_than_were_asked_for(answers):
    assert len(answers.screen("Huawei 华为", DAY, most=2).screening.matches) == 2
