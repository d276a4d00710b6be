"""Published runs as a table of rows, and the question that each row asks of the model.

Takes a CSV of runs (one a row: model, sizes, chip, links, layout, format, software, what was measured); gives for each row what was measured
and the ModelShape, Cluster and Strategy to predict it with, or the reason why it cannot be asked. A row's own sizes go before those of a model
of the same name; what the row does not say and is taken from elsewhere is listed with it. Empty cells are unknown, never zero.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import Field

from chipledger.catalogue.chip import Format
from chipledger.core.errors import InputError
from chipledger.core.load import load_csv_lines
from chipledger.core.records import Record
from chipledger.perf.cluster import Cluster, cluster, fabric
from chipledger.perf.flop import Lora, Recompute, convention_named, flop_per_token
from chipledger.perf.framework import Framework, framework_named
from chipledger.perf.gemm import CHIP_FORMATS, VALUE_BYTES
from chipledger.perf.link import Link
from chipledger.perf.memory import memory
from chipledger.perf.models import models
from chipledger.perf.shape import Attention, Experts, ModelShape
from chipledger.perf.step import step_seconds
from chipledger.perf.strategy import Layouts, Method, Offload, Schedule, Sharding, Strategy, TrainingFormat

LORA_RANK = 16
"""Of adapters whose rank a row does not tell; MLPerf's LoRA benchmark uses 16."""
QLORA_BYTES = 0.53
"""Of a weight of 4 bit with its scales."""


class Row(Record):
    """One published run as the table writes it; names and units are those of the columns."""

    row_id: str
    kind: str
    group: str | None = None
    model: str | None = None
    params_b: float | None = Field(default=None, gt=0, lt=1e6)
    active_params_b: float | None = Field(default=None, gt=0, lt=1e6)
    layers: int | None = Field(default=None, gt=0, lt=10_000)
    hidden: int | None = Field(default=None, gt=0, lt=10_000_000)
    heads: int | None = Field(default=None, gt=0, lt=100_000)
    kv_heads: int | None = Field(default=None, gt=0, lt=100_000)
    head_dim: int | None = Field(default=None, gt=0, lt=100_000)
    attn: str | None = None
    ffn: int | None = Field(default=None, gt=0)
    gated: int | None = Field(default=None, ge=0, le=1)
    moe_ffn: int | None = Field(default=None, gt=0)
    experts: int | None = Field(default=None, gt=0)
    top_k: int | None = Field(default=None, gt=0)
    shared_experts: int | None = Field(default=None, ge=0)
    vocab: int | None = Field(default=None, gt=0)
    seq: int | None = Field(default=None, gt=0)
    chip: str | None = None
    chips: int | None = Field(default=None, gt=0, lt=10_000_000)
    chips_per_node: int | None = Field(default=None, gt=0, lt=10_000)
    intra_link: str | None = None
    inter_link: str | None = None
    tp: int | None = Field(default=None, gt=0)
    pp: int | None = Field(default=None, gt=0)
    vpp: int | None = Field(default=None, gt=0)
    cp: int | None = Field(default=None, gt=0)
    ep: int | None = Field(default=None, gt=0)
    dp: int | None = Field(default=None, gt=0)
    dp_sharding: str | None = None
    micro_batch: int | None = Field(default=None, gt=0)
    global_batch: float | None = Field(default=None, gt=0)
    format: str | None = None
    recompute: str | None = None
    framework: str | None = None
    step_time_s: float | None = Field(default=None, gt=0, lt=1e7)
    tokens_per_s_per_chip: float | None = Field(default=None, gt=0, lt=1e9)
    tflops_per_chip: float | None = Field(default=None, gt=0, lt=1e6)
    tflops_kind: str | None = None
    mfu_pct: float | None = Field(default=None, gt=0, le=100)
    mem_gib: float | None = Field(default=None, gt=0, lt=1e5)
    gpu_hours: float | None = Field(default=None, gt=0)
    tokens_total: float | None = Field(default=None, gt=0)
    time_to_train_min: float | None = Field(default=None, gt=0)
    energy_kwh: float | None = Field(default=None, gt=0)
    avg_node_power_w: float | None = Field(default=None, gt=0)
    input_len: float | None = Field(default=None, gt=0)
    output_len: float | None = Field(default=None, gt=0)
    batch: float | None = Field(default=None, gt=0)
    latency_ms: float | None = Field(default=None, gt=0)
    op: str | None = None
    msg_bytes: float | None = Field(default=None, gt=0)
    busbw_gb_s: float | None = Field(default=None, gt=0)
    provenance: str | None = None
    source: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What one row asks.

    Args:
        row: as written.
        line: of the file.
        shape: the model.
        cluster: with the row's chips.
        strategy: the layout and its method.
        measured_seconds: of a step.
        stratum: kind of run, as errors are reported by.
        known_layout: tp, pp, the global batch and a time or rate are the row's own.
        assumed: what is taken from elsewhere.
    """

    row: Row
    line: int
    shape: ModelShape
    cluster: Cluster
    strategy: Strategy
    measured_seconds: float
    stratum: str
    known_layout: bool
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A row that cannot be asked, and why."""

    row: Row
    line: int
    reason: str


def read_rows(path: Path) -> list[tuple[int, Row]]:
    """All rows of a table with their lines.

    Args:
        path: a CSV with the columns of `Row`; further columns are refused, those without a default must be there.

    Raises:
        DataError: a column is missing or unknown, or a cell holds what it cannot: file, line and what was expected.
    """
    return load_csv_lines(path, Row)


def questions(rows: list[tuple[int, Row]]) -> Iterator[Question | Refused]:
    """What each training row asks; rows of other kinds are passed over.

    Args:
        rows: with their lines.
    """
    for line, row in rows:
        if row.kind not in ("train", "finetune"):
            continue
        try:
            yield question(row, line)
        except InputError as error:
            yield Refused(row=row, line=line, reason=str(error))


def question(row: Row, line: int = 0) -> Question:
    """What one row asks.

    Raises:
        InputError: the row lacks what no other source gives, or names a chip or link that is not known.
    """
    assumed: list[str] = []
    shape = shape_of(row, assumed)
    chips = _needed(row.chips, "chips", row)
    asked = cluster_of(row, assumed)
    framework = framework_named(row.framework or "")
    strategy = _strategy(row, shape, asked, framework, chips, assumed)
    strategy = _as_fits(row, shape, asked, strategy, assumed)
    seconds = _measured_seconds(row, shape, strategy)
    known = row.tp is not None and row.pp is not None and row.global_batch is not None
    timed = row.step_time_s is not None or row.tokens_per_s_per_chip is not None
    return Question(
        row=row,
        line=line,
        shape=shape,
        cluster=asked,
        strategy=strategy,
        measured_seconds=seconds,
        stratum=_stratum(row, shape, asked, strategy),
        known_layout=known and timed,
        assumed=tuple(assumed),
    )


_CHIPS: dict[str, str] = {
    "H100": "h100",
    "H100 (500W HBM2e)": "h100-500w",
    "A100-80G": "a100-sxm",
    "A100-40G": "a100-sxm-40",
    "A100-40G PCIe": "a100-pcie",
    "A800-80G": "a800-sxm",
    "H800": "h800",
    "H200": "h200",
    "H200 NVL": "h200",
    "H20": "h20",
    "B200": "b200",
    "B300": "b300",
    "GB200": "gb200",
    "GB300": "gb300",
    "MI300X": "mi300x",
    "Ascend 910B": "ascend-910b",
    "RTX 4090": "rtx-4090",
    "RTX 3090": "rtx-3090",
    "TITAN RTX": "titan-rtx",
}


def cluster_of(row: Row, assumed: list[str] | None = None) -> Cluster:
    """The cluster of a row: the preset of its chip, with the row's own nodes and links.

    Args:
        row: with chip, and what is known of nodes and links.
        assumed: gets a line for what the row does not say.

    Raises:
        InputError: no preset has the chip.
    """
    told = assumed if assumed is not None else []
    chip = row.chip or ""
    name = _CHIPS.get(chip)
    if name is None:
        raise InputError(f"no cluster is known of the chip {chip[:60]!r}", where=row.row_id)
    if row.chip == "TITAN RTX" and "NVLink" in (row.intra_link or ""):
        name = "titan-rtx-nvlink"
    found = cluster(name)
    per_node = row.chips_per_node
    if per_node is None:
        told.append(f"{found.chips_per_node} chips a node, as in {name}")
    elif per_node != found.chips_per_node:
        found = found.model_copy(update={"chips_per_node": per_node, "chips": per_node})
    if "slow lanes" in (row.intra_link or ""):
        slower = found.intra.model_copy(
            update={"bandwidth_bytes_per_second": found.intra.bandwidth_bytes_per_second / 2}
        )
        found = found.model_copy(update={"intra": slower})
        told.append("slow lanes: half of the slot's bandwidth")
    link = _between_nodes(row.inter_link or "", found.chips_per_node)
    if link is not None:
        found = found.joined_by(link)
    elif not row.inter_link and row.chips and row.chips > found.chips_joined:
        told.append(f"links between nodes as in {name}")
    return found.model_copy(update={"chips": row.chips or found.chips})


def _between_nodes(text: str, chips_per_node: int) -> Link | None:
    """The link that words such as "8x NDR400 IB" tell of; None where there are none."""
    rate = re.search(r"(?:(\d+)x )?(?:NDR|HDR|EDR)?(\d+)(?:Gb/s)?", text)
    if not text or not rate:
        return None
    cards, gigabits = int(rate[1] or 1), int(rate[2])
    if "per GPU" in text:
        cards = chips_per_node
    kind = "roce" if "RoCE" in text or "RDMA" in text or "Gb/s per node" in text else "infiniband"
    if "Omni-Path" in text:
        kind = "omni_path"
    return fabric(kind, f"{cards * gigabits} Gbit/s", chips_per_node)


def shape_of(row: Row, assumed: list[str] | None = None) -> ModelShape:
    """The model of a row, from its own columns; parts that no column has from the model of the same name.

    Raises:
        InputError: sizes are missing and no model of the name is known.
    """
    told = assumed if assumed is not None else []
    known = _like(row)
    if known is not None:
        return _cut(row, known, told)
    layers, hidden = _needed(row.layers, "layers", row), _needed(row.hidden, "hidden", row)
    if (row.attn or "").startswith("MLA"):
        raise InputError("the ranks of latent attention are not told", where=row.row_id)
    heads = row.heads
    if heads is None:
        heads = max(1, hidden // 128)
        told.append(f"{heads} heads of 128")
    gated = bool(row.gated) if row.gated is not None else True
    ffn = row.ffn
    if ffn is None and row.moe_ffn is None:
        ffn = 4 * hidden if not gated else int(8 * hidden / 3)
        told.append(f"a feed-forward block of {ffn}")
    vocab = row.vocab
    if vocab is None:
        vocab = 51200
        told.append("a vocabulary of 51,200")
    return ModelShape(
        id=row.row_id.lower(),
        name=row.model or row.row_id,
        num_layers=layers,
        hidden_size=hidden,
        num_attention_heads=heads,
        num_key_value_heads=_dividing(row.kv_heads, heads),
        head_dim=row.head_dim or (None if hidden % heads == 0 else hidden // heads),
        attention=Attention.MHA if (row.kv_heads or heads) == heads else Attention.GQA,
        intermediate_size=ffn if not (row.experts and row.moe_ffn) else None,
        gated=gated,
        experts=_experts(row, ffn),
        vocab_size=vocab,
        sequence_length=row.seq or 2048,
        bias=not gated,
        norm_bias=not gated,
        tied_embeddings=not gated,
        learned_positions=0 if gated else (row.seq or 2048),
    )


def _dividing(kv_heads: int | None, heads: int) -> int | None:
    return kv_heads if kv_heads and heads % kv_heads == 0 else None


def _experts(row: Row, ffn: int | None) -> Experts | None:
    if not row.experts or row.experts < 2:
        return None
    size = row.moe_ffn or ffn
    assert size is not None
    return Experts(
        count=row.experts, active=row.top_k or 2, intermediate_size=size, shared=row.shared_experts or 0
    )


_LIKE: tuple[tuple[str, str], ...] = (
    (r"deepseek.?v3|deepseek.?r1", "deepseek-v3"),
    (r"deepseek.?v2.?lite", "deepseek-v2-lite"),
    (r"deepseek.?v2", "deepseek-v2"),
    (r"kimi.?k2", "kimi-k2"),
    (r"gpt.?oss.?120", "gpt-oss-120b"),
    (r"gpt.?oss.?20", "gpt-oss-20b"),
    (r"maverick", "llama-4-maverick"),
    (r"scout", "llama-4-scout"),
    (r"qwen3.?235", "qwen3-235b-a22b"),
    (r"qwen3.?30", "qwen3-30b-a3b"),
    (r"hunyuan.?large", "hunyuan-large"),
)


def _like(row: Row) -> ModelShape | None:
    """The model whose special parts a row's columns cannot tell."""
    for pattern, id in _LIKE:
        if re.search(pattern, (row.model or "").casefold()) and id in models():
            return models()[id]
    return None


def _cut(row: Row, known: ModelShape, told: list[str]) -> ModelShape:
    """A known model with the row's own number of layers and vocabulary, as cut-down runs have."""
    told.append(f"parts without a column as in {known.id}")
    changes: dict[str, object] = {"id": row.row_id.lower(), "name": row.model or row.row_id}
    if row.layers and row.layers != known.num_layers:
        changes["num_layers"] = row.layers
        if known.windowed_layers:
            changes["windowed_layers"] = round(known.windowed_layers * row.layers / known.num_layers)
    if row.vocab:
        changes["vocab_size"] = row.vocab
    return ModelShape.model_validate({**dict(known), **changes})


_FORMATS: dict[str, TrainingFormat] = {
    "bf16": "bf16",
    "fp16": "fp16",
    "fp8": "fp8",
    "mxfp8": "mxfp8",
    "nvfp4": "nvfp4",
    "fp4": "nvfp4",
    "fp32": "fp32",
    "tf32": "tf32",
}


def _strategy(
    row: Row, shape: ModelShape, cluster: Cluster, framework: Framework, chips: int, told: list[str]
) -> Strategy:
    words = (row.format or "bf16").split()
    format = _FORMATS.get(words[0], "bf16") if words[0] != "nf4" else "bf16"
    tensor, pipeline, context = row.tp or 1, row.pp or 1, row.cp or 1
    for name, value in (("tp", row.tp), ("pp", row.pp)):
        if value is None:
            told.append(f"{name} of 1")
    replicas = chips / (tensor * pipeline * context)
    if replicas != int(replicas) or replicas < 1:
        raise InputError(
            f"{chips} chips are no multiple of tp {tensor} x pp {pipeline} x cp {context}", where=row.row_id
        )
    data = int(replicas)
    batch = row.global_batch or _batch(row, data, told)
    micro = row.micro_batch
    if micro is None:
        micro = 1
    if batch < data * micro and data > 1:
        micro = max(1, int(batch // data))
    return Strategy(
        tensor=tensor,
        pipeline=pipeline,
        virtual_stages=_virtual_stages(row, shape, pipeline, told),
        data=data,
        expert=min(row.ep or 1, shape.experts.count) if shape.experts else 1,
        expert_tensor=None,
        context=context,
        sequence_parallel=tensor > 1 and (framework.sequence_parallel or "SP" in (row.recompute or "")),
        sharding=_sharding(row.dp_sharding or "", framework),
        shard_group=_shard_group(row, cluster, data * context),
        micro_batch=micro,
        global_batch=max(1, int(batch)),
        sequence_length=row.seq or shape.sequence_length,
        recompute=_recompute(row.recompute or "", row.notes or ""),
        recompute_share=0.5 if "every n-th" in (row.recompute or "") else 1.0,
        offload=Offload.ALL_CPU if "offload" in (row.dp_sharding or "") else Offload.NONE,
        method=_method(row, format, framework, told),
    )


def _virtual_stages(row: Row, shape: ModelShape, pipeline: int, told: list[str]) -> int:
    """The row's own; one layer a chunk where its notes say that the pipeline interleaves and not how."""
    if (
        row.vpp is None
        and pipeline > 1
        and "interleaved" in (row.notes or "")
        and not shape.num_layers % pipeline
    ):
        told.append("one layer a chunk")
        return shape.num_layers // pipeline
    return row.vpp or 1


def _batch(row: Row, data: int, told: list[str]) -> float:
    if row.step_time_s and row.tokens_per_s_per_chip and row.chips and row.seq:
        return row.step_time_s * row.tokens_per_s_per_chip * row.chips / row.seq
    told.append("one micro-batch a step")
    return float(data * (row.micro_batch or 1))


def _as_fits(row: Row, shape: ModelShape, cluster: Cluster, given: Strategy, told: list[str]) -> Strategy:
    """What the row does not say of micro-batch and recomputing: the quickest of what fits in memory, as whoever ran it would choose."""
    micro = (
        [1, 2, 4, 8, 16] if row.micro_batch is None and row.global_batch is not None else [given.micro_batch]
    )
    share = given.global_batch // given.data or 1
    micro = [one for one in micro if not share % one] or [given.micro_batch]
    again = (
        [Recompute.NONE, Recompute.SELECTIVE, Recompute.FULL] if row.recompute is None else [given.recompute]
    )
    if len(micro) * len(again) == 1:
        return given
    choices = [
        given.model_copy(update={"micro_batch": one, "recompute": other}) for other in again for one in micro
    ]
    layouts = Layouts.of(*choices)
    fitting = memory(shape, cluster, layouts, given.method).fits(cluster)
    if not fitting.any():
        told.append("nothing that fits by this model's count: everything recomputed")
        return choices[-len(micro)]
    seconds = np.where(fitting, step_seconds(shape, cluster, layouts, given.method).total, np.inf)
    chosen = choices[int(np.argmin(seconds))]
    if row.micro_batch is None:
        told.append(f"a micro-batch of {chosen.micro_batch}, the quickest that fits")
    if chosen.recompute is not Recompute.NONE:
        told.append(f"recompute {chosen.recompute.value}, as less does not fit")
    return chosen


def _sharding(text: str, framework: Framework) -> Sharding:
    if "ZeRO-2" in text:
        return Sharding.GRADIENTS
    if "FSDP" in text or "ZeRO-3" in text:
        return Sharding.PARAMETERS
    if "ZeRO-1" in text:
        return Sharding.OPTIMIZER
    if "DDP" in text:
        return Sharding.NONE
    return Sharding.OPTIMIZER if framework.overlap_gradients and framework.fused else Sharding.NONE


def _shard_group(row: Row, cluster: Cluster, ranks: int) -> int | None:
    if "within node" in (row.dp_sharding or ""):
        return max(1, min(ranks, cluster.chips_per_node // ((row.tp or 1) * (row.cp or 1))))
    return None


def _recompute(text: str, notes: str) -> Recompute:
    if text.startswith("full"):
        return Recompute.FULL
    return Recompute.SELECTIVE if text.startswith("selective") else Recompute.NONE


def _method(row: Row, format: TrainingFormat, framework: Framework, told: list[str]) -> Method:
    words = row.format or ""
    adapters = "LoRA" in words or "lora" in (row.group or "").casefold() or "LoRA" in (row.framework or "")
    adapters = adapters or (row.kind == "finetune" and "LoRA" in (row.notes or ""))
    quantised = words.startswith("nf4")
    pure = "pure" in words
    is_tight = adapters and VALUE_BYTES[format] <= 1 and _is_tight(row)
    if is_tight:
        told.append("frozen weights in 8 bit, as 16 do not fit")
    if adapters:
        told.append(f"adapters of rank {LORA_RANK}")
    return Method(
        format=format,
        schedule=Schedule.DUALPIPE if "DualPipe" in (row.framework or "") else Schedule.ONE_F_ONE_B,
        gradient_bytes=2.0 if pure else framework.gradient_bytes,
        master_bytes=6.0 if pure else 12.0,
        base_weight_bytes=QLORA_BYTES if quantised else (1.0 if is_tight else None),
        flash_attention=framework.flash_attention,
        score_bias=framework.score_bias,
        native_attention=framework.native_attention,
        fused=framework.fused,
        overlap_gradients=framework.overlap_gradients,
        overlap_parameters=framework.overlap_parameters,
        overlap_tensor=framework.overlap_tensor,
        overlap_experts=framework.overlap_experts,
        deduplicated_dispatch=framework.deduplicated_dispatch,
        balanced_routing=framework.balanced_routing,
        lora=Lora(rank=LORA_RANK, attention=True, feed_forward=quantised) if adapters else None,
    )


def _is_tight(row: Row) -> bool:
    """Whether a model's weights in 16 bit alone fill its chips."""
    capacity = cluster_of(row).rates.memory_bytes
    if capacity is None or row.params_b is None:
        return False
    return 2e9 * row.params_b / ((row.tp or 1) * (row.pp or 1)) > 0.8 * capacity


def _measured_seconds(row: Row, shape: ModelShape, strategy: Strategy) -> float:
    """Seconds of a step: the row's own, or from its tokens, or from its FLOP by the row's own way of counting."""
    tokens = strategy.global_batch * strategy.sequence_length
    if row.step_time_s:
        return row.step_time_s
    if row.tokens_per_s_per_chip:
        return tokens / (row.tokens_per_s_per_chip * strategy.chips)
    if row.tflops_per_chip and row.tflops_kind:
        convention = convention_named(row.tflops_kind, row.framework or "")
        work = float(flop_per_token(shape, strategy.sequence_length, convention=convention))
        return tokens * work / (row.tflops_per_chip * 1e12 * strategy.chips)
    raise InputError("nothing was measured that a step's seconds follow from", where=row.row_id)


def _stratum(row: Row, shape: ModelShape, cluster: Cluster, strategy: Strategy) -> str:
    """The strata that errors are reported by."""
    if strategy.method.lora or cluster.intra.efficiency_class.startswith("pcie"):
        return "adapters, consumer cards, PCIe"
    if shape.experts:
        return "mixture of experts"
    if CHIP_FORMATS[strategy.method.format] in _LOW:
        return "8 bit"
    if strategy.sharding is Sharding.PARAMETERS:
        return "sharded parameters"
    family = cluster.chip_id.split("-")[1] if "-" in cluster.chip_id else cluster.chip_id
    return f"dense 16 bit, {_FAMILIES.get(family, 'others')}"


_LOW: frozenset[Format] = frozenset({"fp8", "fp6", "fp4", "int8", "int4"})
_FAMILIES: Mapping[str, str] = {
    "a100": "A100 and A800",
    "a800": "A100 and A800",
    "h100": "Hopper",
    "h800": "Hopper",
    "h200": "Hopper",
    "b200": "Blackwell",
    "b300": "Blackwell",
    "gb200": "Blackwell",
    "gb300": "Blackwell",
}


def _needed(value: int | None, column: str, row: Row) -> int:
    if value is None:
        raise InputError(f"{column} is not told", where=row.row_id)
    return value
