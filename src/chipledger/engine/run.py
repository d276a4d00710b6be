"""The runner: one pure function over many items, in order, by whatever number of processes is asked."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from chipledger.core.errors import InputError
from chipledger.engine.inline import run_here
from chipledger.engine.outcome import Outcome
from chipledger.engine.pool import run_pool

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")

ENGINES = ("local",)
MOST_JOBS = 256
_LATER = ("daft", "ray")


def run(
    function: Callable[[ItemT], ValueT],
    items: Iterable[ItemT],
    *,
    jobs: int = 1,
    engine: str = "local",
    seconds: float = 30.0,
    weight: Callable[[ItemT], int] = lambda item: 1,
    prepare: Callable[[], object] | None = None,
    may_fork: bool = True,
) -> Iterator[Outcome[ItemT, ValueT]]:
    """The function's outcome for each item, in the order of the items: the same outcomes for any number of jobs.

    Args:
        function: a pure function of one item; for more than one job it, the items and the values must pickle.
        items: taken as they are needed.
        jobs: how many processes; 1 works in this one.
        engine: "local".
        seconds: longest time for one item; one that takes longer has failed and the next one follows.
        weight: how much work an item is, as its size in bytes.
        prepare: called wherever the function will work, before the first item of a pool.
        may_fork: False where this process holds what a fork must not: an open SQLite database, a socket in use.

    Raises:
        InputError: another engine, or a number of jobs that makes no sense.

    >>> [outcome.value for outcome in run(str.upper, ["a", "b"])]
    ['A', 'B']
    """
    check(jobs, engine)
    if jobs == 1:
        return run_here(function, items, seconds)
    return run_pool(
        function, items, jobs=jobs, seconds=seconds, weight=weight, prepare=prepare, may_fork=may_fork
    )


def check(jobs: int, engine: str) -> None:
    """Refuse what cannot be run, before anything is.

    Raises:
        InputError: another engine, or a number of jobs that makes no sense.

    >>> check(1, "ray")
    Traceback (most recent call last):
    chipledger.core.errors.InputError: the engine 'ray' is not in this version (--engine); expected local
    """
    if engine in _LATER:
        raise InputError(f"the engine {engine!r} is not in this version", where="--engine", expected="local")
    if engine not in ENGINES:
        raise InputError(f"no such engine: {engine!r}", where="--engine", expected="local")
    if jobs < 1:
        raise InputError(f"{jobs} jobs cannot do anything", where="--jobs", expected=f"1 to {MOST_JOBS}")
    if jobs > MOST_JOBS:
        raise InputError(
            f"{jobs} jobs are more than any machine works on", where="--jobs", expected=f"1 to {MOST_JOBS}"
        )
