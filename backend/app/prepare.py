"""What every installation needs before anything runs: keys, the newest schema, and what ships as data."""

import asyncio

from backend.app import migrate
from backend.audit.api import write_audit
from backend.kernel.actor import Actor
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.settings import Settings
from backend.kernel.uow import Database, UnitOfWork
from backend.policy import api as policy
from backend.products import api as products
from backend.strategy import api as strategy
from backend.sync import api as sync


def prepare(settings: Settings) -> None:
    """Make the keys of a new installation, bring the schema up and add shipped data. Safe to repeat.

    Raises KeysMissing if some keys are there and others are not. Not to be called from a running event loop.
    """
    settings.require("database_url", "database_url_worker")
    keys = Keys.load_or_create(settings.keys_dir)
    settings.files_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrate.upgrade(settings.database_url)
    asyncio.run(_ship(settings, keys))


async def _ship(settings: Settings, keys: Keys) -> None:
    clock = Clock(settings.timezone, settings.clock_file)
    database = Database.open(settings.database_url_worker, clock, keys=keys, write_audit=write_audit)
    try:
        async with database.unit(Actor.system("prepare")) as uow:
            await ship(uow)
    finally:
        await database.close()


async def ship(uow: UnitOfWork) -> None:
    """Adds what ships as data and is missing: epoch, policy figures, products, the catalogue."""
    await sync.ensure_epoch(uow)
    await policy.ensure_shipped(uow)
    await products.ensure_shipped(uow)
    await strategy.ensure_published(uow)
