"""`chipledger evals compare`: two models item by item, from two logs of one benchmark."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.evals.options import FormatOption, RegisterOption
from chipledger.apps.cli.output import Format, emit, emit_json, harmless, stdout
from chipledger.core.errors import InputError
from chipledger.evals.ingest import ingest
from chipledger.evals.measurement import Measurement
from chipledger.evals.reading import Reading
from chipledger.evals.register import load_register
from chipledger.evals.statistics.paired import Comparison, compare_paired, compare_unpaired

_NAMED = 5


def command(
    first: Annotated[Path, typer.Argument(help="The first model's log.")],
    second: Annotated[Path, typer.Argument(help="The second model's log.")],
    benchmark: Annotated[
        str | None,
        typer.Option(help="The benchmark of both, where the logs name none that the register knows."),
    ] = None,
    unpaired: Annotated[
        bool, typer.Option("--unpaired", help="Different items: compare the means alone.")
    ] = False,
    scorer: Annotated[
        str | None, typer.Option(help="Which of several scores counts; the first if not given.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(help="The field of a sample's metadata that names its cluster.")
    ] = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Of the interval.")] = 0.95,
    register: RegisterOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Compare two models on the items that both answered: difference, interval, p, smallest difference it could show.

    Example: chipledger evals compare kite.eval brook.eval
    """
    names = {} if benchmark else load_register(register).task_names
    how = Reading(benchmarks=names, benchmark=benchmark, scorer=scorer, cluster=cluster)
    left, right = (_read(path, how) for path in (first, second))
    if left.benchmark != right.benchmark:
        raise InputError(f"the logs are of {left.benchmark} and {right.benchmark}", where=f"{first.name}, {second.name}",
                         expected="two logs of one benchmark")  # fmt: skip
    clusters = {
        item.item: item.cluster for one in (left, right) for item in one.items if item.cluster is not None
    }
    compare = compare_unpaired if unpaired else compare_paired
    found = compare(_scores(left), _scores(right), clusters or None, level=level)
    answer = {"benchmark": left.benchmark, "first": left.model, "second": right.model, **asdict(found)}
    if format in (Format.JSON, Format.JSONL):
        emit_json(answer)
    elif format is Format.CSV:
        emit([answer], None, format)
    elif format is Format.TABLE:
        _tell(answer, found, left, right)


def _read(path: Path, how: Reading) -> Measurement:
    """The one run that a log holds."""
    found = ingest(path, how)
    for failure in found.failures:
        raise InputError(failure.reason, where=str(path))
    if len(found.measurements) != 1:
        raise InputError(f"{len(found.measurements)} runs", where=str(path), expected="a log of one run")
    (one,) = found.measurements
    if not one.scored:
        raise InputError(f"nothing was scored ({one.reason or one.state.value})", where=str(path))
    return one


def _scores(one: Measurement) -> dict[str, list[float]]:
    scores: dict[str, list[float]] = {}
    for item in one.scored:
        scores.setdefault(item.item, []).append(item.score if item.score is not None else 0.0)
    return scores


def _tell(answer: dict[str, Any], found: Comparison, left: Measurement, right: Measurement) -> None:
    print = stdout().print
    print(harmless(f"{answer['benchmark']}: {left.model} against {right.model}"), markup=False)
    print(
        f"difference {found.difference:+.4f} ({found.first_mean:.4f} less {found.second_mean:.4f}), {found.level:.0%} interval "
        f"{found.low:+.4f} to {found.high:+.4f}, p {found.p:.3g}",
        markup=False,
    )
    print(
        f"{found.items} items in {found.clusters} groups, {found.method}; it would show a difference of {found.detectable:.4f} "
        f"with a chance of {found.power:.0%}",
        markup=False,
    )
    if found.mcnemar:
        one = found.mcnemar
        how = "exact" if one.exact else "normal"
        print(
            f"McNemar: {one.only_first} items solved by the first alone, {one.only_second} by the second, p {one.p:.3g} ({how})",
            markup=False,
        )
    for name, alone in ((left.model, found.only_first), (right.model, found.only_second)):
        if alone and not found.method.startswith("unpaired"):
            shown = ", ".join(alone[:_NAMED]) + (" …" if len(alone) > _NAMED else "")
            print(
                harmless(f"{len(alone)} items answered by {name} alone are left out: {shown}"), markup=False
            )
