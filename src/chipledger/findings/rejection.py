"""What bears a project's name, or has its commits, and is not of it: squatters, forks, namesakes, and what cannot be told.

Takes the snapshots of a project and their likenesses to others; gives rejections with their reasons. A squatter took over a name or
address that the project had, and shows nothing that only the project could show: its trust is 0.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from chipledger.findings.known_project import Rejection, Turned
from chipledger.findings.sameness import LEAST_HELD, Kind, Likeness, Reason, promotion_in
from chipledger.findings.snapshot import Snapshot


def rejections(group: Sequence[Snapshot], by_older: Mapping[str, list[Likeness]]) -> Iterator[Rejection]:
    """What bears the project's name, or has its commits, and is younger and not of it.

    Args:
        group: the project's snapshots.
        by_older: likenesses by the older snapshot's unit.
    """
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
    held = any(like.total(Kind.HELD) >= LEAST_HELD for like in found)
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
