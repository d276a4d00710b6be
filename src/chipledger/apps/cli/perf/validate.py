"""`chipledger perf validate`: hold the model against a table of published runs."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.evals.options import FormatOption
from chipledger.apps.cli.output import Format, emit, emit_json, stderr
from chipledger.apps.cli.perf.waiting import counted
from chipledger.core.errors import InputError
from chipledger.core.files import written_whole
from chipledger.perf.published import Row, read_rows
from chipledger.perf.step import TERMS
from chipledger.perf.validate import Ablation, Checked, Report, Score, ablate, validate
from chipledger.perf.validate_open import OpenChecked, validate_open
from chipledger.perf.validate_parts import PartChecked, PartReport, validate_parts


class Kind(StrEnum):
    """Kinds of rows."""

    TRAIN = "train"
    FINETUNE = "finetune"
    INFER = "infer"
    COLLECTIVE = "collective"
    POWER = "power"


def command(
    runs: Annotated[Path, typer.Argument(metavar="RUNS.csv", help="A table of published runs.")],
    kind: Annotated[list[Kind] | None, typer.Option(help="Only rows of this kind; may be given several times.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Draw predicted over measured into this file: .svg.")] = None,
    ablate_terms: Annotated[
        bool, typer.Option("--ablate", help="Leave out each term in turn, to see what it is worth.")
    ] = False,
    format: FormatOption = Format.TABLE,
) -> None:  # fmt: skip
    """Predict every run of a table and compare: errors by stratum, ratios, intervals, what was refused and why.

    An error is predicted over measured less 1, in the time of a step; tokens/s and TFLOP/s are turned into it by the row's own tokens.

    Example: chipledger perf validate runs.csv --figure accuracy.svg
    """
    if figure is not None and figure.suffix.casefold() != ".svg":
        raise InputError(
            f"cannot tell what to write from {figure.name!r}", expected="a name that ends in .svg"
        )
    wanted = {each.value for each in kind or Kind}
    rows = [(line, row) for line, row in read_rows(runs) if row.kind in wanted or row.kind not in set(Kind)]
    if not rows:
        raise InputError(f"no row of {runs.name} is of the kind {' or '.join(sorted(wanted))}")
    found, parts = validate(rows), validate_parts(rows)
    with counted("search", len(found.open), "rows without a layout") as advance:
        searched = validate_open(found.open, advance=advance)
    found = replace(found, refused=(*found.refused, *searched[1]))
    dropped = _ablated(found) if ablate_terms else ()
    if figure is not None:
        _draw(found, figure)
    _show(found, parts, searched[0], dropped, format)


def _ablated(found: Report) -> tuple[Ablation, ...]:
    asked = [one.question for one in found.checked]
    with counted("ablate", len(TERMS), "terms") as advance:
        return ablate(asked, advance=advance)


def _draw(found: Report, path: Path) -> None:
    from chipledger.apps.report.accuracy_chart import chart

    with written_whole(path) as partial:
        partial.write_text(f"{chart(found.checked, found.total)}\n", encoding="utf-8", newline="\n")


def _show(
    found: Report,
    parts: PartReport,
    searched: Sequence[OpenChecked],
    dropped: Sequence[Ablation],
    format: Format,
) -> None:
    match format:
        case Format.TABLE:
            _tell(found, parts, searched, dropped)
        case Format.JSON:
            emit_json(
                {"rows": list(_lines(found, parts)), "summary": _summary(found, parts, searched, dropped)}
            )
        case Format.NONE:
            pass
        case _:
            last = [] if format is Format.CSV else [_summary(found, parts, searched, dropped)]
            emit([*_lines(found, parts), *last], None, format)
            if format is Format.CSV and (refused := _refusals(found, parts)):
                stderr().print(
                    f"{len(refused)} rows were refused; --format table or jsonl tells why",
                    highlight=False,
                    markup=False,
                )


def _lines(found: Report, parts: PartReport) -> Iterator[dict[str, Any]]:
    """One mapping a row, in the order of the table; peak memory stands with the row's time, energy with its power."""
    beside: dict[str, dict[str, Any]] = {}
    alone: list[tuple[int, dict[str, Any]]] = []
    seen = {one.question.row.row_id for one in found.checked}
    for one in parts.checked:
        if one.row.row_id in seen:
            beside[one.row.row_id] = _figure(one)
        else:
            seen.add(one.row.row_id)
            alone.append((one.line, _part_line(one)))
    timed = [(one.question.line, _line(one)) for one in found.checked]
    for _, line in sorted([*timed, *alone], key=lambda each: each[0]):
        yield line | {"beside": beside.get(line["row_id"])}


def _line(one: Checked) -> dict[str, Any]:
    asked = one.question
    return {
        "row_id": asked.row.row_id,
        "predicted": one.predicted,
        "measured": asked.measured,
        "unit": "s",
        "error": one.error,
        "low": one.low,
        "high": one.high,
        "terms": one.terms,
        "kind": asked.row.kind,
        "quantity": "time of a step",
        "group": asked.group,
        "stratum": asked.stratum.value,
        "known_layout": asked.known_layout,
        "measured_as": asked.measured_as,
        "one_line": one.one_line,
        "assumed": list(asked.assumed),
    }


def _part_line(one: PartChecked) -> dict[str, Any]:
    return {
        "row_id": one.row.row_id,
        "predicted": one.predicted,
        "measured": one.measured,
        "unit": one.unit,
        "error": one.error,
        "low": None,
        "high": None,
        "terms": {},
        "kind": one.row.kind,
        "quantity": one.load,
        "group": one.row.group or one.row.row_id,
        "stratum": f"{one.part.value}: {one.load}",
        "known_layout": None,
        "measured_as": None,
        "one_line": None,
        "assumed": [one.note] if one.note else [],
    }


def _figure(one: PartChecked) -> dict[str, Any]:
    names = ("predicted", "measured", "unit", "error")
    return {"quantity": one.load, **{name: getattr(one, name) for name in names}, "note": one.note}


def _summary(
    found: Report, parts: PartReport, searched: Sequence[OpenChecked], dropped: Sequence[Ablation]
) -> dict[str, Any]:
    """The last line: `mape` is the mean absolute error of runs with known layout, a part and not percent."""
    return {
        "kind": "summary",
        "mape": _number(found.total.mean),
        "rows": found.total.rows,
        "known_layout": _plain(asdict(found.total)),
        "strata": [_plain(asdict(one)) for one in found.strata],
        "groups": [_plain(asdict(one)) for one in found.groups],
        "ratios": [_plain(asdict(one)) for one in found.ratios],
        "parts": [_plain({**asdict(one), "part": one.part.value}) for one in parts.scores],
        "ablation": [_plain(asdict(one)) for one in dropped],
        "refused": [_refusal(*each) for each in _refusals(found, parts)],
        "without_layout": [_best(one) for one in searched],
        "does_not_fit": list(parts.does_not_fit),
    }


def _best(one: OpenChecked) -> dict[str, Any]:
    """A row without a layout beside the best that a search finds, in tokens a second and chip."""
    row, layout = one.open.row, one.strategy
    parallel = (
        f"tp {layout.tensor} pp {layout.pipeline} dp {layout.data} cp {layout.context} ep {layout.expert}"
    )
    return {
        "row_id": row.row_id,
        "line": one.open.line,
        "model": row.model,
        "chip": row.chip,
        "chips": row.chips,
        "measured": one.open.tokens_per_second_per_chip,
        "best": one.best,
        "low": one.low,
        "high": one.high,
        "is_possible": one.is_possible,
        "layout": f"{parallel}, {layout.sharding.name.casefold()} sharded",
    }


def _refusals(found: Report, parts: PartReport) -> list[tuple[int, Row, str]]:
    """Each refused row once."""
    told = {one.row.row_id: (one.line, one.row, one.reason) for one in (*parts.refused, *found.refused)}
    left_open = {one.row.row_id for one in found.open} - {one.row.row_id for one in found.refused}
    return sorted((each for id, each in told.items() if id not in left_open), key=lambda each: each[0])


def _refusal(line: int, row: Row, reason: str) -> dict[str, Any]:
    return {"row_id": row.row_id, "line": line, "kind": row.kind, "reason": reason}


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _number(value) if isinstance(value, float) else value for name, value in fields.items()}


def _number(value: float) -> float | None:
    """A figure, or nothing where there were no runs to make it of."""
    return value if value == value else None


def _tell(
    found: Report, parts: PartReport, searched: Sequence[OpenChecked], dropped: Sequence[Ablation]
) -> None:
    emit(
        [_told(one) for one in (*found.strata, found.total)],
        None,
        Format.TABLE,
        "Time of a step, runs with known layout, percent",
    )
    if found.ratios:
        emit(
            [_told_ratio(one) for one in found.ratios],
            None,
            Format.TABLE,
            "Ratios between runs that differ in one factor, percent",
        )
    if parts.scores:
        emit(
            [_told_part(one) for one in parts.scores],
            None,
            Format.TABLE,
            "Memory, serving, collectives, power, percent",
        )
    emit(
        [_told(one) for one in found.groups],
        ["runs", "rows", "mean", "median", "bias", "covered"],
        Format.TABLE,
        "By group, known layout or not, percent",
    )
    if dropped:
        emit(
            [_told_drop(one) for one in dropped],
            None,
            Format.TABLE,
            "What each term is worth: errors without it, nothing fitted anew, percent",
        )
    refused = _refusals(found, parts)
    if refused:
        emit([_refusal(*each) for each in refused], None, Format.TABLE, f"Refused: {len(refused)} rows")
    if searched:
        shown = [
            _best(one) | {"measured": round(one.open.tokens_per_second_per_chip), "best": round(one.best)}
            for one in searched
        ]
        columns = ["row_id", "model", "chip", "chips", "measured", "best", "is_possible", "layout"]
        emit(
            shown,
            columns,
            Format.TABLE,
            "Rows without a layout: tokens/s a chip, beside the best layout that a search finds",
        )
    if parts.does_not_fit:
        typer.echo(f"told to need more memory than their chips have, though they ran: {', '.join(parts.does_not_fit)}")  # fmt: skip


def _told(one: Score) -> dict[str, Any]:
    names = ("mean", "median", "p90", "worst", "bias", "covered", "half_width", "one_line")
    figures = {name: _percent(getattr(one, name)) for name in names}
    score = None if one.interval_score != one.interval_score else round(one.interval_score, 2)
    return {"runs": one.name, "rows": one.rows, "groups": one.groups, **figures, "interval_score": score}


def _told_ratio(one: Any) -> dict[str, Any]:
    figures = {name: _percent(getattr(one, name)) for name in ("median", "p90")}
    return {
        "factor": one.factor,
        "pairs": one.pairs,
        **figures,
        "clear": one.clear,
        "right_way": _percent(one.right_way),
    }


def _told_part(one: Any) -> dict[str, Any]:
    figures = {name: _percent(getattr(one, name)) for name in ("mean", "median", "p90", "bias")}
    return {"part": one.part.value, "load": one.load, "rows": one.rows, **figures}


def _told_drop(one: Ablation) -> dict[str, Any]:
    return {
        "term": one.term,
        "share_of_step": _percent(one.share),
        "mean": _percent(one.mean),
        "median": _percent(one.median),
    }


def _percent(part: float) -> float | None:
    return None if part != part else round(100.0 * part, 1)
