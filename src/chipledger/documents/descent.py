"""Where in a history something stood: the commits between the one that brought it and those that took it away.

Every commit but the roots has one first parent, so that first parents make a forest. Laid out with every commit right
before what descends from it, the commits at which a file held certain bytes are a few ranges of numbers: those below the
commit that wrote them, less those below the commits that changed the file again. Takes a `History`; asks git nothing.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chipledger.documents.history import Commits, History

_BLOCK = 512
_MOST_COMMITS = (1 << 24) - 1

OWNED, PROPOSED = 2, 1
"""Whether a commit is reached by HEAD, a branch or a tag, or only by what somebody proposed."""

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Restart:
    """A history that was begun anew: commits of an earlier line that no branch or tag reaches any more.

    Args:
        root: number of the commit with which the present line begins.
        last: number of the newest commit of the earlier line.
        commits: how many commits of the owner's the earlier line has.
        refs: the refs that still lead to it.
        reasons: why the earlier line is taken for the owner's.
    """

    root: int
    last: int
    commits: int
    refs: tuple[str, ...]
    reasons: tuple[str, ...]


class Descent:
    """The forest of first parents of a history.

    Args:
        history: the history.

    Attributes:
        standing: of each commit, OWNED, PROPOSED or 0.
        restarts: histories that were begun anew.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._place, self._order, self._end = _laid_out(history.commits)
        self.standing = bytearray(len(history.commits))
        self._reached_by: dict[int, int] = {}
        self.restarts: tuple[Restart, ...] = ()
        self._mark()
        self._keys = array("q", (self._key(commit, place) for place, commit in enumerate(self._order)))
        self._blocks = array(
            "q", (max(self._keys[at : at + _BLOCK]) for at in range(0, len(self._keys), _BLOCK))
        )
        places = [(self._place[ref.commit], number) for number, ref in enumerate(history.refs)]
        self._own_tips = sorted(one for one in places if history.refs[one[1]].proposal is None)
        self._proposed_tips = sorted(one for one in places if history.refs[one[1]].proposal is not None)

    def ranges(self, commits: Sequence[int]) -> list[list[Range]]:
        """For each of the commits that changed one file, where what it left stood until one of the others changed it.

        Args:
            commits: the commits that changed the file, each once, in any order.
        """
        by_place = sorted((self._place[commit], index) for index, commit in enumerate(commits))
        found: list[list[Range]] = [[] for _ in commits]
        open_ones: list[tuple[int, int, int]] = []  # (index, its end, where its next range begins)

        def close(until: int) -> None:
            while open_ones and open_ones[-1][1] <= until:
                index, end, since = open_ones.pop()
                if since < end:
                    found[index].append((since, end))
                if open_ones:
                    open_ones[-1] = (*open_ones[-1][:2], end)

        for place, index in by_place:
            close(place)
            if open_ones:
                outer, _, since = open_ones[-1]
                if since < place:
                    found[outer].append((since, place))
            open_ones.append((index, self._end[place], place))
        close(len(self._order))
        return found

    def latest(self, ranges: Iterable[Range]) -> int:
        """The newest commit of some ranges: of the owner's commits in them, where there are any.

        Args:
            ranges: not empty.
        """
        return self._order[max(self._latest(low, high) for low, high in ranges) & _MOST_COMMITS]

    def is_at(self, commit: int | None, ranges: Iterable[Range]) -> bool:
        """Whether a commit lies in the ranges."""
        return commit is not None and any(low <= self._place[commit] < high for low, high in ranges)

    def refs_at(self, ranges: Iterable[Range], *, proposed: bool = False) -> Iterator[str]:
        """The refs whose commits lie in the ranges.

        Args:
            ranges: where.
            proposed: those of pull requests and their like, instead of branches and tags.
        """
        tips = self._proposed_tips if proposed else self._own_tips
        for low, high in ranges:
            for index in range(bisect_left(tips, (low,)), bisect_left(tips, (high,))):
                yield self._history.refs[tips[index][1]].name

    def _key(self, commit: int, place: int) -> int:
        """What orders commits: the owner's above all others, then the later above the earlier."""
        seconds = min(max(self._history.commits.seconds[commit] + (1 << 37), 0), (1 << 38) - 1)
        return (int(self.standing[commit] == OWNED) << 62) | (seconds << 24) | place

    def _latest(self, low: int, high: int) -> int:
        first, last = -(-low // _BLOCK), high // _BLOCK
        if first >= last:
            return max(self._keys[low:high])
        edges = (self._keys[low : first * _BLOCK], self._blocks[first:last], self._keys[last * _BLOCK : high])
        return max(max(some) for some in edges if some)

    def _mark(self) -> None:
        """Tell what the owner's own refs reach from what was only proposed."""
        history, commits = self._history, self._history.commits
        own = [ref.commit for ref in history.refs if ref.proposal is None]
        _walk(commits, [*own, *([history.head] if history.head is not None else [])], self.standing, OWNED)
        first: dict[int, str] = {}
        shared: set[int] = set()
        for number, ref in enumerate(history.refs):
            if ref.proposal is not None:
                self._mark_proposed(number, ref.commit, ref.proposal, first, shared)
        if first:
            self._find_restarts(first, shared)

    def _mark_proposed(
        self, number: int, tip: int, proposal: str, first: dict[int, str], shared: set[int]
    ) -> None:
        """Mark what a proposal reaches beyond the owner's line; a commit is entered twice at most, by two proposals."""
        waiting = [tip]
        while waiting:
            commit = waiting.pop()
            if self.standing[commit] == OWNED or commit in shared or self._reached_by.get(commit) == number:
                continue
            if first.setdefault(commit, proposal) != proposal:
                shared.add(commit)
            self.standing[commit] = PROPOSED
            self._reached_by[commit] = number
            waiting.extend(self._history.commits.parents(commit))

    def _find_restarts(self, proposed: dict[int, str], shared: set[int]) -> None:
        """Earlier lines of the owner's that survive only below proposals, and the commit with which the present one begins."""
        commits = self._history.commits
        roots = [
            root for root in range(len(commits)) if commits.first_parent[root] < 0 and root not in commits.cut
        ]
        mine = [root for root in roots if self.standing[root] == OWNED]
        if not mine or len(roots) == len(mine):
            return
        root = min(mine, key=lambda one: (commits.seconds[one], one))
        owners = {commits.authors[one] for one in range(len(commits)) if self.standing[one] == OWNED}
        for group in _unrelated(commits, proposed, self.standing):
            earlier = self._owners_part(group, root, shared, owners)
            if earlier:
                self._restart(root, earlier, shared, owners)

    def _owners_part(self, group: list[int], root: int, shared: set[int], owners: set[int]) -> list[int]:
        """Of commits that share no ancestor with the owner's line, those that are the owner's; none if it began before them."""
        commits = self._history.commits
        signs = [one for one in group if one in shared or commits.authors[one] in owners]
        if not any(commits.seconds[one] <= commits.seconds[root] for one in signs):
            return []
        marks = bytearray(len(commits))
        _walk(commits, signs, marks, 1)
        return [one for one in group if marks[one]]

    def _restart(self, root: int, earlier: list[int], shared: set[int], owners: set[int]) -> None:
        commits, refs = self._history.commits, self._history.refs
        reached = sorted({refs[self._reached_by[one]].name for one in earlier})
        for one in earlier:
            self.standing[one] = OWNED
        together = sum(one in shared for one in earlier)
        same = sum(commits.authors[one] in owners for one in earlier)
        reasons = (
            f"{together} of its {len(earlier)} commits lie below more than one proposal",
            f"{same} are by authors of the present line",
            f"it began before the commit with which the present line begins, {commits.hex(root)[:12]}",
        )
        last = max(earlier, key=lambda one: (commits.seconds[one], -one))
        self.restarts = (*self.restarts, Restart(root, last, len(earlier), tuple(reached), reasons))


def _laid_out(commits: Commits) -> "tuple[array[int], array[int], array[int]]":
    """Place of each commit, commit at each place, and for each place where the descent of its commit ends."""
    count = len(commits)
    child, sibling = array("q", [-1]) * count, array("q", [-1]) * count
    roots = []
    for commit in range(count):  # newest first, so that the oldest child comes out first
        parent = commits.first_parent[commit]
        if parent < 0:
            roots.append(commit)
        else:
            sibling[commit], child[parent] = child[parent], commit
    place, order, end = array("I", [0]) * count, array("I"), array("I", [0]) * count
    for root in roots:
        waiting = [root]
        while waiting:
            commit = waiting.pop()
            if commit < 0:
                end[place[~commit]] = len(order)
                continue
            place[commit] = len(order)
            order.append(commit)
            waiting.append(~commit)
            below = child[commit]
            while below >= 0:
                waiting.append(below)
                below = sibling[below]
    return place, order, end


def _walk(commits: Commits, tips: Iterable[int], marks: bytearray, mark: int) -> None:
    """Mark the tips and everything that they descend from."""
    waiting = list(tips)
    while waiting:
        commit = waiting.pop()
        if marks[commit] != mark:
            marks[commit] = mark
            waiting.extend(commits.parents(commit))


def _unrelated(commits: Commits, proposed: Iterable[int], standing: bytearray) -> list[list[int]]:
    """The proposed commits that share no ancestor with the owner's line, in groups that hang together."""
    related: dict[int, bool] = {}
    group_of: dict[int, int] = {}
    groups: dict[int, list[int]] = {}
    for commit in sorted(proposed, reverse=True):  # parents come after their children in git's order, mostly
        parents = list(commits.parents(commit))
        related[commit] = any(standing[one] == OWNED or related.get(one, False) for one in parents)
        known = {group_of[one] for one in parents if one in group_of}
        leader = min(known, default=commit)
        members = groups.setdefault(leader, [])
        for other in known - {leader}:
            for member in groups.pop(other):
                group_of[member] = leader
                members.append(member)
        members.append(commit)
        group_of[commit] = leader
    return [sorted(members) for members in groups.values() if not any(related[member] for member in members)]
