"""What `tiange doctor` asks the database and the queue; whatever fails is an answer too."""

import datetime

import msgspec
import redis
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from backend.app.life import Mark, mark_from
from backend.kernel.settings import Settings

_ROLE = sa.text(
    "SELECT current_user, current_setting('server_version'), rolsuper OR rolbypassrls OR EXISTS ("
    "SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p') "
    "AND c.relnamespace = 'public'::regnamespace) "
    "FROM pg_roles r WHERE rolname = current_user"
)
_STRONG_OWNER = sa.text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")


class RoleLook(msgspec.Struct, frozen=True):
    """One of the roles: as whom it signs in and whether row security binds it."""

    name: str
    login: str = ""
    version: str = ""
    strong: bool = False
    error: str = ""


class Counts(msgspec.Struct, frozen=True):
    """What waits: jobs in rows, ages in seconds of the oldest that is due."""

    parked: tuple[tuple[str, int], ...]
    last_error: str
    waiting: int
    oldest_job_seconds: float | None
    events: int
    oldest_event_seconds: float | None


class BackupLook(msgspec.Struct, frozen=True):
    """The last backup: when it was made (ms) and the name of its folder."""

    at: int
    name: str


class DatabaseLook(msgspec.Struct, frozen=True):
    """All that was seen. `clock_ahead`: seconds by which the database's clock is ahead of ours."""

    roles: tuple[RoleLook, ...]
    reachable: bool
    revision: str | None = None
    clock_ahead: float | None = None
    counts: Counts | None = None
    backup: BackupLook | None = None
    life: Mark | None = None


class ValkeyLook(msgspec.Struct, frozen=True):
    """The queue's server. `append_only` is None where it does not say."""

    version: str = ""
    append_only: bool | None = None
    error: str = ""


async def look_at_database(settings: Settings) -> DatabaseLook:
    """Sign in with each role; ask the rest through the worker's, which may read the kernel's tables."""
    roles = [
        await _look_at_role(name, url)
        for name, url in (
            ("owner", settings.database_url),
            ("web", settings.database_url_web),
            ("worker", settings.database_url_worker),
            ("nightly", settings.database_url_nightly),
        )
    ]
    if roles[2].error:
        return DatabaseLook(tuple(roles), reachable=False)
    engine = create_async_engine(settings.database_url_worker, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            facts = await _facts(connection)
            return DatabaseLook(
                tuple(roles),
                reachable=True,
                clock_ahead=await _clock_ahead(connection),
                revision=await _revision(connection),
                counts=await _counts(connection),
                backup=_backup(facts),
                life=mark_from(facts),
            )
    except (sa.exc.SQLAlchemyError, OSError):
        return DatabaseLook(tuple(roles), reachable=False)
    finally:
        await engine.dispose()


def look_at_valkey(url: str) -> ValkeyLook:
    """Ask the queue for its version and whether it keeps its data."""
    if not url:
        return ValkeyLook(error="TIANGE_REDIS_URL is not set")
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            info = client.info()
    except (redis.RedisError, OSError, ValueError) as error:
        return ValkeyLook(error=f"does not answer: {error}")
    assert isinstance(info, dict)
    version = str(info.get("valkey_version", info.get("redis_version", "?")))
    kept = info.get("aof_enabled")
    return ValkeyLook(version, None if kept is None else bool(int(kept)))


async def _look_at_role(name: str, url: str) -> RoleLook:
    if not url:
        suffix = "" if name == "owner" else f"_{name.upper()}"
        return RoleLook(name, error=f"TIANGE_DATABASE_URL{suffix} is not set")
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"timeout": 5})
    try:
        async with engine.connect() as connection:
            login, version, strong = (await connection.execute(_ROLE)).one()
            if name == "owner":
                strong = (await connection.execute(_STRONG_OWNER)).scalar_one()
            return RoleLook(name, login, version, bool(strong))
    except (sa.exc.SQLAlchemyError, OSError, TimeoutError) as error:
        reason = str(getattr(error, "orig", error) or type(error).__name__).splitlines()[0]
        return RoleLook(name, error=f"cannot sign in: {reason}")
    finally:
        await engine.dispose()


async def _clock_ahead(connection: AsyncConnection) -> float:
    before = datetime.datetime.now(datetime.UTC)
    there: datetime.datetime = (await connection.execute(sa.text("SELECT clock_timestamp()"))).scalar_one()
    after = datetime.datetime.now(datetime.UTC)
    return (there - (before + (after - before) / 2)).total_seconds()


async def _revision(connection: AsyncConnection) -> str | None:
    exists = await connection.execute(sa.text("SELECT to_regclass('public.alembic_version') IS NOT NULL"))
    if not exists.scalar_one():
        return None
    found = await connection.execute(sa.text("SELECT version_num FROM alembic_version"))
    return found.scalar_one_or_none()


async def _counts(connection: AsyncConnection) -> Counts | None:
    exists = await connection.execute(sa.text("SELECT to_regclass('public.job') IS NOT NULL"))
    if not exists.scalar_one():
        return None
    parked = await connection.execute(
        sa.text("SELECT handler, count(*) FROM job WHERE state = 'parked' GROUP BY 1 ORDER BY 2 DESC LIMIT 5")
    )
    last = await connection.execute(
        sa.text("SELECT error FROM job WHERE state = 'parked' ORDER BY created_at DESC LIMIT 1")
    )
    # a job in progress is waited for by its lease, not by its time
    jobs = await connection.execute(
        sa.text(
            "SELECT count(*), extract(epoch FROM clock_timestamp() - min(next_at)) FROM job "
            "WHERE state = 'ready' OR (state = 'running' AND lease_until < clock_timestamp())"
        )
    )
    events = await connection.execute(
        sa.text(
            "SELECT count(*), extract(epoch FROM clock_timestamp() - min(created_at)) FROM outbox_event "
            "WHERE expanded_at IS NULL"
        )
    )
    waiting, oldest_job = jobs.one()
    pending, oldest_event = events.one()
    return Counts(
        parked=tuple((handler, number) for handler, number in parked),
        last_error=(last.scalar_one_or_none() or "none kept").strip().splitlines()[-1],
        waiting=waiting,
        oldest_job_seconds=_positive(oldest_job),
        events=pending,
        oldest_event_seconds=_positive(oldest_event),
    )


async def _facts(connection: AsyncConnection) -> dict[str, str]:
    exists = await connection.execute(sa.text("SELECT to_regclass('public.server_fact') IS NOT NULL"))
    if not exists.scalar_one():
        return {}
    found = await connection.execute(sa.text("SELECT name, value FROM server_fact"))
    return {row.name: row.value for row in found}


def _backup(facts: dict[str, str]) -> BackupLook | None:
    at, _, name = facts.get("last_backup", "").partition(" ")
    return BackupLook(int(at), name) if at.isdecimal() else None


def _positive(seconds: object) -> float | None:
    return None if seconds is None else max(0.0, float(str(seconds)))
