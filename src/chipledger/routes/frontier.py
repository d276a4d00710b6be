"""The best domestic chip beside the best chip that needed no license, by date: how the gap between them moved.

Takes the catalogue and the rules; gives a row for each day on which either changed, on several axes, since no one number says how
much of a chip another is. Chips that their makers keep, that were announced and not made, or that hold their memory on the chip
are left out, as the settings say. A chip on sale is not a chip in quantity: what could be made or delivered is not in it. A
figure that is only recalled is shown as such and tops nothing that is better known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from chipledger.catalogue.chip import Chip, Metric, chips
from chipledger.core.timeline import Timeline
from chipledger.core.truth import Verdict
from chipledger.core.units import scale
from chipledger.routes.register import routes
from chipledger.rules.history import history
from chipledger.rules.item import item_of

AXES: tuple[tuple[str, Metric, str | None, str], ...] = (
    ("dense_rate_16_bit", "dense_rate", "bf16", "TFLOP/s"),
    ("memory_bandwidth", "memory_bandwidth", None, "GB/s"),
    ("memory_capacity", "memory_capacity", None, "GB"),
    ("interconnect", "interconnect_bidirectional_bandwidth", None, "GB/s"),
)
_FORMATS = ("bf16", "fp16")


@dataclass(frozen=True, slots=True)
class Best:
    """The best chip of a set on one axis; `recalled` where its figure is only recalled."""

    chip: str
    name: str
    value: float
    unit: str
    recalled: bool

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Frontier:
    """The best of both on one axis from a day on.

    Args:
        domestic: of makers of the destination; None where none was out.
        exportable: of other makers, for which no license was required that day; None where there was none.
        ratio: domestic over exportable; None where one is missing.
    """

    axis: str
    effective_from: date
    domestic: Best | None
    exportable: Best | None

    @property
    def ratio(self) -> float | None:
        """The domestic figure over the exportable one."""
        return self.domestic.value / self.exportable.value if self.domestic and self.exportable else None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"axis": self.axis, "effective_from": self.effective_from.isoformat(),
                "domestic": self.domestic.as_dict() if self.domestic else None,
                "exportable": self.exportable.as_dict() if self.exportable else None, "ratio": self.ratio}  # fmt: skip


def frontier(axis: str, since: date, until: date, destination: str = "CN", market: str = "data centre") -> tuple[Frontier, ...]:  # fmt: skip
    """The best domestic and the best exportable chip, a row for each day on which one of them changed.

    Args:
        axis: one of AXES by its name.
        since: the first day; until: the last.
        destination: ISO country code.
        market: for which chips are sold, as the catalogue says.

    >>> rows = frontier("dense_rate_16_bit", date(2023, 6, 1), date(2023, 12, 1))
    >>> [(str(row.effective_from), row.exportable.name) for row in rows if row.exportable][0]
    ('2023-06-01', 'H800 SXM5 80GB')
    """
    metric, format, unit = next((one[1], one[2], one[3]) for one in AXES if one[0] == axis)
    out = [one for one in chips().values() if one.market == market and _is_in_trade(one)]
    valued = [(one, best) for one in out if (best := _value(one, metric, format, unit))]
    days = sorted(
        {since, *(day for one, _ in valued for day in _changes(one, destination) if since < day <= until)}
    )
    rows: list[Frontier] = []
    for day in days:
        row = Frontier(axis, day, _top(valued, day, destination, domestic=True), _top(valued, day, destination, domestic=False))  # fmt: skip
        if not rows or (row.domestic, row.exportable) != (rows[-1].domestic, rows[-1].exportable):
            rows.append(row)
    return tuple(rows)


def _is_in_trade(one: Chip) -> bool:
    """Whether it is sold, was made in some quantity, and compares with the others (settings say what does not, and why)."""
    left_out = routes().settings
    return (
        one.status == "released"
        and _out(one) is not None
        and one.vendor not in left_out.not_sold_by.vendors
        and one.id not in left_out.not_in_quantity.chips
        and one.memory_type not in left_out.other_memory.types
    )


def _out(one: Chip) -> date | None:
    """The first day on which it may have been on sale."""
    return one.released_period.effective_from if one.released_period else None


def _value(one: Chip, metric: Metric, format: str | None, unit: str) -> Best | None:
    facts = [one.fact(metric, name) for name in _FORMATS] if format else [one.fact(metric)]  # type: ignore[arg-type]
    fact = max((fact for fact in facts if fact), key=lambda fact: fact.si_value, default=None)
    if fact is None or fact.bound == "at_most":
        return None
    return Best(one.id, one.name, fact.si_value / scale(unit)[0], unit, not fact.grade.decides)


def _changes(one: Chip, destination: str) -> Iterable[date]:
    out = _out(one)
    if out:
        yield out
    if one.vendor_country != destination:
        yield from _needs(one, destination).boundaries()


@lru_cache(maxsize=1024)
def _needs(one: Chip, destination: str) -> Timeline[Verdict]:
    return history(item_of(one), destination).map(lambda state: state.license_required).coalesce()


def _top(valued: Sequence[tuple[Chip, Best]], on: date, destination: str, *, domestic: bool) -> Best | None:
    fitting = [
        (best, out)
        for one, best in valued
        if (one.vendor_country == destination) == domestic
        and (out := _out(one)) is not None
        and out <= on
        and (domestic or _needs(one, destination).at(on) is Verdict.NO)
    ]
    known = [pair for pair in fitting if not pair[0].recalled] or fitting
    return max(known, key=_better, default=(None, date.min))[0]


def _better(pair: tuple[Best, date]) -> tuple[float, int, str]:
    """By the figure; of equals the one that was out first."""
    best, out = pair
    return best.value, -out.toordinal(), best.chip
