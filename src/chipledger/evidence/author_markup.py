"""Markdown, HTML and the first page of a PDF as the tokens of an author block.

A superscript (`<sup>1,3</sup>`, `¹`, `$^{1}$`, in a PDF a number set on a name) is a mark, the end of a line or of a
box a break. Code, styles and scripts are passed over, so that a citation in BibTeX, which tells the authors of another
document, is not read.
"""

import html
import re
from collections.abc import Iterator

from chipledger.evidence.author_block import Kind, Token

_SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SYMBOLS = "*∗†‡§¶♠♡♢♣✉⋆★☆✝✦◇◆△▲⚑📧✶"
_PIECE = re.compile(
    r"(?P<skipped><(?P<tag>script|style|svg|pre|code|head|button|iframe)\b[^>]{0,2000}>|<!--|```|~~~)"
    r"|(?P<sup><sup\b[^>]{0,200}>(?P<raised>.{0,200}?)</sup\s*>)"
    r"|(?P<math>\$\s*(?:\{\s*\})?\^\s*(?:\{(?P<braced>[^{}$\n]{0,60})\}|(?P<single>[^{}$\n]{1,3}))\s*\$)"
    r"|(?P<caret>\^(?P<inner>[\d,*†‡ ]{1,12})\^)"
    r"|(?P<super>[⁰¹²³⁴⁵⁶⁷⁸⁹](?:[⁰¹²³⁴⁵⁶⁷⁸⁹,]*[⁰¹²³⁴⁵⁶⁷⁸⁹])?)"
    r"|(?P<symbol>(?:\\\*|[" + _SYMBOLS.replace("*", "") + r"])+)"
    r"|(?P<image>!\[[^\]\n]{0,300}\]\([^)\n]{0,1000}\))"
    r"|(?P<link>\]\([^()\n]{0,600}(?:\([^()\n]{0,100}\)[^()\n]{0,100})?\)|\]\[[^\]\n]{0,100}\])"
    r"|(?P<closing></?(?:br|p|div|span|li|ul|ol|h[1-6]|td|th|tr|table|center|section|header|main|body|html|hr|article|nav)\b[^>]{0,1000}>)"
    r"|(?P<other></?[A-Za-z][^>\n]{0,1500}>)"
    r"|(?P<entity>&(?:#\d{1,6}|#x[0-9a-f]{1,5}|[a-z]{2,10});)"
    r"|(?P<stars>\*{1,3}|_{2,3})"
    r"|(?P<newline>\r?\n(?:[ \t]*(?:#{1,6}[ \t]|[-+*][ \t]|>[ \t]?))?)"
    r"|(?P<bracket>[\[\]]|\\(?=[\[\]()_*#]))",
    re.DOTALL | re.IGNORECASE,
)
_TELLING = re.compile(r"[<`~$^!\[\]&*_\\\r\n⁰¹²³⁴-⁹" + _SYMBOLS + "]")  # what a piece begins with
_RAISED = re.compile(
    r"<sup[^>]{0,80}>\s*(?:<[^>]{0,80}>)?\s*(?:\d|[a-z]\b|&|\\?["
    + _SYMBOLS
    + r"])|[¹²³]|\$\s*\^|\^[\d*†,]{1,8}\^",
    re.IGNORECASE,
)
_MOST_APART, _ROOM_BEFORE, _ROOM_AFTER = 1_500, 700, 600
_INNER = re.compile(r"<[^>]{0,200}>|[{}$]|&nbsp;")
_PDF_PIECE = re.compile(
    r"(?P<newline>\r?\n)"
    r"|(?P<led>(?<=\n)[ \t]*(?P<number>\d{1,2}|[" + _SYMBOLS + r"]{1,2})[ \t]?(?=[A-Z\u3400-\u9fff]))"
    r"|(?P<set>(?<=[^\W\d_])(?:[ \t]?)(?P<after>\d{1,2}(?:[ \t]?,[ \t]?(?:\d{1,2}|["
    + _SYMBOLS
    + r"]))*["
    + _SYMBOLS
    + r"]{0,2}|["
    + _SYMBOLS
    + r"]{1,3})(?=[\s,;.]|$|[A-Z]))"
)


def stretch_of_marks(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where the first superscripts lie close together, with some room before and after; None where there are no three.

    Args:
        text: Markdown or HTML.
        start, end: where to look.

    >>> stretch_of_marks("A<sup>1</sup>, B<sup>2</sup>\\n<sup>1</sup>Kite Lab", 0, 60)
    (0, 60)
    """
    run: list[int] = []
    for match in _RAISED.finditer(text, start, end):
        if run and match.start() - run[-1] > _MOST_APART:
            if len(run) > 2:
                break
            run = []
        run.append(match.start())
    if len(run) < 3:
        return None
    return max(start, run[0] - _ROOM_BEFORE), min(end, run[-1] + _ROOM_AFTER)


def markup_tokens(text: str, start: int, end: int, *, is_html: bool) -> list[Token]:
    """The tokens of the beginning of a page.

    Args:
        text: Markdown or HTML.
        start, end: the stretch to read.
        is_html: whether a new line is no more than a blank.

    >>> page = "[Ada Lovelace](https://a.org)<sup>1,2</sup>, Wei Li<sup>2*</sup>\\n\\n<sup>1</sup>Kite Lab"
    >>> [(one.kind.value, one.text) for one in markup_tokens(page, 0, len(page), is_html=False)][:4]
    [('text', 'Ada Lovelace'), ('mark', '1,2'), ('text', ', Wei Li'), ('mark', '2*')]
    """
    return list(_Reader(text, start, end, is_html))


def pdf_tokens(text: str, end: int) -> list[Token]:
    """The tokens of the beginning of a PDF's first page, where marks are set against names without a sign.

    >>> [(one.kind.value, one.text) for one in pdf_tokens("Ada Lovelace1, Wei Li2*\\n1Kite Lab", 33)]
    [('text', 'Ada Lovelace'), ('mark', '1'), ('text', ', Wei Li'), ('mark', '2*'), ('break', ''), ('mark', '1'), ('text', 'Kite Lab')]
    """
    found: list[Token] = []
    at = 0

    def take(stop: int) -> None:
        if text[at:stop].strip():
            lead = len(text[at:stop]) - len(text[at:stop].lstrip())
            found.append(
                Token(Kind.TEXT, text[at:stop].strip(), at + lead, at + lead + len(text[at:stop].strip()))
            )

    for match in _PDF_PIECE.finditer(text, 0, end):
        take(match.start())
        at = match.end()
        if match["newline"]:
            found.append(Token(Kind.BREAK, "", match.start(), match.end()))
        else:
            mark = match["number"] or match["after"]
            found.append(Token(Kind.MARK, mark, match.start(), match.end()))
    take(end)
    return found


class _Reader:
    def __init__(self, text: str, start: int, end: int, is_html: bool) -> None:
        self._text, self._first, self._end, self._is_html = text, start, end, is_html
        self._unclosed: set[str] = set()
        self._run: list[str] = []
        self._start = self._stop = 0
        self._opened = 0

    def __iter__(self) -> Iterator[Token]:
        at = self._first
        while match := self._next(at):
            self._add(self._text[at : match.start()], at, match.start())
            at = self._past(match) if match["skipped"] else match.end()
            yield from self._piece(match)
        self._add(self._text[at : self._end], at, self._end)
        yield from self._flush()

    def _next(self, at: int) -> re.Match[str] | None:
        """The next piece of markup; only where a character may begin one is it looked for."""
        while told := _TELLING.search(self._text, at, self._end):
            if match := _PIECE.match(self._text, told.start(), self._end):
                return match
            at = told.end()
        return None

    def _past(self, match: re.Match[str]) -> int:
        """Where what is passed over ends; an opening without an end passes over itself alone."""
        closing = f"</{match['tag'].lower()}" if match["tag"] else "-->" if match[0] == "<!--" else match[0]
        if closing in self._unclosed:
            return match.end()
        found = self._text.find(closing, match.end(), self._end)
        if found < 0:
            self._unclosed.add(closing)
            return match.end()
        ends = self._text.find(">", found, self._end) if match["tag"] else -1
        return ends + 1 if ends >= 0 else found + len(closing)

    def _piece(self, match: re.Match[str]) -> Iterator[Token]:
        kind = next(name for name in _KINDS if match[name] is not None)
        if kind == "sup":
            inner = _INNER.sub("", html.unescape(match["raised"])).strip()
            yield from self._mark(inner.translate(_SUPER), match)
        elif kind == "math":
            yield from self._mark(
                _INNER.sub("", match["braced"] or match["single"])
                .replace("\\dagger", "†")
                .replace("\\ast", "*"),
                match,
            )
        elif kind in ("caret", "super", "symbol"):
            said = match["inner"] if kind == "caret" else match[0]
            yield from self._mark(said.replace("\\", "").translate(_SUPER), match)
        elif kind == "stars":
            yield from self._stars(match)
        elif kind == "entity":
            said = html.unescape(match[0])
            if said in _SYMBOLS:
                yield from self._mark(said, match)
            elif match[0].lower() in ("&emsp;", "&ensp;", "&nbsp;"):
                yield from self._gap(match)
            else:
                self._add(said, match.start(), match.end())
        elif kind in ("closing", "skipped", "image"):
            yield from self._flush()
            yield Token(Kind.BREAK, "", match.start(), match.end())
        elif kind == "newline":
            if self._is_html:
                self._add(" ", match.start(), match.end())
            else:
                yield from self._flush()
                yield Token(Kind.BREAK, "", match.start(), match.end())

    def _stars(self, match: re.Match[str]) -> Iterator[Token]:
        """Stars dress words, but for one right after a word that opens nothing: that is a mark."""
        before = self._text[match.start() - 1 : match.start()]
        after = self._text[match.end() : match.end() + 1]
        if (
            match[0] == "*"
            and (before.isalnum() or before == ")")
            and self._opened <= 0
            and not after.isalnum()
        ):
            yield from self._mark("*", match)
        elif match[0][0] == "*":
            self._opened += 1 if self._opened <= 0 else -1

    def _gap(self, match: re.Match[str]) -> Iterator[Token]:
        yield from self._flush()
        yield Token(Kind.GAP, "", match.start(), match.end())

    def _mark(self, said: str, match: re.Match[str]) -> Iterator[Token]:
        yield from self._flush()
        said = said.replace("\\", "").strip()
        if said:
            yield Token(Kind.MARK, said, match.start(), match.end())

    def _add(self, said: str, start: int, end: int) -> None:
        if not said.strip() and not self._run:
            return
        exact = len(said) == end - start
        if not self._run:
            self._start = start + (len(said) - len(said.lstrip()) if exact else 0)
            said = said.lstrip()
        self._run.append(said)
        if said.strip(" \t\r\n,;") or self._stop < self._start:
            self._stop = end - (len(said) - len(said.rstrip()) if exact else 0)

    def _flush(self) -> Iterator[Token]:
        said = " ".join("".join(self._run).split())
        self._run = []
        if said:
            raw = self._text[self._start : self._stop]
            yield Token(Kind.TEXT, raw if " ".join(raw.split()) == said else said, self._start, self._stop)


_KINDS = (
    "skipped",
    "sup",
    "math",
    "caret",
    "super",
    "symbol",
    "image",
    "link",
    "closing",
    "other",
    "entity",
    "stars",
    "newline",
    "bracket",
)
