"""The collector of cyclic garbage, made to wait while a large structure is built.

Takes a function that makes many objects that stay; gives the same function during which Python does not walk again and again
over what was made so far. Objects without circles are freed as ever; the collector goes on afterwards as it was before.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the cyclic collector, as a block or as a decorator; in blocks within blocks the outermost decides.

    >>> with uncollected():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            _all_old()
            gc.enable()


@contextmanager
def settled() -> Iterator[None]:
    """While the collector looks only at what is made from here on: what a program has loaded by now stays anyway.

    In blocks within blocks the outermost lets go; what a program froze for itself stays frozen. A collection writes to every
    object that it goes through, and memory that is written to is no longer shared with forked processes.

    >>> with settled():
    ...     gc.get_freeze_count() > 0
    True
    """
    is_ours = not gc.get_freeze_count()
    gc.freeze()
    try:
        yield
    finally:
        if is_ours:
            gc.unfreeze()


def _all_old() -> None:
    """Count what was made among the old, so that the collector does not walk over all of it at once."""
    if not gc.get_freeze_count():  # what a program froze for itself stays frozen
        gc.freeze()
        gc.unfreeze()
