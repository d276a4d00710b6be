"""Fit the few constants of the model on published runs, and say how far it is off where it has not looked.

Takes questions with known layout and the constants before any fit (their values are the middles of priors); gives the constants that suit the
runs and the priors best, how sure they are, and for every run what is told of it when its whole group was left out. Robust regression on the
logarithm of a step's time: a few runs that no constant explains do not bend the rest, and a group of many rows does not outvote the others.
Nothing is fitted for one run or one model.

Source: soft L1 loss: Charbonnier et al., IEEE TIP 6 (1997); regression with priors as penalties: Gelman et al., Bayesian Data Analysis (2013),
section 14.8; leave-one-group-out: Roberts et al., Ecography 40 (2017); bootstrap over groups: Davison and Hinkley, Bootstrap Methods (1997),
section 3.8.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from chipledger.core.errors import InputError
from chipledger.perf.constants import ChipConstants, Constants, SoftwareConstants
from chipledger.perf.rows import Question
from chipledger.perf.runs import Batch, batches, predicted_seconds
from chipledger.perf.spread import Family, Spread, family_of

Floats = NDArray[np.float64]
RESIDUAL = 0.08
"""The standard deviation of log time that priors are weighed against, and beyond which a run counts less than by its square."""
GROUP_POWER = 0.5
"""Of n rows of a group, n to this power count: 1 would let the largest groups decide, 0 give each one voice."""
PROVENANCE: Mapping[str, float] = {"recalled_crosschecked": 0.5, "secondary": 0.25}
"""What rows weigh that were not read at their source; others 1."""
STEP = 1e-3
"""Of a constant's logarithm, to see what it changes."""
ROUNDS = 8
"""Of the fit at most; of each fit without a group, which begins at the whole one, `LEFT_OUT_ROUNDS`."""
LEFT_OUT_ROUNDS = 5
LONG_WAY = 0.15
"""Of a constant's logarithm, after which slopes are taken anew."""
SETTLED = 1e-3
"""Of the loss, below which a step is none."""
FEWEST_ROWS = 20
LEAST_SIDE = 0.02
"""Of an interval on either side, in the logarithm: published times are rounded to about as much."""
TAIL = 0.1
"""Of runs on either side of an interval of 80 %."""
_Advance = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a calibration found.

    Args:
        constants: fitted.
        names: of the constants that were fitted.
        values: of them.
        log_sd: of their logarithms, by bootstrap over groups.
        drawn: their values in each resample, resamples x constants.
        asked: n questions.
        fitted: seconds of a step, n.
        left_out: the same, by constants that were fitted without the run's group, n.
    """

    constants: Constants
    names: tuple[str, ...]
    values: Floats
    log_sd: Floats
    drawn: Floats
    asked: tuple[Question, ...]
    fitted: Floats
    left_out: Floats


@dataclass(frozen=True, slots=True)
class _Runs:
    """The runs of a fit, and what never changes about them."""

    made: tuple[Batch, ...]
    owners: tuple[str, ...]
    measured: Floats
    weights: Floats
    groups: NDArray[np.str_]
    start: Constants
    names: tuple[str, ...]
    middle: Floats
    width: Floats
    low: Floats
    high: Floats

    def log_seconds(self, logs: Floats, owner: str | None = None) -> Floats:
        """Of all runs, or of those whose chips are of one class; nan for the others."""
        given = self.start.with_vector(np.exp(logs), self.names)
        among = [
            one for one, own in zip(self.made, self.owners, strict=True) if owner is None or own == owner
        ]
        return np.log(predicted_seconds(among, len(self.measured), given))


def calibrate(
    asked: Sequence[Question],
    start: Constants,
    *,
    resamples: int = 200,
    seed: int = 0,
    leave_out: bool = True,
    advance: _Advance = lambda: None,
) -> Fit:
    """Fit the constants.

    Args:
        asked: questions; those with known layout are taken.
        start: the constants before any fit; their values are the middles of the priors.
        resamples: of the bootstrap.
        seed: of it.
        leave_out: whether each group is left out in turn; `left_out` is else what was fitted.
        advance: called after each of `steps` parts of the work.

    Raises:
        InputError: too few runs, a constant of no value, or scipy is not there.
    """
    known = tuple(one for one in asked if one.known_layout)
    if len(known) < FEWEST_ROWS:
        raise InputError(
            f"{len(known)} runs with known layout",
            where="perf calibrate",
            expected=f"{FEWEST_ROWS} or more: tp, pp, global_batch and a time or rate",
        )
    optimize = _scipy()
    runs = _prepared(known, start)
    logs = _whole_fit(runs, optimize, advance)
    slopes = _slopes(runs, logs)
    advance()
    seconds = runs.log_seconds(logs)
    apart = seconds.copy()
    if leave_out:
        for group in dict.fromkeys(runs.groups.tolist()):
            inside = runs.groups == group
            without = _refit(runs, optimize, logs, slopes, np.where(inside, 0.0, runs.weights))
            apart[inside] = runs.log_seconds(without)[inside]
            advance()
    drawn = _bootstrap(runs, optimize, logs, slopes, seconds, resamples, seed)
    return Fit(
        constants=start.with_vector(np.exp(logs), runs.names),
        names=runs.names,
        values=np.exp(logs),
        log_sd=np.std(drawn, axis=0) if len(drawn) else np.full(len(logs), np.nan),
        drawn=np.exp(drawn),
        asked=known,
        fitted=np.exp(seconds),
        left_out=np.exp(apart),
    )


def steps(asked: Sequence[Question]) -> int:
    """Parts of the work of `calibrate`, for whoever shows how far it is.

    Args:
        asked: the same questions.
    """
    return ROUNDS + 1 + len({one.group for one in asked if one.known_layout})


def spreads_of(fit: Fit) -> tuple[Spread, ...]:
    """How far runs lay from what was told of them with their group left out, by family, each group with the weight of the fit.

    Args:
        fit: a calibration that left groups out.

    Returns:
        Factors on an estimate; families without runs are left out.
    """
    measured = np.array([one.measured for one in fit.asked])
    found = np.log(measured / fit.left_out)
    families = np.array([family_of(one.shape, one.cluster, one.strategy).value for one in fit.asked])
    groups = np.array([one.group for one in fit.asked])
    spreads: list[Spread] = []
    for family in Family:
        chosen = families == family.value
        if not chosen.any():
            continue
        weights = _group_weights(groups[chosen])
        low, high = (_quantile(found[chosen], weights, each) for each in (TAIL, 1.0 - TAIL))
        spreads.append(
            Spread(
                family=family,
                low=round(float(np.exp(min(low, -LEAST_SIDE))), 3),
                high=round(float(np.exp(max(high, LEAST_SIDE))), 3),
                rows=int(chosen.sum()),
                groups=len(set(groups[chosen].tolist())),
            )
        )
    return tuple(spreads)


def _scipy() -> ModuleType:
    try:
        from scipy import optimize
    except ModuleNotFoundError:
        raise InputError(
            "fitting needs scipy",
            where="perf calibrate",
            remedy="install it with `pip install chipledger[stats]`",
        ) from None
    return optimize  # type: ignore[no-any-return]


def _prepared(known: tuple[Question, ...], start: Constants) -> _Runs:
    made = batches(known)
    owners = tuple(start.of_chip(one.cluster.rates)[0].id for one in made)
    present = set(owners)
    names = tuple(name for name in start.names() if name.split(".")[0] in present | {"software"})
    sds = dict(zip(start.names(), start.log_sds().tolist(), strict=True))
    values = dict(zip(start.names(), start.vector().tolist(), strict=True))
    nothing = [name for name in names if not values[name] > 0]
    if nothing:
        raise InputError(
            f"{nothing[0]} is {values[nothing[0]]:g}", where="perf calibrate", expected="a value above 0 to fit from"
        )  # fmt: skip
    groups = np.array([one.group for one in known])
    told = np.array([PROVENANCE.get(one.row.provenance or "", 1.0) for one in known])
    low, high = zip(*(_limits(name) for name in names), strict=True)
    middle = np.log([values[name] for name in names])
    return _Runs(
        made=made,
        owners=owners,
        measured=np.array([one.measured for one in known]),
        weights=told * _group_weights(groups),
        groups=groups,
        start=start,
        names=names,
        middle=middle,
        width=np.array([sds[name] for name in names]),
        low=np.minimum(np.array(low), middle - 1e-6),
        high=np.maximum(np.array(high), middle + 1e-6),
    )


def _group_weights(groups: NDArray[np.str_]) -> Floats:
    counts = {group: int((groups == group).sum()) for group in set(groups.tolist())}
    return np.array([counts[group] ** (GROUP_POWER - 1.0) for group in groups.tolist()])


def _limits(name: str) -> tuple[float, float]:
    """The logarithms between which a constant may lie, by its record."""
    owner, field = name.split(".")
    record = SoftwareConstants if owner == "software" else ChipConstants
    low, high = -np.inf, np.inf
    for one in record.model_fields[field].metadata:
        least, most = getattr(one, "ge", getattr(one, "gt", None)), getattr(one, "le", None)
        low = np.log(least) if least else low
        high = np.log(most) if most else high
    return float(low), float(high)


def _softened(residuals: Floats) -> Floats:
    """Residuals whose squares are the soft L1 loss of the given ones."""
    return np.asarray(np.sign(residuals) * np.sqrt(2.0 * (np.sqrt(1.0 + residuals**2) - 1.0)))


def _softened_slope(residuals: Floats) -> Floats:
    soft = np.abs(_softened(residuals))
    steep = np.abs(residuals) / np.sqrt(1.0 + residuals**2)
    return np.where(soft > 1e-6, steep / np.maximum(soft, 1e-9), 1.0)


def _residuals(runs: _Runs, log_seconds: Floats, logs: Floats, weights: Floats) -> Floats:
    of_runs = (log_seconds - np.log(runs.measured)) / RESIDUAL
    return np.concatenate([np.sqrt(weights) * _softened(of_runs), (logs - runs.middle) / runs.width])


def _slopes(runs: _Runs, logs: Floats) -> Floats:
    """What each constant's logarithm changes of each run's: rows x constants."""
    base = runs.log_seconds(logs)
    found = np.zeros((len(base), len(logs)))
    for place, name in enumerate(runs.names):
        owner = name.split(".")[0]
        step = -STEP if logs[place] + STEP > runs.high[place] else STEP
        moved = logs.copy()
        moved[place] += step
        seconds = runs.log_seconds(moved, None if owner == "software" else owner)
        found[:, place] = np.where(np.isnan(seconds), 0.0, (seconds - base) / step)
    return found


def _jacobian(runs: _Runs, slopes: Floats, log_seconds: Floats, weights: Floats) -> Floats:
    of_runs = (log_seconds - np.log(runs.measured)) / RESIDUAL
    factors = np.sqrt(weights) * _softened_slope(of_runs) / RESIDUAL
    return np.concatenate([factors[:, None] * slopes, np.diag(1.0 / runs.width)])


def _moved(
    runs: _Runs, optimize: ModuleType, logs: Floats, slopes: Floats, seconds: Floats, weights: Floats
) -> Floats:
    """One step of Gauss and Newton within the limits."""
    jacobian = _jacobian(runs, slopes, seconds, weights)
    residuals = _residuals(runs, seconds, logs, weights)
    low, high = np.minimum(runs.low - logs, -1e-12), np.maximum(runs.high - logs, 1e-12)
    step = optimize.lsq_linear(jacobian, -residuals, bounds=(low, high), lsmr_tol="auto").x
    return np.asarray(np.clip(logs + step, runs.low, runs.high))


def _loss(runs: _Runs, seconds: Floats, logs: Floats, weights: Floats) -> float:
    return float((_residuals(runs, seconds, logs, weights) ** 2).sum())


def _better(
    runs: _Runs, optimize: ModuleType, logs: Floats, slopes: Floats, seconds: Floats, weights: Floats
) -> tuple[Floats, Floats, bool]:
    """One step, halved until it is downhill; where none is, the place itself."""
    goal = _moved(runs, optimize, logs, slopes, seconds, weights)
    now = _loss(runs, seconds, logs, weights)
    for part in (1.0, 0.5, 0.25, 0.1):
        tried = logs + part * (goal - logs)
        found = runs.log_seconds(tried)
        if _loss(runs, found, tried, weights) < now * (1.0 - SETTLED):
            return tried, found, True
    return logs, seconds, False


def _whole_fit(runs: _Runs, optimize: ModuleType, advance: _Advance) -> Floats:
    logs = np.clip(runs.middle, runs.low, runs.high)
    seconds, goes_on = runs.log_seconds(logs), True
    for _ in range(ROUNDS):
        if goes_on:
            slopes = _slopes(runs, logs)
            logs, seconds, goes_on = _better(runs, optimize, logs, slopes, seconds, runs.weights)
        advance()
    return logs


def _refit(runs: _Runs, optimize: ModuleType, whole: Floats, slopes: Floats, weights: Floats) -> Floats:
    """The fit with other weights, from the whole one; every step is checked on the model itself, and slopes are taken anew after a long way."""
    logs, seconds = whole, runs.log_seconds(whole)
    begun = whole
    for _ in range(LEFT_OUT_ROUNDS):
        logs, seconds, goes_on = _better(runs, optimize, logs, slopes, seconds, weights)
        far = bool(np.abs(logs - begun).max() > LONG_WAY)
        if not goes_on and not far:
            break
        if far:
            slopes, begun = _slopes(runs, logs), logs
    return logs


def _bootstrap(
    runs: _Runs, optimize: ModuleType, logs: Floats, slopes: Floats, seconds: Floats, resamples: int, seed: int
) -> Floats:  # fmt: skip
    """The constants' logarithms for groups drawn anew, resamples x constants, each by one step from the whole fit."""
    generator = np.random.default_rng(seed)
    groups = np.array(sorted(set(runs.groups.tolist())))
    drawn = []
    for _ in range(resamples):
        counts = np.bincount(generator.integers(len(groups), size=len(groups)), minlength=len(groups))
        often = counts[np.searchsorted(groups, runs.groups)]
        drawn.append(_moved(runs, optimize, logs, slopes, seconds, runs.weights * often))
    return np.array(drawn).reshape(-1, len(logs))


def _quantile(values: Floats, weights: Floats, part: float) -> float:
    """A quantile of weighted values, between the two nearest."""
    order = np.argsort(values)
    reached = (np.cumsum(weights[order]) - 0.5 * weights[order]) / weights.sum()
    return float(np.interp(part, reached, values[order]))
