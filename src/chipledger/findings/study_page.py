"""A study as it is told: each claim with its verdict, its evidence, its quotes with place and state, and what was reckoned.

Takes a study and, where clones were read, what became of its quotes; gives pages that the command line and the report
print. The same study always gives the same pages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote as escaped

from chipledger.core.records import Record
from chipledger.findings.study import NOTICE, Study, sources_of
from chipledger.findings.study_claim import Evidence, Side, StudyClaim
from chipledger.findings.study_cost import Figure
from chipledger.findings.study_rebuild import Rebuilt, State, tally
from chipledger.findings.study_reckoned import reckoned
from chipledger.findings.study_records import StudyFile, StudyQuote


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedQuote:
    """A quote with where it stands and how it was had.

    Attributes:
        url: where anyone can see it.
        state: rebuilt from clone, from the bundle, or differs; why: the reason of the last two.
    """

    quote: StudyQuote
    file: StudyFile
    state: State
    why: str

    @property
    def url(self) -> str:
        """The address of the line, as the host of the repository shows it."""
        of = self.file
        return f"{of.address}/blob/{of.commit}/{escaped(of.path)}#L{self.quote.line}"

    @property
    def place(self) -> str:
        """Repository, commit, path and line."""
        return f"{self.file.place}:{self.quote.line}"

    @property
    def words(self) -> str:
        """The quote on one line, the padding of tables folded."""
        return " ".join(self.quote.quote.split())

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        one, of = self.quote, self.file
        return {
            **one.model_dump(mode="json"), "repository": of.repository, "commit": of.commit, "path": of.path, "sha256": of.sha256,
            "committed_on": of.committed_on.isoformat(), "is_third_party": of.is_third_party, "url": self.url,
            "state": self.state.value, "why": self.why,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPage:
    """One claim with everything told beside it."""

    claim: StudyClaim
    quotes: Mapping[str, PlacedQuote]
    figures: tuple[Figure, ...]
    changes: Mapping[str, str]
    absences: Mapping[str, str]

    def quotes_of(self, one: Evidence, quote_of: Mapping[str, str]) -> tuple[PlacedQuote, ...]:
        """The quotes of a piece of evidence, those of its changes among them."""
        ids = (*one.quotes, *(quote_of[id] for id in one.changes))
        return tuple(self.quotes[id] for id in dict.fromkeys(ids))

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        one, grade = self.claim, self.claim.grade()
        return {
            **one.model_dump(mode="json", exclude={"reckon"}, exclude_none=True),
            "verdict_in_words": one.verdict.in_words, "grade": grade.value if grade else None,
            "for": one.count(Side.FOR), "against": one.count(Side.AGAINST),
            "quotes": [quote.as_dict() for quote in self.quotes.values()],
            "changes": dict(self.changes), "absences": dict(self.absences),
            "figures": [figure.as_dict() for figure in self.figures],
        }  # fmt: skip

    def row(self) -> dict[str, Any]:
        """The claim as a line of a table."""
        one, grade = self.claim, self.claim.grade()
        return {"claim": one.id, "axis": one.axis.value, "what": one.title, "verdict": one.verdict.in_words,
                "grade": grade.value if grade else "none", "for": one.count(Side.FOR), "against": one.count(Side.AGAINST),
                "finding": one.finding}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPages:
    """A study, or some of its claims, as they are told.

    Attributes:
        rebuilt: what became of quotes, changes and absences; None where no clone was asked.
    """

    study: Study
    pages: tuple[ClaimPage, ...]
    rebuilt: tuple[Rebuilt, ...] | None

    @property
    def differing(self) -> tuple[Rebuilt, ...]:
        """What differs from the bundle."""
        return tuple(one for one in self.rebuilt or () if one.state is State.DIFFERS)

    @property
    def state(self) -> str:
        """How its quotes were had, in a sentence."""
        if self.rebuilt is None:
            quotes = {id for page in self.pages for id in page.quotes}
            if not quotes:
                return "the claim stands on no quote"
            return f"{len(quotes)} quotes from the bundle; `--clones FOLDER` reads them anew from clones"
        counts = ", ".join(f"{count} {state.value}" for state, count in tally(self.rebuilt).items() if count)
        return (
            f"{len(self.rebuilt)} quotes, removals and absences: {counts}"
            if self.rebuilt
            else "the claim stands on no quote"
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        claims = [page.claim for page in self.pages]
        return {
            "study": self.study.head.model_dump(mode="json", exclude_none=True),
            "state": self.state,
            "claims": [page.as_dict() for page in self.pages],
            "files": [one.model_dump(mode="json", exclude_none=True) for one in self.study.files.values()],
            "rebuilt": [one.as_dict() for one in self.rebuilt or ()],
            "sources": {one.id: one.model_dump(mode="json", exclude={"id"}, exclude_none=True) for one in sources_of(self.study, claims)},
            "notice": NOTICE,
        }  # fmt: skip


def pages(
    found: Study,
    claims: Iterable[StudyClaim],
    rebuilt: tuple[Rebuilt, ...] | None = None,
    *,
    reckon: bool = True,
) -> StudyPages:
    """The claims of a study as they are told.

    Args:
        found: the study.
        claims: of it.
        rebuilt: what became of its quotes; None where no clone was asked.
        reckon: whether to ask the engines for the figures beside each claim; a table of claims shows none.

    >>> from chipledger.findings.study import study
    >>> whole = study("whack-a-chip")
    >>> told = pages(whole, [whole.claim("P1")])
    >>> told.pages[0].row()["verdict"], told.pages[0].row()["for"]
    ('documented', 1)
    """
    states = {(one.kind, one.id): one for one in rebuilt or ()}
    return StudyPages(
        study=found, pages=tuple(_page(found, claim, states, reckon) for claim in claims), rebuilt=rebuilt
    )


def _page(
    found: Study, claim: StudyClaim, states: Mapping[tuple[str, str], Rebuilt], reckon: bool
) -> ClaimPage:
    asked = (
        [id for one in claim.evidence for id in one.changes],
        [id for one in claim.evidence for id in one.absences],
    )
    return ClaimPage(
        claim=claim,
        quotes={one.id: _placed(found, one, states) for one in found.quotes_of(claim)},
        figures=reckoned(found, claim) if reckon else (),
        changes={id: _told(found.changes[id], states.get(("change", id))) for id in dict.fromkeys(asked[0])},
        absences={
            id: _told(found.absences[id], states.get(("absence", id))) for id in dict.fromkeys(asked[1])
        },
    )


def _placed(found: Study, one: StudyQuote, states: Mapping[tuple[str, str], Rebuilt]) -> PlacedQuote:
    became = states.get(("quote", one.id))
    state, why = (became.state, became.why) if became else (State.BUNDLED, "no clone was asked")
    return PlacedQuote(quote=one, file=found.files[one.file], state=state, why=why)


def _told(one: Record, became: Rebuilt | None) -> str:
    says = str(getattr(one, "says", ""))
    if became is None:
        return f"{says} ({State.BUNDLED.value})"
    why = f": {became.why}" if became.why else ""
    return f"{says} ({became.state.value}{why})"
