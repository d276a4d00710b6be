"""Who is that, and on which list on that day: a name screened against an index, with a band and every reason.

Takes a name, an Index and a day; gives a Screening: clear, review or hit, and for each party that the name may mean the name
that met it, the words, the list entry with its document and days, and the owner it stands under. A match is about names: it
says that they are consistent with one party, never what anybody did. A name or a listing that is only recalled, a listing
whose day is unknown, and an owner on a list ask for review; none of them makes a hit.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from chipledger.core.truth import Verdict
from chipledger.parties import lists as party_lists
from chipledger.parties.align import align
from chipledger.parties.calibrated import features, model
from chipledger.parties.events import standing_on
from chipledger.parties.index import Held, Index, Screened
from chipledger.parties.normal import key
from chipledger.parties.ownership import Closure, Coverage
from chipledger.parties.party import Listing, PartyName
from chipledger.parties.ranking import Ranked, rank
from chipledger.parties.views import NameView, view

_WAYS = {
    "equal": "is the same", "together": "is written together", "sound": "sounds alike", "pinyin": "is its pinyin",
    "hanzi": "shares hanzi", "meaning": "means the same", "initials": "are the initials", "initial": "is the initial",
    "beginning": "is its beginning", "spelling": "is near in spelling", "other word": "is near in spelling, though a word of its own",
}  # fmt: skip
_SURE_OF_EQUAL = 0.9
_LEAST_LETTERS = 5  # of a name of a bulk list; a hanzi counts as two
_LEAST_OF_CURATED = 3


class Band(StrEnum):
    """What is to be done: nothing, have a person look, or treat as listed until a person has looked."""

    CLEAR = "clear"
    REVIEW = "review"
    HIT = "hit"


@dataclass(frozen=True, slots=True)
class Match:
    """A party that the name may mean.

    Args:
        party_id: of the party or list entry.
        name: by which it is shown.
        matched: the name of it that met the query.
        band: what this match asks for.
        probability: that the query means this party.
        listings: on the lists that were asked for, on the day.
        reasons: in sentences.
        evidence: the same for machines: words that met with their weights, features, name, listings, owners.
    """

    party_id: str
    name: str
    matched: str
    band: Band
    probability: float
    listings: tuple[Listing, ...]
    reasons: tuple[str, ...]
    evidence: dict[str, Any]

    @property
    def list(self) -> str | None:
        """The id of the list that weighs most; None where the party stands on none of those asked for."""
        return self.listings[0].list if self.listings else None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "party_id": self.party_id, "name": self.name, "matched": self.matched, "list": self.list,
            "probability": round(self.probability, 4), "band": self.band.value, "reasons": [*self.reasons],
            "evidence": self.evidence,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Screening:
    """What screening a name on a day gave: the band of its gravest match, and the matches, gravest first."""

    query: str
    on: date
    band: Band
    matches: tuple[Match, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"query": self.query, "on": self.on.isoformat(), "band": self.band.value,
                "matches": [match.as_dict() for match in self.matches]}  # fmt: skip


def screen(
    query: str,
    index: Index,
    on: date,
    *,
    lists: Collection[str] = (),
    known: date | None = None,
    owners: Closure | None = None,
    most: int = 10,
) -> Screening:
    """A name screened on a day.

    Args:
        query: a name as it was given, in any script; a handle or an e-mail domain is looked up whole.
        index: what it is screened against.
        on: the day in the world.
        lists: ids of the lists that count; none for those with an effect under the EAR.
        known: with what was public by then; None for all that is recorded.
        owners: who is owned by listed parties on the day, where that is known; see `chipledger.parties.ownership`.
        most: how many matches are given at most.

    Returns:
        The band and the matches.

    Raises:
        InputError: the name is empty, of one character, or longer than names are.

    >>> from chipledger.parties.party import Party
    >>> firm = Party.model_validate({"id": "example", "names": [{"text": "Example Propulsion Ltd", "kind": "primary"}], "events": [
    ...     {"list": "entity_list", "action": "added", "effective_on": "2022-12-16", "document": "87 FR 77505"}]})
    >>> index = Index.build([firm])
    >>> [screen("EXAMPLE PROPULSION", index, date(2022, 12, day)).band.value for day in (15, 16)]
    ['clear', 'hit']
    """
    asked = view(query)
    question = Question(index, on, *_counted(frozenset(lists)), known, owners)
    found = [
        _by_mark(index.parties[at], name, question)
        for at, name in index.marks.get(query.strip().casefold(), ())
    ]
    for one in rank(asked, index):
        meant = _sure_of_equal(one, asked, index)
        if meant.probability >= model().review:
            found.append(_match(meant, question))
    gravest: dict[str, Match] = {}
    for match in sorted(found, key=lambda match: (-_GRAVITY[match.band], -match.probability, match.party_id)):
        gravest.setdefault(match.party_id, match)
    matches = tuple(gravest.values())
    return Screening(query, on, matches[0].band if matches else Band.CLEAR, matches[:most])


_GRAVITY = {Band.CLEAR: 0, Band.REVIEW: 1, Band.HIT: 2}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every match: the index, the day, the lists that are shown and those that decide, and the owners."""

    index: Index
    on: date
    shown: frozenset[str]
    deciding: frozenset[str]
    known: date | None
    owners: Closure | None

    def listings(self, party: Screened) -> tuple[Listing, ...]:
        """Where the party stood that day, the lists that decide first."""
        every = [one for one in standing_on(party.events, self.on, self.known) if one.list in self.shown]
        return tuple(sorted(every, key=lambda one: (one.list not in self.deciding, one.holds is not Verdict.YES,
                                                    one.list != "entity_list", one.list)))  # fmt: skip

    def listed_parents(self, party: Screened) -> list[tuple[Screened, Listing]]:
        """The parents that stood on a list that decides, each with its listing."""
        return [(parent, one) for parent in self.index.parents(party) for one in self.listings(parent)[:1]
                if one.list in self.deciding]  # fmt: skip


@lru_cache(maxsize=64)
def _counted(lists: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The lists that are shown and those that decide: what was asked for, of the default set those with an effect on exports."""
    shown = lists or party_lists.chosen()
    if shown != party_lists.chosen():
        return shown | {"1260h"}, shown
    every = party_lists.lists()
    return shown | {"1260h"}, frozenset(one for one in shown if every[one].effect.touches_exports)


def _sure_of_equal(one: Ranked, asked: NameView, index: Index) -> Ranked:
    """A party that bears the very name, to the letter, is sure of it, unless it is so short that many bear it.

    That name is told then, and not another of the party that happened to weigh more, unless it is only recalled and the other
    was read and makes a hit by itself.
    """
    same = (index.held[at] for at in index.whole.get(asked.joined, ()) if index.held[at].party == one.party)
    equal = next((held for held in sorted(same, key=_doubt) if key(held.text) == key(asked.text)), None)
    is_read = not _doubt(one.held) and one.probability >= model().hit
    if equal is None or (_doubt(equal) and is_read):
        return one
    letters = len(asked.joined) + sum(not letter.isascii() for letter in asked.joined)
    least = _LEAST_LETTERS if isinstance(equal.name, str) else _LEAST_OF_CURATED
    if letters < least:
        return one
    sure = replace(one, held=equal, probability=max(one.probability, _SURE_OF_EQUAL))
    if equal is one.held:
        return sure
    found = align(asked, equal.view, index.words.lexicon)
    return replace(sure, alignment=found, features=features(asked, equal.view, found))


def _doubt(held: Held) -> bool:
    """Whether the name is only recalled: one that was read comes first."""
    return isinstance(held.name, PartyName) and not held.name.decides


def _match(one: Ranked, question: Question) -> Match:
    party = question.index.parties[one.party]
    listings = question.listings(party)
    owned = question.owners.of(party.id) if question.owners else None
    band, doubts = _band(one.probability, one.held.name, listings, owned, party, question)
    reasons = (f"the name meets {one.held.text!r}{_kind(one.held.name)}: probability {one.probability:.2f}",
               *_words(one), *_listing_reasons(listings, question), *_parent_reasons(party, question),
               *_owner_reasons(owned), *doubts)  # fmt: skip
    return Match(party.id, _shown(party), one.held.text, band, one.probability, listings, reasons,
                 _evidence(one, listings, owned, party, question))  # fmt: skip


def _by_mark(party: Screened, name: PartyName, question: Question) -> Match:
    listings = question.listings(party)
    owned = question.owners.of(party.id) if question.owners else None
    band, doubts = _band(1.0, name, listings, owned, party, question)
    reasons = (f"{name.text!r} is a {name.kind.value.replace('_', ' ')} of the party",
               *_listing_reasons(listings, question), *_parent_reasons(party, question), *_owner_reasons(owned), *doubts)  # fmt: skip
    evidence = {
        "name": {"text": name.text, "kind": name.kind.value},
        "listings": [_plain(listing) for listing in listings],
    }
    return Match(party.id, _shown(party), name.text, band, 1.0, listings, reasons, evidence)


def _band(
    probability: float, name: str | PartyName, listings: tuple[Listing, ...], owned: Coverage | None, party: Screened,
    question: Question,
) -> tuple[Band, list[str]]:  # fmt: skip
    """The band of a match, and what keeps it from a higher one."""
    weights = model()
    counted = [one for one in listings if one.list in question.deciding]
    has_owner = bool(question.listed_parents(party)) or (owned is not None and owned.has_listed_owner)
    if probability < weights.review or not (counted or has_owner):
        return Band.CLEAR, []
    doubts = []
    if probability < weights.hit:
        doubts.append(f"review: the names are not near enough for a hit ({weights.hit:.2f})")
    if isinstance(name, PartyName) and not name.decides:
        doubts.append("review: the name that met is only recalled, not read in a source")
    if isinstance(name, PartyName) and not _borne(name, question.on):
        doubts.append(
            f"review: the party bore that name {_days(name.since, name.until)}, not on {question.on}"
        )
    if counted and all(listing.holds is not Verdict.YES for listing in counted):
        doubts.append("review: whether it stood on the list that day is not known")
    if not counted:
        doubts.append("review: the party is on no list that decides; an owner or parent is")
    return (Band.REVIEW if doubts else Band.HIT), doubts


def _borne(name: PartyName, on: date) -> bool:
    """A former name still means the party; only a name it had not taken yet does not."""
    return name.since is None or name.since <= on


def _words(one: Ranked) -> list[str]:
    met = [
        f"{pair.query!r} {_WAYS[pair.way]}" + ("" if pair.query == pair.name else f" ({pair.name!r})")
        for pair in sorted(one.alignment.pairs, key=lambda pair: -pair.query_weight)[:6]
    ]
    said = ["words that meet: " + "; ".join(met)] if met else []
    left = [repr(word) for word, _ in one.alignment.query_left]
    missing = [repr(word) for word, _ in one.alignment.name_left]
    if left or missing:
        said.append("; ".join(filter(None, [f"only in the query: {', '.join(left)}" if left else "",
                                            f"only in the name: {', '.join(missing)}" if missing else ""])))  # fmt: skip
    return said


def _parent_reasons(party: Screened, question: Question) -> list[str]:
    return [
        f"its parent {parent.id} {'stood' if one.holds is Verdict.YES else 'perhaps stood'} on {one.list} on {question.on}; a listed "
        "parent does not list a subsidiary by itself"
        for parent, one in question.listed_parents(party)
    ]


def _listing_reasons(listings: tuple[Listing, ...], question: Question) -> list[str]:
    known = party_lists.lists()
    said = []
    for listing in listings:
        title = known[listing.list].title if listing.list in known else listing.list
        entry = f" as {listing.name!r}" if listing.name else ""
        by = f" by {', '.join(listing.documents)}" if listing.documents else ""
        holds = "on" if listing.holds is Verdict.YES else "perhaps on"
        since = f" since {listing.since}" if listing.since else ""
        said.append(
            f"{holds} the {title}{entry}{since}{by} on {question.on}"
            + (f": {listing.why}" if listing.why else "")
        )
        if listing.list in known:
            said.append(f"{known[listing.list].authority}: {known[listing.list].says}")
        if listing.list not in question.deciding:
            said.append(f"{listing.list} is shown only: it has no effect under the EAR by itself")
    return said


def _owner_reasons(owned: Coverage | None) -> list[str]:
    if owned is None or not owned.has_listed_owner:
        return []
    path = " -> ".join([owned.chain[0].owner, *(step.owned for step in owned.chain)]) if owned.chain else ""
    return [
        f"owned by listed parties to half or more: {owned.answer.value}"
        + (f" (path: {path})" if path else ""),
        *owned.reasons,
    ]


def _kind(name: str | PartyName) -> str:
    return f" ({name.kind.value})" if isinstance(name, PartyName) else ""


def _days(since: date | None, until: date | None) -> str:
    return " ".join(filter(None, [f"from {since}" if since else "", f"until {until}" if until else ""]))


def _shown(party: Screened) -> str:
    primary = getattr(party, "primary", None)
    return str(primary if primary else party.names[0])


def _plain(listing: Listing) -> dict[str, Any]:
    return listing.model_dump(mode="json", exclude={"cites"}, exclude_none=True)


def _evidence(
    one: Ranked, listings: tuple[Listing, ...], owned: Coverage | None, party: Screened, question: Question
) -> dict[str, Any]:
    name = one.held.name
    return {
        "name": {"text": one.held.text, "kind": name.kind.value if isinstance(name, PartyName) else None},
        "words": [{"query": pair.query, "name": pair.name, "way": pair.way, "credit": round(pair.credit, 3),
                   "weight": round(pair.query_weight, 3)} for pair in one.alignment.pairs],
        "only_in_query": [word for word, _ in one.alignment.query_left],
        "only_in_name": [word for word, _ in one.alignment.name_left],
        "log_odds": {feature: round(part, 3) for feature, part in model().parts(one.features).items()},
        "listings": [_plain(listing) for listing in listings],
        "listed_parents": [parent.id for parent, _ in question.listed_parents(party)],
        "owners": owned.as_dict() if owned else None,
    }  # fmt: skip
