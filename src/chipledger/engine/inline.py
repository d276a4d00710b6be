"""The function in this very process, one item after another; the clock's signal ends an item that takes too long.

The signal reaches only the main thread of a Unix process; elsewhere items have no limit here and the pool is the
runner to take.
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
        try:
            with _limited(seconds):
                value, trouble = attempt(function, item)
        except _TimeIsUp:
            value, trouble = None, overdue(seconds)
        yield Outcome(item, value, trouble)


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
