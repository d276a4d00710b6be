"""`chipledger evals decide`: what the runs allow to be said, kept in the chain of decisions, with alarms where it is new."""

import sys
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger import __version__
from chipledger.apps.cli.evals.options import (
    DayOption,
    FormatOption,
    LedgerOption,
    RegisterOption,
    day_of,
    emit_figures,
)
from chipledger.apps.cli.evals.webhook import check_address, post
from chipledger.apps.cli.output import Format, emit_json, harmless
from chipledger.core.files import written_whole
from chipledger.evals.alarm import Alarm, Kind, alarms, atom
from chipledger.evals.chain import Decision, Series, rules_so_far
from chipledger.evals.combine import combined
from chipledger.evals.decide import decide, series_of
from chipledger.evals.preregistration import Preregistration
from chipledger.evals.register import Register, UseCase, load_register
from chipledger.store.ledger import Ledger
from chipledger.store.read_evals import chain, measurements
from chipledger.store.write_evals import Decided, append_decisions

COLUMNS = (
    "use_case",
    "benchmark",
    "model",
    "outcome",
    "rate",
    "low",
    "high",
    "threshold",
    "looks",
    "reasons",
    "flags",
)


class FailOn(StrEnum):
    """What makes the exit status 1."""

    NOTHING = "nothing"
    CROSSED = "crossed"
    ALARM = "alarm"


def command(
    use_case: Annotated[str | None, typer.Argument(metavar="[USE_CASE]", help="Only this use case.")] = None,
    ledger: LedgerOption = "chipledger.sqlite",
    model: Annotated[str | None, typer.Option(help="Only this model, as the logs print it.")] = None,
    on: DayOption = None,
    register: RegisterOption = None,
    feed: Annotated[
        Path | None, typer.Option(help="Write every alarm so far as an Atom feed to this file.")
    ] = None,
    webhook: Annotated[str | None, typer.Option(help="Send new alarms as JSON to this address.")] = None,
    all_alarms: Annotated[
        bool,
        typer.Option(
            "--all-alarms", help="Count every alarm of the ledger as new: to send again what a hook missed."
        ),
    ] = False,
    fail_on: Annotated[
        FailOn,
        typer.Option(help="alarm: exit status 1 on a new alarm; crossed: while anything stands crossed."),
    ] = FailOn.NOTHING,
    format: FormatOption = Format.TABLE,
) -> None:
    """Decide what the runs allow to be said: below, indeterminate, crossed, not measurable. Kept for replay.

    Deciding the same again adds nothing. JSON holds verdicts, the use cases as a whole, and new alarms.

    Example: chipledger evals decide self-test --ledger evals.sqlite --fail-on alarm --feed alarms.xml
    """
    if webhook:
        check_address(webhook)
    loaded, day = load_register(register), day_of(on)
    chosen = [loaded.use_case(use_case)] if use_case else list(loaded.use_cases.values())
    with Ledger.open(ledger, create=False) as opened:
        known = {one.hash for one in alarms(decision for decision, _ in chain(opened))}
        decided = list(_decided(opened, chosen, model, day))
        standing = append_decisions(opened, decided, __version__)
        every = alarms(decision for decision, _ in chain(opened))
    new = every if all_alarms else [one for one in every if one.hash not in known]
    _print(decided, standing, loaded, new, model, format)
    try:
        if feed:
            with written_whole(feed) as partial:
                partial.write_text(atom(every), encoding="utf-8", newline="\n")
    finally:  # a feed that cannot be written says nothing against the hook
        if webhook and new:
            post(webhook, [one.as_dict() for one in new])
    crossed = any(decision.verdict["outcome"] == Kind.CROSSED for decision in standing)
    if (fail_on is FailOn.ALARM and new) or (fail_on is FailOn.CROSSED and crossed):
        raise typer.Exit(1)


def _decided(ledger: Ledger, use_cases: list[UseCase], model: str | None, on: date) -> Iterator[Decided]:
    """Every series of every use case, decided."""
    earlier = rules_so_far(decision for decision, _ in chain(ledger))
    for use_case in use_cases:
        names = [link.benchmark for link in use_case.links]
        runs = measurements(ledger, benchmarks=names, model=model, measured_by=on)
        for (benchmark, name, version), data in series_of(runs).items():
            settled = Preregistration.of(use_case, use_case.link(benchmark))
            key: Series = (use_case.id, benchmark, name, version)
            verdict = decide(settled, data, on=on, earlier_rules=earlier.get(key, set()))
            yield Decided(settled, verdict, tuple(data))


def _print(
    decided: list[Decided],
    standing: list[Decision],
    register: Register,
    new: list[Alarm],
    model: str | None,
    format: Format,
) -> None:
    if format is Format.JSON:
        whole = {
            "verdicts": [{**decision.verdict, "hash": decision.hash} for decision in standing],
            "use_cases": [one.as_dict() for one in combined([one.verdict for one in decided], register)],
            "alarms": [one.as_dict() for one in new],
            "head": max(standing, key=lambda one: one.sequence).hash if standing else None,
        }
        emit_json(whole)
        return
    rows = [_row(one, decision) for one, decision in zip(decided, standing, strict=True)]
    if not rows:
        which = f" of {harmless(repr(model))}" if model else ""
        print(
            f"chipledger: no runs{which} to decide on; bring some in with `evals run` or `evals ingest`",
            file=sys.stderr,
        )
    emit_figures(rows, COLUMNS, format, "What the runs allow to be said")
    if format is Format.TABLE:
        for one in combined([one.verdict for one in decided], register):
            print(harmless(one.sentence))
        for alarm in new:
            print(f"ALARM {alarm.kind.value}: {harmless(alarm.sentence)}", file=sys.stderr)


def _row(one: Decided, decision: Decision) -> dict[str, Any]:
    verdict, threshold = one.verdict, one.settled.link.threshold
    return {
        "use_case": verdict.use_case,
        "benchmark": verdict.benchmark,
        "model": verdict.model,
        "task_version": verdict.task_version,
        "outcome": verdict.outcome.value,
        "rate": verdict.rate,
        "low": verdict.low,
        "high": verdict.high,
        "threshold": threshold.value,
        "p_above": verdict.p_above,
        "p_below": verdict.p_below,
        "crossed_on": verdict.crossed_on.isoformat() if verdict.crossed_on else None,
        "looks": len(verdict.looks),
        "set_aside": len(verdict.set_aside),
        "grade": verdict.grade.value if verdict.grade else None,
        "reasons": list(verdict.reasons),
        "flags": list(verdict.flags),
        "decided_on": decision.verdict["on"],
        "hash": decision.hash,
    }
