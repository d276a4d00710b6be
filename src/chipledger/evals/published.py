"""Published figures: what labs, agencies and hubs printed, read as rows and, where the register knows the benchmark, as measurements.

Takes CSV tables (data/evals/published, or a user's own of the same columns); gives frozen rows with source and grade. A
published figure is a lower grade of evidence than a run: it has no items, and what was only recalled never decides.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Self, TypeVar

from pydantic import Field, model_validator

from chipledger.core.errors import DataError, InputError
from chipledger.core.load import load_csv_lines, load_yaml_list
from chipledger.core.records import Record, content_id
from chipledger.core.sources import Grade, Source
from chipledger.evals.benchmark import Benchmark
from chipledger.evals.measurement import Measurement, Published, State
from chipledger.evals.register import BUNDLED, DATA
from chipledger.evals.rule import Elicitation

TABLES = BUNDLED / "published"
SOURCES = DATA / "sources" / "evals_published.yaml"


class Unit(StrEnum):
    """What a printed value counts."""

    SHARE = "share"
    MINUTES = "minutes"
    POINTS = "points"


class PublishedScore(Record):
    """One printed figure of one model (data/evals/published).

    Args:
        benchmark: its name as printed.
        model: the model's name as the source prints it; the name that joins it to training compute.
        variant: version, effort or budget as printed.
        released_on: the day the model was released, None where no source that we read says.
        value: in `unit`; a share stands between 0 and 1, minutes above 0, points anywhere.
        low: the lower end of the printed interval.
        high: the upper end.
        level: the interval's confidence level as printed.
        stderr: the printed standard error, in `unit`.
        items: how many items stand behind the figure, None where it does not say.
        elicitation: how hard the capability was drawn out, None where it does not say.
        published_on: the day of the run or of publication.
        source: id of a source.
        at: the place in it, or the text that it quotes.
        grade: how close we stand to the words of whoever measured.
    """

    benchmark: str
    model: str
    variant: str | None = None
    released_on: date | None = None
    value: float = Field(allow_inf_nan=False)
    unit: Unit
    low: float | None = Field(default=None, allow_inf_nan=False)
    high: float | None = Field(default=None, allow_inf_nan=False)
    level: float | None = Field(default=None, gt=0.0, lt=1.0)
    stderr: float | None = Field(default=None, ge=0.0, allow_inf_nan=False)
    items: int | None = Field(default=None, gt=0)
    elicitation: Elicitation | None = None
    published_on: date
    source: str
    at: str | None = None
    grade: Grade

    @model_validator(mode="after")
    def _stands_on_its_scale(self) -> Self:
        if self.unit is Unit.SHARE and not 0.0 <= self.value <= 1.0:
            raise ValueError("a share stands between 0 and 1: write 0.71 for 71%")
        if self.unit is Unit.MINUTES and self.value <= 0.0:
            raise ValueError("minutes are above 0")
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval has both ends or none")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            raise ValueError("low <= value <= high must hold")
        return self

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names the figure: two rows of one key would be one figure told twice."""
        return (self.benchmark, self.model, self.variant or "", self.source)


class TrainingRun(Record):
    """What is known of how a model was trained (data/evals/published/epoch_training_compute.csv).

    Args:
        model: the name that joins it to scores.
        organisation: who trained it.
        country: of the organisation, as printed.
        released_on: the day of publication.
        training_flop: an estimate of the arithmetic of its training.
        confidence: how sure the source is of it (Confident, Likely, Speculative).
        hardware: the chips as the source prints them, None where it names none.
        hardware_count: how many.
        distilled: taught by a larger model, whose compute is not in the figure, as Epoch judged it; None where it did not.
    """

    model: str
    organisation: str | None = None
    country: str | None = None
    released_on: date
    training_flop: float = Field(gt=0.0, allow_inf_nan=False)
    confidence: str | None = None
    hardware: str | None = None
    hardware_count: int | None = Field(default=None, gt=0)
    distilled: bool | None = None
    source: str
    grade: Grade


RowT = TypeVar("RowT", PublishedScore, TrainingRun)


def published_scores(path: Path, sources: Mapping[str, Source] | None = None) -> list[PublishedScore]:
    """The rows of one table.

    Args:
        path: a CSV file with the columns of `PublishedScore`.
        sources: what a row may name as its source; None for those that the project carries.

    Raises:
        DataError: a row does not fit, names an unknown source, or tells a figure that an earlier row tells.

    >>> rows = published_scores(TABLES / "caisi_deepseek_v4_pro.csv")
    >>> next(row.value for row in rows if row.benchmark == "PortBench" and row.model == "DeepSeek-V4-Pro")
    0.44
    """
    return _checked(path, load_csv_lines(path, PublishedScore), lambda row: row.key, sources)


def training_runs(
    path: Path = TABLES / "epoch_training_compute.csv", sources: Mapping[str, Source] | None = None
) -> dict[str, TrainingRun]:
    """Training compute, date and hardware by model.

    Raises:
        DataError: a row does not fit, names an unknown source, or a model stands twice.

    >>> training_runs()["DeepSeek-V3"].hardware
    'NVIDIA H800 SXM5'
    """
    rows = _checked(path, load_csv_lines(path, TrainingRun), lambda row: (row.model,), sources)
    return {row.model: row for row in rows}


def published_sources() -> dict[str, Source]:
    """The sources of the tables that the project carries, by id."""
    return {one.id: one for one in load_yaml_list(SOURCES, Source)}


def measurements(rows: Iterable[PublishedScore], benchmarks: Mapping[str, Benchmark]) -> list[Measurement]:
    """The rows whose benchmark the register knows, as measurements of the lower grade.

    Args:
        rows: published figures; only shares have a scale that a threshold of the register may stand on.
        benchmarks: of the register, by id; a row belongs to the one whose id or title has the same letters and digits.

    Returns:
        One measurement a row, in the order of rows. Where a source does not say how a model was elicited, the weakest level
        is taken, so that the figure can never speak for the absence of a capability.
    """
    known = {letters(name): one.id for one in benchmarks.values() for name in (one.id, one.title)}
    return [
        measurement(row, known[letters(row.benchmark)])
        for row in rows
        if row.unit is Unit.SHARE and letters(row.benchmark) in known
    ]


def measurement(row: PublishedScore, benchmark: str) -> Measurement:
    """One row as a measurement of a benchmark of the register.

    Raises:
        InputError: the value is no share.
    """
    if row.unit is not Unit.SHARE:
        raise InputError(f"{row.benchmark} of {row.model} is in {row.unit.value}", where=row.source, expected="a share from 0 to 1",
                         remedy="only shares can be held against a threshold")  # fmt: skip
    figure = Published(rate=row.value, low=row.low, high=row.high, level=row.level, items=row.items)
    return Measurement(
        benchmark=benchmark,
        model=row.model if row.variant is None else f"{row.model} ({row.variant})",
        measured_on=row.published_on,
        elicitation=row.elicitation or Elicitation.BARE,
        state=State.PUBLISHED,
        grade=row.grade,
        source=row.source,
        run_id=content_id(*row.key),
        published=figure,
        budget=row.variant,
    )


def letters(name: str) -> str:
    """A name's letters and digits alone, by which two spellings of it are told to be one."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _checked(
    path: Path,
    rows: list[tuple[int, RowT]],
    key: Callable[[RowT], tuple[str, ...]],
    sources: Mapping[str, Source] | None,
) -> list[RowT]:
    """Refuse an unknown source and a figure told twice."""
    known = published_sources() if sources is None else sources
    seen: dict[tuple[str, ...], int] = {}
    for line, row in rows:
        if row.source not in known:
            raise DataError(f"source {row.source!r} does not exist", where=f"{path.name}:{line}",
                            expected=" or ".join(get_close_matches(row.source, known, n=3, cutoff=0.4)) or "the id of a source")  # fmt: skip
        if key(row) in seen:
            raise DataError(f"{', '.join(filter(None, key(row)))} stands twice", where=f"{path.name}:{line}",
                            expected=f"one row; the other is line {seen[key(row)]}", remedy="keep one of them")  # fmt: skip
        seen[key(row)] = line
    return [row for _, row in rows]
