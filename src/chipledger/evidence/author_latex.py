r"""Author blocks of LaTeX papers: authblk, elsarticle, acmart, REVTeX, LNCS, ICML, IEEE, AAAI, and names with marks.

Takes the text of a paper; gives its authors and the places they are tied to. Read are the commands before the first
section that say who wrote it. What a bibliography, a comment or a verbatim listing says of authors is others' and is not
read.
"""

import re
from collections.abc import Iterator, Sequence

from chipledger.evidence.author_block import (
    Block,
    Kind,
    Name,
    Place,
    Token,
    block_of,
    expression,
    is_organisation,
    lines_of,
    marks_in,
)
from chipledger.evidence.author_given import (
    Authored,
    Given,
    corresponding_of,
    names_in,
    place_in,
    place_of,
    places_in,
    take_marked,
    take_note,
    take_notes,
    team_in,
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
_DEFINES = re.compile(
    r"\\(?:re)?(?:new|provide)command\*?\s*\{?\s*$|\\def\s*$|\\let\s*$|\\verb\*?.$|\\texttt\{$"
)
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_INSTITUTION = re.compile(r"\\institution\s*\{")
_LEAD = re.compile(r"^\W*(?P<mark>\d{1,2}|[a-z](?=\s*[A-Z]))\s*(?:[.):]\s*)?(?=[A-Z\u3400-\u9fff])")


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
    given = Given(text)
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


def _take(given: Given, name: str, at: int, end: int) -> None:
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
        take_marked(given, span)
    elif name == "institute":
        _institute(given, span)
    elif name == "icmlauthor":
        _icml_author(given, span, end)
    elif name == "icmlaffiliation":
        _icml_affiliation(given, span, end)
    elif name == "icmlcorrespondingauthor":
        given.corresponding.add(_plain(given.text, span).lower())
    elif name == "thanks":
        take_note(given, Token(Kind.NOTE, given.text[slice(*span)], *span), None)


def _author(given: Given, marks: str, span: tuple[int, int]) -> None:
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
        take_notes(given, names)
        return
    _blocks(given, span)


def _plain_author(given: Given, marks: str, span: tuple[int, int]) -> None:
    """One author a command, or several with `\\inst` or commas; marks stand in the option (authblk, elsarticle)."""
    own = (
        marks_in(marks)
        if marks and not re.search(r"[A-Za-z]{4}", marks)
        else tuple(re.findall(r"[\w*]+", marks))
    )
    found = [name for line in lines_of(tokens_of(given.text, *span)) for name in names_in(line)]
    if not found and (team := team_in(given.text, span)):
        given.places.append(team)
        given.style = given.style or "team"
        return
    for name in found:
        name.marks += tuple(one for one in own if one not in name.marks)
    given.names += found
    take_notes(given, found)
    inner = re.compile(r"\\(?:affiliation|affil|institution)").search(given.text, *span)
    if inner and found:
        for command, at in _commands_in(given.text, span):
            _take(given, command, at, span[1])


def _commands_in(text: str, span: tuple[int, int]) -> Iterator[tuple[str, int]]:
    for match in _COMMAND.finditer(text, *span):
        if match["name"] in ("affiliation", "affil", "institution") and not _is_comment(text, match.start()):
            yield match["name"], match.end()


def _marked_names(text: str, span: tuple[int, int]) -> list[Name]:
    """Names with marks, where the places stand in commands of their own."""
    names = [name for line in lines_of(tokens_of(text, *span)) for name in names_in(line)]
    return (
        names
        if names and sum(bool(one.marks) for one in names) * 2 > len(names) and "\\affiliation" in text
        else []
    )


def _blocks(given: Given, span: tuple[int, int]) -> None:
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
    if team := team_in(given.text, span):
        given.style, given.places = "team", [*given.places, team]
        return
    waiting: list[int] = []
    for group in groups:
        waiting = _address(given, [line for line in group if line], waiting)


def _address(given: Given, lines: Sequence[Sequence[Token]], waiting: list[int]) -> list[int]:
    """Names first, then the places below them; gives the authors of a group without a place, who share the next one's."""
    first = len(given.names)
    below = 0
    for line in lines:
        names = names_in(line)
        whole = " ".join(one.text for one in line if one.kind is Kind.TEXT)
        if names and not is_organisation(whole):
            below += 1
            given.names += names
            take_notes(given, names)
        else:
            break
    own = [*waiting, *range(first, len(given.names))]
    if not own:
        return []
    places = [place for line in lines[below:] for place in places_in(line)]
    written_out = [one for one in places if is_organisation(one.text)] or places[:1]
    whole_ones = [one for one in written_out if not expression("part").match(one.text)] or written_out
    for place in whole_ones:
        given.places.append(Place(place.text, place.start, place.end, tuple(f"#{one}" for one in own)))
    return [] if whole_ones else own


def _affiliation(given: Given, marks: tuple[str, ...], span: tuple[int, int], end: int) -> None:
    """A command that gives a place: marked, or of the authors since the last one."""
    place = place_in(given.text, span)
    if place is None:
        return
    given.style = given.style or "affiliation"
    if marks:
        given.places.append(Place(place.text, place.start, place.end, marks))
        return
    lead = next((one for one in tokens_of(given.text, *span) if one.kind is Kind.MARK), None)
    if lead is not None and lead.start <= place.start:
        take_marked(given, span)
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


def _institute(given: Given, span: tuple[int, int]) -> None:
    """Places between `\\and`s, numbered as they come, or with marks of their own."""
    given.style = "institute"
    tokens = tokens_of(given.text, *span)
    if any(one.kind is Kind.MARK for one in tokens):
        take_marked(given, span)
        return
    groups: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind is Kind.BREAK and token.text == "and":
            groups.append([])
        elif token.kind is Kind.TEXT:
            groups[-1].append(token)
    has_marks = any(one.marks for one in given.names)
    for number, group in enumerate((one for one in groups if one), 1):
        place = place_of([one for one in group if "@" not in one.text])
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


def _icml_author(given: Given, span: tuple[int, int], end: int) -> None:
    given.style = "icml"
    keys = argument(given.text, span[1] + 1, end)
    names = [name for line in lines_of(tokens_of(given.text, *span)) for name in names_in(line)]
    if names and keys:
        names[0].marks = tuple(one.strip() for one in given.text[slice(*keys)].split(",") if one.strip())
    given.names += names[:1]


def _icml_affiliation(given: Given, span: tuple[int, int], end: int) -> None:
    told = argument(given.text, span[1] + 1, end)
    place = place_in(given.text, told) if told else None
    if place is not None:
        given.places.append(Place(place.text, place.start, place.end, (given.text[slice(*span)].strip(),)))


def _ieee(given: Given, span: tuple[int, int]) -> None:
    """Names and addresses in turn: an address with a mark of its own, or of the names before it."""
    first = len(given.names)
    for match in re.compile(r"\\IEEEauthorblock([NA])").finditer(given.text, *span):
        inner = argument(given.text, match.end(), span[1])
        if inner is None or _is_comment(given.text, match.start()):
            continue
        tokens = tokens_of(given.text, *inner)
        if match[1] == "N":
            names = [name for line in lines_of(tokens) for name in names_in(line)]
            first = len(given.names)
            given.names += names
            take_notes(given, names)
        elif tokens and tokens[0].kind is Kind.MARK:
            take_marked(given, inner)
        else:
            places = [place for line in lines_of(tokens) for place in places_in(line)]
            written_out = [one for one in places if is_organisation(one.text)] or places[:1]
            whole_ones = [one for one in written_out if not expression("part").match(one.text)] or written_out
            who = tuple(f"#{one}" for one in range(first, len(given.names)))
            given.places += [Place(one.text, one.start, one.end, who) for one in whole_ones[:1]]


def _plain(text: str, span: tuple[int, int]) -> str:
    return " ".join(one.text for one in tokens_of(text, *span) if one.kind is Kind.TEXT)


def _tied(given: Given) -> Authored:
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
