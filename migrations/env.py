"""Runs migrations: one at a time (advisory lock), never waiting long for a lock that running code holds."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from backend.app.tables import metadata

MIGRATION_LOCK = 0x7A_6E_67_65

config = context.config


def migrate(connection: Connection) -> None:
    """Upgrades over an open connection; each migration commits by itself."""
    # whoever comes second waits here as long as the first one takes; the limit is for locks of running code
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=metadata(),
            transaction_per_migration=True,
            compare_type=True,
            compare_server_default=False,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()


async def run_online() -> None:
    """Connects as the owner of the schema."""
    engine = create_async_engine(config.attributes["database_url"], poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(run_online())
