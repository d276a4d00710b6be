"""The figures that the rules compare and the lines they compare them with.

Takes an Item and a Line; gives a Truth whose reason carries both numbers. A figure that is missing, only recalled, or
only known to be at least so much gives unknown unless the answer does not hang on it. There is no arithmetic in the
rules' language: a derived figure (performance density, sums of bandwidth) is a named metric here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from chipledger.core.truth import Truth
from chipledger.core.units import scale
from chipledger.rules.item import Item, Quantity

ROUNDING = 0.005
"""Half a unit in the last of three significant digits, at most: how data sheets round (relative)."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that the rules compare: how it is printed, what is asked for where it is missing, how it is read off an Item."""

    label: str
    unit: str
    missing: str
    read: Callable[[Item], Quantity | None]


METRICS = {
    "total_processing_performance": Metric(
        "TPP", "", "total_processing_performance", lambda item: item.total_processing_performance
    ),
    "performance_density": Metric(
        "performance density", "", "applicable_die_area_mm2", lambda item: item.performance_density
    ),
    "aggregate_bidirectional_bandwidth": Metric(
        "aggregate bidirectional bandwidth",
        "GB/s",
        "interconnect_bidirectional_bandwidth and pcie_bidirectional_bandwidth",
        lambda item: item.aggregate_bidirectional_bandwidth,
    ),
    "interconnect_bidirectional_bandwidth": Metric(
        "interconnect bandwidth",
        "GB/s",
        "interconnect_bidirectional_bandwidth",
        lambda item: item.interconnect_bidirectional_bandwidth,
    ),
    "memory_bandwidth": Metric(
        "memory bandwidth", "GB/s", "memory_bandwidth", lambda item: item.memory_bandwidth
    ),
    "memory_plus_io_bandwidth": Metric(
        "memory and I/O bandwidth together",
        "GB/s",
        "memory_bandwidth and interconnect_bidirectional_bandwidth",
        lambda item: item.memory_plus_io_bandwidth,
    ),
    "memory_plus_interconnect_bandwidth": Metric(
        "memory and interconnect bandwidth together",
        "GB/s",
        "memory_bandwidth and interconnect_bidirectional_bandwidth",
        lambda item: item.memory_plus_interconnect_bandwidth,
    ),
    "memory_bandwidth_density": Metric(
        "memory bandwidth density",
        "GB/s/mm2",
        "memory_bandwidth_density (bandwidth of the package over its area)",
        lambda item: item.memory_bandwidth_density,
    ),
    "processing_performance": Metric(
        "processing performance",
        "TOPS",
        "a processing rate",
        lambda item: item.processing_performance,
    ),
    "transistor_count": Metric(
        "aggregated approximated transistor count",
        "billion",
        "transistor_count",
        lambda item: item.transistor_count,
    ),
    "process_node": Metric("process node", "nm", "process_node", lambda item: item.process_node),
}

_OWN_UNITS = {"GB/s/mm2": 1.0, "TOPS": 1e12, "billion": 1e9, "nm": 1.0}


@dataclass(frozen=True, slots=True)
class Line:
    """One threshold of one metric, in the unit of the text; `upward` for at_least and above, else below.

    `strict` is for *greater than*: the line itself is not reached.
    """

    name: str
    metric: Metric
    line: float
    upward: bool
    strict: bool = False

    def reaches(self, value: float) -> bool:
        """Whether a value in base units counts as reaching the line."""
        return value > self.threshold if self.strict else value >= self.threshold

    def holds(self, value: float) -> bool:
        """Whether a value in base units lies on the asked side; at_least includes the line itself."""
        return self.reaches(value) is self.upward

    @property
    def threshold(self) -> float:
        """The line in base units."""
        return self.line * _factor(self.metric.unit)

    @property
    def printed(self) -> str:
        """The line as the text prints it."""
        return f"{self.line:g} {self.metric.unit}".rstrip()

    def shown(self, value: float) -> str:
        """A value in base units as the text prints it, rounded without crossing the line.

        >>> Line("x", METRICS["memory_bandwidth"], 6500, False).shown(4.8e12)
        '4800 GB/s'
        """
        scaled = value / _factor(self.metric.unit)
        rounded = float(f"{scaled:.0f}" if scaled >= 1000 else f"{scaled:.4g}")
        honest = rounded if self._beyond(rounded) is self._beyond(scaled) else scaled
        return f"{honest:.10g}" + (f" {self.metric.unit}" if self.metric.unit else "")

    def is_near(self, quantity: Quantity) -> bool:
        """Whether the value lies within its rounding of the line, or a rival value beyond it."""
        within = abs(quantity.value - self.threshold) <= ROUNDING * self.threshold
        return within or any(self.holds(rival) is not self.holds(quantity.value) for rival in quantity.rivals)

    def _beyond(self, scaled: float) -> bool:
        return scaled > self.line if self.strict else scaled >= self.line


@cache
def _factor(unit: str) -> float:
    return _OWN_UNITS.get(unit) or (scale(unit)[0] if unit else 1.0)


def compare(line: Line, item: Item) -> Truth:
    """Whether the item lies on the asked side of one line, with both numbers in the reason.

    >>> from chipledger.rules.item import given
    >>> line = Line("total_processing_performance", METRICS["total_processing_performance"], 2400, True)
    >>> compare(line, Item(total_processing_performance=given(2368.0))).reasons
    ('TPP 2368 is below 2400',)
    """
    quantity = line.metric.read(item)
    if quantity is None:
        return _missing(line, item)
    decides = quantity.grade.decides
    value = quantity.value if decides else quantity.least
    reached = line.reaches(value)
    if not decides and not reached:
        return Truth.unknown(
            f"{line.metric.label} {line.shown(quantity.value)} is only recalled and decides nothing"
        )
    floor = quantity.floor or value < quantity.value
    if floor and not reached:
        return Truth.unknown(
            f"{line.metric.label} is known only to be {line.shown(value)} or more; the line is {line.printed}"
        )
    least = "of at least " if floor else ""
    said = f"{line.metric.label} {least}{line.shown(value)} is {_relation(line, reached)} {line.printed}"
    return Truth.yes(said) if reached is line.upward else Truth.no(said)


def _relation(line: Line, reached: bool) -> str:
    if line.strict:
        return "above" if reached else "not above"
    return "at least" if reached else "below"


def _missing(line: Line, item: Item) -> Truth:
    tpp = item.total_processing_performance
    if line.name != "performance_density":
        return Truth.unknown(f"needs {line.metric.missing}")
    if item.is_planar:
        return Truth.of(
            not line.upward, "made on a planar process: no applicable die area, so no performance density"
        )
    if tpp is None:
        return Truth.unknown("needs total_processing_performance and applicable_die_area_mm2")
    area = tpp.value / line.line
    return Truth.unknown(
        f"needs applicable_die_area_mm2 (the line {line.line:g} is crossed below {area:.0f} mm2)"
    )
