"""Authors and institutions in the tags that publishers put into a page's head: `citation_author` and its institution."""

import html
import re

from chipledger.evidence.author_block import Block, Name, Place
from chipledger.evidence.author_given import Authored

_TAG = re.compile(
    r"<meta\s+(?:name|property)\s*=\s*[\"']citation_(?P<kind>author|author_institution)[\"']\s+content\s*=\s*(?P<mark>[\"'])(?P<said>[^\"'<>]{1,300})(?P=mark)",
    re.IGNORECASE,
)
_MOST = 2_000


def tagged(text: str) -> Authored | None:
    """The authors that a page's tags name, each institution tied to the author before it.

    Args:
        text: HTML.

    Returns:
        Authors and places; None where there is no such tag.

    >>> head = '<meta name="citation_author" content="Li, Wei"><meta name="citation_author_institution" content="Kite Lab">'
    >>> found = tagged(head)
    >>> [one.text for one in found.block.names], [one.text for one in found.block.places], found.ties
    (['Wei Li'], ['Kite Lab'], ((0,),))
    """
    block, ties = Block(), list[tuple[int, ...] | None]()
    for count, match in enumerate(_TAG.finditer(text)):
        if count > _MOST:
            break
        said = html.unescape(match["said"]).strip()
        if match["kind"].lower() == "author":
            last, _, first = said.partition(", ")
            block.names.append(Name(f"{first} {last}".strip(), match.start("said"), match.end("said")))
        elif block.names:
            block.places.append(Place(said, match.start("said"), match.end("said")))
            ties.append((len(block.names) - 1,))
    return Authored(block, tuple(ties), None, "citation tags") if block.names else None
