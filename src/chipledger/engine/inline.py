"""The function in this very process, one item after another; the clock's signal ends an item that takes too long.

The signal ends Python code and Python's own expressions, in the main thread of a Unix process. Native code that never
returns is ended only by the pool, which ends its process.
"""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn, TypeVar

from chipledger.engine.outcome import Outcome, attempt, overdue

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")


class _TimeIsUp(BaseException):
    """Raised by the signal; no `except Exception` of the function holds it back."""


def run_here(
    function: Callable[[ItemT], ValueT], items: Iterable[ItemT], seconds: float
) -> Iterator[Outcome[ItemT, ValueT]]:
    """The function's outcome for each item, in order.

    Args:
        function: a pure function of one item.
        items: taken one at a time.
        seconds: longest time for one item.

    >>> [outcome.value for outcome in run_here(len, ["a", "bc"], seconds=5.0)]
    [1, 2]
    """
    for item in items:
        yield Outcome(item, *attempt_within(function, item, seconds))


def attempt_within(
    function: Callable[[ItemT], ValueT], item: ItemT, seconds: float
) -> tuple[ValueT | None, str | None]:
    """The function's value for an item, or the trouble in words.

    Args:
        function: a pure function of one item.
        item: the item.
        seconds: longest time.

    >>> import time
    >>> attempt_within(time.sleep, 5, seconds=0.01)
    (None, 'took longer than the limit of 0.01 s')
    """
    try:
        with _limited(seconds):
            return attempt(function, item)
    except _TimeIsUp:
        return None, overdue(seconds)


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _ring(number: int, frame: FrameType | None) -> NoReturn:
    raise _TimeIsUp
