"""Web pages and the files that lie beside them: one address is one document.

Takes `https://…`; honours robots.txt at every hop; keeps the page's own bytes, with the licence, the day and the
publisher that it states. What of the page is its main content is decided when it is read (`main_content`).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.connect.address import name_of, normal
from chipledger.documents.connect.client import Ask, Client, Reply
from chipledger.documents.connect.connector import Answer, FetchError, Unchanged, Wanted
from chipledger.documents.connect.page_facts import PageFacts, facts_of
from chipledger.documents.connect.robots import Robots
from chipledger.documents.decode import binary_kind, decode
from chipledger.documents.formats import format_of, is_binary_name
from chipledger.documents.repository import public
from chipledger.documents.snapshot import Fetched, Sink

if TYPE_CHECKING:
    from chipledger.documents.connect.registry import Settings

_ACCEPT = "text/html, application/xhtml+xml, application/pdf, text/plain, text/markdown, application/json, */*;q=0.5"
_ENDINGS = {"text/html": "html", "application/xhtml+xml": "html", "application/pdf": "pdf", "text/markdown": "md",
            "application/json": "json", "application/xml": "xml", "text/xml": "xml", "application/rss+xml": "xml",
            "application/atom+xml": "xml", "application/zip": "zip", "application/x-tar": "tar",
            "application/gzip": "tar.gz", "application/x-gzip": "tar.gz"}  # fmt: skip
_ARCHIVES = ("zip", "tar", "tar.gz")


class Web:
    """The connector of pages.

    Args:
        client: asks for them.
        robots: says which may be asked for.
    """

    name = "web"

    def __init__(self, client: Client, robots: Robots) -> None:
        self._client, self._robots = client, robots

    def listing(self, target: str) -> Iterator[Wanted | FailedDocument]:
        """The page itself."""
        try:
            url = normal(target)
        except FetchError as error:
            raise InputError(error.reason, where=public(target), expected="https://HOST/PATH") from None
        yield Wanted(item=url, name=name_of(url, "html"), url=url)

    def fetch(self, wanted: Wanted, held: Fetched | None, sink: Sink) -> Answer | Unchanged | FailedDocument:
        """Ask for the page, unless robots.txt closes it."""
        ask = Ask(
            etag=held.etag if held else None, last_modified=held.last_modified if held else None,
            accept=_ACCEPT, may_ask=self._robots.may_ask,
        )  # fmt: skip
        reply = self._client.get(wanted.url, sink, ask)
        if reply.is_unchanged:
            return Unchanged()
        content = sink.content()
        ending = _ending(wanted.url, reply, content)
        said = _said(content) if ending == "html" else PageFacts()
        return Answer(
            final_url=reply.url, status=reply.status, media_type=reply.content_type, etag=reply.headers.get("etag"),
            last_modified=reply.headers.get("last-modified"), name=name_of(wanted.url, ending), licence=said.licence,
            published_on=said.published_on, published_from=said.published_from,
            note=f"publisher: {said.publisher}" if said.publisher else None,
        )  # fmt: skip


def connector(settings: "Settings") -> Web:
    """The connector as the edge wants it."""
    client = settings.client()
    return Web(client, Robots(client, settings.tell))


def _said(content: bytes) -> PageFacts:
    decoded = decode(content)
    return facts_of(decoded.text) if decoded else PageFacts()


def _ending(url: str, reply: Reply, content: bytes) -> str:
    """The ending that tells a document's format: what the server says, else what the address or the bytes say.

    Raises:
        FetchError: it is no text.
    """
    path = url.partition("?")[0]
    own = path.rpartition("/")[2].lower()
    told = _ENDINGS.get(reply.media_type or "")
    if content.startswith(b"%PDF-"):
        return "pdf"
    if told in _ARCHIVES:
        return next((ending for ending in (*_ARCHIVES, "tgz") if own.endswith(f".{ending}")), told)
    if (is_binary_name(own) and told is None) or binary_kind(content):
        raise FetchError(f"{binary_kind(content) or reply.media_type or 'binary data'}, not text")
    format = format_of(path, content[:4096])
    if told and (format == "text" or told == "html"):
        return told
    if "." in own and format_of(own) == format:
        return own.rpartition(".")[2]
    return {"html": "html", "pdf": "pdf", "latex": "tex", "shell": "sh"}.get(format, "txt")
