"""The techniques that are said to win back what a restricted chip lacks, each as something that can be taken away.

A technique is a change of the question: of the model (experts), of what a search may choose (formats, sharding, recomputing, interleaving), or of
the cluster (memory beyond 80 GB, cards that reach the chip's memory, peers that reach each other). `without` gives the job and the cluster with
some taken away, so that the same formulas answer both ways.
"""

from collections.abc import Set as AbstractSet
from enum import StrEnum

from chipledger.perf.best import Job
from chipledger.perf.cluster import Cluster
from chipledger.perf.gemm import CHIP_FORMATS
from chipledger.perf.link import Link, LinkKind, link_class, link_classes
from chipledger.perf.parameters import parameters
from chipledger.perf.shape import ModelShape
from chipledger.perf.strategy import Sharding, TrainingFormat

USUAL_MEMORY_BYTES = 80e9
"""Of the unrestricted chips of 2022 (A100, H100), beside which 96 GB is a technique of its own."""
STAGED = "_host_staged"


class Technique(StrEnum):
    """What can be taken away."""

    EXPERTS = "mixture of experts"
    SIXTEEN_BIT = "16-bit formats"
    EIGHT_BIT = "8-bit formats"
    MEMORY = "memory beyond 80 GB"
    SHARDING = "sharding (ZeRO)"
    RECOMPUTE = "recomputing"
    INTERLEAVING = "interleaved pipeline"
    GPU_DIRECT = "GPUDirect RDMA"
    PEER_ACCESS = "peer-to-peer access"
    WEIGHTS = "8-bit weights"
    CACHE = "8-bit keys and values"


SERVING = frozenset({Technique.WEIGHTS, Technique.CACHE})
"""Those that only serving has (`serving_waterfall`)."""


def applicable(job: Job, cluster: Cluster) -> tuple[Technique, ...]:
    """The techniques that can be taken away from a job on a cluster, in the order of `Technique`.

    Peer access is one where cards sit in slots; links of their own (NVLink, HCCS) are the chip and no technique.

    Args:
        job: what is trained.
        cluster: where.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> [one.name for one in applicable(Job(shape=model("llama-2-7b"), tokens=1e12), cluster("a100-sxm"))]
    ['SIXTEEN_BIT', 'SHARDING', 'RECOMPUTE', 'INTERLEAVING', 'GPU_DIRECT']
    """
    rates = cluster.rates.dense_flop_per_second
    there = {
        Technique.EXPERTS: job.shape.experts is not None,
        Technique.SIXTEEN_BIT: bool(rates["tf32"] or rates["fp32"]),
        Technique.EIGHT_BIT: bool(rates["fp8"]),
        Technique.MEMORY: (cluster.rates.memory_bytes or 0.0) > 1.05 * USUAL_MEMORY_BYTES,
        Technique.SHARDING: True,
        Technique.RECOMPUTE: True,
        Technique.INTERLEAVING: True,
        Technique.GPU_DIRECT: cluster.inter is not None and _staged(cluster.inter) != cluster.inter,
        Technique.PEER_ACCESS: cluster.intra.efficiency_class in ("pcie_p2p", "pcie5_p2p"),
    }
    return tuple(one for one in Technique if there.get(one))


def without(job: Job, cluster: Cluster, away: AbstractSet[Technique]) -> tuple[Job, Cluster]:
    """The job and the cluster with some techniques taken away.

    Args:
        job: what is trained.
        cluster: where.
        away: of `applicable`.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> job = Job(shape=model("mixtral-8x7b"), tokens=1e12)
    >>> without(job, cluster("h20"), {Technique.MEMORY})[1].rates.memory_bytes
    80000000000.0
    """
    shape = dense_equivalent(job.shape) if Technique.EXPERTS in away else job.shape
    choices = job.choices
    if Technique.SHARDING in away:
        choices = choices.model_copy(update={"sharding": (Sharding.NONE,), "shard_in_node": False})
    if Technique.RECOMPUTE in away:
        choices = choices.model_copy(update={"recompute": (0,)})
    if Technique.INTERLEAVING in away:
        choices = choices.model_copy(update={"virtual_stages": (1,)})
    method, formats = job.method, formats_with(cluster, away)
    if set(formats) <= {"tf32", "fp32"}:
        method = method.model_copy(update={"weight_bytes": 4.0, "master_bytes": 8.0})
    changed = job.model_copy(
        update={"shape": shape, "choices": choices, "formats": formats, "method": method}
    )
    return changed, _cluster_without(cluster, away)


def formats_with(cluster: Cluster, away: AbstractSet[Technique]) -> tuple[TrainingFormat, ...]:
    """The formats that are left: 32 bit always, 16 and 8 bit unless they are taken away; only those that the chip has."""
    rates = cluster.rates.dense_flop_per_second
    allowed: list[TrainingFormat] = ["tf32"] if rates["tf32"] else ["fp32"]
    if Technique.SIXTEEN_BIT not in away:
        allowed.append("bf16" if rates["bf16"] else "fp16")
    if Technique.EIGHT_BIT not in away and rates[CHIP_FORMATS["fp8"]]:
        allowed.append("fp8")
    wide = [one for one in allowed if one not in ("tf32", "fp32")]
    return tuple(wide or allowed)


def dense_equivalent(shape: ModelShape) -> ModelShape:
    """A model without experts of about the same quality: as many parameters as the geometric mean of all and active ones.

    The rule is a habit of the field and not a law; it decides most of what experts are worth, and whoever shows that says so.

    >>> from chipledger.perf.models import model
    >>> round(parameters(dense_equivalent(model("hunyuan-large"))).total / 1e9)
    141
    """
    if shape.experts is None:
        return shape
    counted = parameters(shape)
    wanted = float((counted.total * counted.active) ** 0.5)
    plain = {
        "experts": None,
        "intermediate_size": 1,
        "id": f"{shape.id}-dense",
        "published_parameters": None,
        "published_active_parameters": None,
        "multi_token_prediction_layers": 0,
    }
    bare = ModelShape.model_validate({**dict(shape), **plain})
    rest = parameters(bare).total
    of_one = (3 if shape.gated else 2) * shape.hidden_size * shape.num_layers
    width = max(1024, round((wanted - rest) / of_one / 256) * 256)
    return bare.model_copy(update={"intermediate_size": int(width)})


def with_memory(cluster: Cluster, most_bytes: float) -> Cluster:
    """The cluster with so much memory a chip at most; unknown stays unknown.

    >>> from chipledger.perf.cluster import cluster
    >>> with_memory(cluster("h20"), 80e9).rates.memory_bytes, with_memory(cluster("rtx-4090"), 80e9).rates.memory_bytes
    (80000000000.0, 24000000000.0)
    """
    if cluster.rates.memory_bytes is None:
        return cluster
    less = min(cluster.rates.memory_bytes, most_bytes)
    return cluster.model_copy(update={"rates": cluster.rates.model_copy(update={"memory_bytes": less})})


def _cluster_without(cluster: Cluster, away: AbstractSet[Technique]) -> Cluster:
    changes: dict[str, object] = {}
    if Technique.MEMORY in away:
        changes["rates"] = with_memory(cluster, USUAL_MEMORY_BYTES).rates
    if Technique.GPU_DIRECT in away and cluster.inter is not None:
        changes["inter"] = _staged(cluster.inter)
    if Technique.PEER_ACCESS in away:
        changes["intra"] = _through_host(cluster)
    return cluster.model_copy(update=changes) if changes else cluster


def _staged(link: Link) -> Link:
    """The same cards without a direct way to the chip's memory; the same link where no class of it is known."""
    other = link.efficiency_class + STAGED
    if other not in link_classes():
        return link
    return link.model_copy(
        update={"efficiency_class": other, "latency_seconds": link_class(other).hop_seconds}
    )


def _through_host(cluster: Cluster) -> Link:
    """Chips that reach each other through the host's memory only, over the slot that they stand in."""
    bandwidth = cluster.rates.pcie_bytes_per_second or 32e9
    return Link(
        kind=LinkKind.PCIE,
        bandwidth_bytes_per_second=bandwidth,
        latency_seconds=link_class("pcie_host_staged").hop_seconds,
        efficiency_class="pcie_host_staged",
    )
