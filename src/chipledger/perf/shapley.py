"""What each of several techniques is worth, when what one wins back depends on which others are in use already.

Takes the value of every set of techniques; gives each technique's mean worth over all orders in which they could be added. The worths add up
to the difference between all and none, whatever the order.
"""

from math import factorial

import numpy as np
from numpy.typing import NDArray

from chipledger.core.errors import InputError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
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
    return (np.arange(2**count)[:, None] >> np.arange(count)) & 1 == 1


def shapley(values: Floats) -> Floats:
    """The mean worth of each technique over all orders.

    Args:
        values: of every set in the order of `coalitions`, 2^k along the first axis; further axes are separate questions.

    Returns:
        k along the first axis.

    Raises:
        InputError: the number of values is no power of two.

    Source: Shapley, "A value for n-person games", Contributions to the Theory of Games II (1953).

    >>> shapley(np.array([0.0, 1.0, 1.0, 4.0]))
    array([2., 2.])
    """
    given = np.asarray(values, dtype=np.float64)
    count = int(given.shape[0]).bit_length() - 1
    if given.shape[0] != 2**count:
        raise InputError(
            f"{given.shape[0]} values", expected="one for every set of techniques: a power of two"
        )
    rows = np.arange(2**count)
    sizes = np.array([int(row).bit_count() for row in rows])
    orders = np.array([factorial(size) * factorial(count - size - 1) for size in range(count)], dtype=float)
    worth = []
    for technique in range(count):
        without = rows[(rows >> technique) & 1 == 0]
        weights = orders[sizes[without]] / factorial(count)
        gained = given[without | (1 << technique)] - given[without]
        worth.append(np.tensordot(weights, gained, axes=1))
    return np.asarray(worth)
