"""Which names of an index are worth comparing with a query: by words, near words, meanings, sounds and initials.

Takes names once (their views, cut into words); gives for each query the names that share most weight with it. A word of the
query is widened to its neighbours in the index (the same word, the same sound or meaning, a slip of the pen, its pinyin, two
words it is made of), each with a credit; the score is the cosine of the weighted words. Nothing is compared letter by letter
with all names, which is why sixty thousand names take less than a millisecond.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from chipledger.parties import glossary
from chipledger.parties.lexicon import Lexicon, sound
from chipledger.parties.views import NameView, spoken

Array = Any  # numpy's arrays: their types would say less than the names do
_NEIGHBOURS = 24
_SIMILAR = 150  # words that share most runs of three letters: as many are compared letter by letter
_BUDGET = 40_000  # postings read for one query; common words beyond it wait for the comparison
_GRAM_BASE = 38
_LENGTH = 0.6  # how much a long name loses for its length: less than in a cosine, for queries are often parts of names
_JOINED = 0.97
_INITIALS = 0.7
_NO_NAMES: tuple[Array, Array] = (np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))
_FEW = 2_000  # numbers that are sooner sorted than sought among all
_GRAM_BUDGET = 4_000  # postings of three-letter runs read for one word, the rarest runs first
_COMMON_WORD = 0.35
_TELLING = 0.45  # a known word below this weight is not looked up for slips of the pen


@dataclass(slots=True)
class Words:
    """The inverted index: words, their weights, and the names that hold each.

    Args:
        ids: the number of each word; initials stand there too, marked with `#`.
        names: for each name, `start[i]:start[i + 1]` of `held` are its words.
    """

    ids: dict[str, int]
    texts: list[str]
    weights: list[float]
    lexicon: Lexicon
    start: list[int]
    posted: Array
    norms: Array
    grams: "Grams"
    by_sound: dict[str, list[int]]
    by_meaning: dict[str, list[int]]
    by_pinyin: dict[str, list[int]]
    sorted: list[str]
    scores: Array
    known: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    gathered: dict[str, tuple[Array, Array]] = field(default_factory=dict)
    room: int = 4_000_000  # postings that may be remembered

    def nearest(self, query: NameView, limit: int) -> list[tuple[int, float]]:
        """The names that share most weight with a query, best first.

        Args:
            query: its views.
            limit: how many names at most.

        Returns:
            The number of each name and its cosine.
        """
        slots = self._slots(query)
        if not slots:
            return []
        norm = float(np.sqrt(sum(weight * weight for weight, _ in slots)))
        slots.sort(key=lambda slot: -slot[0])
        scores, read = self.scores, 0
        touched: list[Array] = []
        for weight, (held, values) in slots:
            read += len(held)
            if read > _BUDGET and touched:
                break
            before = scores[held]
            touched.append(held[before == 0.0])
            scores[held] = before + weight * values
        if not touched:
            return []
        found = np.concatenate(touched)
        values = scores[found] / self.norms[found]
        scores[found] = 0.0
        if len(found) > limit:
            cut = np.argpartition(-values, limit)[:limit]
            found, values = found[cut], values[cut]
        order = np.lexsort((found, -values))
        return list(zip(found[order].tolist(), (values[order] / norm).tolist(), strict=True))

    def _slots(self, query: NameView) -> list[tuple[float, tuple[Array, Array]]]:
        """Each word of a query with the names that hold it or a neighbour, and what it adds to their scores."""
        weight = self.lexicon.weight
        slots = [(weight(word), self._held(word)) for word in dict.fromkeys(query.words)]
        words = query.words
        for size in (2, 3):
            for at in range(len(words) - size + 1):
                run = words[at : at + size]
                joined = "".join(map(spoken, run))
                if (word := self.ids.get(joined)) is not None:
                    slots.append((sum(map(weight, run)), self._gather([(word, _JOINED)])))
                if size == 2 and self._may_be_one(run, joined):
                    slots.append((max(map(weight, run)), self._gather(self.grams.near(joined))))
        for initials in query.initials:
            if (word := self.ids.get(initials)) is not None:
                slots.append((1.0, self._gather([(word, _INITIALS * min(1.0, len(initials) / 4))])))
        return [slot for slot in slots if len(slot[1][0])]

    def _may_be_one(self, run: tuple[str, ...], joined: str) -> bool:
        """Whether two words may be one that was cut in two and misspelt: one of them is unknown, neither is common."""
        if len(joined) < 5 or not joined.isalpha() or all(word in self.ids for word in run):
            return False
        return min(map(self.lexicon.weight, run)) > _COMMON_WORD

    def _held(self, word: str) -> tuple[Array, Array]:
        found = self.gathered.get(word)
        if found is None:
            found = self._gather(self.neighbours(word))
            if self.room > 0:
                self.room -= len(found[0]) + 20
                self.gathered[word] = found
        return found

    def _gather(self, near: list[tuple[int, float]]) -> tuple[Array, Array]:
        """The names that hold any of some words, each once, with the most that one of the words adds."""
        if not near:
            return _NO_NAMES
        if len(near) == 1:
            word, credit = near[0]
            held = self.posted[self.start[word] : self.start[word + 1]]
            return held, np.full(len(held), credit * self.weights[word], dtype=np.float32)
        adds = sorted((credit * self.weights[word], word) for word, credit in near)
        start, posted, scores = self.start, self.posted, self.scores
        parts = [posted[start[word] : start[word + 1]] for _, word in adds]
        every = np.concatenate(parts)
        values = np.repeat([value for value, _ in adds], [len(part) for part in parts])
        scores[every] = values  # in rising order, so that the most stays
        held = _distinct(every) if len(every) < _FEW else scores.nonzero()[0]
        values = scores[held]
        scores[held] = 0.0
        return held, values

    def neighbours(self, word: str) -> list[tuple[int, float]]:
        """The words of the index near a word, with their credits, best first."""
        found = self.known.get(word)
        if found is None:
            found = self._neighbours(word)
            if len(self.known) < 1 << 16:
                self.known[word] = found
        return found

    def _neighbours(self, word: str) -> list[tuple[int, float]]:
        near: dict[int, float] = {}

        def add(one: int | None, credit: float) -> None:
            if one is not None and near.get(one, 0.0) < credit:
                near[one] = credit

        add(self.ids.get(word), 1.0)
        if word.isdigit():
            return list(near.items())
        said = spoken(word)
        if said != word:
            add(self.ids.get(said), 0.95)
        for one in self.by_pinyin.get(said, ()):
            add(one, 0.95 if word.isascii() else 0.6)
        for meaning in glossary.bundled().meanings(word):
            for one in self.by_meaning.get(meaning, ()):
                add(one, 0.9)
        if len(said) > 2:
            for one in self.by_sound.get(sound(said), ()):
                add(one, 0.93)
            if said.isalpha() and (said not in self.ids or self.lexicon.weight(word) > _TELLING):
                for one, credit in self.grams.near(said):
                    add(one, credit)
            if said not in self.ids:
                for at in range(2, len(said) - 1):
                    head, tail = self.ids.get(said[:at]), self.ids.get(said[at:])
                    if head is not None and tail is not None:
                        add(head, at / len(said))
                        add(tail, 1 - at / len(said))
                    elif head is not None and at > 3:
                        add(head, 0.7 * at / len(said))
                    elif tail is not None and len(said) - at > 3:
                        add(tail, 0.6 * (1 - at / len(said)))
            for one in self._longer(said):
                add(one, 0.75 * len(said) / len(self.texts[one]))
        if 3 <= len(word) <= 8:
            add(self.ids.get(f"#{word}"), _INITIALS)
            for one in self._longer(f"#{word}"):
                add(one, _INITIALS * len(word) / len(self.texts[one]))
        return sorted(near.items(), key=lambda one: (-one[1], one[0]))[: _NEIGHBOURS * 2]

    def _longer(self, word: str) -> list[int]:
        """Words that begin with a word."""
        first = bisect_left(self.sorted, word)
        last = bisect_left(self.sorted, word + "{", first, min(first + _NEIGHBOURS, len(self.sorted)))
        return [self.ids[one] for one in self.sorted[first:last] if one != word]


def _distinct(numbers: Array) -> Array:
    """Each number once, in order."""
    return numbers[_ends(numbers)]


def _ends(numbers: Array) -> Array:
    """Sorts numbers, at least one, in place; where the last of each equal ones stands."""
    numbers.sort()
    is_last = np.empty(len(numbers), dtype=bool)
    is_last[-1] = True
    np.not_equal(numbers[1:], numbers[:-1], out=is_last[:-1])
    ends: Array = is_last.nonzero()[0]
    return ends


@dataclass(slots=True)
class Grams:
    """Words by their runs of three letters, to find those a slip of the pen away."""

    words: list[str]
    ids: list[int]
    start: list[int]
    posted: Array
    lengths: Array

    def near(self, word: str) -> list[tuple[int, float]]:
        """The words of the index at most a few slips away, with their credits."""
        size = len(word)
        slips = 1 if size < 7 else 2 if size < 12 else 3
        letters = [0, *(ord(letter) - 96 for letter in word), 0]
        codes = [
            (letters[at] * _GRAM_BASE + letters[at + 1]) * _GRAM_BASE + letters[at + 2] for at in range(size)
        ]
        spans = sorted((self.start[code + 1] - self.start[code], self.start[code]) for code in codes)
        held, read = [], 0
        for length, first in spans:
            if read + length > _GRAM_BUDGET and read:
                break
            read += length
            held.append(self.posted[first : first + length])
        every = np.concatenate(held)
        every = every[np.abs(self.lengths[every] - size) <= slips]
        if not len(every):
            return []
        ends = _ends(every)
        rows, shared = every[ends], ends.copy()
        shared[1:] -= ends[:-1]
        shared[0] += 1
        least = max(1, size - 4 * slips - (len(spans) - len(held)))
        if least > 1:
            enough = shared >= least
            rows, shared = rows[enough], shared[enough]
        if len(rows) > _SIMILAR:
            rows = rows[np.argpartition(-shared, _SIMILAR)[:_SIMILAR]]
        rows.sort()
        numbers = rows.tolist()
        choices = list(map(self.words.__getitem__, numbers))
        found = []
        for other, edits, at in extract(
            word, choices, scorer=OSA.distance, score_cutoff=slips, limit=_NEIGHBOURS
        ):
            found.append((self.ids[numbers[at]], (1 - edits / max(size, len(other))) ** 1.5))
        found.sort(key=lambda one: (-one[1], one[0]))
        return found


def _codes(words: Array, width: int) -> Array:
    """The three-letter runs of words, each with a mark before and after, as numbers; -1 beyond a word's end."""
    letters = np.zeros((len(words), width + 2), dtype=np.int32)
    raw = words.astype(f"S{width}").view(np.uint8).reshape(len(words), width).astype(np.int32)
    letters[:, 1:-1] = np.where(raw >= 97, raw - 96, np.where(raw >= 48, raw - 21, 0))
    codes = (letters[:, :-2] * _GRAM_BASE + letters[:, 1:-1]) * _GRAM_BASE + letters[:, 2:]
    return np.where(letters[:, 1:-1] > 0, codes, -1)


def _grams(texts: Sequence[str]) -> Grams:
    chosen = [
        (text, at)
        for at, text in enumerate(texts)
        if text.isascii() and text.isalpha() and 2 < len(text) < 25
    ]
    words = [text for text, _ in chosen]
    ids = [at for _, at in chosen]
    codes = _codes(np.array([word.encode() for word in words] or [b""]), 24)
    rows, columns = np.nonzero(codes >= 0)
    flat = codes[rows, columns]
    order = np.argsort(flat, kind="stable")
    start = np.searchsorted(flat[order], np.arange(_GRAM_BASE**3 + 1)).tolist()
    return Grams(
        words,
        ids,
        start,
        rows[order].astype(np.int32),
        np.array([len(word) for word in words], dtype=np.int16),
    )


def index(views: Iterable[NameView]) -> Words:
    """The inverted index of names, in the order given.

    >>> from chipledger.parties.views import view
    >>> names = index(map(view, ["Sophgo Technologies", "Shenzhen Sunway", "Inspur Suzhou"]))
    >>> [one for one, _ in names.nearest(view("Sofgo"), 1)]
    [0]
    """
    ids: dict[str, int] = {}
    flat: list[int] = []
    sizes: list[int] = []
    counts: Counter[str] = Counter()
    for one in views:
        words = dict.fromkeys(one.words)
        counts.update(words.keys())
        held = [ids.setdefault(word, len(ids)) for word in words]
        held += [ids.setdefault(f"#{initials}", len(ids)) for initials in one.initials]
        flat += held
        sizes.append(len(held))
    lexicon = Lexicon(counts, len(sizes))
    texts = list(ids)
    weights = np.array([0.7 if text[0] == "#" else lexicon.weight(text) for text in texts], dtype=np.float32)
    words_at = np.array(flat, dtype=np.int32)
    names_at = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    order = np.argsort(words_at, kind="stable")
    start = np.searchsorted(words_at[order], np.arange(len(texts) + 1)).tolist()
    squares = np.array(
        [0.0 if text[0] == "#" else weight * weight for text, weight in zip(texts, weights, strict=True)]
    )
    lengths = np.sqrt(np.bincount(names_at, weights=squares[words_at], minlength=len(sizes))) + 1e-9
    norms = lengths**_LENGTH
    by_sound: dict[str, list[int]] = {}
    by_meaning: dict[str, list[int]] = {}
    by_pinyin: dict[str, list[int]] = {}
    known = glossary.bundled()
    for at, text in enumerate(texts):
        if text[0] == "#" or text.isdigit():
            continue
        for meaning in known.meanings(text):
            by_meaning.setdefault(meaning, []).append(at)
        if not text.isascii():
            by_pinyin.setdefault(spoken(text), []).append(at)
        elif len(text) > 2:
            by_sound.setdefault(sound(text), []).append(at)
    return Words(ids, texts, weights.tolist(), lexicon, start, names_at[order], norms.astype(np.float32), _grams(texts),
                 by_sound, by_meaning, by_pinyin, sorted(ids), np.zeros(len(sizes), dtype=np.float32))  # fmt: skip
