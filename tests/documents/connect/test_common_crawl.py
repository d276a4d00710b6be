"""Common Crawl: an index by pages, then ranges of WARC files, against a server that answers in their shape."""

import gzip
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import WarcRecord, WarcRecordType
from loopback_site import Site, serving, settings_for

from chipledger.core.errors import InputError
from chipledger.documents.connect.fetching import Step, Terms, fetch
from chipledger.documents.connect.registry import connector_for
from chipledger.documents.document import Document
from chipledger.documents.snapshot import writing
from chipledger.documents.sources import documents

DAY = date(2026, 11, 25)
CRAWL, FILE = "CC-MAIN-2024-18", "crawl-data/CC-MAIN-2024-18/segments/1/warc/a.warc.gz"


def record(url: str, body: bytes) -> bytes:
    made = WarcRecord()
    made.init_headers(record_type=WarcRecordType.response)
    made.headers["WARC-Target-URI"], made.headers["WARC-Date"] = url, "2024-04-20T10:00:00Z"
    made.headers["Content-Type"] = "application/http; msgtype=response"
    made.set_bytes_content(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body)
    out = io.BytesIO()
    made.write(out)
    return gzip.compress(out.getvalue())


RECORDS = [record(f"https://example.org/{number}", b"<p>Trained on %d H20." % number) for number in range(3)]


def line(number: int, **more: Any) -> str:
    start = sum(map(len, RECORDS[:number]))
    return json.dumps({"url": f"https://example.org/{number}", "status": "200", "mime": "text/html", "filename": FILE,
                       "offset": str(start), "length": str(len(RECORDS[number]))} | more)  # fmt: skip


def crawl(site: Site, pages: list[list[str]], whole: bool = False) -> None:
    base = f"/{CRAWL}-index?url=example.org%2F%2A&output=json"
    site.put(f"{base}&showNumPages=true", json.dumps({"pages": len(pages), "pageSize": 5}))
    for number, lines in enumerate(pages):
        site.put(f"{base}&page={number}", "\n".join(lines))

    def part(handler: Any) -> None:
        content = b"".join(RECORDS)
        first, last = map(int, handler.headers["Range"].removeprefix("bytes=").split("-"))
        body = content if whole else content[first : last + 1]
        handler.send_response_only(200 if whole else 206)
        handler.send_header("Content-Length", str(len(body)))
        if not whole:
            handler.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        handler.end_headers()
        handler.wfile.write(body)

    site.pages[f"/{FILE}"] = part


def steps(site: Site, folder: Path, target: str = f"cc:{CRAWL}:example.org/*") -> list[Step]:
    settings = settings_for(site, endpoints={"cc-index": site.url, "cc-data": site.url})
    with writing(folder) as snapshot:
        return list(fetch(connector_for(target, settings), target, snapshot, Terms(on=DAY)))


def test_captures_are_read_with_their_own_address_and_day(tmp_path: Path) -> None:
    with serving() as site:
        crawl(site, [[line(0), line(1)], [line(2), line(2)]])
        assert [step.became for step in steps(site, tmp_path / "kept")] == ["fetched"] * 3
        assert [step.became for step in steps(site, tmp_path / "kept")] == ["held"] * 3
    found = [one for one in documents(str(tmp_path / "kept")) if isinstance(one, Document)]
    assert {one.text for one in found} == {f"<p>Trained on {number} H20." for number in range(3)}
    assert {(one.url, one.fetched_on) for one in found} == {
        (f"https://example.org/{number}", date(2024, 4, 20)) for number in range(3)
    }


def test_what_is_no_page_or_leads_astray_is_left(tmp_path: Path) -> None:
    astray = [line(0, status="301"), line(0, mime="image/png"), line(0, filename="../../etc/x.warc.gz"), line(0, offset="x"),
              line(0, length="-5"), line(0, filename="http://evil.example/a.warc.gz"), "[]", line(1)]  # fmt: skip
    with serving() as site:
        crawl(site, [astray])
        (step,) = steps(site, tmp_path / "kept")
    assert step.row is not None and step.row.shown_url == "https://example.org/1"


def test_a_server_that_gives_the_whole_file_is_told(tmp_path: Path) -> None:
    with serving() as site:
        crawl(site, [[line(0)]], whole=True)
        (step,) = steps(site, tmp_path / "kept")
    assert step.failure is not None and "a part of a file" in step.failure.reason


@pytest.mark.parametrize(
    ("body", "said"), [('{"pages": 99999999}', "too many"), ("{", "no JSON"), ("", "how many pages")]
)
def test_an_index_that_makes_no_sense_is_told(tmp_path: Path, body: str, said: str) -> None:
    with serving() as site:
        site.put(f"/{CRAWL}-index", body)
        (step,) = steps(site, tmp_path / "kept")
    assert step.failure is not None and said in step.failure.reason


def test_an_index_without_a_capture_is_told(tmp_path: Path) -> None:
    with serving() as site:
        (step,) = steps(site, tmp_path / "kept")
    assert step.failure is not None and "knows no capture" in step.failure.reason


@pytest.mark.parametrize("target", ["cc:", "cc:example.org", "cc:a b:c", "cc:../x:y z"])
def test_targets_that_are_none_are_refused(tmp_path: Path, target: str) -> None:
    with serving() as site, pytest.raises(InputError, match="not a target of Common Crawl"):
        steps(site, tmp_path / "kept", target)
