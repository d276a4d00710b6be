"""Author blocks and faces of documents, lines of repositories; what was read before has none until it is read anew."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the three tables."""
    op.create_table(
        "document_affiliations",
        sa.Column("document_key", sa.Integer, sa.ForeignKey("documents.key"), primary_key=True),
        sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("organisation", "tie", "grade")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("start_char", "end_char")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("quote", "body")),
    )
    op.create_table(
        "document_faces",
        sa.Column("document_key", sa.Integer, sa.ForeignKey("documents.key"), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "repository_lines",
        sa.Column("repository", sa.String(20), primary_key=True),
        *(sa.Column(name, sa.Text) for name in ("organisation", "project")),
        sa.Column("seen_on", sa.Date, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Refuse: they cannot be had back without reading documents and repositories."""
    raise NotImplementedError("the author blocks and lines would be lost; use a backup")
