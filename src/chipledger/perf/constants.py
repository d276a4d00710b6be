"""The few constants of the model: what part of its rates a class of chips reaches, and what software adds.

Read from data/perf/constants.yaml, which holds what is known without any run, and data/perf/fit.yaml, which holds what `calibrate` made of it
on published runs; a chip that no class names takes the class
nearest to it in arithmetic for each byte of memory bandwidth, and estimates say so and are less sure. Constants belong to a class of
chips or to all runs, never to one run or one model.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from chipledger.catalogue.chip import DATA
from chipledger.core.errors import InputError
from chipledger.core.load import load_yaml
from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.perf.cluster import ChipRates

Floats = NDArray[np.float64]


class ChipConstants(Record):
    """What one class of chips reaches.

    Args:
        id: of the class.
        chips: of the catalogue that belong to it.
        fitted_on: those of them that training runs were fitted on; to the others the numbers are a neighbour's.
        flop_for_each_byte: dense 16-bit FLOP/s over memory bytes/s of the class, by which strangers find their nearest.
        ceiling_16: part of the dense 16-bit rate in large products, in a long run and at its power limit.
        ceiling_8: the same of 8 bit.
        ceiling_4: the same of 4 bit.
        ceiling_32: the same of tf32 and fp32.
        half_width: rows, columns or depth at which a product takes twice the time of its share of a large one.
        attention_forward: part of the 16-bit rate in fused attention, forward.
        attention_backward: the same, backward.
        foreign_attention: factor on fused attention whose kernels were written for an earlier generation.
        memory_fraction: of the nominal memory bandwidth, in norms, activations and the optimizer.
        kernel_seconds: floor of one kernel.
        watts: power limit that the ceilings belong to; a part sold with another limit runs faster or slower by it.
        power_exponent: of the rate, in the power limit over that of the class.
        contention: of the shorter of computing and communicating, that is lost when both run at once.
    """

    id: str
    chips: tuple[str, ...]
    fitted_on: tuple[str, ...] = ()
    flop_for_each_byte: float = Field(gt=0)
    ceiling_16: float = Field(gt=0, le=1.2)
    ceiling_8: float = Field(gt=0, le=1.2)
    ceiling_4: float = Field(gt=0, le=1.2)
    ceiling_32: float = Field(gt=0, le=1.2)
    half_width: float = Field(ge=0)
    attention_forward: float = Field(gt=0, le=1)
    attention_backward: float = Field(gt=0, le=1)
    foreign_attention: float = Field(ge=1)
    memory_fraction: float = Field(gt=0, le=1)
    kernel_seconds: float = Field(ge=0)
    watts: float = Field(gt=0)
    power_exponent: float = Field(ge=0, le=1)
    contention: float = Field(ge=0, le=1)

    @property
    def fitted(self) -> bool:
        """Whether any training run with these chips was fitted."""
        return bool(self.fitted_on)


class SoftwareConstants(Record):
    """What software adds, whatever the chip.

    Args:
        hidden_passes: how often a layer moves a token's hidden vector through memory, forward, outside of products and attention:
            norms, residuals, dropout, which tensor parallelism alone does not split.
        inner_passes: the same of the vectors between its products (queries, keys, values), which it does.
        ffn_passes: the same of the feed-forward's vector.
        unfused_factor: on both, where kernels are not fused.
        unfused_gated_factor: the same of gated blocks with rotated positions, which have more pieces to write.
        backward_factor: on both, backward.
        host_seconds: between two kernels where the host launches each.
        kernels: of one layer, forward, where not fused.
        loss_passes: of the row of the vocabulary, forward and backward, in 32 bit.
        score_passes: of the matrix of scores where attention is not fused.
        expert_passes: of a token's hidden vector for each expert that it is sent to.
        grouped_16: of the rate of a product, that a group of experts' products reaches, 16 bit.
        grouped_8: the same in 8 bit or less.
        mixture_seconds: of one pass of a layer with experts, whatever its tokens: routing, sorting, waiting for counts.
        imbalance: of the busiest chip's experts over an even share, where routing is free.
        quantize_passes: of a product's inputs, where it is computed in 8 bit or less.
        hidden_tensor: part of tensor-parallel communication that runs beside products, where it overlaps.
        hidden_pipeline: part of a hand-over that runs beside computing, where it overlaps.
        hidden_expert: part of the all-to-all that runs beside computing, where it overlaps.
        exposed_buckets: part of the summing of gradients that can never be hidden.
        expert_efficiency: of the bandwidth of an all-to-all among experts, against that of a large even one.
        deduplicated_efficiency: the same where a token goes to each node once, by kernels of their own.
        step_seconds: of a step, whatever is in it.
        optimizer_bytes: moved for each parameter's update.
        disk_bytes_per_second: of all disks of a node together, read or written.
        cpu_adam_seconds: of one parameter's update on the host, by all of a node's processors.
        odd_factor: on a product of which a width is no multiple of 64.
        bias_factor: on fused attention that adds a bias to the scores.
        scale_loss: of a step's time, for each doubling of nodes.
        link_sharing: factor on messages between nodes where many groups send at once.
    """

    hidden_passes: float = Field(ge=0)
    inner_passes: float = Field(ge=0)
    ffn_passes: float = Field(ge=0)
    unfused_factor: float = Field(ge=1)
    unfused_gated_factor: float = Field(ge=1)
    backward_factor: float = Field(ge=0)
    host_seconds: float = Field(ge=0)
    kernels: float = Field(ge=0)
    loss_passes: float = Field(ge=0)
    score_passes: float = Field(ge=0)
    expert_passes: float = Field(ge=0)
    grouped_16: float = Field(gt=0, le=1)
    grouped_8: float = Field(gt=0, le=1)
    mixture_seconds: float = Field(ge=0)
    imbalance: float = Field(ge=1)
    quantize_passes: float = Field(ge=0)
    hidden_tensor: float = Field(ge=0, le=1)
    hidden_pipeline: float = Field(ge=0, le=1)
    hidden_expert: float = Field(ge=0, le=1)
    exposed_buckets: float = Field(ge=0, le=1)
    expert_efficiency: float = Field(gt=0, le=1)
    deduplicated_efficiency: float = Field(gt=0, le=1)
    step_seconds: float = Field(ge=0)
    optimizer_bytes: float = Field(ge=0)
    disk_bytes_per_second: float = Field(gt=0)
    cpu_adam_seconds: float = Field(ge=0)
    odd_factor: float = Field(ge=1)
    bias_factor: float = Field(ge=1)
    scale_loss: float = Field(ge=0)
    link_sharing: float = Field(ge=1)


class Prior(Record):
    """How far a constant may be from what is known without any run: the sd of its logarithm."""

    name: str
    log_sd: float = Field(gt=0)


class Constants(Record):
    """All constants, with how they were found.

    Args:
        chips: a class each.
        software: of all runs.
        priors: of the constants that are fitted, by name: `hopper.ceiling_16`, `software.hidden_passes`, `*.half_width` for every class.
        cites: what they were fitted on.
        note: how, and when.
    """

    chips: tuple[ChipConstants, ...]
    software: SoftwareConstants
    priors: tuple[Prior, ...] = ()
    cites: tuple[Cite, ...] = ()
    note: str | None = None

    def of_chip(self, rates: ChipRates) -> tuple[ChipConstants, bool]:
        """The class of a chip, and whether it is the chip's own: False where it is the nearest.

        Args:
            rates: of the chip.

        Raises:
            InputError: the chip is in no class and its rates are unknown.

        >>> from chipledger.perf.cluster import cluster
        >>> found, own = constants().of_chip(cluster("h20").rates)
        >>> found.id, own
        ('hopper_cut', True)
        """
        for one in self.chips:
            if rates.chip_id in one.chips:
                return one, True
        flop = rates.dense_flop_per_second.get("bf16") or rates.dense_flop_per_second.get("fp16")
        if not (flop and rates.memory_bandwidth_bytes_per_second):
            raise InputError(
                f"{rates.chip_id} is in no class of chips, and its rate or its bandwidth is unknown, not zero",
                where="perf",
                remedy="give the facts a source in the chip's file, or name the chip in data/perf/constants.yaml",
            )
        balance = flop / rates.memory_bandwidth_bytes_per_second
        return min(self.chips, key=lambda one: abs(np.log(balance / one.flop_for_each_byte))), False

    def names(self) -> tuple[str, ...]:
        """The constants that are fitted, each by its full name."""
        found: list[str] = []
        for prior in self.priors:
            owner, field = prior.name.split(".")
            owners = [one.id for one in self.chips if one.fitted] if owner == "*" else [owner]
            found += [f"{each}.{field}" for each in owners]
        return tuple(found)

    def log_sds(self) -> Floats:
        """The priors' widths, in the order of `names`."""
        widths = {prior.name: prior.log_sd for prior in self.priors}
        return np.array([widths.get(name) or widths["*." + name.split(".")[1]] for name in self.names()])

    def vector(self) -> Floats:
        """The fitted constants' values, in the order of `names`."""
        return np.array([self._value(name) for name in self.names()])

    def with_vector(self, values: Sequence[float] | Floats, names: Sequence[str] | None = None) -> Self:
        """The same with other values.

        Args:
            values: in the order of `names`.
            names: full names; None: those that are fitted.
        """
        changed: dict[str, dict[str, float]] = {}
        for name, value in zip(self.names() if names is None else names, values, strict=True):
            owner, field = name.split(".")
            changed.setdefault(owner, {})[field] = float(value)
        chips = tuple(one.model_copy(update=changed.get(one.id, {})) for one in self.chips)
        software = self.software.model_copy(update=changed.get("software", {}))
        return self.model_copy(update={"chips": chips, "software": software})

    def _value(self, name: str) -> float:
        owner, field = name.split(".")
        record = self.software if owner == "software" else next(one for one in self.chips if one.id == owner)
        return float(getattr(record, field))


class FittedValue(Record):
    """One fitted constant: its value, and the sd of its logarithm over groups of runs drawn anew."""

    name: str
    value: float = Field(gt=0)
    log_sd: float = Field(ge=0)


class Fitted(Record):
    """What a calibration found.

    Args:
        values: of the constants that were fitted, by full name.
        rows: of runs.
        groups: that they belong to.
        draws: values that might as well have been fitted, each in the order of `values`: resamples of groups.
        cites: the runs' sources.
        note: how, when, and how far off the fit and the fits without a group are.
    """

    values: tuple[FittedValue, ...]
    rows: int = Field(ge=0)
    groups: int = Field(ge=0)
    draws: tuple[tuple[float, ...], ...] = ()
    cites: tuple[Cite, ...] = ()
    note: str | None = None


@cache
def unfitted() -> Constants:
    """The constants before any fit, of data/perf/constants.yaml: the middles of the priors.

    >>> 0.5 < unfitted().chips[0].ceiling_16 < 1
    True
    """
    return load_yaml(DATA / "perf" / "constants.yaml", Constants)


@cache
def constants() -> Constants:
    """The constants of data/perf/constants.yaml with the fit of data/perf/fit.yaml, where there is one.

    >>> 0.5 < constants().chips[0].ceiling_16 < 1
    True
    """
    path = DATA / "perf" / "fit.yaml"
    return with_fit(unfitted(), load_yaml(path, Fitted)) if path.exists() else unfitted()


def with_fit(before: Constants, fit: Fitted) -> Constants:
    """Constants with what a calibration made of them; a constant that is fitted no longer keeps its own value.

    Args:
        before: the constants before the fit.
        fit: by name.
    """
    found = [one for one in fit.values if one.name in before.names()]
    given = before.with_vector([one.value for one in found], [one.name for one in found])
    return given.model_copy(update={"cites": fit.cites, "note": fit.note})


def by_id(all_constants: Constants) -> Mapping[str, ChipConstants]:
    """The classes of chips by id."""
    return {one.id: one for one in all_constants.chips}


def drawn_constants(count: int) -> tuple[Constants, ...]:
    """Constants that might as well have been fitted, the first so many resamples of data/perf/fit.yaml.

    Classes of chips that no run was fitted on are drawn from their priors, as nothing else is known of them.

    Args:
        count: how many; as many as there are where that is less.

    Source: bootstrap over groups of runs: Davison and Hinkley, Bootstrap Methods (1997), section 3.8 (`calibrate`).

    >>> len(drawn_constants(3)) <= 3
    True
    """
    path = DATA / "perf" / "fit.yaml"
    if not path.exists():
        return ()
    found, start = load_yaml(path, Fitted), constants()
    names = [one.name for one in found.values]
    kept = [place for place, name in enumerate(names) if name in unfitted().names()]
    strangers, widths = _of_unfitted(start)
    middles = np.array([start._value(name) for name in strangers])
    dice = np.random.default_rng(0)
    drawn = []
    for values in found.draws[:count]:
        guessed = middles * np.exp(dice.normal(0.0, widths))
        parts = np.where(middles <= 1.0, np.minimum(guessed, 1.0), guessed)
        given = start.with_vector([values[place] for place in kept], [names[place] for place in kept])
        drawn.append(given.with_vector(parts, strangers))
    return tuple(drawn)


def _of_unfitted(given: Constants) -> tuple[tuple[str, ...], Floats]:
    """Of the classes that no run was fitted on, the constants that priors name for every class, and those priors' widths."""
    every = {one.name.removeprefix("*."): one.log_sd for one in given.priors if one.name.startswith("*.")}
    names = tuple(f"{one.id}.{field}" for one in given.chips if not one.fitted for field in every)
    return names, np.array([every[name.split(".")[1]] for name in names])
