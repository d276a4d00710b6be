"""Stakes from a table that anybody can write: owner, owned, and a share in one of three ways, with days if they are known.

    owner,owned,share,since,until,kind
    Example Holding,Example Chips,60 %,2021-03-01,,
    Example Fund,Example Chips,25-50 %,,2024-01-01,
    Example State Bureau,Example Holding,,,,control

A share is a percentage with its sign, a fraction of one without, a band of either, or empty where it is not known. `percentage`
may stand instead, as a number of percent, or `low` and `high` as fractions. Other columns are left alone.
"""

import re
from pathlib import Path
from typing import Any

from chipledger.core.errors import InputError
from chipledger.parties.stake import Stake, StakeKind
from chipledger.parties.stake_rows import Reject, Row, StakesRead, header_of, made, rows

NEEDED = ("owner", "owned")
SHARES = (("share",), ("percentage",), ("low", "high"))
_NUMBER = r"(\d{1,12}(?:\.\d{1,15})?)"
_BAND = re.compile(rf"{_NUMBER}(?:\s*(?:-|–|to)\s*{_NUMBER})?\s*([%％]?)", re.ASCII)
_UNKNOWN = ("", "?", "unknown", "n/a")


def is_stake_csv(columns: tuple[str, ...]) -> bool:
    """Whether the columns are those of such a table."""
    return set(NEEDED) <= {name.lower() for name in columns}


def read_stake_csv(path: Path) -> StakesRead:
    """The stakes of a table.

    Args:
        path: the file.

    Raises:
        InputError: it has not the columns, or says the share in two ways.
    """
    columns = [name.lower() for name in header_of(path)]
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    said = [names for names in SHARES if set(names) & set(columns)]
    if repeated or not set(NEEDED) <= set(columns) or len(said) > 1:
        raise InputError(
            f"repeated columns {repeated}" if repeated else "no table of stakes",
            where=f"{path.name}:1",
            expected="columns owner, owned, one of share, percentage, low with high, and if known since, until, kind",
        )
    rejects: list[Reject] = []
    found = [_stake(where, _lowered(row), rejects) for where, row in rows(path, rejects)]
    stakes = tuple(one for one in found if one)
    names = dict.fromkeys(name for one in stakes for name in (one.owner, one.owned))
    return StakesRead(stakes=stakes, names={name: (name,) for name in names}, rejects=tuple(rejects))


def _lowered(row: Row) -> Row:
    return {name.lower(): cell for name, cell in row.items()}


def _stake(where: str, row: Row, rejects: list[Reject]) -> Stake | None:
    try:
        low, high = _bounds(row)
    except InputError as error:
        rejects.append(Reject(where, str(error)))
        return None
    fields: dict[str, Any] = {
        "owner": row["owner"], "owned": row["owned"], "low": low, "high": high,
        "since": row.get("since") or None, "until": row.get("until") or None,
        "kind": row.get("kind", "").lower() or StakeKind.SHARES,
    }  # fmt: skip
    return made(where, fields, rejects)


def _bounds(row: Row) -> tuple[float, float]:
    if "percentage" in row:
        printed = row["percentage"]
        return share(printed if printed.lower() in _UNKNOWN else f"{printed.rstrip(' %％')} %")
    if "low" in row or "high" in row:
        low, high = row.get("low", ""), row.get("high", "")
        return share(low)[0], share(high)[1]
    return share(row.get("share", ""))


def share(printed: str) -> tuple[float, float]:
    """The least and the most that a printed share can be, as fractions of one.

    Args:
        printed: "60 %", "0.6", "25-50 %", or nothing where it is not known.

    Raises:
        InputError: it is no share, passes the whole, or may be read in two ways.

    >>> share("60 %"), share("0.25 - 0.5"), share("")
    ((0.6, 0.6), (0.25, 0.5), (0.0, 1.0))
    >>> share("60")
    Traceback (most recent call last):
    ...
    chipledger.core.errors.InputError: not a share: '60'; expected 60 % or 0.6
    """
    if printed.strip().lower() in _UNKNOWN:
        return 0.0, 1.0
    match = _BAND.fullmatch(printed.strip())
    if not match:
        raise InputError(f"not a share: {printed[:40]!r}", expected="60 %, 0.6, 25-50 % or nothing")
    scale = 100.0 if match[3] else 1.0
    low, high = float(match[1]) / scale, float(match[2] or match[1]) / scale
    if not match[3] and high > 1.0:
        raise InputError(f"not a share: {printed[:40]!r}", expected=f"{printed.strip()[:20]} % or {high / 100:g}")  # fmt: skip
    if high > 1.0:
        raise InputError(f"a share over 100 %: {printed[:40]!r}", expected="0 to 100 %")
    if low > high:
        raise InputError(f"a band whose ends are turned round: {printed[:40]!r}", expected="the lower end first")  # fmt: skip
    return low, high
