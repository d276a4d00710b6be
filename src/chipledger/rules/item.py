"""What the rules ask of a chip: an Item and its Quantities.

Takes figures as given by a user or the catalogue; gives one frozen record whose missing facts stay missing. A
Quantity keeps how well it is known: a floor is a least value, rivals are other published values, and a figure that
is only recalled decides nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from chipledger.catalogue.chip import Chip, Metric
from chipledger.catalogue.metrics import Alternative, performance_density, total_processing_performance
from chipledger.core.sources import Grade
from chipledger.core.timeline import Period
from chipledger.core.truth import Truth

_GRADES = tuple(Grade)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure and how it is known.

    Args:
        value: in the base unit of its metric.
        floor: the true figure is this or more.
        rivals: other published values of the same figure.
        grade: how the figure is known; what is only recalled decides nothing.
        sure: of a sum with recalled parts, what the other parts alone come to.

    >>> Quantity(600e9).plus(Quantity(64e9)).value
    664000000000.0
    """

    value: float
    floor: bool = False
    rivals: tuple[float, ...] = ()
    grade: Grade = Grade.QUOTED
    sure: float = 0.0

    def plus(self, other: "Quantity | None") -> "Quantity":
        """The sum of both; a missing part leaves a floor."""
        if other is None:
            return replace(self, floor=True)
        rivals = {self.value + rival for rival in other.rivals} | {
            other.value + rival for rival in self.rivals
        }
        return Quantity(
            self.value + other.value,
            self.floor or other.floor,
            tuple(sorted(rivals)),
            worst(self.grade, other.grade),
            self.least + other.least,
        )

    @property
    def least(self) -> float:
        """What is sure without anything that is only recalled."""
        return self.value if self.grade.decides else self.sure

    def per(self, area_mm2: "Quantity") -> "Quantity":
        """This figure over an area in mm2.

        >>> round(Quantity(2640.0, rivals=(2644.0,)).per(Quantity(826.0)).rivals[0], 3)
        3.201
        """
        pairs = [(self.value, area) for area in area_mm2.rivals]
        pairs += [(rival, area_mm2.value) for rival in self.rivals]
        rivals = tuple(sorted({value / area for value, area in pairs if area}))
        return Quantity(self.value / area_mm2.value, self.floor, rivals, worst(self.grade, area_mm2.grade))


def worst(*grades: Grade) -> Grade:
    """The least certain of the grades.

    >>> worst(Grade.PRIMARY, Grade.RECALLED, Grade.QUOTED).value
    'recalled'
    """
    return max(grades, key=_GRADES.index)


def given(*values: float | None, grade: Grade = Grade.QUOTED) -> Quantity | None:
    """A quantity from a value and its rivals, or None when the value is missing.

    >>> given(2640.0, 2644.0)
    Quantity(value=2640.0, floor=False, rivals=(2644.0,), grade=<Grade.QUOTED: 'quoted'>, sure=0.0)
    """
    if not values or values[0] is None:
        return None
    rivals = tuple(value for value in values[1:] if value is not None and value != values[0])
    return Quantity(values[0], False, rivals, grade)


UNSTATED = Truth.unknown(
    "needs marketed_for_data_center (whether it is designed or marketed for data centres)"
)
_A_PROCESSOR = Truth.no("it is no memory part")
_NO_LOGIC_SAID = Truth.unknown(
    "needs co_packaged_with_logic (whether processing is the package's main function)"
)
_NO_MEMORY_SAID = Truth.unknown("needs contains_memory (whether the package holds high-bandwidth memory)")
_NO_PROCESS_SAID = Truth.unknown("needs non_planar (whether it is made with non-planar transistors)")


@dataclass(frozen=True, kw_only=True)
class Item:
    """The facts of an integrated circuit that the rules test.

    Args:
        id: a catalogue id, or "" for a what-if.
        name: as printed.
        vendor: the maker; letters are matched by it.
        vendor_country: ISO code; a chip made by the destination's own maker is no export to it.
        total_processing_performance: TPP, the highest over the formats.
        density: performance density where it is given as such; else it is TPP over the applicable die area.
        applicable_die_area_mm2: of non-planar logic dies only; 0 for a chip made on a planar process.
        interconnect_bidirectional_bandwidth: accelerator links, both directions, bytes per second; 0 where it has none.
        pcie_bidirectional_bandwidth: host link, both directions, bytes per second; 0 where it has none.
        memory_bandwidth: total DRAM bandwidth, bytes per second.
        marketed_for_data_center: designed or marketed for data centres, with the reason.
        released: from the first possible day of sale to the last (exclusive); None where unknown.
        processing_performance: the highest dense rate over the formats, operations per second.
        is_memory: whether it is high-bandwidth memory rather than a processor; its TPP is then 0, not missing.
        memory_bandwidth_density: of a memory package or stack, GB/s per mm2 of its area.
        co_packaged_with_logic: whether memory and logic share a package whose main function is processing.
        contains_memory: whether the final package holds high-bandwidth memory.
        transistor_count: aggregated approximated count of the final package.
        process_node: in nm, as the foundry names it.
        non_planar: whether a logic die of it is made with non-planar transistors.
    """

    id: str = ""
    name: str = "the item"
    vendor: str = ""
    vendor_country: str = ""
    total_processing_performance: Quantity | None = None
    density: Quantity | None = None
    applicable_die_area_mm2: Quantity | None = None
    interconnect_bidirectional_bandwidth: Quantity | None = None
    pcie_bidirectional_bandwidth: Quantity | None = None
    memory_bandwidth: Quantity | None = None
    marketed_for_data_center: Truth = field(default=UNSTATED)
    released: Period | None = None
    processing_performance: Quantity | None = None
    is_memory: Truth = field(default=_A_PROCESSOR)
    memory_bandwidth_density: Quantity | None = None
    co_packaged_with_logic: Truth = field(default=_NO_LOGIC_SAID)
    contains_memory: Truth = field(default=_NO_MEMORY_SAID)
    transistor_count: Quantity | None = None
    process_node: Quantity | None = None
    non_planar: Truth = field(default=_NO_PROCESS_SAID)

    @cached_property
    def compared(self) -> dict[int, Truth]:
        """Its figures against the lines that were asked about so far; a line and a figure never change."""
        return {}

    @property
    def is_planar(self) -> bool:
        """Whether the chip is known to have no non-planar logic die, so that it has no performance density."""
        area = self.applicable_die_area_mm2
        return self.density is None and area is not None and area.value == 0

    @cached_property
    def performance_density(self) -> Quantity | None:
        """TPP per mm2 of applicable die area, or None where a part is missing.

        >>> item = Item(total_processing_performance=given(4992.0), applicable_die_area_mm2=given(826.0))
        >>> round(item.performance_density.value, 2)
        6.04
        """
        tpp, area = self.total_processing_performance, self.applicable_die_area_mm2
        if self.density is not None or tpp is None or area is None or not area.value:
            return self.density
        return tpp.per(area)

    @cached_property
    def aggregate_bidirectional_bandwidth(self) -> Quantity | None:
        """All inputs and outputs other than memory, both directions, bytes per second."""
        return _sum(self.interconnect_bidirectional_bandwidth, self.pcie_bidirectional_bandwidth)

    @cached_property
    def memory_plus_io_bandwidth(self) -> Quantity | None:
        """Total DRAM bandwidth and all other inputs and outputs together, bytes per second."""
        return _sum(self.memory_bandwidth, self.aggregate_bidirectional_bandwidth)

    @cached_property
    def memory_plus_interconnect_bandwidth(self) -> Quantity | None:
        """Total DRAM bandwidth and accelerator links together, bytes per second."""
        return _sum(self.memory_bandwidth, self.interconnect_bidirectional_bandwidth)

    def is_named(self, products: Iterable[str]) -> bool:
        """Whether one of the product names stands in the item's name as whole words.

        >>> Item(name="H20 96GB").is_named(["H20"]), Item(name="H200 SXM5").is_named(["H20"])
        (True, False)
        """
        words = f" {_words(self.name)} "
        return any(f" {_words(product)} " in words for product in products)


@lru_cache(maxsize=1024)
def item_of(chip: Chip) -> Item:
    """What the catalogue knows of a chip, as the rules ask it.

    Args:
        chip: a chip of the catalogue.

    Returns:
        The item; rival figures stay beside the preferred one, and what the catalogue lacks stays missing.

    >>> from chipledger.catalogue.chip import chip
    >>> item_of(chip("nvidia-h20")).total_processing_performance.value
    2368.0
    """
    tpp, density = total_processing_performance(chip), performance_density(chip)
    return Item(
        id=chip.id,
        name=f"{chip.vendor} {chip.name}",
        vendor=chip.vendor,
        vendor_country=chip.vendor_country,
        total_processing_performance=_computed(tpp.value, tpp.floor, tpp.alternatives, tpp.grade),
        density=_computed(density.value, density.floor, density.alternatives, density.grade),
        applicable_die_area_mm2=Quantity(0.0) if chip.nonplanar is False else None,
        interconnect_bidirectional_bandwidth=_links(chip),
        pcie_bidirectional_bandwidth=_host_link(chip),
        memory_bandwidth=_fact(chip, "memory_bandwidth"),
        marketed_for_data_center=Truth.of(
            chip.market == "data centre", f"{chip.name} is sold for the {chip.market} market"
        ),
        released=chip.released_period,
        processing_performance=_highest_rate(chip),
        non_planar=_process(chip),
    )


def _process(chip: Chip) -> Truth:
    if chip.nonplanar is None:
        return _NO_PROCESS_SAID
    return Truth.of(
        chip.nonplanar, f"made {'with non-planar transistors' if chip.nonplanar else 'on a planar process'}"
    )


def _highest_rate(chip: Chip) -> Quantity | None:
    rates = [fact for fact in chip.facts_of("dense_rate") if fact.grade.decides]
    if not rates:
        return None
    top = max(rates, key=lambda fact: fact.si_value)
    return Quantity(top.si_value, not chip.rates_complete, grade=top.grade)


def _computed(
    value: float | None, floor: bool, others: tuple[Alternative, ...], grade: Grade | None
) -> Quantity | None:
    if value is None or grade is None:
        return None
    return Quantity(value, floor, tuple(other.value for other in others), grade)


def _fact(chip: Chip, metric: Metric) -> Quantity | None:
    fact = chip.fact(metric)
    if fact is None:
        return None
    rivals = tuple(one.si_value for one in chip.facts_of(metric) if one.si_value != fact.si_value)
    return Quantity(fact.si_value, fact.bound == "at_least", rivals, fact.grade)


_PCIE = re.compile(r"Gen([3-6]) x(\d+)", re.ASCII)
_PCIE_LANE_BOTH_WAYS = {"3": 2e9, "4": 4e9, "5": 8e9, "6": 16e9}


def _host_link(chip: Chip) -> Quantity | None:
    """The PCIe rate; where generation and lanes give the same figure, arithmetic stands behind it.

    Source: PCI Express base specification, rate of a lane by generation, both directions, rounded up as makers print it.
    """
    found, printed = _fact(chip, "pcie_bidirectional_bandwidth"), _PCIE.fullmatch(chip.pcie or "")
    if found is None or printed is None or found.grade.decides:
        return found
    by_standard = _PCIE_LANE_BOTH_WAYS[printed[1]] * int(printed[2])
    return replace(found, grade=Grade.SECONDARY) if by_standard == found.value else found


_NAMES_ITS_LINKS = ("NVIDIA", "AMD")


def _links(chip: Chip) -> Quantity | None:
    """The accelerator links; none where a maker that names the links of its other cards names none for a PCIe card."""
    found = _fact(chip, "interconnect_bidirectional_bandwidth")
    is_plain_card = (chip.form_factor or "").startswith("PCIe") and chip.interconnect is None
    if found is None and is_plain_card and chip.vendor in _NAMES_ITS_LINKS:
        return Quantity(0.0, grade=Grade.SECONDARY)
    return found


def _words(name: str) -> str:
    return " ".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())


def _sum(first: Quantity | None, second: Quantity | None) -> Quantity | None:
    if first is None:
        return second and second.plus(None)
    return first.plus(second)
