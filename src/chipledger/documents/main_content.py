"""The main content of a web page, in its own place: what surrounds it becomes spaces.

Menus, footers and lists of other stories name chips that the page is not about. resiliparse says what the main content
is, without places; here each line of the page's reading is kept where its words stand in that content. Where both do not
agree well, nothing is blanked: a stray mention is better than a lost one.
"""

import re

from resiliparse.extract.html2text import extract_plain_text

from chipledger.documents.page_outline import outline

_NO_WORD = re.compile(r"[\W_]+")
_TITLE = re.compile(r"<title\b[^<>]*>([^<]{1,2000})", re.IGNORECASE)
_LEAST_CHARACTERS = 120
_LEAST_SHARE = 0.9
_SHINGLE = 24
_MOST_PIECES = 16  # of a line
_MOST_COMPARED = 10_000_000_000  # searches times characters of the content


def only_main(text: str, read: str) -> str:
    """The reading of a page without what surrounds its main content.

    Args:
        text: the page's source.
        read: its reading, of the same length.

    Returns:
        A text of the same length.

    >>> story = "<p>" + "The model was trained on 64 H20 cards for nine days in the lab. " * 8 + "</p>"
    >>> page = f"<body><nav><ul><li><a href='/a100'>A100 news</a></li></ul></nav><main>{story}</main></body>"
    >>> from chipledger.documents.html_text import blank
    >>> kept = only_main(page, blank(page))
    >>> len(kept) == len(page), "64 H20" in kept, "A100" in kept
    (True, True, False)
    """
    tame = outline(text)
    if tame is None:
        return read
    content = _squashed(
        extract_plain_text(tame, preserve_formatting=True, main_content=True, list_bullets=False)
    )
    lines = read.split("\n")
    compared = len(lines) + min(_MOST_PIECES * len(lines), len(read) // _SHINGLE)
    if len(content) < _LEAST_CHARACTERS or compared * len(content) > _MOST_COMPARED:
        return read
    title = _TITLE.search(text)
    known = content + "\n" + (_squashed(title[1]) if title else "")
    kept = [line if _stands_in(words := _squashed(line), known) or not words else "" for line in lines]
    if sum(len(_squashed(line)) for line in kept) < _LEAST_SHARE * len(content):
        return read
    return "\n".join(one or " " * len(line) for one, line in zip(kept, lines, strict=True))


def _squashed(text: str) -> str:
    """Letters and digits alone: markup, blanks and marks differ between the two readings."""
    return _NO_WORD.sub("", text)


def _stands_in(words: str, known: str) -> bool:
    """Whether a line's words stand in the content: all of them, or of a long line most pieces."""
    if words in known:
        return True
    step = max(_SHINGLE, len(words) // _MOST_PIECES)
    pieces = [words[at : at + _SHINGLE] for at in range(0, len(words) - _SHINGLE + 1, step)]
    return len(pieces) > 1 and 2 * sum(piece in known for piece in pieces) > len(pieces)
