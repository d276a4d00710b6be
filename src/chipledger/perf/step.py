"""Seconds of one training step, term by term, for many layouts at once.

Takes a model's shape, a cluster, layouts as arrays and a method; gives arrays. A micro-batch's pass through a stage is its layers'
computing and what of their messages is not hidden behind it; passes fill a pipeline by its schedule; then gradients are summed, weights
updated, and the whole is a little longer the more nodes must keep step. Every term has a name, and any term can be left out to see what it
is worth (`without`).

Left out: data loading, checkpoints, evaluation and restarts (goodput is a factor of its own, stated by whoever asks), and the jitter of one
step against the next.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from chipledger.core.errors import InputError
from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import Constants, SoftwareConstants
from chipledger.perf.constants import constants as fitted_constants
from chipledger.perf.exchange import (
    Gathers,
    LayerExchange,
    chip_parameters,
    expert_data,
    gather_seconds,
    gradient_seconds,
    hand_over_seconds,
    host_seconds,
    layer_exchange,
)
from chipledger.perf.layer import (
    LayerSeconds,
    Machine,
    dense_layer,
    extra_layers,
    machine,
    mixture_layer,
    output_layer,
)
from chipledger.perf.pipeline import StageSeconds, makespan, stage_layers
from chipledger.perf.shape import ModelShape
from chipledger.perf.strategy import Layouts, Method, Offload, Sharding

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSeconds:
    """One step by term, arrays in the shape of the layouts; the terms add up to the step.

    Args:
        products: of matrices with weights, on the busiest stage.
        attention: scores, softmax and values.
        passes: through memory, outside of both.
        host: that kernels wait to be launched.
        recompute: what the backward pass computes again.
        tensor: messages of tensor parallelism that are not hidden.
        expert: of experts.
        context: of context parallelism.
        sharding: of sharded parameters and their gradients.
        contention: that computing loses while messages pass.
        bubble: that stages wait for each other.
        hand_over: between stages.
        gradients: summed, as far as not hidden.
        parameters: gathered after the update, as far as not hidden.
        offload: to the host's memory and back.
        optimizer: the update.
        floor: of a step, whatever is in it.
        scale: that many nodes lose against few.
    """

    products: Floats
    attention: Floats
    passes: Floats
    host: Floats
    recompute: Floats
    tensor: Floats
    expert: Floats
    context: Floats
    sharding: Floats
    contention: Floats
    bubble: Floats
    hand_over: Floats
    gradients: Floats
    parameters: Floats
    offload: Floats
    optimizer: Floats
    floor: Floats
    scale: Floats

    @property
    def total(self) -> Floats:
        """Seconds of the step."""
        return np.asarray(sum(getattr(self, name) for name in TERMS))

    @property
    def computing(self) -> Floats:
        """Seconds in which the busiest chip computes."""
        return (
            self.products + self.attention + self.passes + self.recompute + self.contention + self.optimizer
        )

    @property
    def communicating(self) -> Floats:
        """Seconds in which it does nothing but wait for messages."""
        sent = self.tensor + self.expert + self.context + self.sharding
        return sent + self.hand_over + self.gradients + self.parameters + self.offload


_NOTHING = np.zeros(())
TERMS: tuple[str, ...] = tuple(one.name for one in fields(StepSeconds))


@dataclass(slots=True)
class _Pass:
    """One micro-batch through one stage: seconds by term, forward and backward."""

    forward: dict[str, Floats]
    backward: dict[str, Floats]

    def seconds(self, way: str) -> Floats:
        return np.asarray(sum(getattr(self, way).values()))


def step_seconds(
    shape: ModelShape,
    cluster: Cluster,
    layouts: Layouts,
    method: Method,
    constants: Constants | None = None,
    *,
    without: AbstractSet[str] = frozenset(),
) -> StepSeconds:
    """Seconds of one step of every layout.

    Args:
        shape: the model.
        cluster: its chips and links; how many chips is told by the layouts.
        layouts: n of them, each possible (`validity`).
        method: of all of them.
        constants: None: data/perf/constants.yaml.
        without: terms that are taken for nothing, to see what they are worth.

    Returns:
        Arrays of n.

    Raises:
        InputError: an unknown term, a format that the chip lacks, an unknown rate or link.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> from chipledger.perf.strategy import Strategy
    >>> one = Strategy(tensor=8, pipeline=8, data=1, global_batch=64, sequence_length=2048, sequence_parallel=True)
    >>> found = step_seconds(model("gpt3-175b"), cluster("a100-sxm").with_chips(64), Layouts.of(one), Method())
    >>> bool(10 < found.total[0] < 16)
    True
    """
    unknown = sorted(set(without) - set(TERMS))
    if unknown:
        raise InputError(f"no such term: {unknown[0][:40]!r}", expected=f"one of {', '.join(TERMS)}")
    given = fitted_constants() if constants is None else constants
    on = machine(cluster, method, given)
    software = given.software
    first, last = _first_and_last(shape, cluster, layouts, method, on, without)
    busiest = _larger(first, last)
    return _whole_step(shape, cluster, layouts, method, on, software, busiest, (first, last), set(without))


def _first_and_last(
    shape: ModelShape,
    cluster: Cluster,
    layouts: Layouts,
    method: Method,
    on: Machine,
    without: AbstractSet[str],
) -> tuple[_Pass, _Pass]:
    """A micro-batch on a full stage, and on the last, which has fewer layers and the output."""
    layer = _layer_pass(shape, cluster, layouts, method, on, without)
    ends = _end_pass(shape, layouts, method, on, without)
    in_stage, on_last = stage_layers(shape.num_layers, layouts)
    on_last = on_last + extra_layers(shape, method)
    return _times(layer, in_stage), _plus(_times(layer, on_last), ends)


def stage_seconds(
    shape: ModelShape,
    cluster: Cluster,
    layouts: Layouts,
    method: Method,
    constants: Constants | None = None,
) -> tuple[StageSeconds, Floats]:
    """One micro-batch on the stages of each layout, and one hand-over between them: what a pipeline is played with.

    Args:
        shape: the model.
        cluster: its chips and links.
        layouts: n of them.
        method: of all of them.
        constants: None: data/perf/constants.yaml.
    """
    on = machine(cluster, method, fitted_constants() if constants is None else constants)
    ends = _first_and_last(shape, cluster, layouts, method, on, frozenset())
    return _stages(ends), hand_over_seconds(shape, layouts, method, cluster)


def computing_seconds(
    shape: ModelShape,
    cluster: Cluster,
    layouts: Layouts,
    method: Method,
    constants: Constants | None = None,
) -> Floats:
    """What the busiest stage computes in a step if nothing is sent, waited for or updated: never more than `step_seconds`.

    Args:
        shape: the model.
        cluster: its chips.
        layouts: n of them.
        method: of all of them.
        constants: None: data/perf/constants.yaml.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> asked = model("gpt3-175b"), cluster("a100-sxm").with_chips(64), Layouts.where(
    ...     tensor=8, pipeline=8, global_batch=64, sequence_length=2048
    ... ), Method()
    >>> bool(computing_seconds(*asked)[0] < step_seconds(*asked).total[0])
    True
    """
    on = machine(cluster, method, fitted_constants() if constants is None else constants)
    share = shape.mixture_layers / shape.num_layers
    layer = np.zeros(())
    for part, compute in ((1.0 - share, dense_layer), (share, mixture_layer)):
        if part:
            layer = layer + part * _there_and_back(compute(shape, layouts, method, on), layouts)
    ahead, back = output_layer(shape, layouts, method, on)
    in_stage, on_last = stage_layers(shape.num_layers, layouts)
    on_last = on_last + extra_layers(shape, method)
    busiest = np.maximum(in_stage * layer, on_last * layer + ahead.total + back.total)
    return np.asarray(np.ceil(layouts.micro_batches) * busiest)


def _there_and_back(both: tuple[LayerSeconds, LayerSeconds], layouts: Layouts) -> Floats:
    ahead, back = both
    return ahead.total + back.total + _recomputed(ahead, layouts)


def _layer_pass(
    shape: ModelShape,
    cluster: Cluster,
    layouts: Layouts,
    method: Method,
    on: Machine,
    without: AbstractSet[str],
) -> _Pass:
    """The mean layer: dense and mixture layers by their share."""
    software = on.constants.software
    sent = layer_exchange(shape, layouts, method, cluster, software)
    sharded = (layouts.sharding >= Sharding.PARAMETERS).any()
    gathers = gather_seconds(shape, layouts, method, cluster) if sharded else None
    share = shape.mixture_layers / shape.num_layers
    parts: list[_Pass] = []
    weights: list[float] = []
    if shape.dense_layers:
        both = dense_layer(shape, layouts, method, on)
        parts.append(_one_layer(layouts, method, on, both, sent, gathers, False, without))
        weights.append(1.0 - share)
    if shape.mixture_layers:
        both = mixture_layer(shape, layouts, method, on)
        parts.append(_one_layer(layouts, method, on, both, sent, gathers, True, without))
        weights.append(share)
    mean = _times(parts[0], np.asarray(weights[0]))
    for part, weight in zip(parts[1:], weights[1:], strict=True):
        mean = _plus(mean, _times(part, np.asarray(weight)))
    return mean


def _one_layer(
    layouts: Layouts,
    method: Method,
    on: Machine,
    both: tuple[LayerSeconds, LayerSeconds],
    sent: LayerExchange,
    gathers: Gathers | None,
    mixture: bool,
    without: AbstractSet[str],
) -> _Pass:
    software, lost = on.constants.software, on.chip.contention
    ahead, back = both
    tensor = sent.tensor_mixture if mixture else sent.tensor_dense
    expert = sent.expert if mixture else np.zeros_like(sent.expert)
    again = _recomputed(ahead, layouts)
    repeats = np.where(layouts.recompute >= 2, layouts.recompute_share, 0.0)
    forward = _computing(ahead)
    backward = _computing(back) | {"recompute": again}
    beside_weights = np.where(layouts.sequence_parallel > 0, 0.5, 1.0) * method.overlap_tensor_gradients
    for terms, computed, sums, passes, ring in (
        (forward, ahead, 1.0, 1.0, sent.context),
        (backward, back, 1.0 + repeats - beside_weights, 1.0 + repeats, 2.0 * sent.context),
    ):
        shown, cost = _hidden(
            tensor * sums, computed.products, software.hidden_tensor * method.overlap_tensor
        )
        terms["tensor"], overlapped = shown, cost
        shown, cost = _hidden(
            expert * passes, computed.total, software.hidden_expert * method.overlap_experts
        )
        terms["expert"], overlapped = shown, overlapped + cost
        shown, cost = _hidden(ring, computed.attention, 1.0)
        terms["context"], overlapped = shown, overlapped + cost
        terms["contention"] = lost * overlapped
    late, cost = _hidden(tensor * beside_weights, back.products / 2.0, 1.0)
    backward["tensor"], backward["contention"] = (
        backward["tensor"] + late,
        backward["contention"] + lost * cost,
    )
    if gathers is not None:
        _shard(forward, backward, layouts, method, gathers, mixture, lost)
    for terms in (forward, backward):
        for name in without & terms.keys():
            terms[name] = np.zeros_like(terms[name])
    return _Pass(forward, backward)


def _computing(layer: LayerSeconds) -> dict[str, Floats]:
    return {
        "products": layer.products,
        "attention": layer.attention,
        "passes": layer.passes,
        "host": layer.host,
    }


def _recomputed(ahead: LayerSeconds, layouts: Layouts) -> Floats:
    """What the backward pass computes again: attention, or the layer."""
    core = np.where(layouts.recompute >= 1, ahead.attention, 0.0)
    return layouts.recompute_share * np.where(layouts.recompute >= 2, ahead.total, core)


def _hidden(sent: Floats, beside: Floats, part: float) -> tuple[Floats, Floats]:
    """What of messages is left to wait for, and the seconds in which both run."""
    if not part:
        return sent, np.zeros_like(sent)
    both = np.minimum(part * sent, beside)
    return sent - both, both


def _shard(
    forward: dict[str, Floats],
    backward: dict[str, Floats],
    layouts: Layouts,
    method: Method,
    gathers: Gathers,
    mixture: bool,
    lost: float,
) -> None:
    """Add the gathers and scatters of sharded parameters, hidden behind the layer that runs meanwhile."""
    on = layouts.sharding >= Sharding.PARAMETERS
    gather = np.where(on, gathers.gather_mixture if mixture else gathers.gather_dense, 0.0)
    scatter = np.where(on, gathers.scatter_mixture if mixture else gathers.scatter_dense, 0.0)
    for terms, messages in ((forward, gather), (backward, gather + scatter)):
        beside = np.asarray(sum(terms.values()))
        shown, both = _hidden(messages, beside, 1.0 * method.overlap_parameters)
        terms["sharding"] = shown
        terms["contention"] = terms["contention"] + lost * both


def _end_pass(
    shape: ModelShape, layouts: Layouts, method: Method, on: Machine, without: AbstractSet[str]
) -> _Pass:
    """The output layer and the loss, of the extra layers too."""
    ahead, back = output_layer(shape, layouts, method, on)
    forward, backward = _computing(ahead), _computing(back)
    for terms in (forward, backward):
        for name in without & terms.keys():
            terms[name] = np.zeros_like(terms[name])
    return _Pass(forward, backward)


def _times(one: _Pass, factor: Floats) -> _Pass:
    return _Pass(
        {name: value * factor for name, value in one.forward.items()},
        {name: value * factor for name, value in one.backward.items()},
    )


def _plus(one: _Pass, other: _Pass) -> _Pass:
    return _Pass(_summed(one.forward, other.forward), _summed(one.backward, other.backward))


def _summed(one: dict[str, Floats], other: dict[str, Floats]) -> dict[str, Floats]:
    names = [*one, *(name for name in other if name not in one)]
    return {name: np.asarray(one.get(name, _NOTHING) + other.get(name, _NOTHING)) for name in names}


def _larger(first: _Pass, last: _Pass) -> _Pass:
    """The slower stage, by layout; both have the same terms, but for those that only layers have."""
    for way in ("forward", "backward"):
        for name in getattr(last, way).keys() - getattr(first, way).keys():
            getattr(first, way)[name] = np.zeros_like(getattr(last, way)[name])
    slower = _both(last) > _both(first)
    return _Pass(
        {n: np.where(slower, last.forward[n], first.forward[n]) for n in last.forward},
        {n: np.where(slower, last.backward[n], first.backward[n]) for n in last.backward},
    )


def _both(one: _Pass) -> Floats:
    return one.seconds("forward") + one.seconds("backward")


def _whole_step(
    shape: ModelShape,
    cluster: Cluster,
    layouts: Layouts,
    method: Method,
    on: Machine,
    software: SoftwareConstants,
    busiest: _Pass,
    ends: tuple[_Pass, _Pass],
    without: set[str],
) -> StepSeconds:
    passes = np.ceil(layouts.micro_batches)
    terms = dict.fromkeys(TERMS, np.zeros_like(passes))
    for part in (busiest.forward, busiest.backward):
        for name, value in part.items():
            terms[name] = terms[name] + passes * value
    ahead, back = busiest.seconds("forward"), busiest.seconds("backward")
    once = hand_over_seconds(shape, layouts, method, cluster)
    terms["bubble"], terms["hand_over"] = _waited(layouts, method, once, busiest, ends)
    shown = 2.0 * once * (1.0 - software.hidden_pipeline * method.overlap_pipeline)
    terms["hand_over"] = terms["hand_over"] + shown * passes * layouts.virtual_stages * (layouts.pipeline > 1)
    _sum_gradients(terms, shape, cluster, layouts, method, software, on, ahead, back)
    _update(terms, shape, cluster, layouts, method, software, on)
    terms["floor"] = terms["floor"] + software.step_seconds
    for name in without:
        terms[name] = np.zeros_like(passes)
    nodes = np.maximum(layouts.chips / cluster.chips_per_node, 1.0)
    if "scale" not in without:
        terms["scale"] = software.scale_loss * np.log2(nodes) * np.asarray(sum(terms.values()))
    return StepSeconds(**terms)


def _waited(
    layouts: Layouts, method: Method, once: Floats, busiest: _Pass, ends: tuple[_Pass, _Pass]
) -> tuple[Floats, Floats]:
    """Seconds that the busiest stage waits for others, and, of a pipeline's time, those that only hand-overs take."""
    stages = _stages(ends)
    asked = layouts.pipeline, layouts.virtual_stages, layouts.micro_batches, method.schedule
    alone = makespan(stages, *asked)
    whole = makespan(stages, *asked, hand_over_seconds=once)
    computed = np.ceil(layouts.micro_batches) * _both(busiest)
    return np.maximum(alone - computed, 0.0), np.maximum(whole - alone, 0.0)


def _stages(ends: tuple[_Pass, _Pass]) -> StageSeconds:
    first, last = ends
    ahead, back = first.seconds("forward"), first.seconds("backward")
    return StageSeconds(
        forward=ahead,
        backward=back,
        last_forward=last.seconds("forward") - ahead,
        last_backward=last.seconds("backward") - back,
    )


def _sum_gradients(
    terms: dict[str, Floats],
    shape: ModelShape,
    cluster: Cluster,
    layouts: Layouts,
    method: Method,
    software: SoftwareConstants,
    on: Machine,
    ahead: Floats,
    back: Floats,
) -> None:
    """Gradients are summed once a step, but after every micro-batch where each rank keeps its part alone."""
    scattered, gathered = gradient_seconds(shape, layouts, method, cluster)
    scattered, gathered = scattered * software.link_sharing, gathered * software.link_sharing
    times = np.where(layouts.sharding == Sharding.GRADIENTS, np.ceil(layouts.micro_batches), 1.0)
    both = np.zeros_like(scattered)
    shown_sum, shown_gather = times * scattered, gathered
    if method.overlap_gradients:
        hidden = np.minimum((1.0 - software.exposed_buckets) * scattered, back)
        shown_sum, both = times * (scattered - hidden), times * hidden
    if method.overlap_parameters:
        more = np.minimum((1.0 - software.exposed_buckets) * gathered, ahead)
        shown_gather, both = gathered - more, both + more
    terms["gradients"] = terms["gradients"] + shown_sum
    terms["parameters"] = terms["parameters"] + shown_gather
    terms["contention"] = terms["contention"] + on.chip.contention * both
    if (layouts.sharding >= Sharding.PARAMETERS).any():
        moved = gather_seconds(shape, layouts, method, cluster)
        ends = (2.0 * moved.gather_ends + moved.scatter_ends) * np.ceil(layouts.micro_batches)
        first = moved.gather_mixture if not shape.dense_layers else moved.gather_dense
        lone = np.where(layouts.sharding >= Sharding.PARAMETERS, moved.replicas + ends + first, 0.0)
        terms["sharding"] = terms["sharding"] + lone


def _update(
    terms: dict[str, Floats],
    shape: ModelShape,
    cluster: Cluster,
    layouts: Layouts,
    method: Method,
    software: SoftwareConstants,
    on: Machine,
) -> None:
    held = chip_parameters(shape, layouts, method)
    among = np.where(
        layouts.sharding >= Sharding.PARAMETERS, layouts.shard_group, layouts.data * layouts.context
    )
    among = np.where(layouts.sharding >= Sharding.OPTIMIZER, among, 1.0)
    among_experts = np.where(layouts.sharding >= Sharding.OPTIMIZER, expert_data(layouts), 1.0)
    own = held.dense / among + held.expert / among_experts
    moved = software.optimizer_bytes * own / on.bytes_per_second
    away = layouts.offload >= Offload.OPTIMIZER_CPU
    if away.any():
        weights = held.dense / among + held.expert / among_experts + held.frozen / among
        moving = (
            own * (method.gradient_bytes + method.weight_bytes),
            weights * (method.base_weight_bytes or method.weight_bytes),
        )
        terms["offload"] = np.where(away, _away(layouts, cluster, method, software, own, moving), 0.0)
        moved = np.where(away, 0.0, moved)
    terms["optimizer"] = terms["optimizer"] + moved


def _away(
    layouts: Layouts,
    cluster: Cluster,
    method: Method,
    software: SoftwareConstants,
    own: Floats,
    moving: tuple[Floats, Floats],
) -> Floats:
    """Seconds of a step for what lies on the host or its disks: the update there, and weights fetched for every pass.

    Source: Ren et al. (arXiv 2101.06840), section 4; disks: Rajbhandari et al. (arXiv 2104.07857), section 6.
    """
    states, weights = moving
    sharing = np.minimum(layouts.chips, cluster.chips_per_node)
    updated = host_seconds(cluster, states) + own * sharing * software.cpu_adam_seconds
    passes = 2.0 * np.ceil(layouts.micro_batches)
    whole = (layouts.offload == Offload.ALL_CPU) | (layouts.offload == Offload.ALL_NVME)
    fetched = np.where(whole, passes * host_seconds(cluster, weights), 0.0)
    of_disks = sharing / software.disk_bytes_per_second
    on_disk = layouts.offload >= Offload.OPTIMIZER_NVME
    read = 2.0 * own * method.master_bytes + np.where(whole, passes * weights, 0.0)
    return np.asarray(updated + fetched + np.where(on_disk, read * of_disks, 0.0))
