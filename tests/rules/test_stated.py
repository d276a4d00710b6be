import pytest

from chipledger.core.errors import InputError
from chipledger.core.truth import Verdict
from chipledger.rules.stated import Specification, computed_performance


def refused(**stated):
    with pytest.raises(InputError) as refusal:
        Specification(**stated).item()
    return str(refusal.value)


def test_performance_is_the_highest_of_rate_times_bits():
    rates = {"fp16": 312.0, "tf32": 156.0, "int8": 624.0, "fp64": 19.5}
    assert computed_performance(rates).value == 4992.0


def test_formats_that_differ_by_rounding_stay_beside_the_performance():
    assert computed_performance({"fp16": 165.0, "int8": 330.5}).rivals == (2640.0,)


def test_tf32_counted_as_stored_stays_beside_the_performance():
    performance = computed_performance({"tf32": 667.0, "bf16": 667.0})
    assert performance.value == 667 * 19
    assert performance.rivals == (667.0 * 32,)


def test_no_rate_gives_no_performance():
    assert Specification().item().total_processing_performance is None


def test_a_density_that_can_be_computed_counts_exactly():
    item = Specification(total_processing_performance=2644, die_area_mm2=826, performance_density=3.2).item()
    assert item.performance_density.value == 2644 / 826


def test_a_density_counts_as_stated_where_no_area_is_given():
    assert Specification(total_processing_performance=2368, performance_density=2.91).item().performance_density.value == 2.91  # fmt: skip


def test_a_planar_part_has_no_density():
    assert Specification(total_processing_performance=3000, is_planar=True).item().is_planar


def test_inputs_and_outputs_are_whole_unless_the_host_link_is_stated_beside_them():
    assert (
        Specification(interconnect_gb_per_second=400).item().aggregate_bidirectional_bandwidth.value == 400e9
    )
    both = Specification(interconnect_gb_per_second=400, pcie_gb_per_second=64).item()
    assert both.aggregate_bidirectional_bandwidth.value == 464e9
    assert both.interconnect_bidirectional_bandwidth.value == 400e9


def test_the_host_link_alone_is_a_floor():
    assert Specification(pcie_gb_per_second=64).item().aggregate_bidirectional_bandwidth.floor


@pytest.mark.parametrize("answer", [None, Verdict.UNKNOWN])
def test_a_market_that_is_not_stated_is_unknown_and_asked_for(answer):
    market = Specification(marketed_for_data_center=answer).item().marketed_for_data_center
    assert market.is_unknown
    assert "needs marketed_for_data_center" in market.reasons[0]


@pytest.mark.parametrize(("answer", "is_yes"), [(Verdict.YES, True), (Verdict.NO, False)])
def test_a_market_counts_as_stated(answer, is_yes):
    assert Specification(marketed_for_data_center=answer).item().marketed_for_data_center.is_yes is is_yes


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"total_processing_performance": -1}, "--tpp -1 is no figure of a part"),
        ({"total_processing_performance": float("nan")}, "--tpp nan is no figure"),
        ({"memory_bandwidth_gb_per_second": float("inf")}, "--memory-bandwidth inf"),
        ({"interconnect_gb_per_second": -600}, "--interconnect -600"),
        ({"die_area_mm2": 0}, "say --planar where no die counts"),
        ({"die_area_mm2": -814}, "expected a number above zero"),
        ({"performance_density": 0, "die_area_mm2": 814}, "--performance-density 0"),
        ({"rates_tflop_per_second": {"fp8": -296.0}}, "--rate fp8 -296"),
        ({"is_planar": True, "die_area_mm2": 814}, "--planar contradicts --die-area"),
        ({"is_planar": True, "performance_density": 2.9}, "--planar contradicts --performance-density"),
        (
            {"total_processing_performance": 2368, "die_area_mm2": 814, "performance_density": 3.3},
            "--performance-density 3.3 contradicts TPP 2368 over 814 mm2, which is 2.909",
        ),
        (
            {"total_processing_performance": 4736, "rates_tflop_per_second": {"fp8": 296.0}},
            "--tpp 4736 contradicts the rates, which give 2368",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_numbers(stated, told):
    assert told in refused(**stated)


@pytest.mark.parametrize("rounded", [2.909, 2.91, 2.9, 3.0, 2.92])
def test_a_density_rounded_or_within_a_hundredth_agrees(rounded):
    Specification(total_processing_performance=2368, die_area_mm2=814, performance_density=rounded).item()


def test_zero_is_a_figure_of_what_a_part_may_lack():
    item = Specification(interconnect_gb_per_second=0, total_processing_performance=0).item()
    assert item.interconnect_bidirectional_bandwidth.value == 0
