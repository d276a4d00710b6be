"""The runner: the same outcomes in the same order by any number of processes, whatever becomes of one item."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread

import made_up_work as work
import pytest

from chipledger.core.errors import ChipledgerError, InputError
from chipledger.engine.bounds import Bounds
from chipledger.engine.pool import ITEMS_IN_FLIGHT
from chipledger.engine.run import ENGINES, check, run


@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 33, 1000])
def test_every_item_has_its_value_in_order(jobs: int, count: int) -> None:
    outcomes = list(run(work.square, range(count), jobs=jobs))
    assert [(one.item, one.value) for one in outcomes] == [(n, n * n) for n in range(count)]


def test_a_slow_item_is_not_overtaken() -> None:
    assert [one.value for one in run(work.slower_when_even, range(200), jobs=2)] == list(range(200))


def test_several_jobs_are_several_processes_and_one_job_is_this_one() -> None:
    assert {one.value for one in run(work.process_of, range(300), jobs=2)}.isdisjoint({os.getpid()})
    assert len({one.value for one in run(work.process_of, range(300), jobs=2)}) == 2
    assert {one.value for one in run(work.process_of, range(3), jobs=1)} == {os.getpid()}


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    ("function", "trouble"),
    [
        (work.refuses_seven, "unforeseen ValueError: seven is refused"),
        (work.hangs_in_python_at_seven, "took longer than the limit of 0.3 s"),
    ],
)
def test_one_item_in_trouble_costs_that_item_alone(jobs: int, function: object, trouble: str) -> None:
    outcomes = list(run(function, range(100), jobs=jobs, bounds=Bounds(0.3)))  # type: ignore[arg-type]
    assert [(one.item, one.trouble) for one in outcomes if one.is_failed] == [(7, trouble)]
    assert [one.value for one in outcomes if not one.is_failed] == [n for n in range(100) if n != 7]


@pytest.mark.parametrize(
    ("function", "trouble"),
    [
        (work.ends_itself_at_seven, "the worker process ended in the midst of it (status -9)"),
        (work.hangs_in_native_code_at_seven, "took longer than the limit of 0.2 s"),
        (work.unpicklable_at_seven, "the answer cannot be sent"),
    ],
)
def test_one_lost_worker_costs_one_item(function: object, trouble: str) -> None:
    outcomes = list(run(function, range(100), jobs=2, bounds=Bounds(0.2)))  # type: ignore[arg-type]
    failed = [one for one in outcomes if one.is_failed]
    assert [one.item for one in failed] == [7] and (failed[0].trouble or "").startswith(trouble)
    assert [one.value for one in outcomes if not one.is_failed] == [n for n in range(100) if n != 7]


def test_items_are_taken_only_as_far_ahead_as_outcomes_are() -> None:
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    outcomes = run(work.square, endless(), jobs=2)
    first = [next(outcomes).value for _ in range(100)]
    outcomes.close()  # type: ignore[attr-defined]
    assert first == [n * n for n in range(1, 101)]
    assert taken < 2 * ITEMS_IN_FLIGHT + 200


def test_a_slow_reader_of_outcomes_loses_nothing_and_blames_nobody() -> None:
    outcomes = run(work.square, range(400), jobs=2, bounds=Bounds(0.1))
    first = next(outcomes)
    time.sleep(0.8)
    assert [one.value for one in (first, *outcomes)] == [n * n for n in range(400)]


def test_large_items_and_answers_do_not_block_the_pipes() -> None:
    items = [bytes([n]) * 2_000_000 for n in range(12)]
    assert [one.value for one in run(bytes, items, jobs=2, weight=len)] == items


def test_a_worker_that_cannot_start_is_an_error_not_a_thousand_failures() -> None:
    done = Event()
    # with a second thread, workers are started afresh and prepare themselves
    beside = Thread(target=done.wait)
    beside.start()
    try:
        with pytest.raises(ChipledgerError, match="cannot start"):
            list(run(work.square, range(10), jobs=2, prepare=work.cannot_start))
    finally:
        done.set()
        beside.join()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"engine": "spark"}, "no such engine"),
        ({"jobs": 0}, "cannot do anything"),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_line(asked: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(work.square, [1], **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["daft", "ray"])
def test_a_command_says_which_engines_it_has(engine: str) -> None:
    with pytest.raises(InputError, match="not in this version of the command"):
        check(1, engine)
    check(1, engine, ENGINES)


@pytest.mark.parametrize("jobs", [1, 2])
def test_memory_beyond_the_bound_costs_the_item_alone(jobs: int) -> None:
    bounds = Bounds(seconds=5.0, memory_bytes=200_000_000)
    outcomes = list(run(work.grows_at_seven, range(50), jobs=jobs, bounds=bounds))
    assert [(one.item, one.trouble) for one in outcomes if one.is_failed] == [(7, "ran out of memory")]
    assert len(bytearray(600_000_000)) == 600_000_000, "this process may have as much as before"


def test_an_item_whose_worker_somebody_ended_is_tried_once_more(tmp_path: Path) -> None:
    outcomes = list(run(work.ends_itself_once, [str(tmp_path)] * 40, jobs=2))
    assert [one.trouble for one in outcomes] == [None] * 40


@pytest.mark.parametrize("engine", ["daft", "ray"])
def test_an_engine_that_is_an_extra_says_what_to_install(engine: str) -> None:
    if find_spec("daft") and find_spec(engine):
        pytest.skip(f"{engine} is installed; make test-engine runs it")
    with pytest.raises(InputError, match="pip install chipledger"):
        list(run(len, ["a"], engine=engine))


@pytest.mark.parametrize("killed_by", [signal.SIGINT, signal.SIGKILL])
def test_workers_do_not_outlive_their_parent(tmp_path: Path, killed_by: signal.Signals) -> None:
    command = [sys.executable, work.__file__, str(tmp_path)]
    parent = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    workers = _numbers_left(tmp_path, 2)
    os.kill(parent.pid, killed_by)
    parent.communicate(timeout=20)
    deadline = time.monotonic() + 10
    while any(map(_runs, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_runs, workers))


def _numbers_left(folder: Path, wanted: int) -> list[int]:
    deadline = time.monotonic() + 20
    while len(list(folder.iterdir())) < wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    return [int(path.name) for path in folder.iterdir()]


def _runs(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False
