"""One call under a time limit, its failures turned into a value.

Takes a function and an item; gives its answer or `Lost`, the reason why there is none. The limit is an alarm signal:
it ends Python code and Python's own regular expressions; native code that never returns is ended from outside, by
the pool, which kills the process.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Lost:
    """Why an item has no answer, as a clause."""

    reason: str


class OutOfTime(BaseException):
    """The alarm rang. Not an Exception, so that no handler in the called function takes it for its own."""


def attempt(job: Callable[[Item], Answer], item: Item, seconds: float) -> Answer | Lost:
    """The answer of a function, or why there is none.

    Args:
        job: the function.
        item: its argument.
        seconds: the longest time it may take; 0 for no limit.

    Returns:
        What the function returned, or Lost when it raised an exception or outlived its time.

    >>> attempt(len, "H20", 1.0)
    3
    >>> attempt(int, "many", 1.0)
    Lost(reason="ValueError: invalid literal for int() with base 10: 'many'")
    """
    try:
        with _alarm(seconds):
            return job(item)
    except OutOfTime:
        return Lost(out_of_time(seconds))
    except Exception as error:
        return Lost(_in_words(error))


def out_of_time(seconds: float) -> str:
    """The reason given for an item that took too long.

    >>> out_of_time(60)
    'took longer than the limit of 60 s; raise it with --max-seconds'
    """
    return f"took longer than the limit of {seconds:g} s; raise it with --max-seconds"


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    can_ring = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not seconds or not can_ring:
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _ring(*_: Any) -> None:
    raise OutOfTime


def _in_words(error: Exception) -> str:
    line = " ".join(str(error).split())
    return f"{type(error).__name__}: {line}"[:300] if line else type(error).__name__
