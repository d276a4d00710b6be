"""A web server on loopback that says and does what a test wants, and clients that reach it without waiting."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chipledger.documents.connect.client import Client, Patience
from chipledger.documents.connect.guard import Guard, resolved
from chipledger.documents.connect.pace import Pace
from chipledger.documents.connect.registry import Settings

QUICK = Patience(
    connect_seconds=2, read_seconds=0.4, try_seconds=1.5, item_seconds=400, tries=3, backoff_seconds=1
)


@dataclass
class Page:
    """What stands at an address."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Does = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """The server: pages by path (with or without the query), and who asked for what."""

    pages: dict[str, Page | Does] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def put(self, path: str, body: str | bytes, status: int = 200, **headers: str) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.pages[path] = Page(
            content, status, {name.replace("_", "-"): value for name, value in headers.items()}
        )


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            site.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            page = (
                site.pages.get(self.path) or site.pages.get(self.path.partition("?")[0]) or Page(b"none", 404)
            )
            if not isinstance(page, Page):
                self.close_connection = True
                page(self)
                return
            etag = page.headers.get("ETag")
            is_held = etag is not None and self.headers.get("If-None-Match") == etag
            body = b"" if is_held else page.body
            self.send_response(304 if is_held else page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            if not is_held and "Content-Length" not in page.headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that hangs up is what some tests are about


@contextmanager
def serving() -> Iterator[Site]:
    """A site for the time of a test."""
    site = Site()
    server = _Server(("127.0.0.1", 0), _handler(site))
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Clock:
    """A pace's clock that jumps instead of sleeping."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def pace(self) -> Pace:
        return Pace(self.now, self.sleep)


def client_for(
    site: Site,
    clock: Clock | None = None,
    patience: Patience = QUICK,
    tell: Callable[[str], None] = lambda line: None,
    allowed: frozenset[str] | None = None,
    resolve: Callable[[str, int], list[str]] = resolved,
) -> Client:
    """A client that may reach the site and nothing else that is private."""
    guard = Guard(frozenset({f"127.0.0.1:{site.port}"}) if allowed is None else allowed, resolve)
    return Client(guard, (clock or Clock()).pace(), patience, tell)


def settings_for(site: Site, clock: Clock | None = None, **more: object) -> Settings:
    """Settings with which every connector asks the site."""
    names = ("arxiv", "github", "hub", "openalex")
    given: dict[str, object] = {
        "allow_private": frozenset({f"127.0.0.1:{site.port}"}), "endpoints": dict.fromkeys(names, site.url),
        "pace": (clock or Clock()).pace(), "patience": QUICK, **more,
    }  # fmt: skip
    return Settings(**given)  # type: ignore[arg-type]


def zipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
