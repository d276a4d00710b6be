"""`chipledger parties judgements`: what was decided of names, withdrawn ones too."""

from typing import Annotated

import typer

from chipledger.apps.cli.output import Format, emit
from chipledger.apps.cli.parties.options import DayOption, FormatOption, LedgerOption
from chipledger.parties.judgement import compared, stood
from chipledger.store.judge import acts
from chipledger.store.ledger import Ledger

COLUMNS = ("id", "left", "right", "decision", "by", "on", "why", "state", "withdrawn_by", "withdrawn_on", "withdrawn_why")  # fmt: skip


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Only judgements of this name or id.")
    ] = None,
    on: DayOption = None,
    ledger: LedgerOption = "chipledger.sqlite",
    format: FormatOption = Format.TABLE,
) -> None:
    """What was decided of names, by whom, when and why; withdrawn ones too. With --on as of that day.

    Example: chipledger parties judgements 科大讯飞 --ledger chips.sqlite
    """
    with Ledger.open(ledger, create=False) as opened:
        found = stood(acts(opened), on=on.date() if on else None)
    wanted = None if name is None else compared(name)
    rows = [one.as_dict() for one in found if wanted is None or wanted in one.judgement.pair]
    emit(rows, COLUMNS, format, "Judgements of names")
