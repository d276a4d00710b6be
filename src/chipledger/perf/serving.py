"""What a cluster serves: the first token's delay, the time for each token after it, how many sequences fit, and the throughput.

Takes a model, a cluster, a layout and the constants of a serving engine (data/perf/serving.yaml); gives seconds as arrays, each term
by name. A step of an engine reads every weight that it needs once, computes for all tokens in it, reads the keys and values of all
sequences, adds up between chips, and takes a floor for each layer, however little there is to do: at small batches that floor, and
not the bandwidth, is what a token waits for.

Left out: speculative decoding, reuse of a prefix between requests, prefill and decode on different chips, queues.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from chipledger.catalogue.chip import DATA, Format
from chipledger.core.errors import InputError
from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.perf.cluster import Cluster
from chipledger.perf.flop import forward_flop_per_token, kv_cache_bytes
from chipledger.perf.network import collective_seconds
from chipledger.perf.parameters import parameters
from chipledger.perf.shape import ModelShape

Floats = NDArray[np.float64]
ACTIVATION_BYTES = 2.0


class Engine(Record):
    """The constants of a serving engine of one time.

    Args:
        id: the engine and its year.
        layer_seconds: floor of a dense layer in a step: launches, small kernels, the host.
        mixture_layer_seconds: floor of a layer with experts.
        step_seconds: of a step, whatever the model: scheduling and sampling.
        request_seconds: of a request: reading, splitting into tokens, answering.
        compute_fraction: of the rate that a chip reaches in large products, at long prompts.
        mixture_compute_fraction: the same in experts.
        layer_passes: how often a layer writes or reads a token's hidden vector outside of products (norms, residuals, attention).
        expert_passes: the same for each expert that a token is sent to (gathering, scattering, activation).
        attention_fraction: of the 16-bit rate, in attention over long prompts.
        memory_fraction: of the nominal memory bandwidth, reading weights.
        memory_share: of the chip's memory that the engine takes.
        chunk_tokens: tokens of prompts in one step.
        most_sequences: in one step.
        chip_factors: on the computing fractions, by chip, where an engine suits one chip better than others.
        cites: what the constants were fitted on.
        note: how.
    """

    id: str
    layer_seconds: float = Field(ge=0)
    mixture_layer_seconds: float = Field(ge=0)
    step_seconds: float = Field(ge=0)
    request_seconds: float = Field(ge=0)
    compute_fraction: float = Field(gt=0, le=1)
    mixture_compute_fraction: float = Field(gt=0, le=1)
    layer_passes: float = Field(ge=0)
    expert_passes: float = Field(ge=0)
    attention_fraction: float = Field(gt=0, le=1)
    memory_fraction: float = Field(gt=0, le=1)
    memory_share: float = Field(gt=0, le=1)
    chunk_tokens: int = Field(gt=0)
    most_sequences: int = Field(gt=0)
    chip_factors: Mapping[str, float] = {}
    cites: tuple[Cite, ...]
    note: str | None = None


class Ceiling(Record):
    """What part of its dense rate a chip reaches in large products; `width` is the bits of a value."""

    chip: str
    width: int
    fraction: float = Field(gt=0, le=1)
    cites: tuple[Cite, ...]


class ServingLayout(Record):
    """How a model stands on its chips.

    Args:
        tensor_parallel: chips that share each layer.
        pipeline_parallel: groups of them, one after another.
        weight_bytes: of one weight, scales and all.
        key_value_bytes: of one cached value.
        format: that products are computed in.
    """

    tensor_parallel: int = Field(default=1, gt=0)
    pipeline_parallel: int = Field(default=1, gt=0)
    weight_bytes: float = Field(default=2.0, gt=0, le=4)
    key_value_bytes: float = Field(default=2.0, gt=0, le=4)
    format: Format = "bf16"

    @property
    def chips(self) -> int:
        """Of one replica."""
        return self.tensor_parallel * self.pipeline_parallel


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingSeconds:
    """Seconds by term, arrays of one shape.

    Weights are read while products are computed, and keys and values while attention is: of each pair the longer counts.
    """

    compute: Floats
    weights: Floats
    activations: Floats
    attention: Floats
    key_values: Floats
    communication: Floats
    floor: Floats

    @property
    def total(self) -> Floats:
        """Seconds in all."""
        products = np.maximum(self.compute, self.weights)
        attention = np.maximum(self.attention, self.key_values)
        return products + self.activations + attention + self.communication + self.floor


@cache
def engines() -> Mapping[str, Engine]:
    """Every engine by id.

    >>> "vllm-2024" in engines()
    True
    """
    return MappingProxyType(
        {each.id: each for each in load_yaml_list(DATA / "perf" / "serving.yaml", Engine)}
    )


def engine(id: str) -> Engine:
    """The engine of this id.

    Raises:
        InputError: there is none; the message lists all.

    >>> engine("vllm-2024").most_sequences
    256
    """
    if id not in engines():
        raise InputError(f"no engine has the id {id[:80]!r}", expected=f"one of {', '.join(engines())}")
    return engines()[id]


@cache
def ceilings() -> Mapping[tuple[str, int], float]:
    """What part of its rate each measured chip reaches in large products, by chip and bits of a value.

    >>> ceilings()["nvidia-h100-sxm", 16]
    0.8
    """
    listed = load_yaml_list(DATA / "perf" / "ceilings.yaml", Ceiling)
    return MappingProxyType({(each.chip, each.width): each.fraction for each in listed})


def prefill_seconds(
    shape: ModelShape,
    cluster: Cluster,
    layout: ServingLayout,
    engine: Engine,
    input_tokens: ArrayLike,
    batch: ArrayLike = 1,
) -> ServingSeconds:
    """The delay of the first token of a batch that arrives together.

    Args:
        shape: the model.
        cluster: its chips; one replica of `layout.chips` is used.
        layout: how the model stands on them.
        engine: the constants.
        input_tokens: of each prompt.
        batch: prompts.

    Source: Pope et al., "Efficiently scaling transformer inference" (arXiv 2211.05102), section 2; the roofline of Williams,
    Waterman and Patterson, CACM 52 (2009).

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> layout = ServingLayout(tensor_parallel=4, format="fp16")
    >>> old = engine("tensorrt-llm-2023")
    >>> prefill_seconds(model("llama-2-70b"), cluster("a100-sxm"), layout, old, [128, 2048]).total.round(2)
    array([0.04, 0.39])
    """
    length, count = _broadcast(input_tokens, batch)
    return _step(
        shape, cluster, layout, engine, count * length, count, length, reads_cache=False, context=length
    )


def decode_seconds(
    shape: ModelShape,
    cluster: Cluster,
    layout: ServingLayout,
    engine: Engine,
    context_tokens: ArrayLike,
    batch: ArrayLike = 1,
) -> ServingSeconds:
    """The time for one more token of each sequence of a batch.

    Args:
        shape: the model.
        cluster: its chips.
        layout: how the model stands on them.
        engine: the constants.
        context_tokens: tokens so far, of each sequence.
        batch: sequences.

    Source: Pope et al. (arXiv 2211.05102), section 2; the floor for each layer is fitted (data/perf/serving.yaml).

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> hunyuan, chips = model("hunyuan-large"), cluster("h20").with_chips(16)
    >>> one = decode_seconds(hunyuan, chips, ServingLayout(tensor_parallel=16), engine("vllm-2024"), 2048, [1, 4])
    >>> one.total.round(3)
    array([0.049, 0.051])
    """
    context, count = _broadcast(context_tokens, batch)
    return _step(
        shape, cluster, layout, engine, count, count, np.ones_like(context), reads_cache=True, context=context
    )


def key_value_capacity_tokens(
    shape: ModelShape, cluster: Cluster, layout: ServingLayout, engine: Engine, context_tokens: float = 4096
) -> float:
    """Tokens whose keys and values fit beside the weights.

    Args:
        shape: the model.
        cluster: its chips.
        layout: how the model stands on them; keys and values are kept more than once where there are fewer heads than chips.
        engine: how much of the memory it takes.
        context_tokens: of one sequence, as a window bounds what it keeps.

    Raises:
        InputError: the weights alone do not fit; the message says on how many chips they would.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> eight = ServingLayout(tensor_parallel=8)
    >>> key_value_capacity_tokens(model("hunyuan-large"), cluster("h20"), eight, engine("vllm-2024"))
    Traceback (most recent call last):
    ...
    chipledger.core.errors.InputError: the weights of hunyuan-large take 97.2 GB a chip, of 86.4 GB (h20); expected 9 chips or more...
    """
    memory = cluster.rates.memory_bytes
    if memory is None:
        raise InputError(f"the memory of {cluster.chip_id} is unknown, not zero", where=cluster.id)
    usable = memory * engine.memory_share
    weights = parameters(shape).total * layout.weight_bytes / layout.chips
    if weights >= usable:
        fewest = int(np.ceil(weights * layout.chips / usable))
        raise InputError(
            f"the weights of {shape.id} take {weights / 1e9:.1f} GB a chip, of {usable / 1e9:.1f} GB",
            where=cluster.id,
            expected=f"{fewest} chips or more, or fewer bytes a weight",
        )
    of_one = float(kv_cache_bytes(shape, context_tokens, layout.key_value_bytes)) / context_tokens
    return (usable - weights) * _cache_shards(shape, layout) * layout.pipeline_parallel / of_one


def largest_batch(
    shape: ModelShape, cluster: Cluster, layout: ServingLayout, engine: Engine, context_tokens: ArrayLike
) -> Floats:
    """Sequences of a length that fit in memory together, at most what the engine takes in one step.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> largest_batch(model("qwen2.5-32b"), cluster("h100"), ServingLayout(), engine("vllm-2024"), 8192)
    np.float64(3.0)
    """
    context = np.asarray(context_tokens, dtype=np.float64)
    fit = [
        key_value_capacity_tokens(shape, cluster, layout, engine, float(each)) // each
        for each in np.atleast_1d(context).ravel()
    ]
    return np.minimum(np.reshape(fit, context.shape), engine.most_sequences)


def burst_seconds(
    shape: ModelShape,
    cluster: Cluster,
    layout: ServingLayout,
    engine: Engine,
    requests: float,
    input_tokens: float,
    output_tokens: float,
) -> ServingSeconds:
    """Seconds from the first to the last token of requests that arrive all at once.

    Prompts are cut into chunks and share their steps with sequences that decode; as many sequences run as fit. Steps are those of
    the longer of both: chunks, or rounds of decoding. Groups of a pipeline work on different steps.

    Args:
        shape: the model.
        cluster: its chips.
        layout: how the model stands on them.
        engine: the constants.
        requests: that arrive.
        input_tokens: of each prompt.
        output_tokens: of each answer.

    Raises:
        InputError: not one sequence fits.

    Source: continuous batching: Yu et al., "Orca" (OSDI 2022), section 3; chunked prefill: Agrawal et al., "Sarathi-Serve"
    (arXiv 2403.02310), section 4.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> run = burst_seconds(model("qwen3-14b"), cluster("a100-sxm"), ServingLayout(), engine("vllm-2025"), 500, 3996, 199.6)
    >>> bool(300 < run.total < 500)
    True
    """
    running = np.minimum(requests, _some(shape, cluster, layout, engine, input_tokens + output_tokens))
    tokens = requests * (input_tokens + output_tokens)
    rounds = output_tokens * requests / running
    steps = np.maximum(tokens / engine.chunk_tokens, rounds * layout.pipeline_parallel)
    one = _step(
        shape,
        cluster,
        layout,
        engine,
        tokens / steps,
        np.minimum(running, requests * output_tokens / steps),
        np.asarray(input_tokens),
        reads_cache=True,
        context=np.asarray(input_tokens + output_tokens / 2),
        attended=requests * input_tokens / steps,
    )
    each = steps / layout.pipeline_parallel
    return ServingSeconds(
        compute=each * one.compute,
        weights=each * one.weights,
        activations=each * one.activations,
        attention=each * one.attention,
        key_values=each * one.key_values,
        communication=each * one.communication,
        floor=each * one.floor + requests * engine.request_seconds,
    )


def batch_seconds(
    shape: ModelShape,
    cluster: Cluster,
    layout: ServingLayout,
    engine: Engine,
    batch: ArrayLike,
    input_tokens: ArrayLike,
    output_tokens: ArrayLike,
) -> Floats:
    """Seconds of a fixed batch: all prompts, then every token of all answers, in as many turns as the memory asks for.

    Args:
        shape: the model.
        cluster: its chips.
        layout: how the model stands on them.
        engine: the constants.
        batch: sequences.
        input_tokens: of each prompt.
        output_tokens: of each answer.

    Raises:
        InputError: not one sequence fits.

    Source: the sum of `prefill_seconds` and of `decode_seconds` at the mean length.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> layout = ServingLayout(format="fp16")
    >>> run = batch_seconds(model("gpt-j-6b"), cluster("a100-sxm"), layout, engine("tensorrt-llm-2023"), 512, 128, 128)
    >>> (512 * 128 / run).round(-3)
    np.float64(6000.0)
    """
    count, given, answered = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (batch, input_tokens, output_tokens))
    )
    fit = _some(shape, cluster, layout, engine, given + answered)
    turns = np.ceil(count / fit)
    together = count / turns
    first = prefill_seconds(shape, cluster, layout, engine, given, together).total
    in_turn = np.maximum(together / layout.pipeline_parallel, 1.0)
    each = decode_seconds(shape, cluster, layout, engine, given + answered / 2, in_turn).total
    return np.asarray(turns * (first + answered * each) + count * engine.request_seconds)[()]


def throughput_within(
    shape: ModelShape,
    cluster: Cluster,
    layout: ServingLayout,
    engine: Engine,
    context_tokens: float,
    seconds_per_token: float,
) -> tuple[int, float]:
    """The most tokens a second of one replica with no token later than a target.

    Args:
        shape: the model.
        cluster: its chips.
        layout: how the model stands on them.
        engine: the constants.
        context_tokens: of each sequence.
        seconds_per_token: the target.

    Returns:
        The batch, and its tokens per second.

    Raises:
        InputError: not even one sequence meets the target; the message gives what it takes.

    Source: the best of `decode_seconds` over all batches that fit.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> layout = ServingLayout(tensor_parallel=8)
    >>> batch, rate = throughput_within(model("llama-3-70b"), cluster("h100"), layout, engine("vllm-2025"), 2048, 0.05)
    >>> batch > 16
    True
    """
    in_flight = layout.pipeline_parallel
    most = int(_some(shape, cluster, layout, engine, context_tokens))
    batches = np.arange(1, max(most // in_flight, 1) + 1)
    seconds = decode_seconds(shape, cluster, layout, engine, context_tokens, batches).total
    if seconds[0] > seconds_per_token:
        raise InputError(
            f"one sequence of {context_tokens:g} tokens takes {seconds[0] * 1e3:.1f} ms a token",
            where=f"{shape.id} on {cluster.id}",
            expected=f"at most {seconds_per_token * 1e3:g} ms a token",
        )
    rates = np.where(seconds <= seconds_per_token, in_flight * batches / seconds, 0.0)
    best = int(np.argmax(rates))
    return int(in_flight * batches[best]), float(rates[best])


def _some(
    shape: ModelShape, cluster: Cluster, layout: ServingLayout, engine: Engine, context_tokens: ArrayLike
) -> Floats:
    """The largest batch, of one sequence at least."""
    fit = largest_batch(shape, cluster, layout, engine, context_tokens)
    if (fit < 1).any():
        longest = float(np.max(context_tokens))
        raise InputError(
            f"no sequence of {longest:g} tokens fits beside the weights",
            where=f"{shape.id} on {cluster.id}",
            remedy="use more chips, fewer bytes a weight or shorter sequences",
        )
    return fit


def _step(
    shape: ModelShape,
    cluster: Cluster,
    layout: ServingLayout,
    engine: Engine,
    tokens: ArrayLike,
    sequences: ArrayLike,
    attending: ArrayLike,
    *,
    reads_cache: bool,
    context: Floats,
    attended: ArrayLike | None = None,
) -> ServingSeconds:
    """One pass of tokens through all layers.

    Args:
        shape: the model.
        cluster: its chips.
        layout: how the model stands on them.
        engine: the constants.
        tokens: in the step.
        sequences: that give a token at its end.
        attending: length of the prompts in it.
        reads_cache: whether its sequences read keys and values of earlier steps.
        context: tokens so far of those sequences.
        attended: tokens of prompts in it; None: all.
    """
    tokens, sequences = np.asarray(tokens, dtype=np.float64), np.asarray(sequences, dtype=np.float64)
    nominal = cluster.rates.memory_bandwidth_bytes_per_second
    if nominal is None:
        raise InputError(f"the memory bandwidth of {cluster.chip_id} is unknown, not zero", where=cluster.id)
    bandwidth, chips = nominal * engine.memory_fraction, layout.tensor_parallel
    suits = engine.chip_factors.get(cluster.chip_id, 1.0)
    rate = _reached(cluster, layout.format) * chips * suits
    flop = forward_flop_per_token(shape, attending)
    dense = flop.attention_projections + flop.dense_ffn + flop.shared_experts + flop.router
    compute = (
        (tokens * dense + sequences * flop.output) / engine.compute_fraction
        + tokens * flop.routed_experts / engine.mixture_compute_fraction
    ) / rate
    sixteen_bit = cluster.rates.flop_per_second("fp16") * chips * suits
    prompts = tokens if attended is None else np.asarray(attended)
    cached = kv_cache_bytes(shape, context, layout.key_value_bytes) if reads_cache else np.zeros_like(tokens)
    floor = (
        shape.dense_layers * engine.layer_seconds
        + shape.mixture_layers * engine.mixture_layer_seconds
        + engine.step_seconds
    )
    return ServingSeconds(
        compute=compute,
        weights=_weights_read(shape, tokens) * layout.weight_bytes / (chips * bandwidth),
        activations=tokens * _passes(shape, engine) * shape.hidden_size * ACTIVATION_BYTES / bandwidth,
        attention=prompts * flop.attention_core / (sixteen_bit * engine.attention_fraction),
        key_values=sequences * cached / (_cache_shards(shape, layout) * bandwidth),
        communication=_communication(shape, cluster, layout, tokens),
        floor=floor * np.ones_like(compute),
    )


def _passes(shape: ModelShape, engine: Engine) -> float:
    """Hidden vectors that one token moves through memory in all layers; every chip that shares a layer moves them whole."""
    each = shape.experts.active if shape.experts else 0
    return shape.num_layers * engine.layer_passes + shape.mixture_layers * each * engine.expert_passes


def _weights_read(shape: ModelShape, tokens: Floats) -> Floats:
    """Weights that a step of so many tokens touches: all dense ones, and every expert that some token is sent to.

    Source: of E experts, each token picks k; if all are alike, E x (1 - (1 - k/E)^tokens) are picked by one token or more.
    """
    counted = parameters(shape)
    dense = counted.total - counted.routed_experts - counted.embedding + counted.tied_output
    if not shape.experts:
        return np.full_like(tokens, dense)
    missed = (1.0 - shape.experts.active / shape.experts.count) ** tokens
    return dense + counted.routed_experts * (1.0 - missed)


def _communication(shape: ModelShape, cluster: Cluster, layout: ServingLayout, tokens: Floats) -> Floats:
    """Two all-reduces a layer over the chips that share it, and a hand-over between groups."""
    message = tokens * shape.hidden_size * ACTIVATION_BYTES
    near = min(layout.tensor_parallel, cluster.chips_joined)
    each = collective_seconds("all_reduce", message, layout.tensor_parallel, near, cluster)
    hand_over = np.zeros_like(message)
    if layout.pipeline_parallel > 1:
        side_by_side = 2 if layout.chips <= cluster.chips_joined else 1
        part = message / layout.tensor_parallel
        one = collective_seconds("send_recv", part, 2, side_by_side, cluster)
        hand_over = one * (layout.pipeline_parallel - 1)
    return np.asarray(2.0 * shape.num_layers * each + hand_over)


def _cache_shards(shape: ModelShape, layout: ServingLayout) -> float:
    """Chips among which keys and values are split: a head is never split, a latent is kept by each."""
    heads = 1 if shape.latent else shape.key_value_heads
    return float(min(layout.tensor_parallel, heads))


def _reached(cluster: Cluster, format: Format) -> float:
    """The rate of large products of one chip; of a chip never measured, the middle of those that were."""
    width = {"fp8": 8, "int8": 8, "fp4": 4, "int4": 4}.get(format, 16)
    measured = ceilings()
    others = [fraction for (_, bits), fraction in measured.items() if bits == width]
    fallback = float(np.median(others)) if others else min(measured.values())
    return cluster.rates.flop_per_second(format) * measured.get((cluster.chip_id, width), fallback)


def _broadcast(tokens: ArrayLike, batch: ArrayLike) -> tuple[Floats, Floats]:
    length, count = np.broadcast_arrays(
        np.asarray(tokens, dtype=np.float64), np.asarray(batch, dtype=np.float64)
    )
    if not ((length > 0).all() and (count > 0).all()):
        raise InputError("no tokens or no sequences", expected="1 or more of both")
    return length, count
