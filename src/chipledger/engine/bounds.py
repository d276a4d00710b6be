"""What one item may take: seconds and memory, the same in whatever process it is worked on.

The memory that counts is what a process may write to (its heap and private mappings), beyond what it held when it began. A
bound on address space would count files that are only mapped, as git maps its packs. Linux holds the bound; elsewhere there is none.
"""

import mmap
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

if sys.platform == "linux":
    import resource

_STATM_DATA = 5  # the field of /proc/self/statm that counts pages of data and stack


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of one item.

    Args:
        seconds: longest time.
        memory_bytes: most memory beyond what the process held before its first item; None for no bound.
    """

    seconds: float = 30.0
    memory_bytes: int | None = None


def data_bytes() -> int:
    """How much memory this process may write to now; Linux tells.

    >>> 1_000_000 < data_bytes()
    True
    """
    return int(Path("/proc/self/statm").read_text().split()[_STATM_DATA]) * mmap.PAGESIZE


def ceiling(bounds: Bounds) -> int | None:
    """What this process may come to while it works on an item, None where nothing holds it.

    >>> ceiling(Bounds(seconds=1)) is None
    True
    """
    if bounds.memory_bytes is None or sys.platform != "linux":
        return None
    return data_bytes() + bounds.memory_bytes


@contextmanager
def kept_below(most_bytes: int | None) -> Iterator[None]:
    """While inside, memory beyond the ceiling is refused: Python raises MemoryError, native code fails or ends.

    Args:
        most_bytes: what `ceiling` gave.

    >>> with kept_below(data_bytes() + 50_000_000):
    ...     _ = bytearray(100_000_000)
    Traceback (most recent call last):
    MemoryError
    """
    if most_bytes is None or sys.platform != "linux":
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    allowed = most_bytes if hard == resource.RLIM_INFINITY else min(most_bytes, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
