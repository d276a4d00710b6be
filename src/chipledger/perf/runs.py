"""Many published runs predicted at once: those of one model, cluster and method are one array of layouts.

Takes questions (`rows`); gives batches, made once, and from them seconds and terms of every run for any constants, in the order of the
questions. What calibrating and validating ask a hundred times is so asked in few calls.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import Constants
from chipledger.perf.rows import Question
from chipledger.perf.shape import ModelShape
from chipledger.perf.step import TERMS, step_seconds
from chipledger.perf.strategy import Layouts, Method

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Runs of one model, cluster and method.

    Args:
        shape: of all.
        cluster: of all but for the number of chips.
        method: of all.
        layouts: one a run.
        places: of the runs among all.
    """

    shape: ModelShape
    cluster: Cluster
    method: Method
    layouts: Layouts
    places: NDArray[np.intp]


def batches(asked: Sequence[Question]) -> tuple[Batch, ...]:
    """The runs in batches, in the order in which each first comes.

    Args:
        asked: n questions.
    """
    found: dict[str, list[int]] = {}
    for place, one in enumerate(asked):
        found.setdefault(_key(one), []).append(place)
    return tuple(
        Batch(
            shape=asked[places[0]].shape,
            cluster=asked[places[0]].cluster,
            method=asked[places[0]].strategy.method,
            layouts=Layouts.of(*(asked[place].strategy for place in places)),
            places=np.array(places),
        )
        for places in found.values()
    )


def _key(one: Question) -> str:
    shape = one.shape.model_dump_json(exclude={"id", "name", "aliases", "cites", "note"})
    cluster = one.cluster.model_dump_json(exclude={"chips", "cites", "note"})
    return "\n".join((shape, cluster, one.strategy.method.model_dump_json()))


def predicted_terms(
    given: Sequence[Batch],
    count: int,
    constants: Constants | None = None,
    *,
    without: AbstractSet[str] = frozenset(),
) -> Floats:
    """Seconds of every run by term.

    Args:
        given: batches.
        count: of all runs.
        constants: None: data/perf/constants.yaml.
        without: terms taken for nothing.

    Returns:
        count x terms, in the order of `TERMS`; nan for runs of no batch.
    """
    seconds = np.full((count, len(TERMS)), np.nan)
    for one in given:
        found = step_seconds(one.shape, one.cluster, one.layouts, one.method, constants, without=without)
        seconds[one.places] = np.stack([getattr(found, name) for name in TERMS], axis=1)
    return seconds


def predicted_seconds(given: Sequence[Batch], count: int, constants: Constants | None = None) -> Floats:
    """Seconds of every run; nan for runs of no batch.

    Args:
        given: batches.
        count: of all runs.
        constants: None: data/perf/constants.yaml.
    """
    return np.asarray(predicted_terms(given, count, constants).sum(axis=1))
