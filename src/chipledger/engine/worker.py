"""What a worker process does: take batches of items, send back one pickled answer for each, in order."""

import pickle
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from chipledger.engine.timelimit import attempt

READY = b""


def work(job: Callable[[Any], Any], seconds: float, connection: Connection) -> None:
    """Answer batches until the other end closes; the parent alone decides what Ctrl-C means.

    Args:
        job: the function.
        seconds: the longest time for one item.
        connection: batches come in as lists, answers go out as pickles; READY goes out first.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        connection.send_bytes(READY)
        while True:
            for item in connection.recv():
                connection.send_bytes(pickle.dumps(attempt(job, item, seconds), pickle.HIGHEST_PROTOCOL))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
