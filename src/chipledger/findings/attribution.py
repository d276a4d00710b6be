"""To which project a statement is laid, and on whose word: the project's own, or a report that nobody checked.

Takes the identity of projects and a document's facts; gives for each mention the project it belongs to. What a squatter says is
laid to nobody but itself. What a text repeats of a project (“according to …”) is laid to the project as reported; it stays
unverified as long as no document of the project's own states the same of that chip.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from chipledger.core.load import load_yaml
from chipledger.core.records import DocumentFacts, Mention, Record
from chipledger.findings.held import BASIS, Held
from chipledger.findings.identity import Identity, identified
from chipledger.findings.known_project import Project
from chipledger.findings.organisations import owner_of
from chipledger.findings.project import project_of

_DATA = Path(__file__).parents[1] / "data" / "identity" / "report_words.yaml"
_TOKEN = re.compile(r"[A-Za-z0-9][\w.\-]{2,40}")


class Standing(StrEnum):
    """On whose word a claim stands."""

    STATED = "stated"
    UNVERIFIED = "reported, unverified"


class Words(Record):
    """The words of data/identity/report_words.yaml."""

    reports: tuple[str, ...]
    own: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributed:
    """The project of a mention, by whom, and whether the document only repeats what others state.

    The organisation is the mention's; where the project moved between owners of one party, that party's name for any of
    them, so that a move makes no second user.
    """

    label: str
    organisation: str | None
    is_reported: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What is known of the project of a claim beside its statements.

    Attributes:
        former_names: of the project.
        affiliations: of its authors, by date.
        squats_on: the project whose name the documents' place took over, with the reasons.
    """

    former_names: tuple[str, ...] = ()
    affiliations: tuple[Held, ...] = ()
    squats_on: tuple[str, tuple[str, ...]] | None = None

    @property
    def parties(self) -> tuple[str, ...]:
        """The parties of the register among the authors' organisations, each with its days, the earliest first."""
        return tuple(f"{one.organisation} ({_days(one)})" for one in self.affiliations if one.party)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "former_names": list(self.former_names),
            "affiliations": [
                {
                    "organisation": one.organisation, "party": one.party, "basis": BASIS, "tie": one.tie.value, "author_count": one.author_count,
                    "first_on": one.first_on.isoformat() if one.first_on else None, "last_on": one.last_on.isoformat() if one.last_on else None,
                    "not_shown_from": one.not_shown_from.isoformat() if one.not_shown_from else None, "grades": list(one.grades),
                }
                for one in self.affiliations
            ],
            "not_attributed_to": {"project": self.squats_on[0], "reasons": list(self.squats_on[1])} if self.squats_on else None,
        }  # fmt: skip


NOTHING_KNOWN = Background()


class Attribution:
    """To which project the mentions of documents are laid.

    Args:
        identity: of the projects of a ledger; none leaves every document to its own.

    >>> facts = DocumentFacts(document="news.md", document_id="1", project="kite")
    >>> words = Mention(document="news.md", start=9, end=17, quote="512 A800", chip="NVIDIA A800", prefix="Reportedly ")
    >>> Attribution().of(facts, words)
    Attributed(label='kite', organisation=None, is_reported=True)
    """

    def __init__(self, identity: Identity | None = None) -> None:
        self.identity = identity or identified([])
        self._backgrounds: dict[str, Background] = {}
        self._shared: frozenset[str] = frozenset()

    def telling_apart(self, documents: Iterable[DocumentFacts]) -> "Attribution":
        """The same, calling projects of one name and different owners by owner and name.

        Args:
            documents: all those whose statements are to be laid to projects.
        """
        owners: dict[str, set[str]] = {}
        for facts in documents:
            project = self.identity.project_of(facts)
            label, owner = self._called(facts, project)
            if owner:
                is_joined = project is not None and len(project.snapshots) > 1
                owners.setdefault(label, set()).add(project.id if project and is_joined else owner.casefold())
        made = Attribution(self.identity)
        made._shared = frozenset(label for label, found in owners.items() if len(found) > 1)
        return made

    def of(self, facts: DocumentFacts, mention: Mention) -> Attributed:
        """The project of a mention.

        Args:
            facts: of the mention's document.
            mention: what it states.
        """
        reported = is_report(facts, mention)
        about = self._named_in(mention) if reported else None
        project = about or self.identity.project_of(facts)
        label, owner = self._called(facts, project, is_about=about is not None)
        if owner and label in self._shared:
            label = f"{owner}/{label}"
        self._note(label, facts, project)
        return Attributed(
            label=label, organisation=_user(mention.organisation, project), is_reported=reported
        )

    def _called(
        self, facts: DocumentFacts, project: Project | None, *, is_about: bool = False
    ) -> tuple[str, str | None]:
        """What a document's project is called, and its owner."""
        if project is None or (not is_about and len(project.snapshots) == 1):
            return project_of(facts), facts.organisation
        return project.label, project.owners[-1].owner if project.owners else None

    def background(self, label: str) -> Background:
        """What is known of a project beside its statements."""
        return self._backgrounds.get(label, NOTHING_KNOWN)

    def _note(self, label: str, facts: DocumentFacts, project: Project | None) -> None:
        squat = self.identity.squat_of(facts)
        if label in self._backgrounds and squat is None:
            return
        on = (squat[0].label, tuple(one.in_words for one in squat[1].reasons)) if squat else None
        self._backgrounds[label] = Background(
            former_names=project.former_names if project else (), affiliations=project.affiliations if project else (), squats_on=on,
        )  # fmt: skip

    def _named_in(self, mention: Mention) -> Project | None:
        """The one known project that a report speaks of: its subject, else the only one named in its sentence."""
        if mention.subject and (found := self.identity.named(mention.subject)):
            return found
        said = _TOKEN.findall(f"{mention.prefix} {mention.suffix}")
        found_by = {found.id: found for one in said if (found := self.identity.named(one.rstrip(".-")))}
        return next(iter(found_by.values())) if len(found_by) == 1 else None


def _user(organisation: str | None, project: Project | None) -> str | None:
    if not organisation or project is None or len(project.owners) < 2:
        return organisation or None
    party = owner_of(organisation)
    return party.primary if party and party.primary in {one.party for one in project.owners} else organisation


def is_report(facts: DocumentFacts, mention: Mention) -> bool:
    """Whether a document repeats in a sentence what others state.

    Args:
        facts: of the document.
        mention: with the words of its sentence.
    """
    if facts.commit or (facts.face is not None and (facts.face.authors or facts.affiliations)):
        return False
    sentence = f"{mention.prefix}{mention.quote}{mention.suffix}"
    reports, own = _expressions()
    return bool(reports.search(sentence)) and not own.search(sentence)


def verified(mentions: Iterable[tuple[Attributed, Mention]]) -> set[tuple[str, str, int | None]]:
    """(project, chip, count) that projects state themselves; with no count, the chip alone.

    Args:
        mentions: each with its project.
    """
    found: set[tuple[str, str, int | None]] = set()
    for attributed, mention in mentions:
        if not attributed.is_reported:
            found |= {(attributed.label, mention.chip, mention.count), (attributed.label, mention.chip, None)}
    return found


@cache
def _expressions() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = load_yaml(_DATA, Words)
    return _any_of(words.reports), _any_of(words.own)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(
        "|".join(
            rf"(?<![a-z]){re.escape(one)}(?![a-z])" if one.isascii() else re.escape(one) for one in words
        ),
        re.IGNORECASE,
    )


def _days(one: Held) -> str:
    if one.first_on is None or one.first_on == one.last_on:
        return f"{one.first_on or 'day unknown'}"
    return f"{one.first_on} to {one.last_on}"
