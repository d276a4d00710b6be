"""Stakes from a file of whatever kind: a table of one's own, GLEIF level 2, or statements of the Open Ownership standard.

Takes a path; gives what the file says of who holds what of whom, with each row that could not be used. Several files go
together: `joined`.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from chipledger.core.errors import InputError
from chipledger.parties.gleif import is_exceptions, is_relationships, read_exceptions, read_relationships
from chipledger.parties.open_ownership import read_open_ownership
from chipledger.parties.stake_csv import is_stake_csv, read_stake_csv
from chipledger.parties.stake_rows import StakesRead, header_of, opened


def read_stakes(path: Path, *, known: date | None = None) -> StakesRead:
    """The stakes of a file; which kind it is, its first bytes say.

    Args:
        path: a table with owner and owned, relationship records or reporting exceptions of GLEIF, or BODS 0.4 statements;
            also the one file inside a ZIP archive.
        known: leave out statements made later, where the file dates them.

    Raises:
        InputError: it cannot be read or is none of these.
    """
    with opened(path) as stream:
        first = stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if not first:
        raise InputError("an empty file", where=path.name, expected="stakes")
    if first in (b"[", b"{"):
        return read_open_ownership(path, known=known)
    columns = header_of(path)
    if is_relationships(columns):
        return read_relationships(path)
    if is_exceptions(columns):
        return read_exceptions(path)
    if is_stake_csv(columns):
        return read_stake_csv(path)
    raise InputError(
        "not a file of stakes",
        where=f"{path.name}:1",
        expected="a table with columns owner, owned and share, GLEIF level 2 in CSV, or BODS 0.4 statements in JSON",
    )


def joined(reads: Iterable[StakesRead]) -> StakesRead:
    """Several files as one.

    Args:
        reads: in any order.
    """
    every = list(reads)
    return StakesRead(
        stakes=tuple(stake for one in every for stake in one.stakes),
        names={party: names for one in every for party, names in one.names.items()},
        gaps=tuple(gap for one in every for gap in one.gaps),
        rejects=tuple(reject for one in every for reject in one.rejects),
        left_out=dict(sum((Counter(one.left_out) for one in every), Counter[str]())),
    )
