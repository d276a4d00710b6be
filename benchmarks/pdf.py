"""How many PDF pages a second come out as text on one core: `python benchmarks/pdf.py FOLDER [--runs 5]`.

Takes a folder of PDFs, gives the median of alternating runs: ours as the project reads them (through the worker
process, limits and all) beside pypdf where it is installed. Files that either refuses count for neither. Beside the
pages a second of the clock stand those of the processor (this process and its worker), which other work on the machine
does not lower; everything runs on one core.
"""

import argparse
import importlib
import os
import statistics
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from chipledger.core.errors import LimitError
from chipledger.documents.limits import Limits
from chipledger.documents.pdf import pages_of

Reader = Callable[[bytes], int]


def ours(content: bytes) -> int:
    return len(pages_of(content, Limits()))


def peer() -> Reader | None:
    try:
        pypdf = importlib.import_module("pypdf")
    except ImportError:
        return None
    return lambda content: len([page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages])


def readable(paths: list[Path]) -> list[bytes]:
    kept = []
    for content in (path.read_bytes() for path in paths):
        try:
            ours(content)
        except LimitError:
            continue
        kept.append(content)
    return kept


def pages_per_second(reader: Reader, contents: list[bytes]) -> tuple[float, float]:
    """By the clock, and by the processor."""
    started, used = time.perf_counter(), processor_seconds()
    pages = sum(reader(content) for content in contents)
    return pages / (time.perf_counter() - started), pages / (processor_seconds() - used)


def processor_seconds() -> float:
    """Of this process and of its workers that still run."""
    workers = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return time.process_time() + sum(map(_seconds_of, workers))


def _seconds_of(process: str) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Time each reader in turn and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    contents = readable(sorted(options.folder.rglob("*.pdf")))
    readers = {"chipledger (pypdfium2)": ours, "pypdf": peer()}
    rates: dict[str, list[tuple[float, float]]] = {}
    for _ in range(options.runs):
        for name, reader in readers.items():
            if reader:
                rates.setdefault(name, []).append(pages_per_second(reader, contents))
    for name, measured in rates.items():
        clock, processor = (statistics.median(rate) for rate in zip(*measured, strict=True))
        print(
            f"{name}: {clock:.0f} pages/s by the clock, {processor:.0f} by the processor "
            f"(medians of {options.runs}, {len(contents)} files)"
        )


if __name__ == "__main__":
    main()
