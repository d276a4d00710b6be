"""The question that each published run asks of the model, and what was measured of it.

Takes rows of `published`; gives for each the ModelShape (`row_shape`), the Cluster (`row_cluster`) and the Strategy to predict its step with,
or the reason why it cannot be asked. A row that tells no layout stays open: the best layout may be searched for it. What a row does not say is
taken from what its framework does, from arithmetic, or from what fits in memory, and listed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from chipledger.core.errors import InputError
from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import constants
from chipledger.perf.flop import Lora, Recompute, convention_named, flop_per_token
from chipledger.perf.framework import Framework, framework_named
from chipledger.perf.gemm import CHIP_FORMATS, VALUE_BYTES
from chipledger.perf.layer import machine
from chipledger.perf.link import LinkKind
from chipledger.perf.memory import memory
from chipledger.perf.published import Row, contradiction, read_rows
from chipledger.perf.row_cluster import cluster_of
from chipledger.perf.row_shape import needed, shape_of
from chipledger.perf.shape import ModelShape
from chipledger.perf.step import step_seconds
from chipledger.perf.strategy import Layouts, Method, Offload, Schedule, Sharding, Strategy, TrainingFormat

__all__ = [
    "Open",
    "Question",
    "Refused",
    "Row",
    "Stratum",
    "cluster_of",
    "question",
    "questions",
    "read_rows",
    "shape_of",
]

QLORA_BYTES = 0.53
"""Of a weight of 4 bit with its scales."""
TIGHT = 0.8
"""Part of a chip's memory that frozen weights may take before they are held in 8 bit, where products are computed in it."""
TYPICAL = "NeMo"
"""Software of a row that names none and whose power was measured: all such rows are of MLPerf."""
STEADY_PASSES = 8
"""Passes of each stage in a step whose batch is not told: enough that bubbles hardly count."""


class Stratum(StrEnum):
    """Kinds of runs that errors are reported by; a run belongs to the first that fits."""

    ADAPTERS = "LoRA, consumer cards, PCIe"
    EXPERTS = "mixture of experts"
    LOW_BITS = "fp8 and below"
    SHARDED = "FSDP and ZeRO-3"
    AMPERE = "dense A100, 16 bit"
    HOPPER = "dense H100/H800/H200, 16 bit"
    BLACKWELL = "dense B200 to GB300, 16 bit"
    OTHERS = "dense, other chips"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What one row asks.

    Args:
        row: as written.
        line: of the file.
        shape: the model.
        cluster: with the row's chips.
        strategy: the layout and its method.
        measured: seconds of a step.
        measured_as: the column that they follow from.
        stratum: kind of run, as errors are reported by.
        known_layout: tp, pp, the global batch and a time or rate are the row's own.
        assumed: what is taken from elsewhere.
    """

    row: Row
    line: int
    shape: ModelShape
    cluster: Cluster
    strategy: Strategy
    measured: float
    measured_as: str
    stratum: Stratum
    known_layout: bool
    assumed: tuple[str, ...]

    @property
    def measured_seconds(self) -> float:
        """Of a step."""
        return self.measured

    @property
    def group(self) -> str:
        """Of rows from one source or series; a row without one is a group of its own."""
        return self.row.group or self.row.row_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A row with a rate and without a layout: only the best layout and the interval can be held against it."""

    row: Row
    line: int
    shape: ModelShape
    cluster: Cluster
    method: Method
    tokens_per_second_per_chip: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A row that cannot be asked, and why."""

    row: Row
    line: int
    reason: str


def questions(rows: Iterable[tuple[int, Row]]) -> Iterator[Question | Open | Refused]:
    """What each training row asks; rows of other kinds are passed over.

    Args:
        rows: with their lines.
    """
    for line, row in rows:
        if row.is_training:
            try:
                yield question(row, line)
            except InputError as error:
                yield Refused(row=row, line=line, reason=error.what)


def question(row: Row, line: int = 0) -> Question | Open:
    """What one row asks.

    Args:
        row: of training.
        line: of the file.

    Raises:
        InputError: the row lacks what no other source gives, names a chip, a rate or a link that is not known, or contradicts itself.

    >>> told = dict(model="Llama-2-7B", chip="A100-80G", chips=8, seq=4096, tp=1, pp=1, global_batch=64, format="bf16")
    >>> asked = question(Row(row_id="1", kind="train", **told, dp_sharding="FSDP", step_time_s=11.0))
    >>> asked.strategy.data, asked.strategy.sharding.name, asked.stratum.value, asked.known_layout
    (8, 'PARAMETERS', 'FSDP and ZeRO-3', True)
    """
    assumed: list[str] = []
    asked = cluster_of(row, assumed)
    chips = needed(row.chips, "chips", row)
    _refuse_whole_runs(row)
    shape = shape_of(row, assumed)
    peak = asked.rates.flop_per_second(CHIP_FORMATS[_format(row)])
    wrong = contradiction(row, peak)
    if wrong:
        raise InputError(f"figures contradict each other: {wrong}", where=row.row_id)
    framework = framework_named(row.framework or "")
    sharding = _sharding(row.dp_sharding or "", framework)
    reason = _open_because(row, sharding)
    if reason:
        rate = needed_rate(row)
        return Open(
            row=row,
            line=line,
            shape=shape,
            cluster=asked,
            method=_method(row, asked, framework, assumed),
            tokens_per_second_per_chip=rate,
            reason=reason,
        )
    strategy = _strategy(row, shape, asked, framework, chips, assumed)
    strategy = _as_fits(row, shape, asked, strategy, assumed)
    machine(asked, strategy.method, constants())
    seconds, column = _measured(row, shape, strategy)
    known = row.tp is not None and row.pp is not None and row.global_batch is not None
    return Question(
        row=row,
        line=line,
        shape=shape,
        cluster=asked,
        strategy=strategy,
        measured=seconds,
        measured_as=column,
        stratum=stratum_of(shape, asked, strategy),
        known_layout=known and column != "tflops_per_chip",
        assumed=tuple(assumed),
    )


def layout_of(row: Row) -> tuple[ModelShape, Cluster, Strategy, tuple[str, ...]]:
    """Model, cluster and layout of a row whose step was not timed, as of one whose power was; and what is taken from elsewhere.

    Args:
        row: with chips, layout and batch.

    Raises:
        InputError: the row lacks what no other source gives.
    """
    assumed: list[str] = []
    asked, shape = cluster_of(row, assumed), shape_of(row, assumed)
    framework = framework_named(row.framework or TYPICAL)
    chips = needed(row.chips, "chips", row)
    strategy = _strategy(row, shape, asked, framework, chips, assumed)
    return shape, asked, _as_fits(row, shape, asked, strategy, assumed), tuple(assumed)


def _refuse_whole_runs(row: Row) -> None:
    if row.step_time_s is None and row.gpu_hours is not None:
        raise InputError(
            "hours of a whole run hold restarts and evaluation: no step follows from them", where=row.row_id
        )


def _open_because(row: Row, sharding: Sharding) -> str | None:
    """Why no layout can be read off; None where it can: sharded parameters need neither tensor nor pipeline parallelism."""
    missing = [name for name, value in (("tp", row.tp), ("pp", row.pp)) if value is None]
    if not missing or row.chips == 1 or sharding is Sharding.PARAMETERS:
        return None
    return f"no layout: {' and '.join(missing)} not told"


def needed_rate(row: Row) -> float:
    """Tokens a second and chip, which alone say something without a layout.

    Raises:
        InputError: neither they nor a step's time and tokens are told.
    """
    if row.tokens_per_s_per_chip:
        return row.tokens_per_s_per_chip
    if row.step_time_s and row.global_batch and row.seq and row.chips:
        return row.global_batch * row.seq / row.step_time_s / row.chips
    raise InputError("neither a layout nor a rate is told", where=row.row_id)


_FORMATS: dict[str, TrainingFormat] = {
    "bf16": "bf16",
    "fp16": "fp16",
    "fp8": "fp8",
    "mxfp8": "mxfp8",
    "nvfp4": "nvfp4",
    "fp4": "nvfp4",
    "fp32": "fp32",
    "tf32": "tf32",
    "nf4": "bf16",
}


def _format(row: Row) -> TrainingFormat:
    """The format of products: the first word; adapters on 4 bit compute in 16."""
    word = (row.format or "bf16").split()[0].casefold()
    found = _FORMATS.get(word)
    if found is None:
        raise InputError(
            f"the format {word[:20]!r} is not known", where=row.row_id, expected=", ".join(_FORMATS)
        )
    return found


def _strategy(
    row: Row, shape: ModelShape, cluster: Cluster, framework: Framework, chips: int, told: list[str]
) -> Strategy:
    tensor, pipeline, context = row.tp or 1, row.pp or 1, row.cp or 1
    told += [f"{name} of 1" for name, value in (("tp", row.tp), ("pp", row.pp)) if value is None]
    replicas, rest = divmod(chips, tensor * pipeline * context)
    if rest or not replicas:
        raise InputError(
            f"{chips} chips are no multiple of tp {tensor} x pp {pipeline} x cp {context}", where=row.row_id
        )
    if row.dp not in (None, replicas):
        told.append(f"{replicas} replicas, by arithmetic; the row tells {row.dp}")
    batch = row.global_batch or _batch(row, replicas, pipeline, told)
    micro = row.micro_batch or 1
    if framework.local_batches and pipeline > 1 and micro > 1:
        batch, micro = row.global_batch or float(replicas * micro), 1
        told.append("a pipeline cuts the replica's batch into single sequences")
    if batch < replicas * micro and replicas > 1:
        micro = max(1, int(batch // replicas))
    expert = min(row.ep or 1, shape.experts.count) if shape.experts else 1
    return Strategy(
        tensor=tensor,
        pipeline=pipeline,
        virtual_stages=_virtual_stages(row, shape, pipeline, told),
        data=replicas,
        expert=expert,
        expert_tensor=_expert_tensor(framework, tensor, expert, replicas * context),
        context=context,
        sequence_parallel=tensor > 1 and (framework.sequence_parallel or "SP" in (row.recompute or "")),
        sharding=_sharding(row.dp_sharding or "", framework),
        shard_group=_shard_group(row, cluster, replicas * context),
        micro_batch=micro,
        global_batch=max(1, round(batch)),
        sequence_length=row.seq or shape.sequence_length,
        recompute=_recompute(row.recompute or ""),
        recompute_share=0.5 if "every n-th" in (row.recompute or "") else 1.0,
        offload=Offload.ALL_CPU if "offload" in (row.dp_sharding or "") else Offload.NONE,
        method=_method(row, cluster, framework, told),
    )


def _virtual_stages(row: Row, shape: ModelShape, pipeline: int, told: list[str]) -> int:
    """The row's own; one layer a chunk where its notes say that the pipeline interleaves, or that it does not say, and not how."""
    if row.vpp is None and pipeline > 1 and "interleav" in (row.notes or ""):
        chunks, rest = divmod(shape.num_layers, pipeline)
        if not rest:
            told.append("one layer a chunk")
            return chunks
    return row.vpp or 1


def _expert_tensor(framework: Framework, tensor: int, expert: int, replicas: int) -> int | None:
    """Experts split as attention is, where the framework does so and the replicas allow it."""
    return tensor if framework.expert_tensor and expert <= replicas else None


def _batch(row: Row, replicas: int, pipeline: int, told: list[str]) -> float:
    if row.step_time_s and row.tokens_per_s_per_chip and row.chips and row.seq:
        return row.step_time_s * row.tokens_per_s_per_chip * row.chips / row.seq
    passes = STEADY_PASSES * pipeline
    told.append(f"{passes} passes a step")
    return float(replicas * (row.micro_batch or 1) * passes)


def _as_fits(row: Row, shape: ModelShape, cluster: Cluster, given: Strategy, told: list[str]) -> Strategy:
    """What the row does not say of micro-batch and recomputing: the quickest of what fits in memory, as whoever ran it would choose.

    A pipeline passes single sequences: of published ones that tell their micro-batch, nine in ten do.
    """
    share = given.global_batch // given.data or 1
    is_free = row.micro_batch is None and row.global_batch and given.pipeline == 1
    sizes = [1, 2, 4, 8, 16] if is_free else [given.micro_batch]
    micro = [one for one in sizes if not share % one] or [given.micro_batch]
    again = list(Recompute) if row.recompute is None else [given.recompute]
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
        told.append(f"a micro-batch of {chosen.micro_batch}{', the quickest that fits' if is_free else ''}")
    if chosen.recompute is not Recompute.NONE and row.recompute is None:
        told.append(f"recompute {chosen.recompute.value}, as less does not fit")
    return chosen


def _sharding(text: str, framework: Framework) -> Sharding:
    if "ZeRO-2" in text:
        return Sharding.GRADIENTS
    if "FSDP" in text or "ZeRO-3" in text:
        return Sharding.PARAMETERS
    if "ZeRO-1" in text:
        return Sharding.OPTIMIZER
    return Sharding.NONE if "DDP" in text else Sharding(framework.sharding)


def _shard_group(row: Row, cluster: Cluster, ranks: int) -> int | None:
    if "within node" in (row.dp_sharding or ""):
        return max(1, min(ranks, cluster.chips_per_node // ((row.tp or 1) * (row.cp or 1))))
    return None


def _recompute(text: str) -> Recompute:
    if text.startswith("full"):
        return Recompute.FULL
    if text.startswith("selective (every n-th"):
        return Recompute.FULL
    return Recompute.SELECTIVE if text.startswith("selective") else Recompute.NONE


def _method(row: Row, cluster: Cluster, framework: Framework, told: list[str]) -> Method:
    format = _format(row)
    quantised = (row.format or "").startswith("nf4")
    lora = _adapters(row, framework, told)
    base = QLORA_BYTES if quantised else None
    if lora and base is None and VALUE_BYTES[format] <= 1 and _is_tight(row, cluster):
        told.append("frozen weights in 8 bit, as 16 do not fit")
        base = 1.0
    return Method(
        format=format,
        schedule=Schedule.DUALPIPE if "DualPipe" in (row.framework or "") else Schedule.ONE_F_ONE_B,
        gradient_bytes=2.0 if "pure" in (row.format or "") else framework.gradient_bytes,
        base_weight_bytes=base,
        flash_attention=framework.flash_attention,
        score_bias=framework.score_bias,
        native_attention=framework.native_attention,
        fused=framework.fused,
        overlap_gradients=framework.overlap_gradients,
        overlap_parameters=framework.overlap_parameters,
        overlap_tensor=framework.overlap_tensor,
        overlap_tensor_gradients=framework.overlap_tensor_gradients,
        fused_accumulation=framework.fused_accumulation,
        overlap_pipeline=framework.overlap_pipeline,
        scattered_hand_over=framework.scattered_hand_over,
        overlap_experts=framework.overlap_experts,
        deduplicated_dispatch=framework.deduplicated_dispatch,
        balanced_routing=framework.balanced_routing,
        multi_token_prediction=_extra_layers(row.notes or "", framework),
        lora=lora,
    )


def _extra_layers(notes: str, framework: Framework) -> bool:
    if re.search(r"(w/o|without|no) MTP", notes):
        return False
    return framework.multi_token_prediction or "with MTP" in notes


def _adapters(row: Row, framework: Framework, told: list[str]) -> Lora | None:
    words = " ".join(part or "" for part in (row.format, row.framework, row.group, row.notes))
    if row.kind == "train" or "lora" not in words.casefold():
        return None
    rank = re.search(r"\b(?:r|rank) ?=? ?(\d+)", row.notes or "")
    if not rank:
        told.append(f"adapters of rank {framework.lora_rank}")
    return Lora(
        rank=int(rank[1]) if rank else framework.lora_rank,
        attention=True,
        feed_forward=framework.lora_feed_forward,
    )


def _is_tight(row: Row, cluster: Cluster) -> bool:
    """Whether a model's weights in 16 bit nearly fill its chips."""
    capacity = cluster.rates.memory_bytes
    if capacity is None or row.params_b is None:
        return False
    return 2e9 * row.params_b / ((row.tp or 1) * (row.pp or 1)) > TIGHT * capacity


def _measured(row: Row, shape: ModelShape, strategy: Strategy) -> tuple[float, str]:
    """Seconds of a step and their column: the row's own, or from its tokens, or from its FLOP by the row's own way of counting."""
    tokens = strategy.global_batch * strategy.sequence_length
    if row.step_time_s:
        return row.step_time_s, "step_time_s"
    if row.tokens_per_s_per_chip:
        return tokens / (row.tokens_per_s_per_chip * strategy.chips), "tokens_per_s_per_chip"
    if row.tflops_per_chip and row.tflops_kind:
        convention = convention_named(row.tflops_kind, row.framework or "")
        work = float(flop_per_token(shape, strategy.sequence_length, convention=convention))
        return tokens * work / (row.tflops_per_chip * 1e12 * strategy.chips), "tflops_per_chip"
    raise InputError("nothing was measured that a step's seconds follow from", where=row.row_id)


def stratum_of(shape: ModelShape, cluster: Cluster, strategy: Strategy) -> Stratum:
    """The stratum of a run.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> stratum_of(model("mixtral-8x7b"), cluster("h100"), Strategy(global_batch=8, sequence_length=4096)).value
    'mixture of experts'
    """
    if strategy.method.lora or cluster.intra.kind is LinkKind.PCIE or "rtx" in cluster.chip_id:
        return Stratum.ADAPTERS
    if shape.experts:
        return Stratum.EXPERTS
    if VALUE_BYTES[strategy.method.format] <= 1:
        return Stratum.LOW_BITS
    if strategy.sharding is Sharding.PARAMETERS:
        return Stratum.SHARDED
    for pattern, found in _FAMILIES:
        if re.search(pattern, cluster.chip_id):
            return found
    return Stratum.OTHERS


_FAMILIES = (
    (r"nvidia-a[18]00", Stratum.AMPERE),
    (r"nvidia-h([182]00|20)", Stratum.HOPPER),
    (r"nvidia-(gb?|b)[23]00", Stratum.BLACKWELL),
)
