"""Results of lm-evaluation-harness: the aggregate of a run, and the samples of one task where they were kept.

Takes `results_*.json` (one figure a task and metric, with a standard error) and `samples_*.jsonl` (one line a document); gives
Measurements. An aggregate holds no items and so is a published figure with an interval; samples are a run. A file of
samples names neither model nor day: both come from the results beside it, which carry a hash of the samples, or from the
caller.

Source: EleutherAI/lm-evaluation-harness, lm_eval/loggers/evaluation_tracker.py and lm_eval/evaluator.py (version 0.4.13).
"""

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from chipledger.core.errors import InputError
from chipledger.core.sources import Grade
from chipledger.evals.measurement import ItemScore, Measurement, Published, State
from chipledger.evals.reading import LARGEST_JSON_BYTES, Reading, open_bounded, parse_json, sha256_of

LEVEL = 0.95
_Z = 1.959964  # of a normal interval at LEVEL
# What a line of samples holds besides its metrics (evaluator.py).
_NO_METRIC = {"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash", "prompt_hash", "target_hash"}  # fmt: skip
_LARGEST_SAMPLES_BYTES = 2 << 30
# What a line says at length and nobody here asks for: a file of a gigabyte is mostly this.
_UNREAD = {"target", "arguments", "resps", "filtered_resps"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a results file says of its run as a whole.

    Args:
        model: as the file prints it.
        on: the day it began, in UTC.
        started_at: the moment it began.
        versions: of each task.
        task_hashes: of the samples of each task; empty where samples were not kept.
        shots: examples shown before each question, by task.
    """

    model: str
    on: date
    started_at: str
    versions: dict[str, str]
    task_hashes: dict[str, str]
    shots: dict[str, int]


def is_results(value: Any) -> bool:
    """Whether a JSON value has the shape of a results file."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("results"), dict)
        and isinstance(value.get("versions"), dict)
    )


def is_samples(value: Any) -> bool:
    """Whether a line's JSON value has the shape of a sample."""
    return isinstance(value, dict) and {"doc_id", "target", "filtered_resps"} <= set(value)


def read_results(content: Path | bytes, name: str, how: Reading | None = None) -> list[Measurement]:
    """The figures of a results file, one for each task whose benchmark is known.

    Args:
        content: the file or its bytes.
        name: what it is called.
        how: benchmarks by task; `scorer` names the metric (`acc` or `acc,none`), else the task's first.

    Returns:
        Published figures in the order of the file; tasks of which the caller named no benchmark are passed over.

    Raises:
        InputError: it is no results file, no task of it is known, or a figure is no share.
        LimitError: it is larger than its limit.
    """
    how = how or Reading()
    value, digest = _results_value(content)
    run = _run(value, how)
    if not value["results"]:
        raise InputError("the results file holds no task", expected="a figure for one task or more")
    tasks = [task for task in value["results"] if task in how.benchmarks]
    if not tasks:
        how.benchmark_of(*value["results"])
    return [_figure(task, value, run, how, name, digest) for task in tasks]


def read_run(content: Path | bytes, how: Reading | None = None) -> Run:
    """What a results file says of its run.

    Raises:
        InputError: it is no results file.
        LimitError: it is larger than its limit.
    """
    return _run(_results_value(content)[0], how or Reading())


def read_samples(
    content: Path | bytes, name: str, task: str, how: Reading | None = None, run: Run | None = None
) -> Measurement:
    """The run of one task, item by item.

    Args:
        content: the samples, one JSON object a line.
        name: what the file is called.
        task: the task's name, which the lines do not print.
        how: benchmarks by task, the metric as `scorer`, and model and day where no results file is at hand.
        run: from the results file of the same run; None to take model and day from the caller.

    Returns:
        A complete run; a partial one if the samples are not those that the results file counts.

    Raises:
        InputError: a line is no sample, a score is no share, or model or day are known from nowhere.
        LimitError: it is larger than its limit.
    """
    how = how or Reading()
    lines, digest = _lines_of(content)
    run = run or _run_of_caller(how)
    items = _items(lines, how)
    wanted = run.task_hashes.get(task)
    found = samples_hash(lines)
    torn = wanted is not None and wanted != found
    scored = any(one.score is not None for one in items)
    return Measurement(
        benchmark=how.benchmark_of(task),
        model=run.model,
        measured_on=run.on,
        started_at=run.started_at,
        elicitation=how.elicitation,
        state=State.FAILED if not scored else State.PARTIAL if torn else State.COMPLETE,
        grade=Grade.PRIMARY,
        source=name,
        source_sha256=digest,
        run_id=_run_id(run, task, wanted or found),
        task_version=run.versions.get(task),
        items=items,
        budget=_budget(run, task),
        reason="no sample was scored" if not scored else "these are not the samples that its results count" if torn else None,
    )  # fmt: skip


def read_lines(content: Path | bytes) -> list[dict[str, Any]]:
    """The samples of a file as they stand.

    Raises:
        InputError: a line is no sample, or there is none.
        LimitError: it is larger than its limit.
    """
    return _lines_of(content)[0]


def samples_hash(lines: list[dict[str, Any]]) -> str | None:
    """The harness's own hash of a task's samples, None where the lines carry no hashes (evaluation_tracker.py)."""
    parts = [one.get(key) for one in lines for key in ("doc_hash", "prompt_hash", "target_hash")]
    if not all(isinstance(part, str) for part in parts):
        return None
    return hashlib.sha256("".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()


def _results_value(content: Path | bytes) -> tuple[dict[str, Any], str]:
    with open_bounded(content, LARGEST_JSON_BYTES) as stream:
        digest = sha256_of(stream)
        value = parse_json(stream.read(), "the results file")
    if not is_results(value):
        raise InputError(
            "no results of lm-evaluation-harness", expected="an object with results and versions"
        )
    return value, digest


def _run(value: dict[str, Any], how: Reading) -> Run:
    began = _began(value, how)
    return Run(
        model=_model(value, how),
        on=began.date(),
        started_at=began.isoformat(),
        versions={str(task): str(version) for task, version in value["versions"].items()},
        task_hashes={k: v for k, v in _mapping(value, "task_hashes").items() if isinstance(v, str)},
        shots={k: v for k, v in _mapping(value, "n-shot").items() if isinstance(v, int)},
    )


def _run_of_caller(how: Reading) -> Run:
    if not how.model or how.on is None:
        raise InputError("a file of samples names neither model nor day",
                         remedy="put the results file of the run beside it, or say model and day")  # fmt: skip
    return Run(model=how.model, on=how.on, started_at="", versions={}, task_hashes={}, shots={})


def _mapping(value: dict[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _model(value: dict[str, Any], how: Reading) -> str:
    said = value.get("model_name") or _mapping(value, "config").get("model") or how.model
    if not isinstance(said, str) or not said:
        raise InputError("the results name no model", remedy="say which it was: model")
    return said


def _began(value: dict[str, Any], how: Reading) -> datetime:
    said = value.get("date")
    try:
        if isinstance(said, int | float) and not isinstance(said, bool):
            return datetime.fromtimestamp(said, UTC)
    except (ValueError, OverflowError, OSError):
        raise InputError(f"the run's date is {said}", expected="seconds since 1970") from None
    if how.on is None:
        raise InputError("the results carry no date", remedy="say on which day the run was: on")
    return datetime(how.on.year, how.on.month, how.on.day, tzinfo=UTC)


def _figure(task: str, value: dict[str, Any], run: Run, how: Reading, name: str, digest: str) -> Measurement:
    metric, printed = _metric(task, _mapping(value["results"], task), how)
    rate = how.share(printed, task)
    return Measurement(
        benchmark=how.benchmarks[task],
        model=run.model,
        measured_on=run.on,
        started_at=run.started_at,
        elicitation=how.elicitation,
        state=State.FAILED if rate is None else State.PUBLISHED,
        grade=Grade.PRIMARY,
        source=name,
        source_sha256=digest,
        run_id=_run_id(run, task, run.task_hashes.get(task)),
        task_version=run.versions.get(task),
        published=None if rate is None else _published(task, metric, rate, value, how),
        budget=_budget(run, task),
        reason="no sample was scored" if rate is None else f"{metric}, without items",
    )


def _metric(task: str, figures: dict[str, Any], how: Reading) -> tuple[str, object]:
    """The metric that decides, as `name,filter`, and what it printed."""
    names = [key for key in figures if "," in key and "_stderr," not in key]
    wanted = [key for key in names if how.scorer in (None, key, key.partition(",")[0])]
    if not wanted:
        raise InputError(f"{task} has no metric {how.scorer!r}" if names else f"{task} has no metric",
                         expected=" or ".join(names))  # fmt: skip
    return wanted[0], figures[wanted[0]]


def _published(task: str, metric: str, rate: float, value: dict[str, Any], how: Reading) -> Published:
    name, _, kept = metric.partition(",")
    error = _mapping(value["results"], task).get(f"{name}_stderr,{kept}")  # "N/A" where it was not worked out
    counted = _mapping(_mapping(value, "n-samples"), task).get("effective")
    known = (
        isinstance(error, int | float) and not isinstance(error, bool) and math.isfinite(error) and error >= 0
    )
    half = _Z * float(error) / (how.high - how.low) if known else None  # type: ignore[arg-type]
    return Published(
        rate=rate,
        low=None if half is None else max(rate - half, 0.0),
        high=None if half is None else min(rate + half, 1.0),
        level=None if half is None else LEVEL,
        items=counted if isinstance(counted, int) and counted > 0 else None,
    )


def _run_id(run: Run, task: str, mark: str | None) -> str | None:
    """The harness names no run: its task, its moment and the hash of its samples do, in either file."""
    return f"{task} {run.started_at or run.on.isoformat()} {(mark or '')[:16]}".strip()


def _budget(run: Run, task: str) -> str | None:
    return f"{run.shots[task]} examples shown" if task in run.shots else None


def _lines_of(content: Path | bytes) -> tuple[list[dict[str, Any]], str]:
    with open_bounded(content, _LARGEST_SAMPLES_BYTES) as stream:
        digest = sha256_of(stream)
        lines = list(_lines(stream))
    if not lines:
        raise InputError("the file holds no sample", expected="one JSON object a line")
    return lines, digest


def _lines(raw: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(raw, 1):
        if not line.strip():
            continue
        value = parse_json(line, f"line {number}")
        if not is_samples(value):
            raise InputError(f"line {number} is no sample", expected="doc_id, target and filtered_resps")
        yield {key: inside for key, inside in value.items() if key not in _UNREAD}


def _items(lines: list[dict[str, Any]], how: Reading) -> tuple[ItemScore, ...]:
    """Scores of one filter's lines: a task with several filters prints each document once for each."""
    kept = (how.scorer or "").partition(",")[2] or lines[0].get("filter")
    found: dict[str, ItemScore] = {}
    for line in lines:
        if line.get("filter") != kept:
            continue
        item = str(line["doc_id"])
        if item in found:
            raise InputError(
                f"document {item} stands twice", expected="one line for each document and filter"
            )
        doc = line.get("doc")
        cluster = doc.get(how.cluster) if how.cluster and isinstance(doc, dict) else None
        found[item] = ItemScore(
            item=item,
            score=how.share(_printed(line, item, how), item),
            cluster=str(cluster) if isinstance(cluster, str | int) else None,
        )
    return tuple(found.values())


def _printed(line: dict[str, Any], item: str, how: Reading) -> object:
    named = line.get("metrics")
    names = (
        [key for key in named if isinstance(key, str) and key in line]
        if isinstance(named, list)
        else [k for k in line if k not in _NO_METRIC]
    )
    wanted = [key for key in names if how.scorer is None or key == how.scorer.partition(",")[0]]
    if not wanted:
        raise InputError(
            f"document {item} has no metric {how.scorer or ''}".strip(), expected=" or ".join(map(str, names))
        )
    return line[wanted[0]]
