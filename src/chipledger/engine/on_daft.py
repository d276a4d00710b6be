"""The function as a column of a Daft data frame: Daft gives out the rows to processes.

Takes what `run` takes; gives outcomes in the order of the items. Items become rows of bytes, some hundred at a time, so that memory does
not grow with their number. Daft is an extra (`pip install chipledger[engine]`).
"""

import pickle
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from chipledger.core.errors import ChipledgerError, InputError
from chipledger.engine.outcome import Outcome, attempt

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")
ROWS_OF_A_FRAME = 256


def run_on_daft(
    function: Callable[[ItemT], ValueT], items: Iterable[ItemT], jobs: int
) -> Iterator[Outcome[ItemT, ValueT]]:
    """The function's outcome for each item, in order.

    Args:
        function: a pure function of one item; it, the items and the values must pickle.
        items: taken some hundred at a time.
        jobs: how many processes.

    Raises:
        InputError: Daft is not installed.
        ChipledgerError: a worker was lost, or lacks what it should run.
    """
    try:
        import daft
    except ModuleNotFoundError:
        raise InputError(
            "the engine daft is an extra that is not installed",
            where="--engine",
            remedy="pip install chipledger[engine]",
        ) from None
    answer = _answering(daft, function, jobs)
    left = iter(items)
    while some := list(islice(left, ROWS_OF_A_FRAME)):
        rows = {"number": list(range(len(some))), "item": [pickle.dumps(one) for one in some]}
        frame = daft.from_pydict(rows).into_batches(1)
        told = frame.with_column("reply", answer(frame["item"])).select("number", "reply")
        try:
            replies = {row["number"]: row["reply"] for row in told.iter_rows()}
        except Exception as error:  # Daft ends the whole frame where a worker lacks what it should run
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            raise ChipledgerError(
                f"Daft could not work: {lines[-1][:200] if lines else type(error).__name__}",
                where="--engine daft",
            ) from error
        for number, item in enumerate(some):
            yield Outcome(item, *pickle.loads(replies[number]))


def _answering(daft: Any, function: Callable[[ItemT], ValueT], jobs: int) -> Any:
    """Bytes of an item to bytes of its value and its trouble, in so many processes."""

    class Answering:
        def __call__(self, item: bytes) -> bytes:
            return pickle.dumps(attempt(function, pickle.loads(item)))

    Answering.__call__ = daft.method(return_dtype=daft.DataType.binary())(Answering.__call__)  # type: ignore[method-assign]
    return daft.cls(use_process=True, max_concurrency=jobs)(Answering)()
