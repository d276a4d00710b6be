"""The fingerprints of documents; what was read before has none until it is read anew."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "document_fingerprints",
        sa.Column("document_key", sa.Integer, sa.ForeignKey("documents.key"), primary_key=True),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("words", "figures", "links")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("words_count", "figures_count")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("shape", "cites")),
    )


def downgrade() -> None:
    """Refuse: the fingerprints cannot be had back without reading the documents."""
    raise NotImplementedError("the fingerprints would be lost; use a backup")
