"""Of a document that was fetched: its licence and the day on which its bytes first came."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give each document the two; what was read before has none."""
    op.add_column("documents", sa.Column("licence", sa.Text))
    op.add_column("documents", sa.Column("fetched_on", sa.Date))


def downgrade() -> None:
    """Refuse: licences and days cannot be had back without fetching again."""
    raise NotImplementedError("licences and days of fetching would be lost; use a backup")
