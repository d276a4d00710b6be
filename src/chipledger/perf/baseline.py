"""The one-line predictor that a model of time must beat: work over chips, peak and one utilisation.

Takes questions; gives seconds. The utilisation is the median of runs with the same chip and format in other groups; where there are none, of
the same format on any chip, and at last of all: no run is told by its own group.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chipledger.perf.flop import FlopConvention, adapter_parameters, flop_per_token
from chipledger.perf.gemm import CHIP_FORMATS
from chipledger.perf.rows import Question

SIX_N_CAUSAL = FlopConvention(per_parameter=6.0)
FOUR_N_CAUSAL = FlopConvention(per_parameter=4.0)
"""A frozen base is passed forward once and backward once."""


def one_line_seconds(asked: Sequence[Question]) -> NDArray[np.float64]:
    """Seconds of a step by (6 x active parameters + causal attention) x tokens / (chips x peak x utilisation).

    Args:
        asked: n questions.

    Returns:
        n seconds; nan where the chip has no rate in the format.
    """
    ideal = np.array([_at_peak(one) for one in asked])
    used = ideal / np.array([one.measured for one in asked])
    groups = np.array([one.group for one in asked])
    kinds = [(one.cluster.chip_id, one.strategy.method.format) for one in asked]
    found = np.full(len(asked), np.nan)
    for place in range(len(asked)):
        others = groups != groups[place]
        same = np.array([kind == kinds[place] for kind in kinds])
        alike = np.array([kind[1] == kinds[place][1] for kind in kinds])
        for chosen in (others & same, others & alike, others):
            if np.isfinite(used[chosen]).any():
                found[place] = ideal[place] / np.nanmedian(used[chosen])
                break
    return found


def _at_peak(one: Question) -> float:
    method = one.strategy.method
    peak = one.cluster.rates.dense_flop_per_second[CHIP_FORMATS[method.format]]
    if peak is None:
        return float("nan")
    convention = FOUR_N_CAUSAL if method.lora else SIX_N_CAUSAL
    work = float(flop_per_token(one.shape, one.strategy.sequence_length, convention=convention))
    if method.lora:
        work += 6.0 * adapter_parameters(one.shape, method.lora)
    tokens = one.strategy.global_batch * one.strategy.sequence_length
    return work * tokens / (one.strategy.chips * peak)
