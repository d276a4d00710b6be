r"""A stretch of LaTeX as the tokens of an author block: words, marks, notes, breaks, each with its place.

One pass with a depth of its own: `\textsuperscript{1}`, `$^{1}$` and `\inst{1}` are marks, `\thanks{…}` is a note, `\\` and
`\and` are breaks, macros that only dress words are passed through, and those whose argument is not printed are skipped.
"""

import re
import unicodedata
from collections.abc import Iterator

from chipledger.evidence.author_block import Kind, Token

_MOST_CHARS = 60_000
_PIECE = re.compile(
    r"(?P<comment>(?<!\\)%[^\n]*\n?)"
    r"|(?P<math>\$(?:\s*\{\s*\}\s*)?\^?[^$\n]{0,120}\$)"
    r"|(?P<break>\\\\\*?(?:\s*\[[^\]\n]{0,20}\])?|\n[ \t]*\n|\\(?:newline|par|linebreak|tabularnewline)(?![A-Za-z]))"
    r"|(?P<accent>\\(?:[`'^\"~=.]\s*|[cvuHkrdb](?=\s*\{|\s+[A-Za-z]))\s*\{?\s*(?P<letter>\\[ij](?![A-Za-z])|[A-Za-z])\s*\}?)"
    r"|(?P<macro>\\[A-Za-z@]+\*?)"
    r"|(?P<escaped>\\[^A-Za-z])"
    r"|(?P<brace>[{}])"
    r"|(?P<tie>~|&)"
    r"|(?P<mark>\^)"
)
_ACCENTS = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", '"': "\u0308", ".": "\u0307",
            "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328", "r": "\u030a", "d": "\u0323", "b": "\u0331"}  # fmt: skip
_LETTERS = {
    "aa": "å",
    "AA": "Å",
    "ae": "æ",
    "AE": "Æ",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "ss": "ß",
    "i": "ı",
    "j": "ȷ",
}
_MARKED = frozenset(
    {
        "textsuperscript",
        "inst",
        "authormark",
        "IEEEauthorrefmark",
        "footnotemark",
        "authorrefmark",
        "samethanks",
        "fnmark",
        "up",
        "aff",
        "affmark",
        "hspace@mark",
    }
)
_NOTED = frozenset(
    {"thanks", "footnote", "footnotetext", "thanksref", "authornote", "titlenote", "correspondingauthor"}
)
_UNPRINTED = frozenset({
    "vspace", "hspace", "email", "url", "texttt", "orcid", "orcidlink", "orcidID", "includegraphics", "label", "color", "setcounter", "setlength",
    "fontsize", "vskip", "hskip", "ref", "cite", "cref", "phantom", "thispagestyle", "iconlink", "emailAdd", "authorrunning", "inputencoding",
})  # fmt: skip
_TWO_FIRST_UNPRINTED = frozenset(
    {"href", "textcolor", "scalebox", "resizebox", "raisebox", "parbox", "makebox", "colorbox"}
)
_AND = frozenset({"and", "And", "AND", "authorsep", "hfill"})
_GAPS = frozenset(
    {"quad", "qquad", "enspace", "enskip", "thinspace", "hskip", "hfil", "tab", "space", "cdot", "textbullet"}
)
_SYMBOLS = {"dag": "†", "dagger": "†", "ddag": "‡", "ddagger": "‡", "ast": "*", "star": "⋆", "textasteriskcentered": "*", "textdagger": "†", "S": "§",
            "P": "¶", "diamond": "⋄", "Diamond": "⋄", "heartsuit": "♡", "spadesuit": "♠", "clubsuit": "♣", "bigstar": "★", "Letter": "✉", "envelope": "✉",
            "faEnvelope": "✉", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "sharp": "♯", "natural": "♮", "flat": "♭", "circ": "∘", "bullet": "•",
            "textdaggerdbl": "‡", "triangle": "△", "square": "□", "Mundus": "✉"}  # fmt: skip
_SYMBOL = re.compile(r"\\([A-Za-z]+)")
_NOT_MARKS = re.compile(
    r"\\(?:rm|mathrm|bf|mathbf|it|text|scriptsize|normalfont|small|tiny|mathsf)(?![A-Za-z])|[{}$^~\\]"
)


def tokens_of(text: str, start: int, end: int) -> list[Token]:
    """The tokens of a stretch of LaTeX.

    Args:
        text: the whole text.
        start, end: the stretch.

    >>> [(one.kind.value, one.text) for one in tokens_of(r"Wei Li$^{1,*}$ \\\\ $^1$Tsinghua University", 0, 42)]
    [('text', 'Wei Li'), ('mark', '1,*'), ('break', ''), ('mark', '1'), ('text', 'Tsinghua University')]
    """
    return list(_Lexer(text, start, min(end, start + _MOST_CHARS)))


def argument(text: str, at: int, end: int) -> tuple[int, int] | None:
    """Where the braced argument that begins at or after blanks lies, without its braces; None where there is none.

    >>> argument(r"\\author {A {B} C} x", 7, 19)
    (9, 16)
    """
    while at < end and text[at] in " \t\n\r":
        at += 1
    if at < end and text[at] == "%":
        newline = text.find("\n", at, end)
        return argument(text, newline + 1, end) if newline >= 0 else None
    if at >= end or text[at] != "{":
        return None
    depth = 0
    for match in re.compile(r"\\.|[{}]|%[^\n]*", re.DOTALL).finditer(text, at, end):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return at + 1, match.start()
    return None


def option(text: str, at: int, end: int) -> tuple[str, int]:
    """The bracketed option that begins at or after blanks, and where what follows it begins; "" where there is none."""
    match = re.compile(r"\s*\[([^\]]{0,400})\]").match(text, at, end)
    return (match[1], match.end()) if match else ("", at)


def symbols(text: str) -> str:
    """The marks of a superscript as characters: symbols for the macros that print them.

    >>> symbols(r"{\\rm 1},\\dagger")
    '1,†'
    """
    bare = _SYMBOL.sub(lambda match: _SYMBOLS.get(match[1], match[0]), text)
    return _NOT_MARKS.sub("", bare).strip()


class _Lexer:
    def __init__(self, text: str, start: int, end: int) -> None:
        self._text, self._at, self._end = text, start, end
        self._run: list[str] = []
        self._run_start = self._run_end = start

    def __iter__(self) -> Iterator[Token]:
        while self._at < self._end:
            match = _PIECE.search(self._text, self._at, self._end)
            stop = match.start() if match else self._end
            self._add(self._text[self._at : stop], self._at, stop)
            if match is None:
                break
            self._at = match.end()
            yield from self._piece(match)
        yield from self._flush()

    def _piece(self, match: re.Match[str]) -> Iterator[Token]:
        kind = match.lastgroup if match.lastgroup != "letter" else "accent"
        if kind == "break":
            yield from self._flush()
            yield Token(Kind.BREAK, "", match.start(), match.end())
        elif kind == "math":
            yield from self._math(match)
        elif kind == "macro":
            yield from self._macro(match)
        elif kind == "accent":
            letter = _LETTERS.get(match["letter"][1:], "i") if match["letter"][0] == "\\" else match["letter"]
            letter = {"ı": "i", "ȷ": "j"}.get(letter, letter)
            self._add(
                unicodedata.normalize("NFC", letter + _ACCENTS[match["accent"][1]]),
                match.start(),
                match.end(),
            )
        elif kind == "escaped":
            self._add(
                {
                    "\\&": "&",
                    "\\,": " ",
                    "\\ ": " ",
                    "\\;": " ",
                    "\\:": " ",
                    "\\-": "",
                    "\\/": "",
                    "\\!": "",
                    "\\@": "",
                }.get(match[0], match[0][1:]),
                match.start(),
                match.end(),
            )
        elif kind == "tie":
            if match[0] == "&":
                yield from self._flush()
                yield Token(Kind.GAP, "", match.start(), match.end())
            else:
                self._add(" ", match.start(), match.end())
        elif kind == "mark":
            yield from self._superscript(match.end())

    def _math(self, match: re.Match[str]) -> Iterator[Token]:
        inner = match[0].strip("$ ")
        bare = inner.removeprefix("{}").lstrip()
        if bare.startswith("^") or symbols(bare) in _SYMBOLS.values():
            yield from self._mark(symbols(bare), match.start(), match.end())
        elif re.fullmatch(r"\\(?:cdot|bullet|quad|qquad|,|;|mid|vert|diamond)", bare):
            yield from self._flush()
            yield Token(Kind.GAP, "", match.start(), match.end())

    def _superscript(self, at: int) -> Iterator[Token]:
        found = argument(self._text, at, self._end)
        if found:
            self._at = found[1] + 1
            yield from self._mark(symbols(self._text[slice(*found)]), at - 1, self._at)

    def _macro(self, match: re.Match[str]) -> Iterator[Token]:
        name = match[0][1:].rstrip("*")
        if name in _MARKED:
            yield from self._marked(name, match)
        elif name in _NOTED:
            yield from self._noted(match)
        elif (
            name in _UNPRINTED or name.lower().startswith(("email", "orcid")) or name in _TWO_FIRST_UNPRINTED
        ):
            self._skip_argument()
        elif name in _AND:
            yield from self._flush()
            yield Token(Kind.BREAK, "and", match.start(), match.end())
        elif name in _GAPS:
            yield from self._flush()
            yield Token(Kind.GAP, "", match.start(), match.end())
        elif name in _LETTERS and name not in ("i", "j"):
            self._add(_LETTERS[name], match.start(), match.end())
            self._skip_blank()
        elif name in _SYMBOLS:
            yield from self._mark(_SYMBOLS[name], match.start(), match.end())

    def _marked(self, name: str, match: re.Match[str]) -> Iterator[Token]:
        _, after = option(self._text, self._at, self._end)
        given = self._text[self._at : after]
        found = argument(self._text, after, self._end)
        if found and name not in ("footnotemark", "samethanks"):
            self._at = found[1] + 1
            yield from self._mark(symbols(self._text[slice(*found)]), match.start(), self._at)
        elif given:
            self._at = after
            yield from self._mark(symbols(given.strip(" []")), match.start(), after)

    def _noted(self, match: re.Match[str]) -> Iterator[Token]:
        _, after = option(self._text, self._at, self._end)
        found = argument(self._text, after, self._end)
        if found:
            yield from self._flush()
            self._at = found[1] + 1
            yield Token(Kind.NOTE, self._text[slice(*found)], *found)

    def _skip_argument(self) -> None:
        _, after = option(self._text, self._at, self._end)
        found = argument(self._text, after, self._end)
        if found:
            self._at = found[1] + 1

    def _skip_blank(self) -> None:
        while self._at < self._end and self._text[self._at] in " \t":
            self._at += 1

    def _mark(self, text: str, start: int, end: int) -> Iterator[Token]:
        is_apart = bool(self._run) and self._run[-1].endswith((" ", "\n"))
        yield from self._flush()
        if text:
            yield Token(Kind.MARK, text, start, end, is_apart)

    def _add(self, said: str, start: int, end: int) -> None:
        if not said.strip() and not self._run:
            return
        if not self._run:
            start += len(said) - len(said.lstrip()) if end - start == len(said) else 0
            self._run_start, said = start, said.lstrip()
        self._run.append(said)
        if said.strip():
            self._run_end = end - (len(said) - len(said.rstrip()) if end - start == len(said) else 0)

    def _flush(self) -> Iterator[Token]:
        said = " ".join("".join(self._run).split())
        if said:
            raw = self._text[self._run_start : self._run_end]
            yield Token(
                Kind.TEXT, raw if " ".join(raw.split()) == said else said, self._run_start, self._run_end
            )
        self._run = []
