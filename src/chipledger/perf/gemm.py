"""Seconds of products of matrices, by their shape and format.

A large product runs at a ceiling below the printed rate (power, clocks, instruction issue). A narrow one runs slower: tiles are cut at
the edges, waves of tiles leave units idle, and the pipeline fills and drains; a product with few rows waits for its weights. One
formula covers rows, columns and depth alike, so that a product and the two of its backward pass, which are the same sizes in another
order, are equally fast.

A width that is no multiple of 64 values costs more, whatever its size.

Left out: the jumps where a size is no multiple of a tile, and sparse or transposed layouts.
"""

import numpy as np
from numpy.typing import NDArray

from chipledger.catalogue.chip import Format
from chipledger.core.errors import InputError
from chipledger.perf.cluster import ChipRates
from chipledger.perf.constants import ChipConstants
from chipledger.perf.strategy import TrainingFormat

Floats = NDArray[np.float64]

CHIP_FORMATS: dict[TrainingFormat, Format] = {
    "fp32": "fp32",
    "tf32": "tf32",
    "fp16": "fp16",
    "bf16": "bf16",
    "fp8": "fp8",
    "fp8_block": "fp8",
    "mxfp8": "fp8",
    "nvfp4": "fp4",
}
VALUE_BYTES: dict[TrainingFormat, float] = {
    "fp32": 4.0,
    "tf32": 4.0,
    "fp16": 2.0,
    "bf16": 2.0,
    "fp8": 1.0,
    "fp8_block": 1.0,
    "mxfp8": 1.0,
    "nvfp4": 0.5,
}
EVEN = 64.0
"""Values of 16 bit in a line of 128 bytes: a width that is no multiple of it reads and writes parts of lines."""
_CEILINGS = {4.0: "ceiling_32", 2.0: "ceiling_16", 1.0: "ceiling_8", 0.5: "ceiling_4"}


def reached_flop_per_second(rates: ChipRates, constants: ChipConstants, format: TrainingFormat) -> float:
    """The rate of large products of a chip in a format.

    Args:
        rates: of the chip.
        constants: of its class.
        format: of the inputs; sums are of 32 bit.

    Raises:
        InputError: the chip lacks the format, or its rate is unknown.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.constants import constants
    >>> rates = cluster("a100-sxm").rates
    >>> 2.2e14 < reached_flop_per_second(rates, constants().of_chip(rates)[0], "bf16") < 2.9e14
    True
    """
    rate = rates.flop_per_second(CHIP_FORMATS[format])
    part: float = getattr(constants, _CEILINGS[VALUE_BYTES[format]])
    return rate * part


def gemm_seconds(
    rows: Floats,
    columns: Floats | float,
    depth: Floats | float,
    *,
    flop_per_second: float,
    bytes_per_second: float,
    value_bytes: float,
    constants: ChipConstants,
    odd_factor: float = 1.0,
) -> Floats:
    """Seconds of one product (rows x depth) (depth x columns), its floor included.

    Args:
        rows: tokens, any shape that broadcasts with the others.
        columns: of the result.
        depth: summed over.
        flop_per_second: of large products (`reached_flop_per_second`).
        bytes_per_second: of the memory, as reached.
        value_bytes: of one input; results are written in as many, and in 16 bit at least.
        constants: of the chip's class.
        odd_factor: on computing where columns or depth are no multiple of `EVEN`.

    Source: roofline: Williams, Waterman and Patterson, CACM 52 (2009); tile and wave quantisation: NVIDIA, "Matrix multiplication
    background user's guide", section 4; the smooth form is ours.

    >>> from chipledger.perf.constants import constants
    >>> one, hopper = np.array([64.0, 8192.0]), constants().chips[1]
    >>> seconds = gemm_seconds(
    ...     one, 8192.0, 8192.0, flop_per_second=7.5e14, bytes_per_second=2.7e12, value_bytes=2, constants=hopper
    ... )
    >>> (2 * one * 8192 * 8192 / seconds / 1e12).round(-2)
    array([200., 700.])
    """
    if not flop_per_second > 0:
        raise InputError("a rate that is none", expected="FLOP/s above 0")
    narrow = (
        (1.0 + constants.half_width / rows)
        * (1.0 + constants.half_width / columns)
        * (1.0 + constants.half_width / depth)
    )
    if odd_factor > 1.0:
        odd = (np.floor(columns / EVEN) * EVEN != columns) | (np.floor(depth / EVEN) * EVEN != depth)
        narrow = narrow * np.where(odd, odd_factor, 1.0)
    computing = 2.0 * rows * columns * depth * narrow / flop_per_second
    moved = value_bytes * (rows + columns) * depth + max(2.0, value_bytes) * rows * columns
    return np.asarray(np.maximum(computing, moved / bytes_per_second) + constants.kernel_seconds)
