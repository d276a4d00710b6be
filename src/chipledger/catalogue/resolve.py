"""A chip's name as printed, to the catalogue ids it may stand for.

Takes a name in any script and, where known, the day it was printed; gives the ids, how certain they are, and why.
A bare family name ("A100") stands for all its variants; memory, form and memory type narrow them; a name that
unrelated products share ("R200") stays several; a system's name stands for the chips it may hold.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Literal

from chipledger.catalogue.chip import Chip, chips
from chipledger.catalogue.printed import PrintedName, folded, key, taken_apart
from chipledger.catalogue.system import System, systems_named

SHORTEST_PREFIX_CHARS = 3
SHORTEST_CJK_PREFIX_CHARS = 2
_PARENTHESES = re.compile(r"\s*\([^()]*\)")

Certainty = Literal["one", "several", "family", "unknown"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a printed name may stand for.

    `certainty`: one chip · family (variants of one product, which one was not said) · several (unrelated products
    or unlike grades share the name) · unknown.
    """

    name: str
    chips: tuple[str, ...]
    certainty: Certainty
    reasons: tuple[str, ...]


def resolve(name: str, on: date | None = None) -> Resolution:
    """The catalogue ids a printed name may stand for.

    Args:
        name: the name as printed.
        on: the day it was printed; chips that were not out by then are set aside.

    Returns:
        The ids in catalogue order, the certainty, and the reasons.

    >>> resolve("英伟达A100 80G PCIe").chips
    ('nvidia-a100-pcie-80',)
    >>> resolve("H20", on=date(2024, 11, 5)).chips
    ('nvidia-h20',)
    >>> resolve("R200").certainty, resolve("R200").chips
    ('several', ('kunlun-r200', 'nvidia-vr200'))
    """
    if name in chips():
        return Resolution(name, (name,), "one", (f"{name} is a catalogue id",))
    printed = taken_apart(name)
    exactly = systems_named(name)
    held = exactly or systems_named(printed.key)
    candidates = _named(name, printed)
    if not candidates and not held:
        outside = _PARENTHESES.sub("", folded(name))
        return (
            _renamed(name, resolve(outside, on)) if outside != folded(name) else _by_prefix(name, printed.key)
        )
    kept, reasons = _out_by({*candidates, *(id for system in held for id in system.chips)}, on)
    narrowed, said = (kept, []) if exactly else _narrowed(kept, printed)
    return Resolution(
        name,
        tuple(sorted(narrowed)),
        _certainty(narrowed, narrowed is not kept),
        (*map(_holding, held), *reasons, *said) or (f"printed name of {', '.join(sorted(narrowed))}",),
    )


def with_memory(ids: Iterable[str], gigabytes: Iterable[float]) -> tuple[str, ...]:
    """The chips that may come with one of these memories; all of them where no figure is given or none fits.

    Args:
        ids: ids of the catalogue, the variants of one name.
        gigabytes: the memory of one chip as stated, in GB; several figures are alternatives.

    >>> with_memory(["nvidia-a100-pcie-40", "nvidia-a100-sxm-40", "nvidia-a100-sxm-80"], [80.0])
    ('nvidia-a100-sxm-80',)
    >>> with_memory(["nvidia-h20", "nvidia-h20-141"], [])
    ('nvidia-h20', 'nvidia-h20-141')
    """
    given, stated = tuple(ids), tuple(gigabytes)
    if not stated:
        return given
    return tuple(id for id in given if any(_may_hold(id, figure) for figure in stated)) or given


def _may_hold(id: str, gigabytes: float) -> bool:
    chip = chips().get(id)
    if chip is None or chip.value("memory_capacity") is None:
        return True
    return round(gigabytes) in {round(fact.value) for fact in chip.facts_of("memory_capacity")}


def _holding(system: System) -> str:
    count = f"{system.count} x" if system.count else "an unstated number of"
    return f"{system.name} holds {count} {' or '.join(system.chips)} ({system.grade.value}, {system.source})"


def _named(name: str, printed: PrintedName) -> tuple[str, ...]:
    """The chips of the whole name, of the bare name, or of its singular."""
    singular = printed.key.removesuffix("s")
    return next(
        (found for spelling in (key(name), printed.key, singular) if (found := _by_key().get(spelling))), ()
    )


def _renamed(name: str, resolution: Resolution) -> Resolution:
    reasons = (*resolution.reasons, "the words in parentheses were set aside")
    return replace(resolution, name=name, reasons=reasons)


def _out_by(ids: Iterable[str], on: date | None) -> tuple[set[str], list[str]]:
    """The chips that may have been out on the day; all of them where none was."""
    ids = set(ids)
    late = {id for id in ids if on and (period := chips()[id].released_period) and period.effective_from
            and period.effective_from > on}  # fmt: skip
    if late == ids and on:
        return ids, [f"none of them was out on {on}"]
    return ids - late, [f"{id} was not out on {on}" for id in sorted(late)]


def _narrowed(ids: set[str], printed: PrintedName) -> tuple[set[str], list[str]]:
    """The chips that fit what was printed beside the name; all of them where none fits."""
    if not printed.is_qualified:
        return ids, []
    fitting = {id for id in ids if _fits(chips()[id], printed)}
    said = ", ".join(str(part) for part in (printed.form, f"{printed.memory_gb} GB" if printed.memory_gb else None,
                                            printed.memory_type) if part)  # fmt: skip
    if not fitting:
        return ids, [f"no variant fits {said}; it was set aside"]
    return (fitting, [f"narrowed by {said}"]) if fitting != ids else (ids, [])


def _fits(chip: Chip, printed: PrintedName) -> bool:
    return (
        (printed.memory_gb is None or _may_hold(chip.id, printed.memory_gb))
        and (
            printed.memory_type is None
            or printed.memory_type in (chip.memory_type or "").casefold().split("/")
        )
        and (printed.form is None or _has_form(chip, printed.form))
    )


def _has_form(chip: Chip, form: str) -> bool:
    own, name = (chip.form_factor or "").casefold(), chip.name.casefold().split()
    if form == "nvl" or "nvl" in name:
        return form in name
    return form in own if form.rstrip("0123456789") == form else own in (form, form.rstrip("0123456789"))


def _certainty(ids: set[str], was_narrowed: bool) -> Certainty:
    if len(ids) == 1:
        return "one"
    kinds = {(chips()[id].vendor, chips()[id].die) for id in ids}
    is_one_product = len(kinds) == 1 and next(iter(kinds))[1] is not None
    return "family" if is_one_product and not was_narrowed else "several"


def _by_prefix(name: str, spelling: str) -> Resolution:
    """What a name stands for that only begins the names of chips, such as Kunlun or MI300."""
    if len(spelling) < (SHORTEST_PREFIX_CHARS if spelling.isascii() else SHORTEST_CJK_PREFIX_CHARS):
        return Resolution(name, (), "unknown", ("no chip has this name",))
    ids = {
        id
        for longer, owners in _by_key().items()
        if longer.startswith(spelling) and not (spelling[-1].isdigit() and longer[len(spelling)].isdigit())
        for id in owners
    }
    if not ids:
        return Resolution(name, (), "unknown", ("no chip has this name or begins with it",))
    reason = f"no chip is called so; the names of {len(ids)} begin with it"
    return Resolution(name, tuple(sorted(ids)), "several", (reason,))


@cache
def _by_key() -> Mapping[str, tuple[str, ...]]:
    """The chips by the key of every bare name, full name and alias."""
    found: dict[str, set[str]] = {}
    for chip in chips().values():
        for spelling in _spellings(chip):
            found.setdefault(taken_apart(spelling).key, set()).add(chip.id)
    for full_name, owner in {key(chip.name): chip.id for chip in chips().values()}.items():
        found.setdefault(full_name, {owner})
    return {spelling: tuple(sorted(owners)) for spelling, owners in found.items() if spelling}


def _spellings(chip: Chip) -> Iterable[str]:
    bare = _PARENTHESES.sub("", chip.name)
    yield chip.name
    yield bare
    yield from bare.split(" / ")
    yield from chip.aliases
