"""Chips as people name them on the command line: a catalogue id, or a name as printed."""

from datetime import date

from chipledger.catalogue.chip import Chip, chip, chips
from chipledger.catalogue.resolve import resolve
from chipledger.core.errors import InputError

MOST_CHIPS_SHOWN = 6


def the_chip(name: str) -> Chip:
    """The one chip of an id or a printed name.

    Raises:
        InputError: no chip has the name, or several have it.

    >>> the_chip("L40S").id
    'nvidia-l40s'
    """
    named = chips_named(name)
    if len(named) == 1:
        return named[0]
    shown = ", ".join(each.id for each in named[:MOST_CHIPS_SHOWN])
    more = "" if len(named) <= MOST_CHIPS_SHOWN else ", …"
    raise InputError(f"{name!r} may be any of {len(named)} chips", remedy=f"name one of {shown}{more}")


def chips_named(name: str, on: date | None = None) -> tuple[Chip, ...]:
    """Every chip that an id or a printed name may mean, at least one.

    Args:
        name: a catalogue id, or a name as printed.
        on: the day on which the name was written, where it is known.

    Raises:
        InputError: no chip has the name; the nearest are offered.

    >>> [each.id for each in chips_named("H20")]
    ['nvidia-h20', 'nvidia-h20-141']
    """
    if name in chips():
        return (chips()[name],)
    return tuple(map(chip, resolve(name, on).chips)) or (chip(name),)
