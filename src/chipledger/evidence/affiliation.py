"""Which organisations a document's own author block names, and who of its authors is tied to each.

Takes a document; gives its `AuthorAffiliation`s with quote and place, and the names of its authors. Read are LaTeX papers,
project pages and READMEs with superscripts, the first page of a PDF, `citation_author` tags, and works of OpenAlex (graded
secondary). A BibTeX citation tells who wrote something else and is not read. An author's tie to an organisation is what
the document says on its day; it says nothing of another day.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from chipledger.core.byline import AuthorAffiliation, Tie
from chipledger.documents.document import Document, Lines
from chipledger.evidence.author_block import Block, Place, Token, block_of, expression, is_name
from chipledger.evidence.author_given import Authored, corresponding_of
from chipledger.evidence.author_latex import authored
from chipledger.evidence.author_markup import markup_tokens, pdf_tokens, stretch_of_marks
from chipledger.evidence.author_tags import tagged
from chipledger.evidence.openalex import works_in

MOST = 200
_LATEX = re.compile(r"\\(?:author|icmlauthor|mlsysauthor|IEEEauthorblock)")
_LEGAL_FORM = re.compile(r",\s(?=(?:Corp|Inc|Ltd|LLC|Co|GmbH)\b)")
_CAMPUS = re.compile(
    r"^(?:the )?(?:University of (?:California|Texas|Illinois|Maryland|Wisconsin|Massachusetts|Michigan|North Carolina|Colorado)|Chinese University of Hong Kong)$",
    re.IGNORECASE,
)
_PLACE_PARTS = re.compile(r"\s*(?:[,;，、]|\s[-–—]\s)\s*")
_ABSTRACT = re.compile(r"(?:^|\n)\s*(?:\d\.?\s*)?(?:abstract|introduction|摘\s*要|概要)\b", re.IGNORECASE)
_AT = re.compile(r"(?:at|with|in|于|在)\s+(?:the\s+)?(?P<place>[A-Z\u3400-\u9fff][^.;,()]{1,60})")
_PDF_CHARS = 6_000
_MARKDOWN_CHARS, _HTML_CHARS = 10_000, 80_000
_LINKED_CHARS = 5_000
_LINKED = re.compile(r"\[(?P<name>[^\[\]\n]{3,50})\]\(https?://[^()\s]{3,300}\)")
_BETWEEN = re.compile(r"[\s,;·•|*†‡✉✝§&]{0,40}(?:<[^>]{1,60}>[\d,*†\s]{0,12}){0,4}[\s,;·•|]{0,20}(?:and\s)?")


class Authorship(NamedTuple):
    """The affiliations of a document's author block and its authors' names, in the order of the block."""

    affiliations: tuple[AuthorAffiliation, ...]
    authors: tuple[str, ...]


NOBODY = Authorship((), ())


def authorship_of(document: Document) -> Authorship:
    """Who wrote a document, and from where, as its author block says.

    Args:
        document: as read.

    Returns:
        Affiliations whose quotes stand at their spans (of the page, in a PDF), and the authors' names.

    >>> page = "[Ada Lovelace](https://a.org)<sup>1,2</sup>, Wei Li<sup>2</sup>\\n\\n<sup>1</sup>Kite Lab <sup>2</sup>HKUST"
    >>> found = authorship_of(Document(document="README.md", document_id="", text=page, format="markdown"))
    >>> [(one.organisation, one.authors, one.first, one.last) for one in found.affiliations]
    [('Kite Lab', ('Ada Lovelace',), True, False), ('HKUST', ('Ada Lovelace', 'Wei Li'), True, True)]
    """
    reader = _READERS.get(document.format)
    return reader(document) if reader else NOBODY


def _latex(document: Document) -> Authorship:
    if not _LATEX.search(document.text):
        return NOBODY
    found = authored(document.text)
    return _told(document, found, "latex") if found else NOBODY


def _markdown(document: Document) -> Authorship:
    text = document.text
    end = min(len(text), _MARKDOWN_CHARS)
    head = text[:end]
    marked = stretch_of_marks(text, 0, end) if _is_raised(head) else None
    found = _marked(document, markup_tokens(text, *marked, is_html=False), "marks") if marked else NOBODY
    if found is NOBODY and "[" in head and text.count("](http", 0, _LINKED_CHARS) > 2:
        return Authorship((), _linked_authors(text))
    return found


def _is_raised(head: str) -> bool:
    """Whether anything may be a superscript; the single characters are asked for first, since most pages have none."""
    if "^" in head and any(sign in head for sign in ("$^", "$ ^", "^1", "^*")):
        return True
    return ("<" in head and "<sup" in head) or (not head.isascii() and ("¹" in head or "²" in head))


def _html(document: Document) -> Authorship:
    text = document.text
    if '"citation_author"' in text and (told := tagged(text)):
        return _told(document, told, "tags")
    body = max(text.find("<body"), 0)
    may = "<sup" in text or not text.isascii()
    marked = stretch_of_marks(text, body, min(len(text), body + _HTML_CHARS)) if may else None
    return _marked(document, markup_tokens(text, *marked, is_html=True), "marks") if marked else NOBODY


def _pdf(document: Document) -> Authorship:
    page = document.text[: document.page_starts[1] - 1] if len(document.page_starts) > 1 else document.text
    ends = _ABSTRACT.search(page)
    if ends is None or ends.start() > _PDF_CHARS:
        return NOBODY
    return _marked(document, pdf_tokens(page, ends.start()), "marks")


def _openalex(document: Document) -> Authorship:
    if '"authorships"' not in document.text[:_MARKDOWN_CHARS]:
        return NOBODY
    affiliations, authors = works_in(document.text)
    lines = Lines(document.text)
    return Authorship(tuple(_with_line(one, lines) for one in affiliations[:MOST]), authors)


def _marked(document: Document, tokens: Sequence[Token], kind: str) -> Authorship:
    block = block_of(tokens)
    if not block.is_tied:
        return NOBODY
    ties: list[tuple[int, ...] | None] = []
    for place in block.places:
        who = tuple(number for number, name in enumerate(block.names) if set(place.marks) & set(name.marks))
        ties.append(who or None)
    return _told(document, Authored(block, tuple(ties), corresponding_of(block), kind), document.format)


def _told(document: Document, found: Authored, format: str) -> Authorship:
    names = tuple(name.text for name in found.block.names)
    lines = Lines(document.text)
    made: dict[str, AuthorAffiliation] = {}
    rows = [
        *(
            (place, who, Tie.TEAM if "team" in place.marks else Tie.AFFILIATION)
            for place, who in zip(found.block.places, found.ties, strict=True)
        ),
        *_internships(document.text, found.block),
    ]
    for place, who, tie in rows[:MOST]:
        if who is None and tie is Tie.AFFILIATION and names:
            continue
        one = _affiliation(
            document, place, who, tie, names, found.corresponding, f"{format}/{found.style}", lines
        )
        if one is None:
            continue
        known = made.get(one.organisation)
        made[one.organisation] = (
            _merged(known, one, names) if known and known.tie is one.tie else made.get(one.organisation, one)
        )
    if not names and found.style != "affiliation" and not any(one.tie is Tie.TEAM for one in made.values()):
        return NOBODY
    return Authorship(tuple(made.values()), names)


def _affiliation(
    document: Document, place: Place, who: tuple[int, ...] | None, tie: Tie, names: tuple[str, ...],
    corresponding: frozenset[int] | None, rule: str, lines: Lines,
) -> AuthorAffiliation | None:  # fmt: skip
    start, end = place.start, place.end
    quote = document.text[start:end]
    organisation = organisation_in(place.text)
    if not quote or not organisation:
        return None
    page = document.page_of(start)
    if page:
        start, end = page[1], page[1] + end - place.start
    return AuthorAffiliation(
        organisation=organisation, quote=quote, start=start, end=end, line=lines.line_of(place.start), page=page[0] if page else None,
        authors=tuple(names[number] for number in who or ()), first=0 in who if who else None, last=len(names) - 1 in who if who else None,
        corresponding=bool(corresponding & set(who)) if who and corresponding is not None else None, tie=tie, rule_id=rule,
    )  # fmt: skip


def _merged(known: AuthorAffiliation, more: AuthorAffiliation, names: Sequence[str]) -> AuthorAffiliation:
    """One organisation told twice (once for each author): its place is the first, its authors all."""
    who = {*known.authors, *more.authors}
    return replace(
        known,
        authors=tuple(name for name in names if name in who),
        first=_either(known.first, more.first),
        last=_either(known.last, more.last),
        corresponding=_either(known.corresponding, more.corresponding),
    )


def _either(one: bool | None, other: bool | None) -> bool | None:
    return True if one or other else one if one is not None else other


def _with_line(one: AuthorAffiliation, lines: Lines) -> AuthorAffiliation:
    return replace(one, line=lines.line_of(one.start))


def organisation_in(printed: str) -> str:
    """The organisation of a printed place, without department, city and country where these can be told apart.

    >>> organisation_in("School of Computing, Newcastle University, Newcastle upon Tyne, UK")
    'Newcastle University'
    >>> organisation_in("LightSpeed Studios, Tencent"), organisation_in("Google DeepMind, London, UK"), organisation_in("OpenHands")
    ('LightSpeed Studios, Tencent', 'Google DeepMind', 'OpenHands')
    >>> organisation_in("University of California, Berkeley"), organisation_in("tinygrad, Corp.")
    ('University of California, Berkeley', 'tinygrad Corp')
    """
    whole = _LEGAL_FORM.sub(" ", " ".join(printed.replace("~", " ").split()).strip(" ,;:."))
    parts = [part for part in _PLACE_PARTS.split(whole) if part]
    named = [number for number, part in enumerate(parts) if _names_one(part)]
    wholes = [number for number in named if not expression("part").search(parts[number])] or named[:1]
    if not wholes:
        return parts[0] if parts else ""
    campus = [number + 1 for number in wholes if _CAMPUS.search(parts[number]) and number + 1 < len(parts)]
    return ", ".join(parts[number] for number in sorted({*wholes, *campus}))


def _names_one(part: str) -> bool:
    return bool(expression("organisation").search(part) or expression("organisation_cjk").search(part))


def _internships(text: str, block: Block) -> Iterable[tuple[Place, tuple[int, ...] | None, Tie]]:
    """Notes that say that the work was done while somebody was with an organisation for a time."""
    notes: list[tuple[str, int, int, set[str], int | None]] = [
        (note.text, note.start, note.end, set(note.marks), None) for note in block.notes
    ]
    notes += [
        (note.text, note.start, note.end, set[str](), number)
        for number, name in enumerate(block.names)
        for note in name.notes
    ]
    for said, start, end, marks, number in notes:
        if not expression("internship").search(said):
            continue
        match = _AT.search(text, start, end)
        if match is None:
            continue
        who = (
            (number,)
            if number is not None
            else tuple(i for i, name in enumerate(block.names) if marks & set(name.marks))
        )
        yield (
            Place(
                match["place"].strip(),
                match.start("place"),
                match.start("place") + len(match["place"].strip()),
                (),
            ),
            who or None,
            Tie.INTERNSHIP,
        )


def _linked_authors(text: str) -> tuple[str, ...]:
    """Authors of a page that ties them to no place: three links or more on end that hold a name each.

    >>> _linked_authors("[Ada Lovelace*](https://a.org)\\n[Wei Li](https://w.li/),\\n[Jo van Dam](https://j.io/) and others")
    ('Ada Lovelace', 'Wei Li', 'Jo van Dam')
    """
    for row in _rows_of_links(text):
        if len(row) > 2 and len(found := _names_on_end(row)) > 2:
            return tuple(found)
    return ()


def _rows_of_links(text: str) -> Iterator[list[str]]:
    """What links say that follow on one another."""
    row: list[str] = []
    end = -1
    for match in _LINKED.finditer(text, 0, _LINKED_CHARS):
        if text[match.start() - 1 : match.start()] == "!":
            continue
        if end >= 0 and not _BETWEEN.fullmatch(text, end, match.start()):
            yield row
            row = []
        row.append(match["name"])
        end = match.end()
    yield row


def _names_on_end(row: list[str]) -> list[str]:
    """The first three names or more on end."""
    found: list[str] = []
    for said in row:
        name = said.strip(" *†‡✉✝§")
        if name.isascii() and is_name(name):
            found.append(name)
        elif len(found) > 2:
            break
        else:
            found = []
    return found


_READERS = {
    "latex": _latex,
    "markdown": _markdown,
    "html": _html,
    "pdf": _pdf,
    "json": _openalex,
    "jsonl": _openalex,
}
