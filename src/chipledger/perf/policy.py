"""What a rule would buy: chip-hours of a training run as a threshold on one axis of a chip is swept.

Takes a job, a cluster whose chip is met by no threshold, an axis (total processing performance, performance density, memory bandwidth, link) and
thresholds; gives for each the chip cut down to just meet it, everything else as it was, and what the job then takes. This is a model of one chip
made slower on one axis: what makers would do instead, and what smugglers would bring, is not in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log

from chipledger.catalogue.chip import Format, chip
from chipledger.catalogue.metrics import BIT_LENGTHS, performance_density, total_processing_performance
from chipledger.core.errors import InputError
from chipledger.perf.best import Best, Job, best
from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import Constants

RATIO_SPREAD = 0.11
"""Of the logarithm of a ratio between two chips: nine in ten of 31 pairs of published runs that differ in the chip alone are told as near."""
USUAL_RATIO = 1.6
"""Of such pairs, beyond which the spread is whole; a chip cut by nothing has a ratio of 1 without any doubt."""
TERA = 1e12
GIGA = 1e9


class Axis(StrEnum):
    """What a rule may draw a line on, in the units of the rules."""

    TPP = "tpp"
    DENSITY = "density"
    MEMORY_BANDWIDTH = "memory-bandwidth"
    LINK = "link"


UNITS = {
    Axis.TPP: "TPP",
    Axis.DENSITY: "TPP for each mm2",
    Axis.MEMORY_BANDWIDTH: "GB/s of memory",
    Axis.LINK: "GB/s of links, both directions",
}


def threshold_told(value: float) -> str:
    """A value on an axis in few digits, never in powers of ten.

    >>> threshold_told(15831.2), threshold_told(2.9088)
    ('15,831', '2.909')
    """
    return f"{value:,.0f}" if value >= 100 else f"{value:.4g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One threshold.

    Args:
        threshold: in the unit of the axis.
        ratio: chip-hours over those of the chip as it is.
        low: of its 80 % interval: as far off as ratios of published runs on two chips are, less where the ratio is near 1.
        high: of it.
        chip_hours: of the run.
        days: of the calendar, on as many chips.
        best: the layout.
    """

    threshold: float
    ratio: float
    low: float
    high: float
    chip_hours: float
    days: float
    best: Best


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What a rule buys.

    Args:
        axis: that the line is drawn on.
        cluster: whose chip is cut down.
        chips: of all points.
        uncut: the chip's own value on the axis.
        chip_hours: of the chip as it is.
        points: in the order of thresholds.
    """

    axis: Axis
    cluster: str
    chips: int
    uncut: float
    chip_hours: float
    points: tuple[Point, ...]


def policy(
    job: Job,
    cluster: Cluster,
    axis: Axis,
    thresholds: Sequence[float],
    chips: int,
    *,
    constants: Constants | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Sweep:
    """Sweep a threshold.

    Args:
        job: what is trained.
        cluster: whose chip is cut down.
        axis: of the rule.
        thresholds: in the unit of the axis; those above the chip's own value change nothing.
        chips: of every point.
        constants: None: data/perf/constants.yaml.
        advance: called after each point.

    Raises:
        InputError: the chip's value on the axis is unknown, or a threshold that is none.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> swept = policy(Job(shape=model("llama-2-7b"), tokens=1e12), cluster("h100"), Axis.TPP, [2400, 4800, 1e5], 64)
    >>> ratios = [point.ratio for point in swept.points]
    >>> ratios[0] > ratios[1] > ratios[2], ratios[2]
    (True, 1.0)
    """
    if not thresholds or not all(0 < one < 1e9 for one in thresholds):
        raise InputError("thresholds that are none", where="perf policy", expected="numbers above 0")
    own = value_of(cluster, axis)
    whole = best(job, cluster, chips, constants)
    points = []
    for threshold in sorted(thresholds):
        found = whole if threshold >= own else best(job, cut(cluster, axis, threshold), chips, constants)
        points.append(_point(threshold, whole, found))
        advance()
    return Sweep(
        axis=axis,
        cluster=cluster.id,
        chips=chips,
        uncut=own,
        chip_hours=whole.run.chip_hours,
        points=tuple(points),
    )


def _point(threshold: float, whole: Best, found: Best) -> Point:
    ratio = found.run.chip_hours / whole.run.chip_hours
    off = RATIO_SPREAD * min(1.0, abs(log(ratio)) / log(USUAL_RATIO))
    return Point(
        threshold=threshold,
        ratio=ratio,
        low=ratio * exp(-off),
        high=ratio * exp(off),
        chip_hours=found.run.chip_hours,
        days=found.run.days,
        best=found,
    )


def value_of(cluster: Cluster, axis: Axis) -> float:
    """A cluster's chip on an axis, in the unit of the rules.

    Raises:
        InputError: it is unknown.

    >>> from chipledger.perf.cluster import cluster
    >>> round(value_of(cluster("h100"), Axis.LINK))
    900
    """
    listed = chip(cluster.chip_id)
    found: float | None
    match axis:
        case Axis.TPP:
            found = total_processing_performance(listed).value
        case Axis.DENSITY:
            found = performance_density(listed).value
        case Axis.MEMORY_BANDWIDTH:
            bandwidth = cluster.rates.memory_bandwidth_bytes_per_second
            found = None if bandwidth is None else bandwidth / GIGA
        case Axis.LINK:
            found = 2.0 * cluster.intra.bandwidth_bytes_per_second / GIGA
    if found is None:
        raise InputError(
            f"the {UNITS[axis]} of {cluster.chip_id} is unknown, not zero",
            where="perf policy",
            remedy="choose another chip or axis",
        )
    return float(found)


def cut(cluster: Cluster, axis: Axis, threshold: float) -> Cluster:
    """The cluster with its chip cut down to a threshold on one axis.

    Args:
        cluster: as it is.
        axis: of the rule.
        threshold: in its unit, below the chip's own value.

    >>> from chipledger.perf.cluster import cluster
    >>> round(cut(cluster("h100"), Axis.TPP, 2368).rates.dense_flop_per_second["bf16"] / 1e12)
    148
    """
    rates = cluster.rates
    match axis:
        case Axis.TPP | Axis.DENSITY:
            most = threshold
            if axis is Axis.DENSITY:
                most = threshold / value_of(cluster, axis) * value_of(cluster, Axis.TPP)
            slower = {name: _at_most(name, rate, most) for name, rate in rates.dense_flop_per_second.items()}
            changed = rates.model_copy(update={"dense_flop_per_second": slower})
            return cluster.model_copy(update={"rates": changed})
        case Axis.MEMORY_BANDWIDTH:
            changed = rates.model_copy(update={"memory_bandwidth_bytes_per_second": threshold * GIGA})
            return cluster.model_copy(update={"rates": changed})
        case Axis.LINK:
            link = cluster.intra.model_copy(update={"bandwidth_bytes_per_second": threshold * GIGA / 2.0})
            return cluster.model_copy(update={"intra": link})


def _at_most(format: Format, rate: float | None, most: float) -> float | None:
    """A rate whose performance by the rules, times its bits, stays at a line."""
    return None if rate is None else min(rate, most / BIT_LENGTHS[format] * TERA)
