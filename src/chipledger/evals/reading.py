"""What the owner of a log says of it where the log is silent, and how a printed score becomes a share between 0 and 1.

Taken by the readers of Inspect's and of lm-evaluation-harness's files. Every reader opens a path or bytes through `open_bounded`,
which refuses what is larger than its limit.
"""

import hashlib
import io
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from chipledger.core.errors import InputError, LimitError
from chipledger.evals.rule import Elicitation

LARGEST_LOG_BYTES = 8 << 30
LARGEST_JSON_BYTES = 128 << 20
MOST_JSON_VALUES = 6_000_000  # a value costs hundreds of bytes where its text costs three
# Inspect's letters: correct, incorrect, partial, no answer (its scorer documentation, `value_to_float`).
LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_LONGEST_REASON = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the caller knows of the logs that are read.

    Args:
        benchmarks: benchmark id by the task's name; asked only of a log that names none itself.
        benchmark: of a log that names none and whose task is not among `benchmarks`.
        elicitation: how hard the capability was drawn out, where the log does not say.
        scorer: which of several scores decides, `scorer` or `scorer/key`; None for the first.
        cluster: the field of a sample's metadata that names its cluster; None for the one that the task names.
        low: the score that stands for nothing solved.
        high: the score that stands for all.
        model: the model's name, for a file that names none.
        on: the day of the run, for a file that names none.
    """

    benchmarks: Mapping[str, str] = field(default_factory=dict)
    benchmark: str | None = None
    elicitation: Elicitation = Elicitation.BARE
    scorer: str | None = None
    cluster: str | None = None
    low: float = 0.0
    high: float = 1.0
    model: str | None = None
    on: date | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InputError(
                f"a scale from {self.low} to {self.high}", expected="two numbers, the lower first"
            )

    def benchmark_of(self, *tasks: str | None) -> str:
        """The benchmark that a task's names stand for.

        Raises:
            InputError: the caller named none for any of them.
        """
        for task in tasks:
            if task and task in self.benchmarks:
                return self.benchmarks[task]
        if self.benchmark:
            return self.benchmark
        named = next((task for task in tasks if task), "")
        raise InputError(f"no benchmark is known for the task {named!r}",
                         remedy=f"say which it is: {named}=BENCHMARK-ID")  # fmt: skip

    def share(self, value: object, item: str) -> float | None:
        """A printed score as a share of the item, None where it says that nothing was scored.

        Args:
            value: a letter, a word, a boolean or a number.
            item: whose; for the message.

        Raises:
            InputError: it is no score, or lies outside the scale.

        >>> [Reading().share(value, "a") for value in ("C", "P", False, float("nan"))]
        [1.0, 0.5, 0.0, None]
        >>> Reading(low=1, high=5).share(4, "a")
        0.75
        """
        if value is None:
            return None
        if isinstance(value, str):
            return self._of_text(value.strip(), item)
        if isinstance(value, bool):
            return float(value)
        if not isinstance(value, int | float):
            raise InputError(f"the score of item {item!r} is a {type(value).__name__}", expected="a letter or a number",
                             remedy="name one value: scorer/key")  # fmt: skip
        return self._scaled(value, item)

    def _of_text(self, text: str, item: str) -> float | None:
        if text in LETTERS:
            return LETTERS[text]
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        try:
            number = float(text)
        except ValueError:
            raise InputError(f"the score of item {item!r} is {text[:40]!r}",
                             expected="C, I, P, N, yes, no or a number") from None  # fmt: skip
        return self._scaled(number, item)

    def _scaled(self, number: float, item: str) -> float | None:
        if isinstance(number, float) and math.isnan(number):
            return None  # Inspect's word for a sample that its scorer could not score
        if not self.low <= number <= self.high:  # infinity lies outside of any scale
            raise InputError(f"the score of item {item!r} is {short(number)}", expected=f"{self.low:g} to {self.high:g}",
                             remedy="say which scores stand for nothing and for all: low and high")  # fmt: skip
        return (number - self.low) / (self.high - self.low)


@contextmanager
def open_bounded(content: Path | bytes, largest_bytes: int = LARGEST_LOG_BYTES) -> Iterator[BinaryIO]:
    """A file opened for reading.

    Raises:
        InputError: it cannot be read.
        LimitError: it is larger than its limit.
    """
    try:
        with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as stream:
            size = stream.seek(0, io.SEEK_END)
            if size > largest_bytes:
                raise LimitError(f"{size} bytes", expected=f"at most {largest_bytes}")
            stream.seek(0)
            yield stream
    except OSError as error:
        raise InputError(f"cannot read it: {error.strerror or error}") from None


def sha256_of(stream: BinaryIO) -> str:
    """The SHA-256 of an open file, which is left at its start."""
    stream.seek(0)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    stream.seek(0)
    return digest


def parse_json(text: bytes, what: str) -> Any:
    """The value of a JSON text; NaN and Infinity are let through, for scores to be judged by themselves.

    Raises:
        InputError: it is none, or nested too deep.
        LimitError: it holds too many values.
    """
    refuse_crowded(text, what)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError also: not UTF-8, a number of 4,300 digits
        raise InputError(f"{what} is no JSON ({short(error)})") from None


def refuse_crowded(text: bytes, what: str) -> None:
    """Refuse a JSON text of more values than memory should hold, before it is read.

    Raises:
        LimitError: by its commas and brackets it may hold too many.
    """
    if sum(text.count(mark) for mark in (b",", b"{", b"[")) > MOST_JSON_VALUES:
        raise LimitError(f"{what} holds too many values", expected=f"at most {MOST_JSON_VALUES}")


def moment(printed: str, what: str) -> datetime:
    """A moment as a log prints it, in UTC.

    Raises:
        InputError: it is none.
    """
    try:
        found = datetime.fromisoformat(printed)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InputError(
            f"{what} is {printed[:40]!r}", expected="a day and time, as 2026-11-01T09:00:00+00:00"
        ) from None


def short(said: object) -> str:
    """What was said on one line, cut where it grows long; other people's messages hold pages and traces."""
    line = " ".join(str(said).split())
    return line if len(line) <= _LONGEST_REASON else line[: _LONGEST_REASON - 1] + "…"
