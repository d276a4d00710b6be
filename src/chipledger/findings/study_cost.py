"""A computed figure beside a claim, and those of cost: FLOP, chip-hours and days of a training run on several chips.

Takes a subject of the routes whose work is known; asks the performance model for its rate on each chip, with an interval.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from chipledger.catalogue.chip import chip
from chipledger.findings.cost import throughput_of
from chipledger.routes.feasible import USUAL_CHIPS, Throughput
from chipledger.routes.study import study as route_study
from chipledger.routes.subject import Subject

_HOUR_SECONDS, _DAY_HOURS = 3600.0, 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One computed answer beside a claim.

    Attributes:
        kind: rules, days, sum, cost, routes, rival, stock, axes, link or frontier.
        about: what it is of.
        says: in words.
        values: its numbers and days, JSON-ready.
    """

    kind: str
    about: str
    says: str
    values: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {name: getattr(self, name) for name in self.__slots__}


def cost(subject: Subject, ids: tuple[str, ...]) -> Iterator[Figure]:
    """What pre-training takes on each chip, and on the first of them against the last.

    Args:
        subject: whose parameters and tokens are known; of any other nothing is told.
        ids: of the catalogue.

    Raises:
        ModuleNotFoundError: numpy is not there.

    >>> from chipledger.routes.register import routes
    >>> found = list(cost(routes().subject("Hunyuan-Large"), ("nvidia-h20", "nvidia-h100-sxm")))
    >>> found[0].says, 3 < found[-1].values["chip_hours_ratio"] < found[-1].values["peak_ratio"]
    ('6 x 52 billion active parameters x 7 trillion tokens are 2.18e+24 FLOP', True)
    """
    work, rate = subject.work, throughput_of(subject)
    if work is None or rate is None:
        return
    product = f"6 x {work.active_parameters / 1e9:g} billion active parameters x {work.tokens / 1e12:g} trillion tokens"
    yield Figure(kind="cost", about="arithmetic of pre-training", says=f"{product} are {work.flop:.3g} FLOP",
                 values={"flop": work.flop})  # fmt: skip
    hours = {id: _hours(work.flop, rate, id) for id in ids}
    for id, span in hours.items():
        yield _hours_told(id, span)
    first, last = ids[0], ids[-1]
    ends = hours[first], hours[last]
    peaks = chip(first).value("dense_rate", "bf16"), chip(last).value("dense_rate", "bf16")
    if ends[0] and ends[1] and peaks[0] and peaks[1]:
        ratio, by_peak = sqrt(ends[0][0] * ends[0][1] / (ends[1][0] * ends[1][1])), peaks[1] / peaks[0]
        yield Figure(
            kind="cost", about=f"{chip(first).name} against {chip(last).name}",
            says=f"{ratio:.1f} times the chip-hours in the middle of both ranges; {by_peak:.1f} times were both equally well filled",
            values={"chip_hours_ratio": ratio, "peak_ratio": by_peak},
        )  # fmt: skip


def _hours(flop: float, rate: Throughput, id: str) -> tuple[float, float] | None:
    found = rate(id, USUAL_CHIPS)
    if found is None:
        return None
    low, high = (flop * USUAL_CHIPS / one / _HOUR_SECONDS for one in (found.high, found.low))
    return low, high


def _hours_told(id: str, span: tuple[float, float] | None) -> Figure:
    name = f"pre-training on {chip(id).name}"
    if span is None:
        return Figure(kind="cost", about=name, says="the performance model has no layout for it")
    days = [one / USUAL_CHIPS / _DAY_HOURS for one in span]
    return Figure(
        kind="cost", about=name,
        says=f"{span[0] / 1e6:.1f} to {span[1] / 1e6:.1f} million chip-hours (80 % interval), {days[0]:.0f} to {days[1]:.0f} days on {USUAL_CHIPS:,}",
        values={"chip": id, "low_chip_hours": span[0], "high_chip_hours": span[1], "chips": USUAL_CHIPS, "low_days": days[0], "high_days": days[1]},
    )  # fmt: skip


def calibration(subject: Subject) -> Iterator[Figure]:
    """The share of the peak that a run implies whose owner states its hours.

    Args:
        subject: with stated hours; of any other nothing is told.
    """
    share = route_study(subject).utilization
    if share is not None:
        yield Figure(kind="cost", about=f"{subject.title}, whose hours are stated",
                     says=f"they imply {share:.0%} of the dense 16-bit peak, counted the same way",
                     values={"implied_utilization": share})  # fmt: skip
