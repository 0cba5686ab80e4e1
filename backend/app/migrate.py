"""Brings a database to the newest schema."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def alembic_config(database_url: str) -> Config:
    """Alembic's configuration for the owner's `database_url` (postgresql+asyncpg)."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option(
        "file_template", "%%(year)d-%%(month).2d-%%(day).2d-%%(hour).2d%%(minute).2d_%%(slug)s"
    )
    config.attributes["database_url"] = database_url
    return config


def upgrade(database_url: str, revision: str = "head") -> None:
    """Runs all outstanding migrations. Must not be called from a running event loop."""
    command.upgrade(alembic_config(database_url), revision)


# to read them all takes a third of what making the application takes
@cache
def head_revision() -> str:
    """The newest revision that this code knows."""
    head = ScriptDirectory.from_config(alembic_config("")).get_current_head()
    if head is None:
        raise RuntimeError("there is no migration")
    return head


@cache
def known_revisions() -> frozenset[str]:
    """Every revision that this code knows."""
    return frozenset(one.revision for one in ScriptDirectory.from_config(alembic_config("")).walk_revisions())
