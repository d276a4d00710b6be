"""How far off an estimate may be: 80 % intervals from what the model missed on runs that it was not fitted on.

Takes what is asked (model, cluster, layout, method); gives a family of runs and the factors below and above an estimate between which four
of five runs of that family lay, when the groups that they belong to had been left out of the fit (data/perf/spread.yaml, written by
`calibrate`). What no run was measured of is less sure: a chip that takes its constants from a neighbour, a layout that had to be guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from pydantic import Field

from chipledger.catalogue.chip import DATA
from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import Constants
from chipledger.perf.gemm import VALUE_BYTES
from chipledger.perf.link import LinkKind
from chipledger.perf.shape import ModelShape
from chipledger.perf.strategy import Sharding, Strategy


class Family(StrEnum):
    """Kinds of runs that are missed alike."""

    ADAPTERS = "adapters"
    PCIE = "pcie"
    MIXTURE = "mixture"
    LOW_BITS = "low_bits"
    SHARDED = "sharded"
    DENSE = "dense"
    DENSE_BLACKWELL = "dense_blackwell"


class Spread(Record):
    """What one family of runs was missed by.

    Args:
        family: of runs.
        low: factor on an estimate below which one run in ten lay.
        high: factor above which one run in ten lay.
        rows: that it was read off.
        groups: that the rows belong to.
        cites: of the runs.
        note: how it was read off.
    """

    family: Family
    low: float = Field(gt=0, le=1)
    high: float = Field(ge=1)
    rows: int = Field(ge=0)
    groups: int = Field(ge=0)
    cites: tuple[Cite, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """Factors on an estimate, and why they are as wide as they are."""

    low: float
    high: float
    reasons: tuple[str, ...]


_BLACKWELL = r"nvidia-g?b[1-3]00"
STRANGER_FACTOR = 1.6
"""On the logarithm of both factors where no run with the chip was fitted; a choice, not a measurement."""


@cache
def spreads() -> Mapping[Family, Spread]:
    """The spread of every family, from data/perf/spread.yaml.

    >>> spreads()[Family.DENSE].low < 1 < spreads()[Family.DENSE].high
    True
    """
    listed = load_yaml_list(DATA / "perf" / "spread.yaml", Spread)
    return MappingProxyType({each.family: each for each in listed})


def family_of(shape: ModelShape, cluster: Cluster, strategy: Strategy) -> Family:
    """The family of a run: the first of adapters, PCIe, experts, 8 bit, sharded parameters that fits, else dense
    (of Blackwell apart: all such runs come from one source).

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> family_of(model("mixtral-8x7b"), cluster("h100"), Strategy(global_batch=8, sequence_length=4096)).value
    'mixture'
    """
    if strategy.method.lora:
        return Family.ADAPTERS
    if cluster.intra.kind is LinkKind.PCIE:
        return Family.PCIE
    if shape.experts:
        return Family.MIXTURE
    if VALUE_BYTES[strategy.method.format] <= 1:
        return Family.LOW_BITS
    if strategy.sharding >= Sharding.PARAMETERS:
        return Family.SHARDED
    return Family.DENSE_BLACKWELL if re.fullmatch(_BLACKWELL, cluster.chip_id) else Family.DENSE


def interval_of(shape: ModelShape, cluster: Cluster, strategy: Strategy, constants: Constants) -> Interval:
    """The factors of an estimate's 80 % interval.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.constants import constants
    >>> from chipledger.perf.models import model
    >>> asked = model("llama-3-8b"), Strategy(global_batch=8, sequence_length=4096)
    >>> known, stranger = (interval_of(asked[0], cluster(chip), asked[1], constants()) for chip in ("h100", "h20"))
    >>> stranger.high > known.high
    True
    """
    found = spreads()[family_of(shape, cluster, strategy)]
    reasons = [
        f"{found.rows} runs of {found.groups} groups like it ({found.family.value}), each left out of the fit"
    ]
    own, _ = constants.of_chip(cluster.rates)
    low, high = found.low, found.high
    if cluster.chip_id not in own.fitted_on:
        low, high = low**STRANGER_FACTOR, high**STRANGER_FACTOR
        reasons.append(f"no training run on {cluster.chip_id} was fitted: constants of the class {own.id}")
    return Interval(low, high, tuple(reasons))
