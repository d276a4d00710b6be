"""How many chips of a kind an owner is estimated to hold by a day: Epoch AI's counts, projected to what the routes need.

Reads data/routes/epoch_supply.csv (MIT, see the licence beside it; source epoch-chip-counts-2026-04): cumulative units with the
5th and 95th percentile by owner, chip and quarter. "China" is one owner there. Quarters that the source marks incomplete are
left out, and what it counts begins with 2022: what was sold before is not in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from chipledger.catalogue.resolve import resolve
from chipledger.core.load import load_csv
from chipledger.core.records import Record
from chipledger.core.truth import Truth
from chipledger.routes.register import FOLDER, routes

SOURCE = "epoch-chip-counts-2026-04"
COUNTED_FROM = date(2022, 1, 1)
_OWNERS = {"CN": "China"}


class SupplyRow(Record):
    """One row of the projection."""

    owner: str
    maker: str
    chip: str
    until: date
    units: int
    units_low: int
    units_high: int


@dataclass(frozen=True, slots=True)
class Supply:
    """An estimate of the units held by an owner up to a day, with the 5th and the 95th percentile."""

    owner: str
    chip: str
    until: date
    units: int
    low: int
    high: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"owner": self.owner, "chip": self.chip, "until": self.until.isoformat(), "units": self.units,
                "low": self.low, "high": self.high, "source": SOURCE}  # fmt: skip


def supply(owner: str, chips: Iterable[str], on: date) -> Supply | None:
    """The newest estimate not after a day.

    Args:
        owner: ISO code of a country, or an owner as the source names it.
        chips: catalogue ids, variants of one name.
        on: the day.

    Returns:
        None where the source counts no such chip of that owner by then: that is no zero.

    >>> found = supply("CN", ["nvidia-h800-sxm"], date(2024, 3, 1))
    >>> found.until.isoformat(), found.units, (found.low, found.high)
    ('2023-12-31', 115430, (93121, 143648))
    """
    name, wanted = _OWNERS.get(owner, owner), set(chips)
    rows = [
        row for row in _rows() if row.owner == name and row.until <= on and wanted & _stands_for(row.chip)
    ]
    if not rows:
        return None
    last = max(rows, key=lambda row: row.until)
    return Supply(name, last.chip, last.until, last.units, last.units_low, last.units_high)


def within(count: int | None, found: Supply | None) -> Truth:
    """Whether a count is a small part of what the owner is estimated to hold.

    Args:
        count: of chips; None where not stated.
        found: the estimate.

    >>> within(32, supply("CN", ["nvidia-h20"], date(2024, 11, 5))).value.value
    'yes'
    """
    if count is None or found is None:
        missing = (
            "the number of chips" if count is None else "an estimate of the supply of that chip by that day"
        )
        return Truth.unknown(f"needs {missing}")
    said = (
        f"{count:,} against {found.low:,} to {found.high:,} of {found.chip} ({found.owner}, by {found.until})"
    )
    if count <= found.low * routes().settings.small_share.share:
        return Truth.yes(f"a small part of the supply: {said}")
    return (
        Truth.no(f"more than the supply: {said}")
        if count > found.high
        else Truth.unknown(f"no small part of the supply: {said}")
    )


@cache
def _rows() -> tuple[SupplyRow, ...]:
    return tuple(load_csv(FOLDER / "epoch_supply.csv", SupplyRow))


@cache
def _stands_for(chip: str) -> frozenset[str]:
    return frozenset(id for name in chip.split("/") for id in resolve(name.removeprefix("Instinct ")).chips)
