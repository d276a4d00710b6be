r"""What the commands of a LaTeX paper gave of its authors so far, and how a piece of them is read: names, places, notes.

The parts that every kind of author block shares; which command means what is told in `author_latex`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chipledger.evidence.author_block import (
    Block,
    Kind,
    Name,
    Place,
    Token,
    expression,
    is_name,
    is_stand_in,
    marks_in,
    split_names,
)
from chipledger.evidence.author_latex_tokens import argument, tokens_of

_INSTITUTION = re.compile(r"\\institution\s*\{")
_ORGANISATION = re.compile(r"(?:\borganization\s*=|\borganisation\s*=|\\orgname)\s*\{")
_WITH = re.compile(
    r"(?:is|are|was|were)\s+(?:also\s+|now\s+|currently\s+)?with\s+(?:the\s+)?(?P<place>[^;]{4,300}?)(?:\.\s|\.?$|;|\(?\s*[Ee]-?mail)",
    re.DOTALL,
)


@dataclass(slots=True)
class Given:
    """What the commands gave so far."""

    text: str
    names: list[Name] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    notes: list[Place] = field(default_factory=list)
    since: int = 0  # the first author that no unmarked affiliation followed yet
    corresponding: set[str] = field(default_factory=set)
    style: str = ""


@dataclass(frozen=True, slots=True)
class Authored:
    """A document's authors and places, tied.

    Args:
        block: names, places and notes.
        ties: for each place, the numbers of its authors; None where the block does not say.
        corresponding: numbers of the corresponding authors; None where none is told.
        style: what kind of block it was.
    """

    block: Block
    ties: tuple[tuple[int, ...] | None, ...]
    corresponding: frozenset[int] | None
    style: str


def names_in(line: Sequence[Token]) -> list[Name]:
    """The names of a line; what is no name is left out, and a mark or note goes to the name before it."""
    found: list[Name] = []
    for token in line:
        if token.kind is Kind.TEXT:
            found += [Name(*one) for one in split_names(token) if is_name(one[0])]
        elif found and token.kind is Kind.MARK:
            found[-1].marks += marks_in(token.text)
        elif found and token.kind is Kind.NOTE:
            found[-1].notes.append(token)
    return found


def team_in(text: str, span: tuple[int, int]) -> Place | None:
    """An organisation that stands as the author: "Qwen Team", "DeepSeek-AI"."""
    said = next((one for one in tokens_of(text, *span) if one.kind is Kind.TEXT), None)
    if (
        said is None
        or is_stand_in(said.text)
        or len(said.text) > 60
        or "," in re.sub(r", (?:Corp|Inc|Ltd)\b", "", said.text)
    ):
        return None
    if re.search(r"(?:\b[Tt]eam\b|\bGroup\b|-AI\b|\bAI$|\bLabs?$|\b(?:Corp|Inc|Ltd)\b)", said.text):
        return Place(" ".join(said.text.split()), said.start, said.end, ("team",))
    return None


def places_in(line: Sequence[Token]) -> Iterator[Place]:
    """The pieces of a line below names that may name a place."""
    for token in line:
        if token.kind is Kind.TEXT:
            text = " ".join(token.text.split()).strip(" ,;")
            if (
                2 < len(text) <= 160
                and "@" not in text
                and not is_stand_in(text)
                and not text.startswith(("http", "(", "{", "<"))
            ):
                yield Place(text, token.start, token.end)


def place_in(text: str, span: tuple[int, int]) -> Place | None:
    """The organisation that a command's argument prints, by its own key where it has one."""
    for key in (_INSTITUTION, _ORGANISATION):
        match = key.search(text, *span)
        if match and (inner := argument(text, match.end() - 1, span[1])):
            said = [one for one in tokens_of(text, *inner) if one.kind is Kind.TEXT]
            return place_of(said)
    said = [one for one in tokens_of(text, *span) if one.kind is Kind.TEXT]
    return place_of(said)


def place_of(said: Sequence[Token]) -> Place | None:
    """Runs of text as one place; None where they name nothing, or stand in a template."""
    text = ", ".join(" ".join(one.text.split()).strip(" ,;") for one in said if one.text.strip(" ,;"))
    if not 1 < len(text) <= 400 or is_stand_in(text) or not any(map(str.isalpha, text)):
        return None
    return Place(text, said[0].start, said[-1].end)


def take_marked(given: Given, span: tuple[int, int]) -> None:
    """Places with marks before them, or one for everybody."""
    tokens = tokens_of(given.text, *span)
    marks: tuple[str, ...] = ()
    run: list[Token] = []
    pieces: list[tuple[tuple[str, ...], list[Token]]] = []
    for token in [*tokens, Token(Kind.MARK, "", span[1], span[1])]:
        if token.kind is Kind.MARK:
            if run:
                pieces.append((marks, run))
                marks, run = (), []
            marks += marks_in(token.text)
        elif token.kind is Kind.TEXT:
            run.append(token)
    if not any(marks for marks, _ in pieces):
        pieces = [(tuple(f"#{one}" for one in range(len(given.names))), run[:1]) for _, run in pieces[:1]]
    for marks, run in pieces:
        place = place_of(run)
        if place is not None and "@" not in place.text and not expression("note").search(place.text):
            given.places.append(Place(place.text, place.start, place.end, marks))


def take_notes(given: Given, names: Sequence[Name]) -> None:
    """What the notes by names say of where their authors are."""
    for name in names:
        for note in name.notes:
            take_note(given, note, given.names.index(name) if name in given.names else None)


def take_note(given: Given, note: Token, who: int | None) -> None:
    """A note of where an author is ("are with …"), of correspondence, or of an internship."""
    match = _WITH.search(note.text)
    if match:
        inner = (note.start + match.start("place"), note.start + match.end("place"))
        place = place_in(given.text, inner)
        if place is not None:
            given.style = given.style or "thanks"
            named = [
                number
                for number, one in enumerate(given.names)
                if _last_name(one.text) in note.text[: match.start()]
            ]
            who_all = tuple(f"#{one}" for one in (named or ([who] if who is not None else [])))
            given.places.append(Place(place.text, place.start, place.end, who_all))
        return
    if expression("corresponding").search(note.text) and who is not None:
        given.corresponding.add(given.names[who].text.lower())


def _last_name(text: str) -> str:
    return text.split()[-1] if text.split() else text


def corresponding_of(block: Block, named: set[str] | None = None) -> frozenset[int] | None:
    """Numbers of the corresponding authors: by a mark that a note explains so, by name, or by an envelope."""
    marks = {
        mark for note in block.notes if expression("corresponding").search(note.text) for mark in note.marks
    } | {"✉"}
    found = frozenset(
        number
        for number, name in enumerate(block.names)
        if marks.intersection(name.marks)
        or (named and name.text.lower() in named)
        or any(expression("corresponding").search(note.text) for note in name.notes)
    )
    return found or None
