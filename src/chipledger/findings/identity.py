"""Which snapshots are of one project, under which names, of whom; and which only bear its name.

Takes snapshots; gives projects and what was turned away, each with its reasons. Snapshots join when something speaks for it that only
the project's holder could make, or when authors and content agree and nothing speaks of a takeover. Who took over a name
or address that the project left behind, without commits, committers or words of the project's own, is a squatter: trust
0, and nothing it says is laid to the project. Where it cannot be told, snapshots stay apart and the answer says so.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from chipledger.core.records import DocumentFacts
from chipledger.findings.held import held_by
from chipledger.findings.known_project import Join, Owned, Project, Rejection, Strength, Turned
from chipledger.findings.organisations import owner_of
from chipledger.findings.rejection import rejections
from chipledger.findings.sameness import LEAST_HELD, Kind, Likeness, author_keys, likeness
from chipledger.findings.snapshot import Snapshot, name_key, unit_of

_MOST_SHARING = 60  # a sign that more snapshots share tells nothing of any two
_LEAST_TOTAL, _LEAST_COPIED = 4, 6


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
    if held >= LEAST_HELD and held + copied + against >= _LEAST_TOTAL:
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
        rejections=tuple(rejections(group, by_older)),
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
