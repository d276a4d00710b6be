"""`chipledger evals ingest`: results made anywhere into the ledger; a run is kept once however often it is read."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.evals.options import FormatOption, LedgerOption, RegisterOption, emit_figures
from chipledger.apps.cli.output import Format, harmless
from chipledger.core.errors import DataError, InputError
from chipledger.core.records import FailedDocument
from chipledger.evals.ingest import STAGE, Ingested, ingest
from chipledger.evals.measurement import Measurement
from chipledger.evals.published import measurements as published_measurements
from chipledger.evals.published import published_scores, published_sources
from chipledger.evals.reading import Reading
from chipledger.evals.register import Register, load_register
from chipledger.evals.rule import Elicitation
from chipledger.evals.series import all_series
from chipledger.store.ledger import Ledger
from chipledger.store.read_evals import said_otherwise
from chipledger.store.write_evals import keep_measurements

_TABLE = ".csv"
COLUMNS = ("measured_on", "benchmark", "model", "state", "items", "rate", "grade", "source")


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...", help="Logs, folders that hold them, or tables of published figures (.csv)."
        ),
    ] = None,
    ledger: LedgerOption = "chipledger.sqlite",
    benchmark: Annotated[
        list[str] | None,
        typer.Option(help="TASK=ID: which benchmark a log's task stands for; may be repeated."),
    ] = None,
    elicitation: Annotated[
        Elicitation, typer.Option(help="How hard the capability was drawn out, where a log does not say.")
    ] = Elicitation.BARE,
    scorer: Annotated[
        str | None, typer.Option(help="Which of several scores decides; the first if not given.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(help="The field of a sample's metadata that names its cluster.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The model, for a file that names none.")] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day of the run, for a file that names none."),
    ] = None,
    published: Annotated[
        bool, typer.Option("--published", help="Bring in the published figures that the project carries.")
    ] = False,
    register: RegisterOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Read evaluation logs into the ledger: Inspect (.eval, .json), lm-evaluation-harness, published tables.

    A damaged file is told and the rest goes on (exit status 1). Reading the same again adds nothing.

    Example: chipledger evals ingest ./evals-logs --ledger evals.sqlite --benchmark inspect_evals/cybench=cybench
    """
    if not paths and not published:
        raise InputError("nothing to read", expected="logs, folders, or --published")
    loaded = load_register(register)
    how = Reading(
        benchmarks=_benchmarks(benchmark or [], loaded), elicitation=elicitation, scorer=scorer, cluster=cluster,
        model=model, on=on.date() if on else None,
    )  # fmt: skip
    given = paths or []
    found = [ingest(path, how) for path in given if path.suffix.lower() != _TABLE]
    runs = [one for each in found for one in each.measurements]
    tables = [_table(path, loaded) for path in given if path.suffix.lower() == _TABLE]
    runs += [one for each in tables for one in each.measurements]
    if published:
        rows = [row for one in all_series() for row in one.rows]
        runs += published_measurements(rows, loaded.benchmarks)
    new = _keep(runs, ledger) if runs else 0
    emit_figures([_row(one) for one in runs], COLUMNS, format, "Runs and figures read")
    failures = _told([*found, *tables])
    print(f"chipledger: {len(runs)} read, {new} of them new, {failures} files damaged", file=sys.stderr)
    if failures:
        raise typer.Exit(1)


def _table(path: Path, register: Register) -> Ingested:
    """The figures of a table whose benchmarks the register knows; of the others it is told how many there are."""
    try:
        rows = published_scores(path, published_sources() | register.sources)
    except DataError as error:
        return Ingested(failures=(FailedDocument(document=path.name, stage=STAGE, reason=str(error)),))
    found = published_measurements(rows, register.benchmarks)
    left = len(rows) - len(found)
    why = f"{path.name}: {left} of {len(rows)} rows are no share, or of no benchmark of the register, and are left out"
    return Ingested(measurements=tuple(found), warnings=(why,) if left else ())


def _keep(runs: list[Measurement], ledger: str) -> int:
    with Ledger.open(ledger) as opened:
        for one in said_otherwise(opened, runs):
            kept = f"{one.source}: the ledger holds {one.benchmark} of {one.model} otherwise and keeps what it has"
            print(f"chipledger: {harmless(kept)}", file=sys.stderr)
        return keep_measurements(opened, runs)


def _benchmarks(given: list[str], register: Register) -> dict[str, str]:
    """Which benchmark a task stands for: as the register says, and as the user says over it."""
    named = dict(register.task_names)
    for pair in given:
        task, _, name = pair.partition("=")
        if not task or not name:
            raise InputError(f"not a pair: {pair!r}", where="--benchmark", expected="TASK=BENCHMARK-ID")
        named[task] = register.benchmark(name).id
    return named


def _told(found: list[Ingested]) -> int:
    """Say on standard error what went wrong and what a reader should know; returns how many files were damaged."""
    for each in found:
        for warning in each.warnings:
            print(f"chipledger: {harmless(warning)}", file=sys.stderr)
        for failure in each.failures:
            print(f"chipledger: {harmless(f'{failure.document}: {failure.reason}')}", file=sys.stderr)
    return sum(len(each.failures) for each in found)


def _row(one: Measurement) -> dict[str, Any]:
    return {
        "id": one.id,
        "measured_on": one.measured_on.isoformat(),
        "benchmark": one.benchmark,
        "model": one.model,
        "state": one.state.value,
        "items": len({item.item for item in one.scored}) or (one.published.items if one.published else 0),
        "rate": one.rate,
        "refused": sum(item.refused for item in one.items),
        "task_version": one.task_version,
        "elicitation": one.elicitation.value,
        "rule_hash": one.rule_hash,
        "grade": one.grade.value,
        "source": one.source,
        "reason": one.reason,
    }
