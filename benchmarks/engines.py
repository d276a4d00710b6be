"""Each engine over one folder: `python benchmarks/engines.py FOLDER [--rounds 3] [--engines daft ray]`; seconds, and whether the bytes are equal.

Runs the command itself, start included: one process pinned to one core, then two jobs of the pool, of Daft and of Daft on Ray on two cores.
The runs take turns, medians count. The bar is Daft against one process by the clock, which only an idle machine can show: beside the
seconds stands the load before each run, and the processor's seconds of all the run's processes. Needs `pip install chipledger[engine,ray]`.
"""

import argparse
import hashlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ENGINES = ("daft", "ray")


@dataclass(frozen=True)
class Way:
    """One way of scanning the folder."""

    name: str
    engine: str
    jobs: int
    cores: int


@dataclass
class Runs:
    """What the runs of a way took, and the digests of what they printed."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)
    digests: set[str] = field(default_factory=set)


def run_once(way: Way, folder: Path, runs: Runs) -> None:
    command = [sys.executable, "-m", "chipledger", "scan", str(folder), "--quiet", "--no-git"]
    command += ["--engine", way.engine, "--jobs", str(way.jobs), "--format", "jsonl"]
    runs.loads.append(os.getloadavg()[0])
    with tempfile.TemporaryFile() as out:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        done = subprocess.run(command, stdout=out, check=False, preexec_fn=lambda: pin(way.cores))
        runs.seconds.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            sys.exit(f"{way.name}: the scan ended with status {done.returncode}")
        out.seek(0)
        runs.digests.add(hashlib.file_digest(out, "sha256").hexdigest())
    runs.processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def pin(cores: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[-cores:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=list(ENGINES))
    asked = parser.parse_args()
    files = [path for path in asked.folder.rglob("*") if path.is_file()]
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    print(f"{len(files)} files, {megabytes:.1f} MB, median of {asked.rounds}", flush=True)
    names = {"daft": "Daft, two jobs", "ray": "Daft on Ray, two jobs"}
    ways = [Way("one process", "local", 1, 1), Way("the pool, two jobs", "local", 2, 2)]
    ways += [Way(names[engine], engine, 2, 2) for engine in asked.engines]
    told = {way: Runs() for way in ways}
    for _ in range(asked.rounds):
        for way in ways:
            run_once(way, asked.folder, told[way])
    one = statistics.median(told[ways[0]].seconds)
    for way, runs in told.items():
        seconds = statistics.median(runs.seconds)
        print(
            f"{way.name}: {seconds:.1f} s ({min(runs.seconds):.1f} to {max(runs.seconds):.1f}), "
            f"{statistics.median(runs.processor):.1f} s of processor, {megabytes / seconds:.1f} MB/s, "
            f"{one / seconds:.2f} times one process, load before {', '.join(f'{load:.1f}' for load in runs.loads)}"
        )
    digests = set().union(*(runs.digests for runs in told.values()))
    print("the same bytes" if len(digests) == 1 else f"DIFFERENT BYTES: {len(digests)} outputs")


if __name__ == "__main__":
    main()
