"""A project in all its snapshots: its names, owners and authors' organisations by date, and what was turned away.

Records only; `identity` makes them. Each join and each rejection carries its reasons.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from chipledger.core.records import content_id
from chipledger.findings.held import Held
from chipledger.findings.sameness import Reason
from chipledger.findings.snapshot import Snapshot


class Strength(StrEnum):
    """How sure a join is."""

    CERTAIN = "certain"
    STRONG = "strong"
    LIKELY = "likely"


class Turned(StrEnum):
    """Why a snapshot that bears a project's name or has its commits is not of it.

    Of two forks neither need be the other's: both may be of a third.
    """

    SQUAT = "squat"
    FORK = "fork"
    NAMESAKE = "namesake"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Two snapshots of one project, the older first; `how` is same, rename, move or new line."""

    older: Snapshot
    newer: Snapshot
    how: str
    strength: Strength
    reasons: tuple[Reason, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "older": self.older.place, "newer": self.newer.place, "how": self.how, "strength": self.strength.value,
            "reasons": [one.as_dict() for one in self.reasons],
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A snapshot that was not taken for one of a project; `trust` is 0 for a squatter, None where it is not known."""

    snapshot: Snapshot
    verdict: Turned
    reasons: tuple[Reason, ...]

    @property
    def trust(self) -> int | None:
        """0 for a squatter; None for the rest: a fork or a namesake may be as honest as the project."""
        return 0 if self.verdict is Turned.SQUAT else None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        snap = self.snapshot
        return {
            "place": snap.place, "label": snap.label, "kind": snap.kind, "first_on": _iso(snap.first_on), "verdict": self.verdict.value,
            "trust": self.trust, "reasons": [one.as_dict() for one in self.reasons],
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """Who owned the repository under which name, on which days it was seen."""

    owner: str
    name: str
    party: str | None
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project, in all its snapshots.

    Attributes:
        name: its newest.
        former_names: the others, the newest first.
        label: how findings call it.
        snapshots: by their first days.
        owners: of its repositories, by date.
        affiliations: of its authors, by date.
        joins: how its snapshots hang together.
        rejections: what only bears its name or content.
    """

    name: str
    former_names: tuple[str, ...]
    label: str
    snapshots: tuple[Snapshot, ...]
    owners: tuple[Owned, ...]
    affiliations: tuple[Held, ...]
    joins: tuple[Join, ...]
    rejections: tuple[Rejection, ...]

    @property
    def id(self) -> str:
        """The content id: of its oldest snapshot."""
        return content_id("project", self.snapshots[0].unit)

    @property
    def names(self) -> frozenset[str]:
        """The keys of every name."""
        return frozenset(name for snap in self.snapshots for name in snap.names)

    @property
    def called(self) -> str:
        """The name with the former ones.

        The label stays that of the newest snapshot, so that a project that never moved is called as before.
        """
        return f"{self.label} (formerly {', '.join(self.former_names)})" if self.former_names else self.label

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields, `kind` first."""
        return {
            "kind": "project", "id": self.id, "name": self.name, "former_names": list(self.former_names), "label": self.label,
            "snapshots": [_snapshot_fields(one) for one in self.snapshots],
            "owners": [{"owner": one.owner, "name": one.name, "party": one.party, "first_on": _iso(one.first_on), "last_on": _iso(one.last_on)} for one in self.owners],
            "affiliations": [one.as_dict() for one in self.affiliations],
            "joins": [one.as_dict() for one in self.joins],
            "rejections": [one.as_dict() for one in self.rejections],
        }  # fmt: skip


def _snapshot_fields(snap: Snapshot) -> dict[str, Any]:
    return {
        "place": snap.place, "kind": snap.kind, "name": snap.name, "owner": snap.owner, "title": snap.title, "first_on": _iso(snap.first_on),
        "last_on": _iso(snap.last_on), "author_count": len(snap.authors) or None, "commits": snap.line.commits if snap.line else None,
    }  # fmt: skip


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
