"""Which snapshots are of one project, under which names, of whom; and which only bear its name.

Takes snapshots; gives projects and what was turned away, each with its reasons. Snapshots join when something speaks for it that only
the project's holder could make, or when authors and content agree and nothing speaks of a takeover. Who took over a name
or address that the project left behind, without commits, committers or words of the project's own, is a squatter: trust
0, and nothing it says is laid to the project. Where it cannot be told, snapshots stay apart and the answer says so.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from chipledger.core.records import DocumentFacts, content_id
from chipledger.findings.held import Held, held_by
from chipledger.findings.likeness import Kind, Likeness, Reason, author_keys, likeness, promotion_in
from chipledger.findings.organisations import owner_of
from chipledger.findings.snapshot import Snapshot, name_key, unit_of

_MOST_SHARING = 60  # a sign that more snapshots share tells nothing of any two
_LEAST_HELD, _LEAST_TOTAL, _LEAST_COPIED = 3, 4, 6


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


class Identity:
    """The projects of a ledger, and which of its documents belong to which.

    Args:
        projects: in the order of their labels.
    """

    def __init__(self, projects: Sequence[Project]) -> None:
        self.projects = tuple(projects)
        self._by_unit = {snap.unit: project for project in projects for snap in project.snapshots}
        self._squats = {
            one.snapshot.unit: (project, one)
            for project in projects
            for one in project.rejections
            if one.verdict is Turned.SQUAT
        }
        self._by_name: dict[str, Project | None] = {}
        for project in projects:
            squats = all(snap.unit in self._squats for snap in project.snapshots)
            if not squats and (len(project.snapshots) > 1 or any(snap.authors for snap in project.snapshots)):
                for name in project.names:
                    self._by_name[name] = project if name not in self._by_name else None

    def project_of(self, facts: DocumentFacts) -> Project | None:
        """The project that a document speaks for."""
        return self._by_unit.get(unit_of(facts))

    def squat_of(self, facts: DocumentFacts) -> tuple[Project, Rejection] | None:
        """The project whose name a document's place squats on, with the reasons."""
        return self._squats.get(unit_of(facts))

    def named(self, name: str) -> Project | None:
        """The one project that bears a name, or bore it."""
        return self._by_name.get(name_key(name))


def identified(found: Sequence[Snapshot]) -> Identity:
    """The projects that snapshots are of.

    Args:
        found: every snapshot.

    Returns:
        Every snapshot stands in one project, alone or with others; one that bears the name of another project and is not of
        it stands among that project's rejections as well.
    """
    likenesses = [likeness(found[i], found[j]) for i, j in sorted(_candidates(found))]
    groups, joins = _grouped(found, likenesses)
    by_older: dict[str, list[Likeness]] = defaultdict(list)
    for one in likenesses:
        by_older[one.older.unit].append(one)
    joined_by: dict[str, list[Join]] = defaultdict(list)
    for join in joins:
        joined_by[join.older.unit].append(join)
    projects = [_project(group, joined_by, by_older) for group in groups]
    return Identity(sorted(projects, key=lambda one: (one.label, one.snapshots[0].unit)))


def _candidates(found: Sequence[Snapshot]) -> set[tuple[int, int]]:
    """Pairs that share anything telling."""
    sharing: dict[tuple[str, object], list[int]] = defaultdict(list)
    for number, snap in enumerate(found):
        keys: set[tuple[str, object]] = {("name", one) for one in snap.names}
        keys |= {("author", min(one)) for one in author_keys(snap)} | {
            ("sentence", one) for one in snap.sentences
        }
        keys |= {
            ("address", one)
            for one in (snap.address, *snap.addresses)
            if one and not one.startswith("arxiv:")
        }
        if snap.line:
            keys |= {("commit", one) for one in snap.line.sketch[:64]} | {
                ("proposal", one) for one in snap.line.proposals[:2]
            }
            keys |= {("root", one) for one in snap.line.roots}
        for key in keys:
            sharing[key].append(number)
    pairs: set[tuple[int, int]] = set()
    for numbers in sharing.values():
        if 1 < len(numbers) <= _MOST_SHARING:
            pairs |= {(one, other) for place, one in enumerate(numbers) for other in numbers[place + 1 :]}
    return pairs


def _grouped(
    found: Sequence[Snapshot], likenesses: Sequence[Likeness]
) -> tuple[list[list[Snapshot]], list[Join]]:
    """Snapshots in groups, joined by the surest likenesses first; a join that would bring in a takeover is not made."""
    leader = {snap.unit: snap.unit for snap in found}
    members = {snap.unit: [snap] for snap in found}
    left_behind = _left_behind(likenesses)
    joins: list[Join] = []
    for one in sorted(
        likenesses,
        key=lambda like: (-like.total(Kind.HELD), -like.total(Kind.COPIED), like.older.unit, like.newer.unit),
    ):
        strength = _strength(one, left_behind)
        a, b = leader[one.older.unit], leader[one.newer.unit]
        if strength is None or a == b:
            continue
        joins.append(
            Join(older=one.older, newer=one.newer, how=_how(one), strength=strength, reasons=one.reasons)
        )
        members[a] += members.pop(b)
        for snap in members[a]:
            leader[snap.unit] = a
    in_order = [
        sorted(group, key=lambda snap: (snap.first_on or date.max, snap.last_on or date.max, snap.unit))
        for group in members.values()
    ]
    return sorted(in_order, key=lambda group: group[0].unit), joins


def _strength(one: Likeness, left_behind: frozenset[tuple[str, str]]) -> Strength | None:
    """How sure a join of two snapshots is; None where they stay apart.

    People who commit to two projects, and a lab that links its projects, make them no one project: besides what only the
    holder could make it takes that the two are about the same.
    """
    held, copied, against = (one.total(kind) for kind in (Kind.HELD, Kind.COPIED, Kind.AGAINST))
    if one.has("both lines go on"):
        return None
    if one.has("same pull requests") or (one.has("same commits") and against > -4):
        return Strength.CERTAIN
    if one.has("promotion", "says it begins anew") or (one.older.unit, one.newer.unit) in left_behind:
        told = one.has("names the other") and held >= 5
        return Strength.STRONG if told and held + copied + against >= _LEAST_TOTAL else None
    if not _is_about_the_same(one):
        return None
    if held >= _LEAST_HELD and held + copied + against >= _LEAST_TOTAL:
        return Strength.STRONG
    if one.has("same authors") and copied + against >= _LEAST_COPIED:
        return Strength.LIKELY
    return None


def _is_about_the_same(one: Likeness) -> bool:
    """Whether what two snapshots say is of one thing: by their content, or by authors together with name or title.

    Two repositories with commits of their own and different names take more: most of their text, or that one names the
    other as its former name.
    """
    if one.has("names the other"):
        return True
    most = one.weight_of("same sentences") >= 3
    apart = (
        one.older.line is not None and one.newer.line is not None and not one.older.names & one.newer.names
    )
    if apart:
        return most and one.has("same authors", "same title")
    if one.has("same authors"):
        return one.has("same title", "same sentences", "same name")
    return most and one.has("same name", "same title")


def _left_behind(likenesses: Sequence[Likeness]) -> frozenset[tuple[str, str]]:
    """Pairs whose newer is a repository begun under a name that the older project had, by then, given up for another.

    That is so where a third snapshot, of the same authors as the older and first seen before the newer, has another name.
    """
    renamed: dict[str, date] = {}
    for one in likenesses:
        if (
            one.has("same authors")
            and not one.older.names & one.newer.names
            and one.newer.first_on
            and one.older.first_on
        ):
            known = renamed.get(one.older.unit)
            renamed[one.older.unit] = min(known, one.newer.first_on) if known else one.newer.first_on
    found = set()
    for one in likenesses:
        begun = one.newer.line.first_on if one.newer.line else None
        until = renamed.get(one.older.unit)
        if (
            begun
            and until
            and begun >= until
            and one.older.names & one.newer.names
            and not one.has("same commits", "same pull requests")
        ):
            found.add((one.older.unit, one.newer.unit))
    return frozenset(found)


def _how(one: Likeness) -> str:
    if not one.older.names & one.newer.names:
        return "rename"
    if one.older.owner and one.newer.owner and one.older.owner != one.newer.owner:
        return "move"
    if one.older.line and one.newer.line and not one.has("same commits", "same pull requests"):
        return "new line"
    return "same"


def _project(
    group: list[Snapshot], joined_by: Mapping[str, list[Join]], by_older: Mapping[str, list[Likeness]]
) -> Project:
    joins = [join for snap in group for join in joined_by.get(snap.unit, ())]
    newest = max(group, key=lambda snap: (snap.first_on or date.min, snap.kind == "repository", snap.unit))
    labelled = max(
        (snap for snap in group if snap.name == newest.name),
        key=lambda snap: (snap.kind == "repository", snap.last_on or date.min, snap.unit),
    )
    former = [
        snap.name
        for snap in sorted(group, key=lambda snap: snap.first_on or date.min, reverse=True)
        if not snap.names & newest.names
    ]
    return Project(
        name=newest.name,
        former_names=tuple(dict.fromkeys(former)),
        label=_label(group, labelled, newest),
        snapshots=tuple(group),
        owners=_owners(group),
        affiliations=held_by(group),
        joins=tuple(
            sorted(joins, key=lambda one: (one.newer.first_on or date.max, one.newer.unit, one.older.unit))
        ),
        rejections=tuple(_rejections(group, by_older)),
    )


def _label(group: Sequence[Snapshot], labelled: Snapshot, newest: Snapshot) -> str:
    """What findings call the project: its repository or folder where that bears its name, else its own newest name."""
    own = labelled.kind == "repository" or name_key(labelled.label) in newest.names
    return labelled.label if len(group) == 1 or own else newest.name


def _owners(group: Sequence[Snapshot]) -> tuple[Owned, ...]:
    """The owners, by the days until which they were seen; since when one owns a line that another began is not known."""
    found: list[Owned] = []
    seen: set[str] = set()
    for snap in sorted(group, key=lambda one: (one.last_on or date.max, one.owner or "", one.unit)):
        if not snap.owner:
            continue
        party = owner_of(snap.owner)
        roots = set(snap.line.roots) if snap.line else set()
        since = None if roots & seen else snap.first_on
        found.append(
            Owned(owner=snap.owner, name=snap.label, party=party.primary if party else None, first_on=since, last_on=snap.last_on)
        )  # fmt: skip
        seen |= roots
    return tuple(found)


def _rejections(group: Sequence[Snapshot], by_older: Mapping[str, list[Likeness]]) -> Iterator[Rejection]:
    """What bears the group's name, or has its commits, and is younger and not of it."""
    units = {snap.unit for snap in group}
    against: dict[str, list[Likeness]] = defaultdict(list)
    for one in (like for snap in group for like in by_older.get(snap.unit, ())):
        if one.newer.unit not in units:
            against[one.newer.unit].append(one)
    for found in against.values():
        snap = found[0].newer
        bears = any(snap.names & member.names for member in group)
        forked = any(one.has("both lines go on", "same commits, owner unexplained") for one in found)
        if not bears and not forked:
            continue
        if _is_established(group, snap):
            yield _rejection(group, snap, found, forked)


def _is_established(group: Sequence[Snapshot], snap: Snapshot) -> bool:
    """Whether a group is known better than a snapshot: it has authors, or commits, from before it."""
    before = [
        one for one in group if one.first_on and (snap.first_on is None or one.first_on <= snap.first_on)
    ]
    return any(one.authors or one.line for one in before)


def _rejection(
    group: Sequence[Snapshot], snap: Snapshot, found: Sequence[Likeness], forked: bool
) -> Rejection:
    reasons = {one.in_words: one for like in found for one in like.reasons}
    held = any(like.total(Kind.HELD) >= _LEAST_HELD for like in found)
    new_name = _renamed_before(group, snap)
    own = [
        Reason("no commits", Kind.AGAINST, -2, f"none of its {snap.line.commits} commits is one of the project's") if snap.line and not forked else None,
        Reason("no committers", Kind.AGAINST, -2, "no committer is one of the project's, or bears an author's name") if snap.line and not held and not forked else None,
        Reason("no author block", Kind.AGAINST, -1, "it lists no authors of its own; a citation is no author block") if not snap.authors and not forked else None,
        Reason("name left behind", Kind.AGAINST, -3, new_name) if new_name and not forked else None,
    ]  # fmt: skip
    every = [*reasons.values(), *(one for one in own if one)]
    takes_over = (
        bool(promotion_in(snap))
        or any(sign.kind == "restarted" for sign in snap.signs)
        or bool(new_name and snap.line)
    )
    if forked:
        verdict = Turned.FORK if any(one.has("both lines go on") for one in found) else Turned.UNDECIDED
    elif takes_over and not held:
        verdict = Turned.SQUAT
    elif held or any(one.has("same authors", "some authors", "same sentences") for one in found):
        verdict = Turned.UNDECIDED
    else:
        verdict = Turned.NAMESAKE
    return Rejection(
        snapshot=snap,
        verdict=verdict,
        reasons=tuple(sorted(every, key=lambda one: (one.weight, one.in_words))),
    )


def _renamed_before(group: Sequence[Snapshot], snap: Snapshot) -> str | None:
    """That the project already bore another name when the snapshot began, in words."""
    begun = snap.line.first_on if snap.line else snap.first_on
    others = [
        one
        for one in group
        if not one.names & snap.names and one.first_on and begun and one.first_on <= begun
    ]
    bore = [
        one for one in group if one.names & snap.names and one.first_on and begun and one.first_on < begun
    ]
    if not others or not bore:
        return None
    first = min(others, key=lambda one: one.first_on or date.max)
    return (
        f"it began on {begun}, when the project was called {first.name} since {first.first_on} at the latest"
    )


def _snapshot_fields(snap: Snapshot) -> dict[str, Any]:
    return {
        "place": snap.place, "kind": snap.kind, "name": snap.name, "owner": snap.owner, "title": snap.title, "first_on": _iso(snap.first_on),
        "last_on": _iso(snap.last_on), "author_count": len(snap.authors) or None, "commits": snap.line.commits if snap.line else None,
    }  # fmt: skip


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
