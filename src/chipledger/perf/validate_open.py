"""Rows that tell a rate and no layout, held against the best layout that a search finds.

Takes open rows (`rows`); gives for each the rate of its best layout and the interval of that. Nobody runs faster than the best, so a measured
rate above the interval contradicts the model; how far below it lies says what was left on the table, or what the row does not tell.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chipledger.core.errors import InputError
from chipledger.perf.best import Job, best
from chipledger.perf.constants import Constants
from chipledger.perf.rows import Open, Refused
from chipledger.perf.strategy import Strategy

ANY_TOKENS = 1e12
"""Of a whole run, which a search asks for and a step does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChecked:
    """One row and its best layout.

    Args:
        open: the row.
        best: tokens a second and chip of the best layout.
        low: of its interval.
        high: of its interval.
        strategy: the layout.
    """

    open: Open
    best: float
    low: float
    high: float
    strategy: Strategy

    @property
    def of_best(self) -> float:
        """Measured rate over that of the best layout."""
        return self.open.tokens_per_second_per_chip / self.best

    @property
    def is_possible(self) -> bool:
        """Whether the measured rate is no higher than the interval of the best."""
        return self.open.tokens_per_second_per_chip <= self.high


def validate_open(
    rows: Sequence[Open], constants: Constants | None = None, advance: Callable[[], None] = lambda: None
) -> tuple[tuple[OpenChecked, ...], tuple[Refused, ...]]:
    """Search the best layout of each row.

    Args:
        rows: open ones.
        constants: None: data/perf/constants.yaml.
        advance: called after each row.

    Returns:
        The rows with a layout that fits, and those without one.
    """
    checked: list[OpenChecked] = []
    refused: list[Refused] = []
    for one in rows:
        try:
            checked.append(_checked(one, constants))
        except InputError as error:
            refused.append(Refused(row=one.row, line=one.line, reason=error.what))
        advance()
    return tuple(checked), tuple(refused)


def _checked(one: Open, constants: Constants | None) -> OpenChecked:
    row = one.row
    job = Job(
        shape=one.shape,
        tokens=ANY_TOKENS,
        sequence_length=row.seq,
        formats=(one.method.format,),
        method=one.method,
    )
    if row.global_batch:
        job = job.model_copy(
            update={"tokens_of_a_step": row.global_batch * (row.seq or one.shape.sequence_length)}
        )
    chosen = best(job, one.cluster, row.chips or one.cluster.chips, constants)
    found = chosen.estimate
    rate = found.tokens_per_second_per_chip
    return OpenChecked(
        open=one,
        best=rate,
        low=rate * found.seconds / found.high_seconds,
        high=rate * found.seconds / found.low_seconds,
        strategy=chosen.strategy,
    )
