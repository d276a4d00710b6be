"""Total processing performance and performance density, computed from a chip's facts and never stored.

Takes a Chip; gives the number, the fact that decides it and its grade, and every other number that public figures
allow: TF32 counted at 32 bits, rival figures, rounding between formats, rival die areas. The rule is that of the
technical notes to ECCN 3A090 (15 CFR part 774, supplement 1): 2 x multiply-accumulate rate x bit length, dense, the
highest over the formats; as makers count a multiply-accumulate as two operations this is the printed rate in tera
operations per second times the bit length. Density divides by the area of all logic dies made with non-planar
transistors.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from chipledger.catalogue.chip import Chip, Fact, Format
from chipledger.core.sources import Grade

BIT_LENGTHS: Mapping[Format, int] = {
    "fp64": 64,
    "fp32": 32,
    "tf32": 19,  # sign, 8 bits of exponent, 10 of mantissa; some count the 32 bits it is stored in
    "fp16": 16,
    "bf16": 16,
    "fp8": 8,
    "int8": 8,
    "fp6": 6,
    "fp4": 4,
    "int4": 4,
}
DENSITY_LINES = (5.92, 3.2, 1.6)
"""The performance densities at which 3A090 draws lines since 2023-11-17 (88 FR 73458)."""
ROUNDING = 0.005
"""Formats whose performances differ by less than this share differ by the rounding of printed rates."""
_WORST_FIRST = (Grade.RECALLED, Grade.SECONDARY, Grade.QUOTED, Grade.PRIMARY)


@dataclass(frozen=True, slots=True)
class FormatPerformance:
    """The performance one format gives: dense rate in TOP/s times bit length."""

    format: Format
    bit_length: int
    value: float
    fact: Fact


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another number that public figures allow, and what one has to believe for it."""

    value: float
    grade: Grade
    reason: str
    format: Format | None = None


@dataclass(frozen=True, slots=True)
class TotalProcessingPerformance:
    """The total processing performance of a chip.

    `value` is None where no dense rate is known. `floor` says that main rates are not public, so that the true
    value is at least this. `grade` is that of the deciding fact: a recalled one decides nothing.
    """

    value: float | None
    format: Format | None
    grade: Grade | None
    floor: bool
    by_format: tuple[FormatPerformance, ...]
    alternatives: tuple[Alternative, ...]
    reasons: tuple[str, ...]

    @property
    def lowest(self) -> float | None:
        """The least of the value and its alternatives."""
        return None if self.value is None else min([self.value, *(each.value for each in self.alternatives)])

    @property
    def highest(self) -> float | None:
        """The greatest of the value and its alternatives."""
        return None if self.value is None else max([self.value, *(each.value for each in self.alternatives)])

    @property
    def vouched_floor(self) -> float | None:
        """The highest value that a fact of deciding grade gives: what may be relied on even where `grade` is recalled.

        >>> from chipledger.catalogue.chip import chip
        >>> performance = total_processing_performance(chip("amd-mi355x"))
        >>> performance.value, performance.grade.value, performance.vouched_floor
        (60397.8, 'recalled', 40265.6)
        """
        return max((each.value for each in self.by_format if each.fact.grade.decides), default=None)


@dataclass(frozen=True, slots=True)
class PerformanceDensity:
    """The performance density of a chip, in total processing performance per mm2.

    `value` is None where there is no applicable die area (a planar process) or none is known: `applicable` tells
    the two apart, `crossing_areas_mm2` gives the area at or below which each line would be reached.
    """

    value: float | None
    grade: Grade | None
    floor: bool
    applicable: bool | None
    area_mm2: float | None
    crossing_areas_mm2: Mapping[float, float]
    alternatives: tuple[Alternative, ...]
    reasons: tuple[str, ...]


def worst(grades: Iterable[Grade]) -> Grade:
    """The grade furthest from the primary text.

    >>> worst([Grade.QUOTED, Grade.RECALLED])
    <Grade.RECALLED: 'recalled'>
    """
    return min(grades, key=_WORST_FIRST.index)


def total_processing_performance(chip: Chip, tf32_bits: Literal[19, 32] = 19) -> TotalProcessingPerformance:
    """The total processing performance of a chip, with what decides it and what speaks against it.

    Args:
        chip: the chip; its preferred facts count, rivals become alternatives.
        tf32_bits: the bit length of TF32; the other reading becomes an alternative where it differs.

    Returns:
        Value (TOP/s x bits), deciding format, grade, floor, the value of every format, alternatives, reasons.

    Source: ECCN 3A090, technical notes on total processing performance (88 FR 73458, 2023-10-25).

    >>> from chipledger.catalogue.chip import chip
    >>> total_processing_performance(chip("nvidia-a100-sxm-80")).value
    4992.0
    >>> trainium2 = total_processing_performance(chip("aws-trainium2"))
    >>> trainium2.value, trainium2.alternatives[0].value
    (12673.0, 21344.0)
    """
    by_format = tuple(_performance(fact, tf32_bits) for fact in _preferred_rates(chip))
    if not by_format:
        missing = f"no dense rate of {chip.id} is public"
        return TotalProcessingPerformance(None, None, None, not chip.rates_complete, (), (), (missing,))
    top = _deciding(by_format)
    alternatives = _distinct(
        chain(
            _other_tf32_reading(chip, tf32_bits),
            _by_rival_source(chip, tf32_bits),
            _within_rounding(by_format, top),
        ),
        top.value,
    )
    reasons = [f"{top.fact.value:g} {top.fact.unit} {top.format} x {top.bit_length} bits = {top.value:g}"]
    if not chip.rates_complete:
        reasons.append("a floor: the main rates are not public")
    return TotalProcessingPerformance(
        value=top.value,
        format=top.format,
        grade=top.fact.grade,
        floor=not chip.rates_complete,
        by_format=by_format,
        alternatives=alternatives,
        reasons=tuple(reasons),
    )


def performance_density(chip: Chip, tf32_bits: Literal[19, 32] = 19) -> PerformanceDensity:
    """The performance density of a chip: total processing performance over applicable die area.

    Args:
        chip: the chip.
        tf32_bits: as for `total_processing_performance`.

    Source: ECCN 3A090, technical notes on performance density (88 FR 73458, 2023-10-25).

    >>> from chipledger.catalogue.chip import chip
    >>> round(performance_density(chip("nvidia-h20")).value, 3)
    2.909
    >>> unknown = performance_density(chip("kunlun-p800"))
    >>> unknown.value is None, round(unknown.crossing_areas_mm2[5.92])
    (True, 932)
    """
    performance = total_processing_performance(chip, tf32_bits)
    if chip.nonplanar is False:
        return _no_density(False, {}, f"{chip.id} is made on a planar process: it has no applicable die area")
    if performance.value is None:
        return _no_density(chip.nonplanar, {}, *performance.reasons)
    crossing = {line: performance.value / line for line in DENSITY_LINES}
    area = chip.fact("applicable_die_area")
    if area is None or performance.grade is None:
        lines = ", ".join(f"{line:g} at or below {crossing[line]:.0f} mm2" for line in DENSITY_LINES)
        return _no_density(
            chip.nonplanar, crossing, f"needs applicable_die_area: the density reaches {lines}"
        )
    value = performance.value / area.si_value
    return PerformanceDensity(
        value=value,
        grade=worst([performance.grade, area.grade]),
        floor=performance.floor or area.bound == "at_most",
        applicable=chip.nonplanar,
        area_mm2=area.si_value,
        crossing_areas_mm2=crossing,
        alternatives=_other_densities(chip, performance, value),
        reasons=(f"{performance.value:g} / {area.value:g} mm2 = {value:.3f}", *_area_remarks(area)),
    )


def _no_density(
    applicable: bool | None, crossing: Mapping[float, float], *reasons: str
) -> PerformanceDensity:
    return PerformanceDensity(None, None, False, applicable, None, crossing, (), reasons)


def _area_remarks(area: Fact) -> tuple[str, ...]:
    remarks = (
        ("the area is an upper bound, so the density is at least this",) if area.bound == "at_most" else ()
    )
    return remarks + ((area.note,) if area.note else ())


def _preferred_rates(chip: Chip) -> list[Fact]:
    chosen: dict[str | None, Fact] = {}
    for fact in chip.facts_of("dense_rate"):
        if fact.preferred is not False:
            chosen.setdefault(fact.format, fact)
    return list(chosen.values())


def _performance(fact: Fact, tf32_bits: int) -> FormatPerformance:
    assert fact.format is not None, "a dense rate has a format"
    bits = tf32_bits if fact.format == "tf32" else BIT_LENGTHS[fact.format]
    return FormatPerformance(fact.format, bits, round(fact.value * bits, 6), fact)


def _deciding(performances: Iterable[FormatPerformance]) -> FormatPerformance:
    """The highest; of equals the one whose fact stands closest to the primary text."""
    return max(performances, key=lambda one: (one.value, _WORST_FIRST.index(one.fact.grade)))


def _other_tf32_reading(chip: Chip, tf32_bits: int) -> list[Alternative]:
    other = 32 if tf32_bits == 19 else 19
    top = _deciding(_performance(fact, other) for fact in _preferred_rates(chip))
    return [Alternative(top.value, top.fact.grade, f"TF32 counted as {other} bits", top.format)]


def _by_rival_source(chip: Chip, tf32_bits: int) -> list[Alternative]:
    """What each source's rival figures would give, all its formats taken together."""
    alternatives = []
    rivals = [
        fact
        for fact in chip.facts_of("dense_rate")
        if not fact.preferred and fact not in _preferred_rates(chip)
    ]
    for source in dict.fromkeys(fact.source for fact in rivals):
        rates = {fact.format: fact for fact in _preferred_rates(chip)}
        rates.update({fact.format: fact for fact in rivals if fact.source == source})
        top = _deciding(_performance(fact, tf32_bits) for fact in rates.values())
        alternatives.append(Alternative(top.value, top.fact.grade, f"rival figures of {source}", top.format))
    return alternatives


def _within_rounding(performances: Iterable[FormatPerformance], top: FormatPerformance) -> list[Alternative]:
    return [
        Alternative(
            one.value, one.fact.grade, f"{one.format} differs by the rounding of printed rates", one.format
        )
        for one in performances
        if top.value * (1 - ROUNDING) <= one.value < top.value
    ]


def _other_densities(
    chip: Chip, performance: TotalProcessingPerformance, main: float
) -> tuple[Alternative, ...]:
    """Every density that a performance and a die area of public record give."""
    assert performance.value is not None and performance.grade is not None
    main_performance = Alternative(performance.value, performance.grade, f"{performance.value:g}")
    densities = (
        Alternative(
            each.value / area.si_value,
            worst([each.grade, area.grade]),
            f"{each.value:g} / {area.value:g} mm2 ({'; '.join(dict.fromkeys([each.reason, area.source]))})",
        )
        for each in (main_performance, *performance.alternatives)
        for area in chip.facts_of("applicable_die_area")
    )
    return _distinct(densities, main)


def _distinct(alternatives: Iterable[Alternative], main: float) -> tuple[Alternative, ...]:
    kept = {each.value: each for each in reversed(list(alternatives)) if each.value != main}
    return tuple(reversed(kept.values()))
