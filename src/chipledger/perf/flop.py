"""How many floating-point operations a token costs, by part and by the convention of whoever counts.

Takes a ModelShape and sequence lengths (an array; a number is an array of one); gives FLOP for each token. A product of an
(a, b) by a (b, c) matrix is 2·a·b·c FLOP. Norms, activations, softmax, biases and the look-up of an embedding are left out, as
everybody leaves them out (below 1% of the sum at widths above 1,000). Beside it stands what a token leaves in the cache of keys
and values, as that too depends on the kind of attention alone.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chipledger.core.errors import InputError
from chipledger.perf.parameters import layer_parameters, parameters
from chipledger.perf.shape import Kind, ModelShape

Floats = NDArray[np.float64]


class Recompute(StrEnum):
    """Which part of the forward pass is done again in the backward pass."""

    NONE = "none"
    SELECTIVE = "selective"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlopConvention:
    """What is counted.

    Args:
        causal: a token is charged with the keys before it only: half of the sequence.
        attention: scores and their product with the values are counted.
        vocabulary: the product with the output embedding is counted.
        recompute: what is done twice is counted twice (hardware FLOP); none for model FLOP.
        per_parameter: FLOP for each active parameter in place of the sum over matrices (6 or 8); None for the sum.
    """

    causal: bool = True
    attention: bool = True
    vocabulary: bool = True
    recompute: Recompute = Recompute.NONE
    per_parameter: float | None = None


MODEL = FlopConvention()
MODEL_FULL_ATTENTION = FlopConvention(causal=False)
HARDWARE_FULL = FlopConvention(causal=False, recompute=Recompute.FULL)
HARDWARE_SELECTIVE = FlopConvention(causal=False, recompute=Recompute.SELECTIVE)
SIX_N = FlopConvention(attention=False, per_parameter=6.0)
SIX_N_ATTENTION = FlopConvention(causal=False, per_parameter=6.0)
EIGHT_N = FlopConvention(attention=False, per_parameter=8.0)

_KINDS = {
    "model": MODEL_FULL_ATTENTION,
    "model causal": MODEL,
    "hardware": HARDWARE_FULL,
    "hardware selective": HARDWARE_SELECTIVE,
    "hardware (simple 8nd, ~3% low)": EIGHT_N,
    "8nd": EIGHT_N,
    "6nd": SIX_N,
    "6nd + attention": SIX_N_ATTENTION,
}
_MODEL_FLOP_OF = {"llm-foundry": SIX_N_ATTENTION, "megatron-bridge": MODEL, "megatron-core": MODEL}


def convention_named(kind: str, framework: str = "") -> FlopConvention:
    """The convention that a published TFLOP/s figure follows, by the words of `tflops_kind` in a table of runs.

    Plain "model" differs by who counts: Megatron-Bridge and the Megatron-Core that it stands on halve causal attention,
    llm-foundry takes 6N and the whole of attention, Megatron-LM's older releases take the matrices and the whole of attention.
    Rows with both tokens/s and TFLOP/s show it to 0.3%. Megatron-Bridge's rows of gpt-oss do not follow this: their experts are
    counted as if without a gate and their windows as if open.

    Args:
        kind: such as "model", "model causal", "hardware", "8ND", "6ND".
        framework: as printed, a release behind it or not ("Megatron-Bridge NeMo 26.04"); "" where it is not known.

    Raises:
        InputError: the words are not known.

    >>> convention_named("hardware").recompute
    <Recompute.FULL: 'full'>
    >>> convention_named("model", "Megatron-Bridge NeMo 26.04").causal, convention_named("model", "Megatron-Core r0.8").causal
    (True, False)
    """
    words = " ".join(kind.casefold().split())
    found = _KINDS.get(words)
    if found is None:
        raise InputError(f"unknown kind of TFLOP/s: {kind[:40]!r}", expected=" or ".join(_KINDS))
    if words == "model" and not framework.casefold().startswith("megatron-core r0."):
        return next(
            (one for start, one in _MODEL_FLOP_OF.items() if framework.casefold().startswith(start)), found
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """Adapters of low rank beside frozen matrices.

    Args:
        rank: of each adapter.
        attention: adapters beside the four attention projections.
        feed_forward: adapters beside the feed-forward matrices, of each active expert too.
    """

    rank: int
    attention: bool = True
    feed_forward: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardFlop:
    """FLOP of the forward pass for each token, by part, over all layers; arrays in the shape of the sequence lengths.

    Args:
        attention_projections: to queries, keys, values and back.
        attention_core: scores and their product with the values.
        cross_attention: projections and core of the second attention.
        dense_ffn: of dense layers.
        routed_experts: of those that the token passes.
        shared_experts: of mixture layers.
        router: of mixture layers.
        output: the product with the vocabulary.
        multi_token_prediction: of the extra layers with an output each, 0 where they are left out.
    """

    attention_projections: Floats
    attention_core: Floats
    cross_attention: Floats
    dense_ffn: Floats
    routed_experts: Floats
    shared_experts: Floats
    router: Floats
    output: Floats
    multi_token_prediction: Floats

    @property
    def matrices(self) -> Floats:
        """All products with parameters in the layers."""
        experts = self.routed_experts + self.shared_experts + self.router
        return self.attention_projections + self.cross_attention + self.dense_ffn + experts

    @property
    def layers(self) -> Floats:
        """All layers, without the output."""
        return self.matrices + self.attention_core

    @property
    def total(self) -> Floats:
        """Layers, output, and the extra layers."""
        return self.layers + self.output + self.multi_token_prediction


def forward_flop_per_token(
    shape: ModelShape,
    sequence_length: ArrayLike,
    *,
    causal: bool = True,
    cross_sequence_length: float = 0.0,
    multi_token_prediction: bool = False,
) -> ForwardFlop:
    """The forward pass for one token, by part.

    Args:
        shape: the model.
        sequence_length: tokens that attend to each other, any shape.
        causal: keys after a token are not charged; an encoder and a diffusion transformer see all, whatever is said here.
        cross_sequence_length: tokens that the second attention reads.
        multi_token_prediction: the extra layers run, as they may in training.

    Returns:
        Arrays in the shape of the sequence lengths.

    Raises:
        InputError: a length that is not positive.

    Source: Narayanan et al. (arXiv 2104.04473), appendix; MLA after DeepSeek-V2 (arXiv 2405.04434), section 2.1, as trained:
    keys and values are written out, not absorbed.

    >>> from chipledger.perf.models import model
    >>> round(float(forward_flop_per_token(model("llama-2-7b"), 4096, causal=False).total) / 1e9, 2)
    15.36
    """
    length = _positive(sequence_length)
    ones = np.ones_like(length)
    has_bias = shape.bias or shape.attention_bias
    plain = shape.model_copy(update={"bias": False, "attention_bias": False}) if has_bias else shape
    layer, mixtures = layer_parameters(plain), float(shape.mixture_layers)
    core = _attention_core(shape, length, causal)
    output = 2.0 * shape.hidden_size * shape.vocab_size * ones
    extra = shape.multi_token_prediction_layers * multi_token_prediction
    of_extra_layer = 2.0 * ((layer.mixture_active or layer.dense) - layer.norms + 2.0 * shape.hidden_size**2)
    return ForwardFlop(
        attention_projections=2.0 * layer.attention * shape.num_layers * ones,
        attention_core=core,
        cross_attention=_cross_attention(plain, length, layer.cross_attention, cross_sequence_length),
        dense_ffn=2.0 * layer.dense_ffn * shape.dense_layers * ones,
        routed_experts=2.0 * layer.routed_experts_active * mixtures * ones,
        shared_experts=2.0 * layer.shared_experts * mixtures * ones,
        router=2.0 * layer.router * mixtures * ones,
        output=output,
        multi_token_prediction=extra * (of_extra_layer + core / shape.num_layers + output),
    )


def attention_flop_per_token(shape: ModelShape, sequence_length: ArrayLike, *, causal: bool = True) -> Floats:
    """Scores and values alone of the forward pass for one token, over all layers: `forward_flop_per_token(…).attention_core`.

    Args:
        shape: the model.
        sequence_length: tokens that attend to each other, any shape.
        causal: keys after a token are not charged; an encoder and a diffusion transformer see all, whatever is said here.

    Raises:
        InputError: a length that is not positive.

    >>> from chipledger.perf.models import model
    >>> round(float(attention_flop_per_token(model("llama-2-7b"), 4096)) / 1e9, 2)
    1.07
    """
    return _attention_core(shape, _positive(sequence_length), causal)


def flop_per_token(
    shape: ModelShape,
    sequence_length: ArrayLike,
    causal: bool | None = None,
    convention: FlopConvention = MODEL,
    *,
    lora: Lora | None = None,
    cross_sequence_length: float = 0.0,
    multi_token_prediction: bool = False,
) -> Floats:
    """A training step's FLOP for each token: forward once, backward twice, and what is done again.

    Args:
        shape: the model.
        sequence_length: tokens that attend to each other, any shape.
        causal: overrides the convention's word on the keys after a token.
        convention: what is counted.
        lora: adapters; the frozen matrices are then passed forward once and backward once, for the activations alone.
        cross_sequence_length: tokens that a second attention reads.
        multi_token_prediction: the extra layers run; they are not recomputed here.

    Returns:
        FLOP, in the shape of the sequence lengths.

    Raises:
        InputError: a length that is not positive.

    Source: model FLOP after PaLM (arXiv 2204.02311), appendix B; hardware FLOP after Narayanan et al. (arXiv 2104.04473),
    equation 3, and Korthikanti et al. (arXiv 2205.05198), appendix A; LoRA after Hu et al. (arXiv 2106.09685), section 4.

    >>> from chipledger.perf.models import model
    >>> gpt = model("gpt3-175b")
    >>> [round(float(flop_per_token(gpt, 2048, convention=one)) / 1e12, 3) for one in (MODEL, HARDWARE_FULL, SIX_N)]
    [1.062, 1.434, 1.048]
    """
    if causal is not None:
        convention = replace(convention, causal=causal)
    forward = forward_flop_per_token(
        shape,
        sequence_length,
        causal=convention.causal,
        cross_sequence_length=cross_sequence_length,
        multi_token_prediction=multi_token_prediction,
    )
    core = forward.attention_core * convention.attention
    if convention.per_parameter is not None:
        return convention.per_parameter * parameters(shape).active + 3.0 * core
    output = forward.output * convention.vocabulary
    passes = 2.0 if lora else 3.0
    once = passes * (forward.matrices + output + forward.multi_token_prediction) + 3.0 * core
    again = {
        Recompute.NONE: 0.0 * core,
        Recompute.SELECTIVE: core,
        Recompute.FULL: forward.matrices + core,
    }[convention.recompute]
    adapters = 6.0 * adapter_parameters(shape, lora) if lora else 0.0
    return np.asarray(once + again + adapters)


def adapter_parameters(shape: ModelShape, lora: Lora) -> float:
    """The trained parameters that one token passes: rank times inputs and outputs of each matrix with an adapter.

    Args:
        shape: the model; adapters of MLA stand beside its query and output projections and its two down projections.
        lora: rank and places.

    Raises:
        InputError: a rank that is not positive.

    >>> from chipledger.perf.models import model
    >>> adapter_parameters(model("llama-2-70b"), Lora(rank=16)) / 1e6
    65.536
    """
    if lora.rank <= 0:
        raise InputError(f"an adapter of rank {lora.rank}", expected="a rank of 1 or more")
    total = _sides_of_attention(shape) * shape.num_layers if lora.attention else 0.0
    if lora.feed_forward:
        total += _sides_of_feed_forward(shape)
    return lora.rank * total


def _sides_of_attention(shape: ModelShape) -> float:
    """Inputs and outputs of all matrices of one layer's attention, added up."""
    hidden, shared_by = shape.hidden_size, shape.key_value_shared_layers
    queries = shape.num_attention_heads * shape.size_of_head
    values = shape.num_attention_heads * shape.size_of_value_head
    around = (hidden + queries) + (values + hidden)
    if shape.latent:
        return float(around + 2 * hidden + shape.latent.key_value_rank + (shape.latent.query_rank or 0))
    return around + 2.0 * (hidden + shape.key_value_heads * shape.size_of_head) / shared_by


def _sides_of_feed_forward(shape: ModelShape) -> float:
    """The same of the feed-forward matrices that one token passes, over all layers."""
    hidden, matrices, experts = shape.hidden_size, 3 if shape.gated else 2, shape.experts
    dense = shape.dense_layers * (hidden + (shape.intermediate_size or 0))
    if not experts:
        return float(matrices * dense)
    passed = experts.active * (hidden + experts.intermediate_size)
    if experts.shared:
        passed += hidden + (experts.shared_intermediate_size or experts.shared * experts.intermediate_size)
    return float(matrices * (dense + shape.mixture_layers * passed))


def kv_cache_bytes_per_token(shape: ModelShape, bytes_per_value: float = 2.0) -> float:
    """What one more token leaves in the cache of keys and values while no window is full.

    Args:
        shape: the model.
        bytes_per_value: 2 for 16 bit, 1 for 8 bit.

    Returns:
        Bytes over all layers: two vectors a head (MHA, GQA, MQA), the latent and the rotated key (MLA), one pair for each group
        of layers that share them (CLA), nothing for layers with a state of fixed size.

    >>> from chipledger.perf.models import model
    >>> [kv_cache_bytes_per_token(model(one)) / 1024 for one in ("llama-2-70b", "deepseek-v3", "hunyuan-large")]
    [320.0, 68.625, 80.0]
    """
    return float(
        bytes_per_value * _cached_values(shape) * shape.softmax_layers / shape.key_value_shared_layers
    )


def kv_cache_bytes(shape: ModelShape, context_length: ArrayLike, bytes_per_value: float = 2.0) -> Floats:
    """The cache of one sequence: windowed layers hold no more than their window, linear ones their state.

    Args:
        shape: the model.
        context_length: tokens so far, any shape.
        bytes_per_value: 2 for 16 bit, 1 for 8 bit.

    Returns:
        Bytes, in the shape of the lengths.

    Raises:
        InputError: a length that is not positive.

    >>> from chipledger.perf.models import model
    >>> (kv_cache_bytes(model("gpt-oss-120b"), [128, 131072]) / 2**20).round(1)
    array([   9. , 4612.5])
    """
    length = _positive(context_length)
    held_in_windows = np.minimum(length, shape.sliding_window or np.inf)
    windowed, all_layers = shape.layers_with_window, shape.softmax_layers
    tokens = (all_layers - windowed) * length + windowed * held_in_windows
    cached = bytes_per_value * _cached_values(shape) * tokens / shape.key_value_shared_layers
    state = shape.linear_attention_layers * shape.num_attention_heads * shape.size_of_head**2
    return np.asarray(cached + bytes_per_value * state)


def keys_seen(sequence_length: ArrayLike, causal: bool, window: int | None = None) -> Floats:
    """The keys that the mean token of a sequence is charged with.

    Args:
        sequence_length: any shape.
        causal: half of the sequence, as is usual (the exact mean is half a key more).
        window: the last so many keys at most.

    >>> keys_seen([2048, 8192], causal=True, window=4096)
    array([1024., 3072.])
    """
    length = np.asarray(sequence_length, dtype=float)
    reach = length if window is None else np.minimum(length, float(window))
    return reach * (1.0 - 0.5 * reach / length) if causal else reach


def _attention_core(shape: ModelShape, length: Floats, causal: bool) -> Floats:
    causal = causal and shape.kind is Kind.DECODER
    for_each_key = 2.0 * shape.num_attention_heads * (shape.size_of_head + shape.size_of_value_head)
    windowed = shape.layers_with_window
    open_keys = (shape.softmax_layers - windowed) * keys_seen(length, causal)
    window_keys = windowed * keys_seen(length, causal, shape.sliding_window)
    of_state = 4.0 * shape.linear_attention_layers * shape.num_attention_heads * shape.size_of_head**2
    return np.asarray(for_each_key * (open_keys + window_keys) + of_state)


def _cross_attention(shape: ModelShape, length: Floats, of_layer: float, read_length: float) -> Floats:
    """Queries and output for each token; keys and values for each token read, shared out over the sequence."""
    heads = shape.num_attention_heads * shape.size_of_head
    to_keys = 2.0 * (shape.cross_attention_size or shape.hidden_size) * heads if of_layer else 0.0
    projections = 2.0 * (of_layer - to_keys) + 2.0 * to_keys * read_length / length
    core = 4.0 * heads * read_length if of_layer else 0.0
    return np.asarray(shape.num_layers * (projections + core))


def _cached_values(shape: ModelShape) -> int:
    if shape.latent:
        return shape.latent.key_value_rank + shape.latent.rope_head_dim
    return 2 * shape.key_value_heads * shape.size_of_head


def _positive(lengths: ArrayLike) -> Floats:
    given = np.asarray(lengths, dtype=float)
    if not (np.isfinite(given) & (given > 0)).all():
        raise InputError("a length that is not positive", expected="numbers of tokens, 1 or more")
    return given
