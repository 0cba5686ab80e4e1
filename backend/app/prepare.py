"""What every installation needs before anything runs: keys, the newest schema, and what ships as data."""

import asyncio

from backend.app import migrate
from backend.app.life import life_of, read_mark, require_known_life, write_mark
from backend.audit.api import write_audit
from backend.kernel.actor import Actor
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys, KeysMissing
from backend.kernel.settings import Settings
from backend.kernel.uow import Database, UnitOfWork
from backend.policy import api as policy
from backend.products import api as products
from backend.strategy import api as strategy
from backend.sync import api as sync


def prepare(settings: Settings) -> None:
    """Make the keys of a new installation, bring the schema up and add shipped data. Safe to repeat.

    Raises KeysMissing if keys are missing that this database's data was sealed with, WrongLife if the
    database is
    not the one that this installation lived with. Not to be called from a running event loop.
    """
    settings.require("database_url", "database_url_worker")
    asyncio.run(_recognise(settings))
    migrate.upgrade(settings.database_url)
    if Keys.absent(settings.keys_dir) and asyncio.run(_lived(settings)):
        # new keys would open nothing of what phones and people were told is safe
        raise KeysMissing(
            f"{settings.keys_dir} holds no keys, but the database holds data sealed with some."
            " Bring the keys folder back from the backup; nothing was changed."
        )
    keys = Keys.load_or_create(settings.keys_dir)
    settings.files_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    asyncio.run(_ship(settings, keys))


async def _recognise(settings: Settings) -> None:
    """Before anything is written: another database than the one that phones were answered from is left
    alone.
    """
    database = Database.open(settings.database_url_worker, Clock(settings.timezone, settings.clock_file))
    try:
        await require_known_life(database, settings)
    finally:
        await database.close()


async def _lived(settings: Settings) -> bool:
    """Whether the database was prepared before."""
    database = Database.open(settings.database_url_worker, Clock(settings.timezone, settings.clock_file))
    try:
        async with database.unit(Actor.system("prepare")) as uow:
            return await sync.has_epoch(uow)
    finally:
        await database.close()


async def _ship(settings: Settings, keys: Keys) -> None:
    clock = Clock(settings.timezone, settings.clock_file)
    database = Database.open(settings.database_url_worker, clock, keys=keys, write_audit=write_audit)
    try:
        async with database.unit(Actor.system("prepare")) as uow:
            await ship(uow)
        # an installation from before the mark was kept gets it here, as a new one does
        if read_mark(settings.keys_dir) is None and (life := await life_of(database)) is not None:
            write_mark(settings.keys_dir, life)
    finally:
        await database.close()


async def ship(uow: UnitOfWork) -> None:
    """Adds what ships as data and is missing: epoch, policy figures, products, the catalogue (to a bank that
    has its own: as a draft)."""
    await sync.ensure_epoch(uow)
    await policy.ensure_shipped(uow)
    await products.ensure_shipped(uow)
    await strategy.ensure_published(uow)
    await strategy.offer_shipped(uow)
