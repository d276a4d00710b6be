"""The chips of the catalogue and the facts known of each, one file a chip under data/chips.

A fact is one value of one metric with its source and grade, in the unit its source printed. Rival facts of
one metric stand side by side: one is preferred and says why, or none is (`preferred: false`) and the value is
unknown. What follows from facts (total processing performance, performance density) is computed in `metrics`,
never stored.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from difflib import get_close_matches
from functools import cache
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import model_validator

from chipledger.core.errors import DataError, InputError
from chipledger.core.load import load_yaml, load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Grade, Source
from chipledger.core.timeline import Period
from chipledger.core.units import to_si

DATA = Path(__file__).parent.parent / "data"

Format = Literal["fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "int8", "fp6", "fp4", "int4"]
Metric = Literal[
    "dense_rate",
    "memory_capacity",
    "memory_bandwidth",
    "interconnect_bidirectional_bandwidth",
    "pcie_bidirectional_bandwidth",
    "applicable_die_area",
    "power",
    "total_processing_performance_reported",
]
LONGEST_SHOWN_CHARS = 80
"""How much of an unknown name an error repeats."""
_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?|-Q([1-4]))?", re.ASCII)


class Fact(Record):
    """One value of one metric of one chip, as one source gives it."""

    metric: Metric
    format: Format | None = None
    """The number format of a dense rate; no other metric has one."""
    value: float
    unit: str
    """The printed unit: TFLOP/s, TOP/s, GB, GB/s, W, mm2, or TPP for a reported performance."""
    bound: Literal["at_most", "at_least"] | None = None
    """Set where the source gives a limit, such as a die "under 600 mm2"."""
    source: str
    agrees_with: tuple[str, ...] = ()
    """Sources that were compared and hold the same value."""
    grade: Grade
    preferred: bool | None = None
    """True: the one of several to use. False: recorded but not to be used. None: the only one, or a rival."""
    why: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _format_belongs_to_rates(self) -> "Fact":
        if (self.metric == "dense_rate") != (self.format is not None):
            raise ValueError("a dense_rate has a format, and nothing else has one")
        if not 0 < self.value < float("inf"):
            raise ValueError("a value is a positive number")
        return self

    @property
    def si_value(self) -> float:
        """The value in base units: flop or operations per second, bytes, bytes per second, watts, mm2."""
        return self.value if self.unit == "TPP" else to_si(self.value, self.unit)


class Chip(Record):
    """One product variant: a chip as sold, per package."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    vendor: str
    vendor_country: str
    china_variant: bool
    """Made or cut for sale to China."""
    status: Literal["released", "announced", "reported"]
    market: Literal["data centre", "workstation", "consumer"]
    form_factor: str | None = None
    die: str | None = None
    released: str | None = None
    """Availability if known, else announcement: YYYY, YYYY-MM, YYYY-MM-DD or YYYY-Qn."""
    process_node: str | None = None
    nonplanar: bool | None = None
    """Whether the logic is made with non-planar transistors; None where the process is not known."""
    logic_dies: int | None = None
    memory_type: str | None = None
    interconnect: str | None = None
    pcie: str | None = None
    rates_complete: bool
    """False where the chip's main rates are not public, so that a performance from the others is a floor."""
    sources: tuple[str, ...]
    note: str | None = None
    facts: tuple[Fact, ...] = ()

    @model_validator(mode="after")
    def _one_preferred_of_rivals(self) -> "Chip":
        seen = set()
        for what, group in groupby(self.facts, key=lambda fact: (fact.metric, fact.format)):
            first, *rivals = group
            if what in seen:
                raise ValueError(f"{what}: rival facts stand together")
            seen.add(what)
            in_use = [fact for fact in (first, *rivals) if fact.preferred is not False]
            chosen = [fact for fact in in_use if fact.preferred]
            if len(in_use) > 1 and (chosen != [first] or not first.why):
                raise ValueError(f"{what}: of rival facts the first is preferred, with its why")
        if self.released is not None:
            period_of(self.released)
        return self

    def facts_of(self, metric: Metric, format: Format | None = None) -> tuple[Fact, ...]:
        """The facts of one metric, the preferred one first.

        Args:
            metric: the metric.
            format: the number format of a dense rate; None gives the rates of all formats.

        >>> [fact.value for fact in chip("huawei-910c").facts_of("dense_rate", "fp16")]
        [800.0, 780.0, 752.0]
        """
        return tuple(fact for fact in self.facts if fact.metric == metric and format in (None, fact.format))

    def fact(self, metric: Metric, format: Format | None = None) -> Fact | None:
        """The fact to use: the preferred one, or the only one; None where none is known or none is trusted.

        >>> chip("amd-mi350x").fact("applicable_die_area") is None
        True
        """
        return next(
            (
                fact
                for fact in self.facts
                if (fact.metric, fact.format) == (metric, format) and fact.preferred is not False
            ),
            None,
        )

    def value(self, metric: Metric, format: Format | None = None) -> float | None:
        """The value to use, in base units (flop per second, bytes, bytes per second, watts, mm2), or None.

        >>> chip("nvidia-a100-sxm-80").value("dense_rate", "fp16")
        312000000000000.0
        >>> chip("nvidia-b20").value("memory_capacity") is None
        True
        """
        fact = self.fact(metric, format)
        return None if fact is None else fact.si_value

    @property
    def released_period(self) -> Period | None:
        """From the first to the last day on which the chip may have come out, or None where unknown.

        >>> chip("nvidia-h20").released_period
        Period(effective_from=datetime.date(2024, 2, 1), effective_until=datetime.date(2024, 3, 1))
        """
        return None if self.released is None else period_of(self.released)


def period_of(partial_date: str) -> Period:
    """The days a partial date may mean.

    Args:
        partial_date: YYYY, YYYY-MM, YYYY-MM-DD or YYYY-Qn.

    Raises:
        ValueError: it is none of these, or no such day.

    >>> period_of("2026-Q4")
    Period(effective_from=datetime.date(2026, 10, 1), effective_until=datetime.date(2027, 1, 1))
    """
    match = _PARTIAL_DATE.fullmatch(partial_date)
    if not match:
        raise ValueError(f"{partial_date!r} is not a date of the form YYYY, YYYY-MM, YYYY-MM-DD or YYYY-Qn")
    year, month, day, quarter = (int(part) if part else None for part in match.groups())
    assert year is not None
    first_month = month or (3 * quarter - 2 if quarter else 1)
    last_month = month or (3 * quarter if quarter else 12)
    first = date(year, first_month, day or 1)
    last = date(year, last_month, day or monthrange(year, last_month)[1])
    return Period(first, last + timedelta(days=1))


@cache
def chip_ids() -> tuple[str, ...]:
    """All ids in order, from the names of the files alone: much sooner than reading every chip.

    >>> chip_ids() == tuple(chips())
    True
    """
    return tuple(sorted(path.stem for path in (DATA / "chips").glob("*.yaml")))


@cache
def chips() -> Mapping[str, Chip]:
    """Every chip by id, in the order of ids.

    Raises:
        DataError: a chip file breaks its contract; the message names file and line.

    >>> len(chips())
    199
    """
    return MappingProxyType({id: _read(id) for id in chip_ids()})


@cache
def _read(id: str) -> Chip:
    """One chip from its file alone: much sooner than all of them."""
    one = load_yaml(DATA / "chips" / f"{id}.yaml", Chip)
    if one.id != id:
        raise DataError(f"id {one.id!r} is not the file's name", where=f"{id}.yaml:1", expected=id)
    return one


def chip(id: str) -> Chip:
    """The chip of this id.

    Raises:
        InputError: there is none; the message names the nearest.

    >>> chip("nvidia-a100-sxm-80").name
    'A100 SXM4 80GB'
    """
    if id not in chip_ids():
        near = _nearest(id)
        remedy = f"did you mean {' or '.join(near)}?" if near else "`chipledger chips list` shows all ids"
        raise InputError(f"no chip has the id or name {id[:LONGEST_SHOWN_CHARS]!r}", remedy=remedy)
    return _read(id)


def _nearest(name: str) -> list[str]:
    """The ids of the three chips whose id, name or alias looks most like a name."""
    spellings = {
        spelling.casefold(): one.id
        for one in chips().values()
        for spelling in (*one.aliases, one.name, one.id)
    }
    near = get_close_matches(name[:LONGEST_SHOWN_CHARS].casefold(), spellings, n=6, cutoff=0.6)
    return list(dict.fromkeys(spellings[spelling] for spelling in near))[:3]


@cache
def sources() -> Mapping[str, Source]:
    """The sources of chips and systems by id.

    >>> sources()["epoch-machine-learning-hardware"].licence
    'CC BY 4.0'
    """
    listed = load_yaml_list(DATA / "sources" / "catalogue.yaml", Source)
    return MappingProxyType({source.id: source for source in listed})
