"""A link from chip to chip, and the classes of links: how much of a nominal bandwidth each protocol reaches, and how late.

Takes data/perf/links.yaml, one entry a class with the source of its constants; gives frozen records. A class is a kind of link with
all that decides its efficiency: NVLink of one generation, PCIe with and without peer access, InfiniBand with and without GPUDirect
RDMA. `network` turns them into seconds.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from pydantic import Field

from chipledger.catalogue.chip import DATA
from chipledger.core.errors import InputError
from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Cite


class LinkKind(StrEnum):
    """What a link is made of."""

    NVLINK = "nvlink"
    HCCS = "hccs"
    INFINITY_FABRIC = "infinity_fabric"
    PCIE = "pcie"
    INFINIBAND = "infiniband"
    ROCE = "roce"
    OMNI_PATH = "omni_path"
    ETHERNET = "ethernet"


class Link(Record):
    """A way from one chip to others.

    Args:
        kind: what it is made of.
        bandwidth_bytes_per_second: nominal, of one direction and one chip.
        latency_seconds: of one short message from chip to chip over it.
        efficiency_class: how much of it is reached, an id of data/perf/links.yaml.
    """

    kind: LinkKind
    bandwidth_bytes_per_second: float = Field(gt=0, lt=1e15)
    latency_seconds: float = Field(ge=0, lt=1)
    efficiency_class: str


class LinkClass(Record):
    """The constants of one class of links, by protocol: `low_latency` (LL), `medium` (LL128), `full` (simple, in large chunks).

    Args:
        id: the class.
        fitted: the constants come from measured curves; otherwise from a neighbour, and estimates say so.
        launch_seconds: of a collective, whatever its size.
        hop_seconds: of one step of a ring with the low-latency protocol.
        peer_seconds: of each peer of an all-to-all.
        medium_hop_factor: its hop over the low-latency one.
        full_hop_factor: its hop over the low-latency one.
        full_fill_seconds: to fill the pipeline of large chunks.
        low_latency_fraction: of the nominal bandwidth.
        medium_fraction: of the nominal bandwidth.
        full_fraction: of the nominal bandwidth.
        copy_fraction: of the nominal bandwidth, for one copy between two chips.
        reduction_seconds: of an all-reduce added up in the switches; None where they cannot.
        reduction_fraction: of the nominal bandwidth that it moves, each byte once.
        ring_across_sockets: of the bandwidth that is left when a ring spans two processors.
        all_to_all_across_sockets: the same for an all-to-all.
        copy_across_sockets: the same for one copy.
        cites: where the constants stand, or what they were fitted on.
        note: how they were found.
    """

    id: str
    fitted: bool
    launch_seconds: float = Field(ge=0)
    hop_seconds: float = Field(ge=0)
    peer_seconds: float = Field(ge=0)
    medium_hop_factor: float = Field(ge=1)
    full_hop_factor: float = Field(ge=1)
    full_fill_seconds: float = Field(ge=0)
    low_latency_fraction: float = Field(gt=0, le=1)
    medium_fraction: float = Field(gt=0, le=1)
    full_fraction: float = Field(gt=0, le=1)
    copy_fraction: float = Field(gt=0, le=1)
    reduction_seconds: float | None = Field(default=None, ge=0)
    reduction_fraction: float | None = Field(default=None, gt=0, le=1)
    ring_across_sockets: float = Field(default=1.0, gt=0, le=1)
    all_to_all_across_sockets: float = Field(default=1.0, gt=0, le=1)
    copy_across_sockets: float = Field(default=1.0, gt=0, le=1)
    cites: tuple[Cite, ...]
    note: str | None = None


@cache
def link_classes() -> Mapping[str, LinkClass]:
    """Every class of links by id.

    >>> link_classes()["pcie_host_staged"].full_fraction < link_classes()["pcie_p2p"].full_fraction
    True
    """
    listed = load_yaml_list(DATA / "perf" / "links.yaml", LinkClass)
    return MappingProxyType({each.id: each for each in listed})


def link_class(id: str) -> LinkClass:
    """The class of this id.

    Raises:
        InputError: there is none; the message lists all.

    >>> link_class("nvlink4").fitted
    True
    """
    if id not in link_classes():
        raise InputError(
            f"no class of links has the id {id[:80]!r}", expected=f"one of {', '.join(link_classes())}"
        )
    return link_classes()[id]
