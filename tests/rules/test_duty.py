from datetime import date

import pytest
from rule_cases import Figures, cases

from chipledger.catalogue.chip import chip, chips
from chipledger.core.errors import DataError
from chipledger.core.records import Record
from chipledger.core.truth import Verdict
from chipledger.rules.duty import duties, duty
from chipledger.rules.instrument import Kind
from chipledger.rules.item import item_of
from chipledger.rules.law import DATA, law

IN_FORCE = date(2026, 2, 1)
NAME = "us-2026-01-14-section-232.yaml"


class Levied(Record):
    """One set of figures and the bands it falls in."""

    id: str
    tpp: float | None = None
    memory: float | None = None
    dutiable: Verdict
    bands: tuple[str, ...] = ()


@pytest.mark.parametrize("case", cases("tariff_bands", Levied), ids=lambda case: case.id)
def test_bands_below_at_and_above(case):
    (found,) = duty(Figures(tpp=case.tpp, memory=case.memory).item(), IN_FORCE)
    assert found.dutiable.value is case.dutiable
    assert found.bands == case.bands


@pytest.mark.parametrize(("on", "levied"), [(date(2026, 1, 14), 0), (date(2026, 1, 15), 1)])
def test_a_duty_begins_on_its_day(on, levied):
    assert len(duty(item_of(chip("nvidia-h200-sxm")), on)) == levied


def test_an_answer_names_rate_uses_and_cite():
    (found,) = duty(item_of(chip("nvidia-h200-sxm")), IN_FORCE)
    told = found.as_dict()
    assert told["rate_per_cent"] == 25
    assert "TPP 15831 is above 14000" in told["reasons"]
    assert any("data centres in the United States" in use for use in told["exempt_uses"])
    assert told["cites"] == [
        "CSMS 67400472, guidance on section 232 duties on semiconductors, 9903.79.01 (1) (quoted)"
    ]


def test_what_is_missing_is_asked_for():
    (found,) = duty(Figures(tpp=15832).item(), IN_FORCE)
    assert found.dutiable.reasons == ("needs memory_bandwidth",)


def test_every_duty_rests_on_a_proclamation_and_every_chip_has_an_answer():
    for one in duties():
        assert law().instruments[one.instrument].kind is Kind.PROCLAMATION
    for each in chips().values():
        for found in duty(item_of(each), IN_FORCE):
            assert found.dutiable.reasons


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        (("above: 14000", "over: 14000"), "us-2026-01-14-section-232.yaml:"),
        (("source: cbp-csms-67400472, at: \"9903.79.01 (1)\"", "source: cbp-csms, at: \"x\""), "section-232.yaml:15"),
        (("instrument: us-2026", "instrument: us-2027"), "instrument 'us-2027-01-14-section-232' does not exist"),
    ],
)  # fmt: skip
def test_a_slip_in_a_file_is_told_with_its_line(tmp_path, slip, told):
    text = (DATA / "duties" / NAME).read_text("utf-8")
    (tmp_path / NAME).write_text(text.replace(*slip, 1), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        duties(tmp_path)
    assert told in str(refused.value)
