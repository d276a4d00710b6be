"""What quantised weights, a quantised cache and more memory win back where a model is served and not trained.

Takes a model, a restricted and an unrestricted cluster, an engine, a length and a delay that every token must keep; gives the same answer as
`waterfall`, in chip-hours for a billion tokens of answers. Each set of techniques is met at its best: the number of chips that share a replica and
the batch that give most tokens for a chip within the delay.
"""

from collections.abc import Callable, Sequence

import numpy as np

from chipledger.core.errors import InputError
from chipledger.perf.cluster import Cluster
from chipledger.perf.serving import Engine, ServingLayout, throughput_within
from chipledger.perf.shape import ModelShape
from chipledger.perf.shapley import coalitions, shapley
from chipledger.perf.technique import SERVING, USUAL_MEMORY_BYTES, Technique, with_memory
from chipledger.perf.waterfall import Floats, Waterfall, step_of

TOKENS = 1e9
SECONDS_PER_HOUR = 3600.0
REPLICAS = (1, 2, 4, 8, 16, 32, 64)
"""Chips that may share one replica."""


def serving_waterfall(
    shape: ModelShape,
    restricted: Cluster,
    unrestricted: Cluster,
    engine: Engine,
    *,
    context_tokens: float = 4096.0,
    seconds_per_token: float = 0.1,
    advance: Callable[[], None] = lambda: None,
) -> Waterfall:
    """What each technique wins back in serving.

    Args:
        shape: the model.
        restricted: the chip in question.
        unrestricted: what it is held against.
        engine: that serves.
        context_tokens: of each sequence.
        seconds_per_token: that no token may be later than.
        advance: called after each set of techniques.

    Raises:
        InputError: even with everything no replica of 64 chips keeps the delay.

    Source: as of `waterfall` and `serving`.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> from chipledger.perf.serving import engine
    >>> found = serving_waterfall(model("llama-3-70b"), cluster("h20"), cluster("h100"), engine("vllm-2025"))
    >>> [one.technique.name for one in found.steps]
    ['MEMORY', 'WEIGHTS', 'CACHE']
    """
    names = tuple(
        one for one in Technique
        if one in SERVING or (one is Technique.MEMORY and (_has_more(restricted) or _has_more(unrestricted)))
    )  # fmt: skip
    asked = shape, engine, context_tokens, seconds_per_token
    here = _values(restricted, names, *asked, advance)
    there = _values(unrestricted, names, *asked, advance)
    gains, others = -shapley(here), -shapley(there)
    return Waterfall(
        chip=restricted.id,
        other=unrestricted.id,
        chips=1,
        bare_ratio=float(np.exp(here[0, 0] - there[0, 0])),
        full_ratio=float(np.exp(here[-1, 0] - there[-1, 0])),
        chip_hours=float(np.exp(here[-1, 0])),
        other_chip_hours=float(np.exp(there[-1, 0])),
        steps=tuple(step_of(name, gains[place], others[place]) for place, name in enumerate(names)),
        notes=(
            f"chip-hours for a billion tokens of answers, sequences of {context_tokens:g} tokens, no token later than {seconds_per_token * 1e3:g} ms, {engine.id}",
            "each factor is the mean over all orders; each set has its own replica and batch",
            "quality is taken to stay: what 8 bit costs in answers is not in it",
            "no interval: the constants of serving have no drawn rivals",
        ),
    )


def serving_sets(restricted: Cluster, unrestricted: Cluster) -> int:
    """How many sets of techniques are asked, for whoever shows how far it is."""
    return int(2 * 2 ** (2 + (_has_more(restricted) or _has_more(unrestricted))))


def _has_more(cluster: Cluster) -> bool:
    return (cluster.rates.memory_bytes or 0.0) > 1.05 * USUAL_MEMORY_BYTES


def _values(
    cluster: Cluster,
    names: Sequence[Technique],
    shape: ModelShape,
    engine: Engine,
    context_tokens: float,
    seconds_per_token: float,
    advance: Callable[[], None],
) -> Floats:
    rows = []
    for row in coalitions(len(names)):
        used = {name for name, is_in in zip(names, row, strict=True) if is_in}
        rows.append([_log_hours(cluster, used, shape, engine, context_tokens, seconds_per_token)])
        advance()
    return np.array(rows)


def _log_hours(
    cluster: Cluster,
    used: set[Technique],
    shape: ModelShape,
    engine: Engine,
    context_tokens: float,
    seconds_per_token: float,
) -> float:
    """The logarithm of chip-hours for so many tokens, in the best replica."""
    where = cluster if Technique.MEMORY in used else with_memory(cluster, USUAL_MEMORY_BYTES)
    best, trouble = 0.0, InputError("no replica was tried")
    for chips in REPLICAS:
        if chips > cluster.chips_per_node and chips % cluster.chips_per_node:
            continue
        layout = _layout(cluster, used, chips)
        try:
            placed = where.with_chips(max(chips, 1))
            _, rate = throughput_within(shape, placed, layout, engine, context_tokens, seconds_per_token)
        except InputError as error:
            trouble = error
            continue
        best = max(best, rate / chips)
    if not best:
        raise trouble
    return float(np.log(TOKENS / best / SECONDS_PER_HOUR))


def _layout(cluster: Cluster, used: set[Technique], chips: int) -> ServingLayout:
    """One replica: products in 8 bit where weights are and the chip has such products, else weights are widened as they are read."""
    rates = cluster.rates.dense_flop_per_second
    narrow = Technique.WEIGHTS in used
    wide = "bf16" if rates["bf16"] else "fp16"
    eight = "fp8" if rates["fp8"] else "int8" if rates["int8"] else wide
    return ServingLayout.model_validate(
        {
            "tensor_parallel": chips,
            "weight_bytes": 1.0 if narrow else 2.0,
            "key_value_bytes": 1.0 if Technique.CACHE in used else 2.0,
            "format": eight if narrow else wide,
        }
    )
