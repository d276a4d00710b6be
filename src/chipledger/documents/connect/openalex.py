"""Works of OpenAlex: who wrote a paper at which institution, as the whole JSON that the service gives.

Takes `openalex:arxiv:2411.02265`, `openalex:doi:10.…`, `openalex:W4404…` and `openalex:title:WORDS` (the first five works).
The JSON is kept as metadata: affiliations by author position, institutions with ROR id and country. A key may be needed; it
comes from the edge and is never stored.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.connect.address import name_of
from chipledger.documents.connect.client import Ask, Client
from chipledger.documents.connect.connector import Answer, FetchError, Unchanged, Wanted
from chipledger.documents.snapshot import METADATA, Fetched, Sink

if TYPE_CHECKING:
    from chipledger.documents.connect.registry import Settings

OPENALEX = "https://api.openalex.org"
_LICENCE = "CC0-1.0"  # of OpenAlex's own data
_ARXIV = re.compile(r"(?:arxiv:)?([a-z-]+(?:\.[A-Z]{2})?/\d{7}|\d{4}\.\d{4,5})(?:v\d+)?", re.IGNORECASE)
_DOI = re.compile(r"(?:doi:|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S{1,300})", re.IGNORECASE)
_WORK = re.compile(r"W\d{4,12}", re.IGNORECASE)


@dataclass(slots=True)
class OpenAlex:
    """The connector of OpenAlex.

    Args:
        client: asks.
        endpoint: where it lies.
        secrets: what is added to every address and never kept.
    """

    client: Client
    endpoint: str = OPENALEX
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    name: str = "openalex"

    def listing(self, target: str) -> Iterator[Wanted | FailedDocument]:
        """The one address that answers the target."""
        asked = target.partition(":")[2].strip()
        path = f"/works/{named}" if (named := _named(asked)) else _searched(asked)
        if path is None:
            raise InputError(
                "not a target of OpenAlex", where=target,
                expected="openalex:arxiv:ID, openalex:doi:DOI, openalex:W… or openalex:title:WORDS",
            )  # fmt: skip
        url = f"{self.endpoint}{path}"
        paper = _ARXIV.fullmatch(asked)
        yield Wanted(
            item=f"openalex:{asked}", name=f"openalex/{name_of(url, 'json').partition('/')[2]}", url=url, kind=METADATA,
            licence=_LICENCE, project=f"arxiv:{paper[1]}" if paper else None,
        )  # fmt: skip

    def fetch(self, wanted: Wanted, held: Fetched | None, sink: Sink) -> Answer | Unchanged | FailedDocument:
        """The JSON as it comes."""
        try:
            reply = self.client.get(
                wanted.url, sink, Ask(etag=held.etag if held else None, secret_query=self.secrets)
            )
        except FetchError as error:
            if error.status in (401, 403) or (error.status == 409 and not self.secrets):
                raise FetchError(f"{error.reason}: OpenAlex wants a key; set OPENALEX_API_KEY") from None
            raise
        if reply.is_unchanged:
            return Unchanged()
        if not sink.content().lstrip().startswith(b"{"):
            raise FetchError("OpenAlex gave no JSON")
        return Answer(
            final_url=reply.url,
            status=reply.status,
            media_type=reply.content_type,
            etag=reply.headers.get("etag"),
        )


def connector(settings: "Settings") -> OpenAlex:
    """The connector as the edge wants it."""
    key = settings.secrets.get("openalex")
    return OpenAlex(
        client=settings.client(), endpoint=settings.endpoints.get("openalex", OPENALEX).rstrip("/"),
        secrets={"api_key": key} if key else {},
    )  # fmt: skip


def _named(asked: str) -> str | None:
    """The work that an id names, as OpenAlex writes it; a paper of arXiv by the DOI that every one of them has.

    >>> _named("arxiv:2411.02265"), _named("W4404012345"), _named("title:kites")
    ('doi:10.48550/arxiv.2411.02265', 'W4404012345', None)
    """
    if paper := _ARXIV.fullmatch(asked):
        return f"doi:10.48550/arxiv.{paper[1]}"
    if doi := _DOI.fullmatch(asked):
        return f"doi:{quote(doi[1], safe='/:;()._-')}"
    return asked.upper() if _WORK.fullmatch(asked) else None


def _searched(asked: str) -> str | None:
    words = (
        re.sub(r"[,|!:]+", " ", asked.removeprefix("title:")).strip() if asked.startswith("title:") else ""
    )
    return f"/works?{urlencode({'filter': f'title.search:{words}', 'per-page': 5})}" if words else None
