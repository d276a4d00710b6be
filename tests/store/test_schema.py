"""The migrations leave exactly the tables that the schema says."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from chipledger.store import migrations
from chipledger.store.ledger import Ledger
from chipledger.store.schema import KNOWN_VERSIONS, SCHEMA_VERSION, VERSION_TABLE, metadata


def ours(name: str | None, kind: str, *_: object) -> bool:
    return not (kind == "table" and name and name.startswith("mention_words"))


def test_the_newest_migration_is_the_version_of_the_schema() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    assert script.get_current_head() == SCHEMA_VERSION
    assert {step.revision for step in script.walk_revisions()} == set(KNOWN_VERSIONS)


def test_the_migrations_make_the_tables_of_the_schema(ledger: Ledger) -> None:
    options = {"version_table": VERSION_TABLE, "include_name": ours, "compare_type": True}
    with ledger.reading() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_a_ledger_says_what_it_is_to_file_one(ledger: Ledger) -> None:
    ledger.close()
    assert Path(ledger.address).read_bytes()[68:72] == b"CHLG"
