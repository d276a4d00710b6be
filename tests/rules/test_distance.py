from dataclasses import replace
from datetime import date

import pytest
from rule_cases import PARTS, Figures

from chipledger.catalogue.chip import chips
from chipledger.rules.classify import classify
from chipledger.rules.distance import AREA, Drawn, distances, headroom
from chipledger.rules.item import Item, Quantity, item_of
from chipledger.rules.law import law

THE_2023_RULE = date(2023, 11, 17)
AFTER_THE_GATE = date(2026, 2, 1)


def beside(item, rule, figure, on=THE_2023_RULE, to="CN"):
    return [
        one for one in distances(item, on, to) if one.rule.name == rule and one.line.metric.label == figure
    ]


def test_the_h20_lies_32_below_the_line_of_2400():
    one, *_ = beside(PARTS["H20"].item(), "3A090.b.1", "TPP")
    assert (one.value, one.line.line, one.difference, one.per_cent) == (2368, 2400, -32, -1.3)
    assert one.holds.is_no
    assert one.decides_alone
    assert not one.is_near


def test_a_figure_at_the_line_lies_on_it():
    one, *_ = beside(Figures(tpp=2400, density=2, data_center=True).item(), "3A090.b.1", "TPP")
    assert (one.difference, one.per_cent) == (0, 0)
    assert one.holds.is_yes
    assert one.is_near


def test_both_sides_of_a_band_are_lines():
    asked = [one.asks for one in beside(PARTS["H20"].item(), "3A090.b.1", "TPP")]
    assert asked == ["at least 2400", "below 4800"]


def test_a_line_that_another_line_settles_does_not_decide_alone():
    one, *_ = beside(PARTS["H20"].item(), "3A090.a.2", "TPP")
    assert one.decides_alone is False


def test_rates_are_told_in_the_unit_of_the_text():
    one, *_ = beside(PARTS["A100"].item(), "3A090", "aggregate bidirectional bandwidth", on=date(2023, 1, 1))
    assert (one.value, one.as_dict()["unit"], one.difference) == (664, "GB/s", 64)


def test_what_is_missing_has_no_distance_and_a_reason():
    one, *_ = beside(Figures(tpp=3000, data_center=True).item(), "3A090.b.1", "performance density")
    assert (one.value, one.difference, one.per_cent, one.decides_alone) == (None, None, None, None)
    assert one.holds.reasons == ("needs applicable_die_area_mm2 (the line 1.6 is crossed below 1875 mm2)",)


@pytest.mark.parametrize(
    ("item", "on", "to", "drawn"),
    [
        ("H20", date(2025, 4, 8), "CN", False),
        ("H20", date(2025, 4, 9), "CN", True),
        ("H20", date(2025, 4, 9), "DE", False),
    ],
)
def test_a_letter_draws_lines_for_its_addressee_from_its_day_where_it_reached(item, on, to, drawn):
    names = {one.rule.name for one in distances(PARTS[item].item(), on, to)}
    assert ("Letter of 2025-04-09 to NVIDIA" in names) is drawn
    others = replace(PARTS[item].item(), vendor="AMD")
    assert "Letter of 2025-04-09 to NVIDIA" not in {one.rule.name for one in distances(others, on, to)}


def test_the_gate_of_january_2026_draws_its_two_lines_once():
    lines = [
        one for one in distances(PARTS["H100"].item(), AFTER_THE_GATE) if one.rule.drawn_by is Drawn.REVIEW
    ]
    assert [(one.value, one.asks) for one in lines] == [(15832, "below 21000"), (3350, "below 6500 GB/s")]
    assert not [one for one in distances(PARTS["H100"].item(), date(2026, 1, 14)) if one.rule.drawn_by is Drawn.REVIEW]  # fmt: skip


def test_a_rival_beyond_the_line_is_near():
    disputed = Item(total_processing_performance=Quantity(2640.0, rivals=(2644.0,)), applicable_die_area_mm2=Quantity(826.0))  # fmt: skip
    (one,) = [one for one in beside(disputed, "3A090.b.2", "performance density") if one.line.line == 3.2]
    assert one.is_near


def test_headroom_begins_with_the_nearest_paragraph():
    found = headroom(PARTS["H20"].item(), THE_2023_RULE)
    assert found[0].sentence == "with its die as it is, 3A090.b.1 would be met from TPP 2400 (+1.4 %)"
    assert [one.eccn for one in found][:2] == ["3A090.b.1", "3A090.b.2"]


def test_a_higher_class_whose_paragraph_is_met_has_no_headroom():
    assert "3A090.a.1" not in [one.eccn for one in headroom(PARTS["H100"].item(), THE_2023_RULE)]


def test_nothing_is_said_of_a_figure_that_is_missing_or_a_floor():
    assert headroom(Item(), THE_2023_RULE) == ()
    assert headroom(Item(total_processing_performance=Quantity(2000.0, floor=True)), THE_2023_RULE) == ()


@pytest.mark.parametrize("one", [one for one in chips().values() if one.released], ids=lambda one: one.id)
def test_headroom_is_where_the_paragraph_is_first_met(one):
    item = item_of(one)
    for room in headroom(item, THE_2023_RULE):
        for times, is_met in ((1 - 1e-4, False), (1 + 1e-4, True)):
            moved = _moved(item, room, times)
            assert (room.eccn in classify(moved, THE_2023_RULE).ic) is is_met, (room, times)


def _moved(item, room, times):
    """The item with its performance a little below or above, or its die a little larger or smaller, than the room says."""
    tpp, density = item.total_processing_performance.value, item.performance_density
    if room.figure == AREA:
        return replace(item, density=Quantity(tpp / room.value * times))
    factor = room.value * times / tpp
    return replace(
        item,
        total_processing_performance=Quantity(tpp * factor),
        density=density and Quantity(density.value * factor),
    )


def test_every_chip_has_distances_on_every_boundary_day():
    days = [day for day in law().boundaries if day.year >= 2022]
    for one in list(chips().values())[::5]:
        for day in days:
            for found in distances(item_of(one), day):
                assert (found.value is None) is (found.difference is None)
                assert found.as_dict()["cite"]
