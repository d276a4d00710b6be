"""The small language of the rules: all, any, not, comparisons, named predicates, and what is not public.

Takes a Criterion (as written in a data file) and an Item; gives a Truth whose reasons carry the numbers. There is
no arithmetic in the language: a derived figure (performance density, sums of bandwidth) is a named metric here.
Thresholds are inclusive as the text says: `at_least` is "or more", `below` is "less than".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from pydantic import Field, model_validator

from chipledger.core.records import Record
from chipledger.core.truth import Truth, all_of, any_of
from chipledger.core.units import scale
from chipledger.rules.item import Item, Quantity

ROUNDING = 0.005
"""Half a unit in the last of three significant digits, at most: how data sheets round (relative)."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that the rules compare: how it is printed and how it is read off an Item."""

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
}
PREDICATES: dict[str, Callable[[Item], Truth]] = {
    "marketed_for_data_center": lambda item: item.marketed_for_data_center,
}
_FORMS = ("all_", "any_", "not_", "metric", "product_in", "predicate", "undecided")


class Criterion(Record):
    """One condition of a rule: exactly one of all, any, not, metric, product_in, predicate, undecided.

    A metric carries `at_least` or `below` (or both) and, where it has one, its unit. `product_in` names products.
    `undecided` says why no one outside can tell.

    >>> line = Criterion.model_validate({"metric": "total_processing_performance", "at_least": 2400})
    >>> evaluate(line, Item(total_processing_performance=Quantity(2368.0))).reasons
    ('TPP 2368 is below 2400',)
    """

    all_: tuple["Criterion", ...] | None = Field(default=None, alias="all")
    any_: tuple["Criterion", ...] | None = Field(default=None, alias="any")
    not_: "Criterion | None" = Field(default=None, alias="not")
    metric: str | None = None
    at_least: float | None = None
    below: float | None = None
    unit: str | None = None
    product_in: tuple[str, ...] | None = None
    predicate: str | None = None
    undecided: str | None = None

    @model_validator(mode="after")
    def _is_one_condition(self) -> "Criterion":
        forms = [form.rstrip("_") for form in _FORMS if getattr(self, form) is not None]
        if len(forms) != 1:
            raise ValueError(f"a condition has exactly one form, not {forms or 'none'}; use one of "
                             f"{', '.join(form.rstrip('_') for form in _FORMS)}")  # fmt: skip
        if self.predicate is not None and self.predicate not in PREDICATES:
            raise ValueError(f"unknown predicate {self.predicate!r}; known: {', '.join(PREDICATES)}")
        self._check_lines()
        return self

    def _check_lines(self) -> None:
        has_line = self.at_least is not None or self.below is not None
        if self.metric is None:
            if has_line or self.unit:
                raise ValueError("at_least, below and unit belong to a metric")
            return
        if self.metric not in METRICS:
            raise ValueError(f"unknown metric {self.metric!r}; known: {', '.join(METRICS)}")
        unit = METRICS[self.metric].unit
        if not has_line:
            raise ValueError(f"{self.metric} has no line; give at_least or below")
        if (self.unit or "") != unit:
            raise ValueError(f"{self.metric} is written in {unit or 'no unit'}, not {self.unit or 'no unit'}")

    @cached_property
    def lines(self) -> tuple["Line", ...]:
        """The lines of a comparison, in the order of the text; none for other forms."""
        if self.metric is None:
            return ()
        metric = METRICS[self.metric]
        given = ((self.at_least, True), (self.below, False))
        return tuple(Line(self.metric, metric, line, upward) for line, upward in given if line is not None)


@cache
def _factor(unit: str) -> float:
    return scale(unit)[0] if unit else 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """One threshold of one metric, in the unit of the text; `upward` for at_least, else below."""

    name: str
    metric: Metric
    line: float
    upward: bool

    def holds(self, value: float) -> bool:
        """Whether a value in base units lies on the asked side; at_least includes the line itself."""
        return (value >= self.threshold) is self.upward

    @property
    def threshold(self) -> float:
        """The line in base units."""
        return self.line * _factor(self.metric.unit)

    @property
    def printed(self) -> str:
        """The line as the text prints it."""
        return f"{self.line:g} {self.metric.unit}".rstrip()

    def shown(self, value: float) -> str:
        """A value in base units as the text prints it.

        >>> Line("x", METRICS["memory_bandwidth"], 6500, False).shown(4.8e12)
        '4800 GB/s'
        """
        scaled = value / _factor(self.metric.unit)
        rounded = float(f"{scaled:.0f}" if scaled >= 1000 else f"{scaled:.4g}")
        honest = rounded if (rounded >= self.line) is (scaled >= self.line) else scaled
        return f"{honest:.10g}" + (f" {self.metric.unit}" if self.metric.unit else "")

    def is_near(self, quantity: Quantity) -> bool:
        """Whether the value lies within its rounding of the line, or a rival value beyond it."""
        within = abs(quantity.value - self.threshold) <= ROUNDING * self.threshold
        return within or any(self.holds(rival) is not self.holds(quantity.value) for rival in quantity.rivals)


def evaluate(criterion: Criterion, item: Item, crossed: Line | None = None) -> Truth:
    """Whether the item meets the criterion.

    Args:
        criterion: the condition.
        item: the facts.
        crossed: a line that the item is to be taken as lying on the other side of.

    Returns:
        A Truth; what is missing gives unknown and is named, unless another part decides.

    >>> rule = Criterion.model_validate({"metric": "performance_density", "at_least": 5.92})
    >>> evaluate(rule, Item(total_processing_performance=Quantity(4992.0))).reasons
    ('needs applicable_die_area_mm2 (the line 5.92 is crossed below 843 mm2)',)
    """
    if criterion.all_ is not None:
        return all_of(evaluate(part, item, crossed) for part in criterion.all_)
    if criterion.any_ is not None:
        return any_of(evaluate(part, item, crossed) for part in criterion.any_)
    if criterion.not_ is not None:
        return ~evaluate(criterion.not_, item, crossed)
    if criterion.product_in is not None:
        return _named(criterion.product_in, item)
    if criterion.predicate is not None:
        return PREDICATES[criterion.predicate](item)
    if criterion.undecided is not None:
        return Truth.unknown(criterion.undecided)
    return all_of(_flipped(line, item, crossed) for line in criterion.lines)


def comparisons(criterion: Criterion) -> Iterator[Line]:
    """Every line that the criterion draws, in the order of the text."""
    yield from criterion.lines
    for part in (*(criterion.all_ or ()), *(criterion.any_ or ()), *filter(None, [criterion.not_])):
        yield from comparisons(part)


def _named(products: tuple[str, ...], item: Item) -> Truth:
    listed = ", ".join(products)
    return Truth.of(
        item.is_named(products), f"{item.name} is {'' if item.is_named(products) else 'not '}named ({listed})"
    )


def _flipped(line: Line, item: Item, crossed: Line | None) -> Truth:
    truth = compare(line, item)
    if crossed and (line.name, line.line) == (crossed.name, crossed.line):
        return ~truth
    return truth


def compare(line: Line, item: Item) -> Truth:
    """Whether the item lies on the asked side of one line, with both numbers in the reason."""
    quantity = line.metric.read(item)
    if quantity is None:
        return _missing(line, item)
    if not quantity.grade.decides and quantity.least < line.threshold:
        return Truth.unknown(
            f"{line.metric.label} {line.shown(quantity.value)} is only recalled and decides nothing"
        )
    value = quantity.value if quantity.grade.decides else quantity.least
    floor = quantity.floor or value < quantity.value
    if floor and value < line.threshold:
        return Truth.unknown(
            f"{line.metric.label} is known only to be {line.shown(value)} or more; the line is {line.printed}"
        )
    relation = "at least" if value >= line.threshold else "below"
    least = "of at least " if floor else ""
    return Truth.of(
        line.holds(value), f"{line.metric.label} {least}{line.shown(value)} is {relation} {line.printed}"
    )


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
