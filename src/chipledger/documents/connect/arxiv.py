"""Papers of arXiv: the LaTeX source or the PDF of each version, with its day and its licence.

Takes `arxiv:2411.02265` (the newest version), `arxiv:2411.02265v1`, `arxiv:2411.02265@all` (every version),
`arxiv:ID,ID,…` and `arxiv:search:QUERY` (arXiv's own syntax, or plain words). What there is comes from the Atom API, a
hundred papers a request; days of versions and the licence from the record of the OAI service, which is kept as metadata.
One request in three seconds, as arXiv asks.
"""

import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.connect.arxiv_records import Paper, Record, papers_in, record_in
from chipledger.documents.connect.client import Client
from chipledger.documents.connect.connector import Answer, FetchError, Unchanged, Wanted
from chipledger.documents.connect.unpack import DamagedError, unpacked
from chipledger.documents.snapshot import METADATA, Fetched, Sink

if TYPE_CHECKING:
    from chipledger.documents.connect.registry import Settings

_API, _OAI, _FILES = (
    "https://export.arxiv.org/api/query",
    "https://oaipmh.arxiv.org/oai",
    "https://export.arxiv.org",
)
_ID = re.compile(r"([a-z-]+(?:\.[A-Z]{2})?/\d{7}|\d{4}\.\d{4,5})(?:v(\d{1,3})|@(all))?")
_PAGE = 100
_MOST_OF_A_SEARCH = 30_000
_GZIP = b"\x1f\x8b"


@dataclass(slots=True)
class Arxiv:
    """The connector of arXiv.

    Args:
        client: asks.
        what: "source", "pdf", or both; a paper without a source gives its PDF.
        most: how many papers of a search.
        tell: told how many a search finds.
        api, oai, files: where the services lie.
    """

    client: Client
    what: tuple[str, ...] = ("source",)
    most: int = 100
    tell: Callable[[str], None] = lambda line: None
    api: str = _API
    oai: str = _OAI
    files: str = _FILES
    name: str = "arxiv"
    _records: dict[str, Record] = field(default_factory=dict, init=False)

    def listing(self, target: str) -> Iterator[Wanted | FailedDocument]:
        """The record and the files of each version asked for."""
        asked = target.partition(":")[2].strip()
        if asked.startswith("search:"):
            for paper in self._searched(asked.removeprefix("search:").strip(), target):
                yield from self._wanted(paper, None, False)
            return
        wanted = [_identified(one, target) for one in asked.split(",")]
        for start in range(0, len(wanted), _PAGE):
            some = wanted[start : start + _PAGE]
            papers = {
                paper.id: paper
                for paper in self._papers(
                    {"id_list": ",".join(id for id, _, _ in some), "max_results": _PAGE}
                )[1]
            }
            for id, version, is_all in some:
                if id in papers:
                    yield from self._wanted(papers[id], version, is_all)
                else:
                    yield FailedDocument(
                        document=f"arxiv:{id}", stage="list", reason="arXiv knows no such paper"
                    )

    def fetch(self, wanted: Wanted, held: Fetched | None, sink: Sink) -> Answer | Unchanged | FailedDocument:
        """The record, or a file with what the record says of its version."""
        id, _, what = wanted.item.removeprefix("arxiv:").rpartition("/")
        paper_id, _, version = id.rpartition("v")
        if what == "record":
            return self._fetched_record(wanted, paper_id, sink)
        record = self._record(paper_id)
        reply = self.client.get(wanted.url, sink)
        name, note = _settled(wanted.name, sink)
        day = record.days.get(int(version))
        return Answer(
            final_url=reply.url, status=reply.status, media_type=reply.content_type, etag=reply.headers.get("etag"),
            last_modified=reply.headers.get("last-modified"), name=name, licence=record.licence, published_on=day,
            published_from="arXiv's list of versions" if day else None, note=note,
        )  # fmt: skip

    def _searched(self, query: str, target: str) -> Iterator[Paper]:
        if not query:
            raise InputError(
                "nothing to search for", where=target, expected="arxiv:search:WORDS or arxiv:search:ti:H800"
            )
        given = {"search_query": _in_its_syntax(query), "sortBy": "submittedDate", "sortOrder": "ascending"}
        start, total = 0, 1
        while start < min(total, self.most, _MOST_OF_A_SEARCH):
            size = min(_PAGE, self.most - start)
            total, papers = self._papers({**given, "start": start, "max_results": size})
            if start == 0:
                self.tell(
                    f"arXiv finds {total:,} papers"
                    + (f"; the first {self.most:,} are taken (--most)" if total > self.most else "")
                )
            if not papers:
                return
            yield from papers
            start += len(papers)

    def _papers(self, given: "dict[str, str | int]") -> tuple[int, list[Paper]]:
        _, content = self.client.read(f"{self.api}?{urlencode(given)}")
        return papers_in(content)

    def _wanted(self, paper: Paper, version: int | None, is_all: bool) -> Iterator[Wanted | FailedDocument]:
        if version is not None and version > paper.version:
            yield FailedDocument(
                document=f"arxiv:{paper.id}v{version}",
                stage="list",
                reason=f"the newest version is v{paper.version}",
            )
            return
        yield self._want(
            paper, paper.version, "record", f"{self.oai}?{_oai_query(paper.id)}", "xml", METADATA
        )
        for number in range(1, paper.version + 1) if is_all else (version or paper.version,):
            for what in self.what:
                folder, ending = ("e-print", "tar.gz") if what == "source" else ("pdf", "pdf")
                yield self._want(paper, number, what, f"{self.files}/{folder}/{paper.id}v{number}", ending)

    def _want(
        self, paper: Paper, version: int, what: str, url: str, ending: str, kind: str = "document"
    ) -> Wanted:
        id = f"{paper.id}v{version}"
        name = f"arxiv/{id.replace('/', '_')}" + (".record" if what == "record" else "")
        return Wanted(
            item=f"arxiv:{id}/{what}", name=f"{name}.{ending}", url=url, is_fixed=True, kind=kind,
            shown_url=f"https://arxiv.org/abs/{id}", project=f"arxiv:{paper.id}", revision=f"v{version}",
        )  # fmt: skip

    def _fetched_record(self, wanted: Wanted, id: str, sink: Sink) -> Answer:
        reply = self.client.get(wanted.url, sink)
        self._records[id] = record_in(sink.content())
        return Answer(
            final_url=reply.url,
            status=reply.status,
            media_type=reply.content_type,
            licence=self._records[id].licence,
        )

    def _record(self, id: str) -> Record:
        """The record of a paper, asked for once in a run."""
        if id not in self._records:
            _, content = self.client.read(f"{self.oai}?{_oai_query(id)}")
            self._records[id] = record_in(content)
        return self._records[id]


def connector(settings: "Settings") -> Arxiv:
    """The connector as the edge wants it."""
    base = settings.endpoints.get("arxiv")
    places = {"api": f"{base}/api/query", "oai": f"{base}/oai", "files": base} if base else {}
    what = tuple(settings.options.get("arxiv.what", "source").split(","))
    return Arxiv(
        client=settings.client(),
        what=what,
        most=int(settings.options.get("arxiv.most", "100")),
        tell=settings.tell,
        **places,
    )


def _identified(written: str, target: str) -> tuple[str, int | None, bool]:
    """Id, version and whether all versions are meant."""
    match = _ID.fullmatch(written.strip())
    if match is None:
        raise InputError(
            f"not an arXiv id: {written.strip()!r}", where=target,
            expected="arxiv:2411.02265, arxiv:2411.02265v1, arxiv:2411.02265@all or arxiv:search:QUERY",
        )  # fmt: skip
    return match[1], int(match[2]) if match[2] else None, bool(match[3])


def _in_its_syntax(query: str) -> str:
    """A query as arXiv's search takes it; plain words must all stand in a paper's record.

    >>> _in_its_syntax('H800 "expert parallel"'), _in_its_syntax("ti:H20 AND cat:cs.DC")
    ('all:H800 AND all:"expert parallel"', 'ti:H20 AND cat:cs.DC')
    """
    if re.search(r"\b(?:ti|au|abs|co|jr|cat|rn|id|all|submittedDate):", query):
        return query
    return " AND ".join(f"all:{word}" for word in re.findall(r'"[^"]+"|[^\s"]+', query))


def _oai_query(id: str) -> str:
    return urlencode({"verb": "GetRecord", "identifier": f"oai:arXiv.org:{id}", "metadataPrefix": "arXivRaw"})


def _settled(name: str, sink: Sink) -> tuple[str, str | None]:
    """What a file is called once its bytes are seen: a tar of LaTeX, one LaTeX file in gzip (unpacked here), or a PDF.

    Raises:
        FetchError: it is none of them, so that no document is made of an error page.
        LimitError: one file unpacks to more than may be kept.
    """
    stem = re.sub(r"(\.tar\.gz|\.pdf)$", "", name)
    content = sink.content()
    if content.startswith(b"%PDF-"):
        return f"{stem}.pdf", None
    if name.endswith(".pdf"):
        raise FetchError("arXiv gave no PDF")
    if content.startswith(_GZIP):
        if _is_tar(content):
            return f"{stem}.tar.gz", None
        sink.restart()
        try:
            for piece in unpacked(iter((content,)), "gzip"):
                sink.write(piece)
        except DamagedError as error:
            raise FetchError(str(error)) from None
        inner = sink.content()
        if inner.startswith(b"%PDF-"):
            return f"{stem}.pdf", "unpacked from gzip"
        return f"{stem}.tex", "unpacked from gzip"
    if _is_tar(content):
        return f"{stem}.tar", None
    if b"\\document" in content[:200_000] or b"\\begin{" in content[:200_000]:
        return f"{stem}.tex", None
    raise FetchError("arXiv gave neither LaTeX nor a PDF")


def _is_tar(content: bytes) -> bool:
    """Whether bytes begin a tar archive, gzipped or not; only its first header is looked at."""
    try:
        head = b""
        pieces = unpacked(iter((content[:65_536],)), "gzip" if content.startswith(_GZIP) else "")
        for piece in pieces:
            head += piece
            if len(head) >= tarfile.BLOCKSIZE:
                break
    except DamagedError:
        pass
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return len(head) >= tarfile.BLOCKSIZE
