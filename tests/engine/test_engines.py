"""Daft, and Daft on Ray: the bytes of every engine are equal, its bounds hold, and whatever is killed, the ledger ends as if nothing had been.

Needs `pip install chipledger[engine,ray]` (make test-engine). Each engine runs in a process of its own, since Daft chooses its runner once.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import made_up_work as work
import pytest

from chipledger.store.export import dump
from chipledger.store.ledger import Ledger

pytestmark = pytest.mark.engine

WAYS = (("local", "1"), ("local", "2"), ("daft", "2"), ("ray", "2"))
DOCUMENTS = 2500
SENTENCES = (
    "We trained the model on {n} NVIDIA A100 80GB GPUs for {n} hours with DeepSpeed ZeRO-3.",
    "推理使用{n}张H20，显存至少需要{n}GB。",
    "Fine-tuning with LoRA runs on a single RTX 4090; {n} steps take an hour.",
    "`NCCL_IB_HCA=mlx5_{n}` is set on every node.",
)
Scan = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    for number in range(DOCUMENTS):
        lines = [SENTENCES[(number + line) % 4].format(n=number % 97 + line) for line in range(6)]
        (folder / f"{number:05}.md").write_text("\n\n".join([f"# Paper {number}", *lines]))
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    return folder


@pytest.fixture(scope="module")
def undisturbed(papers: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The content of a ledger that nobody disturbed."""
    ledger = tmp_path_factory.mktemp("undisturbed") / "chips.sqlite"
    assert scan(papers, "--ledger", str(ledger)).wait() == 0
    return content(ledger)


def scan(papers: Path, *options: str, out: Any = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "chipledger", "scan", str(papers), "--quiet", *options]
    return subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, start_new_session=True)


def content(ledger: Path) -> str:
    with Ledger.open(ledger) as opened:
        return json.dumps(dump(opened), default=str, sort_keys=True)


def stored(ledger: Path) -> int:
    if not ledger.exists():
        return 0
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=5) as connection:
        try:
            return int(connection.execute("select count(*) from documents").fetchone()[0])
        except sqlite3.OperationalError:
            return 0  # not yet made, or being written


def wait_until_midway(run: "subprocess.Popen[bytes]", ledger: Path) -> None:
    deadline = time.monotonic() + 60
    while stored(ledger) == 0 and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert run.poll() is None and 0 < stored(ledger) < DOCUMENTS


def descendants(of: int) -> Iterator[tuple[int, str]]:
    """Every process below one, with its command line."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    waiting = [of]
    while waiting:
        for child in children.get(waiting.pop(), []):
            waiting.append(child)
            try:
                yield child, Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue


@pytest.mark.parametrize(("form", "ways"), [("jsonl", WAYS), ("csv", (WAYS[0], WAYS[2]))])
def test_every_engine_prints_the_same_bytes(papers: Path, tmp_path: Path, form: str, ways: Any) -> None:
    said = []
    for engine, jobs in ways:
        with (tmp_path / f"{engine}{jobs}").open("w+b") as out:
            run = scan(papers, "--engine", engine, "--jobs", jobs, "--format", form, out=out)
            assert run.wait() == 0, run.communicate()[1]
            out.seek(0)
            said.append(out.read())
    assert said[0].count(b"\n") > DOCUMENTS
    assert all(one == said[0] for one in said)


@pytest.mark.parametrize(("engine", "jobs"), WAYS[1:])
def test_every_engine_makes_the_same_ledger(papers: Path, tmp_path: Path, undisturbed: str, engine: str, jobs: str) -> None:  # fmt: skip
    ledger = tmp_path / "chips.sqlite"
    run = scan(papers, "--engine", engine, "--jobs", jobs, "--ledger", str(ledger))
    assert run.wait() == 0, run.communicate()[1]
    assert content(ledger) == undisturbed


@pytest.mark.parametrize("engine", ["daft", "ray"])
def test_an_item_in_trouble_costs_that_item_alone_and_is_told_in_the_same_words(engine: str) -> None:
    told = {}
    for name in ("local", engine):
        command = [sys.executable, work.__file__, "--engine", name]
        told[name] = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout
    assert told[engine] == told["local"]
    outcomes = [json.loads(line) for line in told[engine].splitlines()]
    assert [[item for item, _, trouble in one if trouble] for one in outcomes] == [[], [7], [7], [7], [7]]


@pytest.mark.parametrize(
    ("engine", "whose"),
    [
        ("local", "chipledger"),
        ("daft", "daft.execution.udf_worker"),
        ("daft", "chipledger.engine.worker"),
        ("ray", "ray::UDFActor"),
        ("ray", "chipledger.engine.worker"),
    ],
)
def test_killed_workers_cost_nothing(papers: Path, tmp_path: Path, undisturbed: str, engine: str, whose: str) -> None:  # fmt: skip
    ledger = tmp_path / "chips.sqlite"
    run = scan(papers, "--engine", engine, "--jobs", "2", "--ledger", str(ledger))
    wait_until_midway(run, ledger)
    workers = [process for process, command in descendants(run.pid) if whose in command]
    assert workers
    os.kill(workers[0], signal.SIGKILL)
    assert run.wait(120) == 0, run.communicate()[1]
    assert content(ledger) == undisturbed
    assert scan(papers, "--engine", engine, "--jobs", "2", "--ledger", str(ledger)).wait(120) == 0
    assert content(ledger) == undisturbed


@pytest.mark.parametrize("engine", ["local", "daft", "ray"])
def test_a_killed_run_goes_on_where_it_was(papers: Path, tmp_path: Path, undisturbed: str, engine: str) -> None:  # fmt: skip
    ledger = tmp_path / "chips.sqlite"
    run = scan(papers, "--engine", engine, "--jobs", "2", "--ledger", str(ledger))
    wait_until_midway(run, ledger)
    of_the_run = [process for process, command in descendants(run.pid) if "chipledger" in command]
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    again = scan(papers, "--engine", engine, "--jobs", "2", "--ledger", str(ledger))
    assert again.wait(120) == 0, again.communicate()[1]
    assert content(ledger) == undisturbed
    assert not [process for process in of_the_run if "chipledger" in _command(process)]


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""


def test_a_killed_node_of_a_cluster_costs_nothing(papers: Path, tmp_path: Path, undisturbed: str) -> None:
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    ledger = tmp_path / "chips.sqlite"
    head = {"num_cpus": 1, "include_dashboard": False}
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=head)
    try:
        node = cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        asked = ("--engine", "ray", "--jobs", "2", "--ledger", str(ledger), "--address", cluster.address)
        run = scan(papers, *asked)
        wait_until_midway(run, ledger)
        for raylet in node.all_processes["raylet"]:
            os.kill(raylet.process.pid, signal.SIGKILL)
        run.wait(180)  # it may end in a line that tells of the lost node; the same command then goes on
        again = scan(papers, *asked)
        assert again.wait(180) == 0, again.communicate()[1]
    finally:
        cluster.shutdown()
    assert content(ledger) == undisturbed
