"""The runner: one pure function over many items, in order, by whatever number of processes or cluster is asked."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from chipledger.core.errors import InputError
from chipledger.engine.bounds import Bounds
from chipledger.engine.inline import run_here
from chipledger.engine.on_daft import run_on_daft
from chipledger.engine.outcome import Outcome
from chipledger.engine.pool import run_pool
from chipledger.engine.starting import Task

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")

ENGINES = ("local", "daft", "ray")
MOST_JOBS = 256
USUAL = Bounds(seconds=30.0)


def run(
    function: Callable[[ItemT], ValueT],
    items: Iterable[ItemT],
    *,
    jobs: int = 1,
    engine: str = "local",
    bounds: Bounds = USUAL,
    weight: Callable[[ItemT], int] = lambda item: 1,
    prepare: Callable[[], object] | None = None,
    may_fork: bool = True,
    address: str | None = None,
) -> Iterator[Outcome[ItemT, ValueT]]:
    """The function's outcome for each item, in the order of the items: the same outcomes for any number of jobs.

    Args:
        function: a pure function of one item; for more than one job it, the items and the values must pickle.
        items: taken as they are needed.
        jobs: how many processes; 1 works in this one.
        engine: "local", or "daft" or "ray", which are extras.
        bounds: longest time and most memory of one item; one that takes more has failed and the next one follows.
        weight: how much work an item is, as its size in bytes.
        prepare: called wherever the function will work, before the first item of a pool.
        may_fork: False where this process holds what a fork must not: an open SQLite database, a socket in use.
        address: of a Ray cluster that runs already; None starts one here.

    Raises:
        InputError: another engine, one that is not installed, or a number of jobs that makes no sense.

    >>> [outcome.value for outcome in run(str.upper, ["a", "b"])]
    ['A', 'B']
    """
    check(jobs, engine, ENGINES)
    if engine != "local":
        task = Task(function, bounds, prepare)
        return run_on_daft(task, items, jobs=jobs, weight=weight, on_ray=engine == "ray", address=address)
    if jobs == 1:
        return run_here(function, items, bounds)
    return run_pool(
        function, items, jobs=jobs, bounds=bounds, weight=weight, prepare=prepare, may_fork=may_fork
    )


def check(jobs: int, engine: str, offered: Sequence[str] = ("local",)) -> None:
    """Refuse what cannot be run, before anything is.

    Args:
        jobs: how many processes.
        engine: the name of a runner.
        offered: those that this work can be run by.

    Raises:
        InputError: another engine, or a number of jobs that makes no sense.

    >>> check(1, "ray")
    Traceback (most recent call last):
    chipledger.core.errors.InputError: the engine 'ray' is not in this version of the command (--engine); expected local
    """
    if engine not in offered:
        what = (
            f"the engine {engine!r} is not in this version of the command"
            if engine in ENGINES
            else f"no such engine: {engine[:40]!r}"
        )
        raise InputError(what, where="--engine", expected=" or ".join(offered))
    if jobs < 1:
        raise InputError(f"{jobs} jobs cannot do anything", where="--jobs", expected=f"1 to {MOST_JOBS}")
    if jobs > MOST_JOBS:
        raise InputError(
            f"{jobs} jobs are more than any machine works on", where="--jobs", expected=f"1 to {MOST_JOBS}"
        )
