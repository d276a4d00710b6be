"""What a document shows of the project that it speaks for: title, authors, addresses, sentences, words on its own past.

Takes a document and its authors; gives a `Face`, from which snapshots of one project are told from strangers'. Only
documents that may speak for a project have one: those with an author block, READMEs and pages at the top, saved pages.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from hashlib import blake2b
from pathlib import Path

from chipledger.core.byline import Face, Sign
from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record
from chipledger.documents.document import Document
from chipledger.documents.reading import reading

_DATA = Path(__file__).parents[1] / "data" / "identity" / "signs.yaml"
_READ_CHARS = 12_000
_NEAR_CHARS = 5_000
_MOST_SENTENCES = 64
_MOST_ADDRESSES = 30
_LEAST_WORDS, _LEAST_HANZI = 8, 14
_MOST_SIGNS = 20
_SPEAKING = ("readme", "index.htm", "model_card", "modelcard")
_SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？]|\n\s*\n|\n(?=[#|*\-\d])")
_WORDS_ALONE = bytes(byte if byte > 127 or chr(byte).isalnum() else 32 for byte in range(256))
_BEFORE_NEEDLE, _AFTER_NEEDLE, _MOST_NEEDLES = 80, 260, 12
_ADDRESS = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf|html)/|arxiv:\s?)(?P<arxiv>\d{4}\.\d{4,5})"
    r"|github\.com/(?P<github>[A-Za-z0-9][\w\-]{0,38}/[A-Za-z0-9_.\-]{1,80})"
    r"|huggingface\.co/(?P<hf>(?!papers/|spaces/|datasets/|docs/|blog/)[A-Za-z0-9][\w\-]{0,60}/[A-Za-z0-9_.\-]{1,80})"
    r"|https?://(?P<page>[a-z0-9][a-z0-9\-]{0,60}\.github\.io)",
    re.IGNORECASE,
)
_HOSTS = ("arxiv", "github.com/", "huggingface.co/", ".github.io")
_TITLES = {
    "markdown": re.compile(
        r"(?:^|\n)#{1,2}[ \t]+(?P<said>[^\n]{2,200})|<h1[^>]{0,300}>(?P<other>.{2,300}?)</h1",
        re.DOTALL | re.IGNORECASE,
    ),
    "html": re.compile(
        r"(?:name|property)=[\"'](?:citation_title|og:title)[\"']\s+content=[\"'](?P<said>[^\"']{2,200})|<title[^>]{0,100}>(?P<other>[^<]{2,300})",
        re.IGNORECASE,
    ),
    "latex": re.compile(r"\\title(?:\[[^\]]{0,200}\])?\{(?P<said>[^{}\\]{2,300})"),
}
_MARKUP = re.compile(r"<[^>]{0,300}>|!?\[([^\]]{0,200})\]\([^)]{0,500}\)|[*_`#]+")
_SAVED = re.compile(
    r"Page saved with SingleFile\s+url:\s*(?P<single>https?://\S{3,500})\s+saved date:\s*\w{3} (?P<month>\w{3}) (?P<day>\d{1,2}) (?P<year>\d{4})"
    r"|FILE ARCHIVED ON \d\d:\d\d:\d\d (?P<month_b>\w{3}) (?P<day_b>\d{1,2}), (?P<year_b>\d{4})"
    r"|saved from url=\(\d{4}\)(?P<ie>https?://[^\s>]{3,500})",
)
_SAVERS = ("SingleFile", "saved from url", "FILE ARCHIVED ON")
_WAYBACK = re.compile(r"web\.archive\.org/web/\d{4,14}(?:[a-z]{2}_)?/(?P<url>https?://[^\s\"'<>]{3,500})")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}


class SignRule(Record):
    """One expression of data/identity/signs.yaml."""

    kind: str
    needles: tuple[
        str, ...
    ]  # the expression is tried only where one of them stands in the text's small letters
    says: str


@cache
def _rules() -> tuple[tuple[SignRule, re.Pattern[str]], ...]:
    return tuple((one, re.compile(one.says, re.IGNORECASE)) for one in load_yaml_list(_DATA, SignRule))


def face_of(document: Document, authors: tuple[str, ...] = (), *, is_authored: bool = False) -> Face | None:
    """The face of a document.

    Args:
        document: as read.
        authors: of its author block.
        is_authored: whether it has an author block, if only of a team.

    Returns:
        The face; None where the document speaks for no project.

    >>> page = "# Kite\\n\\nThe previous repo has expired, now we re-upload. See arxiv.org/abs/2411.00001."
    >>> face = face_of(Document(document="README.md", document_id="", text=page, format="markdown"))
    >>> face.title, face.addresses, [(one.kind, one.quote) for one in face.signs]
    ('Kite', ('arxiv:2411.00001',), [('restarted', 'previous repo has expired'), ('restarted', 're-upload')])
    """
    saved = _saved(document) if document.format == "html" else None
    if not (authors or is_authored) and saved is None and not _speaks(document.path or document.document):
        return None
    text = document.text
    address, day = saved or (None, None)
    return Face(
        title=_title(document),
        authors=authors,
        addresses=_addresses(text[:_NEAR_CHARS] if document.format != "html" else text[: 8 * _NEAR_CHARS]),
        sentences=sketch(reading(text[:_READ_CHARS], document.format)),
        signs=tuple(_signs(text[:_READ_CHARS])),
        address=address,
        saved_on=day,
    )


def sketch(text: str) -> tuple[int, ...]:
    """The least hashes of a text's longer sentences: texts that share sentences share numbers.

    >>> told = "The kite was trained on a great many pictures of kites. Short one."
    >>> set(sketch(told)) == set(sketch("Before it. " + told)), len(sketch(told))
    (True, 1)
    """
    return tuple(sorted({_hashed(words) for words in _sentences(text)})[:_MOST_SENTENCES])


def _sentences(text: str) -> Iterator[bytes]:
    """The longer sentences as small words; bytes, of which a table drops the punctuation at once."""
    for sentence in _SENTENCE_END.split(text):
        if len(sentence) < _LEAST_HANZI:
            continue
        words = sentence.lower().encode("utf-8", "replace").translate(_WORDS_ALONE).split()
        if len(words) >= _LEAST_WORDS or (
            not sentence.isascii()
            and len(sentence) >= _LEAST_HANZI
            and sum(map(len, words)) >= 3 * _LEAST_HANZI
        ):
            yield b" ".join(words)


def _hashed(words: bytes) -> int:
    return int.from_bytes(blake2b(words, digest_size=6).digest(), "big")


def _speaks(path: str) -> bool:
    """Whether a document at this path may speak for its project: a README or page at the top."""
    return "/" not in path and path.lower().startswith(_SPEAKING)


def _title(document: Document) -> str | None:
    pattern = _TITLES.get(document.format)
    match = pattern.search(document.text, 0, _READ_CHARS) if pattern else None
    if match is None:
        return None
    said = match["said"] or (match["other"] if "other" in match.groupdict() else "") or ""
    return " ".join(_MARKUP.sub(r" \1 ", said).split()).strip(" |:-")[:200] or None


def _addresses(text: str) -> tuple[str, ...]:
    found: dict[int, str] = {}
    lower = text.lower()
    for at in _places_of(_HOSTS, lower):
        if match := _ADDRESS.search(text, max(0, at - 80), at + 140):
            kind = match.lastgroup or ""
            found.setdefault(match.start(), f"{kind}:{match[kind].lower().rstrip('.').removesuffix('.git')}")
    return tuple(dict.fromkeys(found[at] for at in sorted(found)))[:_MOST_ADDRESSES]


def _signs(text: str) -> Iterator[Sign]:
    found: list[Sign] = []
    lower = text.lower()
    if len(lower) != len(text):
        lower = text  # letters whose small form is longer: only what is small is found
    for rule, pattern in _rules():
        match = next(
            (one for at in _places_of(rule.needles, lower) if (one := _near(pattern, text, at))), None
        )
        if match:
            name = match.groupdict().get("name")
            found.append(
                Sign(kind=rule.kind, quote=match[0], start=match.start(), end=match.end(), name=name)
            )
    yield from sorted(found, key=lambda one: (one.start, one.kind))[:_MOST_SIGNS]


def _places_of(needles: tuple[str, ...], lower: str) -> Iterator[int]:
    for needle in needles:
        at = lower.find(needle)
        for _ in range(_MOST_NEEDLES):
            if at < 0:
                break
            yield at
            at = lower.find(needle, at + 1)


def _near(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str] | None:
    return pattern.search(text, max(0, at - _BEFORE_NEEDLE), at + _AFTER_NEEDLE)


def _saved(document: Document) -> tuple[str | None, date | None] | None:
    """Where and when a page was saved, as the saving program or the archive wrote into it."""
    head, tail = document.text[:3_000], document.text[-3_000:]
    if not any(mark in part for part in (head, tail) for mark in _SAVERS):
        return None
    match = _SAVED.search(head) or _SAVED.search(tail)
    if match is None:
        return None
    day = _day(
        match["year"] or match["year_b"], match["month"] or match["month_b"], match["day"] or match["day_b"]
    )
    address = match["single"] or match["ie"]
    if address is None and (archived := _WAYBACK.search(document.text)):
        address = archived["url"]
    return address, day


def _day(year: str | None, month: str | None, day: str | None) -> date | None:
    if year is None or month not in _MONTHS or day is None:
        return None
    try:
        return datetime(int(year), _MONTHS[month], int(day)).date()
    except ValueError:
        return None
