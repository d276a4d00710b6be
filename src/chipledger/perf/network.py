"""Seconds of a collective: curves of size, from latency to bandwidth, over the links of a cluster.

Takes the operation, sizes and ranks as arrays and a cluster; gives an array. Each protocol has its latency and its bandwidth, each
algorithm its number of hops, and the library takes the fastest: so does this model, which is what makes a curve bend twice. The form
is that of NCCL's own tuning model; the constants are those of link classes (`link`), fitted on measured curves
(benchmarks/perf_network.py).

Left out: trees inside a node, collectives added up by InfiniBand switches, collisions of routes in large fabrics (a loss of scale, in
`estimate`), and jitter.
"""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chipledger.core.errors import InputError
from chipledger.perf.cluster import Cluster
from chipledger.perf.link import Link, LinkClass, link_classes

Floats = NDArray[np.float64]
FEWEST_FOR_SWITCH_REDUCTION = 3
"""Ranks below which a reduction in the switches is not taken."""


class Collective(StrEnum):
    """What the ranks do together."""

    ALL_REDUCE = "all_reduce"
    ALL_GATHER = "all_gather"
    REDUCE_SCATTER = "reduce_scatter"
    ALL_TO_ALL = "all_to_all"
    SEND_RECV = "send_recv"


def collective_seconds(
    op: str,
    message_bytes: ArrayLike,
    ranks: ArrayLike,
    ranks_per_node: ArrayLike,
    cluster: Cluster,
    constants: Mapping[str, LinkClass] | None = None,
    *,
    contention: ArrayLike = 1.0,
    where: NDArray[np.bool_] | None = None,
) -> Floats:
    """Seconds of one collective.

    Args:
        op: all_reduce, all_gather, reduce_scatter, all_to_all or send_recv.
        message_bytes: as nccl-tests counts: of the whole buffer, for a gather what each rank holds afterwards, for a scatter
            before; for send_recv the message.
        ranks: that take part; one rank takes no time.
        ranks_per_node: of them, those joined by the intra-node link (`Cluster.chips_joined` at most), spread evenly.
        cluster: the links.
        constants: of link classes; None: data/perf/links.yaml.
        contention: factor on the time on the wire while others use the same links: 2 where two groups share them.
        where: it is asked for; elsewhere it takes no time. None: everywhere.

    Returns:
        Seconds, in the shape that the arguments broadcast to.

    Raises:
        InputError: no such operation, sizes or ranks that are none, more ranks in a node than it has, or no link between nodes.

    Source: time = launch + hops x latency + bytes / bandwidth by protocol, the least over protocols and algorithms: NVIDIA NCCL,
    src/graph/tuning.cc. Hops and bytes of rings: Thakur, Rabenseifner and Gropp, "Optimization of collective communication
    operations in MPICH", IJHPCA 19 (2005), section 4. Trees between nodes: Sanders, Speck and Traeff, "Two-tree algorithms for full
    bandwidth broadcast, reduction and scan", Parallel Computing 35 (2009). In the switches: each byte crosses a chip's link once.

    >>> from chipledger.perf.cluster import cluster
    >>> seconds = collective_seconds("all_reduce", [2**11, 2**29], 8, 8, cluster("h100"))
    >>> (seconds * 1e6).round(-1)
    array([  20., 2150.])
    """
    kind = _operation(op)
    size, n, per_node, busy = (
        np.asarray(each, dtype=np.float64) for each in (message_bytes, ranks, ranks_per_node, contention)
    )
    near = np.minimum(per_node, n)
    _check(size, n, near, busy, cluster)
    classes = link_classes() if constants is None else constants
    asked = n > 1 if where is None else (n > 1) & where
    if asked.all():
        return _quickest(kind, size, n, near, busy, cluster, classes)
    shape = np.broadcast_shapes(size.shape, n.shape, near.shape, busy.shape, asked.shape)
    seconds = np.zeros(shape)
    if asked.any():
        asked = np.broadcast_to(asked, shape)
        size, n, near = (np.broadcast_to(each, shape)[asked] for each in (size, n, near))
        busy = busy if busy.ndim == 0 else np.broadcast_to(busy, shape)[asked]
        seconds[asked] = _quickest(kind, size, n, near, busy, cluster, classes)
    return seconds


def bus_bandwidth(op: str, message_bytes: ArrayLike, ranks: ArrayLike, seconds: ArrayLike) -> Floats:
    """Bytes per second on the busiest link, whatever the number of ranks.

    Args:
        op: the operation.
        message_bytes: as for `collective_seconds`.
        ranks: that took part.
        seconds: that it took.

    Source: nccl-tests, doc/PERFORMANCE.md: size / time x 2(n-1)/n for an all-reduce, (n-1)/n for gather, scatter and all-to-all.

    >>> bus_bandwidth("all_reduce", 2**29, 8, 0.00211106).round(-9)
    np.float64(445000000000.0)
    """
    n = np.asarray(ranks, dtype=np.float64)
    return np.asarray(_crossings(_operation(op), n) * np.asarray(message_bytes) / np.asarray(seconds))[()]


def copy_seconds(
    link: Link, message_bytes: ArrayLike, constants: Mapping[str, LinkClass] | None = None
) -> Floats:
    """Seconds of one copy over a link, such as that to host memory.

    Args:
        link: the link.
        message_bytes: of the copy.
        constants: of link classes; None: data/perf/links.yaml.

    >>> from chipledger.perf.cluster import cluster
    >>> copy_seconds(cluster("h100").host_link, 55e9).round(1)
    np.float64(1.0)
    """
    reached = (link_classes() if constants is None else constants)[link.efficiency_class].copy_fraction
    return np.asarray(
        link.latency_seconds + np.asarray(message_bytes) / (link.bandwidth_bytes_per_second * reached)
    )[()]


def _quickest(
    kind: Collective,
    size: Floats,
    n: Floats,
    near: Floats,
    busy: Floats,
    cluster: Cluster,
    classes: Mapping[str, LinkClass],
) -> Floats:
    """Seconds over the links of a node, or over a bridge where one joins both ranks."""
    seconds = _over(cluster.intra, kind, size, n, near, busy, cluster, classes)
    if cluster.bridge is None:
        return seconds
    bridged = _over(cluster.bridge, kind, size, n, near, busy, cluster, classes)
    return np.where((n == 2) & (near == 2), bridged, seconds)


def _over(
    intra: Link,
    kind: Collective,
    size: Floats,
    n: Floats,
    near: Floats,
    busy: Floats,
    cluster: Cluster,
    classes: Mapping[str, LinkClass],
) -> Floats:
    """Seconds with one choice of the intra-node link: the least over algorithms and protocols."""
    inside = classes[intra.efficiency_class]
    inter = cluster.inter or intra
    between = classes[inter.efficiency_class]
    nodes = np.ceil(n / near)
    across = _across_sockets(kind, near, inside, cluster)
    near_bytes, far_bytes = _bytes_on_links(kind, size, n, near, nodes)
    launch = np.where(
        nodes > 1, np.maximum(inside.launch_seconds, between.launch_seconds), inside.launch_seconds
    )
    if kind is Collective.SEND_RECV:
        near_wire = near_bytes / (intra.bandwidth_bytes_per_second * inside.copy_fraction * across)
        far_wire = far_bytes / (inter.bandwidth_bytes_per_second * between.copy_fraction)
        hop = np.where(nodes > 1, inter.latency_seconds, intra.latency_seconds)
        return launch + hop + busy * (near_wire + far_wire)

    def by_protocol(latency: Floats, fill: float | Floats, near_part: float, far_part: float) -> Floats:
        near_wire = near_bytes / (intra.bandwidth_bytes_per_second * near_part * across)
        far_wire = far_bytes / (inter.bandwidth_bytes_per_second * far_part)
        return launch + latency + fill + busy * np.maximum(near_wire, far_wire)

    def hops(near_factor: float, far_factor: float) -> Floats:
        """Latency of the quickest algorithm at one protocol's price of a hop."""
        near_hop = near_factor * intra.latency_seconds
        far_hop = far_factor * inter.latency_seconds
        if kind is Collective.ALL_TO_ALL:
            return (near - 1) * near_factor * inside.peer_seconds + (
                n - near
            ) * far_factor * between.peer_seconds
        rounds = 2.0 if kind is Collective.ALL_REDUCE else 1.0
        ring = rounds * ((n - nodes) * near_hop + (nodes - 1) * far_hop)
        if kind is not Collective.ALL_REDUCE:
            return ring
        tree = rounds * ((near - 1) * near_hop + np.ceil(np.log2(nodes)) * far_hop)
        return np.where(nodes > 1, np.minimum(ring, tree), ring)

    fill = np.where(
        nodes > 1, np.maximum(inside.full_fill_seconds, between.full_fill_seconds), inside.full_fill_seconds
    )
    fastest = np.minimum(
        by_protocol(hops(1.0, 1.0), 0.0, inside.low_latency_fraction, between.low_latency_fraction),
        by_protocol(
            hops(inside.medium_hop_factor, between.medium_hop_factor),
            0.0,
            inside.medium_fraction,
            between.medium_fraction,
        ),
    )
    fastest = np.minimum(
        fastest,
        by_protocol(
            hops(inside.full_hop_factor, between.full_hop_factor),
            fill,
            inside.full_fraction,
            between.full_fraction,
        ),
    )
    if not (cluster.in_switch_reduction and kind is Collective.ALL_REDUCE and inside.reduction_fraction):
        return fastest
    assert inside.reduction_seconds is not None
    in_switch = inside.reduction_seconds + busy * size / (
        intra.bandwidth_bytes_per_second * inside.reduction_fraction
    )
    possible = (nodes == 1) & (near >= FEWEST_FOR_SWITCH_REDUCTION)
    return np.where(possible, np.minimum(fastest, in_switch), fastest)


def _bytes_on_links(
    kind: Collective, size: Floats, n: Floats, near: Floats, nodes: Floats
) -> tuple[Floats, Floats]:
    """Bytes on the busiest link inside a node, and on one chip's share of those between nodes."""
    if kind is Collective.SEND_RECV:
        return np.where(nodes == 1, size, 0.0), np.where(nodes > 1, size, 0.0)
    if kind is Collective.ALL_TO_ALL:
        return size * (near - 1) / n, size * (n - near) / n
    ring = _crossings(kind, n) * size
    return np.where(near > 1, ring, 0.0), np.where(nodes > 1, ring / near, 0.0)


def _crossings(kind: Collective, n: Floats) -> Floats:
    """How often each byte of the message crosses a link of a ring."""
    match kind:
        case Collective.ALL_REDUCE:
            return 2.0 * (n - 1) / n
        case Collective.ALL_GATHER | Collective.REDUCE_SCATTER | Collective.ALL_TO_ALL:
            return (n - 1) / n
        case Collective.SEND_RECV:
            return np.ones_like(n)


def _across_sockets(kind: Collective, near: Floats, inside: LinkClass, cluster: Cluster) -> Floats | float:
    """The part of the bandwidth that is left where the ranks of a node stand under more than one processor."""
    if cluster.chips_per_socket is None:
        return 1.0
    left = {
        Collective.ALL_TO_ALL: inside.all_to_all_across_sockets,
        Collective.SEND_RECV: inside.copy_across_sockets,
    }.get(kind, inside.ring_across_sockets)
    return np.where(near > cluster.chips_per_socket, left, 1.0)


def _operation(op: str) -> Collective:
    try:
        return Collective(op)
    except ValueError:
        raise InputError(
            f"no such collective: {op[:80]!r}",
            expected=f"one of {', '.join(each.value for each in Collective)}",
        ) from None


def _check(size: Floats, n: Floats, near: Floats, busy: Floats, cluster: Cluster) -> None:
    usual = np.isfinite(size) & (size >= 0) & (n >= 1) & (near >= 1) & (busy >= 1)
    within = (near <= cluster.chips_joined) & (n <= near if cluster.inter is None else True)
    if (usual & within).all():
        return
    if not (np.isfinite(size).all() and (size >= 0).all()):
        raise InputError(
            "a message of negative or unknown size", where=cluster.id, expected="bytes, 0 or more"
        )
    if not ((n >= 1).all() and (near >= 1).all()):
        raise InputError(
            "fewer than one rank", where=cluster.id, expected="ranks and ranks_per_node of 1 or more"
        )
    if not (busy >= 1).all():
        raise InputError(
            "contention below 1", where=cluster.id, expected="1 for a link of its own, 2 for half of it"
        )
    if (near > cluster.chips_joined).any():
        raise InputError(
            f"{near.max():g} ranks in a node that joins {cluster.chips_joined} chips", where=cluster.id
        )
    if cluster.inter is None and (n > near).any():
        raise InputError(
            "ranks in several nodes, and no link between nodes is known",
            where=cluster.id,
            remedy="give the cluster one (`Cluster.joined_by`)",
        )
