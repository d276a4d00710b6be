"""How fast a scan is: `python benchmarks/scan.py FOLDER [--rounds 5]`; documents and megabytes a second, memory, scaling.

Runs the command itself, start included: on one core with one process (with and without a ledger), on two cores with
two processes. The runs take turns, medians count. Beside the seconds on the clock stand the processor's: on a machine
that does other work, these are the ones to compare on one core. Memory is the sum over a run's processes, sampled: as they
hold it (RSS, in which pages that they share count for each), and with each page's size shared out among those that hold
it (PSS), which is what the machine has to find.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class Way:
    """One way of scanning the folder."""

    name: str
    cores: int
    jobs: int
    has_ledger: bool


WAYS = (
    Way("one core, with a ledger", 1, 1, True),
    Way("one core, no ledger", 1, 1, False),
    Way("two processes, with a ledger", 2, 2, True),
    Way("two processes, no ledger", 2, 2, False),
)


@dataclass(frozen=True)
class Run:
    """What one run took."""

    seconds: float
    processor_seconds: float
    memory_mb: float
    shared_out_mb: float


def run_of(way: Way, folder: Path, scratch: Path) -> Run:
    command = [sys.executable, "-m", "chipledger", "scan", str(folder), "--quiet", "--no-git"]
    command += ["--jobs", str(way.jobs), "--format", "none"]
    if way.has_ledger:
        ledger = scratch / "bench.sqlite"
        for old in scratch.iterdir():
            old.unlink()
        command += ["--ledger", str(ledger)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(command, start_new_session=True, preexec_fn=lambda: pin(way.cores))
    memory_mb = shared_out_mb = 0.0
    while process.poll() is None:
        held, shared_out = session_memory_mb(process.pid)
        memory_mb, shared_out_mb = max(memory_mb, held), max(shared_out_mb, shared_out)
        time.sleep(SAMPLE_SECONDS)
    seconds = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"the scan ended with status {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, used, memory_mb, shared_out_mb)


def pin(cores: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[-cores:]))


def session_memory_mb(session: int) -> tuple[float, float]:
    """What the processes of a session hold (RSS), and with shared pages shared out (PSS)."""
    held = shared_out = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                rollup = dict(
                    line.split(":") for line in (process / "smaps_rollup").read_text().splitlines()[1:]
                )
                held += int(rollup["Rss"].split()[0])
                shared_out += int(rollup["Pss"].split()[0])
        except (OSError, ValueError):
            continue
    return held * 1.024e-3, shared_out * 1.024e-3


def median_run(runs: list[Run]) -> Run:
    return Run(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.processor_seconds for run in runs),
        max(run.memory_mb for run in runs),
        max(run.shared_out_mb for run in runs),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    files = [path for path in asked.folder.rglob("*") if path.is_file()]
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    print(f"{len(files)} files, {megabytes:.1f} MB, median of {asked.rounds}, load {os.getloadavg()[0]:.1f}")
    runs: dict[Way, list[Run]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as scratch:
        for _ in range(asked.rounds):
            for way in WAYS:
                runs[way].append(run_of(way, asked.folder, Path(scratch)))
    report({way: median_run(of_way) for way, of_way in runs.items()}, len(files), megabytes)


def report(medians: dict[Way, Run], documents: int, megabytes: float) -> None:
    for way, run in medians.items():
        print(
            f"{way.name}: {run.seconds:.2f} s ({run.processor_seconds:.2f} s of processor), "
            f"{megabytes / run.seconds:.1f} MB/s ({megabytes / run.processor_seconds:.1f}), "
            f"{documents / run.seconds:.0f} documents/s ({documents / run.processor_seconds:.0f}), {run.memory_mb:.0f} MB "
            f"({run.shared_out_mb:.0f} with shared pages shared out)"
        )
    stored_1, bare_1, stored_2, bare_2 = (medians[way].seconds for way in WAYS)
    print(
        f"two processes: {bare_1 / bare_2:.2f} times one without a ledger, {stored_1 / stored_2:.2f} with one"
    )


if __name__ == "__main__":
    main()
