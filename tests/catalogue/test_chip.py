"""The chips of the catalogue, their facts, and what they refuse."""

from datetime import date

import pytest
from pydantic import ValidationError

from chipledger.catalogue.chip import Chip, Fact, chip, chips, period_of
from chipledger.core.errors import InputError
from chipledger.core.sources import Grade
from chipledger.core.timeline import Period


def fact(**changes: object) -> Fact:
    plain = {
        "metric": "memory_capacity",
        "value": 80,
        "unit": "GB",
        "source": "a-data-sheet",
        "grade": "quoted",
    }
    return Fact.model_validate(plain | changes)


def a_chip(*facts: Fact) -> Chip:
    return Chip(
        id="maker-x1",
        name="X1",
        vendor="Maker",
        vendor_country="US",
        china_variant=False,
        status="released",
        market="data centre",
        rates_complete=True,
        sources=("a-data-sheet",),
        facts=facts,
    )


def test_values_come_in_base_units():
    a800 = chip("nvidia-a800-sxm-80")

    assert a800.value("dense_rate", "bf16") == 312e12
    assert a800.value("memory_capacity") == 80e9
    assert a800.value("interconnect_bidirectional_bandwidth") == 400e9
    assert a800.value("applicable_die_area") == 826
    assert a800.value("power") == 400


def test_a_binary_capacity_is_not_taken_for_a_decimal_one():
    assert chip("aws-trainium2").value("memory_capacity") == 96 * 2**30


def test_what_is_not_known_is_none_and_never_zero():
    assert chip("nvidia-b20").value("dense_rate", "fp16") is None
    assert chip("cambricon-mlu690").facts == ()


def test_of_rivals_the_preferred_one_is_used_and_all_are_kept():
    h20 = chip("nvidia-h20")

    assert [(one.value, one.preferred) for one in h20.facts_of("power")] == [(400, True), (550, None)]
    assert h20.value("power") == 400


def test_a_shelved_fact_is_kept_but_never_used():
    mi350x = chip("amd-mi350x")

    assert [one.value for one in mi350x.facts_of("applicable_die_area")] == [1017]
    assert mi350x.fact("applicable_die_area") is None


def test_rivals_without_a_choice_are_refused():
    with pytest.raises(ValidationError, match="first is preferred, with its why"):
        a_chip(fact(), fact(value=96))


def test_a_choice_without_a_reason_is_refused():
    with pytest.raises(ValidationError, match="with its why"):
        a_chip(fact(preferred=True), fact(value=96))


def test_rivals_that_stand_apart_are_refused():
    with pytest.raises(ValidationError, match="stand together"):
        a_chip(fact(preferred=True, why="newer"), fact(metric="power", unit="W"), fact(value=96))


@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan")])
def test_a_value_that_is_not_positive_is_refused(value: float):
    with pytest.raises(ValidationError, match="positive"):
        fact(value=value)


def test_a_rate_without_its_format_is_refused():
    with pytest.raises(ValidationError, match="has a format"):
        fact(metric="dense_rate", unit="TFLOP/s")


@pytest.mark.parametrize(
    ("printed", "first", "after_last"),
    [
        ("2024", date(2024, 1, 1), date(2025, 1, 1)),
        ("2024-02", date(2024, 2, 1), date(2024, 3, 1)),
        ("2024-12", date(2024, 12, 1), date(2025, 1, 1)),
        ("2022-11-08", date(2022, 11, 8), date(2022, 11, 9)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 4, 1)),
        ("2028-Q4", date(2028, 10, 1), date(2029, 1, 1)),
    ],
)
def test_a_partial_date_means_all_its_days(printed: str, first: date, after_last: date):
    assert period_of(printed) == Period(first, after_last)


@pytest.mark.parametrize("printed", ["2024-13", "2024-02-30", "2024-Q5", "24", "soon", "2024-2", "２０２４"])
def test_what_is_no_partial_date_is_refused(printed: str):
    with pytest.raises(ValueError):
        period_of(printed)


def test_a_chip_without_a_date_has_no_period():
    assert chip("huawei-920").released_period is None


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(InputError, match="did you mean nvidia-h100-sxm"):
        chip("nvidia-h100-smx")


def test_an_endless_id_ends_in_a_short_error():
    with pytest.raises(InputError) as raised:
        chip("x" * 1_000_000)

    assert len(str(raised.value)) < 300


def test_recalled_facts_do_not_decide():
    assert not Grade.RECALLED.decides
    assert chip("nvidia-b30a").fact("dense_rate", "fp4").grade is Grade.RECALLED  # type: ignore[union-attr]


def test_chips_stand_in_the_order_of_their_ids():
    assert list(chips()) == sorted(chips())
