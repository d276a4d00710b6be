"""`chipledger perf waterfall`: what each technique wins back on a restricted chip."""

from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.evals.options import FormatOption
from chipledger.apps.cli.output import Format, emit, emit_json, stdout
from chipledger.apps.cli.perf.asked import (
    GoodputOption,
    LengthOption,
    ModelArgument,
    StepTokensOption,
    TokensOption,
    cluster_asked,
    job_asked,
    shape_asked,
)
from chipledger.apps.cli.perf.drawing import drawable, drawn
from chipledger.apps.cli.perf.told import factor_told, hours_told
from chipledger.apps.cli.perf.waiting import counted
from chipledger.perf.best import Job
from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import drawn_constants
from chipledger.perf.serving import engine as engine_of
from chipledger.perf.serving_waterfall import serving_sets, serving_waterfall
from chipledger.perf.waterfall import Step, Waterfall, sets, waterfall


def command(
    name: ModelArgument,
    chip: Annotated[str, typer.Option(help="The restricted chip, as a preset or by name.")],
    against: Annotated[str, typer.Option(help="The chip that it is held against.")] = "h100",
    chips: Annotated[int, typer.Option(min=1, help="How many of each.")] = 1024,
    tokens: TokensOption = "1T",
    draws: Annotated[int, typer.Option(min=0, max=100, help="Sets of constants for the intervals; 0 for none.")] = 12,
    sequence_length: LengthOption = None,
    tokens_per_step: StepTokensOption = "8M",
    goodput: GoodputOption = 0.9,
    serving: Annotated[bool, typer.Option("--serving", help="Of answers and not of training: 8-bit weights, 8-bit keys and values, memory.")] = False,
    latency: Annotated[float, typer.Option(min=0.001, max=60.0, help="With --serving: seconds that no token may be later than.")] = 0.1,
    engine: Annotated[str, typer.Option(help="With --serving: the engine and its year.")] = "vllm-2025",
    chart: Annotated[Path | None, typer.Option(help="Draw it into this file: .svg.")] = None,
    format: FormatOption = Format.TABLE,
) -> None:  # fmt: skip
    """Factors on chip-hours by technique, as means over all orders (Shapley), beside those on the other chip.

    Example: chipledger perf waterfall hunyuan-large --chip h20 --against h100 --chips 4096 --tokens 7T
    """
    drawable(chart)
    job = job_asked(shape_asked(name), tokens, "bf16", sequence_length, tokens_per_step, goodput)
    restricted, other = cluster_asked(chip), cluster_asked(against)
    if serving:
        found = _served(job, restricted, other, engine, latency)
    else:
        with counted("waterfall", sets(job, restricted, other), "sets") as advance:
            found = waterfall(job, restricted, other, chips, draws=drawn_constants(draws), advance=advance)
    if chart is not None:
        from chipledger.apps.report.cost_chart import fallen

        drawn(chart, fallen(job.shape.name, found))
    if format in (Format.JSON, Format.JSONL):
        emit_json(_answer(job.shape.id, found))
    elif format is Format.CSV:
        emit([_row(one) for one in found.steps], None, format)
    elif format is Format.TABLE:
        _tell(found)


def _served(job: Job, restricted: Cluster, other: Cluster, engine: str, latency: float) -> Waterfall:
    with counted("waterfall", serving_sets(restricted, other), "sets") as advance:
        return serving_waterfall(
            job.shape, restricted, other, engine_of(engine), context_tokens=float(job.length),
            seconds_per_token=latency, advance=advance,
        )  # fmt: skip


def _row(one: Step) -> dict[str, Any]:
    return {
        "technique": one.technique.value,
        "factor": one.factor,
        "low": one.low,
        "high": one.high,
        "other_factor": one.other_factor,
        "relative": one.relative,
        "low_relative": one.low_relative,
        "high_relative": one.high_relative,
        "verdict": one.verdict.value,
    }


def _answer(model: str, found: Waterfall) -> dict[str, Any]:
    return {
        "model": model,
        "chip": found.chip,
        "against": found.other,
        "chips": found.chips,
        "bare_ratio": found.bare_ratio,
        "bare_interval": found.bare_interval,
        "full_ratio": found.full_ratio,
        "full_interval": found.full_interval,
        "chip_hours": found.chip_hours,
        "other_chip_hours": found.other_chip_hours,
        "techniques": [_row(one) for one in found.steps],
        "notes": list(found.notes),
    }


def _tell(found: Waterfall) -> None:
    rows = [
        {
            "technique": one.technique.value,
            f"on {found.chip}": factor_told(one.factor, one.low, one.high),
            f"on {found.other}": factor_told(one.other_factor),
            "relative": factor_told(one.relative, one.low_relative, one.high_relative),
            "so it": one.verdict.value,
        }
        for one in found.steps
    ]
    emit(rows, None, Format.TABLE)
    console = stdout()
    console.print(
        f"chip-hours on {found.chip} over {found.other}: {factor_told(found.bare_ratio, *found.bare_interval or ())} with none of these, "
        f"{factor_told(found.full_ratio, *found.full_interval or ())} with all ({hours_told(found.chip_hours)} against {hours_told(found.other_chip_hours)})",
        highlight=False, markup=False,
    )  # fmt: skip
    for note in found.notes:
        console.print(f"  {note}", highlight=False, markup=False)
