"""Stakes from a file of whatever kind: a table of one's own, GLEIF level 2, or statements of the Open Ownership standard.

Takes a path; gives what the file says of who holds what of whom, with each row that could not be used. Several files go
together (`joined`), and what they call parties that we know becomes their id (`identified`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from chipledger.core.errors import InputError
from chipledger.parties.gleif import is_exceptions, is_relationships, read_exceptions, read_relationships
from chipledger.parties.judgement import compared
from chipledger.parties.legal_forms import bundled
from chipledger.parties.open_ownership import read_open_ownership
from chipledger.parties.party import NameKind, Party
from chipledger.parties.stake import Stake, StakeKind
from chipledger.parties.stake_csv import is_stake_csv, read_stake_csv
from chipledger.parties.stake_rows import StakesRead, header_of, opened

_NOT_WORDS = re.compile(r"[\W_]+")


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


def parent_stakes(parties: Iterable[Party]) -> Iterator[Stake]:
    """Parents as stakes: that there is one, and nothing of its share.

    Args:
        parties: with their direct or ultimate parents.
    """
    for one in parties:
        parent = one.parent or one.ultimate_parent
        if parent and parent != one.id:
            yield Stake(owner=parent, owned=one.id, kind=StakeKind.CONTROL, cites=one.cites, note="parent")


def identified(read: StakesRead, parties: Mapping[str, Party]) -> StakesRead:
    """The same with the ids of parties in place of what a file calls them, where an id or a whole name fits one party only.

    A word that fits several parties, or one by a name that is only recalled or no longer borne or but for its legal form,
    stays as it is and is told as unclear. Likeness is for screening to judge; handles and domains identify nobody.

    Args:
        read: what a file says.
        parties: by id.
    """
    sure, perhaps, formless = _by_name(parties)
    words = {word for stake in read.stakes for word in (stake.owner, stake.owned)} | set(read.names)
    ids, unclear = {}, {}
    for word in (*words, *(gap.party for gap in read.gaps)):
        called = {compared(name) for name in (word, *read.names.get(word, ()))}
        fitting = {word} if word in parties else {party for name in called for party in sure.get(name, ())}
        ids[word] = min(fitting) if len(fitting) == 1 else word
        maybe = fitting | {party for name in called for party in perhaps.get(name, ())}
        maybe = maybe or {party for name in called for party in formless.get(_formless(name), ())}
        if len(fitting) != 1 and maybe:
            unclear[word] = tuple(sorted(maybe))
    names: dict[str, tuple[str, ...]] = {}
    for word, told in read.names.items():
        names[ids[word]] = tuple(dict.fromkeys((*names.get(ids[word], ()), *told)))
    return replace(
        read,
        stakes=tuple(
            one.model_copy(update={"owner": ids[one.owner], "owned": ids[one.owned]}) for one in read.stakes
        ),
        names=names,
        gaps=tuple(replace(gap, party=ids[gap.party]) for gap in read.gaps),
        unclear=dict(sorted(unclear.items())),
    )


_Named = dict[str, set[str]]


def _by_name(parties: Mapping[str, Party]) -> tuple[_Named, _Named, _Named]:
    """Parties by the names that identify them, by those that only may, and by either without its legal form."""
    sure: _Named = {}
    perhaps: _Named = {}
    formless: _Named = {}
    for one in parties.values():
        for name in one.names:
            if name.kind.is_written_out:
                decides = name.decides and not name.until and name.kind is not NameKind.FORMER
                called = compared(name.text)
                (sure if decides else perhaps).setdefault(called, set()).add(one.id)
                formless.setdefault(_formless(called), set()).add(one.id)
    return sure, perhaps, formless


@lru_cache(maxsize=1 << 16)
def _formless(called: str) -> str:
    """A name as it is compared, without points and legal forms; the form alone stays."""
    words, _ = bundled().strip(_NOT_WORDS.sub(" ", called).split())
    return " ".join(bundled().strip_hanzi(word)[0] for word in words)
