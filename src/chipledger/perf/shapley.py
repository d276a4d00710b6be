"""What each of several techniques is worth, when what one wins back depends on which others are in use already.

Takes the value of every set of techniques, and which of them must come before which; gives each technique's mean worth over all orders in which they
can be added. The worths add up to the difference between all and none, whatever the order.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from chipledger.core.errors import InputError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Before = Collection[tuple[int, int]]
MOST = 16


def coalitions(count: int) -> Flags:
    """Every set of so many techniques, one row a set; row r holds technique i where bit i of r is set.

    Args:
        count: of techniques, 0 to 16.

    Raises:
        InputError: more sets than can be asked.

    >>> coalitions(2).astype(int)
    array([[0, 0],
           [1, 0],
           [0, 1],
           [1, 1]])
    """
    if not 0 <= count <= MOST:
        raise InputError(f"{count} techniques make too many sets", expected=f"at most {MOST}")
    return np.asarray((np.arange(2**count)[:, None] >> np.arange(count)) & 1 == 1)


def reachable(count: int, before: Before = ()) -> Flags:
    """Which sets some order passes through: those that hold nothing without what must come before it.

    Args:
        count: of techniques.
        before: pairs: the first is added before the second.

    >>> reachable(2, [(0, 1)])
    array([ True,  True, False,  True])
    """
    rows = coalitions(count)
    allowed = np.ones(len(rows), dtype=bool)
    for first, second in before:
        allowed &= rows[:, first] | ~rows[:, second]
    return allowed


def shapley(values: Floats, before: Before = ()) -> Floats:
    """The mean worth of each technique over all orders.

    Args:
        values: of every set in the order of `coalitions`, 2^k along the first axis; further axes are separate questions. Those of sets that
            are not `reachable` are not read.
        before: pairs of techniques: only orders in which the first is added before the second are meant.

    Returns:
        k along the first axis.

    Raises:
        InputError: the number of values is no power of two, or no order satisfies `before`.

    Source: Shapley, "A value for n-person games", Contributions to the Theory of Games II (1953); with an order among players: Faigle and Kern,
    International Journal of Game Theory 21 (1992).

    >>> shapley(np.array([0.0, 1.0, 1.0, 4.0])), shapley(np.array([0.0, 1.0, 1.0, 4.0]), [(0, 1)])
    (array([2., 2.]), array([1., 3.]))
    """
    given = np.asarray(values, dtype=np.float64)
    count = int(given.shape[0]).bit_length() - 1
    if given.shape[0] != 2**count:
        raise InputError(
            f"{given.shape[0]} values", expected="one for every set of techniques: a power of two"
        )
    allowed = reachable(count, before)
    upto = _orders(count, allowed)
    beyond = _orders(count, allowed[::-1])[::-1]
    if not upto[-1]:
        raise InputError("no order adds each technique after those that come before it")
    rows = np.arange(2**count)
    worth = []
    for technique in range(count):
        bit = 1 << technique
        without = rows[(rows & bit == 0) & allowed & allowed[rows | bit]]
        weights = upto[without] * beyond[without | bit] / upto[-1]
        worth.append(np.tensordot(weights, given[without | bit] - given[without], axes=1))
    return np.asarray(worth).reshape(count, *given.shape[1:])


def _orders(count: int, allowed: Flags) -> Floats:
    """In how many orders each set can be built up, one technique after another, through allowed sets only."""
    rows = np.arange(2**count)
    found = np.zeros(2**count)
    found[0] = float(allowed[0])
    sizes = np.array([int(row).bit_count() for row in rows])
    for size in range(1, count + 1):
        of_size = rows[(sizes == size) & allowed]
        for technique in range(count):
            has = of_size[(of_size >> technique) & 1 == 1]
            found[has] += found[has ^ (1 << technique)]
    return found
