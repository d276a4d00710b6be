"""The last handful of a search, played pass by pass: whether the order changes where the closed form of a pipeline is least sure.

Takes layouts with the seconds that a search gave them; gives seconds in which what the pipeline waits is that of `pipeline.simulate`, for the
layouts whose micro-batches are fewer than four for each stage. Everything else of a step stays as it is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import Constants
from chipledger.perf.constants import constants as fitted_constants
from chipledger.perf.pipeline import StageSeconds, makespan, simulate
from chipledger.perf.shape import ModelShape
from chipledger.perf.step import stage_seconds, step_seconds
from chipledger.perf.strategy import Layouts, Method

Floats = NDArray[np.float64]
FEW_ROUNDS = 4.0
"""Micro-batches for each stage below which a schedule is played rather than reckoned."""
HANDFUL = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A handful of layouts, played.

    Args:
        seconds: of a step, in the order given; where nothing was played, as before.
        is_played: where the micro-batches are few enough.
        order: places from the quickest to the slowest; of equals the earlier first.
    """

    seconds: Floats
    is_played: NDArray[np.bool_]
    order: NDArray[np.intp]

    @property
    def order_changes(self) -> bool:
        """Whether another layout is before one that the search put before it."""
        return bool((self.order != np.arange(len(self.order))).any())


def played(
    shape: ModelShape,
    cluster: Cluster,
    layouts: Layouts,
    method: Method,
    constants: Constants | None = None,
) -> Played:
    """Play the pipelines of the first few of some layouts.

    Args:
        shape: the model.
        cluster: its chips and links.
        layouts: in the order of a search; ten are played at most, the rest is left out.
        method: of all of them.
        constants: None: data/perf/constants.yaml.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> two = Layouts.where(
    ...     tensor=8, pipeline=[8, 1], data=[1, 8], sharding=[0, 3], global_batch=16, sequence_length=2048, sequence_parallel=1
    ... )
    >>> played(model("llama-2-70b"), cluster("h100").with_chips(64), two, Method()).is_played
    array([ True, False])
    """
    given = fitted_constants() if constants is None else constants
    few = layouts.take(np.arange(min(len(layouts), HANDFUL)))
    step = step_seconds(shape, cluster, few, method, given)
    rounds = few.micro_batches / few.pipeline
    chosen = (few.pipeline > 1) & (rounds < FEW_ROUNDS)
    waited = step.bubble + step.hand_over
    stages, once = stage_seconds(shape, cluster, few, method, given)
    told = makespan(
        stages, few.pipeline, few.virtual_stages, few.micro_batches, method.schedule, hand_over_seconds=once
    )
    seconds = step.total.copy()
    longer = step.total / np.maximum(
        step.total - step.scale, 1e-300
    )  # many nodes lose their part of this too
    for place in np.flatnonzero(chosen):
        shown = _one(few, int(place), stages, method, float(once[place]))
        late = max(shown - float(told[place]), -float(waited[place]))
        seconds[place] += late * float(longer[place])
    return Played(seconds=seconds, is_played=chosen, order=np.argsort(seconds, kind="stable"))


def _one(layouts: Layouts, place: int, stages: StageSeconds, method: Method, sent: float) -> float:
    """Seconds of one layout's pipeline: each chunk its part of a stage, the last with what the last stage takes more or less."""
    chunks = int(layouts.virtual_stages[place])
    count = int(layouts.pipeline[place]) * chunks
    ways = []
    for each, last in (
        (stages.forward, stages.last_forward),
        (stages.backward, stages.last_backward),
    ):
        one = [float(np.asarray(each)[place]) / chunks] * count
        one[-1] = max(one[-1] + float(np.asarray(last)[place]), 0.0)
        ways.append(one)
    passes = int(np.ceil(layouts.micro_batches[place]))
    ahead, back = ways
    return simulate(
        ahead, back, passes, method.schedule, virtual_stages=chunks, hand_over_seconds=sent
    ).seconds
