"""What is asked of the law besides the chip: where to, for whom, by what act; every fact may be unknown.

A Transaction holds what the exporter knows. A fact that was not asked about is None: the answer then says on which
assumption it holds, or which proviso is left. A fact asked about and not known is a Truth that is unknown, and stays
unknown. The record names no one as guilty of anything: it is a question.
"""

from dataclasses import dataclass
from enum import StrEnum

from chipledger.core.truth import Truth

UNKNOWN_PLACE = "??"
"""Stands for a country that was asked about and is not known."""


class Action(StrEnum):
    """What is done with the item.

    Source: 15 CFR 734.13 (export), 734.14 (reexport), 734.16 (transfer in-country), 734.13(a)(2) (deemed export).
    """

    EXPORT = "export"
    REEXPORT = "reexport"
    TRANSFER = "transfer"
    DEEMED_EXPORT = "deemed_export"
    REMOTE_ACCESS = "remote_access"


class ItemKind(StrEnum):
    """What sort of item it is: the part itself, or software or technology for it."""

    COMMODITY = "commodity"
    SOFTWARE = "software"
    TECHNOLOGY = "technology"


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """A transfer of an item, as far as it is known.

    Args:
        destination: ISO code of the country that the item goes to.
        end_user_in: ISO code of where the end user is located; the destination where not given, "??" where not known.
        headquartered_in: ISO code of where the party, or its ultimate parent, is headquartered; where the end user is
            located if not given, "??" where not known.
        action: what is done.
        item_kind: commodity, software or technology.
        exporter: who sends it; the maker where not given. Letters bind their addressee only.
        end_user: its name; approved parties are found by it.
        end_user_listed: whether the end user is on the Entity List; None answers for one that is not.
        owned_half_by_listed: whether listed parties own half of the end user or more, together; None answers for one that
            they do not.
        supercomputer_end_use: knowledge that the item is for a supercomputer there; None answers for none.
        package: whether the papers of paragraph (dd), Supplement 2 to Part 748, are filed.
        purchase_order: whether there is a written purchase order.

    >>> Transaction(destination="SG", headquartered_in="CN").located_in
    'SG'
    """

    destination: str
    end_user_in: str | None = None
    headquartered_in: str | None = None
    action: Action = Action.EXPORT
    item_kind: ItemKind = ItemKind.COMMODITY
    exporter: str | None = None
    end_user: str | None = None
    end_user_listed: Truth | None = None
    owned_half_by_listed: Truth | None = None
    supercomputer_end_use: Truth | None = None
    package: Truth | None = None
    purchase_order: Truth | None = None

    @property
    def located_in(self) -> str:
        """Where the end user is."""
        return self.end_user_in or self.destination

    @property
    def headquarters(self) -> str:
        """Where the party or its ultimate parent is headquartered; where the end user is, if nothing was said."""
        return self.headquartered_in or self.located_in

    def as_dict(self) -> dict[str, str]:
        """The facts that were given, JSON-ready; those not asked about are left out."""
        given = {name: value for name, value in self.__dict__.items() if value is not None}
        return {
            name: value.value.value if isinstance(value, Truth) else str(value)
            for name, value in given.items()
        }


def to(destination: "str | Transaction") -> Transaction:
    """A transaction from an ISO code alone, or the transaction itself.

    >>> to("CN").headquarters
    'CN'
    """
    return destination if isinstance(destination, Transaction) else Transaction(destination=destination)


def assumptions(transaction: Transaction) -> tuple[str, ...]:
    """On which assumptions a *no* for the transaction rests."""
    said = ["not listed"] if transaction.end_user_listed is None else []
    if transaction.headquartered_in is None:
        said.append(f"headquartered in {transaction.located_in}, as is its ultimate parent")
    return (f"holds for an end user that is {' and '.join(said)}",) if said else ()
