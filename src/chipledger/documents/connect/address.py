"""Addresses of the web: checked, in one spelling, and as names of documents.

Takes what a user or a redirect gives; refuses every scheme but http and https, and passwords in addresses.
"""

import hashlib
import re
from urllib.parse import quote, urlsplit, urlunsplit

from chipledger.documents.connect.connector import FetchError

_PORTS = {"http": 80, "https": 443}
_KEPT = "%/:@!$&'(),*+;=~-._?"
_UNSAFE = re.compile(r"[^\w+.(),=@-]+")
_QUOTED = re.compile(r"%[0-9A-Fa-f]{2}")
_LONGEST_PART, _LONGEST_NAME = 80, 200


def normal(url: str) -> str:
    """An address in the spelling that is sent: host in ASCII and lower case, no fragment, nothing unquoted.

    Args:
        url: as given.

    Raises:
        FetchError: it is no address that is asked.

    >>> normal("HTTPS://Example.ORG/a b#top")
    'https://example.org/a%20b'
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
        host = host if ":" in host else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise FetchError(f"not an address: {url[:200]!r}") from None
    if parts.scheme not in _PORTS:
        raise FetchError(f"refused: only http and https are asked, not {parts.scheme or 'nothing'}:")
    if not host:
        raise FetchError(f"not an address: {url[:200]!r}")
    if parts.username is not None or parts.password is not None:
        raise FetchError("refused: a name or password stands in the address, and addresses are stored")
    shown = f"[{host}]" if ":" in host else host
    place = f"{shown}:{port}" if port and port != _PORTS[parts.scheme] else shown
    path, query = quoted(parts.path or "/"), quoted(parts.query)
    return urlunsplit((parts.scheme, place.lower(), path, query, ""))


def quoted(part: str) -> str:
    """A path or a query with nothing unquoted in it, and what is quoted in one spelling.

    >>> quoted("/新/%e6%96 a")
    '/%E6%96%B0/%E6%96%20a'
    """
    return _QUOTED.sub(lambda match: match[0].upper(), quote(part, safe=_KEPT, errors="replace"))


def host_and_port(url: str) -> tuple[str, int]:
    """Host and port of an address in normal spelling.

    >>> host_and_port("https://example.org/a")
    ('example.org', 443)
    """
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS[parts.scheme]


def name_of(url: str, ending: str) -> str:
    """A document's name for an address: its host and path, safe in any folder, with the ending that tells its format.

    Args:
        url: in normal spelling.
        ending: "html", "pdf", …; what the path ends with is kept where it agrees.

    >>> name_of("https://example.org/news/h20?id=7", "html")
    'example.org/news/h20,id=7.html'
    >>> name_of("https://example.org/../a.pdf", "pdf"), name_of("https://example.org/", "html")
    ('example.org/a.pdf', 'example.org/index.html')
    """
    parts = urlsplit(url)
    kept = [_UNSAFE.sub("_", part)[:_LONGEST_PART] for part in parts.path.split("/")]
    path = "/".join(part for part in kept if part.strip(".")) or "index"
    query = f",{_UNSAFE.sub('_', parts.query)}" if parts.query else ""
    name = f"{_UNSAFE.sub('_', parts.netloc)}/{path}{query}"
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}~{hashlib.sha256(url.encode()).hexdigest()[:12]}"
    return name if name.lower().endswith(f".{ending}") else f"{name}.{ending}"
