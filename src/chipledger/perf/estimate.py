"""One training run, estimated: the step by term, its interval, throughput, utilisation, power, and what a whole run takes.

Takes a model, a cluster and a strategy; gives one frozen record. What a layout needs in memory is asked of `memory`, and whether it can be at
all of `validity`; this file answers what it takes. Goodput, the part of a run's time that is training, is never guessed: whoever asks for a
whole run states it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from chipledger.core.errors import InputError
from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import Constants
from chipledger.perf.constants import constants as fitted_constants
from chipledger.perf.flop import MODEL, flop_per_token
from chipledger.perf.power import node_watts
from chipledger.perf.shape import ModelShape
from chipledger.perf.spread import interval_of
from chipledger.perf.step import TERMS, StepSeconds, step_seconds
from chipledger.perf.strategy import Layouts, Strategy

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One step of one run.

    Args:
        seconds: of a step, the middle of the interval's logarithms or near it.
        low_seconds: one run in ten is quicker.
        high_seconds: one run in ten is slower.
        terms: seconds by name; they add up to `seconds`.
        tokens: of a step.
        chips: that run it.
        tokens_per_second_per_chip: of training.
        model_flop_per_second_per_chip: by the model's own work, causal attention halved, nothing recomputed counted.
        utilization: of the chip's dense 16-bit rate, by that work (MFU); None where the rate is unknown.
        node_watts: at the socket of one node; None where the chip's power is unknown.
        reasons: where the interval comes from, and what is taken from elsewhere.
    """

    seconds: float
    low_seconds: float
    high_seconds: float
    terms: Mapping[str, float]
    tokens: float
    chips: int
    tokens_per_second_per_chip: float
    model_flop_per_second_per_chip: float
    utilization: float | None
    node_watts: float | None
    reasons: tuple[str, ...]

    def run(self, tokens: float, goodput: float = 1.0) -> "Run":
        """A whole run of so many tokens.

        Args:
            tokens: in all.
            goodput: part of the time that is training: 1 for the steps alone; Llama 3.1 405B's GPU-hours imply 0.85 to 0.89.

        Raises:
            InputError: tokens or goodput that make no sense.
        """
        if not tokens > 0:
            raise InputError(f"a run of {tokens:g} tokens", expected="tokens above 0")
        if not 0 < goodput <= 1:
            raise InputError(
                f"a goodput of {goodput:g}", expected="a part of the time, above 0 and at most 1"
            )
        hours = tokens / self.tokens * self.seconds / goodput / SECONDS_PER_HOUR
        return Run(
            chip_hours=hours * self.chips,
            low_chip_hours=hours * self.chips * self.low_seconds / self.seconds,
            high_chip_hours=hours * self.chips * self.high_seconds / self.seconds,
            days=hours / 24.0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a whole run takes, with the interval of its step.

    Args:
        chip_hours: chips times hours.
        low_chip_hours: one run in ten takes less.
        high_chip_hours: one run in ten takes more.
        days: of the calendar.
    """

    chip_hours: float
    low_chip_hours: float
    high_chip_hours: float
    days: float


def estimate(
    shape: ModelShape, cluster: Cluster, strategy: Strategy, constants: Constants | None = None
) -> Estimate:
    """Estimate one step of a training run.

    Args:
        shape: the model.
        cluster: its chips and links; as many chips are used as the strategy lays out.
        strategy: the layout and its method.
        constants: None: data/perf/constants.yaml.

    Raises:
        InputError: a format that the chip lacks, an unknown rate, or no link where one is needed.

    Source: every term by its own file: `gemm`, `layer`, `exchange`, `step`.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> eight = Strategy(data=8, micro_batch=2, global_batch=64, sequence_length=4096, sharding=3)
    >>> found = estimate(model("llama-2-7b"), cluster("h100"), eight)
    >>> found.low_seconds < found.seconds < found.high_seconds, 0.3 < found.utilization < 0.6
    (True, True)
    """
    given = fitted_constants() if constants is None else constants
    found = step_seconds(shape, cluster, Layouts.of(strategy), strategy.method, given)
    seconds = float(found.total[0])
    interval = interval_of(shape, cluster, strategy, given)
    tokens = float(strategy.global_batch * strategy.sequence_length)
    rate = tokens / seconds / strategy.chips
    work = float(
        flop_per_token(
            shape,
            strategy.sequence_length,
            convention=MODEL,
            lora=strategy.method.lora,
            multi_token_prediction=strategy.method.multi_token_prediction,
        )
    )
    peak = cluster.rates.dense_flop_per_second["bf16"] or cluster.rates.dense_flop_per_second["fp16"]
    return Estimate(
        seconds=seconds,
        low_seconds=seconds * interval.low,
        high_seconds=seconds * interval.high,
        terms={name: float(getattr(found, name)[0]) for name in TERMS},
        tokens=tokens,
        chips=strategy.chips,
        tokens_per_second_per_chip=rate,
        model_flop_per_second_per_chip=rate * work,
        utilization=rate * work / peak if peak else None,
        node_watts=_watts(cluster, found),
        reasons=interval.reasons,
    )


def _watts(cluster: Cluster, found: StepSeconds) -> float | None:
    if cluster.rates.power_watts is None:
        return None
    total = found.total
    shares = np.clip(found.computing / total, 0.0, 1.0), np.clip(found.communicating / total, 0.0, 1.0)
    return float(node_watts(cluster, shares[0], np.minimum(shares[1], 1.0 - shares[0])).total[0])
