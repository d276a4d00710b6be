"""The index of everything that is screened against: parties, list entries, their names and where each name comes from.

Takes parties (of the bundled data or of a list) in any number; gives one Index, built once and then only read. A handle or
an e-mail domain is no name in words: it is found whole or not at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from chipledger.core.collecting import uncollected
from chipledger.core.errors import InputError
from chipledger.parties import retrieval
from chipledger.parties.hanzi_names import hanzi_of
from chipledger.parties.party import NameKind, PartyName
from chipledger.parties.views import NameView, view

_NAMES_READ = 40  # names that share most with a query: as many are compared at most
_PARTIES_READ = 12
_GENERATIONS = 10
_NAMES_OF_ONE = 3
_LEAST_OF_BEST = 0.4  # names that share less than this part of what the best shares are not compared


class Screened(Protocol):
    """What can be screened against: a Party, or an entry of a list."""

    @property
    def id(self) -> str:
        """Never renamed."""

    @property
    def names(self) -> Any:
        """Its names: PartyName, or text as a list prints it."""

    @property
    def events(self) -> Any:
        """What lists said of it."""


@dataclass(frozen=True, slots=True)
class Held:
    """One name of the index: whose it is, and its views."""

    party: int
    name: "str | PartyName"
    view: NameView

    @property
    def text(self) -> str:
        """The name as it is written."""
        return self.name if isinstance(self.name, str) else self.name.text


@dataclass(frozen=True, slots=True)
class Index:
    """Names ready to be searched."""

    parties: tuple[Screened, ...]
    held: tuple[Held, ...]
    words: retrieval.Words
    whole: dict[str, list[int]]
    marks: dict[str, list[tuple[int, PartyName]]]
    by_id: dict[str, int]

    @classmethod
    @uncollected()
    def build(
        cls, parties: Iterable[Screened], entries: Iterable[Screened] = (), *, hanzi: bool = True
    ) -> "Index":
        """The index of parties and list entries.

        Args:
            parties: with names and list events of their own.
            entries: of lists, of the same shape.
            hanzi: whether the hanzi names of the bundled table are added to listed names; see `hanzi_names`.

        Returns:
            The index; names that hold no letter are left out.

        >>> from chipledger.parties.party import Party
        >>> smee = Party.model_validate({"id": "smee", "names": [{"text": "Shanghai Micro Electronics", "kind": "primary"}]})
        >>> Index.build([smee]).names
        1
        """
        every = (*parties, *entries)
        held: list[Held] = []
        marks: dict[str, list[tuple[int, PartyName]]] = {}
        for at, party in enumerate(every):
            for name in (*party.names, *(hanzi_of(party.names) if hanzi else ())):
                text = name if isinstance(name, str) else name.text
                if not isinstance(name, str) and name.kind in (NameKind.HANDLE, NameKind.EMAIL_DOMAIN):
                    marks.setdefault(text.casefold(), []).append((at, name))
                    continue
                try:
                    held.append(Held(at, name, view(text)))
                except InputError:
                    continue
        whole: dict[str, list[int]] = {}
        for at, one in enumerate(held):
            whole.setdefault(one.view.joined, []).append(at)
        return cls(every, tuple(held), retrieval.index(one.view for one in held), whole, marks,
                   {party.id: at for at, party in enumerate(every)})  # fmt: skip

    @property
    def names(self) -> int:
        """How many names in words it holds."""
        return len(self.held)

    def parents(self, party: Screened) -> list[Screened]:
        """The parents of a party, the nearest first, as far as the index holds them."""
        found: list[Screened] = []
        at = self.by_id.get(getattr(party, "parent", None) or "")
        while at is not None and self.parties[at] not in found and len(found) < _GENERATIONS:
            found.append(self.parties[at])
            at = self.by_id.get(getattr(self.parties[at], "parent", None) or "")
        return found

    def candidates(self, query: NameView) -> list[tuple[int, float]]:
        """The names worth a comparison: equal ones first, then those that share most weight, few for each party.

        Args:
            query: its views.

        Returns:
            Numbers of names, each with how much it shares of what the best one shares, 1 for an equal name.
        """
        chosen: dict[int, int] = {}
        found: list[tuple[int, float]] = []
        near = self.words.nearest(query, _NAMES_READ)
        best = near[0][1] if near else 1.0
        whole = self.whole.get(query.joined, ())[:_PARTIES_READ]
        seen = set(whole)
        shares = [(at, 1.0) for at in whole] + [(at, score / best) for at, score in near if at not in seen]
        for at, share in shares:
            party = self.held[at].party
            if share < _LEAST_OF_BEST or chosen.get(party, 0) >= _NAMES_OF_ONE:
                continue
            if party not in chosen and len(chosen) >= _PARTIES_READ:
                continue
            chosen[party] = chosen.get(party, 0) + 1
            found.append((at, share))
        return found
