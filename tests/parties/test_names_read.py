"""Names by which everybody calls a listed party: read in a source, they make a hit from the day of the listing, not before."""

from datetime import date, timedelta

import pytest

from chipledger.findings.screening import desk
from chipledger.parties.register import parties


@pytest.fixture(scope="module")
def answers():
    return desk(parties().values(), lists=["entity_list"])


@pytest.mark.parametrize(
    ("name", "party", "listed_on"),
    [
        ("ファーウェイ", "huawei-technologies", date(2019, 5, 16)),
        ("華為技術", "huawei-technologies", date(2019, 5, 16)),
        ("Huawei Technologies", "huawei-technologies", date(2019, 5, 16)),
        ("華為", "huawei-technologies", date(2019, 5, 16)),
        ("Megvii", "megvii", date(2019, 10, 9)),
        ("浪潮", "inspur-group", date(2023, 3, 2)),
        ("科大讯飞", "iflytek", date(2019, 10, 9)),
        ("中芯国际", "smic", date(2020, 12, 18)),
    ],
)
def test_a_name_that_was_read_makes_a_hit_from_its_day_on(answers, name, party, listed_on):
    found = answers.screen(name, listed_on).screening
    assert (found.band.value, found.matches[0].party_id) == ("hit", party)
    before = answers.screen(name, listed_on - timedelta(days=1)).screening
    assert before.band.value != "hit"


@pytest.mark.parametrize("day", [date(2019, 5, 15), date(2025, 1, 20), date(2026, 11, 25)])
@pytest.mark.parametrize("name", ["NVIDIA", "Tsinghua University", "清华大学", "Tencent", "腾讯"])
def test_whom_the_entity_list_does_not_name_is_clear(answers, name, day):
    assert answers.screen(name, day).screening.band.value == "clear"
