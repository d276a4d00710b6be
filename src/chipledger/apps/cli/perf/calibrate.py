"""`chipledger perf calibrate`: fit the constants on a table of published runs, and tell how far off it is where it has not looked."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.evals.options import FormatOption
from chipledger.apps.cli.output import Format, emit, emit_json
from chipledger.apps.cli.perf.waiting import counted
from chipledger.core.errors import InputError
from chipledger.core.files import written_whole
from chipledger.perf.calibrate import Fit, calibrate, spreads_of, steps
from chipledger.perf.constants import unfitted
from chipledger.perf.fit_file import errors_told, fit_text, fitted, spread_text
from chipledger.perf.published import read_rows
from chipledger.perf.rows import Question, questions
from chipledger.perf.runs import batches, predicted_seconds
from chipledger.perf.validate import RowScore, score_errors


def command(
    runs: Annotated[Path, typer.Argument(metavar="RUNS.csv", help="A table of published runs.")],
    out: Annotated[
        Path | None, typer.Option(help="Where to write the fitted constants (YAML); nothing is written if not given.")
    ] = None,
    spread: Annotated[
        Path | None, typer.Option(help="Where to write how far off runs are whose group was left out (YAML).")
    ] = None,
    resamples: Annotated[int, typer.Option(min=0, max=10_000, help="Of the bootstrap over groups.")] = 200,
    format: FormatOption = Format.TABLE,
) -> None:  # fmt: skip
    """Fit the few constants of each class of chips by robust regression with priors; each group of runs is left out in turn.

    Example: chipledger perf calibrate runs.csv --out fit.yaml --spread spread.yaml
    """
    for path in (out, spread):
        if path is not None and path.suffix not in (".yaml", ".yml"):
            raise InputError(
                f"cannot tell what to write from {path.name!r}", expected="a name that ends in .yaml"
            )
    asked = [one for one in questions(read_rows(runs)) if isinstance(one, Question)]
    before = unfitted()
    with counted("calibrate", steps(asked), "steps") as advance:
        found = calibrate(asked, before, resamples=resamples, advance=advance)
    today = date.today()
    for path, text in (
        (out, fit_text(fitted(found, today))),
        (spread, spread_text(spreads_of(found), today)),
    ):
        if path is not None:
            with written_whole(path) as partial:
                partial.write_text(text, encoding="utf-8", newline="\n")
    _show(found, asked, format)


def _show(found: Fit, asked: list[Question], format: Format) -> None:
    scores = [_as_row(one) for one in _scores(found, asked)]
    constants = [
        {"constant": name, "before": before, "fitted": float(f"{value:.4g}"), "log_sd": float(f"{sd:.2g}")}
        for name, before, value, sd in zip(
            found.names, _before(found.names), found.values.tolist(), found.log_sd.tolist(), strict=True
        )
    ]
    if format is Format.TABLE:
        emit(constants, None, format, "Constants: before, fitted, and the sd of the logarithm over groups")
        emit(scores, None, format, "Errors in the time of a step")
        typer.echo(errors_told(found))
    elif format is Format.JSON:
        emit_json({"constants": constants, "scores": scores})
    elif format is not Format.NONE:
        emit([{"kind": "constant", **one} for one in constants], None, format)
        emit([{"kind": "score", **one} for one in scores], None, format)


def _before(names: tuple[str, ...]) -> list[float]:
    start = unfitted()
    values = dict(zip(start.names(), start.vector().tolist(), strict=True))
    return [values[name] for name in names]


def _scores(found: Fit, asked: list[Question]) -> list[RowScore]:
    known = list(found.asked)
    before = predicted_seconds(batches(known), len(known), unfitted())
    return [
        score
        for name, seconds in (("before", before), ("fitted", found.fitted), ("left out", found.left_out))
        for score in score_errors(name, known, seconds)
    ]


def _as_row(one: RowScore) -> dict[str, Any]:
    figures = {name: round(getattr(one, name), 4) for name in ("mean", "median", "p90", "worst", "bias")}
    return {"constants": one.constants, "runs": one.runs, "rows": one.rows, **figures}
