"""The inner side of a pool: batches of items in by a pipe, one answer an item out by the same.

A worker says READY once, then answers until it is told to stop or its parent is gone. It leaves Ctrl-C to the parent.
As an interpreter of its own (`main`) it finds its pipe open under a number, and its task as the first message.
"""

import pickle
import signal
import sys
from collections.abc import Callable
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from typing import Any

from chipledger.engine.bounds import Bounds
from chipledger.engine.inline import Clock

READY = b"ready"
STOP = b""


def serve(
    pipe: Connection,
    inherited: list[Connection],
    function: Callable[[Any], Any],
    bounds: Bounds,
    prepare: Callable[[], object] | None,
) -> None:
    """Answer batches until the parent says stop or is gone.

    Args:
        pipe: this side of the pipe; a message is a pickled list of items, an answer a pickled (value, trouble).
        inherited: the parent's ends of pipes, which a fork holds too; while any is open, nobody learns that it is gone.
        function: a pure function of one item.
        bounds: of one item.
        prepare: called once before the first item.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for parents in inherited:
        parents.close()
    if prepare:
        prepare()
    with Clock(bounds) as clock:
        try:
            pipe.send_bytes(READY)
            while message := _next(pipe):
                for item in pickle.loads(message):
                    pipe.send_bytes(_wrapped(clock.attempt(function, item)))
        except (EOFError, OSError):
            return  # the parent is gone, and with it whoever wanted the rest


def _next(pipe: Connection) -> bytes:
    parent = parent_process()
    if parent is not None and pipe not in connection.wait([pipe, parent.sentinel]):
        return STOP
    return pipe.recv_bytes()


def _wrapped(answer: tuple[Any, str | None]) -> bytes:
    try:
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        return pickle.dumps((None, f"the answer cannot be sent: {type(error).__name__}"))


def main(number: int) -> None:
    """Serve as a process of its own; a task that cannot be found here is answered by why.

    Args:
        number: of the open pipe.
    """
    pipe = Connection(number)
    paths, packed = pickle.loads(pipe.recv_bytes())
    sys.path += [path for path in paths if path not in sys.path]
    try:
        task = pickle.loads(packed)
    except Exception as error:
        pipe.send_bytes(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}".encode())
        return
    serve(pipe, [], task.function, task.bounds, task.prepare)
