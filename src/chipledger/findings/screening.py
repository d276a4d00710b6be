"""A name screened with all that bears on it: lists of the day, owners of the day, and the affiliates rule as it stood.

Takes the parties of the bundled data, the rows of list files and stakes; gives a Desk, built once, to which any number of
names is put. Who is owned by half or more by listed parties is treated as the rule of the day says: where the rule holds and
the share is certain a match becomes a hit, where either is unknown it asks for review. What parties and lists are is asked of
`parties`, what the rule says of `rules`; nothing here says that anybody did anything.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from chipledger.core.truth import Verdict
from chipledger.findings.judged import Decided, Pairs
from chipledger.findings.ownership import (
    COUNTED_IN_PART,
    COUNTED_LISTS,
    Affiliation,
    affiliates,
    affiliation,
    lists_of,
)
from chipledger.parties.calibrated import model
from chipledger.parties.candidates import Candidate, candidates
from chipledger.parties.csl import Entry
from chipledger.parties.index import Index
from chipledger.parties.judgement import compared
from chipledger.parties.ownership import Closure, graph
from chipledger.parties.party import Party
from chipledger.parties.screen import Band, Match, Screening, screen
from chipledger.parties.stake import Stake
from chipledger.parties.stake_rows import StakesRead
from chipledger.parties.stakes import identified
from chipledger.parties.two_scripts import halves, together

_COUNTED = frozenset((*COUNTED_LISTS, *COUNTED_IN_PART))


@dataclass(frozen=True, slots=True)
class Screened:
    """What screening gave, with what the affiliates rule makes of each match that listed parties own a part of.

    Args:
        screening: band and matches, gravest first.
        affiliations: by party; none for a party whose owners are not known to be listed.
    """

    screening: Screening
    affiliations: Mapping[str, Affiliation]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        told = self.screening.as_dict()
        for match in told["matches"]:
            found = self.affiliations.get(match["party_id"])
            match["affiliates_rule"] = _rule(found) if found else None
        return told


@dataclass(slots=True)
class Desk:
    """Everything that names are put to.

    Args:
        index: of the names.
        parties: by id, those that lists or stakes speak of.
        stakes: of any day.
        unclear: words of the stakes that may mean one or several parties.
        lists: ids of the lists that count.
        decided: what people have judged of names.
    """

    index: Index
    parties: Mapping[str, Party]
    stakes: tuple[Stake, ...]
    unclear: Mapping[str, tuple[str, ...]]
    lists: frozenset[str]
    decided: Decided = field(default_factory=lambda: Decided({}))
    _closures: dict[tuple[date, date | None], Closure] = field(default_factory=dict)

    def screen(self, name: str, on: date, known: date | None = None, most: int = 10) -> Screened:
        """A name screened on a day.

        Args:
            name: as it was given.
            on: the day in the world.
            known: with what was public by then; None for all that is recorded.
            most: how many matches are given at most.

        Raises:
            InputError: the name is empty, of one character, or longer than names are.
        """
        owners = self._owners(on, known) if self.lists & _COUNTED else None

        def of_one(text: str) -> Screening:
            return screen(text, self.index, on, lists=self.lists, known=known, owners=owners, most=most)

        def by_likeness(text: str) -> Screening:
            parts = halves(text)
            return together(of_one(text), of_one(parts[0]), of_one(parts[1]), most) if parts else of_one(text)

        def by_name(text: str) -> tuple[Match, ...]:
            party = self.parties.get(text)
            return by_likeness(party.primary if party else text).matches

        found = self.decided.apply(by_likeness(name), by_name)
        if owners is None:
            return Screened(found, {})
        coverages = {match.party_id: owners.of(match.party_id) for match in found.matches}
        affiliations = {
            party: affiliation(coverage, on=on, known=known)
            for party, coverage in coverages.items()
            if coverage.has_listed_owner
        }
        return Screened(_as_the_rule_says(found, affiliations, self.parties), affiliations)

    def _owners(self, on: date, known: date | None) -> Closure:
        if (on, known) not in self._closures:
            lists = lists_of(self.parties, on=on, known=known, unclear=self.unclear)
            self._closures[on, known] = affiliates(graph(self.stakes, on=on), lists)
        return self._closures[on, known]


def desk(
    parties: Iterable[Party],
    entries: Iterable[Entry] = (),
    stakes: Iterable[Stake] = (),
    read: StakesRead | None = None,
    *,
    lists: Iterable[str],
    judgements: Pairs = MappingProxyType({}),
) -> Desk:
    """Parties, rows of lists and stakes, ready for names.

    Args:
        parties: of the bundled data.
        entries: rows of list files.
        stakes: between parties by their ids.
        read: stakes of files, which name parties as they please.
        lists: ids of the lists that count.
        judgements: of pairs of names, those that stand.

    >>> from chipledger.parties.register import parties
    >>> found = desk(parties().values(), lists=["entity_list"])
    >>> [found.screen("科大讯飞", date(2019, 10, day)).screening.band.value for day in (8, 9)]
    ['clear', 'hit']
    """
    every = candidates(parties, entries)
    owners = _owners_of(every, read)
    told = identified(read, owners) if read else StakesRead()
    return Desk(
        index=Index.build((*every, *_of_files_only(told, owners))),
        parties=owners,
        stakes=(*stakes, *told.stakes),
        unclear=told.unclear,
        lists=frozenset(lists),
        decided=Decided.of(judgements),
    )


def _owners_of(every: Iterable[Candidate], read: StakesRead | None) -> dict[str, Party]:
    """The bundled parties, and of those in lists alone the ones that the stakes name."""
    words = {compared(word) for word in _words(read)} if read else set()
    found: dict[str, Party] = {}
    for one in every:
        if one.party:
            found[one.id] = one.party.model_copy(update={"events": one.events})
        elif words and any(isinstance(name, str) and compared(name) in words for name in one.names):
            found[one.id] = one.as_party()
    return found


def _words(read: StakesRead) -> Iterator[str]:
    for stake in read.stakes:
        yield from (stake.owner, stake.owned)
    for word, names in read.names.items():
        yield from (word, *names)


def _of_files_only(read: StakesRead, known: Mapping[str, Party]) -> Iterator[Candidate]:
    """Parties that nothing but a file of stakes names."""
    for word in dict.fromkeys(word for stake in read.stakes for word in (stake.owner, stake.owned)):
        if word not in known:
            names = tuple(dict.fromkeys((*read.names.get(word, ()), word)))
            yield Candidate(word, names[0], names, None, (), None)


def _as_the_rule_says(
    found: Screening, affiliations: Mapping[str, Affiliation], parties: Mapping[str, Party]
) -> Screening:
    matches = [
        _weighed(match, affiliations[match.party_id], parties.get(match.party_id))
        if match.party_id in affiliations
        else match
        for match in found.matches
    ]
    order = {Band.HIT: 0, Band.REVIEW: 1, Band.CLEAR: 2}
    matches.sort(key=lambda match: (order[match.band], -match.probability, match.party_id))
    return replace(found, band=matches[0].band if matches else found.band, matches=tuple(matches))


def _weighed(match: Match, found: Affiliation, party: Party | None) -> Match:
    """A match with what the rule makes of its owners; certain ownership under a rule in force makes a hit of a sure name."""
    said = tuple(reason for reason in found.reasons if reason not in match.reasons)
    is_treated = found.treated_as_listed.value is Verdict.YES and not found.coverage.is_listed
    if not is_treated or match.band is not Band.REVIEW or not _is_sure(match, party):
        return replace(match, reasons=(*match.reasons, *said))
    kept = tuple(reason for reason in match.reasons if not reason.startswith("review:"))
    return replace(match, band=Band.HIT, reasons=(*kept, *said))


def _is_sure(match: Match, party: Party | None) -> bool:
    """Whether the name alone would make a hit of a listed party."""
    recalled = {name.text for name in party.names if not name.decides} if party else set()
    return match.probability >= model().hit and match.matched not in recalled


def _rule(found: Affiliation) -> dict[str, Any]:
    """What the rule makes of the owners, JSON-ready; who owns what stands beside it."""
    told = found.as_dict()
    return {key: value for key, value in told.items() if key not in ("party", "on")}
