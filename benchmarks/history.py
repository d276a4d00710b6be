"""How fast a whole history is read: processor seconds of listing, of reading blobs and of following statements.

    python benchmarks/history.py REPOSITORY [--jobs 2]

Processor time is of this process and of those it waited for: Python's workers and the gits that list. The gits that unpack blobs for
the workers end with them and are not in it; `git cat-file --batch` alone tells theirs.
"""

import argparse
import resource
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from chipledger.apps.cli import history
from chipledger.apps.cli.scanning import Settings, Tally
from chipledger.documents.limits import Limits
from chipledger.documents.repository import git_dir_of

_laps: list[tuple[str, float, float]] = []


def processor_seconds() -> float:
    """User and system time of this process and its children."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def timed(name: str) -> None:
    """Note processor and wall time of one of the steps of a scan."""
    step: Callable[..., Any] = getattr(history, name)

    def lap(*arguments: Any) -> Any:
        began, wall = processor_seconds(), time.monotonic()
        try:
            return step(*arguments)
        finally:
            _laps.append((name, processor_seconds() - began, time.monotonic() - wall))
            if name == "_read_all":
                size = sum(one.size_bytes for one in arguments[0])
                print(f"{len(arguments[0]):,} blobs of {size / 1e6:,.0f} MB to read")

    setattr(history, name, lap)


def main() -> None:
    """Scan a history and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    git_dir = git_dir_of(asked.repository)
    if git_dir is None:
        raise SystemExit(f"{asked.repository}: not a git repository")
    for name in ("history_of", "_read_all", "lifelines"):
        timed(name)
    began, wall = processor_seconds(), time.monotonic()
    settings = Settings(on=date.today(), jobs=asked.jobs, is_quiet=True)
    history.scan_history(git_dir, str(asked.repository), settings, Limits(), Tally(), lambda failure: None)
    for name, used, lasted in [*_laps, ("all", processor_seconds() - began, time.monotonic() - wall)]:
        print(f"{name.strip('_')}: {used:.1f} s of processor time, {lasted:.1f} s by the clock")


if __name__ == "__main__":
    main()
