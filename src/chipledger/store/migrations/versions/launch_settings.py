"""The launch settings that a document holds; what was read before has none until it is read anew."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "document_settings",
        sa.Column("document_key", sa.Integer, sa.ForeignKey("documents.key"), primary_key=True),
        sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "value", "kind")),
        sa.Column("topic", sa.Text),
        sa.Column("techniques", sa.Text, nullable=False),
        *(sa.Column(name, sa.Boolean) for name in ("requested", "active")),
        sa.Column("number", sa.BigInteger),
        sa.Column("condition", sa.Text),
        sa.Column("is_comment", sa.Boolean, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("start_char", "end_char")),
        sa.Column("quote", sa.Text, nullable=False),
        sa.Column("line", sa.Integer),
    )


def downgrade() -> None:
    """Refuse: the settings cannot be had back without reading the documents."""
    raise NotImplementedError("the launch settings would be lost; use a backup")
