"""Many items through one function: in this process for one job, in worker processes for more.

The same items give the same answers in the same order however many jobs there are; an item that takes too long,
raises, or takes its process down becomes what `lost` makes of it, and the rest goes on.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from chipledger.engine.pool import Pool
from chipledger.engine.timelimit import Lost, attempt

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def run(
    job: Callable[[Item], Answer],
    items: Iterable[Item],
    *,
    lost: Callable[[Item, str], Answer],
    jobs: int = 1,
    seconds: float = 0.0,
    preload: Sequence[str] = (),
) -> Iterator[tuple[Item, Answer]]:
    """Each item with its answer, in the order of the items.

    Args:
        job: the function; with more than one job it pickles, and so do its items and answers.
        items: what to answer; taken as it is needed.
        lost: the answer for an item that has none, given the item and the reason.
        jobs: how many processes; 1 stays in this one.
        seconds: the longest time for one item; 0 for no limit.
        preload: modules that worker processes have imported before their first item.

    Raises:
        ChipledgerError: worker processes cannot be started here.

    >>> list(run(int, ["8", "many"], lost=lambda item, reason: 0))
    [('8', 8), ('many', 0)]
    """
    answered = _here(job, items, seconds) if jobs == 1 else _elsewhere(job, items, jobs, seconds, preload)
    for item, answer in answered:
        yield item, lost(item, answer.reason) if isinstance(answer, Lost) else answer


def _here(
    job: Callable[[Item], Answer], items: Iterable[Item], seconds: float
) -> Iterator[tuple[Item, Answer | Lost]]:
    for item in items:
        yield item, attempt(job, item, seconds)


def _elsewhere(
    job: Callable[[Item], Answer], items: Iterable[Item], jobs: int, seconds: float, preload: Sequence[str]
) -> Iterator[tuple[Item, Answer | Lost]]:
    pool = Pool(job, jobs, seconds, preload)
    try:
        yield from pool.answers(iter(items))
    finally:
        pool.end()
