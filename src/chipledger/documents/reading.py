"""What a document says once its markup is blanked: `reading_of(document)`, as long as the text itself.

`reading[start:end]` and `text[start:end]` are the same place. Evidence matches on the raw text first, since most
documents name no chip, and asks for the reading only after a hit; formats in `READ_BEFORE_MATCHING` hide words in
tags or escapes and are matched on their reading.
"""

import re
from collections.abc import Callable

from chipledger.documents import html_text, json_text, latex, markdown
from chipledger.documents.blank import fold_newlines, fold_width
from chipledger.documents.document import Document
from chipledger.documents.main_content import only_main

_BLANKS = re.compile(r"\s+")
READ_BEFORE_MATCHING = frozenset({"html", "xml", "json", "jsonl"})

_BLANKERS: dict[str, Callable[[str], str]] = {
    "markdown": markdown.blank,
    "html": html_text.blank,
    "xml": html_text.blank,
    "latex": latex.blank,
    "json": json_text.blank,
    "jsonl": json_text.blank,
}


def reading_of(document: Document) -> str:
    """The document's text with its markup blanked, full-width Latin and the newlines of Windows folded; of a web page
    that was fetched whole only the main content.

    Args:
        document: the document as read.

    Returns:
        A text of the same length; every offset means the same place in both.

    >>> reading_of(Document(document="a.md", document_id="", text="８ **H20**", format="markdown"))
    '8   H20  '
    """
    read = reading(document.text, document.format)
    return only_main(document.text, read) if document.is_page else read


def reading(text: str, format: str) -> str:
    """The reading of a text of a given format; formats without markup are only folded.

    Args:
        text: the decoded text.
        format: a format name of `formats`.

    >>> reading("export GPUS=８", "shell")
    'export GPUS=8'
    """
    blank = _BLANKERS.get(format)
    return fold_newlines(fold_width(blank(text) if blank else text))


def words_of(text: str, read: str, format: str) -> str:
    """A stretch of a reading as a person would read it out: no gap where LaTeX prints nothing, blanks made one.

    Args:
        text: the stretch of the text.
        read: the same stretch of its reading.
        format: a format name of `formats`.

    >>> raw = r"29{,}184 hours on $8\\times$H20"
    >>> words_of(raw, reading(raw, "latex"), "latex")
    '29,184 hours on 8x H20'
    """
    if format == "latex":
        read = "".join(said for raw, said in zip(text, read, strict=True) if said != " " or raw not in "{}$")
    return _BLANKS.sub(" ", read)
