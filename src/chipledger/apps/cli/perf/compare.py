"""`chipledger perf compare`: the same training job on different chips, side by side."""

from datetime import datetime
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
    names_asked,
    shape_asked,
)
from chipledger.apps.cli.perf.drawing import drawable, drawn
from chipledger.apps.cli.perf.told import bytes_told, found_told, hours_told, layout_told
from chipledger.apps.cli.perf.waiting import counted
from chipledger.catalogue.resolve import resolve
from chipledger.core.errors import InputError
from chipledger.perf.cluster import Cluster
from chipledger.perf.compare import Case, compare


def command(
    name: ModelArgument,
    chips: Annotated[str, typer.Option(help="Presets or chips with commas between, such as H20,H800,H100,A100,4090.")],
    tokens: TokensOption = "1T",
    count: Annotated[int | None, typer.Option(min=1, help="So many chips of each; 1024 if nothing else is asked.")] = None,
    deadline: Annotated[float | None, typer.Option(min=0.01, help="Days in which the run must end: how many chips?")] = None,
    budget: Annotated[float | None, typer.Option(min=1.0, help="Dollars that the run may cost: how soon?")] = None,
    available: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day from which the chips were there, with --by.")
    ] = None,
    by: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day by which the model was out: is it feasible?")
    ] = None,
    formats: FormatsOption = "bf16",
    sequence_length: LengthOption = None,
    tokens_per_step: StepTokensOption = "8M",
    goodput: GoodputOption = 0.9,
    chart: Annotated[Path | None, typer.Option(help="Draw it into this file: .svg.")] = None,
    format: FormatOption = Format.TABLE,
) -> None:  # fmt: skip
    """Chip-hours, days, chips, energy and money of one job on different chips, each at its best layout, with intervals.

    Money appears only where a price has a source and a day. There is no one ratio of two chips: compare what you ask for.

    Example: chipledger perf compare hunyuan-large --chips H20,H800,H100 --tokens 7T --count 4096
    """
    drawable(chart)
    window = _window(available, by)
    if window is not None and count is None and deadline is None and budget is None:
        deadline = float(window)
    if count is None and deadline is None and budget is None:
        count = 1024
    job = job_asked(shape_asked(name), tokens, formats, sequence_length, tokens_per_step, goodput)
    asked, unknown = _known(chips)
    until = by.date() if by else None
    with counted("compare", len(asked), "chips") as advance:
        cases = compare(
            job, asked, count=count, days=deadline, usd=budget, on=until, advance=lambda _: advance()
        )
    cases += unknown
    if chart is not None:
        from chipledger.apps.report.cost_chart import compared

        drawn(chart, compared(job.shape.name, cases))
    rows = [_row(one, window) for one in cases]
    if format in (Format.JSON, Format.JSONL):
        emit_json({"model": job.shape.id, "tokens": job.tokens, "goodput": job.goodput, "cases": rows})
    elif format is Format.CSV:
        emit([_flat(row) for row in rows], None, format)
    elif format is Format.TABLE:
        _tell(cases, window)


def _known(text: str) -> tuple[tuple[Cluster, ...], tuple[Case, ...]]:
    """The clusters of names with commas between; chips of which too little is known for one are told beside the others' answers."""
    known: list[Cluster] = []
    unknown: list[Case] = []
    for name in names_asked(text):
        try:
            known.append(cluster_asked(name))
        except InputError as error:
            ids = resolve(name).chips
            if len(ids) != 1:
                raise
            unknown.append(Case(cluster=ids[0], chip=ids[0], reason=str(error)))
    return tuple(known), tuple(unknown)


def _window(available: datetime | None, by: datetime | None) -> int | None:
    if (available is None) != (by is None):
        raise InputError("one day of two is told", where="--available, --by", expected="both days or none")
    if available is None or by is None:
        return None
    days = (by.date() - available.date()).days
    if days < 1:
        raise InputError(
            "the chips come after the model", where="--available, --by", expected="an earlier day first"
        )
    return days


def _row(one: Case, window: int | None) -> dict[str, Any]:
    told: dict[str, Any] = {"cluster": one.cluster, "chip": one.chip, "reason": one.reason}
    if one.best is None:
        return told
    told |= found_told(one.best)
    told |= {"memory_bytes": one.best.memory_bytes, "kilowatt_hours": one.kilowatt_hours, "usd": one.usd}
    told["price"] = None if one.price is None else one.price.model_dump(mode="json")
    if window is not None:
        told["feasible_by_day"] = feasible(one, window)
    return told


def feasible(one: Case, window: float) -> str:
    """By the interval of the days that it takes: yes, no, or unknown where the window lies inside.

    Args:
        one: a case that can be done.
        window: days.
    """
    assert one.best is not None
    run = one.best.run
    low = run.days * run.low_chip_hours / run.chip_hours
    high = run.days * run.high_chip_hours / run.chip_hours
    if high <= window:
        return "yes"
    return "no" if low > window else "unknown"


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not isinstance(value, (dict, list))}


def _tell(cases: tuple[Case, ...], window: int | None) -> None:
    rows: list[dict[str, Any]] = []
    for one in cases:
        if one.best is None:
            continue
        run = one.best.run
        row: dict[str, Any] = {
            "chip": one.cluster,
            "chips": f"{one.chips:,}",
            "chip-hours": hours_told(run.chip_hours),
            "80 %": f"{hours_told(run.low_chip_hours)} to {hours_told(run.high_chip_hours)}",
            "days": f"{run.days:,.0f}" if run.days >= 100 else f"{run.days:.3g}",
            "MWh": "unknown" if one.kilowatt_hours is None else f"{one.kilowatt_hours / 1e3:,.0f}",
            "dollars": "no price" if one.usd is None else hours_told(one.usd),
            "memory": bytes_told(one.best.memory_bytes),
            "layout": layout_told(one.best.strategy),
        }
        if window is not None:
            row[f"in {window} days"] = feasible(one, window)
        rows.append(row)
    emit(rows, None, Format.TABLE)
    console = stdout()
    for one in cases:
        if one.best is None:
            console.print(f"{one.cluster}: {one.reason}", highlight=False, markup=False)
        elif one.price is not None:
            price = one.price
            console.print(
                f"{one.cluster}: {price.usd_per_chip_hour:g} dollars an hour ({price.kind}, {price.on:%Y-%m-%d}, {price.cite.source})",
                highlight=False, markup=False,
            )  # fmt: skip
    days = {one.price.on for one in cases if one.best is not None and one.price is not None}
    if len(days) > 1:
        console.print("  prices are of different days and sellers: dollars of two chips are not to be compared", highlight=False, markup=False)  # fmt: skip
    for reason in dict.fromkeys(reason for one in cases if one.best for reason in one.best.estimate.reasons):
        console.print(f"  {reason}", highlight=False, markup=False)
