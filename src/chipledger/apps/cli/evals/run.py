"""`chipledger evals run`: a use case's benchmarks on one model, through Inspect AI, into the ledger."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.evals.options import (
    DayOption,
    FormatOption,
    LedgerOption,
    RegisterOption,
    day_of,
    emit_figures,
)
from chipledger.apps.cli.output import Format
from chipledger.core.errors import InputError
from chipledger.evals.inspect_adapter import Allowance, ModelSettings
from chipledger.evals.measurement import Measurement
from chipledger.evals.register import load_register
from chipledger.evals.rule import Elicitation
from chipledger.evals.run import Ran, planned, run
from chipledger.store.ledger import Ledger
from chipledger.store.write_evals import keep_measurements

COLUMNS = ("benchmark", "model", "state", "items", "rate", "refused", "log", "reason")


def command(
    use_case: Annotated[str, typer.Argument(metavar="USE_CASE", help="The id of a use case.")],
    model: Annotated[
        str,
        typer.Option(
            help="Inspect's name of the model: openai-api/local/NAME for any OpenAI-compatible endpoint."
        ),
    ],
    benchmark: Annotated[
        list[str] | None,
        typer.Option(help="Only this benchmark; may be repeated. All of the use case if not given."),
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="The endpoint's address, with /v1.")] = None,
    key_from: Annotated[
        str | None,
        typer.Option(help="The environment variable that holds the endpoint's key; never written anywhere."),
    ] = None,
    logs: Annotated[Path, typer.Option(help="The folder that holds all logs.")] = Path("evals-logs"),
    look: Annotated[
        str | None,
        typer.Option(
            help="The look's name: the same name goes on where it was, another begins anew. The day if not given."
        ),
    ] = None,
    ledger: LedgerOption = "chipledger.sqlite",
    elicitation: Annotated[
        Elicitation, typer.Option(help="How hard the task draws the capability out.")
    ] = Elicitation.BARE,
    has: Annotated[
        list[str] | None,
        typer.Option(help="What this machine has of sandbox, network, judge, human; may be repeated."),
    ] = None,
    items: Annotated[
        int | None,
        typer.Option(min=1, help="Only the first so many items: a trial run, too small for a look."),
    ] = None,
    item_seconds: Annotated[
        int | None,
        typer.Option(min=1, help="Longest time for one item, over all attempts; no limit if not given."),
    ] = None,
    timeout: Annotated[
        int, typer.Option(min=1, help="Longest wait for one answer of the endpoint, in seconds.")
    ] = 120,
    retries: Annotated[int, typer.Option(min=0, help="How often a request that failed is tried again.")] = 3,
    judge: Annotated[
        str | None, typer.Option(help="Inspect's name of the model that grades, where a benchmark needs one.")
    ] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Most tokens of one answer.")] = None,
    connections: Annotated[int, typer.Option(min=1, help="Requests at a time.")] = 10,
    mock_ability: Annotated[
        float | None,
        typer.Option(help="Of mockllm/NAME, in logits: how able the mock is; for trying things out offline."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of generated items and of the mock.")] = 0,
    on: DayOption = None,
    register: RegisterOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Run a use case's benchmarks on a model with Inspect AI and keep the scores. Needs `pip install chipledger[evals]`.

    Stopped with Ctrl-C or killed, the same command does what is left. Exit status 1 when a run did not end well.

    Example: chipledger evals run self-test --model mockllm/kite --mock-ability 1.0 --ledger evals.sqlite
    """
    loaded = load_register(register)
    entry, day = loaded.use_case(use_case), day_of(on)
    settings = ModelSettings(
        name=model, base_url=base_url, api_key=_key(key_from), ability=mock_ability, seed=seed
    )
    links = [entry.link(name) for name in benchmark] if benchmark else list(entry.links)
    allowance = Allowance(
        items=items, time_limit_seconds=item_seconds, max_tokens=max_tokens, connections=connections,
        timeout_seconds=timeout, retries=retries,
    )  # fmt: skip
    plans = [
        planned(
            entry, loaded.benchmark(link.benchmark), settings, look=look or day.isoformat(), on=day, into=logs,
            allowance=replace(allowance, epochs=link.rule.epochs), elicitation=elicitation, has=has or (),
            judge=ModelSettings(name=judge) if judge else None, seed=seed,
        )
        for link in links
    ]  # fmt: skip
    rows = []
    with Ledger.open(ledger) as opened:
        for plan in plans:
            print(f"chipledger: running {plan.metadata['benchmark']} on {model}", file=sys.stderr)
            ran = run(plan, shows_progress=sys.stdout.isatty() and format is Format.TABLE)
            keep_measurements(opened, ran.measurements)
            rows += _rows(ran, plan.metadata["benchmark"])
    emit_figures(rows, COLUMNS, format, f"{entry.title}: {model}")
    if any(row["state"] != "complete" for row in rows):
        raise typer.Exit(1)


def _key(variable: str | None) -> str | None:
    if variable is None:
        return None
    key = os.environ.get(variable)
    if not key:
        raise InputError(f"the environment variable {variable} is not set", where="--key-from")
    return key


def _rows(ran: Ran, benchmark: str) -> list[dict[str, Any]]:
    if not ran.measurements:
        return [{"benchmark": benchmark, "state": "failed", "reason": "no log was written"}]
    return [_row(one, log) for one, log in zip(ran.measurements, ran.logs, strict=True)]


def _row(one: Measurement, log: Path) -> dict[str, Any]:
    return {
        "benchmark": one.benchmark,
        "model": one.model,
        "state": one.state.value,
        "items": len({item.item for item in one.scored}),
        "rate": one.rate,
        "refused": sum(item.refused for item in one.items),
        "log": str(log.relative_to(Path.cwd()) if log.is_relative_to(Path.cwd()) else log),
        "reason": one.reason,
        "id": one.id,
    }
