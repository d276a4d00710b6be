"""The best layouts among very many: streamed, memory first, costed in blocks, with what cannot win passed over.

Takes blocks of layouts (`validity.layouts_of`), a method and a measure; gives the first few and, if asked, the front that nothing beats in time, chips,
energy and money at once. Of each block, what does not fit is dropped first; then what cannot be among the first even if all messages and
waiting took no time (that bound is computed by the same formulas as the cost, so it is never above it); the rest is costed. Memory is bounded by
a block, whatever the size of the space.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from chipledger.core.errors import InputError
from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import Constants
from chipledger.perf.constants import constants as fitted_constants
from chipledger.perf.front import first_places, front_places
from chipledger.perf.memory import memory, usable_bytes
from chipledger.perf.power import node_watts
from chipledger.perf.shape import ModelShape
from chipledger.perf.step import StepSeconds, computing_seconds, step_seconds
from chipledger.perf.strategy import Layouts, Method

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
SECONDS_PER_HOUR = 3600.0
GIB = 2.0**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Layouts with what they take, arrays of one length.

    Args:
        layouts: themselves.
        seconds: of a step.
        seconds_per_token: of training, all chips together.
        joules_per_token: at the sockets; NaN where the chip's power is unknown.
        price_per_token: NaN where no price is given.
    """

    layouts: Layouts
    seconds: Floats
    seconds_per_token: Floats
    joules_per_token: Floats
    price_per_token: Floats

    def take(self, places: NDArray[np.intp]) -> "Candidates":
        """Those at these places."""
        return Candidates(
            layouts=self.layouts.take(places),
            seconds=self.seconds[places],
            seconds_per_token=self.seconds_per_token[places],
            joules_per_token=self.joules_per_token[places],
            price_per_token=self.price_per_token[places],
        )

    def measures(self) -> Floats:
        """Time, chips, energy and money, one column each; what is unknown counts for nothing."""
        columns = [self.seconds_per_token, self.layouts.chips, self.joules_per_token, self.price_per_token]
        return np.stack([np.nan_to_num(column, nan=0.0) for column in columns], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found.

    Args:
        best: in order of time for each token.
        front: what nothing beats in time, chips, energy and money at once.
        seen: layouts that were looked at.
        fitting: of them, those whose memory suffices.
        costed: of those, the ones that could have won.
        least_bytes: of a chip, that the smallest of all needs.
    """

    best: Candidates
    front: Candidates
    seen: int
    fitting: int
    costed: int
    least_bytes: float


def search(
    shape: ModelShape,
    cluster: Cluster,
    blocks: Iterable[Layouts],
    method: Method,
    *,
    most: int = 10,
    constants: Constants | None = None,
    price_per_chip_hour: float | None = None,
    is_bounded: bool = True,
    with_front: bool = False,
    advance: Callable[[int], None] | None = None,
) -> Found:
    """The best of a stream of layouts.

    Args:
        shape: the model.
        cluster: its chips; how many are used is told by each layout.
        blocks: of layouts, each possible.
        method: of all.
        most: how many of the best to keep.
        constants: None: data/perf/constants.yaml.
        price_per_chip_hour: None: money is left out.
        is_bounded: pass over what cannot be among the best; the answer is the same, sooner. A front needs everything costed.
        with_front: keep the front too.
        advance: told how many more layouts have been looked at.

    Returns:
        What was found; the order of the blocks decides between equals.

    Raises:
        InputError: not one layout fits; the message says what the smallest lacks.

    Source: branch and bound: Land and Doig, Econometrica 28 (1960); the bound leaves terms out of a sum of non-negative ones.
    """
    found = search_blocks(
        shape,
        cluster,
        blocks,
        method,
        most=most,
        constants=constants,
        price_per_chip_hour=price_per_chip_hour,
        is_bounded=is_bounded,
        with_front=with_front,
        advance=advance,
    )
    if not found.fitting:
        raise nothing_fits(shape, cluster, found)
    return found


def nothing_fits(shape: ModelShape, cluster: Cluster, found: Found | None) -> InputError:
    """The error of a search in which nothing fitted: what the smallest lacks; None: there was nothing to search."""
    if found is None or not found.seen:
        return InputError(
            f"no layout of {shape.id} divides among these chips",
            where=cluster.id,
            remedy="take another number of chips, or of sequences of a step",
        )
    there = usable_bytes(cluster)[0]
    host = "" if found.least_bytes > there else ", and more than its host has where something is offloaded"
    return InputError(
        f"not one of {found.seen:,} layouts of {shape.id} fits: the smallest needs {found.least_bytes / GIB:.1f} GiB "
        f"on a chip of {there / GIB:.1f} GiB{host}",
        where=cluster.id,
        remedy="use more chips, or let a search recompute, shard or offload more",
    )


def search_blocks(
    shape: ModelShape,
    cluster: Cluster,
    blocks: Iterable[Layouts],
    method: Method,
    *,
    most: int = 10,
    constants: Constants | None = None,
    price_per_chip_hour: float | None = None,
    is_bounded: bool = True,
    with_front: bool = False,
    advance: Callable[[int], None] | None = None,
) -> Found:
    """As `search`, arguments and all, but nothing that fits is an empty answer."""
    given = fitted_constants() if constants is None else constants
    nothing = Layouts.where(global_batch=np.zeros(0), sequence_length=np.zeros(0))
    found = _of_block(shape, cluster, nothing, method, given, price_per_chip_hour, None)
    for block in blocks:
        worst = None
        if is_bounded and not with_front and len(found.best.seconds) == most:
            worst = float(found.best.seconds_per_token[-1])
        one = _of_block(shape, cluster, block, method, given, price_per_chip_hour, worst)
        found = merged([found, one], most, with_front)
        if advance:
            advance(len(block))
    return found


def merged(parts: Iterable[Found], most: int, with_front: bool = False) -> Found:
    """What several parts of a space found, as one; of equals, that of the earlier part comes first.

    Args:
        parts: at least one, in the order of the space.
        most: how many of the best to keep.
        with_front: keep the front too.
    """
    listed = list(parts)
    best = _joined([one.best for one in listed])
    best = best.take(first_places(best.seconds_per_token, most))
    front = best
    if with_front:
        front = _joined([one.front for one in listed])
        front = front.take(front_places(front.measures()))
    return Found(
        best=best,
        front=front,
        seen=sum(one.seen for one in listed),
        fitting=sum(one.fitting for one in listed),
        costed=sum(one.costed for one in listed),
        least_bytes=min(one.least_bytes for one in listed),
    )


def _of_block(
    shape: ModelShape,
    cluster: Cluster,
    block: Layouts,
    method: Method,
    given: Constants,
    price: float | None,
    worst: float | None,
) -> Found:
    """All of a block that fits and, if nothing were sent or waited for, would not be slower than the worst that is kept."""
    needed = memory(shape, cluster, block, method)
    kept = block.take(needed.fits(cluster))
    fitting = len(kept)
    if worst is not None:
        bound = computing_seconds(shape, cluster, kept, method, given) / kept.tokens
        kept = kept.take(bound <= worst)
    found = _costed(shape, cluster, kept, method, given, price)
    return Found(
        best=found,
        front=found,
        seen=len(block),
        fitting=fitting,
        costed=len(kept),
        least_bytes=float((needed.allocated + needed.context).min(initial=np.inf)),
    )


def _costed(
    shape: ModelShape,
    cluster: Cluster,
    layouts: Layouts,
    method: Method,
    given: Constants,
    price: float | None,
) -> Candidates:
    step = step_seconds(shape, cluster, layouts, method, given)
    seconds = step.total
    chips = layouts.chips
    watts = _watts(cluster, step)
    each = seconds / layouts.tokens
    return Candidates(
        layouts=layouts,
        seconds=seconds,
        seconds_per_token=each,
        joules_per_token=each * watts * chips / cluster.chips_per_node,
        price_per_token=each * chips * (np.nan if price is None else price) / SECONDS_PER_HOUR,
    )


def _watts(cluster: Cluster, step: StepSeconds) -> Floats:
    """Of one node."""
    if cluster.rates.power_watts is None:
        return np.full_like(step.total, np.nan)
    computing = np.clip(step.computing / step.total, 0.0, 1.0)
    waiting = np.clip(step.communicating / step.total, 0.0, 1.0 - computing)
    return node_watts(cluster, computing, waiting).total


def _joined(parts: list[Candidates]) -> Candidates:
    if len(parts) == 1:
        return parts[0]
    names = [each.name for each in fields(Candidates) if each.name != "layouts"]
    joined = {
        each.name: np.concatenate([getattr(one.layouts, each.name) for one in parts])
        for each in fields(Layouts)
    }
    return Candidates(
        layouts=Layouts(**joined),
        **{name: np.concatenate([getattr(one, name) for one in parts]) for name in names},
    )
