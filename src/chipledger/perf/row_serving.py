"""What a published serving run asks: delay of the first token, of each token after it, of a batch, or of a burst.

Takes a row of kind "infer"; gives model, cluster, layout, engine and load, with the seconds that were measured, or the reason why it cannot be
asked. What was measured is read off its lengths, its figures and its notes; the engine off the software's name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chipledger.core.errors import InputError
from chipledger.perf.cluster import Cluster
from chipledger.perf.published import Row
from chipledger.perf.row_cluster import cluster_of
from chipledger.perf.row_shape import shape_of
from chipledger.perf.serving import (
    Engine,
    ServingLayout,
    batch_seconds,
    burst_seconds,
    decode_seconds,
    engines,
    prefill_seconds,
)
from chipledger.perf.shape import ModelShape

OFFLINE_TOKENS = 290.0
"""Mean answer of the OpenOrca set of MLPerf; its prompts are taken to be as long."""
OFFLINE_REQUESTS = 8192.0
OFFLINE_TENSOR = 2
"""Chips of one replica in offline submissions, which run as many replicas as fit."""
PROMPTS_TOGETHER = 4.0
"""Prompts of one step, where only a rate of prompts' tokens is told."""
UNTOLD_CONTEXT = 2048.0


class Load(StrEnum):
    """What was timed."""

    FIRST_TOKEN = "first token"
    TOKEN = "token"
    BATCH = "batch"
    BURST = "burst"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingQuestion:
    """What one serving row asks.

    Args:
        row: as written.
        line: of the file.
        load: what was timed.
        shape: the model.
        cluster: with the row's chips.
        layout: of one replica.
        engine: by id.
        requests: at once.
        input_tokens: of each.
        output_tokens: of each.
        measured: seconds.
        assumed: what is taken from elsewhere.
    """

    row: Row
    line: int
    load: Load
    shape: ModelShape
    cluster: Cluster
    layout: ServingLayout
    engine: str
    requests: float
    input_tokens: float
    output_tokens: float
    measured: float
    assumed: tuple[str, ...]

    def seconds(self, constants: Mapping[str, Engine] | None = None) -> float:
        """What the model says.

        Args:
            constants: of engines; None: data/perf/serving.yaml.
        """
        given = (self.shape, self.cluster, self.layout, (constants or engines())[self.engine])
        match self.load:
            case Load.FIRST_TOKEN:
                return float(prefill_seconds(*given, self.input_tokens, self.requests).total)
            case Load.TOKEN:
                context = self.input_tokens + self.output_tokens / 2
                return float(decode_seconds(*given, context, self.requests).total)
            case Load.BATCH:
                return float(batch_seconds(*given, self.requests, self.input_tokens, self.output_tokens))
            case Load.BURST:
                run = burst_seconds(*given, self.requests, self.input_tokens, self.output_tokens)
                return float(run.total)


def serving_question(row: Row, line: int = 0) -> ServingQuestion:
    """What one serving row asks.

    Args:
        row: of kind "infer".
        line: of the file.

    Raises:
        InputError: its load, its engine, its chips or its model are not told.

    >>> told = dict(model="Llama-2-70B", chip="A100-80G", chips=4, tp=4, format="fp16", framework="TensorRT-LLM 0.5")
    >>> asked = serving_question(Row(row_id="1", kind="infer", **told, input_len=128, output_len=1, batch=1, latency_ms=46))
    >>> asked.load.value, asked.engine, 0.03 < asked.seconds() < 0.06
    ('first token', 'tensorrt-llm-2023', True)
    """
    assumed: list[str] = []
    asked = cluster_of(row, assumed)
    words = f"{row.framework or ''}; {row.notes or ''}"
    if "in-house" in words or "cached" in words:
        raise InputError("neither its layout nor its lengths are told", where=row.row_id)
    layout = _layout(row, asked, words)
    engine = _engine(words, row)
    load, requests, given, answered, seconds = _load(row, layout, words, assumed)
    return ServingQuestion(
        row=row,
        line=line,
        load=load,
        shape=shape_of(row, assumed),
        cluster=asked,
        layout=layout,
        engine=engine,
        requests=requests,
        input_tokens=given,
        output_tokens=answered,
        measured=seconds,
        assumed=tuple(assumed),
    )


def _engine(words: str, row: Row) -> str:
    """The engine and its year: a burst of many requests is served by what is current, a release by its number."""
    name = words.casefold()
    is_burst = "at once" in name or "mlperf" in name
    old_release = re.search(r"tensorrt-llm 0\.", name)
    if "tensorrt-llm" in name:
        return "tensorrt-llm-2023" if old_release or not is_burst else "tensorrt-llm-2025"
    if "sglang" in name:
        return "sglang-2025"
    if "vllm" in name:
        return "vllm-2025" if is_burst else "vllm-2024"
    raise InputError(f"no engine is known of {(row.framework or '')[:40]!r}", where=row.row_id)


def _layout(row: Row, asked: Cluster, words: str) -> ServingLayout:
    printed, chips = row.format or "bf16", row.chips or 1
    told = min(OFFLINE_TENSOR, chips) if "Offline" in words else chips
    base = {"tensor_parallel": row.tp or told, "pipeline_parallel": row.pp or 1}
    lacks_fp8 = asked.rates.dense_flop_per_second["fp8"] is None
    by_format: dict[str, object] = {"format": "fp16" if printed == "fp16" else "bf16"}
    if "mxfp4" in printed:
        by_format = {"weight_bytes": 0.55}
    elif "weight-only" in printed or (printed.startswith("fp8") and lacks_fp8):
        by_format = {"weight_bytes": 1.0}
    elif printed.startswith(("fp8", "int8")):
        cached = 1.0 if "TensorRT-LLM" in words else 2.0
        by_format = {"weight_bytes": 1.0, "key_value_bytes": cached, "format": "fp8"}
    elif printed.startswith(("fp4", "nvfp4")):
        by_format = {"weight_bytes": 0.56, "key_value_bytes": 1.0, "format": "fp4"}
    return ServingLayout.model_validate({**base, **by_format})


def _load(
    row: Row, layout: ServingLayout, words: str, told: list[str]
) -> tuple[Load, float, float, float, float]:
    """What was timed, the load, and its seconds."""
    requests, given, answered = row.batch or 1.0, row.input_len, row.output_len
    chips = row.chips or 1
    rate = (row.tokens_per_s_per_chip or 0.0) * chips
    if "at once" in words and rate and given and answered:
        tokens = given + answered if "input+output" in words else answered
        return Load.BURST, requests, given, answered, requests * tokens / rate
    if "Offline" in words and rate:
        told.append(f"{OFFLINE_REQUESTS:g} requests of {OFFLINE_TOKENS:g} tokens")
        tokens = OFFLINE_REQUESTS * OFFLINE_TOKENS
        return (
            Load.BURST, OFFLINE_REQUESTS, OFFLINE_TOKENS, OFFLINE_TOKENS, tokens / (rate * layout.chips / chips)
        )  # fmt: skip
    if "per output token" in words and row.latency_ms and given:
        return Load.TOKEN, requests, given, answered or 0.0, row.latency_ms / 1e3
    if row.latency_ms and given and (answered or 1.0) <= 1.0:
        return Load.FIRST_TOKEN, requests, given, 1.0, row.latency_ms / 1e3
    if "prefill" in words and rate and given:
        told.append(f"{PROMPTS_TOGETHER:g} prompts together")
        return Load.FIRST_TOKEN, PROMPTS_TOGETHER, given, 1.0, PROMPTS_TOGETHER * given / rate
    if rate and answered and given:
        return Load.BATCH, requests, given, answered, requests * answered / rate
    if rate and row.batch:
        return Load.TOKEN, requests, given or UNTOLD_CONTEXT, 0.0, requests / rate
    raise InputError("neither lengths nor a rate tell what was timed", where=row.row_id)
