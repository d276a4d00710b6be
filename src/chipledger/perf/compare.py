"""The same training job on different chips: chip-hours, days, chips, energy and money, each beside the others and none of them one scalar.

Takes a job and clusters, and either a number of chips, a deadline or a budget; gives a case for each chip: its best layout, what the run takes
with an interval, and what is not known. Money appears only where a price of that chip has a source and a day (data/prices.yaml); a chip that
cannot hold the model says why.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from pydantic import Field

from chipledger.catalogue.chip import DATA
from chipledger.core.errors import InputError
from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.perf.best import Best, Job, best
from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import Constants
from chipledger.perf.power import JOULES_PER_KILOWATT_HOUR

SECONDS_PER_HOUR = 3600.0
HOURS_PER_DAY = 24.0
TRIES = 6
MOST_CHIPS = 1_000_000


class Price(Record):
    """What an hour of a chip was offered or reckoned at.

    Args:
        chip: of the catalogue.
        on: the day that the price belongs to.
        usd_per_chip_hour: in dollars of that day.
        kind: an offer to customers, or an assumption of whoever reckoned.
        cite: where it stands.
        note: what to beware of.
    """

    chip: str
    on: date
    usd_per_chip_hour: float = Field(gt=0)
    kind: str
    cite: Cite
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One chip's answer.

    Args:
        cluster: the preset.
        chip: of the catalogue.
        chips: how many, None where the job cannot be done.
        best: the layout and its estimate; None where the job cannot be done.
        joules: of the whole run at the sockets; None where the chip's power is unknown.
        price: that money is reckoned with; None where no price has a source and a day.
        usd: of the whole run.
        reason: why it cannot be done.
    """

    cluster: str
    chip: str
    chips: int | None = None
    best: Best | None = None
    joules: float | None = None
    price: Price | None = None
    usd: float | None = None
    reason: str | None = None

    @property
    def kilowatt_hours(self) -> float | None:
        """Energy of the whole run."""
        return None if self.joules is None else self.joules / JOULES_PER_KILOWATT_HOUR


@cache
def prices() -> tuple[Price, ...]:
    """Every price with a source and a day.

    >>> {one.chip for one in prices()} >= {"nvidia-h800-sxm"}
    True
    """
    return tuple(load_yaml_list(DATA / "prices.yaml", Price))


def price_of(chip: str, on: date | None = None) -> Price | None:
    """The latest price of a chip by a day; None where there is none.

    >>> price_of("nvidia-h800-sxm").usd_per_chip_hour, price_of("nvidia-h20")
    (2.0, None)
    """
    known = [one for one in prices() if one.chip == chip and (on is None or one.on <= on)]
    return max(known, key=lambda one: one.on, default=None)


def compare(
    job: Job,
    clusters: Sequence[Cluster],
    *,
    count: int | None = None,
    days: float | None = None,
    usd: float | None = None,
    on: date | None = None,
    constants: Constants | None = None,
    advance: Callable[[str], None] | None = None,
) -> tuple[Case, ...]:
    """The job on every cluster.

    Args:
        job: what is trained.
        clusters: one for each kind of chip.
        count: of chips; or
        days: in which the run must end: the fewest chips that do it; or
        usd: that it may cost: as many chips as end soonest within it.
        on: prices after this day are not used.
        constants: None: data/perf/constants.yaml.
        advance: told which cluster has been answered.

    Raises:
        InputError: not exactly one of count, days and usd, or one that makes no sense.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> job = Job(shape=model("llama-2-7b"), tokens=2e12)
    >>> h20, h100 = compare(job, [cluster("h20"), cluster("h100")], count=64)
    >>> 3 < h20.best.run.chip_hours / h100.best.run.chip_hours < 6.7
    True
    """
    asked = {"count": count, "days": days, "usd": usd}
    told = {name: value for name, value in asked.items() if value is not None}
    if len(told) != 1:
        raise InputError(
            f"{len(told)} of count, deadline and budget are told",
            expected="one of --count, --deadline, --budget",
        )
    (name, value) = next(iter(told.items()))
    if not 0 < value < 1e12:
        raise InputError(f"{name} of {value:g}", expected="a number above 0")
    cases = []
    for one in clusters:
        cases.append(_case(job, one, name, float(value), on, constants))
        if advance:
            advance(one.id)
    return tuple(cases)


def _case(
    job: Job, cluster: Cluster, name: str, value: float, on: date | None, constants: Constants | None
) -> Case:
    price = price_of(cluster.chip_id, on)
    try:
        match name:
            case "count":
                chips = int(value)
                found = best(job, cluster, chips, constants)
            case "days":
                chips, found = _within_days(job, cluster, value, constants)
            case _:
                chips, found = _within_usd(job, cluster, value, price, constants)
    except InputError as error:
        return Case(cluster=cluster.id, chip=cluster.chip_id, price=price, reason=str(error))
    watts = found.estimate.node_watts
    hours = found.run.chip_hours
    return Case(
        cluster=cluster.id,
        chip=cluster.chip_id,
        chips=chips,
        best=found,
        joules=None if watts is None else watts * hours / cluster.chips_per_node * SECONDS_PER_HOUR,
        price=price,
        usd=None if price is None else price.usd_per_chip_hour * hours,
    )


def _within_days(job: Job, cluster: Cluster, days: float, constants: Constants | None) -> tuple[int, Best]:
    """The fewest chips, in steps of an eighth of what is needed, that hold the job and end in time."""
    chips, one = _first_that_holds(job, cluster, _rounded(cluster, 256), constants)
    found: tuple[int, Best] | None = None
    for _ in range(TRIES):
        if one.run.days <= days and (found is None or chips < found[0]):
            found = chips, one
        wanted = _rounded(cluster, one.run.chip_hours / (days * HOURS_PER_DAY))
        if found is not None and wanted >= found[0]:
            return found
        if wanted > MOST_CHIPS:
            break
        chips = wanted if wanted != chips else _rounded(cluster, chips * 1.125)
        try:
            one = best(job, cluster, chips, constants)
        except InputError:
            if found is None:
                raise
            return found
    if found is None:
        raise InputError(
            f"no number of chips up to {chips:,} was found that ends in {days:g} days",
            where=cluster.id,
            remedy="allow more days or larger steps (--tokens-per-step)",
        )
    return found


def _first_that_holds(
    job: Job, cluster: Cluster, chips: int, constants: Constants | None
) -> tuple[int, Best]:
    """The best layout on so many chips, or on the first doubling of them that holds the job; what the fewest lack where none does."""
    trouble: InputError | None = None
    while chips <= MOST_CHIPS:
        try:
            return chips, best(job, cluster, chips, constants)
        except InputError as error:
            trouble = trouble or error
        chips *= 2
    assert trouble is not None
    raise trouble


def _within_usd(
    job: Job, cluster: Cluster, usd: float, price: Price | None, constants: Constants | None
) -> tuple[int, Best]:
    """The most chips, by doubling, whose run stays within the budget."""
    if price is None:
        raise InputError(
            f"no price of {cluster.chip_id} has a source and a day: money is unknown, not zero",
            where=cluster.id,
            remedy="add one to data/prices.yaml, or ask for --count or --deadline",
        )
    found: tuple[int, Best] | None = None
    least = float("inf")
    chips = _rounded(cluster, 64)
    while chips <= 131_072:
        try:
            one = best(job, cluster, chips, constants)
        except InputError:
            chips *= 2
            continue
        least = min(least, one.run.chip_hours * price.usd_per_chip_hour)
        if one.run.chip_hours * price.usd_per_chip_hour <= usd:
            found = chips, one
        elif found is not None:
            break
        chips *= 2
    if found is None:
        raise InputError(
            f"the run costs {least:,.0f} dollars at least", where=cluster.id, expected=f"{usd:,.0f} or less"
        )
    return found


def _rounded(cluster: Cluster, chips: float) -> int:
    """Whole nodes, in steps of a sixteenth of the next power of two, so that layouts divide."""
    node = cluster.chips_per_node
    nodes = max(1, -(-int(chips) // node))
    step = max(1, (1 << nodes.bit_length()) // 16)
    return -(-nodes // step) * step * node
