"""The function on a Ray cluster: the one at an address, or one started here and ended again.

Takes what `run` takes; gives outcomes in the order of the items. Only so many items are out at once, so that memory does not grow with their
number. Every machine of the cluster needs this very version of chipledger. Ray is an extra (`pip install chipledger[ray]`).
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from chipledger.core.errors import InputError
from chipledger.engine.outcome import Outcome, attempt

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")
ITEMS_OUT_A_JOB = 4
"""Items that are out at once for each job: enough that no worker waits for the next."""


def run_on_ray(
    function: Callable[[ItemT], ValueT], items: Iterable[ItemT], jobs: int, address: str | None = None
) -> Iterator[Outcome[ItemT, ValueT]]:
    """The function's outcome for each item, in order.

    Args:
        function: a pure function of one item; it, the items and the values must pickle.
        items: taken as there is room for them.
        jobs: how many run at once; of a cluster started here, its processors too.
        address: of a cluster that runs already, such as `auto` or `ray://host:10001`; None starts one here.

    Raises:
        InputError: Ray is not installed, or no cluster answers at the address.
    """
    try:
        import ray
    except ModuleNotFoundError:
        raise InputError(
            "the engine ray is an extra that is not installed",
            where="--engine",
            remedy="pip install chipledger[ray]",
        ) from None
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "ignore_reinit_error": True}
    try:
        if address is None:
            ray.init(num_cpus=jobs, include_dashboard=False, **quiet)
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(
            f"no Ray cluster answers: {' '.join(str(error).split())[:200]}", where="--engine"
        ) from None
    task = ray.remote(num_cpus=1)(attempt)
    out: deque[tuple[ItemT, Any]] = deque()
    try:
        for item in items:
            out.append((item, task.remote(function, item)))
            if len(out) >= ITEMS_OUT_A_JOB * jobs:
                yield _outcome(ray, *out.popleft())
        while out:
            yield _outcome(ray, *out.popleft())
    finally:
        ray.shutdown()


def _outcome(ray: Any, item: ItemT, reply: Any) -> Outcome[ItemT, Any]:
    """What became of an item; a worker that is lost, or lacks what it should run, is told in words."""
    try:
        return Outcome(item, *ray.get(reply))
    except ray.exceptions.RayError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return Outcome(
            item, None, f"{type(error).__name__}: {lines[-1][:200] if lines else 'no reason given'}"
        )
