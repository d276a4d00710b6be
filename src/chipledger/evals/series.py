"""Published figures as series to forecast from: one benchmark, the best known figure of each model, by day of release.

Takes the tables that the project carries; gives for a name as people write it the rows, the scale on which a steady pace is a
straight line, and the threshold where the register has one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from chipledger.core.errors import InputError
from chipledger.evals.benchmark import Benchmark
from chipledger.evals.published import TABLES, PublishedScore, Unit, letters, published_scores
from chipledger.evals.register import Register
from chipledger.evals.statistics.forecast import Result, Scale

SCALES: Mapping[Unit, Scale] = {Unit.SHARE: Scale.LOGIT, Unit.MINUTES: Scale.LOG, Unit.POINTS: Scale.LINEAR}


@dataclass(frozen=True, slots=True)
class Series:
    """The figures of one benchmark.

    Args:
        name: as most of its rows print it.
        rows: every figure.
        scores: of those that may decide something, the newest of each model.
        unit: what a value counts.
    """

    name: str
    rows: tuple[PublishedScore, ...]
    scores: tuple[PublishedScore, ...]
    unit: Unit

    @property
    def scale(self) -> Scale:
        """On which a steady pace is a straight line."""
        return SCALES[self.unit]

    @property
    def results(self) -> list[Result]:
        """The figures of models whose day of release is known."""
        return [
            Result(one.released_on, one.value, None, one.model)
            for one in self.scores
            if one.released_on is not None
        ]


@cache
def all_series() -> tuple[Series, ...]:
    """Every series that the project carries, by name; two spellings of one name are one series."""
    by_name: dict[str, list[PublishedScore]] = {}
    for path in sorted(TABLES.glob("*.csv")):
        if path.name != "epoch_training_compute.csv":
            for row in published_scores(path):
                by_name.setdefault(letters(row.benchmark), []).append(row)
    return tuple(_series(rows) for _, rows in sorted(by_name.items()))


def series_named(name: str) -> Series:
    """The series of a name, whatever its case and punctuation.

    Args:
        name: of a benchmark.

    Raises:
        InputError: there is none; the message names the nearest.

    >>> series_named("gpqa-diamond").unit.value
    'share'
    """
    known = {letters(one.name): one for one in all_series()}
    if letters(name) in known:
        return known[letters(name)]
    near = [known[one].name for one in get_close_matches(letters(name), known, n=3, cutoff=0.4)]
    raise InputError(f"no published figures of {name!r}", expected=" or ".join(near),
                     remedy="" if near else "see `chipledger evals forecast` for the names")  # fmt: skip


def threshold_of(series: Series, register: Register, use_case: str | None = None) -> tuple[float, str] | None:
    """The register's threshold on a series, and whose it is; None where it has none.

    Args:
        series: shares only have one.
        register: where to look.
        use_case: only this one's.

    Raises:
        InputError: several use cases have one, and they differ.
    """
    if series.unit is not Unit.SHARE:
        return None
    same = {one.id for one in _same(series, register)}
    found = [
        (link.threshold.value, entry.id)
        for entry in register.use_cases.values()
        for link in entry.links
        if link.benchmark in same and use_case in (None, entry.id)
    ]
    if len({value for value, _ in found}) > 1:
        told = ", ".join(f"{name} ({value:g})" for value, name in found)
        raise InputError(
            f"several use cases draw a line on {series.name}: {told}", expected="one of them, by --use-case"
        )
    return found[0] if found else None


def chance_of(series: Series, register: Register) -> float:
    """The share that a guesser scores, as the register has it; 0 where it does not know the benchmark.

    Args:
        series: of any unit.
        register: where to look.
    """
    return next((one.chance for one in _same(series, register)), 0.0)


def _same(series: Series, register: Register) -> list[Benchmark]:
    """The benchmarks of the register that bear the series' name."""
    return [
        one
        for one in register.benchmarks.values()
        if letters(series.name) in (letters(one.id), letters(one.title))
    ]


def _series(rows: Sequence[PublishedScore]) -> Series:
    newest: dict[str, PublishedScore] = {}
    for row in sorted(
        (one for one in rows if one.grade.decides), key=lambda one: (one.published_on, one.value)
    ):
        newest[row.model] = row
    units = Counter(one.unit for one in newest.values()).most_common(1)
    scores = sorted(newest.values(), key=lambda one: one.model)
    name = Counter(one.benchmark for one in rows).most_common(1)[0][0]
    return Series(name, tuple(rows), tuple(scores), units[0][0] if units else Unit.SHARE)
