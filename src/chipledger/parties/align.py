"""Two names side by side, word by word: which words meet, in what way, and what is left over on each side.

Takes two NameViews and a Lexicon; gives an Alignment whose pairs explain it. Rare words count for much and common ones for
little; words may be written together, out of order, by their initials, in another alphabet or in translation.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from rapidfuzz.distance import OSA

from chipledger.parties import glossary
from chipledger.parties.lexicon import Lexicon
from chipledger.parties.views import NameView, spoken


class Pair(NamedTuple):
    """Words of the query and of the name that meet: how much of their weight counts, and in what way they meet."""

    query: str
    name: str
    credit: float
    way: str
    query_weight: float
    name_weight: float


@dataclass(slots=True)
class Alignment:
    """How two names meet.

    Args:
        pairs: what meets.
        query_left: words of the query that meet nothing, with their weights; `name_left` those of the name.
        query_weight: of all its words; `name_weight` likewise.
    """

    pairs: list[Pair] = field(default_factory=list)
    query_left: list[tuple[str, float]] = field(default_factory=list)
    name_left: list[tuple[str, float]] = field(default_factory=list)
    query_weight: float = 0.0
    name_weight: float = 0.0


def align(query: NameView, name: NameView, lexicon: Lexicon) -> Alignment:
    """Two names side by side.

    >>> from chipledger.parties.views import view
    >>> found = align(view("Beihang University"), view("北航大学"), Lexicon())
    >>> [(pair.query, pair.name, pair.way) for pair in found.pairs]
    [('beihang', '北航', 'pinyin'), ('university', '大学', 'meaning')]
    """
    weight = lexicon.weight
    left = [(word, weight(word)) for word in query.words]
    right = [(word, weight(word)) for word in name.words]
    found = Alignment([], [], [], sum(w for _, w in left) or 1e-9, sum(w for _, w in right) or 1e-9)
    _equal(left, right, found.pairs)
    if left and right:
        if len(left) > 1:
            _together(left, right, found.pairs)
        if len(right) > 1 and left:
            _together(right, left, found.pairs, turned=True)
        _near(left, right, found.pairs, lexicon)
    if (left and right) or (len(left) == 1 or len(right) == 1):
        _initials(left, name, right, found.pairs)
        _initials(right, query, left, found.pairs, turned=True)
    found.query_left, found.name_left = left, right
    return found


Words = list[tuple[str, float]]


def _equal(left: Words, right: Words, pairs: list[Pair]) -> None:
    places: dict[str, list[tuple[str, float]]] = {}
    for one in right:
        places.setdefault(one[0], []).append(one)
    kept = []
    for word, weight in left:
        same = places.get(word)
        if same:
            other = same.pop()
            pairs.append(Pair(word, word, 1.0, "equal", weight, other[1]))
        else:
            kept.append((word, weight))
    if len(kept) < len(left):
        left[:] = kept
        remaining = {word: len(rest) for word, rest in places.items()}
        after = []
        for word, weight in right:
            if remaining[word]:
                remaining[word] -= 1
                after.append((word, weight))
        right[:] = after


def _near(left: Words, right: Words, pairs: list[Pair], lexicon: Lexicon) -> None:
    near = lexicon.near
    found = []
    for i, (word, weight) in enumerate(left):
        for j, (other, other_weight) in enumerate(right):
            credit, way = near(word, other)
            if credit:
                found.append((credit * (weight + other_weight), credit, i, j, way))
    if not found:
        return
    found.sort(key=lambda one: (-one[0], one[2], one[3]))
    used_left: set[int] = set()
    used_right: set[int] = set()
    for _, credit, i, j, way in found:
        if i not in used_left and j not in used_right:
            used_left.add(i)
            used_right.add(j)
            pairs.append(Pair(left[i][0], right[j][0], credit, way, left[i][1], right[j][1]))
    left[:] = [one for i, one in enumerate(left) if i not in used_left]
    right[:] = [one for j, one in enumerate(right) if j not in used_right]


def _together(left: Words, right: Words, pairs: list[Pair], *, turned: bool = False) -> None:
    """Two or three words of one side written as one on the other, a slip of the pen allowed."""
    longest = max(len(word) for word, _ in right)
    at = 0
    while at < len(left) - 1:
        for size in (3, 2):
            run = left[at : at + size]
            if len(run) < size or (
                (length := sum(len(word) for word, _ in run)) > longest + 1 and run[0][0].isascii()
            ):
                continue
            joined = "".join(spoken(word) for word, _ in run)
            place = next((j for j, (word, _) in enumerate(right) if _same_run(joined, word)), None)
            if place is not None:
                other = right.pop(place)
                credit = 0.97 if joined == spoken(other[0]) else 1 - 1.3 / length
                here = Pair(
                    " ".join(word for word, _ in run),
                    other[0],
                    credit,
                    "together",
                    sum(w for _, w in run),
                    other[1],
                )
                pairs.append(_turn(here) if turned else here)
                del left[at : at + size]
                if not right:
                    return
                longest = max(len(word) for word, _ in right)
                at -= 1
                break
        at += 1


def _same_run(one: str, other: str) -> bool:
    if one == other:
        return True
    if not other.isascii():
        return one == spoken(other)
    return len(one) > 4 and abs(len(one) - len(other)) < 2 and OSA.distance(one, other, score_cutoff=1) <= 1


def _turn(pair: Pair) -> Pair:
    return Pair(pair.name, pair.query, pair.credit, pair.way, pair.name_weight, pair.query_weight)


def _initials(left: Words, whole: NameView, right: Words, pairs: list[Pair], *, turned: bool = False) -> None:
    """A word of one side that is the initials of the other's words."""
    for at, (word, weight) in enumerate(left):
        if word not in whole.initials:
            continue
        taken = _spelled(word, right)
        if sum(len(one) > 1 for one, _ in taken) < min(len(word) - 1, 3):
            continue
        for one in taken:
            right.remove(one)
        here = Pair(word, " ".join(one for one, _ in taken), 0.9 if len(word) > 3 else 0.75, "initials",
                    weight, sum(w for _, w in taken))  # fmt: skip
        pairs.append(_turn(here) if turned else here)
        del left[at]
        return


def _spelled(letters: str, words: Words) -> Words:
    """The words that begin with the letters, in order."""
    found: Words = []
    at = 0
    for word, weight in words:
        if at < len(letters) and word[0] == letters[at]:
            found.append((word, weight))
            at += 1
        elif letters.find(word[0], at) > 0:
            at = letters.find(word[0], at) + 1
            found.append((word, weight))
    return found


def places(words: Words) -> set[str]:
    """The meanings of the words that name places."""
    known = glossary.bundled()
    return {
        one for word, _ in words for one in known.meanings(word) if known.kinds[one] is glossary.Kind.PLACE
    }
