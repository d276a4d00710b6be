"""The parties that the project carries: who they are, what lists said of them, who holds how much of whom.

Takes data/parties, read strictly; gives frozen records by id. Every id, list and source that one file names must stand in
another: a slip is a DataError that names file and line.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from chipledger.core.collecting import uncollected
from chipledger.core.errors import DataError, InputError
from chipledger.core.load import load_yaml_list, named, parse_yaml
from chipledger.core.sources import Source
from chipledger.parties.lists import FOLDER, lists
from chipledger.parties.party import ListEvent, Party, PartyName
from chipledger.parties.stake import Stake

SOURCES = FOLDER.parent / "sources"


@cache
@uncollected()
def parties() -> Mapping[str, Party]:
    """Every party of the bundled data by its id, checked against lists, sources and one another.

    Raises:
        DataError: a file does not fit its record, or names what is not there.

    >>> parties()["iflytek"].country
    'CN'
    """
    found = dict(_read(FOLDER / "parties"))
    check_parents(found.values())
    return found


@cache
def stakes() -> tuple[Stake, ...]:
    """Every stake of the bundled data, in the order of the files.

    Raises:
        DataError: a file does not fit its record, or names a party or a source that is not there.
    """
    found: list[Stake] = []
    for path in sorted(FOLDER.glob("stakes*.yaml")):
        read = load_yaml_list(path, Stake)
        ends = {end for stake in read for end in (stake.owner, stake.owned)}
        if not ends <= parties().keys() or not _cited(read) <= sources().keys():
            known = (parties().keys(), parties().keys(), sources().keys())
            _refuse_unknown(path, dict(zip(("owner", "owned", "source"), known, strict=True)))
        found.extend(read)
    return tuple(found)


@cache
def sources() -> Mapping[str, Source]:
    """Every source that data files may cite, by its id."""
    return {one.id: one for path in sorted(SOURCES.glob("*.yaml")) for one in load_yaml_list(path, Source)}


def the_party(name: str) -> Party:
    """The party of an id.

    Raises:
        InputError: there is none; the message names the nearest.

    >>> the_party("sensetime").country
    'CN'
    """
    if name in parties():
        return parties()[name]
    near = get_close_matches(name, parties(), n=3, cutoff=0.5)
    raise InputError(f"no such party: {name!r}", expected=" or ".join(near),
                     remedy="" if near else "find it with `chipledger screen NAME`")  # fmt: skip


def group(name: str) -> tuple[str, ...]:
    """The ids of a party, its ultimate parent and all that share that parent, in order of id.

    Args:
        name: id of any of them.
    """
    top = the_party(name).ultimate_parent or name
    return tuple(sorted(one.id for one in parties().values() if top in (one.id, one.ultimate_parent)))


def check_parents(found: Iterable[Party]) -> None:
    """Refuse a parent that is no party, or a chain of parents that comes back to where it began.

    Args:
        found: every party.

    Raises:
        DataError: at the first such party.
    """
    known = {party.id: party for party in found}
    for party in known.values():
        for parent in (party.parent, party.ultimate_parent):
            if parent is not None and parent not in known:
                raise DataError(f"parent {parent!r} is no party", where=party.id)
        seen, above = {party.id}, party.parent
        while above is not None:
            if above in seen:
                raise DataError("it is its own parent", where=party.id, remedy="end the chain of parents")
            seen.add(above)
            above = known[above].parent


def _read(folder: Path) -> Iterator[tuple[str, Party]]:
    count: Counter[str] = Counter()
    for path in sorted(folder.glob("*.yaml")):
        read = load_yaml_list(path, Party)
        named_lists = {event.list for party in read for event in party.events}
        cited = _cited(part for party in read for part in _parts(party))
        if not cited <= sources().keys() or not named_lists <= lists().keys():
            _refuse_unknown(path, {"source": sources().keys(), "list": lists().keys()})
        for party in read:
            count[party.id] += 1
            if count[party.id] > 1:
                raise DataError(
                    f"party {party.id!r} stands twice", where=path.name, remedy="keep one of them"
                )
            yield party.id, party.model_copy(update={"events": tuple(map(_seen, party.events))})


def _parts(party: Party) -> tuple[Party | PartyName | ListEvent, ...]:
    return (party, *party.names, *party.events)


def _cited(parts: Iterable[Party | PartyName | ListEvent | Stake]) -> set[str]:
    return {cite.source for part in parts for cite in part.cites}


def _seen(event: ListEvent) -> ListEvent:
    """An event without a day of its own, with the day of the list that shows it."""
    if event.effective_on or event.published_on or event.seen_on:
        return event
    days = [day for cite in event.cites if cite.grade.decides and (day := _read_on(sources()[cite.source]))]
    return event.model_copy(update={"seen_on": min(days)}) if days else event


def _read_on(source: Source) -> date | None:
    return source.published_on or source.accessed_on


def _refuse_unknown(path: Path, known: Mapping[str, AbstractSet[str]]) -> None:
    """Refuse the first value under one of the keys that is not known, by its line."""
    value, lines = parse_yaml(path)
    for key, text, place in named(value):
        if key in known and text not in known[key]:
            raise DataError(f"{key} {text!r} is not known", where=f"{path.name}:{_line(lines, place)}")
    raise DataError("it names what is not there", where=path.name)


def _line(lines: Mapping[tuple[Any, ...], int], place: tuple[Any, ...]) -> int:
    while place not in lines and place:
        place = place[:-1]
    return lines.get(place, 1)
