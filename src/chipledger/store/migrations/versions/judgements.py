"""What people decided of names, in a chain to which acts are only added."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; triggers refuse that an act is changed or taken out."""
    op.create_table(
        "party_judgements",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER party_judgements_no_{act.lower()} BEFORE {act} ON party_judgements "
                "BEGIN SELECT RAISE(ABORT, 'judgements are only ever added'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION party_judgements_only_added() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN RAISE EXCEPTION ''judgements are only ever added''; END'"
        )
        op.execute(
            "CREATE TRIGGER party_judgements_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON party_judgements "
            "FOR EACH STATEMENT EXECUTE FUNCTION party_judgements_only_added()"
        )


def downgrade() -> None:
    """Refuse: judgements are never deleted."""
    raise NotImplementedError("the judgements would be lost; use a backup")
