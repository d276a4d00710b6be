"""Items in lots, as they are sent to a worker: so many, or so heavy, that the sending costs little and nobody waits for the last one."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

ItemT = TypeVar("ItemT")

LOT_ITEMS = 32
LOT_WEIGHT = 512 * 1024
ALONE = 1 << 62
"""The weight of an item that goes out by itself, since it is hours of work."""


def lots(items: Iterable[ItemT], weight: Callable[[ItemT], int], times: int = 1) -> Iterator[list[ItemT]]:
    """The items in lots, in order; a lot is taken when it is asked for.

    Args:
        items: whatever is to be worked on.
        weight: how much work one is, as its size in bytes.
        times: how many times as large as usual a lot may be.

    >>> [len(lot) for lot in lots(range(70), weight=lambda item: 1)]
    [32, 32, 6]
    >>> [len(lot) for lot in lots(range(3), weight=lambda item: ALONE)]
    [1, 1, 1]
    """
    lot: list[ItemT] = []
    heavy = 0
    for item in items:
        lot.append(item)
        heavy += weight(item)
        if len(lot) >= times * LOT_ITEMS or heavy >= times * LOT_WEIGHT:
            yield lot
            lot, heavy = [], 0
    if lot:
        yield lot
