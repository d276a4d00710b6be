"""The areas are what the criteria say of a part in them, on every day."""

from dataclasses import replace
from datetime import date

import pytest

from chipledger.apps.report.regions import DENSITY, TPP, Cell, cells, lines
from chipledger.core.truth import Truth
from chipledger.rules.classify import classify
from chipledger.rules.item import Item, given
from chipledger.rules.law import law

THE_2022_RULE, THE_2023_RULE, AFTER_THE_GATE = date(2022, 10, 21), date(2023, 11, 17), date(2026, 2, 1)


def cell_of(on: date, tpp: float, density: float) -> Cell | None:
    return next(
        (
            cell
            for cell in cells(on)
            if cell.tpp_from <= tpp < (cell.tpp_until or tpp + 1)
            and cell.density_from <= density < (cell.density_until or density + 1)
        ),
        None,
    )


@pytest.mark.parametrize("tpp", [100, 1599, 1600, 2000, 2399, 2400, 3000, 4799, 4800, 9000, 30000])
@pytest.mark.parametrize("density", [0.5, 1.59, 1.6, 2.5, 3.2, 4, 5.92, 8, 40])
def test_a_part_in_an_area_is_classified_so(tpp: float, density: float) -> None:
    part = Item(
        total_processing_performance=given(tpp), density=given(density), marketed_for_data_center=Truth.yes()
    )
    cell = cell_of(THE_2023_RULE, tpp, density)
    assert (cell.control if cell else None) == (found[:7] if (found := next(iter(classify(part, THE_2023_RULE).ic), "")) else None)  # fmt: skip
    made_for_none = replace(part, marketed_for_data_center=Truth.no())
    if cell:
        assert cell.is_for_all is bool(classify(made_for_none, THE_2023_RULE).ic)


def test_the_text_of_2022_asks_for_more_than_the_chart_shows() -> None:
    (cell,) = cells(THE_2022_RULE)
    assert (cell.tpp_from, cell.density_from) == (4800, 0)
    assert cell.also_asks == ("aggregate bidirectional bandwidth at least 600 GB/s",)


def test_before_the_first_text_there_is_no_area() -> None:
    assert cells(date(2022, 10, 20)) == ()


def test_lines_of_the_day_and_of_other_days_are_told_apart() -> None:
    then = {(line.figure, line.at): line.is_of_the_day for line in lines(THE_2022_RULE)}
    now = {(line.figure, line.at): line.is_of_the_day for line in lines(THE_2023_RULE)}
    assert then[TPP, 4800] and not then[TPP, 1600] and not then[DENSITY, 5.92]
    assert now[TPP, 1600] and now[DENSITY, 5.92]
    assert (TPP, 21000) not in now
    assert {(line.figure, line.at) for line in lines(AFTER_THE_GATE)} - set(now) == {(TPP, 21000)}


def test_every_boundary_day_can_be_drawn() -> None:
    for day in law().boundaries:
        for cell in cells(day):
            assert cell.tpp_until is None or cell.tpp_from < cell.tpp_until
