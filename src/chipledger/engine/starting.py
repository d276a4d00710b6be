"""How a worker is started: forked from here, begun by `multiprocessing`, or as an interpreter of its own.

A fork starts at once and has read the data files already, but only a process of one thread may fork. The interpreter of its own is
for a process that is not ours, such as one of Daft's or Ray's: it takes nothing over but a pipe and where modules are found.
"""

import multiprocessing
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

from chipledger.engine.bounds import Bounds
from chipledger.engine.worker import serve


@dataclass(frozen=True, slots=True)
class Task:
    """What every worker of a pool does.

    Args:
        function: a pure function of one item.
        bounds: of one item.
        prepare: called once before the first item.
    """

    function: Callable[[Any], Any]
    bounds: Bounds
    prepare: Callable[[], object] | None = None


class Process(Protocol):
    """What a pool asks of a worker's process."""

    @property
    def exitcode(self) -> int | None:
        """Its status once it has ended; minus the number of the signal that ended it."""

    def kill(self) -> None:
        """End it at once."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""


_BEGIN = (
    "import sys; sys.path += [path for path in sys.argv[2:] if path not in sys.path]; "
    "from chipledger.engine.worker import main; main(int(sys.argv[1]))"
)
Starter = Callable[[Sequence[Connection]], tuple[Process, Connection]]
"""Starts a worker, told the parent's pipes to the others; gives its process and the pipe to it."""


def starter(task: Task, may_fork: bool) -> Starter:
    """Starts workers from this process: forked where it may and has one thread.

    Args:
        task: what they do.
        may_fork: False where this process holds what a fork must not.
    """
    can_fork = may_fork and sys.platform == "linux" and threading.active_count() == 1
    context: Any = multiprocessing.get_context("fork" if can_fork else "spawn")
    if task.prepare and can_fork:
        task.prepare()
        task = Task(task.function, task.bounds)

    def start(others: Sequence[Connection]) -> tuple[Process, Connection]:
        mine, theirs = context.Pipe()
        inherited = [mine, *others] if can_fork else []
        given = (theirs, inherited, task.function, task.bounds, task.prepare)
        process = context.Process(target=serve, args=given, daemon=True, name="chipledger-worker")
        process.start()
        theirs.close()
        return process, mine

    return start


def packed(task: Task) -> bytes:
    """A task to be sent to another machine's or engine's process, with where this one finds modules.

    Raises:
        Exception: whatever pickling raises where the function is none that another process can find.
    """
    return pickle.dumps((list(sys.path), pickle.dumps(task)))


def fresh_starter(task: bytes) -> Starter:
    """Starts workers as interpreters of their own.

    Args:
        task: what they do, as `packed` gave it.
    """

    def start(others: Sequence[Connection]) -> tuple[Process, Connection]:
        mine, theirs = multiprocessing.Pipe()
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, "-c", _BEGIN, str(number), *filter(None, sys.path)]
            process = subprocess.Popen(command, pass_fds=[number], stdin=subprocess.DEVNULL)
        mine.send_bytes(task)
        return _Interpreter(process), mine

    return start


class _Interpreter:
    """A process begun by `subprocess`, with the names that `multiprocessing` has for the same."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    @property
    def exitcode(self) -> int | None:
        return self._process.poll()

    def kill(self) -> None:
        self._process.kill()

    def join(self, timeout: float | None = None) -> None:
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return
