"""`chipledger perf policy`: what a threshold on one axis of a chip would buy."""

from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.evals.options import FormatOption
from chipledger.apps.cli.output import Format, emit, emit_json, stdout
from chipledger.apps.cli.perf.asked import (
    FormatsOption,
    GoodputOption,
    LengthOption,
    ModelArgument,
    StepTokensOption,
    TokensOption,
    cluster_asked,
    job_asked,
    numbers_asked,
    shape_asked,
)
from chipledger.apps.cli.perf.drawing import drawable, drawn
from chipledger.apps.cli.perf.told import hours_told, layout_told
from chipledger.apps.cli.perf.waiting import counted
from chipledger.perf.policy import UNITS, Axis, Point, Sweep, policy, threshold_told, value_of

POINTS = 10
LEAST = 0.05


def command(
    name: ModelArgument,
    axis: Annotated[Axis, typer.Option(help="What the line is drawn on.")] = Axis.TPP,
    at: Annotated[
        str | None, typer.Option(help="Thresholds with commas between; ten from a twentieth of the chip's own value if none.")
    ] = None,
    chip: Annotated[str, typer.Option(help="The chip that is cut down.")] = "h100",
    chips: Annotated[int, typer.Option(min=1, help="How many.")] = 1024,
    tokens: TokensOption = "1T",
    formats: FormatsOption = "bf16",
    sequence_length: LengthOption = None,
    tokens_per_step: StepTokensOption = "8M",
    goodput: GoodputOption = 0.9,
    chart: Annotated[Path | None, typer.Option(help="Draw it into this file: .svg.")] = None,
    format: FormatOption = Format.TABLE,
) -> None:  # fmt: skip
    """Chip-hours of a training run as a function of a threshold: the chip is cut down to just meet it, all else as it was.

    Example: chipledger perf policy llama-3-70b --axis tpp --at 1600,2400,4800 --chip h100 --tokens 15T
    """
    drawable(chart)
    job = job_asked(shape_asked(name), tokens, formats, sequence_length, tokens_per_step, goodput)
    where = cluster_asked(chip)
    thresholds = numbers_asked(at, "--at") if at else evenly_spread(value_of(where, axis), POINTS)
    with counted("policy", len(thresholds), "thresholds") as advance:
        found = policy(job, where, axis, thresholds, chips, advance=advance)
    if chart is not None:
        from chipledger.apps.report.cost_chart import swept

        drawn(chart, swept(job.shape.name, found))
    if format in (Format.JSON, Format.JSONL):
        emit_json(_answer(job.shape.id, found))
    elif format is Format.CSV:
        emit([_row(one) for one in found.points], None, format)
    elif format is Format.TABLE:
        _tell(found)


def evenly_spread(own: float, count: int) -> tuple[float, ...]:
    """Thresholds evenly spaced in their logarithm and round, up to the chip's own value.

    Args:
        own: the chip's value.
        count: of thresholds, that value included.

    >>> evenly_spread(15831.2, 4)
    (790.0, 2100.0, 5800.0, 15831.2)
    """
    evenly = (own * LEAST ** (1.0 - place / (count - 1)) for place in range(count - 1))
    return (*(float(f"{one:.2g}") for one in evenly), own)


def _row(one: Point) -> dict[str, Any]:
    return {
        "threshold": one.threshold,
        "ratio": one.ratio,
        "low": one.low,
        "high": one.high,
        "chip_hours": one.chip_hours,
        "days": one.days,
        "layout": layout_told(one.best.strategy),
    }


def _answer(model: str, found: Sweep) -> dict[str, Any]:
    return {
        "model": model,
        "axis": found.axis.value,
        "unit": UNITS[found.axis],
        "cluster": found.cluster,
        "chips": found.chips,
        "uncut": found.uncut,
        "chip_hours": found.chip_hours,
        "points": [_row(one) for one in found.points],
    }


def _tell(found: Sweep) -> None:
    rows = [
        {
            UNITS[found.axis]: threshold_told(one.threshold),
            "chip-hours": hours_told(one.chip_hours),
            "over uncut": f"x {one.ratio:.2f}",
            "80 %": f"{one.low:.2f} to {one.high:.2f}",
            "days": f"{one.days:,.0f}" if one.days >= 100 else f"{one.days:.3g}",
            "layout": layout_told(one.best.strategy),
        }
        for one in found.points
    ]
    emit(rows, None, Format.TABLE)
    stdout().print(
        f"{found.cluster} itself: {threshold_told(found.uncut)} {UNITS[found.axis]}, {hours_told(found.chip_hours)} chip-hours on "
        f"{found.chips:,} chips; one chip made slower on one axis, and nothing of what makers or buyers would do instead",
        highlight=False, markup=False,
    )  # fmt: skip
