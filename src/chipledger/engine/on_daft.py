"""The function as a column of a Daft data frame: Daft gives out the rows to processes, of this machine or of a Ray cluster.

Takes what `run` takes; gives outcomes in the order of the items. A row is a lot of items as bytes, a frame so many rows that starting its
processes does not count, and so few that memory does not grow with the number of items. Each of Daft's processes asks a guard, so
bounds and troubles are those of every engine. Daft ends a whole frame when it loses one process, and Ray may when it loses a node: the
rows that were not answered go into another frame. Daft is an extra (`pip install chipledger[engine]`), Ray another (`[ray]`).
"""

import atexit
import pickle
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from chipledger.core.errors import ChipledgerError, InputError
from chipledger.engine.guard import Guard, answered
from chipledger.engine.lots import lots
from chipledger.engine.outcome import Outcome
from chipledger.engine.starting import Task, packed

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")
Lot = list[ItemT]

LOTS_OF_A_ROW = 6
"""A row costs Daft a millisecond, so it holds more than the pool sends at a time."""
ROWS_OF_A_FRAME = 2048
BYTES_OF_A_FRAME = 256 * 1024 * 1024
CORES_ON_RAY = 0.5
"""What a process asks of a cluster: half a core, so that the nodes that are left have room for those of a node that is lost."""
SETTLE_SECONDS = 0.5
"""For which a process that used Daft waits before it ends: Daft's threads use the interpreter a little longer than its last row."""
TRIES = 3
"""How often a frame is begun again without one new answer, before the run is given up."""


def run_on_daft(
    task: Task,
    items: Iterable[ItemT],
    *,
    jobs: int,
    weight: Callable[[ItemT], int],
    on_ray: bool = False,
    address: str | None = None,
) -> Iterator[Outcome[ItemT, Any]]:
    """The function's outcome for each item, in order.

    Args:
        task: what to do with an item; it, the items and the values must pickle.
        items: taken a frame at a time.
        jobs: how many processes.
        weight: how much work an item is.
        on_ray: whether Daft works on a Ray cluster.
        address: of a cluster that runs already; None starts one here.

    Raises:
        InputError: Daft or Ray is not installed, or no cluster answers at the address.
        ChipledgerError: processes are lost again and again, or lack what they should run.
    """
    daft, jobs = _daft_on_ray(jobs, address) if on_ray else (_daft(), jobs)
    answer = _answering(daft, packed(task), task, jobs, CORES_ON_RAY if on_ray else None)
    for frame in _frames(lots(items, weight, LOTS_OF_A_ROW)):
        for lot, reply in _replies(daft, answer, frame):
            for item, answer_of_it in zip(lot, answered(reply), strict=True):
                yield Outcome(item, *answer_of_it)


def _daft() -> Any:
    """Daft, working in processes of this machine."""
    try:
        import daft
    except ModuleNotFoundError:
        raise _missing("daft", "engine") from None
    _bind(daft, "native", daft.set_runner_native)
    return daft


def _daft_on_ray(jobs: int, address: str | None) -> tuple[Any, int]:
    """Daft, working on the cluster at an address or on one started here, and how many processes that has room for."""
    try:
        import daft
        import ray
    except ModuleNotFoundError as error:
        raise _missing("ray", "engine,ray" if error.name == "daft" else "ray") from None
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "ignore_reinit_error": True}
    try:
        if address is None:
            ray.init(address="local", num_cpus=jobs, include_dashboard=False, **quiet)
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(
            f"no Ray cluster answers: {' '.join(str(error).split())[:200]}", where="--address"
        ) from None
    _bind(daft, "ray", daft.set_runner_ray)
    return daft, max(1, min(jobs, int(ray.cluster_resources().get("CPU", 1) / CORES_ON_RAY)))


def _bind(daft: Any, name: str, choose: Callable[[], object]) -> None:
    """Choose Daft's runner, which a process can do once."""
    chosen = daft.runners._get_runner()
    if chosen is None:
        choose()
        atexit.register(time.sleep, SETTLE_SECONDS)
    elif chosen.name != name:
        raise ChipledgerError(
            f"this process has begun to use Daft's {chosen.name} runner and cannot change to {name}",
            where="--engine",
            remedy="use another process",
        )


def _missing(engine: str, extra: str) -> InputError:
    return InputError(
        f"the engine {engine} is an extra that is not installed",
        where="--engine",
        remedy=f"pip install chipledger[{extra}]",
    )


def _answering(daft: Any, packed_task: bytes, task: Task, jobs: int, cores: float | None) -> Any:
    """A column of lots to a column of what a guard answers to each, in so many processes."""
    bounds = task.bounds

    class Answering:
        def __init__(self) -> None:
            self._guard = Guard(packed_task, bounds)

        def __call__(self, lot: bytes) -> bytes:
            return self._guard(lot)

    Answering.__call__ = daft.method(return_dtype=daft.DataType.binary())(Answering.__call__)  # type: ignore[method-assign]
    return daft.cls(use_process=True, max_concurrency=jobs, cpus=cores)(Answering)()


def _frames(all_lots: Iterable[Lot[ItemT]]) -> Iterator[list[tuple[Lot[ItemT], bytes]]]:
    """Lots with their bytes, a frame of them at a time."""
    frame: list[tuple[Lot[ItemT], bytes]] = []
    size = 0
    for lot in all_lots:
        frame.append((lot, pickle.dumps(lot, pickle.HIGHEST_PROTOCOL)))
        size += len(frame[-1][1])
        if len(frame) >= ROWS_OF_A_FRAME or size >= BYTES_OF_A_FRAME:
            yield frame
            frame, size = [], 0
    if frame:
        yield frame


def _replies(
    daft: Any, answer: Any, frame: Sequence[tuple[Lot[ItemT], bytes]]
) -> Iterator[tuple[Lot[ItemT], bytes]]:
    """The lots of a frame in order, each with its reply; what a lost process leaves unanswered is asked again."""
    replies: dict[int, bytes] = {}
    told, tries = 0, 0
    while told < len(frame):
        unanswered = [number for number in range(told, len(frame)) if number not in replies]
        try:
            for number, reply in _asked(daft, answer, unanswered, frame):
                replies[number] = reply
                tries = 0
                while told in replies:
                    yield frame[told][0], replies.pop(told)
                    told += 1
        except Exception as error:
            tries += 1
            if tries >= TRIES:
                raise _lost(error) from error


def _asked(
    daft: Any, answer: Any, numbers: list[int], frame: Sequence[tuple[Any, bytes]]
) -> Iterator[tuple[int, bytes]]:
    """Some rows of a frame as Daft answers them, in whatever order."""
    rows = {"number": numbers, "lot": [frame[number][1] for number in numbers]}
    asked = daft.from_pydict(rows).into_batches(1)
    for row in asked.with_column("reply", answer(asked["lot"])).select("number", "reply").iter_rows():
        yield row["number"], row["reply"]


def _lost(error: Exception) -> ChipledgerError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ChipledgerError(
        f"Daft could not work: {lines[-1][:200] if lines else type(error).__name__}",
        where="--engine",
        remedy="run the same command again; what the ledger holds is not read again",
    )
