"""`chipledger ledger`: verify what a ledger holds, export it as JSON lines, back it up."""

import json
import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer

from chipledger.apps.cli.output import Format, emit
from chipledger.core.errors import LedgerError
from chipledger.core.files import written_whole
from chipledger.store import read
from chipledger.store.address import copy_file
from chipledger.store.export import lines
from chipledger.store.ledger import Ledger
from chipledger.store.verify import problems

app = typer.Typer(no_args_is_help=True)

LedgerOption = Annotated[str, typer.Option("--ledger", help="The ledger: a file or postgresql://…")]


@app.command()
def verify(
    ledger: LedgerOption = "chipledger.sqlite",
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.TABLE,
) -> None:
    """Check every stored quote, id, reference and index entry; exit status 1 when something is wrong.

    Example: chipledger ledger verify --ledger chips.sqlite
    """
    with Ledger.open(ledger, create=False) as opened:
        found, held = problems(opened), read.counts(opened)
    if found:
        rows = [{"where": problem.where, "what": problem.what} for problem in found]
        emit(rows, ["where", "what"], format, f"{len(found)} problems in {opened.address}")
        raise typer.Exit(1)
    emit([{"state": "sound", **held}], None, format, opened.address)


@app.command()
def export(
    ledger: LedgerOption = "chipledger.sqlite",
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output without.")] = None,
) -> None:
    """Print every document, mention and failure as JSON lines, the same bytes for the same content.

    Example: chipledger ledger export --ledger chips.sqlite --out chips.jsonl
    """
    with Ledger.open(ledger, create=False) as opened:
        if out is None:
            _write(opened, sys.stdout)
            return
        with written_whole(out) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
            _write(opened, file)


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(help="The copy's file, which must not exist.")],
    ledger: LedgerOption = "chipledger.sqlite",
) -> None:
    """Copy a ledger's file, also while a scan writes to it; the copy appears whole or not at all.

    Example: chipledger ledger backup chips-2026-11-01.sqlite --ledger chips.sqlite
    """
    with Ledger.open(ledger, create=False) as opened:
        if not opened.is_file:
            raise LedgerError("only a file can be copied", where=opened.address, remedy="use pg_dump")
        copy_file(Path(opened.address), to)
    typer.echo(f"{to}", err=True)


def _write(opened: Ledger, stream: TextIO) -> None:
    for line in lines(opened):
        stream.write(json.dumps(line, ensure_ascii=False) + "\n")
