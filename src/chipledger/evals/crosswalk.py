"""Frameworks through time, side by side: what each lab's or agency's own text calls the same use.

Takes data/evals/frameworks, one dated version a file; gives for a day the version of each family in effect and the levels
in it that speak of a use case. A version ends where the next of its family begins, or where its own text says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Self

from pydantic import Field, model_validator

from chipledger.core.records import Record
from chipledger.core.sources import Cite, Grade
from chipledger.core.timeline import Period


class Level(Record):
    """A level, threshold or category that a framework names.

    Args:
        name: as the framework prints it.
        use_cases: ids of the use cases that it speaks of.
        says: what reaching it means, in our own words.
        numeric: the text gives a number that a benchmark could be held against.
        then: what the framework's author says it does when it is reached, in our own words.
        cite: where.
    """

    name: str
    use_cases: tuple[str, ...] = Field(min_length=1)
    says: str
    numeric: bool = False
    then: str | None = None
    cite: Cite


class Framework(Record):
    """One version of one framework (data/evals/frameworks).

    Args:
        id: the file's name.
        family: rsp, preparedness, fsf, eu_code, caisi, or another that versions share.
        issuer: who wrote it.
        title: its own.
        version: as printed.
        published_on: the day it was published.
        effective_from: the day it holds from, by its own words or else the day of publication.
        effective_until: the day it ends (exclusive), None while it stands.
        binding: law, or a lab's or agency's own commitment.
        levels: what it names, each with its own cite and grade.
    """

    id: str
    family: str
    issuer: str
    title: str
    version: str
    published_on: date
    effective_from: date
    effective_until: date | None = None
    binding: bool = False
    levels: tuple[Level, ...] = Field(min_length=1)
    cites: tuple[Cite, ...] = Field(min_length=1)
    note: str | None = None

    @model_validator(mode="after")
    def _holds_a_day(self) -> Self:
        if self.effective_until and self.effective_until <= self.effective_from:
            raise ValueError("effective_until is exclusive and must be later than effective_from")
        return self

    @property
    def period(self) -> Period:
        """The days on which it holds."""
        return Period(self.effective_from, self.effective_until)


@dataclass(frozen=True, slots=True)
class Crossing:
    """One cell of the crosswalk: a level of a framework in effect that speaks of a use case."""

    use_case: str
    framework: Framework
    level: Level

    @property
    def grade(self) -> Grade:
        """How close we stand to the words."""
        return self.level.cite.grade


def crosswalk(frameworks: Iterable[Framework], on: date) -> list[Crossing]:
    """Every level in effect on the day, by use case and family.

    Args:
        frameworks: all versions.
        on: the day.

    Returns:
        Sorted by use case, family, and the order in which the framework names its levels.
    """
    standing = [one for one in frameworks if one.period.contains(on)]
    cells = [
        Crossing(use_case, one, level)
        for one in sorted(standing, key=lambda one: (one.family, one.id))
        for level in one.levels
        for use_case in level.use_cases
    ]
    return sorted(cells, key=lambda cell: cell.use_case)
