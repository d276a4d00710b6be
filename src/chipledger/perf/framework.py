"""What the training software of a release does: which techniques a run used, where its row names only the software.

Read from data/perf/frameworks.yaml, one entry a family of releases, found by how the name begins. It names software, never one run or model.
"""

from functools import cache
from typing import Literal

from pydantic import Field

from chipledger.catalogue.chip import DATA
from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Cite


class Framework(Record):
    """The techniques of a family of releases; those of a `Method`, and how rows are to be read.

    Args:
        id: of the family.
        starts: how the names of its releases begin; "" is what no other family takes.
        flash_attention: as of `Method`.
        score_bias: as of `Method`.
        native_attention: as of `Method`.
        fused: as of `Method`.
        sequence_parallel: used wherever tensor parallelism is.
        overlap_gradients: as of `Method`.
        overlap_parameters: as of `Method`.
        overlap_tensor: as of `Method`.
        overlap_tensor_gradients: as of `Method`.
        fused_accumulation: as of `Method`.
        overlap_pipeline: as of `Method`.
        scattered_hand_over: as of `Method`.
        overlap_experts: as of `Method`.
        deduplicated_dispatch: as of `Method`.
        gradient_bytes: as of `Method`.
        sharding: of the optimizer's state and more among replicas, where a row does not tell: stages of ZeRO.
        expert_tensor: experts are split as attention is, among tensor-parallel chips, rather than folded.
        balanced_routing: its benchmarks force each expert's share.
        multi_token_prediction: the extra layers of models that have them are trained.
        lora_rank: of adapters, where a row does not tell.
        lora_feed_forward: adapters stand beside the feed-forward matrices too.
        local_batches: what its tables call a micro-batch is a replica's batch, which a pipeline cuts into single sequences.
        memory_figure: which peak its tables give: of tensors, of the allocator, or all that is gone from the chip.
        cites: where it says so.
        note: what else.
    """

    id: str
    starts: tuple[str, ...]
    flash_attention: bool
    fused: bool
    score_bias: bool = False
    native_attention: bool = True
    deduplicated_dispatch: bool = False
    sequence_parallel: bool
    overlap_gradients: bool
    overlap_parameters: bool
    overlap_tensor: bool = False
    overlap_tensor_gradients: bool = False
    fused_accumulation: bool = True
    overlap_pipeline: bool = True
    scattered_hand_over: bool = True
    overlap_experts: bool = False
    gradient_bytes: float = Field(default=4.0, gt=0)
    sharding: int = Field(default=0, ge=0, le=3)
    expert_tensor: bool = False
    balanced_routing: bool = False
    multi_token_prediction: bool = False
    lora_rank: int = Field(default=16, gt=0)
    lora_feed_forward: bool = False
    local_batches: bool = False
    memory_figure: Literal["allocated", "reserved", "used"] = "used"
    cites: tuple[Cite, ...] = ()
    note: str | None = None


@cache
def frameworks() -> tuple[Framework, ...]:
    """Every family, in the order of the file.

    >>> frameworks()[0].id
    'megatron-2021'
    """
    return tuple(load_yaml_list(DATA / "perf" / "frameworks.yaml", Framework))


def framework_named(name: str) -> Framework:
    """The family that a release belongs to: the longest beginning that fits.

    Args:
        name: as printed; "" where it is not known.

    >>> framework_named("Megatron-LM 2022").id, framework_named("Megatron-LM 0.14").id, framework_named("").id
    ('megatron-2022', 'megatron-lm-2025', 'torch-eager')
    """
    folded = name.casefold()
    fitting = [
        (len(start), place, one)
        for place, one in enumerate(frameworks())
        for start in one.starts
        if folded.startswith(start.casefold())
    ]
    return max(fitting, key=lambda each: (each[0], -each[1]))[2]
