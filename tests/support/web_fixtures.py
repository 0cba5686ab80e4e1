"""Fixtures of tests that speak to the web application; a folder's conftest.py takes them over."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from redis.asyncio import Redis

from backend.audit.api import write_audit
from backend.embedded import Urls
from backend.kernel.crypto import Keys
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from tests.support.clock import MovingClock
from tests.support.web import Bank, application, serving, settings_for


@pytest.fixture
def settings(databases: Urls, tmp_path: Path, clock: MovingClock) -> Settings:
    """This test's installation."""
    return settings_for(databases, tmp_path, clock.offset_file)


@pytest.fixture
def keys(settings: Settings) -> Keys:
    """Its keys."""
    return Keys.load(settings.keys_dir)


@pytest.fixture
async def app(settings: Settings, redis: Redis) -> AsyncIterator[Litestar]:
    """The web application over an empty Valkey."""
    async with application(settings) as one:
        yield one


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A browser."""
    async with serving(app) as one:
        yield one


@pytest.fixture
async def other_client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Another browser at the same address."""
    async with serving(app) as one:
        yield one


@pytest.fixture
async def system_db(databases: Urls, clock: MovingClock) -> AsyncIterator[Database]:
    """Units of work as the worker has them, audit trail included."""
    database = Database.open(databases.worker, clock, write_audit=write_audit, application="test system")
    yield database
    await database.close()


@pytest.fixture
async def bank(system_db: Database) -> Bank:
    """A bank without people."""
    return await Bank.found(system_db)
