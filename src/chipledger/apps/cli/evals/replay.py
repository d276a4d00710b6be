"""`chipledger evals replay`: the chain of decisions checked link by link, and everything decided again."""

import sys
from typing import Annotated

import typer

from chipledger.apps.cli.evals.options import FormatOption, LedgerOption
from chipledger.apps.cli.output import Format, emit
from chipledger.evals.chain import broken_links
from chipledger.evals.replay import replay
from chipledger.store.ledger import Ledger
from chipledger.store.read_evals import chain, measurements_by_id

COLUMNS = ("sequence", "on", "use_case", "benchmark", "model", "outcome", "replayed", "hash")


def command(
    ledger: LedgerOption = "chipledger.sqlite",
    head: Annotated[
        str | None,
        typer.Option(help="The newest hash as you noted it elsewhere: shows that nothing was cut off."),
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Decide every decision again from the ledger's own rules and runs; exit status 1 when a byte comes out otherwise.

    Example: chipledger evals replay --ledger evals.sqlite
    """
    with Ledger.open(ledger, create=False) as opened:
        whole = chain(opened)
        broken = {fault.sequence: fault.what for fault in broken_links(whole, head)}
        rows = []
        for decision, fault in replay(
            (decision for decision, _ in whole), lambda ids: measurements_by_id(opened, ids)
        ):
            told = [what for what in (broken.get(decision.sequence), fault.what if fault else None) if what]
            verdict = decision.verdict
            rows.append(
                {
                    "sequence": decision.sequence,
                    "on": verdict["on"],
                    "use_case": verdict["use_case"],
                    "benchmark": verdict["benchmark"],
                    "model": verdict["model"],
                    "outcome": verdict["outcome"],
                    "replayed": "; ".join(told) or "same",
                    "hash": decision.hash,
                }
            )
    failed = sum(row["replayed"] != "same" for row in rows)
    cut_off = broken.get(0)
    emit(rows, COLUMNS, format, f"{len(rows)} decisions, {failed} not the same" if rows else "no decisions")
    if cut_off:
        print(f"chipledger: {cut_off}", file=sys.stderr)
    if failed or cut_off:
        raise typer.Exit(1)
