"""Who consolidates whom in the accounts: GLEIF level 2, relationship records and reporting exceptions, as published.

Takes the golden copy in CSV, zipped or not; gives stakes of the kind `consolidation` between legal entity identifiers. A
record says that a parent consolidates a child under an accounting standard. That is neither proof of half the shares (a
parent may consolidate with fewer) nor proof against it (an investment entity may hold all and consolidate nothing), and a
reporting exception says only that no parent is told. So no share is taken from either, not even where a record prints one.

Source: GLEIF, Relationship Record CDF 2.1 and Reporting Exceptions CDF 2.1; both CC0.
"""

from datetime import date
from pathlib import Path
from typing import Any

from chipledger.parties.stake import StakeKind
from chipledger.parties.stake_rows import Gap, Reject, Row, StakesRead, made, rows

CHILD, PARENT = "Relationship.StartNode.NodeID", "Relationship.EndNode.NodeID"
TYPE, STATUS = "Relationship.RelationshipType", "Relationship.RelationshipStatus"
REGISTRATION, UPDATED = "Registration.RegistrationStatus", "Registration.LastUpdateDate"
LEI, CATEGORY, REASON = "LEI", "Exception.Category", "Exception.Reason.1"

_KINDS = {
    "IS_DIRECTLY_CONSOLIDATED_BY": StakeKind.CONSOLIDATION,
    "IS_ULTIMATELY_CONSOLIDATED_BY": StakeKind.CONSOLIDATION,
    "IS_INTERNATIONAL_BRANCH_OF": StakeKind.CONTROL,
}
_VOID = ("ANNULLED", "DUPLICATE")
_PERIODS = 5
_REASONS = {
    "NO_LEI": "the parent has no identifier",
    "NATURAL_PERSONS": "natural persons control it",
    "NON_CONSOLIDATING": "its parent consolidates no accounts",
    "NO_KNOWN_PERSON": "no person that controls it is known",
    "NON_PUBLIC": "the parent is not made public",
    "BINDING_LEGAL_COMMITMENTS": "a commitment forbids to tell the parent",
    "LEGAL_OBSTACLES": "the law forbids to tell the parent",
    "CONSENT_NOT_OBTAINED": "the parent did not consent to be told",
    "DETRIMENT_NOT_EXCLUDED": "telling the parent could do harm",
    "DISCLOSURE_DETRIMENTAL": "telling the parent would do harm",
}


def is_relationships(columns: tuple[str, ...]) -> bool:
    """Whether the columns are those of relationship records."""
    return {CHILD, PARENT, TYPE} <= set(columns)


def is_exceptions(columns: tuple[str, ...]) -> bool:
    """Whether the columns are those of reporting exceptions."""
    return {LEI, CATEGORY} <= set(columns)


def read_relationships(path: Path) -> StakesRead:
    """The stakes that relationship records tell: that there is a parent, and nothing of its share.

    Args:
        path: the golden copy.

    Raises:
        InputError: the file cannot be read.
    """
    rejects: list[Reject] = []
    stakes = []
    left_out: dict[str, int] = {}
    for where, row in rows(path, rejects):
        kind = _KINDS.get(row[TYPE])
        why = row[TYPE] if kind is None else row.get(REGISTRATION, "")
        if kind is None or why in _VOID:
            left_out[why or "no relationship type"] = left_out.get(why or "no relationship type", 0) + 1
            continue
        try:
            since, until = _period(row)
        except ValueError as error:
            rejects.append(Reject(where, str(error)))
            continue
        fields: dict[str, Any] = {
            "owner": row[PARENT], "owned": row[CHILD], "since": since, "until": until, "kind": kind,
            "note": row[TYPE].lower().replace("_", " "),
        }  # fmt: skip
        if one := made(where, fields, rejects):
            stakes.append(one)
    return StakesRead(stakes=tuple(stakes), rejects=tuple(rejects), left_out=left_out)


def read_exceptions(path: Path) -> StakesRead:
    """Why entities tell no parent; a reason proves neither that there is one nor that there is none.

    Args:
        path: the golden copy.

    Raises:
        InputError: the file cannot be read.
    """
    rejects: list[Reject] = []
    gaps = []
    for where, row in rows(path, rejects):
        if not row[LEI]:
            rejects.append(Reject(where, "no LEI"))
            continue
        reason = row.get(REASON, "")
        which = "direct" if row[CATEGORY].startswith("DIRECT") else "ultimate"
        gaps.append(Gap(row[LEI], f"no {which} parent is told: {_REASONS.get(reason, reason or 'no reason given')}"))  # fmt: skip
    return StakesRead(gaps=tuple(gaps), rejects=tuple(rejects))


def _period(row: Row) -> tuple[date | None, date | None]:
    """The time of the relationship itself; one that is over without an end ended when that was recorded."""
    since, until = None, None
    for number in range(1, _PERIODS + 1):
        if row.get(f"Relationship.Period.{number}.periodType", "RELATIONSHIP_PERIOD") == "RELATIONSHIP_PERIOD":  # fmt: skip
            since = since or _day(row.get(f"Relationship.Period.{number}.startDate", ""))
            until = until or _day(row.get(f"Relationship.Period.{number}.endDate", ""))
    if until is None and row.get(STATUS) == "INACTIVE":
        until = _day(row.get(UPDATED, ""))
        if until is None:
            raise ValueError("inactive, and no day on which it ended")
    return since, until


def _day(printed: str) -> date | None:
    try:
        return date.fromisoformat(printed[:10]) if printed else None
    except ValueError:
        raise ValueError(f"not a day: {printed[:40]!r}") from None
