"""What became of each statement of a history: when and where it was first and last seen, and what took it away.

Takes a history, its descent and what its blobs state; gives a `Lifeline` for every statement, followed through the
rewordings of its line and the moves of its file, and the `Loss` of those that the owner's line states no longer. A line
that goes on without a chip is a loss of its own kind. Nothing is said of why.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache

from chipledger.core.records import content_id
from chipledger.documents.descent import OWNED, Descent, Range
from chipledger.documents.history import NONE, History
from chipledger.evidence.statement import CHIP, MOST_WORDS, Statement, folded

Key = tuple[str, str, str]
Node = tuple[int, Key]  # (path, what is stated)

_MOST_REFS = 5
_MOST_NEW_LINES = 3_000
_MOST_COMPARED = 200
_ALIKE = 0.6


class Standing(StrEnum):
    """Where a statement stands now."""

    STANDS = "stands"
    ELSEWHERE = "elsewhere"  # on another branch or a tag, no longer at HEAD
    REMOVED = "removed"
    PROPOSED = "proposed"  # never on a branch or tag: in a pull request
    UNREAD = "unread"  # not known: the version that stands now could not be read


class Manner(StrEnum):
    """How a statement was lost."""

    LINE_REMOVED = "line removed"
    DROPPED = "dropped from its line"
    CHANGED = "value changed"
    FILE_REMOVED = "file removed"
    BEGUN_ANEW = "history begun anew"
    UNTOLD = "not seen after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A commit at which a statement stood.

    Args:
        commit: full hash.
        day: its day by the committer's calendar, or None where its date cannot be read.
        path: where the statement stood.
        author: the address of the commit's author; it names an organisation at most, and is never stored.
    """

    commit: str
    day: date | None
    path: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifeline:
    """A statement through a history.

    Args:
        statement: in its newest words.
        blob: number of a blob that states it so.
        first: the earliest commit, over all refs, at which it stood.
        last: the latest one: of the owner's commits, if it ever stood on the owner's line.
        standing: where it stands now.
        refs: some of the refs that lead to it now.
        wordings: in how many wordings.
        is_cut: whether it stood at the first commit of a history that is cut off, so that it may be older.
    """

    statement: Statement
    blob: int
    first: Sighting
    last: Sighting
    standing: Standing
    refs: tuple[str, ...]
    wordings: int
    is_cut: bool

    @property
    def id(self) -> str:
        """The lifeline's content id: what was stated first, and where."""
        return content_id(self.statement.kind, self.statement.name, self.first.path, self.first.commit, self.last.path,
                          self.statement.words)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A statement that the owner's line made and makes no longer.

    Args:
        lifeline: the statement.
        manner: how it went.
        at: the commit that took it away.
        words_now: the line as it went on without it, or the setting's new value.
        is_named_still: whether another line of the file still names the same chip or setting.
    """

    lifeline: Lifeline
    manner: Manner
    at: Sighting
    words_now: str | None = None
    is_named_still: bool = False


@dataclass(slots=True)
class _Life:
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
class _Gone:
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


class _Gatherer:
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
        self.lives: dict[Node, _Life] = {}
        self.leaders: dict[Node, Node] = {}
        self.gone: list[_Gone] = []

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
        rank = self._rank(last)
        for key in told:
            life = self.lives.get((path, key))
            if life is None:
                life = self.lives[path, key] = _Life(step.commit, last, step.new)
            else:
                if _age(self.history, step.commit) < _age(self.history, life.first):
                    life.first = step.commit
                if rank > self._rank(life.last):
                    life.last, life.last_blob = last, step.new
            life.at_head |= at_head
            life.own_refs = (life.own_refs + own)[:_MOST_REFS]
            life.proposed_refs = (life.proposed_refs + proposed)[:_MOST_REFS]
            life.was_owned |= descent.standing[step.commit] == OWNED
            life.is_cut |= step.commit in commits.cut

    def _rank(self, commit: int) -> tuple[bool, int, int]:
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
    ) -> _Gone | None:
        """How a statement went; None where its line goes on in other words."""
        kind, name, words = key
        simply = Manner.BEGUN_ANEW if step.is_restart else Manner.LINE_REMOVED
        if step.new == NONE:
            manner = Manner.BEGUN_ANEW if step.is_restart else Manner.FILE_REMOVED
            return _Gone(step.path, key, step.commit, manner, None, False)
        named = [other for other in now if other[:2] == (kind, name)]
        if kind != CHIP:
            new = [other[2] for other in named if other not in self.stated[step.old]]
            manner = Manner.CHANGED if new else simply
            return _Gone(step.path, key, step.commit, manner, new[0] if new else None, bool(named))
        successor = _most_alike(words, fresh)
        same = [other for other in named if other[2] == successor]
        if same:
            self._join((step.path, key), (step.path, same[0]))
            return None
        manner = Manner.DROPPED if successor else simply
        return _Gone(step.path, key, step.commit, manner, successor, bool(named))

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


def lifelines(
    history: History,
    descent: Descent,
    stated: Mapping[int, Mapping[Key, Statement]],
    text_of: Callable[[int], str],
    unread: Set[int] = frozenset(),
) -> tuple[list[Lifeline], list[Loss]]:
    """The lifelines and losses of a history.

    Args:
        history: every commit and change.
        descent: its forest of first parents.
        stated: what each blob states, by its number; blobs that state nothing are left out.
        text_of: the text of a blob, asked only where a statement was lost, for the lines around it.
        unread: numbers of blobs that could not be read: what they state is not known, and nothing is lost by them.

    Returns:
        Lifelines in the order of paths and places, and the losses from the owner's line in the order of days.
    """
    gatherer = _Gatherer(history, descent, stated, text_of, unread)
    gatherer.gather()
    groups: dict[Node, list[Node]] = defaultdict(list)
    for node in gatherer.lives:
        groups[gatherer.leader(node)].append(node)
    ended = {gatherer.leader((gone.path, gone.key)) for gone in gatherer.gone}
    made = {leader: _lifeline(gatherer, nodes, leader in ended) for leader, nodes in groups.items()}
    losses = _losses(gatherer, made)
    in_order = sorted(
        made.values(), key=lambda one: (one.last.path, one.statement.kind, one.statement.line or 0, one.id)
    )
    return in_order, losses


def _lifeline(gatherer: _Gatherer, nodes: list[Node], is_ended: bool) -> Lifeline:
    history, lives = gatherer.history, gatherer.lives
    oldest = min(nodes, key=lambda node: (_age(history, lives[node].first), node))
    newest = max(nodes, key=lambda node: (lives[node].at_head, gatherer._rank(lives[node].last), node))
    life = lives[newest]
    every = [lives[node] for node in nodes]
    own = list(dict.fromkeys(ref for one in every for ref in one.own_refs))
    proposed = list(dict.fromkeys(ref for one in every for ref in one.proposed_refs))
    is_veiled = not is_ended and any(path in gatherer.veiled for path, _ in nodes)
    return Lifeline(
        statement=gatherer.stated[life.last_blob][newest[1]],
        blob=life.last_blob,
        first=_sighting(history, lives[oldest].first, oldest[0]),
        last=_sighting(history, life.last, newest[0]),
        standing=_standing(every, is_elsewhere=bool(own), is_veiled=is_veiled),
        refs=tuple((own or proposed)[:_MOST_REFS]),
        wordings=len({node[1] for node in nodes}),
        is_cut=lives[oldest].is_cut,
    )


def _standing(lives: list[_Life], *, is_elsewhere: bool, is_veiled: bool) -> Standing:
    if any(one.at_head for one in lives):
        return Standing.STANDS
    if is_elsewhere:
        return Standing.ELSEWHERE
    if not any(one.was_owned for one in lives):
        return Standing.PROPOSED
    return Standing.UNREAD if is_veiled else Standing.REMOVED


def _losses(gatherer: _Gatherer, made: Mapping[Node, Lifeline]) -> list[Loss]:
    """The last loss of each statement that HEAD makes no longer."""
    last: dict[Node, _Gone] = {}
    for gone in gatherer.gone:
        leader = gatherer.leader((gone.path, gone.key))
        known = last.get(leader)
        if known is None or _age(gatherer.history, gone.commit) >= _age(gatherer.history, known.commit):
            last[leader] = gone
    found = []
    for leader, lifeline in made.items():
        if lifeline.standing not in (Standing.REMOVED, Standing.ELSEWHERE):
            continue
        if leader in last:
            gone = last[leader]
            at = _sighting(gatherer.history, gone.commit, gone.path)
            found.append(Loss(lifeline=lifeline, manner=gone.manner, at=at, words_now=gone.words_now,
                              is_named_still=gone.is_named_still))  # fmt: skip
        elif lifeline.standing is Standing.REMOVED:
            found.append(Loss(lifeline=lifeline, manner=Manner.UNTOLD, at=lifeline.last))
    return sorted(
        found,
        key=lambda one: (
            one.at.day or date.min,
            one.at.path,
            one.lifeline.statement.line or 0,
            one.lifeline.id,
        ),
    )


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
    return [name for name, _ in zip(names, range(_MOST_REFS), strict=False)]


def _age(history: History, commit: int) -> tuple[int, int]:
    return history.commits.seconds[commit], -commit


def _sighting(history: History, commit: int, path: int) -> Sighting:
    commits = history.commits
    return Sighting(
        commit=commits.hex(commit),
        day=commits.day(commit),
        path=history.path(path),
        author=commits.author(commit),
    )
