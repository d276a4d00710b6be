"""Which lists of parties there are, whose they are, and what standing on one asks of an export.

Reads data/parties/lists.yaml; gives frozen records by id. A list that asks nothing under the Export Administration
Regulations says so: standing on section 1260H's list is no export restriction.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import Field

from chipledger.core.errors import InputError
from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Cite

FOLDER = Path(str(files("chipledger"))) / "data" / "parties"


class Effect(StrEnum):
    """What standing on a list asks."""

    LICENSE = "license"
    CONDITION = "condition"
    DENIAL = "denial"
    BLOCKING = "blocking"
    SANCTIONS = "sanctions"
    SECURITIES = "securities"
    PROCUREMENT = "procurement"
    DEFENCE_TRADE = "defence_trade"

    @property
    def touches_exports(self) -> bool:
        """Whether it bears on exports of items subject to the EAR by itself."""
        return self in (Effect.LICENSE, Effect.CONDITION, Effect.DENIAL, Effect.BLOCKING)


class PartyList(Record):
    """One list.

    Args:
        id: short and never renamed.
        title: as its publisher calls it.
        code: in the Consolidated Screening List; None where it is not part of it.
        authority: the law it rests on.
        effect: what it asks; `says` in a sentence.
        default: whether it is screened against where no list is asked for.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    publisher: str
    code: str | None
    authority: str
    effect: Effect
    says: str
    default: bool
    cites: tuple[Cite, ...] = Field(min_length=1)


@cache
def lists() -> Mapping[str, PartyList]:
    """Every list by its id.

    >>> sorted(name for name, one in lists().items() if one.effect is Effect.LICENSE)
    ['entity_list', 'meu']
    """
    return {one.id: one for one in load_yaml_list(FOLDER / "lists.yaml", PartyList)}


@cache
def by_code() -> Mapping[str, str]:
    """The id of each list by its code in the Consolidated Screening List."""
    return {one.code: one.id for one in lists().values() if one.code}


def chosen(names: Iterable[str] = ()) -> frozenset[str]:
    """The ids of the lists that were asked for.

    Args:
        names: ids or codes in any case, "all" for every list; none for the default set.

    Raises:
        InputError: there is no such list.

    >>> sorted(chosen(["EL", "1260h"]))
    ['1260h', 'entity_list']
    """
    found: set[str] = set()
    asked = list(names)
    for name in asked:
        key = name.strip().casefold().replace("-", "_")
        codes = {
            code.casefold().replace("-", "_").removesuffix(" list"): one for code, one in by_code().items()
        }
        if key == "all":
            found.update(lists())
        elif key in lists() or key in codes:
            found.add(key if key in lists() else codes[key])
        else:
            raise InputError(f"no such list: {name!r}", expected=", ".join((*lists(), "or all")))
    return frozenset(found) if asked else frozenset(name for name, one in lists().items() if one.default)
