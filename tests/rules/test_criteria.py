import pytest
from hypothesis import given as drawn
from hypothesis import strategies as draw
from pydantic import ValidationError

from chipledger.core.sources import Grade
from chipledger.rules.criteria import METRICS, Criterion, Line, comparisons, evaluate
from chipledger.rules.item import Item, Quantity, given


def criterion(**parts):
    return Criterion.model_validate(parts)


TPP_LINE = criterion(metric="total_processing_performance", at_least=4800)
BAND = criterion(metric="total_processing_performance", at_least=2400, below=4800)


def with_tpp(value, **how):
    return Item(total_processing_performance=Quantity(value, **how))


@pytest.mark.parametrize(("tpp", "answer"), [(2399.9, "no"), (2400, "yes"), (4799.9, "yes"), (4800, "no")])
def test_a_band_holds_its_lower_line_and_not_its_upper(tpp, answer):
    assert evaluate(BAND, with_tpp(tpp)).value == answer


def test_reasons_carry_both_numbers():
    assert evaluate(TPP_LINE, with_tpp(4992)).reasons == ("TPP 4992 is at least 4800",)


def test_a_missing_metric_is_unknown_and_named():
    assert evaluate(TPP_LINE, Item()).reasons == ("needs total_processing_performance",)


def test_a_missing_metric_does_not_hide_a_decisive_no():
    both = criterion(all=[{"metric": "memory_bandwidth", "below": 6500, "unit": "GB/s"},
                          {"metric": "total_processing_performance", "at_least": 4800}])  # fmt: skip
    assert evaluate(both, with_tpp(2000)).is_no


def test_what_is_only_recalled_decides_nothing():
    found = evaluate(TPP_LINE, with_tpp(9000, grade=Grade.RECALLED))
    assert found.is_unknown
    assert "only recalled" in found.reasons[0]


def test_a_sure_part_of_a_sum_may_reach_the_line_without_the_recalled_part():
    line = criterion(metric="aggregate_bidirectional_bandwidth", at_least=600, unit="GB/s")
    recalled = Quantity(64e9, grade=Grade.RECALLED)
    reached, short = (
        evaluate(
            line,
            Item(interconnect_bidirectional_bandwidth=given(link), pcie_bidirectional_bandwidth=recalled),
        )
        for link in (600e9, 590e9)
    )
    assert reached.is_yes
    assert short.is_unknown


def test_not_turns_yes_and_no_and_leaves_unknown():
    turned = criterion(**{"not": {"metric": "total_processing_performance", "at_least": 4800}})
    assert evaluate(turned, with_tpp(4992)).is_no
    assert evaluate(turned, Item()).is_unknown


def test_undecided_says_why_no_one_can_tell():
    assert evaluate(criterion(undecided="the letter is not public"), Item()).reasons == (
        "the letter is not public",
    )


def test_a_planar_chip_has_no_density_to_reach():
    line = criterion(metric="performance_density", at_least=1.6)
    planar = Item(total_processing_performance=given(3000.0), applicable_die_area_mm2=given(0.0))
    assert evaluate(line, planar).is_no


def test_every_line_of_a_criterion_is_found():
    nested = criterion(
        all=[
            {"any": [BAND.model_dump(by_alias=True, exclude_none=True)]},
            {"not": {"metric": "performance_density", "below": 2}},
        ]
    )
    assert [line.line for line in comparisons(nested)] == [2400, 4800, 2]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "exactly one form"),
        ({"metric": "total_processing_performance"}, "no line"),
        ({"metric": "speed", "at_least": 1}, "unknown metric 'speed'; known: total_processing_performance"),
        ({"metric": "memory_bandwidth", "at_least": 1400}, "written in GB/s"),
        ({"metric": "total_processing_performance", "at_least": 1, "unit": "GB/s"}, "no unit"),
        ({"predicate": "is_fast"}, "unknown predicate"),
        ({"predicate": "marketed_for_data_center", "at_least": 1}, "belong to a metric"),
        ({"undecided": "x", "product_in": ["H20"]}, "exactly one form"),
        ({"metrics": "x"}, "extra inputs|Extra inputs"),
    ],
)
def test_a_slip_in_a_condition_is_told(parts, message):
    with pytest.raises(ValidationError, match=message):
        criterion(**parts)


@drawn(draw.floats(1, 1e5), draw.sampled_from([1600, 2400, 4800, 21000]))
def test_a_printed_figure_never_lies_on_the_other_side_of_its_line(value, threshold):
    line = Line("total_processing_performance", METRICS["total_processing_performance"], threshold, True)
    assert (float(line.shown(value)) >= threshold) is (value >= threshold)
