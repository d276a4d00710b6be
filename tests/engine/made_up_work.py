"""Functions for the runner's tests; in a module of their own, so that a worker process finds them."""

import ctypes
import json
import os
import signal
import sys
import time
from pathlib import Path

from chipledger.engine.bounds import Bounds
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


def grows_at_seven(number: int) -> int:
    if number == 7:
        return len(bytearray(600_000_000))
    return number


def ends_itself_once(folder: str) -> str:
    mark = Path(folder, "ended")
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return folder


def unpicklable_at_seven(number: int) -> object:
    return (lambda: number) if number == 7 else number


def cannot_start() -> None:
    sys.exit(5)


def note_process(folder: str) -> str:
    Path(folder, str(os.getpid())).touch()
    time.sleep(0.05)
    return folder


def work_without_end(folder: str) -> None:
    """Work for as long as nobody ends it, each process leaving its number in the folder."""
    for _ in run(note_process, iter(lambda: folder, None), jobs=2):
        pass


def tell_outcomes(engine: str, address: str | None = None) -> None:
    """What becomes of a hundred items by each function that has trouble with the seventh, as a line of JSON each."""
    bounds = Bounds(seconds=0.5, memory_bytes=200_000_000)
    for function in TROUBLED:
        outcomes = list(run(function, range(100), jobs=2, engine=engine, bounds=bounds, address=address))
        print(json.dumps([[one.item, one.value, one.trouble] for one in outcomes]))


TROUBLED = (square, refuses_seven, hangs_in_python_at_seven, grows_at_seven, ends_itself_at_seven)

if __name__ == "__main__":
    if sys.argv[1] == "--engine":
        from made_up_work import tell_outcomes  # whose functions another process finds by name

        tell_outcomes(*sys.argv[2:])
    else:
        work_without_end(sys.argv[1])
