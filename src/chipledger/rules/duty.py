"""Import duties on chips by their figures: which band of which duty a chip falls in on a day.

Takes an Item and a day; gives for each duty in effect whether it reaches the item, by which band, with reasons and cites. A
duty falls on imports into the country that levies it and is no export control; what the article is used for there may take
it out, and is told as a list of exempt uses.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.core.truth import Truth, any_of
from chipledger.rules.criteria import Criterion, evaluate
from chipledger.rules.destination import Dated
from chipledger.rules.item import Item
from chipledger.rules.law import DATA
from chipledger.rules.sourced import Sourced, load_sourced


class Band(Record):
    """One set of figures that a duty falls on."""

    name: str
    criteria: Criterion
    cite: Cite


class ExemptUse(Record):
    """A use for which the duty is not levied, and the heading under which it is entered."""

    heading: str
    use: str
    cite: Cite


class Duty(Sourced, Dated):
    """One duty (data/duties).

    Args:
        instrument: the act that levies it.
        levied_by: ISO code of the country.
        rate_per_cent: of the value, on top of other duties.
        headings: of the tariff schedule under which an article must be classifiable.
        bands: figures that it falls on; one is enough.
    """

    instrument: str
    title: str
    levied_by: str
    rate_per_cent: float
    headings: tuple[str, ...]
    bands: tuple[Band, ...]
    exempt_uses: tuple[ExemptUse, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class DutyAnswer:
    """Whether a duty falls on an item, by its figures; an exempt use is a matter of each import."""

    duty: Duty
    dutiable: Truth
    bands: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        told = [band for band in self.duty.bands if not self.bands or band.name in self.bands]
        uses = () if self.dutiable.is_no else self.duty.exempt_uses
        return {
            "duty": self.duty.title,
            "dutiable": self.dutiable.value.value,
            "bands": list(self.bands),
            "rate_per_cent": self.duty.rate_per_cent,
            "headings": list(self.duty.headings),
            "reasons": list(self.dutiable.reasons),
            "exempt_uses": [f"{one.heading} {one.use}" for one in uses],
            "cites": list(dict.fromkeys(self.duty.cited(band.cite) for band in told)),
        }


@cache
def duties(folder: Path = DATA / "duties") -> tuple[Duty, ...]:
    """Every duty that the project carries.

    Raises:
        DataError: a file does not fit.
    """
    return tuple(load_sourced(path, Duty) for path in sorted(folder.glob("*.yaml")))


def duty(item: Item, on: date) -> tuple[DutyAnswer, ...]:
    """Whether each duty in effect on the day falls on the item by its figures.

    Args:
        item: the facts of the chip.
        on: the day of the import.

    Returns:
        An answer for each duty in effect; none where none was.

    Source: proclamation of 2026-01-14 under section 232, annex: U.S. note 39(b) to subchapter III of chapter 99.

    >>> from chipledger.catalogue.chip import chip
    >>> from chipledger.rules.item import item_of
    >>> [(one.dutiable.value.value, one.bands) for one in duty(item_of(chip("nvidia-h200-sxm")), date(2026, 2, 1))]
    [('yes', ('band 1',))]
    """
    return tuple(_answer(one, item) for one in duties() if one.holds_on(on))


def _answer(one: Duty, item: Item) -> DutyAnswer:
    found = [(band.name, evaluate(band.criteria, item)) for band in one.bands]
    dutiable = any_of(truth for _, truth in found)
    return DutyAnswer(
        one,
        dutiable,
        tuple(name for name, truth in found if truth.value is dutiable.value and not truth.is_no),
    )
