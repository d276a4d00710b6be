"""Results that were made anywhere, brought in: a file, its bytes, or a folder walked in order.

Takes Inspect logs, and results and samples of lm-evaluation-harness; what a file is, its content says. Gives measurements, one for
each run however often its log was copied; a damaged file becomes a failure with its reason and the rest goes on. What
a reader should know of the whole, such as task versions that are mixed, is told as warnings.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chipledger.core.errors import ChipledgerError, InputError
from chipledger.core.records import FailedDocument
from chipledger.evals import lm_eval
from chipledger.evals.inspect_log import is_zip, read_inspect_log
from chipledger.evals.measurement import Measurement, one_a_run
from chipledger.evals.reading import LARGEST_JSON_BYTES, Reading, open_bounded, parse_json

STAGE = "ingest"
_OURS_BY_NAME = (".eval", ".json", ".jsonl")
_SAMPLES_NAME = re.compile(r"samples_(?P<task>.+)_(?P<moment>\d{4}-\d\d-\d\dT[\d.-]+)\.jsonl", re.ASCII)


class Kind(StrEnum):
    """What a file holds."""

    INSPECT = "inspect log"
    RESULTS = "lm-eval results"
    SAMPLES = "lm-eval samples"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What was brought in.

    Args:
        measurements: one a run, in the order of days, then of names.
        failures: files that could not be read, and why.
        warnings: what a reader of the whole should know.
        passed_over: files that hold no results.
    """

    measurements: tuple[Measurement, ...] = ()
    failures: tuple[FailedDocument, ...] = ()
    warnings: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    """One file to read: its name in the result, its content, and whether somebody asked for it by name."""

    name: str
    content: Path | bytes
    asked_for: bool


def ingest(source: Path | bytes, how: Reading | None = None, *, name: str = "") -> Ingested:
    """The measurements of a file, of bytes, or of every file under a folder.

    Args:
        source: a file, a folder, or the bytes of a file.
        how: what the caller knows where the files are silent.
        name: what bytes are called.

    Returns:
        Measurements, failures, warnings, and the files that hold no results.

    Raises:
        InputError: there is no such path.

    >>> ingest(b"PK not a log", name="a.eval").failures[0].stage
    'ingest'
    """
    how = how or Reading()
    files = _files(source, name)
    failures: list[FailedDocument] = []
    kinds = dict(_kinds(files, failures))
    passed_over = [one.name for one in files if kinds.get(one.name) is Kind.OTHER]
    found: list[Measurement] = []
    runs = _runs(files, kinds, how)
    for one in files:
        try:
            found += _read(one, kinds.get(one.name), how, runs)
        except ChipledgerError as error:
            failures.append(_failed(one, error))
    kept, doubles = _once(found)
    return Ingested(
        measurements=tuple(sorted(kept, key=lambda each: (each.measured_on, each.started_at, each.source, each.id))),
        failures=tuple(sorted(failures, key=lambda each: each.document)),
        warnings=(*doubles, *_mixed(kept)),
        passed_over=tuple(passed_over),
    )  # fmt: skip


def _files(source: Path | bytes, name: str) -> list[_File]:
    if isinstance(source, bytes):
        return [_File(name or "bytes", source, True)]
    if source.is_dir():
        return [_File(_legible(path.relative_to(source)), path, False) for path in sorted(_under(source))]
    if not source.is_file():  # also a pipe, which would be waited for
        raise InputError("no such file or folder", where=str(source))
    return [_File(_legible(Path(source.name)), source, True)]


def _legible(path: Path) -> str:
    """A file's name as text: bytes that are no UTF-8 are written out."""
    return path.as_posix().encode("utf-8", "backslashreplace").decode()


def _under(folder: Path) -> Iterator[Path]:
    for at, _, names in os.walk(folder):  # follows no links, so that a ring of them ends
        for name in names:
            path = Path(at) / name
            if path.is_file():
                yield path


def _kinds(files: list[_File], failures: list[FailedDocument]) -> Iterator[tuple[str, Kind]]:
    for one in files:
        try:
            kind = _kind(one)
            if kind is Kind.OTHER and one.asked_for:
                raise InputError("no results in a form that is known",
                                 expected="an Inspect log, or results or samples of lm-evaluation-harness")  # fmt: skip
            yield one.name, kind
        except ChipledgerError as error:
            failures.append(_failed(one, error))


def _kind(one: _File) -> Kind:
    """What a file holds, by its content; only a file named like results fails for being none."""
    with open_bounded(one.content) as stream:
        if is_zip(stream):
            return Kind.INSPECT
        start = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
        stream.seek(0)
        if not start.startswith((b"{", b"[")):
            if one.name.endswith(_OURS_BY_NAME):
                raise InputError("the file is empty" if not start else "the file is no log and no JSON")
            return Kind.OTHER
        first = stream.readline(LARGEST_JSON_BYTES)
        return _kind_of_json(first, first + stream.read(LARGEST_JSON_BYTES - len(first)))


def _kind_of_json(first_line: bytes, text: bytes) -> Kind:
    if len(text) > len(first_line) or first_line.endswith(b"\n"):
        try:
            if lm_eval.is_samples(parse_json(first_line, "the line")):
                return Kind.SAMPLES
        except InputError:
            pass  # the first line of a JSON file that is laid out over many
    value = parse_json(text, "the file")
    if lm_eval.is_samples(value):
        return Kind.SAMPLES
    if lm_eval.is_results(value):
        return Kind.RESULTS
    return Kind.INSPECT if isinstance(value, dict) and {"eval", "status"} <= set(value) else Kind.OTHER


def _runs(files: list[_File], kinds: dict[str, Kind], how: Reading) -> dict[str, lm_eval.Run]:
    """What each results file says of its run; a file that cannot be read is told of when its figures are."""
    runs = {}
    for one in files:
        if kinds.get(one.name) is Kind.RESULTS:
            try:
                runs[one.name] = lm_eval.read_run(one.content, how)
            except ChipledgerError:
                continue
    return runs


def _read(one: _File, kind: Kind | None, how: Reading, runs: dict[str, lm_eval.Run]) -> list[Measurement]:
    if kind is Kind.INSPECT:
        return [read_inspect_log(one.content, one.name, how)]
    if kind is Kind.RESULTS:
        return lm_eval.read_results(one.content, one.name, how)
    if kind is Kind.SAMPLES:
        task, run = _run_of(one, how, runs)
        return [lm_eval.read_samples(one.content, one.name, task, how, run)]
    return []


def _run_of(one: _File, how: Reading, runs: dict[str, lm_eval.Run]) -> tuple[str, lm_eval.Run | None]:
    """The task and the run that samples belong to: by their hash, else by the name that the harness gives them."""
    found = lm_eval.samples_hash(lm_eval.read_lines(one.content))
    for run in runs.values():
        for task, wanted in run.task_hashes.items():
            if found is not None and wanted == found:
                return task, run
    folder, _, base = one.name.rpartition("/")
    named = _SAMPLES_NAME.fullmatch(base)
    if named:
        beside = f"{folder}/" * bool(folder) + f"results_{named['moment']}.json"
        return named["task"], runs.get(beside)
    if len(how.benchmarks) == 1:
        return next(iter(how.benchmarks)), None
    raise InputError("a file of samples names no task", expected="samples_TASK_MOMENT.jsonl, as the harness calls it",
                     remedy="or its results beside it, or one TASK=BENCHMARK-ID alone")  # fmt: skip


def _failed(one: _File, error: ChipledgerError) -> FailedDocument:
    return FailedDocument(document=one.name, stage=STAGE, reason=str(error))


def _once(found: Iterable[Measurement]) -> tuple[list[Measurement], list[str]]:
    """One measurement a run: the one that tells most, and a word about the others."""
    kept, others = one_a_run(found)
    best = {one.run: one for one in kept}
    return kept, [f"{one.source} is the same run as {best[one.run].source}; counted once" for one in others]


def _mixed(kept: list[Measurement]) -> list[str]:
    """Series whose runs are not of one task version: their scores may not be set side by side."""
    versions: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in kept:
        if one.task_version is not None:
            versions[one.benchmark, one.model].add(one.task_version)
    return [
        f"{benchmark} of {model}: task versions {' and '.join(sorted(found))} are mixed; each version is a series of its own"
        for (benchmark, model), found in sorted(versions.items())
        if len(found) > 1
    ]
