"""What a layout keeps in the memory of one chip, by kind and by stage, and in that of its host.

Takes a model's shape, a cluster, layouts as arrays and a method; gives bytes. Three totals stand side by side, as people report three
different things: *allocated* is what tensors take at the worst moment of a step (max_memory_allocated), *reserved* is with what the
allocator holds back in pieces (max_memory_reserved), *used* is with the driver's and the communication library's own (nvidia-smi). A layout
fits where tensors and the driver's own are no more than the chip has: the allocator gives its pieces back when memory is short. The first stage, one in the middle and the last are counted, and the fullest tells.

Left out: buffers of data loading, evaluation and checkpoints, the second moment at which an optimizer unpacks its state, and uneven
placing of layers by hand.
"""

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from chipledger.catalogue.chip import DATA
from chipledger.core.load import load_yaml
from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.perf.cluster import Cluster
from chipledger.perf.exchange import expert_data, expert_shard_group
from chipledger.perf.flop import adapter_parameters
from chipledger.perf.gemm import VALUE_BYTES
from chipledger.perf.layer import extra_layers
from chipledger.perf.parameters import LayerParameters, layer_parameters, parameters
from chipledger.perf.pipeline import in_flight, stage_layers
from chipledger.perf.shape import ModelShape
from chipledger.perf.strategy import Layouts, Method, Offload, Schedule, Sharding

Floats = NDArray[np.float64]
_WAYS = ("tensor", "pipeline", "data", "context", "expert")
_PEERS = 8.0
STAGES: tuple[str, ...] = ("first", "middle", "last")


class MemoryConstants(Record):
    """What no shape tells; the same for every model and chip.

    Args:
        layer_factor_unfused: on what a layer keeps, where norms, rotations and activations are many kernels that each keep their input.
        selective_kept: part of a layer's activations that stays where parts are recomputed under fused attention, which has no scores
            to drop: every other product's output.
        logit_bytes: of one logit at the worst moment of a loss that works in place, with its gradient.
        logit_bytes_sharded: the same of PyTorch's own loss, compiled, which runs where parameters are sharded.
        logit_bytes_unfused: the same where the loss is several kernels.
        backward_working: of what a layer keeps, gradients of it that stand at once in the backward pass.
        eight_bit_weight_bytes: of one weight that products read in 8 bit, with the transposed copy for the backward pass.
        eight_bit_weight_bytes_either_way: the same on chips whose products read one copy either way (Blackwell, one scale a tensor).
        gathered_layers: that stand unsharded at once where parameters are sharded: in use, and ahead.
        gradient_bucket_bytes: of gradients on their way, where they are sharded.
        workspace_bytes: of products' and attention's libraries.
        reserve_fraction: of what tensors take, held by the allocator beyond it while there is room.
        context_bytes: of driver and kernels, outside of the allocator.
        group_bytes: of the communication library, for each way in which a layout splits work among eight chips or more; fewer peers take
            their part of it.
        printed_gigabyte: bytes of what a chip's maker prints as one GB of its memory: 2^30.
        usable_fraction: of the chip's memory that the driver leaves.
        cites: where they come from.
        note: how they were found.
    """

    layer_factor_unfused: float = Field(ge=1)
    selective_kept: float = Field(gt=0, le=1)
    logit_bytes: float = Field(ge=0)
    logit_bytes_sharded: float = Field(ge=0)
    logit_bytes_unfused: float = Field(ge=0)
    backward_working: float = Field(ge=0)
    eight_bit_weight_bytes: float = Field(ge=1)
    eight_bit_weight_bytes_either_way: float = Field(ge=1)
    gathered_layers: float = Field(ge=1)
    gradient_bucket_bytes: float = Field(ge=0)
    workspace_bytes: float = Field(ge=0)
    reserve_fraction: float = Field(ge=0)
    context_bytes: float = Field(ge=0)
    group_bytes: float = Field(ge=0)
    printed_gigabyte: float = Field(ge=1e9)
    usable_fraction: float = Field(gt=0, le=1)
    cites: tuple[Cite, ...] = ()
    note: str | None = None


@cache
def memory_constants() -> MemoryConstants:
    """The constants of data/perf/memory.yaml.

    >>> memory_constants().context_bytes > 0
    True
    """
    return load_yaml(DATA / "perf" / "memory.yaml", MemoryConstants)


def usable_bytes(cluster: Cluster) -> tuple[float, float]:
    """Bytes of a chip, and of the host for each chip; infinity where a capacity is unknown, as that refuses nothing.

    Args:
        cluster: its chip and its host's memory.

    >>> from chipledger.perf.cluster import cluster
    >>> round(usable_bytes(cluster("h100"))[0] / 2**30, 1)
    79.2
    """
    chip, host, given = cluster.rates.memory_bytes, cluster.host_memory_bytes, memory_constants()
    of_chip = np.inf if chip is None else chip / 1e9 * given.printed_gigabyte * given.usable_fraction
    return of_chip, np.inf if host is None else host / min(cluster.chips, cluster.chips_per_node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes on the fullest chip of each layout, by kind, arrays of n; `by_stage` tells what other stages use.

    Args:
        weights: as products read them, sharded or not.
        low_precision: what weights of 8 bit take beside: the transposed copy.
        gradients: as summed.
        optimizer: moments and the copy of 32 bit.
        gathered: sharded parameters and gradients that stand whole for a moment.
        activations: kept from the forward to the backward pass, of all micro-batches in flight.
        dispatch: of experts: tokens as sent and as they come back.
        logits: and their gradients.
        working: what one layer takes while it is recomputed and its gradients are; only where that is more than the logits, as both
            come one after the other.
        buffers: of messages and libraries.
        fragmentation: held by the allocator beyond tensors.
        context: of the driver and the communication library.
        host: on the host for each chip, not on the chip.
        by_stage: *used* by first, middle and last stage: 3 x n.
    """

    weights: Floats
    low_precision: Floats
    gradients: Floats
    optimizer: Floats
    gathered: Floats
    activations: Floats
    dispatch: Floats
    logits: Floats
    working: Floats
    buffers: Floats
    fragmentation: Floats
    context: Floats
    host: Floats
    by_stage: Floats

    @property
    def allocated(self) -> Floats:
        """What tensors take at the worst moment."""
        return np.asarray(sum(getattr(self, name) for name in KINDS[:-2]))

    @property
    def reserved(self) -> Floats:
        """What the allocator holds."""
        return self.allocated + self.fragmentation

    @property
    def used(self) -> Floats:
        """What is gone from the chip's memory."""
        return self.reserved + self.context

    @property
    def needed(self) -> Floats:
        """What must fit: tensors and what lies outside of the allocator, which gives its pieces back when memory is short."""
        return self.allocated + self.context

    def room(self, cluster: Cluster) -> tuple[float, float]:
        """Bytes of a chip, and of the host for each chip (`usable_bytes`).

        Args:
            cluster: its chip and its host's memory.
        """
        return usable_bytes(cluster)

    def fits(self, cluster: Cluster) -> NDArray[np.bool_]:
        """Where a layout fits the chip and, with what lies on the host, the host.

        Args:
            cluster: its chip and its host's memory.
        """
        chip, host = self.room(cluster)
        return np.asarray((self.needed <= chip) & (self.host <= host))


KINDS: tuple[str, ...] = tuple(one.name for one in fields(Memory) if one.name not in ("host", "by_stage"))


def memory(
    shape: ModelShape,
    cluster: Cluster,
    layouts: Layouts,
    method: Method,
    constants: MemoryConstants | None = None,
) -> Memory:
    """Bytes that each layout keeps on its fullest chip.

    Args:
        shape: the model.
        cluster: its chips.
        layouts: n of them.
        method: of all of them.
        constants: None: data/perf/memory.yaml.

    Returns:
        Arrays of n.

    Source: activations after Korthikanti et al. (arXiv 2205.05198), section 4, counted anew for grouped heads, gates, fused attention
    and experts; states after Rajbhandari et al. (arXiv 1910.02054), section 3 and figure 1; what an offload takes from the chip after Ren
    et al. (arXiv 2101.06840), section 3.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> one = Layouts.where(tensor=8, pipeline=8, global_batch=64, sequence_length=2048, sequence_parallel=1, recompute=1)
    >>> found = memory(model("gpt3-175b"), cluster("a100-sxm"), one, Method(flash_attention=False))
    >>> bool(found.fits(cluster("a100-sxm"))[0]), round(float(found.weights[0]) / 1e9, 1)
    (True, 5.6)
    """
    given = memory_constants() if constants is None else constants
    place = np.stack(
        [np.zeros_like(layouts.pipeline), np.minimum(1.0, layouts.pipeline - 1.0), layouts.pipeline - 1.0]
    )
    held = _held(shape, layouts, method, place)
    kinds = _states(shape, cluster, layouts, method, held, given)
    kinds |= _activations(shape, layouts, method, held, place, given)
    tokens = layouts.micro_batch * layouts.sequence_length / layouts.context
    gathers = ((layouts.tensor > 1) & (layouts.sequence_parallel > 0)) + (
        layouts.pipeline > 1
    ) / layouts.tensor
    messages = method.activation_bytes * tokens * shape.hidden_size * gathers
    kinds["buffers"] = kinds["buffers"] + messages + given.workspace_bytes
    tensors = np.asarray(sum(kinds[name] for name in KINDS[:-2]))
    kinds["fragmentation"] = given.reserve_fraction * tensors
    ways = sum((np.minimum(getattr(layouts, name), _PEERS) - 1.0) / (_PEERS - 1.0) for name in _WAYS)
    kinds["context"] = np.zeros_like(place) + given.context_bytes + given.group_bytes * ways
    used = np.asarray(sum(kinds[name] for name in KINDS))
    fullest = np.argmax(used, axis=0), np.arange(used.shape[1])
    at_peak = {
        name: (value if value.shape == used.shape else np.broadcast_to(value, used.shape))[fullest]
        for name, value in kinds.items()
    }
    return Memory(**at_peak, by_stage=used)


@dataclass(frozen=True, slots=True)
class _Held:
    """Parameters of one chip by stage (3 x n), and layers: `dense` and `expert` as ranks share them, `matrices` those of products."""

    dense_layers: Floats
    mixture_layers: Floats
    dense: Floats
    expert: Floats
    matrices: Floats
    trained_dense: Floats
    trained_expert: Floats


def _held(shape: ModelShape, layouts: Layouts, method: Method, place: Floats) -> _Held:
    layer, counted = layer_parameters(shape), parameters(shape)
    is_first, is_last = place == 0, place == layouts.pipeline - 1.0
    full, last = stage_layers(shape.num_layers, layouts)
    layers = np.where(is_last, last, full)
    early = float(shape.experts.first_dense_layers) if shape.experts else 0.0
    dense_first = np.where(is_first, np.minimum(early, layers), 0.0)
    mixtures = (layers - dense_first) / shape.experts.every if shape.experts else np.zeros_like(layers)
    extra = extra_layers(shape, method) * is_last
    mixtures = mixtures + extra * bool(shape.experts)
    plain = layers + extra - mixtures
    around, narrow = _around(layer), layer.norms + layer.router
    split = layouts.tensor
    routed = layouts.expert * layouts.expert_tensor
    matrices = (around + layer.shared_experts) / split * mixtures + (around + layer.dense_ffn) / split * plain
    output = counted.output or counted.tied_output * (layouts.pipeline > 1)
    ends = (is_first * (counted.embedding + shape.other_parameters) + is_last * output) / split
    dense = matrices + narrow * (mixtures + plain) + ends + extra * 2.0 * shape.hidden_size**2
    expert = layer.routed_experts_total / routed * mixtures
    trained_dense, trained_expert = dense, expert
    if method.lora:
        trained_dense = adapter_parameters(shape, method.lora) / shape.num_layers * layers / split
        trained_expert = np.zeros_like(expert)
    if method.schedule is Schedule.DUALPIPE:
        plain, mixtures = _both_stages(plain, layouts) / 2.0, _both_stages(mixtures, layouts) / 2.0
        dense, expert = _both_stages(dense, layouts), _both_stages(expert, layouts)
        matrices, trained_dense = _both_stages(matrices, layouts), _both_stages(trained_dense, layouts)
        trained_expert = _both_stages(trained_expert, layouts)
    return _Held(plain, mixtures, dense, expert, matrices + expert, trained_dense, trained_expert)


def _both_stages(by_stage: Floats, layouts: Layouts) -> Floats:
    """Under DualPipe a chip holds a stage and the one as far from the other end."""
    ends = by_stage[0] + by_stage[2]
    return np.where(layouts.pipeline > 1, np.stack([ends, 2.0 * by_stage[1], ends]), by_stage)


def _around(layer: LayerParameters) -> float:
    return layer.attention + layer.cross_attention + layer.modulation


def _states(
    shape: ModelShape, cluster: Cluster, layouts: Layouts, method: Method, held: _Held, given: MemoryConstants
) -> dict[str, Floats]:
    """Weights, gradients and optimizer, on the chip or on the host."""
    whole = layouts.sharding >= Sharding.PARAMETERS
    among = np.where(whole, layouts.shard_group, layouts.data * layouts.context)
    of_experts = np.where(whole, expert_shard_group(layouts), expert_data(layouts))
    share = {
        name: (
            np.where(layouts.sharding >= stage, among, 1.0),
            np.where(layouts.sharding >= stage, of_experts, 1.0),
        )
        for name, stage in (
            ("optimizer", Sharding.OPTIMIZER),
            ("gradients", Sharding.GRADIENTS),
            ("weights", Sharding.PARAMETERS),
        )
    }

    def split(name: str, dense: Floats, expert: Floats) -> Floats:
        return np.asarray(dense / share[name][0] + expert / share[name][1])

    base = method.base_weight_bytes if method.lora else None
    wide = base or method.weight_bytes
    weights = wide * split("weights", held.dense, held.expert)
    low = np.zeros_like(weights)
    if VALUE_BYTES[method.format] <= 1.0 and base is None:
        read = _eight_bit(cluster, method, given)
        narrow = split("weights", held.matrices - held.expert, held.expert) * np.where(whole, 0.0, 1.0)
        weights = weights - narrow * (wide - 1.0)
        low = narrow * (read - 1.0)
    weights = weights + method.weight_bytes * split(
        "weights", held.trained_dense, held.trained_expert
    ) * bool(method.lora)
    gradients = method.gradient_bytes * split("gradients", held.trained_dense, held.trained_expert)
    optimizer = method.master_bytes * split("optimizer", held.trained_dense, held.trained_expert)
    if (
        method.schedule is Schedule.DUALPIPE
    ):  # two chips hold each stage, and share its optimizer where that is sharded
        optimizer = optimizer / np.where(
            (layouts.sharding >= Sharding.OPTIMIZER) & (layouts.pipeline > 1), 2.0, 1.0
        )
    gathered, bucket = _gathered(shape, layouts, method, held, whole, given)
    away = layouts.offload >= Offload.OPTIMIZER_CPU
    all_away = (layouts.offload == Offload.ALL_CPU) | (layouts.offload == Offload.ALL_NVME)
    on_disk = layouts.offload >= Offload.OPTIMIZER_NVME
    host = np.where(away & ~on_disk, optimizer + gradients, 0.0) + np.where(
        all_away & ~on_disk, weights + low, 0.0
    )
    return {
        "weights": np.where(all_away, 0.0, weights),
        "low_precision": np.where(all_away, 0.0, low),
        "gradients": np.where(all_away | (away & (layouts.sharding >= Sharding.GRADIENTS)), 0.0, gradients),
        "optimizer": np.where(away, 0.0, optimizer),
        "gathered": gathered,
        "buffers": bucket,
        "host": host,
    }


def _eight_bit(cluster: Cluster, method: Method, given: MemoryConstants) -> float:
    either_way = cluster.rates.dense_flop_per_second.get("fp4") is not None and method.format == "fp8"
    return given.eight_bit_weight_bytes_either_way if either_way else given.eight_bit_weight_bytes


def _gathered(
    shape: ModelShape,
    layouts: Layouts,
    method: Method,
    held: _Held,
    whole: NDArray[np.bool_],
    given: MemoryConstants,
) -> tuple[Floats, Floats]:
    """Where parameters are sharded: layers that stand whole, with the largest of them or the vocabulary; and gradients on their way."""
    layer, counted = layer_parameters(shape), parameters(shape)
    dense = (_around(layer) + layer.dense_ffn) / layouts.tensor
    mixed = (_around(layer) + layer.shared_experts) / layouts.tensor
    mixed = mixed + layer.routed_experts_total / (layouts.expert * layouts.expert_tensor)
    one = np.maximum(dense * (shape.dense_layers > 0), mixed * (shape.mixture_layers > 0))
    end = max(counted.embedding, counted.output) / layouts.tensor
    trained = 0.0 if method.lora else min(method.gradient_bytes, 4.0)
    stands = (
        given.gathered_layers * one * method.weight_bytes
        + one * trained
        + end * (method.weight_bytes + trained)
    )
    bucket = np.where((layouts.sharding == Sharding.GRADIENTS), given.gradient_bucket_bytes, 0.0)
    sharded = whole & (layouts.shard_group > 1)
    away = layouts.offload >= Offload.OPTIMIZER_CPU
    zeros = np.zeros_like(held.dense)
    return zeros + np.where(sharded | (away & whole), stands, 0.0), zeros + bucket


def _activations(
    shape: ModelShape, layouts: Layouts, method: Method, held: _Held, place: Floats, given: MemoryConstants
) -> dict[str, Floats]:
    """What waits for the backward pass, of all micro-batches in flight, and what the loss takes."""
    tokens = layouts.micro_batch * layouts.sequence_length / layouts.context
    loose, wide = np.where(layouts.sequence_parallel > 0, layouts.tensor, 1.0), method.activation_bytes
    around = _attention_kept(shape, layouts, method, loose) * tokens
    dense = around + _feed_forward_kept(shape, method, shape.intermediate_size or 0, layouts, loose) * tokens
    mixed, sent = around, np.zeros_like(tokens)
    if shape.experts:
        one = shape.experts
        shared = one.shared_intermediate_size or one.shared * one.intermediate_size
        mixed = around + _feed_forward_kept(shape, method, shared, layouts, loose) * tokens
        copies = tokens / layouts.tensor * one.active
        mixed = mixed + copies * _feed_forward_bytes(shape, method, layouts) * one.intermediate_size
        sent = copies * 2.0 * wide * shape.hidden_size + 4.0 * one.count * tokens / loose
    factor = 1.0 if method.fused else given.layer_factor_unfused
    dense, mixed = dense * factor, mixed * factor
    entry = wide * shape.hidden_size * tokens / loose
    passes = in_flight(
        layouts.pipeline, layouts.virtual_stages, layouts.micro_batches, method.schedule, place
    )
    kept = {"activations": np.zeros_like(place), "dispatch": np.zeros_like(place)}
    for layers, whole, moved in ((held.dense_layers, dense, 0.0 * sent), (held.mixture_layers, mixed, sent)):
        part = np.where(
            layouts.recompute >= 2, 0.0, np.where(layouts.recompute >= 1, _selective(method, given), 1.0)
        )
        once = layouts.recompute_share * part + 1.0 - layouts.recompute_share
        again = layouts.recompute_share * (layouts.recompute >= 2)
        kept["activations"] += passes * layers * (once * whole + again * entry)
        kept["dispatch"] += passes * layers * once * moved
    largest = np.maximum(dense * (shape.dense_layers > 0), (mixed + sent) * (shape.mixture_layers > 0))
    scores = _scores(shape, layouts, method) * tokens * (layouts.recompute >= 1)
    working = (given.backward_working + (layouts.recompute >= 2)) * (largest + scores)
    each = np.where(layouts.sharding >= Sharding.PARAMETERS, given.logit_bytes_sharded, given.logit_bytes)
    each = each if method.fused else np.full_like(tokens, given.logit_bytes_unfused)
    logits = each * tokens * shape.vocab_size / layouts.tensor
    at_end = (place == 0.0) & (method.schedule is Schedule.DUALPIPE) | (place == layouts.pipeline - 1.0)
    logits = np.where(at_end, logits, 0.0)
    kept["logits"] = np.where(logits > working, logits, 0.0)
    kept["working"] = np.where(logits > working, 0.0, working)
    return kept


def _selective(method: Method, given: MemoryConstants) -> float:
    """Under fused attention; elsewhere the scores alone go, and are left out of what a layer keeps."""
    return given.selective_kept if method.flash_attention else 1.0


def _attention_kept(shape: ModelShape, layouts: Layouts, method: Method, loose: Floats) -> Floats:
    """Bytes that norms and attention keep for each token of a layer."""
    hidden, heads = float(shape.hidden_size), shape.num_attention_heads
    inputs, wide = _input_bytes(method, layouts), method.activation_bytes
    norms = 2.0 * wide * hidden
    masks = 2.0 * hidden * _drops(shape)
    around = (norms + masks + inputs * hidden) / loose
    queries, values = heads * shape.size_of_head, heads * shape.size_of_value_head
    if shape.latent:
        ranks = (shape.latent.query_rank or 0) + shape.latent.key_value_rank
        around = around + 2.0 * wide * ranks / loose
        inside = wide * (2.0 * queries + 2.0 * values + heads * shape.latent.nope_head_dim) / layouts.tensor
    else:
        keys = np.maximum(shape.key_value_heads, layouts.tensor) * shape.size_of_head
        inside = (wide * (queries + values) + 2.0 * wide * keys) / layouts.tensor
    inside = inside + np.where(inputs < wide, inputs, 0.0) * values / layouts.tensor
    kept = np.where(layouts.recompute >= 1, 0.0, _scores(shape, layouts, method))
    return np.asarray(around + inside + 4.0 * heads / layouts.tensor + kept)


def _scores(shape: ModelShape, layouts: Layouts, method: Method) -> Floats:
    """Bytes of scores for each token where attention is not fused: softmax, and with dropout its mask and its output."""
    wide = method.activation_bytes
    one = 0.0 if method.flash_attention else wide + (wide + 1.0) * _drops(shape)
    return np.asarray(one * shape.num_attention_heads * layouts.sequence_length / layouts.tensor)


def _feed_forward_kept(
    shape: ModelShape, method: Method, width: float, layouts: Layouts, loose: Floats
) -> Floats:
    """Bytes that a feed-forward block keeps for each token: its input, and its inner vectors."""
    if not width:
        return np.zeros_like(loose)
    trained = _trains_feed_forward(method)
    return np.asarray(
        _input_bytes(method, layouts) * shape.hidden_size * trained / loose
        + _feed_forward_bytes(shape, method, layouts) * width / layouts.tensor
    )


def _feed_forward_bytes(shape: ModelShape, method: Method, layouts: Layouts) -> Floats:
    """For each unit of width: what the activation function read, and what the last product read."""
    inputs = _input_bytes(method, layouts)
    read = np.minimum(inputs, method.activation_bytes)
    return np.asarray((2.0 if shape.gated else 1.0) * read + inputs * _trains_feed_forward(method))


def _trains_feed_forward(method: Method) -> float:
    """1 where the block's own products have gradients, which alone need their inputs; 0 under adapters elsewhere."""
    return 0.0 if method.lora and not method.lora.feed_forward else 1.0


def _input_bytes(method: Method, layouts: Layouts) -> Floats:
    """Of a product's input as it is kept: 8 bit where the product is, but 16 under sharded parameters, which cast it again."""
    value = VALUE_BYTES[method.format]
    wide = np.full_like(layouts.tensor, max(method.activation_bytes, value))
    return np.where(layouts.sharding >= Sharding.PARAMETERS, wide, value) if value <= 1.0 else wide


def _drops(shape: ModelShape) -> float:
    """1 where dropout keeps masks: models with biases, of GPT's line, train with it."""
    return 1.0 if shape.bias else 0.0
