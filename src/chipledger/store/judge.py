"""What people decide of names, into the ledger and out again: acts are added at the end of a chain and never changed.

Takes judgements and withdrawals; each call is one transaction. What stands is worked out from the acts (parties.judgement);
nothing here edits a list, a name or a stake.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, insert, select

from chipledger.core.errors import InputError, LedgerError
from chipledger.parties.judgement import (
    Act,
    Judgement,
    Link,
    Withdrawal,
    following,
    linked,
    stood,
)
from chipledger.store.ledger import Ledger
from chipledger.store.schema import party_judgements

_UNREADABLE = (ValueError, TypeError, LookupError, RecursionError)


def judge(ledger: Ledger, judgement: Judgement) -> bool:
    """Add a judgement; one that stands already in the same words is not added again.

    Args:
        ledger: an open ledger.
        judgement: what was decided.

    Returns:
        Whether it was added.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    with ledger.transaction() as connection:
        links = [link for link, _ in links_in(connection)]
        standing = {one.judgement.id for one in stood(link.act for link in links) if one.withdrawn is None}
        if judgement.id in standing:
            return False
        _add(connection, links, judgement)
    return True


def withdraw(ledger: Ledger, judgement: str, *, by: str, on: date, why: str) -> Withdrawal:
    """Take a judgement back; it stays readable and no longer counts.

    Args:
        ledger: an open ledger.
        judgement: its id, or the beginning of it.
        by: who takes it back.
        on: the day.
        why: what it rests on.

    Raises:
        InputError: no judgement has that id, several begin so, or it was withdrawn before.
        LedgerError: the ledger cannot be written.
    """
    with ledger.transaction() as connection:
        links = [link for link, _ in links_in(connection)]
        every = {one.judgement.id: one for one in stood(link.act for link in links)}
        found = [name for name in every if judgement and name.startswith(judgement)]
        if len(found) != 1:
            what = "several judgements begin with" if found else "no judgement has the id"
            raise InputError(f"{what} {judgement!r}", remedy="see `chipledger parties judgements`")
        if gone := every[found[0]].withdrawn:
            raise InputError(f"judgement {found[0]} was withdrawn on {gone.on} by {gone.by}")
        act = Withdrawal(withdraws=found[0], by=by, on=on, why=why)
        _add(connection, links, act)
    return act


def acts(ledger: Ledger) -> list[Act]:
    """Every judgement and withdrawal, in the order in which they were made.

    Args:
        ledger: an open ledger.

    Raises:
        LedgerError: one cannot be read any more.
    """
    with ledger.reading() as connection:
        return [link.act for link, _ in links_in(connection)]


def links_in(connection: Connection) -> list[tuple[Link, str]]:
    """Every link of the chain in order, each with the hash that was kept beside it.

    Args:
        connection: of an open transaction.
    """
    asked = select(party_judgements).order_by(party_judgements.c.sequence)
    return [
        (_link(row["sequence"], row["body"]), row["hash"]) for row in connection.execute(asked).mappings()
    ]


def _link(sequence: int, body: str) -> Link:
    try:
        return linked(body)
    except _UNREADABLE:
        raise LedgerError(
            f"judgement {sequence} is none any more: its words were changed after it was kept",
            where="party_judgements",
            remedy="go back to a copy of the ledger from before",
        ) from None


def _add(connection: Connection, links: Sequence[Link], act: Act) -> None:
    link = following(links[-1] if links else None, act)
    row = {"sequence": link.sequence, "hash": link.hash, "body": link.body}
    connection.execute(insert(party_judgements), [row])
