"""Which layouts can be: all of a model on so many chips as a stream of arrays, and why one cannot.

Takes a shape, chips, a batch and what may be chosen; gives blocks of `Layouts` of bounded size, in a fixed order, each layout once. Nothing is
costed here and nothing left out for being slow; memory is asked of `memory` by whoever searches. `why_not` tells of one strategy what does not
divide or does not fit, and the nearest layout that would.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import product
from math import isqrt

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from chipledger.core.errors import InputError
from chipledger.core.records import Record
from chipledger.perf.cluster import Cluster
from chipledger.perf.memory import KINDS, Memory, memory
from chipledger.perf.shape import ModelShape
from chipledger.perf.strategy import Layouts, Method, Offload, Schedule, Sharding, Strategy

Floats = NDArray[np.float64]
BLOCK = 16_384
SPARE_PLACES = 3
"""Places for layers that a pipeline may leave empty: embedding, output and an extra prediction layer take them in published layouts."""
MOST_TIMES_CHIPS = 64
"""As many times the chips asked for are tried for the nearest that fits."""


class Choices(Record):
    """What a search may choose; None: every value that divides.

    Args:
        tensor: chips that share each product.
        pipeline: stages.
        virtual_stages: chunks of a stage, interleaved; only in the schedule 1f1b.
        context: chips that share a sequence.
        expert: chips that share the experts; (1,) for a model without.
        expert_tensor: chips that share one expert.
        micro_batch: sequences of one pass.
        most_micro_batch: at most, where every divisor is taken.
        sequence_parallel: off, on; on only under tensor parallelism.
        recompute: codes: 0 none, 1 selective, 2 full.
        recompute_share: of layers, where something is recomputed.
        sharding: what data-parallel ranks split; only none where there is one rank.
        shard_in_node: sharded parameters stay in a node too (hybrid sharding), beside all ranks together.
        offload: what lies on the host.
    """

    tensor: tuple[int, ...] | None = None
    pipeline: tuple[int, ...] | None = None
    virtual_stages: tuple[int, ...] | None = None
    context: tuple[int, ...] | None = (1,)
    expert: tuple[int, ...] | None = None
    expert_tensor: tuple[int, ...] = (1,)
    micro_batch: tuple[int, ...] | None = None
    most_micro_batch: int = Field(default=4096, gt=0)
    sequence_parallel: tuple[bool, ...] = (False, True)
    recompute: tuple[int, ...] = (0, 1, 2)
    recompute_share: tuple[float, ...] = (1.0,)
    sharding: tuple[Sharding, ...] = tuple(Sharding)
    shard_in_node: bool = True
    offload: tuple[Offload, ...] = (Offload.NONE,)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a strategy cannot be.

    Args:
        reasons: one sentence each, the first found first.
        nearest: a strategy that can be, as near as one was found; None where none was.
        remedy: what to do, in a sentence.
    """

    reasons: tuple[str, ...]
    nearest: Strategy | None
    remedy: str


def layouts_of(
    shape: ModelShape,
    cluster: Cluster,
    *,
    chips: int,
    global_batch: int,
    sequence_length: int | None = None,
    method: Method | None = None,
    choices: Choices | None = None,
    block: int = BLOCK,
    first: int = 0,
    last: int | None = None,
) -> Iterator[Layouts]:
    """Every layout of a model on so many chips, in blocks.

    Args:
        shape: the model.
        cluster: its nodes bound what stays in one.
        chips: in all, each used.
        global_batch: sequences of one step.
        sequence_length: None: the model's.
        method: its schedule bounds pipelines; None: 1f1b.
        choices: None: all of tensor, pipeline, interleaving, experts, micro-batch, recompute and sharding; no context parallelism, no offload.
        block: layouts of one block at most.
        first: number of the first block that is given; those before it are passed over without being made.
        last: number of the first that is not given any more; None: all.

    Raises:
        InputError: numbers that are not positive.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> blocks = layouts_of(model("llama-2-7b"), cluster("h100"), chips=8, global_batch=64, block=1000)
    >>> sizes = [len(one) for one in blocks]
    >>> max(sizes) <= 1000, sum(sizes)
    (True, 1809)
    """
    given, how = choices or Choices(), method or Method()
    length = sequence_length or shape.sequence_length
    if min(chips, global_batch, length, block) < 1:
        raise InputError(
            f"{chips} chips, {global_batch} sequences of {length} tokens, blocks of {block}",
            expected="numbers of 1 or more",
        )
    waiting: list[dict[str, Floats]] = []
    current = first
    for number, outer, inner, places in _pieces(
        shape, cluster, chips, global_batch, length, how, given, block
    ):
        if last is not None and number >= last:
            break
        if number < first:
            continue
        if number > current and waiting:
            yield _joined(waiting)
            waiting = []
        current = number
        size = places.stop - places.start
        piece = {name: np.full(size, value) for name, value in outer.items()}
        waiting.append(piece | {name: values[places] for name, values in inner.items()})
    if waiting:
        yield _joined(waiting)


def _pieces(
    shape: ModelShape,
    cluster: Cluster,
    chips: int,
    global_batch: int,
    length: int,
    method: Method,
    given: Choices,
    block: int,
) -> Iterator[tuple[int, dict[str, float], dict[str, Floats], slice]]:
    """Each case cut so that blocks fill up, with the number of the block that it falls in; nothing is made of it yet."""
    number = held = 0
    for outer, inner in _cases(shape, cluster, chips, global_batch, length, method, given):
        size = len(inner["micro_batch"])
        for start in range(0, size, block):
            more = min(block, size - start)
            if held + more > block:
                number, held = number + 1, 0
            held += more
            yield number, outer, inner, slice(start, start + more)


def how_many(
    shape: ModelShape,
    cluster: Cluster,
    *,
    chips: int,
    global_batch: int,
    sequence_length: int | None = None,
    method: Method | None = None,
    choices: Choices | None = None,
) -> int:
    """How many layouts `layouts_of` gives, without making them.

    Args:
        shape: the model.
        cluster: its nodes.
        chips: in all.
        global_batch: sequences of one step.
        sequence_length: None: the model's.
        method: None: 1f1b.
        choices: as of `layouts_of`.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> how_many(model("llama-2-7b"), cluster("h100"), chips=8, global_batch=64)
    1809
    """
    given, how = choices or Choices(), method or Method()
    length = sequence_length or shape.sequence_length
    found = _cases(shape, cluster, chips, global_batch, length, how, given)
    return sum(len(inner["micro_batch"]) for _, inner in found)


def how_many_blocks(
    shape: ModelShape,
    cluster: Cluster,
    *,
    chips: int,
    global_batch: int,
    sequence_length: int | None = None,
    method: Method | None = None,
    choices: Choices | None = None,
    block: int = BLOCK,
) -> int:
    """How many blocks `layouts_of` gives, without making them; arguments as there.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> how_many_blocks(model("llama-2-7b"), cluster("h100"), chips=8, global_batch=64, block=1000)
    2
    """
    given, how = choices or Choices(), method or Method()
    length = sequence_length or shape.sequence_length
    pieces = _pieces(shape, cluster, chips, global_batch, length, how, given, block)
    return 1 + max((number for number, *_ in pieces), default=-1)


def _joined(pieces: list[dict[str, Floats]]) -> Layouts:
    return Layouts(
        **{one.name: np.concatenate([piece[one.name] for piece in pieces]) for one in fields(Layouts)}
    )


def _cases(
    shape: ModelShape,
    cluster: Cluster,
    chips: int,
    global_batch: int,
    length: int,
    method: Method,
    given: Choices,
) -> Iterator[tuple[dict[str, float], dict[str, Floats]]]:
    """What splits the chips, one case at a time, each with the arrays of all that can be chosen within it."""
    for tensor, context in product(_tensors(shape, chips, given), _contexts(length, chips, given)):
        if chips % (tensor * context) or length // context % tensor:
            continue
        for pipeline, chunks in _pipelines(shape, chips // (tensor * context), method, given):
            data = chips // (tensor * context * pipeline)
            if global_batch % data:
                continue
            for expert, expert_tensor in _experts(shape, data * context * tensor, given):
                inner = _within(
                    global_batch // data,
                    pipeline if chunks > 1 else 0,
                    2 * pipeline if method.schedule is Schedule.DUALPIPE and pipeline > 1 else 0,
                    tensor > 1,
                    data * context,
                    max(1, min(data * context, cluster.chips_joined // tensor)),
                    given,
                )
                if len(inner["micro_batch"]):
                    outer = {
                        "tensor": float(tensor),
                        "pipeline": float(pipeline),
                        "virtual_stages": float(chunks),
                        "data": float(data),
                        "expert": float(expert),
                        "expert_tensor": float(expert_tensor),
                        "context": float(context),
                        "global_batch": float(global_batch),
                        "sequence_length": float(length),
                    }
                    yield outer, inner


@lru_cache(maxsize=4096)
def _divisors(number: int) -> tuple[int, ...]:
    small = [one for one in range(1, isqrt(number) + 1) if number % one == 0]
    return tuple(sorted({*small, *(number // one for one in small)}))


def _tensors(shape: ModelShape, chips: int, given: Choices) -> list[int]:
    found = [
        one for one in _divisors(shape.num_attention_heads) if chips % one == 0 and _splits_widths(shape, one)
    ]
    return [one for one in found if given.tensor is None or one in given.tensor]


def _splits_widths(shape: ModelShape, tensor: int) -> bool:
    return shape.hidden_size % tensor == 0 and (shape.intermediate_size or 0) % tensor == 0


def _contexts(length: int, chips: int, given: Choices) -> list[int]:
    """Sequences are cut into twice as many pieces as ranks, a late one with an early one, so that causal attention is even."""
    found = [one for one in _divisors(chips) if one == 1 or length % (2 * one) == 0]
    return [one for one in found if given.context is None or one in given.context]


def _pipelines(shape: ModelShape, chips: int, method: Method, given: Choices) -> Iterator[tuple[int, int]]:
    for pipeline in _divisors(chips):
        if pipeline > shape.num_layers or (given.pipeline is not None and pipeline not in given.pipeline):
            continue
        if method.schedule is Schedule.DUALPIPE and pipeline > 1 and pipeline % 2:
            continue
        interleaves = method.schedule is Schedule.ONE_F_ONE_B and pipeline > 1
        for chunks in range(1, (shape.num_layers // pipeline if interleaves else 1) + 1):
            if _spare(shape, pipeline * chunks) <= SPARE_PLACES and (
                given.virtual_stages is None or chunks in given.virtual_stages
            ):
                yield pipeline, chunks


def _spare(shape: ModelShape, places: int) -> int:
    return -(-shape.num_layers // places) * places - shape.num_layers


def _experts(shape: ModelShape, ranks: int, given: Choices) -> Iterator[tuple[int, int]]:
    if not shape.experts:
        yield 1, 1
        return
    for expert, expert_tensor in product(_divisors(shape.experts.count), given.expert_tensor):
        fits = ranks % (expert * expert_tensor) == 0 and shape.experts.intermediate_size % expert_tensor == 0
        if fits and (given.expert is None or expert in given.expert):
            yield expert, expert_tensor


@lru_cache(maxsize=1024)
def _within(
    local_batch: int, rounds: int, least: int, is_split: bool, ranks: int, in_node: int, given: Choices
) -> dict[str, Floats]:
    """All choices within one split of the chips: micro-batches x recompute x sharding x offload x sequence parallelism.

    Args:
        local_batch: sequences of one pipeline in a step.
        rounds: micro-batches come in so many; 0 for any number.
        least: micro-batches, and an even number; 0 for any.
        is_split: products are split, so that sequence parallelism can be.
        ranks: that share states.
        in_node: of them, those of one node.
        given: what may be chosen.
    """
    sizes = [
        size
        for size in (given.micro_batch or _divisors(local_batch))
        if local_batch % size == 0
        and (given.micro_batch is not None or size <= given.most_micro_batch)
        and not (rounds and local_batch // size % rounds)
        and not (least and (local_batch // size < least or local_batch // size % 2))
    ]
    again = [
        (code, share) for code in given.recompute for share in (given.recompute_share if code else (1.0,))
    ]
    shards: list[tuple[int, int]] = []
    for kind in given.sharding:
        if ranks > 1 or kind is Sharding.NONE:
            shards.append((int(kind), ranks))
        if (
            kind is Sharding.PARAMETERS
            and given.shard_in_node
            and 1 < in_node < ranks
            and ranks % in_node == 0
        ):
            shards.append((int(kind), in_node))
    if ranks == 1 and not shards:
        shards = [(int(Sharding.NONE), 1)]
    alike = [one for one in given.sequence_parallel if is_split or not one] or [False]
    rows = product(sizes, again, shards, given.offload, alike)
    table = np.array(
        [
            (size, code, share, kind, group, int(away), both)
            for size, (code, share), (kind, group), away, both in rows
        ],
        dtype=np.float64,
    ).reshape(-1, 7)
    names = (
        "micro_batch",
        "recompute",
        "recompute_share",
        "sharding",
        "shard_group",
        "offload",
        "sequence_parallel",
    )
    return {name: np.ascontiguousarray(table[:, column]) for column, name in enumerate(names)}


def why_not(shape: ModelShape, cluster: Cluster, strategy: Strategy) -> Refusal | None:
    """What keeps a strategy from running, and the nearest that would run on as many chips.

    Args:
        shape: the model.
        cluster: its chips, nodes and hosts.
        strategy: the layout and its method.

    Returns:
        None where nothing speaks against it.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> asked = Strategy(tensor=8, data=2, micro_batch=1, global_batch=64, sequence_length=4096, recompute="full")
    >>> found = why_not(model("llama-2-70b"), cluster("h100").with_chips(16), asked)
    >>> print(found.reasons[0])
    needs 15... GiB on a chip of 79.2 GiB: optimizer 96.4, gradients 32.1, weights 16.1 GiB and less
    >>> found.nearest.tensor, found.nearest.sharding.name
    (8, 'PARAMETERS')
    """
    reasons = list(_does_not_divide(shape, strategy))
    if not reasons:
        layouts = Layouts.of(strategy)
        kept = memory(shape, cluster, layouts, strategy.method)
        if not kept.fits(cluster)[0]:
            reasons.append(_too_full(cluster, kept))
    if not reasons:
        return None
    nearest, chips = _nearest(shape, cluster, strategy)
    if nearest is None:
        remedy = (
            f"no layout on up to {chips} chips fits with this batch and method: take more chips, or offload"
        )
    elif chips == strategy.chips:
        remedy = f"the nearest that fits: {_told(nearest)}"
    else:
        remedy = f"no layout on {strategy.chips} chips fits; on {chips} does {_told(nearest)}"
    return Refusal(tuple(reasons), nearest, remedy)


def _does_not_divide(shape: ModelShape, asked: Strategy) -> Iterator[str]:
    tensor, pipeline, chunks = asked.tensor, asked.pipeline, asked.virtual_stages
    expert_tensor = asked.expert_tensor or 1
    schedule = asked.method.schedule
    if shape.num_attention_heads % tensor:
        yield f"{shape.num_attention_heads} heads do not divide among tensor {tensor}"
    elif not _splits_widths(shape, tensor):
        yield f"widths of {shape.hidden_size} and {shape.intermediate_size} do not divide among tensor {tensor}"
    if pipeline * chunks > shape.num_layers:
        yield f"{shape.num_layers} layers are fewer than pipeline {pipeline} x virtual_stages {chunks}"
    if chunks > 1 and pipeline == 1:
        yield f"virtual_stages {chunks} in a pipeline of one stage"
    if chunks > 1 and schedule is not Schedule.ONE_F_ONE_B:
        yield f"virtual_stages {chunks} in the schedule {schedule.value}, where only 1f1b interleaves"
    passes, over = divmod(asked.global_batch, asked.data * asked.micro_batch)
    if over or not passes:
        yield f"a global batch of {asked.global_batch} does not divide into data {asked.data} x micro_batch {asked.micro_batch}"
    elif chunks > 1 and passes % pipeline:
        yield f"{passes} micro-batches are no multiple of pipeline {pipeline}, as interleaving needs"
    elif (
        schedule is Schedule.DUALPIPE
        and pipeline > 1
        and (pipeline % 2 or passes % 2 or passes < 2 * pipeline)
    ):
        yield f"dualpipe needs an even pipeline and an even number of at least {2 * pipeline} micro-batches, not {passes}"
    if asked.context > 1 and asked.sequence_length % (2 * asked.context):
        yield f"{asked.sequence_length} tokens do not divide into {2 * asked.context} pieces for context {asked.context}"
    if asked.sequence_parallel and asked.sequence_length // asked.context % tensor:
        yield f"{asked.sequence_length // asked.context} tokens do not divide among tensor {tensor} (sequence_parallel)"
    yield from _experts_do_not_divide(shape, asked, expert_tensor)
    ranks = asked.data * asked.context
    if asked.shard_group and ranks % asked.shard_group:
        yield f"groups of {asked.shard_group} do not divide {ranks} ranks of data x context"


def _experts_do_not_divide(shape: ModelShape, asked: Strategy, expert_tensor: int) -> Iterator[str]:
    if not shape.experts:
        if asked.expert > 1:
            yield f"{shape.id} has no experts to share among expert {asked.expert}"
        return
    if shape.experts.count % asked.expert:
        yield f"{shape.experts.count} experts do not divide among expert {asked.expert}"
    ranks = asked.data * asked.context * asked.tensor
    if ranks % (asked.expert * expert_tensor):
        yield f"expert {asked.expert} x expert_tensor {expert_tensor} does not divide data x context x tensor {ranks}"
    if shape.experts.intermediate_size % expert_tensor:
        yield f"an expert's width of {shape.experts.intermediate_size} does not divide among expert_tensor {expert_tensor}"


def _too_full(cluster: Cluster, kept: Memory) -> str:
    """The sentence that names the memory that is too small, and what fills it most."""
    gib = 2.0**30
    chip, host = kept.room(cluster)
    needed = float(kept.needed[0])
    if needed > chip:
        largest = sorted(KINDS[:-2], key=lambda name: -float(getattr(kept, name)[0]))[:3]
        parts = ", ".join(
            f"{name.replace('_', ' ')} {float(getattr(kept, name)[0]) / gib:.1f}" for name in largest
        )
        return f"needs {needed / gib:.1f} GiB on a chip of {chip / gib:.1f} GiB: {parts} GiB and less"
    return f"needs {float(kept.host[0]) / gib:.1f} GiB of host memory for each chip, where {host / gib:.1f} GiB are there"


def _nearest(shape: ModelShape, cluster: Cluster, asked: Strategy) -> tuple[Strategy | None, int]:
    """The layout that changes least of what was asked, on as many chips, or on the next power of two and so on."""
    offload = tuple(dict.fromkeys((asked.offload, Offload.NONE)))
    choices = Choices(context=tuple(dict.fromkeys((asked.context, 1))), offload=offload, most_micro_batch=64)
    chips, most = asked.chips, asked.chips * MOST_TIMES_CHIPS
    while chips <= most:
        best: tuple[float, Strategy] | None = None
        for one in layouts_of(
            shape,
            cluster,
            chips=chips,
            global_batch=asked.global_batch,
            sequence_length=asked.sequence_length,
            method=asked.method,
            choices=choices,
        ):
            fitting = memory(shape, cluster, one, asked.method).fits(cluster)
            far = np.where(fitting, _distance(one, asked), np.inf)
            place = int(np.argmin(far))
            if np.isfinite(far[place]) and (best is None or far[place] < best[0]):
                best = float(far[place]), one.strategy(place, asked.method)
        if best is not None:
            return best[1], chips
        chips = 2 ** chips.bit_length()
    return None, most


def _distance(layouts: Layouts, asked: Strategy) -> Floats:
    """How much of a strategy a layout changes: doublings of each split, and steps of each kind."""
    mine = Layouts.of(asked)
    doublings = (
        "tensor",
        "pipeline",
        "virtual_stages",
        "data",
        "expert",
        "expert_tensor",
        "context",
        "micro_batch",
    )
    kinds = ("sequence_parallel", "sharding", "recompute", "offload")
    far = np.zeros_like(layouts.tensor)
    for name in doublings:
        far = far + np.abs(np.log2(getattr(layouts, name) / getattr(mine, name)))
    for name in kinds:
        far = far + 0.5 * np.abs(getattr(layouts, name) - getattr(mine, name))
    return np.asarray(far + 0.25 * np.abs(np.log2(layouts.shard_group / mine.shard_group)))


def _told(one: Strategy) -> str:
    parts = [f"tensor {one.tensor}", f"pipeline {one.pipeline}", f"data {one.data}"]
    for name in ("virtual_stages", "context", "expert"):
        if getattr(one, name) > 1:
            parts.append(f"{name} {getattr(one, name)}")
    parts += [
        f"micro_batch {one.micro_batch}",
        f"recompute {one.recompute.value}",
        f"sharding {int(one.sharding)}",
    ]
    if one.offload:
        parts.append(f"offload {one.offload.name.casefold()}")
    return ", ".join(parts)
