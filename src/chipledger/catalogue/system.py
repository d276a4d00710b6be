"""Boards, servers, racks and cloud instances, and the chips each may hold.

Takes data/systems.yaml; gives systems by id and by printed name. Several chips under one system are alternatives
(a DGX A100 came with either memory), never a mix; a count is that of one system, None where sizes differ.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from chipledger.catalogue.chip import DATA, chips
from chipledger.catalogue.printed import key, without_vendors
from chipledger.core.errors import DataError, InputError
from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Grade

Kind = Literal[
    "board",
    "workstation",
    "server",
    "rack",
    "supercomputer",
    "instance",
    "instance family",
    "slice",
]


class System(Record):
    """A thing one buys or rents that holds chips of the catalogue."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    maker: str
    kind: Kind
    chips: tuple[str, ...] = Field(min_length=1)
    """Catalogue ids; several are alternatives."""
    count: int | None = Field(default=None, gt=0)
    """Chips in one system; None where sizes differ or it is not known."""
    source: str
    grade: Grade
    note: str | None = None


@cache
def systems() -> Mapping[str, System]:
    """Every system by id, in the order of ids.

    Raises:
        DataError: the file breaks its contract, or names a chip that the catalogue lacks.

    >>> systems()["dgx-h100"].count
    8
    """
    listed = load_yaml_list(DATA / "systems.yaml", System)
    for system in listed:
        if missing := [id for id in system.chips if id not in chips()]:
            raise DataError(f"{system.id} holds unknown chips {missing}", where="systems.yaml")
    return MappingProxyType({system.id: system for system in sorted(listed, key=lambda system: system.id)})


def systems_named(name: str) -> tuple[System, ...]:
    """The systems that a printed name may mean, most often none or one.

    >>> [system.id for system in systems_named("NVIDIA DGX-H100")]
    ['dgx-h100']
    >>> [system.id for system in systems_named("GN7")]
    ['alibaba-gn7', 'tencent-gn7']
    """
    named = _by_key()
    return named.get(key(name)) or named.get(key(without_vendors(name))) or ()


def chips_of(system_name: str) -> tuple[str, ...]:
    """The ids of the chips that a system may hold.

    Raises:
        InputError: no system has this name.

    >>> chips_of("p4d.24xlarge")
    ('nvidia-a100-sxm-40',)
    >>> len(chips_of("Atlas 800T A2"))
    4
    """
    named = systems_named(system_name)
    if not named:
        raise InputError(
            f"no system is named {system_name!r}",
            expected="one such as 'DGX H100', 'p4d.24xlarge', 'Atlas 800T A2'",
        )
    return tuple(dict.fromkeys(id for system in named for id in system.chips))


@cache
def _by_key() -> Mapping[str, tuple[System, ...]]:
    found: dict[str, tuple[System, ...]] = {}
    for system in systems().values():
        for spelling in {key(name) for name in (system.name, *system.aliases)}:
            found[spelling] = (*found.get(spelling, ()), system)
    return found
