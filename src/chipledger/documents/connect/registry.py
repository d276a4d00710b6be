"""Which connector knows a target, told by how the target begins, and what the edge decides for all of them.

A connector's module is imported only when a target asks for it and gives `connector(settings)`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module

from chipledger.core.errors import InputError
from chipledger.documents.connect.connector import Connector

_MODULES = {
    "arxiv:": "arxiv",
    "hf:": "hub",
    "openalex:": "openalex",
    "https://": "web",
    "http://": "web",
}
"""How a target begins -> the module under `connect` that knows it; the longest beginning decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the edge decides: nothing below it asks the environment.

    Args:
        allow_private: hosts ("wiki.corp", "127.0.0.1") that may have a private address; every other is refused.
        contact: an address for the servers' owners, added to the User-Agent.
        endpoints: another server for a connector's own: {"hub": "https://hub.corp"}.
        secrets: keys and tokens by connector name; never stored, never told.
        options: what one connector takes beside: {"arxiv.what": "source,pdf"}.
        most_bytes: the largest thing fetched.
    """

    allow_private: frozenset[str] = frozenset()
    contact: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, str] = field(default_factory=dict)
    most_bytes: int = 128 * 1024 * 1024


def beginning_of(target: str) -> str | None:
    """How a target begins, if a connector knows it.

    >>> beginning_of("hf:Tencent/Kite"), beginning_of("docs/readme.md")
    ('hf:', None)
    """
    known = (beginning for beginning in _MODULES if target.lower().startswith(beginning))
    return max(known, key=len, default=None)


def connector_for(target: str, settings: Settings) -> Connector:
    """The connector of a target.

    Args:
        target: as the user wrote it.
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
    module = import_module(f"chipledger.documents.connect.{_MODULES[beginning]}")
    made: Connector = module.connector(settings)
    return made
