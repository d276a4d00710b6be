"""What whole histories of repositories tell: blobs read, what they state, and what became of each statement."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the three tables."""
    op.create_table(
        "history_parts",
        sa.Column("repository", sa.String(20), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "history_tellings",
        sa.Column("repository", sa.String(20), primary_key=True),
        sa.Column("telling", sa.String(32), primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("blob", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "history_lines",
        sa.Column("repository", sa.String(20), primary_key=True),
        sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("name", "path", "standing")),
        *(sa.Column(name, sa.Date) for name in ("first_seen", "last_seen")),
        sa.Column("body", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Refuse: what a history that is gone stated cannot be had back."""
    raise NotImplementedError("the histories would be lost; use a backup")
