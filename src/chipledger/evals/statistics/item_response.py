"""Item response: how able models are and how hard tasks, from who solved what.

Two fits. `fit_items` takes a matrix of models by items, 0, 1 or missing; models are few and named, items many and
exchangeable, so abilities are parameters and difficulties are integrated out: with every item more the abilities come nearer
the truth, which joint fits of both do not promise. `fit_rates` takes a table of models by benchmarks with a share in each
cell, as agencies and hubs publish. Abilities are in logits: 1 logit more multiplies the odds of solving an item by 2.72.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import expit
from scipy.stats import chi2

from chipledger.core.errors import InputError

Array = NDArray[np.float64]

# NIST, CAISI Evaluation of DeepSeek V4 Pro (2026), figure 1: every 200 points triple the odds of solving a task.
CAISI_POINTS_PER_LOGIT = 200.0 / math.log(3.0)
# In standard deviations. The rectangle rule is near exact for normals; slopes, looser told by few models, need fewer nodes.
_DIFFICULTY_GRID, _COARSE_GRID = np.linspace(-5.0, 5.0, 81), np.linspace(-5.0, 5.0, 41)
_SLOPE_GRID = np.linspace(-3.2, 3.2, 9)
_ABILITY = (-20.0, 20.0)  # logits; beyond it no table can tell
_LOG_SPREAD, _LOG_SLOPE_SPREAD, _LOG_SLOPE = (-4.0, 2.0), (-4.0, 0.5), (-3.0, 3.0)
_SLOPE_PRIOR_SD = 0.5  # of log slope between benchmarks: keeps a benchmark of few models from a runaway slope
_TYPICAL_DISPERSION = 0.02  # of published shares: a variance of p(1-p) times this, 7 points at p = .5
_RATE_CLIP = 0.5  # of an item: a share of 0 or 1 is taken as half an item short of it


@dataclass(frozen=True, slots=True)
class ItemFit:
    """Abilities from an item-level matrix.

    Identification: item difficulties have mean 0; with slopes free, their geometric mean is 1.

    Args:
        ability: of each model, logits.
        stderr: of each ability, from the observed information of the marginal likelihood.
        difficulty: of each item, the mean of its posterior.
        slope: of each item, likewise; all 1 where slopes were fixed.
        difficulty_sd: between items.
        log_slope_sd: between items, 0 where slopes were fixed.
        log_likelihood: marginal, weighted.
    """

    ability: Array
    stderr: Array
    difficulty: Array
    slope: Array
    difficulty_sd: float
    log_slope_sd: float
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class RateFit:
    """Capabilities from a table of rates: share = sigma(slope_b (capability_m - difficulty_b)).

    Identification: capabilities have mean 0 and slopes geometric mean 1, over what the table holds.

    Args:
        capability: of each model, logits.
        difficulty: of each benchmark, on the same scale.
        slope: of each benchmark; all 1 where slopes were fixed.
        dispersion: how many times wider cells scatter than their numbers of items alone would let them.
    """

    capability: Array
    difficulty: Array
    slope: Array
    dispersion: float


def caisi_points(logits: float, *, anchor_logits: float = 0.0, anchor_points: float = 0.0) -> float:
    """An ability on CAISI's scale, on which 200 points more triple the odds of solving a task.

    Args:
        logits: the ability.
        anchor_logits: the ability of a model whose points are known.
        anchor_points: its points.

    >>> round(caisi_points(math.log(3.0)))
    200
    """
    points: float = anchor_points + CAISI_POINTS_PER_LOGIT * (logits - anchor_logits)
    return points


def fit_items(scores: Array, *, slopes: bool = False, weights: Array | None = None) -> ItemFit:
    """Abilities by marginal maximum likelihood, difficulties normal between items.

    Args:
        scores: models by items; 1 solved, 0 not, nan where a model did not see the item.
        slopes: let items differ in how sharply they part the able from the less able (2PL); else all do so alike (1PL).
        weights: of items, None for 1 each; CAISI gives every benchmark of a domain, and every domain, the same sum.

    Raises:
        InputError: a score is no 0, 1 or nan; a model or an item has none; or a model solved all or none of its items.

    Source: Bock and Aitkin (1981), Psychometrika 46: 443-459, with the roles of persons and items exchanged.

    >>> rng = np.random.default_rng(1)
    >>> solved = (rng.random((3, 400)) < expit(np.array([[-1.0], [0.0], [1.0]]) - rng.normal(size=400))) * 1.0
    >>> [round(float(one), 1) for one in fit_items(solved).ability]
    [-1.0, -0.2, 0.8]
    """
    problem = _Items.of(scores, slopes, weights)
    found = _minimised(problem, problem.start())
    return problem.fit(found)


def ability_interval(
    scores: Array, model: int, *, level: float = 0.95, slopes: bool = False
) -> tuple[float, float]:
    """The profile-likelihood interval of one model's ability.

    Args:
        scores: as for `fit_items`.
        model: its row.
        level: of confidence.
        slopes: as for `fit_items`.

    Returns:
        The abilities at which the likelihood, with all else refitted, has fallen by half the chi-squared quantile.

    Source: Venzon and Moolgavkar (1988), Applied Statistics 37: 87-94.
    """
    problem = _Items.of(scores, slopes, None)
    best = _minimised(problem, problem.start())
    floor = problem.loss(best)[0] + float(chi2.ppf(level, 1)) / 2.0
    spread = float(problem.fit(best).stderr[model])

    def excess(value: float) -> float:
        return float(problem.loss(_minimised(problem, best, held={model: value}))[0]) - floor

    return (_crossing(excess, best[model], -spread), _crossing(excess, best[model], spread))


def fit_rates(
    rates: Array, items: Array | None = None, *, slopes: bool = True, weights: Array | None = None
) -> RateFit:
    """Capabilities from a table of rates by penalised maximum quasi-likelihood.

    Args:
        rates: models by benchmarks, shares solved from 0 to 1, nan where a model was not run.
        items: of each benchmark; None where they are not known, and then every cell counts alike.
        slopes: let benchmarks differ in slope (Epoch's index); else all have slope 1 (Rasch).
        weights: of benchmarks, None for 1 each.

    Returns:
        The fit. Slopes are held near 1 by a normal penalty on their logarithms; a share of 0 or 1 is moved inwards by half an
        item, or by half a hundredth where items are not known.

    Raises:
        InputError: a rate is no share, a model or a benchmark has no cell, or the table falls into parts that no
            model joins, so that their scales cannot be compared.

    Source: Epoch AI, A Rosetta Stone for AI Benchmarks (2025), section 2; Rasch (1960).

    >>> capability, difficulty = np.array([[-1.0], [0.0], [1.0]]), np.array([-0.5, 0.5])
    >>> [round(float(one), 2) for one in fit_rates(expit(capability - difficulty), slopes=False).capability]
    [-1.0, 0.0, 1.0]
    """
    problem = _Rates.of(rates, items, slopes, weights)
    return problem.fit(_minimised(problem, problem.start()))


def rate_draws(
    rates: Array,
    items: Array | None = None,
    *,
    draws: int,
    seed: int,
    slopes: bool = True,
    weights: Array | None = None,
) -> Array:
    """Capabilities refitted on tables whose benchmarks were drawn again with replacement.

    Args:
        rates: as for `fit_rates`.
        items: as for `fit_rates`.
        draws: how many.
        seed: of the draws.
        slopes: as for `fit_rates`.
        weights: as for `fit_rates`.

    Returns:
        Draws by models; nan where a draw holds no benchmark of a model, or does not join it to the rest.

    Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 8, benchmarks as the units.
    """
    rng = np.random.default_rng(seed)
    base = np.ones(rates.shape[1]) if weights is None else weights
    fitted = _Rates.of(rates, items, slopes, weights)
    start = _minimised(fitted, fitted.start())
    return np.array([_rate_draw(rates, items, slopes, base, start, rng) for _ in range(draws)])


def _rate_draw(
    rates: Array, items: Array | None, slopes: bool, weights: Array, start: Array, rng: np.random.Generator
) -> Array:
    """One draw: a benchmark drawn twice weighs twice, one not drawn falls away."""
    models, benchmarks = rates.shape
    counts = rng.multinomial(benchmarks, np.full(benchmarks, 1.0 / benchmarks)).astype(float)
    seen = np.isfinite(rates) & (counts > 0)
    joined = _largest_joined(seen)
    kept = np.asarray(seen[joined].any(axis=0))
    problem = _Rates.of(
        rates[joined][:, kept], None if items is None else items[kept], slopes, (weights * counts)[kept]
    )
    held = np.concatenate([joined, kept] + ([kept] if slopes else []))
    found = problem.fit(_minimised(problem, start[held]))
    capability = np.full(models, np.nan)
    capability[joined] = found.capability
    return capability


def anchored(values: Array, first: tuple[int, float], second: tuple[int, float]) -> Array:
    """Values moved and stretched so that two of them stand where a published scale puts them.

    Args:
        values: in the last axis one for each model.
        first: a model's place in that axis, and its value on the published scale.
        second: another's.

    >>> anchored(np.array([0.0, 1.0, 3.0]), (0, 100.0), (1, 110.0)).tolist()
    [100.0, 110.0, 130.0]
    """
    (i, at_i), (j, at_j) = first, second
    start, stop = values[..., i, None], values[..., j, None]
    return at_i + (values - start) * (at_j - at_i) / (stop - start)


@dataclass(frozen=True)
class _Items:
    """The marginal likelihood of an item matrix. Parameters: abilities, log difficulty_sd, and log log_slope_sd with slopes."""

    solved: Array  # models by items, 0 where not seen
    seen: Array  # models by items, 1 or 0
    weights: Array
    difficulty: Array  # nodes, in standard deviations
    slope: Array  # nodes, likewise; 0 where slopes are fixed
    log_mass: Array  # nodes
    slopes: bool

    @classmethod
    def of(cls, scores: Array, slopes: bool, weights: Array | None) -> "_Items":
        seen = np.isfinite(scores)
        _check_items(scores, seen)
        x, z = (_COARSE_GRID, _SLOPE_GRID) if slopes else (_DIFFICULTY_GRID, np.zeros(1))
        difficulty, slope = (grid.ravel() for grid in np.meshgrid(x, z, indexing="ij"))
        log_mass = -(difficulty**2 + slope**2) / 2.0
        return cls(
            solved=np.where(seen, scores, 0.0),
            seen=seen.astype(float),
            weights=np.ones(scores.shape[1]) if weights is None else weights,
            difficulty=difficulty,
            slope=slope,
            log_mass=log_mass - math.log(float(np.exp(log_mass).sum())),
            slopes=slopes,
        )

    def start(self) -> Array:
        share = (self.solved.sum(axis=1) + 0.5) / (self.seen.sum(axis=1) + 1.0)
        return np.concatenate([np.log(share / (1.0 - share)), [0.0], [-1.0] if self.slopes else []])

    def bounds(self) -> list[tuple[float, float]]:
        spreads = [_LOG_SPREAD] + ([_LOG_SLOPE_SPREAD] if self.slopes else [])
        return [_ABILITY] * len(self.solved) + spreads

    def loss(self, parameters: Array) -> tuple[float, Array]:
        log_likelihood, scores = self._by_item(parameters)
        return float(-self.weights @ log_likelihood), -self.weights @ scores

    def _logits(self, parameters: Array) -> tuple[Array, Array, Array]:
        """Logits of each model at each node, with the nodes' slopes and difficulties."""
        ability, rest = parameters[: len(self.solved)], np.exp(parameters[len(self.solved) :])
        slope = np.exp(rest[1] * self.slope) if self.slopes else np.ones_like(self.slope)
        difficulty = rest[0] * self.difficulty
        return slope * (ability[:, None] - difficulty), slope, difficulty  # models by nodes

    def _posterior(self, logits: Array) -> tuple[Array, Array]:
        right, tried = _over_models(self.solved, logits), _over_models(self.seen, np.logaddexp(0.0, logits))
        at_node = right - tried + self.log_mass
        highest = at_node.max(axis=1, keepdims=True)
        mass = np.exp(at_node - highest)
        total = mass.sum(axis=1, keepdims=True)
        return (highest + np.log(total))[:, 0], mass / total  # items, items by nodes

    def _by_item(self, parameters: Array) -> tuple[Array, Array]:
        """The log likelihood of each item and its gradient, items by parameters."""
        logits, slope, difficulty = self._logits(parameters)
        log_likelihood, posterior = self._posterior(logits)
        expected = expit(logits)

        def gradient(change: Array) -> Array:  # change of each logit with a parameter, models by nodes
            right, tried = _over_nodes(posterior, change), _over_nodes(posterior, change * expected)
            return self.solved.T * right - self.seen.T * tried

        ability = gradient(np.broadcast_to(slope, logits.shape))
        columns = [
            ability,
            gradient(np.broadcast_to(-slope * difficulty, logits.shape)).sum(axis=1, keepdims=True),
        ]
        if self.slopes:
            rate = math.exp(parameters[-1]) * self.slope
            columns.append(gradient(rate * logits).sum(axis=1, keepdims=True))
        return log_likelihood, np.concatenate(columns, axis=1)

    def fit(self, parameters: Array) -> ItemFit:
        logits, slope, difficulty = self._logits(parameters)
        log_likelihood, posterior = self._posterior(logits)
        models = len(self.solved)
        return ItemFit(
            ability=parameters[:models],
            stderr=np.sqrt(np.diag(self._covariance(parameters)))[:models],
            difficulty=posterior @ difficulty,
            slope=posterior @ slope,
            difficulty_sd=math.exp(parameters[models]),
            log_slope_sd=math.exp(parameters[-1]) if self.slopes else 0.0,
            log_likelihood=float(self.weights @ log_likelihood),
        )

    def _covariance(self, parameters: Array) -> Array:
        """The sandwich: right for weighted items too, and where difficulties are not quite normal."""
        step = 1e-4
        moves = np.eye(len(parameters)) * step
        hessian = np.array([self.loss(parameters + m)[1] - self.loss(parameters - m)[1] for m in moves]) / (
            2 * step
        )
        scores = self._by_item(parameters)[1] * self.weights[:, None]
        bread = np.linalg.pinv((hessian + hessian.T) / 2.0)
        covariance: Array = bread @ (scores.T @ scores) @ bread
        return covariance


def _over_models(scores: Array, at_node: Array) -> Array:
    """Items by nodes. Not a matrix product: on several threads, products as thin as these take ten times as long."""
    summed: Array = np.einsum("mj,mk->jk", scores, at_node)
    return summed


def _over_nodes(posterior: Array, at_node: Array) -> Array:
    """Items by models."""
    summed: Array = np.einsum("jk,mk->jm", posterior, at_node)
    return summed


def _check_items(scores: Array, seen: NDArray[np.bool_]) -> None:
    if not np.isin(scores[seen], (0.0, 1.0)).all():
        raise InputError(
            "a score is neither 0 nor 1",
            where="fit_items",
            expected="0, 1, or nan where an item was not seen",
        )
    if not seen.any(axis=0).all() or not seen.any(axis=1).all():
        raise InputError("a model or an item has no score at all", where="fit_items", remedy="leave it out")
    share = np.nanmean(scores, axis=1)
    for model in np.flatnonzero((share == 0.0) | (share == 1.0)):
        raise InputError(f"model {model} solved {'every item' if share[model] else 'no item'}", where="fit_items",
                         expected="some solved and some not: its ability has no bound", remedy="add items that it fails or solves")  # fmt: skip


@dataclass(frozen=True)
class _Rates:
    """The penalised quasi-likelihood of a table. Parameters: capabilities, difficulties, and log slopes where they are free."""

    rates: Array  # models by benchmarks, 0 where not run
    cells: Array  # models by benchmarks, the weight of each cell
    trials: Array  # benchmarks, the items behind a cell
    slopes: bool

    @classmethod
    def of(cls, rates: Array, items: Array | None, slopes: bool, weights: Array | None) -> "_Rates":
        seen = np.isfinite(rates)
        _check_rates(rates, seen)
        trials = np.ones(rates.shape[1]) if items is None else items
        inwards = _RATE_CLIP / np.where(trials > 1.0, trials, 100.0)
        clipped = np.clip(np.where(seen, rates, 0.5), inwards, 1.0 - inwards)
        by_benchmark = trials if weights is None else trials * weights
        return cls(
            rates=np.where(seen, clipped, 0.0), cells=seen * by_benchmark, trials=trials, slopes=slopes
        )

    def start(self) -> Array:
        models, benchmarks = self.rates.shape
        return np.zeros(models + benchmarks * (2 if self.slopes else 1))

    def bounds(self) -> list[tuple[float, float]]:
        models, benchmarks = self.rates.shape
        return [_ABILITY] * (models + benchmarks) + [_LOG_SLOPE] * (benchmarks if self.slopes else 0)

    def _parts(self, parameters: Array) -> tuple[Array, Array, Array]:
        models, benchmarks = self.rates.shape
        capability, difficulty = parameters[:models], parameters[models : models + benchmarks]
        return (
            capability,
            difficulty,
            np.exp(parameters[models + benchmarks :]) if self.slopes else np.ones(benchmarks),
        )

    def loss(self, parameters: Array) -> tuple[float, Array]:
        capability, difficulty, slope = self._parts(parameters)
        gap = capability[:, None] - difficulty
        logits = slope * gap
        value = float((self.cells * (np.logaddexp(0.0, logits) - self.rates * logits)).sum())
        residual = self.cells * (expit(logits) - self.rates)
        free = [(residual * slope).sum(axis=1), -(residual * slope).sum(axis=0)]
        if self.slopes:
            free.append((residual * logits).sum(axis=0))
        penalty = self._precisions()
        return value + float(penalty @ parameters**2) / 2.0, np.concatenate(free) + penalty * parameters

    def _precisions(self) -> Array:
        """Of the normal penalties: next to none on places, some on log slopes, as strong as a cell's own scatter allows."""
        models, benchmarks = self.rates.shape
        scale = float(np.median(self.trials)) * _TYPICAL_DISPERSION
        places = np.full(models + benchmarks, 1e-3 * scale)
        return np.concatenate([places, np.full(benchmarks if self.slopes else 0, scale / _SLOPE_PRIOR_SD**2)])

    def fit(self, parameters: Array) -> RateFit:
        capability, difficulty, slope = self._parts(parameters)
        share = expit(slope * (capability[:, None] - difficulty))
        pearson = self.cells * (self.rates - share) ** 2 / (share * (1.0 - share))
        freedom = max(1, int((self.cells > 0).sum()) - len(parameters))
        stretch = float(np.exp(np.log(slope).mean()))
        middle = capability.mean()
        return RateFit(
            capability=(capability - middle) * stretch,
            difficulty=(difficulty - middle) * stretch,
            slope=slope / stretch,
            dispersion=float(pearson.sum()) / freedom,
        )


def _check_rates(rates: Array, seen: NDArray[np.bool_]) -> None:
    if not ((rates[seen] >= 0.0) & (rates[seen] <= 1.0)).all():
        raise InputError(
            "a rate is no share", where="fit_rates", expected="0 to 1, or nan where a model was not run"
        )
    if not seen.any(axis=0).all() or not seen.any(axis=1).all():
        raise InputError("a model or a benchmark has no cell", where="fit_rates", remedy="leave it out")
    apart = np.flatnonzero(~_largest_joined(seen))
    if apart.size:
        raise InputError(f"models {apart[:5].tolist()} share no chain of benchmarks with the rest", where="fit_rates",
                         expected="one table that benchmarks in common hold together", remedy="fit the parts apart")  # fmt: skip


def _largest_joined(seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The models of the largest part of a table in which benchmarks in common join every model to every other."""
    left = np.asarray(seen.any(axis=1))
    best = np.zeros_like(left)
    while left.any():
        part = np.zeros_like(left)
        part[np.argmax(left)] = True
        while (grown := np.asarray(seen[:, seen[part].any(axis=0)].any(axis=1))).sum() > part.sum():
            part = grown
        best = part if part.sum() > best.sum() else best
        left &= ~part
    return best


def _minimised(problem: "_Items | _Rates", start: Array, held: dict[int, float] | None = None) -> Array:
    """Where the loss is least; `held` parameters stand still at the values given."""
    start, bounds = start.copy(), problem.bounds()
    for index, value in (held or {}).items():
        start[index], bounds[index] = value, (value, value)
    found = minimize(problem.loss, start, jac=True, method="L-BFGS-B", bounds=bounds,
                     options={"maxiter": 2000, "maxfun": 5000, "ftol": 1e-11, "gtol": 1e-6})  # fmt: skip
    return np.asarray(found.x, dtype=float)


def _crossing(excess: Callable[[float], float], start: float, step: float) -> float:
    """Where `excess` passes 0, going out from `start` by steps that double."""
    inner, outer = start, start + step
    while excess(outer) < 0.0:
        step *= 2.0
        inner, outer = outer, outer + step
    return float(brentq(excess, inner, outer, xtol=1e-3))
