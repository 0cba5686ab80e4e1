"""Whether the process runs (`/healthz`), and whether it can work (`/readyz`)."""

import asyncio
from typing import Literal

import structlog
from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from backend.app.migrate import head_revision, known_revisions
from backend.kernel.actor import Actor
from backend.kernel.injected import Db, Valkey
from backend.kernel.uow import Database

SECONDS = 3.0
VERSION = text("SELECT version_num FROM alembic_version")

log = structlog.get_logger("tiange.http")


class Health(Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(Struct, frozen=True):
    """Each thing the process needs, `ok` or what is wrong with it."""

    ready: bool
    database: str
    migrations: str
    valkey: str


class Schema:
    """The migrations that this code knows."""

    def __init__(self) -> None:
        self._known = known_revisions()
        self._head = head_revision()

    def judge(self, version: str | None) -> str:
        """`ok` at the head, or beyond it: an older process works on during an update."""
        if version == self._head or (version is not None and version not in self._known):
            return "ok"
        return f"at {version or 'nothing'}, needed {self._head}: run tiange migrate"


@get("/healthz", opt={"access": "public"}, include_in_schema=False, sync_to_thread=False)
def healthz() -> Health:
    """The process runs; says nothing about its servers."""
    return Health()


@get("/readyz", opt={"access": "public"}, include_in_schema=False)
async def readyz(database: Db, redis: Valkey, schema: NamedDependency[Schema]) -> Response[Readiness]:
    """200 if database, schema and Valkey are as needed, else 503 naming what is not."""
    (said, migrations), valkey = await asyncio.gather(_database(database, schema), _valkey(redis))
    ready = said == migrations == valkey == "ok"
    return Response(Readiness(ready, said, migrations, valkey), status_code=200 if ready else 503)


async def _database(database: Database, schema: Schema) -> tuple[str, str]:
    try:
        async with asyncio.timeout(SECONDS), database.unit(Actor.nobody()) as uow:
            version = await uow.session.scalar(VERSION)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("database_unreachable", error=type(error).__name__)
        return "unreachable", "unknown"
    return "ok", schema.judge(version)


async def _valkey(redis: Redis) -> str:
    try:
        async with asyncio.timeout(SECONDS):
            await redis.ping()
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("valkey_unreachable", error=type(error).__name__)
        return "unreachable"
    return "ok"
