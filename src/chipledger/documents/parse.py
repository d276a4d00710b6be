"""Bytes to a Document: the one place where format, encoding and pages come together."""

import hashlib

from chipledger.core.errors import LimitError
from chipledger.core.records import FailedDocument
from chipledger.documents.decode import binary_kind, decode
from chipledger.documents.document import Document
from chipledger.documents.entry import Entry
from chipledger.documents.formats import format_of
from chipledger.documents.limits import Limits
from chipledger.documents.pdf import pages_of

_HEAD_BYTES = 4096
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
LIES_ELSEWHERE = "a Git LFS pointer; the content lies elsewhere"
"""Why a pointer is passed over: what the document says is not known."""


def document_of(
    content: bytes, entry: Entry, limits: Limits, charset: str | None = None
) -> Document | FailedDocument:
    """The document that these bytes are.

    Args:
        content: all its bytes.
        entry: its name and origin.
        limits: what a document may ask for.
        charset: the encoding that came with the bytes, as a web server names it.

    Returns:
        The document, or why it cannot be read; stage "skip" says that it holds no text.

    >>> from chipledger.documents.entry import Held
    >>> note = Entry(name="a.md", key="", size_bytes=3, place=Held(b""))
    >>> document_of("８ H20".encode(), note, Limits()).format
    'markdown'
    >>> document_of(b"\\x89PNG", note, Limits()).reason
    'a PNG image, not text'
    """
    document_id = hashlib.sha256(content).hexdigest()
    head = content[:_HEAD_BYTES]
    if is_pointer(content):
        return failed(entry, "skip", LIES_ELSEWHERE, document_id)
    format = entry.format or format_of(entry.path or entry.name, head)
    if format == "pdf":
        return _pdf(content, entry, limits, document_id)
    decoded = decode(content, charset)
    if decoded is None:
        return failed(entry, "skip", f"{binary_kind(content) or 'binary data'}, not text", document_id)
    return _document(entry, document_id, decoded.text, format, decoded.encoding)


def is_pointer(content: bytes) -> bool:
    """Whether bytes only say where a large file lies (Git LFS).

    >>> is_pointer(b"version https://git-lfs.github.com/spec/v1\\noid sha256:00\\nsize 8\\n")
    True
    """
    return content.startswith(_LFS_POINTER)


def failed(entry: Entry, stage: str, reason: str, document_id: str = "") -> FailedDocument:
    """The error record of an entry."""
    return FailedDocument(
        document=entry.name, stage=stage, reason=reason, document_id=document_id, commit=entry.origin.commit
    )


def _pdf(content: bytes, entry: Entry, limits: Limits, document_id: str) -> Document | FailedDocument:
    try:
        pages = pages_of(content, limits)
    except LimitError as error:
        return failed(entry, "pdf", str(error), document_id)
    starts, at = [], 0
    for page in pages:
        starts.append(at)
        at += len(page) + 1
    return _document(entry, document_id, "\f".join(pages), "pdf", "utf-8", tuple(starts))


def _document(
    entry: Entry, document_id: str, text: str, format: str, encoding: str, page_starts: tuple[int, ...] = ()
) -> Document:
    origin = entry.origin
    return Document(
        document=entry.name,
        document_id=document_id,
        text=text,
        format=format,
        encoding=encoding,
        page_starts=page_starts,
        commit=origin.commit,
        path=entry.path,
        published_on=entry.published_on,
        seen_on=origin.seen_on,
        organisation=origin.organisation,
        project=origin.project,
        url=origin.url or (f"{origin.web}/{entry.path}" if origin.web and entry.path else None),
        licence=origin.licence,
        fetched_on=origin.fetched_on,
        is_page=origin.is_page and format == "html",
    )
