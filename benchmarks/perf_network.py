"""How far the collectives are off, and their constants: `python benchmarks/perf_network.py --rows FILE [--fit] [--top N]`.

Takes the collective rows of a table of measured runs (the columns of `chipledger perf validate`); gives mean errors of time for
messages of 1 MiB and more and for smaller ones, by chip: with the constants as they stand, and with constants fitted without the curve
(one chip, operation and number of ranks) or the chip that is being predicted. `--fit` prints the constants of all curves for
data/perf/links.yaml. Needs scipy.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from chipledger.perf.cluster import Cluster, cluster, fabric
from chipledger.perf.link import LinkClass, link_classes
from chipledger.perf.network import bus_bandwidth, collective_seconds

LARGE_BYTES = 2**20
UNSTATED_BYTES = 2**30
"""Of a row that gives a bandwidth and no size: large, as such figures are."""
CHIPS = {
    "A100-80G": "a100-sxm",
    "H100": "h100",
    "H200": "h200",
    "H800": "h800",
    "H20": "h20",
    "B200": "b200",
    "GB200": "gb200",
    "L40S": "l40s",
    "RTX PRO 6000 Blackwell": "rtx-pro-6000",
    "RTX 4090 (P2P patched driver)": "rtx-4090-p2p",
    "RTX 4090": "rtx-4090",
    "A40": "a40",
    "A100 (NVLink pairs only)": "a100-pcie-p2p",
    "A100-40G PCIe": "a100-pcie",
}
OPERATIONS = {
    "all_reduce": "all_reduce",
    "all_gather": "all_gather",
    "reduce_scatter": "reduce_scatter",
    "alltoall": "all_to_all",
    "moe_dispatch": "all_to_all",
    "moe_combine": "all_to_all",
    "p2p": "send_recv",
}
DISPATCHED_BYTES = {"moe_dispatch": 128 * 8 * 7168 * 33 / 32, "moe_combine": 128 * 8 * 7168 * 2}
"""A low-latency batch of DeepEP: 128 tokens to 8 experts, width 7168, fp8 with a scale every 128 or bf16."""
NVLINK = ("nvlink3", "nvlink4", "nvlink5")


@dataclass(frozen=True)
class Row:
    """One measured collective and what predicts it."""

    id: str
    chip: str
    op: str
    ranks: int
    ranks_per_node: int
    message_bytes: float
    seconds: float
    cluster: Cluster
    stated_size: bool

    @property
    def curve(self) -> tuple[str, str, int]:
        """Rows that are one measurement at several sizes."""
        return (self.chip, self.op, self.ranks)

    def predicted(self, constants: Mapping[str, LinkClass] | None = None) -> float:
        """Seconds by the model."""
        return float(
            collective_seconds(
                self.op, self.message_bytes, self.ranks, self.ranks_per_node, self.cluster, constants
            )
        )


def read(path: Path) -> tuple[list[Row], list[str]]:
    """The collective rows of a table, and why the others were refused."""
    rows, refused = [], []
    with path.open(encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            if record["kind"] == "collective":
                try:
                    rows.append(_row(record))
                except (KeyError, ValueError) as error:
                    refused.append(f"{record['row_id']}: {error}")
    return rows, refused


def _row(record: dict[str, str]) -> Row:
    op, *how = record["op"].split()
    if record["chip"].startswith("InfiniBand"):
        where = cluster("h100").joined_by(fabric("infiniband_host_staged", "100 Gbit/s", 8))
    else:
        where = cluster(CHIPS[record["chip"]])
    ranks = int(record["chips"] or 16)
    per_node = min(ranks, int(record["chips_per_node"] or where.chips_per_node))
    if record["chip"] == "A40" and "NVLink" not in record["intra_link"]:
        where = cluster("a40-no-p2p" if "disabled" in record["intra_link"] else "a40").model_copy(
            update={"bridge": None}
        )
    if record["notes"].startswith("2 nodes, IB 200Gb/s"):
        where = where.joined_by(fabric("infiniband", "200 Gbit/s", 8))
    if "hardware of sample not restated" in record["notes"]:
        where = where.joined_by(fabric("infiniband", "800 Gbit/s", 8))
    if record["chip"].startswith("InfiniBand"):
        per_node, ranks = 8, 8 * ranks
    if "low-latency" in how:
        per_node = 1
    size = float(
        record["msg_bytes"] or DISPATCHED_BYTES.get(op, 0.0)
        if "low-latency" in how
        else record["msg_bytes"] or UNSTATED_BYTES
    )
    return Row(
        id=record["row_id"],
        chip=record["chip"],
        op=OPERATIONS[op],
        ranks=ranks,
        ranks_per_node=per_node,
        message_bytes=size,
        seconds=_seconds(record, OPERATIONS[op], size, ranks, per_node, how),
        cluster=where,
        stated_size=bool(record["msg_bytes"]),
    )


def _seconds(
    record: dict[str, str], op: str, size: float, ranks: int, per_node: int, how: list[str]
) -> float:
    if record["latency_ms"]:
        return float(record["latency_ms"]) / 1e3
    reached = float(record["busbw_gb_s"]) * 1e9
    if "bidirectional" in how:
        return size / (reached / 2)
    if op == "all_to_all" and "internode" in how:
        return size * (ranks - per_node) / ranks / reached
    return size / (
        float(bus_bandwidth(op, size, ranks, 1.0)) and reached / float(bus_bandwidth(op, 1.0, ranks, 1.0))
    )


FITTED: dict[str, tuple[float, float]] = {
    "launch_seconds": (7e-6, 0.5),
    "hop_seconds": (0.8e-6, 0.7),
    "peer_seconds": (0.6e-6, 0.7),
    "low_latency_fraction": (0.10, 0.5),
    "medium_fraction": (0.38, 0.3),
    "full_fraction": (0.72, 0.15),
    "medium_hop_factor": (1.45, 0.3),
    "full_hop_factor": (5.0, 0.6),
    "reduction_seconds": (45e-6, 0.5),
    "reduction_fraction": (0.55, 0.2),
    "full_fill_seconds": (5e-6, 1.0),
}
"""The constants of a class with their priors: middle and standard deviation of the logarithm."""
PCIE_PRIORS = {
    "full_fraction": (0.4, 0.8),
    "medium_fraction": (0.3, 0.8),
    "low_latency_fraction": (0.1, 0.8),
    "ring_across_sockets": (0.9, 0.7),
    "all_to_all_across_sockets": (0.8, 0.7),
}
RESIDUAL = 0.08
"""The standard deviation of log time that the priors are weighed against."""


def fitted(rows: Iterable[Row], start: LinkClass, priors: Mapping[str, tuple[float, float]]) -> LinkClass:
    """The constants of one class by robust regression on log time with priors (soft L1)."""
    names = list(priors)
    middle = np.log([priors[name][0] for name in names])
    width = np.array([priors[name][1] for name in names])
    grouped: dict[tuple[str, int, int, str], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[(row.op, row.ranks, row.ranks_per_node, row.cluster.id)].append(row)

    def with_constants(logs: Any) -> LinkClass:
        values = dict(zip(names, np.exp(logs).tolist(), strict=True))
        capped = {
            name: max(value, 1.0) if name.endswith("factor") else min(value, 1.0)
            for name, value in values.items()
        }
        return start.model_copy(update=capped)

    def residuals(logs: Any) -> Any:
        one = with_constants(logs)
        found = []
        for (op, ranks, per_node, _), members in grouped.items():
            where = members[0].cluster
            link = where.intra.model_copy(
                update={"latency_seconds": one.hop_seconds, "efficiency_class": start.id}
            )
            sizes = np.array([member.message_bytes for member in members])
            measured = np.array([member.seconds for member in members])
            seconds = collective_seconds(
                op,
                sizes,
                ranks,
                per_node,
                where.model_copy(update={"intra": link}),
                {**link_classes(), start.id: one},
            )
            found.append(np.log(seconds / measured) / RESIDUAL)
        return np.concatenate([*found, (logs - middle) / width])

    random = np.random.default_rng(4)
    tries = [
        least_squares(
            residuals,
            middle + (0.7 * width * random.normal(size=middle.size) if trial else 0.0),
            loss="soft_l1",
        )
        for trial in range(6)
    ]
    return with_constants(min(tries, key=lambda one: float(one.cost)).x)


def fit_rows(rows: list[Row], class_id: str) -> list[Row]:
    """The rows that tell of one class alone: collectives of stated size in one node."""
    return [
        row
        for row in rows
        if row.cluster.intra.efficiency_class == class_id
        and row.ranks == row.ranks_per_node
        and row.stated_size
        and row.op != "send_recv"
    ]


def priors_of(class_id: str, without_switch: bool) -> dict[str, tuple[float, float]]:
    priors = {**FITTED, **(PCIE_PRIORS if class_id.startswith("pcie") else {})}
    if class_id not in NVLINK or without_switch:
        priors = {name: value for name, value in priors.items() if not name.startswith("reduction")}
    return priors


def refit(rows: list[Row], class_id: str) -> LinkClass:
    """One class fitted on the rows given, from its priors alone where there is none."""
    start = link_classes()[class_id]
    return fitted(fit_rows(rows, class_id), start, priors_of(class_id, start.reduction_fraction is None))


def errors(rows: Iterable[Row], constants: Mapping[str, LinkClass] | None = None) -> list[tuple[Row, float]]:
    found = []
    for row in rows:
        if constants is not None:
            one = constants[row.cluster.intra.efficiency_class]
            link = row.cluster.intra.model_copy(update={"latency_seconds": one.hop_seconds})
            row = Row(**{**row.__dict__, "cluster": row.cluster.model_copy(update={"intra": link})})
        found.append((row, row.predicted(constants) / row.seconds - 1))
    return found


def left_out(rows: list[Row], group: Callable[[Row], object]) -> list[tuple[Row, float]]:
    """Errors of each group of rows with constants fitted on the others."""
    found = []
    for name in sorted({str(group(row)) for row in rows}):
        inside = [row for row in rows if str(group(row)) == name]
        others = [row for row in rows if str(group(row)) != name]
        constants = dict(link_classes())
        for class_id in {
            row.cluster.intra.efficiency_class
            for row in inside
            if fit_rows(rows, row.cluster.intra.efficiency_class)
        }:
            constants[class_id] = refit(others, class_id)
        found += errors(inside, constants)
    return found


def without_the_chip(rows: list[Row]) -> list[tuple[Row, float]]:
    """Errors of each NVLink chip with constants fitted on the others together."""
    found = []
    for class_id in NVLINK:
        others = [row for other in NVLINK if other != class_id for row in fit_rows(rows, other)]
        start = link_classes()[class_id]
        pooled = fitted(others, start, priors_of(class_id, start.reduction_fraction is None))
        found += errors(fit_rows(rows, class_id), {**link_classes(), class_id: pooled})
    return found


def table(name: str, found: list[tuple[Row, float]]) -> None:
    print(f"\n{name}")
    by_chip: dict[str, list[tuple[Row, float]]] = defaultdict(list)
    for row, error in found:
        by_chip[row.chip].append((row, error))
    for chip, members in [*sorted(by_chip.items()), ("all", found)]:
        large = [abs(error) for row, error in members if row.message_bytes >= LARGE_BYTES]
        small = [abs(error) for row, error in members if row.message_bytes < LARGE_BYTES]
        cells = [
            f"{len(each):4d} rows {100 * np.mean(each):6.1f} %" if each else " " * 18
            for each in (large, small)
        ]
        print(f"  {chip:38s} large {cells[0]}   small {cells[1]}")


def printed(one: LinkClass) -> str:
    fields = [
        f"{name}: {getattr(one, name):.4g}"
        for name in LinkClass.model_fields
        if isinstance(getattr(one, name), float)
    ]
    return f"{one.id}: {{{', '.join(fields)}}}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--top", type=int, default=12)
    options = parser.parse_args()
    rows, refused = read(options.rows)
    print(f"{len(rows)} rows read, refused: {refused or 'none'}")
    classes = sorted({row.cluster.intra.efficiency_class for row in rows})
    fit_of = [each for each in classes if fit_rows(rows, each)]
    if options.fit:
        for class_id in fit_of:
            print(printed(refit(rows, class_id)))
    standing = errors(rows)
    table("constants as they stand", standing)
    table("without the curve", left_out(rows, lambda row: row.curve))
    table("without the chip, from the other generations of NVLink", without_the_chip(rows))
    print("\nworst")
    for row, error in sorted(standing, key=lambda each: -abs(each[1]))[: options.top]:
        print(f"  {row.id} {row.chip} {row.op} n={row.ranks} {row.message_bytes:.0f} B: {100 * error:+.0f} %")


if __name__ == "__main__":
    main()
