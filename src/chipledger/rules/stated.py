"""An Item from the figures that someone states of a part; figures that contradict each other are refused.

Takes a Specification in the units of data sheets (TFLOP/s, mm2, GB/s); gives an Item. A performance is taken as stated
or computed from dense rates as the text says: rate times bit length, the highest over the formats. What is not stated
stays missing; an InputError names the option and both numbers.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from chipledger.catalogue.chip import Format
from chipledger.catalogue.metrics import BIT_LENGTHS
from chipledger.core.errors import InputError
from chipledger.core.truth import Truth, Verdict
from chipledger.core.units import to_si
from chipledger.rules.item import UNSTATED, Item, Quantity, given
from chipledger.rules.lines import ROUNDING

FORMATS: tuple[Format, ...] = get_args(Format)
TF32_AS_STORED_BITS = 32
AGREES_WITHIN = 0.01
"""How far a stated density may lie from performance over area and still be the same figure, rounded (relative)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """What is stated of a part, in the units of data sheets.

    Args:
        name: as printed.
        vendor: the maker.
        total_processing_performance: TPP as stated.
        rates_tflop_per_second: dense rates by format, counted as data sheets do (a multiply-accumulate is two operations).
        die_area_mm2: of all logic dies made on a process with non-planar transistors.
        performance_density: TPP per mm2 as stated.
        is_planar: made on a planar process, so that no die area counts.
        marketed_for_data_center: designed or marketed for data centres; None where nothing is said of it.
        interconnect_gb_per_second: all inputs and outputs other than to volatile memory, both directions.
        pcie_gb_per_second: the host link, both directions, where `interconnect_gb_per_second` leaves it out.
        memory_bandwidth_gb_per_second: total DRAM bandwidth.
        memory_density_gb_per_second_per_mm2: of high-bandwidth memory, over the area of its package or stack; it makes the
            part memory.
        shares_package_with_logic: whether that memory shares a package whose main function is processing.
        contains_memory: whether the final package holds high-bandwidth memory.
        transistors_billion: aggregated approximated transistor count of the final package.
        node_nm: the process node as the foundry names it.
        is_non_planar: made with non-planar transistors; None where nothing is said of it.

    >>> Specification(total_processing_performance=2368, die_area_mm2=814).item().performance_density.value
    2.909090909090909
    """

    name: str = "the part"
    vendor: str = ""
    total_processing_performance: float | None = None
    rates_tflop_per_second: Mapping[Format, float] = field(default_factory=dict)
    die_area_mm2: float | None = None
    performance_density: float | None = None
    is_planar: bool = False
    marketed_for_data_center: Verdict | None = None
    interconnect_gb_per_second: float | None = None
    pcie_gb_per_second: float | None = None
    memory_bandwidth_gb_per_second: float | None = None
    memory_density_gb_per_second_per_mm2: float | None = None
    shares_package_with_logic: Verdict | None = None
    contains_memory: Verdict | None = None
    transistors_billion: float | None = None
    node_nm: float | None = None
    is_non_planar: bool | None = None

    def item(self) -> Item:
        """The part as the rules ask it.

        Raises:
            InputError: a figure is no figure, or two contradict each other.
        """
        _check_figures(self)
        performance = _performance(self)
        if self.memory_density_gb_per_second_per_mm2 is not None:
            if performance is not None:
                raise InputError(
                    "--memory-density says memory and --tpp or --rate a processor",
                    remedy="classify the memory and the processor each by itself",
                )
            performance = given(0.0)
        _check_density(self, performance)
        return Item(
            name=self.name,
            vendor=self.vendor,
            total_processing_performance=performance,
            density=_density(self),
            applicable_die_area_mm2=given(0.0 if self.is_planar else self.die_area_mm2),
            interconnect_bidirectional_bandwidth=_rate(self.interconnect_gb_per_second),
            pcie_bidirectional_bandwidth=_host_link(self),
            memory_bandwidth=_rate(self.memory_bandwidth_gb_per_second),
            marketed_for_data_center=_marketed(self),
            processing_performance=_processing(self, performance),
            transistor_count=given(_times(self.transistors_billion, 1e9)),
            process_node=given(self.node_nm),
            **_of_memory(self),
            **_of_process(self),
        )


def computed_performance(rates_tflop_per_second: Mapping[Format, float]) -> Quantity | None:
    """The performance that dense rates give; what TF32 at 32 bits and rounded rates would give stands beside it.

    Source: ECCN 3A090, technical notes on total processing performance (88 FR 73458).

    >>> computed_performance({"fp16": 165.0, "int8": 330.5}).rivals
    (2640.0,)
    >>> computed_performance({"fp16": 148.0, "fp8": 296.0}).value
    2368.0
    """
    if not rates_tflop_per_second:
        return None
    by_format = {name: round(rate * BIT_LENGTHS[name], 6) for name, rate in rates_tflop_per_second.items()}
    highest = max(by_format.values())
    others = {one for one in by_format.values() if highest * (1 - ROUNDING) <= one < highest}
    as_stored = round(rates_tflop_per_second.get("tf32", 0.0) * TF32_AS_STORED_BITS, 6)
    others |= {as_stored} if as_stored > highest else set()
    return Quantity(highest, rivals=tuple(sorted(others)))


def _performance(said: Specification) -> Quantity | None:
    computed, stated = computed_performance(said.rates_tflop_per_second), said.total_processing_performance
    if stated is None or computed is None:
        return computed or given(stated)
    if abs(stated - computed.value) > AGREES_WITHIN * max(stated, computed.value):
        raise InputError(
            f"--tpp {stated:g} contradicts the rates, which give {computed.value:g} (rate times bit length, the highest)",
            remedy="give the dense rates or the performance, whichever is right",
        )
    return Quantity(stated, rivals=(computed.value,) if computed.value != stated else ())


def _processing(said: Specification, performance: Quantity | None) -> Quantity | None:
    """Operations per second: the highest stated rate, or the least that a performance stands for at 64 bits."""
    if said.rates_tflop_per_second:
        return given(max(said.rates_tflop_per_second.values()) * 1e12)
    return None if performance is None else Quantity(performance.value / _LONGEST_BITS * 1e12, floor=True)


_LONGEST_BITS = 64


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _of_memory(said: Specification) -> dict[str, Any]:
    """What is stated of high-bandwidth memory; a part of memory alone has no processing unit, so its TPP is 0."""
    facts: dict[str, Any] = {}
    if said.contains_memory in (Verdict.YES, Verdict.NO):
        facts["contains_memory"] = Truth.of(
            said.contains_memory == Verdict.YES, "as stated of the package's memory"
        )
    if said.memory_density_gb_per_second_per_mm2 is None:
        return facts
    facts["is_memory"] = Truth.yes("stated to be high-bandwidth memory")
    facts["memory_bandwidth_density"] = given(said.memory_density_gb_per_second_per_mm2)
    if said.shares_package_with_logic in (Verdict.YES, Verdict.NO):
        shares = said.shares_package_with_logic == Verdict.YES
        why = f"stated {'' if shares else 'not '}to share a package whose main function is processing"
        facts["co_packaged_with_logic"] = Truth.of(shares, why)
    return facts


def _of_process(said: Specification) -> dict[str, Any]:
    non_planar = False if said.is_planar else said.is_non_planar
    if non_planar is None:
        return {}
    return {
        "non_planar": Truth.of(
            non_planar,
            f"stated to be made {'with non-planar transistors' if non_planar else 'on a planar process'}",
        )
    }


def _density(said: Specification) -> Quantity | None:
    """A stated density counts where it cannot be computed; where it can, the exact quotient counts."""
    return (
        None if said.die_area_mm2 is not None and _has_performance(said) else given(said.performance_density)
    )


def _has_performance(said: Specification) -> bool:
    return said.total_processing_performance is not None or bool(said.rates_tflop_per_second)


def _rate(gb_per_second: float | None) -> Quantity | None:
    return given(None if gb_per_second is None else to_si(gb_per_second, "GB/s"))


def _host_link(said: Specification) -> Quantity | None:
    """All inputs and outputs are counted already, unless the host link is stated beside them."""
    counted = said.pcie_gb_per_second is None and said.interconnect_gb_per_second is not None
    return given(0.0) if counted else _rate(said.pcie_gb_per_second)


def _marketed(said: Specification) -> Truth:
    if said.marketed_for_data_center is None or said.marketed_for_data_center == Verdict.UNKNOWN:
        return UNSTATED
    is_so = said.marketed_for_data_center == Verdict.YES
    return Truth.of(is_so, f"stated to be {'' if is_so else 'neither '}designed {'or' if is_so else 'nor'} marketed for data centres")  # fmt: skip


def _check_figures(said: Specification) -> None:
    at_least_zero = {
        "--tpp": said.total_processing_performance,
        "--interconnect": said.interconnect_gb_per_second,
        "--pcie": said.pcie_gb_per_second,
        "--memory-bandwidth": said.memory_bandwidth_gb_per_second,
        **{f"--rate {name}": rate for name, rate in said.rates_tflop_per_second.items()},
    }
    above_zero = {
        "--die-area": said.die_area_mm2,
        "--performance-density": said.performance_density,
        "--memory-density": said.memory_density_gb_per_second_per_mm2,
        "--transistors": said.transistors_billion,
        "--node": said.node_nm,
    }
    for option, value in {**at_least_zero, **above_zero}.items():
        if value is None or (
            math.isfinite(value) and (value > 0 or (value == 0 and option in at_least_zero))
        ):
            continue
        raise InputError(
            f"{option} {value:g} is no figure of a part",
            expected="a number above zero" if option in above_zero else "a number, zero or more",
            remedy="say --planar where no die counts" if value == 0 and option == "--die-area" else "",
        )


def _check_density(said: Specification, performance: Quantity | None) -> None:
    area, stated = said.die_area_mm2, said.performance_density
    if said.is_planar and (area is not None or stated is not None):
        raise InputError(
            f"--planar contradicts {'--die-area' if area is not None else '--performance-density'}: dies made on a planar process "
            "do not count",
            remedy="leave one of them out",
        )
    if performance is None or stated is None or area is None or _agree(stated, performance.value / area):
        return
    raise InputError(
        f"--performance-density {stated:g} contradicts TPP {performance.value:g} over {area:g} mm2, which is "
        f"{performance.value / area:.4g}",
        remedy="leave out the figure that is wrong",
    )


def _agree(stated: float, computed: float) -> bool:
    decimals = len(f"{stated:.10g}".partition(".")[2])
    return abs(stated - computed) <= AGREES_WITHIN * computed or round(computed, decimals) == stated
