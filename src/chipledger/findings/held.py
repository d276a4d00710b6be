"""Which organisations a project's authors named, on which days: affiliations by date.

Takes snapshots of one project; gives for each organisation the days on which an author block showed it, and the first
later day on which one did so no longer. Before the first and after the last day nothing is known. That a name is not shown any more
is told as what it is: a change of words, neither an admission nor an acquittal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chipledger.core.byline import AuthorAffiliation, Tie
from chipledger.findings.organisations import party_of
from chipledger.findings.snapshot import Shown, Snapshot

BASIS = "affiliated authors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An organisation's tie to a project through its authors.

    Attributes:
        organisation: the party where the register knows it, else as printed.
        party: its id in the register.
        printed: every form in which it was printed.
        tie: affiliation, internship or team.
        author_count: the most authors of one block; None where blocks do not say which.
        first_on, last_on: the first and last day on which a block showed it.
        not_shown_from: the first later day on which a block of the project showed affiliations without it.
        grades: how near the sources stand.
        documents: that show it.
        evidence: the records, the oldest first.
    """

    organisation: str
    party: str | None
    printed: tuple[str, ...]
    tie: Tie
    author_count: int | None
    first_on: date | None
    last_on: date | None
    not_shown_from: date | None
    grades: tuple[str, ...]
    documents: tuple[str, ...]
    evidence: tuple[AuthorAffiliation, ...]

    @property
    def in_words(self) -> str:
        """The tie as a sentence."""
        who = (
            f"{self.author_count} author{'' if self.author_count == 1 else 's'}"
            if self.author_count
            else "authors"
        )
        day = (
            f"on {self.first_on} only"
            if self.first_on == self.last_on
            else f"from {self.first_on} to {self.last_on}"
        )
        day = day if self.first_on else "on an unknown day"
        gone = f"; not shown any more from {self.not_shown_from}" if self.not_shown_from else ""
        return f"{self.organisation}: {_TIES[self.tie]} of {who}, shown {day}{gone}; other days unknown"

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields; names of authors stay in the ledger's records."""
        return {
            "organisation": self.organisation, "party": self.party, "printed": list(self.printed), "tie": self.tie.value, "basis": BASIS,
            "author_count": self.author_count, "first_on": _iso(self.first_on), "last_on": _iso(self.last_on),
            "not_shown_from": _iso(self.not_shown_from), "grades": list(self.grades), "documents": list(self.documents),
            "quotes": [one.quote for one in self.evidence[:5]], "in_words": self.in_words,
        }  # fmt: skip

    def holds_on(self, day: date | None) -> bool | None:
        """Whether the tie is known to have held on a day; None where nothing shows it.

        >>> one = Held(organisation="Kite", party=None, printed=("Kite",), tie=Tie.AFFILIATION, author_count=2, first_on=date(2024, 9, 13),
        ...     last_on=date(2024, 9, 13), not_shown_from=date(2024, 11, 1), grades=("primary",), documents=("a",), evidence=())
        >>> one.holds_on(date(2024, 9, 13)), one.holds_on(date(2024, 10, 1)), one.holds_on(date(2024, 11, 1))
        (True, None, False)
        """
        if day is None or self.first_on is None or self.last_on is None:
            return None
        if self.first_on <= day <= self.last_on:
            return True
        return False if day == self.not_shown_from else None


_TIES = {Tie.AFFILIATION: "affiliation", Tie.INTERNSHIP: "internship", Tie.TEAM: "authorship"}


def held_by(group: Iterable[Snapshot]) -> tuple[Held, ...]:
    """The ties of one project's authors, by date.

    Args:
        group: its snapshots.

    Returns:
        Ties in the order of their first days.
    """
    shown = sorted(
        (one for snap in group for one in snap.shown),
        key=lambda one: (one.first_on or date.max, one.document, one.document_id),
    )
    ties: dict[tuple[str, Tie], list[tuple[Shown, AuthorAffiliation]]] = {}
    for one in shown:
        for affiliation in one.affiliations:
            party = party_of(affiliation.organisation)
            ties.setdefault(
                (party.id if party else affiliation.organisation.casefold(), affiliation.tie), []
            ).append((one, affiliation))
    made = [_held(tie, found, shown) for (_, tie), found in ties.items()]
    return tuple(
        sorted(
            made,
            key=lambda one: (one.first_on or date.max, -(one.author_count or 0), one.organisation, one.tie),
        )
    )


def _held(tie: Tie, found: Sequence[tuple[Shown, AuthorAffiliation]], shown: Sequence[Shown]) -> Held:
    party = party_of(found[0][1].organisation)
    firsts = [one.first_on for one, _ in found if one.first_on]
    lasts = [one.last_on for one, _ in found if one.last_on]
    last = max(lasts, default=None)
    documents = {one.document_id for one, _ in found}
    later = [
        one.first_on
        for one in shown
        if one.document_id not in documents and one.first_on and last and one.first_on > last
    ]
    counts: dict[str, set[str]] = {}
    for one, affiliation in found:
        counts.setdefault(one.document_id, set()).update(affiliation.authors)
    return Held(
        organisation=party.primary if party else found[0][1].organisation,
        party=party.id if party else None,
        printed=tuple(dict.fromkeys(affiliation.organisation for _, affiliation in found)),
        tie=tie,
        author_count=max(map(len, counts.values())) or None,
        first_on=min(firsts, default=None),
        last_on=last,
        not_shown_from=min(later, default=None),
        grades=tuple(sorted({affiliation.grade for _, affiliation in found})),
        documents=tuple(dict.fromkeys(one.document for one, _ in found)),
        evidence=tuple(affiliation for _, affiliation in found),
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
