"""The bank's database for a command that runs beside the servers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from backend.kernel.crypto import Keys
    from backend.kernel.uow import Database, UnitOfWork


@asynccontextmanager
async def command_database(
    settings: Settings, application: str, *, keys: "Keys | None" = None, pool_size: int = 1
) -> AsyncIterator["Database"]:
    """With the worker's sight, the audit trail and news for phones; closed at the end.

    `application`: what PostgreSQL shows of it. `keys`: for commands that read or write sealed fields.
    """
    from redis.asyncio import Redis

    from backend.audit.api import write_audit
    from backend.kernel.announce import redis_announcer
    from backend.kernel.clock import Clock
    from backend.kernel.uow import Database

    redis = Redis.from_url(settings.redis_url)
    database = Database.open(
        settings.database_url_worker,
        Clock(settings.timezone, settings.clock_file),
        keys=keys,
        demo_mode=settings.demo_mode,
        write_audit=write_audit,
        announce=redis_announcer(redis),
        pool_size=pool_size,
        application=application,
    )
    try:
        yield database
    finally:
        await database.close()
        await redis.aclose()


@asynccontextmanager
async def command_unit(settings: Settings, application: str, who: str) -> AsyncIterator["UnitOfWork"]:
    """One unit of work of a command, committed at the end. `who`: what the audit trail calls it."""
    from backend.kernel.actor import Actor

    async with command_database(settings, application) as database, database.unit(Actor.system(who)) as uow:
        yield uow
