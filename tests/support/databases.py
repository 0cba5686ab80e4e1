"""One migrated template database, cloned for each test."""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import asyncpg
import msgspec
from sqlalchemy import make_url

from backend.app.migrate import upgrade
from backend.audit.api import write_audit
from backend.embedded import Urls
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.uow import Database
from tests.support.world import World, build_world

TEMPLATE = "tiange_template"
WORLD_TEMPLATE = "tiange_world_template"
#: more than two sessions side by side ever take
MEMORY_BYTES = 2 * 1024**3
_ROLE_URLS = ("admin", "owner", "web", "worker", "nightly")


def room_in_memory() -> Path | None:
    """A folder in memory for a session's databases, where the machine has one: there it takes a tenth of the
    time to copy one. None in a container as it comes, with its 64 MB."""
    folder = Path("/dev/shm")
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    roomy = found.f_bavail * found.f_frsize >= MEMORY_BYTES
    # programs that the servers' user cannot reach elsewhere are copied into the home
    runs = not found.f_flag & os.ST_NOEXEC
    return folder if roomy and runs and os.access(folder, os.W_OK | os.X_OK) else None


def on_database(urls: Urls, name: str) -> Urls:
    """The same servers' URLs, with database `name` in place of the one they point at."""
    moved = {
        role: make_url(getattr(urls, role)).set(database=name).render_as_string(hide_password=False)
        for role in _ROLE_URLS
    }
    return msgspec.structs.replace(urls, **moved)


def plain(url: str) -> str:
    """An SQLAlchemy URL as asyncpg itself takes it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def connect(url: str) -> "asyncpg.Connection":
    """A bare connection, for looking at the database from outside the product."""
    return await asyncpg.connect(plain(url), timeout=30)


class Operator:
    """Makes and drops databases over one connection, in a thread and loop of its own: each test has another
    loop, and a connection costs more than what is asked over it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="operator", daemon=True)
        self._thread.start()
        self._turn = asyncio.Lock()
        self._connection: asyncpg.Connection | None = None

    async def __call__(self, *statements: str) -> None:
        """Runs them one after the other. For any loop."""
        work = asyncio.run_coroutine_threadsafe(self._run(statements), self._loop)
        await asyncio.wrap_future(work)

    async def _run(self, statements: tuple[str, ...]) -> None:
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                self._connection = await connect(self._url)
            for statement in statements:
                await self._connection.execute(statement)

    def close(self) -> None:
        """Ends the connection and the thread."""
        if self._connection is not None:
            asyncio.run_coroutine_threadsafe(self._connection.close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass(frozen=True)
class Cluster:
    """The session's servers. `urls` point at the launcher's own, empty database. To be closed."""

    urls: Urls
    _operate: Operator = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_operate", Operator(on_database(self.urls, "postgres").admin))

    def close(self) -> None:
        """Ends what it keeps open."""
        self._operate.close()

    async def create(self, name: str, template: str = "template1") -> Urls:
        """A database as the launcher makes them, owned by the schema's owner; returns its URLs."""
        await self._operate(
            # copied as files it is dropped three times as cheaply as when it went through the buffers
            f'CREATE DATABASE "{name}" OWNER tiange_owner TEMPLATE "{template}" STRATEGY FILE_COPY',
            # grants on a database belong to it and are not copied from the template
            f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC',
            f'GRANT CONNECT ON DATABASE "{name}" TO tiange_web, tiange_worker, tiange_nightly',
            f'GRANT TEMPORARY ON DATABASE "{name}" TO tiange_worker',
        )
        made = on_database(self.urls, name)
        if template == "template1":
            connection = await connect(made.admin)
            try:
                await connection.execute("ALTER SCHEMA public OWNER TO tiange_owner")
            finally:
                await connection.close()
        return made

    async def drop(self, name: str) -> None:
        """Drops a test's database; whoever is still connected to it is cut off."""
        await self._operate(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def make_template(self) -> None:
        """The database with all migrations, made once a session. Not inside an event loop."""
        upgrade(asyncio.run(self.create(TEMPLATE)).owner)

    def make_world_template(self, clock: Clock, keys: Keys, password_hash: str) -> World:
        """The template with the small bank in it; the plain one must be there. Not inside an event loop."""

        async def make() -> World:
            urls = await self.create(WORLD_TEMPLATE, TEMPLATE)
            database = Database.open(urls.worker, clock, keys=keys, demo_mode=True, write_audit=write_audit)
            try:
                return await build_world(database, password_hash)
            finally:
                await database.close()

        return asyncio.run(make())
