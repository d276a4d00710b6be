"""Worker processes that answer items in parallel; the answers come out in the order of the items.

What is in flight is bounded by number and by bytes: a slow item holds back the ones after it, it does not pile them
up. A worker that hangs or dies costs the one item that it was on; the items behind it go to its successor.
"""

import pickle
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection as connections
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection
from typing import Any

from chipledger.core.errors import ChipledgerError
from chipledger.engine.timelimit import Lost, out_of_time
from chipledger.engine.worker import work

BATCH_ITEMS = 32
BATCH_BYTES = 32_000
MOST_AHEAD = 4_096  # items between the next answer to give and the last one handed out
MOST_HELD_BYTES = 64_000_000
_BATCHES_A_WORKER = 2
_BUFFER_BYTES = 256_000
_GRACE_SECONDS = 2.0
_FIRST_WAIT_SECONDS = 60.0

Numbered = tuple[int, Any]


@dataclass(slots=True)
class _Worker:
    """A process, the line to it, and the items that it has not answered."""

    process: Any
    line: Connection
    since: float
    is_ready: bool = False
    waiting: deque[Numbered] = field(default_factory=deque)
    batches: deque[int] = field(default_factory=deque)


class Pool:
    """Worker processes for one function.

    Args:
        job: the function; it pickles, and so do its items and answers.
        workers: how many processes.
        seconds: the longest time for one item.
        preload: modules that are imported once and shared by all workers, where the system can.
    """

    def __init__(
        self, job: Callable[[Any], Any], workers: int, seconds: float, preload: Sequence[str] = ()
    ) -> None:
        self._job, self._seconds = job, seconds
        self._context = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
        self._context.set_forkserver_preload(list(preload))
        self._answers: dict[int, tuple[Any, bytes | Lost]] = {}
        self._held_bytes = 0
        self._next_out = 0
        self._workers = [self._started() for _ in range(workers)]

    def answers(self, items: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
        """Each item with its answer, or with Lost, in the order of the items.

        Args:
            items: taken only as far ahead as the bounds allow.

        Raises:
            ChipledgerError: worker processes cannot be started here.
        """
        numbered = enumerate(items)
        while True:
            self._hand_out(numbered)
            if not self._answers and not any(worker.waiting for worker in self._workers):
                return
            yield from self._in_order()
            if any(worker.waiting for worker in self._workers):
                self._listen()

    def end(self) -> None:
        """End the workers, whatever they are doing."""
        for worker in self._workers:
            self._end(worker)

    def _in_order(self) -> Iterator[tuple[Any, Any]]:
        while self._next_out in self._answers:
            item, answer = self._answers.pop(self._next_out)
            self._next_out += 1
            if isinstance(answer, Lost):
                yield item, answer
            else:
                self._held_bytes -= len(answer)
                yield item, pickle.loads(answer)

    def _hand_out(self, numbered: Iterator[Numbered]) -> None:
        for _ in range(_BATCHES_A_WORKER):
            for worker in self._workers:
                if len(worker.batches) < _BATCHES_A_WORKER:
                    self._send(worker, self._batch(numbered))

    def _batch(self, numbered: Iterator[Numbered]) -> list[Numbered]:
        batch: list[Numbered] = []
        size_bytes = 0
        while len(batch) < BATCH_ITEMS and size_bytes < BATCH_BYTES and self._held_bytes < MOST_HELD_BYTES:
            if batch and batch[-1][0] - self._next_out >= MOST_AHEAD:
                break
            one = next(numbered, None)
            if one is None:
                break
            batch.append(one)
            size_bytes += len(pickle.dumps(one[1]))
        return batch

    def _send(self, worker: _Worker, batch: list[Numbered]) -> None:
        if not batch:
            return
        if not worker.waiting:
            worker.since = time.monotonic()
        worker.waiting.extend(batch)
        worker.batches.append(len(batch))
        try:
            worker.line.send([item for _, item in batch])
        except (BrokenPipeError, ConnectionResetError):
            return  # it has died; _listen finds that out and hands its items on

    def _listen(self) -> None:
        """Take what has come in, at least one answer or one loss."""
        lines = {worker.line: worker for worker in self._workers if worker.waiting}
        now = time.monotonic()
        wait_seconds = max(0.0, min(self._deadline(worker) for worker in lines.values()) - now)
        heard = connections.wait(list(lines), wait_seconds)
        for line in heard:
            self._hear(lines[line])  # type: ignore[index]
        if not heard:
            late = [worker for worker in lines.values() if self._deadline(worker) <= time.monotonic()]
            for worker in late:
                self._replace(worker, out_of_time(self._seconds))

    def _deadline(self, worker: _Worker) -> float:
        if not worker.is_ready:
            return worker.since + _FIRST_WAIT_SECONDS
        return worker.since + (self._seconds + _GRACE_SECONDS if self._seconds else float("inf"))

    def _hear(self, worker: _Worker) -> None:
        try:
            answer = worker.line.recv_bytes()
        except (EOFError, ConnectionResetError):
            self._replace(worker, _why_it_died(worker.process))
            return
        worker.since = time.monotonic()
        if not worker.is_ready:
            worker.is_ready = True
            return
        number, item = worker.waiting.popleft()
        worker.batches[0] -= 1
        if not worker.batches[0]:
            worker.batches.popleft()
        self._answers[number] = item, answer
        self._held_bytes += len(answer)

    def _replace(self, worker: _Worker, reason: str) -> None:
        """Give up the item that a worker was on and hand what waited behind it to a new one."""
        self._end(worker)
        if not worker.is_ready:
            raise ChipledgerError(
                "worker processes cannot be started here", where=reason, remedy="scan with --jobs 1"
            )
        number, item = worker.waiting.popleft()
        self._answers[number] = item, Lost(reason)
        successor = self._started()
        self._workers[self._workers.index(worker)] = successor
        behind = list(worker.waiting)
        for start in range(0, len(behind), BATCH_ITEMS):
            self._send(successor, behind[start : start + BATCH_ITEMS])

    def _started(self) -> _Worker:
        ours, theirs = _line()
        process = self._context.Process(target=work, args=(self._job, self._seconds, theirs), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours, time.monotonic())

    def _end(self, worker: _Worker) -> None:
        worker.line.close()
        worker.process.join(0.1)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


def _line() -> tuple[Connection, Connection]:
    """Two ends of a line that holds two batches whole, so that neither side waits for the other to listen."""
    ends = socket.socketpair()
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
    ours, theirs = (Connection(end.detach()) for end in ends)
    return ours, theirs


def _why_it_died(process: Any) -> str:
    process.join(1.0)
    status = process.exitcode
    if status is not None and status < 0:
        return f"the worker was ended by {signal.Signals(-status).name}"
    return f"the worker ended with status {status}"
