"""Words that names translate: which mean the same in English, Chinese, Japanese, Russian and Turkish, and which are places.

Takes a folded word, a pinyin word or a run of simplified hanzi; gives the meanings it may have and the pieces that a run
of hanzi falls into. The words are data (data/parties/glossary.yaml). Two words of one meaning are near each other, never
equal: a translation raises a candidate and is told as such.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record
from chipledger.parties.legal_forms import DATA
from chipledger.parties.script import simplified, syllables

_SHORTEST_STEM = 3
_NO_MEANINGS: frozenset[str] = frozenset()


class Kind(StrEnum):
    """What a meaning says of a party."""

    SECTOR = "sector"
    BODY = "body"
    PLACE = "place"
    QUALITY = "quality"
    NAME = "name"


class Meaning(Record):
    """One meaning and the words for it, parted by spaces; `*` ends a stem; `pinyin` lists hanzi
    and `each` words that stand for themselves only."""

    id: str
    kind: Kind
    en: str = ""
    zh: str = ""
    ja: str = ""
    ru: str = ""
    tr: str = ""
    pinyin: str = ""
    each: str = ""


@dataclass(frozen=True, slots=True)
class Glossary:
    """The meanings by word, by stem and by hanzi; every lookup is remembered."""

    words: dict[str, frozenset[str]]
    stems: dict[str, frozenset[str]]
    kinds: dict[str, Kind]
    longest: int
    english: dict[str, str]
    stem_starts: frozenset[str]
    known: dict[str, frozenset[str]] = field(default_factory=dict)

    def meanings(self, word: str) -> frozenset[str]:
        """The meanings of a word, by the word itself or its longest stem; empty where none is known.

        >>> one = bundled()
        >>> one.meanings("propulsion") & one.meanings("动力"), one.meanings("keji") == one.meanings("科技")
        (frozenset({'power'}), True)
        """
        found = self.known.get(word)
        if found is None:
            found = self.words.get(word) or self._by_stem(word)
            if len(self.known) < 1 << 18:
                self.known[word] = found
        return found

    def _by_stem(self, word: str) -> frozenset[str]:
        if word[:_SHORTEST_STEM] not in self.stem_starts:
            return _NO_MEANINGS
        for length in range(min(len(word), 12), _SHORTEST_STEM - 1, -1):
            if found := self.stems.get(word[:length]):
                return found
        return _NO_MEANINGS

    def is_place(self, word: str) -> bool:
        """Whether a word names a place."""
        means = self.meanings(word)
        return bool(means) and any(self.kinds[one] is Kind.PLACE for one in means)

    def segment(self, run: str) -> list[str]:
        """A run of simplified hanzi (or kana) in pieces: the longest known words, and what lies between them.

        What lies between is cut in twos, a last piece of three where the count is odd.

        >>> bundled().segment("北京航空航天大学")
        ['北京', '航空', '航天', '大学']
        >>> bundled().segment("丹东中盛工贸")
        ['丹东', '中盛', '工贸']
        """
        pieces: list[str] = []
        at = loose = 0
        while at < len(run):
            size = next(
                (n for n in range(min(self.longest, len(run) - at), 1, -1) if run[at : at + n] in self.words),
                0,
            )
            if not size:
                at += 1
                continue
            pieces += _twos(run[loose:at])
            pieces.append(run[at : at + size])
            at += size
            loose = at
        return pieces + _twos(run[loose:])


def _twos(run: str) -> list[str]:
    if len(run) < 4:
        return [run] if run else []
    ends = range(0, len(run) - 3, 2)
    return [run[at : at + 2] for at in ends] + [run[ends[-1] + 2 :]]


@cache
def bundled() -> Glossary:
    """The glossary that the project carries."""
    words: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    kinds: dict[str, Kind] = {}
    english: dict[str, str] = {}
    for one in load_yaml_list(DATA / "glossary.yaml", Meaning):
        for hanzi in one.pinyin.split():
            latin = "".join(syllables(hanzi))
            kinds[latin] = one.kind
            for word in (hanzi, latin):
                words.setdefault(word, set()).add(latin)
        for word in one.each.split():
            kinds[word] = one.kind
            words.setdefault(word, set()).add(word)
        if one.pinyin or one.each:
            continue
        kinds[one.id] = one.kind
        english[one.id] = one.en.split()[0] if one.en else one.id
        for word in (*one.en.split(), *one.ru.split(), *one.tr.split()):
            (stems if word.endswith("*") else words).setdefault(word.rstrip("*"), set()).add(one.id)
        for word in (*one.zh.split(), *map(simplified, one.ja.split())):
            words.setdefault(word, set()).add(one.id)
            if len(word) > 1 and _is_hanzi(word):
                words.setdefault("".join(syllables(word)), set()).add(one.id)
    longest = max(len(word) for word in words if not word.isascii())
    return Glossary({word: frozenset(ids) for word, ids in words.items()},
                    {stem: frozenset(ids) for stem, ids in stems.items()}, kinds, longest, english,
                    frozenset(stem[:_SHORTEST_STEM] for stem in stems))  # fmt: skip


def _is_hanzi(word: str) -> bool:
    return all("\u4e00" <= letter <= "\u9fff" for letter in word)
