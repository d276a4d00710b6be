"""What the words of a command stand for: the plans of what is to be read, or the repositories whose histories are.

`scan` and `watch` share it: a path, a repository's address, an owner's repositories, or what a connector fetches first.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date

from chipledger.apps.cli.connecting import Wires, planned_fetch
from chipledger.apps.cli.mirrors import OWNER, planned_mirror, repositories
from chipledger.documents.column_names import Asked
from chipledger.documents.connect.registry import beginning_of
from chipledger.documents.limits import Limits
from chipledger.documents.repository import is_url
from chipledger.documents.sources import Plan, planned


def plans_of(
    targets: Sequence[str],
    limits: Limits,
    on: date,
    wires: Wires,
    *,
    git: bool = True,
    rows: Asked | None = None,
) -> Iterator[AbstractContextManager[Plan]]:
    """The plans of the targets; an owner's repositories are one each.

    Args:
        targets: in their canonical form.
        limits: the bounds of reading.
        on: the day.
        wires: how what must be fetched is reached.
        git: read a work tree's HEAD; False reads its files as they lie.
        rows: columns to read dumps by, if they are asked for.
    """
    for target in targets:
        if target.lower().startswith(OWNER):
            for address in repositories(target, limits, on, wires):
                yield planned_mirror(address, limits, on, wires, is_one_of_many=True)
        elif is_url(target) and (wires.keeps_git or wires.is_offline):
            yield planned_mirror(target, limits, on, wires)
        elif beginning_of(target) is not None:
            yield planned_fetch(target, limits, on, wires)
        else:
            yield planned(target, limits, stdin=sys.stdin.buffer, git=git, rows=rows)


def repositories_of(targets: Sequence[str], limits: Limits, on: date, wires: Wires) -> Iterator[str]:
    """The repositories of the targets; an owner stands for every one of its.

    Args:
        targets: in their canonical form.
        limits: the bounds of reading.
        on: the day.
        wires: how what must be fetched is reached.
    """
    for target in targets:
        yield from repositories(target, limits, on, wires) if target.lower().startswith(OWNER) else (target,)
