"""Hanzi names of listed parties: the American list prints none, Japan's Foreign End User List does.

Reads data/parties/hanzi_names.csv: a name as the Consolidated Screening List prints it, the hanzi that the Japanese ministry
(METI) prints beside the same name, and the number of its entry. Gives the hanzi names of a listed name, cited. Only a name
that both lists print alike joins them; a likeness never does.
"""

from collections.abc import Iterable
from functools import cache

from chipledger.core.load import load_csv
from chipledger.core.records import Record
from chipledger.core.sources import Cite, Grade
from chipledger.parties.legal_forms import DATA
from chipledger.parties.normal import key
from chipledger.parties.party import PartyName

_START = 3  # letters
SOURCE = "meti-foreign-end-user-list-2025"


class HanziName(Record):
    """One row: the listed name, its hanzi, the entry of METI's list."""

    name: str
    hanzi: str
    entry: str


@cache
def _by_name() -> dict[str, tuple[PartyName, ...]]:
    found: dict[str, dict[str, PartyName]] = {}
    for row in load_csv(DATA / "hanzi_names.csv", HanziName):
        cite = Cite(source=SOURCE, at=f"entry {row.entry}", grade=Grade.SECONDARY)
        found.setdefault(key(row.name), {})[row.hanzi] = PartyName(
            text=row.hanzi, language="zh", cites=(cite,)
        )
    return {name: tuple(names.values()) for name, names in found.items()}


@cache
def _starts() -> frozenset[str]:
    return frozenset(name[:_START] for name in _by_name())


def _may_start(start: str, starts: frozenset[str]) -> bool:
    """Whether a name that starts so may be in the table; plain letters stay as they are when a name is made comparable."""
    return start.lower() in starts or not (start.isascii() and start.isalpha())


def hanzi_of(names: Iterable[str | PartyName]) -> tuple[PartyName, ...]:
    """The hanzi names that belong to listed names.

    Args:
        names: of one entry of a list; names of the bundled data have hanzi of their own and are passed over.

    >>> [one.text for one in hanzi_of(["Beijing University of Aeronautics and Astronautics (BUAA)"])]
    ['北京航空航天大学']
    """
    table, starts = _by_name(), _starts()
    texts = {key(name) for name in names if isinstance(name, str) and _may_start(name[:_START], starts)}
    return tuple(dict.fromkeys(one for text in sorted(texts) for one in table.get(text, ())))
