"""Federal Register citations, and between which days a document lies of which only the citation is known.

The Consolidated Screening List cites pages without days. A volume is a year, pages run with the days, and some documents
are dated (data/parties/federal_register.csv): so any page lies between two days, and one inside a dated document on one.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import model_validator

from chipledger.core.load import load_csv
from chipledger.core.records import Record
from chipledger.core.sources import Grade

TABLE = Path(str(files("chipledger"))) / "data" / "parties" / "federal_register.csv"
_FIRST_VOLUME_BEGAN = 1936
_LAST_VOLUME = 200
_EARLIEST_EFFECT_BEFORE_PRINT = timedelta(
    days=14
)  # the Entity List changes when a document is filed, days before print
_CITED = re.compile(r"\b(\d{1,3})\s*F\.?\s?R\.?\s*(\d{1,6})\b", re.IGNORECASE)
_VOLUME = re.compile(r"\b(\d{1,3})\s*F\.?\s?R\b", re.IGNORECASE)


class DatedDocument(Record):
    """A document of the Federal Register whose days are known.

    Args:
        volume: 84 of 84 FR 22961.
        first_page: where it begins.
        last_page: the last page that is cited of it.
        published_on: the day of print.
        effective_on: the day from which it counts; None where that was not read.
        source: where the days are written; `grade` how well.
    """

    volume: int
    first_page: int
    last_page: int
    published_on: date
    effective_on: date | None = None
    source: str
    grade: Grade

    @model_validator(mode="after")
    def _pages_in_order(self) -> "DatedDocument":
        if (
            self.first_page > self.last_page
            or self.volume + _FIRST_VOLUME_BEGAN - 1 != self.published_on.year
        ):
            raise ValueError(f"{self.volume} FR {self.first_page} does not fit {self.published_on}")
        return self


@dataclass(frozen=True, slots=True)
class Span:
    """Between which days something began: not before `earliest`, by `latest` at the latest; None is open."""

    earliest: date | None
    latest: date | None

    @property
    def is_one_day(self) -> bool:
        """Whether the day is known."""
        return self.earliest is not None and self.earliest == self.latest


def citations(text: str | None) -> tuple[str, ...]:
    """The Federal Register citations in a text, each in one form, in the order of print.

    >>> citations("86 FR 71557, 85 FR 51603; 77 F.R. 27418 5/10/12")
    ('77 FR 27418', '85 FR 51603', '86 FR 71557')
    """
    found = {(int(volume), int(page)) for volume, page in _CITED.findall(text or "")}
    return tuple(f"{volume} FR {page}" for volume, page in sorted(found))


def span(citation: str) -> Span | None:
    """Between which days the document of a citation took effect.

    Args:
        citation: "84 FR 22963"; the page may be any of the document. A volume alone gives its year.

    Returns:
        The span, one day where the document is dated; None where this is no such citation.

    >>> span("84 FR 22963")
    Span(earliest=datetime.date(2019, 5, 16), latest=datetime.date(2019, 5, 16))
    >>> span("90 FR 14032")
    Span(earliest=datetime.date(2025, 1, 2), latest=datetime.date(2025, 3, 28))
    """
    found = _CITED.search(citation)
    alone = found or _VOLUME.search(citation)
    if not alone or not 1 <= int(alone[1]) <= _LAST_VOLUME:
        return None
    volume = int(alone[1])
    year = volume + _FIRST_VOLUME_BEGAN - 1
    if not found:
        return Span(date(year, 1, 1) - _EARLIEST_EFFECT_BEFORE_PRINT, date(year, 12, 31))
    page = int(found[2])
    places, documents = _bundled()
    at = bisect_right(places, (volume, page))
    below = documents[at - 1] if at else None
    above = documents[at] if at < len(documents) else None
    if below and below.volume == volume and page <= below.last_page:
        day = below.effective_on or below.published_on
        return Span(day, day)
    first = below.published_on if below and below.volume == volume else date(year, 1, 1)
    last = above.published_on if above and above.volume == volume else date(year, 12, 31)
    return Span(first - _EARLIEST_EFFECT_BEFORE_PRINT, last)


@cache
def _bundled() -> tuple[tuple[tuple[int, int], ...], tuple[DatedDocument, ...]]:
    documents = _in_order(load_csv(TABLE, DatedDocument))
    return tuple((one.volume, one.first_page) for one in documents), documents


def _in_order(documents: Iterable[DatedDocument]) -> tuple[DatedDocument, ...]:
    return tuple(sorted(documents, key=lambda one: (one.volume, one.first_page)))


def documents() -> tuple[DatedDocument, ...]:
    """The dated documents that the project carries, in the order of print."""
    return _bundled()[1]
