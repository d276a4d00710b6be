"""What features are worth: a linear model over the seven purposes and "none", and how it is read from its file.

Takes the names of features present; gives a probability for each purpose. The weights live in
`data/evidence/purpose_model.json`; `benchmarks/train_purpose.py` fits them on labelled documents and judges them on
repositories left out. "none" is the model's word for a spelling that is no statement about a chip.
"""

import json
import math
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from chipledger.core.errors import DataError
from chipledger.core.records import Purpose
from chipledger.evidence.remembered import REMEMBERED_FEATURES

NONE = "none"
LABELS = (*(purpose.value for purpose in Purpose), NONE)
# A use is claimed only where it is likelier than not by this much (log-odds): a false use harms more than a missed one.
CAUTION = 0.4
# Cards that nobody names are used by how-tos and plans far oftener than by runs.
CAUTION_UNNAMED = 1.8
# A chip named outright is seldom no statement about it at all (log-odds).
TRUST_IN_NAMES = 1.2

# A question reports nothing and asks for nothing, whatever it speaks of.
DECISIVE = frozenset({"question"})
DOUBT = 6.0

Row = tuple[float, ...]


class Signals(NamedTuple):
    """The features of one candidate: its own, and those that it shares with others below one head, in one sentence."""

    own: tuple[str, ...]
    shared: tuple[tuple[str, ...], ...]
    rule: str

    def every(self) -> Iterable[str]:
        """All features."""
        yield from self.own
        for group in self.shared:
            yield from group


class Model:
    """A linear model: a bias and, for each feature, a weight for each label.

    Args:
        version: what it was fitted as.
        bias: for each of LABELS.
        weights: for each feature, a weight for each of LABELS.

    >>> model = Model("x", (0.0,) * 8, {"h:training": (2.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0)})
    >>> likely = model.distribution(Signals(("h:training",), (), "plain"))
    >>> round(sum(likely.values()), 6), likely["pretraining"] > likely["requirement"]
    (1.0, True)
    """

    def __init__(self, version: str, bias: Row, weights: dict[str, Row]) -> None:
        self.version, self.bias, self.weights = version, bias, weights
        self._shared = lru_cache(maxsize=REMEMBERED_FEATURES)(self._sum)

    def distribution(
        self, signals: Signals, *, is_family: bool = False, is_unnamed: bool = False
    ) -> dict[str, float]:
        """The probability of each purpose and of "none".

        Args:
            signals: the candidate's features.
            is_family: whether the name says only a family; one that names a chip outright is trusted.
            is_unnamed: whether no name is said at all, only cards, and no run is told of.
        """
        rows = [self.bias, self._sum(signals.own), *map(self._shared, signals.shared)]
        sums = map(sum, zip(*rows, strict=True))
        away = _off(is_family, is_unnamed, signals.rule in DECISIVE)
        return softmax({label: score - off for label, score, off in zip(LABELS, sums, away, strict=True)})

    def _sum(self, features: tuple[str, ...]) -> Row:
        rows = [row for row in map(self.weights.get, features) if row is not None]
        return tuple(map(sum, zip(*rows, strict=True))) if rows else (0.0,) * len(LABELS)


def _off(is_family: bool, is_unnamed: bool, is_decided: bool) -> Iterator[float]:
    """What is taken off each label's score."""
    caution = CAUTION_UNNAMED if is_unnamed else CAUTION
    for label in LABELS:
        if label == NONE:
            yield 0.0 if is_family else TRUST_IN_NAMES
        elif label == Purpose.MENTION_ONLY:
            yield 0.0
        else:
            yield (caution if Purpose(label).is_use else 0.0) + (DOUBT if is_decided else 0.0)


def softmax(scores: dict[str, float]) -> dict[str, float]:
    """Scores as probabilities.

    >>> softmax({"a": 0.0, "b": 0.0})
    {'a': 0.5, 'b': 0.5}
    """
    top = max(scores.values())
    raised = {label: math.exp(score - top) for label, score in scores.items()}
    total = sum(raised.values())
    return {label: value / total for label, value in raised.items()}


@cache
def model() -> Model:
    """The model that ships with this version."""
    return model_from(
        json.loads((files("chipledger") / "data" / "evidence" / "purpose_model.json").read_text("utf-8"))
    )


@lru_cache(maxsize=REMEMBERED_FEATURES)
def shipped_distribution(signals: Signals, *, is_family: bool, is_unnamed: bool) -> dict[str, float]:
    """What the model that ships gives; it is not to be changed, equal signals get the same one."""
    return model().distribution(signals, is_family=is_family, is_unnamed=is_unnamed)


def model_from(stored: object) -> Model:
    """A model from its stored form; weights are kept as hundredths.

    Raises:
        DataError: the file was fitted for other labels.
    """
    if not isinstance(stored, dict) or stored.get("labels") != list(LABELS):
        raise DataError(
            "the purpose model does not fit this code", where="purpose_model.json", remedy="run `make train`"
        )
    weights = {name: _row(row) for name, row in stored["weights"].items()}
    return Model(str(stored["version"]), _row(stored["bias"]), weights)


def _row(hundredths: list[int]) -> Row:
    return tuple(value / 100 for value in hundredths)
