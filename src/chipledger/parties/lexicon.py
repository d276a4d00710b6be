"""How telling a word is, and how near two words are: the two questions that every comparison of names is made of.

Takes counts of words over many names; gives a weight in [0, 1] (a word never seen weighs 1, "technology" little) and a
Nearness of two words: equal, sounding alike, meaning alike, a slip of the pen. A common background (data/parties/
common_words.csv, counted on the Consolidated Screening List) stands behind every index, so that a list of ten names
knows too that "trading" tells nothing.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from math import log
from typing import NamedTuple

from rapidfuzz.distance import OSA

from chipledger.parties import glossary, legal_forms
from chipledger.parties.legal_forms import DATA
from chipledger.parties.views import spoken

_LEAST_LIKE = 0.6
_GROUP = "group"  # the meaning; firms write it or leave it out as they do a legal form
_KNOWN = 3  # a word that this many names hold is a word of its own, not a slip of another


class Nearness(NamedTuple):
    """How near two words are, in [0, 1], and in what way."""

    credit: float
    way: str


@cache
def _form_words() -> frozenset[str]:
    """Words of legal forms, which tell nothing when a slip left them standing."""
    runs = (run for found in legal_forms.bundled().by_first.values() for run, _ in found)
    return frozenset(word for run in runs for word in run if len(word) > 3)


@cache
def background() -> tuple[dict[str, int], int]:
    """How many names of the background hold each common word, and how many names there are."""
    with (DATA / "common_words.csv").open(encoding="utf-8") as stream:
        counts = {row["word"]: int(row["names"]) for row in csv.DictReader(stream)}
    return counts, counts.pop("(names)", 1)


@dataclass(slots=True)
class Lexicon:
    """The weights of words: the background and the names of one index together."""

    counts: Mapping[str, int] = field(default_factory=dict)
    names: int = 0
    _weights: dict[str, float] = field(default_factory=dict)
    _near: dict[tuple[str, str], Nearness] = field(default_factory=dict)

    def count(self, word: str) -> float:
        """How many names hold a word, in the background and the index, or a commoner word of its meaning."""
        common, _ = background()
        own = common.get(word, 0) + self.counts.get(word, 0)
        means = glossary.bundled().meanings(word)
        if not means:
            return own
        english = glossary.bundled().english
        return max(
            own,
            *(
                common.get(english.get(one, one), 0) + self.counts.get(english.get(one, one), 0)
                for one in means
            ),
        )

    def weight(self, word: str) -> float:
        """How telling a word is: 1 for one never seen, near 0 for one in every name.

        >>> words = Lexicon()
        >>> words.weight("technology") < words.weight("shenzhen") < words.weight("sophgo") == 1.0
        True
        """
        found = self._weights.get(word)
        if found is None:
            total = background()[1] + self.names
            found = max(0.05, 1 - log(1 + self.count(word)) / log(1 + total))
            if len(word) == 1:
                found = min(found, 0.4)
            if word in _form_words() or _GROUP in glossary.bundled().meanings(word):
                found = min(found, 0.1)
            if len(self._weights) < 1 << 18:
                self._weights[word] = found
        return found

    def near(self, one: str, other: str) -> Nearness:
        """How near two different words are; credit 0 where they have nothing to do with each other.

        >>> words = Lexicon()
        >>> words.near("yevgeniy", "evgeny").way, words.near("zavod", "plant").way, words.near("sofgo", "sophgo").way
        ('sound', 'meaning', 'sound')
        >>> words.near("shenzhen", "shanghai").credit
        0.0
        """
        pair = (one, other) if one < other else (other, one)
        found = self._near.get(pair)
        if found is None:
            found = self._nearness(*pair)
            if len(self._near) < 1 << 19:
                self._near[pair] = found
        return found

    def _nearness(self, one: str, other: str) -> Nearness:
        if one.isdigit() or other.isdigit():
            return NOTHING
        if not (one.isascii() and other.isascii()):
            return self._across(one, other)
        meanings = glossary.bundled().meanings
        if meanings(one) & meanings(other):
            return Nearness(0.9, "meaning")
        longest = max(len(one), len(other))
        if min(len(one), len(other)) == 1:
            return Nearness(0.45, "initial") if one[0] == other[0] else NOTHING
        are_pinyin = bool(PINYIN.fullmatch(one) and PINYIN.fullmatch(other))
        if longest > 2 and abs(len(one) - len(other)) < 4 and sound(one) == sound(other) and not are_pinyin:
            return Nearness(0.93, "sound")
        short, long = (one, other) if len(one) < len(other) else (other, one)
        if not are_pinyin and len(short) > 3 and long.startswith(short) and len(long) - len(short) > 1:
            return Nearness(0.75 * len(short) / longest, "beginning")
        most = int(longest * (1 - _LEAST_LIKE))
        if len(long) - len(short) > most:
            return NOTHING
        edits = OSA.distance(one, other, score_cutoff=most)
        like = 1 - edits / longest
        if like < _LEAST_LIKE or (longest < 4 and edits > 1):
            return NOTHING
        if self._is_word(one) and self._is_word(other):
            known = glossary.bundled()
            if known.is_place(one) and known.is_place(other):
                return NOTHING
            return Nearness(0.7 * like**1.5, "other word")
        return Nearness(like**1.5, "spelling")

    def _is_word(self, word: str) -> bool:
        """Whether a word is one of its own and no slip: held by several names, known to the glossary, or sound pinyin."""
        return bool(self.count(word) >= _KNOWN or glossary.bundled().meanings(word) or PINYIN.fullmatch(word))

    def _across(self, one: str, other: str) -> Nearness:
        """Hanzi beside hanzi, or beside Latin letters."""
        if glossary.bundled().meanings(one) & glossary.bundled().meanings(other):
            return Nearness(0.9, "meaning")
        both = not one.isascii() and not other.isascii()
        if both:
            shared = len(set(one) & set(other)) / max(len(one), len(other))
            return Nearness(0.6 * shared, "hanzi") if shared >= 0.5 else NOTHING
        left, right = spoken(one), spoken(other)
        if left == right:
            return Nearness(0.95, "pinyin")
        longest = max(len(left), len(right))
        if sound(left) == sound(right):
            return Nearness(0.9, "pinyin")
        like = 1 - OSA.distance(left, right, score_cutoff=longest // 3 + 1) / longest
        return Nearness(0.8 * like**2, "pinyin") if like >= 0.75 and longest > 4 else NOTHING


NOTHING = Nearness(0.0, "")
_SYLLABLES = {  # of standard Chinese in pinyin: the first sound, and what may follow it
    "": "a ai an ang ao e ei en er o ou",
    "b": "a o ai ei ao an en ang eng i ie iao ian in ing u",
    "p": "a o ai ei ao ou an en ang eng i ie iao ian in ing u",
    "m": "a o e ai ei ao ou an en ang eng i ie iao iu ian in ing u",
    "f": "a o ei ou an en ang eng u",
    "d": "a e ai ei ao ou an en ang eng ong i ia ie iao iu ian ing u uo ui uan un",
    "t": "a e ai ao ou an ang eng ong i ie iao ian ing u uo ui uan un",
    "n": "a e ai ei ao ou an en ang eng ong i ie iao iu ian in iang ing u uo uan ue",
    "l": "a e ai ei ao ou an ang eng ong i ia ie iao iu ian in iang ing u uo uan un ue",
    "g k h": "a e ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang",
    "j q x": "i ia ie iao iu ian in iang ing iong u ue uan un",
    "zh ch": "a e ai ao ou an en ang eng ong i u ua uo uai ui uan un uang",
    "sh": "a e ai ei ao ou an en ang eng i u ua uo uai ui uan un uang",
    "r": "e ao ou an en ang eng ong i u ua uo ui uan un",
    "z c s": "a e ai ao ou an en ang eng ong i u uo ui uan un",
    "y": "a ao e ou an ang i in ing ong u ue uan un",
    "w": "a o ai ei an en ang eng u",
}


_VOWELS_WITHIN = {"an", "ang", "ai", "ao", "er"}


def _pinyin() -> re.Pattern[str]:
    syllables = {
        first + rest
        for firsts, rests in _SYLLABLES.items()
        for first in firsts.split() or [""]
        for rest in rests.split()
    }
    # Within a word a syllable that begins with a vowel is written with an apostrophe; without it only few are met.
    within = sorted(
        (syllables - set(_SYLLABLES[""].split())) | _VOWELS_WITHIN, key=lambda one: (-len(one), one)
    )
    first = sorted(syllables, key=lambda one: (-len(one), one))
    return re.compile(f"(?:{'|'.join(first)})(?:{'|'.join(within)}){{1,3}}")


PINYIN = _pinyin()

_SOUNDS = (  # ç is the sound of church here
    ("shch", "s"), ("sch", "s"), ("tch", "ç"), ("ch", "ç"), ("dzh", "j"), ("kh", "h"), ("ph", "f"), ("gh", "g"), ("th", "t"),
    ("ck", "k"), ("zh", "j"), ("ts", "z"), ("tz", "z"), ("hs", "x"), ("ks", "x"), ("sh", "s"), ("c", "k"), ("w", "v"), ("q", "k"),
    ("iy", "i"), ("ij", "i"), ("ye", "e"), ("yo", "o"), ("ya", "a"), ("ia", "a"), ("yu", "u"), ("iu", "u"), ("ou", "u"), ("oo", "u"),
    ("ee", "i"), ("ey", "e"), ("ei", "e"), ("ie", "e"), ("y", "i"),
)  # fmt: skip
_ENDINGS = re.compile(
    r"sk(?:i|ii|iy|ij|y|aya|aja|oe|oye|oje|ogo|oi|oy|ikh|ih)$|(?:aya|oye|ogo|yy)$"
)  # of Russian adjectives
_DOUBLED = re.compile(r"(.)\1+")


@lru_cache(maxsize=1 << 17)
def sound(word: str) -> str:
    """A word as several romanisations would agree on it.

    >>> sound("mohammed") == sound("mohamed"), sound("tekhnologii") == sound("tehnologiy")
    (True, True)
    """
    if len(word) > 6:
        word = _ENDINGS.sub("", word)
    for written, said in _SOUNDS:
        if written in word:
            word = word.replace(written, said)
    return _DOUBLED.sub(r"\1", word)
