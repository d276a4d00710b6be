"""Statements followed through the versions of their files: rewordings and moves told apart from losses.

Takes a history, its descent and what its blobs state; gathers for every statement at every path its life (where it
stood), which of them are one in other words or at another path, and what ended those of the owner's. `lifelines` puts
them together.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache

from chipledger.documents.descent import OWNED, Descent, Range
from chipledger.documents.history import NONE, History
from chipledger.evidence.lifeline import Manner
from chipledger.evidence.statement import CHIP, MOST_WORDS, Statement, folded

Key = tuple[str, str, str]
Node = tuple[int, Key]  # (path, what is stated)

MOST_REFS = 5
_MOST_NEW_LINES = 3_000
_MOST_COMPARED = 200
_ALIKE = 0.6


@dataclass(slots=True)
class Life:
    """A statement at one path in one wording, while it is gathered."""

    first: int
    last: int
    last_blob: int
    at_head: bool = False
    own_refs: list[str] = field(default_factory=list)
    proposed_refs: list[str] = field(default_factory=list)
    was_owned: bool = False
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """What ended a statement at one path: the commit, how, and what its line or value is now."""

    path: int
    key: Key
    commit: int
    manner: Manner
    words_now: str | None
    is_named_still: bool


@dataclass(slots=True)
class _Step:
    """A change of one file: the commit, the blobs before and after."""

    path: int
    commit: int
    old: int
    new: int
    is_restart: bool = False


class Gatherer:
    """Gathers the lives of statements and what ended them."""

    def __init__(
        self,
        history: History,
        descent: Descent,
        stated: Mapping[int, Mapping[Key, Statement]],
        text_of: Callable[[int], str],
        unread: Set[int],
    ) -> None:
        self.history, self.descent, self.stated, self.text_of = history, descent, stated, text_of
        self.unread = unread
        self.veiled: set[int] = set()  # paths of which a version that stands now could not be read
        self.lives: dict[Node, Life] = {}
        self.leaders: dict[Node, Node] = {}
        self.gone: list[Gone] = []

    def gather(self) -> None:
        """Follow every file that ever stated anything."""
        steps = _steps(self.history, self.stated)
        losing: list[_Step] = []
        for path, of_path in steps.items():
            ranges = self.descent.ranges([step.commit for step in of_path])
            for step, stood in zip(of_path, ranges, strict=True):
                self._live(path, step, stood)
            losing += [
                step for step in [*of_path, *self._restarts(path, of_path, ranges)] if self._lost(step)
            ]
        self._settle(losing)

    def _live(self, path: int, step: _Step, stood: list[Range]) -> None:
        if step.new in self.unread and (
            self.descent.is_at(self.history.head, stood) or _some(self.descent.refs_at(stood))
        ):
            self.veiled.add(path)
        told = self.stated.get(step.new)
        if not told or not stood:
            return
        commits, descent = self.history.commits, self.descent
        last = descent.latest(stood)
        at_head = descent.is_at(self.history.head, stood)
        own = _some(descent.refs_at(stood))
        proposed = _some(descent.refs_at(stood, proposed=True))
        rank = self.rank(last)
        for key in told:
            life = self.lives.get((path, key))
            if life is None:
                life = self.lives[path, key] = Life(step.commit, last, step.new)
            else:
                if dated_first(self.history, step.commit) < dated_first(self.history, life.first):
                    life.first = step.commit
                if rank > self.rank(life.last):
                    life.last, life.last_blob = last, step.new
            life.at_head |= at_head
            life.own_refs = (life.own_refs + own)[:MOST_REFS]
            life.proposed_refs = (life.proposed_refs + proposed)[:MOST_REFS]
            life.was_owned |= descent.standing[step.commit] == OWNED
            life.is_cut |= step.commit in commits.cut

    def rank(self, commit: int) -> tuple[bool, int, int]:
        """What orders commits: the owner's above others, then the later."""
        return self.descent.standing[commit] == OWNED, self.history.commits.seconds[commit], -commit

    def _restarts(self, path: int, steps: list[_Step], ranges: list[list[Range]]) -> Iterator[_Step]:
        """What a file lost or kept when the history was begun anew, as one more change."""
        for restart in self.descent.restarts:
            before = [
                step.new
                for step, stood in zip(steps, ranges, strict=True)
                if self.descent.is_at(restart.last, stood)
            ]
            after = [step.new for step in steps if step.commit == restart.root]
            if before and before[0] != NONE:
                yield _Step(path, restart.root, before[0], after[0] if after else NONE, is_restart=True)

    def _lost(self, step: _Step) -> bool:
        told = self.stated.get(step.old)
        if not told or step.new in self.unread:
            return False
        now = self.stated.get(step.new, {})
        return any(key not in now for key in told)

    def _settle(self, losing: list[_Step]) -> None:
        """Tell rewordings and moves from losses; a merge loses only what no commit behind it lost."""
        seen: set[tuple[int, int, int]] = set()
        gains = self._gains({step.commit for step in losing})
        merges = self.history.commits.more_parents
        for step in sorted(losing, key=lambda one: (one.commit in merges, -one.commit, one.path)):
            is_owned = self.descent.standing[step.commit] == OWNED
            if is_owned or (step.path, step.old, step.new) not in seen:
                seen.add((step.path, step.old, step.new))
                self._settle_one(step, gains.get(step.commit, {}), is_owned)

    def _gains(self, commits: set[int]) -> dict[int, dict[Key, list[int]]]:
        """What each commit states newly, and at which paths."""
        gains: dict[int, dict[Key, list[int]]] = defaultdict(dict)
        changes = self.history.changes
        for commit, path, old, new in zip(
            changes.commit, changes.path, changes.old, changes.new, strict=True
        ):
            if commit in commits and (told := self.stated.get(new)):
                before = self.stated.get(old, {})
                for key in told:
                    if key not in before:
                        gains[commit].setdefault(key, []).append(path)
        return gains

    def _settle_one(self, step: _Step, gains: Mapping[Key, list[int]], is_owned: bool) -> None:
        told, now = self.stated[step.old], self.stated.get(step.new, {})
        lost = [key for key in told if key not in now]
        fresh: list[str] | None = None
        for key in lost:
            moved = [path for path in gains.get(key, ()) if path != step.path]
            if moved:
                self._join((step.path, key), (moved[0], key))
                continue
            if key[0] == CHIP and step.new != NONE and fresh is None:
                fresh = self._fresh_lines(step)
            gone = self._settle_key(step, key, now, fresh or [])
            if gone and is_owned:
                self.gone.append(gone)

    def _settle_key(
        self, step: _Step, key: Key, now: Mapping[Key, Statement], fresh: list[str]
    ) -> Gone | None:
        """How a statement went; None where its line goes on in other words."""
        kind, name, words = key
        simply = Manner.BEGUN_ANEW if step.is_restart else Manner.LINE_REMOVED
        if step.new == NONE:
            manner = Manner.BEGUN_ANEW if step.is_restart else Manner.FILE_REMOVED
            return Gone(step.path, key, step.commit, manner, None, False)
        named = [other for other in now if other[:2] == (kind, name)]
        if kind != CHIP:
            new = [other[2] for other in named if other not in self.stated[step.old]]
            manner = Manner.CHANGED if new else simply
            return Gone(step.path, key, step.commit, manner, new[0] if new else None, bool(named))
        successor = _most_alike(words, fresh)
        same = [other for other in named if other[2] == successor]
        if same:
            self._join((step.path, key), (step.path, same[0]))
            return None
        manner = Manner.DROPPED if successor else simply
        return Gone(step.path, key, step.commit, manner, successor, bool(named))

    def _fresh_lines(self, step: _Step) -> list[str]:
        """The lines that the newer version has and the older has not."""
        before = set(self.text_of(step.old).split("\n"))
        fresh = (line for line in self.text_of(step.new).split("\n") if line not in before)
        return list(dict.fromkeys(folded(line)[:MOST_WORDS] for line in fresh if line.strip()))[
            :_MOST_NEW_LINES
        ]

    def _join(self, older: Node, newer: Node) -> None:
        if older in self.lives and newer in self.lives:
            self.leaders[self.leader(older)] = self.leader(newer)

    def leader(self, node: Node) -> Node:
        """The node that stands for a statement in all its wordings."""
        while (above := self.leaders.get(node, node)) != node:
            self.leaders[node] = self.leaders.get(above, above)
            node = above
        return node


def _steps(history: History, stated: Mapping[int, object]) -> dict[int, list[_Step]]:
    """Every change of the files that ever stated anything, by path in the order of names."""
    changes = history.changes
    telling = {path for path, new in zip(changes.path, changes.new, strict=True) if new in stated}
    found: dict[int, list[_Step]] = {path: [] for path in sorted(telling, key=history.paths.__getitem__)}
    for commit, path, old, new in zip(changes.commit, changes.path, changes.old, changes.new, strict=True):
        if path in telling:
            found[path].append(_Step(path, commit, old, new))
    return found


def _most_alike(words: str, lines: Iterable[str]) -> str | None:
    """The line that goes on where one was changed, or None where none is like it."""
    best, found = _ALIKE, None
    compared = 0
    matcher = SequenceMatcher(None, b=words, autojunk=False)
    for line in lines:
        matcher.set_seq1(line)
        if matcher.real_quick_ratio() <= best or matcher.quick_ratio() <= best:
            continue
        compared += 1
        if (ratio := _ratio(words, line)) > best:
            best, found = ratio, line
        if compared >= _MOST_COMPARED:
            break
    return found


@lru_cache(maxsize=1 << 16)
def _ratio(words: str, line: str) -> float:
    """How alike two lines are; branches make the same change again and again."""
    return SequenceMatcher(None, a=line, b=words, autojunk=False).ratio()


def _some(names: Iterator[str]) -> list[str]:
    return [name for name, _ in zip(names, range(MOST_REFS), strict=False)]


def age(history: History, commit: int) -> tuple[int, int]:
    """What orders commits by age, the oldest first."""
    return history.commits.seconds[commit], -commit


def dated_first(history: History, commit: int) -> tuple[bool, int, int]:
    """What orders commits by age where a first day is asked for: those whose date cannot be read come last."""
    return not history.commits.days[commit], *age(history, commit)
