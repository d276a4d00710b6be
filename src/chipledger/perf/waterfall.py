"""What each technique wins back on one chip, and how much of that it would win on another chip too.

Takes a job, a restricted and an unrestricted cluster; gives, for each technique, the factor on chip-hours that it saves as the mean over all orders
in which the techniques could be added (Shapley; 8-bit formats after 16-bit ones), with an interval from constants that might as well have been fitted. The relative gain is the
factor on the restricted chip over that on the other: a technique that helps both alike wins nothing back. 16-bit formats are such a technique.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from chipledger.core.errors import InputError
from chipledger.perf.best import Job, best
from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import Constants
from chipledger.perf.constants import constants as fitted_constants
from chipledger.perf.estimate import SECONDS_PER_HOUR
from chipledger.perf.shape import ModelShape
from chipledger.perf.shapley import coalitions, reachable, shapley
from chipledger.perf.step import step_seconds
from chipledger.perf.strategy import Layouts, Sharding, Strategy
from chipledger.perf.technique import Technique, applicable, without
from chipledger.perf.validity import Choices

Floats = NDArray[np.float64]
MOST_DOUBLINGS = 5
"""As often chips are doubled for a set of techniques that does not fit on the number asked for."""
FEW = Choices(
    tensor=(1, 2, 4, 8),
    pipeline=(1, 2, 4, 8, 16, 32, 64),
    micro_batch=(1, 2, 4),
    sequence_parallel=(True, False),
    sharding=(Sharding.NONE, Sharding.OPTIMIZER, Sharding.PARAMETERS),
)
"""What is searched for each of the many sets: a coarser choice than `best` makes, the same for all."""
INSIDE = 0.8
ALIKE = 0.1
"""How far from 1 a relative gain must lie before it is called one: less is below what the model misses by."""


class Verdict(StrEnum):
    """What a technique's relative gain says."""

    WINS_BACK = "wins back"
    ALIKE = "helps both about alike"
    UNSURE = "unsure: may be either"
    HELPS_OTHER = "helps the other more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One technique.

    Args:
        technique: itself.
        factor: on chip-hours, without over with: 2 halves them.
        low: of its 80 % interval; None where no constants were drawn: then there is no interval, not one of no width.
        high: of it.
        other_factor: the same on the unrestricted chip; 1 where it has nothing to take away.
        relative: factor over other_factor: what it wins back.
        low_relative: of its 80 % interval.
        high_relative: of it.
    """

    technique: Technique
    factor: float
    low: float | None
    high: float | None
    other_factor: float
    relative: float
    low_relative: float | None
    high_relative: float | None

    @property
    def verdict(self) -> Verdict:
        """What the relative gain says: one within `ALIKE` of 1 is none, and one whose interval holds 1 is unsure."""
        if abs(self.relative - 1.0) <= ALIKE:
            return Verdict.ALIKE
        low = self.relative if self.low_relative is None else self.low_relative
        high = self.relative if self.high_relative is None else self.high_relative
        if low <= 1.0 <= high:
            return Verdict.UNSURE
        return Verdict.WINS_BACK if self.relative > 1.0 else Verdict.HELPS_OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """What techniques win back.

    Args:
        chip: the restricted cluster's id.
        other: the unrestricted one's.
        chips: of the restricted; as many of the other.
        bare_ratio: chip-hours on the restricted over those on the other, with no technique on either.
        bare_interval: 80 %, from drawn constants; None where none were drawn.
        full_ratio: with all of them on both.
        full_interval: 80 %.
        chip_hours: on the restricted, with all.
        other_chip_hours: on the other, with all.
        steps: in the order of `Technique`.
        notes: what the numbers rest on.
    """

    chip: str
    other: str
    chips: int
    bare_ratio: float
    bare_interval: tuple[float, float] | None = None
    full_ratio: float
    full_interval: tuple[float, float] | None = None
    chip_hours: float
    other_chip_hours: float
    steps: tuple[Step, ...]
    notes: tuple[str, ...]


def waterfall(
    job: Job,
    restricted: Cluster,
    unrestricted: Cluster,
    chips: int,
    *,
    draws: Sequence[Constants] = (),
    constants: Constants | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Waterfall:
    """What each technique wins back on a restricted chip.

    Args:
        job: what is trained.
        restricted: the chip in question.
        unrestricted: what it is held against.
        chips: of both.
        draws: constants that might as well have been fitted; none give no interval.
        constants: None: data/perf/constants.yaml.
        advance: called after each set of techniques, `sets` times.

    Raises:
        InputError: the job does not fit even with everything, on up to 32 times the chips.

    Source: Shapley values: Shapley (1953); sets whose model does not fit on the chips asked for are reckoned on the fewest doublings that hold
    it, in chip-hours.
    """
    given = fitted_constants() if constants is None else constants
    names = tuple(
        one for one in Technique if one in {*applicable(job, restricted), *applicable(job, unrestricted)}
    )
    here = _values(job, restricted, chips, names, given, draws, advance)
    there = _values(job, unrestricted, chips, names, given, draws, advance)
    gains, others = -shapley(here, _before(names)), -shapley(there, _before(names))
    steps = tuple(step_of(technique, gains[place], others[place]) for place, technique in enumerate(names))
    return Waterfall(
        chip=restricted.id,
        other=unrestricted.id,
        chips=chips,
        bare_ratio=float(np.exp(here[0, 0] - there[0, 0])),
        bare_interval=_interval(here[0] - there[0]),
        full_ratio=float(np.exp(here[-1, 0] - there[-1, 0])),
        full_interval=_interval(here[-1] - there[-1]),
        chip_hours=float(np.exp(here[-1, 0])),
        other_chip_hours=float(np.exp(there[-1, 0])),
        steps=steps,
        notes=_notes(restricted.id, unrestricted.id, steps, bool(draws)),
    )


def sets(job: Job, restricted: Cluster, unrestricted: Cluster) -> int:
    """How many sets of techniques are asked, for whoever shows how far it is."""
    asked = {*applicable(job, restricted), *applicable(job, unrestricted)}
    names = tuple(one for one in Technique if one in asked)
    return 2 * int(reachable(len(names), _before(names)).sum())


def _before(names: Sequence[Technique]) -> tuple[tuple[int, int], ...]:
    """8-bit formats are a step beyond 16-bit ones, which whatever surrounds their products is kept in: no order adds them first."""
    if {Technique.SIXTEEN_BIT, Technique.EIGHT_BIT} <= set(names):
        return ((names.index(Technique.SIXTEEN_BIT), names.index(Technique.EIGHT_BIT)),)
    return ()


def step_of(technique: Technique, gain: Floats, other: Floats) -> Step:
    """A technique's step from the logarithms of what it gains on both chips.

    Args:
        technique: itself.
        gain: by the fitted constants, and by each that was drawn.
        other: the same on the unrestricted chip.
    """
    relative = gain - other
    low, high = _interval(gain) or (None, None)
    low_relative, high_relative = _interval(relative) or (None, None)
    return Step(
        technique=technique,
        factor=float(np.exp(gain[0])),
        low=low,
        high=high,
        other_factor=float(np.exp(other[0])),
        relative=float(np.exp(relative[0])),
        low_relative=low_relative,
        high_relative=high_relative,
    )


def _interval(logs: Floats) -> tuple[float, float] | None:
    """Between which factors four of five drawn constants put it, the fitted ones' inside; the first is by the fitted constants."""
    if len(logs) < 2:
        return None
    edge = (1.0 - INSIDE) / 2.0
    low, high = np.quantile(logs[1:], [edge, 1.0 - edge])
    return float(np.exp(min(low, logs[0]))), float(np.exp(max(high, logs[0])))


def _values(
    job: Job,
    cluster: Cluster,
    chips: int,
    names: Sequence[Technique],
    given: Constants,
    draws: Sequence[Constants],
    advance: Callable[[], None],
) -> Floats:
    """The logarithm of chip-hours for each set (rows) by the fitted constants and by each draw (columns)."""
    has = set(applicable(job, cluster))
    rows: list[Floats] = []
    met: dict[frozenset[Technique], Floats] = {}
    nothing = np.full(1 + len(draws), np.nan)
    for row, asked in zip(coalitions(len(names)), reachable(len(names), _before(names)), strict=True):
        if not asked:
            rows.append(nothing)
            continue
        away = frozenset(name for name, used in zip(names, row, strict=True) if not used and name in has)
        if away not in met:
            met[away] = _one_set(job, cluster, chips, away, given, draws)
        rows.append(met[away])
        advance()
    return np.stack(rows)


def _one_set(
    job: Job,
    cluster: Cluster,
    chips: int,
    away: frozenset[Technique],
    given: Constants,
    draws: Sequence[Constants],
) -> Floats:
    changed, where = without(job.model_copy(update={"choices": FEW}), cluster, away)
    trouble: InputError | None = None
    for doubling in range(MOST_DOUBLINGS + 1):
        count = chips * 2**doubling
        try:
            found = best(changed, where, count, given)
        except InputError as error:
            trouble = error
            continue
        tokens = found.estimate.tokens
        hours = [found.estimate.seconds, *_recosted(changed.shape, where, count, found.strategy, draws)]
        whole = job.tokens / tokens / job.goodput * count / SECONDS_PER_HOUR
        return np.asarray(np.log(np.asarray(hours) * whole))
    assert trouble is not None
    raise trouble


def _recosted(
    shape: ModelShape, cluster: Cluster, chips: int, strategy: Strategy, draws: Sequence[Constants]
) -> list[float]:
    where, layouts = cluster.with_chips(chips), Layouts.of(strategy)
    return [float(step_seconds(shape, where, layouts, strategy.method, draw).total[0]) for draw in draws]


def _notes(chip: str, other: str, steps: Sequence[Step], is_drawn: bool) -> tuple[str, ...]:
    told = [
        "each factor is the mean over all orders in which the techniques could be added; any one order gives other numbers",
        "a relative gain of 1 means that the technique helps both chips alike and wins nothing back",
    ]
    names = {one.technique: one for one in steps}
    if (wide := names.get(Technique.SIXTEEN_BIT)) is not None:
        told.append(
            f"16-bit formats gain x {wide.factor:.2f} on {chip} and x {wide.other_factor:.2f} on {other}: the relative gain of bf16 is {wide.relative:.2f}"
            + (", which is none" if wide.verdict is Verdict.ALIKE else "")
        )
    if Technique.EXPERTS in names:
        told.append(
            "without experts the model is a dense one with the geometric mean of all and active parameters: a habit of the field, not a law"
        )
    told.append(
        "intervals tell how sure the fitted constants are, and not how wrong the form of the model may be"
        if is_drawn
        else "no interval: no other constants were drawn that might as well have been fitted"
    )
    return tuple(told)
