"""Which format a media type of the web means; what a server says, weighed with what the address says."""

from chipledger.documents.formats import format_of, is_binary_name

_FORMATS = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
    "application/pdf": "pdf",
    "application/x-pdf": "pdf",
    "application/json": "json",
    "application/ld+json": "json",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "text/xml": "xml",
    "application/xml": "xml",
    "application/atom+xml": "xml",
    "application/rss+xml": "xml",
    "text/csv": "csv",
    "text/x-tex": "latex",
    "application/x-tex": "latex",
    "application/x-latex": "latex",
    "text/x-rst": "rst",
}
_SAYS_NOTHING = frozenset(
    {"", "text/plain", "application/octet-stream", "binary/octet-stream", "unknown/unknown"}
)
_NO_TEXT = frozenset({"text/css", "text/javascript"})


def format_of_media(media_type: str | None, path: str) -> str | None:
    """The format of what a server sent, or None where it is nothing to read.

    A server that says "text/plain" or nothing of use leaves the word to the address: so are raw READMEs served.

    Args:
        media_type: without parameters; None where none was given.
        path: the path of the address, without its query.

    >>> format_of_media("text/html", "/a"), format_of_media("text/plain", "/README.md"), format_of_media("image/png", "/a")
    ('html', 'markdown', None)
    """
    media = (media_type or "").strip().lower()
    if media in _FORMATS:
        return _FORMATS[media]
    if media in _SAYS_NOTHING:
        return None if is_binary_name(path) else format_of(path)
    if media in _NO_TEXT:
        return None
    if media.startswith("text/"):
        return format_of(path) if not is_binary_name(path) else "text"
    return "xml" if media.endswith("+xml") and media != "image/svg+xml" else None
