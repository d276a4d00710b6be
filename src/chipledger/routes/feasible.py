"""Could so many chips, to be had from a day on, have done the work by its release? Arithmetic with ranges, no more.

Takes operations, a chip, the days on which it could run, and a range of the share of peak that training reaches; gives the number
of chips needed as a range and a three-valued answer. A better model of throughput can be handed in as a function; without one the
estimate is 6 N D over the dense 16-bit rate. Possible is not shown: the answer excludes, it never proves.

Source: 6 N D as in arXiv 2001.08361, section 2.1; the share of peak as stated in data/routes/settings.yaml.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

from chipledger.catalogue.chip import Chip
from chipledger.core.truth import Truth
from chipledger.routes.kind import Between
from chipledger.routes.register import routes

DAY_SECONDS, HOUR_SECONDS = 86_400.0, 3_600.0
USUAL_CHIPS = 2048
"""That a better model is asked about where no count is stated: between the fewest and most of documented runs of that size."""
Throughput = Callable[[str, int], Between | None]
"""From a catalogue id and a number of chips to the training rate of all together, flop per second; None where unknown."""


@dataclass(frozen=True, slots=True)
class Feasibility:
    """What it takes to do the work with one kind of chip between two days.

    Args:
        chip: catalogue id.
        flop: of the work.
        days: that the chips could run, least and most; None where there are none.
        chips_needed: fewest and most that the ranges allow; None where a figure is missing.
        truth: whether `count` chips could have done it; unknown without a count, unless no day is left.
    """

    chip: str
    flop: float
    days: tuple[int, int] | None
    chips_needed: tuple[int, int] | None
    count: int | None
    truth: Truth

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"chip": self.chip, "flop": self.flop, "days": list(self.days) if self.days else None,
                "chips_needed": list(self.chips_needed) if self.chips_needed else None, "count": self.count,
                "feasible": self.truth.value.value, "reasons": list(self.truth.reasons)}  # fmt: skip


def feasible(
    flop: float,
    chip: Chip,
    *,
    released_on: date,
    available_from: date | None = None,
    count: int | None = None,
    utilization: Between | None = None,
    throughput: Throughput | None = None,
) -> Feasibility:
    """Whether chips of that kind could have done the work in time.

    Args:
        flop: operations of the work.
        chip: of the catalogue; its dense BF16 rate counts, FP16 where that is missing.
        released_on: the day on which the result was released.
        available_from: the first day on which the chips could run; the chip's own first day of sale where not given.
        count: number of chips; None asks how many it takes.
        utilization: share of the dense peak reached; the range of the settings where not given.
        throughput: a better model of the rate; asked with the chip and the count.

    >>> from chipledger.catalogue.chip import chip
    >>> found = feasible(6 * 52e9 * 7e12, chip("nvidia-h20"), released_on=date(2024, 11, 5))
    >>> found.days, found.chips_needed
    ((158, 248), (1378, 4324))
    >>> feasible(6 * 52e9 * 7e12, chip("nvidia-h20"), released_on=date(2024, 11, 5), count=10_000).truth.value.value
    'yes'
    """
    days = _days(chip, released_on, available_from)
    if days is None:
        return Feasibility(
            chip.id, flop, None, None, count, Truth.unknown("needs the day from which the chip could be had")
        )
    if days[1] <= 0:
        late = f"{chip.name} could be had from {available_from or _out(chip)}, too late for a release on {released_on}"
        return Feasibility(chip.id, flop, days, None, count, Truth.no(late))
    rate = _rate(chip, count, utilization, throughput)
    if rate is None:
        return Feasibility(
            chip.id, flop, days, None, count, Truth.unknown(f"needs the dense 16-bit rate of {chip.name}")
        )
    most = ceil(flop / (rate.low * days[0] * DAY_SECONDS)) if days[0] > 0 else None
    fewest = ceil(flop / (rate.high * days[1] * DAY_SECONDS))
    needed = (fewest, most) if most else None
    return Feasibility(chip.id, flop, days, needed, count, _enough(chip, count, fewest, most, days))


def implied_utilization(flop: float, chip_hours: float, chip: Chip) -> float | None:
    """The share of the dense 16-bit peak that stated hours imply.

    Args:
        flop: operations of the work.
        chip_hours: as stated.
        chip: of the catalogue.

    >>> from chipledger.catalogue.chip import chip
    >>> round(implied_utilization(6 * 37e9 * 14.8e12, 2.664e6, chip("nvidia-h800-sxm")), 3)
    0.346
    """
    peak = _peak(chip)
    return flop / (chip_hours * HOUR_SECONDS * peak) if peak else None


def _peak(chip: Chip) -> float | None:
    return chip.value("dense_rate", "bf16") or chip.value("dense_rate", "fp16")


def _out(chip: Chip) -> date | None:
    return chip.released_period.effective_from if chip.released_period else None


def _days(chip: Chip, released_on: date, available_from: date | None) -> tuple[int, int] | None:
    start = available_from or _out(chip)
    if start is None:
        return None
    after = routes().settings.days_after_training
    span = (released_on - start).days
    return round(span - after.high), round(span - after.low)


def _rate(
    chip: Chip, count: int | None, utilization: Between | None, throughput: Throughput | None
) -> Between | None:
    """The training rate of one chip, flop per second."""
    asked = count or USUAL_CHIPS
    modelled = throughput(chip.id, asked) if throughput else None
    if modelled:
        return Between(low=modelled.low / asked, high=modelled.high / asked)
    peak = _peak(chip)
    share = utilization or routes().settings.model_flop_utilization
    return Between(low=peak * share.low, high=peak * share.high) if peak else None


def _enough(chip: Chip, count: int | None, fewest: int, most: int | None, days: tuple[int, int]) -> Truth:
    span = f"{max(days[0], 0)} to {days[1]} days"
    needed = (
        f"between {fewest:,} and {most:,} {chip.name} over {span}"
        if most
        else f"at least {fewest:,} {chip.name} over {span}"
    )
    if count is None:
        return Truth.unknown(f"it takes {needed}; how many there were is not stated")
    if most and count >= most:
        return Truth.yes(f"{count:,} are enough: it takes {needed}")
    if count < fewest:
        return Truth.no(f"{count:,} are too few: it takes {needed}")
    return Truth.unknown(f"{count:,} may be enough: it takes {needed}")
