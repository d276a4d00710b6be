"""Chips side by side, axis by axis: there is no one number that says how much of a chip another is.

Takes catalogue ids; gives for each axis (dense rate of each format, memory, bandwidths, power, total
processing performance, density) every chip's value, its ratio to the first chip's, its grade, and whether
sources differ.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chipledger.catalogue.chip import Chip, Fact, Format, Metric, chip
from chipledger.catalogue.metrics import BIT_LENGTHS, performance_density, total_processing_performance
from chipledger.core.sources import Grade
from chipledger.core.units import scale

_OTHER_METRICS: tuple[tuple[Metric, str], ...] = (
    ("memory_capacity", "GB"),
    ("memory_bandwidth", "GB/s"),
    ("interconnect_bidirectional_bandwidth", "GB/s"),
    ("power", "W"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One chip on one axis; what is unknown is None, and so is a ratio with it."""

    chip: str
    value: float | None
    ratio: float | None
    grade: Grade | None
    disputed: bool
    bound: str | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing to compare by, with every chip's value in one unit."""

    name: str
    unit: str
    cells: tuple[Cell, ...]


def compare(ids: Sequence[str]) -> tuple[Axis, ...]:
    """The chips on every axis on which at least one of them is known.

    Args:
        ids: catalogue ids; ratios are to the first.

    Raises:
        InputError: an id is not in the catalogue.

    >>> axes = {axis.name: axis for axis in compare(["nvidia-h100-sxm", "nvidia-h20"])}
    >>> [round(cell.ratio, 2) for cell in axes["dense_rate_bf16"].cells]
    [1.0, 0.15]
    >>> [round(cell.ratio, 2) for cell in axes["memory_bandwidth"].cells]
    [1.0, 1.19]
    """
    compared = [chip(id) for id in ids]
    axes = [_rate_axis(compared, format) for format in BIT_LENGTHS]
    axes += [_fact_axis(compared, metric, unit) for metric, unit in _OTHER_METRICS]
    axes += [_performance_axis(compared), _density_axis(compared)]
    return tuple(axis for axis in axes if any(cell.value is not None for cell in axis.cells))


def _rate_axis(compared: Iterable[Chip], format: Format) -> Axis:
    unit = "TOP/s" if format.startswith("int") else "TFLOP/s"
    return _axis(
        f"dense_rate_{format}", unit, [_fact_cell(each, "dense_rate", format, unit) for each in compared]
    )


def _fact_axis(compared: Iterable[Chip], metric: Metric, unit: str) -> Axis:
    return _axis(metric, unit, [_fact_cell(each, metric, None, unit) for each in compared])


def _fact_cell(each: Chip, metric: Metric, format: Format | None, unit: str) -> Cell:
    facts = each.facts_of(metric, format)
    fact = each.fact(metric, format)
    if fact is None:
        return Cell(each.id, None, None, None, bool(facts))
    value = fact.si_value / scale(unit)[0]
    return Cell(each.id, value, None, fact.grade, _differ(facts), fact.bound)


def _differ(facts: Iterable[Fact]) -> bool:
    return len({fact.si_value for fact in facts}) > 1


def _performance_axis(compared: Iterable[Chip]) -> Axis:
    cells = []
    for each in compared:
        performance = total_processing_performance(each)
        bound = "at_least" if performance.floor else None
        disputed = any("rival" in other.reason for other in performance.alternatives)
        cells.append(Cell(each.id, performance.value, None, performance.grade, disputed, bound))
    return _axis("total_processing_performance", "TPP", cells)


def _density_axis(compared: Iterable[Chip]) -> Axis:
    cells = []
    for each in compared:
        density = performance_density(each)
        bound = "at_least" if density.floor else None
        disputed = _differ(each.facts_of("applicable_die_area"))
        cells.append(Cell(each.id, density.value, None, density.grade, disputed, bound))
    return _axis("performance_density", "TPP/mm2", cells)


def _axis(name: str, unit: str, cells: Sequence[Cell]) -> Axis:
    first = cells[0].value if cells else None
    return Axis(name, unit, tuple(_with_ratio(cell, first) for cell in cells))


def _with_ratio(cell: Cell, first: float | None) -> Cell:
    ratio = None if cell.value is None or first is None else cell.value / first
    return Cell(cell.chip, cell.value, ratio, cell.grade, cell.disputed, cell.bound)
