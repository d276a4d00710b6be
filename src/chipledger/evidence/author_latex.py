r"""Author blocks of LaTeX papers: authblk, elsarticle, acmart, REVTeX, LNCS, ICML, IEEE, AAAI, and names with marks.

Takes the text of a paper; gives its authors and the places they are tied to. Read are the commands before the first
section that say who wrote it. What a bibliography, a comment or a verbatim listing says of authors is others' and is not
read.
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
    block_of,
    expression,
    is_name,
    is_organisation,
    is_stand_in,
    lines_of,
    marks_in,
    split_names,
)
from chipledger.evidence.author_latex_tokens import argument, option, tokens_of

_FRONT_CHARS = 40_000
_MOST_COMMANDS = 2_000
_MOST_UNCLOSED = 3
_COMMAND = re.compile(
    r"\\(?P<name>author|affiliations?|affil|aff|address|institute|institution|(?:icml|mlsys)(?:author|address|affiliation|correspondingauthor)"
    r"|IEEEauthorblockN|IEEEauthorblockA|correspondingauthor|thanks|correspondence|authorinfo|altaffiliation|corresp|emailAdd)\*?(?![A-Za-z])"
)
_FRONT_ENDS = re.compile(
    r"\\(?:section|chapter|bibliography|begin\{thebibliography\}|begin\{verbatim\}|begin\{lstlisting\}|printbibliography|tableofcontents)\b"
)
_DEFINES = re.compile(r"\\(?:re)?(?:new|provide)command\*?\s*\{?\s*$|\\def\s*$|\\let\s*$")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_PRINTED_PLACE = re.compile(r"\b(?:institution|organization|organisation|orgname|department)\b\s*[={]")
_INSTITUTION = re.compile(r"\\institution\s*\{")
_ORGANISATION = re.compile(r"(?:\borganization\s*=|\borganisation\s*=|\\orgname)\s*\{")
_WITH = re.compile(
    r"(?:is|are|was|were)\s+(?:also\s+|now\s+|currently\s+)?with\s+(?:the\s+)?(?P<place>[^;]{4,300}?)(?:\.\s|\.?$|;|\(?\s*[Ee]-?mail)",
    re.DOTALL,
)
_LEAD = re.compile(r"^\W*(?P<mark>\d{1,2}|[a-z](?=\s*[A-Z]))\s*(?:[.):]\s*)?(?=[A-Z\u3400-\u9fff])")


@dataclass(slots=True)
class _Given:
    """What the commands gave so far."""

    text: str
    names: list[Name] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    notes: list[Place] = field(default_factory=list)
    since: int = 0  # the first author that no unmarked affiliation followed yet
    unmarked: dict[int, list[Place]] = field(default_factory=dict)
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


def authored(text: str) -> Authored | None:
    """Who wrote a paper, and from where.

    Args:
        text: its LaTeX.

    Returns:
        Authors and places; None where the text has no author block that can be read.

    >>> found = authored(r"\\author[1]{Ada Lovelace}\\author[1,2]{Wei Li}\\affil[1]{Example University}\\affil[2]{Kite Lab}")
    >>> [(place.text, who) for place, who in zip(found.block.places, found.ties)]
    [('Example University', (0, 1)), ('Kite Lab', (1,))]
    """
    given = _Given(text)
    end = _front_end(text)
    for name, at in _commands(text, end):
        _take(given, name, at, end)
    if not given.names and not given.places:
        return None
    return _tied(given)


def _front_end(text: str) -> int:
    """Where the front matter ends: at the first section after the first author."""
    first = text.find("\\author")
    first = first if first >= 0 else max(text.find("\\icmlauthor"), text.find("\\mlsysauthor"))
    for match in _FRONT_ENDS.finditer(text, max(first, 0)):
        if not _is_comment(text, match.start()):
            return min(match.start(), max(first, 0) + _FRONT_CHARS)
    return min(len(text), max(first, 0) + _FRONT_CHARS)


def _commands(text: str, end: int) -> Iterator[tuple[str, int]]:
    """Each command that is used, and where what follows it begins; those inside another's argument are left to it."""
    inside = unclosed = 0
    for count, match in enumerate(_COMMAND.finditer(text, 0, end)):
        if count > _MOST_COMMANDS or unclosed > _MOST_UNCLOSED:
            return
        if (
            match.start() < inside
            or _is_comment(text, match.start())
            or _DEFINES.search(text, max(0, match.start() - 40), match.start())
        ):
            continue
        _, after = option(text, match.end(), end)
        found = argument(text, after, end)
        if found is None:
            unclosed += text[after : after + 1] == "{"
            continue
        inside = found[1]
        yield match["name"].replace("mlsys", "icml"), match.end()


def _is_comment(text: str, at: int) -> bool:
    line = text.rfind("\n", 0, at) + 1
    return bool(_COMMENT.search(text, line, at))


def _take(given: _Given, name: str, at: int, end: int) -> None:
    marks, after = option(given.text, at, end)
    span = argument(given.text, after, end)
    if span is None:
        return
    if name == "author":
        _author(given, marks, span)
    elif name in ("affil", "aff", "affiliation", "address", "altaffiliation", "institution", "icmladdress"):
        _affiliation(given, marks_in(marks), span, end)
    elif name == "affiliations":
        given.style = given.style or "affiliations"
        _marked_or_plain(given, span)
    elif name == "institute":
        _institute(given, span)
    elif name == "icmlauthor":
        _icml_author(given, span, end)
    elif name == "icmlaffiliation":
        _icml_affiliation(given, span, end)
    elif name == "icmlcorrespondingauthor":
        given.corresponding.add(_plain(given.text, span).lower())
    elif name == "thanks":
        _thanks(given, Token(Kind.NOTE, given.text[slice(*span)], *span), None)


def _author(given: _Given, marks: str, span: tuple[int, int]) -> None:
    content = given.text[slice(*span)]
    if "\\IEEEauthorblock" in content:
        given.style = "ieee"
        _ieee(given, span)
        return
    if (
        "\\affil" in content
        or "\\institution" in content
        or "\\inst{" in content
        or not re.search(r"\\\\|\\[Aa]nd|\\AND|\^|textsuperscript|\n\s*\n", content)
    ):
        _plain_author(given, marks, span)
        return
    block = block_of(tokens_of(given.text, *span))
    if block.names:
        given.style = "marks"
        given.names += block.names
        given.places += block.places
        given.notes += block.notes
        return
    names = _marked_names(given.text, span)
    if names:
        given.style = given.style or "marks"
        given.names += names
        _thanked(given, names)
        return
    _blocks(given, span)


def _plain_author(given: _Given, marks: str, span: tuple[int, int]) -> None:
    """One author a command, or several with `\\inst` or commas; marks stand in the option (authblk, elsarticle)."""
    own = (
        marks_in(marks)
        if marks and not re.search(r"[A-Za-z]{4}", marks)
        else tuple(re.findall(r"[\w*]+", marks))
    )
    found = [name for line in lines_of(tokens_of(given.text, *span)) for name in _names(line)]
    if not found and (team := _team(given.text, span)):
        given.places.append(team)
        given.style = given.style or "team"
        return
    for name in found:
        name.marks += tuple(one for one in own if one not in name.marks)
    given.names += found
    _thanked(given, found)
    inner = re.compile(r"\\(?:affiliation|affil|institution)").search(given.text, *span)
    if inner and found:
        for command, at in _commands_in(given.text, span):
            _take(given, command, at, span[1])


def _commands_in(text: str, span: tuple[int, int]) -> Iterator[tuple[str, int]]:
    for match in _COMMAND.finditer(text, *span):
        if match["name"] in ("affiliation", "affil", "institution") and not _is_comment(text, match.start()):
            yield match["name"], match.end()


def _names(line: Sequence[Token]) -> list[Name]:
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


def _marked_names(text: str, span: tuple[int, int]) -> list[Name]:
    """Names with marks, where the places stand in commands of their own."""
    names = [name for line in lines_of(tokens_of(text, *span)) for name in _names(line)]
    return (
        names
        if names and sum(bool(one.marks) for one in names) * 2 > len(names) and "\\affiliation" in text
        else []
    )


def _team(text: str, span: tuple[int, int]) -> Place | None:
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


def _blocks(given: _Given, span: tuple[int, int]) -> None:
    """Authors between `\\and`s, each with the lines of an address below the name (NeurIPS, ACL, CVPR)."""
    given.style = "blocks"
    groups: list[list[list[Token]]] = [[[]]]
    for token in tokens_of(given.text, *span):
        if token.kind is Kind.BREAK and token.text == "and":
            groups.append([[]])
        elif token.kind is Kind.BREAK:
            groups[-1].append([])
        else:
            groups[-1][-1].append(token)
    if team := _team(given.text, span):
        given.style, given.places = "team", [*given.places, team]
        return
    waiting: list[int] = []
    for group in groups:
        waiting = _address(given, [line for line in group if line], waiting)


def _address(given: _Given, lines: Sequence[Sequence[Token]], waiting: list[int]) -> list[int]:
    """Names first, then the places below them; gives the authors of a group without a place, who share the next one's."""
    first = len(given.names)
    below = 0
    for line in lines:
        names = _names(line)
        whole = " ".join(one.text for one in line if one.kind is Kind.TEXT)
        if names and not is_organisation(whole):
            below += 1
            given.names += names
            _thanked(given, names)
        else:
            break
    own = [*waiting, *range(first, len(given.names))]
    if not own:
        return []
    places = [place for line in lines[below:] for place in _line_places(line)]
    written_out = [one for one in places if is_organisation(one.text)] or places[:1]
    whole_ones = [one for one in written_out if not expression("part").match(one.text)] or written_out
    for place in whole_ones:
        given.unmarked.setdefault(len(given.places), []).append(place)
        given.places.append(Place(place.text, place.start, place.end, tuple(f"#{one}" for one in own)))
    return [] if whole_ones else own


def _line_places(line: Sequence[Token]) -> Iterator[Place]:
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


def _affiliation(given: _Given, marks: tuple[str, ...], span: tuple[int, int], end: int) -> None:
    """A command that gives a place: marked, or of the authors since the last one."""
    place = _place(given.text, span)
    if place is None:
        return
    given.style = given.style or "affiliation"
    if marks:
        given.places.append(Place(place.text, place.start, place.end, marks))
        return
    lead = next((one for one in tokens_of(given.text, *span) if one.kind is Kind.MARK), None)
    if lead is not None and lead.start <= place.start:
        _marked_or_plain(given, span)
        return
    is_acm = bool(_INSTITUTION.search(given.text, *span))
    if not is_acm and any(one.marks for one in given.names) and (team := _LEAD.match(place.text)):
        given.places.append(Place(place.text[team.end() :], place.start, place.end, (team["mark"],)))
        return
    last = len(given.names) - 1
    own = [last] if is_acm else range(given.since, last + 1)
    is_second = not own and given.places
    who = given.places[-1].marks if is_second else tuple(f"#{one}" for one in own if one >= 0)
    given.places.append(Place(place.text, place.start, place.end, who))
    if not is_acm and not is_second:
        given.since = last + 1


def _place(text: str, span: tuple[int, int]) -> Place | None:
    """The organisation that a command's argument prints, by its own key where it has one."""
    for key in (_INSTITUTION, _ORGANISATION):
        match = key.search(text, *span)
        if match and (inner := argument(text, match.end() - 1, span[1])):
            said = [one for one in tokens_of(text, *inner) if one.kind is Kind.TEXT]
            return _joined(said)
    said = [one for one in tokens_of(text, *span) if one.kind is Kind.TEXT]
    return _joined(said)


def _joined(said: Sequence[Token]) -> Place | None:
    text = ", ".join(" ".join(one.text.split()).strip(" ,;") for one in said if one.text.strip(" ,;"))
    if not 1 < len(text) <= 400 or is_stand_in(text) or not any(map(str.isalpha, text)):
        return None
    return Place(text, said[0].start, said[-1].end)


def _marked_or_plain(given: _Given, span: tuple[int, int]) -> None:
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
        place = _joined(run)
        if place is not None and "@" not in place.text and not expression("note").search(place.text):
            given.places.append(Place(place.text, place.start, place.end, marks))


def _institute(given: _Given, span: tuple[int, int]) -> None:
    """Places between `\\and`s, numbered as they come, or with marks of their own."""
    given.style = "institute"
    tokens = tokens_of(given.text, *span)
    if any(one.kind is Kind.MARK for one in tokens):
        _marked_or_plain(given, span)
        return
    groups: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind is Kind.BREAK and token.text == "and":
            groups.append([])
        elif token.kind is Kind.TEXT:
            groups[-1].append(token)
    has_marks = any(one.marks for one in given.names)
    for number, group in enumerate((one for one in groups if one), 1):
        place = _joined([one for one in group if "@" not in one.text])
        if place is not None:
            every = tuple(f"#{one}" for one in range(len(given.names)))
            given.places.append(
                Place(
                    place.text,
                    place.start,
                    place.end,
                    (str(number),) if has_marks or len(groups) > 1 else every,
                )
            )


def _icml_author(given: _Given, span: tuple[int, int], end: int) -> None:
    given.style = "icml"
    keys = argument(given.text, span[1] + 1, end)
    names = [name for line in lines_of(tokens_of(given.text, *span)) for name in _names(line)]
    if names and keys:
        names[0].marks = tuple(one.strip() for one in given.text[slice(*keys)].split(",") if one.strip())
    given.names += names[:1]


def _icml_affiliation(given: _Given, span: tuple[int, int], end: int) -> None:
    told = argument(given.text, span[1] + 1, end)
    place = _place(given.text, told) if told else None
    if place is not None:
        given.places.append(Place(place.text, place.start, place.end, (given.text[slice(*span)].strip(),)))


def _ieee(given: _Given, span: tuple[int, int]) -> None:
    """Names and addresses in turn: an address with a mark of its own, or of the names before it."""
    first = len(given.names)
    for match in re.compile(r"\\IEEEauthorblock([NA])").finditer(given.text, *span):
        inner = argument(given.text, match.end(), span[1])
        if inner is None or _is_comment(given.text, match.start()):
            continue
        tokens = tokens_of(given.text, *inner)
        if match[1] == "N":
            names = [name for line in lines_of(tokens) for name in _names(line)]
            first = len(given.names)
            given.names += names
            _thanked(given, names)
        elif tokens and tokens[0].kind is Kind.MARK:
            _marked_or_plain(given, inner)
        else:
            places = [place for line in lines_of(tokens) for place in _line_places(line)]
            written_out = [one for one in places if is_organisation(one.text)] or places[:1]
            whole_ones = [one for one in written_out if not expression("part").match(one.text)] or written_out
            who = tuple(f"#{one}" for one in range(first, len(given.names)))
            given.places += [Place(one.text, one.start, one.end, who) for one in whole_ones[:1]]


def _thanked(given: _Given, names: Sequence[Name]) -> None:
    for name in names:
        for note in name.notes:
            _thanks(given, note, given.names.index(name) if name in given.names else None)


def _thanks(given: _Given, note: Token, who: int | None) -> None:
    """A note of where an author is ("are with …"), of correspondence, or of an internship."""
    match = _WITH.search(note.text)
    if match:
        inner = (note.start + match.start("place"), note.start + match.end("place"))
        place = _place(given.text, inner)
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


def _plain(text: str, span: tuple[int, int]) -> str:
    return " ".join(one.text for one in tokens_of(text, *span) if one.kind is Kind.TEXT)


def _tied(given: _Given) -> Authored:
    """Marks resolved to numbers of authors."""
    ties: list[tuple[int, ...] | None] = []
    for place in given.places:
        who = tuple(
            number
            for number, name in enumerate(given.names)
            if f"#{number}" in place.marks or set(place.marks).intersection(name.marks)
        )
        ties.append(who or None)
    block = Block(given.names, given.places, given.notes)
    return Authored(block, tuple(ties), corresponding_of(block, given.corresponding), given.style or "author")


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
