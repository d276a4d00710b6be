"""Whether a site's robots.txt lets us read a page (RFC 9309), asked once a host.

Takes addresses; raises a FetchError that says so where a page is closed to us. A site without the file is open; one whose
file cannot be had is closed for this run.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from chipledger.core.errors import LimitError
from chipledger.documents.connect.address import quoted
from chipledger.documents.connect.client import NAME, Client
from chipledger.documents.connect.connector import FetchError
from chipledger.documents.limits import MIB

_MOST_BYTES = MIB // 2
_MOST_RULES = 5_000
_LONGEST_DELAY_SECONDS = 30.0
_LINE = re.compile(r"[ \t]*([A-Za-z-]+)[ \t]*:([^#]*)")
_PRODUCT = re.compile(r"[a-z_-]+")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a robots.txt says to one reader.

    Args:
        rules: (is allowed, pattern of paths), in the order of the file.
        delay_seconds: between two requests, where it asks for some.
    """

    rules: tuple[tuple[bool, str], ...] = ()
    delay_seconds: float | None = None

    def allows(self, path: str) -> bool:
        """Whether a path, with its query, may be read: the longest rule that fits decides, a tie allows.

        >>> rules = rules_in("User-agent: *\\nDisallow: /private\\nAllow: /private/open\\nDisallow: /*.php$", "chipledger")
        >>> [rules.allows(path) for path in ("/a", "/private/x", "/private/open/x", "/a.php", "/a.php?b")]
        [True, False, True, False, True]
        """
        fitting = [(len(pattern), allowed) for allowed, pattern in self.rules if _fits(pattern, path)]
        return max(fitting, default=(0, True))[1] or path == "/robots.txt"


def rules_in(text: str, reader: str) -> Rules:
    """The rules of a robots.txt for one reader: its own groups, else those of "*".

    Args:
        text: the file's.
        reader: the product's name.

    >>> rules_in("User-agent: other\\nDisallow: /\\n\\nUser-agent: chipledger\\nCrawl-delay: 5", "chipledger")
    Rules(rules=(), delay_seconds=5.0)
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    named: list[str] = []
    is_naming = False
    for match in filter(None, map(_LINE.match, text.removeprefix("\ufeff").splitlines())):
        key, value = match[1].lower(), match[2].strip()
        if key == "user-agent":
            product = _PRODUCT.match(value.lower())
            named = [*(named if is_naming else ()), product[0] if product else value]
            is_naming = True
            groups.setdefault(named[-1], [])
        elif key in ("allow", "disallow", "crawl-delay"):
            is_naming = False
            for name in named:
                groups[name].append((key, value))
    own = groups.get(reader.lower(), groups.get("*", []))
    rules = tuple((key == "allow", quoted(value)) for key, value in own if key != "crawl-delay" and value)
    delays = [
        float(value)
        for key, value in own
        if key == "crawl-delay" and re.fullmatch(r"\d{1,6}(\.\d{1,3})?", value)
    ]
    return Rules(rules[:_MOST_RULES], max(delays, default=None))


def _fits(pattern: str, path: str) -> bool:
    """Whether a path begins as a pattern says; "*" is anything, "$" the end. Linear but for the stars."""
    is_whole = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if not rest:
        return not is_whole or at == len(path)
    for piece in rest[:-1]:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    last = rest[-1]
    return (path.endswith(last) and len(path) - len(last) >= at) if is_whole else path.find(last, at) >= 0


class Robots:
    """The robots.txt of every site that is asked.

    Args:
        client: asks for them.
        tell: told where one asks for a slower pace.
    """

    def __init__(self, client: Client, tell: Callable[[str], None] = lambda line: None) -> None:
        self._client, self._tell = client, tell
        self._sites: dict[str, Rules | str] = {}

    def may_ask(self, url: str) -> None:
        """Let an address pass that may be read.

        Args:
            url: in normal spelling.

        Raises:
            FetchError: the site closes it to us.
        """
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._sites:
            self._sites[site] = self._rules_of(site, parts.hostname or "")
        rules = self._sites[site]
        if isinstance(rules, str):
            raise FetchError(
                f"robots.txt of {parts.netloc} cannot be had, so the page is not asked for: {rules}"
            )
        if not rules.allows(parts.path + (f"?{parts.query}" if parts.query else "")):
            raise FetchError(f"robots.txt of {parts.netloc} closes this page to {NAME}")

    def _rules_of(self, site: str, host: str) -> Rules | str:
        try:
            _, content = self._client.read(f"{site}/robots.txt", most_bytes=_MOST_BYTES)
        except FetchError as error:
            is_absent = error.status is not None and 400 <= error.status < 500 and error.status != 429
            return Rules() if is_absent else error.reason
        except LimitError as error:
            return str(error)
        rules = rules_in(content.decode("utf-8", "replace"), NAME)
        if rules.delay_seconds:
            seconds = min(rules.delay_seconds, _LONGEST_DELAY_SECONDS)
            self._client.pace.between(host, seconds)
            self._tell(f"{host}: asks for {seconds:.0f} s between pages")
        return rules
