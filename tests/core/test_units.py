"""Printed quantities: what they mean in base units, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as draw

from chipledger.core.errors import InputError
from chipledger.core.units import parse, scale, show, to_si


@pytest.mark.parametrize(
    ("printed", "value", "base"),
    [
        ("312 TFLOP/s", 312e12, "flop_per_second"),
        ("312TFLOPS", 312e12, "flop_per_second"),
        ("1.98 PFLOPs/s", 1.98e15, "flop_per_second"),
        ("3.3e24 FLOP", 3.3e24, "flop"),
        ("624 TOPS", 624e12, "operation_per_second"),
        ("296 TOP/s", 296e12, "operation_per_second"),
        ("80 GB", 80e9, "bytes"),
        ("80 GiB", 80 * 2**30, "bytes"),
        ("3,350 GB/s", 3.35e12, "bytes_per_second"),
        ("400 Gbit/s", 400e9, "bits_per_second"),
        ("400Gbps", 400e9, "bits_per_second"),
        ("25 GBps", 25e9, "bytes_per_second"),
        ("1410 MHz", 1.41e9, "hertz"),
        ("0.7 kW", 700.0, "watts"),
        ("814 mm²", 814.0, "mm2"),
        ("814 mm^2", 814.0, "mm2"),
        ("4 nm", 4.0, "nm"),
        ("90 min", 5400.0, "seconds"),
        ("2 h", 7200.0, "seconds"),
        ("3 d", 259_200.0, "seconds"),
    ],
)
def test_a_printed_quantity_is_its_number_in_base_units(printed, value, base):
    assert parse(printed) == (pytest.approx(value), base)


def test_a_tera_is_a_power_of_ten_and_a_tebi_of_two():
    assert (scale("TB")[0], scale("TiB")[0]) == (10.0**12, 2.0**40)


def test_bits_are_not_bytes():
    assert parse("400 Gbit/s")[1] != parse("400 GB/s")[1]


@pytest.mark.parametrize("unit", ["", "T", "furlong", "kmm2", "knm", "ms", "XB", "TTFLOP/s", "GG", "tflop/s"])
def test_an_unknown_unit_is_refused_with_examples(unit):
    with pytest.raises(InputError, match=r"unknown unit .*expected one such as TFLOP/s"):
        scale(unit)


@pytest.mark.parametrize("printed", ["", "GB", "80", "fast", "GB 80", "80.5.1 GB", "٣ GB"])
def test_what_is_no_number_with_a_unit_is_refused(printed):
    with pytest.raises(InputError):
        parse(printed)


def test_four_digits_are_shown_and_thousands_marked():
    assert show(15_831.2e9, "GFLOP/s") == "15,830 GFLOP/s"
    assert show(989.4321e12, "TFLOP/s", digits=5) == "989.43 TFLOP/s"


UNITS = draw.sampled_from(["TFLOP/s", "TOP/s", "GB", "GiB", "GB/s", "W", "mm2", "MHz", "Gbit/s"])


@given(draw.floats(1e-3, 1e21), UNITS)
def test_what_is_shown_can_be_read_again(value, unit):
    again, base = parse(show(value, unit))

    assert base == scale(unit)[1]
    assert again == pytest.approx(value, rel=1e-3)


@given(draw.floats(0, 1e12), UNITS)
def test_a_value_and_its_unit_scale_alike(value, unit):
    assert to_si(value, unit) == value * scale(unit)[0]
