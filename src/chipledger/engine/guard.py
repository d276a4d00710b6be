"""One worker beside a process that is not ours: what an engine's own process asks of every batch of items.

Takes a packed task; gives for each item its value or its trouble. A bound on time or memory that an item crosses, or a crash, costs that
item and the worker, never the engine's process: so every engine has the same bounds, and tells the same troubles in the same words.
"""

import pickle
from typing import Any

from chipledger.core.errors import ChipledgerError
from chipledger.engine.bounds import Bounds
from chipledger.engine.pool import Pool
from chipledger.engine.starting import fresh_starter


class Guard:
    """Answers batches by a worker that is started for the first of them and kept for the next.

    Args:
        task: what to do with an item, as `packed` gave it.
        bounds: of one item.

    >>> from chipledger.engine.starting import Task, packed
    >>> guard = Guard(packed(Task(len, Bounds())), Bounds())
    >>> answered(guard(pickle.dumps(["abc", 3])))
    [(3, None), (None, "unforeseen TypeError: object of type 'int' has no len()")]
    """

    def __init__(self, task: bytes, bounds: Bounds) -> None:
        self._task, self._bounds = task, bounds
        self._pool: Pool[Any, Any] | None = None

    def __call__(self, batch: bytes) -> bytes:
        """The answers to a batch.

        Args:
            batch: a pickled list of items.

        Returns:
            Pickled: for each item, in order, its pickled (value, trouble); or in words why no worker can start.
        """
        items = pickle.loads(batch)
        try:
            if self._pool is None:
                self._pool = Pool(fresh_starter(self._task), 1, self._bounds, weight=_same)
            return pickle.dumps([message for _, message in self._pool.answers(items)])
        except ChipledgerError as error:
            return pickle.dumps(str(error))

    def __del__(self) -> None:
        if self._pool is not None:
            self._pool.end()


def answered(reply: bytes) -> list[tuple[Any, str | None]]:
    """What a guard answered.

    Raises:
        ChipledgerError: no worker can start where the guard is.
    """
    answers: list[bytes] | str = pickle.loads(reply)
    if isinstance(answers, str):
        raise ChipledgerError(answers)
    return [pickle.loads(answer) for answer in answers]


def _same(item: object) -> int:
    return 1
