"""One migrated template database, cloned for each test."""

import asyncio
from dataclasses import dataclass

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
_ROLE_URLS = ("admin", "owner", "web", "worker", "nightly")


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


@dataclass(frozen=True)
class Cluster:
    """The session's servers. `urls` point at the launcher's own, empty database."""

    urls: Urls

    async def create(self, name: str, template: str = "template1") -> Urls:
        """A database as the launcher makes them, owned by the schema's owner; returns its URLs."""
        connection = await connect(on_database(self.urls, "postgres").admin)
        try:
            await connection.execute(f'CREATE DATABASE "{name}" OWNER tiange_owner TEMPLATE "{template}"')
            # grants on a database belong to it and are not copied from the template
            await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
            await connection.execute(
                f'GRANT CONNECT ON DATABASE "{name}" TO tiange_web, tiange_worker, tiange_nightly'
            )
            await connection.execute(f'GRANT TEMPORARY ON DATABASE "{name}" TO tiange_worker')
        finally:
            await connection.close()
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
        connection = await connect(on_database(self.urls, "postgres").admin)
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await connection.close()

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
