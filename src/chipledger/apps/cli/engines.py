"""Which runner a command works by: the options `--engine` and `--address`, checked before anything is read."""

import os
from collections.abc import Mapping

from chipledger.core.errors import InputError
from chipledger.engine.run import ENGINES, check

ENGINE_HELP = "Which runner: local, or daft or ray (Daft on Ray), which are extras."
ADDRESS_HELP = "With --engine ray: of a cluster that runs, such as auto; one is started here if not given."
_SILENT: Mapping[str, str] = {
    "DAFT_ANALYTICS_ENABLED": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DISABLE_DASHBOARD": "1",
}


def check_engine(jobs: int, engine: str, address: str | None) -> None:
    """Refuse what cannot be run; keep Daft and Ray from reporting to their makers that they are used, unless the user lets them.

    Args:
        jobs: how many processes.
        engine: the name of a runner.
        address: of a Ray cluster.

    Raises:
        InputError: another engine, a number of jobs that makes no sense, or an address for an engine that has none.

    >>> check_engine(1, "local", "auto")
    Traceback (most recent call last):
    chipledger.core.errors.InputError: the engine local has no cluster (--address); use --engine ray
    """
    check(jobs, engine, ENGINES)
    if address is not None and engine != "ray":
        raise InputError(f"the engine {engine} has no cluster", where="--address", remedy="use --engine ray")
    if engine != "local":
        for name, value in _SILENT.items():
            os.environ.setdefault(name, value)
