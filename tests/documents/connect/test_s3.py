"""S3: objects listed and fetched by obstore from a server that speaks its protocol, and from moto's where it is installed."""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

from chipledger.core.errors import InputError
from chipledger.documents.connect import s3
from chipledger.documents.connect.fetching import Step, Terms, fetch
from chipledger.documents.connect.registry import Settings, beginning_of, connector_for
from chipledger.documents.document import Document
from chipledger.documents.snapshot import writing
from chipledger.documents.sources import documents

pytest.importorskip("obstore", reason="S3 needs obstore, of the extra [connect]")
DAY, NEXT = date(2026, 11, 25), date(2026, 11, 26)


@dataclass
class Bucket:
    """A bucket on loopback: ListObjectsV2 by pages, GetObject and HeadObject with ETag, If-None-Match and Range."""

    objects: dict[str, bytes] = field(default_factory=dict)
    page: int = 2
    asked: list[str] = field(default_factory=list)
    repeats: bool = False
    lies_by: int = 0
    hangs: bool = False
    url: str = ""

    def listing(self, query: dict[str, list[str]]) -> bytes:
        prefix = query.get("prefix", [""])[0]
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        start = int(query.get("continuation-token", ["0"])[0])
        page = keys[start : start + self.page]
        more = start + self.page < len(keys)
        following = 0 if self.repeats else start + self.page
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2024-05-01T10:00:00.000Z</LastModified>"
            f"<ETag>&quot;{etag(self.objects[key])}&quot;</ETag><Size>{len(self.objects[key])}</Size></Contents>"
            for key in page
        )
        token = f"<NextContinuationToken>{following}</NextContinuationToken>" if more or self.repeats else ""
        return (
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>docs</Name>'
            f"<KeyCount>{len(page)}</KeyCount><IsTruncated>{str(more or self.repeats).lower()}</IsTruncated>{token}{rows}"
            "</ListBucketResult>"
        ).encode()


def etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _handler(bucket: Bucket) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            bucket.asked.append(f"{self.command} {self.path}")
            if bucket.hangs:
                time.sleep(3)
            parts = urlsplit(self.path)
            key = unquote(parts.path.removeprefix("/docs").removeprefix("/"))
            if not key:
                self._answer(200, bucket.listing(parse_qs(parts.query)), {"Content-Type": "application/xml"})
            elif key not in bucket.objects:
                self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>", {})
            else:
                self._object(bucket.objects[key])

        def _object(self, content: bytes) -> None:
            heads = {
                "ETag": f'"{etag(content)}"',
                "Last-Modified": formatdate(1714557600, usegmt=True),
                "Content-Type": "text/plain",
            }
            if self.headers.get("If-None-Match") == heads["ETag"]:
                self._answer(304, b"", heads)
            else:
                self._answer(200, content, heads)

        def _answer(self, status: int, body: bytes, heads: dict[str, str]) -> None:
            self.send_response(status)
            lie = bucket.lies_by if "ETag" in heads else 0
            for name, value in {**heads, "Content-Length": str(len(body) + lie)}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)
            self.close_connection = bool(lie)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that hangs up is what some tests are about


@contextmanager
def serving(**given: object) -> Iterator[Bucket]:
    bucket = Bucket(**given)  # type: ignore[arg-type]
    server = _Server(("127.0.0.1", 0), _handler(bucket))
    bucket.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "HTTP_PROXY",
        "http_proxy",
    ):
        monkeypatch.delenv(name, raising=False)


def steps(
    bucket: Bucket, folder: Path, target: str = "s3://docs", on: date = DAY, **options: str
) -> list[Step]:
    settings = Settings(
        endpoints={"s3": bucket.url}, options={f"s3.{name}": value for name, value in options.items()}
    )
    with writing(folder) as snapshot:
        return list(fetch(connector_for(target, settings), target, snapshot, Terms(on=on)))


FILES = {
    "a.md": b"Trained on 8 H20.",
    "b/c.tex": "使用64张H20".encode(),
    "b/d.md": b"x",
    "e.safetensors": b"\0",
    "f/": b"",
}


def test_objects_are_documents_with_address_and_day(tmp_path: Path) -> None:
    with serving(objects=dict(FILES)) as bucket:
        got = steps(bucket, tmp_path / "kept")
    assert [(step.became, step.name) for step in got] == [
        ("fetched", "s3/docs/a.md"), ("fetched", "s3/docs/b/c.tex"), ("fetched", "s3/docs/b/d.md")
    ]  # fmt: skip
    found = [one for one in documents(str(tmp_path / "kept")) if isinstance(one, Document)]
    assert [(one.text, one.url) for one in found][:2] == [
        ("Trained on 8 H20.", "s3://docs/a.md"), ("使用64张H20", "s3://docs/b/c.tex")
    ]  # fmt: skip
    assert found[0].fetched_on == DAY
    assert found[0].published_on is None  # a store's own day is no day of publication


def test_what_is_held_under_its_etag_is_not_asked_for_again(tmp_path: Path) -> None:
    with serving(objects=dict(FILES)) as bucket:
        steps(bucket, tmp_path / "kept")
        bucket.asked.clear()
        bucket.objects["a.md"] = b"Trained on 16 H20."
        got = steps(bucket, tmp_path / "kept", on=NEXT)
    assert [step.became for step in got] == ["fetched", "unchanged", "unchanged"]
    assert [one for one in bucket.asked if "list-type" not in one] == ["GET /docs/a.md"]


def test_a_run_that_was_killed_goes_on(tmp_path: Path) -> None:
    with serving(objects=dict(FILES)) as bucket:
        settings = Settings(endpoints={"s3": bucket.url})
        with writing(tmp_path / "kept") as snapshot:
            next(fetch(connector_for("s3://docs", settings), "s3://docs", snapshot, Terms(on=DAY)))
        got = steps(bucket, tmp_path / "kept")
    assert [step.became for step in got] == ["held", "fetched", "fetched"]


@pytest.mark.parametrize(("target", "names"), [("s3://docs/b", ["c.tex", "d.md"]), ("s3://docs/b/", ["c.tex", "d.md"]),
                                               ("s3://docs/b/d.md", ["d.md"])])  # fmt: skip
def test_a_prefix_or_a_key_is_all_that_comes(tmp_path: Path, target: str, names: list[str]) -> None:
    with serving(objects=dict(FILES)) as bucket:
        assert [step.name.rpartition("/")[2] for step in steps(bucket, tmp_path / "kept", target)] == names


@pytest.mark.parametrize("target", ["s3://", "s3://A", "s3://docs/none", "s3:/docs"])
def test_a_target_that_is_none_or_empty_is_told(tmp_path: Path, target: str) -> None:
    with serving(objects=dict(FILES)) as bucket:
        if target == "s3://docs/none":
            (step,) = steps(bucket, tmp_path / "kept", target)
            assert step.failure is not None and step.failure.reason == "nothing lies there"
        else:
            with pytest.raises(InputError):
                steps(bucket, tmp_path / "kept", target)


def test_a_list_that_repeats_itself_is_left(tmp_path: Path) -> None:
    with serving(objects=dict(FILES), repeats=True) as bucket:
        got = steps(bucket, tmp_path / "kept")
    assert [step.became for step in got] == ["fetched", "fetched", "failed"]
    assert got[-1].failure is not None and "repeats itself" in got[-1].failure.reason


def test_a_list_of_empty_pages_without_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "_PAGE_SECONDS", 0.7)
    with serving(objects={}, repeats=True) as bucket:
        (step,) = steps(bucket, tmp_path / "kept")
        asked = len(bucket.asked)
        time.sleep(0.3)
        assert len(bucket.asked) <= asked + 1
    assert step.failure is not None and "nothing new in 0.7 s" in step.failure.reason


def test_a_body_shorter_than_announced_is_no_document(tmp_path: Path) -> None:
    with serving(objects={"a.md": b"Trained on 8 H20."}, lies_by=5) as bucket:
        (step,) = steps(bucket, tmp_path / "kept")
    assert step.became == "failed"


def test_a_server_that_hangs_is_left_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "_READ_SECONDS", "300ms")
    monkeypatch.setattr(s3, "_TRIES", 0)
    with serving(objects=dict(FILES), hangs=True) as bucket:
        began = time.monotonic()
        (step,) = steps(bucket, tmp_path / "kept")
        assert time.monotonic() - began < 2.5
    assert step.failure is not None and step.failure.stage == "list"


def test_an_object_over_the_limit_is_refused_by_its_size(tmp_path: Path) -> None:
    with serving(objects={"a.md": b"x" * 5000, "b.md": b"8 H20"}) as bucket:
        settings = Settings(endpoints={"s3": bucket.url})
        with writing(tmp_path / "kept") as snapshot:
            got = list(
                fetch(
                    connector_for("s3://docs", settings),
                    "s3://docs",
                    snapshot,
                    Terms(on=DAY, most_bytes=4000),
                )
            )
    assert [step.became for step in got] == ["failed", "fetched"]
    assert not any(one == "GET /docs/a.md" for one in bucket.asked)


def test_keys_lead_nowhere(tmp_path: Path) -> None:
    with serving(objects={"..%2f..%2fescape.md": b"8 H20"}) as bucket:
        (step,) = steps(bucket, tmp_path / "kept")
    assert step.became in ("fetched", "failed")
    assert not list(tmp_path.rglob("escape.md"))


def test_s3_is_known_by_its_beginning() -> None:
    assert beginning_of("s3://docs/x") == "s3://"


def test_against_motos_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = pytest.importorskip(
        "moto.server", reason="moto is not installed; the loopback server above stands in"
    )
    boto3 = pytest.importorskip("boto3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    try:
        url = "http://{}:{}".format(*running.get_host_and_port())
        client = boto3.client("s3", endpoint_url=url, region_name="us-east-1")
        client.create_bucket(Bucket="docs")
        for key, content in FILES.items():
            client.put_object(Bucket="docs", Key=key, Body=content)
        bucket = Bucket(url=url)
        assert [step.became for step in steps(bucket, tmp_path / "kept", signed="yes")] == ["fetched"] * 3
        client.put_object(Bucket="docs", Key="a.md", Body=b"Trained on 16 H20.")
        again = steps(bucket, tmp_path / "kept", on=NEXT, signed="yes")
        assert [step.became for step in again] == ["fetched", "unchanged", "unchanged"]
    finally:
        running.stop()
