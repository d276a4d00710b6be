"""Published runs that differ in one factor, and how well the change is told.

Takes rows; gives pairs that are alike in model, software and all but one factor (chip, format, layout, micro-batch, chips, recompute, sharding).
What is compared is the rate of one chip, tokens a second, as batches may differ where chips or micro-batches do. A ratio is free of what both
runs share, so it shows whether the model knows the factor.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from chipledger.perf.rows import Question

FACTORS: Mapping[str, tuple[str, ...]] = {
    "chip": ("group", "chip", "chips_per_node", "intra_link", "inter_link", "global_batch", "micro_batch"),
    "format": ("format",),
    "layout": ("tp", "pp", "vpp", "cp", "ep", "dp"),
    "micro-batch": ("micro_batch", "global_batch"),
    "chips": ("chips", "dp", "global_batch"),
    "recompute": ("recompute",),
    "sharding": ("dp_sharding",),
}
"""What may differ with each factor; a pair differs in its first column that is no bookkeeping, and in nothing else."""
_DECIDING: Mapping[str, tuple[str, ...]] = {
    "chip": ("chip",),
    "layout": ("tp", "pp", "vpp", "cp", "ep"),
    "micro-batch": ("micro_batch",),
    "chips": ("chips",),
}
COMPARED = (
    "group", "model", "layers", "hidden", "vocab", "seq", "chip", "chips", "chips_per_node", "intra_link", "inter_link", "tp", "pp", "vpp",
    "cp", "ep", "dp", "dp_sharding", "micro_batch", "global_batch", "format", "recompute", "framework",
)  # fmt: skip
"""Columns in which rows of a pair agree unless a factor says otherwise."""
CLEAR_CHANGE = 0.05
"""Of a measured ratio against 1, from which its direction counts."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs that differ in one factor, by their places among the questions."""

    factor: str
    first: int
    second: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How one pair is told.

    Args:
        pair: of runs.
        measured: rate of the second over that of the first.
        predicted: the same.
    """

    pair: Pair
    measured: float
    predicted: float

    @property
    def error(self) -> float:
        """Predicted over measured, less 1."""
        return self.predicted / self.measured - 1.0

    @property
    def is_clear(self) -> bool:
        """Whether the measured change is large enough for a direction."""
        return abs(self.measured - 1.0) > CLEAR_CHANGE

    @property
    def is_right_way(self) -> bool:
        """Whether faster is told as faster."""
        return (self.measured > 1.0) == (self.predicted > 1.0)


def pairs(asked: Sequence[Question]) -> tuple[Pair, ...]:
    """All pairs that differ in one factor.

    Args:
        asked: n questions.
    """
    found: dict[tuple[str, int, int], Pair] = {}
    for factor, free in FACTORS.items():
        for places in _alike(asked, [name for name in COMPARED if name not in free]):
            for first, second in combinations(places, 2):
                if _decides(factor, asked[first], asked[second]):
                    found[factor, first, second] = Pair(factor, first, second)
    return tuple(found.values())


def _alike(asked: Sequence[Question], names: Sequence[str]) -> Iterator[list[int]]:
    sets: dict[tuple[object, ...], list[int]] = {}
    for place, one in enumerate(asked):
        sets.setdefault(tuple(_cell(one, name) for name in names), []).append(place)
    yield from (places for places in sets.values() if len(places) > 1)


def _decides(factor: str, one: Question, other: Question) -> bool:
    """Whether the factor itself differs; layouts must keep their chips, chips their layout but for replicas."""
    deciding = _DECIDING.get(factor, FACTORS[factor])
    return any(_cell(one, name) != _cell(other, name) for name in deciding)


def _cell(one: Question, name: str) -> object:
    """A column of a row; of a format its first word, as "pure" and "amp" are ways to hold weights."""
    found: object = getattr(one.row, name)
    return found.split()[0] if name == "format" and isinstance(found, str) else found


def ratios(
    asked: Sequence[Question], predicted_seconds: Sequence[float], among: Sequence[Pair] | None = None
) -> list[Ratio]:
    """How each pair is told.

    Args:
        asked: n questions.
        predicted_seconds: n, of a step.
        among: None: all pairs.
    """
    tokens = np.array(
        [one.strategy.global_batch * one.strategy.sequence_length / one.cluster.chips * 1.0 for one in asked]
    )
    measured = tokens / np.array([one.measured for one in asked])
    predicted = tokens / np.asarray(predicted_seconds)
    return [
        Ratio(
            pair=one,
            measured=float(measured[one.second] / measured[one.first]),
            predicted=float(predicted[one.second] / predicted[one.first]),
        )
        for one in (pairs(asked) if among is None else among)
    ]
