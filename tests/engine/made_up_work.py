"""Functions for the runner's tests; in a module of their own, so that a worker process finds them."""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

from chipledger.engine.run import run


def square(number: int) -> int:
    return number * number


def slow_square(number: int) -> int:
    time.sleep(0.005)
    return number * number


def slower_when_even(number: int) -> int:
    time.sleep(0.002 if number % 2 == 0 else 0)
    return number


def process_of(number: int) -> int:
    time.sleep(0.001)
    return os.getpid()


def ends_itself_at_seven(number: int) -> int:
    if number == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def hangs_in_native_code_at_seven(number: int) -> int:
    if number == 7:
        ctypes.PyDLL(None).sleep(600)  # PyDLL keeps the interpreter's lock: no signal handler runs
    return number


def hangs_in_python_at_seven(number: int) -> int:
    while number == 7:
        try:
            time.sleep(60)
        except Exception:
            continue
    return number


def refuses_seven(number: int) -> int:
    if number == 7:
        raise ValueError("seven\nis refused")
    return number


def unpicklable_at_seven(number: int) -> object:
    return (lambda: number) if number == 7 else number


def cannot_start() -> None:
    sys.exit(5)


def note_process(folder: str) -> str:
    Path(folder, str(os.getpid())).touch()
    time.sleep(0.05)
    return folder


def main(folder: str) -> None:
    """Work for as long as nobody ends it, each process leaving its number in the folder."""
    for _ in run(note_process, iter(lambda: folder, None), jobs=2):
        pass


if __name__ == "__main__":
    main(sys.argv[1])
