"""A benchmark: what it asks, how it is scored, who owns its items, what running it needs.

Takes data/evals/benchmarks, one file each; gives frozen records by id. Definitions only: no item of a hazardous set is
ever carried here, and a benchmark of which no items may be kept says so in its hazard class.
"""

from datetime import date
from enum import StrEnum

from pydantic import Field

from chipledger.core.records import Record
from chipledger.core.sources import Cite


class Hazard(StrEnum):
    """What the items themselves could do in the wrong hands."""

    NEUTRAL = "neutral"
    DUAL_USE = "dual_use"
    HAZARDOUS = "hazardous"

    @property
    def may_be_kept(self) -> bool:
        """Whether items of this class may lie in the project at all."""
        return self is Hazard.NEUTRAL


class Benchmark(Record):
    """One benchmark (data/evals/benchmarks).

    Args:
        id: the file's name.
        domain: the field of capability, in a word or two.
        asks: what one item asks of the model, in our own words.
        items: how many items there are, None where the owner does not say.
        metric: what a score is (share solved, accuracy, refusal rate).
        chance: the score of a guesser, between 0 and 1.
        clusters: what groups items that stand or fall together (tasks of one codebase), None if nothing does.
        hazard: what the items themselves could do.
        licence: of the items, as their owner states it.
        task: Inspect's name of the task, None where Inspect has none.
        needs: what running it takes: sandbox, network, judge, human.
        generated: made here from a seed, so that it runs with no network.
        saturated_on: the day from which published scores leave it little room, None while they leave room.
    """

    id: str
    title: str
    domain: str
    asks: str
    items: int | None = Field(default=None, gt=0)
    metric: str
    chance: float = Field(default=0.0, ge=0.0, lt=1.0)
    clusters: str | None = None
    hazard: Hazard
    licence: str | None = None
    published_on: date | None = None
    task: str | None = None
    needs: tuple[str, ...] = ()
    generated: bool = False
    saturated_on: date | None = None
    cites: tuple[Cite, ...] = Field(min_length=1)
    note: str | None = None
