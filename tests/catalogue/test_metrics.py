"""Total processing performance and density: published values, the rule of counting, and what is not known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipledger.catalogue.chip import Chip, Fact, chip, chips
from chipledger.catalogue.metrics import (
    BIT_LENGTHS,
    Alternative,
    performance_density,
    total_processing_performance,
    worst,
)
from chipledger.core.sources import Grade

# id, value, format: each is rate x bits, the arithmetic beside it
PUBLISHED = [
    ("nvidia-h100-sxm", 15831.2, "fp8"),  # 1978.9 x 8
    ("nvidia-h800-sxm", 15831.2, "fp8"),  # 1978.9 x 8
    ("nvidia-a100-sxm-80", 4992, "fp16"),  # 312 x 16
    ("nvidia-a800-sxm-80", 4992, "fp16"),  # 312 x 16
    ("nvidia-h20", 2368, "fp16"),  # 148 x 16
    ("nvidia-l20", 1912, "int8"),  # 239 x 8 = 119.5 x 16
    ("nvidia-l2", 1544, "int8"),  # 193 x 8 = 96.5 x 16
    ("nvidia-l4", 1940, "fp8"),  # 242.5 x 8
    ("nvidia-l40s", 5864, "fp8"),  # 733 x 8
    ("nvidia-a30", 2644, "int4"),  # 661 x 4
    ("nvidia-rtx-3090", 2272, "int8"),  # 284 x 8 = 142 x 16
    ("nvidia-rtx-4090", 5284.8, "int8"),  # 660.6 x 8 = 330.3 x 16
    ("nvidia-rtx-4090d", 4707.2, "fp16"),  # 294.2 x 16
    ("nvidia-rtx-5090", 6704, "fp16"),  # 838 x 8 = 419 x 16
    ("nvidia-rtx-5090d", 4750, "fp4"),  # 1187.5 x 4
    ("nvidia-b200", 36000, "fp16"),  # 2250 x 16 = 9000 x 4
    ("nvidia-gb300", 60000, "fp4"),  # 15000 x 4
    ("amd-mi250x", 6128, "fp16"),  # 383 x 16
    ("amd-mi300x", 20919.2, "fp8"),  # 2614.9 x 8
    ("amd-mi355x", 60397.8, "fp6"),  # 10066.3 x 6: MXFP6 at the MXFP4 rate
    ("amd-mi350x", 55365, "fp6"),  # 9227.5 x 6
    ("ms-maia100", 18000, "fp6"),  # 3000 x 6
    ("huawei-910b1", 6400, "fp16"),  # 400 x 16
    ("huawei-910b2", 6016, "fp16"),  # 376 x 16
    ("huawei-910b3", 5008, "fp16"),  # 313 x 16
    ("huawei-910b4", 4480, "fp16"),  # 280 x 16
    ("huawei-910c", 12800, "fp16"),  # 800 x 16
    ("huawei-950dt-547", 8752, "fp16"),  # 547 x 16
    ("iluvatar-bi100", 2352, "fp16"),  # 147 x 16
    ("iluvatar-bi150", 3040, "fp16"),  # 190 x 16
    ("intel-gaudi2", 6920, "fp8"),  # 865 x 8
    ("intel-gaudi3-oam", 29360, "bf16"),  # 1835 x 16
]


@pytest.mark.parametrize(("id", "value", "format"), PUBLISHED)
def test_performance_agrees_with_the_published_value(id: str, value: float, format: str):
    performance = total_processing_performance(chip(id))

    assert performance.value == pytest.approx(value, abs=0.05)
    same = {one.format for one in performance.by_format if one.value == performance.value}
    assert format in same


# id, at 19 bits, at 32 bits
@pytest.mark.parametrize(
    ("id", "at_19", "at_32"),
    [
        ("aws-trainium1", 3610, 6080),  # 190 x 19, 190 x 32
        ("aws-inferentia2", 3610, 6080),
        ("aws-trainium2", 12673, 21344),  # 667 x 19, 667 x 32
        ("aws-trainium3", 20136, 21472),  # 2517 x 8, 671 x 32
        ("enflame-t20", 3040, 5120),  # 160 x 19, 160 x 32
    ],
)
def test_both_readings_of_tf32_are_reported(id: str, at_19: float, at_32: float):
    here, there = total_processing_performance(chip(id)), total_processing_performance(chip(id), tf32_bits=32)

    assert (here.value, there.value) == (at_19, at_32)
    assert at_32 in [other.value for other in here.alternatives]
    assert at_19 in [other.value for other in there.alternatives]


def values(alternatives: tuple[Alternative, ...]) -> list[float]:
    return [round(other.value, 3) for other in alternatives]


def test_a30_stands_on_both_sides_of_the_line_by_rounding():
    a30 = chip("nvidia-a30")

    assert total_processing_performance(a30).value == 2644  # 661 x 4
    assert values(total_processing_performance(a30).alternatives) == [2640]  # 165 x 16 = 330 x 8
    assert performance_density(a30).value == pytest.approx(3.201, abs=0.0005)  # 2644 / 826
    assert values(performance_density(a30).alternatives) == [3.196]  # 2640 / 826


@pytest.mark.parametrize(
    ("id", "rivals"),
    [
        ("huawei-910c", [12480, 12032]),  # 780 x 16, 752 x 16
        ("intel-gaudi3-oam", [26848]),  # 1678 x 16
        ("intel-gaudi2", [7200]),  # 450 x 16
        ("nvidia-gb300", [61120]),  # 15280 x 4
        ("iluvatar-mr100", [1536]),  # 96 x 16 once INT8 is 192
        ("google-tpu-v2", [720]),  # 45 x 16
        ("mt-s4000", [1600]),  # 100 x 16
    ],
)
def test_rival_figures_become_alternatives(id: str, rivals: list[float]):
    alternatives = total_processing_performance(chip(id)).alternatives

    assert values(tuple(other for other in alternatives if "rival" in other.reason)) == rivals


def test_rival_die_areas_become_alternatives():
    mi300x = performance_density(chip("amd-mi300x"))

    assert mi300x.value == pytest.approx(8.716, abs=0.0005)  # 20919.2 / 2400
    assert 20.57 in [round(value, 2) for value in values(mi300x.alternatives)]  # 20919.2 / 1017
    assert mi300x.grade is Grade.RECALLED


@pytest.mark.parametrize(
    ("id", "density"),
    [
        ("nvidia-h20", 2.909),  # 2368 / 814
        ("nvidia-h100-sxm", 19.449),  # 15831.2 / 814
        ("nvidia-a800-sxm-80", 6.044),  # 4992 / 826
        ("nvidia-l2", 5.243),  # 1544 / 294.5
        ("nvidia-l20", 3.142),  # 1912 / 608.5
        ("huawei-910b3", 7.524),  # 5008 / 665.6
    ],
)
def test_density_is_performance_over_area(id: str, density: float):
    assert performance_density(chip(id)).value == pytest.approx(density, abs=0.0005)


def test_a_planar_chip_has_no_density_and_says_so():
    tpu_v1 = performance_density(chip("google-tpu-v1"))

    assert (tpu_v1.value, tpu_v1.applicable) == (None, False)
    assert "planar" in tpu_v1.reasons[0]


def test_an_unknown_area_leaves_the_density_open_and_names_the_crossing_areas():
    p800 = performance_density(chip("kunlun-p800"))

    assert p800.value is None and p800.applicable is True
    assert {line: round(area) for line, area in p800.crossing_areas_mm2.items()} == {
        5.92: 932,  # 5520 / 5.92
        3.2: 1725,  # 5520 / 3.2
        1.6: 3450,  # 5520 / 1.6
    }


def test_an_area_known_only_as_an_upper_bound_gives_a_floor():
    v4 = performance_density(chip("google-tpu-v4"))

    assert v4.floor and v4.value == pytest.approx(7.333, abs=0.0005)  # 4400 / under 600


def test_a_chip_with_only_some_rates_gives_a_floor():
    rtx_6000d = total_processing_performance(chip("nvidia-rtx-6000d"))

    assert rtx_6000d.floor and rtx_6000d.value == 3104  # 97 x 32, vector rate only


def test_a_chip_without_rates_stays_unknown():
    mi308x = total_processing_performance(chip("amd-mi308x"))

    assert mi308x.value is None and mi308x.grade is None
    assert performance_density(chip("amd-mi308x")).value is None


def test_reported_performance_is_never_the_computed_one():
    nvl = chip("nvidia-h200-nvl")

    assert [fact.value for fact in nvl.facts_of("total_processing_performance_reported")] == [14144]
    assert total_processing_performance(nvl).value == 13368  # 835.5 x 16


def test_what_decides_carries_its_grade():
    mi355x = total_processing_performance(chip("amd-mi355x"))

    assert mi355x.grade is Grade.RECALLED  # FP6 was recalled
    assert mi355x.vouched_floor == pytest.approx(40265.6)  # 5033.2 x 8, quoted


def test_the_worst_grade_is_the_furthest_from_the_text():
    assert worst([Grade.PRIMARY, Grade.SECONDARY, Grade.QUOTED]) is Grade.SECONDARY


rates = st.dictionaries(st.sampled_from(list(BIT_LENGTHS)), st.floats(0.1, 1e5), min_size=1)


def with_rates(of: dict[str, float]) -> Chip:
    facts = tuple(
        Fact(metric="dense_rate", format=format, value=rate, unit="TFLOP/s", source="s", grade=Grade.QUOTED)
        for format, rate in of.items()
    )
    return chip("nvidia-a100-sxm-80").model_copy(update={"facts": facts})


@given(rates)
def test_performance_is_the_highest_over_the_formats(of: dict[str, float]):
    performance = total_processing_performance(with_rates(of))

    assert performance.value == pytest.approx(max(of[format] * BIT_LENGTHS[format] for format in of))
    assert all(one.value <= performance.value for one in performance.by_format)


@given(rates, st.sampled_from(list(BIT_LENGTHS)), st.floats(0.1, 1e5))
def test_one_more_format_never_lowers_the_performance(of: dict[str, float], format: str, rate: float):
    before = total_processing_performance(with_rates({f: r for f, r in of.items() if f != format} or of))
    after = total_processing_performance(with_rates({**of, format: max(rate, of.get(format, 0))}))

    assert after.value >= before.value - 1e-6


@pytest.mark.parametrize("id", list(chips()))
def test_bounds_hold_for_every_chip(id: str):
    performance, density = total_processing_performance(chip(id)), performance_density(chip(id))

    if performance.value is None:
        assert not performance.by_format and density.value is None
        return
    assert performance.lowest <= performance.value <= performance.highest
    assert performance.reasons and density.reasons
    if density.value is not None:
        assert density.value * density.area_mm2 == pytest.approx(performance.value)
