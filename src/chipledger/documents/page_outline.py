"""A web page reduced to what tells its main content from what surrounds it: block tags, a few attributes, the words.

Takes a page's source, gives tame HTML of our own making, or None for a page too large or too deeply nested. The parser behind
`main_content` is native code that takes time by the square of nesting and of attributes; a hostile page would hold a scan
for minutes. What is written here cannot: every tag is known, closed only where it is open, and carries few attributes.
"""

import re
from collections import Counter

_HIDDEN = re.compile(
    r"<!--(?s:.*?)(?:-->|\Z)|<(script|style|svg|noscript|template|iframe|textarea|select)\b[^<>]*>(?s:.*?)(?:</\1\s*>|\Z)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)([^<>]*)>|<[!?][^<>]*>")
_ATTRIBUTE = re.compile(
    r"\b(class|id|role|itemprop)\s*=\s*(?:\"([^\"]{0,200})\"|'([^']{0,200})'|([^\s\"'>]{1,200}))", re.I
)
_UNSEEN = re.compile(
    r"(?:^|\s)hidden(?:\s|=|$)|aria-hidden\s*=\s*.?true|display\s*:\s*none|visibility\s*:\s*hidden", re.I
)
_BLOCK_WORDS = (
    "html head body main article section aside nav header footer div p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table thead tbody "
    "tfoot tr td th caption blockquote pre figure figcaption details summary address form title"
)
_INLINE_WORDS = "a b i em strong span u code sup sub small time label center font"
_BLOCKS, _INLINE, _EMPTY = frozenset(_BLOCK_WORDS.split()), frozenset(_INLINE_WORDS.split()), ("br", "hr")
_ENDED_BY = {
    "li": ("li",),
    "dt": ("dt", "dd"),
    "dd": ("dt", "dd"),
    "td": ("td", "th"),
    "th": ("td", "th"),
    "tr": ("tr",),
}
_MOST_CHARACTERS = 600_000
_MOST_SOURCE_CHARACTERS = 8_000_000
_DEEPEST = 1_000
_MOST_ATTRIBUTE_CHARACTERS = 4_000


def outline(text: str) -> str | None:
    """The page as tame HTML.

    Args:
        text: its source.

    >>> outline('<div class="nav" onclick="x()"><p>8 <b>H20</b></i><script>A100</script> &lt; 9')
    '<div class="nav"><p>8 <b>H20</b> &lt; 9'
    >>> outline("<div>" * 100_000) is None
    True
    """
    if len(text) > _MOST_SOURCE_CHARACTERS:
        return None
    shown, at = _HIDDEN.sub("", text), 0
    page = _Page()
    for match in _TAG.finditer(shown):
        page.parts.append(shown[at : match.start()].replace("<", "&lt;"))
        at = match.end()
        name = (match[2] or "").lower()
        if match[1]:
            page.close(name)
        elif name in _EMPTY:
            page.parts.append(f"<{name}>")
        elif name in _BLOCKS or name in _INLINE:
            page.open(name, _attributes(match[3]) if name in _BLOCKS else "")
        if len(page.stack) > _DEEPEST:
            return None
    page.parts.append(shown[at:].replace("<", "&lt;"))
    made = "".join(page.parts)
    return made if len(made) <= _MOST_CHARACTERS else None


class _Page:
    """What is written so far, and the tags open in it: each is closed in its turn, so that the depth is known."""

    def __init__(self) -> None:
        self.parts, self.stack, self._open = list[str](), list[str](), Counter[str]()

    def open(self, name: str, attributes: str) -> None:
        """Open a tag, after closing what it ends by itself."""
        if self.stack and (
            (self.stack[-1] == "p" and name in _BLOCKS) or self.stack[-1] in _ENDED_BY.get(name, ())
        ):
            self.close(self.stack[-1])
        self.parts.append(f"<{name}{attributes}>")
        self.stack.append(name)
        self._open[name] += 1

    def close(self, name: str) -> None:
        """Close a tag and whatever was opened in it and left open; one that is not open is left out."""
        while self._open[name]:
            last = self.stack.pop()
            self._open[last] -= 1
            self.parts.append(f"</{last}>")
            if last == name:
                return


def _attributes(written: str) -> str:
    """Those that tell what a block is for."""
    written = written[:_MOST_ATTRIBUTE_CHARACTERS]
    if not written.strip(" /"):
        return ""
    found = {
        match[1].lower(): match[2] or match[3] or match[4] or "" for match in _ATTRIBUTE.finditer(written)
    }
    told = "".join(f' {name}="{value.replace(chr(34), "")}"' for name, value in found.items())
    return told + (" hidden" if _UNSEEN.search(written) else "")
