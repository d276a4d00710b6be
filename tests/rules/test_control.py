from datetime import date

import pytest
from pydantic import ValidationError

from chipledger.rules.control import Control, Version
from chipledger.rules.law import law

THE_2022_CONTROL = law().controls["us-ear-3a090-2022"]


@pytest.mark.parametrize(
    ("on", "is_in_effect"),
    [
        (date(2022, 10, 20), False),
        (date(2022, 10, 21), True),
        (date(2023, 11, 16), True),
        (date(2023, 11, 17), False),
    ],
)
def test_the_2022_text_holds_until_the_2023_text_begins(on, is_in_effect):
    assert (THE_2022_CONTROL.version(on) is not None) is is_in_effect
    assert (law().controls["us-ear-3a090-a"].version(on) is not None) is (on >= date(2023, 11, 17))


def test_every_day_of_change_is_told():
    assert {date(2022, 10, 21), date(2023, 1, 17), date(2023, 11, 17)} <= THE_2022_CONTROL.days


def test_a_version_that_holds_no_day_is_refused():
    with pytest.raises(ValidationError, match="must hold a day"):
        Version(
            effective_from=date(2023, 1, 1), effective_until=date(2023, 1, 1), instrument="x", paragraphs=()
        )


def test_an_unknown_field_is_refused():
    with pytest.raises(ValidationError, match=r"[Ee]xtra"):
        Control.model_validate({**THE_2022_CONTROL.model_dump(by_alias=True), "colour": "red"})
