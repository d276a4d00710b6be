"""Seconds that chips send to each other in a step, by why they do: each before anything is hidden behind computing.

Takes a model's shape, layouts, the method and a cluster; gives arrays. Tensor-parallel sums, experts' all-to-all and rings of context
happen in every layer of every micro-batch; hand-overs between stages once a chunk; gradients and sharded parameters once a step, or, where
parameters are sharded, once a layer and micro-batch. Ranks are placed in the order tensor, context, data, pipeline, as Megatron-LM and
its kin do: neighbours in a tensor group are neighbours in a node.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import SoftwareConstants
from chipledger.perf.gemm import VALUE_BYTES
from chipledger.perf.layer import tokens_of_pass
from chipledger.perf.network import collective_seconds, copy_seconds
from chipledger.perf.parameters import Parameters, layer_parameters, parameters
from chipledger.perf.shape import ModelShape
from chipledger.perf.strategy import Layouts, Method, Sharding

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerExchange:
    """Messages of one layer and one micro-batch, forward; backward is alike but for the context's, which are twice as long.

    Args:
        tensor_dense: of tensor parallelism, in a dense layer.
        tensor_mixture: the same in a layer with experts.
        expert: to the experts and back.
        context: keys and values round the ring.
    """

    tensor_dense: Floats
    tensor_mixture: Floats
    expert: Floats
    context: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathers:
    """Where parameters are sharded: one layer's messages of one micro-batch.

    Args:
        gather_dense: of a dense layer's parameters, once for each pass.
        gather_mixture: of a layer with experts.
        scatter_dense: of a dense layer's gradients.
        scatter_mixture: of a layer with experts.
        gather_ends: of embedding and output.
        scatter_ends: of their gradients.
        replicas: of a step, of gradients between groups of shards.
    """

    gather_dense: Floats
    gather_mixture: Floats
    scatter_dense: Floats
    scatter_mixture: Floats
    gather_ends: Floats
    scatter_ends: Floats
    replicas: Floats


def layer_exchange(
    shape: ModelShape, layouts: Layouts, method: Method, cluster: Cluster, software: SoftwareConstants
) -> LayerExchange:
    """Messages in the layers.

    Args:
        shape: the model.
        layouts: n of them.
        method: of all.
        cluster: its links.
        software: constants.

    Source: two all-reduces a layer, or as many gathers and scatters: Shoeybi et al. (arXiv 1909.08053), section 3; Korthikanti et al.
    (arXiv 2205.05198), section 4.2.2. All-to-all of experts: Lepikhin et al. (arXiv 2006.16668), section 3.2. Rings: Liu et al. (arXiv
    2310.01889).
    """
    joined = float(cluster.chips_joined)
    tokens = tokens_of_pass(layouts)
    whole = method.activation_bytes * tokens * shape.hidden_size
    near = np.minimum(layouts.tensor, joined)
    nothing = np.zeros_like(whole)
    one_sum = nothing
    if (layouts.tensor > 1).any():
        split = layouts.sequence_parallel > 0
        summed = collective_seconds("all_reduce", whole, layouts.tensor, near, cluster, where=~split)
        moved = collective_seconds("all_gather", whole, layouts.tensor, near, cluster, where=split)
        one_sum = 2.0 * moved + summed
    experts = shape.experts
    expert = nothing
    folded = layouts.expert_tensor <= 1
    if experts and (layouts.expert > 1).any():
        value_bytes = method.activation_bytes
        if method.deduplicated_dispatch:
            value_bytes = (
                VALUE_BYTES[method.format] + method.activation_bytes
            ) / 2.0  # there in few bits, back in 16
        sent = value_bytes * tokens / layouts.tensor * experts.active * shape.hidden_size
        side_by_side = np.clip(joined / np.where(folded, 1.0, layouts.expert_tensor), 1.0, layouts.expert)
        if method.deduplicated_dispatch:
            nodes = layouts.expert / side_by_side
            sent = sent * np.where(nodes > 1, _nodes_met(nodes, experts.active) / experts.active, 1.0)
        once = collective_seconds("all_to_all", sent, layouts.expert, side_by_side, cluster)
        reached = (
            software.deduplicated_efficiency if method.deduplicated_dispatch else software.expert_efficiency
        )
        expert = 2.0 * once / reached
    return LayerExchange(
        tensor_dense=2.0 * one_sum,
        tensor_mixture=np.where(folded, 1.0 + bool(experts and experts.shared), 2.0) * one_sum,
        expert=expert,
        context=_ring(shape, layouts, method, cluster, tokens),
    )


def _nodes_met(nodes: Floats, active: int) -> Floats:
    """Nodes that the experts of one token stand in, if all are alike."""
    return nodes * (1.0 - (1.0 - 1.0 / nodes) ** active)


def _ring(shape: ModelShape, layouts: Layouts, method: Method, cluster: Cluster, tokens: Floats) -> Floats:
    if not (layouts.context > 1).any():
        return np.zeros_like(tokens)
    heads = np.maximum(shape.key_value_heads / layouts.tensor, 1.0)
    values = heads * (shape.size_of_head + shape.size_of_value_head)
    once = method.activation_bytes * tokens * values
    inside = layouts.tensor * layouts.context <= cluster.chips_joined
    step = collective_seconds("send_recv", once, 2.0, np.where(inside, 2.0, 1.0), cluster)
    return np.asarray((layouts.context - 1.0) * step)


def hand_over_seconds(shape: ModelShape, layouts: Layouts, method: Method, cluster: Cluster) -> Floats:
    """Seconds of one hand-over of a micro-batch between stages.

    Args:
        shape: the model.
        layouts: n of them.
        method: whether tensor-parallel chips hand over a part each.
        cluster: its links.

    Source: the scatter before a hand-over: Narayanan et al. (arXiv 2104.04473), section 4.1.
    """
    if not (layouts.pipeline > 1).any():
        return np.zeros_like(layouts.pipeline)
    parts = layouts.tensor if method.scattered_hand_over else 1.0
    message = method.activation_bytes * tokens_of_pass(layouts) * shape.hidden_size / parts
    inside = layouts.chips <= cluster.chips_joined
    once = collective_seconds("send_recv", message, 2.0, np.where(inside, 2.0, 1.0), cluster)
    return np.where(layouts.pipeline > 1, once, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipParameters:
    """Trained parameters on the busiest chip, by who holds copies of them.

    Args:
        dense: held by every data-parallel rank.
        expert: held by the data-parallel ranks of an expert.
        frozen: not trained, as the base under adapters.
    """

    dense: Floats
    expert: Floats
    frozen: Floats


def chip_parameters(shape: ModelShape, layouts: Layouts, method: Method) -> ChipParameters:
    """Parameters on the busiest chip before data-parallel ranks share anything: a mean stage and the larger of both ends.

    Args:
        shape: the model.
        layouts: n of them.
        method: adapters freeze the rest.
    """
    from chipledger.perf.flop import adapter_parameters

    counted = parameters(shape)
    ends = _ends(counted, layouts)
    layers = counted.attention + counted.cross_attention + counted.dense_ffn + counted.shared_experts
    dense = (layers + counted.router + counted.norms) / layouts.pipeline
    of_prediction = counted.multi_token_prediction if method.multi_token_prediction else 0.0
    dense = (dense + ends) / layouts.tensor
    expert = counted.routed_experts / (layouts.pipeline * layouts.expert * layouts.expert_tensor)
    if counted.routed_experts:
        expert = expert + of_prediction / (layouts.expert * layouts.expert_tensor)
    if method.lora:
        trained = adapter_parameters(shape, method.lora) / (layouts.pipeline * layouts.tensor)
        return ChipParameters(dense=trained, expert=np.zeros_like(trained), frozen=dense + expert)
    return ChipParameters(dense=dense, expert=expert * np.ones_like(dense), frozen=np.zeros_like(dense))


def _ends(counted: Parameters, layouts: Layouts) -> Floats:
    """Of embedding and output, what one stage holds: both where there is one stage."""
    larger = max(counted.embedding, counted.output or counted.tied_output)
    return np.where(layouts.pipeline > 1, larger, counted.embedding + counted.output)


def expert_data(layouts: Layouts) -> Floats:
    """Ranks that hold the same experts."""
    ranks = layouts.data * layouts.context * layouts.tensor / (layouts.expert * layouts.expert_tensor)
    return np.maximum(ranks, 1.0)


def expert_shard_group(layouts: Layouts) -> Floats:
    """Ranks that share the same experts where parameters are sharded: those of a sharding group that do not hold others."""
    ranks = layouts.shard_group * layouts.tensor / (layouts.expert * layouts.expert_tensor)
    return np.maximum(ranks, 1.0)


def gradient_seconds(
    shape: ModelShape, layouts: Layouts, method: Method, cluster: Cluster
) -> tuple[Floats, Floats]:
    """Seconds to sum the gradients of a step among replicas, and to gather what each updated; zero where parameters are sharded.

    Args:
        shape: the model.
        layouts: n of them.
        method: bytes of a gradient and of a weight.
        cluster: its links.

    Source: Rajbhandari et al. (arXiv 1910.02054), section 7: a scatter and a gather move as much as one all-reduce.
    """
    held = chip_parameters(shape, layouts, method)
    joined = float(cluster.chips_joined)
    near = np.clip(np.floor(joined / layouts.tensor), 1.0, layouts.data * layouts.context)
    near_experts = np.clip(
        np.floor(joined / (layouts.expert * layouts.expert_tensor)), 1.0, expert_data(layouts)
    )
    parted = layouts.sharding < Sharding.PARAMETERS
    whole = layouts.sharding < Sharding.OPTIMIZER
    ranks, beside, counts = layouts.data * layouts.context, near, held.dense
    if shape.experts:
        ranks, beside = np.stack([ranks, expert_data(layouts)]), np.stack([near, near_experts])
        counts = np.stack([held.dense, held.expert])
    gradients, weights = counts * method.gradient_bytes, counts * method.weight_bytes
    split = parted & ~whole
    scattered = collective_seconds("reduce_scatter", gradients, ranks, beside, cluster, where=split)
    gathered = collective_seconds("all_gather", weights, ranks, beside, cluster, where=split)
    summed = collective_seconds("all_reduce", gradients, ranks, beside, cluster, where=whole)
    sums = summed + scattered
    if shape.experts:
        sums, gathered = sums.sum(axis=0), gathered.sum(axis=0)
    return np.asarray(sums), np.asarray(gathered)


def gather_seconds(shape: ModelShape, layouts: Layouts, method: Method, cluster: Cluster) -> Gathers:
    """Messages of sharded parameters, layer by layer; nothing where parameters are not sharded.

    Args:
        shape: the model.
        layouts: n of them.
        method: bytes of weights and gradients.
        cluster: its links.

    Source: Rajbhandari et al. (arXiv 1910.02054), section 7.2.2; Zhao et al. (arXiv 2304.11277), section 3.
    """
    counted, one = parameters(shape), layer_parameters(shape)
    on = layouts.sharding >= Sharding.PARAMETERS
    around = _Shards.of_rest(layouts, cluster)
    experts = _Shards.of_experts(layouts, cluster) if shape.experts else None
    ends = _ends(counted, layouts) / layouts.tensor
    dense, beside = one.dense / layouts.tensor, (one.mixture - one.routed_experts_total) / layouts.tensor
    routed = one.routed_experts_total / (layouts.expert * layouts.expert_tensor)
    weight = (method.base_weight_bytes if method.lora else None) or method.weight_bytes
    gradient = 0.0 if method.lora else min(method.gradient_bytes, 4.0)

    def moved(op: str, size: Floats, each: float, among: _Shards) -> Floats:
        return collective_seconds(op, size * each, among.group, among.near, cluster, where=on & (each > 0.0))

    def mixture(op: str, each: float) -> Floats:
        if experts is None:
            return np.zeros_like(ends)
        return moved(op, beside, each, around) + moved(op, routed, each, experts)

    def plain(op: str, each: float) -> Floats:
        return moved(op, dense, each, around) if shape.dense_layers else np.zeros_like(ends)

    def far(held: Floats, among: _Shards) -> Floats:
        size = held / among.group * (0.0 if method.lora else method.gradient_bytes)
        return collective_seconds("all_reduce", size, among.copies, 1.0, cluster, where=on)

    layers = (dense * shape.dense_layers + beside * shape.mixture_layers) / layouts.pipeline
    replicas = far(layers + ends, around)
    if experts is not None:
        replicas = replicas + far(routed * shape.mixture_layers / layouts.pipeline, experts)
    return Gathers(
        gather_dense=plain("all_gather", weight),
        gather_mixture=mixture("all_gather", weight),
        scatter_dense=plain("reduce_scatter", gradient),
        scatter_mixture=mixture("reduce_scatter", gradient),
        gather_ends=moved("all_gather", ends, weight, around),
        scatter_ends=moved("reduce_scatter", ends, gradient, around),
        replicas=np.asarray(replicas),
    )


@dataclass(frozen=True, slots=True)
class _Shards:
    """Ranks that share one set of sharded parameters: how many, how many of them in a node, and how many such groups hold the same."""

    group: Floats
    near: Floats
    copies: Floats

    @classmethod
    def of_rest(cls, layouts: Layouts, cluster: Cluster) -> "_Shards":
        """Of all but experts."""
        group = layouts.shard_group
        near = np.clip(np.floor(cluster.chips_joined / layouts.tensor), 1.0, group)
        return cls(group, near, layouts.data * layouts.context / group)

    @classmethod
    def of_experts(cls, layouts: Layouts, cluster: Cluster) -> "_Shards":
        """Of experts, which ranks that hold others do not share: neighbours in a node hold different ones."""
        group = expert_shard_group(layouts)
        near = np.clip(np.floor(cluster.chips_joined / (layouts.expert * layouts.expert_tensor)), 1.0, group)
        return cls(group, near, np.maximum(expert_data(layouts) / group, 1.0))


def host_seconds(cluster: Cluster, moved_bytes: Floats) -> Floats:
    """Seconds to move bytes between a chip and its host."""
    if cluster.host_link is None:
        return np.where(moved_bytes > 0, np.inf, 0.0)
    return copy_seconds(cluster.host_link, moved_bytes)
