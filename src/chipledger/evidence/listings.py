"""What a LaTeX document quotes as it stands in a file or on a screen: the insides of its listings, everything else blank."""

import re

_BEGIN = re.compile(
    r"\\begin\{(?P<name>verbatim\*?|Verbatim|lstlisting|minted|bashcode|shellcode)\}[^\n]{0,300}"
)
_NOT_BLANK = re.compile(r"[^\n]")


def listings_in(text: str) -> str:
    """A text of the same length in which only the insides of listings are left.

    Args:
        text: of a LaTeX document.

    >>> listings_in("a\\n\\\\begin{verbatim}\\nexport A=1\\n\\\\end{verbatim}").split()
    ['export', 'A=1']
    """
    kept: list[str] = []
    at = 0
    never_ended: set[str] = set()
    for begin in _BEGIN.finditer(text):
        name = begin["name"]
        if begin.start() < at or name in never_ended:
            continue
        end = text.find(f"\\end{{{name}}}", begin.end())
        if end < 0:
            never_ended.add(name)
            continue
        kept += (_NOT_BLANK.sub(" ", text[at : begin.end()]), text[begin.end() : end])
        at = end
    return "".join((*kept, _NOT_BLANK.sub(" ", text[at:])))
