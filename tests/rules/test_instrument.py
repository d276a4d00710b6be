from datetime import date

import pytest
from pydantic import ValidationError

from chipledger.core.sources import Grade
from chipledger.rules.instrument import Instrument, Standing
from chipledger.rules.law import law


def standing(instrument, on):
    return law().instruments[instrument].standing.at(on)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2025, 1, 12), None),
        (date(2025, 1, 13), Standing.IN_FORCE),
        (date(2025, 5, 12), Standing.IN_FORCE),
        (date(2025, 5, 13), Standing.NOT_ENFORCED),
        (date(2026, 11, 23), Standing.NOT_ENFORCED),
    ],
)
def test_the_diffusion_rule_is_codified_and_no_longer_enforced(on, expected):
    assert standing("us-2025-01-13-ai-diffusion", on) is expected


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2025, 9, 29), Standing.IN_FORCE),
        (date(2025, 11, 9), Standing.IN_FORCE),
        (date(2025, 11, 10), Standing.STAYED),
        (date(2026, 11, 9), Standing.STAYED),
        (date(2026, 11, 10), Standing.UNKNOWN),
    ],
)
def test_the_affiliates_rule_is_stayed_for_a_year_and_then_unknown(on, expected):
    assert standing("us-2025-09-29-affiliates", on) is expected


def test_the_2023_rule_is_proposed_until_its_effective_day():
    assert standing("us-2023-10-17-acs-ifr", date(2023, 11, 16)) is Standing.PROPOSED
    assert standing("us-2023-10-17-acs-ifr", date(2023, 11, 17)) is Standing.IN_FORCE


def test_the_grade_is_that_of_the_best_cite():
    assert law().instruments["us-2023-10-17-acs-ifr"].grade is Grade.PRIMARY
    assert law().instruments["us-2023-08-letter-nvidia"].grade is Grade.QUOTED


def test_standings_out_of_order_are_refused():
    good = law().instruments["us-2025-09-29-affiliates"].model_dump()
    with pytest.raises(ValidationError, match="in the order of their days"):
        Instrument.model_validate({**good, "standings": good["standings"][::-1]})


def test_an_instrument_without_a_cite_is_refused():
    good = law().instruments["us-2025-09-29-affiliates"].model_dump()
    with pytest.raises(ValidationError, match="names where it is written"):
        Instrument.model_validate({**good, "cites": ()})
