"""The best layout for a training job on so many chips of one kind: what somebody would run who knew this model.

Takes a job (model, tokens, batch), a cluster and the formats that may be used; searches all layouts that fit and gives the quickest with its
estimate, its memory and what the whole run takes. Counterfactuals (`compare`, `waterfall`, `policy`) ask this and nothing else, so that each
chip is met at its best and not at another's layout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from pydantic import Field

from chipledger.core.errors import InputError
from chipledger.core.records import Record
from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import Constants
from chipledger.perf.estimate import Estimate, Run, estimate
from chipledger.perf.gemm import CHIP_FORMATS
from chipledger.perf.memory import memory
from chipledger.perf.search import search
from chipledger.perf.shape import ModelShape
from chipledger.perf.strategy import Layouts, Method, Strategy, TrainingFormat
from chipledger.perf.validity import Choices, layouts_of

TOKENS_OF_A_STEP = 8e6
"""Of one step where none is told: in the middle of what runs of recent years print (4 to 16 million)."""
USUAL_CHOICES = Choices(most_micro_batch=8)


class Job(Record):
    """What is trained.

    Args:
        shape: the model.
        tokens: in all.
        sequence_length: None: the model's own, at most 8,192.
        tokens_of_a_step: of one step, rounded to sequences that replicas divide (`global_batch`).
        goodput: part of the time that is training.
        formats: that may be used; the quickest that the chip has is taken.
        method: the rest; its format is not read.
        choices: that a search may choose from.
    """

    shape: ModelShape
    tokens: float = Field(gt=0, lt=1e18)
    sequence_length: int | None = Field(default=None, gt=0, lt=10_000_000)
    tokens_of_a_step: float = Field(default=TOKENS_OF_A_STEP, gt=0, lt=1e12)
    goodput: float = Field(default=0.9, gt=0, le=1)
    formats: tuple[TrainingFormat, ...] = ("bf16",)
    method: Method = Method(overlap_tensor=True, overlap_experts=True, deduplicated_dispatch=True)
    choices: Choices = USUAL_CHOICES

    @property
    def length(self) -> int:
        """Tokens of one sequence."""
        return self.sequence_length or min(self.shape.sequence_length, 8192)

    def global_batch(self, chips: int) -> int:
        """Sequences of one step: the nearest to the tokens told that is a power of two times the odd part of the chips.

        So replicas divide it on any number of chips, and the step stays as large as it was told.

        >>> from chipledger.perf.models import model
        >>> job = Job(shape=model("llama-3-8b"), tokens=1e12)
        >>> [job.global_batch(chips) for chips in (1024, 1664, 5000)]
        [1024, 832, 1250]
        """
        wanted = self.tokens_of_a_step / self.length
        odd = chips // (chips & -chips)
        if odd > wanted:
            odd = 1
        return odd << max(0, round(log2(wanted / odd)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The quickest layout and what it takes.

    Args:
        strategy: itself.
        estimate: of one step.
        run: the whole.
        memory_bytes: that must fit on the fullest chip (`Memory.needed`).
        seen: layouts that were looked at.
    """

    strategy: Strategy
    estimate: Estimate
    run: Run
    memory_bytes: float
    seen: int


def best(job: Job, cluster: Cluster, chips: int, constants: Constants | None = None) -> Best:
    """The quickest layout of a job on so many chips, over all formats that the chip has.

    Args:
        job: what is trained.
        cluster: one kind of chip with its links.
        chips: how many.
        constants: None: data/perf/constants.yaml.

    Raises:
        InputError: nothing fits, or the chip has none of the formats.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> found = best(Job(shape=model("llama-2-7b"), tokens=2e12), cluster("h100"), 64)
    >>> found.strategy.chips, 20_000 < found.run.chip_hours < 80_000
    (64, True)
    """
    where = cluster.with_chips(chips)
    usable = formats_of(cluster, job.formats)
    found: list[tuple[float, Strategy, int]] = []
    trouble: InputError | None = None
    for format in usable:
        method = job.method.model_copy(update={"format": format})
        try:
            first = _quickest(job, where, chips, method, constants)
        except InputError as error:
            trouble = error
            continue
        found.append(first)
    if not found:
        assert trouble is not None
        raise trouble
    _, strategy, seen = min(found, key=lambda one: one[0])
    step = estimate(job.shape, where, strategy, constants)
    kept = memory(job.shape, where, Layouts.of(strategy), strategy.method)
    return Best(
        strategy=strategy,
        estimate=step,
        run=step.run(job.tokens, job.goodput),
        memory_bytes=float(kept.needed[0]),
        seen=seen,
    )


def formats_of(cluster: Cluster, formats: Sequence[TrainingFormat]) -> tuple[TrainingFormat, ...]:
    """Of some formats, those whose dense rate is known of the chip; fp16 stands in for bf16 where the chip has no bf16.

    Raises:
        InputError: none of them.

    >>> from chipledger.perf.cluster import cluster
    >>> formats_of(cluster("a100-sxm"), ("bf16", "fp8"))
    ('bf16',)
    """
    rates = cluster.rates.dense_flop_per_second
    usable = tuple(one for one in formats if rates[CHIP_FORMATS[one]])
    if not usable and "bf16" in formats and rates["fp16"]:
        return ("fp16",)
    if not usable:
        raise InputError(
            f"no dense rate in {' or '.join(formats)} is known of {cluster.chip_id}: it is unknown, not zero",
            where=cluster.id,
            expected=", ".join(name for name, rate in rates.items() if rate),
        )
    return usable


def _quickest(
    job: Job, where: Cluster, chips: int, method: Method, constants: Constants | None
) -> tuple[float, Strategy, int]:
    blocks = layouts_of(
        job.shape,
        where,
        chips=chips,
        global_batch=job.global_batch(chips),
        sequence_length=job.length,
        method=method,
        choices=job.choices,
    )
    found = search(job.shape, where, blocks, method, most=1, constants=constants)
    return float(found.best.seconds_per_token[0]), found.best.layouts.strategy(0, method), found.seen
