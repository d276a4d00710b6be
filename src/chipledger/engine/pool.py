"""The function in several processes: batches out, answers in, outcomes in the order of the items.

`run_pool` is the runner; `Pool` works on one lot of items after another with the same workers, for who holds it open.
What is in flight is bounded, however many items there are and however slowly outcomes are taken. A worker that dies or
is silent for too long is replaced, and what it had not begun is given out again. The item it was at is tried once more
where the worker died, since somebody else may have ended it; a second death, or silence, is the item's own failure.
"""

import pickle
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from chipledger.core.collecting import settled
from chipledger.core.errors import ChipledgerError
from chipledger.engine.bounds import Bounds
from chipledger.engine.lots import LOT_ITEMS, lots
from chipledger.engine.outcome import Outcome, overdue
from chipledger.engine.starting import Starter, Task, starter
from chipledger.engine.worker import READY, STOP

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")

BATCHES_A_WORKER = 6
ITEMS_IN_FLIGHT = 1024  # for each worker, begun or answered but not yet yielded
BYTES_IN_FLIGHT = 32 * 1024 * 1024  # of answers not yet yielded
_WIRE_BYTES = 48 * 1024  # what a pipe takes without a reader
_LOOK_SECONDS = 0.25
_GRACE_SECONDS = 2.0  # in which a worker's own clock may end an item before its process is ended

_Numbered = tuple[int, ItemT]


@dataclass(slots=True)
class _Batch(Generic[ItemT]):
    """Items given out together, the first of them being worked on, and their bytes that may be unread in the pipe."""

    items: deque[_Numbered[ItemT]]
    wire_bytes: int


@dataclass(slots=True)
class _Worker(Generic[ItemT]):
    """A process with the batches it holds, and for how long the parent has watched it say nothing."""

    process: Any
    pipe: Connection
    batches: deque[_Batch[ItemT]] = field(default_factory=deque)
    silent_seconds: float = 0.0
    is_ready: bool = False

    def has_room_for(self, wire_bytes: int) -> bool:
        """Whether a batch of this size can be sent without waiting for the worker to read it."""
        unread = sum(batch.wire_bytes for batch in self.batches)
        return not self.batches or (
            len(self.batches) < BATCHES_A_WORKER and unread + wire_bytes <= _WIRE_BYTES
        )

    def left(self) -> deque[_Numbered[ItemT]]:
        """Every item that it has not answered, in order."""
        return deque(item for batch in self.batches for item in batch.items)


def run_pool(
    function: Callable[[ItemT], ValueT],
    items: Iterable[ItemT],
    *,
    jobs: int,
    bounds: Bounds,
    weight: Callable[[ItemT], int],
    prepare: Callable[[], object] | None = None,
    may_fork: bool = True,
) -> Iterator[Outcome[ItemT, ValueT]]:
    """The function's outcome for each item, in the order of the items.

    Args:
        function: a pure function of one item; it, the items and the values must pickle.
        items: taken as workers have room.
        jobs: how many processes.
        bounds: of one item.
        weight: how much work an item is, as its size in bytes; batches are made of it.
        prepare: called before the first item, in each worker or once for all that are forked from here.
        may_fork: False where this process holds what a fork must not.

    Raises:
        ChipledgerError: a worker ended before it could take any item.
    """
    start = starter(Task(function, bounds, prepare), may_fork)
    with settled():
        pool: Pool[ItemT, ValueT] = Pool(start, jobs, bounds, weight)
        try:
            yield from pool.outcomes(items)
        finally:
            pool.end()


class Pool(Generic[ItemT, ValueT]):
    """The workers, what waits for them and what waits to be yielded.

    Args:
        start: starts a worker, told the pipes of the others.
        jobs: how many workers.
        bounds: of one item; a worker that is silent for longer is ended.
        weight: how much work an item is.
    """

    def __init__(self, start: Starter, jobs: int, bounds: Bounds, weight: Callable[[ItemT], int]) -> None:
        self._start, self._weight, self._seconds = start, weight, bounds.seconds
        self._lots: Iterator[list[_Numbered[ItemT]]] = iter(())
        self._waiting: deque[deque[_Numbered[ItemT]]] = deque()
        self._answered: dict[int, tuple[ItemT, bytes]] = {}
        self._answered_bytes = 0
        self._deadly: set[int] = set()  # items at which a worker died
        self._taken, self._yielded = 0, 0
        self._most_in_flight = ITEMS_IN_FLIGHT * jobs
        self._workers: list[_Worker[ItemT]] = []
        for _ in range(jobs):
            self._workers.append(self._started())

    def outcomes(self, items: Iterable[ItemT]) -> Iterator[Outcome[ItemT, ValueT]]:
        """Every item's outcome, in order.

        Args:
            items: taken as workers have room.
        """
        for item, message in self.answers(items):
            yield Outcome(item, *pickle.loads(message))

    def answers(self, items: Iterable[ItemT]) -> Iterator[tuple[ItemT, bytes]]:
        """Every item with its value and its trouble, pickled, in order; to be taken to the end before other items are given.

        Args:
            items: taken as workers have room.
        """
        self._lots = lots(enumerate(items, self._taken), lambda numbered: self._weight(numbered[1]))
        while True:
            self._give_out()
            if self._taken == self._yielded:
                return
            if self._yielded not in self._answered:
                self._listen()
            while self._yielded in self._answered:
                yield self._next_answer()

    def end(self) -> None:
        """End every worker; those in the midst of an item are killed."""
        for worker in self._workers:
            if worker.batches or not worker.is_ready:
                worker.process.kill()
            else:
                _send(worker.pipe, STOP)
            worker.pipe.close()
        for worker in self._workers:
            worker.process.join(_GRACE_SECONDS)
            worker.process.kill()
            worker.process.join()

    def _next_answer(self) -> tuple[ItemT, bytes]:
        item, message = self._answered.pop(self._yielded)
        self._yielded += 1
        self._answered_bytes -= len(message)
        return item, message

    def _started(self) -> _Worker[ItemT]:
        return _Worker(*self._start([worker.pipe for worker in self._workers]))

    def _may_take_more(self) -> bool:
        ahead = self._taken - self._yielded
        return ahead == 0 or (ahead < self._most_in_flight and self._answered_bytes < BYTES_IN_FLIGHT)

    def _took_more(self) -> bool:
        """Put the next batch of items in waiting; False where there are none."""
        batch = deque(next(self._lots, ()))
        self._taken += len(batch)
        if batch:
            self._waiting.append(batch)
        return bool(batch)

    def _give_out(self) -> None:
        """Fill the workers, the emptiest first, until none has room or enough is in flight."""
        while self._waiting or (self._may_take_more() and self._took_more()):
            message = pickle.dumps([item for _, item in self._waiting[0]], pickle.HIGHEST_PROTOCOL)
            worker = min(self._workers, key=lambda one: len(one.batches))
            if not worker.has_room_for(len(message)):
                return
            worker.batches.append(_Batch(self._waiting.popleft(), len(message)))
            _send(worker.pipe, message)

    def _listen(self) -> None:
        """Take the answers that are there; wait for one for a moment."""
        began = time.monotonic()
        talking = set(connection.wait([worker.pipe for worker in self._workers], _LOOK_SECONDS))
        watched = min(time.monotonic() - began, 2 * _LOOK_SECONDS)  # a stopped process watches nobody
        for worker in list(self._workers):
            if worker.pipe in talking:
                self._hear(worker)
            elif worker.batches and worker.is_ready:
                worker.silent_seconds += watched
                if worker.silent_seconds > self._seconds + _GRACE_SECONDS:
                    worker.process.kill()
                    self._replace(worker, overdue(self._seconds), is_final=True)

    def _hear(self, worker: _Worker[ItemT]) -> None:
        worker.silent_seconds = 0.0
        try:
            for _ in range(LOT_ITEMS):
                self._take(worker, worker.pipe.recv_bytes())
                if not worker.pipe.poll():
                    return
        except (EOFError, OSError):
            self._replace(worker, _ending(worker.process), is_final=False)

    def _take(self, worker: _Worker[ItemT], message: bytes) -> None:
        if not worker.is_ready:
            if message != READY:
                raise ChipledgerError("a worker process cannot start", where=message.decode())
            worker.is_ready = True
            return
        batch = worker.batches[0]
        batch.wire_bytes = 0
        number, item = batch.items.popleft()
        if not batch.items:
            worker.batches.popleft()
        self._keep(number, item, message)

    def _keep(self, number: int, item: ItemT, message: bytes) -> None:
        self._answered[number] = item, message
        self._answered_bytes += len(message)

    def _replace(self, worker: _Worker[ItemT], trouble: str, *, is_final: bool) -> None:
        """Put a new worker where one has ended; the item it was at has failed or is tried once more, the others wait again."""
        if not worker.is_ready:
            raise ChipledgerError("a worker process cannot start", where=trouble, remedy="run with --jobs 1")
        left = worker.left()
        if left and (is_final or left[0][0] in self._deadly):
            number, item = left.popleft()
            self._keep(number, item, pickle.dumps((None, trouble)))
        elif left:
            self._deadly.add(left[0][0])
        if left:
            self._waiting.appendleft(left)
        worker.pipe.close()
        worker.process.join()
        self._workers[self._workers.index(worker)] = self._started()


def _ending(process: Any) -> str:
    process.join(_GRACE_SECONDS)
    status = process.exitcode
    return f"the worker process ended in the midst of it (status {status})"


def _send(pipe: Connection, message: bytes) -> None:
    try:
        pipe.send_bytes(message)
    except OSError:
        return  # the worker has ended; what it answered before that is still to be heard
