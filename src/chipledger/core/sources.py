"""Where a datum comes from: sources, pinpoint cites, and the grade of what they say.

The grade decides what a datum may do: what is only recalled never decides a hit, a contradiction or a crossing.
"""

from datetime import date
from enum import StrEnum

from pydantic import Field

from chipledger.core.records import Record


class Grade(StrEnum):
    """How close we stand to the primary text."""

    PRIMARY = "primary"
    QUOTED = "quoted"
    SECONDARY = "secondary"
    RECALLED = "recalled"

    @property
    def decides(self) -> bool:
        """Whether a datum of this grade may decide a hit, a contradiction or a crossing."""
        return self is not Grade.RECALLED


class Source(Record):
    """A published text: who published what, where, when, and when it was read.

    >>> Source(id="fr-2022-21658", title="87 FR 62186", publisher="BIS", published_on=date(2022, 10, 13)).title
    '87 FR 62186'
    """

    id: str
    title: str
    publisher: str | None = None
    url: str | None = None
    published_on: date | None = None
    accessed_on: date | None = None
    licence: str | None = None
    note: str | None = None


class Cite(Record):
    """A place in a source, with its words where they matter.

    `source` is a Source id, `at` the pinpoint (paragraph, page, table), `quote` at most a sentence.
    """

    source: str
    at: str | None = None
    quote: str | None = Field(default=None, max_length=400)
    grade: Grade
