"""How the tables of a ledger came about, one step a file in `versions`, run by Alembic from the package itself."""

from pathlib import Path

from sqlalchemy import Connection


def upgrade(connection: Connection, version: str = "head") -> None:
    """Bring the tables to the newest version inside the caller's transaction.

    Args:
        connection: a connection in a transaction that may write.
        version: the revision to stop at; the newest unless said.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, version)
