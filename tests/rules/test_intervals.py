import random
from datetime import date, timedelta
from itertools import pairwise

import pytest

from chipledger.catalogue.chip import chips
from chipledger.core.errors import InputError
from chipledger.core.timeline import Period
from chipledger.rules.intervals import FIRST_DAY, Party, Told, courses
from chipledger.rules.item import item_of
from chipledger.rules.law import law
from chipledger.rules.status import status

UNTIL = date(2026, 11, 24)
A_DAY = timedelta(days=1)
EVERY_CHIP = [item_of(one) for one in chips().values()]
OF_EACH_MAKER = list({item.vendor: item for item in EVERY_CHIP}.values())
SOME = [*OF_EACH_MAKER, *(item for item in EVERY_CHIP if item.id in ("nvidia-h20", "nvidia-a100-sxm-80"))]


@pytest.fixture(scope="module")
def told():
    return {(one.chip, one.country, one.party): one for one in courses(SOME, UNTIL)}


def test_every_chip_country_and_kind_of_party_has_its_course(told):
    asked = {
        (item.id, country, party) for item in SOME for country in law().groups.countries for party in Party
    }
    assert set(told) == asked


def test_intervals_have_no_gap_and_no_overlap_and_tell_the_whole_time(told):
    for course in told.values():
        assert course.spans[0].effective_from == FIRST_DAY
        assert course.spans[-1].effective_until == UNTIL + A_DAY
        for before, after in pairwise(course.spans):
            assert before.effective_until == after.effective_from
            assert before.told != after.told


def test_a_day_within_an_interval_says_what_the_status_of_the_day_says(told):
    draw = random.Random(20261124)
    countries, days = sorted(law().groups.countries), (UNTIL - FIRST_DAY).days + 1
    for _ in range(600):
        item, country, party = draw.choice(SOME), draw.choice(countries), draw.choice(list(Party))
        day = FIRST_DAY + timedelta(days=draw.randrange(days))
        spans = told[item.id, country, party].spans
        [span] = [one for one in spans if Period(one.effective_from, one.effective_until).contains(day)]
        assert span.told == Told.of(status(item, party.buys_in(country), on=day)), (
            item.id,
            country,
            party,
            day,
        )


def test_a_maker_of_the_destination_is_told_apart_from_a_country_in_the_same_scopes():
    ascend = next(item for item in EVERY_CHIP if item.id == "huawei-910b1")
    found = {(one.country, one.party): one.spans[-1].told for one in courses([ascend], UNTIL)}
    at_home, in_hong_kong = found["CN", Party.UNLISTED], found["HK", Party.UNLISTED]
    assert at_home == Told.of(status(ascend, "CN", on=UNTIL))
    assert in_hong_kong == Told.of(status(ascend, "HK", on=UNTIL))
    assert at_home != in_hong_kong


def test_the_letter_on_the_h20_begins_an_interval(told):
    spans = told["nvidia-h20", "CN", Party.UNLISTED].spans
    letter = next(span for span in spans if span.told.letters.value == "yes")
    assert letter.effective_from == date(2025, 4, 9)
    assert "Letter of 2025-04-09 to NVIDIA" in letter.told.paragraphs


def test_a_chinese_parent_abroad_is_told_apart_from_a_party_of_the_country(told):
    on = date(2024, 6, 1)
    in_germany = [
        told["nvidia-a100-sxm-80", "DE", party].spans for party in (Party.UNLISTED, Party.CN_PARENT)
    ]
    of_the_day = [next(span.told for span in spans if span.effective_until > on) for spans in in_germany]
    assert [one.enforced.value for one in of_the_day] == ["no", "yes"]


def test_a_last_day_before_the_first_is_refused():
    with pytest.raises(InputError, match="2022-08-01 or later"):
        next(courses(SOME, date(2022, 7, 31)))


BOUNDARIES = [pytest.param(day, id=str(day)) for day in law().boundaries]


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_every_chip_has_an_answer_of_every_control_around_every_boundary(boundary):
    for day in (boundary - A_DAY, boundary, boundary + A_DAY):
        in_effect = {one.control.id for one in law().on(day).controls}
        assert in_effect == {one.id for one in law().controls.values() if one.version(day)}
        for item in EVERY_CHIP:
            for country in ("CN", "VN", "DE"):
                found = status(item, country, on=day)
                for layer in found.layers.values():
                    assert layer.license_required.reasons, (item.id, country, day)
