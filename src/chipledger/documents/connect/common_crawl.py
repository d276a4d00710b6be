"""Captures of Common Crawl: an index asked by crawl and address, then each capture's own bytes out of its WARC file.

Takes `cc:CRAWL:ADDRESS`, such as `cc:CC-MAIN-2024-18:example.org/news/*`. The index (CDX, by pages of JSON lines) gives the file,
offset and length of each capture; one ranged request brings the record, which is kept as a WARC file of one record and
read as such. A capture never changes: once held, it is never asked for again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.connect.answers import json_in
from chipledger.documents.connect.client import Ask, Client
from chipledger.documents.connect.connector import Answer, FetchError, Unchanged, Wanted
from chipledger.documents.media import format_of_media
from chipledger.documents.snapshot import Fetched, Sink

if TYPE_CHECKING:
    from chipledger.documents.connect.registry import Settings

INDEX, DATA = "https://index.commoncrawl.org", "https://data.commoncrawl.org"
_TARGET = re.compile(r"cc:([A-Za-z0-9-]{1,40}):(\S{1,2000})")
_FILE = re.compile(r"[\w./+-]+\.warc\.gz")
_MOST_PAGES = 10_000
_INDEX_PAGE_BYTES = 64 << 20


@dataclass(slots=True)
class CommonCrawl:
    """The connector of Common Crawl.

    Args:
        client: asks.
        index: where the index lies.
        data: where the WARC files lie.
    """

    client: Client
    index: str = INDEX
    data: str = DATA
    name: str = "cc"

    def listing(self, target: str) -> Iterator[Wanted | FailedDocument]:
        """The captures of an address or a pattern of addresses that hold text, in the order of the index."""
        match = _TARGET.fullmatch(target)
        if match is None:
            raise InputError(
                "not a target of Common Crawl", where=target, expected="cc:CC-MAIN-2024-18:example.org/*"
            )
        crawl, address = match[1], match[2]
        seen = set[str]()
        for one in self._captures(crawl, address):
            wanted = self._wanted(crawl, one)
            if wanted is not None and wanted.item not in seen:
                seen.add(wanted.item)
                yield wanted

    def fetch(self, wanted: Wanted, held: Fetched | None, sink: Sink) -> Answer | Unchanged | FailedDocument:
        """One capture."""
        url, _, span = wanted.url.partition("#")
        first, _, last = span.partition("-")
        reply = self.client.get(url, sink, Ask(byte_range=(int(first), int(last))))
        if reply.status != 206:
            raise FetchError("the server does not give a part of a file")
        if sink.size_bytes != int(last) - int(first) + 1:
            raise FetchError("the server gave another part than was asked for")
        return Answer(final_url=reply.url, status=reply.status, media_type="application/warc")

    def _captures(self, crawl: str, address: str) -> Iterator[dict[str, Any]]:
        url = f"{self.index}/{crawl}-index?" + urlencode({"url": address, "output": "json"})
        try:
            (about,) = self._lines(f"{url}&showNumPages=true") or ({},)
        except ValueError:
            raise FetchError("the index does not say how many pages it has") from None
        pages = about.get("pages")
        if not isinstance(pages, int) or pages > _MOST_PAGES:
            raise FetchError(
                "the index does not say how many pages it has, or has too many; narrow the address"
            )
        for page in range(pages):
            yield from self._lines(f"{url}&page={page}")

    def _lines(self, url: str) -> list[dict[str, Any]]:
        try:
            _, content = self.client.read(url, Ask(accept="application/json"), _INDEX_PAGE_BYTES)
        except FetchError as error:
            if error.status == 404:
                raise FetchError("the index knows no capture of it, or no such crawl") from None
            raise
        found = (json_in(line, object) for line in content.splitlines() if line.strip())
        return [one for one in found if isinstance(one, dict)]

    def _wanted(self, crawl: str, one: dict[str, Any]) -> Wanted | None:
        """What to fetch for a line of the index; None where it is no page with text, or makes no sense."""
        file, url = str(one.get("filename", "")), str(one.get("url", ""))
        try:
            start, size_bytes = int(one["offset"]), int(one["length"])
            path = urlsplit(url).path
        except (KeyError, TypeError, ValueError):
            return None
        media = str(one.get("mime-detected") or one.get("mime") or "")
        is_read = str(one.get("status", "200")) == "200" and format_of_media(media, path) is not None
        if (
            not is_read
            or not _FILE.fullmatch(file)
            or ".." in file.split("/")
            or start < 0
            or size_bytes <= 0
        ):
            return None
        return Wanted(
            item=f"cc:{file}+{start}", name=f"cc/{crawl}/{start}.warc.gz", is_fixed=True, size_bytes=size_bytes,
            url=f"{self.data}/{quote(file)}#{start}-{start + size_bytes - 1}", shown_url=url[:2000] or None,
        )  # fmt: skip


def connector(settings: "Settings") -> CommonCrawl:
    """The connector as the edge wants it."""
    return CommonCrawl(
        client=settings.client(), index=settings.endpoints.get("cc-index", INDEX).rstrip("/"),
        data=settings.endpoints.get("cc-data", DATA).rstrip("/"),
    )  # fmt: skip
