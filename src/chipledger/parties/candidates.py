"""What a name is screened against: the bundled parties and the rows of list files, each organisation once.

The same organisation stands in the bundled data and in a list, and in a list once for each list. Rows of one name are put
together, and with the bundled party that bears that name, so that they do not stand as rivals of one another. Nothing is
lost by it: every candidate tells its rows. Likeness is no ground here, only the same letters.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chipledger.core.collecting import uncollected
from chipledger.parties.csl import Entry
from chipledger.parties.normal import fold
from chipledger.parties.party import ListEvent, NameKind, Party, PartyName

_NO_LETTER = re.compile("[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One organisation, person or vessel that a name may mean.

    Args:
        id: of the bundled party, else of its first row.
        primary: the name by which it is shown.
        names: of the party and its rows.
        party: the bundled party, where it is one.
        entries: the rows.
        country: of its headquarters, or of all its addresses.
    """

    id: str
    primary: str
    names: tuple[PartyName | str, ...]
    party: Party | None
    entries: tuple[Entry, ...]
    country: str | None

    @property
    def events(self) -> tuple[ListEvent, ...]:
        """What lists said of it; where the bundled data tell a list's history, they alone speak of that list."""
        own = self.party.events if self.party else ()
        told = {event.list for event in own}
        return (*own, *(event for row in self.entries if row.list not in told for event in row.events))

    def as_party(self) -> Party:
        """The same as a party, for whoever asks of owners; a bundled one as it is."""
        if self.party:
            return self.party
        texts = dict.fromkeys(name if isinstance(name, str) else name.text for name in self.names)
        kinds = [NameKind.PRIMARY, *[NameKind.ALIAS] * (len(texts) - 1)]
        names = tuple(PartyName(text=text, kind=kind) for text, kind in zip(texts, kinds, strict=True))
        return Party(id=self.id, names=names, country=self.country, events=self.events)


@uncollected()
def candidates(parties: Iterable[Party], entries: Iterable[Entry] = ()) -> tuple[Candidate, ...]:
    """Parties and rows of lists, each organisation once.

    Args:
        parties: with names and list events.
        entries: rows of list files.

    Returns:
        The parties in their order, then what is in the lists only.

    >>> smee = Party.model_validate({"id": "smee", "names": [{"text": "Shanghai Micro Electronics", "kind": "primary"}]})
    >>> rows = [Entry("a", "entity_list", ("SHANGHAI MICRO ELECTRONICS",)), Entry("b", "dpl", ("Another",))]
    >>> [(one.id, len(one.entries)) for one in candidates([smee], rows)]
    [('smee', 1), ('b', 1)]
    """
    known = list(parties)
    owner = _owners(known)
    of_party: dict[str, list[Entry]] = {party.id: [] for party in known}
    alone: dict[str, list[Entry]] = {}
    for entry in entries:
        key = letters(entry.names[0])
        whose = owner.get(key)
        rows = of_party[whose] if whose else alone.setdefault(key, [])
        rows.append(entry)
    return (
        *(_of_party(party, of_party[party.id]) for party in known),
        *(_of_rows(rows) for rows in alone.values()),
    )


def letters(name: str) -> str:
    """A name as its letters and digits alone, small, in one form: what must be the same for two names to be one.

    >>> letters("Example Co., Ltd.") == letters("EXAMPLE CO LTD")
    True
    """
    if name.isascii():
        return _NO_LETTER.sub("", name.lower()) or name
    return "".join(filter(str.isalnum, fold(name))) or name


def _owners(parties: Iterable[Party]) -> Mapping[str, str]:
    """Which party bears which name; a name of two parties is nobody's."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for party in parties:
        named = [name.text for name in party.names if name.kind.is_written_out and name.decides]
        named += [event.name for event in party.events if event.name and event.decides]
        for key in {letters(name) for name in named}:
            if found.setdefault(key, party.id) != party.id:
                shared.add(key)
    return {key: party for key, party in found.items() if key not in shared}


def _of_party(party: Party, rows: list[Entry]) -> Candidate:
    borne = {letters(name.text) for name in party.names} if rows else set()
    more = tuple(name for key, name in _names(rows).items() if key not in borne)
    return Candidate(party.id, party.primary, (*party.names, *more), party, tuple(rows), party.country)


def _of_rows(rows: list[Entry]) -> Candidate:
    first = rows[0]
    names = first.names if len(rows) == 1 else tuple(_names(rows).values())
    countries = {entry.country for entry in rows}
    country = countries.pop() if len(countries) == 1 else None
    return Candidate(first.id, first.names[0], names, None, tuple(rows), country)


def _names(rows: list[Entry]) -> dict[str, str]:
    """Each name once, as it is printed first."""
    found: dict[str, str] = {}
    for entry in rows:
        for name in entry.names:
            found.setdefault(letters(name), name)
    return found
