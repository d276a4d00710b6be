"""How a training run is laid out on its chips, and which techniques it uses.

A `Strategy` is one layout with its method. `Layouts` are many layouts at once as arrays, which is what every formula of perf takes:
one strategy is an array of one. What is the same for all layouts of a question (formats, fused kernels, what overlaps, adapters)
stands in the `Method`. Nothing here costs anything: whether a layout can be is asked of `validity`, what it takes of `estimate`
and `memory`.
"""

from dataclasses import dataclass, fields
from enum import IntEnum, StrEnum
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from chipledger.core.records import Record
from chipledger.perf.flop import Lora, Recompute

Floats = NDArray[np.float64]

TrainingFormat = Literal["fp32", "tf32", "fp16", "bf16", "fp8", "fp8_block", "mxfp8", "nvfp4"]


class Schedule(StrEnum):
    """In which order the micro-batches pass the stages of a pipeline; interleaving is told by `virtual_stages`."""

    GPIPE = "gpipe"
    ONE_F_ONE_B = "1f1b"
    ZERO_BUBBLE = "zero_bubble"
    DUALPIPE = "dualpipe"


class Sharding(IntEnum):
    """What data-parallel ranks split among themselves, by the stages of ZeRO (arXiv 1910.02054, section 5); FSDP's full shard is 3."""

    NONE = 0
    OPTIMIZER = 1
    GRADIENTS = 2
    PARAMETERS = 3


class Offload(IntEnum):
    """What lies in the host's memory, or on its disks, between uses."""

    NONE = 0
    OPTIMIZER_CPU = 1
    ALL_CPU = 2
    OPTIMIZER_NVME = 3
    ALL_NVME = 4


RECOMPUTE_CODES: dict[Recompute, int] = {Recompute.NONE: 0, Recompute.SELECTIVE: 1, Recompute.FULL: 2}


class Method(Record):
    """What is the same for every layout of a question.

    Args:
        format: that products are computed in; norms, softmax and the optimizer's sums keep their own.
        schedule: of the pipeline.
        weight_bytes: of one trained weight as products read it.
        master_bytes: of one weight's optimizer state: two moments and, where weights are of 16 bit, a copy of 32 bit.
        gradient_bytes: of one gradient as it is kept and summed.
        base_weight_bytes: of one frozen weight under adapters; None: weight_bytes. QLoRA's 4 bit is about 0.53.
        flash_attention: scores are never written to memory.
        score_bias: a bias is added to the scores within fused attention (ALiBi), which slower kernels do.
        native_attention: fused attention runs by kernels written for the chip's own generation.
        fused: norms, activations, rotations and the loss run as few kernels, launched without waiting for the host.
        fused_accumulation: gradients of a micro-batch are added to those before by the product that makes them.
        overlap_gradients: gradients are summed while the backward pass goes on.
        overlap_parameters: sharded parameters are gathered ahead of their use.
        overlap_tensor: collectives of tensor parallelism run beside the products that they feed (pieces in a ring).
        overlap_tensor_gradients: what tensor parallelism sums in the backward pass goes on beside the products of weight gradients: all
            of it without sequence parallelism, half of it with.
        overlap_pipeline: hand-overs between stages run beside computing.
        scattered_hand_over: tensor-parallel chips hand over a part each, and gather it on the other side.
        overlap_experts: the experts' all-to-all runs beside another micro-batch's computing.
        deduplicated_dispatch: a token goes to each node once, however many of its experts are there.
        balanced_routing: each expert gets its share exactly, as many benchmarks force.
        multi_token_prediction: the extra layers are trained.
        lora: adapters; everything else is frozen.
    """

    format: TrainingFormat = "bf16"
    schedule: Schedule = Schedule.ONE_F_ONE_B
    weight_bytes: float = Field(default=2.0, gt=0, le=8)
    master_bytes: float = Field(default=12.0, ge=0, le=16)
    gradient_bytes: float = Field(default=4.0, gt=0, le=8)
    base_weight_bytes: float | None = Field(default=None, gt=0, le=8)
    flash_attention: bool = True
    score_bias: bool = False
    native_attention: bool = True
    fused: bool = True
    fused_accumulation: bool = True
    overlap_gradients: bool = True
    overlap_parameters: bool = True
    overlap_tensor: bool = False
    overlap_tensor_gradients: bool = False
    overlap_pipeline: bool = True
    scattered_hand_over: bool = True
    overlap_experts: bool = False
    deduplicated_dispatch: bool = False
    balanced_routing: bool = False
    multi_token_prediction: bool = False
    lora: Lora | None = None

    @property
    def activation_bytes(self) -> float:
        """Of one value between products, in memory and in messages: 32 bit where products are, else 16."""
        return 4.0 if self.format in ("fp32", "tf32") else 2.0


class Strategy(Record):
    """One layout and its method.

    Args:
        tensor: chips that share each product (tensor parallelism).
        pipeline: stages.
        virtual_stages: of one chip, interleaved; 1 for none.
        data: replicas, among which experts are split too.
        expert: chips that share the experts of a layer; it divides data x context x tensor.
        expert_tensor: chips that share one expert's products; None: 1 (folded, as Megatron-Core since 2024) .
        context: chips that share a sequence.
        sequence_parallel: norms and dropout are split among the tensor-parallel chips (arXiv 2205.05198, section 4.2.2).
        sharding: what data-parallel ranks split.
        shard_group: ranks of one sharding group, of data x context; None: all (hybrid sharding where it is less).
        micro_batch: sequences of one pass.
        global_batch: sequences of one step.
        sequence_length: tokens of one sequence.
        recompute: what is computed again in the backward pass.
        recompute_share: of the layers that recompute, as some do every other one.
        offload: what lies on the host.
        method: the rest.
    """

    tensor: int = Field(default=1, gt=0)
    pipeline: int = Field(default=1, gt=0)
    virtual_stages: int = Field(default=1, gt=0)
    data: int = Field(default=1, gt=0)
    expert: int = Field(default=1, gt=0)
    expert_tensor: int | None = Field(default=None, gt=0)
    context: int = Field(default=1, gt=0)
    sequence_parallel: bool = False
    sharding: Sharding = Sharding.NONE
    shard_group: int | None = Field(default=None, gt=0)
    micro_batch: int = Field(default=1, gt=0)
    global_batch: int = Field(gt=0)
    sequence_length: int = Field(gt=0)
    recompute: Recompute = Recompute.NONE
    recompute_share: float = Field(default=1.0, gt=0, le=1)
    offload: Offload = Offload.NONE
    method: Method = Method()

    @property
    def chips(self) -> int:
        """In all."""
        return self.tensor * self.pipeline * self.data * self.context


@dataclass(frozen=True, slots=True, kw_only=True)
class Layouts:
    """Many layouts, one array a field, all of one shape; codes are those of the enumerations.

    Args:
        shard_group: ranks of one sharding group, never 0.
        recompute: 0 none, 1 selective, 2 full.

    >>> two = Layouts.of(Strategy(tensor=8, global_batch=64, sequence_length=2048), Strategy(global_batch=8, sequence_length=2048))
    >>> two.tensor, two.chips
    (array([8., 1.]), array([8., 1.]))
    """

    tensor: Floats
    pipeline: Floats
    virtual_stages: Floats
    data: Floats
    expert: Floats
    expert_tensor: Floats
    context: Floats
    sequence_parallel: Floats
    sharding: Floats
    shard_group: Floats
    micro_batch: Floats
    global_batch: Floats
    sequence_length: Floats
    recompute: Floats
    recompute_share: Floats
    offload: Floats

    @classmethod
    def of(cls, *strategies: Strategy) -> "Layouts":
        """The layouts of strategies, in order; their methods stay with whoever asks."""
        return cls.where(
            tensor=[one.tensor for one in strategies],
            pipeline=[one.pipeline for one in strategies],
            virtual_stages=[one.virtual_stages for one in strategies],
            data=[one.data for one in strategies],
            expert=[one.expert for one in strategies],
            expert_tensor=[one.expert_tensor or 1 for one in strategies],
            context=[one.context for one in strategies],
            sequence_parallel=[one.sequence_parallel for one in strategies],
            sharding=[one.sharding for one in strategies],
            shard_group=[one.shard_group or one.data * one.context for one in strategies],
            micro_batch=[one.micro_batch for one in strategies],
            global_batch=[one.global_batch for one in strategies],
            sequence_length=[one.sequence_length for one in strategies],
            recompute=[RECOMPUTE_CODES[one.recompute] for one in strategies],
            recompute_share=[one.recompute_share for one in strategies],
            offload=[one.offload for one in strategies],
        )

    @classmethod
    def where(cls, **given: ArrayLike) -> "Layouts":
        """Layouts from arrays that broadcast; what is not given is 1, or 0 where it is a code or a switch.

        Args:
            given: `global_batch` and `sequence_length` at least.

        >>> Layouts.where(tensor=[1, 2, 4], global_batch=64, sequence_length=2048).data
        array([1., 1., 1.])
        """
        codes = {"sequence_parallel", "sharding", "recompute", "offload"}
        names = [one.name for one in fields(cls)]
        plain = {name: given.get(name, 0.0 if name in codes else 1.0) for name in names}
        if "shard_group" not in given:
            plain["shard_group"] = np.asarray(plain["data"], float) * np.asarray(plain["context"], float)
        arrays = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in plain.values()))
        return cls(**dict(zip(names, map(np.atleast_1d, arrays), strict=True)))

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> "Layouts":
        """The layouts at these places."""
        return Layouts(**{one.name: getattr(self, one.name)[chosen] for one in fields(self)})

    def strategy(self, place: int, method: Method | None = None) -> Strategy:
        """One of them as a strategy.

        >>> Layouts.where(tensor=[1, 2], global_batch=64, sequence_length=2048).strategy(1).tensor
        2
        """
        codes = {code: name for name, code in RECOMPUTE_CODES.items()}
        given = {one.name: getattr(self, one.name)[place] for one in fields(self)}
        whole = {name: int(value) for name, value in given.items() if name != "recompute_share"}
        return Strategy.model_validate(
            {
                **whole,
                "sequence_parallel": bool(whole["sequence_parallel"]),
                "sharding": Sharding(whole["sharding"]),
                "offload": Offload(whole["offload"]),
                "recompute": codes[whole["recompute"]],
                "recompute_share": float(given["recompute_share"]),
                "method": method or Method(),
            }
        )

    @property
    def chips(self) -> Floats:
        """In all."""
        return self.tensor * self.pipeline * self.data * self.context

    @property
    def micro_batches(self) -> Floats:
        """Passes of one pipeline in one step."""
        return self.global_batch / (self.micro_batch * self.data)

    @property
    def tokens(self) -> Floats:
        """Of one step."""
        return self.global_batch * self.sequence_length

    def __len__(self) -> int:
        return len(self.tensor)
