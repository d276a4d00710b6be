"""One thing that is wrong with a ledger."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, and what."""

    where: str
    what: str
