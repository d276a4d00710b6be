"""Which organisation the address of a commit's author names: its domain, never the person.

An address at a mail provider for anyone, or a forge's stand-in for one, names none. Anybody may write any address into a
commit, so that the domain is what the commit says, not what was checked.
"""

import re
from functools import cache
from pathlib import Path

from chipledger.core.load import load_yaml
from chipledger.core.records import Record

_DATA = Path(__file__).parents[1] / "data" / "evidence" / "mail_providers.yaml"
_DOMAIN = re.compile(r"@((?:[a-z0-9-]{1,63}\.)+[a-z]{2,24})$")


class Providers(Record):
    """Domains whose addresses tell no organisation."""

    providers: tuple[str, ...]


@cache
def _providers() -> frozenset[str]:
    return frozenset(load_yaml(_DATA, Providers).providers)


def domain_of(address: str) -> str | None:
    """The domain of an address, where it names an organisation.

    Args:
        address: as a commit has it.

    Returns:
        The domain in lower case; None for a mail provider's, a forge's or a machine's own.

    >>> domain_of("someone@tencent.com"), domain_of("12+who@users.noreply.github.com"), domain_of("root@gpu-17")
    ('tencent.com', None, None)
    """
    match = _DOMAIN.search(address.strip().lower())
    if match is None:
        return None
    parts = match[1].split(".")
    above = (".".join(parts[start:]) for start in range(len(parts) - 1))
    return None if any(one in _providers() for one in above) else match[1]
