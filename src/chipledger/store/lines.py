"""The lines of repositories in the ledger: one a repository, the newest look at it."""

import json
from collections.abc import Iterable

from sqlalchemy import delete, insert, select

from chipledger.core.byline import Line
from chipledger.store.ledger import Ledger
from chipledger.store.schema import repository_lines


def put_lines(ledger: Ledger, lines: Iterable[Line]) -> None:
    """Keep what repositories' commits show, in place of what an earlier look showed.

    Args:
        ledger: an open ledger.
        lines: one a repository.
    """
    with ledger.transaction() as connection:
        for line in lines:
            connection.execute(
                delete(repository_lines).where(repository_lines.c.repository == line.repository)
            )
            row = {
                "repository": line.repository, "organisation": line.organisation, "project": line.project, "seen_on": line.seen_on,
                "body": json.dumps(line.as_dict(), ensure_ascii=False),
            }  # fmt: skip
            connection.execute(insert(repository_lines), [row])


def lines_of(ledger: Ledger) -> list[Line]:
    """The lines of all repositories, in the order of their names.

    Args:
        ledger: an open ledger.
    """
    with ledger.reading() as connection:
        rows = [
            Line.from_dict(json.loads(body))
            for (body,) in connection.execute(select(repository_lines.c.body))
        ]
    return sorted(rows, key=lambda line: (line.organisation or "", line.project or "", line.repository))
