"""Runs of benchmarks with the scores of their items, and the chain of decisions, to which rows are only added."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two tables; triggers refuse that a decision is changed or taken out."""
    op.create_table(
        "eval_measurements",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("benchmark", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("measured_on", sa.Date, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("started_at", "elicitation", "state", "grade", "source", "source_sha256")
        ),
        *(sa.Column(name, sa.Text) for name in ("run_id", "task_version", "rule_hash")),
        sa.Column("items", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("published", "budget", "reason")),
    )
    op.create_index("eval_measurements_benchmark_model", "eval_measurements", ["benchmark", "model"])
    op.create_table(
        "eval_decisions",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER eval_decisions_no_{act.lower()} BEFORE {act} ON eval_decisions "
                "BEGIN SELECT RAISE(ABORT, 'decisions are only ever added'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION eval_decisions_only_added() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN RAISE EXCEPTION ''decisions are only ever added''; END'"
        )
        op.execute(
            "CREATE TRIGGER eval_decisions_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON eval_decisions "
            "FOR EACH STATEMENT EXECUTE FUNCTION eval_decisions_only_added()"
        )


def downgrade() -> None:
    """Refuse: decisions are only ever added."""
    raise NotImplementedError("the decisions would be lost; use a backup")
