"""`chipledger parties judge`: what a person decides of two names, kept in the ledger beside the data and never deleted."""

import sys
from datetime import datetime
from typing import Annotated

import typer
from pydantic import ValidationError

from chipledger.apps.cli.output import harmless
from chipledger.apps.cli.parties.options import DayOption, LedgerOption, day_of
from chipledger.core.errors import InputError
from chipledger.parties.judgement import Decision, Judgement
from chipledger.store.judge import judge, withdraw
from chipledger.store.ledger import Ledger


def command(
    left: Annotated[str | None, typer.Argument(metavar="NAME", help="A name as it was met.")] = None,
    right: Annotated[
        str | None, typer.Argument(metavar="NAME|ID", help="Another name, or the id of a party.")
    ] = None,
    decision: Annotated[Decision | None, typer.Argument(help="same, different or unsure.")] = None,
    by: Annotated[str, typer.Option(help="Who decides.")] = "",
    why: Annotated[str, typer.Option(help="What it rests on.")] = "",
    withdraws: Annotated[
        str | None, typer.Option("--withdraw", metavar="ID", help="Take back the judgement of this id.")
    ] = None,
    on: DayOption = None,
    ledger: LedgerOption = "chipledger.sqlite",
) -> None:
    """Decide that two names are the same party, different or unsure; or withdraw such a judgement.

    A judgement stands beside the data and changes none of it. It is never deleted: one withdrawn can still be read.

    Example: chipledger parties judge 科大讯飞 iflytek same --by "first reviewer" --why "the name on its own site"

    Example: chipledger parties judge --withdraw 3f2a --by "first reviewer" --why "another firm of that name"
    """
    if not by or not why:
        raise InputError("a judgement says who decides and why", expected="--by and --why")
    if withdraws is not None:
        _withdraw(withdraws, [left, right, decision], by, why, on, ledger)
        return
    if left is None or right is None or decision is None:
        raise InputError("nothing to judge", expected="two names and same, different or unsure")
    try:
        one = Judgement(left=left, right=right, decision=decision, by=by, on=day_of(on), why=why)
    except ValidationError as error:
        raise InputError(_told(error), where="parties judge") from None
    with Ledger.open(ledger) as opened:
        is_new = judge(opened, one)
    said = f"{one.id} {left} and {right}: {decision.value}" + ("" if is_new else ", as it stands already")
    sys.stdout.write(harmless(said) + "\n")


def _withdraw(
    given: str, rest: list[object], by: str, why: str, on: datetime | None, ledger: str
) -> None:  # fmt: skip
    if any(one is not None for one in rest):
        raise InputError("a judgement and a withdrawal at once", expected="two names, or --withdraw ID")
    with Ledger.open(ledger, create=False) as opened:
        try:
            gone = withdraw(opened, given, by=by, on=day_of(on), why=why)
        except ValidationError as error:
            raise InputError(_told(error), where="parties judge --withdraw") from None
    sys.stdout.write(f"{gone.withdraws} withdrawn\n")


def _told(error: ValidationError) -> str:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return f"{field + ': ' if field else ''}{first['msg'].removeprefix('Value error, ').lower()}"
