"""Places that name the owner of a repository, so that files of two repositories of one name are no versions of each other.

Versions that were mixed stand apart after it. Of bytes that two such repositories had in common only the first was kept:
the other's come back when it is scanned again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from chipledger.core.records import content_id

revision = "0013"
down_revision = "0008"
branch_labels = None
depends_on = None

_BATCH = 1000


def upgrade() -> None:
    """Name each document's place anew where it was read from a repository whose owner is known."""
    names = ("key", "project", "document", "organisation", "commit")
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in names]
    documents = sa.table("documents", *columns, sa.column("place"))
    owned = documents.c.commit.is_not(None) & (documents.c.organisation != "")
    renamed = (
        sa.update(documents).where(documents.c.key == sa.bindparam("of_key")).values(place=sa.bindparam("to"))
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(*columns).where(owned)).mappings().all()
    for start in range(0, len(rows), _BATCH):
        some = [
            {
                "of_key": row["key"],
                "to": content_id(row["organisation"].casefold(), row["project"] or "", row["document"]),
            }
            for row in rows[start : start + _BATCH]
        ]
        connection.execute(renamed, some)


def downgrade() -> None:
    """Refuse: two documents would come to stand in one place."""
    raise NotImplementedError("documents of two owners would stand in one place; use a backup")
