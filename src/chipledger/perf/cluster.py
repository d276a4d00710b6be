"""A cluster: one kind of chip, in nodes, joined by links; and the rates of the chip that a model of time asks for.

Takes the chips of the catalogue and the presets of data/clusters (one file a preset; `cluster(id)`); gives frozen records with SI
numbers. A link's bandwidth is that of one direction and one chip, as sold; how much of it is reached belongs to its efficiency class
(`link`, `network`). What is not known of a chip or a node is None and never zero.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Self

from pydantic import Field, model_validator

from chipledger.catalogue.chip import DATA, Chip, Fact, Format, chip
from chipledger.core.errors import InputError
from chipledger.core.load import load_yaml
from chipledger.core.records import Record
from chipledger.core.sources import Cite, Grade
from chipledger.core.units import parse
from chipledger.perf.link import Link, LinkKind, link_class

__all__ = [
    "ChipRates",
    "Cluster",
    "Link",
    "LinkKind",
    "NodePower",
    "cluster",
    "cluster_ids",
    "fabric",
    "one_node",
]

BITS_PER_BYTE = 8
FORMATS: tuple[Format, ...] = ("fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "int8", "fp6", "fp4", "int4")


class NodePower(Record):
    """What a node draws beside its chips' work; each None where no source gives it.

    Args:
        host_watts: processors, memory, network cards, fans and losses of a working node.
        chip_idle_watts: of one chip that does nothing.
        supply_efficiency: watts behind the power supplies for each watt at the socket.
    """

    host_watts: float | None = Field(default=None, gt=0)
    chip_idle_watts: float | None = Field(default=None, gt=0)
    supply_efficiency: float | None = Field(default=None, gt=0, le=1)


class ChipRates(Record):
    """What one chip can do at best, by its maker's figures.

    Args:
        chip_id: its id in the catalogue.
        name: as its maker prints it.
        dense_flop_per_second: by format, dense, products summed in fp32; None where unknown or where the chip lacks the format.
        memory_bytes: capacity.
        memory_bandwidth_bytes_per_second: of its own memory.
        interconnect_bytes_per_second: to its peers over its own links, one direction; None where it has none or none is known.
        pcie_bytes_per_second: one direction.
        power_watts: at most.
        recalled: which of these stand on recalled figures alone.
    """

    chip_id: str
    name: str
    dense_flop_per_second: Mapping[Format, float | None]
    memory_bytes: float | None
    memory_bandwidth_bytes_per_second: float | None
    interconnect_bytes_per_second: float | None
    pcie_bytes_per_second: float | None
    power_watts: float | None
    recalled: tuple[str, ...] = ()

    @classmethod
    def of(cls, one: Chip) -> "ChipRates":
        """The rates of a chip of the catalogue.

        A consumer card's printed fp16 and fp8 rates sum in fp16; training and serving sum in fp32, at the bf16 rate (fp16) or the
        lower of the printed ones (fp8), and that is what stands here.

        >>> ChipRates.of(chip("nvidia-h20")).dense_flop_per_second["bf16"]
        148000000000000.0
        >>> ChipRates.of(chip("nvidia-rtx-4090")).dense_flop_per_second["fp16"]
        165200000000000.0
        >>> ChipRates.of(chip("nvidia-a100-sxm-80")).dense_flop_per_second["fp8"] is None
        True
        """
        both_ways = one.value("interconnect_bidirectional_bandwidth")
        pcie_both_ways = one.value("pcie_bidirectional_bandwidth")
        return cls(
            chip_id=one.id,
            name=one.name,
            dense_flop_per_second={each: _summed_in_fp32(one, each) for each in FORMATS},
            memory_bytes=one.value("memory_capacity"),
            memory_bandwidth_bytes_per_second=one.value("memory_bandwidth"),
            interconnect_bytes_per_second=None if both_ways is None else both_ways / 2,
            pcie_bytes_per_second=None if pcie_both_ways is None else pcie_both_ways / 2,
            power_watts=one.value("power"),
            recalled=tuple(_label(fact) for fact in one.facts if fact.grade is Grade.RECALLED),
        )

    def flop_per_second(self, format: Format) -> float:
        """The dense rate of a format.

        Raises:
            InputError: the chip lacks the format, or its rate is not public; the message says which formats it has.

        >>> ChipRates.of(chip("nvidia-a100-sxm-80")).flop_per_second("fp8")
        Traceback (most recent call last):
        ...
        chipledger.core.errors.InputError: no dense fp8 rate is known of nvidia-a100-sxm-80: it is unknown, not zero (perf); expected
        one of fp64, fp32, tf32, fp16, bf16, int8, int4; ...
        """
        rate = self.dense_flop_per_second[format]
        if rate is None:
            raise InputError(
                f"no dense {format} rate is known of {self.chip_id}: it is unknown, not zero",
                where="perf",
                expected=f"one of {', '.join(each for each, known in self.dense_flop_per_second.items() if known)}",
                remedy="choose a format that the chip has, or give the fact a source in its file",
            )
        return rate


class Cluster(Record):
    """Chips of one kind in nodes of one kind.

    Args:
        id: the preset's, or one's own.
        chip_id: in the catalogue.
        chips: in all.
        chips_per_node: that share a host.
        intra: from chip to chip in a node (in a domain, where the links reach further).
        inter: from chip to chip of different nodes, each chip's share of its node's cards; None: one node only.
        domain_chips: chips that `intra` joins; None: those of a node. 72 in a GB200 NVL72, 384 in a CloudMatrix.
        bridge: a faster link that joins chips two by two; None where there is none.
        chips_per_socket: chips under one processor where `intra` is PCIe; None where it plays no part.
        in_switch_reduction: the switches of `intra` add up (NVLink SHARP).
        host_memory_bytes: of one node.
        host_link: from chip to host memory.
        power: of the node.
        rates: of the chip; from the catalogue, unless a preset changes one and says why.
        cites: where the node's facts stand.
        note: what to beware of.

    Raises:
        ValueError: chips fill no whole number of nodes, or several nodes are joined by no link.
    """

    id: str
    name: str
    chip_id: str
    chips: int = Field(gt=0, lt=10_000_000)
    chips_per_node: int = Field(gt=0)
    intra: Link
    inter: Link | None = None
    domain_chips: int | None = Field(default=None, gt=0)
    bridge: Link | None = None
    chips_per_socket: int | None = Field(default=None, gt=0)
    in_switch_reduction: bool = False
    host_memory_bytes: float | None = Field(default=None, gt=0)
    host_link: Link | None = None
    power: NodePower = NodePower()
    rates: ChipRates
    cites: tuple[Cite, ...] = ()
    note: str | None = None

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.rates.chip_id != self.chip_id:
            raise ValueError(f"the rates are those of {self.rates.chip_id}")
        return self

    @property
    def nodes(self) -> int:
        """Nodes in use, the last of them perhaps in part."""
        return -(-self.chips // self.chips_per_node)

    @property
    def chips_joined(self) -> int:
        """Chips that reach each other over `intra`."""
        return self.domain_chips or self.chips_per_node

    def with_chips(self, chips: int) -> "Cluster":
        """The same cluster with another number of chips.

        Args:
            chips: part of one node, or whole nodes.

        Raises:
            InputError: the chips fill no whole number of nodes, or nothing joins the nodes.

        >>> cluster("h20").with_chips(16).nodes
        2
        >>> cluster("h20").with_chips(20)
        Traceback (most recent call last):
        ...
        chipledger.core.errors.InputError: 20 chips fill no whole number of nodes of 8 (h20); expected 16 or 24 chips
        """
        if chips < 1:
            raise InputError(f"{chips} chips are no cluster", where=self.id, expected="at least one chip")
        whole, rest = divmod(chips, self.chips_per_node)
        if whole and rest:
            below, above = whole * self.chips_per_node, (whole + 1) * self.chips_per_node
            raise InputError(
                f"{chips} chips fill no whole number of nodes of {self.chips_per_node}",
                where=self.id,
                expected=f"{below} or {above} chips",
            )
        if chips > self.chips_joined and self.inter is None:
            raise InputError(
                f"{chips} chips stand in several nodes, and no link between nodes is known",
                where=self.id,
                expected=f"at most {self.chips_joined} chips",
                remedy="give the cluster an inter-node link (`joined_by`)",
            )
        return self.model_copy(update={"chips": chips})

    def joined_by(self, inter: Link) -> "Cluster":
        """The same cluster with another link between its nodes.

        >>> cluster("a100-sxm").joined_by(fabric("omni_path", "400 Gbit/s", 8)).inter.bandwidth_bytes_per_second
        6250000000.0
        """
        return self.model_copy(update={"inter": inter})


class LinkFacts(Record):
    """A link as a preset writes it.

    Args:
        kind: what it is made of.
        efficiency_class: an id of data/perf/links.yaml.
        bandwidth: of one chip and one direction, as text with its unit; None: half of what the catalogue gives for both directions.
        node_bandwidth: of all cards of a node together and one direction, instead.
        latency: of one short message; None: that of the class.
    """

    kind: LinkKind
    efficiency_class: str
    bandwidth: str | None = None
    node_bandwidth: str | None = None
    latency: str | None = None


class Changes(Record):
    """Where a cluster's chip differs from the catalogue's, with the reason: a part sold under the same name."""

    memory_bandwidth: str | None = None
    memory_capacity: str | None = None
    power: str | None = None
    why: str


class ClusterFacts(Record):
    """A preset as its file writes it (data/clusters)."""

    id: str
    name: str
    chip: str
    chips_per_node: int = Field(gt=0)
    intra: LinkFacts
    inter: LinkFacts | None = None
    domain_chips: int | None = None
    bridge: LinkFacts | None = None
    chips_per_socket: int | None = None
    in_switch_reduction: bool = False
    host_memory: str | None = None
    host_link: LinkFacts | None = None
    power: NodePower = NodePower()
    chip_differs: Changes | None = None
    cites: tuple[Cite, ...] = ()
    note: str | None = None


@cache
def cluster_ids() -> tuple[str, ...]:
    """All presets in order.

    >>> "h20" in cluster_ids()
    True
    """
    return tuple(sorted(path.stem for path in (DATA / "clusters").glob("*.yaml")))


@cache
def cluster(id: str) -> Cluster:
    """The preset of this id, one full node of it.

    Raises:
        InputError: there is none; the message names the nearest.
        DataError: its file breaks the contract.

    >>> cluster("h800").intra.bandwidth_bytes_per_second
    200000000000.0
    >>> cluster("h8OO")
    Traceback (most recent call last):
    ...
    chipledger.core.errors.InputError: no cluster has the id 'h8OO'; expected one of a100-pcie, ...; did you mean h800...
    """
    if id not in cluster_ids():
        near = get_close_matches(id[:80], cluster_ids(), n=3, cutoff=0.4)
        raise InputError(
            f"no cluster has the id {id[:80]!r}",
            expected=f"one of {', '.join(cluster_ids())}",
            remedy=f"did you mean {' or '.join(near)}?" if near else "",
        )
    return _built(load_yaml(DATA / "clusters" / f"{id}.yaml", ClusterFacts))


def one_node(one: Chip, chips_per_node: int = 8) -> Cluster:
    """A node of a chip that no preset holds: NVLink for an SXM part, or PCIe without peer access.

    Raises:
        InputError: no link of the chip is known.

    >>> one_node(chip("nvidia-a40"), 2).intra.efficiency_class
    'pcie_host_staged'
    """
    rates = ChipRates.of(one)
    switched = re.fullmatch(r"NVLink ([345])\b.*", one.interconnect or "")
    if switched and (one.form_factor or "").startswith("SXM"):
        facts = LinkFacts(kind=LinkKind.NVLINK, efficiency_class=f"nvlink{switched[1]}")
    else:
        facts = LinkFacts(kind=LinkKind.PCIE, efficiency_class="pcie_host_staged")
    return Cluster(
        id=one.id,
        name=f"{chips_per_node} x {one.name}",
        chip_id=one.id,
        chips=chips_per_node,
        chips_per_node=chips_per_node,
        intra=_link(facts, rates, chips_per_node, one.id),
        rates=rates,
        note="no preset: the node is a guess from the chip alone",
    )


def fabric(
    efficiency_class: str, node_bandwidth: str, chips_per_node: int, kind: LinkKind | None = None
) -> Link:
    """A link between nodes from what is usually told of it: the cards of a node together.

    Args:
        efficiency_class: an id of data/perf/links.yaml.
        node_bandwidth: one direction of all cards of a node, such as "3200 Gbit/s".
        chips_per_node: that share the cards.
        kind: what it is made of; None: read off the class.

    >>> fabric("infiniband", "3200 Gbit/s", 8).bandwidth_bytes_per_second
    50000000000.0
    """
    named = next((each for each in LinkKind if efficiency_class.startswith(each)), LinkKind.ETHERNET)
    return Link(
        kind=kind or named,
        bandwidth_bytes_per_second=_bytes_per_second(node_bandwidth, "fabric") / chips_per_node,
        latency_seconds=link_class(efficiency_class).hop_seconds,
        efficiency_class=efficiency_class,
    )


def _built(facts: ClusterFacts) -> Cluster:
    where = f"{facts.id}.yaml"
    rates = _changed(ChipRates.of(chip(facts.chip)), facts.chip_differs)
    count = facts.chips_per_node
    return Cluster(
        id=facts.id,
        name=facts.name,
        chip_id=facts.chip,
        chips=count,
        chips_per_node=count,
        intra=_link(facts.intra, rates, count, where),
        inter=None if facts.inter is None else _link(facts.inter, rates, count, where),
        domain_chips=facts.domain_chips,
        bridge=None if facts.bridge is None else _link(facts.bridge, rates, count, where),
        chips_per_socket=facts.chips_per_socket,
        in_switch_reduction=facts.in_switch_reduction,
        host_memory_bytes=None if facts.host_memory is None else parse(facts.host_memory)[0],
        host_link=None if facts.host_link is None else _link(facts.host_link, rates, count, where),
        power=facts.power,
        rates=rates,
        cites=facts.cites,
        note=facts.note,
    )


def _changed(rates: ChipRates, changes: Changes | None) -> ChipRates:
    if changes is None:
        return rates
    given = {
        "memory_bandwidth_bytes_per_second": changes.memory_bandwidth,
        "memory_bytes": changes.memory_capacity,
        "power_watts": changes.power,
    }
    return rates.model_copy(update={name: parse(text)[0] for name, text in given.items() if text is not None})


def _link(facts: LinkFacts, rates: ChipRates, chips_per_node: int, where: str) -> Link:
    hop_seconds = link_class(facts.efficiency_class).hop_seconds
    if facts.node_bandwidth is not None:
        bandwidth = _bytes_per_second(facts.node_bandwidth, where) / chips_per_node
    elif facts.bandwidth is not None:
        bandwidth = _bytes_per_second(facts.bandwidth, where)
    else:
        known = (
            rates.pcie_bytes_per_second
            if facts.kind is LinkKind.PCIE
            else rates.interconnect_bytes_per_second
        )
        if known is None:
            raise InputError(
                f"the {facts.kind} bandwidth of {rates.chip_id} is unknown, not zero",
                where=where,
                remedy="give the link a bandwidth",
            )
        bandwidth = known
    return Link(
        kind=facts.kind,
        bandwidth_bytes_per_second=bandwidth,
        latency_seconds=parse(facts.latency)[0] if facts.latency else hop_seconds,
        efficiency_class=facts.efficiency_class,
    )


def _bytes_per_second(printed: str, where: str) -> float:
    value, unit = parse(printed)
    match unit:
        case "bytes_per_second":
            return value
        case "bits_per_second":
            return value / BITS_PER_BYTE
        case _:
            raise InputError(f"{printed!r} is no bandwidth", where=where, expected="GB/s or Gbit/s")


def _summed_in_fp32(one: Chip, format: Format) -> float | None:
    printed = one.value("dense_rate", format)
    if printed is None or one.market != "consumer":
        return printed
    if format == "fp16":
        return min(printed, one.value("dense_rate", "bf16") or printed)
    if format == "fp8":
        return min(fact.si_value for fact in one.facts_of("dense_rate", format))
    return printed


def _label(fact: Fact) -> str:
    return f"{fact.metric} {fact.format}" if fact.format else fact.metric
