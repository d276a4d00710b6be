"""Which connector knows a target, told by how the target begins, and what the edge decides for all of them.

A connector's module is imported only when a target asks for it and gives `connector(settings)`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from chipledger.core.errors import InputError
from chipledger.documents.connect.connector import Connector
from chipledger.documents.connect.pace import Pace
from chipledger.documents.limits import MIB
from chipledger.documents.repository import is_url

if TYPE_CHECKING:  # its library is an extra
    from chipledger.documents.connect.client import Client, Patience

_MODULES = {
    "arxiv:": "arxiv",
    "cc:": "common_crawl",
    "github:": "github",
    "hf:": "hub",
    "openalex:": "openalex",
    "s3://": "s3",
    "https://": "web",
    "http://": "web",
}
"""How a target begins -> the module under `connect` that knows it; the longest beginning decides."""

_PAPER = re.compile(
    r"https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html|e-print|src)/([a-z-]+(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?|\d{4}\.\d{4,5}(?:v\d+)?)(?:\.pdf)?/?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the edge decides: nothing below it asks the environment.

    Args:
        allow_private: hosts ("wiki.corp", "127.0.0.1") that may have a private address; every other is refused.
        contact: an address for the servers' owners, added to the User-Agent.
        endpoints: another server for a connector's own: {"hub": "https://hub.corp"}.
        secrets: keys and tokens by connector name; never stored, never told.
        options: what one connector takes beside: {"arxiv.what": "source,pdf"}.
        proxy: the address of a proxy that requests go through.
        direct: hosts that are asked without it.
        ca_file: certificates to trust beside the usual ones.
        most_bytes: the largest thing fetched.
        tell: told of waits, in words.
        pace: keeps the time between requests; one for all connectors of a run.
        made: the connectors made so far; each serves a whole run, so that robots.txt is asked once a site.
        patience: bounds requests; the defaults where left out.
    """

    allow_private: frozenset[str] = frozenset()
    contact: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, str] = field(default_factory=dict)
    proxy: str | None = None
    direct: tuple[str, ...] = ()
    ca_file: str | None = None
    most_bytes: int = 128 * MIB
    tell: Callable[[str], None] = lambda line: None
    pace: Pace = field(default_factory=Pace)
    made: dict[str, Connector] = field(default_factory=dict, repr=False, compare=False)
    patience: "Patience | None" = None

    def client(self) -> "Client":
        """A client as the edge wants it."""
        from chipledger.documents.connect.client import Client
        from chipledger.documents.connect.guard import Guard

        return Client(
            Guard(self.allow_private), self.pace, self.patience, self.tell, self.contact, self.proxy, self.direct,
            self.ca_file,
        )  # fmt: skip


def beginning_of(target: str) -> str | None:
    """How a target begins, if a connector knows it; the address of a git repository is none of theirs.

    >>> beginning_of("hf:Tencent/Kite"), beginning_of("docs/readme.md"), beginning_of("https://github.com/owner/name")
    ('hf:', None, None)
    """
    if is_url(target):
        return None
    known = (beginning for beginning in _MODULES if target.lower().startswith(beginning))
    return max(known, key=len, default=None)


def canonical(target: str) -> str:
    """A target as its own connector writes it: the address of a paper's page is that paper.

    >>> canonical("https://arxiv.org/abs/2411.02265v2"), canonical("https://example.org/abs/1")
    ('arxiv:2411.02265v2', 'https://example.org/abs/1')
    """
    paper = _PAPER.match(target)
    return f"arxiv:{paper[1]}" if paper else target


def connector_for(target: str, settings: Settings) -> Connector:
    """The connector of a target.

    Args:
        target: in its canonical form.
        settings: what the edge decided.

    Raises:
        InputError: no connector knows it.
    """
    beginning = beginning_of(target)
    if beginning is None:
        raise InputError(
            "nothing here knows how to fetch this",
            where=target,
            expected=" or ".join(f"{one}…" for one in _MODULES),
        )
    name = _MODULES[beginning]
    if name not in settings.made:
        settings.made[name] = import_module(f"chipledger.documents.connect.{name}").connector(settings)
    return settings.made[name]
