"""The views of a name that are compared: its words, legal forms, numbers, initials, and its hanzi cut into words.

Takes a name; gives one frozen NameView. "Beijing University of Aeronautics and Astronautics (BUAA)" has the words
beijing, university, aeronautics, astronautics, buaa and the initials bua a; 北京航空航天大学 has 北京, 航空, 航天, 大学. Words
keep their alphabet; what stands for what across alphabets is asked of the glossary when words are compared.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from chipledger.parties import glossary, legal_forms
from chipledger.parties.normal import CJK, clean, fold, pieces
from chipledger.parties.script import romaji, simplified, syllables

_STOP = frozenset(["the", "of", "and", "for", "in", "on", "at", "to", "by", "et", "und", "y", "e", "no", "an", "named", "after"])  # fmt: skip
_DIGITS = {
    word: str(number)
    for number, words in enumerate(
        ["zero", "one first 1st", "two second 2nd", "three third 3rd", "four fourth 4th", "five fifth 5th", "six sixth 6th",
         "seven seventh 7th", "eight eighth 8th", "nine ninth 9th", "ten tenth", "eleven eleventh", "twelve twelfth",
         "thirteen thirteenth", "fourteen fourteenth", "fifteen fifteenth", "sixteen sixteenth", "seventeen seventeenth",
         "eighteen eighteenth", "nineteen nineteenth", "twenty twentieth"])
    for word in words.split()
}  # fmt: skip
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_ORDINAL = re.compile(r"(\d)(?:st|nd|rd|th)\b")
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12",
          "xiii": "13", "xiv": "14", "xv": "15", "xvi": "16"}  # fmt: skip
_SPELLED = {"intl": "international", "natl": "national", "centre": "center", "organisation": "organization", "mv": "vessel",
            "saint": "st", "sankt": "st"}  # fmt: skip
_GLUED = re.compile(r"(?<=[a-z])(AG|GmbH|LLC|SA|BV|PLC|SpA)\b")  # SiemensAG
_NUMBER_WORDS = frozenset((*_DIGITS, *_TENS, *_ROMAN))
_HAN_DIGITS = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))
_HAN_NUMBER = re.compile(r"第([〇零一二三四五六七八九十百]+)|([〇零一二三四五六七八九]{3,})")


@dataclass(frozen=True, slots=True)
class NameView:
    """A name in its views.

    Args:
        text: the name, cleaned.
        words: folded words without legal forms and little words, in order; hanzi simplified and cut into words.
        forms: ids of its legal forms.
        initials: what it may be shortened to, three letters or more: the first letters of its Latin words, with and without
            places, little words and the legal form.
        joined: the words without a gap.
        is_hanzi: whether some word is written in hanzi.
    """

    text: str
    words: tuple[str, ...]
    forms: frozenset[str]
    initials: tuple[str, ...]
    joined: str
    is_hanzi: bool


def view(name: str) -> NameView:
    """The views of a name.

    Raises:
        InputError: the name cannot be screened; see `chipledger.parties.normal.clean`.

    >>> view("China Electronics Technology Group Corporation (CETC) 10th Research Institute").words
    ('china', 'electronics', 'technology', 'group', 'cetc', '10', 'research', 'institute')
    >>> view("中国電子科技集団公司第十研究所").words
    ('中国', '电子', '科技', '集团', '10', '研究所')
    """
    text = clean(name)
    folded = fold(text if text.isupper() else _GLUED.sub(r" \1", text))
    if "&" in folded or "/" in folded:
        folded = folded.replace("&", " and ").replace("/", " ")
    hanzi: frozenset[str] = frozenset()
    if CJK.search(folded):
        raw, hanzi = _with_hanzi(folded)
    else:
        raw = pieces(_ORDINAL.sub(r"\1 ", folded))
    kept, forms = legal_forms.bundled().strip(raw)
    kept = _phrases(kept)
    words = tuple(_numbers([_SPELLED.get(word, word) for word in kept if word not in _STOP])) or tuple(kept)
    return NameView(text, words, forms | hanzi, _initials(raw, words), "".join(words),
                    any(not word.isascii() for word in words))  # fmt: skip


def _initials(raw: list[str], words: tuple[str, ...]) -> tuple[str, ...]:
    """What a name may be shortened to: BUAA of its words, SMIC without the place and with Corporation, MOHA with `of`."""
    if len(raw) < 3:
        return ()
    latin = [word for word in words if word.isalpha() and word.isascii()]
    if len(latin) < 2:
        return ()
    alone = "".join([word[0] for word in latin])
    away = "".join([word[0] for word in latin if not _is_place(word)])
    last = raw[-1][0] if raw[-1] not in words and raw[-1].isalpha() and raw[-1].isascii() else ""
    whole = "".join([word[0] for word in raw if word.isalpha() and word.isascii()])
    every = dict.fromkeys((alone, away, alone + last, away + last, whole))
    return tuple([one for one in every if 3 <= len(one) <= 8])


@lru_cache(maxsize=1 << 17)
def _is_place(word: str) -> bool:
    return glossary.bundled().is_place(word)


_PHRASES = {("united", "states"): "usa", ("u", "s"): "usa", ("hong", "kong"): "hongkong", ("h", "k"): "hongkong",
            ("united", "kingdom"): "uk", ("inner", "mongolia"): "innermongolia", ("xi", "an"): "xian"}  # fmt: skip
_FIRST = frozenset(first for first, _ in _PHRASES)


def _phrases(words: list[str]) -> list[str]:
    """Names of places in two words as one."""
    if _FIRST.isdisjoint(words):
        return words
    found: list[str] = []
    for word in words:
        if found and (one := _PHRASES.get((found[-1], word))):
            found[-1] = one
        else:
            found.append(word)
    return found


def _numbers(words: list[str]) -> list[str]:
    """Number words as digits; Roman numerals too, unless they begin the name."""
    found: list[str] = []
    for at, word in enumerate(words):
        if word not in _NUMBER_WORDS and word[0] > "9":
            found.append(word)
            continue
        tens = _TENS.get(words[at - 1]) if at else None
        digit = _DIGITS.get(word) or (_ROMAN.get(word) if at else None)
        if tens is not None and digit is None and word.isdigit() and len(word) == 1:
            digit = word
        if tens is not None and digit is not None and int(digit) < 10:
            found[-1] = str(tens + int(digit))
        elif word in _TENS:
            found.append(str(_TENS[word]))
        else:
            found.append(digit or (word.lstrip("0") or "0" if word.isdigit() else word))
    return found


def _with_hanzi(folded: str) -> tuple[list[str], frozenset[str]]:
    forms: set[str] = set()
    words: list[str] = []
    for run in re.findall(r"[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff]+|[^\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff]+",
                          _glued(folded)):  # fmt: skip
        if not CJK.search(run):
            words += pieces(_ORDINAL.sub(r"\1 ", run))
            continue
        left, found = legal_forms.bundled().strip_hanzi(simplified(run))
        forms |= found
        words += _cut(left)
    return words, frozenset(forms)


def _glued(folded: str) -> str:
    """Hanzi closed up where a line of a table broke them: 電子有限公 司."""
    return re.sub(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])", "", folded)


def _cut(run: str) -> list[str]:
    found: list[str] = []
    for part in re.split(r"(\d+)", _HAN_NUMBER.sub(_digits, run)):
        if part.isdigit():
            found.append(part)
        elif part:
            for word in glossary.bundled().segment(part.replace("公司", "") or part):
                kana = re.sub(r"[\u4e00-\u9fff]", "", word) == word and not glossary.bundled().meanings(word)
                found += pieces(romaji(word)) if kana else [word]
    return found


def _digits(number: re.Match[str]) -> str:
    """第五十四 as 54, 八一一 as 811."""
    letters = number[1] or number[2]
    if "十" not in letters and "百" not in letters:
        return "".join(_HAN_DIGITS[letter] for letter in letters)
    total = part = 0
    for letter in letters:
        if letter in _HAN_DIGITS:
            part = int(_HAN_DIGITS[letter])
        else:
            total += (part or 1) * (10 if letter == "十" else 100)
            part = 0
    return str(total + part)


@lru_cache(maxsize=1 << 15)
def spoken(word: str) -> str:
    """A word in Latin letters: pinyin for hanzi, the word itself otherwise.

    >>> spoken("中盛"), spoken("huawei")
    ('zhongsheng', 'huawei')
    """
    said = word if word.isascii() else "".join(syllables(word))
    return said if said.isascii() else romaji(said)
