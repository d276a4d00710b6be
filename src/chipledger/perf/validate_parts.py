"""How far off memory, serving, collectives and power are on published rows.

Takes rows of a table; gives for each part its rows, predicted and measured in one unit, a score for each kind of load, and what was refused.
Each part is asked of its own file: `memory`, `serving`, `network`, `power` with the shares of a step by `estimate`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from chipledger.core.errors import InputError
from chipledger.perf.estimate import estimate
from chipledger.perf.framework import framework_named
from chipledger.perf.memory import memory
from chipledger.perf.power import JOULES_PER_KILOWATT_HOUR, energy_joules
from chipledger.perf.published import Row
from chipledger.perf.row_collective import collective_question
from chipledger.perf.row_serving import Load, serving_question
from chipledger.perf.rows import Question, Refused, layout_of, question
from chipledger.perf.strategy import Layouts

LARGE_BYTES = 2**20
"""From which a message counts as large."""
GIB = 2.0**30
SECONDS_PER_MINUTE = 60.0


class Part(StrEnum):
    """What is checked beside the time of a step."""

    MEMORY = "memory"
    SERVING = "infer"
    COLLECTIVES = "collective"
    POWER = "power"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartChecked:
    """One figure of one row.

    Args:
        row: as written.
        line: of the file.
        part: that was asked.
        load: kind of figure within it, as errors are reported by.
        predicted: by the model.
        measured: by the row.
        unit: of both.
        note: what is to be known of it.
    """

    row: Row
    line: int
    part: Part
    load: str
    predicted: float
    measured: float
    unit: str
    note: str = ""

    @property
    def error(self) -> float:
        """Predicted over measured, less 1."""
        return self.predicted / self.measured - 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PartScore:
    """Absolute errors of figures of one load: parts, not percent."""

    part: Part
    load: str
    rows: int
    mean: float
    median: float
    p90: float
    bias: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReport:
    """Everything but the time of a step.

    Args:
        checked: figure by figure.
        scores: by load.
        refused: rows that cannot be asked.
        does_not_fit: rows with memory whose layout is told to need more than the chip has, though it ran.
    """

    checked: tuple[PartChecked, ...]
    scores: tuple[PartScore, ...]
    refused: tuple[Refused, ...]
    does_not_fit: tuple[str, ...]


def validate_parts(rows: Iterable[tuple[int, Row]]) -> PartReport:
    """Hold memory, serving, collectives and power against a table.

    Args:
        rows: with their lines (`published.read_rows`).

    >>> told = dict(chip="H100", chips=8, op="all_reduce", msg_bytes=2**29, busbw_gb_s=445)
    >>> found = validate_parts([(2, Row(row_id="1", kind="collective", **told))])
    >>> found.scores[0].load, found.scores[0].mean < 0.1
    ('1 MiB and more', True)
    """
    checked: list[PartChecked] = []
    refused: list[Refused] = []
    too_large: list[str] = []
    for line, row in rows:
        try:
            checked += _checked(row, line, too_large)
        except InputError as error:
            refused.append(Refused(row=row, line=line, reason=error.what))
    return PartReport(
        checked=tuple(checked),
        scores=_scores(checked),
        refused=tuple(refused),
        does_not_fit=tuple(too_large),
    )


def _checked(row: Row, line: int, too_large: list[str]) -> list[PartChecked]:
    match row.kind:
        case "infer":
            return [_serving(row, line)]
        case "collective":
            return [_collective(row, line)]
        case "power":
            return _power(row, line)
        case "train" | "finetune":
            return [_memory(row, line, too_large)] if row.mem_gib else []
        case _:
            raise InputError(
                f"the kind {row.kind[:20]!r} is not known",
                where=row.row_id,
                expected="train, finetune, infer, collective or power",
            )


def _serving(row: Row, line: int) -> PartChecked:
    asked = serving_question(row, line)
    slow = asked.load in (Load.FIRST_TOKEN, Load.TOKEN)
    return PartChecked(
        row=row,
        line=line,
        part=Part.SERVING,
        load="prefill and decode" if slow else "throughput",
        predicted=asked.seconds(),
        measured=asked.measured,
        unit="s",
        note="; ".join((asked.load.value, *asked.assumed)),
    )


def _collective(row: Row, line: int) -> PartChecked:
    asked = collective_question(row, line)
    large = asked.message_bytes >= LARGE_BYTES
    return PartChecked(
        row=row,
        line=line,
        part=Part.COLLECTIVES,
        load="1 MiB and more" if large else "small messages",
        predicted=asked.seconds(),
        measured=asked.measured,
        unit="s",
        note="; ".join(asked.assumed),
    )


def _memory(row: Row, line: int, too_large: list[str]) -> PartChecked:
    assert row.mem_gib is not None
    asked = question(row, line)
    if not isinstance(asked, Question):
        raise InputError(asked.reason, where=row.row_id)
    layouts = Layouts.of(asked.strategy)
    found = memory(asked.shape, asked.cluster, layouts, asked.strategy.method)
    if not found.fits(asked.cluster)[0]:
        too_large.append(row.row_id)
    figure = framework_named(row.framework or "").memory_figure
    sizes = {name: float(getattr(found, name)[0]) / GIB for name in ("allocated", "reserved", "used")}
    return PartChecked(
        row=row,
        line=line,
        part=Part.MEMORY,
        load="peak memory",
        predicted=sizes[figure],
        measured=row.mem_gib,
        unit="GiB",
        note="; ".join((f"{figure} of", *(f"{name} {size:.1f}" for name, size in sizes.items()))),
    )


def _power(row: Row, line: int) -> list[PartChecked]:
    shape, asked, strategy, assumed = layout_of(row)
    found = estimate(shape, asked, strategy)
    if found.node_watts is None:
        raise InputError("the power of its chip is unknown, not zero", where=row.row_id)
    efficiency = asked.power.supply_efficiency or 1.0
    watts = found.node_watts * (efficiency if "DC side" in (row.notes or "") else 1.0)
    note = "; ".join(assumed)
    checked = []
    if row.avg_node_power_w:
        checked.append(_figure(row, line, "node power", watts, row.avg_node_power_w, "W", note))
    if row.energy_kwh and row.time_to_train_min:
        seconds = row.time_to_train_min * SECONDS_PER_MINUTE
        energy = float(energy_joules(watts, asked.nodes, seconds)) / JOULES_PER_KILOWATT_HOUR
        checked.append(_figure(row, line, "energy of the measured time", energy, row.energy_kwh, "kWh", note))
    return checked


def _figure(
    row: Row, line: int, load: str, predicted: float, measured: float, unit: str, note: str
) -> PartChecked:
    return PartChecked(
        row=row, line=line, part=Part.POWER, load=load, predicted=predicted, measured=measured, unit=unit, note=note
    )  # fmt: skip


def _scores(checked: Sequence[PartChecked]) -> tuple[PartScore, ...]:
    found: dict[tuple[Part, str], list[float]] = {}
    for one in checked:
        found.setdefault((one.part, one.load), []).append(one.error)
    return tuple(
        PartScore(
            part=part,
            load=load,
            rows=len(errors),
            mean=float(np.mean(np.abs(errors))),
            median=float(np.median(np.abs(errors))),
            p90=float(np.quantile(np.abs(errors), 0.9)),
            bias=float(np.mean(errors)),
        )
        for (part, load), errors in found.items()
    )
