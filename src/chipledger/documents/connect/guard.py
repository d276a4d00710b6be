"""Connections that go only where they may, and end when they must.

A host is resolved here, every address that it has is checked, and the connection goes to an address that was checked:
a name that leads elsewhere when asked a second time finds nobody who asks. Every read and write ends at the deadline of
the request, so that a server that trickles its header costs no more than one that hangs.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

_ADDRESSES_TRIED = 3
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class RefusedError(Exception):
    """A host leads to an address to which nothing is sent."""


class UnknownHostError(Exception):
    """A name that no address belongs to."""


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet, and so is every address wrapped inside it.

    Args:
        address: IPv4 or IPv6, as text.

    >>> [is_public(one) for one in ("93.184.215.14", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1")]
    [True, False, False, False, False]
    >>> [is_public(one) for one in ("2002:7f00:1::", "64:ff9b::a00:1", "224.0.0.1", "100.64.0.1", "fe80::1%eth0")]
    [False, False, False, False, False]
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast and not one.is_reserved for one in _with_wrapped(found))


def _with_wrapped(address: Address) -> Iterable[Address]:
    """An address; instead of it the IPv4 address that it maps, and beside it those that it tunnels to."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    wrapped = [address.sixtofour, *(address.teredo or ())]
    return [address, *(one for one in wrapped if one is not None)]


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host, in the order in which the system would try them.

    Raises:
        UnknownHostError: it has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError(
            f"no address is known for {host} ({getattr(error, 'strerror', None) or error})"
        ) from None
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Guard(httpcore.NetworkBackend):
    """Opens connections for `client`: to checked addresses, until the deadline.

    Args:
        allowed: "host" or "host:port" that may have a private address.
        resolve: host and port to addresses.
        now: a clock that only goes forward, in seconds.
    """

    def __init__(
        self,
        allowed: frozenset[str] = frozenset(),
        resolve: Callable[[str, int], list[str]] = resolved,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ends_at = float("inf")
        self.now = now
        self._allowed, self._resolve = frozenset(one.lower() for one in allowed), resolve
        self._plain = httpcore.SyncBackend()

    def checked(self, host: str, port: int) -> list[str]:
        """The addresses of a host to which something may be sent.

        Raises:
            RefusedError: one of them is private, loopback, link-local, multicast or reserved.
            UnknownHostError: it has none.
        """
        addresses = self._resolve(host, port)
        if not self.is_allowed(host, port):
            for address in addresses:
                if not is_public(address):
                    raise RefusedError(
                        f"{host} leads to {address}, which is not on the open internet; "
                        f"allow it with --allow-private {host} if it is yours"
                    )
        return addresses

    def is_allowed(self, host: str, port: int) -> bool:
        """Whether the user allows this host a private address."""
        return bool({host.lower(), f"{host.lower()}:{port}"} & self._allowed)

    def left(self, timeout: float | None) -> float:
        """Seconds until a read or write must end.

        Raises:
            httpcore.ReadTimeout: the deadline has passed.
        """
        seconds = self.ends_at - self.now()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the time for one document is over")
        return min(seconds, timeout) if timeout is not None else seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first of the host's checked addresses that answers."""
        trouble: Exception | None = None
        for address in self.checked(host, port)[:_ADDRESSES_TRIED]:
            try:
                stream = self._plain.connect_tcp(
                    address, port, self.left(timeout), local_address, socket_options
                )
                return _Timed(stream, self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
        raise trouble or httpcore.ConnectError(f"no address of {host} answers")


class _Timed(httpcore.NetworkStream):
    """A connection whose reads and writes end at the guard's deadline."""

    def __init__(self, stream: httpcore.NetworkStream, guard: Guard) -> None:
        self._stream, self._guard = stream, guard

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._guard.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._guard.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._guard.left(timeout))
        return _Timed(secured, self._guard)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
