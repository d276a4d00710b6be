"""Alembic runs this; it takes the connection that `upgrade` hands over and never opens one."""

from alembic import context

from chipledger.store.schema import VERSION_TABLE, metadata


def run() -> None:
    """Run the steps that the ledger lacks."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        version_table=VERSION_TABLE,
    )
    with context.begin_transaction():
        context.run_migrations()


if hasattr(context, "config"):  # absent when something else than Alembic imports this file
    run()
