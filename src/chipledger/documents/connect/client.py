"""The one HTTP client of all connectors: polite, patient, suspicious.

It names itself, keeps each host's pace, obeys Retry-After, tries again a bounded number of times, asks again only for
what changed, follows redirects by hand and looks at every hop, and bounds time and bytes of whatever comes. A body that
is cut off, longer than it may be or packed otherwise than said is an error and never a document.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import unquote, urlencode, urljoin, urlsplit

import certifi
import httpcore

from chipledger import __version__
from chipledger.core.errors import InputError, LimitError
from chipledger.documents.connect.address import host_and_port, normal
from chipledger.documents.connect.connector import FetchError
from chipledger.documents.connect.guard import Guard, RefusedError, UnknownHostError
from chipledger.documents.connect.pace import Pace
from chipledger.documents.connect.unpack import ACCEPTED, DamagedError, unpacked
from chipledger.documents.limits import MIB

NAME = "chipledger"
_REDIRECTS = (301, 302, 303, 307, 308)
_TRY_LATER = (429, 500, 502, 503, 504)
_WORDS = {400: "the server finds the question malformed", 401: "the server asks for a login", 403: "the server refuses",
          404: "not found", 406: "the server has no such form", 410: "gone", 429: "too many requests",
          451: "withheld for legal reasons", 500: "the server failed", 502: "the server behind it failed",
          503: "the server is busy", 504: "the server behind it did not answer"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The bounds on one request and on trying it again.

    Args:
        connect_seconds: until a connection stands.
        read_seconds: between two pieces.
        try_seconds: one try with its redirects, from first to last byte.
        item_seconds: all tries and waits together.
        tries: how many.
        backoff_seconds: before the second try; doubled each time.
        longest_wait_seconds: how long a Retry-After is obeyed; a longer one ends the tries.
        redirects: how many hops.
    """

    connect_seconds: float = 15.0
    read_seconds: float = 30.0
    try_seconds: float = 300.0
    item_seconds: float = 900.0
    tries: int = 4
    backoff_seconds: float = 2.0
    longest_wait_seconds: float = 120.0
    redirects: int = 8


class Receiver(Protocol):
    """Where a body goes: a snapshot's sink, or memory."""

    most_bytes: int

    def write(self, piece: bytes) -> None:
        """Take some bytes; LimitError where it is too much."""

    def restart(self) -> None:
        """Forget what came."""


class Memory:
    """A body in memory.

    Args:
        most_bytes: how much of it is taken.
    """

    def __init__(self, most_bytes: int = 16 * MIB) -> None:
        self.most_bytes, self.content = most_bytes, bytearray()

    def write(self, piece: bytes) -> None:
        """Take some bytes."""
        if len(self.content) + len(piece) > self.most_bytes:
            raise LimitError(f"more than {self.most_bytes / 1e6:.1f} MB came where less was due")
        self.content += piece

    def restart(self) -> None:
        """Forget what came."""
        self.content.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What goes with a request.

    Args:
        etag, last_modified: of what is held; the server may answer that it still stands.
        accept: media types wanted.
        secret_headers: sent to the host that was asked and to no other, never told.
        secret_query: added to the address that is asked and to no other, never told.
        byte_range: the first and the last byte wanted; the answer's status is then 206.
        may_ask: told each address before it is asked, raises FetchError where it must not be (robots.txt).
    """

    etag: str | None = None
    last_modified: str | None = None
    accept: str = "*/*"
    secret_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_query: Mapping[str, str] = field(default_factory=dict, repr=False)
    may_ask: Callable[[str], None] = lambda url: None
    byte_range: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answered; a body is where the caller wanted it.

    Args:
        url: the address that answered, after redirects.
        status: 200, 206 (a part) or 304.
        headers: by name in lower case.
    """

    url: str
    status: int
    headers: Mapping[str, str]

    @property
    def is_unchanged(self) -> bool:
        """Whether what is held still stands."""
        return self.status == 304

    @property
    def content_type(self) -> str | None:
        """The media type with its parameters, as the server says it."""
        return self.headers.get("content-type", "").strip()[:200] or None

    @property
    def media_type(self) -> str | None:
        """The media type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower() or None


class _TryLaterError(Exception):
    """A try failed in a way that another may not."""

    def __init__(self, why: str, host: str, wait_seconds: float | None = None) -> None:
        super().__init__(why)
        self.why, self.host, self.wait_seconds = why, host, wait_seconds


class Client:
    """Asks servers.

    Args:
        guard: opens connections.
        pace: keeps the time between requests.
        patience: bounds them.
        tell: told of waits, in words.
        contact: an address for the servers' owners.
        proxy: the address of a proxy that requests go through; it is trusted to resolve names.
        direct: hosts that are asked without it (".corp" means all below corp), beside those that may be private.
        ca_file: certificates to trust beside the usual ones.
    """

    def __init__(
        self,
        guard: Guard | None = None,
        pace: Pace | None = None,
        patience: Patience | None = None,
        tell: Callable[[str], None] = lambda line: None,
        contact: str | None = None,
        proxy: str | None = None,
        direct: tuple[str, ...] = (),
        ca_file: str | None = None,
    ) -> None:
        self.guard, self.pace = guard or Guard(), pace or Pace()
        self.patience, self._tell = patience or Patience(), tell
        self.user_agent = f"{NAME}/{__version__} (reads public documents" + (
            f"; {contact})" if contact else ")"
        )
        context, self._direct = _trusting(ca_file), direct
        self._pool = httpcore.ConnectionPool(
            context, max_connections=4, max_keepalive_connections=4, network_backend=self.guard
        )
        self._proxy = _proxied(proxy, context) if proxy else None

    def read(self, url: str, ask: Ask | None = None, most_bytes: int = 16 * MIB) -> tuple[Reply, bytes]:
        """Ask for something small.

        Args:
            url: its address.
            ask: what goes with the request.
            most_bytes: the bound of the body.

        Raises:
            FetchError: it did not come.
            LimitError: more came than is taken.
        """
        memory = Memory(most_bytes)
        reply = self.get(url, memory, ask)
        return reply, bytes(memory.content)

    def get(self, url: str, receiver: Receiver, ask: Ask | None = None) -> Reply:
        """Ask for something; try again where that may help.

        Args:
            url: its address, http or https.
            receiver: where the body goes.
            ask: what goes with the request.

        Raises:
            FetchError: it did not come, with the reason in words.
            LimitError: more came than is taken.
        """
        bounds, began = self.patience, self.guard.now()
        for number in range(1, bounds.tries + 1):
            receiver.restart()
            try:
                return self._followed(normal(url), receiver, ask or Ask())
            except _TryLaterError as error:
                receiver.restart()
                wait = (
                    error.wait_seconds
                    if error.wait_seconds is not None
                    else bounds.backoff_seconds * 2 ** (number - 1)
                )
                left = began + bounds.item_seconds - self.guard.now()
                if wait > bounds.longest_wait_seconds:
                    raise FetchError(
                        f"{error.why}; it asks to come back in {wait:.0f} s, run it again then"
                    ) from None
                if number == bounds.tries or wait > left:
                    raise FetchError(f"{error.why}, tried {number} times") from None
                self._tell(f"{error.host}: {error.why}; waiting {wait:.0f} s")
                self.pace.pause(error.host, wait)
        raise FetchError("no try is allowed")

    def _followed(self, url: str, receiver: Receiver, ask: Ask) -> Reply:
        """One try: hop after hop to an answer."""
        at, ends_at = url, None
        for _ in range(self.patience.redirects + 1):
            host = host_and_port(at)
            self._check(*host)
            ask.may_ask(at)
            self.pace.wait(host[0])
            ends_at = ends_at or self.guard.now() + self.patience.try_seconds
            self.guard.ends_at = ends_at
            asked = _with_query(at, ask.secret_query) if at == url else at
            sent = self._headers(ask, _origin(at) == _origin(url))
            with self._answer(asked, host[0], sent) as (status, headers, pieces):
                if status not in _REDIRECTS or "location" not in headers:
                    _be_an_answer_to(ask, status, headers)
                    self._take(status, headers, pieces, receiver, host[0])
                    return Reply(url=_without(at, ask.secret_query), status=status, headers=headers)
            at = normal(urljoin(at, headers["location"]))
        raise FetchError(f"more than {self.patience.redirects} redirects")

    def _check(self, host: str, port: int) -> None:
        """Refuse a host before anything is sent; a proxy would resolve it out of our sight."""
        try:
            self.guard.checked(host, port)
        except RefusedError as error:
            raise FetchError(f"refused: {error}") from None
        except UnknownHostError as error:
            if self._pool_for(host, port) is self._pool:
                raise FetchError(str(error)) from None

    def _pool_for(self, host: str, port: int) -> httpcore.ConnectionPool:
        """The connections through which a host is asked."""
        is_named = any(
            host == one.lstrip(".") or host.endswith(f".{one.lstrip('.')}") for one in self._direct
        )
        if self._proxy is None or is_named or self.guard.is_allowed(host, port):
            return self._pool
        return self._proxy

    def _headers(self, ask: Ask, is_own_host: bool) -> list[tuple[str, str]]:
        headers = [("User-Agent", self.user_agent), ("Accept", ask.accept), ("Accept-Encoding", ACCEPTED)]
        if ask.etag and ask.etag.isascii():
            headers.append(("If-None-Match", ask.etag))
        if ask.byte_range:
            headers.append(("Range", f"bytes={ask.byte_range[0]}-{ask.byte_range[1]}"))
        if ask.last_modified and ask.last_modified.isascii():
            headers.append(("If-Modified-Since", ask.last_modified))
        return headers + (list(ask.secret_headers.items()) if is_own_host else [])

    @contextmanager
    def _answer(
        self, url: str, host: str, headers: list[tuple[str, str]]
    ) -> Iterator[tuple[int, dict[str, str], Iterator[bytes]]]:
        """Status, headers and body of one request; what a connection may do wrong, in words."""
        bounds = self.patience
        timeout = {
            "connect": bounds.connect_seconds,
            "read": bounds.read_seconds,
            "write": bounds.read_seconds,
            "pool": 5.0,
        }
        try:
            with self._pool_for(*host_and_port(url)).stream(
                "GET",
                url,
                headers=[("Host", urlsplit(url).netloc), *headers],
                extensions={"timeout": timeout},
            ) as response:
                named = {
                    name.decode("latin-1").lower(): value.decode("latin-1")
                    for name, value in response.headers
                }
                yield response.status, named, response.iter_stream()
        except RefusedError as error:
            raise FetchError(f"refused: {error}") from None
        except UnknownHostError as error:
            raise FetchError(str(error)) from None
        except httpcore.TimeoutException as error:
            raise _TryLaterError(
                f"no answer in time ({error})" if str(error) else "no answer in time", host
            ) from None
        except (httpcore.NetworkError, httpcore.ProxyError) as error:
            if "CERTIFICATE" in str(error):
                raise FetchError(f"its certificate is not to be trusted ({error})") from None
            raise _TryLaterError(f"the connection failed ({error})", host) from None
        except httpcore.RemoteProtocolError as error:
            raise _TryLaterError(f"the answer is cut off or no HTTP ({error})", host) from None
        except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol):  # they may repeat a key
            raise FetchError("the address, a validator or a key cannot stand in a question of HTTP") from None

    def _take(
        self, status: int, headers: Mapping[str, str], pieces: Iterator[bytes], receiver: Receiver, host: str
    ) -> None:
        """A good answer's body into the receiver; a bad answer as an error."""
        if status == 304:
            return
        if status in _TRY_LATER or (status == 403 and headers.get("x-ratelimit-remaining") == "0"):
            raise _TryLaterError(f"{_WORDS[status]} ({status})", host, _retry_after(headers))
        if status != 200 and not (status == 206 and "content-range" in headers):
            raise FetchError(f"{_WORDS.get(status, 'an answer of no use')} ({status})", status=status)
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > receiver.most_bytes:
            raise LimitError(
                f"{int(announced) / 1e6:.1f} MB is over the limit of {receiver.most_bytes / 1e6:.1f} MB; "
                "raise it with --max-bytes"
            )
        try:
            for piece in unpacked(pieces, headers.get("content-encoding", "")):
                receiver.write(piece)
        except DamagedError as error:
            raise FetchError(str(error)) from None


def _trusting(ca_file: str | None) -> ssl.SSLContext:
    """Which certificates are trusted.

    Raises:
        InputError: the file holds none.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    if ca_file is None:
        return context
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:
        why = "no certificate in it" if isinstance(error, ssl.SSLError) else error.strerror
        raise InputError(
            f"cannot read certificates: {why}", where=ca_file, remedy="mend SSL_CERT_FILE"
        ) from None
    return context


def _proxied(proxy: str, context: ssl.SSLContext) -> httpcore.HTTPProxy:
    """Connections through a proxy, with the name and password that stand in its address."""
    parts = urlsplit(proxy)
    plain = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return httpcore.HTTPProxy(plain, proxy_auth=login, ssl_context=context, max_connections=1)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as the server asks; a day is counted from the server's own clock.

    >>> _retry_after({"retry-after": "7"})
    7.0
    >>> _retry_after({"retry-after": "Wed, 25 Nov 2026 10:00:30 GMT", "date": "Wed, 25 Nov 2026 10:00:00 GMT"})
    30.0
    """
    asked, reset = headers.get("retry-after", "").strip(), headers.get("x-ratelimit-reset", "").strip()
    if asked.isdecimal():
        return float(asked[:9])
    try:
        now = parsedate_to_datetime(headers.get("date", ""))
        if not asked and reset.isdecimal() and headers.get("x-ratelimit-remaining") == "0":
            return max(0.0, float(reset[:12]) - now.timestamp()) + 1.0
        until = parsedate_to_datetime(asked)
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _be_an_answer_to(ask: Ask, status: int, headers: Mapping[str, str]) -> None:
    """Refuse a part or a "not modified" that nobody asked for, which would pass for a whole or an empty document.

    Raises:
        FetchError: it answers another question.
    """
    if status == 304 and not (ask.etag or ask.last_modified):
        raise FetchError("the server says that nothing changed, and nothing was held")
    if status == 206:
        due = f"bytes {ask.byte_range[0]}-{ask.byte_range[1]}/" if ask.byte_range else None
        if due is None or not headers.get("content-range", "").strip().lower().startswith(due):
            raise FetchError("the server gave another part than was asked for")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _with_query(url: str, more: Mapping[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(more)}" if more else url


def _without(url: str, secrets: Mapping[str, str]) -> str:
    """An address that tells no secret, should a redirect have repeated one."""
    return url.partition("?")[0] if any(value and value in url for value in secrets.values()) else url
