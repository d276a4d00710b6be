"""The cluster that a published run names: its chip, its nodes and its links as words.

Takes a row; gives a Cluster: the preset of its chip (data/clusters), or a node of the chip as the catalogue knows it, with the row's own nodes
and links in place of the preset's. A chip that its authors do not name has no cluster.
"""

import re
from functools import cache

from chipledger.catalogue.chip import chip
from chipledger.catalogue.resolve import resolve
from chipledger.core.errors import InputError
from chipledger.perf.cluster import ChipRates, Cluster, cluster, cluster_ids, fabric, one_node
from chipledger.perf.link import Link, LinkKind, link_class
from chipledger.perf.published import Row

_PRESETS: dict[str, str] = {
    "H100": "h100",
    "H100 (500W HBM2e)": "h100-500w",
    "A100": "a100-sxm",
    "A100-80G": "a100-sxm",
    "A100-40G": "a100-sxm-40",
    "A100-40G PCIe": "a100-pcie",
    "A800-80G": "a800-sxm",
    "H800": "h800",
    "H200": "h200",
    "H20": "h20",
    "Ascend 910B": "ascend-910b",
    "Ascend 910C": "ascend-910c",
    "A100 (NVLink pairs only)": "a100-pcie-p2p",
    "RTX 4090 (P2P patched driver)": "rtx-4090-p2p",
    "RTX PRO 6000 Blackwell": "rtx-pro-6000",
}
"""Short names that tables use and the catalogue finds in more than one chip."""
_LANE_BYTES_PER_SECOND = {3: 0.985e9, 4: 1.969e9, 5: 3.938e9}
"""Of one lane of PCIe by generation, after its encoding (PCI-SIG, base specifications 3.0 to 5.0)."""
SLOW_LANES = 0.5
"""Of a slot's bandwidth, where a row says that lanes are slow and not how many."""


def cluster_of(row: Row, assumed: list[str] | None = None) -> Cluster:
    """The cluster of a row, with as many chips as it ran on.

    Args:
        row: with chip, and what is known of nodes and links.
        assumed: gets a line for what the row does not say.

    Raises:
        InputError: the chip is not named or not one, or nothing is known to join its nodes.

    >>> found = cluster_of(Row(row_id="1", kind="train", chip="H800", chips=16, inter_link="8x 200Gb/s RoCE"))
    >>> found.inter.bandwidth_bytes_per_second, found.intra.bandwidth_bytes_per_second
    (25000000000.0, 200000000000.0)
    """
    told = assumed if assumed is not None else []
    found = _within(row, _of_chip(row, told), told)
    per_node = row.chips_per_node
    if per_node is not None and per_node != found.chips_per_node:
        found = found.model_copy(update={"chips_per_node": per_node, "chips": per_node})
    words = row.inter_link or _words_of_links(row.notes or "")
    link = _between_nodes(words, found, told)
    if link is not None:
        found = found.joined_by(link)
    elif row.chips and row.chips > found.chips_joined:
        if found.inter is None:
            raise InputError("no link between its nodes is told or known", where=row.row_id)
        told.append(f"links between nodes as in {found.id}")
    return found.model_copy(update={"chips": row.chips or found.chips})


def _of_chip(row: Row, told: list[str]) -> Cluster:
    printed = row.chip or ""
    if not printed or "unnamed" in printed:
        raise InputError(f"the chip is not named: {printed[:60]!r}", where=row.row_id)
    if printed in _PRESETS:
        return cluster(_PRESETS[printed])
    id = _one_of(resolve(printed).chips, row, told)
    name = _preset_of(id)
    if name is not None:
        return cluster(name)
    rates = ChipRates.of(chip(id))
    linked = bool(re.search(r"(?<!no )NVLink", row.intra_link or ""))
    like = _preset_of(_mounted_like(id, linked))
    if like is not None:
        told.append(f"node as in {like}")
        return cluster(like).model_copy(update={"chip_id": rates.chip_id, "rates": rates})
    told.append(f"a node guessed from {id} alone")
    node = one_node(chip(id), row.chips_per_node or min(row.chips or 8, 8))
    if not (linked and rates.interconnect_bytes_per_second):
        return node
    link = Link(
        kind=LinkKind.NVLINK,
        bandwidth_bytes_per_second=rates.interconnect_bytes_per_second,
        latency_seconds=link_class("nvlink3").hop_seconds,
        efficiency_class="nvlink3",
    )
    return node.model_copy(update={"intra" if "-sxm" in id else "bridge": link})


def _one_of(ids: tuple[str, ...], row: Row, told: list[str]) -> str:
    """The chip among those that a name may stand for: parts of one product are told apart by their links, then by memory.

    Raises:
        InputError: none, or more than one product.
    """
    printed = row.chip or ""
    if not ids:
        raise InputError(f"the chip {printed[:60]!r} is in no file of the catalogue", where=row.row_id)
    products = {re.sub(r"-(sxm\d?|pcie|nvl|oam|\d{2,3})(?=-|$)", "", id) for id in ids}
    if len(products) > 1:
        raise InputError(f"the chip {printed[:60]!r} may be {' or '.join(ids[:4])}", where=row.row_id)
    on_a_card = "PCIe" in (row.intra_link or "")
    fitting = [id for id in ids if ("-pcie" in id) == on_a_card] or list(ids)
    chosen = max(fitting, key=lambda id: (chip(id).value("memory_capacity") or 0.0, id))
    if len(ids) > 1:
        told.append(f"{printed} taken for {chosen}")
    return chosen


@cache
def _preset_of(chip_id: str) -> str | None:
    """The plainest preset of a chip: the one with the shortest name that changes nothing of it."""
    fitting = [id for id in cluster_ids() if cluster(id).rates == ChipRates.of(chip(cluster(id).chip_id))]
    return min((id for id in fitting if cluster(id).chip_id == chip_id), key=len, default=None)


def _mounted_like(chip_id: str, linked: bool) -> str:
    """A chip with a preset that stands in nodes of the same kind: boards of AMD, and NVIDIA's cards where NVLink joins them."""
    if re.match(r"amd-mi3\d\d[xa]$", chip_id):
        return "amd-mi300x"
    return re.sub(r"-(nvl|pcie)$", "-sxm", chip_id) if linked else chip_id


def _within(row: Row, found: Cluster, told: list[str]) -> Cluster:
    """The same cluster with the links inside a node that the row tells of."""
    words = row.intra_link or ""
    if not words:
        if (row.chips or 1) > 1:
            told.append(f"links in a node as in {found.id}")
        return found
    found = _of_other_slots(words, found)
    intra = found.intra
    both_ways = re.search(r"NVLink\d* (\d+) ?GB/s", words)
    if both_ways and intra.kind is LinkKind.NVLINK:
        intra = intra.model_copy(update={"bandwidth_bytes_per_second": float(both_ways[1]) * 1e9 / 2})
    if intra.kind is LinkKind.PCIE:
        intra = _slot(words, intra, told)
    domain = re.search(r"NVL(\d+)", words)
    changes: dict[str, object] = {"intra": intra}
    if domain:
        changes["domain_chips"] = int(domain[1])
    return found.model_copy(update=changes)


def _of_other_slots(words: str, found: Cluster) -> Cluster:
    """The preset of the same card with a bridge, with peer access or without, as the words tell."""
    if found.intra.kind is not LinkKind.PCIE:
        return found
    bridged = "NVLink" in words and "no NVLink" not in words
    apart = bool(re.search(r"(no|without) P2P|P2P (disabled|off)", words))
    peers = "P2P" in words and not apart
    if found.bridge is not None and not bridged:
        found = found.model_copy(update={"bridge": None})
    plain = re.sub(r"-(no-p2p|p2p|nvlink)$", "", found.id)
    for wanted, ending in ((bridged, "nvlink"), (peers, "p2p"), (apart, "no-p2p")):
        if wanted and f"{plain}-{ending}" in cluster_ids():
            return cluster(f"{plain}-{ending}")
    if peers and "p2p" not in found.intra.efficiency_class:
        link = found.intra.model_copy(
            update={"efficiency_class": "pcie_p2p", "latency_seconds": link_class("pcie_p2p").hop_seconds}
        )
        return found.model_copy(update={"intra": link})
    return found


def _slot(words: str, intra: Link, told: list[str]) -> Link:
    """A slot with the row's own generation and lanes."""
    slot = re.search(r"PCIe ?([345])(?: x(\d+))?", words)
    bandwidth = intra.bandwidth_bytes_per_second
    if slot:
        bandwidth = _LANE_BYTES_PER_SECOND[int(slot[1])] * int(slot[2] or 16)
    if "slow lanes" in words:
        bandwidth *= SLOW_LANES
        told.append(f"slow lanes: {SLOW_LANES:g} of the slot's bandwidth")
    return intra.model_copy(update={"bandwidth_bytes_per_second": bandwidth})


def _words_of_links(notes: str) -> str:
    """What notes tell of the links between nodes, such as "2x200GbE per node" or "RoCE"."""
    found = re.search(r"\d+ ?x ?\d+ ?(?:GbE|Gb/s)[^;]*", notes)
    return found[0] if found else ("RoCE" if "RoCE" in notes else "")


def _between_nodes(words: str, within: Cluster, told: list[str]) -> Link | None:
    """The link that words such as "8x NDR400 IB" tell of; None where they tell of none."""
    if not words:
        return None
    staged = "_host_staged" if re.search(r"(no|without) GPUDirect|GPUDirect off", words) else ""
    if "Omni-Path" in words:
        kind = "omni_path"
    elif re.search(r"RoCE|RDMA|GbE|EFA|Gb/s per node", words):
        kind = f"roce{staged}"
    elif re.search(r"Ethernet|TCP", words):
        kind = "ethernet"
    else:
        kind = f"infiniband{staged}"
    rate = re.search(r"(?:(\d+) ?x ?)?(?:NDR|HDR|EDR|FDR)?(\d{2,})", words)
    if rate:
        cards = int(rate[1] or 1)
        if not rate[1] and "per node" not in words:
            cards = within.chips_per_node
            if "per GPU" not in words:
                told.append(f"a card of {rate[2]} Gbit/s for each chip")
        return fabric(kind, f"{cards * int(rate[2])} Gbit/s", within.chips_per_node)
    if within.inter is None:
        return None
    return within.inter.model_copy(
        update={"efficiency_class": kind, "latency_seconds": link_class(kind).hop_seconds}
    )
