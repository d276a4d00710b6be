"""The lifelines and losses of a history, put together from what `following` gathered."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Set
from datetime import date

from chipledger.documents.descent import Descent
from chipledger.documents.history import History
from chipledger.evidence.following import MOST_REFS, Gatherer, Gone, Key, Life, Node, age, dated_first
from chipledger.evidence.lifeline import Lifeline, Loss, Manner, Sighting, Standing
from chipledger.evidence.statement import Statement


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
    gatherer = Gatherer(history, descent, stated, text_of, unread)
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


def _lifeline(gatherer: Gatherer, nodes: list[Node], is_ended: bool) -> Lifeline:
    history, lives = gatherer.history, gatherer.lives
    oldest = min(nodes, key=lambda node: (dated_first(history, lives[node].first), node))
    newest = max(nodes, key=lambda node: (lives[node].at_head, gatherer.rank(lives[node].last), node))
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
        refs=tuple((own or proposed)[:MOST_REFS]),
        wordings=len({node[1] for node in nodes}),
        is_cut=lives[oldest].is_cut,
    )


def _standing(lives: list[Life], *, is_elsewhere: bool, is_veiled: bool) -> Standing:
    if any(one.at_head for one in lives):
        return Standing.STANDS
    if is_elsewhere:
        return Standing.ELSEWHERE
    if not any(one.was_owned for one in lives):
        return Standing.PROPOSED
    return Standing.UNREAD if is_veiled else Standing.REMOVED


def _losses(gatherer: Gatherer, made: Mapping[Node, Lifeline]) -> list[Loss]:
    """The last loss of each statement that HEAD makes no longer."""
    last: dict[Node, Gone] = {}
    for gone in gatherer.gone:
        leader = gatherer.leader((gone.path, gone.key))
        known = last.get(leader)
        if known is None or age(gatherer.history, gone.commit) >= age(gatherer.history, known.commit):
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


def _sighting(history: History, commit: int, path: int) -> Sighting:
    commits = history.commits
    return Sighting(
        commit=commits.hex(commit),
        day=commits.day(commit),
        path=history.path(path),
        author=commits.author(commit),
    )
