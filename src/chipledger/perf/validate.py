"""How far off the model is on published runs: run by run, by stratum and by group, in ratios, intervals and against one line.

Takes questions (`rows`) and whatever predicts them; gives one report of frozen records. An error is always predicted over measured less 1, in
the time of a step. Runs whose layout is not known are told apart; rows that were refused are listed with their reasons. Nothing here fits
anything: constants that were fitted on the same rows flatter, and `calibrate` gives predictions with each group left out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipledger.perf.baseline import one_line_seconds
from chipledger.perf.constants import Constants
from chipledger.perf.constants import constants as fitted_constants
from chipledger.perf.pairs import Ratio, pairs, ratios
from chipledger.perf.published import Row
from chipledger.perf.rows import Open, Question, Refused, Stratum, questions
from chipledger.perf.runs import batches, predicted_terms
from chipledger.perf.spread import interval_of
from chipledger.perf.step import TERMS

Floats = NDArray[np.float64]
MISSED = 0.2
"""Of runs, that an interval of 80 % leaves outside."""
ALL = "all with known layout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """What something says of n runs.

    Args:
        seconds: of a step.
        low: one run in ten is quicker.
        high: one run in ten is slower.
        terms: n x terms, in the order of `TERMS`; they add up to `seconds`. None where it has none.
    """

    seconds: Floats
    low: Floats
    high: Floats
    terms: Floats | None = None


Predictor = Callable[[Sequence[Question]], Predictions]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One run, predicted and measured.

    Args:
        question: of the row.
        predicted: seconds of a step.
        low: of its interval.
        high: of its interval.
        one_line: seconds by the one-line predictor.
        terms: of the prediction.
    """

    question: Question
    predicted: float
    low: float
    high: float
    one_line: float
    terms: Mapping[str, float]

    @property
    def error(self) -> float:
        """Predicted over measured, less 1."""
        return self.predicted / self.question.measured - 1.0

    @property
    def is_covered(self) -> bool:
        """Whether the measurement lies in the interval."""
        return self.low <= self.question.measured <= self.high

    @property
    def interval_score(self) -> float:
        """Of the logarithms: width, and ten times what the measurement lies outside (Gneiting and Raftery, JASA 102 (2007), section 6.2)."""
        low, high, measured = np.log([self.low, self.high, self.question.measured])
        outside = max(low - measured, 0.0) + max(measured - high, 0.0)
        return float(high - low + 2.0 / MISSED * outside)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Errors of some runs; all but rows and groups are parts, not percent.

    Args:
        name: of the runs.
        rows: how many.
        groups: that they come from.
        mean: of the absolute errors.
        median: of them.
        p90: of them.
        worst: of them.
        bias: mean of the signed errors.
        covered: of the runs, by their intervals.
        half_width: of the median interval.
        interval_score: the mean.
        one_line: mean absolute error of the one-line predictor.
    """

    name: str
    rows: int
    groups: int
    mean: float
    median: float
    p90: float
    worst: float
    bias: float
    covered: float
    half_width: float
    interval_score: float
    one_line: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RowScore:
    """Errors of some runs by some constants; parts, not percent.

    Args:
        constants: how they were found.
        runs: which runs.
        rows: how many.
        mean: of the absolute errors.
        median: of them.
        p90: of them.
        worst: of them.
        bias: mean of the signed errors.
    """

    constants: str
    runs: str
    rows: int
    mean: float
    median: float
    p90: float
    worst: float
    bias: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioScore:
    """How pairs that differ in one factor are told; parts, not percent.

    Args:
        factor: in which they differ.
        pairs: how many.
        median: of the absolute errors of the ratio.
        p90: of them.
        clear: pairs whose measured change is clear.
        right_way: of those.
    """

    factor: str
    pairs: int
    median: float
    p90: float
    clear: int
    right_way: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """What one term is worth: the errors of runs with known layout where it is taken for nothing."""

    term: str
    mean: float
    median: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of a validation.

    Args:
        checked: run by run.
        total: of runs with known layout.
        strata: of them, by stratum.
        groups: of all runs, by group.
        ratios: by factor, of runs with known layout; the last is of all.
        refused: rows that cannot be asked.
        open: rows without a layout.
    """

    checked: tuple[Checked, ...]
    total: Score
    strata: tuple[Score, ...]
    groups: tuple[Score, ...]
    ratios: tuple[RatioScore, ...]
    refused: tuple[Refused, ...]
    open: tuple[Open, ...]


def by_model(constants: Constants | None = None) -> Predictor:
    """The model as a predictor.

    Args:
        constants: None: data/perf/constants.yaml.
    """

    def predict(asked: Sequence[Question]) -> Predictions:
        given = fitted_constants() if constants is None else constants
        terms = predicted_terms(batches(asked), len(asked), given)
        seconds = terms.sum(axis=1)
        found = [interval_of(one.shape, one.cluster, one.strategy, given) for one in asked]
        return Predictions(
            seconds=seconds,
            low=seconds * np.array([one.low for one in found]),
            high=seconds * np.array([one.high for one in found]),
            terms=terms,
        )

    return predict


def validate(rows: Iterable[tuple[int, Row]], predict: Predictor | None = None) -> Report:
    """Hold a predictor against the training rows of a table.

    Args:
        rows: with their lines (`published.read_rows`).
        predict: None: the model with its constants.

    Raises:
        InputError: what a predictor raises where a run cannot be costed.

    >>> told = dict(model="Llama-2-7B", chip="A100-80G", chips=8, seq=4096, tp=1, pp=1, global_batch=64, format="bf16")
    >>> row = Row(row_id="1", kind="train", **told, dp_sharding="FSDP", step_time_s=11.0)
    >>> found = validate([(2, row)])
    >>> found.total.rows, found.strata[0].name, len(found.refused)
    (1, 'FSDP and ZeRO-3', 0)
    """
    found = list(questions(rows))
    asked = [one for one in found if isinstance(one, Question)]
    checked = checked_runs(asked, predict or by_model())
    known = [one for one in checked if one.question.known_layout]
    return Report(
        checked=tuple(checked),
        total=score(ALL, known),
        strata=tuple(
            score(each.value, chosen)
            for each in Stratum
            if (chosen := [one for one in known if one.question.stratum is each])
        ),
        groups=tuple(
            score(name, [one for one in checked if one.question.group == name])
            for name in dict.fromkeys(one.question.group for one in checked)
        ),
        ratios=ratio_scores(known),
        refused=tuple(one for one in found if isinstance(one, Refused)),
        open=tuple(one for one in found if isinstance(one, Open)),
    )


def checked_runs(asked: Sequence[Question], predict: Predictor) -> list[Checked]:
    """Every run with what is predicted of it.

    Args:
        asked: n questions.
        predict: gives n predictions.
    """
    if not asked:
        return []
    said, line = predict(asked), one_line_seconds(asked)
    terms = np.full((len(asked), 0), 0.0) if said.terms is None else said.terms
    return [
        Checked(
            question=one,
            predicted=float(said.seconds[place]),
            low=float(said.low[place]),
            high=float(said.high[place]),
            one_line=float(line[place]),
            terms=dict(zip(TERMS, terms[place].tolist(), strict=False)),
        )
        for place, one in enumerate(asked)
    ]


def score(name: str, checked: Sequence[Checked]) -> Score:
    """The errors of some runs together.

    Args:
        name: of the runs.
        checked: the runs; where there are none, figures are nan.
    """
    if not checked:
        nothing = float("nan")
        return Score(
            name=name, rows=0, groups=0, mean=nothing, median=nothing, p90=nothing, worst=nothing, bias=nothing,
            covered=nothing, half_width=nothing, interval_score=nothing, one_line=nothing,
        )  # fmt: skip
    errors = np.array([one.error for one in checked])
    sizes = np.abs(errors)
    line = np.array([one.one_line / one.question.measured - 1.0 for one in checked])
    return Score(
        name=name,
        rows=len(checked),
        groups=len({one.question.group for one in checked}),
        mean=float(sizes.mean()),
        median=float(np.median(sizes)),
        p90=float(np.quantile(sizes, 0.9)),
        worst=float(sizes.max()),
        bias=float(errors.mean()),
        covered=float(np.mean([one.is_covered for one in checked])),
        half_width=float(np.median([np.sqrt(one.high / one.low) - 1.0 for one in checked])),
        interval_score=float(np.mean([one.interval_score for one in checked])),
        one_line=float(np.nanmean(np.abs(line))) if np.isfinite(line).any() else float("nan"),
    )


def score_errors(constants: str, asked: Sequence[Question], seconds: Floats) -> list[RowScore]:
    """The errors of all runs, and of each stratum.

    Args:
        constants: how they were found, a word.
        asked: n questions.
        seconds: predicted, n.
    """
    errors = seconds / np.array([one.measured for one in asked]) - 1.0
    strata = np.array([one.stratum.value for one in asked])
    chosen = [
        (ALL, np.ones(len(asked), dtype=bool)),
        *((each.value, strata == each.value) for each in Stratum),
    ]
    return [
        RowScore(
            constants=constants,
            runs=name,
            rows=int(among.sum()),
            mean=float(np.abs(errors[among]).mean()),
            median=float(np.median(np.abs(errors[among]))),
            p90=float(np.quantile(np.abs(errors[among]), 0.9)),
            worst=float(np.abs(errors[among]).max()),
            bias=float(errors[among].mean()),
        )
        for name, among in chosen
        if among.any()
    ]


def ratio_scores(checked: Sequence[Checked]) -> tuple[RatioScore, ...]:
    """How ratios between runs that differ in one factor are told, by factor and at last all together.

    Args:
        checked: the runs.
    """
    asked = [one.question for one in checked]
    found = ratios(asked, [one.predicted for one in checked], pairs(asked))
    by_factor: dict[str, list[Ratio]] = {}
    for one in found:
        by_factor.setdefault(one.pair.factor, []).append(one)
    scores = [_ratio_score(factor, some) for factor, some in by_factor.items()]
    return (*scores, _ratio_score("all", found)) if found else ()


def _ratio_score(factor: str, found: Sequence[Ratio]) -> RatioScore:
    sizes = np.abs([one.error for one in found])
    clear = [one for one in found if one.is_clear]
    return RatioScore(
        factor=factor,
        pairs=len(found),
        median=float(np.median(sizes)),
        p90=float(np.quantile(sizes, 0.9)),
        clear=len(clear),
        right_way=float(np.mean([one.is_right_way for one in clear])) if clear else float("nan"),
    )


def ablate(
    asked: Sequence[Question],
    constants: Constants | None = None,
    advance: Callable[[], None] = lambda: None,
) -> tuple[Ablation, ...]:
    """What each term is worth: it is taken for nothing and the runs are scored again, nothing fitted anew.

    Args:
        asked: questions; those with known layout count.
        constants: None: data/perf/constants.yaml.
        advance: called after each term.
    """
    known = [one for one in asked if one.known_layout]
    made, measured = batches(known), np.array([one.measured for one in known])
    whole = predicted_terms(made, len(known), constants)
    found: list[Ablation] = []
    for term in TERMS:
        left = predicted_terms(made, len(known), constants, without={term}).sum(axis=1)
        sizes = np.abs(left / measured - 1.0)
        share = whole[:, TERMS.index(term)] / whole.sum(axis=1)
        found.append(
            Ablation(
                term=term,
                mean=float(sizes.mean()),
                median=float(np.median(sizes)),
                share=float(share.mean()),
            )
        )
        advance()
    return tuple(found)
