"""How fast names are found: `python benchmarks/matching.py FOLDER [--rounds 5] [--joined]`, beside ripgrep where it is installed.

Both read every file under the folder from the page cache and give the byte span of every hit, on one core; they take
turns, and the median of the rounds counts. Times are the processor's (user and system, children included), so that
what else runs on the machine does not count. ripgrep's time on an empty folder (start, compiling) is taken off its
time; ours starts with the expression compiled. With --joined the files of each folder below FOLDER are one file, for
both, so that it is matching that is measured and not the opening of thousands of small files.
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

from chipledger.catalogue.fast_names import IS_INSTALLED
from chipledger.catalogue.names import expression, fast_names, names
from chipledger.documents.folder import read_file

MOST_BYTES = 1 << 30

OURS = "chipledger"
FAST = "chipledger[fast]"
EXPRESSION = "ripgrep, the same expression"
SPELLINGS = "ripgrep, the spellings as a list of words"


def files_under(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def spans_in(files: list[Path], finder: Any) -> int:
    return sum(
        len([match.span() for match in finder.finditer(read_file(str(path), MOST_BYTES))]) for path in files
    )


def with_a_name(files: list[Path], finder: Any) -> int:
    return sum(finder.search(read_file(str(path), MOST_BYTES)) is not None for path in files)


def joined(folder: Path, scratch: Path) -> Path:
    """A folder with one file for each folder below the given one."""
    made = scratch / "joined"
    made.mkdir()
    for below in sorted(path for path in folder.iterdir() if path.is_dir()):
        (made / below.name).write_bytes(b"\n".join(path.read_bytes() for path in files_under(below)))
    return made


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
    parser.add_argument("--joined", action="store_true")
    asked = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        folder = joined(asked.folder, scratch) if asked.joined else asked.folder
        files = files_under(folder)
        if not files:
            sys.exit(f"no files under {folder}")
        megabytes = sum(path.stat().st_size for path in files) / 1e6
        print(f"{len(files)} files, {megabytes:.1f} MB, one core, median of {asked.rounds}")
        report(in_turns(contenders(folder, files, scratch), asked.rounds), megabytes)


def contenders(folder: Path, files: list[Path], scratch: Path) -> dict[str, Callable[[], int]]:
    compiled = expression()
    ours = {
        OURS: lambda: spans_in(files, compiled),
        f"{OURS}, whether any": lambda: with_a_name(files, compiled),
    }
    if not IS_INSTALLED:
        print("NOT RUN: Hyperscan is not installed (pip install chipledger[fast])")
    else:
        fast = fast_names(pays_bytes=0)
        fast.search(b"")  # its tables are made
        ours |= {
            FAST: lambda: spans_in(files, fast),
            f"{FAST}, whether any": lambda: with_a_name(files, fast),
        }
    if not has_ripgrep():
        print("NOT RUN: ripgrep is not installed")
        return ours
    empty, one, spellings = scratch / "empty", scratch / "expression", scratch / "spellings"
    empty.mkdir()
    one.write_bytes(in_rust(compiled.pattern) + b"\n")
    spellings.write_text(
        "\n".join(sorted({spelling for name in names() for spelling in name.spellings})) + "\n"
    )
    as_list = ("-F", "-w", "--no-unicode")
    return ours | {
        f"{EXPRESSION}, empty folder": lambda: ripgrep_spans(empty, one),
        EXPRESSION: lambda: ripgrep_spans(folder, one),
        f"{SPELLINGS}, empty folder": lambda: ripgrep_spans(empty, spellings, *as_list),
        SPELLINGS: lambda: ripgrep_spans(folder, spellings, *as_list),
    }


def report(medians: dict[str, tuple[float, int]], megabytes: float) -> None:
    for name, (seconds, found) in medians.items():
        if name.endswith("empty folder"):
            continue
        start = medians.get(f"{name}, empty folder", (0.0, 0))[0]
        net = seconds - start
        beside = [
            f"{net / medians[one][0]:.1f} times {one}'s"
            for one in (OURS, FAST)
            if one in medians and one not in name
        ]
        started = f"its start, {start * 1000:.0f} ms, taken off" if start else ""
        print(
            "; ".join(filter(None, [f"{name}: {megabytes / net:.0f} MB/s, {found} found", *beside, started]))
        )


if __name__ == "__main__":
    main()
