"""How fast results are read: `python benchmarks/evals_ingest.py [--samples 5000] [--logs 1000] [--keep FOLDER]`.

Makes one large log by a real Inspect run on the mock, and a thousand small ones by copying a real one under new run ids;
then reads them on one core without Inspect. Bars: the large log in 0.6 s or less, the thousand to a page in 60 s or less. Inspect's own
reader is timed beside ours, on the same files, its import not counted.
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from chipledger.apps.report.evals_page import page
from chipledger.core.records import content_id
from chipledger.evals.ingest import ingest
from chipledger.evals.inspect_adapter import Allowance, GeneratedTask, ModelSettings, run_set
from chipledger.evals.inspect_log import read_inspect_log
from chipledger.evals.measurement import Measurement
from chipledger.evals.register import load_register
from chipledger.evals.statistics.paired import compare_paired
from chipledger.store.ledger import Ledger
from chipledger.store.write_evals import keep_measurements

MOCK = ModelSettings(name="mockllm/bench", ability=0.5, seed=1)
SAID = {"benchmark": "generated-arithmetic", "rule_hash": "0" * 20, "elicitation": "bare"}
SMALL = 200  # as many as the self test's rule asks for
MODELS = 20


def real_log(samples: int, into: Path) -> Path:
    began = time.perf_counter()
    task = GeneratedTask("arithmetic", 1, samples)
    done = run_set([task], MOCK, into, allowance=Allowance(connections=20), metadata=SAID)
    print(f"  a real run of {samples} samples: {time.perf_counter() - began:.1f} s, "
          f"{done.logs[0].stat().st_size / 1e6:.2f} MB")  # fmt: skip
    return done.logs[0]


def copies(log: Path, count: int, into: Path) -> None:
    """The same run under `count` names of its own; Inspect's import has taught zipfile zstd by now."""
    into.mkdir()
    with zipfile.ZipFile(log) as zipped:
        members = {name: zipped.read(name) for name in zipped.namelist()}
        packing = zipped.getinfo("header.json").compress_type
    for number in range(count):
        with zipfile.ZipFile(into / f"{number:04}.eval", "w", packing) as copy:
            for name, text in members.items():
                copy.writestr(
                    name, renamed(text, number) if name in ("header.json", "_journal/start.json") else text
                )


def renamed(text: bytes, number: int) -> bytes:
    value: dict[str, Any] = json.loads(text)
    value["eval"] |= {key: content_id(key, number) for key in ("run_id", "eval_id", "task_id")}
    value["eval"]["model"] = f"mockllm/bench-{number % MODELS}"
    return json.dumps(value).encode()


def rows(measurements: tuple[Measurement, ...]) -> list[tuple[object, ...]]:
    return [(run.id, run.benchmark, run.model, run.measured_on, item.item, item.epoch, item.score, item.cluster, item.refused)
            for run in measurements for item in run.items]  # fmt: skip


def paired(first: Path, second: Path) -> int:
    """Two logs to a paired comparison, as `evals compare` makes it; how many pairs it has."""
    left, right = (read_inspect_log(log, log.name) for log in (first, second))
    clusters = {item.item: item.cluster for item in left.items if item.cluster is not None}
    scores = ({item.item: [item.score or 0.0] for item in one.scored} for one in (left, right))
    return compare_paired(*scores, clusters).items


def median_seconds(work: Callable[[], object], times: int = 5) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def their_reader(log: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    from inspect_ai.log import (
        read_eval_log,
        read_eval_log_sample_summaries,
    )  # a benchmark is no part of the package

    return (
        lambda: (read_eval_log(str(log), header_only=True), read_eval_log_sample_summaries(str(log))),
        lambda: read_eval_log(str(log)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--logs", type=int, default=1000)
    parser.add_argument("--keep", type=Path, default=None, help="a folder in which the logs stay")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        at = chosen.keep or Path(temporary)
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        large = real_log(chosen.samples, at / "large")
        small = real_log(SMALL, at / "small")
        ours = median_seconds(lambda: read_inspect_log(large, large.name))
        print(f"  {chosen.samples}-sample log to a measurement: {ours:.3f} s (bar 0.6 s)")
        copies(large, 1, Path(temporary) / "other")
        other = next((Path(temporary) / "other").iterdir())
        began = time.perf_counter()
        pairs = paired(large, other)
        print(
            f"  two such logs compared item by item, {pairs} pairs in clusters: {time.perf_counter() - began:.2f} s (bar 2 s)"
        )
        summaries, whole = their_reader(large)
        print(f"  Inspect's reader, header and summaries: {median_seconds(summaries):.3f} s; "
              f"whole log: {median_seconds(whole, 1):.1f} s")  # fmt: skip
        if not (at / "many").exists():
            copies(small, chosen.logs, at / "many")
        began = time.perf_counter()
        found = ingest(at / "many")
        made = rows(found.measurements)
        taken = time.perf_counter() - began
        print(f"  {len(found.measurements)} logs of {SMALL} samples to {len(made)} rows: {taken:.2f} s; "
              f"{len(found.failures)} failures, {len(found.warnings)} warnings")  # fmt: skip
        with Ledger.open(Path(temporary) / "evals.sqlite") as ledger:
            kept = keep_measurements(ledger, found.measurements)
            html = page(ledger, load_register(), on=date.today())
        print(f"  the same to a page of {len(html) / 1e6:.1f} MB, {kept} kept in a ledger, {MODELS} models decided: "
              f"{time.perf_counter() - began:.2f} s (bar 60 s)")  # fmt: skip
        print(
            f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, load {os.getloadavg()[0]:.1f}"
        )


if __name__ == "__main__":
    main()
