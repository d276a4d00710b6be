"""An author block from its tokens: names with their marks, places with theirs, and who belongs where.

Readers of a format (LaTeX, HTML and Markdown, a PDF's first page) give tokens with offsets: text, a mark (a superscript),
a note (a footnote), or a break. Here lines of them are told apart: a line that begins with a mark defines a place, one
in which marks follow words names authors. A block counts only when marks of both kinds meet.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path

from chipledger.core.load import load_yaml
from chipledger.core.records import Record

_DATA = Path(__file__).parents[1] / "data" / "identity" / "author_words.yaml"
_MOST_AUTHORS = 1000
_LONGEST_PLACE = 220
_MARKS = re.compile(r"\d{1,3}|[a-z](?![a-z])|[^\s\w,;.:(){}\[\]\\/|$^~-]", re.IGNORECASE)
_NAME_PARTS = re.compile(r"\s*(?:[,;、，·•|]|(?<!\w)(?:and|und|et|和|与)(?!\w)|&)\s*")
_CJK_NAME = re.compile(r"[\u3400-\u9fff][\u3400-\u9fff·・ ]{1,7}")
_NO_NAME = re.compile(r"[\d@/:=<>{}#]")
_WORD = re.compile(r"[^\W\d_][\w.'’`\-]*", re.UNICODE)
_PARTICLES = frozenset(
    [
        "al",
        "bin",
        "bint",
        "da",
        "de",
        "del",
        "della",
        "den",
        "der",
        "di",
        "dos",
        "du",
        "el",
        "ibn",
        "la",
        "le",
        "ten",
        "ter",
        "van",
        "von",
        "y",
        "zu",
    ]
)
_HANZI = re.compile(r"[\u3400-\u9fff\u3040-\u30ff]")


class Kind(StrEnum):
    """What a token is."""

    TEXT = "text"
    MARK = "mark"
    NOTE = "note"
    GAP = "gap"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an author block with its place in the text; of a note, `text` is what the note says."""

    kind: Kind
    text: str
    start: int
    end: int
    is_apart: bool = False  # a blank stands before it


@dataclass(slots=True)
class Name:
    """An author with the marks that stand by the name."""

    text: str
    start: int
    end: int
    marks: tuple[str, ...] = ()
    notes: list[Token] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation as a block prints it, with the marks that lead to it."""

    text: str
    start: int
    end: int
    marks: tuple[str, ...] = ()


@dataclass(slots=True)
class Block:
    """Authors, the places that marks lead to, and what notes say by mark."""

    names: list[Name] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    notes: list[Place] = field(default_factory=list)

    @property
    def is_tied(self) -> bool:
        """Whether any author's mark leads to a place."""
        led = {mark for place in self.places for mark in place.marks}
        return any(led.intersection(name.marks) for name in self.names)


class Words(Record):
    """Words that tell organisations, parts of them, notes and stand-ins from names of authors."""

    organisation: tuple[str, ...]
    organisation_cjk: tuple[str, ...]
    part: tuple[str, ...]
    note: tuple[str, ...]
    corresponding: tuple[str, ...]
    internship: tuple[str, ...]
    stand_in: tuple[str, ...]
    never_a_name: tuple[str, ...]


@cache
def words() -> Words:
    """The words of data/identity/author_words.yaml."""
    return load_yaml(_DATA, Words)


@cache
def expression(kind: str) -> re.Pattern[str]:
    """The words of a kind as one expression: whole words, beginnings where a star says so, hanzi anywhere."""
    listed = getattr(words(), kind)
    by_length = sorted(listed, key=len, reverse=True)
    latin = "|".join(
        re.escape(one.rstrip("*")) + ("" if one.endswith("*") else r"(?![^\W_])")
        for one in by_length
        if not _HANZI.search(one)
    )
    other = "|".join(re.escape(one) for one in by_length if _HANZI.search(one))
    parts = [rf"(?<![^\W_])(?:{latin})" if latin else "", other]
    return re.compile("|".join(part for part in parts if part), re.IGNORECASE)


def is_organisation(text: str) -> bool:
    """Whether words name an organisation by their kind.

    >>> is_organisation("Tsinghua University"), is_organisation("香港科技大学"), is_organisation("Wei Li")
    (True, True, False)
    """
    return bool(expression("organisation").search(text) or expression("organisation_cjk").search(text))


def is_name(text: str) -> bool:
    """Whether words may be a person's name.

    >>> [is_name(one) for one in ("Haoxuan Che", "J. van der Berg", "李伟", "Project Page", "8 GPUs", "Tencent AI Lab")]
    [True, True, True, False, False, False]
    """
    bare = text.strip(" .,;*†‡")
    if not 2 <= len(bare) <= 50 or _NO_NAME.search(bare):
        return False
    if not bare.isascii() and any(map(str.isdigit, bare)):  # superscripts are digits too
        return False
    if is_stand_in(bare) or is_organisation(bare) or expression("never_a_name").search(bare):
        return False
    if _CJK_NAME.fullmatch(bare):
        return len(bare.replace(" ", "")) <= 5
    parts = bare.replace("~", " ").split()
    if any(one in ("AI", "Inc", "LLC") for one in parts):
        return False
    if not 1 < len(parts) <= 6:
        return False
    return all(
        _WORD.match(one) and (one[0].isupper() or one.lower() in _PARTICLES)
        for one in parts
        if one[0] not in "(（)"
    )


def is_stand_in(text: str) -> bool:
    """Whether words stand in a template for what is to be filled in.

    >>> is_stand_in("Anonymous Authors"), is_stand_in("First Author"), is_stand_in("Ada Lovelace")
    (True, True, False)
    """
    return bool(expression("stand_in").search(text))


def marks_in(text: str) -> tuple[str, ...]:
    """The marks of a superscript, each once.

    >>> marks_in("1,3*"), marks_in("a, b"), marks_in("†")
    (('1', '3', '*'), ('a', 'b'), ('†',))
    """
    return tuple(dict.fromkeys(one.lower() for one in _MARKS.findall(text)))


def lines_of(tokens: Iterable[Token]) -> Iterator[list[Token]]:
    """The tokens between breaks."""
    line: list[Token] = []
    for token in tokens:
        if token.kind is Kind.BREAK:
            if line:
                yield line
            line = []
        else:
            line.append(token)
    if line:
        yield line


def block_of(tokens: Iterable[Token]) -> Block:
    """The author block that tokens hold, from its first author to its last place.

    Args:
        tokens: in the order of the text.

    Returns:
        The block; empty where marks of authors and of places do not meet.
    """
    block = Block()
    for line in lines_of(tokens):
        part = _part(line)
        if part.names and block.places and _has_ended(block, part):
            break
        if not part.names and not part.places and not part.notes:
            if block.places:
                break
            if sum(one.kind is Kind.TEXT and len(one.text) > 80 for one in line):
                block = Block()
            continue
        block.names += part.names
        block.places += part.places
        block.notes += part.notes
        if len(block.names) > _MOST_AUTHORS:
            break
    if not block.is_tied:
        return Block()
    first = next(number for number, name in enumerate(block.names) if name.marks)
    block.names = block.names[first:]  # what stands above is the title
    return block


def _has_ended(block: Block, part: Block) -> bool:
    """Whether names that come after places belong to something else: none of their marks leads to one."""
    led = {mark for place in block.places for mark in place.marks}
    return not any(led.intersection(name.marks) for name in part.names)


def _part(line: Sequence[Token]) -> Block:
    """What one line gives: places where it begins with a mark, else names, then places after a mark that stands apart."""
    told = [one for one in line if one.kind is not Kind.GAP]
    if not told:
        return Block()
    if told[0].kind is Kind.MARK:
        return _places(line)
    for index in range(1, len(line) - 1):
        before, here, after = line[index - 1], line[index], line[index + 1]
        begins = here.kind is Kind.MARK and after.kind is Kind.TEXT and is_organisation(after.text)
        if begins and before.kind in (Kind.MARK, Kind.GAP):
            names, places = _names(line[:index]), _places(line[index:])
            return Block(names.names, places.places, places.notes)
    return _names(line)


def _places(line: Sequence[Token]) -> Block:
    """Each mark with the words up to the next."""
    found = Block()
    marks: tuple[str, ...] = ()
    run: list[Token] = []

    def close() -> None:
        if not run or not marks:
            return
        place = _place(run, marks)
        if place is None:
            return
        is_note = expression("note").search(place.text) or expression("corresponding").search(place.text)
        (found.notes if is_note else found.places).append(place)

    for token in line:
        if token.kind is Kind.MARK:
            if run:
                close()
                marks, run = (), []
            marks += marks_in(token.text)
        elif token.kind is Kind.TEXT:
            run.append(token)
    close()
    return found


def _place(run: Sequence[Token], marks: tuple[str, ...]) -> Place | None:
    text = " ".join(one.text.strip() for one in run if one.text.strip())
    if (
        not 2 < len(text) <= _LONGEST_PLACE
        or "@" in text
        or not any(map(str.isalpha, text))
        or is_stand_in(text)
    ):
        return None
    first = next(one for one in run if one.text.strip())
    last = next(one for one in reversed(run) if one.text.strip())
    exact = last.end - last.start == len(last.text)
    end = last.end - (len(last.text) - len(last.text.rstrip(" ,;:.\u3001")) if exact else 0)
    return Place(text.strip(" ,;:.\u3001"), first.start, end, marks)


def _names(line: Sequence[Token]) -> Block:
    """Names with the marks and notes after them; nothing unless every word of the line may be of a name."""
    found: list[Name] = []
    for token in line:
        if token.kind is Kind.TEXT:
            for text, start, end in split_names(token):
                if not is_name(text):
                    return Block()
                found.append(Name(text, start, end))
        elif found and token.kind is Kind.MARK:
            found[-1].marks += marks_in(token.text)
        elif found and token.kind is Kind.NOTE:
            found[-1].notes.append(token)
    return Block(names=found)


def split_names(token: Token) -> Iterator[tuple[str, int, int]]:
    """The names of a run of text, each with its place.

    Only where text and place are as long as each other can a name be placed exactly; else it has that of the run.
    """
    exact = token.end - token.start == len(token.text)
    at = 0
    for match in [*_NAME_PARTS.finditer(token.text), None]:
        piece = token.text[at : match.start() if match else len(token.text)]
        bare = piece.strip(" \t\n.,;")
        if bare:
            start = token.start + at + piece.index(bare) if exact else token.start
            yield " ".join(bare.split()), start, start + len(bare) if exact else token.end
        at = match.end() if match else 0
