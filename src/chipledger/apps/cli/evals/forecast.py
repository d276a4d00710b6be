"""`chipledger evals forecast`: months until a threshold at constant controls, from published figures, back-tested."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.evals.options import DayOption, FormatOption, RegisterOption, day_of
from chipledger.apps.cli.output import Format, emit, emit_json, stdout
from chipledger.core.errors import InputError
from chipledger.evals.compute import (
    Point,
    back_test_at_constant_compute,
    efficiency,
    join,
    least_compute,
    months_at_constant_compute,
    results_below,
)
from chipledger.evals.epoch_models import epoch_models
from chipledger.evals.published import training_runs
from chipledger.evals.register import Register, load_register
from chipledger.evals.series import Series, all_series, chance_of, series_named, threshold_of
from chipledger.evals.statistics.forecast import Outlook, back_test, coverage, months_until
from chipledger.evals.verdict import canonical
from chipledger.findings.trained_on import documented_chips
from chipledger.store import read
from chipledger.store.ledger import Ledger

_SEED = 20261125


def command(
    benchmark: Annotated[
        str | None,
        typer.Argument(
            metavar="[BENCHMARK]", help="A benchmark with published figures; all are listed without."
        ),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="In the benchmark's own unit; the register's if not given.")
    ] = None,
    use_case: Annotated[
        str | None, typer.Option(help="Take this use case's threshold from the register.")
    ] = None,
    flop: Annotated[
        float | None,
        typer.Option(help="Only models trained with no more than this: what controls leave within reach."),
    ] = None,
    chance: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=0.99, help="The share that a guesser scores; the register's, else 0, if not given."
        ),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(
            help="A table of models as Epoch AI publishes it (CSV), instead of the bundled training compute."
        ),
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(
            help="A ledger of scanned documents: names the chips that they say a model was trained on."
        ),
    ] = None,
    on: DayOption = None,
    register: RegisterOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Months until the best model reaches a threshold if nothing changes, with an 80% interval and its back-test.

    With --flop only models trained with no more arithmetic count: what controls on chips that stay as they are would buy.

    Example: chipledger evals forecast "METR time horizon 50%" --threshold 2400 --on 2026-11-01
    """
    if benchmark is None:
        emit([_listed(one) for one in all_series()], None, format, "Benchmarks with published figures")
        return
    _refuse_no_number(threshold, flop)
    series, day = series_named(benchmark), day_of(on)
    loaded = load_register(register)
    goal, whose = (threshold, "given") if threshold is not None else _registered(series, use_case, loaded)
    guessed = chance_of(series, loaded) if chance is None else chance
    runs = epoch_models(models) if models else training_runs()
    answer = _answer(series, join(series.scores, runs), goal, day, flop, guessed) | {"threshold_from": whose}
    if ledger:
        _add_documented(answer, ledger)
    if format is Format.TABLE:
        _tell(answer)
    elif format is Format.CSV:
        emit([answer], None, format)
    elif format is not Format.NONE:
        emit_json(answer)


def _refuse_no_number(threshold: float | None, flop: float | None) -> None:
    if threshold is not None and not math.isfinite(threshold):
        raise InputError(f"a threshold of {threshold}", where="--threshold", expected="a number")
    if flop is not None and not 0 < flop < math.inf:
        raise InputError(
            f"a ceiling of {flop} FLOP", where="--flop", expected="a number above 0, such as 1e25"
        )


def _registered(series: Series, use_case: str | None, register: Register) -> tuple[float, str]:
    found = threshold_of(series, register, use_case)
    if found is None:
        raise InputError(f"the register has no threshold on {series.name!r}", where="evals forecast",
                         expected=f"--threshold in {series.unit.value}")  # fmt: skip
    return found


def _answer(
    series: Series, points: Sequence[Point], goal: float, on: date, flop: float | None, chance: float
) -> dict[str, Any]:
    """The forecast, its back-test, and what compute has to do with it, as JSON-ready fields; all as of the day."""
    results = [one for one in series.results if one.on <= on]
    points = [one for one in points if one.released_on <= on]
    if flop is None:
        found = months_until(results, goal, on=on, scale=series.scale, chance=chance)
        checks = back_test(results, scale=series.scale, chance=chance)
    else:
        found = months_at_constant_compute(
            points, goal, ceiling_flop=flop, on=on, scale=series.scale, chance=chance
        )
        checks = back_test_at_constant_compute(points, ceiling_flop=flop, scale=series.scale, chance=chance)
    answer = {
        "benchmark": series.name,
        "unit": series.unit.value,
        "models": len(results if flop is None else results_below(points, flop)),
        "ceiling_flop": flop,
        **asdict(found),
        "back_test_forecasts": len(checks),
        "back_test_coverage": coverage(checks),
        "efficiency": _efficiency(points, series, chance),
        "least_compute": [asdict(one) for one in least_compute(points, goal)],
    }
    return dict(json.loads(canonical(answer)))


def _add_documented(answer: dict[str, Any], ledger: str) -> None:
    """What our own findings say beside the data set's hardware."""
    steps = answer["least_compute"]
    with Ledger.open(ledger, create=False) as opened:
        chips = documented_chips(read.mentions(opened), [step["model"] for step in steps])
    for step in steps:
        step["documented_chips"] = list(chips.get(step["model"], ()))


def _efficiency(points: Sequence[Point], series: Series, chance: float) -> dict[str, Any] | None:
    """By what factor the compute for a fixed score falls a year; None where the models do not tell."""
    try:
        return asdict(efficiency(points, scale=series.scale, chance=chance, seed=_SEED))
    except InputError:
        return None


def _listed(one: Series) -> dict[str, Any]:
    days = sorted(result.on for result in one.results)
    return {
        "benchmark": one.name,
        "unit": one.unit.value,
        "models": len(one.scores),
        "with_training_compute": len(join(one.scores, training_runs())),
        "first_release": str(days[0]) if days else None,
        "last_release": str(days[-1]) if days else None,
    }


def _tell(answer: dict[str, Any]) -> None:
    print = stdout().print
    print(
        f"{answer['benchmark']}, threshold {answer['threshold']:g} {answer['unit']} ({answer['threshold_from']})",
        markup=False,
    )
    reach = (
        f"models trained with no more than {answer['ceiling_flop']:.3g} FLOP"
        if answer["ceiling_flop"]
        else "all models"
    )
    best = "none" if answer["best"] is None else f"{answer['best']:g}"
    print(f"best of {answer['models']} results of {reach} by {answer['on']}: {best}", markup=False)
    print(_outlook(answer), markup=False)
    if answer["back_test_coverage"] is not None:
        print(
            f"back-test: {answer['back_test_coverage']:.0%} of {answer['back_test_forecasts']} past forecasts of the best "
            f"held within their {answer['level']:.0%} intervals",
            markup=False,
        )
    if fall := answer["efficiency"]:
        print(
            f"the compute for a fixed score falls {fall['factor_a_year']:.2g} times a year "
            f"({fall['level']:.0%} interval {fall['low']:.2g} to {fall['high']:.2g}, {fall['points']} models)",
            markup=False,
        )
    for step in answer["least_compute"]:
        chips = f" on {step['hardware']}" if step["hardware"] else ""
        if step.get("documented_chips"):
            chips += f"; documents say {', '.join(step['documented_chips'])}"
        print(
            f"  {step['on']}  reached with {step['training_flop']:.2g} FLOP: {step['model']}{chips}",
            markup=False,
        )


def _outlook(answer: dict[str, Any]) -> str:
    span = f"{_months(answer['low'])} to {_months(answer['high'])} ({answer['level']:.0%} interval)"
    match Outlook(answer["outlook"]):
        case Outlook.REACHED:
            return "reached already"
        case Outlook.EXPECTED:
            told = f"expected in {answer['months']:.0f} months, {span}, if nothing changes"
        case Outlook.NOT_WITHIN:
            told = f"not expected within {answer['within_months']:.0f} months; {span}"
        case Outlook.NO_TREND:
            told = "no trend to go by"
    return f"{told}: {answer['reason']}" if answer["reason"] else told


def _months(value: float | None) -> str:
    return "beyond" if value is None else f"{value:.0f} months"
