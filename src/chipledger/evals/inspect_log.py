"""Inspect's logs, read without Inspect: the header and the summaries of the samples, straight from the zip or the JSON file.

Takes a `.eval` file (a zip of zstd members) or a `.json` one, as a path or bytes; gives one Measurement. Only two members of
the zip are opened, each to a limit, so that a hostile one costs little; a run that was killed has neither and is read
from its journal. Ingest needs the package `zstandard`, which Inspect brings, and of Inspect nothing: importing it takes
longer than reading a log.

Source: inspect_ai 0.3.285, log/_log.py and log/_recorders/eval.py (schema version 2); pinned by contract tests.
"""

import codecs
import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from chipledger.core.errors import InputError, LimitError
from chipledger.core.sources import Grade
from chipledger.evals.measurement import ItemScore, Measurement, State
from chipledger.evals.reading import (
    LARGEST_JSON_BYTES,
    Reading,
    moment,
    open_bounded,
    refuse_crowded,
    sha256_of,
    short,
)
from chipledger.evals.rule import Elicitation

KEY = "chipledger"  # under which our runs put what they are in the log's metadata
NEWEST_SCHEMA = 2
LARGEST_HEADER_BYTES = 64 << 20
LARGEST_SUMMARIES_BYTES = 128 << 20
MOST_MEMBERS = 2_000_000
_ZSTD = 93  # the method's number in the zip format (APPNOTE 6.3.8)
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, then the lengths of name and extra field
_SUMMARIES = re.compile(r"_journal/summaries/(\d+)\.json", re.ASCII)
_RAISED = re.compile(r"raised (\w+)>")
# The line of a trace that names the fault of a request: its exception and the first words of its message.
_REQUEST_FAULT = re.compile(r"^(?:openai|inspect_ai\.model|httpx2?)[\w.]*\.(\w+: .{0,80})", re.MULTILINE)
# A fault in the client's own code, of a kind that comes of an answer in another shape than it expects.
_IN_CLIENT = re.compile(
    r'File "[^"\n]*[/\\](?:openai[/\\]|inspect_ai[/\\]model[/\\](?:_providers[/\\]|_model_output\.py))'
)
_MISREAD = re.compile(r"(?:JSONDecode|Type|Key|Index|Attribute|Validation|APIResponseValidation)Error\(")
# What a failed request is called in the trace, and what that means to somebody who runs an endpoint.
_ENDPOINT = (
    ("AttemptTimeoutError", "the endpoint did not answer in time"),
    ("APITimeoutError", "the endpoint did not answer in time"),
    ("RateLimitError", "the endpoint kept refusing because of its rate limit"),
    ("non-ChatCompletion", "the endpoint answered with something that is no chat completion"),
    ("AuthenticationError", "the endpoint refused the key"),
    ("PermissionDeniedError", "the endpoint refused the key"),
    ("NotFoundError", "the endpoint knows no such address or model"),
    ("APIConnectionError", "cannot connect to the endpoint"),
    ("InternalServerError", "the endpoint failed"),
)


class _Part(BaseModel):
    """A part of a log: the fields that we rely on; a newer Inspect may add others."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Dataset(_Part):
    samples: int | None = None


class _Config(_Part):
    epochs: int | None = None
    limit: int | tuple[int, int] | None = None
    message_limit: int | None = None
    token_limit: int | None = None
    turn_limit: int | None = None
    time_limit: int | None = None
    working_limit: int | None = None
    cost_limit: float | None = None


class _Spec(_Part):
    created: str
    task: str
    task_id: str = ""
    eval_id: str = ""
    task_version: int | str = 0
    task_registry_name: str | None = None
    dataset: _Dataset = _Dataset()
    model: str
    config: _Config = _Config()
    metadata: dict[str, Any] | None = None
    scorers: list[dict[str, Any]] | None = None
    model_roles: dict[str, Any] | None = None


class _Results(_Part):
    total_samples: int = 0
    completed_samples: int = 0


class _Stats(_Part):
    started_at: str = ""


class _Fault(_Part):
    message: str = ""
    traceback: str = ""


class _Plan(_Part):
    config: dict[str, Any] = Field(default_factory=dict)


class Header(_Part):
    """What a log says of its run as a whole."""

    version: int
    status: Literal["started", "success", "cancelled", "error"] = "started"
    eval: _Spec
    plan: _Plan = _Plan()
    results: _Results | None = None
    stats: _Stats | None = None
    error: _Fault | None = None
    invalidated: bool = False

    @property
    def ours(self) -> dict[str, Any]:
        """What a run of ours wrote of itself; empty in a log of somebody else."""
        said = (self.eval.metadata or {}).get(KEY)
        return said if isinstance(said, dict) else {}


class _Score(_Part):
    value: Any = None
    reason: str | None = None


class _Output(_Part):
    stop_reason: str | None = None
    choices: list[dict[str, Any]] = Field(default_factory=list)


class Summary(_Part):
    """What a log says of one sample: its scores, none of its text."""

    id: int | str
    epoch: int = Field(ge=1)
    metadata: dict[str, Any] = Field(default_factory=dict)
    scores: dict[str, _Score] | None = None
    error: Any = None
    limit: Any = None
    output: _Output | None = None

    @property
    def refused(self) -> bool:
        """Whether the model declined, as the scorer says or, in a log of whole samples, the provider."""
        stopped = [choice.get("stop_reason") for choice in self.output.choices] if self.output else []
        said = [score.reason for score in (self.scores or {}).values()]
        return "content_filter" in stopped or "refusal" in said


class _JsonLog(Header):
    samples: list[Summary] | None = None


_HEADER = TypeAdapter(Header)
_JSON_LOG = TypeAdapter(_JsonLog)
_SUMMARY_LIST = TypeAdapter(list[Summary])
PartT = TypeVar("PartT")
HeaderT = TypeVar("HeaderT", bound=Header)


def read_inspect_log(content: Path | bytes, name: str, how: Reading | None = None) -> Measurement:
    """The run that an Inspect log holds.

    Args:
        content: the file, or its bytes.
        name: what the log is called; kept as the measurement's source.
        how: what the caller knows where the log is silent.

    Returns:
        The measurement: complete where Inspect says success and every sample was carried out, else partial or failed with
        the reason; a sample that was not scored has no score, and none is taken from a log that its owner marked invalid.

    Raises:
        InputError: it is no Inspect log, is damaged, or names a scorer or benchmark that is not there.
        LimitError: a part of it is larger than its limit.

    Source: the states of inspect_ai's EvalStatus; refusals from Score.reason and stop_reason.
    """
    how = how or Reading()
    with open_bounded(content) as stream:
        digest = sha256_of(stream)
        header, summaries = _parts(stream)
    return _measurement(header, summaries, how, name, digest)


def read_header(content: Path | bytes) -> Header:
    """What a log says of its run, without its samples.

    Raises:
        InputError: it is no Inspect log or is damaged.
        LimitError: it is larger than its limit.
    """
    with open_bounded(content) as stream:
        if is_zip(stream):
            with _opened(stream) as log:
                return _header(log, stream)
        return _json_log(stream)


def is_zip(stream: BinaryIO) -> bool:
    """Whether a file begins as a zip does."""
    start = stream.read(4)
    stream.seek(0)
    return start == b"PK\x03\x04"


def _parts(stream: BinaryIO) -> tuple[Header, list[Summary]]:
    if not is_zip(stream):
        log = _json_log(stream)
        return log, log.samples or []
    with _opened(stream) as zipped:
        return _header(zipped, stream), _summaries(zipped, stream)


def _json_log(stream: BinaryIO) -> _JsonLog:
    text = stream.read(LARGEST_JSON_BYTES + 1)
    if len(text) > LARGEST_JSON_BYTES:
        raise LimitError("the JSON log", expected=f"at most {LARGEST_JSON_BYTES} bytes",
                         remedy="convert it to .eval with `inspect log convert`")  # fmt: skip
    return _known_schema(_fits(_JSON_LOG, text.removeprefix(codecs.BOM_UTF8), "the log"))


def _opened(stream: BinaryIO) -> zipfile.ZipFile:
    try:
        log = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError, EOFError) as error:
        raise InputError(f"the log is truncated or damaged ({short(error)})",
                         remedy="copy it again from where it was made") from None  # fmt: skip
    if len(log.filelist) > MOST_MEMBERS:
        raise LimitError(f"{len(log.filelist)} members in the zip", expected=f"at most {MOST_MEMBERS}")
    return log


def _header(log: zipfile.ZipFile, stream: BinaryIO) -> Header:
    for member in (
        "header.json",
        "_journal/start.json",
    ):  # the journal alone is left of a run that was killed
        if member in log.NameToInfo:
            text = _member(log.NameToInfo[member], stream, LARGEST_HEADER_BYTES)
            return _known_schema(_fits(_HEADER, text, member))
    raise InputError("a zip, but no Inspect log", expected="a member header.json or _journal/start.json")


def _summaries(log: zipfile.ZipFile, stream: BinaryIO) -> list[Summary]:
    if "summaries.json" in log.NameToInfo and "header.json" in log.NameToInfo:
        members = ["summaries.json"]
    else:
        members = sorted((name for name in log.NameToInfo if _SUMMARIES.fullmatch(name)), key=_journal_number)
    found: list[Summary] = []
    left = LARGEST_SUMMARIES_BYTES
    for member in members:
        text = _member(log.NameToInfo[member], stream, left)
        left -= len(text)
        part: list[Summary] = _fits(_SUMMARY_LIST, text, member)
        found += part
    return found


def _journal_number(member: str) -> int:
    found = _SUMMARIES.fullmatch(member)
    return int(found[1][:18]) if found else 0


def _member(info: zipfile.ZipInfo, stream: BinaryIO, largest_bytes: int) -> bytes:
    """One member's bytes, whole and checked; read by hand because zipfile knows zstd from Python 3.14 only."""
    if info.flag_bits & 0x1:
        raise InputError(f"{info.filename} is encrypted", expected="a log as Inspect writes it")
    if info.file_size > largest_bytes:
        raise LimitError(f"{info.filename} holds {info.file_size} bytes", expected=f"at most {largest_bytes}")
    try:
        stream.seek(info.header_offset)
        signature, name_length, extra_length = _LOCAL_HEADER.unpack(stream.read(30)[:30])
        stream.seek(name_length + extra_length, io.SEEK_CUR)
        packed = stream.read(info.compress_size)
    except (OSError, ValueError, struct.error, OverflowError) as error:
        raise InputError(f"{info.filename} is damaged ({short(error)})") from None
    if signature != b"PK\x03\x04" or len(packed) != info.compress_size:
        raise InputError(f"{info.filename} is truncated", remedy="copy the log again from where it was made")
    text = _unpacked(info, packed)
    if len(text) != info.file_size or zlib.crc32(text) != info.CRC:
        raise InputError(f"{info.filename} is damaged: its checksum does not fit")
    return text


def _unpacked(info: zipfile.ZipInfo, packed: bytes) -> bytes:
    """At most one byte more than the member says it holds, whatever the packed bytes would give."""
    most = info.file_size + 1
    try:
        if info.compress_type == zipfile.ZIP_STORED:
            return packed[:most]
        if info.compress_type == zipfile.ZIP_DEFLATED:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
    except zlib.error as error:
        raise InputError(f"{info.filename} is damaged ({short(error)})") from None
    if info.compress_type != _ZSTD:
        raise InputError(
            f"{info.filename} is packed by method {info.compress_type}", expected="zstd, deflate or none"
        )
    return _unpacked_zstd(info, packed, most)


def _unpacked_zstd(info: zipfile.ZipInfo, packed: bytes, most: int) -> bytes:
    try:
        import zstandard
    except ImportError:
        raise InputError("this log is packed with zstd", remedy="pip install zstandard") from None
    try:
        # A window of 128 MiB is the most that Inspect's frames of 200 MiB of input ask for.
        reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
            packed, read_across_frames=True
        )
        return bytes(reader.read(most))
    except (zstandard.ZstdError, MemoryError) as error:
        raise InputError(f"{info.filename} is damaged ({short(error)})") from None


def _fits(kind: TypeAdapter[PartT], text: bytes, what: str) -> PartT:
    refuse_crowded(text, what)
    try:
        return kind.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        at = ".".join(str(one) for one in first["loc"])
        raise InputError(
            f"{what} is no part of an Inspect log: {at or 'its text'}: {short(first['msg'])}"
        ) from None


def _known_schema(header: HeaderT) -> HeaderT:
    if not 1 <= header.version <= NEWEST_SCHEMA:
        raise InputError(f"the log has schema version {header.version}", expected=f"up to {NEWEST_SCHEMA}",
                         remedy="convert it with the Inspect that wrote it, or install a newer chipledger")  # fmt: skip
    return header


def _measurement(
    header: Header, summaries: list[Summary], how: Reading, name: str, digest: str
) -> Measurement:
    spec, ours = header.eval, header.ours
    began = moment((header.stats and header.stats.started_at) or spec.created, "the run's start")
    items = () if header.invalidated else _items(summaries, how, _cluster_field(spec, how))
    state, reason = _state(header, summaries, items)
    return Measurement(
        benchmark=_said(ours, "benchmark") or how.benchmark_of(spec.task, spec.task_registry_name),
        model=spec.model,
        measured_on=began.date(),
        started_at=began.isoformat(),
        elicitation=_elicitation(_said(ours, "elicitation"), how),
        state=state,
        grade=Grade.PRIMARY,
        source=name,
        source_sha256=digest,
        run_id=spec.task_id
        or spec.eval_id
        or None,  # a resumed run keeps its task_id and takes a new eval_id
        task_version=str(spec.task_version),
        rule_hash=_said(ours, "rule_hash"),
        items=items,
        budget=_budget(header),
        reason=reason,
    )


def _said(ours: dict[str, Any], key: str) -> str | None:
    found = ours.get(key)
    return found if isinstance(found, str) and found else None


def _elicitation(said: str | None, how: Reading) -> Elicitation:
    if said is None:
        return how.elicitation
    try:
        return Elicitation(said)
    except ValueError:
        raise InputError(
            f"the log's elicitation is {said[:40]!r}", expected=" or ".join(Elicitation)
        ) from None


def _cluster_field(spec: _Spec, how: Reading) -> str:
    """The metadata field that names a sample's cluster: the caller's, the one the task's own stderr uses, or `cluster`."""
    if how.cluster:
        return how.cluster
    for scorer in spec.scorers or []:
        for metric in scorer.get("metrics") or []:
            options = metric.get("options") if isinstance(metric, dict) else None
            if isinstance(options, dict) and isinstance(options.get("cluster"), str):
                return str(options["cluster"])
    return "cluster"


def _items(summaries: Iterable[Summary], how: Reading, cluster_field: str) -> tuple[ItemScore, ...]:
    found: dict[tuple[str, int], ItemScore] = {}
    for (
        one
    ) in summaries:  # a sample that was carried out again after an error stands twice; the later one counts
        item, cluster = str(one.id), one.metadata.get(cluster_field)
        found[item, one.epoch] = ItemScore(
            item=item,
            epoch=one.epoch,
            score=None if one.error is not None else how.share(_value(one, how), item),
            cluster=str(cluster) if isinstance(cluster, str | int) else None,
            refused=one.refused,
        )
    return tuple(found[key] for key in sorted(found))  # the forms of a log order their samples differently


def _value(one: Summary, how: Reading) -> object:
    """The printed score that decides; None where the sample has none."""
    if not one.scores:
        return None
    wanted, _, key = (how.scorer or "").partition("/")
    if wanted and wanted not in one.scores:
        raise InputError(f"sample {one.id!r} has no scorer {wanted!r}", expected=" or ".join(one.scores))
    value = one.scores[wanted or next(iter(one.scores))].value
    if not isinstance(value, dict):
        return value
    if key and key not in value:
        raise InputError(
            f"the score of sample {one.id!r} has no {key!r}", expected=" or ".join(map(str, value))
        )
    return value[key] if key else next(iter(value.values()), None)


def _state(
    header: Header, summaries: list[Summary], items: tuple[ItemScore, ...]
) -> tuple[State, str | None]:
    """How far the run came, and why it is not complete."""
    scored = sum(one.score is not None for one in items)
    if header.invalidated:
        return State.INVALID, "its owner marked the log invalid"
    if header.status == "error":
        return State.FAILED, _why(header.error)
    if header.status == "cancelled":
        return State.PARTIAL, f"cancelled with {scored} of {_planned(header)} samples scored"
    if header.status == "started":
        return (
            State.PARTIAL,
            f"the run never ended; {scored} of {_planned(header)} samples are scored",
        )
    if not scored:
        return State.FAILED, "no sample was scored"
    failed = len({(str(one.id), one.epoch) for one in summaries if one.error is not None})
    missing = max((header.results.total_samples if header.results else 0) - len(items), 0)
    if failed or missing:
        return State.PARTIAL, f"{failed} samples ended in an error and {missing} are missing from the log"
    unscored = len(items) - scored
    return State.COMPLETE, f"{unscored} of {len(items)} samples have no score" if unscored else None


def _planned(header: Header) -> int:
    if header.results and header.results.total_samples:
        return header.results.total_samples
    samples, limit = header.eval.dataset.samples or 0, header.eval.config.limit
    asked = limit[1] - limit[0] if isinstance(limit, tuple) else limit or samples
    return min(samples, asked) * (header.eval.config.epochs or 1)


def _why(fault: _Fault | None) -> str:
    """The fault on one line; of a retried request the cause stands in the trace, not in the message."""
    if fault is None:
        return "the run ended in an error that the log does not tell"
    raised = " ".join(_RAISED.findall(fault.message) + _REQUEST_FAULT.findall(fault.traceback))
    if _IN_CLIENT.search(fault.traceback) and _MISREAD.match(fault.message):
        raised += " non-ChatCompletion"
    for name, meaning in _ENDPOINT:
        if name in raised:
            return f"{meaning} ({name if _RAISED.search(fault.message) else short(fault.message)})"
    return short(fault.message) or "the run ended in an error without a message"


def _budget(header: Header) -> str:
    """What the run was allowed, in words."""
    config = header.eval.config
    said = [
        (config.epochs or 1, "epoch" if (config.epochs or 1) == 1 else "epochs"),
        (header.plan.config.get("max_tokens"), "tokens an answer"),
        (config.token_limit, "tokens a sample"),
        (config.message_limit, "messages a sample"),
        (config.turn_limit, "turns a sample"),
        (config.time_limit, "seconds a sample"),
        (config.working_limit, "working seconds a sample"),
        (config.cost_limit, "dollars a sample"),
    ]
    words = [
        f"{number:g} {unit}"
        for number, unit in said
        if isinstance(number, int | float) and math.isfinite(number)
    ]
    return "; ".join([*words, *(f"judged by {name}" for name in _judges(header.eval))])


def _judges(spec: _Spec) -> list[str]:
    """The models that graded; a score of theirs moves with them."""
    said = (spec.model_roles or {}).get("grader")
    roles = said if isinstance(said, list) else [said]
    return [role["model"] for role in roles if isinstance(role, dict) and isinstance(role.get("model"), str)]
