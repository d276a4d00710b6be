"""The best of many: the first n by one measure, and the front that nothing beats in every measure, kept while blocks stream by.

Takes arrays of measures, one row a candidate, smaller is better; gives the places that stay. Memory is bounded by n and by the size of the
front, whatever has passed.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


def first_places(values: Floats, most: int) -> Places:
    """The places of the smallest values, in order; of equals the earlier one first.

    Args:
        values: n of them; NaN and infinity are never among the first.
        most: how many at most.

    >>> first_places(np.array([3.0, 1.0, np.inf, 1.0]), 2)
    array([1, 3])
    """
    usable = np.flatnonzero(np.isfinite(values))
    if len(usable) > 4 * most:
        edge = np.partition(values[usable], most - 1)[most - 1]
        usable = usable[values[usable] <= edge]
    return np.asarray(usable[np.argsort(values[usable], kind="stable")][:most])


def front_places(measures: Floats) -> Places:
    """The places that no other beats or equals in every measure while beating it in one; of equals the first stays.

    Args:
        measures: n candidates x k measures.

    Returns:
        Places in the order of the first measure.

    Source: the maxima of a set of vectors: Kung, Luccio and Preparata, JACM 22 (1975).

    >>> front_places(np.array([[1.0, 9.0], [2.0, 2.0], [3.0, 3.0], [9.0, 1.0]]))
    array([0, 1, 3])
    """
    usable = np.flatnonzero(np.isfinite(measures).all(axis=1))
    keys = tuple(measures[usable, column] for column in range(measures.shape[1] - 1, -1, -1))
    ordered = usable[np.lexsort(keys)]
    kept: list[int] = []
    left = ordered
    while len(left):
        best, rest = left[0], left[1:]
        kept.append(int(best))
        left = rest[(measures[rest] < measures[best]).any(axis=1)]
    return np.asarray(kept, dtype=np.intp)
