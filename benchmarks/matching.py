"""How fast names are found: `python benchmarks/matching.py FOLDER [--rounds 5]`, beside ripgrep where it is installed.

Both read every file under the folder from the page cache and give the byte span of every hit, on one core; they take
turns, and the median of the rounds counts. Times are the processor's (user and system, children included), so that
what else runs on the machine does not count. ripgrep's time on an empty folder (start, compiling) is taken off its
time; ours starts with the expression compiled.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chipledger.catalogue.names import names, pattern
from chipledger.evidence.spots import may_name_a_chip

EXPRESSION = "ripgrep, the same expression"
SPELLINGS = "ripgrep, the spellings as a list of words"


def files_under(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def spans_in(files: list[Path], compiled: Any) -> int:
    return sum(len([match.span() for match in compiled.finditer(path.read_bytes())]) for path in files)


def documents_with_a_name(files: list[Path]) -> int:
    return sum(may_name_a_chip(path.read_bytes()) for path in files)


def ripgrep_spans(folder: Path, patterns: Path, *how: str) -> int:
    command = [
        *("rg", "-j1", "-o", "-b", "-i", "--no-config", "--no-ignore", "--hidden", "-a", "--no-heading"),
        *("--no-line-number", "--no-filename", *how, "-f", str(patterns), str(folder)),
    ]
    answered = subprocess.run(command, capture_output=True, check=False)
    if answered.returncode > 1:
        sys.exit(f"ripgrep: {answered.stderr[-200:].decode(errors='replace')}")
    return answered.stdout.count(b"\n")


def in_rust(expression: bytes) -> bytes:
    """The same expression for ripgrep, whose word boundaries and digits are Unicode's unless told otherwise."""
    return expression.replace(rb"\b", rb"(?-u:\b)").replace(rb"\d", b"[0-9]")


def seconds_of(call: Callable[[], int]) -> tuple[float, int]:
    start = processor_seconds()
    found = call()
    return processor_seconds() - start, found


def processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def in_turns(contenders: dict[str, Callable[[], int]], rounds: int) -> dict[str, tuple[float, int]]:
    """The median seconds and what was found, of each contender."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    found = {}
    for _ in range(rounds):
        for name, call in contenders.items():
            seconds, found[name] = seconds_of(call)
            times[name].append(seconds)
    return {name: (statistics.median(times[name]), found[name]) for name in contenders}


def has_ripgrep() -> bool:
    try:
        return subprocess.run(["rg", "--version"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    files = files_under(asked.folder)
    if not files:
        sys.exit(f"no files under {asked.folder}")
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    print(f"{len(files)} files, {megabytes:.1f} MB, one core, median of {asked.rounds}")
    with tempfile.TemporaryDirectory() as folder:
        report(in_turns(contenders(asked.folder, files, Path(folder)), asked.rounds), megabytes)


def contenders(folder: Path, files: list[Path], scratch: Path) -> dict[str, Callable[[], int]]:
    compiled = pattern()
    ours = {
        "chipledger, every span": lambda: spans_in(files, compiled),
        "chipledger, whether any": lambda: documents_with_a_name(files),
    }
    if not has_ripgrep():
        print("NOT RUN: ripgrep is not installed")
        return ours
    empty, expression, spellings = scratch / "empty", scratch / "expression", scratch / "spellings"
    empty.mkdir()
    expression.write_bytes(in_rust(compiled.pattern) + b"\n")
    spellings.write_text("\n".join(sorted({one for name in names() for one in name.spellings})) + "\n")
    as_list = ("-F", "-w")
    return ours | {
        f"{EXPRESSION}, empty folder": lambda: ripgrep_spans(empty, expression),
        EXPRESSION: lambda: ripgrep_spans(folder, expression),
        f"{SPELLINGS}, empty folder": lambda: ripgrep_spans(empty, spellings, *as_list),
        SPELLINGS: lambda: ripgrep_spans(folder, spellings, *as_list),
    }


def report(medians: dict[str, tuple[float, int]], megabytes: float) -> None:
    ours = medians["chipledger, every span"][0]
    for name, (seconds, found) in medians.items():
        if name.endswith("empty folder"):
            continue
        start = medians.get(f"{name}, empty folder", (0.0, 0))[0]
        net = seconds - start
        started = f"; its start, {start * 1000:.0f} ms, taken off" if start else ""
        print(f"{name}: {megabytes / net:.0f} MB/s, {found} found, {net / ours:.1f} times ours{started}")


if __name__ == "__main__":
    main()
