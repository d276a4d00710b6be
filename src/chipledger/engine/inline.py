"""The function in this very process, one item after another; the clock's signal ends an item that takes too long, a limit one that grows.

The signal ends Python code and Python's own expressions, in the main thread of a Unix process. Native code that never
returns is ended only by the pool, which ends its process.
"""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import NoReturn, TypeVar

from chipledger.engine.bounds import Bounds, ceiling, kept_below
from chipledger.engine.outcome import Outcome, attempt, overdue

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")


class _TimeIsUp(BaseException):
    """Raised by the signal; no `except Exception` of the function holds it back."""


def run_here(
    function: Callable[[ItemT], ValueT], items: Iterable[ItemT], bounds: Bounds
) -> Iterator[Outcome[ItemT, ValueT]]:
    """The function's outcome for each item, in order.

    Args:
        function: a pure function of one item.
        items: taken one at a time.
        bounds: of one item.

    >>> [outcome.value for outcome in run_here(len, ["a", "bc"], Bounds(seconds=5.0))]
    [1, 2]
    """
    with Clock(bounds) as clock:
        for item in items:
            yield Outcome(item, *clock.attempt(function, item))


class Clock:
    """Limits the time and memory of one call after another; the signal's own handler is put back at the end.

    Args:
        bounds: of one call.

    >>> import time
    >>> with Clock(Bounds(0.01)) as clock:
    ...     clock.attempt(time.sleep, 5)
    (None, 'took longer than the limit of 0.01 s')
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds, self._seconds = bounds, bounds.seconds
        self._rings = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")

    def __enter__(self) -> "Clock":
        if self._rings:
            self._before = signal.signal(signal.SIGALRM, _ring)
        self._ceiling = ceiling(self._bounds)
        return self

    def __exit__(self, *_: object) -> None:
        if self._rings:
            signal.signal(signal.SIGALRM, self._before)

    def attempt(self, function: Callable[[ItemT], ValueT], item: ItemT) -> tuple[ValueT | None, str | None]:
        """The function's value for an item, or the trouble in words.

        Args:
            function: a pure function of one item.
            item: the item.
        """
        if not self._rings:
            return self._attempt(function, item)
        try:
            signal.setitimer(signal.ITIMER_REAL, self._seconds)
            try:
                return self._attempt(function, item)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except _TimeIsUp:
            return None, overdue(self._seconds)

    def _attempt(self, function: Callable[[ItemT], ValueT], item: ItemT) -> tuple[ValueT | None, str | None]:
        if self._ceiling is None:
            return attempt(function, item)
        with kept_below(self._ceiling):
            return attempt(function, item)


def _ring(number: int, frame: FrameType | None) -> NoReturn:
    raise _TimeIsUp
