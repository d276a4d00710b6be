"""Who holds which interest in whom: statements of the Beneficial Ownership Data Standard 0.4 (BODS), in JSON or JSON lines.

Takes the statements; gives stakes. Of each record the newest statement counts, as of the day on which one asks (`known`); a
closed record ended on its day. Shareholdings are shares, voting rights votes, every other interest control. An indirect
interest whose parts the file gives is told by its parts; one without parts says that there is an owner and nothing of how
much the companies between hold. A party is named by its first identifier, so that the same company in two declarations is
one. Natural persons stay numbers of records: no name of theirs is read.

Source: Open Ownership, BODS 0.4, relationship and statement schemas.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from chipledger.core.errors import InputError
from chipledger.parties.stake import Stake, StakeKind
from chipledger.parties.stake_rows import Gap, Reject, StakesRead, made, opened

LARGEST_BYTES = 1 << 30
_LEAST = 1e-9  # what lies between a share and the next: a bound that is not reached stands this far off
_KINDS = {"shareholding": StakeKind.SHARES, "votingRights": StakeKind.VOTES}
_OLDER = ("ownershipOrControlStatement", "entityStatement", "personStatement")

Statement = dict[str, Any]


def read_open_ownership(path: Path, *, known: date | None = None) -> StakesRead:
    """The stakes that statements tell.

    Args:
        path: a list of statements in JSON, or one statement a line.
        known: leave out statements of a later day; None for all.

    Raises:
        InputError: the file cannot be read or is of an older version of the standard.
    """
    rejects: list[Reject] = []
    latest = _latest(_statements(path, rejects), known, rejects)
    ids = {record: _party(one) for record, (_, one) in latest.items() if one["recordType"] != "relationship"}
    names = {
        ids[record]: tuple(_names(one["recordDetails"]))
        for record, (_, one) in latest.items()
        if one["recordType"] == "entity"
    }
    stakes: list[Stake] = []
    gaps: list[Gap] = []
    left_out: dict[str, int] = {}
    for where, one in (found for found in latest.values() if found[1]["recordType"] == "relationship"):
        details, since = one["recordDetails"], str(one.get("statementDate", ""))
        subject, party = details.get("subject"), details.get("interestedParty")
        if not isinstance(subject, str):
            rejects.append(Reject(where, "the subject is not told"))
            continue
        if not isinstance(party, str):
            gaps.append(Gap(ids.get(subject, subject), f"an owner is not told: {_unspecified(party)}"))
            continue
        closed = _day(since) if one.get("recordStatus") == "closed" else None
        interests = details.get("interests") or [{}]
        if not isinstance(interests, list):
            rejects.append(Reject(where, "the interests are no list"))
            continue
        for interest in interests:
            if _is_indirect(interest) and details.get("componentRecords"):
                left_out["indirect, told by its parts"] = left_out.get("indirect, told by its parts", 0) + 1
                continue
            fields = {"owner": ids.get(party, party), "owned": ids.get(subject, subject)}
            stake = _stake(where, fields, interest, closed, rejects)
            stakes.extend([stake] if stake else [])
    return StakesRead(
        stakes=tuple(stakes), names=names, gaps=tuple(gaps), rejects=tuple(rejects), left_out=left_out
    )


def _statements(path: Path, rejects: list[Reject]) -> Iterator[tuple[str, Any]]:
    with opened(path) as stream:
        content = stream.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise InputError(f"more than {LARGEST_BYTES} bytes", where=path.name, remedy="give a part of it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("not UTF-8", where=path.name, expected="BODS statements in JSON") from None
    if text.lstrip()[:1] != "[":
        yield from _by_line(path, text, rejects)
        return
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", where=path.name, expected="BODS statements") from None
    yield from ((f"{path.name}[{number}]", one) for number, one in enumerate(whole))


def _by_line(path: Path, text: str, rejects: list[Reject]) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield f"{path.name}:{number}", json.loads(line)
        except (ValueError, RecursionError):
            rejects.append(Reject(f"{path.name}:{number}", "not JSON"))


def _latest(
    statements: Iterable[tuple[str, Any]], known: date | None, rejects: list[Reject]
) -> dict[str, tuple[str, Statement]]:
    """By record the newest statement that had been made; of two of one day the later in the file."""
    found: dict[str, tuple[str, Statement]] = {}
    for where, one in statements:
        why = _unusable(one)
        if why:
            rejects.append(Reject(where, why))
            continue
        made_on = _day(str(one.get("statementDate", "")))
        if known and made_on and made_on > known:
            continue
        before = found.get(one["recordId"])
        if before is None or str(one.get("statementDate", "")) >= str(before[1].get("statementDate", "")):
            found[one["recordId"]] = where, one
    return found


def _unusable(one: Any) -> str:
    if not isinstance(one, dict):
        return "not a statement"
    if one.get("statementType") in _OLDER:
        return "a statement of BODS 0.3 or older; convert it to 0.4"
    if one.get("recordType") not in ("entity", "person", "relationship"):
        return "no recordType of BODS 0.4: entity, person or relationship"
    if not isinstance(one.get("recordId"), str) or not one["recordId"]:
        return "no recordId"
    if not isinstance(one.get("recordDetails"), dict):
        return "no recordDetails"
    try:
        _day(str(one.get("statementDate", "")))
    except ValueError as error:
        return str(error)
    return ""


def _party(one: Statement) -> str:
    """The party of a record: its first identifier, or the number of the record; a person keeps that number."""
    identifiers = one["recordDetails"].get("identifiers")
    if one["recordType"] == "entity" and isinstance(identifiers, list):
        for each in identifiers:
            scheme, number = (each.get("scheme") or each.get("schemeName"), each.get("id")) if isinstance(each, dict) else (None, None)  # fmt: skip
            if isinstance(scheme, str) and isinstance(number, str) and scheme and number:
                return f"{scheme}:{number}"
    return str(one["recordId"])


def _names(details: Mapping[str, Any]) -> Iterator[str]:
    others = details.get("alternateNames")
    for name in (details.get("name"), *(others if isinstance(others, list) else ())):
        if isinstance(name, str) and name.strip():
            yield name.strip()


def _unspecified(party: Any) -> str:
    if not isinstance(party, dict):
        return "no reason given"
    return str(party.get("description") or party.get("reason") or "no reason given")[:200]


def _is_indirect(interest: Any) -> bool:
    return isinstance(interest, dict) and interest.get("directOrIndirect") == "indirect"


def _stake(
    where: str, fields: dict[str, Any], interest: Any, closed: date | None, rejects: list[Reject]
) -> Stake | None:
    if not isinstance(interest, dict):
        rejects.append(Reject(where, "an interest that is no mapping"))
        return None
    kind = _KINDS.get(str(interest.get("type")), StakeKind.CONTROL)
    if _is_indirect(interest) and kind is StakeKind.SHARES:
        kind = StakeKind.CONTROL
        fields["note"] = "an indirect shareholding, whose companies between are not told"
    try:
        low, high = _bounds(interest.get("share"))
        since, until = _day(str(interest.get("startDate") or "")), _day(str(interest.get("endDate") or ""))
    except ValueError as error:
        rejects.append(Reject(where, str(error)))
        return None
    ends = min((day for day in (until, closed) if day), default=None)
    return made(
        where, {**fields, "low": low, "high": high, "since": since, "until": ends, "kind": kind}, rejects
    )


def _bounds(share: Any) -> tuple[float, float]:
    """The band of a share in percent; an exclusive bound is not reached."""
    if not isinstance(share, dict) or not share:
        return 0.0, 1.0
    for name, value in share.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 100:
            raise ValueError(f"share.{name}: {str(value)[:20]} is not between 0 and 100 %")
    if "exact" in share:
        return share["exact"] / 100, share["exact"] / 100
    low, high = share.get("minimum", 0) / 100, share.get("maximum", 100) / 100
    if "exclusiveMinimum" in share:
        low = max(low, min(share["exclusiveMinimum"] / 100 + _LEAST, 1.0))
    if "exclusiveMaximum" in share:
        high = min(high, max(share["exclusiveMaximum"] / 100 - _LEAST, 0.0))
    return low, high


def _day(printed: str) -> date | None:
    """A day, or the first day of a month or year that is all that is told."""
    whole = {4: f"{printed}-01-01", 7: f"{printed}-01"}.get(len(printed), printed[:10])
    try:
        return date.fromisoformat(whole) if printed else None
    except ValueError:
        raise ValueError(f"not a day: {printed[:40]!r}") from None
