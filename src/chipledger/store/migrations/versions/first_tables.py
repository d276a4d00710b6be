"""The first tables, and the full-text index in the manner of each database."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table of the first version."""
    _create_documents()
    _create_mentions()
    _create_failures()
    _create_scans()
    _create_index_of_words()


def downgrade() -> None:
    """Refuse: a ledger is never taken back to nothing."""
    raise NotImplementedError("the first tables have nothing before them; use a backup")


def _create_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("key", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("place", sa.String(20), nullable=False),
        sa.Column("document_id", sa.String(64), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        *(
            sa.Column(name, sa.Text)
            for name in ("project", "organisation", "path", "url", "commit", "last_commit")
        ),
        sa.Column("published_on", sa.Date),
        *(sa.Column(name, sa.Text) for name in ("format", "encoding", "language")),
        sa.Column("chars", sa.Integer, nullable=False),
        sa.Column("pages", sa.Integer),
        sa.Column("extractor_version", sa.Text, nullable=False),
        sa.Column("first_seen", sa.Date, nullable=False),
        sa.Column("last_seen", sa.Date, nullable=False),
        sa.UniqueConstraint("place", "document_id", name="documents_place_document_id"),
    )
    op.create_index("documents_document_id", "documents", ["document_id"])
    op.create_table(
        "document_techniques",
        sa.Column("document_key", sa.Integer, sa.ForeignKey("documents.key"), primary_key=True),
        sa.Column("technique", sa.Text, primary_key=True),
    )


def _create_mentions() -> None:
    op.create_table(
        "mentions",
        sa.Column("key", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("document_key", sa.Integer, sa.ForeignKey("documents.key"), nullable=False),
        sa.Column("id", sa.String(20), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("ordinal", "start_char", "end_char")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("quote", "chip", "chips")),
        sa.Column("count", sa.BigInteger),
        sa.Column("memory_gb", sa.Float),
        sa.Column("purpose", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("subject", "organisation")),
        sa.Column("gpu_hours", sa.Float),
        *(sa.Column(name, sa.Text) for name in ("duration", "cloud")),
        sa.Column("techniques", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("rule_id", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("commit", "path")),
        *(sa.Column(name, sa.Integer) for name in ("line", "page")),
        sa.Column("first_seen", sa.Date, nullable=False),
        sa.UniqueConstraint("document_key", "id", "ordinal", name="mentions_document_id_ordinal"),
    )


def _create_failures() -> None:
    op.create_table(
        "failures",
        sa.Column("id", sa.String(20), primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("document", "document_id", "stage", "reason")
        ),
        sa.Column("commit", sa.Text),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("first_seen", sa.Date, nullable=False),
        sa.Column("last_seen", sa.Date, nullable=False),
    )


def _create_scans() -> None:
    op.create_table(
        "scans",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("started", sa.Date, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("state", "tool_version", "extractor_version")
        ),
    )
    op.create_table(
        "sightings",
        sa.Column("scan_id", sa.String(20), sa.ForeignKey("scans.id"), primary_key=True),
        sa.Column("document_key", sa.Integer, sa.ForeignKey("documents.key"), primary_key=True),
        sa.Column("commit", sa.Text),
    )


def _create_index_of_words() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE mention_words USING fts5(quote, about, content='', detail=full)")
        op.execute(f"PRAGMA application_id = {0x43484C47}")  # "CHLG", for file(1)
        return
    op.execute(
        "CREATE TABLE mention_words (key integer PRIMARY KEY REFERENCES mentions(key) ON DELETE CASCADE,"
        " quote tsvector NOT NULL, about tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX mention_words_quote ON mention_words USING gin (quote)")
    op.execute("CREATE INDEX mention_words_about ON mention_words USING gin (about)")
