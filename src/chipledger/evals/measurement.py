"""One run of one benchmark on one model, item by item; or a published figure, which is a lower grade of evidence.

Made by the readers of logs and of published tables, taken by decisions and comparisons. A score is a share of an item, 0
to 1, oriented so that more is more; an item that was not scored has None, never 0, and a run in which nothing was scored has no
rate at all.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chipledger.core.errors import InputError
from chipledger.core.records import content_id
from chipledger.core.sources import Grade
from chipledger.evals.rule import Elicitation


class State(StrEnum):
    """How far a run came."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    PUBLISHED = "published"
    INVALID = "invalid"


LONGEST_MODEL_NAME = 300
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
# What its owner took back outdoes every copy from before.
_TELLS = (State.FAILED, State.PUBLISHED, State.PARTIAL, State.COMPLETE, State.INVALID)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemScore:
    """What one item of one epoch scored.

    Args:
        item: the item's own id in its benchmark.
        epoch: which repetition, from 1.
        score: the share of the item that was solved, 0 to 1; None where it was not scored.
        cluster: the group in which items stand or fall together, None if the log names none.
        refused: the model declined; counted apart from a failure, and scored all the same if the log scores it.

    Raises:
        InputError: the score is no number between 0 and 1, or a name holds what UTF-8 cannot write.
    """

    item: str
    epoch: int = 1
    score: float | None = None
    cluster: str | None = None
    refused: bool = False

    def __post_init__(self) -> None:
        if self.score is not None and not (math.isfinite(self.score) and 0.0 <= self.score <= 1.0):
            raise InputError(
                f"score {self.score} of item {self.item!r}", expected="a number from 0 to 1, or none"
            )
        _refuse_illegible(self.item, self.cluster)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A figure that somebody else printed: a rate with an interval where they gave one."""

    rate: float
    low: float | None = None
    high: float | None = None
    level: float | None = None
    items: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One run, or one published figure.

    Args:
        benchmark: the benchmark's id here.
        model: the model's name as the log prints it.
        measured_on: the day of the run, or the day of publication.
        started_at: the run's own start as it prints it; orders the runs of one day.
        elicitation: how hard the capability was drawn out.
        state: how far it came.
        grade: primary for a log that we read, else that of the cite.
        source: the log's name or the source's id; never a path of this machine.
        source_sha256: of the bytes read.
        run_id: the run's own name where it has one; two logs of one run are one measurement.
        task_version: of the benchmark, as the log prints it.
        rule_hash: of the rule under which it was run, None where the log carries none.
        items: scores by item and epoch; empty for a published figure.
        published: the printed figure, None for a run.
        budget: what the run was allowed (tokens, attempts, tools), in words.
        reason: why it is not complete.

    Raises:
        InputError: the model has no name, one too long or one of several lines, or a text holds what UTF-8 cannot write.
    """

    benchmark: str
    model: str
    measured_on: date
    started_at: str = ""
    elicitation: Elicitation
    state: State
    grade: Grade
    source: str
    source_sha256: str = ""
    run_id: str | None = None
    task_version: str | None = None
    rule_hash: str | None = None
    items: tuple[ItemScore, ...] = ()
    published: Published | None = None
    budget: str | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.model) <= LONGEST_MODEL_NAME:
            raise InputError(
                f"a model's name of {len(self.model)} letters", expected=f"1 to {LONGEST_MODEL_NAME}"
            )
        for name in (self.model, self.task_version or ""):
            if len(name.splitlines()) > 1:  # the second would stand among alarms as a line of ours
                raise InputError(f"the name {name!r} holds a line break", expected="a name of one line")
        _refuse_illegible(
            self.model, self.started_at, self.source, self.run_id, self.task_version, self.reason
        )

    @property
    def run(self) -> tuple[str, str, str]:
        """What names the run: one however often its log is copied, and whether it was read halfway or whole."""
        return self.benchmark, self.model, self.run_id or self.source_sha256 or self.source

    @property
    def id(self) -> str:
        """The measurement's content id: the run with what its log said of it."""
        scores = (
            f"{one.item}\x1e{one.epoch}\x1e{one.score}\x1e{one.cluster}\x1e{one.refused}"
            for one in self.items
        )
        return content_id(*self.run, self.state, *scores)

    @property
    def fullness(self) -> tuple[int, int, str]:
        """How much it tells of its run: of several logs of one run the one that tells most counts."""
        return _TELLS.index(self.state), len(self.scored), self.id

    @property
    def scored(self) -> tuple[ItemScore, ...]:
        """The items that have a score."""
        return tuple(one for one in self.items if one.score is not None)

    @property
    def rate(self) -> float | None:
        """The mean score; None, never 0, where nothing was scored.

        >>> run = Measurement(benchmark="b", model="m", measured_on=date(2026, 11, 1), elicitation=Elicitation.BARE,
        ...     state=State.FAILED, grade=Grade.PRIMARY, source="a.eval")
        >>> run.rate is None
        True
        """
        if self.published:
            return self.published.rate
        scored = self.scored
        return math.fsum(one.score or 0.0 for one in scored) / len(scored) if scored else None


def one_a_run(measurements: Iterable[Measurement]) -> tuple[list[Measurement], list[Measurement]]:
    """The measurements that tell most of their run, and the others.

    Args:
        measurements: any.

    Returns:
        Both in the order given; of two that are the same one is among the others.
    """
    fullest: dict[tuple[str, str, str], Measurement] = {}
    others = []
    for one in measurements:
        standing = fullest.get(one.run)
        if standing is None or one.fullness > standing.fullness:
            fullest[one.run] = one
            one = standing or one
        if fullest[one.run] is not one:
            others.append(one)
    return list(fullest.values()), others


def _refuse_illegible(*texts: str | None) -> None:
    """Refuse what no ledger could keep: NUL, and half a character (a lone surrogate), which JSON can hold."""
    for text in texts:
        if text and _NO_TEXT.search(text):
            raise InputError(f"the name {text[:40]!r} holds what is no text", expected="whole characters")
