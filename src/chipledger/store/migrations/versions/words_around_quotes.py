"""The words of a sentence before and after its quote; what was read before has none until it is read anew."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give each mention the words around its quote."""
    for name in ("prefix", "suffix"):
        op.add_column("mentions", sa.Column(name, sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Refuse: the words cannot be had back without reading the documents."""
    raise NotImplementedError("the words around quotes would be lost; use a backup")
