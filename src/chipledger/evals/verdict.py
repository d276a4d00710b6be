"""What a rule says of a series of runs: the outcome, the looks it rests on, and everything that stands in its way.

Made by `decide`, kept in the ledger, printed by apps. The JSON of a verdict is the same bytes for the same runs and rule, so
that a replay can be held against it: figures are rounded to six significant digits, lists are in order.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from chipledger.core.sources import Grade


class Outcome(StrEnum):
    """What may be said of a model and a threshold."""

    BELOW = "below"
    INDETERMINATE = "indeterminate"
    CROSSED = "crossed"
    NOT_MEASURABLE = "not measurable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One run as the test saw it.

    Args:
        measurement: its id.
        on: its day.
        rate: the share scored, oriented so that more is more dangerous.
        items: how many items had a score.
        refused: how many the model declined.
        log10_e_above: evidence, over this look and all before it, that the threshold is crossed; None in a fixed test.
        log10_e_below: the same that it is not reached; None in a fixed test, or while no look counts for it.
    """

    measurement: str
    on: date
    rate: float
    items: int
    refused: int
    log10_e_above: float | None = None
    log10_e_below: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A run that did not count, and why."""

    measurement: str
    on: date
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a rule says of one model on one benchmark, on one day.

    Args:
        use_case: its id.
        version: of the register entry.
        benchmark: its id.
        model: as the logs print it.
        task_version: of the benchmark, as the logs print it.
        rule_hash: the rule's name.
        on: the day up to which runs count.
        outcome: what may be said.
        rate: of the newest run that counts, or the published figure.
        low: lower bound of the rate, at the rule's alpha over all looks.
        high: upper bound.
        p_above: how surprising the runs would be of a model at the threshold's upper end; holds at any look.
        p_below: the same at its lower end, from the other side.
        crossed_on: the day of the look that crossed it.
        grade: of the evidence.
        looks: the runs that counted, in order.
        set_aside: the runs that did not.
        published: ids of the published figures beside them.
        reasons: in words, the deciding one first.
        flags: what a reader must know before using it.
    """

    use_case: str
    version: int
    benchmark: str
    model: str
    task_version: str | None
    rule_hash: str
    on: date
    outcome: Outcome
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    p_above: float | None = None
    p_below: float | None = None
    crossed_on: date | None = None
    grade: Grade | None = None
    looks: tuple[Look, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    published: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def measurements(self) -> tuple[str, ...]:
        """The ids of everything it was decided from, counted or not."""
        looks, aside = (one.measurement for one in self.looks), (one.measurement for one in self.set_aside)
        return (*looks, *aside, *self.published)

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON-ready fields, figures rounded."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def canonical(value: Any) -> str:
    """JSON that is the same text for the same value: keys sorted, no blanks, figures to six significant digits.

    >>> canonical({"b": 0.1 + 0.2, "a": [date(2026, 11, 1)]})
    '{"a":["2026-11-01"],"b":0.3}'
    """
    return json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return float(f"{value:.6g}") + 0.0  # no negative zero
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
