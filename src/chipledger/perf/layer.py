"""Seconds of one layer for one micro-batch on one chip, forward and backward, by what it does.

Takes a model's shape, layouts as arrays, the method and the constants of the chip's class; gives arrays by term: products of matrices,
attention, passes through memory (norms, activations, residuals, quantising), and what the host adds where it launches every kernel.
Communication is not here (`exchange`), nor what recomputing repeats (`estimate` adds forward terms to the backward pass).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipledger.core.errors import InputError
from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import ChipConstants, Constants
from chipledger.perf.flop import attention_flop_per_token
from chipledger.perf.gemm import CHIP_FORMATS, VALUE_BYTES, gemm_seconds, reached_flop_per_second
from chipledger.perf.shape import Experts, ModelShape
from chipledger.perf.strategy import Layouts, Method, Sharding

Floats = NDArray[np.float64]
SIXTEEN_BIT_BYTES = 2.0
BACKWARD_ATTENTION = 2.5
"""Products of fused attention backward over those forward: five for two (arXiv 2205.14135, appendix B)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSeconds:
    """One pass of one micro-batch through one layer, arrays in the shape of the layouts.

    Args:
        products: of matrices with weights.
        attention: scores, softmax and values.
        passes: through memory, outside of both.
        host: that the host takes longer to launch kernels than the chip to run them.
    """

    products: Floats
    attention: Floats
    passes: Floats
    host: Floats

    @property
    def total(self) -> Floats:
        """Seconds in all."""
        return self.products + self.attention + self.passes + self.host

    def times(self, factor: Floats | float) -> "LayerSeconds":
        """So many of these."""
        return LayerSeconds(
            products=self.products * factor,
            attention=self.attention * factor,
            passes=self.passes * factor,
            host=self.host * factor,
        )

    def plus(self, other: "LayerSeconds") -> "LayerSeconds":
        """Both, one after the other."""
        return LayerSeconds(
            products=self.products + other.products,
            attention=self.attention + other.attention,
            passes=self.passes + other.passes,
            host=self.host + other.host,
        )


@dataclass(frozen=True, slots=True)
class Machine:
    """One chip as products and passes meet it.

    Args:
        flop_per_second: of large products in the method's format.
        flop_per_second_wide: of large products in 16 bit, or in 32, for the output layer and attention that is not fused.
        peak_wide: the printed rate that fused attention takes its part of: of 16 bit, or of 32 where activations are.
        bytes_per_second: of the memory, as reached.
        value_bytes: of one value of the format.
        chip: constants of the class.
        constants: all of them.
    """

    flop_per_second: float
    flop_per_second_wide: float
    peak_wide: float
    bytes_per_second: float
    value_bytes: float
    chip: ChipConstants
    constants: Constants


def machine(cluster: Cluster, method: Method, constants: Constants) -> Machine:
    """The chip of a cluster for a method.

    Raises:
        InputError: the chip lacks the format, or its rate or its memory bandwidth is unknown.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.constants import constants
    >>> machine(cluster("h100"), Method(format="fp8"), constants()).value_bytes
    1.0
    """
    chip, _ = constants.of_chip(cluster.rates)
    bandwidth = cluster.rates.memory_bandwidth_bytes_per_second
    if bandwidth is None:
        raise InputError(f"the memory bandwidth of {cluster.chip_id} is unknown, not zero", where=cluster.id)
    wide = method.format if method.format in ("fp32", "tf32", "fp16") else "bf16"
    if wide == "bf16" and cluster.rates.dense_flop_per_second["bf16"] is None:
        wide = "fp16"
    sixteen = reached_flop_per_second(cluster.rates, chip, wide)
    powered = _powered(cluster, chip)
    peak = cluster.rates.flop_per_second(CHIP_FORMATS[wide])
    if method.activation_bytes <= SIXTEEN_BIT_BYTES:
        peak = cluster.rates.dense_flop_per_second["fp16"] or peak
    return Machine(
        flop_per_second=powered * reached_flop_per_second(cluster.rates, chip, method.format),
        flop_per_second_wide=powered * sixteen,
        peak_wide=powered * peak,
        bytes_per_second=bandwidth * chip.memory_fraction,
        value_bytes=VALUE_BYTES[method.format],
        chip=chip,
        constants=constants,
    )


def _powered(cluster: Cluster, chip: ChipConstants) -> float:
    """What the chip's power limit makes of its rate, against the limit that its class was measured at; 1 where it is not known."""
    limit = cluster.rates.power_watts
    return 1.0 if limit is None else float((limit / chip.watts) ** chip.power_exponent)


def tokens_of_pass(layouts: Layouts) -> Floats:
    """Tokens of one micro-batch on one group of tensor-parallel chips."""
    return layouts.micro_batch * layouts.sequence_length / layouts.context


def dense_layer(
    shape: ModelShape, layouts: Layouts, method: Method, on: Machine
) -> tuple[LayerSeconds, LayerSeconds]:
    """A layer with a dense feed-forward block, forward and backward.

    Source: the products of a transformer layer: Vaswani et al. (arXiv 1706.03762), split as in Shoeybi et al. (arXiv 1909.08053),
    section 3; passes through memory are counted, not derived, and fitted.
    """
    width = shape.intermediate_size or 0
    tokens = tokens_of_pass(layouts)
    products = [
        *_attention_products(shape, layouts, tokens),
        *_feed_forward(shape, layouts, tokens, width / layouts.tensor),
    ]
    return _both_ways(shape, layouts, method, on, products, ffn=tokens * width / layouts.tensor)


def mixture_layer(
    shape: ModelShape, layouts: Layouts, method: Method, on: Machine
) -> tuple[LayerSeconds, LayerSeconds]:
    """A layer with experts, forward and backward.

    Source: Fedus, Zoph and Shazeer (arXiv 2101.03961), section 2; experts folded over tensor-parallel chips: Liu et al. (arXiv
    2504.14960), section 3.
    """
    experts = shape.experts
    assert experts is not None
    software = on.constants.software
    tokens = tokens_of_pass(layouts)
    sent = (
        tokens / layouts.tensor * experts.active
    )  # copies of tokens that one chip's experts take in, in the mean
    uneven = 1.0 if method.balanced_routing else software.imbalance
    local = np.maximum(experts.count / layouts.expert, 1.0)
    rows = sent * layouts.expert_tensor * uneven / local
    grouped = software.grouped_8 if method_quantises(method) else software.grouped_16
    routed = _feed_forward(
        shape, layouts, rows, experts.intermediate_size / layouts.expert_tensor, local / grouped
    )
    products = [*_attention_products(shape, layouts, tokens), *routed]
    shared = _shared_size(experts)
    if shared:
        products += _feed_forward(shape, layouts, tokens, shared / layouts.tensor)
    products.append((tokens / layouts.tensor, experts.count, shape.hidden_size, 1.0))
    ffn = sent * uneven * experts.intermediate_size + tokens * shared / layouts.tensor
    moved = method.activation_bytes * software.expert_passes * sent * shape.hidden_size
    floor = software.mixture_seconds
    forward, backward = _both_ways(shape, layouts, method, on, products, ffn=ffn, moved=moved)
    extra = LayerSeconds(
        products=np.zeros_like(ffn),
        attention=np.zeros_like(ffn),
        passes=np.full_like(ffn, floor),
        host=np.zeros_like(ffn),
    )
    return forward.plus(extra), backward.plus(extra)


def output_layer(
    shape: ModelShape, layouts: Layouts, method: Method, on: Machine
) -> tuple[LayerSeconds, LayerSeconds]:
    """The product with the vocabulary and the loss, forward and backward, on the last stage.

    Extra layers that predict a token further on have as much each, and a product that joins two hidden states to one before them.

    Source: DeepSeek-V3 (arXiv 2412.19437), section 2.2, for the extra layers.
    """
    tokens = tokens_of_pass(layouts)
    nothing = np.zeros_like(tokens)
    if not shape.vocab_size:
        empty = LayerSeconds(products=nothing, attention=nothing, passes=nothing, host=nothing)
        return empty, empty
    hidden, rows = np.asarray(float(shape.hidden_size)), shape.vocab_size / layouts.tensor
    extra = extra_layers(shape, method)
    once = (1.0 + extra) * _wide_product(tokens, rows, hidden, on)
    if extra:
        once = once + extra * _wide_product(tokens, hidden / layouts.tensor, 2.0 * hidden, on)
    losses = (1.0 + extra) * 4.0 * on.constants.software.loss_passes / 2.0
    loss = losses * tokens * rows / on.bytes_per_second
    trained = 1.0 if method.lora else 2.0
    return (
        LayerSeconds(products=once, attention=nothing, passes=loss, host=nothing),
        LayerSeconds(products=trained * once, attention=nothing, passes=loss, host=nothing),
    )


def extra_layers(shape: ModelShape, method: Method) -> float:
    """Layers beyond the model's own that are trained to predict a token further on, on the last stage."""
    return float(shape.multi_token_prediction_layers * method.multi_token_prediction)


def _wide_product(rows: Floats, columns: Floats, depth: Floats, on: Machine) -> Floats:
    """Seconds of a product that stays in 16 bit where the others are of 8."""
    return gemm_seconds(
        rows,
        columns,
        depth,
        flop_per_second=on.flop_per_second_wide,
        bytes_per_second=on.bytes_per_second,
        value_bytes=max(SIXTEEN_BIT_BYTES, on.value_bytes),
        constants=on.chip,
    )


_Product = tuple[Floats, Floats | float, Floats | float, Floats | float]  # rows, columns, depth, how many


def _attention_products(shape: ModelShape, layouts: Layouts, tokens: Floats) -> list[_Product]:
    hidden, heads = float(shape.hidden_size), shape.num_attention_heads
    queries = heads * shape.size_of_head / layouts.tensor
    values = heads * shape.size_of_value_head / layouts.tensor
    out: _Product = (tokens, hidden, values, 1.0)
    if shape.latent:
        one = shape.latent
        down = float(one.key_value_rank + one.rope_head_dim)
        up = heads * (one.nope_head_dim + one.value_head_dim) / layouts.tensor
        listed: list[_Product] = [
            (tokens, down, hidden, 1.0),
            (tokens, up, float(one.key_value_rank), 1.0),
            out,
        ]
        if one.query_rank:
            return [
                (tokens, float(one.query_rank), hidden, 1.0),
                (tokens, queries, float(one.query_rank), 1.0),
                *listed,
            ]
        return [(tokens, queries, hidden, 1.0), *listed]
    kept = np.maximum(shape.key_value_heads / layouts.tensor, 1.0)
    keys_and_values = 2.0 * kept * shape.size_of_head / shape.key_value_shared_layers
    return [(tokens, queries + keys_and_values, hidden, 1.0), out]


def _feed_forward(
    shape: ModelShape, layouts: Layouts, rows: Floats, width: Floats, count: Floats | float = 1.0
) -> list[_Product]:
    up = 2.0 if shape.gated else 1.0
    hidden = float(shape.hidden_size)
    return [(rows, up * width, hidden, count), (rows, hidden, width, count)]


def _shared_size(experts: Experts) -> float:
    if not experts.shared:
        return 0.0
    return float(experts.shared_intermediate_size or experts.shared * experts.intermediate_size)


def _both_ways(
    shape: ModelShape,
    layouts: Layouts,
    method: Method,
    on: Machine,
    products: Sequence[_Product],
    *,
    ffn: Floats,
    moved: Floats | float = 0.0,
) -> tuple[LayerSeconds, LayerSeconds]:
    """Forward and backward of a layer with these products; `ffn` is values of its feed-forward block, `moved` further bytes."""
    software = on.constants.software
    once = _products_seconds(products, on)
    tokens = tokens_of_pass(layouts)
    attention_forward, attention_backward, score_bytes = _attention_core(shape, layouts, method, on, tokens)
    split = np.where(layouts.sequence_parallel > 0, layouts.tensor, 1.0)
    apart = software.unfused_gated_factor if shape.gated else software.unfused_factor
    loose = 1.0 if method.fused else apart
    wide = method.activation_bytes
    hidden_bytes = wide * tokens * shape.hidden_size / split
    quantised = software.quantize_passes * method_quantises(method) * (2.0 * hidden_bytes + ffn)
    of_heads = wide * tokens * _head_values(shape) / layouts.tensor
    streamed = (
        software.hidden_passes * hidden_bytes
        + software.inner_passes * of_heads
        + software.ffn_passes * wide * ffn
    )
    passes = (loose * streamed + moved + quantised) / on.bytes_per_second
    weights = _weights(products)
    passes = passes + _dequantised_bytes(method) * weights / on.bytes_per_second
    scores = score_bytes / on.bytes_per_second
    trained = 1.0 if method.lora else 2.0
    forward = LayerSeconds(
        products=once, attention=attention_forward + scores, passes=passes, host=np.zeros_like(once)
    )
    backward = LayerSeconds(
        products=trained * once,
        attention=attention_backward + 2.0 * scores,
        passes=software.backward_factor * passes + _accumulated(layouts, method, weights, on),
        host=np.zeros_like(once),
    )
    if method.fused:
        return forward, backward
    floor = software.kernels * software.host_seconds
    return _held_up(forward, floor), _held_up(backward, floor * 1.5)


def _weights(products: Sequence[_Product]) -> Floats:
    """Of a layer's products on one chip."""
    total = np.zeros(())
    for _, columns, depth, count in products:
        total = total + np.asarray(columns) * depth * count
    return total


def _dequantised_bytes(method: Method) -> float:
    """Moved for each frozen weight of few bits, each time that it is turned into 16: read, written, read again."""
    base = method.base_weight_bytes
    return base + 4.0 if base is not None and base < 1.0 else 0.0


def _accumulated(layouts: Layouts, method: Method, weights: Floats, on: Machine) -> Floats:
    """Seconds to add a micro-batch's gradients to those before, where no product does it as it ends: read two, write one."""
    if method.fused_accumulation or method.lora:
        return np.zeros_like(weights)
    moved = SIXTEEN_BIT_BYTES + 2.0 * method.gradient_bytes
    again = (layouts.micro_batches > 1) & (layouts.sharding < Sharding.PARAMETERS)
    return np.where(again, moved * weights / on.bytes_per_second, 0.0)


def _head_values(shape: ModelShape) -> float:
    """Values of queries, keys and values of one token."""
    queries = shape.num_attention_heads * shape.size_of_head
    kept = shape.key_value_heads * (shape.size_of_head + shape.size_of_value_head)
    return float(queries + kept / shape.key_value_shared_layers)


def method_quantises(method: Method) -> float:
    """1 where inputs of products are turned into 8 bit or less, else 0."""
    return 1.0 if VALUE_BYTES[method.format] <= 1.0 else 0.0


def _held_up(layer: LayerSeconds, floor: float) -> LayerSeconds:
    late = np.maximum(floor - layer.total, 0.0)
    return LayerSeconds(products=layer.products, attention=layer.attention, passes=layer.passes, host=late)


def _products_seconds(products: Sequence[_Product], on: Machine) -> Floats:
    """All products one after another; grouped ones pay the floor once."""
    floor = on.chip.kernel_seconds
    total = np.zeros(())
    for rows, columns, depth, count in products:
        one = gemm_seconds(
            rows,
            columns,
            depth,
            flop_per_second=on.flop_per_second,
            bytes_per_second=on.bytes_per_second,
            value_bytes=on.value_bytes,
            constants=on.chip,
            odd_factor=on.constants.software.odd_factor,
        )
        total = total + (count * (one - floor) + floor)
    return total


def _attention_core(
    shape: ModelShape, layouts: Layouts, method: Method, on: Machine, tokens: Floats
) -> tuple[Floats, Floats, Floats]:
    """Seconds forward and backward, and bytes of scores forward where they go through memory."""
    core = attention_flop_per_token(shape, layouts.sequence_length) / shape.num_layers
    flop = tokens * core / layouts.tensor
    if method.flash_attention:
        narrow = (1.0 + 32.0 / shape.size_of_value_head) / 1.25
        narrow *= on.constants.software.bias_factor if method.score_bias else 1.0
        narrow *= 1.0 if method.native_attention else on.chip.foreign_attention
        forward = flop * narrow / (on.peak_wide * on.chip.attention_forward)
        backward = BACKWARD_ATTENTION * flop * narrow / (on.peak_wide * on.chip.attention_backward)
        return forward, backward, np.zeros_like(flop)
    whole = attention_flop_per_token(shape, layouts.sequence_length, causal=False)
    full = tokens * whole / shape.num_layers / layouts.tensor
    forward = full * (1.0 + on.chip.half_width / shape.size_of_head) / on.flop_per_second_wide
    heads = shape.num_attention_heads / layouts.tensor
    scores = (
        method.activation_bytes
        * on.constants.software.score_passes
        * heads
        * tokens
        * layouts.sequence_length
    )
    return forward, 2.0 * forward, scores
