"""Which party of the register an organisation is that an author block, an owner's handle or a domain names.

Takes a name as printed; gives the party where a name of the register is the whole of it, one of its parts, or, for firms and
labs, its beginning ("Tencent AI Lab"). A name that is only recalled decides nothing; who is not known stays as printed.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

from chipledger.parties.party import NameKind, Party, PartyKind
from chipledger.parties.register import parties

_PARTS = re.compile(r"\s*[,;，、/]\s*|\s[-–—@]\s|\s*[()（）]\s*")
_NOT_WORDS = re.compile(r"[\W_]+")
_FIRMS = frozenset(
    {PartyKind.LAB, PartyKind.CLOUD, PartyKind.CHIP_MAKER, PartyKind.SERVER_MAKER, PartyKind.TELECOM}
)
_LEAST_LETTERS = 4
_LEAST_HANZI = 2
_ARTICLE = "the "


@lru_cache(maxsize=1 << 14)
def party_of(printed: str) -> Party | None:
    """The party that an organisation's printed name stands for.

    Args:
        printed: as an author block prints it.

    Returns:
        The party; None where the register has no such name.

    >>> [found.id if (found := party_of(one)) else None for one in ("LightSpeed Studios, Tencent", "HKUST", "香港科技大学", "Example University")]
    ['tencent', 'hkust', 'hkust', None]
    """
    known, firms = _names()
    whole = _key(printed)
    parts = [part for part in (_key(one) for one in _PARTS.split(printed)) if part]
    for said in (whole, *parts):
        if said in known:
            return known[said]
    for said in (whole, *parts):
        words = said.split()
        for count in range(len(words) - 1, 0, -1):
            if found := firms.get(" ".join(words[:count])):
                return found
        if not said.isascii():
            for name, party in firms.items():
                if not name.isascii() and said.startswith(name):
                    return party
    return None


def shown(printed: str) -> str:
    """The name by which an organisation is shown: the party's where it is known, else as printed.

    >>> shown("Tencent AI Lab"), shown("Example University")
    ('Tencent', 'Example University')
    """
    found = party_of(printed)
    return found.primary if found else printed


@lru_cache(maxsize=1 << 14)
def owner_of(handle: str | None) -> Party | None:
    """The party to which the owner of a repository belongs, by a handle that the register has or the name that it begins with.

    >>> [found.id if (found := owner_of(one)) else None for one in ("Tencent", "Tencent-Hunyuan", "GameGen-X")]
    ['tencent', 'tencent', None]
    """
    if not handle:
        return None
    return _handles().get(handle.lower()) or party_of(handle.replace("-", " ").replace("_", " "))


def party_of_domain(domain: str) -> Party | None:
    """The party of an address's domain, or of one above it.

    >>> party_of_domain("tencent.com").id
    'tencent'
    """
    parts = domain.lower().split(".")
    above = (".".join(parts[start:]) for start in range(len(parts) - 1))
    return next((found for one in above if (found := _domains().get(one))), None)


@cache
def _names() -> tuple[Mapping[str, Party], Mapping[str, Party]]:
    """Names written out, and of firms those that may begin a longer name; a name of two parties stands for neither."""
    every: dict[str, list[Party]] = {}
    for party in parties().values():
        for name in party.names:
            if name.decides and name.kind.is_written_out and (said := _key(name.text)):
                every.setdefault(said, []).append(party)
    known = {said: found[0] for said, found in every.items() if len({one.id for one in found}) == 1}
    firms = {
        said: party for said, party in known.items()
        if _FIRMS.intersection(party.kind) and len(said) >= (_LEAST_LETTERS if said.isascii() else _LEAST_HANZI)
    }  # fmt: skip
    return known, firms


@cache
def _handles() -> Mapping[str, Party]:
    return _by_kind(NameKind.HANDLE)


@cache
def _domains() -> Mapping[str, Party]:
    return _by_kind(NameKind.EMAIL_DOMAIN)


def _by_kind(kind: NameKind) -> Mapping[str, Party]:
    return {
        name.text.lower(): party for party in parties().values() for name in party.names if name.kind is kind
    }


def _key(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    said = " ".join(
        _NOT_WORDS.sub(" ", "".join(one for one in plain if not unicodedata.combining(one))).split()
    )
    return said.removeprefix(_ARTICLE)
