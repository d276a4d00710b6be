"""What a published collective asks: operation, size, ranks and links, with the seconds that were measured.

Takes a row of kind "collective"; gives a question, or the reason why it cannot be asked. A bandwidth is turned into seconds by the way in which
its authors count: nccl-tests' bus bandwidth, both directions of a copy, or the bytes that leave a node.
"""

import re
from dataclasses import dataclass

from chipledger.core.errors import InputError
from chipledger.perf.cluster import Cluster, cluster, fabric
from chipledger.perf.network import bus_bandwidth, collective_seconds
from chipledger.perf.published import Row
from chipledger.perf.row_cluster import cluster_of

OPERATIONS = {
    "all_reduce": "all_reduce",
    "all_gather": "all_gather",
    "reduce_scatter": "reduce_scatter",
    "alltoall": "all_to_all",
    "all_to_all": "all_to_all",
    "moe_dispatch": "all_to_all",
    "moe_combine": "all_to_all",
    "p2p": "send_recv",
    "send_recv": "send_recv",
    "sendrecv": "send_recv",
}
DISPATCHED_BYTES = {"moe_dispatch": 128 * 8 * 7168 * 33 / 32, "moe_combine": 128 * 8 * 7168 * 2.0}
"""A low-latency batch of DeepEP: 128 tokens to 8 experts, width 7168, fp8 with a scale every 128 or bf16 (its README)."""
UNTOLD_BYTES = 2.0**30
"""Of a row that gives a bandwidth and no size: large, as such figures are."""
UNTOLD_NODES = 2
"""Of a row between nodes that does not say how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectiveQuestion:
    """What one row asks.

    Args:
        row: as written.
        line: of the file.
        op: as `network` calls it.
        message_bytes: as nccl-tests counts.
        ranks: that take part.
        ranks_per_node: of them.
        cluster: the links.
        measured: seconds.
        assumed: what is taken from elsewhere.
    """

    row: Row
    line: int
    op: str
    message_bytes: float
    ranks: int
    ranks_per_node: int
    cluster: Cluster
    measured: float
    assumed: tuple[str, ...]

    def seconds(self) -> float:
        """What the model says."""
        found = collective_seconds(self.op, self.message_bytes, self.ranks, self.ranks_per_node, self.cluster)
        return float(found)


def collective_question(row: Row, line: int = 0) -> CollectiveQuestion:
    """What one row asks.

    Args:
        row: of kind "collective".
        line: of the file.

    Raises:
        InputError: the operation, the chips or what was measured are not told.

    >>> told = dict(chip="H100", chips=8, op="all_reduce", msg_bytes=2**29, busbw_gb_s=445)
    >>> asked = collective_question(Row(row_id="1", kind="collective", **told))
    >>> round(asked.measured * 1e3, 2), asked.ranks_per_node
    (2.11, 8)
    """
    assumed: list[str] = []
    printed, *how = (row.op or "").split()
    if printed not in OPERATIONS:
        raise InputError(f"the operation {printed[:40]!r} is not known", where=row.row_id)
    op = OPERATIONS[printed]
    where, ranks, per_node = _ranks(row, how, assumed)
    size = row.msg_bytes
    if size is None:
        size = DISPATCHED_BYTES.get(printed) if "low-latency" in how else None
        size = size or UNTOLD_BYTES
        assumed.append(f"a message of {size:.3g} bytes")
    return CollectiveQuestion(
        row=row,
        line=line,
        op=op,
        message_bytes=size,
        ranks=ranks,
        ranks_per_node=per_node,
        cluster=where,
        measured=_seconds(row, op, size, ranks, per_node, how),
        assumed=tuple(assumed),
    )


def _ranks(row: Row, how: list[str], told: list[str]) -> tuple[Cluster, int, int]:
    """The cluster, the ranks, and those of one node."""
    printed = row.chip or ""
    if re.match(r"InfiniBand|RoCE|Ethernet", printed):
        return _of_fabric(printed, row, told)
    counted = row.model_copy(update={"chips": None})
    where = cluster_of(counted, told)
    ranks = row.chips or UNTOLD_NODES * where.chips_per_node
    per_node = min(ranks, row.chips_per_node or where.chips_per_node)
    rate = re.search(r"IB (\d+) ?Gb/s", row.notes or "")
    if rate and not row.inter_link:
        where = where.joined_by(fabric("infiniband", f"{rate[1]} Gbit/s", where.chips_per_node))
    if "low-latency" in how:
        per_node = 1
    if ranks > per_node and where.inter is None:
        raise InputError("no link between its nodes is told or known", where=row.row_id)
    return where, ranks, per_node


def _of_fabric(printed: str, row: Row, told: list[str]) -> tuple[Cluster, int, int]:
    """A row that names only the cards between nodes: its chips are nodes, taken to be of eight H100."""
    staged = "_host_staged" if "without GPUDirect" in printed else ""
    kind = "infiniband" if printed.startswith("InfiniBand") else "roce"
    rate = re.search(r"(\d+) ?Gb/s", printed)
    if rate is None:
        raise InputError("the bandwidth between nodes is not told", where=row.row_id)
    told.append("nodes of 8 H100")
    where = cluster("h100").joined_by(fabric(f"{kind}{staged}", f"{rate[1]} Gbit/s", 8))
    return where, 8 * (row.chips or UNTOLD_NODES), 8


def _seconds(row: Row, op: str, size: float, ranks: int, per_node: int, how: list[str]) -> float:
    if row.latency_ms:
        return row.latency_ms / 1e3
    if not row.busbw_gb_s:
        raise InputError("neither seconds nor a bandwidth are told", where=row.row_id)
    reached = row.busbw_gb_s * 1e9
    if "bidirectional" in how:
        return size / (reached / 2)
    if op == "all_to_all" and "internode" in how:
        return size * (ranks - per_node) / ranks / reached
    return float(bus_bandwidth(op, size, ranks, 1.0)) / reached
