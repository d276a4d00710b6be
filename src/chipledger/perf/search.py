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
from chipledger.perf.memory import memory
from chipledger.perf.power import node_watts
from chipledger.perf.shape import ModelShape
from chipledger.perf.step import StepSeconds, computing_seconds, step_seconds
from chipledger.perf.strategy import Layouts, Method

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
SECONDS_PER_HOUR = 3600.0


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
    """

    best: Candidates
    front: Candidates
    seen: int
    fitting: int
    costed: int


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

    Raises:
        InputError: not one layout fits; the message says what the smallest lacks.

    Source: branch and bound: Land and Doig, Econometrica 28 (1960); the bound leaves terms out of a sum of non-negative ones.
    """
    given = fitted_constants() if constants is None else constants
    best = front = None
    seen = fitting = costed = 0
    for block in blocks:
        seen += len(block)
        room = memory(shape, cluster, block, method).fits(cluster)
        fitting += int(room.sum())
        kept = block.take(room)
        if is_bounded and best is not None and len(best.seconds) == most and not with_front:
            bound = computing_seconds(shape, cluster, kept, method, given) / kept.tokens
            kept = kept.take(bound <= best.seconds_per_token[-1])
        costed += len(kept)
        if len(kept):
            found = _costed(shape, cluster, kept, method, given, price_per_chip_hour)
            best = _first(_both(best, found), most)
            front = _front(_both(front, found)) if with_front else None
        if advance:
            advance(len(block))
    if best is None:
        raise InputError(
            f"not one of {seen} layouts of {shape.id} fits",
            where=cluster.id,
            remedy="use more chips, recompute more, shard more, or take fewer sequences at once (`why_not` tells of one layout)",
        )
    return Found(best=best, front=front or best, seen=seen, fitting=fitting, costed=costed)


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


def _both(one: Candidates | None, other: Candidates) -> Candidates:
    if one is None:
        return other
    joined = {
        field.name: np.concatenate([getattr(one.layouts, field.name), getattr(other.layouts, field.name)])
        for field in fields(Layouts)
    }
    return Candidates(
        layouts=Layouts(**joined),
        seconds=np.concatenate([one.seconds, other.seconds]),
        seconds_per_token=np.concatenate([one.seconds_per_token, other.seconds_per_token]),
        joules_per_token=np.concatenate([one.joules_per_token, other.joules_per_token]),
        price_per_token=np.concatenate([one.price_per_token, other.price_per_token]),
    )


def _first(all_of_them: Candidates, most: int) -> Candidates:
    return all_of_them.take(first_places(all_of_them.seconds_per_token, most))


def _front(all_of_them: Candidates) -> Candidates:
    return all_of_them.take(front_places(all_of_them.measures()))
