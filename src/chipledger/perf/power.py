"""What a node draws while it works, and the energy of a run.

Takes a cluster and the shares of a step that its chips compute and wait for others; gives watts by part. A chip that computes draws
nearly its limit, one that waits for messages about half of it, one that does nothing its idle power; host, fans and the loss of the
power supplies come on top. Constants: data/perf/power.yaml. Left out: clocks lowered below the limit by heat, cooling of the room,
switches between nodes.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from chipledger.catalogue.chip import DATA
from chipledger.core.errors import InputError
from chipledger.core.load import load_yaml
from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.perf.cluster import Cluster

Floats = NDArray[np.float64]
JOULES_PER_KILOWATT_HOUR = 3.6e6


class PowerConstants(Record):
    """The constants of every node; those of one kind of node stand in its cluster and go before.

    Args:
        computing_fraction: of a chip's limit, while it computes.
        communicating_fraction: of its limit, while it waits for messages.
        idle_fraction: of its limit, while it does nothing, where the cluster gives no idle power.
        host_fraction: of the limits of all chips of a node, where the cluster gives no host power.
        supply_efficiency: where the cluster gives none.
        cites: what they were fitted on.
        note: how.
    """

    computing_fraction: float = Field(gt=0, le=1.2)
    communicating_fraction: float = Field(gt=0, le=1)
    idle_fraction: float = Field(gt=0, le=1)
    host_fraction: float = Field(gt=0, le=1)
    supply_efficiency: float = Field(gt=0, le=1)
    cites: tuple[Cite, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeWatts:
    """Watts of one node, arrays of one shape.

    Args:
        chips: all chips together.
        host: processors, memory, cards and fans.
        supply: lost between the socket and the node.
        inherited: what is not known of this node and was taken from others.
    """

    chips: Floats
    host: Floats
    supply: Floats
    inherited: tuple[str, ...]

    @property
    def total(self) -> Floats:
        """At the socket."""
        return self.chips + self.host + self.supply


@cache
def power_constants() -> PowerConstants:
    """The constants of data/perf/power.yaml.

    >>> 0.9 < power_constants().computing_fraction < 1
    True
    """
    return load_yaml(DATA / "perf" / "power.yaml", PowerConstants)


def node_watts(
    cluster: Cluster,
    computing_share: ArrayLike,
    communicating_share: ArrayLike,
    constants: PowerConstants | None = None,
) -> NodeWatts:
    """Watts of one full node.

    Args:
        cluster: whose node.
        computing_share: of the time, that a chip computes, whatever it sends meanwhile.
        communicating_share: of the time, that it does nothing but wait for messages; the rest it idles (bubbles, data, host).
        constants: None: those of data/perf/power.yaml.

    Raises:
        InputError: shares that are none or more than the whole, or a chip whose limit is unknown.

    Source: power = idle + activity x (limit - idle), as in Kansal et al., "Virtual machine power metering and provisioning"
    (SoCC 2010), section 3, by kind of activity; the constants are fitted on MLPerf power logs.

    >>> from chipledger.perf.cluster import cluster
    >>> node_watts(cluster("h100"), [0.98, 0.5], [0.02, 0.4]).total.round(-2)
    array([7100., 5700.])
    """
    given = power_constants() if constants is None else constants
    computing, communicating = np.broadcast_arrays(
        np.asarray(computing_share, dtype=np.float64), np.asarray(communicating_share, dtype=np.float64)
    )
    if not ((computing >= 0) & (communicating >= 0) & (computing + communicating <= 1 + 1e-9)).all():
        raise InputError(
            "shares of time that are none", where="power", expected="0 or more each, 1 at most together"
        )
    limit = cluster.rates.power_watts
    if limit is None:
        raise InputError(f"the power of {cluster.chip_id} is unknown, not zero", where=cluster.id)
    known = cluster.power
    idle = given.idle_fraction * limit if known.chip_idle_watts is None else known.chip_idle_watts
    count = cluster.chips_per_node
    host = given.host_fraction * limit * count if known.host_watts is None else known.host_watts
    efficiency = given.supply_efficiency if known.supply_efficiency is None else known.supply_efficiency
    of_chip = (
        idle
        + computing * (given.computing_fraction * limit - idle)
        + communicating * (given.communicating_fraction * limit - idle)
    )
    behind = count * of_chip + host
    missing = [
        name
        for name in ("host_watts", "chip_idle_watts", "supply_efficiency")
        if getattr(known, name) is None
    ]
    return NodeWatts(
        chips=np.asarray(count * of_chip),
        host=np.full_like(of_chip, host),
        supply=np.asarray(behind / efficiency - behind),
        inherited=tuple(missing),
    )


def energy_joules(watts: ArrayLike, nodes: ArrayLike, seconds: ArrayLike) -> Floats:
    """Energy of a run.

    Args:
        watts: of one node.
        nodes: that run.
        seconds: of the run.

    >>> energy_joules(6849, 64, 56.87 * 60).round(-7) / JOULES_PER_KILOWATT_HOUR
    np.float64(416.6...)
    """
    return np.asarray(np.asarray(watts) * np.asarray(nodes) * np.asarray(seconds, dtype=np.float64))[()]
