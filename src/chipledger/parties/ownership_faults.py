"""What is wrong with stakes, or worth a look: shares over the whole on some day, contradictions, parties that own themselves in a circle.

Takes a graph of a day, or stakes of any day; gives faults, each one line. Circles are allowed; the rest is refused in data that we carry.
"""

from collections.abc import Collection, Iterator
from datetime import date

from chipledger.core.errors import DataError
from chipledger.parties.ownership import Fault, Graph, graph
from chipledger.parties.stake import Stake

_SHOWN = 6  # names of a circle that are told


def circles(stakes: Graph) -> tuple[Fault, ...]:
    """Every set of parties that own one another in a circle: allowed, and worth a look.

    Args:
        stakes: of the day.

    >>> print(*circles(graph([Stake(owner="a", owned="b"), Stake(owner="b", owned="a")], on=date(2026, 1, 1))))
    a: owns itself through others: a, b
    """
    found = []
    for ring in _rings(stakes):
        names = sorted(ring)
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        found.append(Fault(names[0], f"owns itself through others: {', '.join(names[:_SHOWN])}{more}"))
    return tuple(sorted(found, key=str))


def _rings(stakes: Graph) -> Iterator[list[str]]:
    """Strongly connected sets of two or more (Tarjan 1972), without recursion."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    waiting: list[str] = []
    is_waiting: set[str] = set()
    for start in stakes.holds:
        if start in index:
            continue
        trail = [(start, iter(stakes.holds[start]))]
        index[start] = lowest[start] = len(index)
        waiting.append(start)
        is_waiting.add(start)
        while trail:
            here, left = trail[-1]
            for one in left:
                below = one.owned
                if below not in index:
                    index[below] = lowest[below] = len(index)
                    waiting.append(below)
                    is_waiting.add(below)
                    trail.append((below, iter(stakes.holds.get(below, ()))))
                    break
                if below in is_waiting:
                    lowest[here] = min(lowest[here], index[below])
            else:
                trail.pop()
                if trail:
                    above = trail[-1][0]
                    lowest[above] = min(lowest[above], lowest[here])
                if lowest[here] == index[here]:
                    ring = _taken_until(waiting, here)
                    is_waiting.difference_update(ring)
                    if len(ring) > 1:
                        yield ring


def _taken_until(waiting: list[str], last: str) -> list[str]:
    taken = [waiting.pop()]
    while taken[-1] != last:
        taken.append(waiting.pop())
    return taken


def faults_over_time(stakes: Collection[Stake]) -> tuple[Fault, ...]:
    """What is wrong with the stakes on any day: shares over the whole, contradictions, parties that own themselves.

    Args:
        stakes: of any day.
    """
    days = {day for one in stakes for day in (one.since, one.until) if day} | {date.min}
    found = {str(fault): fault for day in sorted(days) for fault in graph(stakes, on=day).faults}
    return tuple(found[line] for line in sorted(found))


def refuse_faults(stakes: Collection[Stake], where: str) -> None:
    """Refuse stakes that contradict themselves on some day; for data that we carry ourselves.

    Args:
        stakes: of any day.
        where: the file.

    Raises:
        DataError: the first fault, in one line.
    """
    for fault in faults_over_time(stakes):
        raise DataError(str(fault), where=where, remedy="mend the shares or the days")
